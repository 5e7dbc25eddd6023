//! Recurring maintenance windows: weekdays and hours as the clocks on the wall of a site show them, through every change of
//! those clocks; for the past as for the future.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::{Range, Timestamp};

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// Every day, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// In three letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    /// The day of these letters.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| name.to_lowercase().starts_with(day.name()))
    }

    /// The day of a date.
    pub fn of(date: Date) -> Self {
        let number = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        Self::ALL.get(number).copied().unwrap_or(Self::Sun)
    }
}

/// A window that comes back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Written", into = "Written")]
pub struct Window {
    /// The days on which it begins; every day where there is none.
    days: Vec<Day>,
    /// Which of those days in a month: 1 the first, -1 the last; all of them where there is none.
    weeks: Vec<i8>,
    /// When it begins.
    start: Time,
    /// When it ends: on the next day, where that is not after the start.
    end: Time,
    /// Where the clock hangs.
    zone: String,
    /// The rules of that clock.
    rules: TimeZone,
}

/// As it stands in a file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    days: Vec<Day>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weeks: Vec<i8>,
    start: String,
    end: String,
    zone: String,
}

/// What is wrong with a window.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WindowError {
    /// A time of day is none.
    #[error("reading the hours failed: {0:?} is no time of day such as 22:00")]
    Time(String),
    /// A zone is none.
    #[error("reading the time zone failed: there is no zone {0:?}")]
    Zone(String),
    /// A week of the month is none.
    #[error("reading the weeks failed: {0} is neither 1 to 5 nor -1 for the last")]
    Week(i8),
}

impl TryFrom<Written> for Window {
    type Error = WindowError;

    fn try_from(written: Written) -> Result<Self, WindowError> {
        let Written { days, weeks, start, end, zone } = written;
        Self::new(days, weeks, &start, &end, &zone)
    }
}

impl From<Window> for Written {
    fn from(window: Window) -> Self {
        let Window { days, weeks, start, end, zone, .. } = window;
        Self { days, weeks, start: hour(start), end: hour(end), zone }
    }
}

