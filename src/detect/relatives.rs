//! The relatives of a spike for the same entity: how many destinations its sources reach, whether the hour is an unusual one, how long
//! its sessions last and how much runs in them. Each figure stands against those before it, by rank: so many of so many earlier ones
//! were at least that. Too few of them, and nothing is said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::rdp_session::RdpSession;
use crate::domain::{Address, Arrivals, By, Destination, Range, Timestamp};

/// Earlier figures below which nothing is said: with twenty, the rarest that a rank can tell is one in twenty.
const LEAST: usize = 20;
/// Days of an hour below which nothing is said of it.
const LEAST_DAYS: usize = 7;

/// One figure beside the spike.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Relative {
    /// What is measured.
    pub name: &'static str,
    /// Whose it is, inert; empty for the destination itself.
    pub of: String,
    /// What it is a number of.
    pub unit: &'static str,
    /// The figure; `None` where it is not visible in this data.
    pub actual: Option<f64>,
    /// The median of the earlier ones.
    pub typical: Option<f64>,
    /// How many earlier ones there are.
    pub known: usize,
    /// How many are needed.
    pub needed: usize,
    /// How many of them were at least that.
    pub at_least: usize,
}

impl Relative {
    fn new(name: &'static str, of: String, unit: &'static str, actual: Option<f64>, earlier: &mut [f64]) -> Self {
        earlier.sort_by(f64::total_cmp);
        let at_least = actual.map_or(0, |actual| earlier.len() - earlier.partition_point(|value| *value < actual));
        let typical = earlier.get(earlier.len() / 2).copied().filter(|_| earlier.len() >= LEAST);
        Self { name, of, unit, actual, typical, known: earlier.len(), needed: LEAST, at_least }
    }

    /// Whether enough is known to say something.
    pub fn has_history(&self) -> bool {
        self.known >= self.needed
    }

    /// Whether no more than one in twenty of the earlier ones was at least that.
    pub fn is_unusual(&self) -> bool {
        self.actual.is_some() && self.has_history() && self.at_least * 20 <= self.known
    }

    /// In words.
    pub fn words(&self) -> String {
        if self.name == "hour" {
            if !self.has_history() {
                return format!("hour: not enough history ({} of {} {})", self.known, self.needed, self.of);
            }
            let unusual = if self.is_unusual() { "unusual hour" } else { "hour" };
            return format!("{unusual}: on {} of {} earlier {} did anybody come", self.at_least, self.known, self.of);
        }
        let of = if self.of.is_empty() { String::new() } else { format!(" of {}", self.of) };
        let Some(actual) = self.actual else { return format!("{}{of}: not visible in this data", self.name) };
        let number = |value: f64| if value.fract() == 0.0 || value >= 10.0 { format!("{value:.0}") } else { format!("{value:.1}") };
        let unit = if actual == 1.0 { self.unit.replacen("destinations", "destination", 1) } else { self.unit.to_owned() };
        let figure = format!("{}{of}: {} {unit}", self.name, number(actual));
        if !self.has_history() {
            return format!("{figure}; not enough history ({} of {})", self.known, self.needed);
        }
        let typical = self.typical.map(|typical| format!(", usually {}", number(typical))).unwrap_or_default();
        let unusual = if self.is_unusual() { "unusual: " } else { "" };
        format!("{unusual}{figure}{typical}; {} of {} earlier ones were at least that", self.at_least, self.known)
    }
}

/// How many destinations the busiest of these sources reached in the hour up to `end`, against every source and hour before.
pub fn fan_out(arrivals: &Arrivals, by: By, sources: &[Address], end: Timestamp) -> Relative {
    let (_, of) = arrivals.destinations(by);
    let hour_of = |bucket: i64| (end.as_second() - 1 - arrivals.bucket.at(bucket).as_second()).div_euclid(3600);
    let wanted: BTreeSet<Address> = sources.iter().copied().collect();
    let mut reached: BTreeSet<(i64, u32, usize)> = BTreeSet::new();
    let mut counts: HashMap<(i64, u32), u32, foldhash::fast::FixedState> = HashMap::default();
    let mut hour = i64::MIN;
    // Hours come one after the other: what is over need not be kept pair by pair.
    for row in arrivals.rows.iter().filter(|row| row.source != NO_SOURCE && arrivals.bucket.at(row.bucket) < end) {
        let Some(destination) = of.get(row.endpoint as usize).copied().flatten() else { continue };
        let at = hour_of(row.bucket);
        if at != hour {
            reached.clear();
            hour = at;
        }
        if reached.insert((at, row.source, destination)) {
            *counts.entry((at, row.source)).or_default() += 1;
        }
    }
    let is_wanted = |source: &u32| arrivals.sources.get(*source as usize).is_some_and(|address| wanted.contains(address));
    let busiest = counts.iter().filter(|((hour, source), _)| *hour == 0 && is_wanted(source)).max_by_key(|((_, source), count)| (**count, u32::MAX - *source));
    let of = busiest.and_then(|((_, source), _)| arrivals.sources.get(*source as usize)).map(Address::to_string).unwrap_or_default();
    let mut earlier: Vec<f64> = counts.iter().filter(|((hour, _), _)| *hour > 0).map(|(_, count)| f64::from(*count)).collect();
    Relative::new("fan-out", of, "destinations in the hour", busiest.map(|(_, count)| f64::from(*count)), &mut earlier)
}

