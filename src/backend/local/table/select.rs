//! From a scope to the rows it is about.

use super::Table;
use super::columns::View;
use crate::backend::BackendError;
use crate::domain::event::Vantage;
use crate::domain::{Event, Kind};
use crate::query::{Filter, Scope};

/// The rows of a table that a scope is about.
pub(super) struct Selection<'a> {
    table: &'a Table,
    from: i64,
    to: i64,
    kinds: Vec<KindFact>,
    /// For each address code whether it is the scope's destination; `None` where any is.
    destination: Option<Destined>,
    /// Code of the scope's source.
    source: Option<u32>,
    /// Code of the scope's user.
    user: Option<u32>,
    filter: &'a Filter,
}

struct Destined {
    addresses: Vec<bool>,
    hosts: Vec<bool>,
}

/// What matters of a kind while counting.
#[derive(Clone, Copy, Default)]
pub(super) struct KindFact {
    /// Whether the scope asks for it.
    pub(super) wanted: bool,
    /// Whether the reporting host is the destination.
    pub(super) host_is_destination: bool,
}

impl<'a> Selection<'a> {
    /// `None` where the scope names a source, user or destination that the table has never seen.
    pub(super) fn new(table: &'a Table, scope: &'a Scope) -> Option<Self> {
        let kinds = Kind::ALL
            .iter()
            .map(|kind| KindFact { wanted: scope.families.contains(kind.family()), host_is_destination: kind.vantage() == Vantage::Destination })
            .collect();
        let code = |place: Option<usize>| place.and_then(|place| u32::try_from(place).ok());
        let source = match scope.source {
            None => None,
            Some(source) => Some(code(table.addresses.iter().position(|address| *address == source))?),
        };
        let user = match &scope.user {
            None => None,
            Some(user) => Some(code(table.texts.iter().position(|text| text == user))?),
        };
        let destination = scope.destination.as_ref().map(|destination| Destined {
            addresses: table.addresses.iter().map(|address| destination.addresses.contains(address)).collect(),
            hosts: table.texts.iter().map(|text| destination.hosts.contains(text)).collect(),
        });
        Some(Self {
            table,
            from: scope.range.from.as_microsecond(),
            to: scope.range.to.as_microsecond(),
            kinds,
            destination,
            source,
            user,
            filter: &scope.filter,
        })
    }

    /// What matters of the kind in a row.
    #[inline]
    pub(super) fn kind(&self, kind: u8) -> KindFact {
        self.kinds.get(usize::from(kind)).copied().unwrap_or_default()
    }

    /// Calls `each` with every row of the selection: its chunk's columns, its place in the chunk and the
    /// number of the chunk.
    pub(super) fn for_each(&self, mut each: impl FnMut(&View<'a>, usize, usize)) -> Result<(), BackendError> {
        for (number, chunk) in self.table.chunks.iter().enumerate() {
            let view = chunk.view()?;
            for row in 0..chunk.len() {
                if self.holds(&view, row) {
                    each(&view, row, number);
                }
            }
        }
        Ok(())
    }

    fn holds(&self, view: &View<'_>, row: usize) -> bool {
        let time = view.time.at(row);
        if time < self.from || time >= self.to {
            return false;
        }
        let kind = self.kind(view.kind.at(row));
        if !kind.wanted {
            return false;
        }
        if self.source.is_some_and(|source| source != view.source.at(row)) || self.user.is_some_and(|user| user != view.user.at(row)) {
            return false;
        }
        if let Some(destined) = &self.destination {
            let by_address = destined.addresses.get(view.destination.at(row) as usize).copied().unwrap_or(false);
            let by_host = || kind.host_is_destination && destined.hosts.get(view.host.at(row) as usize).copied().unwrap_or(false);
            if !by_address && !by_host() {
                return false;
            }
        }
        self.passes(view, row)
    }

    fn passes(&self, view: &View<'_>, row: usize) -> bool {
        matches!(self.filter, Filter::Everything) || self.filter.accepts(&self.event(view, row))
    }

    fn event(&self, view: &View<'_>, row: usize) -> Event {
        self.table.event(view, row)
    }
}
