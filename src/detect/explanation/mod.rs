//! Why one bucket of one destination has its score: every figure behind it, as a value for machines and, by `words`, as
//! sections for people. The screens and the command line show the same value.

#[cfg(test)]
mod tests;
mod words;

pub use words::Section;

use std::sync::Arc;

use serde::Serialize;

use crate::detect::{Incident, Relative, Wave};
use crate::domain::finding::{ANOMALOUS, Standing};
use crate::domain::{Address, BucketSize, Foreign, Range, Severity, Timestamp, Why};

/// All there is to say of one bucket of one destination.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explanation {
    /// The destination's one name.
    pub destination: Foreign,
    /// Its host name beside that.
    pub name: Option<Foreign>,
    /// Start of the bucket.
    pub start: Timestamp,
    /// Its width.
    pub bucket: BucketSize,
    /// On what footing the verdict stands.
    pub standing: Standing,
    /// 0 to 100; `None` where there is no verdict.
    pub score: Option<f64>,
    /// Its band.
    pub severity: Option<Severity>,
    /// Whether the score reaches the threshold.
    pub is_anomalous: bool,
    /// Whether several buckets say together what this one would not say alone.
    pub is_multi_bucket: bool,
    /// The sentence of the lanes and of the CSV.
    pub reason: Option<String>,
    /// Distinct sources.
    pub sources: u32,
    /// Those of them that were new here.
    pub new: u32,
    /// Events in the bucket.
    pub events: u64,
    /// Events of the bucket that name no source.
    pub without_source: u64,
    /// How many sources are usual at this time.
    pub typical: Option<f64>,
    /// The most that chance explains.
    pub upper: Option<f64>,
    /// What the plain detector says.
    pub plain: Option<Plain>,
    /// Window, classes, networks, pivots, counterfactual; `None` where nothing arrived that was not quite expected.
    pub why: Option<Arc<Why>>,
    /// The incident that the bucket is a part of.
    pub incident: Option<Incident>,
    /// The recurring round that is due here at this time.
    pub round: Option<Round>,
    /// What else is measured of it, each against its own past.
    pub relatives: Vec<Relative>,
    /// What came in after the bucket was over, and what that changed.
    pub late: Option<String>,
    /// Since when arrivals are known, in whole days before the bucket.
    pub history_days: i64,
    /// What this cannot say, one sentence each.
    pub cannot_say: Vec<String>,
}

/// A recurring round, and how much of a bucket it explains.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Round {
    /// Which.
    pub wave: Wave,
    /// Sources of the window that are its usual ones.
    pub own: usize,
    /// Those that are not: they are judged as on any other day.
    pub others: usize,
}

impl Round {
    /// Of several rounds that are due, the one that explains most.
    fn of(facts: &Facts) -> Option<Self> {
        let came: Vec<Address> = facts.why.iter().flat_map(|why| &why.classes).flat_map(|class| class.sources.iter().copied()).collect();
        let own = |wave: &Wave| came.iter().filter(|source| wave.sources.binary_search(source).is_ok()).count();
        let wave = facts.waves.iter().max_by_key(|wave| own(wave))?;
        Some(Self { own: own(wave), others: came.len() - own(wave), wave: wave.clone() })
    }
}

/// The word of the detector that looks at counts alone.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Plain {
    /// Its score.
    pub score: f64,
    /// Whether one of the two calls the bucket anomalous and the other does not.
    pub disagrees: bool,
}

/// What is known of the bucket, wherever that was kept.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The destination's one name.
    pub destination: Foreign,
    /// Its host name beside that.
    pub name: Option<Foreign>,
    /// Start of the bucket.
    pub start: Timestamp,
    /// Its width.
    pub bucket: BucketSize,
    /// On what footing the verdict stands.
    pub standing: Standing,
    /// The score.
    pub score: Option<f64>,
    /// The reason in a sentence.
    pub reason: Option<String>,
    /// Distinct sources.
    pub sources: u32,
    /// New ones among them.
    pub new: u32,
    /// Events.
    pub events: u64,
    /// Events that name no source.
    pub without_source: u64,
    /// What is usual.
    pub typical: Option<f64>,
    /// The most that chance explains.
    pub upper: Option<f64>,
    /// The plain detector's score, where another one speaks.
    pub cross: Option<f64>,
    /// The numbers behind the score.
    pub why: Option<Arc<Why>>,
    /// The incident that it is a part of.
    pub incident: Option<Incident>,
    /// The rounds that are due here at this time.
    pub waves: Vec<Wave>,
    /// What else is measured of it.
    pub relatives: Vec<Relative>,
    /// What came late.
    pub late: Option<String>,
    /// Since when arrivals are known.
    pub known_from: Timestamp,
    /// What the answer lacks, in words; `None` where it is whole.
    pub lacks: Option<String>,
}

