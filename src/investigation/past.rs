//! What was usual at a destination before: sources day by day, by the hour of the week, and a week earlier. Pure, and run
//! off the loop.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrivals, BucketSize, Destination, Range, Timestamp};

/// A day at a destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Which, in the zone of the screens.
    pub date: Date,
    /// Distinct sources.
    pub sources: u32,
    /// Those of them that had never been seen here; `None` on the first day that is known, when all would be.
    pub new: Option<u32>,
    /// Events.
    pub events: u64,
    /// The most distinct sources in a quarter of an hour.
    pub peak: u32,
    /// When the first quarter of an hour with the most began.
    pub peak_at: Timestamp,
}

/// What was usual at a destination before.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Past {
    /// Every day from the first that is known to the last that is shown, quiet ones too.
    pub days: Vec<Day>,
    /// Distinct sources in an hour of the week on the mean of the weeks, Monday first.
    pub hours: [[f32; 24]; 7],
    /// How many of each weekday are in that mean.
    pub weeks: [u32; 7],
    /// For each bucket of the shown range the distinct sources of the bucket a week before; empty where that is not known.
    pub week_before: Vec<Option<u32>>,
}

/// Hours of a week.
const WEEK: i64 = 7 * 24 * 3600;

/// Looks back from `shown` over everything the arrivals hold of a destination.
pub fn past(arrivals: &Arrivals, destination: &Destination, shown: Range, known_from: Timestamp, size: BucketSize, zone: &TimeZone) -> Past {
    let here: Vec<bool> = arrivals.endpoints.iter().map(|endpoint| destination.has(endpoint.address, endpoint.host.as_ref())).collect();
    // (start of the quarter, source, events), in order of time.
    let rows: Vec<(i64, u32, u32)> = arrivals
        .rows
        .iter()
        .filter(|row| here.get(row.endpoint as usize) == Some(&true))
        .map(|row| (arrivals.bucket.at(row.bucket).as_second(), row.source, row.events))
        .filter(|(second, ..)| *second < shown.to.as_second())
        .collect();
    let moment = |second: i64| Timestamp::from_second(second).unwrap_or(shown.from).to_zoned(zone.clone());
    let mut days: BTreeMap<Date, Draft> = BTreeMap::new();
    let mut by_hour: BTreeMap<(Date, i8), BTreeSet<u32>> = BTreeMap::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let mut quarter: (i64, BTreeSet<u32>) = (i64::MIN, BTreeSet::new());
    for (second, source, events) in rows.iter().copied() {
        let at = moment(second);
        let day = days.entry(at.date()).or_insert_with(|| Draft { peak_at: second, ..Draft::default() });
        day.events = day.events.saturating_add(u64::from(events));
        if source == NO_SOURCE {
            continue;
        }
        day.sources.insert(source);
        if seen.insert(source) {
            day.new = day.new.saturating_add(1);
        }
        by_hour.entry((at.date(), at.hour())).or_default().insert(source);
        if quarter.0 != second {
            quarter = (second, BTreeSet::new());
        }
        quarter.1.insert(source);
        if quarter.1.len() > day.peak {
            (day.peak, day.peak_at) = (quarter.1.len(), second);
        }
    }
    let first = known_from.to_zoned(zone.clone()).date();
    let last = Timestamp::from_second(shown.to.as_second().saturating_sub(1)).unwrap_or(shown.to).to_zoned(zone.clone()).date();
    let mut past = Past { days: all_days(first, last, &days), ..Past::default() };
    for day in &past.days {
        if let Some(weeks) = past.weeks.get_mut(row_of(day.date.weekday())) {
            *weeks = weeks.saturating_add(1);
        }
    }
    for ((date, hour), sources) in by_hour {
        let row = row_of(date.weekday());
        let weeks = past.weeks.get(row).copied().unwrap_or(0).max(1);
        if let Some(cell) = usize::try_from(hour).ok().and_then(|hour| past.hours.get_mut(row)?.get_mut(hour)) {
            *cell += mean(sources.len(), weeks);
        }
    }
    past.week_before = week_before(&rows, shown, known_from, size);
    past
}

#[allow(clippy::cast_precision_loss, reason = "sources of one hour are far below the precision of the drawing")]
fn mean(sources: usize, weeks: u32) -> f32 {
    sources as f32 / weeks as f32
}

#[derive(Default)]
struct Draft {
    sources: BTreeSet<u32>,
    new: u32,
    events: u64,
    peak: usize,
    peak_at: i64,
}

