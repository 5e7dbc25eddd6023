//! The arrivals detector: a spike is more *arrivals of surprising sources* than chance, season and habit explain.
//!
//! In each bucket of 15 minutes, in this order:
//!
//! 1. `feed`: is the site fed at all? A gap is shown and not learned.
//! 2. `acquaintance`: which active sources *arrive* (were away for four hours), and of which `class` is each?
//! 3. `expectation`: how many arrivals are usual (week, time of day, time of week, clock changes), and how much they scatter.
//! 4. `wave`: is the whole site busier, or sees the same newcomers?
//! 5. `rates`: how many of each class are usual.
//! 6. `statistic` over windows of 15 min to a day, with the dispersions of `spread`: how much likelier the arrivals are with
//!    extra sources than without, in nats. `pivot` adds the suspicion that arriving servers bring along.
//! 7. `score`, and what there is to say: `explain`.
//! 8. Learning, winsorised: nothing in a gap, dispersions not in what may be an attack; a closed episode restarts the windows.
//!
//! Beyond the method as it was published (figures on the synthetic benchmark, denser in attacks than life): a burst of a server's
//! usual mix is judged as one wave, not class by class, and on the first and last day of a month a server's regular work may
//! double with newcomers. Together: average precision .770 to .806, false alarms .0070 to .0035 per destination and day.
//!
//! Arrivals tell an attack from a busy day where counts cannot: people come back, attackers come for the first time.

mod acquaintance;
mod calendar;
mod class;
mod detector;
mod expectation;
mod explain;
mod feed;
mod network;
mod past;
mod rates;
mod reason;
mod ring;
mod score;
mod server;
mod spread;
mod statistic;
#[cfg(test)]
mod tests;
mod wave;

pub use detector::{ByArrivals, NAME};

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use acquaintance::{Acquaintance, Newcomer};
use calendar::Calendar;
use class::{Class, PerClass};
use expectation::Usual;
use feed::Feed;
use network::{Network, Site};
use past::Past;
use rates::Rates;
use ring::Ring;
use server::{Came, Server, Visit};
use spread::{Spread, Sums, WINDOWS, regime, together};
use statistic::{Habits, Ratio, SUDDEN, WIDEST, WIDTHS};

use super::Roster;
use crate::domain::Why;

/// Buckets in a day and in a week.
const DAY: i64 = 96;
const WEEK: i64 = 7 * DAY;
/// Buckets after which the estate is known well enough to speak of bustle and of hours.
const SETTLED: i64 = 200;
/// Buckets for which a server that was reached may be come through: six hours.
const PIVOT: i64 = 24;
/// What an arriving server brings along: half of its own nats beyond 4, at most 6.
const PIVOT_SHARE: f64 = 0.5;
const PIVOT_FROM: f64 = 4.0;
const PIVOT_MOST: f64 = 6.0;
/// Nothing creeping counts for more than six times what is sudden: a day's window alone must not smoulder for a day.
const SUDDEN_FACTOR: f64 = 6.0;
/// Buckets for which the sources of an episode are still its own while they stay, and how many must have stayed: a crowd that goes
/// on is no news, but it is not over either.
const LINGERS: i64 = 4;
const STAYING: f64 = 3.0;
/// Buckets after which an episode is closed.
const CLOSED: i64 = 12;
/// Buckets of silence after which nobody remembers anything that fades.
const FORGOTTEN: i64 = 29 * DAY;

/// All that is remembered of an estate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Estate {
    /// Without what goes beyond the method as it was published: lingering crowds and waves that excuse.
    is_reference: bool,
    /// First bucket.
    first: Option<i64>,
    /// The next one.
    next: i64,
    /// Last bucket in which anybody was active.
    heard: i64,
    calendar: Calendar,
    feed: Feed,
    acquaintance: Acquaintance,
    servers: Vec<Server>,
    /// Place among the servers of each destination by its place in the roster.
    of: Vec<Option<u32>>,
    past: Past,
    /// What each server's week gains and, seven days on, loses: (server, arrivals).
    week: Ring<Arc<[(u32, f64)]>>,
    rates: Rates,
    spread: Spread,
    /// Expected arrivals up to and with each of the last buckets, by server.
    expected: Ring<Arc<[Expected]>>,
    /// Expected arrivals of the last two hours, bucket by bucket and without waves.
    plain_rates: Ring<Arc<[PerClass<f64>]>>,
}