/// On how many of the earlier days of the same sort somebody came to a destination in this hour or the ones beside it.
pub fn hour(arrivals: &Arrivals, by: By, destination: &Destination, start: Timestamp, zone: &TimeZone) -> Relative {
    let (destinations, of) = arrivals.destinations(by);
    let place = destinations.iter().position(|known| known == destination);
    let local = start.to_zoned(zone.clone());
    let is_weekend = |date: jiff::civil::Date| date.weekday().to_monday_one_offset() >= 6;
    let mut days: BTreeMap<jiff::civil::Date, bool> = BTreeMap::new();
    for row in arrivals.rows.iter().filter(|row| arrivals.bucket.at(row.bucket) < start && row.source != NO_SOURCE) {
        if of.get(row.endpoint as usize).copied().flatten() != place || place.is_none() {
            continue;
        }
        let then = arrivals.bucket.at(row.bucket).to_zoned(zone.clone());
        if then.date() == local.date() || is_weekend(then.date()) != is_weekend(local.date()) {
            continue;
        }
        let apart = (then.hour() - local.hour()).rem_euclid(24);
        *days.entry(then.date()).or_default() |= apart <= 1 || apart == 23;
    }
    let came = days.values().filter(|came| **came).count();
    let sort = if is_weekend(local.date()) { "weekend days" } else { "working days" };
    // The days on which anybody came at all are those on which this hour could have seen somebody.
    Relative {
        name: "hour",
        of: format!("{sort} about {:02}:00", local.hour()),
        unit: "visit about this hour",
        actual: Some(1.0),
        typical: (days.len() >= LEAST_DAYS).then(|| f64::from(u8::from(2 * came > days.len()))),
        known: days.len(),
        needed: LEAST_DAYS,
        at_least: came,
    }
}

/// The longest session that was open in `bucket`, in minutes, and what ran in the busiest, against the sessions begun before.
pub fn sessions(list: &[RdpSession], bucket: Range) -> [Relative; 2] {
    let is_now = |session: &&RdpSession| session.first < bucket.to && session.last >= bucket.from;
    let is_before = |session: &&RdpSession| session.first < bucket.from && session.last < bucket.from;
    let minutes = |session: &RdpSession| session.duration().map(|lasted| lasted.as_secs_f64() / 60.0);
    let longest = |values: Vec<f64>| values.into_iter().max_by(f64::total_cmp);
    let mut lasted: Vec<f64> = list.iter().filter(is_before).filter_map(minutes).collect();
    let mut ran: Vec<f64> = list.iter().filter(is_before).map(|session| session.processes as f64).collect();
    // Where no process is seen in any session, none is logged.
    let has_processes = list.iter().any(|session| session.processes > 0);
    let now_ran = has_processes.then(|| longest(list.iter().filter(is_now).map(|session| session.processes as f64).collect())).flatten();
    [
        Relative::new("session duration", String::new(), "min", longest(list.iter().filter(is_now).filter_map(minutes).collect()), &mut lasted),
        Relative::new("processes", String::new(), "in one session", now_ran, &mut ran),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Arrival, BucketSize, Completeness, Endpoint};

    /// Monday 2025-01-06T00:00:00Z in quarters.
    const MONDAY: i64 = 1_736_121_600 / 900;

    fn address(net: u8, number: u32) -> Address {
        Address::clean(&format!("10.{net}.0.{}", number + 1)).expect("an address")
    }

    fn arrivals(rows: Vec<(i64, u32, u32)>) -> Arrivals {
        let mut rows: Vec<Arrival> =
            rows.into_iter().map(|(bucket, endpoint, source)| Arrival { bucket: MONDAY + bucket, endpoint, source, events: 1 }).collect();
        rows.sort_unstable();
        Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: BucketSize::Quarter.at(MONDAY), to: BucketSize::Quarter.at(MONDAY + 28 * 96) },
            endpoints: (0..20).map(|number| Endpoint { address: Some(address(1, number)), host: None }).collect(),
            sources: (0..9).map(|number| address(9, number)).collect(),
            rows,
            completeness: Completeness::whole(0),
        }
    }

    /// Ten working days on which sources 1 to 3 come to one server each at ten; then source 0 goes over eleven at 03:00.
    fn story() -> Arrivals {
        let ordinary = (0..12).filter(|day| day % 7 < 5).flat_map(|day| (1..4).map(move |source| (day * 96 + 40, source, source)));
        arrivals(ordinary.chain((0..11).map(|endpoint| (14 * 96 + 12, endpoint, 0))).collect())
    }

    fn end() -> Timestamp {
        BucketSize::Quarter.at(MONDAY + 14 * 96 + 13)
    }

    #[test]
    fn a_source_on_a_round_stands_against_every_hour_before() {
        let said = fan_out(&story(), By::Destination, &[address(9, 0)], end());
        assert_eq!(said.words(), "unusual: fan-out of 10.9.0.1: 11 destinations in the hour, usually 1; 0 of 30 earlier ones were at least that");
        let mut short = story();
        short.rows.retain(|row| row.bucket >= MONDAY + 8 * 96);
        assert_eq!(
            fan_out(&short, By::Destination, &[address(9, 0)], end()).words(),
            "fan-out of 10.9.0.1: 11 destinations in the hour; not enough history (12 of 20)"
        );
        assert_eq!(fan_out(&story(), By::Destination, &[], end()).words(), "fan-out: not visible in this data");
    }

    #[test]
    fn an_hour_in_which_nobody_came_before_is_unusual_from_a_week_on() {
        let server = Destination::from(address(1, 1));
        let at = |quarter: i64| hour(&story(), By::Destination, &server, BucketSize::Quarter.at(MONDAY + quarter), &TimeZone::UTC);
        let night = at(14 * 96 + 12);
        assert!(night.is_unusual(), "{night:?}");
        assert_eq!(night.words(), "unusual hour: on 0 of 10 earlier working days about 03:00 did anybody come");
        assert!(!at(14 * 96 + 44).is_unusual(), "eleven is beside ten");
        assert!(!at(3 * 96 + 12).has_history());
    }
}
