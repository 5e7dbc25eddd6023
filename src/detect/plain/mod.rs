//! The plain detector: a seasonal negative binomial on the number of distinct sources, which a person can follow by hand.
//!
//! What is usual at a destination is learned from wide to narrow, each step leaning on the one before
//! where its own history is thin: the estate's rate, the level of the last week, the same time of day on
//! days of the same type, the same time of the week. The score says how improbable so many sources are:
//! 70 is one in a million.

mod familiar;
mod history;
mod reason;
mod season;
mod tail;

use familiar::Familiar;
use history::History;
use reason::Novelty;
use season::{Alike, Season};
use tail::NegativeBinomial;

use super::{Bucket, Detector, Expected, Plan};
use crate::domain::{BucketSize, Verdict};

/// Its name.
pub const NAME: &str = "plain";

/// Days of history before anything is judged: fewer show no time of day twice with a day to spare.
const DAYS_NEEDED: i64 = 3;
/// Pseudo-history, in seconds, by which the estate's rate speaks for a destination.
const ESTATE_SECONDS: f64 = 6.0 * 3600.0;
/// Pseudo-counts of buckets by which the level speaks for the time of day.
const LEVEL_BUCKETS: f64 = 2.0;
/// Pseudo-weeks by which the time of day speaks for the time of week.
const DAILY_WEEKS: f64 = 1.0;
/// The least that is ever expected of a quarter: once in three and a half days.
const LEAST_PER_QUARTER: f64 = 0.003;
/// `-log10 p` at the score of 70.
const RARE: f64 = 6.0;

/// 0 where nothing is odd, 70 at one in a million, nearing 100.
fn score(surprise: f64) -> f64 {
    100.0 * (1.0 - 0.3f64.powf(surprise / RARE))
}

/// The detector with all it has learned.
#[derive(Clone, Debug)]
pub struct Plain {
    size: BucketSize,
    season: Season,
    /// First bucket that was judged.
    first: Option<i64>,
    /// Last bucket that was judged.
    now: i64,
    /// By place of the destination; `None` until its first source.
    destinations: Vec<Option<Known>>,
    familiar: Familiar,
}

#[derive(Clone, Debug)]
struct Known {
    history: History,
    /// What was expected of the bucket judged last.
    mean: f64,
    dispersion: f64,
}

/// The estate as a whole, to stand in for a destination of which little is known.
#[derive(Clone, Copy, Debug)]
struct Estate {
    /// Sources per destination and bucket.
    rate: f64,
    /// How much destinations differ from each other, relative to that rate, squared.
    diversity: f64,
}

impl Plain {
    /// Knowing nothing yet.
    pub fn new(plan: &Plan) -> Self {
        Self { size: plan.size, season: Season::new(plan.size, &plan.zones), first: None, now: 0, destinations: Vec::new(), familiar: Familiar::default() }
    }

    fn week(&self) -> i64 {
        7 * self.season.day()
    }

    /// Buckets of history before the one at hand.
    fn age(&self) -> i64 {
        self.first.map_or(0, |first| self.now - first)
    }

    fn has_history(&self) -> bool {
        self.age() >= DAYS_NEEDED * self.season.day()
    }

    fn estate_buckets(&self) -> f64 {
        ESTATE_SECONDS / self.size.seconds() as f64
    }

    fn estate(&self) -> Estate {
        let (mut sum, mut exposure, mut count) = (0.0, 0.0, 0.0);
        let rates = || {
            self.destinations.iter().flatten().filter_map(|known| {
                let buckets = self.week().min(self.now - known.history.born);
                (buckets > 0).then_some((known.history.week as f64, buckets as f64))
            })
        };
        for (week, buckets) in rates() {
            sum += week;
            exposure += buckets;
            count += 1.0;
        }
        if sum <= 0.0 {
            return Estate { rate: 0.0, diversity: 1.0 };
        }
        let rate = sum / exposure;
        let spread: f64 = rates().map(|(week, buckets)| (week / buckets - rate).powi(2)).sum();
        Estate { rate, diversity: spread / count / (rate * rate) }
    }

