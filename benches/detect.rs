//! What a bucket costs the detectors, in a small, a large and a very large estate with weeks behind it.

use std::net::IpAddr;

use divan::Bencher;
use rdptriage::detect::{Bucket, DETECTORS, Detector, Plan, Present, Roster};
use rdptriage::domain::{Address, Arrivals, BucketSize, By, Completeness, Endpoint, Range};

/// Monday 2025-01-06T00:00:00Z in quarters.
const MONDAY: i64 = 1_736_121_600 / 900;
/// Enough to be settled: ten days.
const BEFORE: i64 = 10 * 96;

fn main() {
    divan::main();
}

/// Every tenth destination has sources in a bucket, up to nine of a hundred each.
fn present(bucket: i64, destinations: usize) -> Present {
    let seed = bucket.unsigned_abs() as usize;
    (0..destinations)
        .filter(|destination| (destination * 7 + seed).is_multiple_of(10))
        .map(|destination| {
            (destination, (0..1 + (destination * 31 + seed * 17) % 9).map(|source| ((destination * 13 + source * 11 + seed) % 100) as u32).collect())
        })
        .collect()
}

fn roster(destinations: usize) -> Roster {
    let address = |net: u8, number: usize| Address::from(IpAddr::from([10, net + (number >> 16) as u8, (number >> 8) as u8, number as u8]));
    let mut roster = Roster::new(By::DestinationIp);
    roster.admit(&Arrivals {
        bucket: BucketSize::Quarter,
        range: Range::ALL,
        endpoints: (0..destinations).map(|number| Endpoint { address: Some(address(1, number)), host: None }).collect(),
        sources: (0..100).map(|number| address(200, number * 40)).collect(),
        rows: Vec::new(),
        completeness: Completeness::whole(0),
    });
    roster
}

fn feed(detector: &mut dyn Detector, bucket: i64, roster: &Roster) -> usize {
    let destinations = roster.destinations().len();
    let arrivals = present(bucket, destinations);
    let quarters = [(MONDAY + bucket, arrivals.clone())];
    let start = BucketSize::Quarter.at(MONDAY + bucket);
    detector.bucket(&Bucket { start, size: BucketSize::Quarter, arrivals: &arrivals, quarters: &quarters, roster, destinations }).len()
}

/// A detector, by its place in the list, that has seen ten days.
fn settled(which: usize, roster: &Roster) -> Box<dyn Detector> {
    let plan = Plan { by: By::DestinationIp, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let begin = DETECTORS.get(which).expect("a detector of this place").1;
    let mut detector = begin(&plan);
    for bucket in 0..BEFORE {
        feed(detector.as_mut(), bucket, roster);
    }
    detector
}

#[divan::bench(args = [(0, 300), (0, 5_000), (1, 300), (1, 5_000)], sample_count = 20)]
fn one_bucket(bencher: Bencher, (which, destinations): (usize, usize)) {
    let roster = roster(destinations);
    let mut detector = settled(which, &roster);
    let mut bucket = BEFORE;
    bencher.bench_local(|| {
        let judged = feed(detector.as_mut(), bucket, &roster);
        bucket += 1;
        judged
    });
}

/// What a live look costs before it judges anything.
#[divan::bench(args = [(0, 300), (0, 5_000), (1, 300), (1, 5_000)], sample_count = 20)]
fn fork(bencher: Bencher, (which, destinations): (usize, usize)) {
    let roster = roster(destinations);
    let detector = settled(which, &roster);
    bencher.bench_local(|| detector.fork());
}
