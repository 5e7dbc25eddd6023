//! Time ranges and the fixed buckets in which sources are counted. Time is always UTC here; a zone is
//! for seasons and for display.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A moment, UTC. Events are kept to the microsecond.
pub type Timestamp = jiff::Timestamp;

/// A stretch of time: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
pub struct Range {
    /// First moment inside.
    pub from: Timestamp,
    /// First moment after.
    pub to: Timestamp,
}

impl Range {
    /// All of time, for files whose extent is not known yet.
    pub const ALL: Self = Self { from: Timestamp::MIN, to: Timestamp::MAX };

    /// Whether `time` lies inside.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }

    /// The part that both ranges cover; empty (`from == to`) where they do not meet.
    pub fn intersect(&self, other: &Self) -> Self {
        let from = self.from.max(other.from);
        Self { from, to: self.to.min(other.to).max(from) }
    }
}

/// Width of a bucket. Fixed intervals counted from the epoch, never calendar units: a day of clock
/// change has 92 or 100 quarters of an hour and no bucket of another width.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum BucketSize {
    /// 15 minutes: what the lanes show unless changed.
    #[default]
    #[serde(rename = "15m")]
    Quarter,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
    /// Six hours: the span of the rule's machine-learning job.
    #[serde(rename = "6h")]
    SixHours,
}

impl BucketSize {
    /// Every size, smallest first.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::Hour, Self::SixHours];

    /// Width in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Quarter => 900,
            Self::Hour => 3600,
            Self::SixHours => 21600,
        }
    }

    /// Number of the bucket that holds this second, counted from the epoch.
    pub const fn index(self, second: i64) -> i64 {
        second.div_euclid(self.seconds())
    }

    /// Start of the bucket that holds `time`.
    pub fn start(self, time: Timestamp) -> Timestamp {
        self.at(self.index(time.as_second()))
    }

    /// Start of bucket number `index`.
    pub fn at(self, index: i64) -> Timestamp {
        let second = index.saturating_mul(self.seconds());
        Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// The next size, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::Quarter => Self::Hour,
            Self::Hour => Self::SixHours,
            Self::SixHours => Self::Quarter,
        }
    }

    /// The spelling of flags and contracts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
        }
    }
}

impl fmt::Display for BucketSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for BucketSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|size| size.name() == text).ok_or_else(|| format!("bucket size {text:?} is none of 15m, 1h, 6h"))
    }
}

/// RFC 3339 with a `Z` and exactly six digits below the second, as the output contracts have it.
pub fn rfc3339_micros(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// RFC 3339 to the second, for bucket starts.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.0}")
}

/// The moment `micros` microseconds after the epoch; the ends of time where out of range.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn buckets_start_at_multiples_of_their_width() {
        let time = at("2025-03-30T01:59:59.999999Z");
        assert_eq!(rfc3339(BucketSize::Quarter.start(time)), "2025-03-30T01:45:00Z");
        assert_eq!(rfc3339(BucketSize::Hour.start(time)), "2025-03-30T01:00:00Z");
        assert_eq!(rfc3339(BucketSize::SixHours.start(time)), "2025-03-30T00:00:00Z");
        assert_eq!(rfc3339(BucketSize::Quarter.start(at("1969-12-31T23:59:59Z"))), "1969-12-31T23:45:00Z");
    }

    #[test]
    fn ranges_are_half_open() {
        let range = Range { from: at("2025-01-01T00:00:00Z"), to: at("2025-01-01T01:00:00Z") };
        assert!(range.contains(at("2025-01-01T00:00:00Z")));
        assert!(!range.contains(at("2025-01-01T01:00:00Z")));
    }

    #[test]
    fn times_are_written_with_six_digits() {
        assert_eq!(rfc3339_micros(at("2019-02-16T10:02:46.454Z")), "2019-02-16T10:02:46.454000Z");
    }
}
