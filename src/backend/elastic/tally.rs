//! The values of a field with their measures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Elastic;
use super::aggregate::{Places, Wanted};
use super::row::Row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::{Address, Destination, Endpoint, Foreign, Timestamp, destination};
use crate::query::{Scope, Tally, TallyBy, TallyRow};

impl Elastic {
    /// The values of a field within a scope.
    pub(super) async fn tally(&self, scope: &Scope, by: TallyBy) -> Result<Tally, BackendError> {
        let mut gaps = Gaps::default();
        let wanted = Wanted { bucket: None, endpoint: true, source: true, user: true, process: by == TallyBy::Process, reason: true };
        let mut rows = Vec::new();
        self.rows(scope, wanted, &mut gaps, &mut |row| rows.push(row)).await?;
        // How far a source or a user got elsewhere is no matter of the destination looked at.
        let everywhere = match (&scope.destination, by) {
            (None, _) | (Some(_), TallyBy::Destination) => None,
            (Some(_), TallyBy::Source | TallyBy::User | TallyBy::Process) => {
                let mut wider = scope.clone();
                wider.destination = None;
                let wanted =
                    Wanted { endpoint: true, source: by == TallyBy::Source, user: by == TallyBy::User, process: by == TallyBy::Process, ..Wanted::default() };
                let mut rows = Vec::new();
                self.rows(&wider, wanted, &mut gaps, &mut |row| rows.push(row)).await?;
                Some(rows)
            }
        };
        let completeness = gaps.completeness(rows.iter().map(|row| row.events).sum());
        let (rows, without) = tallied(&rows, everywhere.as_deref().unwrap_or(&rows), by);
        Ok(Tally { rows, without, completeness })
    }
}

/// Which destination an endpoint is.
struct Destinations {
    list: Vec<Destination>,
    places: HashMap<Endpoint, usize>,
}

impl Destinations {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut endpoints = Places::new();
        for row in rows.filter(|row| row.endpoint != Endpoint::default()) {
            endpoints.of(&row.endpoint);
        }
        let endpoints = endpoints.into_values();
        let (list, of) = destination::join(&endpoints);
        Self { list, places: endpoints.into_iter().zip(of).collect() }
    }

    /// `None` where an endpoint names no destination.
    fn place(&self, endpoint: &Endpoint) -> Option<usize> {
        self.places.get(endpoint).copied()
    }
}

#[derive(Default)]
struct Entry {
    events: u64,
    times: Option<(Timestamp, Timestamp)>,
    families: [u64; 6],
    sources: BTreeSet<Address>,
    users: BTreeSet<Foreign>,
    reasons: BTreeMap<Foreign, u64>,
}

fn tallied(rows: &[Row], everywhere: &[Row], by: TallyBy) -> (Vec<TallyRow>, u64) {
    let destinations = Destinations::of(rows.iter().chain(everywhere));
    let value = |row: &Row| match by {
        TallyBy::Source => row.source.map(|source| Foreign::from(source.to_string())),
        TallyBy::User => row.user.clone(),
        TallyBy::Process => row.process.clone(),
        TallyBy::Destination => destinations.place(&row.endpoint).and_then(|place| destinations.list.get(place)).map(Destination::label),
    };
    let mut entries: BTreeMap<Foreign, Entry> = BTreeMap::new();
    let mut without = 0;
    for row in rows {
        let Some(value) = value(row) else {
            without += row.events;
            continue;
        };
        let entry = entries.entry(value).or_default();
        entry.events += row.events;
        let (first, last) = entry.times.unwrap_or((row.first, row.last));
        entry.times = Some((first.min(row.first), last.max(row.last)));
        if let Some(family) = entry.families.get_mut(row.family as usize) {
            *family += row.events;
        }
        entry.sources.extend(row.source);
        entry.users.extend(row.user.clone());
        if let Some(reason) = &row.reason {
            *entry.reasons.entry(reason.clone()).or_default() += row.events;
        }
    }
    let mut reached: BTreeMap<Foreign, BTreeSet<usize>> = BTreeMap::new();
    for row in everywhere {
        if let (Some(value), Some(place)) = (value(row), destinations.place(&row.endpoint)) {
            reached.entry(value).or_default().insert(place);
        }
    }
    let mut list: Vec<TallyRow> = entries
        .into_iter()
        .filter_map(|(value, entry)| {
            let (first, last) = entry.times?;
            Some(TallyRow {
                destinations: reached.get(&value).map_or(0, |places| places.len() as u64),
                events: entry.events,
                first,
                last,
                families: entry.families,
                sources: entry.sources.into_iter().collect(),
                users: entry.users.into_iter().collect(),
                reasons: entry.reasons,
                value,
            })
        })
        .collect();
    list.sort_by(|one, two| two.events.cmp(&one.events).then_with(|| one.value.cmp(&two.value)));
    (list, without)
}