/// Running sums of one server, to be subtracted from each other.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Expected {
    rates: PerClass<f64>,
    /// Of known sources: rate, and dispersion times rate squared.
    known: f64,
    known_squares: f64,
}

/// What was found of one server in the bucket at hand.
#[derive(Clone, PartialEq, Debug)]
struct Found {
    /// Its place among the servers.
    server: usize,
    /// Where that was asked for.
    why: Option<Arc<Why>>,
    /// The statistic, with what was brought along and all caps.
    nats: f64,
    trial: Trial,
    is_young: bool,
}

/// The statistic of one server over all windows.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Trial {
    best: Ratio,
    /// Place of the best window in [`WIDTHS`].
    window: usize,
    /// The best of the sudden windows.
    sudden: f64,
    /// The best so far after each window.
    so_far: [f64; WINDOWS],
}

/// Arrivals of a window with what was expected of it.
#[derive(Clone, Copy, Debug)]
struct Window {
    counts: PerClass<f64>,
    expected: PerClass<f64>,
    /// Dispersion of known sources from the neighbourhoods of its buckets.
    known: f64,
}

/// What was worked out for the bucket at hand.
struct Moment {
    now: i64,
    usual: Vec<Usual>,
    bustle: Vec<f64>,
    rates: Vec<PerClass<f64>>,
    counts: Vec<PerClass<f64>>,
}

impl Estate {
    fn with(calendar: Calendar) -> Self {
        Self {
            is_reference: false,
            first: None,
            next: 0,
            heard: 0,
            calendar,
            feed: Feed::new(),
            acquaintance: Acquaintance::new(),
            servers: Vec::new(),
            of: Vec::new(),
            past: Past::new(),
            week: Ring::new(WEEK as usize + 1),
            rates: Rates::new(),
            spread: Spread::new(),
            expected: Ring::new(WIDEST as usize + 2),
            plain_rates: Ring::new(wave::SPAN as usize - 1),
        }
    }

    /// The same memory, for people of these zones.
    fn in_zones(mut self, zones: &[TimeZone]) -> Self {
        self.calendar = self.calendar.in_zones(zones);
        self
    }

    /// Takes in bucket `now`: for each destination its place and the places of its sources. Buckets passed over were empty.
    /// What is found is explained where `explain` says of how many quarters the bucket is that is shown.
    fn step(&mut self, now: i64, present: &[(usize, Vec<u32>)], roster: &Roster, explain: Option<i64>) -> Vec<Found> {
        if self.first.is_none() {
            self.first = Some(now);
            (self.next, self.heard) = (now, now);
        }
        while self.next < now {
            self.one(self.next, &[], roster, None);
        }
        if self.next == now { self.one(now, present, roster, explain) } else { Vec::new() }
    }

    fn one(&mut self, now: i64, present: &[(usize, Vec<u32>)], roster: &Roster, explain: Option<i64>) -> Vec<Found> {
        self.next = now + 1;
        let age = now - self.first.unwrap_or(now);
        let active = self.admit(now, present, roster);
        if active.is_empty() && now - self.heard > FORGOTTEN {
            self.sleep(now);
            return Vec::new();
        }
        if !active.is_empty() {
            self.heard = now;
        }
        self.calendar.open(now);
        let mut pairs = vec![0; self.feed.sites()];
        for site in active.iter().filter_map(|(server, _)| self.servers.get(*server as usize)).map(|server| server.site) {
            if let Some(pairs) = pairs.get_mut(site) {
                *pairs += 1;
            }
        }
        self.feed.open(now, age, &pairs);
        let counts = self.arrive(now, active, roster);
        let moment = self.expect(now, age, counts);
        let mut found = self.judge(&moment, age);
        if let Some(quarters) = explain {
            for found in &mut found {
                found.why = self.explain(&moment, found, roster, quarters).map(Arc::new);
            }
        }
        self.learn(&moment, age, &found);
        found
    }

    /// Gives places to destinations seen for the first time; every active pair of (server, source), once.
    fn admit(&mut self, now: i64, present: &[(usize, Vec<u32>)], roster: &Roster) -> Vec<(u32, u32)> {
        let mut active = Vec::new();
        for (place, sources) in present.iter().filter(|(_, sources)| !sources.is_empty()) {
            if self.of.len() <= *place {
                self.of.resize(place + 1, None);
            }
            let Some(of) = self.of.get_mut(*place) else { continue };
            let server = *of.get_or_insert_with(|| {
                let address = roster.destinations().get(*place).and_then(|known| known.addresses.iter().find(|address| address.identifies_a_host()));
                let site = self.feed.place(Site::of(address.copied()));
                self.servers.push(Server::new(site, now));
                u32::try_from(self.servers.len() - 1).unwrap_or(u32::MAX)
            });
            active.extend(sources.iter().map(|source| (server, *source)));
        }
        active.sort_unstable();
        active.dedup();
        active
    }

