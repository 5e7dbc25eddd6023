//! What arrivals tell of the time before: who is regular, what is usual at this hour, who makes rounds of the estate.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Address, Arrivals, Destination, Range, Timestamp, destination};

/// Destinations on one day from which a source makes a round.
pub const ROUND: usize = 5;
/// Earlier days of the same sort before what is usual can be said.
const ENOUGH: usize = 3;
const DAY: i64 = 86_400;

/// One source before and around the range.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SourcePast {
    /// Days before the range on which it came here.
    pub days: BTreeSet<i64>,
    /// Quarters of an hour before the range in which it came here.
    pub quarters: u32,
    /// Destinations it reached around the range.
    pub reached: BTreeSet<usize>,
    /// Earlier days on which it reached at least [`ROUND`] destinations.
    pub rounds: u32,
    /// Of the four weeks before, those in which it came here or made a round on this weekday within two hours of this time.
    pub weeks: u32,
}

/// The time before.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Past {
    /// Whole days known before the range.
    pub days: u32,
    /// Distinct sources that reached the destination within the range, in order.
    pub sources: BTreeSet<Address>,
    /// Distinct sources usual in such a stretch at this time of day; `None` where too little history says.
    pub usual: Option<u32>,
    /// Distinct sources in the same stretch one to four weeks before, as far as those are known.
    pub weeks: Vec<u32>,
    /// Earlier days, and those of them with at least half as many sources at this time of day.
    pub alike: (u32, u32),
    /// Distinct sources of a day: the median and the 95th percentile of the days before.
    pub daily: Option<(u32, u32)>,
    /// Each source of the range.
    pub of: BTreeMap<Address, SourcePast>,
    /// Destinations reached by anybody around the range.
    pub destinations: usize,
    /// Whether an address of the public internet ever came here before.
    pub was_public: bool,
}

