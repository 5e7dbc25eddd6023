//! What came out: the evidence of each step, and the dossier that holds them all. Its JSON is a contract that others build on.

use std::sync::Arc;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::Facts;
use crate::case::Query;
use crate::domain::{Address, Completeness, Destination, Foreign, Range};

/// What a step suggests; never final. People answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Suggested {
    /// It speaks for an attack. Of a harmless explanation: it does not hold. Of a response: there is something to do.
    LooksBad,
    /// It speaks for ordinary work. Of a harmless explanation: it holds. Of a response: nothing needs to be done.
    LooksBenign,
    /// It speaks neither way: people have to look.
    Open,
    /// The data does not say, and [`StepEvidence::missing`] says why.
    CannotTell,
}

impl Suggested {
    /// The words in JSON, reports and cases.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LooksBad => "looks bad",
            Self::LooksBenign => "looks benign",
            Self::Open => "open",
            Self::CannotTell => "cannot tell",
        }
    }

    /// The words on the screen, which say what they mean in the phase they stand in.
    pub fn in_phase(self, phase: &str) -> &'static str {
        match (phase, self) {
            ("harmless", Self::LooksBad) => "unlikely",
            ("harmless", Self::LooksBenign) => "likely",
            ("response", Self::LooksBad) => "to do",
            ("response", Self::LooksBenign) => "nothing to do",
            (_, other) => other.words(),
        }
    }
}

impl Serialize for Suggested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}

/// One thing that speaks for or against, and how much.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// What, in a few words with its figures; text out of events in it is inert.
    pub text: String,
    /// How much of 100 it weighs; 0 where it only informs.
    pub weight: u8,
}

impl Point {
    /// A point that weighs so much.
    pub fn new(weight: u8, text: impl Into<String>) -> Self {
        Self { text: text.into(), weight }
    }

    /// The text with its weight, as reports and JSON have it.
    pub fn words(&self) -> String {
        if self.weight == 0 { self.text.clone() } else { format!("{} (weighs {})", self.text, self.weight) }
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.words())
    }
}

/// Where the rows behind a step are, and which of them it rests on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// The tab that lists them, by the name that guides use.
    pub tab: String,
    /// The sources it rests on, in order.
    pub sources: Vec<Address>,
    /// The accounts it rests on, in order.
    pub users: Vec<Foreign>,
    /// The exact documents it rests on, as JSON: kept with a case. The first few only.
    pub documents: Vec<String>,
}

/// What was found for one step.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StepEvidence {
    /// Id of the step in its guide.
    #[serde(rename = "id")]
    pub step: String,
    /// Id of the phase it belongs to: `triage`, `harmless` or `response`.
    pub phase: String,
    /// Its title.
    pub title: String,
    /// What it suggests.
    pub suggested: Suggested,
    /// How sure the suggestion is, 0 to 100. Of a harmless explanation: how well it explains what was seen.
    pub confidence: u8,
    /// What was found, in one sentence with figures, without a period; inert.
    pub finding: String,
    /// What speaks for an attack; of a harmless explanation, what speaks for the explanation; of a response, why it is due.
    #[serde(rename = "for")]
    pub speaks_for: Vec<Point>,
    /// What speaks against that.
    pub against: Vec<Point>,
    /// What could not be seen, each with what it would have told; a sentence without a period.
    pub missing: Vec<String>,
    /// What only people know.
    pub human: Vec<String>,
    /// The questions behind it, as they were put.
    pub queries: Vec<Query>,
    /// The rows behind it.
    #[serde(skip)]
    pub rows: Rows,
}

/// What all steps together suggest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Suggests {
    /// An attack.
    Malicious,
    /// Ordinary work, explained by the harmless step of this id.
    Benign(String),
    /// Neither: not enough data, or it speaks both ways.
    Undetermined,
}

impl Suggests {
    /// `malicious`, `benign: scan`, `undetermined`.
    pub fn words(&self) -> String {
        match self {
            Self::Malicious => "malicious".to_owned(),
            Self::Benign(step) => format!("benign: {step}"),
            Self::Undetermined => "undetermined".to_owned(),
        }
    }
}

impl Serialize for Suggests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.words())
    }
}