    /// What is usual at a destination now: the mean and the dispersion of its count.
    fn usual(&self, history: &History, alike: &Alike, estate: Estate) -> (f64, f64) {
        let exposure = self.week().min(self.now - history.born) as f64;
        let prior = self.estate_buckets();
        let level = (history.week as f64 + prior * estate.rate) / (exposure + prior);
        let (mut mean, mut days) = self.reading(history, alike, level, None);
        for change in &alike.changes {
            // Whether people moved with the clocks shows only later; until then the busier reading holds.
            let (shifted, shifted_days) = self.reading(history, alike, level, Some(*change));
            mean = mean.max(shifted);
            days = days.max(shifted_days);
        }
        let mean = mean.max(LEAST_PER_QUARTER * self.size.seconds() as f64 / 900.0);
        let width = (2 * self.season.halo() + 1) as f64;
        // The mean itself is only estimated: by so many buckets, and at first by strangers.
        let estimated = 1.0 / (width * (days + 1.0));
        let borrowed = estate.diversity * (prior / (exposure + prior)).powi(2);
        (mean, history.dispersion() + estimated + borrowed)
    }

    /// The expectation from the buckets alike, those before a clock change read shifted by it; and the days it rests on.
    fn reading(&self, history: &History, alike: &Alike, level: f64, change: Option<season::Change>) -> (f64, f64) {
        let halo = self.season.halo();
        let width = (2 * halo + 1) as f64;
        let silent = history.is_silent(self.now);
        let look = |backs: &[i64]| {
            let (mut sum, mut windows) = (0.0, 0.0);
            for back in backs {
                let mut middle = self.now - back;
                if let Some(change) = change.filter(|change| middle < change.at) {
                    middle += change.forward;
                }
                if middle - halo < history.born {
                    break;
                }
                sum += if silent { 0.0 } else { f64::from(history.around(middle, halo)) };
                windows += 1.0;
            }
            (sum, windows)
        };
        let (sum, days) = look(&alike.days);
        let daily = (sum + LEVEL_BUCKETS * level) / (width * days + LEVEL_BUCKETS);
        let (sum, weeks) = look(&alike.weeks);
        let pseudo = DAILY_WEEKS * width;
        ((sum + pseudo * daily) / (width * weeks + pseudo), days)
    }

    /// How many of the sources this destination first saw within the last day; unknown while history is no longer than that.
    fn novelty(&mut self, destination: usize, sources: &[u32]) -> Novelty {
        let recent = self.now + 1 - self.season.day();
        let mut new = 0;
        for source in sources {
            if self.familiar.meet(destination, *source, self.now) >= recent {
                new += 1;
            }
        }
        if self.age() + 1 > self.season.day() { Novelty::New(new) } else { Novelty::Unknown }
    }

    fn judge(&self, destination: usize, count: u32, novelty: Novelty, known: &Known) -> Verdict {
        let mut verdict = Verdict {
            destination,
            start: self.size.at(self.now),
            count,
            new: match novelty {
                Novelty::New(new) => new,
                Novelty::Unknown => 0,
            },
            typical: None,
            upper: None,
            score: None,
            reason: String::new(),
        };
        let seconds = self.size.seconds();
        if !self.has_history() {
            verdict.reason = reason::too_short(self.age() * seconds, DAYS_NEEDED * 86_400);
            return verdict;
        }
        let tail = NegativeBinomial::new(known.mean, known.dispersion);
        let surprise = tail.surprise(count);
        // The bound and the surprise round differently in the last digit; the bound must not contradict the score.
        let upper = if surprise >= RARE { tail.upper(RARE).min(count - 1) } else { tail.upper(RARE).max(count) };
        let expected = Expected { typical: known.mean as f32, upper: upper as f32 };
        let young = self.now - known.history.born < self.season.day();
        verdict.reason = reason::judged(self.size, count, expected, novelty, young.then(|| (self.now - known.history.born) * seconds));
        verdict.typical = Some(known.mean);
        verdict.upper = Some(f64::from(upper));
        verdict.score = Some(score(surprise));
        verdict
    }
}