/// Looks back from `range`; what lies `around` it tells where else its sources were.
pub fn past(arrivals: &Arrivals, to: &Destination, range: Range, around: Range, known_from: Timestamp) -> Past {
    let (_, of) = destination::join(&arrivals.endpoints);
    let is_here: Vec<bool> = arrivals.endpoints.iter().map(|endpoint| to.has(endpoint.address, endpoint.host.as_ref())).collect();
    let here = |endpoint: u32| is_here.get(endpoint as usize).copied().unwrap_or(false);
    let (begin, end) = (range.from.as_second(), range.to.as_second());
    let quarter = arrivals.bucket.seconds();
    // A quarter belongs to the range where it begins in it; a range narrower than a quarter takes the one it lies in.
    let is_in = |at: i64| at.saturating_add(quarter) > begin && at < end && (at >= begin || end - begin < quarter || at.saturating_add(quarter) > begin);
    let mut past = Past { days: u32::try_from((begin - known_from.as_second()).max(0) / DAY).unwrap_or(0), ..Past::default() };
    let rows = || arrivals.rows.iter().map(|row| (arrivals.bucket.at(row.bucket).as_second(), row));
    let mut meant = vec![false; arrivals.sources.len()];
    for (_, row) in rows().filter(|(at, row)| is_in(*at) && here(row.endpoint) && row.source != NO_SOURCE) {
        if let (Some(address), Some(known)) = (arrivals.sources.get(row.source as usize), meant.get_mut(row.source as usize)) {
            *known = true;
            past.sources.insert(*address);
        }
    }
    // Distinct sources here by day, and within the same stretch of each earlier day.
    let mut by_day: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
    let mut stretch: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
    let mut rounds: BTreeMap<(u32, i64), BTreeSet<usize>> = BTreeMap::new();
    let mut returns: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    let mut everywhere: BTreeSet<usize> = BTreeSet::new();
    for (at, row) in rows() {
        let place = of.get(row.endpoint as usize).copied();
        if row.source == NO_SOURCE {
            continue;
        }
        let of_range = meant.get(row.source as usize).copied().unwrap_or(false);
        if at >= begin {
            let time = arrivals.bucket.at(row.bucket);
            if around.contains(time) || is_in(at) {
                everywhere.extend(place);
            }
        }
        if of_range
            && (around.contains(arrivals.bucket.at(row.bucket)) || is_in(at))
            && let (Some(address), Some(place)) = (arrivals.sources.get(row.source as usize), place)
        {
            past.of.entry(*address).or_default().reached.insert(place);
        }
        if at >= begin {
            continue;
        }
        let days_ago = (begin - at + DAY - 1) / DAY;
        if of_range && let Some(place) = place {
            rounds.entry((row.source, at.div_euclid(DAY))).or_default().insert(place);
            let weeks_ago = (begin - at + 7 * DAY / 2) / (7 * DAY);
            let shifted = at + weeks_ago * 7 * DAY;
            if (1..=4).contains(&weeks_ago) && shifted > begin - 7200 && shifted < end + 7200 && here(row.endpoint) {
                returns.entry(row.source).or_default().insert(weeks_ago);
            }
        }
        if !here(row.endpoint) {
            continue;
        }
        by_day.entry(at.div_euclid(DAY)).or_default().insert(row.source);
        let shifted = at + days_ago * DAY;
        for (ago, at) in [(days_ago, shifted), (days_ago - 1, shifted - DAY)] {
            if ago >= 1 && is_in(at) {
                stretch.entry(ago).or_default().insert(row.source);
            }
        }
        if let Some(address) = arrivals.sources.get(row.source as usize) {
            past.was_public |= is_public(*address);
            if of_range {
                let known = past.of.entry(*address).or_default();
                known.days.insert(at.div_euclid(DAY));
                known.quarters = known.quarters.saturating_add(1);
            }
        }
    }
    for ((source, _), places) in &rounds {
        if places.len() >= ROUND
            && let Some(known) = arrivals.sources.get(*source as usize).and_then(|address| past.of.get_mut(address))
        {
            known.rounds += 1;
        }
    }
    for (source, weeks) in returns {
        if let Some(known) = arrivals.sources.get(source as usize).and_then(|address| past.of.get_mut(address)) {
            known.weeks = u32::try_from(weeks.len()).unwrap_or(0);
        }
    }
    past.destinations = everywhere.len();
    let count = |ago: i64| u32::try_from(stretch.get(&ago).map_or(0, BTreeSet::len)).unwrap_or(u32::MAX);
    // Whole days only: what was not known is no silence.
    let known = i64::from(past.days).min(35);
    let is_rest = |ago: i64| rests(begin - ago * DAY);
    let alike: Vec<u32> = (1..=known).filter(|ago| is_rest(*ago) == is_rest(0)).map(count).collect();
    past.usual = median(&alike).filter(|_| alike.len() >= ENOUGH);
    past.weeks = (1..=4).map(|week| 7 * week).filter(|ago| *ago <= known).map(count).collect();
    let half = past.sources.len().div_ceil(2);
    let busy = alike.iter().filter(|count| **count as usize >= half && half > 0).count();
    past.alike = (u32::try_from(alike.len()).unwrap_or(0), u32::try_from(busy).unwrap_or(0));
    let today = begin.div_euclid(DAY);
    let daily: Vec<u32> = (1..=known).map(|ago| u32::try_from(by_day.get(&(today - ago)).map_or(0, BTreeSet::len)).unwrap_or(u32::MAX)).collect();
    if daily.len() >= ENOUGH {
        let mut sorted = daily;
        sorted.sort_unstable();
        let at = |share: usize| sorted.get((sorted.len() - 1) * share / 100).copied().unwrap_or(0);
        past.daily = Some((at(50), at(95)));
    }
    past
}

/// Whether it is Saturday or Sunday, by UTC: enough to compare like with like.
fn rests(second: i64) -> bool {
    // The epoch was a Thursday.
    (second.div_euclid(DAY) + 3).rem_euclid(7) >= 5
}

fn median(values: &[u32]) -> Option<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// Whether an address is one of the public internet.
pub fn is_public(address: Address) -> bool {
    match address.ip() {
        std::net::IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || is_shared)
        }
        std::net::IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local() || ip.is_multicast()),
    }
}
