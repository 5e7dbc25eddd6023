//! The stretch of time that the analyst chose, and the buckets it comes to.

use jiff::SignedDuration;

use crate::domain::{BucketSize, Range, Timestamp};

/// A choice of time range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// The last so many hours before now; moves with the clock.
    Last(i64),
    /// All there is.
    All,
    /// From here to there; never moves.
    Fixed(Range),
}

impl Period {
    /// The ranges offered by `t`, shortest first.
    pub const QUICK: [Self; 9] =
        [Self::Last(1), Self::Last(6), Self::Last(12), Self::Last(24), Self::Last(72), Self::Last(168), Self::Last(336), Self::Last(720), Self::All];

    /// Its name in header and list.
    pub fn name(self) -> String {
        match self {
            Self::Last(hours) if hours > 24 && hours % 24 == 0 => format!("last {}d", hours / 24),
            Self::Last(hours) => format!("last {hours}h"),
            Self::All => "all".to_owned(),
            Self::Fixed(range) => format!("{} to {}", range.from.strftime("%m-%d %H:%M"), range.to.strftime("%m-%d %H:%M")),
        }
    }

    /// The range it means now, widened to whole buckets; `extent` is what the data spans.
    pub fn range(self, now: Timestamp, extent: Option<Range>, bucket: BucketSize) -> Range {
        let raw = match self {
            Self::Last(hours) => Range { from: now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN), to: now },
            Self::All => extent.unwrap_or(Range { from: now, to: now }),
            Self::Fixed(range) => {
                let extent = extent.unwrap_or(range);
                // An open end is cut to the data; a closed one is kept, for its empty buckets are news too.
                let from = if range.from <= Range::ALL.from { extent.from } else { range.from };
                let to = if range.to >= Range::ALL.to { extent.to.max(from) } else { range.to };
                Range { from, to }
            }
        };
        let from = bucket.start(raw.from);
        let last = bucket.index(raw.to.as_second());
        let ends_on_edge = bucket.at(last) == raw.to && raw.to > from && !matches!(self, Self::Last(_));
        let to = if ends_on_edge { raw.to } else { bucket.at(last.saturating_add(1)) };
        Range { from, to }
    }
}

/// `days` days before `time`.
pub fn days_before(time: Timestamp, days: i64) -> Timestamp {
    time.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn shown(range: Range) -> String {
        format!("{} {}", range.from, range.to)
    }

    #[test]
    fn the_last_hours_hold_the_open_bucket_whole() {
        let now = at("2026-03-02T13:07:00Z");
        assert_eq!(shown(Period::Last(12).range(now, None, BucketSize::Quarter)), "2026-03-02T01:00:00Z 2026-03-02T13:15:00Z");
        assert_eq!(shown(Period::Last(12).range(now, None, BucketSize::SixHours)), "2026-03-02T00:00:00Z 2026-03-02T18:00:00Z");
        let edge = at("2026-03-02T13:15:00Z");
        assert_eq!(shown(Period::Last(1).range(edge, None, BucketSize::Quarter)), "2026-03-02T12:15:00Z 2026-03-02T13:30:00Z");
    }

    #[test]
    fn all_is_what_the_data_spans() {
        let extent = Range { from: at("2026-03-01T10:01:00Z"), to: at("2026-03-01T12:00:00Z") };
        assert_eq!(shown(Period::All.range(at("2026-03-09T00:00:00Z"), Some(extent), BucketSize::Quarter)), "2026-03-01T10:00:00Z 2026-03-01T12:00:00Z");
    }

    #[test]
    fn names_are_short() {
        let names: Vec<String> = Period::QUICK.iter().map(|period| period.name()).collect();
        assert_eq!(names, ["last 1h", "last 6h", "last 12h", "last 24h", "last 3d", "last 7d", "last 14d", "last 30d", "all"]);
    }
}
