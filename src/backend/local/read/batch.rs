//! What the records of one block turned out to be, on its way from a worker to the collector.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interpret::Remember;
use crate::backend::local::table::{Portion, Scribe};
use crate::query::Hit;
use crate::schema::{Detected, Reading};

/// Different reasons that are kept apart in one block; what goes beyond is counted as `another reason`.
const REASONS: usize = 32;

/// One reading thread: what it remembers, and where it writes.
#[derive(Debug, Default)]
pub struct Worker<M> {
    /// What it remembers of the records before.
    pub memo: M,
    /// Its number.
    pub lane: usize,
    scribe: Scribe,
    batch: Batch,
}

/// The records of one block.
#[derive(Debug, Default)]
pub struct Batch {
    /// Number of the thread that read them.
    pub lane: usize,
    /// The RDP events, in order.
    pub events: Portion,
    /// What rules found in events: the place of the event and that of the rule.
    pub event_hits: Vec<(usize, usize, Hit)>,
    /// What rules found in other records, with the places of the rules.
    pub hits: Vec<(usize, Hit)>,
    /// What somebody else detected.
    pub detected: Vec<Detected>,
    /// Records recognised, by schema.
    pub schemas: Vec<(Arc<str>, u64)>,
    /// Records of a known schema that are no RDP event.
    pub other: u64,
    /// Records of no known schema.
    pub unknown: u64,
    /// Records that could not be used, by reason.
    pub skipped: BTreeMap<String, u64>,
}

impl<M: Default + Remember> Worker<M> {
    /// Worker number `lane`.
    pub fn new(lane: usize) -> Self {
        Self { memo: M::default(), lane, scribe: Scribe::default(), batch: Batch::default() }
    }

    /// Adds a record.
    pub fn add(&mut self, reading: Result<Reading, String>) {
        let batch = &mut self.batch;
        match reading {
            Ok(Reading::Event { schema, event, rules }) => {
                batch.recognised(&schema);
                batch.event_hits.extend(rules.into_iter().map(|rule| (self.scribe.len(), rule, Hit::from(&*event))));
                self.scribe.push(&event);
            }
            Ok(Reading::Again) => match self.memo.again() {
                Some(again) => {
                    batch.recognised(again.schema);
                    self.scribe.push_again(&again);
                }
                None => batch.skip("record whose like was forgotten".to_owned(), 1),
            },
            Ok(Reading::Other { schema, hits }) => {
                batch.recognised(&schema);
                batch.other += 1;
                batch.hits.extend(hits);
            }
            Ok(Reading::Detected { schema, detected }) => {
                batch.recognised(&schema);
                batch.other += 1;
                batch.detected.push(*detected);
            }
            Ok(Reading::Unknown) => batch.unknown += 1,
            Err(reason) => batch.skip(reason, 1),
        }
    }

    /// Counts records that could not be used.
    pub fn skip(&mut self, reason: String, count: u64) {
        self.batch.skip(reason, count);
    }

    /// What was added since the last batch.
    pub fn take(&mut self) -> Batch {
        Batch { lane: self.lane, events: self.scribe.take(), ..std::mem::take(&mut self.batch) }
    }
}

impl Batch {
    /// Counts records that could not be used.
    fn skip(&mut self, reason: String, count: u64) {
        if count == 0 {
            return;
        }
        let reason = if self.skipped.len() < REASONS || self.skipped.contains_key(&reason) { reason } else { "another reason".to_owned() };
        *self.skipped.entry(reason).or_default() += count;
    }

    fn recognised(&mut self, schema: &Arc<str>) {
        // A file holds one or two schemas, and their names are shared: comparing pointers is enough nearly always.
        match self.schemas.iter_mut().find(|(known, _)| Arc::ptr_eq(known, schema) || known == schema) {
            Some((_, count)) => *count += 1,
            None => self.schemas.push((Arc::clone(schema), 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_bounded() {
        let mut batch = Batch::default();
        for number in 0..100 {
            batch.skip(format!("reason {number}"), 1);
            batch.skip("reason 0".to_owned(), 1);
        }
        assert_eq!(batch.skipped.len(), REASONS + 1);
        assert_eq!(batch.skipped["reason 0"], 101);
        assert_eq!(batch.skipped["another reason"], 68);
    }
}
