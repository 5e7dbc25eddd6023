//! Rounds that come again: scans, patch nights and the like, recognised from history by their rhythm. A round is a source that goes
//! over many destinations within an hour; it recurs where the same hour of the week or of the day saw it often enough.
//!
//! Naming a round hides nothing: those who go from door to door are not scored in any case, and whoever comes beside them is
//! judged as ever. A recognised round says which of the sources are its own, so that the others stand out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Address, Arrivals, By, Destination, Foreign, Timestamp};

/// Destinations within an hour from which on a source is on a round: as many as the detector calls door to door.
const ROUND: usize = 6;
/// Weeks that must have seen a round at the same hour of the week.
const WEEKS: usize = 3;
/// Days that must have seen one at the same hour of the day, and of how many: more often than not.
const DAYS: usize = 5;
/// Destinations within an hour that only a machine goes over.
const SCAN: usize = 12;
/// The hours of the night, in which one patches: from and until.
const NIGHT: (i8, i8) = (19, 6);

/// A round that recurs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Wave {
    /// What it is called: `weekly scan, Tue 22:00 to 23:00`.
    pub name: String,
    /// The day of the week, 1 for Monday to 7; `None` for every day.
    pub weekday: Option<i8>,
    /// First hour of the day in which it was seen.
    pub from_hour: i8,
    /// First hour after; 24 for midnight.
    pub to_hour: i8,
    /// The zone of these hours.
    pub zone: String,
    /// Its sources, in order: those that took part at least twice.
    pub sources: Vec<Address>,
    /// Where it goes, in order: destinations that it reached at least twice.
    pub destinations: Vec<Foreign>,
    /// On how many days it was seen.
    pub seen: usize,
    /// When it was last seen.
    pub last: Timestamp,
}

impl Wave {
    /// Whether it is due at a moment.
    pub fn is_at(&self, time: Timestamp, zone: &TimeZone) -> bool {
        let local = time.to_zoned(zone.clone());
        let is_day = self.weekday.is_none_or(|weekday| local.weekday().to_monday_one_offset() == weekday);
        is_day && (self.from_hour..self.to_hour).contains(&local.hour())
    }

    /// What is added to the reason of a bucket in which it is due.
    pub fn reason(&self) -> String {
        format!("; at the hour of the {} ({})", self.name, self.zone)
    }

    /// Whether it goes to this destination.
    pub fn reaches(&self, destination: &Destination) -> bool {
        self.destinations.binary_search(&destination.label()).is_ok()
    }
}

/// A destination in an hour: how one source came over it.
struct Hour {
    date: Date,
    hour: i8,
    start: Timestamp,
    /// For each source on a round the places of the destinations that it went to.
    rounds: BTreeMap<u32, BTreeSet<usize>>,
}

/// The rounds that recur in what arrived before `until`, by the hours of `zone`.
pub fn waves(arrivals: &Arrivals, by: By, zone: &TimeZone, until: Timestamp) -> Vec<Wave> {
    let (destinations, of) = arrivals.destinations(by);
    let hours = hours(arrivals, &of, zone, until);
    let days: BTreeSet<Date> = hours.iter().map(|hour| hour.date).collect();
    let span = days.first().zip(days.last()).map_or(0, |(first, last)| first.until(*last).map_or(0, |span| span.get_days() as usize + 1));
    // Every hour of the day first: what comes daily is no weekly round on seven days.
    let mut found: Vec<Wave> = Vec::new();
    let mut taken: BTreeSet<(i8, u32)> = BTreeSet::new();
    for hour in 0..24 {
        let at: Vec<&Hour> = hours.iter().filter(|known| known.hour == hour).collect();
        let dates = |source: u32| at.iter().filter(|hour| hour.rounds.contains_key(&source)).map(|hour| hour.date).collect::<BTreeSet<Date>>();
        let sources: BTreeSet<u32> = at.iter().flat_map(|hour| hour.rounds.keys().copied()).collect();
        let daily: BTreeSet<u32> = sources.iter().copied().filter(|source| dates(*source).len() >= DAYS && 2 * dates(*source).len() > span).collect();
        found.extend(wave(None, hour, &at, &daily, arrivals, &destinations, zone));
        taken.extend(daily.iter().map(|source| (hour, *source)));
        for weekday in 1..=7 {
            let Ok(day) = Weekday::from_monday_one_offset(weekday) else { continue };
            let on: Vec<&Hour> = at.iter().copied().filter(|hour| hour.date.weekday() == day).collect();
            let weeks = |source: u32| on.iter().filter(|hour| hour.rounds.contains_key(&source)).count();
            let weekly = sources.iter().copied().filter(|source| !taken.contains(&(hour, *source)) && weeks(*source) >= WEEKS).collect();
            found.extend(wave(Some(weekday), hour, &on, &weekly, arrivals, &destinations, zone));
        }
    }
    joined(found)
}