impl Detector for Plain {
    fn name(&self) -> &'static str {
        NAME
    }

    fn bucket(&mut self, bucket: &Bucket<'_>) -> Vec<Verdict> {
        self.now = self.size.index(bucket.start.as_second());
        self.first.get_or_insert(self.now);
        if self.destinations.len() < bucket.destinations {
            self.destinations.resize(bucket.destinations, None);
        }
        let reach = self.season.reach();
        for (destination, sources) in bucket.arrivals {
            if let Some(place) = self.destinations.get_mut(*destination)
                && !sources.is_empty()
            {
                place.get_or_insert_with(|| Known { history: History::new(self.now, reach), mean: 0.0, dispersion: 1.0 });
            }
        }
        let alike = self.season.alike(self.now);
        let estate = self.estate();
        let mut destinations = std::mem::take(&mut self.destinations);
        for known in destinations.iter_mut().flatten() {
            (known.mean, known.dispersion) = self.usual(&known.history, &alike, estate);
        }
        let mut verdicts = Vec::with_capacity(bucket.arrivals.len());
        let mut counts = vec![0u32; destinations.len()];
        for (destination, sources) in bucket.arrivals {
            let count = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            let (Some(Some(known)), Some(place), 1..) = (destinations.get(*destination), counts.get_mut(*destination), count) else { continue };
            *place = count;
            let novelty = self.novelty(*destination, sources);
            verdicts.push(self.judge(*destination, count, novelty, known));
        }
        let week = self.week();
        for (known, count) in destinations.iter_mut().zip(counts) {
            if let Some(known) = known
                && (count > 0 || !known.history.is_silent(self.now))
            {
                known.history.learn(self.now, count, known.mean, week);
            }
        }
        self.destinations = destinations;
        verdicts
    }

    fn expected(&self, destination: usize) -> Option<Expected> {
        let known = self.destinations.get(destination)?.as_ref()?;
        self.has_history().then(|| Expected { typical: known.mean as f32, upper: NegativeBinomial::new(known.mean, known.dispersion).upper(RARE) as f32 })
    }

    fn fork(&self) -> Box<dyn Detector> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{By, Range, Timestamp};

    const DAY: i64 = 96;
    /// Monday 2025-01-06T00:00:00Z in quarters.
    const MONDAY: i64 = 1_736_121_600 / 900;

    fn plain() -> Plain {
        Plain::new(&Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false })
    }

    /// Feeds the counts of destination 0 (and a steady neighbour, so that the estate is never silent), with
    /// the same first sources each time.
    fn feed(plain: &mut Plain, buckets: std::ops::Range<i64>, count: impl Fn(i64) -> u32) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for bucket in buckets {
            let arrivals = vec![(0, (0..count(bucket)).collect()), (1, vec![900])];
            let start = BucketSize::Quarter.at(MONDAY + bucket);
            verdicts.extend(plain.bucket(&Bucket { start, size: BucketSize::Quarter, arrivals: &arrivals, destinations: 2 }));
        }
        verdicts.retain(|verdict| verdict.destination == 0);
        verdicts
    }

    fn at_nine(bucket: i64) -> u32 {
        // Twenty admins between 9 and 10 on working days, one visitor else in the day.
        let (day, slot) = (bucket.div_euclid(DAY), bucket.rem_euclid(DAY));
        match slot {
            36..40 if day % 7 < 5 => 20,
            40..70 => 1,
            _ => 0,
        }
    }

    #[test]
    fn the_score_of_seventy_is_one_in_a_million() {
        assert!((score(6.0) - 70.0).abs() < 1e-9);
        assert_eq!(score(0.0), 0.0);
        assert!(score(300.0) > 99.99 && score(300.0) <= 100.0);
    }

    #[test]
    fn three_days_of_history_come_before_any_score() {
        let mut plain = plain();
        let verdicts = feed(&mut plain, 0..3 * DAY + 1, |_| 2);
        let last_without = &verdicts[verdicts.len() - 2];
        assert_eq!((last_without.score, last_without.typical, last_without.upper), (None, None, None));
        assert_eq!(last_without.reason, "not enough history (2 d of 3 d)");
        assert_eq!(verdicts[0].reason, "not enough history (0 min of 3 d)");
        assert!(verdicts[verdicts.len() - 1].score.is_some());
    }

    #[test]
    fn a_spike_on_a_quiet_server_is_critical_and_explained() {
        let mut plain = plain();
        feed(&mut plain, 0..14 * DAY, |bucket| u32::from(bucket % DAY == 50));
        let spike = feed(&mut plain, 14 * DAY..14 * DAY + 1, |_| 41).remove(0);
        assert!(spike.score.is_some_and(|score| score > 99.0), "{spike:?}");
        assert_eq!((spike.count, spike.new), (41, 40));
        assert!(spike.reason.starts_with("41 distinct sources in 15 min where less than 0.1 is usual at this time (upper bound "), "{}", spike.reason);
        assert!(spike.reason.ends_with("); 40 of them new here"), "{}", spike.reason);
    }

    #[test]
    fn a_busy_morning_is_ordinary_at_its_hour_and_odd_at_night() {
        let mut plain = plain();
        feed(&mut plain, 0..14 * DAY, at_nine);
        let monday = feed(&mut plain, 14 * DAY..15 * DAY, at_nine);
        assert!(monday.iter().all(|verdict| verdict.score.is_some_and(|score| score < 25.0)), "{monday:?}");
        assert!(monday.iter().filter(|verdict| verdict.count == 20).all(|verdict| verdict.typical.is_some_and(|typical| (10.0..25.0).contains(&typical))));
        let night = feed(&mut plain, 15 * DAY..15 * DAY + 9, |bucket| if bucket == 15 * DAY + 8 { 20 } else { 0 }).remove(0);
        assert!(night.is_anomalous(), "{night:?}");
        assert_eq!(night.new, 0);
    }

    #[test]
    fn a_saturday_is_held_against_saturdays() {
        let mut plain = plain();
        feed(&mut plain, 0..19 * DAY, at_nine);
        let saturday = feed(&mut plain, 19 * DAY..19 * DAY + 37, |bucket| if bucket == 19 * DAY + 36 { 20 } else { 0 }).remove(0);
        assert!(saturday.is_anomalous(), "{saturday:?}");
    }

    #[test]
    fn the_bound_never_contradicts_the_score() {
        let mut plain = plain();
        feed(&mut plain, 0..14 * DAY, at_nine);
        for verdict in feed(&mut plain, 14 * DAY..18 * DAY, |bucket| (bucket * bucket % 61) as u32) {
            assert_eq!(verdict.is_anomalous(), f64::from(verdict.count) > verdict.upper.expect("a bound"), "{verdict:?}");
        }
    }

    #[test]
    fn a_source_is_new_for_a_day() {
        let mut plain = plain();
        feed(&mut plain, 0..10 * DAY, |_| 1);
        let verdicts = feed(&mut plain, 10 * DAY..11 * DAY + 1, |_| 3);
        assert_eq!(verdicts[0].new, 2);
        assert_eq!(verdicts[DAY as usize - 1].new, 2);
        assert_eq!(verdicts[DAY as usize].new, 0);
    }

    #[test]
    fn a_new_destination_is_held_against_the_estate_and_named_so() {
        let mut plain = plain();
        let verdict = feed(&mut plain, 0..6 * DAY, |bucket| u32::from(bucket >= 5 * DAY) * 3).remove(0);
        assert!(verdict.score.is_some_and(|score| score < 50.0), "{verdict:?}");
        assert!(
            verdict.reason.starts_with("3 distinct sources in 15 min at a new destination, never seen before, where 1.0 are usual in this estate"),
            "{}",
            verdict.reason
        );
        let later = feed(&mut plain, 6 * DAY..6 * DAY + 1, |_| 3).remove(0);
        assert!(later.reason.contains("at this time"), "{}", later.reason);
    }

    #[test]
    fn after_a_clock_change_the_busier_reading_holds() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
        let change = BucketSize::Quarter.index("2025-03-30T01:00:00Z".parse::<Timestamp>().expect("a time").as_second());
        let mut scores = Vec::new();
        for zones in [vec![], vec![zone]] {
            let mut plain = Plain::new(&Plan { by: By::Destination, size: BucketSize::Quarter, zones, shown: Range::ALL, bands: false });
            // Twelve people at 9 o'clock: 8:00 UTC before the change, 7:00 UTC after it.
            for bucket in change - 14 * DAY..change + 2 * DAY {
                let slot = bucket.rem_euclid(DAY) + if bucket >= change { 4 } else { 0 };
                let weekday = (bucket.div_euclid(DAY) + 3).rem_euclid(7) < 5;
                let count = if slot == 32 && weekday { 12 } else { 0 };
                let arrivals = vec![(0, (0..count).collect()), (1, vec![900])];
                let verdicts = plain.bucket(&Bucket { start: BucketSize::Quarter.at(bucket), size: BucketSize::Quarter, arrivals: &arrivals, destinations: 2 });
                if bucket >= change && count > 0 {
                    scores.extend(verdicts.iter().filter(|verdict| verdict.destination == 0).filter_map(|verdict| verdict.score));
                }
            }
        }
        assert_eq!(scores.len(), 2);
        assert!(scores[0] >= 70.0 && scores[1] < 50.0, "{scores:?}");
    }

    #[test]
    fn every_size_of_bucket_is_judged() {
        for size in BucketSize::ALL {
            let mut plain = Plain::new(&Plan { by: By::Destination, size, zones: Vec::new(), shown: Range::ALL, bands: false });
            let first = size.index(MONDAY * 900);
            let days = 86_400 / size.seconds();
            let mut judge = |bucket, count| {
                let arrivals = vec![(0, (0..count).collect())];
                plain.bucket(&Bucket { start: size.at(bucket), size, arrivals: &arrivals, destinations: 1 }).remove(0)
            };
            for bucket in first..first + 10 * days {
                judge(bucket, 2 + (bucket % 2) as u32);
            }
            assert!(judge(first + 10 * days, 3).score.is_some_and(|score| score < 25.0), "{size}");
            assert!(judge(first + 10 * days + 1, 60).is_anomalous(), "{size}");
        }
    }
}
