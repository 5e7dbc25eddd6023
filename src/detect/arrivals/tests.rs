//! What the arrivals detector says of a small made-up estate: ten servers at two sites, nine days, a spray, a creep, a chain, a scanner
//! and three silent hours. `fixtures/detect/statistic.csv` holds what the reference of the method says of the same arrivals.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::detect::{Plan, Present};
use crate::domain::{Address, Arrival, Arrivals, BucketSize, By, Completeness, Endpoint, Range};

/// Monday 2025-01-06T00:00:00Z in quarters.
const MONDAY: i64 = 1_736_121_600 / 900;
const END: i64 = 9 * 96;

fn rows(text: &str) -> Vec<(i64, &str, &str)> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let mut cells = line.split(',');
        rows.push((cells.next().and_then(|cell| cell.parse().ok()).expect("a bucket"), cells.next().expect("a name"), cells.next().expect("a value")));
    }
    rows
}

fn estate_rows() -> Vec<(i64, &'static str, &'static str)> {
    rows(include_str!("../../../fixtures/detect/estate.csv"))
}

fn arrivals(rows: &[(i64, &str, &str)]) -> Arrivals {
    let place = |names: &mut Vec<Address>, text: &str| {
        let address = Address::clean(text).expect("an address");
        let found = names.iter().position(|known| *known == address);
        found.unwrap_or_else(|| {
            names.push(address);
            names.len() - 1
        }) as u32
    };
    let (mut destinations, mut sources) = (Vec::new(), Vec::new());
    let rows = rows.iter().map(|(bucket, destination, source)| Arrival {
        bucket: MONDAY + bucket,
        endpoint: place(&mut destinations, destination),
        source: place(&mut sources, source),
        events: 1,
    });
    let rows = rows.collect();
    Arrivals {
        bucket: BucketSize::Quarter,
        range: Range { from: BucketSize::Quarter.at(MONDAY), to: BucketSize::Quarter.at(MONDAY + END) },
        endpoints: destinations.into_iter().map(|address| Endpoint { address: Some(address), host: None }).collect(),
        sources,
        rows,
        completeness: Completeness::whole(0),
    }
}

fn buckets(rows: &[(i64, &str, &str)]) -> (Roster, BTreeMap<i64, Present>) {
    let arrivals = arrivals(rows);
    let mut roster = Roster::new(By::DestinationIp);
    let places = roster.admit(&arrivals);
    let mut buckets = BTreeMap::new();
    places.each_bucket(&arrivals, BucketSize::Quarter, |number, present, _| {
        buckets.insert(number, present);
    });
    (roster, buckets)
}

/// The statistic by (bucket, destination), where `each` may disturb the estate and the bucket before it is taken in.
fn statistic(rows: &[(i64, &str, &str)], is_reference: bool, mut each: impl FnMut(i64, Estate, &mut Present) -> Estate) -> BTreeMap<(i64, String), f64> {
    let (roster, buckets) = buckets(rows);
    let mut estate = Estate { is_reference, ..Estate::with(Calendar::new(&[])) };
    let mut nats = BTreeMap::new();
    for number in MONDAY..MONDAY + END {
        let mut present = buckets.get(&number).cloned().unwrap_or_default();
        estate = each(number - MONDAY, estate, &mut present);
        for found in estate.step(number, &present, &roster, None) {
            let place = estate.of.iter().position(|server| *server == Some(found.server as u32)).expect("a place");
            if found.nats > 0.0 {
                nats.insert((number - MONDAY, roster.destinations()[place].label().raw().to_owned()), found.nats);
            }
        }
    }
    nats
}

fn undisturbed(rows: &[(i64, &str, &str)]) -> BTreeMap<(i64, String), f64> {
    statistic(rows, false, |_, estate, _| estate)
}

#[test]
fn the_statistic_is_that_of_the_reference() {
    let expected: BTreeMap<(i64, String), f64> = rows(include_str!("../../../fixtures/detect/statistic.csv"))
        .into_iter()
        .map(|(bucket, destination, nats)| ((bucket, destination.to_owned()), nats.parse().expect("a number")))
        .collect();
    let found = statistic(&estate_rows(), true, |_, estate, _| estate);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (place, nats) in &expected {
        assert!((found[place] - nats).abs() < 1e-6 * nats.max(1e-3), "{place:?}: {} is not {nats}", found[place]);
    }
}

#[test]
fn the_spray_is_found_and_the_scanner_is_not() {
    let found = undisturbed(&estate_rows());
    let anomalous: Vec<_> = found.iter().filter(|(_, nats)| **nats >= score::ANOMALOUS).map(|((bucket, name), _)| (*bucket, name.as_str())).collect();
    assert!(anomalous.contains(&(7 * 96 + 40, "10.1.7.4")), "{anomalous:?}");
    assert!(anomalous.iter().all(|(bucket, _)| ![2, 5, 8].map(|day| day * 96 + 80).iter().any(|scan| (*scan..scan + 4).contains(bucket))), "{anomalous:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_at_any_bucket_changes_nothing(cut in 1..END) {
        let rows = estate_rows();
        let restarted = statistic(&rows, false, |number, estate, _| {
            if number == cut { rmp_serde::from_slice(&rmp_serde::to_vec(&estate).expect("it can be kept")).expect("it can be read") } else { estate }
        });
        prop_assert_eq!(restarted, undisturbed(&rows));
    }

    #[test]
    fn order_within_a_bucket_and_duplicates_change_nothing(seed in 1usize..1000) {
        let rows = estate_rows();
        let disturbed = statistic(&rows, false, |_, estate, present| {
            for (_, sources) in present.iter_mut() {
                let turn = seed % sources.len();
                sources.rotate_left(turn);
                sources.push(sources[0]);
            }
            estate
        });
        prop_assert_eq!(disturbed, undisturbed(&rows));
    }
}

