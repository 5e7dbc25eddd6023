//! From arrivals to the `counts` contract: one piece of arithmetic for every backend.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, Counts, DestinationCounts};
use crate::domain::{Arrivals, By, Foreign, Timestamp};

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
pub fn assemble(arrivals: &Arrivals, measures: &[EndpointMeasures], by: By) -> Counts {
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
    for (measure, place) in measures.iter().zip(&of) {
        if let Some(destination) = place.and_then(|place| counted.get_mut(place)) {
            destination.first = destination.first.min(measure.first);
            destination.last = destination.last.max(measure.last);
            for (user, events) in &measure.users {
                *destination.users.entry(user.clone()).or_default() += events;
            }
        }
    }
    let (mut without_destination, mut without_source) = (0, 0);
    let place_of = |endpoint: u32| of.get(endpoint as usize).copied().flatten();
    for rows in arrivals.rows.chunk_by(|one, two| one.bucket == two.bucket) {
        let mut buckets: BTreeMap<usize, (u64, BTreeSet<u32>)> = BTreeMap::new();
        for row in rows {
            let events = u64::from(row.events);
            let source = arrivals.sources.get(row.source as usize);
            if source.is_none() {
                without_source += events;
            }
            let Some(place) = place_of(row.endpoint) else {
                without_destination += events;
                continue;
            };
            let bucket = buckets.entry(place).or_default();
            bucket.0 += events;
            if let (Some(source), Some(destination)) = (source, counted.get_mut(place)) {
                bucket.1.insert(row.source);
                *destination.sources.entry(*source).or_default() += events;
            }
        }
        let Some(bucket) = rows.first().map(|row| row.bucket) else { continue };
        for (place, (events, sources)) in buckets {
            if let Some(destination) = counted.get_mut(place) {
                destination.events += events;
                destination.buckets.push(Count { start: arrivals.bucket.at(bucket), events, sources: sources.len() as u64 });
            }
        }
    }
    counted.retain(|destination| destination.events > 0);
    counted.sort_by_cached_key(|destination| {
        (std::cmp::Reverse(destination.sources.len()), std::cmp::Reverse(destination.events), destination.destination.label())
    });
    Counts { bucket: arrivals.bucket, by, destinations: counted, without_destination, without_source, completeness: arrivals.completeness.clone() }
}