fn hour(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

impl Window {
    /// A window on these days, of these weeks of the month, from one time of day to another.
    ///
    /// # Errors
    /// Where a time, a zone or a week is none.
    pub fn new(days: Vec<Day>, weeks: Vec<i8>, start: &str, end: &str, zone: &str) -> Result<Self, WindowError> {
        let time = |text: &str| text.trim().parse::<Time>().map_err(|_| WindowError::Time(text.to_owned()));
        if let Some(week) = weeks.iter().find(|week| !(1..=5).contains(*week) && **week != -1) {
            return Err(WindowError::Week(*week));
        }
        let rules = TimeZone::get(zone).map_err(|_| WindowError::Zone(zone.to_owned()))?;
        let mut days = days;
        days.sort_unstable();
        days.dedup();
        Ok(Self { days, weeks, start: time(start)?, end: time(end)?, zone: zone.to_owned(), rules })
    }

    /// Whether a stretch lies wholly within one turn of it.
    pub fn covers(&self, range: Range) -> bool {
        let date = range.from.to_zoned(self.rules.clone()).date();
        // A window that began yesterday may still be open; through a change of clocks one of tomorrow may have begun.
        [date.yesterday().ok(), Some(date), date.tomorrow().ok()]
            .into_iter()
            .flatten()
            .filter(|date| self.is_day(*date))
            .filter_map(|date| self.turn(date))
            .any(|turn| turn.from <= range.from && range.to <= turn.to)
    }

    /// The turn that begins on a date.
    fn turn(&self, date: Date) -> Option<Range> {
        let last = if self.end > self.start { date } else { date.tomorrow().ok()? };
        // An hour that does not exist begins after the gap; one that comes twice lasts through both.
        let from: Timestamp = self.rules.to_ambiguous_timestamp(date.to_datetime(self.start)).compatible().ok()?;
        let to: Timestamp = self.rules.to_ambiguous_timestamp(last.to_datetime(self.end)).later().ok()?;
        Some(Range { from, to })
    }

    fn is_day(&self, date: Date) -> bool {
        let is_day = self.days.is_empty() || self.days.contains(&Day::of(date));
        let week = (date.day() - 1) / 7 + 1;
        let is_last = date.days_in_month() - date.day() < 7;
        is_day && (self.weeks.is_empty() || self.weeks.iter().any(|wanted| *wanted == week || (*wanted == -1 && is_last)))
    }

    /// In words.
    pub fn words(&self) -> String {
        let days = if self.days.is_empty() { "daily".to_owned() } else { self.days.iter().map(|day| day.name()).collect::<Vec<_>>().join(",") };
        let nth = |week: &i8| match week {
            -1 => "last".to_owned(),
            1 => "1st".to_owned(),
            2 => "2nd".to_owned(),
            3 => "3rd".to_owned(),
            other => format!("{other}th"),
        };
        let weeks = if self.weeks.is_empty() { String::new() } else { format!("{} ", self.weeks.iter().map(nth).collect::<Vec<_>>().join(",")) };
        format!("{weeks}{days} {}-{} {}", hour(self.start), hour(self.end), self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bucket;
    use super::*;

    fn window(days: &[Day], weeks: &[i8], start: &str, end: &str, zone: &str) -> Window {
        Window::new(days.to_vec(), weeks.to_vec(), start, end, zone).unwrap()
    }

    fn covered(window: &Window, times: &[&str]) -> Vec<bool> {
        times.iter().map(|time| window.covers(bucket(time))).collect()
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let night = window(&[Day::Tue], &[], "22:00", "02:00", "UTC");
        // 2026-01-06 is a Tuesday.
        let times = ["2026-01-06T21:45:00Z", "2026-01-06T22:00:00Z", "2026-01-07T01:45:00Z", "2026-01-07T02:00:00Z", "2026-01-07T22:00:00Z"];
        assert_eq!(covered(&night, &times), [false, true, true, false, false]);
        assert_eq!(night.words(), "tue 22:00-02:00 UTC");
    }

    #[test]
    fn hours_are_those_on_the_wall_before_and_after_the_clocks_change() {
        let night = window(&[], &[], "22:00", "23:00", "Europe/Berlin");
        assert_eq!(covered(&night, &["2026-01-06T21:00:00Z", "2026-01-06T20:00:00Z"]), [true, false], "winter: one hour ahead");
        assert_eq!(covered(&night, &["2026-07-06T20:00:00Z", "2026-07-06T21:00:00Z"]), [true, false], "summer: two hours ahead");
    }

    #[test]
    fn an_hour_that_is_skipped_begins_after_the_gap_and_one_that_comes_twice_lasts_through_both() {
        let early = window(&[], &[], "02:15", "03:30", "Europe/Berlin");
        // 2026-03-29: 02:00 becomes 03:00 at 01:00Z. 02:15 does not exist: it is 03:15, 01:15Z.
        assert_eq!(covered(&early, &["2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:30:00Z"]), [false, true, false]);
        let twice = window(&[], &[], "02:00", "02:45", "Europe/Berlin");
        // 2026-10-25: 02:00 to 03:00 comes twice, from 00:00Z and from 01:00Z.
        assert_eq!(
            covered(&twice, &["2026-10-25T00:00:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z", "2026-10-25T01:45:00Z"]),
            [true, true, true, false]
        );
    }

    #[test]
    fn patch_night_is_the_second_tuesday_and_the_last_friday_is_the_last() {
        let patch = window(&[Day::Tue], &[2], "22:00", "23:00", "UTC");
        assert_eq!(covered(&patch, &["2026-01-06T22:00:00Z", "2026-01-13T22:00:00Z", "2026-01-20T22:00:00Z"]), [false, true, false]);
        let last = window(&[Day::Fri], &[-1], "22:00", "23:00", "UTC");
        assert_eq!(covered(&last, &["2026-01-23T22:00:00Z", "2026-01-30T22:00:00Z"]), [false, true]);
        assert_eq!((patch.words(), last.words()), ("2nd tue 22:00-23:00 UTC".to_owned(), "last fri 22:00-23:00 UTC".to_owned()));
    }

    #[test]
    fn a_bucket_that_reaches_beyond_is_not_covered() {
        let short = window(&[], &[], "22:00", "22:30", "UTC");
        let hour = Range { from: "2026-01-06T22:00:00Z".parse().unwrap(), to: "2026-01-06T23:00:00Z".parse().unwrap() };
        assert!(!short.covers(hour));
        assert!(window(&[], &[], "00:00", "00:00", "UTC").covers(hour), "from midnight to midnight is all day");
    }

    #[test]
    fn what_is_no_window_is_refused() {
        let new = |weeks: &[i8], start: &str, zone: &str| Window::new(vec![], weeks.to_vec(), start, "02:00", zone).unwrap_err().to_string();
        assert_eq!(new(&[], "25:00", "UTC"), "reading the hours failed: \"25:00\" is no time of day such as 22:00");
        assert_eq!(new(&[], "22:00", "Mars/Olympus"), "reading the time zone failed: there is no zone \"Mars/Olympus\"");
        assert_eq!(new(&[6], "22:00", "UTC"), "reading the weeks failed: 6 is neither 1 to 5 nor -1 for the last");
    }
}
