//! What is usual now, from wide to narrow: the estate, the last week, the time of day, the time of the week.

use super::history::History;
use super::past::{Past, Window};
use crate::detect::season::Season;

/// Pseudo-history, in seconds, by which the estate's rate speaks for a destination.
const ESTATE_SECONDS: f64 = 6.0 * 3600.0;
/// Pseudo-counts of buckets by which the level speaks for the time of day.
const LEVEL_BUCKETS: f64 = 2.0;
/// Pseudo-weeks by which the time of day speaks for the time of week.
const DAILY_WEEKS: f64 = 1.0;
/// The least that is ever expected of a quarter: once in three and a half days.
const LEAST_PER_QUARTER: f64 = 0.003;

/// All that is needed to say what is usual at any destination in one bucket.
#[derive(Debug)]
pub struct Usual {
    now: i64,
    week: i64,
    /// Buckets in a window.
    width: f64,
    /// [`ESTATE_SECONDS`] in buckets.
    prior: f64,
    least: f64,
    estate: Estate,
    /// As the clocks stood, then once more for each clock change that still matters.
    readings: Vec<Reading>,
}

/// The estate as a whole, to stand in for a destination of which little is known.
#[derive(Clone, Copy, Debug)]
struct Estate {
    /// Sources per destination and bucket.
    rate: f64,
    /// How much destinations differ from each other, relative to that rate, squared.
    diversity: f64,
}

/// The windows alike, nearest first.
#[derive(Debug)]
struct Reading {
    days: Vec<Window>,
    weeks: Vec<Window>,
}

impl Usual {
    /// In bucket `now`, with all `histories` of the estate.
    pub fn of<'a>(now: i64, season: &Season, past: &Past, histories: impl Iterator<Item = &'a History> + Clone) -> Self {
        let week = 7 * season.day();
        let halo = season.halo();
        let alike = season.alike(now);
        let readings = std::iter::once(None)
            .chain(alike.changes.iter().copied().map(Some))
            .map(|change| Reading { days: past.windows(now, &alike.days, halo, change), weeks: past.windows(now, &alike.weeks, halo, change) })
            .collect();
        let seconds = 86_400.0 / season.day() as f64;
        Self {
            now,
            week,
            width: (2 * halo + 1) as f64,
            prior: ESTATE_SECONDS / seconds,
            least: LEAST_PER_QUARTER * seconds / 900.0,
            estate: Estate::of(now, week, histories),
            readings,
        }
    }

    /// The mean and the dispersion of the count at a destination.
    pub fn at(&self, destination: usize, history: &History) -> (f64, f64) {
        let exposure = self.week.min(self.now - history.born) as f64;
        let level = (history.week as f64 + self.prior * self.estate.rate) / (exposure + self.prior);
        // Whether people moved with a clock change shows only later; until then the busier reading holds.
        let (mut mean, mut days) = (self.least, 0.0);
        for reading in &self.readings {
            let (read, rests_on) = self.read(reading, destination, history, level);
            mean = read.max(mean);
            days = rests_on.max(days);
        }
        // The mean itself is only estimated: from so many buckets, and at first from strangers.
        let estimated = 1.0 / (self.width * (days + 1.0));
        let borrowed = self.estate.diversity * (self.prior / (exposure + self.prior)).powi(2);
        (mean, history.dispersion() + estimated + borrowed)
    }

    /// The expectation from the windows since the destination was first seen, and the days it rests on.
    fn read(&self, reading: &Reading, destination: usize, history: &History, level: f64) -> (f64, f64) {
        let look = |windows: &[Window]| {
            let since = windows.iter().take_while(|window| window.first >= history.born);
            since.fold((0.0, 0.0), |(sum, count), window| (sum + f64::from(window.of(destination)), count + 1.0))
        };
        let (sum, days) = look(&reading.days);
        let daily = (sum + LEVEL_BUCKETS * level) / (self.width * days + LEVEL_BUCKETS);
        let (sum, weeks) = look(&reading.weeks);
        let pseudo = DAILY_WEEKS * self.width;
        ((sum + pseudo * daily) / (self.width * weeks + pseudo), days)
    }
}

impl Estate {
    fn of<'a>(now: i64, week: i64, histories: impl Iterator<Item = &'a History> + Clone) -> Self {
        let rates = histories.filter_map(|history| {
            let buckets = week.min(now - history.born);
            (buckets > 0).then_some((history.week as f64, buckets as f64))
        });
        let (mut sum, mut exposure, mut count) = (0.0, 0.0, 0.0);
        for (week, buckets) in rates.clone() {
            sum += week;
            exposure += buckets;
            count += 1.0;
        }
        if sum <= 0.0 {
            return Self { rate: 0.0, diversity: 1.0 };
        }
        let rate = sum / exposure;
        let spread: f64 = rates.map(|(week, buckets)| (week / buckets - rate).powi(2)).sum();
        Self { rate, diversity: spread / count / (rate * rate) }
    }
}
