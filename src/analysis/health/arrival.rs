//! How fresh each source is, and how long its events take to arrive.

use jiff::SignedDuration;

use super::{Diagnosis, Status};
use crate::analysis::difference::words;
use crate::domain::Health;
use crate::domain::health::{Fact, Place};

/// A source that has been silent so long may have stopped.
const SILENT: SignedDuration = SignedDuration::from_hours(24);
/// Events that take longer come after their bucket has been judged.
const SLOW: SignedDuration = SignedDuration::from_mins(15);
/// Events that take longer are late for anything live.
const LATE: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    if !matches!(health.place, Place::Cluster { .. }) {
        // Files end where they end, and keep no time of arrival.
        return Vec::new();
    }
    health
        .sensors
        .iter()
        .map(|(sensor, found)| {
            let age = health.asked.duration_since(found.newest);
            let is_silent = age > SILENT;
            let newest = if age.is_negative() { "newest event lies in the future".to_owned() } else { format!("newest event {} ago", words(age)) };
            let (figure, is_slow, is_late) = match &found.lag {
                Fact::Known(lag) => (format!("{newest}, arrives in {} (slowest {})", words(lag.median), words(lag.worst)), lag.worst > SLOW, lag.median > LATE),
                Fact::Hidden(why) => (format!("{newest}, lag not visible ({why})"), false, false),
            };
            let status = match (is_late, is_silent || is_slow, found.lag.known()) {
                (true, _, _) => Status::Bad,
                (_, true, _) => Status::Warn,
                (_, _, None) => Status::NotVisible,
                _ => Status::Good,
            };
            let mut meaning = Vec::new();
            if is_silent {
                meaning.push("it may have stopped: an empty bucket is not a quiet one");
            }
            if is_late || is_slow {
                meaning.push("late events raise buckets that were already looked at");
            }
            let mut diagnosis = Diagnosis::new("arrival", format!("{} arrives", sensor.name()), status, figure).means(meaning.join("; "));
            if found.lag.known().is_none() {
                diagnosis.meaning = [diagnosis.meaning.as_str(), "how late events come cannot be told"]
                    .iter()
                    .filter(|part| !part.is_empty())
                    .copied()
                    .collect::<Vec<_>>()
                    .join("; ");
                diagnosis.remedy = "an ingest pipeline that sets event.ingested shows it".to_owned();
            } else if status != Status::Good {
                diagnosis.remedy = "look at the agents and at the ingest pipelines of this source; leave the last buckets time to fill".to_owned();
            }
            diagnosis
        })
        .collect()
}
