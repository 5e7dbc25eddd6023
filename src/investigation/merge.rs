//! Putting a newer answer about some buckets into the arrivals kept so far.

use std::collections::{BTreeMap, HashMap};

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Address, Arrival, Arrivals, Endpoint, Range};

/// `kept` with every bucket inside `newer.range` replaced by what `newer` says about it. The newer answer covers
/// all endpoints, so a bucket is replaced whole: late events raise it, withdrawn ones lower it.
///
/// Both must be counted in buckets of one width and `newer.range` must begin and end on bucket edges.
pub fn merge(kept: &Arrivals, newer: &Arrivals, replaced: Range) -> Arrivals {
    let size = kept.bucket;
    let first = size.index(replaced.from.as_second());
    let end = size.index(replaced.to.as_second().saturating_sub(1)).saturating_add(1);
    let mut endpoints = kept.endpoints.clone();
    let mut sources = kept.sources.clone();
    let mut endpoint_places: HashMap<Endpoint, u32> = numbered(&endpoints);
    let mut source_places: HashMap<Address, u32> = numbered(&sources);
    let endpoint_of: Vec<u32> = newer.endpoints.iter().map(|endpoint| place(&mut endpoints, &mut endpoint_places, endpoint)).collect();
    let source_of: Vec<u32> = newer.sources.iter().map(|source| place(&mut sources, &mut source_places, source)).collect();

    let before = kept.rows.partition_point(|row| row.bucket < first);
    let after = kept.rows.partition_point(|row| row.bucket < end);
    let mut rows = Vec::with_capacity(kept.rows.len().saturating_add(newer.rows.len()));
    rows.extend_from_slice(kept.rows.get(..before).unwrap_or_default());
    rows.extend(newer.rows.iter().filter(|row| (first..end).contains(&row.bucket)).filter_map(|row| {
        let endpoint = *endpoint_of.get(row.endpoint as usize)?;
        let source = if row.source == NO_SOURCE { NO_SOURCE } else { *source_of.get(row.source as usize)? };
        Some(Arrival { bucket: row.bucket, endpoint, source, events: row.events })
    }));
    rows.extend_from_slice(kept.rows.get(after..).unwrap_or_default());
    let range = Range { from: kept.range.from.min(replaced.from), to: kept.range.to.max(replaced.to) };
    let events = rows.iter().map(|row| u64::from(row.events)).sum();
    // What the newer answer lacks is kept by the asker, part by part: summed up here, it would grow with every refresh.
    let mut completeness = kept.completeness.clone();
    completeness.events = events;
    Arrivals { bucket: size, range, endpoints, sources, rows, completeness }
}

/// The same for an answer that is not whole: it may raise a bucket, but what it lacks was not withdrawn.
pub fn raise(kept: &Arrivals, newer: &Arrivals, replaced: Range) -> Arrivals {
    let mut merged = merge(kept, newer, replaced);
    let size = kept.bucket;
    let end = size.index(replaced.to.as_second().saturating_sub(1)).saturating_add(1);
    let within = size.index(replaced.from.as_second())..end;
    // Places of `kept` are those of `merged`.
    let mut most: BTreeMap<(i64, u32, u32), u32> = BTreeMap::new();
    for row in kept.rows.iter().chain(&merged.rows).filter(|row| within.contains(&row.bucket)) {
        let events = most.entry((row.bucket, row.endpoint, row.source)).or_default();
        *events = row.events.max(*events);
    }
    let rows = most.into_iter().map(|((bucket, endpoint, source), events)| Arrival { bucket, endpoint, source, events });
    let place = merged.rows.partition_point(|row| row.bucket < within.start);
    merged.rows.retain(|row| !within.contains(&row.bucket));
    merged.rows.splice(place..place, rows);
    merged.completeness.events = merged.rows.iter().map(|row| u64::from(row.events)).sum();
    merged
}

fn numbered<T: Clone + Eq + std::hash::Hash>(items: &[T]) -> HashMap<T, u32> {
    items.iter().zip(0..).map(|(item, place)| (item.clone(), place)).collect()
}

fn place<T: Clone + Eq + std::hash::Hash>(items: &mut Vec<T>, places: &mut HashMap<T, u32>, item: &T) -> u32 {
    if let Some(place) = places.get(item) {
        return *place;
    }
    let place = u32::try_from(items.len()).unwrap_or(NO_SOURCE);
    items.push(item.clone());
    places.insert(item.clone(), place);
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BucketSize, Completeness, Timestamp};

    fn arrivals(first: i64, end: i64, sources: &[&str], rows: &[(i64, u32, u32, u32)]) -> Arrivals {
        let size = BucketSize::Quarter;
        Arrivals {
            bucket: size,
            range: Range { from: size.at(first), to: size.at(end) },
            endpoints: vec![Endpoint { address: Address::clean("10.0.0.1"), host: None }],
            sources: sources.iter().filter_map(|source| Address::clean(source)).collect(),
            rows: rows.iter().map(|&(bucket, endpoint, source, events)| Arrival { bucket, endpoint, source, events }).collect(),
            completeness: Completeness::whole(0),
        }
    }

    #[test]
    fn a_newer_answer_raises_old_buckets_and_adds_new_ones() {
        let kept = arrivals(0, 4, &["10.1.0.1"], &[(0, 0, 0, 1), (2, 0, 0, 1), (3, 0, 0, 5)]);
        let newer = arrivals(2, 5, &["10.1.0.2", "10.1.0.1"], &[(2, 0, 0, 1), (2, 0, 1, 1), (4, 0, 0, 7)]);
        let merged = merge(&kept, &newer, newer.range);
        let rows: Vec<_> = merged.rows.iter().map(|row| (row.bucket, row.source, row.events)).collect();
        assert_eq!(rows, [(0, 0, 1), (2, 1, 1), (2, 0, 1), (4, 1, 7)]);
        assert_eq!(merged.sources.len(), 2);
        assert_eq!(merged.range, Range { from: Timestamp::UNIX_EPOCH, to: BucketSize::Quarter.at(5) });
        assert_eq!(merged.completeness.events, 10);
    }

    #[test]
    fn what_a_partial_answer_lacks_stays() {
        let kept = arrivals(0, 4, &["10.1.0.1", "10.1.0.2"], &[(1, 0, 0, 1), (2, 0, 0, 4), (2, 0, 1, 1), (3, 0, 0, 5)]);
        let newer = arrivals(2, 4, &["10.1.0.2", "10.1.0.3"], &[(2, 0, 0, 3), (3, 0, 1, 2)]);
        let merged = raise(&kept, &newer, newer.range);
        let rows: Vec<_> = merged.rows.iter().map(|row| (row.bucket, row.source, row.events)).collect();
        assert_eq!(rows, [(1, 0, 1), (2, 0, 4), (2, 1, 3), (3, 0, 5), (3, 2, 2)]);
        assert_eq!(merged.completeness.events, 15);
    }

    #[test]
    fn history_goes_before() {
        let kept = arrivals(10, 12, &["10.1.0.1"], &[(10, 0, 0, 1)]);
        let older = arrivals(0, 10, &["10.1.0.9"], &[(3, 0, 0, 2)]);
        let merged = merge(&kept, &older, older.range);
        assert_eq!(merged.rows.iter().map(|row| (row.bucket, row.source)).collect::<Vec<_>>(), [(3, 1), (10, 0)]);
        assert_eq!(merged.range.from, Timestamp::UNIX_EPOCH);
    }
}
