//! From arrivals to the `counts` contract: one piece of arithmetic for every backend.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{Count, Counts, DestinationCounts};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Address, Arrival, Arrivals, By, Foreign, Timestamp};

/// What arrivals do not hold about an endpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct EndpointMeasures {
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Events by user.
    pub users: BTreeMap<Foreign, u64>,
}

/// Puts arrivals and measures (one per endpoint, same order) together as counts.
pub fn assemble(arrivals: &Arrivals, measures: Vec<EndpointMeasures>, by: By) -> Counts {
    let (named, of) = arrivals.destinations(by);
    let mut counted: Vec<DestinationCounts> = named
        .into_iter()
        .map(|destination| DestinationCounts {
            destination,
            events: 0,
            first: Timestamp::MAX,
            last: Timestamp::MIN,
            users: BTreeMap::new(),
            sources: BTreeMap::new(),
            buckets: Vec::new(),
        })
        .collect();
    for (measure, place) in measures.into_iter().zip(&of) {
        if let Some(destination) = place.and_then(|place| counted.get_mut(place)) {
            destination.first = destination.first.min(measure.first);
            destination.last = destination.last.max(measure.last);
            if destination.users.is_empty() {
                destination.users = measure.users;
            } else {
                for (user, events) in measure.users {
                    *destination.users.entry(user).or_default() += events;
                }
            }
        }
    }
    let rows = Placed { arrivals, of: &of };
    for (place, sources) in rows.sources() {
        if let Some(destination) = counted.get_mut(place) {
            destination.sources = sources;
        }
    }
    rows.buckets(|place, count| {
        if let Some(destination) = counted.get_mut(place) {
            destination.events += count.events;
            destination.buckets.push(count);
        }
    });
    let (without_destination, without_source) = rows.without();
    counted.retain(|destination| destination.events > 0);
    counted.sort_by_cached_key(|destination| (Reverse(destination.sources.len()), Reverse(destination.events), destination.destination.label()));
    Counts { bucket: arrivals.bucket, by, destinations: counted, without_destination, without_source, completeness: arrivals.completeness.clone() }
}

/// Rows that are put in order at once: 32 MB, however many there are in all.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 2 << 20 };

/// Rows of arrivals with the places of their destinations. Millions of rows are put in order by sorting numbers; a
/// tree that grows row by row would cost several times that.
struct Placed<'a> {
    arrivals: &'a Arrivals,
    of: &'a [Option<usize>],
}

impl Placed<'_> {
    fn place(&self, endpoint: u32) -> Option<usize> {
        self.of.get(endpoint as usize).copied().flatten()
    }

    /// Events that name no destination of this sort, and events without a usable source.
    fn without(&self) -> (u64, u64) {
        let sum = |rows: &mut dyn Iterator<Item = &Arrival>| rows.map(|row| u64::from(row.events)).sum();
        let rows = &self.arrivals.rows;
        (
            sum(&mut rows.iter().filter(|row| self.place(row.endpoint).is_none())),
            sum(&mut rows.iter().filter(|row| self.arrivals.sources.get(row.source as usize).is_none())),
        )
    }

    /// For each place its sources with their events.
    fn sources(&self) -> Vec<(usize, BTreeMap<Address, u64>)> {
        // Sources by rank instead of by address, so that the order of the pairs is that of the maps.
        let mut ranked: Vec<usize> = (0..self.arrivals.sources.len()).collect();
        ranked.sort_unstable_by_key(|source| self.arrivals.sources.get(*source));
        let mut ranks = vec![0; ranked.len()];
        for (rank, source) in ranked.iter().enumerate() {
            if let Some(known) = ranks.get_mut(*source) {
                *known = rank;
            }
        }
        let address = |pair: u64| self.arrivals.sources.get(*ranked.get((pair & u64::from(u32::MAX)) as usize)?).copied();
        let mut found = Vec::new();
        // Place and rank as one number: half the work of comparing two.
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        for places in self.stretches() {
            pairs.clear();
            pairs.extend(self.arrivals.rows.iter().filter_map(|row| {
                let place = self.place(row.endpoint).filter(|place| places.contains(place))?;
                let rank = *ranks.get(row.source as usize)?;
                Some((u64::from(u32::try_from(place).ok()?) << 32 | u64::from(u32::try_from(rank).ok()?), row.events))
            }));
            pairs.sort_unstable_by_key(|(pair, _)| *pair);
            found.extend(pairs.chunk_by(|one, two| one.0 >> 32 == two.0 >> 32).filter_map(|pairs| {
                let sources = pairs.chunk_by(|one, two| one.0 == two.0).filter_map(|run| {
                    let (pair, _) = run.first()?;
                    Some((address(*pair)?, run.iter().map(|(_, events)| u64::from(*events)).sum()))
                });
                Some(((pairs.first()?.0 >> 32) as usize, sources.collect()))
            }));
        }
        found
    }

    /// The places in stretches of about [`AT_ONCE`] rows each.
    fn stretches(&self) -> Vec<Range<usize>> {
        let mut rows: Vec<usize> = Vec::new();
        for place in self.arrivals.rows.iter().filter_map(|row| self.place(row.endpoint)) {
            if rows.len() <= place {
                rows.resize(place + 1, 0);
            }
            if let Some(count) = rows.get_mut(place) {
                *count += 1;
            }
        }
        let mut stretches = Vec::new();
        let (mut start, mut held) = (0, 0);
        for (place, count) in rows.iter().enumerate() {
            held += count;
            if held >= AT_ONCE || place + 1 == rows.len() {
                stretches.push(start..place + 1);
                (start, held) = (place + 1, 0);
            }
        }
        stretches
    }

    /// Calls `each` with every place and bucket that holds events, in order of the buckets.
    fn buckets(&self, mut each: impl FnMut(usize, Count)) {
        let mut cells: Vec<(usize, u32, u32)> = Vec::new();
        for rows in self.arrivals.rows.chunk_by(|one, two| one.bucket == two.bucket) {
            let Some(bucket) = rows.first().map(|row| row.bucket) else { continue };
            cells.clear();
            cells.extend(rows.iter().filter_map(|row| Some((self.place(row.endpoint)?, row.source, row.events))));
            cells.sort_unstable();
            for cells in cells.chunk_by(|one, two| one.0 == two.0) {
                let Some((place, ..)) = cells.first() else { continue };
                let sources = cells.chunk_by(|one, two| one.1 == two.1).filter(|run| run.first().is_some_and(|cell| cell.1 != NO_SOURCE)).count();
                let events = cells.iter().map(|(.., events)| u64::from(*events)).sum();
                each(*place, Count { start: self.arrivals.bucket.at(bucket), events, sources: sources as u64 });
            }
        }
    }
}
