//! What one destination did in the last four weeks, and how much its counts scatter.

/// Counts of the recent past in a ring, and the moments of what was off from expectation.
#[derive(Clone, Debug)]
pub struct History {
    /// First bucket with a source.
    pub born: i64,
    /// Last bucket with a source.
    pub last: i64,
    /// Sum of the counts of the last week.
    pub week: u64,
    ring: Box<[u16]>,
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
    /// Of a destination first seen in bucket `born`, looked back on for `reach` buckets.
    pub fn new(born: i64, reach: i64) -> Self {
        let slots = usize::try_from(reach).unwrap_or(0).saturating_add(1).next_power_of_two();
        Self { born, last: born, week: 0, ring: vec![0; slots].into_boxed_slice(), excess: FIRST_EXCESS, weight: FIRST_WEIGHT }
    }

    fn slot(&self, bucket: i64) -> usize {
        // The ring's length is a power of two: masking is the remainder, for negative buckets too.
        (bucket as usize) & (self.ring.len() - 1)
    }

    /// The count of a bucket within reach.
    pub fn count(&self, bucket: i64) -> u16 {
        self.ring.get(self.slot(bucket)).copied().unwrap_or(0)
    }

    /// The sum of the counts around a bucket within reach.
    pub fn around(&self, bucket: i64, halo: i64) -> u32 {
        (bucket - halo..=bucket + halo).map(|near| u32::from(self.count(near))).sum()
    }

    /// Whether nothing has happened for so long that nothing is left to look back on.
    pub fn is_silent(&self, bucket: i64) -> bool {
        bucket - self.last > self.ring.len() as i64
    }

    /// How much counts scatter beyond chance: variance = mean + dispersion x mean^2.
    pub fn dispersion(&self) -> f64 {
        (self.excess / self.weight).clamp(0.01, 5.0)
    }

    /// Takes in the count of `bucket`, of which `mean` was expected; `week` is the length of a week in buckets.
    pub fn learn(&mut self, bucket: i64, count: u32, mean: f64, week: i64) {
        if self.is_silent(bucket) {
            self.ring.fill(0);
            self.week = 0;
        }
        self.week = self.week.saturating_sub(u64::from(self.count(bucket - week)));
        let kept = u16::try_from(count).unwrap_or(u16::MAX);
        self.week += u64::from(kept);
        let slot = self.slot(bucket);
        if let Some(place) = self.ring.get_mut(slot) {
            *place = kept;
        }
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
    fn the_ring_holds_the_week_and_its_neighbourhoods() {
        let mut history = History::new(100, 40);
        for (bucket, count) in (100..120).zip([3, 0, 0, 5, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]) {
            history.learn(bucket, count, 1.0, 7);
        }
        assert_eq!(history.week, 4);
        assert_eq!(history.around(104, 1), 6);
        assert_eq!(history.around(100, 2), 3);
        assert_eq!(history.last, 119);
    }

    #[test]
    fn a_long_silence_forgets_everything() {
        let mut history = History::new(0, 40);
        history.learn(0, 9, 1.0, 7);
        assert!(!history.is_silent(64));
        assert!(history.is_silent(65));
        history.learn(128, 2, 1.0, 7);
        assert_eq!(history.week, 2);
        assert_eq!(history.around(127, 1), 2);
    }

    #[test]
    fn one_attack_hardly_widens_what_is_ordinary() {
        let mut history = History::new(0, 40);
        (0..500).for_each(|bucket| history.learn(bucket, [1, 3][bucket as usize % 2], 2.0, 7));
        let before = history.dispersion();
        history.learn(500, 5000, 2.0, 7);
        assert!(history.dispersion() < before + 0.1, "{} -> {}", before, history.dispersion());
        let mut wild = History::new(0, 40);
        (0..500).for_each(|bucket| wild.learn(bucket, [0, 0, 0, 8][bucket as usize % 4], 2.0, 7));
        assert!(wild.dispersion() > 1.0, "{}", wild.dispersion());
    }
}
