//! What sort of day a bucket falls on, and which clock changes still matter.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::DAY;
use super::ring::Ring;
use crate::detect::season::{Change, Season};
use crate::domain::BucketSize;

/// Days back to which the sort of day is remembered.
const DAYS: usize = 16;

/// The sorts of the last days, and the zones of the site.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calendar {
    #[serde(skip, default = "Season::utc")]
    season: Season,
    weekends: Ring<bool>,
    is_weekend: bool,
    turns_month: bool,
    #[serde(skip)]
    changes: Vec<Change>,
}

impl Calendar {
    /// For people of these zones.
    pub fn new(zones: &[TimeZone]) -> Self {
        Self {
            season: Season::new(BucketSize::Quarter, zones),
            weekends: Ring::new(DAYS * DAY as usize),
            is_weekend: false,
            turns_month: false,
            changes: Vec::new(),
        }
    }

    /// The same memory in other zones.
    pub fn in_zones(mut self, zones: &[TimeZone]) -> Self {
        self.season = Season::new(BucketSize::Quarter, zones);
        self
    }

    /// Opens bucket `now`.
    pub fn open(&mut self, now: i64) {
        self.is_weekend = self.season.is_weekend(now);
        self.turns_month = self.season.turns_month(now);
        self.changes = self.season.changes(now);
    }

    /// Closes it.
    pub fn close(&mut self, now: i64) {
        self.weekends.push(now, self.is_weekend);
    }

    /// Whether an earlier bucket fell on the same sort of day (working day or weekend) as the open one.
    pub fn is_alike(&self, bucket: i64) -> bool {
        self.weekends.get(bucket).is_some_and(|weekend| *weekend == self.is_weekend)
    }

    /// Whether the open bucket falls on the last or first day of a month.
    pub fn turns_month(&self) -> bool {
        self.turns_month
    }

    /// Clock changes of the last four weeks in any of the zones.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}
