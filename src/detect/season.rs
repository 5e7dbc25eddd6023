//! Which earlier buckets are like this one: the same time of day on days of the same type, and what a clock change moved.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::domain::BucketSize;

/// Days of the same type looked for so far back.
const DAYS_BACK: i64 = 10;
/// Weeks looked back.
pub const WEEKS_BACK: i64 = 4;
/// People keep to their clocks: for so long days before a change are read shifted, too.
const DAYS_AFTER_CHANGE: i64 = 28;

/// A change of the clocks, in buckets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Change {
    /// First bucket of the new time.
    pub at: i64,
    /// How far forward the clocks went: what happens now happened this much later, in UTC, before.
    pub forward: i64,
}

/// The buckets like the one at hand, as distances back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alike {
    /// Same time on days of the same type, nearest first.
    pub days: Vec<i64>,
    /// Same time of the week, nearest first.
    pub weeks: Vec<i64>,
    /// Clock changes that still matter.
    pub changes: Vec<Change>,
}

/// The calendar of a site.
#[derive(Clone, Debug)]
pub struct Season {
    size: BucketSize,
    zones: Vec<TimeZone>,
}

impl Season {
    /// For buckets of this size and people of these zones; UTC where there is none.
    pub fn new(size: BucketSize, zones: &[TimeZone]) -> Self {
        let zones = if zones.is_empty() { vec![TimeZone::UTC] } else { zones.to_vec() };
        Self { size, zones }
    }

    /// In UTC, by quarters, until it is said otherwise.
    pub fn utc() -> Self {
        Self::new(BucketSize::Quarter, &[])
    }

    /// Buckets in a day.
    pub fn day(&self) -> i64 {
        86_400 / self.size.seconds()
    }

    /// Neighbours on either side that count as the same time of day: half an hour where buckets are
    /// quarters, one bucket where they are hours; six hours are wide enough alone.
    pub fn halo(&self) -> i64 {
        match self.size {
            BucketSize::Quarter => 2,
            BucketSize::Hour => 1,
            BucketSize::SixHours => 0,
        }
    }

    /// Buckets from now back to the oldest that is ever looked at.
    pub fn reach(&self) -> i64 {
        WEEKS_BACK * 7 * self.day() + self.halo() + self.day()
    }

    /// The buckets like `bucket`.
    pub fn alike(&self, bucket: i64) -> Alike {
        let day = self.day();
        let type_of_day = self.is_weekend(bucket);
        Alike {
            days: (1..=DAYS_BACK).map(|days| days * day).filter(|back| self.is_weekend(bucket - back) == type_of_day).collect(),
            weeks: (1..=WEEKS_BACK).map(|weeks| weeks * 7 * day).collect(),
            changes: self.changes(bucket),
        }
    }

    /// Whether it is Saturday or Sunday in most of the zones.
    pub fn is_weekend(&self, bucket: i64) -> bool {
        let start = self.size.at(bucket);
        let weekends = self.zones.iter().filter(|zone| matches!(zone.to_datetime(start).weekday(), Weekday::Saturday | Weekday::Sunday)).count();
        2 * weekends > self.zones.len()
    }

    /// Whether it is the last or the first day of a month in any of the zones: books are closed, jobs run that run on no other day.
    pub fn turns_month(&self, bucket: i64) -> bool {
        let start = self.size.at(bucket);
        self.zones.iter().map(|zone| zone.to_datetime(start).date()).any(|date| date.day() == 1 || date.day() == date.days_in_month())
    }

    /// The clock changes of the last four weeks in any zone, each once.
    pub fn changes(&self, bucket: i64) -> Vec<Change> {
        let end = self.size.at(bucket + 1);
        let oldest = self.size.at(bucket - DAYS_AFTER_CHANGE * self.day());
        let mut changes: Vec<Change> = Vec::new();
        for zone in &self.zones {
            for transition in zone.preceding(end).take_while(|transition| transition.timestamp() > oldest) {
                let at = transition.timestamp();
                let Ok(before) = Timestamp::from_second(at.as_second() - 1) else { continue };
                let seconds = i64::from(transition.offset().seconds() - zone.to_offset(before).seconds());
                let forward = seconds / self.size.seconds();
                if forward != 0 && forward.abs() < self.day() / 2 {
                    changes.push(Change { at: self.size.index(at.as_second()), forward });
                }
            }
        }
        changes.sort_unstable();
        changes.dedup();
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(size: BucketSize, text: &str) -> i64 {
        size.index(text.parse::<Timestamp>().expect("a time").as_second())
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    #[test]
    fn days_of_the_same_type_are_looked_at() {
        let season = Season::new(BucketSize::Quarter, &[]);
        // 2025-01-13 is a Monday: Friday the 10th down to Monday the 6th, then Friday the 3rd.
        let monday = season.alike(bucket(BucketSize::Quarter, "2025-01-13T09:00:00Z"));
        assert_eq!(monday.days, [3, 4, 5, 6, 7, 10].map(|days| days * 96));
        assert_eq!(monday.weeks, [672, 1344, 2016, 2688]);
        let sunday = season.alike(bucket(BucketSize::Quarter, "2025-01-12T09:00:00Z"));
        assert_eq!(sunday.days, [1, 7, 8].map(|days| days * 96));
    }

    #[test]
    fn the_day_is_that_of_the_zone() {
        // Sunday 20:00 UTC is Monday 05:00 in Tokyo.
        let at = bucket(BucketSize::Hour, "2025-01-12T20:00:00Z");
        assert!(Season::new(BucketSize::Hour, &[]).is_weekend(at));
        assert!(!Season::new(BucketSize::Hour, &[zone("Asia/Tokyo")]).is_weekend(at));
        assert!(Season::new(BucketSize::Hour, &[zone("Asia/Tokyo"), zone("Europe/Berlin"), zone("Europe/London")]).is_weekend(at));
    }

    #[test]
    fn clock_changes_matter_for_four_weeks() {
        let zones = ["Europe/Berlin", "Europe/London", "America/Puerto_Rico"].map(zone);
        let season = Season::new(BucketSize::Quarter, &zones);
        let change = bucket(BucketSize::Quarter, "2025-03-30T01:00:00Z");
        assert_eq!(season.changes(change - 1), []);
        assert_eq!(season.changes(change), [Change { at: change, forward: 4 }]);
        assert_eq!(season.changes(change + 27 * 96), [Change { at: change, forward: 4 }]);
        assert_eq!(season.changes(change + 29 * 96), []);
        let autumn = bucket(BucketSize::Hour, "2025-10-26T01:00:00Z");
        assert_eq!(Season::new(BucketSize::Hour, &zones).changes(autumn), [Change { at: autumn, forward: -1 }]);
        assert_eq!(Season::new(BucketSize::SixHours, &zones).changes(bucket(BucketSize::SixHours, "2025-03-31T00:00:00Z")), []);
        assert_eq!(Season::new(BucketSize::Quarter, &[]).changes(change), []);
    }
}
