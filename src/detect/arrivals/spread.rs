//! How much arrivals of each class scatter over windows of each width: pooled over the estate, and each server's own.

use serde::{Deserialize, Serialize};

use super::class::{Class, PerClass};

/// How many widths of windows there are ([`super::statistic::WIDTHS`]).
pub const WINDOWS: usize = 6;
/// Dispersion assumed before anything is seen, and how much that weighs.
const FIRST: f64 = 2.0;
const FIRST_WEIGHT: f64 = 0.05;
const FADE: f64 = 0.9995;
/// Pooled dispersions beyond this would excuse anything.
const MOST: f64 = 40.0;
/// A server's own, over everything it ever did, may excuse more: bursts of a project server are what it is for.
const MOST_OWN: f64 = 3000.0;
/// Weight, in squares of what is expected, by which "no burst of its own" speaks.
const OWN_WEIGHT: f64 = 2.0;
/// Own bursts fade in a bucket of 24 quarters.
const OWN_FADE: f64 = 0.995;
/// Least dispersion of classes other than known sources: who is new never comes quite alone.
const LEAST: f64 = 0.05;

/// Squares off from expectation beyond chance, against squares of expectation.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Moments {
    excess: f64,
    weight: f64,
}

impl Moments {
    /// What a server's own windows of which `expected` arrivals were expected may scatter.
    pub fn own(self, expected: f64) -> f64 {
        (self.excess / (self.weight + OWN_WEIGHT * expected * expected)).min(MOST_OWN)
    }

    /// Takes in a window of `width` buckets that ended in a live bucket: `count` where `expected` were; a gap only lets it fade.
    pub fn learn(&mut self, width: i64, count: f64, expected: f64, is_live: bool) {
        let count = count.min(expected + 4.0 * (expected * (1.0 + expected)).sqrt() + 4.0);
        let fade = OWN_FADE.powf(width as f64 / 24.0);
        let live = f64::from(u8::from(is_live));
        self.excess = self.excess * fade + (count * count - count - expected * expected).max(0.0) * live;
        self.weight = self.weight * fade + expected * expected * live;
    }
}

/// The estate's dispersions by window and regime.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spread {
    pools: [[(PerClass<f64>, PerClass<f64>); 3]; WINDOWS],
}

/// Sums of one bucket for each regime: excess and weight.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sums([(PerClass<f64>, PerClass<f64>); 3]);

/// Whether a server is quiet, middling or busy right now: they scatter differently.
pub fn regime(mean: f64) -> usize {
    usize::from(mean >= 0.05) + usize::from(mean >= 1.0)
}

impl Spread {
    /// What is assumed at first.
    pub fn new() -> Self {
        Self { pools: [[(PerClass::all(FIRST * FIRST_WEIGHT), PerClass::all(FIRST_WEIGHT)); 3]; WINDOWS] }
    }

    /// The estate's dispersion of each class.
    pub fn of(&self, window: usize, regime: usize) -> PerClass<f64> {
        let pool = self.pools.get(window).and_then(|pools| pools.get(regime));
        pool.map_or(PerClass::all(FIRST), |(excess, weight)| excess.with(*weight, |excess, weight| (excess / weight).min(MOST)))
    }

    /// Takes in the sums of a bucket over one window.
    pub fn learn(&mut self, window: usize, sums: &Sums) {
        let Some(pools) = self.pools.get_mut(window) else { return };
        for ((excess, weight), (more, heavier)) in pools.iter_mut().zip(&sums.0) {
            *excess = excess.with(*more, |before, now| before * FADE + now.max(0.0));
            *weight = weight.with(*heavier, |before, now| before * FADE + now);
        }
    }
}

impl Sums {
    /// Adds a server's window: `counts` (winsorised) where `expected` were.
    pub fn add(&mut self, regime: usize, counts: PerClass<f64>, expected: PerClass<f64>, dispersion: PerClass<f64>) {
        let Some((excess, weight)) = self.0.get_mut(regime) else { return };
        let most = expected.with(dispersion, |expected, dispersion| expected + 4.0 * (expected * (1.0 + dispersion.min(10.0) * expected)).sqrt() + 2.0);
        let counts = counts.with(most, f64::min);
        *excess = excess.plus(counts.with(expected, |count, expected| count * count - count - expected * expected));
        *weight = weight.plus(expected.map(|expected| expected * expected));
    }
}

/// The dispersions by which a window is judged: known sources by their own neighbourhood, newcomers by the estate, all by the
/// server's own bursts.
pub fn together(pooled: PerClass<f64>, known: f64, own: f64) -> PerClass<f64> {
    let mut dispersion = pooled.map(|pooled| pooled.max(LEAST));
    *dispersion.at(Class::Known) = known;
    dispersion.map(|dispersion| dispersion.max(own))
}
