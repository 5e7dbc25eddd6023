//! The estate as a detector: quarters in, verdicts out, with the plain detector beside it for counts, bounds and as a cross-check.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::acquaintance::PAUSE;
use super::calendar::Calendar;
use super::score::score;
use super::{Estate, Found, reason};
use crate::detect::plain::Plain;
use crate::detect::{Bucket, Detector, Expected, Plan};
use crate::domain::finding::Standing;
use crate::domain::{BucketSize, Timestamp, Verdict};

/// Its name.
pub const NAME: &str = "arrivals";
/// What a saved state is called; another number where it would be read wrongly.
const VERSION: u32 = 1;

/// Judges by arrivals. Whatever the width of the buckets shown, arrivals are judged by quarters of an hour, and a wider bucket has
/// the word of its worst quarter.
#[derive(Clone, Debug)]
pub struct ByArrivals {
    size: BucketSize,
    shown_from: Timestamp,
    estate: Estate,
    plain: Plain,
    /// Quarters of the bucket judged last in which each site was not fed.
    silent: Vec<i64>,
}

/// What is kept of a detector.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    size: BucketSize,
    estate: Estate,
    plain: Plain,
}

impl ByArrivals {
    /// Knowing nothing yet.
    pub fn new(plan: &Plan) -> Self {
        Self { size: plan.size, shown_from: plan.shown.from, estate: Estate::with(Calendar::new(&plan.zones)), plain: Plain::new(plan), silent: Vec::new() }
    }

    /// With what another has learned and [saved](Detector::save); `None` where that was another version or another size of
    /// buckets. Places must mean the same destinations and sources as then.
    pub fn resume(plan: &Plan, saved: &[u8]) -> Option<Self> {
        let Saved { version, size, estate, plain } = rmp_serde::from_slice(saved).ok()?;
        let zones: &[TimeZone] = &plan.zones;
        (version == VERSION && size == plan.size).then(|| Self {
            size,
            shown_from: plan.shown.from,
            estate: estate.in_zones(zones),
            plain: plain.in_zones(zones),
            silent: Vec::new(),
        })
    }

    /// Whether a bucket is worth explaining: the stretch shown only ever moves on.
    fn is_shown(&self, bucket: &Bucket<'_>) -> bool {
        bucket.start.as_second().saturating_add(self.size.seconds()) > self.shown_from.as_second()
    }

    /// The verdict on counts, with the word of the arrivals.
    fn say(&self, mut verdict: Verdict, found: Option<&Found>) -> Verdict {
        if verdict.score.is_none() {
            return verdict;
        }
        verdict.cross = verdict.score;
        verdict.score = Some(score(found.map_or(0.0, |found| found.nats)));
        verdict.why = found.and_then(|found| found.why.clone());
        if let Some(why) = &verdict.why {
            verdict.reason.push_str(&reason::arrivals(why));
        }
        verdict.standing = Standing::Judged;
        if found.map_or_else(|| self.plain.is_new(verdict.destination), |found| found.is_young) {
            verdict.standing = Standing::New;
        }
        if self.plain.is_new(verdict.destination) {
            // Where nothing is known of a place, no bound is better than one borrowed from strangers.
            verdict.upper = None;
        }
        if verdict.is_disputed() {
            let cross = verdict.cross.unwrap_or_default();
            let word = if verdict.is_anomalous() { "counts alone are ordinary" } else { "counts alone would be anomalous" };
            verdict.reason.push_str(&format!("; {word} (plain {cross:.0})"));
        }
        if let Some((from, to)) = self.silence_before(&verdict) {
            let clock = |quarter: i64| BucketSize::Quarter.at(quarter).strftime("%H:%M").to_string();
            verdict.reason.push_str(&format!("; before it nothing was fed to us from {} to {} UTC", clock(from), clock(to)));
        }
        // Reasons are most of what is kept of a month.
        verdict.reason.shrink_to_fit();
        verdict
    }

    /// The site of a destination.
    fn site(&self, destination: usize) -> Option<usize> {
        let server = self.estate.of.get(destination).copied().flatten()?;
        self.estate.servers.get(server as usize).map(|server| server.site)
    }

    /// The silence after which a verdict's bucket came, where that still bends who arrives.
    fn silence_before(&self, verdict: &Verdict) -> Option<(i64, i64)> {
        let first = BucketSize::Quarter.index(verdict.start.as_second());
        self.estate.feed.silence_before(self.site(verdict.destination)?, first, PAUSE.into())
    }

    /// Quarters in a bucket.
    fn quarters(&self) -> i64 {
        self.size.seconds() / BucketSize::Quarter.seconds()
    }
}

impl Detector for ByArrivals {
    fn name(&self) -> &'static str {
        NAME
    }

    fn bucket(&mut self, bucket: &Bucket<'_>) -> Vec<Verdict> {
        let plain = self.plain.bucket(bucket);
        let first = BucketSize::Quarter.index(bucket.start.as_second());
        let explain = self.is_shown(bucket).then(|| self.quarters());
        let mut quarters = bucket.quarters.iter().peekable();
        let mut worst: Vec<Option<Found>> = Vec::new();
        self.silent.clear();
        for quarter in first..first + self.quarters() {
            let present = quarters.next_if(|(number, _)| *number == quarter).map_or(&[] as &[_], |(_, present)| present);
            for found in self.estate.step(quarter, present, bucket.roster, explain) {
                if worst.len() <= found.server {
                    worst.resize(found.server + 1, None);
                }
                if let Some(place) = worst.get_mut(found.server)
                    && place.as_ref().is_none_or(|before| before.nats < found.nats)
                {
                    *place = Some(found);
                }
            }
            self.silent.resize(self.estate.feed.sites(), 0);
            for (site, silent) in self.silent.iter_mut().enumerate() {
                *silent += i64::from(!self.estate.feed.is_live(site));
            }
        }
        let of = |destination: usize| self.estate.of.get(destination).copied().flatten().and_then(|server| worst.get(server as usize)?.as_ref());
        plain
            .into_iter()
            .map(|verdict| {
                let found = of(verdict.destination);
                self.say(verdict, found)
            })
            .collect()
    }

    fn expected(&self, destination: usize) -> Option<Expected> {
        self.plain.expected(destination).filter(|_| !self.plain.is_new(destination))
    }

    fn is_gap(&self, destination: usize) -> bool {
        self.site(destination).and_then(|site| self.silent.get(site)).is_some_and(|silent| *silent == self.quarters())
    }

    fn save(&self) -> Option<Vec<u8>> {
        rmp_serde::to_vec(&Saved { version: VERSION, size: self.size, estate: self.estate.clone(), plain: self.plain.clone() }).ok()
    }

    fn fork(&self) -> Box<dyn Detector> {
        Box::new(self.clone())
    }
}