/// Every verdict of the detector, as it stands in the CSV and in the explanations, where `each` may exchange the detector before a
/// bucket.
fn verdicts(mut each: impl FnMut(i64, ByArrivals) -> ByArrivals) -> Vec<crate::domain::Verdict> {
    use crate::detect::{Bucket, Detector};
    let (roster, buckets) = buckets(&estate_rows());
    let plan = Plan { by: By::DestinationIp, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let mut detector = ByArrivals::new(&plan);
    let mut verdicts = Vec::new();
    for number in MONDAY..MONDAY + END {
        let arrivals = buckets.get(&number).cloned().unwrap_or_default();
        detector = each(number - MONDAY, detector);
        let start = BucketSize::Quarter.at(number);
        let quarters = [(number, arrivals.clone())];
        let bucket =
            Bucket { start, size: BucketSize::Quarter, arrivals: &arrivals, quarters: &quarters, roster: &roster, destinations: roster.destinations().len() };
        verdicts.extend(detector.bucket(&bucket));
    }
    verdicts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn a_detector_that_is_kept_and_resumed_says_the_same_words(cut in 1..END) {
        use crate::detect::Detector;
        let plan = Plan { by: By::DestinationIp, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
        let resumed = verdicts(|number, detector| {
            if number == cut { ByArrivals::resume(&plan, &detector.save().expect("it can be kept")).expect("it can be read") } else { detector }
        });
        prop_assert_eq!(resumed, verdicts(|_, detector| detector));
    }

    #[test]
    fn rows_in_any_order_and_twice_are_judged_alike(turn in 1_usize..5000) {
        let plan = Plan { by: By::DestinationIp, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
        let judged = |arrivals: &Arrivals| crate::detect::run(arrivals, &plan, &mut ByArrivals::new(&plan)).verdicts;
        let whole = arrivals(&estate_rows());
        let mut other = whole.clone();
        let turn = turn % other.rows.len();
        other.rows.rotate_left(turn);
        other.rows.extend_from_within(..turn.min(300));
        prop_assert_eq!(judged(&other), judged(&whole));
    }
}

#[test]
fn a_quiet_server_elsewhere_moves_nobody_much() {
    let rows = estate_rows();
    let mut more = rows.clone();
    more.extend((0..9).flat_map(|day| [(day * 96 + 40, "10.9.0.5", "10.9.20.7"), (day * 96 + 60, "10.9.0.5", "10.9.20.8")]));
    more.sort_unstable();
    let (before, after) = (undisturbed(&rows), undisturbed(&more));
    for (place, nats) in &before {
        let moved = (after.get(place).copied().unwrap_or(0.0) - nats).abs();
        assert!(moved <= 0.5 + 0.05 * nats, "{place:?} moved by {moved} from {nats}");
    }
}

#[test]
fn three_days_come_before_any_score_and_a_kept_detector_goes_on() {
    use crate::detect::{Detector, run};
    let plan = Plan { by: By::DestinationIp, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let all = estate_rows();
    let mut detector = ByArrivals::new(&plan);
    let detection = run(&arrivals(&all), &plan, &mut detector);
    let scored = detection.verdicts.iter().flatten().filter(|(_, verdict)| verdict.score.is_some()).map(|(number, _)| number - MONDAY).min();
    assert!(scored.is_some_and(|first| first >= 3 * 96), "{scored:?}");
    let kept = detector.save().expect("it can be kept");
    assert!(ByArrivals::resume(&plan, &kept).is_some());
    assert!(ByArrivals::resume(&Plan { size: BucketSize::Hour, ..plan }, &kept).is_none(), "kept for another size of buckets");
}

#[test]
fn wide_buckets_have_the_word_of_their_worst_quarter() {
    use crate::detect::run;
    // The first event lies in the last quarter of its six hours: the empty ones before it are taken in, too.
    let rows: Vec<_> = estate_rows().into_iter().filter(|(bucket, ..)| *bucket >= 23).collect();
    let best = |size: BucketSize| {
        let plan = Plan { by: By::DestinationIp, size, zones: Vec::new(), shown: Range::ALL, bands: false };
        let detection = run(&arrivals(&rows), &plan, &mut ByArrivals::new(&plan));
        let first = size.index(BucketSize::Quarter.at(MONDAY + 7 * 96 + 40).as_second());
        let place = detection.destinations.iter().position(|destination| destination.label().raw() == "10.1.7.4").expect("the sprayed server");
        detection.verdicts[place].get(&first).and_then(|verdict| verdict.score)
    };
    for size in BucketSize::ALL {
        assert!(best(size).is_some_and(|score| score >= 70.0), "{size}: {:?}", best(size));
    }
}
