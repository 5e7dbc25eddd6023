//! What is remembered of one destination.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::class::{Class, PerClass};
use super::spread::{Moments, WINDOWS};
use super::statistic::WIDEST;

/// Half of what was learned about scatter fades in a week of quarters.
const FADE: f64 = 0.999;
/// Scatter assumed before anything is known, and how much that assumption weighs: a tenth, as Poisson counts with a little bustle have.
const FIRST_EXCESS: f64 = 0.5;
const FIRST_WEIGHT: f64 = 5.0;

/// One destination.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Server {
    /// Place of its site in the feed.
    pub site: usize,
    /// First bucket with a source.
    pub born: i64,
    /// Arrivals of the last week, winsorised; in gaps what was expected.
    pub week: f64,
    /// Arrivals that a gap has held back.
    pub carry: f64,
    /// How much arrivals scatter about expectation.
    pub scatter: Scatter,
    /// Arrivals by class, fading.
    pub mix: PerClass<f64>,
    /// Arrivals of all scored classes, fading.
    pub arrivals: f64,
    /// Arrivals by class outside of episodes, and in how many buckets.
    pub calm: PerClass<f64>,
    pub calm_buckets: f64,
    /// Scatter of its own over each window.
    pub own: [Moments; WINDOWS],
    /// Windows begin no earlier than this bucket.
    pub restart: i64,
    /// Last bucket in which an episode was seen.
    pub hot: Option<i64>,
    /// Last bucket in which somebody unexpected arrived.
    pub reached: Option<i64>,
    /// Arrivals by class of the last buckets that had any.
    pub lately: VecDeque<Visit>,
    /// The statistic of the last buckets that were scored.
    pub scored: VecDeque<(i64, f64)>,
    /// Expectation and arrivals of the bucket before.
    pub before: (f64, f64),
}

impl Server {
    /// First seen in bucket `born`.
    pub fn new(site: usize, born: i64) -> Self {
        Self {
            site,
            born,
            week: 0.0,
            carry: 0.0,
            scatter: Scatter { excess: FIRST_EXCESS, weight: FIRST_WEIGHT },
            mix: PerClass::default(),
            arrivals: 0.0,
            calm: PerClass::default(),
            calm_buckets: 0.0,
            own: [Moments::default(); WINDOWS],
            restart: i64::MIN,
            hot: None,
            reached: None,
            lately: VecDeque::new(),
            scored: VecDeque::new(),
            before: (0.0, 0.0),
        }
    }

    /// Forgets what lies further back than any window.
    pub fn forget(&mut self, now: i64) {
        let oldest = now + 1 - WIDEST;
        while self.lately.front().is_some_and(|visit| visit.bucket < oldest) {
            self.lately.pop_front();
        }
        while self.scored.front().is_some_and(|(bucket, _)| *bucket < oldest) {
            self.scored.pop_front();
        }
    }

    /// Arrivals by class since `from`.
    pub fn arrived_since(&self, from: i64) -> PerClass<f64> {
        self.visits_since(from).fold(PerClass::default(), |sum, visit| sum.plus(visit.counts))
    }

    /// The last buckets with arrivals since `from`, latest first.
    pub fn visits_since(&self, from: i64) -> impl Iterator<Item = &Visit> {
        self.lately.iter().rev().take_while(move |visit| visit.bucket >= from)
    }

    /// What arriving servers brought along since `from`.
    pub fn brought_since(&self, from: i64) -> f64 {
        self.visits_since(from).flat_map(|visit| visit.came.iter()).map(|came| came.brought).sum()
    }

    /// The highest statistic since `from`.
    pub fn hottest_since(&self, from: i64) -> f64 {
        self.scored.iter().rev().take_while(|(bucket, _)| *bucket >= from).map(|(_, statistic)| *statistic).fold(0.0, f64::max)
    }
}

/// Who arrived in one bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visit {
    /// Which bucket.
    pub bucket: i64,
    /// How many of each class.
    pub counts: PerClass<f64>,
    /// Each of them.
    pub came: Arc<[Came]>,
}

/// One arrival.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Came {
    /// Place of the source.
    pub source: u32,
    /// Its class here.
    pub class: Class,
    /// Suspicion it brings along, in nats: it is a server that was odd itself.
    pub brought: f64,
}

/// Squares off from expectation beyond chance, against squares of expectation; both fade.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Scatter {
    excess: f64,
    weight: f64,
}

impl Scatter {
    /// variance = mean + dispersion x mean^2.
    pub fn dispersion(self) -> f64 {
        self.excess / self.weight
    }

    /// Takes in a live bucket: `count` where `mean` was expected.
    pub fn learn(&mut self, count: f64, mean: f64) {
        let off = ((count - mean).powi(2) - mean).max(-mean);
        // One attack must not widen what passes for ordinary.
        self.excess = self.excess * FADE + off.min(50.0 * (1.0 + mean * mean));
        self.weight = self.weight * FADE + mean * mean;
        self.excess = self.excess.max(0.02 * self.weight);
    }

    /// A gap only lets it fade.
    pub fn fade(&mut self) {
        self.excess = (self.excess * FADE).max(0.02 * self.weight * FADE);
        self.weight *= FADE;
    }
}
