//! The values of a field with their measures, from the columns.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Table;
use super::arrivals::Endpoints;
use super::columns::View;
use super::dictionary::NONE;
use super::select::Selection;
use crate::backend::BackendError;
use crate::domain::{Destination, Foreign, Kind, destination, time};
use crate::query::{Scope, Tally, TallyBy, TallyRow};

/// Measures by code of the value.
type Values = HashMap<u32, Measures, foldhash::fast::RandomState>;

/// Measures of one value while counting.
#[derive(Default)]
struct Measures {
    events: u64,
    first: i64,
    last: i64,
    families: [u64; 6],
    sources: BTreeSet<u32>,
    users: BTreeSet<u32>,
    reasons: BTreeMap<u32, u64>,
}

impl Measures {
    fn absorb(&mut self, other: Self) {
        self.events += other.events;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        for (count, more) in self.families.iter_mut().zip(other.families) {
            *count += more;
        }
        self.sources.extend(other.sources);
        self.users.extend(other.users);
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }
}

/// Measures by endpoint as measures by destination.
fn joined(values: Values, of: &[usize]) -> Values {
    let mut joined: Values = HashMap::default();
    for (endpoint, measures) in values {
        let place = of.get(endpoint as usize).and_then(|place| u32::try_from(*place).ok()).unwrap_or(NONE);
        match joined.entry(place) {
            Entry::Occupied(mut known) => known.get_mut().absorb(measures),
            Entry::Vacant(new) => {
                new.insert(measures);
            }
        }
    }
    joined
}

impl Table {
    /// Tallies the scope's events by a field.
    pub(super) fn tally(&self, scope: &Scope, by: TallyBy) -> Result<Tally, BackendError> {
        let mut values: Values = HashMap::default();
        let mut endpoints = Endpoints::default();
        let (mut without, mut events) = (0, 0);
        if let Some(selection) = Selection::new(self, scope) {
            selection.for_each(|view, row, _| {
                events += 1;
                let value = match by {
                    TallyBy::Destination => endpoints.place(selection.kind(view.kind.at(row)), view, row),
                    _ => field(by, view, row),
                };
                if value == NONE {
                    without += 1;
                    return;
                }
                let time = view.time.at(row);
                let measures = values.entry(value).or_insert_with(|| Measures { first: time, last: time, ..Measures::default() });
                measures.events += 1;
                measures.first = measures.first.min(time);
                measures.last = measures.last.max(time);
                if let Some(count) = Kind::ALL.get(usize::from(view.kind.at(row))).and_then(|kind| measures.families.get_mut(kind.family() as usize)) {
                    *count += 1;
                }
                for (set, code) in [(&mut measures.sources, view.source.at(row)), (&mut measures.users, view.user.at(row))] {
                    if code != NONE {
                        set.insert(code);
                    }
                }
                let reason = view.reason.at(row);
                if reason != NONE {
                    *measures.reasons.entry(reason).or_default() += 1;
                }
            })?;
        }
        let (destinations, of) = destination::join(&endpoints.into_endpoints(self));
        if by == TallyBy::Destination {
            values = joined(values, &of);
        }
        let reach = self.reach(scope, by, &values)?;
        let name = |value: u32| match by {
            TallyBy::Source => self.address(value).map(|address| Foreign::from(address.to_string())),
            TallyBy::User | TallyBy::Process => self.text(value),
            TallyBy::Destination => destinations.get(value as usize).map(Destination::label),
        };
        let mut rows: Vec<TallyRow> = values
            .into_iter()
            .filter_map(|(value, measures)| {
                Some(TallyRow {
                    value: name(value)?,
                    events: measures.events,
                    first: time::from_micros(measures.first),
                    last: time::from_micros(measures.last),
                    families: measures.families,
                    sources: measures.sources.into_iter().filter_map(|code| self.address(code)).collect(),
                    users: measures.users.into_iter().filter_map(|code| self.text(code)).collect(),
                    destinations: reach.get(&value).copied().unwrap_or(1),
                    reasons: measures.reasons.into_iter().filter_map(|(code, count)| Some((self.text(code)?, count))).collect(),
                })
            })
            .collect();
        rows.sort_by(|one, two| two.events.cmp(&one.events).then_with(|| one.value.cmp(&two.value)));
        Ok(Tally { rows, without, completeness: self.completeness(events) })
    }

    /// For each value how many destinations it reached in the range, whichever destination the scope names.
    fn reach(&self, scope: &Scope, by: TallyBy, values: &Values) -> Result<HashMap<u32, u64>, BackendError> {
        if by == TallyBy::Destination {
            return Ok(HashMap::new());
        }
        let wide = Scope { destination: None, ..scope.clone() };
        let mut endpoints = Endpoints::default();
        let mut pairs: HashSet<(u32, u32), foldhash::fast::RandomState> = HashSet::default();
        if let Some(selection) = Selection::new(self, &wide) {
            selection.for_each(|view, row, _| {
                let value = field(by, view, row);
                if values.contains_key(&value) {
                    pairs.insert((value, endpoints.place(selection.kind(view.kind.at(row)), view, row)));
                }
            })?;
        }
        let (_, of) = destination::join(&endpoints.into_endpoints(self));
        let joined: BTreeSet<(u32, usize)> = pairs.into_iter().filter_map(|(value, endpoint)| Some((value, *of.get(endpoint as usize)?))).collect();
        let mut reach = HashMap::new();
        for (value, _) in joined {
            *reach.entry(value).or_default() += 1;
        }
        Ok(reach)
    }
}

fn field(by: TallyBy, view: &View<'_>, row: usize) -> u32 {
    match by {
        TallyBy::Source => view.source.at(row),
        TallyBy::User => view.user.at(row),
        TallyBy::Process => view.process.at(row),
        TallyBy::Destination => NONE,
    }
}
