//! Events by column as one reading thread finds them, with codes of its own: what threads can do without each other.

use super::columns::Rows;
use super::dictionary::{Dictionary, NONE};
use crate::domain::{Address, Event, Foreign};

/// Writes events into columns.
#[derive(Debug, Default)]
pub struct Scribe {
    rows: Rows,
    addresses: Dictionary<Address>,
    texts: Dictionary<Foreign>,
    lone: Vec<Foreign>,
    /// Addresses and texts that went out with earlier portions, if any did.
    told: Option<(usize, usize)>,
}

/// Some events in columns, and the values that their writer met for the first time.
#[derive(Debug, Default)]
pub struct Portion {
    pub(super) rows: Rows,
    pub(super) addresses: Vec<Address>,
    pub(super) texts: Vec<Foreign>,
    /// Texts that are hardly ever the same twice, as ids are; codes would cost more than they save.
    pub(super) lone: Vec<Foreign>,
    /// Addresses and texts that went out before; `None` where this is the first portion of its writer.
    pub(super) told: Option<(usize, usize)>,
}

impl Portion {
    /// Events in it.
    pub fn len(&self) -> usize {
        self.rows.time.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
impl Portion {
    /// Times and sources of the events, where this is the first portion of its writer.
    pub fn times_and_sources(&self) -> Vec<(crate::domain::Timestamp, Option<Address>)> {
        (0..self.len())
            .map(|row| (crate::domain::time::from_micros(self.rows.time.at(row)), self.addresses.get(self.rows.source.at(row) as usize).copied()))
            .collect()
    }

    /// The channel of the first event.
    pub fn first_channel(&self) -> Option<&str> {
        self.texts.get(self.rows.channel.at(0) as usize).map(Foreign::raw)
    }
}

impl Scribe {
    /// Events written since the last portion.
    pub fn len(&self) -> usize {
        self.rows.time.len()
    }

    /// Whether nothing was written since the last portion.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event.
    pub fn push(&mut self, event: &Event) {
        let (rows, addresses, texts, lone) = (&mut self.rows, &mut self.addresses, &mut self.texts, &mut self.lone);
        let mut text = |value: &Option<Foreign>| texts.code_of(value.as_ref().map(Foreign::raw));
        let mut apart = |value: &Foreign| {
            lone.push(value.clone());
            u32::try_from(lone.len() - 1).unwrap_or(NONE)
        };
        rows.time.push(event.time.as_microsecond());
        rows.kind.push(event.kind as u8);
        rows.source.push(addresses.code_of(event.source.as_ref()));
        rows.source_port.push(event.source_port.unwrap_or(0));
        rows.destination.push(addresses.code_of(event.destination.as_ref()));
        rows.destination_port.push(event.destination_port.unwrap_or(0));
        rows.host.push(text(&event.host));
        rows.user.push(text(&event.user));
        rows.process.push(text(&event.process));
        rows.code.push(event.code.unwrap_or(u32::MAX));
        rows.reason.push(text(&event.reason));
        rows.channel.push(text(&event.channel));
        rows.file.push(text(&event.origin.file));
        rows.index.push(text(&event.origin.index));
        let record = match &event.record {
            None => NO_RECORD,
            Some(record) => number(record.raw()).unwrap_or_else(|| text_number(apart(record))),
        };
        rows.record.push(record);
        rows.push_details(event.details.as_deref(), texts);
        rows.id.push(event.origin.id.as_ref().map_or(NONE, apart));
    }

    /// What was written since the last portion.
    pub fn take(&mut self) -> Portion {
        if self.is_empty() {
            // An empty portion says nothing and may get lost.
            return Portion::default();
        }
        let told = self.told.replace((self.addresses.values().len(), self.texts.values().len()));
        let (addresses, texts) = told.unwrap_or_default();
        Portion {
            rows: std::mem::take(&mut self.rows),
            addresses: self.addresses.values().get(addresses..).unwrap_or_default().to_vec(),
            texts: self.texts.values().get(texts..).unwrap_or_default().to_vec(),
            lone: std::mem::take(&mut self.lone),
            told,
        }
    }
}

/// Record number of events that have none.
pub(super) const NO_RECORD: i64 = -1;

/// Records are numbers nearly always and then need no text; digits that would read back otherwise (leading zero, sign) stay
/// text.
fn number(record: &str) -> Option<i64> {
    let number: i64 = record.parse().ok()?;
    (number >= 0 && !record.starts_with('+') && (record.len() == 1 || !record.starts_with('0'))).then_some(number)
}

/// How a record that is no number is kept in the column of numbers.
pub(super) fn text_number(code: u32) -> i64 {
    -2 - i64::from(code)
}

/// The place of the text inside a number made by [`text_number`].
pub(super) fn text_code(record: i64) -> Option<usize> {
    usize::try_from((-2_i64).checked_sub(record)?).ok()
}
