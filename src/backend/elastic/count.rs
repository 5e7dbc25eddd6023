//! Arrivals and the `counts` contract, put together from rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Elastic;
use super::aggregate::{Places, Wanted};
use super::row::Row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::destination::join;
use crate::domain::{Address, Arrival, Arrivals, BucketSize, By, Destination, Endpoint, Foreign, Range, Timestamp};
use crate::query::{Count, Counts, DestinationCounts, Scope};

impl Elastic {
    /// Who reached what in which bucket.
    pub(super) async fn arrivals(&self, scope: &Scope, bucket: BucketSize) -> Result<Arrivals, BackendError> {
        let mut gaps = Gaps::default();
        let wanted = Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() };
        let rows = self.rows(scope, wanted, &mut gaps).await?;
        let (mut endpoints, mut sources) = (Places::new(), Places::new());
        let mut counted: BTreeMap<(i64, u32, u32), u64> = BTreeMap::new();
        for row in &rows {
            let source = row.source.map_or(NO_SOURCE, |source| sources.of(&source));
            *counted.entry((row.bucket, endpoints.of(&row.endpoint), source)).or_default() += row.events;
        }
        let arrivals = counted.into_iter().map(|((bucket, endpoint, source), events)| Arrival {
            bucket,
            endpoint,
            source,
            events: u32::try_from(events).unwrap_or(u32::MAX),
        });
        Ok(Arrivals {
            bucket,
            range: spanned(scope.range, &rows),
            rows: arrivals.collect(),
            endpoints: endpoints.into_values(),
            sources: sources.into_values(),
            completeness: gaps.completeness(rows.iter().map(|row| row.events).sum()),
        })
    }

    /// The `counts` contract.
    pub(super) async fn counts(&self, scope: &Scope, bucket: BucketSize, by: By) -> Result<Counts, BackendError> {
        let mut gaps = Gaps::default();
        let arrivals = self.rows(scope, Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() }, &mut gaps).await?;
        let users = self.rows(scope, Wanted { endpoint: true, user: true, ..Wanted::default() }, &mut gaps).await?;
        let events = arrivals.iter().map(|row| row.events).sum();
        Ok(counted(&arrivals, &users, bucket, by, gaps.completeness(events)))
    }
}

/// What was asked for, cut to what there is where the question was open.
fn spanned(range: Range, rows: &[Row]) -> Range {
    let first = rows.iter().map(|row| row.first).min();
    let last = rows.iter().map(|row| row.last).max().and_then(|last| last.checked_add(jiff::SignedDuration::from_micros(1)).ok());
    let from = if range.from == Timestamp::MIN { first.unwrap_or(Timestamp::UNIX_EPOCH) } else { range.from };
    let to = if range.to == Timestamp::MAX { last.unwrap_or(from) } else { range.to };
    Range { from, to: to.max(from) }
}

#[derive(Default)]
struct Tallied {
    events: u64,
    times: Option<(Timestamp, Timestamp)>,
    users: BTreeMap<Foreign, u64>,
    sources: BTreeMap<Address, u64>,
    buckets: BTreeMap<i64, (u64, BTreeSet<Address>)>,
}

fn counted(arrivals: &[Row], users: &[Row], bucket: BucketSize, by: By, completeness: crate::domain::Completeness) -> Counts {
    let destinations = Destinations::of(arrivals.iter().chain(users), by);
    let mut tallied: BTreeMap<usize, Tallied> = BTreeMap::new();
    let (mut without_destination, mut without_source) = (0, 0);
    for row in arrivals {
        if row.source.is_none() {
            without_source += row.events;
        }
        let Some(place) = destinations.place(&row.endpoint) else {
            without_destination += row.events;
            continue;
        };
        let entry = tallied.entry(place).or_default();
        entry.events += row.events;
        let (first, last) = entry.times.unwrap_or((row.first, row.last));
        entry.times = Some((first.min(row.first), last.max(row.last)));
        let bucket = entry.buckets.entry(row.bucket).or_default();
        bucket.0 += row.events;
        if let Some(source) = row.source {
            *entry.sources.entry(source).or_default() += row.events;
            bucket.1.insert(source);
        }
    }
    for row in users {
        if let (Some(user), Some(place)) = (&row.user, destinations.place(&row.endpoint)) {
            *tallied.entry(place).or_default().users.entry(user.clone()).or_default() += row.events;
        }
    }
    let mut list: Vec<DestinationCounts> = tallied
        .into_iter()
        .filter_map(|(place, entry)| {
            let (first, last) = entry.times?;
            let buckets =
                entry.buckets.into_iter().map(|(number, (events, sources))| Count { start: bucket.at(number), events, sources: sources.len() as u64 });
            Some(DestinationCounts {
                destination: destinations.list.get(place)?.clone(),
                events: entry.events,
                first,
                last,
                users: entry.users,
                sources: entry.sources,
                buckets: buckets.collect(),
            })
        })
        .collect();
    list.sort_by_cached_key(|counts| (std::cmp::Reverse(counts.sources.len()), std::cmp::Reverse(counts.events), counts.destination.label()));
    Counts { bucket, by, destinations: list, without_destination, without_source, completeness }
}

/// Which destination an endpoint is.
pub(super) struct Destinations {
    /// The destinations.
    pub(super) list: Vec<Destination>,
    by: By,
    places: std::collections::HashMap<Endpoint, usize>,
}

impl Destinations {
    /// Sorts out the endpoints of the rows.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row>, by: By) -> Self {
        let mut endpoints = Places::new();
        for row in rows {
            let endpoint = match by {
                By::DestinationIp => Endpoint { address: row.endpoint.address, host: None },
                By::HostName => Endpoint { address: None, host: row.endpoint.host.clone() },
                By::Destination => row.endpoint.clone(),
            };
            if endpoint != Endpoint::default() {
                endpoints.of(&endpoint);
            }
        }
        let endpoints = endpoints.into_values();
        let (list, of) = match by {
            By::Destination => join(&endpoints),
            By::DestinationIp | By::HostName => {
                let alone = |endpoint: &Endpoint| match (endpoint.address, &endpoint.host) {
                    (Some(address), _) => Destination::from(address),
                    (None, host) => host.clone().map(Destination::from).unwrap_or_default(),
                };
                (endpoints.iter().map(alone).collect(), (0..endpoints.len()).collect())
            }
        };
        Self { list, by, places: endpoints.into_iter().zip(of).collect() }
    }

    /// The place of an endpoint's destination; `None` where it names none of this sort.
    pub(super) fn place(&self, endpoint: &Endpoint) -> Option<usize> {
        let key = match self.by {
            By::DestinationIp => Endpoint { address: endpoint.address, host: None },
            By::HostName => Endpoint { address: None, host: endpoint.host.clone() },
            By::Destination => endpoint.clone(),
        };
        self.places.get(&key).copied()
    }
}
