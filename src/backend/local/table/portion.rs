//! Events by column as one reading thread finds them, with codes of its own: what threads can do without each other.

use super::columns::{Maps, Row, Rows};
use super::dictionary::{Dictionary, NONE};
use crate::domain::{Address, Event, Foreign};
use crate::schema::{Again, Output};

/// Values whose codes are looked up later, all at once: a look-up waits for the memory most of the time, and many that do not
/// depend on each other wait together. Until then the place where a value waits stands for it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    addresses: Vec<Address>,
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Waiting {
    fn address(&mut self, address: Option<&Address>) -> u32 {
        let Some(address) = address else { return NONE };
        self.addresses.push(*address);
        u32::try_from(self.addresses.len() - 1).unwrap_or(NONE)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, text: Option<&Foreign>) -> u32 {
        let Some(text) = text else { return NONE };
        self.texts.push_str(text.raw());
        self.ends.push(self.texts.len());
        u32::try_from(self.ends.len() - 1).unwrap_or(NONE)
    }

    /// The codes of everything that waited.
    fn codes(&mut self, addresses: &mut Dictionary<Address>, texts: &mut Dictionary<Foreign>) -> Maps {
        let address_codes = self.addresses.drain(..).map(|address| addresses.code(&address)).collect();
        let mut start = 0;
        let text_codes = self.ends.drain(..).map(|end| texts.code(self.texts.get(std::mem::replace(&mut start, end)..end).unwrap_or_default())).collect();
        self.texts.clear();
        Maps { addresses: address_codes, texts: text_codes, lone: 0 }
    }
}

/// Writes events into columns.
#[derive(Debug, Default)]
pub struct Scribe {
    rows: Rows,
    addresses: Dictionary<Address>,
    texts: Dictionary<Foreign>,
    lone: Vec<Foreign>,
    waiting: Waiting,
    /// Rows of events that came again, by their number, each with the portion it was written in: what stands in it in place of
    /// values means something in that portion only.
    again: Vec<Option<(u32, Box<Row>)>>,
    /// Number of the portion at hand.
    number: u32,
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
        let mut row = Row::default();
        self.write(&mut row, event, u32::MAX);
        self.rows.push(&row);
    }

    /// Adds an event like one before it.
    pub fn push_again(&mut self, again: &Again<'_>) {
        let number = again.number as usize;
        if self.again.len() <= number {
            self.again.resize_with(number + 1, || None);
        }
        let (mut row, fresh) = match self.again.get_mut(number).map(Option::take) {
            Some(Some((portion, row))) if portion == self.number => (row, again.fresh),
            Some(Some((_, row))) => (row, u32::MAX),
            _ => (Box::default(), u32::MAX),
        };
        self.write(&mut row, again.event, fresh);
        self.rows.push(&row);
        if let Some(slot) = self.again.get_mut(number) {
            *slot = Some((self.number, row));
        }
    }

    /// Writes into a row what is `fresh` of an event.
    fn write(&mut self, row: &mut Row, event: &Event, fresh: u32) {
        let (waiting, lone) = (&mut self.waiting, &mut self.lone);
        let mut apart = |value: &Foreign| {
            lone.push(value.clone());
            u32::try_from(lone.len() - 1).unwrap_or(NONE)
        };
        let is = |output: Output| fresh & output.bit() != 0;
        row.time = event.time.as_microsecond();
        row.kind = event.kind as u8;
        if is(Output::Source) {
            row.source = waiting.address(event.source.as_ref());
            row.source_port = event.source_port.unwrap_or(0);
        }
        if is(Output::Destination) {
            row.destination = waiting.address(event.destination.as_ref());
            row.destination_port = event.destination_port.unwrap_or(0);
        }
        if is(Output::Host) {
            row.host = waiting.text(event.host.as_ref());
        }
        if is(Output::User) {
            row.user = waiting.text(event.user.as_ref());
        }
        if is(Output::Process) {
            row.process = waiting.text(event.process.as_ref());
        }
        if is(Output::Code) {
            row.code = event.code.unwrap_or(u32::MAX);
        }
        if is(Output::Reason) {
            row.reason = waiting.text(event.reason.as_ref());
        }
        if is(Output::Channel) {
            row.channel = waiting.text(event.channel.as_ref());
        }
        if is(Output::Origin) {
            row.file = waiting.text(event.origin.file.as_ref());
            row.index = waiting.text(event.origin.index.as_ref());
        }
        // Texts that stand apart belong to this portion alone.
        if is(Output::Record) || row.record < NO_RECORD {
            row.record = match &event.record {
                None => NO_RECORD,
                Some(record) => number(record.raw()).unwrap_or_else(|| text_number(apart(record))),
            };
        }
        row.id = event.origin.id.as_ref().map_or(NONE, apart);
        let Some(details) = event.details.as_deref() else { return };
        if is(Output::Tunnel) {
            row.tunnel_address = waiting.text(details.tunnel_address.as_ref());
        }
        if is(Output::Numbers) {
            row.set_numbers(details);
        }
        if is(Output::Texts) {
            row.set_texts(details, waiting);
        }
    }

    /// What was written since the last portion.
    pub fn take(&mut self) -> Portion {
        if self.is_empty() {
            // An empty portion says nothing and may get lost.
            return Portion::default();
        }
        let codes = self.waiting.codes(&mut self.addresses, &mut self.texts);
        self.rows.replace(&codes);
        self.number += 1;
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
