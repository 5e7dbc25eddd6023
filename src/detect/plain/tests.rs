//! What the plain detector says of made-up weeks.

use super::*;
use crate::detect::Roster;
use crate::domain::{By, Range, Timestamp};

const DAY: i64 = 96;
/// Monday 2025-01-06T00:00:00Z in quarters.
const MONDAY: i64 = 1_736_121_600 / 900;

fn plain() -> Plain {
    Plain::new(&Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false })
}

/// Feeds the counts of destination 0 (and a steady neighbour, so that the estate is never silent), with
/// the same first sources each time.
fn feed(plain: &mut Plain, buckets: std::ops::Range<i64>, count: impl Fn(i64) -> u32) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for bucket in buckets {
        let arrivals = vec![(0, (0..count(bucket)).collect()), (1, vec![900])];
        let start = BucketSize::Quarter.at(MONDAY + bucket);
        verdicts.extend(plain.bucket(&Bucket {
            start,
            size: BucketSize::Quarter,
            arrivals: &arrivals,
            quarters: &[],
            roster: &Roster::default(),
            destinations: 2,
        }));
    }
    verdicts.retain(|verdict| verdict.destination == 0);
    verdicts
}

fn at_nine(bucket: i64) -> u32 {
    // Twenty admins between 9 and 10 on working days, one visitor else in the day.
    let (day, slot) = (bucket.div_euclid(DAY), bucket.rem_euclid(DAY));
    match slot {
        36..40 if day % 7 < 5 => 20,
        40..70 => 1,
        _ => 0,
    }
}

#[test]
fn the_score_of_seventy_is_one_in_a_million() {
    assert!((score(6.0) - 70.0).abs() < 1e-9);
    assert_eq!(score(0.0), 0.0);
    assert!(score(300.0) > 99.99 && score(300.0) <= 100.0);
}

#[test]
fn three_days_of_history_come_before_any_score() {
    let mut plain = plain();
    let verdicts = feed(&mut plain, 0..3 * DAY + 1, |_| 2);
    let last_without = &verdicts[verdicts.len() - 2];
    assert_eq!((last_without.score, last_without.typical, last_without.upper), (None, None, None));
    assert_eq!(last_without.reason, "not enough history (2 d of 3 d)");
    assert_eq!(verdicts[0].reason, "not enough history (0 min of 3 d)");
    assert!(verdicts[verdicts.len() - 1].score.is_some());
}

#[test]
fn a_handful_of_days_strewn_over_months_is_no_history_and_every_other_day_is() {
    let last = |every: i64| {
        let mut plain = plain();
        let mut last = None;
        for bucket in 0..41 * DAY {
            let is_heard = bucket % DAY == 50 && bucket / DAY % every == 0;
            let arrivals = if is_heard { vec![(0, vec![1, 2])] } else { Vec::new() };
            let start = BucketSize::Quarter.at(MONDAY + bucket);
            let bucket = Bucket { start, size: BucketSize::Quarter, arrivals: &arrivals, quarters: &[], roster: &Roster::default(), destinations: 1 };
            last = plain.bucket(&bucket).pop().or(last);
        }
        last.expect("a verdict")
    };
    assert_eq!(last(8).reason, "not enough history (12 h of 3 d)");
    assert!(last(2).score.is_some());
}

#[test]
fn years_of_silence_are_no_history() {
    let mut plain = plain();
    // One day of an old log, half a year in which nothing is heard of the estate, and then another log.
    let heard = |day: i64| !(1..182).contains(&day);
    let mut judged = Vec::new();
    for bucket in 0..187 * DAY {
        let arrivals = if heard(bucket / DAY) { vec![(0, vec![1, 2])] } else { Vec::new() };
        let start = BucketSize::Quarter.at(MONDAY + bucket);
        let verdicts =
            plain.bucket(&Bucket { start, size: BucketSize::Quarter, arrivals: &arrivals, quarters: &[], roster: &Roster::default(), destinations: 1 });
        judged.extend(verdicts.into_iter().filter(|verdict| verdict.score.is_some()).map(|_| bucket));
    }
    assert_eq!(judged.first(), Some(&(185 * DAY)));
}

#[test]
fn a_spike_on_a_quiet_server_is_critical_and_explained() {
    let mut plain = plain();
    feed(&mut plain, 0..14 * DAY, |bucket| u32::from(bucket % DAY == 50));
    let spike = feed(&mut plain, 14 * DAY..14 * DAY + 1, |_| 41).remove(0);
    assert!(spike.score.is_some_and(|score| score > 99.0), "{spike:?}");
    assert_eq!((spike.count, spike.new), (41, 40));
    assert!(spike.reason.starts_with("41 distinct sources in 15 min where less than 0.1 is usual at this time (upper bound "), "{}", spike.reason);
    assert!(spike.reason.ends_with("); 40 of them new here"), "{}", spike.reason);
}