    /// Nothing happens for years: clocks go on, everything else rests.
    fn sleep(&mut self, now: i64) {
        self.calendar.open(now);
        self.feed.open(now, 0, &vec![0; self.feed.sites()]);
        self.feed.close(now, &vec![0; self.feed.sites()]);
        self.calendar.close(now);
        self.past.push(now, Arc::new([]));
        self.week.push(now, Arc::new([]));
        self.expected.push(now, self.expected.last().cloned().unwrap_or_default());
        self.plain_rates.push(now, Arc::new([]));
        for server in &mut self.servers {
            server.week = 0.0;
            server.forget(now);
        }
    }

    /// Tells the arrivals among the active pairs, and their classes; counts them by server.
    fn arrive(&mut self, now: i64, active: Vec<(u32, u32)>, roster: &Roster) -> Vec<PerClass<f64>> {
        let (servers, feed) = (&self.servers, &self.feed);
        let clock = |server: u32| servers.get(server as usize).map_or(0, |server| feed.clock(server.site));
        let arriving = self.acquaintance.meet(now, active, clock);
        let mut counts = vec![PerClass::default(); self.servers.len()];
        let mut newcomers = Vec::with_capacity(arriving.len());
        let mut visits: Vec<(u32, Came)> = Vec::with_capacity(arriving.len());
        for (server, source, is_new) in arriving {
            let address = roster.address(source);
            let newcomer = Newcomer { server, source, network: address.map(Network::of), is_new };
            let itself = || address.and_then(|address| roster.at(address)).and_then(|place| self.of.get(place).copied().flatten());
            let is_chain = || {
                let host = itself().and_then(|host| self.servers.get(host as usize));
                host.and_then(|host| host.reached).is_some_and(|reached| now - reached <= PIVOT)
            };
            let class = self.acquaintance.class(&newcomer, self.servers.len(), is_chain);
            let brought = if class == Class::Chain {
                let hottest = itself().and_then(|host| self.servers.get(host as usize)).map_or(0.0, |host| host.hottest_since(now - PIVOT));
                (PIVOT_SHARE * (hottest - PIVOT_FROM)).clamp(0.0, PIVOT_MOST)
            } else {
                0.0
            };
            if let Some(counts) = counts.get_mut(server as usize) {
                *counts.at(class) += 1.0;
            }
            visits.push((server, Came { source, class, brought }));
            newcomers.push(newcomer);
        }
        for visits in visits.chunk_by(|one, two| one.0 == two.0) {
            let Some((place, _)) = visits.first() else { continue };
            let (Some(server), Some(counts)) = (self.servers.get_mut(*place as usize), counts.get(*place as usize)) else { continue };
            if visits.iter().any(|(_, came)| came.class.is_unexpected()) {
                server.reached = Some(now);
            }
            server.lately.push_back(Visit { bucket: now, counts: *counts, came: visits.iter().map(|(_, came)| *came).collect() });
        }
        self.acquaintance.learn(&newcomers);
        counts
    }

    /// What is usual everywhere in this bucket.
    fn expect(&mut self, now: i64, age: i64, counts: Vec<PerClass<f64>>) -> Moment {
        let usual = expectation::usual(now, age, &mut self.servers, &self.past, &self.feed, &self.calendar);
        let mut bustle = vec![1.0; self.servers.len()];
        let mut waves = vec![PerClass::all(1.0); self.servers.len()];
        if age >= SETTLED {
            let both: Vec<(f64, f64)> = usual.iter().zip(&counts).map(|(usual, counts)| (usual.mean, counts.scored())).collect();
            bustle = wave::bustle(&self.servers, &both, &self.feed);
            let mut expected = vec![PerClass::default(); self.servers.len()];
            for row in self.plain_rates.iter() {
                for (sum, rates) in expected.iter_mut().zip(row.iter()) {
                    *sum = sum.plus(*rates);
                }
            }
            let hits: Vec<PerClass<f64>> =
                self.servers.iter().map(|server| server.arrived_since(now + 1 - wave::SPAN).map(|count| f64::from(u8::from(count > 0.0)))).collect();
            waves = wave::waves(&self.servers, &expected, &hits, &self.feed);
        }
        let profile = Rates::profile(now, age, &self.feed, &self.calendar);
        let rates: Vec<PerClass<f64>> = self
            .servers
            .iter()
            .zip(usual.iter().zip(&bustle))
            .map(|(server, (usual, bustle))| self.rates.of(server, usual.mean * bustle, profile.get(server.site).copied().unwrap_or(1.0)))
            .collect();
        let before = self.expected.last().cloned().unwrap_or_default();
        let sums = rates.iter().zip(&waves).zip(&usual).enumerate().map(|(place, ((rates, waves), usual))| {
            let before = before.get(place).copied().unwrap_or_default();
            let known = rates.of(Class::Known);
            Expected {
                rates: before.rates.plus(rates.with(*waves, |rate, wave| rate * wave)),
                known: before.known + known,
                known_squares: before.known_squares + usual.dispersion * known * known,
            }
        });
        self.expected.push(now, sums.collect());
        self.plain_rates.push(now, rates.as_slice().into());
        Moment { now, usual, bustle, rates, counts }
    }

