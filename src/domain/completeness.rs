//! How whole an answer is. Every answer carries one, and nothing makes one by default: whoever answers says it.

use serde::{Deserialize, Serialize};

/// Records left out, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Skipped {
    /// One sentence without a period.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Shards of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shards {
    /// Shards asked.
    pub total: u64,
    /// Shards that failed to answer.
    pub failed: u64,
}

/// What an answer rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Completeness {
    /// Records looked at; `None` where a cluster counted.
    pub read: Option<u64>,
    /// RDP events among them.
    pub events: u64,
    /// Records that could not be used.
    pub skipped: Vec<Skipped>,
    /// Shards, where a cluster answered.
    pub shards: Option<Shards>,
    /// Whether a time-out cut the answer short.
    pub timed_out: bool,
    /// Whether distinct counts are estimates.
    pub approximate: bool,
    /// The limit that cut the answer, where one did.
    pub capped: Option<String>,
}

impl Completeness {
    /// A whole answer over `events` events.
    pub fn whole(events: u64) -> Self {
        Self { read: None, events, skipped: Vec::new(), shards: None, timed_out: false, approximate: false, capped: None }
    }

    /// Whether nothing is known to be missing.
    pub fn is_whole(&self) -> bool {
        self.skipped.is_empty() && !self.timed_out && self.capped.is_none() && self.shards.is_none_or(|shards| shards.failed == 0)
    }

    /// What a count of sources lacks, in words: parts that did not answer, or estimates. Records that could not be read are none
    /// of that: they are counted, said, and were as unreadable the weeks before. `None` where verdicts may rest on it.
    pub fn forbids_verdicts(&self) -> Option<String> {
        let is_short = self.timed_out || self.capped.is_some() || self.shards.is_some_and(|shards| shards.failed > 0);
        let words = || Self { skipped: Vec::new(), ..self.clone() }.words();
        if is_short { Some(words()) } else { self.approximate.then(|| "distinct counts are estimates".to_owned()) }
    }

    /// What is missing, in a few words for the header; `complete` where nothing is.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(shards) = self.shards.filter(|shards| shards.failed > 0) {
            parts.push(format!("PARTIAL {}/{} shards", shards.total.saturating_sub(shards.failed), shards.total));
        }
        if self.timed_out {
            parts.push("TIMED OUT".to_owned());
        }
        if let Some(limit) = &self.capped {
            parts.push(format!("CAPPED {limit}"));
        }
        let skipped: u64 = self.skipped.iter().map(|skipped| skipped.count).sum();
        if skipped > 0 {
            parts.push(format!("{skipped} skipped"));
        }
        if parts.is_empty() { "complete".to_owned() } else { parts.join(", ") }
    }

    /// Both answers taken together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.read = match (self.read, other.read) {
            (Some(one), Some(two)) => Some(one.saturating_add(two)),
            (one, two) => one.or(two),
        };
        self.events = self.events.saturating_add(other.events);
        for skipped in &other.skipped {
            match self.skipped.iter_mut().find(|known| known.reason == skipped.reason) {
                Some(known) => known.count = known.count.saturating_add(skipped.count),
                None => self.skipped.push(skipped.clone()),
            }
        }
        self.shards = match (self.shards, other.shards) {
            (Some(one), Some(two)) => Some(Shards { total: one.total.max(two.total), failed: one.failed.max(two.failed) }),
            (one, two) => one.or(two),
        };
        self.timed_out |= other.timed_out;
        self.approximate |= other.approximate;
        self.capped = self.capped.or_else(|| other.capped.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_is_said() {
        let mut completeness = Completeness::whole(7);
        assert!(completeness.is_whole());
        assert_eq!(completeness.words(), "complete");
        completeness.shards = Some(Shards { total: 5, failed: 2 });
        completeness.timed_out = true;
        completeness.skipped.push(Skipped { reason: "no JSON".to_owned(), count: 3 });
        assert!(!completeness.is_whole());
        assert_eq!(completeness.forbids_verdicts().as_deref(), Some("PARTIAL 3/5 shards, TIMED OUT"));
        assert_eq!(completeness.words(), "PARTIAL 3/5 shards, TIMED OUT, 3 skipped");
    }

    #[test]
    fn a_damaged_record_forbids_no_verdict_and_an_estimate_does() {
        let mut completeness = Completeness::whole(7);
        completeness.skipped.push(Skipped { reason: "no JSON".to_owned(), count: 3 });
        assert_eq!(completeness.forbids_verdicts(), None);
        completeness.approximate = true;
        assert_eq!(completeness.forbids_verdicts().as_deref(), Some("distinct counts are estimates"));
    }
}