#[test]
fn a_busy_morning_is_ordinary_at_its_hour_and_odd_at_night() {
    let mut plain = plain();
    feed(&mut plain, 0..14 * DAY, at_nine);
    let monday = feed(&mut plain, 14 * DAY..15 * DAY, at_nine);
    assert!(monday.iter().all(|verdict| verdict.score.is_some_and(|score| score < 25.0)), "{monday:?}");
    assert!(monday.iter().filter(|verdict| verdict.count == 20).all(|verdict| verdict.typical.is_some_and(|typical| (10.0..25.0).contains(&typical))));
    let night = feed(&mut plain, 15 * DAY..15 * DAY + 9, |bucket| if bucket == 15 * DAY + 8 { 20 } else { 0 }).remove(0);
    assert!(night.is_anomalous(), "{night:?}");
    assert_eq!(night.new, 0);
}

#[test]
fn a_saturday_is_held_against_saturdays() {
    let mut plain = plain();
    feed(&mut plain, 0..19 * DAY, at_nine);
    let saturday = feed(&mut plain, 19 * DAY..19 * DAY + 37, |bucket| if bucket == 19 * DAY + 36 { 20 } else { 0 }).remove(0);
    assert!(saturday.is_anomalous(), "{saturday:?}");
}

#[test]
fn the_bound_never_contradicts_the_score() {
    let mut plain = plain();
    feed(&mut plain, 0..14 * DAY, at_nine);
    for verdict in feed(&mut plain, 14 * DAY..18 * DAY, |bucket| (bucket * bucket % 61) as u32) {
        assert_eq!(verdict.is_anomalous(), f64::from(verdict.count) > verdict.upper.expect("a bound"), "{verdict:?}");
    }
}

#[test]
fn a_source_is_new_for_a_day() {
    let mut plain = plain();
    feed(&mut plain, 0..10 * DAY, |_| 1);
    let verdicts = feed(&mut plain, 10 * DAY..11 * DAY + 1, |_| 3);
    assert_eq!(verdicts[0].new, 2);
    assert_eq!(verdicts[DAY as usize - 1].new, 2);
    assert_eq!(verdicts[DAY as usize].new, 0);
}

#[test]
fn a_new_destination_is_held_against_the_estate_and_named_so() {
    let mut plain = plain();
    let verdict = feed(&mut plain, 0..6 * DAY, |bucket| u32::from(bucket >= 5 * DAY) * 3).remove(0);
    assert!(verdict.score.is_some_and(|score| score < 50.0), "{verdict:?}");
    assert!(
        verdict.reason.starts_with("3 distinct sources in 15 min at a new destination, never seen before, where 1.0 are usual in this estate"),
        "{}",
        verdict.reason
    );
    let later = feed(&mut plain, 6 * DAY..6 * DAY + 1, |_| 3).remove(0);
    assert!(later.reason.contains("at this time"), "{}", later.reason);
}

#[test]
fn after_a_clock_change_the_busier_reading_holds() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    let change = BucketSize::Quarter.index("2025-03-30T01:00:00Z".parse::<Timestamp>().expect("a time").as_second());
    let mut scores = Vec::new();
    for zones in [vec![], vec![zone]] {
        let mut plain = Plain::new(&Plan { by: By::Destination, size: BucketSize::Quarter, zones, shown: Range::ALL, bands: false });
        // Twelve people at 9 o'clock: 8:00 UTC before the change, 7:00 UTC after it.
        for bucket in change - 14 * DAY..change + 2 * DAY {
            let slot = bucket.rem_euclid(DAY) + if bucket >= change { 4 } else { 0 };
            let weekday = (bucket.div_euclid(DAY) + 3).rem_euclid(7) < 5;
            let count = if slot == 32 && weekday { 12 } else { 0 };
            let arrivals = vec![(0, (0..count).collect()), (1, vec![900])];
            let verdicts = plain.bucket(&Bucket {
                start: BucketSize::Quarter.at(bucket),
                size: BucketSize::Quarter,
                arrivals: &arrivals,
                quarters: &[],
                roster: &Roster::default(),
                destinations: 2,
            });
            if bucket >= change && count > 0 {
                scores.extend(verdicts.iter().filter(|verdict| verdict.destination == 0).filter_map(|verdict| verdict.score));
            }
        }
    }
    assert_eq!(scores.len(), 2);
    assert!(scores[0] >= 70.0 && scores[1] < 50.0, "{scores:?}");
}

#[test]
fn every_size_of_bucket_is_judged() {
    for size in BucketSize::ALL {
        let mut plain = Plain::new(&Plan { by: By::Destination, size, zones: Vec::new(), shown: Range::ALL, bands: false });
        let first = size.index(MONDAY * 900);
        let days = 86_400 / size.seconds();
        let mut judge = |bucket, count| {
            let arrivals = vec![(0, (0..count).collect())];
            plain.bucket(&Bucket { start: size.at(bucket), size, arrivals: &arrivals, quarters: &[], roster: &Roster::default(), destinations: 1 }).remove(0)
        };
        for bucket in first..first + 10 * days {
            judge(bucket, 2 + (bucket % 2) as u32);
        }
        assert!(judge(first + 10 * days, 3).score.is_some_and(|score| score < 25.0), "{size}");
        assert!(judge(first + 10 * days + 1, 60).is_anomalous(), "{size}");
    }
}