/// The row of a weekday in the profile, Monday first.
pub fn row_of(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

/// At most so many days: old logs of one folder may lie years apart.
const MOST_DAYS: usize = 400;

fn all_days(first: Date, last: Date, days: &BTreeMap<Date, Draft>) -> Vec<Day> {
    let mut all = Vec::new();
    let mut date = last;
    // Backwards, so that the latest stay where there are too many.
    while date >= first && all.len() < MOST_DAYS {
        let draft = days.get(&date);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        all.push(Day {
            date,
            sources: draft.map_or(0, |day| number(day.sources.len())),
            new: (date > first).then(|| draft.map_or(0, |day| day.new)),
            events: draft.map_or(0, |day| day.events),
            peak: draft.map_or(0, |day| number(day.peak)),
            peak_at: draft.and_then(|day| Timestamp::from_second(day.peak_at).ok()).unwrap_or(Timestamp::UNIX_EPOCH),
        });
        match date.yesterday() {
            Ok(before) => date = before,
            Err(_) => break,
        }
    }
    all.reverse();
    all
}

fn week_before(rows: &[(i64, u32, u32)], shown: Range, known_from: Timestamp, size: BucketSize) -> Vec<Option<u32>> {
    let first = size.index(shown.from.as_second());
    let last = size.index(shown.to.as_second().saturating_sub(1));
    let buckets = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
    let mut sets: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for (second, source, _) in rows {
        let place = usize::try_from(size.index(second.saturating_add(WEEK)).saturating_sub(first)).ok().filter(|place| *place < buckets);
        if let Some(place) = place.filter(|_| *source != NO_SOURCE) {
            sets.entry(place).or_default().insert(*source);
        }
    }
    let is_known = |place: usize| {
        let start = size.at(first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX))).as_second();
        start.saturating_sub(WEEK) >= known_from.as_second()
    };
    (0..buckets).map(|place| is_known(place).then(|| sets.get(&place).map_or(0, |set| u32::try_from(set.len()).unwrap_or(u32::MAX)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Arrival, Completeness, Endpoint};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// Sources 0.. of 192.0.2.0/24 at 10.9.0.5, and one that went elsewhere.
    fn story(rows: &[(&str, u32)]) -> Arrivals {
        let size = BucketSize::Quarter;
        let address = |text: &str| Address::clean(text).expect("an address");
        let row = |(time, source): &(&str, u32)| Arrival { bucket: size.index(at(time).as_second()), endpoint: 0, source: *source, events: 2 };
        let mut rows: Vec<Arrival> = rows.iter().map(row).collect();
        rows.push(Arrival { bucket: size.index(at("2026-03-02T10:00:00Z").as_second()), endpoint: 1, source: 9, events: 7 });
        rows.sort_unstable();
        Arrivals {
            bucket: size,
            range: Range { from: at("2026-02-22T00:00:00Z"), to: at("2026-03-03T00:00:00Z") },
            endpoints: ["10.9.0.5", "10.9.0.6"].map(|text| Endpoint { address: Some(address(text)), host: None }).to_vec(),
            sources: (0..10).map(|number| address(&format!("192.0.2.{number}"))).collect(),
            rows,
            completeness: Completeness::whole(1),
        }
    }

    fn looked(rows: &[(&str, u32)], zone: &TimeZone) -> Past {
        let destination = Destination::from(Address::clean("10.9.0.5").expect("an address"));
        let shown = Range { from: at("2026-03-02T00:00:00Z"), to: at("2026-03-03T00:00:00Z") };
        past(&story(rows), &destination, shown, at("2026-02-22T00:00:00Z"), BucketSize::Hour, zone)
    }

    const ROWS: [(&str, u32); 5] =
        [("2026-02-22T23:30:00Z", 0), ("2026-02-23T10:00:00Z", 0), ("2026-02-23T10:15:00Z", 1), ("2026-03-02T10:00:00Z", 2), ("2026-03-02T10:00:00Z", 3)];

    #[test]
    fn every_day_has_its_sources_new_ones_and_peak() {
        let past = looked(&ROWS, &TimeZone::UTC);
        let days: Vec<_> =
            past.days.iter().filter(|day| day.events > 0).map(|day| (day.date.to_string(), day.sources, day.new, day.events, day.peak)).collect();
        assert_eq!(days, [("2026-02-22".to_owned(), 1, None, 2, 1), ("2026-02-23".to_owned(), 2, Some(1), 4, 1), ("2026-03-02".to_owned(), 2, Some(2), 4, 2),]);
        assert_eq!(past.days.len(), 9, "quiet days are days too");
        assert_eq!(past.days.last().map(|day| day.peak_at), Some(at("2026-03-02T10:00:00Z")));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let past = looked(&ROWS, &TimeZone::fixed(jiff::tz::offset(2)));
        assert_eq!(past.days.iter().filter(|day| day.events > 0).map(|day| day.sources).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn hours_of_the_week_are_means_over_the_weeks() {
        let past = looked(&ROWS, &TimeZone::UTC);
        // Two Mondays: two sources at ten on each.
        assert_eq!((past.weeks[0], past.hours[0][10]), (2, 2.0));
        assert_eq!((past.weeks[6], past.hours[6][23]), (2, 0.5));
    }

    #[test]
    fn the_week_before_is_laid_over_and_unknown_where_nothing_is_known() {
        let past = looked(&ROWS, &TimeZone::UTC);
        assert_eq!(past.week_before.len(), 24);
        assert_eq!((past.week_before[9], past.week_before[10]), (Some(0), Some(2)));
        let destination = Destination::from(Address::clean("10.9.0.5").expect("an address"));
        let shown = Range { from: at("2026-03-02T00:00:00Z"), to: at("2026-03-03T00:00:00Z") };
        let late = super::past(&story(&ROWS), &destination, shown, at("2026-02-23T10:00:00Z"), BucketSize::Hour, &TimeZone::UTC);
        assert_eq!((late.week_before[9], late.week_before[10]), (None, Some(2)));
    }
}
