//! When they came: all at once, in order, in a rhythm, at which hour.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::domain::{Address, Timestamp};

/// Seconds within which arrivals are a burst.
const BURST: i64 = 60;
/// Fewest arrivals whose spacing says anything.
const FEWEST: usize = 5;
/// Hours of a working day, by the clock of the site.
const WORKING: std::ops::Range<i8> = 6..20;

/// When the sources of a range came.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rhythm {
    /// Sources whose first arrival is known.
    pub sources: usize,
    /// The most of them that first came within a minute.
    pub burst: usize,
    /// Seconds from the first to the last first arrival.
    pub spread: i64,
    /// How unevenly first arrivals follow each other: deviation over mean, 0 is a clock; `None` for fewer than six.
    pub unevenness: Option<f64>,
    /// Share of first arrivals that follow the order of their addresses; `None` for fewer than six.
    pub ordered: Option<f64>,
    /// Whether most came on a weekend or outside working hours of the site.
    pub is_off_hours: bool,
    /// The hour of most arrivals, by the clock of the site.
    pub hour: Option<i8>,
    /// How unevenly each source comes back: deviation over mean of the gaps between its connections, where there are enough.
    pub of: BTreeMap<Address, f64>,
    /// Sources with the most destinations that they first reached within ten seconds.
    pub rushes: BTreeMap<Address, usize>,
}

/// The rhythm of these arrivals (when, who) at the destination.
pub fn rhythm(arrivals: &[(Timestamp, Address)], zone: &TimeZone) -> Rhythm {
    let mut first: BTreeMap<Address, Timestamp> = BTreeMap::new();
    let mut times: BTreeMap<Address, BTreeSet<i64>> = BTreeMap::new();
    for (time, source) in arrivals {
        let known = first.entry(*source).or_insert(*time);
        *known = (*known).min(*time);
        times.entry(*source).or_default().insert(time.as_second());
    }
    let mut order: Vec<(Timestamp, Address)> = first.into_iter().map(|(source, time)| (time, source)).collect();
    order.sort_unstable();
    let seconds: Vec<i64> = order.iter().map(|(time, _)| time.as_second()).collect();
    let burst = seconds.iter().enumerate().map(|(place, from)| seconds.iter().skip(place).take_while(|at| **at - from < BURST).count()).max().unwrap_or(0);
    let ordered = (order.len() > FEWEST).then(|| {
        let rising = order.windows(2).filter(|pair| matches!(pair, [(_, one), (_, two)] if one < two)).count();
        ratio(rising, order.len() - 1)
    });
    let mut hours: BTreeMap<i8, usize> = BTreeMap::new();
    let mut off = 0;
    for (time, _) in &order {
        let at = time.to_zoned(zone.clone());
        *hours.entry(at.hour()).or_default() += 1;
        off += usize::from(matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday) || !WORKING.contains(&at.hour()));
    }
    let of = times.into_iter().filter_map(|(source, times)| Some((source, unevenness(&times.into_iter().collect::<Vec<_>>())?))).collect();
    Rhythm {
        sources: order.len(),
        burst,
        spread: seconds.last().zip(seconds.first()).map_or(0, |(last, first)| last - first),
        unevenness: unevenness(&seconds),
        ordered,
        is_off_hours: !order.is_empty() && 2 * off > order.len(),
        hour: hours.into_iter().max_by_key(|(_, count)| *count).map(|(hour, _)| hour),
        of,
        rushes: BTreeMap::new(),
    }
}

/// Deviation over mean of the gaps between moments in order; `None` where there are too few.
fn unevenness(seconds: &[i64]) -> Option<f64> {
    if seconds.len() <= FEWEST {
        return None;
    }
    let gaps: Vec<f64> = seconds.windows(2).filter_map(|pair| if let [one, two] = pair { Some(real(two - one)) } else { None }).collect();
    let count = real(i64::try_from(gaps.len()).unwrap_or(1));
    let mean = gaps.iter().sum::<f64>() / count;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
    (mean > 0.0).then(|| variance.sqrt() / mean)
}

/// The most destinations that a source first reached within ten seconds, out of (when, where).
pub fn rush(visits: &[(Timestamp, usize)]) -> usize {
    let mut first: BTreeMap<usize, i64> = BTreeMap::new();
    for (time, place) in visits {
        let known = first.entry(*place).or_insert(time.as_second());
        *known = (*known).min(time.as_second());
    }
    let mut times: Vec<i64> = first.into_values().collect();
    times.sort_unstable();
    times.iter().enumerate().map(|(place, from)| times.iter().skip(place).take_while(|at| **at - from <= 10).count()).max().unwrap_or(0)
}

#[allow(clippy::cast_precision_loss, reason = "seconds of a range and counts of sources are far below the precision")]
fn real(value: i64) -> f64 {
    value as f64
}

/// One number out of another.
pub fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { real(i64::try_from(part).unwrap_or(0)) / real(i64::try_from(whole).unwrap_or(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(list: &[(i64, &str)]) -> Rhythm {
        // 2025-01-06 is a Monday.
        let start: Timestamp = "2025-01-06T09:00:00Z".parse().unwrap();
        let arrivals: Vec<(Timestamp, Address)> =
            list.iter().map(|(second, source)| (start + jiff::SignedDuration::from_secs(*second), Address::clean(source).unwrap())).collect();
        rhythm(&arrivals, &TimeZone::UTC)
    }

    #[test]
    fn a_burst_in_the_order_of_addresses_is_a_tool() {
        let rhythm = came(&[(0, "10.0.0.1"), (10, "10.0.0.2"), (20, "10.0.0.3"), (30, "10.0.0.4"), (40, "10.0.0.5"), (50, "10.0.0.6"), (600, "10.0.0.7")]);
        assert_eq!((rhythm.sources, rhythm.burst, rhythm.spread, rhythm.ordered), (7, 6, 600, Some(1.0)));
        assert!(!rhythm.is_off_hours);
        assert!(came(&[(0, "10.0.0.1"), (50_000, "10.0.0.2"), (51_000, "10.0.0.3")]).is_off_hours);
    }

    #[test]
    fn a_clock_has_no_unevenness_and_few_moments_have_none_told() {
        let probe: Vec<(i64, &str)> = (0..8).map(|number| (300 * number, "10.0.0.9")).collect();
        assert_eq!(came(&probe).of.values().copied().collect::<Vec<_>>(), [0.0]);
        assert!(came(&probe[..4]).of.is_empty());
    }
}