    /// The window of `width` buckets up to now at one server, with the arrivals `arrived` since a bucket.
    fn window(&self, now: i64, place: usize, width: i64, arrived: impl Fn(i64) -> PerClass<f64>) -> Option<Window> {
        let server = self.servers.get(place)?;
        let begin = now + 1 - width;
        let from = begin.max(server.restart);
        let until = *self.expected.get(now)?.get(place)?;
        let sums = |bucket: i64| self.expected.get(bucket - 1).and_then(|row| row.get(place)).copied().unwrap_or_default();
        let (all, since) = (sums(begin), sums(from));
        let known = (until.known_squares - all.known_squares).max(0.0) / (until.known - all.known).powi(2).max(1e-12);
        Some(Window { counts: arrived(from), expected: until.rates.with(since.rates, |until, since| (until - since).max(1e-6)), known })
    }

    /// The statistic over all windows, for what `arrived` since a bucket.
    fn trial(&self, now: i64, place: usize, mean: f64, arrived: impl Fn(i64) -> PerClass<f64>) -> Trial {
        let mut trial = Trial::default();
        let Some(server) = self.servers.get(place) else { return trial };
        for ((number, width), so_far) in (0..).zip(WIDTHS).zip(&mut trial.so_far) {
            let Some(window) = self.window(now, place, width, &arrived) else { continue };
            let own = server.own.get(number).map_or(0.0, |own| own.own(window.expected.scored().max(1e-4)));
            let known = window.known.max(0.3 * server.scatter.dispersion().max(0.02));
            let dispersion = together(self.spread.of(number, regime(mean)), known, own);
            let habits = (!self.is_reference).then(|| Habits { own, known, is_surge: self.calendar.turns_month() });
            let ratio = statistic::ratio(window.counts, window.expected, dispersion, habits);
            if ratio.nats > trial.best.nats {
                (trial.best, trial.window) = (ratio, number);
            }
            if width <= SUDDEN {
                trial.sudden = trial.sudden.max(ratio.nats);
            }
            *so_far = trial.best.nats;
        }
        trial
    }

    fn judge(&self, moment: &Moment, age: i64) -> Vec<Found> {
        let now = moment.now;
        let mut found = Vec::new();
        if age >= DAY {
            for (place, (counts, usual)) in moment.counts.iter().zip(&moment.usual).enumerate() {
                let Some(server) = self.servers.get(place).filter(|server| counts.scored() > 0.0 || self.lingers(now, place, server)) else { continue };
                let trial = self.trial(now, place, usual.mean, |from| server.arrived_since(from));
                let brought = server.brought_since(now + 1 - PIVOT);
                let is_young = now - server.born < DAY;
                found.push(Found { server: place, why: None, nats: nats(trial, brought, is_young), trial, is_young });
            }
        }
        found
    }

    /// Whether those who came in an episode that was seen within the hour are still there.
    fn lingers(&self, now: i64, place: usize, server: &Server) -> bool {
        let from = now + 1 - LINGERS;
        !self.is_reference && server.hot.is_some_and(|hot| hot >= from && hot < now) && {
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            let came = server.visits_since(from).flat_map(|visit| visit.came.iter()).filter(|came| came.class != Class::Roaming);
            came.filter(|came| self.acquaintance.is_here(number, came.source, now)).count() as f64 >= STAYING
        }
    }

