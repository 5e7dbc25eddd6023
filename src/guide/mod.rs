//! The investigation guides: what to ask about a finding, step by step, in our own words. A guide is data: it says what to
//! look at and what only people know, and never runs anything.

mod read;

pub use read::GuideError;

use serde::Deserialize;

/// Our own guides: file name and text. The first is that of the destination spike.
pub const BUILT_IN: &[(&str, &str)] =
    &[("rdp_destination_spike", include_str!("rdp_destination_spike.toml")), ("rdp_outbound_client", include_str!("rdp_outbound_client.toml"))];

/// What a step may open: the tabs of a destination.
pub const OPENS: &[&str] = &["sources", "users", "sessions", "processes", "events", "history", "alerts", "hops"];

/// A guide.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Its id, kept in cases.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Name of the rule whose findings it leads through.
    pub rule: String,
    /// Id of that rule.
    pub rule_id: String,
    /// Its phases, in order.
    #[serde(rename = "phase")]
    pub phases: Vec<Phase>,
}

/// A part of a guide.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its steps, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One item of a guide.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id, kept in cases: it stays when the text changes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it asks, in a sentence.
    pub ask: String,
    /// What only people know.
    pub human: String,
    /// The tab that shows the rows behind it.
    pub open: String,
}

impl Guide {
    /// All its steps, in order, each with its phase.
    pub fn steps(&self) -> impl Iterator<Item = (&Phase, &Step)> {
        self.phases.iter().flat_map(|phase| phase.steps.iter().map(move |step| (phase, step)))
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().map(|(_, step)| step).find(|step| step.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spike_has_5_steps_of_triage_5_harmless_explanations_and_7_of_response() {
        let (guides, errors) = Guide::all(&[]);
        assert_eq!(errors, []);
        let shape = |guide: &Guide| guide.phases.iter().map(|phase| (phase.id.clone(), phase.steps.len())).collect::<Vec<_>>();
        let phases = |counts: [usize; 3]| ["triage", "harmless", "response"].map(str::to_owned).into_iter().zip(counts).collect::<Vec<_>>();
        assert_eq!(shape(&guides[0]), phases([5, 5, 7]));
        assert_eq!(shape(&guides[1]), phases([4, 2, 2]));
        assert_eq!(guides[0].step("timing").map(|step| step.title.as_str()), Some("Timing and rhythm"));
    }
}
