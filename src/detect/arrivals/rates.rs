//! How many arrivals of each class are usual: the server's own mix, leaning on servers as busy as it, and a quiet rate.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::class::{CLASSES, PerClass};
use super::expectation::Usual;
use super::feed::Feed;
use super::server::Server;
use super::{DAY, SETTLED};

/// Pseudo-arrivals by which servers of the same bustle speak for one.
const MIX_WEIGHT: f64 = 20.0;
/// Arrivals so far (fading) that part servers into bins of bustle.
const BINS: [f64; 7] = [0.0, 4.0, 11.0, 31.0, 101.0, 301.0, 1001.0];
/// What is assumed of newcomers before anything is seen: their share of arrivals by class, and how it falls with bustle.
const FIRST_MIX: [f64; CLASSES] = [0.0, 0.25, 0.15, 0.1, 0.1, 0.03, 0.02, 0.15];
const FIRST_BY_BIN: [f64; 7] = [1.0, 0.7, 0.4, 0.3, 0.2, 0.1, 0.05];
/// Pseudo-arrivals by which that assumption speaks.
const FIRST_WEIGHT: f64 = 4.0;
/// How a server's own mix fades in a bucket: half in 14 days.
const FADE_DAYS: f64 = 14.0;
/// How the estate's mixes fade in a bucket: half in 14 days, too, where every server is heard of once a day.
const ESTATE_FADE: f64 = 0.9995;
/// Arrivals per bucket where nothing is expected, by class, before anything is seen.
const FIRST_QUIET: [f64; CLASSES] = [0.002, 0.0005, 0.001, 0.001, 0.0003, 0.0001, 0.0001, 0.004];
/// Buckets by which the estate's quiet rate speaks for a server: three weeks.
const QUIET_WEIGHT: f64 = 2000.0;
const QUIET_FADE: f64 = 0.9998;
/// Expected arrivals below which a bucket tells of the quiet rate.
const QUIET: f64 = 0.02;
/// Days, and buckets on either side, from which the hours of the unforeseen are taken.
const PROFILE_DAYS: i64 = 10;
const PROFILE_HALO: i64 = 3;
/// Bounds of that profile.
const PROFILE: (f64, f64) = (0.12, 4.0);

/// What the estate has taught of mixes and quiet rates.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rates {
    bins: [(PerClass<f64>, f64); BINS.len()],
    quiet: (PerClass<f64>, f64),
}

/// The bin of a server with so many arrivals.
fn bin(arrivals: f64) -> usize {
    BINS.iter().filter(|edge| **edge <= arrivals).count().saturating_sub(1)
}

impl Rates {
    /// What is assumed at first.
    pub fn new() -> Self {
        let bins = FIRST_BY_BIN.map(|share| {
            let mut mix = FIRST_MIX.map(|first| first * FIRST_WEIGHT * share);
            mix[0] = FIRST_WEIGHT - mix.iter().skip(1).sum::<f64>();
            (PerClass(mix), FIRST_WEIGHT)
        });
        Self { bins, quiet: (PerClass(FIRST_QUIET.map(|rate| rate * QUIET_WEIGHT)), QUIET_WEIGHT) }
    }

    /// How the unforeseen spreads over the hours of each site: at night and on weekends there is less of it.
    pub fn profile(now: i64, age: i64, feed: &Feed, calendar: &Calendar) -> Vec<f64> {
        if age < SETTLED {
            return vec![1.0; feed.sites()];
        }
        let days = (1..=PROFILE_DAYS).filter(|day| age - day * DAY >= 4);
        let buckets: Vec<i64> = days
            .flat_map(|day| (-PROFILE_HALO..=PROFILE_HALO).map(move |off| now - day * DAY + off))
            .filter(|bucket| *bucket < now && calendar.is_alike(*bucket))
            .collect();
        let profile = |site| {
            let hits: u32 = buckets.iter().map(|bucket| feed.hits(site, *bucket)).sum();
            ((f64::from(hits) + 2.0) / (feed.bustle(site, age) * buckets.len() as f64 + 2.0)).clamp(PROFILE.0, PROFILE.1)
        };
        (0..feed.sites()).map(profile).collect()
    }

    /// The expected arrivals of one bucket by class, where `mean` are expected of all scored classes.
    pub fn of(&self, server: &Server, mean: f64, profile: f64) -> PerClass<f64> {
        let (mix, weight) = self.bins.get(bin(server.arrivals)).copied().unwrap_or((PerClass::default(), 1.0));
        let (quiet, buckets) = self.quiet;
        let estate = quiet.map(|count| count / buckets);
        let own = server.mix.with(mix, |own, estate| (own + MIX_WEIGHT * (estate / weight)) / (server.arrivals + MIX_WEIGHT));
        let unforeseen = server.calm.with(estate, |own, estate| (own + QUIET_WEIGHT * estate) / (server.calm_buckets + QUIET_WEIGHT) * profile);
        own.with(unforeseen, |share, quiet| share * mean + quiet)
    }

    /// Takes in a bucket: for each server, its arrivals by class (winsorised), what was usual, and whether it was calm.
    pub fn learn<'a>(&mut self, servers: impl Iterator<Item = (&'a mut Server, PerClass<f64>, Usual, bool)>) {
        let fade = 0.5f64.powf(1.0 / (DAY as f64 * FADE_DAYS));
        for (mix, weight) in &mut self.bins {
            *mix = mix.map(|count| count * ESTATE_FADE);
            *weight *= ESTATE_FADE;
        }
        let (mut quiet, mut buckets) = (PerClass::default(), 0.0);
        for (server, counts, usual, is_calm) in servers {
            if let Some((mix, weight)) = self.bins.get_mut(bin(server.arrivals)) {
                *mix = mix.plus(counts);
                *weight += counts.scored();
            }
            server.mix = server.mix.with(counts, |mix, count| mix * fade + count);
            server.arrivals = server.arrivals * fade + counts.scored();
            if is_calm {
                server.calm = server.calm.plus(counts);
                server.calm_buckets += 1.0;
                if usual.mean < QUIET {
                    quiet = quiet.plus(counts);
                    buckets += 1.0;
                }
            }
        }
        self.quiet.0 = self.quiet.0.with(quiet, |before, now| before * QUIET_FADE + now);
        self.quiet.1 = self.quiet.1 * QUIET_FADE + buckets;
    }
}