    fn learn(&mut self, moment: &Moment, age: i64, found: &[Found]) {
        let now = moment.now;
        if age >= DAY {
            self.learn_spread(moment, age, found);
        }
        for found in found {
            if let Some(server) = self.servers.get_mut(found.server) {
                server.scored.push_back((now, found.nats));
                if found.nats >= score::ANOMALOUS && moment.counts.get(found.server).is_some_and(|counts| counts.scored() > 0.0) {
                    server.hot = Some(now);
                }
            }
        }
        let mut hits = vec![0; self.feed.sites()];
        let mut single = Vec::new();
        let mut week = Vec::new();
        let mut lessons = Vec::with_capacity(self.servers.len());
        let leaving = self.week.get(now - WEEK).cloned();
        for (place, server) in self.servers.iter_mut().enumerate() {
            let (Some(usual), Some(bustle), Some(rates), Some(counts)) =
                (moment.usual.get(place), moment.bustle.get(place), moment.rates.get(place), moment.counts.get(place))
            else {
                continue;
            };
            // A closed episode is not evidence again.
            if server.hot == Some(now - CLOSED) {
                server.restart = now - CLOSED + 1;
            }
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            let arrived = counts.scored();
            if arrived > 0.0
                && let Some(hits) = hits.get_mut(server.site)
            {
                *hits += 1;
            }
            let mean = usual.mean * bustle;
            let is_live = self.feed.is_live(server.site);
            let gain = if is_live {
                let count = arrived.min(mean + 4.0 * (mean * (1.0 + usual.dispersion * mean)).sqrt() + 3.0);
                if count > 0.0 {
                    single.push((number, count));
                }
                server.scatter.learn(count, mean);
                count
            } else {
                server.scatter.fade();
                usual.mean
            };
            if gain > 0.0 {
                server.week += gain;
                week.push((number, gain));
            }
            let learned =
                if is_live { counts.with(*rates, |count, rate| count.min(rate + 3.0 * (rate * (1.0 + rate)).sqrt() + 1.0)) } else { PerClass::default() };
            let is_calm = is_live && server.hottest_since(now) < score::DOUBTFUL && now > server.born;
            server.before = (usual.mean, arrived);
            server.forget(now);
            lessons.push((learned, *usual, is_calm));
        }
        for (place, count) in leaving.iter().flat_map(|row| row.iter()) {
            if let Some(server) = self.servers.get_mut(*place as usize) {
                server.week -= count;
            }
        }
        self.rates.learn(self.servers.iter_mut().zip(lessons).map(|(server, (counts, usual, is_calm))| (server, counts, usual, is_calm)));
        self.past.push(now, single.into());
        self.week.push(now, week.into());
        self.feed.close(now, &hits);
        self.calendar.close(now);
    }

    /// Dispersions are learned from windows that do not overlap.
    fn learn_spread(&mut self, moment: &Moment, age: i64, found: &[Found]) {
        let now = moment.now;
        for (number, width) in WIDTHS.iter().copied().enumerate().filter(|(_, width)| age % width == 0) {
            let mut sums = Sums::default();
            let mut trials = found.iter().peekable();
            for place in 0..self.servers.len() {
                let trial = trials.next_if(|found| found.server == place).map(|found| found.trial);
                let (Some(server), Some(usual)) = (self.servers.get(place), moment.usual.get(place)) else { continue };
                let Some(window) = self.window(now, place, width, |from| server.arrived_since(from)) else { continue };
                let is_live = self.feed.is_live(server.site);
                let so_far = trial.and_then(|trial| trial.so_far.get(number).copied()).unwrap_or(0.0);
                let hottest = if width > 1 { server.hottest_since(now + 1 - width) } else { 0.0 };
                if is_live && so_far < score::DOUBTFUL && hottest < score::DOUBTFUL {
                    let regime = regime(usual.mean);
                    sums.add(regime, window.counts, window.expected, self.spread.of(number, regime));
                }
                let (count, expected) = (window.counts.scored(), window.expected.scored().max(1e-4));
                if let Some(own) = self.servers.get_mut(place).and_then(|server| server.own.get_mut(number)) {
                    own.learn(width, count, expected, is_live);
                }
            }
            self.spread.learn(number, &sums);
        }
    }
}

/// The statistic of a trial with all caps.
fn nats(trial: Trial, brought: f64, is_young: bool) -> f64 {
    let nats = (trial.best.nats + brought).min(SUDDEN_FACTOR * (trial.sudden + brought));
    if is_young { nats.min(score::YOUNG_MOST) } else { nats }
}
