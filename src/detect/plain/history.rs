//! What is known of one destination: since when, how busy its last week was, and how much its counts scatter.

use serde::{Deserialize, Serialize};

/// Level and scatter of one destination.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// First bucket with a source.
    pub born: i64,
    /// Last bucket with a source.
    pub last: i64,
    /// Sum of the counts of the last week.
    pub week: u64,
    /// Squares off from expectation beyond chance, fading.
    excess: f64,
    /// Squares of expectation, fading.
    weight: f64,
}

/// Half of what was learned about scatter fades in about a week of quarters.
const FADE: f64 = 0.999;
/// Scatter assumed before anything is known, and how much that assumption weighs.
const FIRST_EXCESS: f64 = 0.5;
const FIRST_WEIGHT: f64 = 5.0;

impl History {
    /// Of a destination first seen in bucket `born`.
    pub fn new(born: i64) -> Self {
        Self { born, last: born, week: 0, excess: FIRST_EXCESS, weight: FIRST_WEIGHT }
    }

    /// How much counts scatter beyond chance: variance = mean + dispersion x mean^2.
    pub fn dispersion(&self) -> f64 {
        (self.excess / self.weight).clamp(0.01, 5.0)
    }

    /// Takes in the count of `bucket`, of which `mean` was expected, while the count `leaving` becomes older than a week.
    pub fn learn(&mut self, bucket: i64, count: u16, leaving: u16, mean: f64) {
        self.week = (self.week + u64::from(count)).saturating_sub(u64::from(leaving));
        if count > 0 {
            self.last = bucket;
        }
        self.scatter(f64::from(count), mean);
    }

    /// Winsorised: one attack must not widen what passes for ordinary.
    fn scatter(&mut self, count: f64, mean: f64) {
        let most = mean + 4.0 * (mean + mean * mean * self.dispersion()).sqrt() + 2.0;
        let off = count.min(most) - mean;
        self.weight = FADE * self.weight + mean * mean;
        self.excess = (FADE * self.excess + (off * off - mean).max(-mean)).max(0.02 * self.weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_slides() {
        let mut history = History::new(100);
        for (bucket, (count, leaving)) in (100..).zip([(3, 0), (0, 0), (5, 3), (0, 0), (0, 5)]) {
            history.learn(bucket, count, leaving, 1.0);
        }
        assert_eq!((history.week, history.last), (0, 102));
    }

    #[test]
    fn one_attack_hardly_widens_what_is_ordinary() {
        let mut history = History::new(0);
        (0..500).for_each(|bucket| history.learn(bucket, [1, 3][bucket as usize % 2], 0, 2.0));
        let before = history.dispersion();
        history.learn(500, 5000, 0, 2.0);
        assert!(history.dispersion() < before + 0.1, "{} -> {}", before, history.dispersion());
        let mut wild = History::new(0);
        (0..500).for_each(|bucket| wild.learn(bucket, [0, 0, 0, 8][bucket as usize % 4], 0, 2.0));
        assert!(wild.dispersion() > 1.0, "{}", wild.dispersion());
    }
}