/// Everything found about one destination and range.
#[derive(Clone, PartialEq, Debug)]
pub struct Dossier {
    /// The destination, under all its names.
    pub destination: Arc<Destination>,
    /// The range.
    pub range: Range,
    /// Id of the guide.
    pub guide: String,
    /// What it suggests.
    pub suggests: Suggests,
    /// Why, strongest first: what speaks for an attack.
    pub speaks_for: Vec<Point>,
    /// What speaks against it.
    pub against: Vec<Point>,
    /// The steps, in the order of the guide; those whose questions are not answered yet are left out.
    pub steps: Vec<StepEvidence>,
    /// What the steps rest on, for those who prepare a response or write a report.
    pub facts: Facts,
    /// What is missing from the answers.
    pub completeness: Completeness,
}

impl Dossier {
    /// The evidence of a step.
    pub fn step(&self, id: &str) -> Option<&StepEvidence> {
        self.steps.iter().find(|step| step.step == id)
    }

    /// Every question that was asked for it, each once.
    pub fn queries(&self) -> Vec<&Query> {
        let mut all: Vec<&Query> = Vec::new();
        for query in self.steps.iter().flat_map(|step| &step.queries) {
            if !all.contains(&query) {
                all.push(query);
            }
        }
        all
    }
}

/// Whether an answer is whole, in the words that every contract has.
#[derive(Serialize)]
struct Whole<'a> {
    complete: bool,
    words: String,
    #[serde(flatten)]
    completeness: &'a Completeness,
}

impl Serialize for Dossier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Dossier", 5)?;
        object.serialize_field("destination", &self.destination.label())?;
        object.serialize_field("range", &self.range)?;
        object.serialize_field("suggests", &self.suggests)?;
        object.serialize_field("steps", &self.steps)?;
        let completeness = &self.completeness;
        object.serialize_field("completeness", &Whole { complete: completeness.is_whole(), words: completeness.words(), completeness })?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_the_contract() {
        let step = StepEvidence {
            step: "sources".into(),
            phase: "triage".into(),
            title: "Source IPs".into(),
            suggested: Suggested::LooksBad,
            confidence: 80,
            finding: "41 sources, 38 never seen here in 14 d".into(),
            speaks_for: vec![Point::new(40, "38 of 41 are new here"), Point::new(0, "9 were refused")],
            against: Vec::new(),
            missing: vec!["reverse names: none here".into()],
            human: vec!["whose network is it?".into()],
            queries: Vec::new(),
            rows: Rows::default(),
        };
        let dossier = Dossier {
            destination: Arc::new(Destination::from(Address::clean("10.0.0.5").unwrap())),
            range: Range { from: "2025-01-01T10:00:00Z".parse().unwrap(), to: "2025-01-01T10:15:00Z".parse().unwrap() },
            guide: "rdp_destination_spike".into(),
            suggests: Suggests::Benign("scan".into()),
            speaks_for: Vec::new(),
            against: Vec::new(),
            steps: vec![step],
            facts: Facts::default(),
            completeness: Completeness::whole(7),
        };
        assert_eq!(
            serde_json::to_string(&dossier).unwrap(),
            concat!(
                r#"{"destination":"10.0.0.5","range":{"from":"2025-01-01T10:00:00Z","to":"2025-01-01T10:15:00Z"},"suggests":"benign: scan","#,
                r#""steps":[{"id":"sources","phase":"triage","title":"Source IPs","suggested":"looks bad","confidence":80,"#,
                r#""finding":"41 sources, 38 never seen here in 14 d","for":["38 of 41 are new here (weighs 40)","9 were refused"],"against":[],"#,
                r#""missing":["reverse names: none here"],"human":["whose network is it?"],"queries":[]}],"#,
                r#""completeness":{"complete":true,"words":"complete","read":null,"events":7,"skipped":[],"shards":null,"timed_out":false,"#,
                r#""approximate":false,"capped":null}}"#
            )
        );
    }

    #[test]
    fn a_suggestion_is_worded_by_its_phase() {
        assert_eq!(Suggested::LooksBad.in_phase("triage"), "looks bad");
        assert_eq!(Suggested::LooksBad.in_phase("harmless"), "unlikely");
        assert_eq!(Suggested::LooksBenign.in_phase("harmless"), "likely");
        assert_eq!(Suggested::LooksBad.in_phase("response"), "to do");
        assert_eq!(Suggested::CannotTell.in_phase("response"), "cannot tell");
    }
}
