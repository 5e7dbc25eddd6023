//! The statistic: how much likelier the arrivals of a window are with extra sources than without.
//!
//! For windows of several widths, several compositions of the extra sources and several sizes, the logarithm of the ratio of
//! two likelihoods is taken and the largest counts (a generalised likelihood ratio). Its unit is the nat: 14 nats are odds of a
//! million to one, before it is considered how many questions were asked.

use statrs::function::gamma::ln_gamma;

use super::class::{CLASSES, PerClass};
use super::spread::WINDOWS;

/// Widths of the windows, in buckets: a quarter of an hour to a day, because sprays take minutes and creeping takes a day.
pub const WIDTHS: [i64; WINDOWS] = [1, 2, 4, 8, 24, 96];
/// The widest.
pub const WIDEST: i64 = 96;
/// Windows up to this width are sudden.
pub const SUDDEN: i64 = 4;
/// How many extra sources there may be.
const SIZES: [f64; 7] = [1.5, 3.0, 6.0, 12.0, 25.0, 60.0, 200.0];

/// A composition of extra sources, by class.
#[derive(Clone, Copy, Debug)]
pub struct Composition {
    /// What it would be, in words.
    pub name: &'static str,
    shares: [f64; CLASSES],
}

/// What attacks are made of. Classes with no share stay out of the ratio: what they did neither speaks for nor against it.
pub const COMPOSITIONS: [Composition; 8] = [
    Composition { name: "a mixture of sources", shares: [0.10, 0.15, 0.25, 0.05, 0.20, 0.20, 0.05, 0.0] },
    Composition { name: "known sources at an unusual time", shares: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] },
    Composition { name: "sources new here, most of them new everywhere", shares: [0.0, 0.0, 0.15, 0.0, 0.30, 0.50, 0.05, 0.0] },
    Composition { name: "sources of networks never seen", shares: [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0] },
    Composition { name: "sources seen elsewhere, new here", shares: [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0] },
    Composition { name: "sources new everywhere, of known networks", shares: [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0] },
    Composition { name: "servers that were themselves just reached", shares: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0] },
    Composition { name: "servers that were themselves just reached, and others", shares: [0.0, 0.0, 0.2, 0.1, 0.1, 0.1, 0.5, 0.0] },
];

/// The best explanation of a window by extra sources.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Ratio {
    /// Logarithm of the ratio of likelihoods; 0 where no extra source explains anything.
    pub nats: f64,
    /// Place in [`COMPOSITIONS`].
    pub composition: usize,
}

/// The largest ratio over compositions and sizes, less what a server's `habits` excuse.
pub fn ratio(counts: PerClass<f64>, expected: PerClass<f64>, dispersion: PerClass<f64>, habits: Option<Habits>) -> Ratio {
    let ordinary = Terms::of(counts, expected, dispersion);
    let excused = habits.map_or(0.0, |habits| ordinary.excuse(habits));
    let mut best = Ratio { nats: f64::NEG_INFINITY, composition: 0 };
    for (place, composition) in COMPOSITIONS.iter().enumerate() {
        for size in SIZES {
            let nats = ordinary.with_extra(&composition.shares, size);
            if nats > best.nats {
                best = Ratio { nats, composition: place };
            }
        }
    }
    best.nats -= excused;
    best
}

/// What the server is used to, all classes together.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Dispersion of its own bursts.
    pub own: f64,
    /// Dispersion of the time of day.
    pub known: f64,
    /// Whether today its usual work may double, with newcomers.
    pub is_surge: bool,
}

/// Who comes in a surge beside the usual, by class: nearly anybody. Half of a surge is the usual work.
const SURGE: [f64; CLASSES] = [0.1, 0.25, 0.15, 0.1, 0.25, 0.1, 0.05, 0.0];

/// What is needed of each class, prepared once for all hypotheses.
struct Terms([Term; CLASSES]);

#[derive(Clone, Copy, Default)]
struct Term {
    count: f64,
    mean: f64,
    /// 1 / dispersion.
    size: f64,
    /// The likelihood without extra sources.
    ordinary: f64,
}

impl Terms {
    fn of(counts: PerClass<f64>, expected: PerClass<f64>, dispersion: PerClass<f64>) -> Self {
        let rows = counts.with(expected, |count, mean| (count, mean)).with(dispersion, |(count, mean), dispersion| {
            let size = 1.0 / dispersion.max(LEAST_DISPERSION);
            Term { count, mean, size, ordinary: ln_likelihood(count, mean, size) }
        });
        Self(rows.0)
    }

    /// How much likelier than class by class the arrivals are as one wave of all classes together; 0 where they are no likelier.
    fn excuse(&self, habits: Habits) -> f64 {
        let scored = || self.0.iter().take(CLASSES - 1);
        let (count, mean) = scored().fold((0.0, 0.0), |(count, mean), term| (count + term.count, mean + term.mean));
        let apart: f64 = scored().map(|term| term.ordinary).sum();
        let wave = |times: f64, dispersion: f64, share: &dyn Fn(&Term, f64) -> f64| {
            let mix: f64 = scored().zip(SURGE).filter(|(term, _)| term.count > 0.0).map(|(term, fresh)| term.count * share(term, fresh).ln()).sum();
            ln_likelihood(count, times * mean, 1.0 / dispersion.max(LEAST_DISPERSION)) + mix
        };
        let burst = wave(1.0, habits.own, &|term, _| term.mean / mean);
        let surge =
            if habits.is_surge { wave(2.0, habits.own.max(habits.known), &|term, fresh| 0.5 * term.mean / mean + 0.5 * fresh) } else { f64::NEG_INFINITY };
        (burst.max(surge) - apart).max(0.0)
    }

    /// The logarithm of the ratio with `extra` sources of this composition. Extra sources do not scatter: the dispersion falls
    /// as their share grows, which keeps the variance beyond chance as it was.
    fn with_extra(&self, shares: &[f64; CLASSES], extra: f64) -> f64 {
        let scored = self.0.iter().zip(shares).filter(|(_, share)| **share > 0.0);
        scored
            .map(|(term, share)| {
                let mean = term.mean + extra * share;
                let size = (term.size * (mean / term.mean).powi(2)).min(1.0 / LEAST_DISPERSION);
                ln_likelihood(term.count, mean, size) - term.ordinary
            })
            .sum()
    }
}

/// Below this a negative binomial is a Poisson.
const LEAST_DISPERSION: f64 = 1e-4;
/// Up to so many factors are multiplied out; more go through the gamma function.
const FACTORS: f64 = 12.0;

/// The logarithm of the negative binomial probability of `count`, without the term `-ln count!` that cancels in a ratio.
fn ln_likelihood(count: f64, mean: f64, size: f64) -> f64 {
    let empty = -size * (mean / size).ln_1p();
    if count == 0.0 { empty } else { ln_rising(count, size) + empty + count * (mean / (size + mean)).ln() }
}

/// `ln Gamma(size + count) - ln Gamma(size)`.
fn ln_rising(count: f64, size: f64) -> f64 {
    if count > FACTORS {
        return ln_gamma(size + count) - ln_gamma(size);
    }
    let (mut product, mut factor) = (1.0, 0.0);
    while factor < count {
        product *= size + factor;
        factor += 1.0;
    }
    product.ln()
}
