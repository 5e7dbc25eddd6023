//! Collects events into a table.

use std::collections::BTreeMap;

use super::Table;
use super::columns::{Chunk, ROWS, Rows};
use super::details::Packed;
use super::detections::Detections;
use super::dictionary::{Dictionary, NONE};
use crate::backend::BackendError;
use crate::domain::{Address, Completeness, Event, Foreign, Range, Timestamp, time};
use crate::query::{Hit, SourceReport};
use crate::schema::Detected;

/// Collects events, in any order, into a [`Table`].
#[derive(Debug, Default)]
pub struct TableBuilder {
    chunks: Vec<Chunk>,
    rows: Rows,
    addresses: Dictionary<Address>,
    texts: Dictionary<Foreign>,
    details: Vec<Packed>,
    earliest: Option<i64>,
    latest: Option<i64>,
    hits: BTreeMap<String, Vec<Hit>>,
    detected: Detections,
    trouble: Option<BackendError>,
}

impl TableBuilder {
    /// Adds an event.
    pub fn push(&mut self, event: &Event) {
        let micros = event.time.as_microsecond();
        self.earliest = Some(self.earliest.map_or(micros, |earliest| earliest.min(micros)));
        self.latest = Some(self.latest.map_or(micros, |latest| latest.max(micros)));
        let texts = &mut self.texts;
        let mut text = |value: &Option<Foreign>| texts.code_of(value.as_ref().map(Foreign::raw));
        let rows = &mut self.rows;
        rows.time.push(micros);
        rows.kind.push(event.kind as u8);
        rows.source.push(self.addresses.code_of(event.source.as_ref()));
        rows.source_port.push(event.source_port.unwrap_or(0));
        rows.destination.push(self.addresses.code_of(event.destination.as_ref()));
        rows.destination_port.push(event.destination_port.unwrap_or(0));
        rows.host.push(text(&event.host));
        rows.user.push(text(&event.user));
        rows.process.push(text(&event.process));
        rows.code.push(event.code.unwrap_or(u32::MAX));
        rows.reason.push(text(&event.reason));
        rows.channel.push(text(&event.channel));
        let record = match &event.record {
            None => NO_RECORD,
            Some(record) => number(record.raw()).unwrap_or_else(|| text_number(texts.code(record.raw()))),
        };
        rows.record.push(record);
        let mut text = |value: &Option<Foreign>| texts.code_of(value.as_ref().map(Foreign::raw));
        rows.file.push(text(&event.origin.file));
        rows.index.push(text(&event.origin.index));
        rows.id.push(text(&event.origin.id));
        let place = match event.details.as_deref() {
            None => NONE,
            Some(details) => {
                let place = u32::try_from(self.details.len()).unwrap_or(NONE);
                self.details.push(Packed::new(details, texts));
                place
            }
        };
        rows.details.push(place);
        if rows.time.len() == ROWS {
            self.close_chunk();
        }
    }

    /// Says that a Sigma rule (by id) is looked for, whether it finds anything or not.
    pub fn look_for(&mut self, rule: &str) {
        if !self.hits.contains_key(rule) {
            self.hits.insert(rule.to_owned(), Vec::new());
        }
    }

    /// Adds what a Sigma rule (by id) found.
    pub fn push_hit(&mut self, rule: &str, hit: Hit) {
        self.look_for(rule);
        if let Some(hits) = self.hits.get_mut(rule) {
            hits.push(hit);
        }
    }

    /// Adds what somebody else detected, as read from `file` where it was one.
    pub fn push_detected(&mut self, detected: Detected, file: Option<&Foreign>) {
        self.detected.push(detected, file);
    }

    /// The table.
    ///
    /// # Errors
    /// Where the columns cannot be put together.
    pub fn finish(mut self, title: String, reports: Vec<SourceReport>, completeness: Completeness) -> Result<Table, BackendError> {
        if !self.rows.time.is_empty() {
            self.close_chunk();
        }
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        let extent = match (self.earliest, self.latest) {
            (Some(earliest), Some(latest)) => Some(Range { from: time::from_micros(earliest), to: after(latest) }),
            _ => None,
        };
        Ok(Table {
            title,
            reports,
            completeness,
            chunks: self.chunks,
            addresses: self.addresses.into_values(),
            texts: self.texts.into_values(),
            details: self.details,
            extent,
            hits: self.hits,
            detected: self.detected,
        })
    }

    fn close_chunk(&mut self) {
        match self.rows.take() {
            Ok(chunk) => self.chunks.push(chunk),
            Err(error) => self.trouble = Some(error),
        }
    }
}

fn after(micros: i64) -> Timestamp {
    time::from_micros(micros.saturating_add(1))
}

/// Record number of events that have none.
pub(super) const NO_RECORD: i64 = -1;

/// Records are numbers nearly always and then need no dictionary; a text of digits that would read back
/// otherwise (leading zero, sign) stays text.
fn number(record: &str) -> Option<i64> {
    let number: i64 = record.parse().ok()?;
    (number >= 0 && !record.starts_with('+') && (record.len() == 1 || !record.starts_with('0'))).then_some(number)
}

/// How a record that is no number is kept in the column of numbers.
pub(super) fn text_number(code: u32) -> i64 {
    -2 - i64::from(code)
}

/// The dictionary code inside a number made by [`text_number`].
pub(super) fn text_code(record: i64) -> Option<usize> {
    usize::try_from((-2_i64).checked_sub(record)?).ok()
}
