//! How many arrivals are usual now: the last week, then the same time of day, then the same time of the week.

use super::calendar::Calendar;
use super::feed::Feed;
use super::past::{Around, HALO, Past, WIDTH};
use super::server::Server;
use super::{DAY, WEEK};
use crate::detect::season::Change;

/// Pseudo-buckets by which the estate's rate speaks for a destination: a quarter of a day.
const ESTATE_BUCKETS: f64 = 24.0;
/// The most that the estate may lend: one arrival in five hours; strangers are no measure for a terminal server.
const ESTATE_MOST: f64 = 0.05;
const ESTATE_LEAST: f64 = 1e-3;
/// Pseudo-buckets by which the level speaks for the time of day.
const LEVEL_BUCKETS: f64 = 2.0;
/// Pseudo-weeks by which the time of day speaks for the time of week.
const DAILY_WEEKS: f64 = 1.0;
/// Days and weeks looked back.
const DAYS_BACK: i64 = 14;
const WEEKS_BACK: i64 = 4;
/// Buckets at the very start that know no neighbourhood.
const FIRST: i64 = HALO + 4;
/// Weight by which a server's overall scatter speaks for that of the neighbourhood.
const SCATTER_WEIGHT: f64 = 6.0;
/// What is not known of the day's scatter while few days were seen: 1.5 / (0.5 + days)^2.
const FEW_DAYS: f64 = 1.5;
/// Never less than this is expected, so that a logarithm can be taken.
const LEAST: f64 = 1e-4;
/// Of what a gap held back, what still comes in each bucket after it.
const CARRY: f64 = 0.6;

/// Mean and dispersion of the arrivals of one bucket.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Usual {
    /// Expected arrivals.
    pub mean: f64,
    /// variance = mean + dispersion x mean^2.
    pub dispersion: f64,
}

/// What is usual at every server in bucket `now`, the `age`th of all. Gaps put off what they hold back.
pub fn usual(now: i64, age: i64, servers: &mut [Server], past: &Past, feed: &Feed, calendar: &Calendar) -> Vec<Usual> {
    let exposure = |server: &Server| (now - server.born).clamp(1, WEEK) as f64;
    let (sum, buckets) = servers.iter().fold((0.0, 0.0), |(sum, buckets), server| (sum + server.week, buckets + exposure(server)));
    let estate = if buckets > 0.0 { sum / buckets } else { 0.0 };
    let estate = estate.clamp(ESTATE_LEAST, ESTATE_MOST);
    let levels: Vec<f64> = servers.iter().map(|server| (server.week.max(0.0) + ESTATE_BUCKETS * estate) / (exposure(server) + ESTATE_BUCKETS)).collect();
    let mut usual: Vec<Usual> =
        servers.iter().zip(&levels).map(|(server, level)| Usual { mean: *level, dispersion: server.scatter.dispersion().max(0.01) }).collect();
    if age >= DAY + HALO {
        let view = View { now, age, servers, past, feed, calendar, levels: &levels };
        usual = view.read(None);
        // Whether people moved with a clock change shows only later; until then the busier reading holds.
        for change in calendar.changes().iter().filter(|change| change.at <= now) {
            for (usual, shifted) in usual.iter_mut().zip(view.read(Some(*change))) {
                if shifted.mean > usual.mean {
                    *usual = shifted;
                }
            }
        }
    }
    for (usual, server) in usual.iter_mut().zip(servers) {
        if feed.is_live(server.site) {
            usual.mean += server.carry;
            server.carry = if server.carry > 0.01 { server.carry * CARRY } else { 0.0 };
        } else {
            server.carry += usual.mean;
        }
        usual.mean = usual.mean.max(LEAST);
    }
    usual
}

/// What is needed to look back.
struct View<'a> {
    now: i64,
    age: i64,
    servers: &'a [Server],
    past: &'a Past,
    feed: &'a Feed,
    calendar: &'a Calendar,
    levels: &'a [f64],
}

/// Sums over the earlier buckets that are like this one.
#[derive(Clone, Copy, Default)]
struct Sums {
    sum: f64,
    squares: f64,
}

impl View<'_> {
    /// What is usual as the clocks stood, or with the days before a clock change shifted by it.
    fn read(&self, change: Option<Change>) -> Vec<Usual> {
        let middle = |back: i64| {
            let bucket = self.now - back;
            bucket + change.filter(|change| bucket < change.at).map_or(0, |change| change.forward)
        };
        let reach = |backs: i64, step: i64| -> Vec<i64> {
            let heard = (1..=backs).map(|back| back * step).filter(|back| self.age - back >= FIRST);
            heard.map(middle).filter(|bucket| *bucket < self.now - HALO).collect()
        };
        let days: Vec<i64> = reach(DAYS_BACK, DAY).into_iter().filter(|bucket| self.calendar.is_alike(*bucket)).collect();
        let weeks = reach(WEEKS_BACK, WEEK);
        let (daily, weekly) = (self.gather(&days), self.gather(&weeks));
        let (live_days, live_weeks) = (self.live(&days), self.live(&weeks));
        let rows = self.servers.iter().zip(self.levels).zip(daily.iter().zip(&weekly));
        rows.map(|((server, level), (daily, weekly))| {
            let count = |live: &[Vec<i64>]| live.get(server.site).map_or(0, |live| live.iter().filter(|bucket| **bucket >= server.born).count()) as f64;
            let (days, weeks) = (count(&live_days), count(&live_weeks));
            let day = (daily.sum + LEVEL_BUCKETS * level) / (WIDTH * days + LEVEL_BUCKETS);
            let pseudo = DAILY_WEEKS * WIDTH;
            let mean = (weekly.sum + pseudo * day) / (WIDTH * weeks + pseudo);
            let known = server.scatter.dispersion().max(0.01);
            let buckets = WIDTH * (days + 2.0 * weeks);
            let dispersion = scatter(mean, daily.squares + 2.0 * weekly.squares, buckets, known) + FEW_DAYS / (0.5 + days).powi(2);
            Usual { mean, dispersion }
        })
        .collect()
    }

    fn gather(&self, buckets: &[i64]) -> Vec<Sums> {
        let mut sums = vec![Sums::default(); self.servers.len()];
        for &bucket in buckets {
            for Around { server, sum, squares } in self.past.around(bucket) {
                let place = *server as usize;
                if let (Some(server), Some(sums)) = (self.servers.get(place), sums.get_mut(place))
                    && bucket >= server.born
                    && self.feed.was_live(server.site, bucket)
                {
                    sums.sum += sum;
                    sums.squares += squares;
                }
            }
        }
        sums
    }

    /// For each site the buckets in which it was fed.
    fn live(&self, buckets: &[i64]) -> Vec<Vec<i64>> {
        (0..self.feed.sites()).map(|site| buckets.iter().copied().filter(|bucket| self.feed.was_live(site, *bucket)).collect()).collect()
    }
}

/// The dispersion of a neighbourhood from its second moment (bursts, ramps), leaning on what is known of the server.
fn scatter(mean: f64, squares: f64, buckets: f64, known: f64) -> f64 {
    if buckets <= 0.0 {
        return known;
    }
    let least = mean.max(0.02);
    let second = squares / buckets.max(1.0);
    let seen = ((second - least * least - least) / (least * least)).max(0.0);
    // A neighbourhood in which next to nothing is expected cannot show scatter.
    let weight = buckets * (least * buckets / 5.0).min(1.0);
    (weight * seen + SCATTER_WEIGHT * known) / (weight + SCATTER_WEIGHT)
}
