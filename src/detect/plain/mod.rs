//! The plain detector: a seasonal negative binomial on the number of distinct sources, which a person can follow by hand.
//!
//! What is usual at a destination is learned from wide to narrow, each step leaning on the one before
//! where its own history is thin: the estate's rate, the level of the last week, the same time of day on
//! days of the same type, the same time of the week. The score says how improbable so many sources are:
//! 70 is one in a million.

mod familiar;
mod history;
mod past;
mod reason;
mod tail;
#[cfg(test)]
mod tests;
mod usual;

use std::collections::VecDeque;

use jiff::tz::TimeZone;

use serde::{Deserialize, Serialize};

use super::season::Season;
use familiar::Familiar;
use history::History;
use past::Past;
use reason::Novelty;
use tail::NegativeBinomial;
use usual::Usual;

use super::{Bucket, Detector, Expected, Plan};
use crate::domain::finding::Standing;
use crate::domain::{BucketSize, Verdict};

/// Its name.
pub const NAME: &str = "plain";

/// Days of history before anything is judged: fewer show no time of day twice with a day to spare.
const DAYS_NEEDED: i64 = 3;
/// `-log10 p` at the score of 70.
const RARE: f64 = 6.0;

/// 0 where nothing is odd, 70 at one in a million, nearing 100.
fn score(surprise: f64) -> f64 {
    100.0 * (1.0 - 0.3f64.powf(surprise / RARE))
}

/// The detector with all it has learned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plain {
    size: BucketSize,
    #[serde(skip, default = "Season::utc")]
    season: Season,
    /// First bucket that was judged.
    first: Option<i64>,
    /// Last bucket that was judged.
    now: i64,
    /// Days with sources anywhere, as far back as anything is looked up; counted from the epoch.
    live: VecDeque<i64>,
    /// By place of the destination; `None` until its first source.
    destinations: Vec<Option<Known>>,
    past: Past,
    familiar: Familiar,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    history: History,
    /// What was expected of the bucket judged last.
    mean: f64,
    dispersion: f64,
}

impl Plain {
    /// Knowing nothing yet.
    pub fn new(plan: &Plan) -> Self {
        let season = Season::new(plan.size, &plan.zones);
        let past = Past::new(season.reach());
        Self { size: plan.size, season, first: None, now: 0, live: VecDeque::new(), destinations: Vec::new(), past, familiar: Familiar::default() }
    }

    /// The same memory, for people of these zones.
    pub fn in_zones(mut self, zones: &[TimeZone]) -> Self {
        self.season = Season::new(self.size, zones);
        self
    }

    /// Whether a destination was first seen less than a day before the bucket judged last.
    pub fn is_new(&self, destination: usize) -> bool {
        self.destinations.get(destination).and_then(Option::as_ref).is_some_and(|known| self.now - known.history.born < self.season.day())
    }

    fn week(&self) -> i64 {
        7 * self.season.day()
    }

    /// Buckets of history before the one at hand: those of days on which the estate was heard of at all. Years between
    /// two old logs are no history, and neither is a feed that was silent. Where it was heard of on fewer than half of the days,
    /// only the last week counts: a handful of days strewn over months shows what happened, not what is usual.
    fn age(&self) -> i64 {
        let Some(first) = self.first else { return 0 };
        let day = self.season.day();
        let today = self.now.div_euclid(day);
        let days = self.live.front().map_or(0, |oldest| today - oldest + 1);
        let is_dense = 2 * i64::try_from(self.live.len()).unwrap_or(i64::MAX) >= days;
        let counts = |live: &&i64| is_dense || today - **live <= 7;
        self.live.iter().filter(counts).map(|live| (((live + 1) * day).min(self.now) - (live * day).max(first)).max(0)).sum()
    }

    /// Notes that the estate is heard of today.
    fn hear(&mut self) {
        let today = self.now.div_euclid(self.season.day());
        if self.live.back() != Some(&today) {
            self.live.push_back(today);
        }
        let reach = self.season.reach() / self.season.day();
        while self.live.front().is_some_and(|live| today - live > reach) {
            self.live.pop_front();
        }
    }

    fn has_history(&self) -> bool {
        self.age() >= DAYS_NEEDED * self.season.day()
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

    fn judge(&self, destination: usize, count: u32, novelty: Novelty) -> Option<Verdict> {
        let known = self.destinations.get(destination)?.as_ref()?;
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
            cross: None,
            why: None,
            standing: Standing::ShortHistory,
        };
        let seconds = self.size.seconds();
        if !self.has_history() {
            verdict.reason = reason::too_short(self.age() * seconds, DAYS_NEEDED * 86_400);
            return Some(verdict);
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
        verdict.standing = Standing::CountsOnly;
        Some(verdict)
    }

    fn learn(&mut self, row: Vec<u16>) {
        let (now, week, reach) = (self.now, self.week(), self.season.reach());
        for (destination, (known, count)) in self.destinations.iter_mut().zip(&row).enumerate() {
            // Who has been silent for longer than anybody looks back has nothing left to unlearn.
            if let Some(Known { history, mean, .. }) = known
                && (*count > 0 || now - history.last <= reach)
            {
                history.learn(now, *count, self.past.count(now - week, destination), *mean);
            }
        }
        self.past.push(now, row);
    }
}

impl Detector for Plain {
    fn name(&self) -> &'static str {
        NAME
    }

    fn bucket(&mut self, bucket: &Bucket<'_>) -> Vec<Verdict> {
        self.now = self.size.index(bucket.start.as_second());
        self.first.get_or_insert(self.now);
        if bucket.arrivals.iter().any(|(_, sources)| !sources.is_empty()) {
            self.hear();
        }
        if self.destinations.len() < bucket.destinations {
            self.destinations.resize(bucket.destinations, None);
        }
        for (destination, sources) in bucket.arrivals {
            if let Some(place) = self.destinations.get_mut(*destination)
                && !sources.is_empty()
            {
                place.get_or_insert_with(|| Known { history: History::new(self.now), mean: 0.0, dispersion: 1.0 });
            }
        }
        let usual = Usual::of(self.now, &self.season, &self.past, self.destinations.iter().flatten().map(|known| &known.history));
        for (destination, known) in self.destinations.iter_mut().enumerate() {
            if let Some(known) = known {
                (known.mean, known.dispersion) = usual.at(destination, &known.history);
            }
        }
        let mut verdicts = Vec::with_capacity(bucket.arrivals.len());
        let mut row = vec![0u16; self.destinations.len()];
        for (destination, sources) in bucket.arrivals {
            let count = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            let Some(place) = row.get_mut(*destination).filter(|_| count > 0) else { continue };
            *place = u16::try_from(count).unwrap_or(u16::MAX);
            let novelty = self.novelty(*destination, sources);
            verdicts.extend(self.judge(*destination, count, novelty));
        }
        self.learn(row);
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
