//! Rows back to events, a page at a time.

use super::Table;
use super::columns::View;
use super::dictionary::NONE;
use super::portion::{NO_RECORD, text_code};
use super::select::Selection;
use crate::backend::BackendError;
use crate::domain::{Address, Event, Foreign, Kind, Origin, time};
use crate::query::{EventPage, Scope};

impl Table {
    /// One page of the scope's events in time order; events of one moment keep the order of reading.
    pub(super) fn events(&self, scope: &Scope, skip: usize, take: usize) -> Result<EventPage, BackendError> {
        let mut places: Vec<(i64, u32, u32)> = Vec::new();
        if let Some(selection) = Selection::new(self, scope) {
            selection.for_each(|view, row, chunk| {
                places.push((view.time.at(row), u32::try_from(chunk).unwrap_or(NONE), u32::try_from(row).unwrap_or(NONE)));
            })?;
        }
        let total = places.len();
        let end = skip.saturating_add(take).min(total);
        // Only the page itself has to be in order.
        if end > 0 && end < total {
            places.select_nth_unstable(end - 1);
        }
        places.truncate(end);
        places.sort_unstable();
        let mut events = Vec::with_capacity(end.saturating_sub(skip));
        for (_, chunk, row) in places.into_iter().skip(skip) {
            if let Some(chunk) = self.chunks.get(chunk as usize) {
                let view = chunk.view()?;
                let mut event = self.event(&view, row as usize);
                event.details = self.details(&view, row as usize);
                events.push(event);
            }
        }
        Ok(EventPage { events, total: total as u64, completeness: self.completeness(total as u64) })
    }

    /// The event in a row, without its details.
    pub(super) fn event(&self, view: &View<'_>, row: usize) -> Event {
        let kind = Kind::ALL.get(usize::from(view.kind.at(row))).copied().unwrap_or(Kind::Flow);
        let port = |port: u16| (port != 0).then_some(port);
        let record = match view.record.at(row) {
            NO_RECORD => None,
            number if number >= 0 => Some(Foreign::from(number.to_string())),
            text => text_code(text).and_then(|code| self.lone.get(code)).cloned(),
        };
        Event {
            time: time::from_micros(view.time.at(row)),
            kind,
            source: self.address(view.source.at(row)),
            source_port: port(view.source_port.at(row)),
            destination: self.address(view.destination.at(row)),
            destination_port: port(view.destination_port.at(row)),
            host: self.text(view.host.at(row)),
            user: self.text(view.user.at(row)),
            process: self.text(view.process.at(row)),
            code: Some(view.code.at(row)).filter(|code| *code != NONE),
            reason: self.text(view.reason.at(row)),
            channel: self.text(view.channel.at(row)),
            record,
            origin: Origin { file: self.text(view.file.at(row)), index: self.text(view.index.at(row)), id: self.lone.get(view.id.at(row) as usize).cloned() },
            details: None,
        }
    }

    /// The address of a code.
    pub(super) fn address(&self, code: u32) -> Option<Address> {
        self.addresses.get(code as usize).copied()
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<Foreign> {
        self.texts.get(code as usize).cloned()
    }
}
