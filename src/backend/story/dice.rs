//! Chance for stories. Our own few lines, because a story must read the same under every version of every library.

/// A stream of random numbers (`SplitMix64`), the same for the same seed and label.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream of this label: whatever is added to a story under another label does not change it.
    pub fn new(seed: u64, label: &str) -> Self {
        // FNV-1a.
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From `low` up to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// One of 0 .. `count`; 0 where there is none.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let place = self.below(choices.len());
        choices.get(place)
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Around `mean`, as the sum of twelve throws: a bell without far ends.
    pub fn bell(&mut self, mean: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        mean + deviation * (sum - 6.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_label_throw_the_same() {
        let throws = |seed, label| {
            let mut dice = Dice::new(seed, label);
            [0; 4].map(|_| dice.below(1000))
        };
        assert_eq!(throws(7, "FS01"), throws(7, "FS01"));
        assert_ne!(throws(7, "FS01"), throws(7, "FS02"));
        assert_ne!(throws(7, "FS01"), throws(8, "FS01"));
    }

    #[test]
    fn throws_spread_evenly() {
        let mut dice = Dice::new(1, "even");
        let mut seen = [0; 10];
        (0..10_000).for_each(|_| seen[dice.below(10)] += 1);
        assert!(seen.iter().all(|count| (900..1100).contains(count)), "{seen:?}");
        let mean: f64 = (0..10_000).map(|_| dice.bell(5.0, 2.0)).sum::<f64>() / 10_000.0;
        assert!((mean - 5.0).abs() < 0.1, "{mean}");
    }
}
