//! The columnar event table: events once read, every question answered from its columns.
//!
//! Text and addresses are codes into dictionaries, so that counting compares numbers; rows lie in chunks
//! of polars frames, in order of reading, and a column that never changes within a chunk costs nothing.

mod arrivals;
mod builder;
mod columns;
mod counts;
mod details;
mod detections;
mod dictionary;
mod events;
mod identity;
mod portion;
mod select;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use builder::TableBuilder;
pub use portion::{Portion, Scribe};

use crate::backend::BackendError;
use crate::domain::{Address, Completeness, Foreign, Range};
use crate::query::{Answer, Ask, Hit, Hits, Overview, SourceReport};
use columns::Chunk;
use detections::Detections;

/// Events by column.
#[derive(Debug)]
pub struct Table {
    title: String,
    reports: Vec<SourceReport>,
    completeness: Completeness,
    chunks: Vec<Chunk>,
    addresses: Vec<Address>,
    texts: Vec<Foreign>,
    /// Texts that are hardly ever the same twice.
    lone: Vec<Foreign>,
    extent: Option<Range>,
    hits: BTreeMap<String, Vec<Hit>>,
    detected: Detections,
}

impl Table {
    /// Answers a question from the columns.
    ///
    /// # Errors
    /// Where the question names a rule that was not looked for while reading, or a column cannot be read.
    pub fn answer(&self, ask: &Ask) -> Result<Answer, BackendError> {
        Ok(match ask {
            Ask::Overview => Answer::Overview(Overview {
                title: self.title.clone(),
                extent: self.extent.or_else(|| self.detected.extent()),
                is_live: false,
                delay: None,
                reports: self.reports.clone(),
                completeness: self.completeness.clone(),
            }),
            Ask::Arrivals { scope, bucket } => Answer::Arrivals(self.arrivals(scope, *bucket)?),
            Ask::Tally { scope, by } => Answer::Tally(self.tally(scope, *by)?),
            Ask::Events { scope, skip, take } => Answer::Events(self.events(scope, *skip, *take)?),
            Ask::Counts { scope, bucket, by } => Answer::Counts(self.counts(scope, *bucket, *by)?),
            Ask::Hunt { scope, rule } => Answer::Hunt(self.hunt(&scope.range, rule)?),
            Ask::Alerts { scope, company } => Answer::Alerts(self.detected.within(scope, company, &self.completeness)),
        })
    }

    /// From the first event to just after the last; `None` where there is none.
    pub fn extent(&self) -> Option<Range> {
        self.extent
    }

    /// From the first to the last moment of what others detected; `None` where there is nothing.
    pub fn detected_extent(&self) -> Option<Range> {
        self.detected.extent()
    }

    /// All events in it.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// What the answers rest on: what was read, and `events` events of it.
    fn completeness(&self, events: u64) -> Completeness {
        Completeness { events, ..self.completeness.clone() }
    }

    fn hunt(&self, range: &Range, rule: &str) -> Result<Hits, BackendError> {
        let Some(found) = self.hits.get(rule) else {
            return Err(BackendError::new(format!("rule {rule} was not looked for while the events were read")).advise("name its file with --rule"));
        };
        let mut hits: Vec<Hit> = found.iter().filter(|hit| range.contains(hit.time)).cloned().collect();
        hits.sort_by(|one, two| one.time.cmp(&two.time).then_with(|| one.record_id.cmp(&two.record_id)));
        let completeness = self.completeness(hits.len() as u64);
        Ok(Hits { rule: rule.to_owned(), hits, completeness })
    }
}
