//! What a bucket costs the plain detector, in a small and a large estate with four weeks behind it.

use divan::Bencher;
use rdptriage::detect::plain::Plain;
use rdptriage::detect::{Bucket, Detector, Plan, Roster};
use rdptriage::domain::{BucketSize, By, Range};

/// Monday 2025-01-06T00:00:00Z in quarters.
const MONDAY: i64 = 1_736_121_600 / 900;
const FOUR_WEEKS: i64 = 28 * 96;

fn main() {
    divan::main();
}

/// Every third destination has sources in a bucket, up to nine of a hundred each.
fn arrivals(bucket: i64, destinations: usize) -> Vec<(usize, Vec<u32>)> {
    let seed = bucket.unsigned_abs() as usize;
    (0..destinations)
        .filter(|destination| (destination * 7 + seed).is_multiple_of(3))
        .map(|destination| {
            (destination, (0..1 + (destination * 31 + seed * 17) % 9).map(|source| ((destination * 13 + source * 11 + seed) % 100) as u32).collect())
        })
        .collect()
}

fn feed(detector: &mut dyn Detector, bucket: i64, arrivals: &[(usize, Vec<u32>)], destinations: usize) -> usize {
    detector.bucket(&Bucket { start: BucketSize::Quarter.at(MONDAY + bucket), size: BucketSize::Quarter, arrivals, destinations }).len()
}

#[divan::bench(args = [300, 3_000])]
fn one_bucket(bencher: Bencher, destinations: usize) {
    let plan = Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let mut plain = Plain::new(&plan);
    for bucket in 0..FOUR_WEEKS {
        feed(&mut plain, bucket, &arrivals(bucket, destinations), destinations);
    }
    let mut bucket = FOUR_WEEKS;
    bencher.bench_local(|| {
        let judged = feed(&mut plain, bucket, &arrivals(bucket, destinations), destinations);
        bucket += 1;
        judged
    });
}

/// What a live look costs before it judges anything.
#[divan::bench(args = [300, 3_000])]
fn fork(bencher: Bencher, destinations: usize) {
    let plan = Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let mut plain = Plain::new(&plan);
    for bucket in 0..96 {
        feed(&mut plain, bucket, &arrivals(bucket, destinations), destinations);
    }
    bencher.bench_local(|| plain.fork());
}
