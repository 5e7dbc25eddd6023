//! How improbable a count is under a negative binomial; far tails stay exact because they stay logarithms.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// Counts that vary more than chance alone: variance = mean + dispersion x mean^2.
#[derive(Clone, Copy, Debug)]
pub struct NegativeBinomial {
    mean: f64,
    /// 1 / dispersion.
    size: f64,
    /// mean / (size + mean).
    odds: f64,
}

/// Below this the incomplete beta function nears the smallest number a float can hold.
const LEAST: f64 = 1e-250;
/// Terms after which a tail's sum no longer moves its logarithm.
const TERMS: u32 = 20_000;
/// Steps after which a bound is as good as none.
const STEPS: u32 = 1_000_000;

impl NegativeBinomial {
    /// With this mean and dispersion, both above zero.
    pub fn new(mean: f64, dispersion: f64) -> Self {
        let mean = mean.max(1e-9);
        let size = 1.0 / dispersion.max(1e-6);
        Self { mean, size, odds: mean / (size + mean) }
    }

    /// `-log10 P(X >= count)`: 6 is one in a million.
    pub fn surprise(&self, count: u32) -> f64 {
        if count == 0 {
            return 0.0;
        }
        let tail = beta_reg(f64::from(count), self.size, self.odds);
        let surprise = if tail > LEAST { -tail.log10() } else { -self.ln_far_tail(count) / std::f64::consts::LN_10 };
        surprise.max(0.0)
    }

    /// The largest count less surprising than `limit`.
    pub fn upper(&self, limit: f64) -> u32 {
        let rare = 10f64.powf(-limit);
        // Walking up from just above the mean costs one addition a step; the tail there is large, so
        // subtracting single probabilities from it keeps nine digits at one in a million.
        let mut count = (self.mean.min(4e9).ceil() as u32).max(1);
        let mut tail = beta_reg(f64::from(count), self.size, self.odds);
        let mut single = self.ln_probability(count).exp();
        for _ in 0..STEPS {
            if tail <= rare {
                break;
            }
            tail -= single;
            single *= self.odds * (f64::from(count) + self.size) / (f64::from(count) + 1.0);
            count = count.saturating_add(1);
        }
        count.saturating_sub(1)
    }

    /// `ln P(X = count)`.
    fn ln_probability(&self, count: u32) -> f64 {
        let k = f64::from(count);
        ln_gamma(k + self.size) - ln_gamma(self.size) - ln_gamma(k + 1.0) + self.size * (self.size / (self.size + self.mean)).ln() + k * self.odds.ln()
    }

    /// `ln P(X >= count)` far above the mean, as the first term times the sum of the ratios to it.
    fn ln_far_tail(&self, count: u32) -> f64 {
        let (mut ratio, mut sum, mut k) = (1.0, 1.0, f64::from(count));
        for _ in 0..TERMS {
            ratio *= self.odds * (k + self.size) / (k + 1.0);
            sum += ratio;
            k += 1.0;
            if ratio < sum * 1e-12 {
                break;
            }
        }
        self.ln_probability(count) + sum.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-6 * expected.abs().max(1.0), "{got} is not {expected}");
    }

    #[test]
    fn with_dispersion_one_it_is_geometric() {
        // P(X >= k) = (m / (1 + m))^k exactly.
        for (mean, count) in [(1.0, 1), (1.0, 20), (3.0, 40), (0.003, 3), (0.01, 400), (50.0, 10)] {
            close(NegativeBinomial::new(mean, 1.0).surprise(count), -f64::from(count) * (mean / (1.0 + mean)).log10());
        }
    }

    #[test]
    fn far_tails_do_not_underflow() {
        // (1/101)^1000: 2004 digits below one, no float holds it.
        close(NegativeBinomial::new(0.01, 1.0).surprise(1000), 1000.0 * 101f64.log10());
        assert!(NegativeBinomial::new(0.003, 0.01).surprise(60_000).is_finite());
    }

    #[test]
    fn both_ways_to_a_tail_agree() {
        for (mean, dispersion) in [(2.1, 0.1), (0.003, 0.3), (48.0, 0.05), (5.0, 5.0)] {
            let tail = NegativeBinomial::new(mean, dispersion);
            for count in [60, 90, 140] {
                close(-tail.ln_far_tail(count) / std::f64::consts::LN_10, tail.surprise(count));
            }
        }
    }

    #[test]
    fn nothing_is_no_surprise() {
        assert_eq!(NegativeBinomial::new(2.0, 0.1).surprise(0), 0.0);
        assert!(NegativeBinomial::new(500.0, 0.1).surprise(1) < 1e-9);
    }

    #[test]
    fn the_upper_bound_is_the_last_count_below_the_limit() {
        for (mean, dispersion) in [(0.003, 0.3), (0.5, 0.01), (2.1, 0.1), (48.0, 0.05), (48.0, 1.0), (300.0, 0.2)] {
            let tail = NegativeBinomial::new(mean, dispersion);
            let upper = tail.upper(6.0);
            assert!(tail.surprise(upper) < 6.0, "{mean} {dispersion} {upper}");
            assert!(tail.surprise(upper + 1) >= 6.0, "{mean} {dispersion} {upper}");
        }
    }
}
