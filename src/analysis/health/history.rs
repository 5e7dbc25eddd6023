//! Whether there is enough history for a verdict.

use super::{Diagnosis, Status};
use crate::analysis::difference::words;
use crate::domain::Health;
use crate::domain::health::Place;

/// Days of history without which nothing is judged.
const NEEDED: i64 = 3;
/// Days of history from which on the same hour of earlier weeks is known.
const WANTED: i64 = 28;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let (Some(first), Some(newest)) = (health.first(), health.newest()) else { return Vec::new() };
    let length = newest.duration_since(first);
    let days = length.as_hours() / 24;
    // Files are often a piece of evidence, cut to the hour in question; of a cluster one expects more.
    let short = if matches!(health.place, Place::Cluster { .. }) { Status::Bad } else { Status::Warn };
    let (status, meaning) = if days < NEEDED {
        (short, format!("buckets of a destination with less than {NEEDED} days of history get no score: no baseline, no verdict"))
    } else if days < WANTED {
        (Status::Warn, "busy mornings and patch nights are not known from earlier weeks yet: they may look odd".to_owned())
    } else {
        (Status::Good, "earlier weeks are known".to_owned())
    };
    let mut diagnosis = Diagnosis::new("history", "history", status, words(length)).means(meaning);
    if status != Status::Good {
        diagnosis.remedy = format!("keep events for {WANTED} days and more, or give older files too; ask for a longer time with --from");
    }
    vec![diagnosis]
}
