//! What is odd, how strongly and why.

use std::sync::Arc;

use serde::Serialize;

use super::{Timestamp, Why};

/// Bands of the score, as Elastic draws them: warning < 25 <= minor < 50 <= major < 75 <= critical.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Below 25.
    Warning,
    /// From 25.
    Minor,
    /// From 50.
    Major,
    /// From 75.
    Critical,
}

impl Severity {
    /// The band of a score between 0 and 100.
    pub fn of(score: f64) -> Self {
        if score >= 75.0 {
            Self::Critical
        } else if score >= 50.0 {
            Self::Major
        } else if score >= 25.0 {
            Self::Minor
        } else {
            Self::Warning
        }
    }

    /// The word in exports and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    /// The mark beside the score: severity never rests on colour alone.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Warning => " ",
            Self::Minor => "▵",
            Self::Major => "◆",
            Self::Critical => "▲",
        }
    }
}

/// The score from which a bucket is called anomalous: the rule's own threshold.
pub const ANOMALOUS: f64 = 70.0;

/// On what footing a bucket stands: with a verdict, or with the word that is shown in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Judged by everything there is.
    #[default]
    Judged,
    /// The destination is in its first day: everything is new there, the score is capped and shown as "new".
    New,
    /// Judged by counts alone: who came could not be told apart, or was not asked for.
    CountsOnly,
    /// Too little is known of what is usual: no verdict.
    ShortHistory,
    /// The answer that it rests on is incomplete: no verdict.
    Partial,
    /// Nothing was fed to us where there always was something: no verdict.
    Gap,
}

impl Standing {
    /// The words that stand in place of the number, or beside it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::New => "new",
            Self::CountsOnly => "counts only",
            Self::ShortHistory => "not enough history",
            Self::Partial => "partial",
            Self::Gap => "no data",
        }
    }

    /// What that means for the verdict, one sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Judged => "judged by everything there is",
            Self::New => "the destination was first seen less than a day before: everything is new there, so the score stays below major",
            Self::CountsOnly => "judged by the number of sources alone, not by who they are",
            Self::ShortHistory => "too little is known of what is usual here: no verdict",
            Self::Partial => "the answer is incomplete: no verdict rests on it",
            Self::Gap => "nothing was fed to us here where there always was something: silence is no peace",
        }
    }

    /// Whether a score stands on it.
    pub const fn has_verdict(self) -> bool {
        matches!(self, Self::Judged | Self::New | Self::CountsOnly)
    }
}

/// One detector's word on one bucket of one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Place of the destination in the list the buckets were counted by.
    pub destination: usize,
    /// Start of the bucket.
    pub start: Timestamp,
    /// Distinct sources.
    pub count: u32,
    /// Distinct sources that this destination had not seen before.
    pub new: u32,
    /// What is usual at this time; `None` where there is no verdict.
    pub typical: Option<f64>,
    /// The most that chance explains.
    pub upper: Option<f64>,
    /// 0 to 100; `None` where history is too short for a verdict.
    pub score: Option<f64>,
    /// One sentence without a period.
    pub reason: String,
    /// What the plain detector, which looks at counts alone, would have said; `None` where it is the one that speaks.
    pub cross: Option<f64>,
    /// The numbers behind the score, where something arrived that was not quite expected.
    pub why: Option<Arc<Why>>,
    /// On what footing all of this stands.
    pub standing: Standing,
}

impl Verdict {
    /// The same bucket without a verdict, because the answer that it rests on lacks what these words say. What was counted stays.
    #[must_use]
    pub fn withheld(&self, lacks: &str) -> Self {
        Self {
            typical: None,
            upper: None,
            score: None,
            cross: None,
            why: None,
            reason: withheld(lacks, self.count),
            standing: Standing::Partial,
            ..self.clone()
        }
    }

    /// The band, where there is a score.
    pub fn severity(&self) -> Option<Severity> {
        self.score.map(Severity::of)
    }

    /// Whether the score reaches [`ANOMALOUS`].
    pub fn is_anomalous(&self) -> bool {
        self.score.is_some_and(|score| score >= ANOMALOUS)
    }

    /// Whether the plain detector sees it otherwise: one calls it anomalous, the other does not.
    pub fn is_disputed(&self) -> bool {
        self.cross.is_some_and(|cross| (cross >= ANOMALOUS) != self.is_anomalous())
    }
}

/// Why there is no verdict on so many sources, where the answer lacks what these words say.
pub fn withheld(lacks: &str, count: u32) -> String {
    format!("partial answer ({lacks}): no verdict; {count} distinct {} so far", if count == 1 { "source" } else { "sources" })
}

/// Why there is no verdict where none of so many events names its source.
pub fn without_source(events: u64) -> String {
    format!("counts only: {events} {} without a usable source", if events == 1 { "event" } else { "events" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_at_25_50_and_75() {
        let bands: Vec<_> = [0.0, 24.9, 25.0, 49.9, 50.0, 74.9, 75.0, 100.0].map(|score| Severity::of(score).name()).into();
        assert_eq!(bands, ["warning", "warning", "minor", "minor", "major", "major", "critical", "critical"]);
    }

    #[test]
    fn what_is_withheld_keeps_what_was_counted_and_nothing_that_was_judged() {
        let verdict = Verdict {
            destination: 0,
            start: Timestamp::UNIX_EPOCH,
            count: 41,
            new: 38,
            typical: Some(2.1),
            upper: Some(6.0),
            score: Some(94.0),
            reason: "41 distinct sources".to_owned(),
            cross: Some(88.0),
            why: None,
            standing: Standing::Judged,
        };
        let withheld = verdict.withheld("PARTIAL 3/5 shards");
        assert_eq!((withheld.count, withheld.score, withheld.typical, withheld.cross), (41, None, None, None));
        assert_eq!(withheld.reason, "partial answer (PARTIAL 3/5 shards): no verdict; 41 distinct sources so far");
        assert!(!withheld.standing.has_verdict() && withheld.severity().is_none());
    }
}
