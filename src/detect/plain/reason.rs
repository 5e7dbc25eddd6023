//! A verdict in words: one sentence with its figures, without a period.

use crate::detect::Expected;
use crate::domain::BucketSize;

/// What is known of the sources of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Novelty {
    /// The history is too short to call anything new.
    Unknown,
    /// So many were never seen here before.
    New(u32),
}

/// The sentence for a bucket that was judged; `new_for` is how long ago a new destination was first seen, in seconds.
pub fn judged(size: BucketSize, count: u32, expected: Expected, novelty: Novelty, new_for: Option<i64>) -> String {
    let mut words = format!("{count} distinct {} in {}", sources(count), width(size));
    if let Some(seconds) = new_for {
        let seen = if seconds > 0 { format!("first seen {} ago", span(seconds)) } else { "never seen before".to_owned() };
        words.push_str(&format!(" at a new destination, {seen},"));
    }
    words.push_str(&usual(expected.typical));
    words.push_str(if new_for.is_some() { " in this estate" } else { " at this time" });
    words.push_str(&format!(" (upper bound {:.0})", expected.upper));
    match novelty {
        Novelty::New(new) if new == count && count > 2 => words.push_str(&format!("; all {count} of them new here")),
        Novelty::New(0) | Novelty::Unknown => {}
        Novelty::New(1) if count == 1 => words.push_str("; it is new here"),
        Novelty::New(new) => words.push_str(&format!("; {new} of them new here")),
    }
    words
}

/// The sentence for a bucket without a verdict: how much history there is, and how much it takes, in seconds.
pub fn too_short(have: i64, needed: i64) -> String {
    format!("not enough history ({} of {})", span(have), span(needed))
}

fn sources(count: u32) -> &'static str {
    if count == 1 { "source" } else { "sources" }
}

fn width(size: BucketSize) -> &'static str {
    match size {
        BucketSize::Quarter => "15 min",
        BucketSize::Hour => "1 h",
        BucketSize::SixHours => "6 h",
    }
}

fn usual(typical: f32) -> String {
    if typical < 0.1 {
        " where less than 0.1 is usual".to_owned()
    } else if typical < 9.95 {
        format!(" where {typical:.1} are usual")
    } else {
        format!(" where {typical:.0} are usual")
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        ..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_stand_in_the_sentence() {
        let expected = Expected { typical: 2.1, upper: 6.0 };
        assert_eq!(
            judged(BucketSize::Quarter, 41, expected, Novelty::New(38), None),
            "41 distinct sources in 15 min where 2.1 are usual at this time (upper bound 6); 38 of them new here"
        );
        assert_eq!(
            judged(BucketSize::Hour, 1, Expected { typical: 0.003, upper: 1.0 }, Novelty::New(1), None),
            "1 distinct source in 1 h where less than 0.1 is usual at this time (upper bound 1); it is new here"
        );
        assert_eq!(
            judged(BucketSize::SixHours, 63, Expected { typical: 48.2, upper: 99.0 }, Novelty::Unknown, None),
            "63 distinct sources in 6 h where 48 are usual at this time (upper bound 99)"
        );
        assert_eq!(
            judged(BucketSize::Quarter, 5, expected, Novelty::New(5), Some(3 * 3600)),
            "5 distinct sources in 15 min at a new destination, first seen 3 h ago, where 2.1 are usual in this estate (upper bound 6); all 5 of them new here"
        );
        assert_eq!(too_short(3 * 3600, 3 * 86_400), "not enough history (3 h of 3 d)");
    }
}
