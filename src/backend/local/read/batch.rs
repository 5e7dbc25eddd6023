//! What the records of one block turned out to be, on its way from a worker to the collector.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Event;
use crate::query::Hit;
use crate::schema::{Detected, Reading};

/// Different reasons that are kept apart in one block; what goes beyond is counted as `another reason`.
const REASONS: usize = 32;

/// The records of one block.
#[derive(Debug, Default)]
pub struct Batch {
    /// The RDP events, in order, with the places of the rules that match.
    pub events: Vec<(Box<Event>, Vec<usize>)>,
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

impl Batch {
    /// Adds a record.
    pub fn add(&mut self, reading: Result<Reading, String>) {
        match reading {
            Ok(Reading::Event { schema, event, rules }) => {
                self.recognised(schema);
                self.events.push((event, rules));
            }
            Ok(Reading::Other { schema, hits }) => {
                self.recognised(schema);
                self.other += 1;
                self.hits.extend(hits);
            }
            Ok(Reading::Detected { schema, detected }) => {
                self.recognised(schema);
                self.other += 1;
                self.detected.push(*detected);
            }
            Ok(Reading::Unknown) => self.unknown += 1,
            Err(reason) => self.skip(reason, 1),
        }
    }

    /// Counts records that could not be used.
    pub fn skip(&mut self, reason: String, count: u64) {
        if count == 0 {
            return;
        }
        let reason = if self.skipped.len() < REASONS || self.skipped.contains_key(&reason) { reason } else { "another reason".to_owned() };
        *self.skipped.entry(reason).or_default() += count;
    }

    fn recognised(&mut self, schema: Arc<str>) {
        // A file holds one or two schemas, and their names are shared: comparing pointers is enough nearly always.
        match self.schemas.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &schema) || *known == schema) {
            Some((_, count)) => *count += 1,
            None => self.schemas.push((schema, 1)),
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