impl Explanation {
    /// Puts together what is known.
    pub fn of(facts: Facts) -> Self {
        let is_anomalous = facts.score.is_some_and(|score| score >= ANOMALOUS);
        let history_days = facts.start.duration_since(facts.known_from).as_hours().max(0) / 24;
        let round = Round::of(&facts);
        Self {
            cannot_say: cannot_say(&facts, history_days),
            destination: facts.destination,
            name: facts.name,
            start: facts.start,
            bucket: facts.bucket,
            standing: facts.standing,
            score: facts.score,
            severity: facts.score.map(Severity::of),
            is_anomalous,
            is_multi_bucket: facts.why.as_ref().zip(facts.score).is_some_and(|(why, score)| why.is_multi_bucket(facts.bucket.seconds(), score)),
            reason: facts.reason,
            sources: facts.sources,
            new: facts.new,
            events: facts.events,
            without_source: facts.without_source,
            typical: facts.typical,
            upper: facts.upper,
            plain: facts.cross.map(|score| Plain { score, disagrees: (score >= ANOMALOUS) != is_anomalous }),
            why: facts.why,
            incident: facts.incident,
            round,
            relatives: facts.relatives,
            late: facts.late,
            history_days,
        }
    }

    /// The stretch of time that the bucket covers.
    pub fn range(&self) -> Range {
        Range { from: self.start, to: self.bucket.at(self.bucket.index(self.start.as_second()).saturating_add(1)) }
    }
}

/// Weeks that the expectation looks back to the same time of the week.
const WEEKS: i64 = 4;

/// What the figures leave open.
fn cannot_say(facts: &Facts, history_days: i64) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(lacks) = &facts.lacks {
        said.push(format!("what was not answered: {lacks}"));
    }
    match facts.standing {
        Standing::ShortHistory => said.push("what is usual here: too little is known of it".to_owned()),
        Standing::Gap => said.push("whether anybody came: nothing was fed to us".to_owned()),
        Standing::CountsOnly => said.push("who came: this is judged by counts alone".to_owned()),
        Standing::New => said.push("what is usual at this destination: it is in its first day, and the rest of the estate stands in for it".to_owned()),
        Standing::Judged | Standing::Partial => {}
    }
    if facts.standing.has_verdict() && history_days < 7 * WEEKS {
        let weeks = history_days / 7;
        let seen = match weeks {
            0 => "no same time of the week has been seen yet".to_owned(),
            1 => "the same time of the week was seen once".to_owned(),
            weeks => format!("the same time of the week was seen {weeks} times"),
        };
        said.push(format!("what a whole month looks like: {history_days} days of history are known, {seen}"));
    }
    if facts.without_source > 0 {
        let events = if facts.without_source == 1 { "1 event names".to_owned() } else { format!("{} events name", facts.without_source) };
        said.push(format!("where everybody came from: {events} no source and stand in no figure here"));
    }
    let roaming = facts.why.iter().flat_map(|why| &why.classes).find(|class| class.class == "roaming").map_or(0, |class| class.arrived);
    if roaming > 0 {
        let go = if roaming == 1 { "1 source goes".to_owned() } else { format!("{roaming} sources go") };
        said.push(format!("whether a scanner means well: {go} from door to door, which is counted and shown but not scored"));
    }
    if facts.sources > 0 {
        said.push("who is behind an address: a NAT, a proxy or a VPN pool counts as the addresses it uses".to_owned());
        said.push("whether anybody got in: arrivals are judged, not outcomes".to_owned());
    }
    said
}
