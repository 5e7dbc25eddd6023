//! Collects events into a table.

use std::collections::BTreeMap;

use super::Table;
use super::columns::{Chunk, Maps, ROWS, Rows};
use super::detections::Detections;
use super::dictionary::{Dictionary, NONE};
use super::identity::Identities;
use super::portion::{Portion, Scribe};
use crate::backend::BackendError;
use crate::domain::{Address, Completeness, Event, Foreign, Kind, Range, Timestamp, time};
use crate::query::{Hit, SourceReport};
use crate::schema::Detected;

/// Single events that are added at once.
const OWN: usize = 4096;

/// Collects events, in any order, into a [`Table`].
#[derive(Debug, Default)]
pub struct TableBuilder {
    chunks: Vec<Chunk>,
    rows: Rows,
    addresses: Dictionary<Address>,
    texts: Dictionary<Foreign>,
    lone: Vec<Foreign>,
    identities: Identities,
    /// For each reader what its codes are among all.
    maps: Vec<Maps>,
    /// Where single events are written.
    own: (Scribe, Maps),
    earliest: Option<i64>,
    latest: Option<i64>,
    hits: BTreeMap<String, Vec<Hit>>,
    detected: Detections,
    trouble: Option<BackendError>,
}

/// What became of a portion.
#[derive(Debug, Default)]
pub struct Taken {
    /// For each event whether it is new; empty where all are.
    pub keep: Vec<bool>,
    /// New events by kind.
    pub kinds: Vec<(Kind, u64)>,
    /// From the first new event to just after the last.
    pub extent: Option<Range>,
}

impl TableBuilder {
    /// Takes in what reader number `lane` wrote about `file`. Events that are known already are left out.
    pub fn absorb(&mut self, lane: usize, portion: Portion, file: &str) -> Taken {
        if self.maps.len() <= lane {
            self.maps.resize_with(lane + 1, Maps::default);
        }
        let mut maps = self.maps.get_mut(lane).map(std::mem::take).unwrap_or_default();
        let taken = self.add(&mut maps, portion, Some(file));
        if let Some(slot) = self.maps.get_mut(lane) {
            *slot = maps;
        }
        taken
    }

    /// Adds an event, whether it is known or not.
    pub fn push(&mut self, event: &Event) {
        self.own.0.push(event);
        if self.own.0.len() >= OWN {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let (mut scribe, mut maps) = std::mem::take(&mut self.own);
        if !scribe.is_empty() {
            self.add(&mut maps, scribe.take(), None);
        }
        self.own = (scribe, maps);
    }

    /// Adds the events of a portion; only what comes from a file can be known already.
    fn add(&mut self, maps: &mut Maps, mut portion: Portion, file: Option<&str>) -> Taken {
        if portion.is_empty() {
            return Taken::default();
        }
        match portion.told {
            None => *maps = Maps::default(),
            // Codes that mean something else than the reader meant would be wrong answers.
            Some(told) if told != (maps.addresses.len(), maps.texts.len()) => {
                self.trouble = Some(BackendError::new("the event table could not be put together: parts of it came out of order"));
                return Taken::default();
            }
            Some(_) => {}
        }
        maps.addresses.extend(portion.addresses.iter().map(|address| self.addresses.code(address)));
        maps.texts.extend(portion.texts.iter().map(|text| self.texts.code(text.raw())));
        maps.lone = u32::try_from(self.lone.len()).unwrap_or(NONE);
        let mut keep = Vec::new();
        if file.is_some() {
            keep = self.identities.sift(&portion, maps, &self.texts, |each| known_numbers(&self.chunks, &self.rows, each));
            portion.rows.file.clear();
        }
        if !keep.is_empty() {
            portion.rows.retain(&keep);
        }
        let count = portion.rows.time.len();
        let (mut first, mut last, mut kinds) = (i64::MAX, i64::MIN, [0_u64; Kind::ALL.len()]);
        for row in 0..count {
            let time = portion.rows.time.at(row);
            (first, last) = (first.min(time), last.max(time));
            if let Some(kind) = kinds.get_mut(usize::from(portion.rows.kind.at(row))) {
                *kind += 1;
            }
        }
        self.rows.append(&portion.rows, maps);
        self.rows.file.fill_to(file.map_or(NONE, |file| self.texts.code(file)), self.rows.time.len());
        self.lone.append(&mut portion.lone);
        let extent = (count > 0).then(|| {
            self.earliest = Some(self.earliest.map_or(first, |earliest| earliest.min(first)));
            self.latest = Some(self.latest.map_or(last, |latest| latest.max(last)));
            Range { from: time::from_micros(first), to: after(last) }
        });
        if self.rows.time.len() >= ROWS {
            self.close_chunk();
        }
        let kinds = Kind::ALL.iter().copied().zip(kinds).filter(|(_, count)| *count > 0).collect();
        Taken { keep, kinds, extent }
    }

    /// Whether what a rule found in a record that is no event is found for the first time.
    pub fn is_new_hit(&mut self, rule: usize, hit: &Hit) -> bool {
        self.identities.is_new_hit(rule, hit)
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
        self.flush();
        if self.rows.time.len() > 0 {
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
            lone: self.lone,
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

/// Calls `each` with host, channel and record number of every row that has all three.
fn known_numbers(chunks: &[Chunk], rows: &Rows, each: &mut dyn FnMut(u32, u32, i64)) {
    for chunk in chunks {
        // A chunk of ours always has its columns.
        let Ok(view) = chunk.view() else { continue };
        for row in 0..chunk.len() {
            each(view.host.at(row), view.channel.at(row), view.record.at(row));
        }
    }
    for row in 0..rows.time.len() {
        each(rows.host.at(row), rows.channel.at(row), rows.record.at(row));
    }
}
