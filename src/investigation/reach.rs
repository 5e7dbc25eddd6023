//! How many destinations were reached in each bucket: the timeline of a source, a user or a program.

use std::collections::BTreeSet;

use crate::domain::{Arrivals, BucketSize, Range, destination};

/// Distinct destinations in each bucket of `range`, the first bucket first.
pub fn reach(arrivals: &Arrivals, size: BucketSize, range: Range) -> Vec<u32> {
    let first = size.index(range.from.as_second());
    let last = size.index(range.to.as_second().saturating_sub(1));
    let buckets = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
    let (_, of) = destination::join(&arrivals.endpoints);
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for row in &arrivals.rows {
        let start = arrivals.bucket.at(row.bucket);
        let place = usize::try_from(size.index(start.as_second()).saturating_sub(first)).ok();
        if let (Some(place), Some(destination), true) = (place, of.get(row.endpoint as usize), range.contains(start)) {
            pairs.insert((place, *destination));
        }
    }
    let mut counts = vec![0_u32; buckets];
    for (place, _) in pairs {
        if let Some(count) = counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Arrival, Completeness, Endpoint};

    #[test]
    fn one_server_counts_once_per_bucket_under_all_its_names() {
        let size = BucketSize::Quarter;
        let endpoint = |address, host: Option<&str>| Endpoint { address: Address::clean(address), host: host.map(Into::into) };
        let row = |bucket, endpoint| Arrival { bucket, endpoint, source: 0, events: 5 };
        let arrivals = Arrivals {
            bucket: size,
            range: Range { from: size.at(0), to: size.at(8) },
            endpoints: vec![endpoint("10.9.0.5", None), endpoint("10.9.0.5", Some("FS01")), endpoint("10.9.0.6", None)],
            sources: Address::clean("192.0.2.7").into_iter().collect(),
            rows: vec![row(0, 2), row(4, 0), row(4, 1), row(4, 2), row(6, 2)],
            completeness: Completeness::whole(5),
        };
        let range = Range { from: size.at(4), to: size.at(8) };
        assert_eq!(reach(&arrivals, size, range), [2, 0, 1, 0]);
        assert_eq!(reach(&arrivals, BucketSize::Hour, range), [2]);
    }
}
