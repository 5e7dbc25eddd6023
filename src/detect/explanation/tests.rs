//! An explanation as a responder reads it, and what it says where there is nothing to judge by.

use super::*;
use crate::domain::Address;
use crate::domain::why::{ClassCount, Pivot, Without};

fn address(text: &str) -> Address {
    Address::clean(text).expect("an address")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn facts() -> Facts {
    let strangers: Vec<Address> = (0..31).map(|number| address(&format!("10.66.0.{number}"))).collect();
    let class = |class, meaning, arrived, expected, sources: &[Address]| ClassCount { class, meaning, arrived, expected, sources: sources.to_vec() };
    Facts {
        destination: "10.20.4.17".into(),
        name: Some("FS\u{202e}01".into()),
        start: at("2026-03-02T12:30:00Z"),
        standing: Standing::Judged,
        score: Some(94.2),
        reason: Some("41 distinct sources in 15 min".to_owned()),
        sources: 41,
        new: 38,
        events: 312,
        without_source: 2,
        typical: Some(2.1),
        upper: Some(6.0),
        cross: Some(31.0),
        why: Some(Arc::new(Why {
            nats: 33.1,
            from: at("2026-03-02T12:15:00Z"),
            minutes: 30,
            alone: 71.0,
            explanation: "a mixture of sources",
            arrived: 34,
            expected: 0.52,
            classes: vec![
                class("known", "seen here before", 2, 0.4, &[]),
                class("alien", "never seen anywhere, of unknown networks", 31, 0.004, &strangers),
                class("chain", "destinations that were just reached themselves", 1, 0.001, &[address("10.20.4.9")]),
                class("mobile", "new here, seen at many destinations", 0, 0.01, &[]),
                class("roaming", "going from door to door", 1, 0.0, &[address("10.9.9.9")]),
            ],
            networks: vec![("10.66.0.0/16".parse().expect("a network"), 31)],
            pivots: vec![Pivot { host: address("10.20.4.9"), reached: Some(at("2026-03-02T12:10:00Z")), brought: 3.24 }],
            without: Some(Without { network: "10.66.0.0/16".parse().expect("a network"), sources: 31, score: 12.4 }),
            sources: Arc::from(strangers),
            is_new: false,
        })),
        known_from: at("2026-02-14T00:00:00Z"),
        waves: vec![crate::detect::Wave {
            name: "weekly scan, Mon 12:00 to 13:00".to_owned(),
            weekday: Some(1),
            from_hour: 12,
            to_hour: 13,
            zone: "UTC".to_owned(),
            sources: vec![address("10.9.9.9")],
            destinations: vec!["10.20.4.17".into()],
            seen: 4,
            last: at("2026-02-23T12:00:00Z"),
        }],
        relatives: vec![crate::detect::Relative {
            name: "fan-out",
            of: "10.66.0.7".to_owned(),
            unit: "destinations in the hour",
            actual: Some(11.0),
            typical: Some(1.0),
            known: 900,
            needed: 20,
            at_least: 3,
        }],
        ..Facts::default()
    }
}

#[test]
fn every_figure_stands_in_words() {
    let explanation = Explanation::of(facts());
    assert_eq!(explanation.headline(&jiff::tz::TimeZone::UTC), "10.20.4.17 FS\\u{202e}01, 2026-03-02 12:30 to 12:45: score 94 critical");
    insta::assert_snapshot!("explanation", explanation.text(&jiff::tz::TimeZone::UTC));
    assert_eq!(explanation.plain, Some(Plain { score: 31.0, disagrees: true }));
}

#[test]
fn without_a_verdict_the_word_stands_in_its_place() {
    let told = |standing: Standing| {
        let facts = Facts { standing, score: None, why: None, cross: None, typical: None, upper: None, without_source: 0, reason: None, ..facts() };
        let explanation = Explanation::of(Facts { sources: if standing == Standing::Gap { 0 } else { 41 }, ..facts });
        (explanation.word(), explanation.cannot_say.first().cloned().unwrap_or_default())
    };
    assert_eq!(told(Standing::ShortHistory), ("no verdict, not enough history".to_owned(), "what is usual here: too little is known of it".to_owned()));
    assert_eq!(told(Standing::Gap), ("no verdict, no data".to_owned(), "whether anybody came: nothing was fed to us".to_owned()));
    assert_eq!(told(Standing::Partial).0, "no verdict, partial");
    let new = Explanation::of(Facts { standing: Standing::New, score: Some(49.0), ..facts() });
    assert_eq!(new.word(), "score 49 minor, new");
    let lacking = Explanation::of(Facts { lacks: Some("PARTIAL 3/5 shards".to_owned()), ..facts() });
    assert_eq!(lacking.cannot_say.first().map(String::as_str), Some("what was not answered: PARTIAL 3/5 shards"));
}

#[test]
fn how_often_the_same_time_of_the_week_was_seen_is_said_until_four_weeks_are_known() {
    let days = |days: i64| {
        let known_from = at("2026-03-02T12:30:00Z").checked_sub(jiff::SignedDuration::from_hours(24 * days)).expect("a time");
        Explanation::of(Facts { known_from, without_source: 0, why: None, sources: 0, ..facts() }).cannot_say
    };
    assert_eq!(days(5), ["what a whole month looks like: 5 days of history are known, no same time of the week has been seen yet"]);
    assert_eq!(days(16), ["what a whole month looks like: 16 days of history are known, the same time of the week was seen 2 times"]);
    assert_eq!(days(28), [""; 0]);
}
