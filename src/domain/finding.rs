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
}

impl Verdict {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_at_25_50_and_75() {
        let bands: Vec<_> = [0.0, 24.9, 25.0, 49.9, 50.0, 74.9, 75.0, 100.0].map(|score| Severity::of(score).name()).into();
        assert_eq!(bands, ["warning", "warning", "minor", "minor", "major", "major", "critical", "critical"]);
    }
}