/// The hours before `until` in which somebody was on a round.
fn hours(arrivals: &Arrivals, of: &[Option<usize>], zone: &TimeZone, until: Timestamp) -> Vec<Hour> {
    let hour_of = |bucket: i64| arrivals.bucket.at(bucket).as_second().div_euclid(3600);
    let mut sorted = Vec::new();
    let rows = if arrivals.rows.is_sorted_by_key(|row| row.bucket) {
        &arrivals.rows
    } else {
        sorted.clone_from(&arrivals.rows);
        sorted.sort_unstable_by_key(|row| row.bucket);
        &sorted
    };
    let mut hours = Vec::new();
    for chunk in rows.chunk_by(|one, two| hour_of(one.bucket) == hour_of(two.bucket)) {
        let Some(start) = chunk.first().and_then(|row| Timestamp::from_second(hour_of(row.bucket) * 3600).ok()).filter(|start| *start < until) else {
            continue;
        };
        let mut pairs: Vec<(u32, usize)> = chunk
            .iter()
            .filter(|row| row.source != NO_SOURCE)
            .filter_map(|row| Some((row.source, of.get(row.endpoint as usize).copied().flatten()?)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let rounds: BTreeMap<u32, BTreeSet<usize>> = pairs
            .chunk_by(|one, two| one.0 == two.0)
            .filter(|chunk| chunk.len() >= ROUND)
            .filter_map(|chunk| Some((chunk.first()?.0, chunk.iter().map(|(_, destination)| *destination).collect())))
            .collect();
        if !rounds.is_empty() {
            let local = start.to_zoned(zone.clone());
            hours.push(Hour { date: local.date(), hour: local.hour(), start, rounds });
        }
    }
    hours
}

/// What these sources do in one hour, as a wave; `None` where they are none.
fn wave(
    weekday: Option<i8>,
    hour: i8,
    hours: &[&Hour],
    sources: &BTreeSet<u32>,
    arrivals: &Arrivals,
    destinations: &[Destination],
    zone: &TimeZone,
) -> Option<Wave> {
    if sources.is_empty() {
        return None;
    }
    let rounds = |hour: &&&Hour| hour.rounds.keys().any(|source| sources.contains(source));
    let mut often: BTreeMap<usize, usize> = BTreeMap::new();
    let mut most = 0;
    for hour in hours.iter().filter(rounds) {
        let reached: BTreeSet<usize> = hour.rounds.iter().filter(|(source, _)| sources.contains(source)).flat_map(|(_, to)| to.iter().copied()).collect();
        most = hour.rounds.iter().filter(|(source, _)| sources.contains(source)).map(|(_, to)| to.len()).max().unwrap_or(0).max(most);
        for destination in reached {
            *often.entry(destination).or_default() += 1;
        }
    }
    let mut reached: Vec<Foreign> =
        often.iter().filter(|(_, times)| **times >= 2).filter_map(|(place, _)| destinations.get(*place).map(Destination::label)).collect();
    reached.sort_unstable();
    let mut addresses: Vec<Address> = sources.iter().filter_map(|source| arrivals.sources.get(*source as usize).copied()).collect();
    addresses.sort_unstable();
    let is_night = hour >= NIGHT.0 || hour < NIGHT.1;
    let what = if most >= SCAN {
        "scan"
    } else if is_night && weekday.is_some() {
        "patch night"
    } else {
        "round"
    };
    Some(Wave {
        name: what.to_owned(),
        weekday,
        from_hour: hour,
        to_hour: hour + 1,
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        sources: addresses,
        destinations: reached,
        seen: hours.iter().filter(rounds).count(),
        last: hours.iter().filter(rounds).map(|hour| hour.start).max()?,
    })
}

/// Neighbouring hours of one day are one wave where they share a source; only then has it its name.
fn joined(mut hours: Vec<Wave>) -> Vec<Wave> {
    hours.sort_by_key(|wave| (wave.weekday, wave.from_hour));
    let mut waves: Vec<Wave> = Vec::new();
    for wave in hours {
        let before = waves.iter_mut().find(|before| {
            before.weekday == wave.weekday && before.to_hour == wave.from_hour && before.sources.iter().any(|source| wave.sources.contains(source))
        });
        match before {
            Some(before) => {
                before.to_hour = wave.to_hour;
                before.seen = before.seen.max(wave.seen);
                before.last = before.last.max(wave.last);
                before.sources.extend(wave.sources);
                before.sources.sort_unstable();
                before.sources.dedup();
                before.destinations.extend(wave.destinations);
                before.destinations.sort_unstable();
                before.destinations.dedup();
                if wave.name == "scan" {
                    before.name = wave.name;
                }
            }
            None => waves.push(wave),
        }
    }
    for wave in &mut waves {
        let day = wave.weekday.and_then(|weekday| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].get(usize::try_from(weekday - 1).ok()?));
        let rhythm = if day.is_some() { "weekly" } else { "daily" };
        let day = day.map(|day| format!("{day} ")).unwrap_or_default();
        wave.name = format!("{rhythm} {}, {day}{:02}:00 to {:02}:00", wave.name, wave.from_hour, wave.to_hour);
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Arrival, BucketSize, Completeness, Endpoint, Range};

    /// Monday 2025-01-06T00:00:00Z in quarters.
    const MONDAY: i64 = 1_736_121_600 / 900;

    /// Source 0 goes over `most` destinations on the given (day, hour)s; everybody else comes once a day to one of them.
    fn story(rounds: &[(i64, i64)], most: u32) -> Arrivals {
        let mut rows: Vec<Arrival> = (0..28)
            .flat_map(|day| (1..9).map(move |source| Arrival { bucket: MONDAY + day * 96 + 40, endpoint: source % 8, source, events: 1 }))
            .chain(rounds.iter().flat_map(|(day, hour)| {
                (0..most).map(move |endpoint| Arrival { bucket: MONDAY + day * 96 + hour * 4 + i64::from(endpoint % 4), endpoint, source: 0, events: 1 })
            }))
            .collect();
        rows.sort_unstable();
        let address = |net: u8, number: u32| Address::clean(&format!("10.{net}.0.{}", number + 1)).expect("an address");
        Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: BucketSize::Quarter.at(MONDAY), to: BucketSize::Quarter.at(MONDAY + 28 * 96) },
            endpoints: (0..20).map(|number| Endpoint { address: Some(address(1, number)), host: None }).collect(),
            sources: (0..9).map(|number| address(9, number)).collect(),
            rows,
            completeness: Completeness::whole(0),
        }
    }

    fn names(rounds: &[(i64, i64)], most: u32, zone: &str) -> Vec<(String, usize)> {
        let zone = TimeZone::get(zone).expect("a zone");
        waves(&story(rounds, most), By::Destination, &zone, Timestamp::MAX).into_iter().map(|wave| (wave.name, wave.seen)).collect()
    }

    #[test]
    fn a_round_at_the_same_hour_of_the_week_is_weekly_from_the_third_week_on() {
        let tuesdays = [(1, 21), (8, 21), (15, 21), (22, 21)];
        assert_eq!(names(&tuesdays, 20, "UTC"), [("weekly scan, Tue 21:00 to 22:00".to_owned(), 4)]);
        assert_eq!(names(&tuesdays[..3], 7, "Europe/Berlin"), [("weekly patch night, Tue 22:00 to 23:00".to_owned(), 3)]);
        assert_eq!(names(&tuesdays[..2], 20, "UTC"), []);
        assert_eq!(names(&tuesdays, 5, "UTC"), [], "five destinations are no round");
    }

    #[test]
    fn what_comes_every_day_is_daily_and_not_weekly_seven_times() {
        let days: Vec<(i64, i64)> = (0..28).flat_map(|day| [(day, 9), (day, 10)]).collect();
        assert_eq!(names(&days, 8, "UTC"), [("daily round, 09:00 to 11:00".to_owned(), 28)]);
    }

    #[test]
    fn it_knows_its_own_and_when_it_is_due() {
        let arrivals = story(&[(1, 21), (8, 21), (15, 21)], 20);
        let found = waves(&arrivals, By::Destination, &TimeZone::UTC, BucketSize::Quarter.at(MONDAY + 22 * 96));
        let wave = &found[0];
        assert_eq!((wave.sources.len(), wave.destinations.len(), wave.weekday), (1, 20, Some(2)));
        assert!(wave.reaches(&Destination::from(Address::clean("10.1.0.20").expect("an address"))));
        assert!(!wave.reaches(&Destination::from(Address::clean("10.1.0.21").expect("an address"))));
        let at = |day: i64, hour: i64| BucketSize::Quarter.at(MONDAY + day * 96 + hour * 4);
        assert_eq!([at(22, 21), at(22, 22), at(23, 21)].map(|time| wave.is_at(time, &TimeZone::UTC)), [true, false, false]);
        assert_eq!(waves(&arrivals, By::Destination, &TimeZone::UTC, at(15, 0)).len(), 0, "what is still to come is not known yet");
    }
}
