//! Detectors: pure statistics over buckets. History is the same calls in a row, so live and replay agree.

pub mod arrivals;
pub mod explanation;
pub mod incident;
mod layered;
pub mod plain;
pub mod recurring;
pub mod relatives;
pub mod roster;
pub mod run;
mod season;
pub mod watch;

pub use explanation::Explanation;
pub use incident::{Incident, incidents};
pub use recurring::Wave;
pub use relatives::Relative;
pub use roster::{Present, Roster};
pub use run::run;
pub use watch::Watch;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use crate::domain::{BucketSize, By, Destination, Range, Severity, Timestamp, Verdict};

/// One bucket of the whole estate.
#[derive(Clone, Debug)]
pub struct Bucket<'a> {
    /// Its start.
    pub start: Timestamp,
    /// Its width.
    pub size: BucketSize,
    /// For each destination with sources in it: (place of the destination, places of its distinct sources).
    /// Places are those of the lists the caller keeps; a destination keeps its place for good.
    pub arrivals: &'a [(usize, Vec<u32>)],
    /// The same by quarters of an hour, in order: (number of the quarter, as above); empty quarters may be left out.
    pub quarters: &'a [(i64, Present)],
    /// Who is behind the places.
    pub roster: &'a Roster,
    /// Destinations known so far; places at or above it do not occur.
    pub destinations: usize,
}

/// What is usual for one destination in one bucket.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Expected {
    /// The expected number of distinct sources.
    pub typical: f32,
    /// The most that chance explains.
    pub upper: f32,
}

/// Judges buckets in the order of time, every bucket, the empty ones too.
pub trait Detector: Send {
    /// Its name in `--detector`.
    fn name(&self) -> &'static str;

    /// One verdict for each destination that has sources in this bucket.
    fn bucket(&mut self, bucket: &Bucket<'_>) -> Vec<Verdict>;

    /// What was usual for a destination in the bucket judged last; `None` while history is too short.
    fn expected(&self, destination: usize) -> Option<Expected>;

    /// Whether nothing was fed to us of a destination in the bucket judged last, where there always was something.
    fn is_gap(&self, _destination: usize) -> bool {
        false
    }

    /// What it has learned, to be read by [`arrivals::ByArrivals::resume`]; `None` where it cannot be kept.
    fn save(&self) -> Option<Vec<u8>> {
        None
    }

    /// A copy that goes on by itself: what the copy learns stays unknown to this one. For buckets that are
    /// still open and will be judged again.
    fn fork(&self) -> Box<dyn Detector>;
}

/// How a detector begins, knowing nothing yet.
pub type Begin = fn(&Plan) -> Box<dyn Detector>;

/// Every detector: its name in `--detector`, and how it begins. The first is the default.
pub const DETECTORS: &[(&str, Begin)] =
    &[(arrivals::NAME, |plan| Box::new(arrivals::ByArrivals::new(plan))), (plain::NAME, |plan| Box::new(plain::Plain::new(plan)))];

/// How arrivals are to be judged.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What a destination is.
    pub by: By,
    /// Width of the buckets judged; arrivals counted in smaller ones are put together.
    pub size: BucketSize,
    /// Time zones in which the people of the site work, for seasons and clock changes; UTC where empty.
    pub zones: Vec<TimeZone>,
    /// Buckets outside train the detector, but their verdicts are not kept.
    pub shown: Range,
    /// Whether to keep what is usual for every destination and shown bucket, for the chart's band.
    pub bands: bool,
}

/// Every verdict of a detector over a stretch of time.
#[derive(Clone, Debug, Default)]
pub struct Detection {
    /// The destinations.
    pub destinations: Vec<Destination>,
    /// For each destination its verdicts by number of the bucket ([`BucketSize::index`]).
    pub verdicts: Vec<BTreeMap<i64, Verdict>>,
    /// For each destination what is usual by number of the bucket, where [`Plan::bands`] asked for it.
    pub bands: Vec<BTreeMap<i64, Expected>>,
    /// For each destination the buckets in which nothing was fed to us.
    pub gaps: Vec<BTreeSet<i64>>,
}

impl Detection {
    /// Takes back every verdict: the answer lacks what these words say, and no verdict rests on that. What was counted stays.
    pub fn withhold(&mut self, lacks: &str) {
        for verdict in self.verdicts.iter_mut().flat_map(BTreeMap::values_mut) {
            *verdict = verdict.withheld(lacks);
        }
        self.bands.iter_mut().for_each(BTreeMap::clear);
    }

    /// What is odd and has one cause, over everything shown.
    pub fn incidents(&self, size: BucketSize) -> Vec<Incident> {
        let of = self.destinations.iter().zip(&self.verdicts).flat_map(|(destination, verdicts)| {
            let scored = verdicts.values().filter_map(|verdict| Some((verdict.start, size.seconds(), verdict.score?, verdict.why.as_deref())));
            incident::episodes(destination, scored)
        });
        incidents(&of.collect::<Vec<_>>())
    }

    /// Names the recurring rounds at whose hour something odd happened: they belong to the reason. No score changes by it.
    pub fn name_rounds(&mut self, waves: &[Wave], zone: &TimeZone) {
        for (destination, verdicts) in self.destinations.iter().zip(&mut self.verdicts) {
            for verdict in verdicts.values_mut().filter(|verdict| verdict.severity() >= Some(Severity::Minor)) {
                let due = waves.iter().find(|wave| wave.reaches(destination) && wave.is_at(verdict.start, zone));
                verdict.reason.push_str(&due.map(Wave::reason).unwrap_or_default());
            }
        }
    }
}
