//! A finding as exceptions see it: where, when, who came, and how many of them were expected.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, Destination, Foreign, Range, Verdict};

/// One scored bucket of one destination.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Finding<'a> {
    /// Where.
    pub destination: &'a Destination,
    /// When.
    pub bucket: Range,
    /// The score, 0 to 100.
    pub score: f64,
    /// The sources that make the score.
    pub sources: &'a [Address],
    /// The accounts that each of them came with; `None` where nobody asked.
    pub users: Option<&'a BTreeMap<Address, BTreeSet<Foreign>>>,
    /// How many sources are nothing out of the ordinary.
    pub expected: f64,
}

impl<'a> Finding<'a> {
    /// A verdict as a finding; `present` are the bucket's distinct sources, for a detector that names none. `None` where there
    /// is no score: nothing was found, so there is nothing to hide.
    pub fn of(verdict: &'a Verdict, destination: &'a Destination, bucket: Range, present: &'a [Address]) -> Option<Self> {
        let score = verdict.score?;
        let (sources, expected) = match &verdict.why {
            Some(why) => (why.sources.as_ref(), why.expected),
            None => (present, verdict.upper.or(verdict.typical).unwrap_or_default()),
        };
        Some(Self { destination, bucket, score, sources, users: None, expected })
    }

    /// Whether the rest would be nothing out of the ordinary without `named` of the sources.
    pub fn explains(&self, named: usize) -> bool {
        let left = self.sources.len().saturating_sub(named);
        #[expect(clippy::cast_precision_loss, reason = "counts of sources are small")]
        let left = left as f64;
        named > 0 && left <= self.expected.max(0.0).floor()
    }
}
