//! Incidents: what is odd at several destinations and has one cause. Episodes that share sources, or in which a server that was
//! odd itself goes on to the next, are one incident, with a start, a spread and a score.

mod join;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::finding::ANOMALOUS;
use crate::domain::{Address, Destination, Foreign, Range, Severity, Timestamp, Why};

/// Buckets from this score on belong to an episode: what is not anomalous by itself may still be a part of something.
const FROM: f64 = 25.0;
/// Seconds that may lie between two buckets of one episode: an hour of waiting does not end an attack.
const APART: i64 = 3600;

/// Neighbouring odd buckets of one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Episode {
    /// The destination's one name.
    pub destination: Foreign,
    /// Its addresses that tell hosts apart: by these it is known when it goes on to others.
    pub hosts: Vec<Address>,
    /// From the start of the first bucket to the end of the last.
    pub range: Range,
    /// Start of the worst bucket.
    pub worst: Timestamp,
    /// Its score.
    pub score: f64,
    /// Who arrived, in order; those that go from door to door left out.
    pub sources: Vec<Address>,
    /// Those of them that had not been here before, in order.
    pub newcomers: Vec<Address>,
    /// Servers among them that had just been reached by somebody unexpected, in order.
    pub pivots: Vec<Address>,
}

/// The episodes of a destination, of its buckets in order: start, width in seconds, score, and the numbers behind it.
pub fn episodes<'a>(destination: &Destination, buckets: impl Iterator<Item = (Timestamp, i64, f64, Option<&'a Why>)>) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    for (start, seconds, score, why) in buckets.filter(|(_, _, score, _)| *score >= FROM) {
        let end = Timestamp::from_second(start.as_second().saturating_add(seconds)).unwrap_or(start);
        let goes_on = episodes.last().is_some_and(|last| start.as_second() - last.range.to.as_second() <= APART);
        if !goes_on {
            episodes.push(Episode {
                destination: destination.label(),
                hosts: destination.addresses.iter().copied().filter(|address| address.identifies_a_host()).collect(),
                range: Range { from: start, to: end },
                worst: start,
                score,
                sources: Vec::new(),
                newcomers: Vec::new(),
                pivots: Vec::new(),
            });
        }
        let Some(episode) = episodes.last_mut() else { continue };
        episode.range.to = end;
        if score > episode.score {
            (episode.worst, episode.score) = (start, score);
        }
        if let Some(why) = why {
            let new = why.classes.iter().filter(|class| !["known", "roaming"].contains(&class.class)).flat_map(|class| class.sources.iter().copied());
            add(&mut episode.newcomers, new);
            add(&mut episode.sources, why.sources.iter().copied());
            add(&mut episode.pivots, why.pivots.iter().map(|pivot| pivot.host));
        }
    }
    episodes
}

/// Adds to a list in order, each once.
fn add(list: &mut Vec<Address>, more: impl Iterator<Item = Address>) {
    list.extend(more);
    list.sort_unstable();
    list.dedup();
}

/// How a member came to be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by", content = "of")]
pub enum Joined {
    /// It is where the incident began.
    First,
    /// It was reached from this server, which was odd before.
    Through(Address),
    /// So many of its sources are those of others.
    Shared(usize),
    /// It had been a part of it before.
    Again,
}

impl Joined {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::First => "first".to_owned(),
            Self::Through(host) => format!("through {host}"),
            Self::Shared(1) => "1 source in common".to_owned(),
            Self::Shared(sources) => format!("{sources} sources in common"),
            Self::Again => "again".to_owned(),
        }
    }
}

/// One episode as a part of an incident.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Member {
    /// The destination.
    pub destination: Foreign,
    /// From the start of its first odd bucket.
    pub from: Timestamp,
    /// To the end of the last.
    pub to: Timestamp,
    /// Start of the worst bucket.
    pub worst: Timestamp,
    /// Its score.
    pub score: f64,
    /// How many sources arrived.
    pub sources: usize,
    /// How it came to be a member.
    pub joined: Joined,
}

/// What has one cause.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Incident {
    /// Its number, the gravest first, from 1 on.
    pub number: usize,
    /// When it began.
    pub from: Timestamp,
    /// When it was last seen.
    pub to: Timestamp,
    /// The score of its worst bucket.
    pub score: f64,
    /// The band of that.
    pub severity: Severity,
    /// How many destinations it has reached: its spread.
    pub destinations: usize,
    /// Everybody who arrived in it, in order.
    pub sources: Vec<Address>,
    /// Its episodes in the order in which they began.
    pub members: Vec<Member>,
}

impl Incident {
    /// Whether an odd bucket of this destination, which begins at `start`, is a part of it.
    pub fn has(&self, destination: &Foreign, start: Timestamp) -> bool {
        self.members.iter().any(|member| member.destination == *destination && member.from <= start && start < member.to)
    }

    /// The member that is this destination at this time.
    pub fn member(&self, destination: &Foreign, start: Timestamp) -> Option<&Member> {
        self.members.iter().find(|member| member.destination == *destination && member.from <= start && start < member.to)
    }
}

/// Puts episodes together; what has no anomalous bucket in it is no incident. The worst first, of equals the earliest.
pub fn incidents(episodes: &[Episode]) -> Vec<Incident> {
    let mut incidents: Vec<Incident> = join::groups(episodes).into_iter().filter_map(|group| incident(&group)).collect();
    incidents.sort_by(|one, two| {
        let rank = |incident: &Incident| (incident.score * 10.0).round();
        rank(two).total_cmp(&rank(one)).then(two.destinations.cmp(&one.destinations)).then(one.from.cmp(&two.from)).then_with(|| {
            let first = |incident: &Incident| incident.members.first().map(|member| member.destination.clone());
            first(one).cmp(&first(two))
        })
    });
    for (number, incident) in incidents.iter_mut().enumerate() {
        incident.number = number + 1;
    }
    incidents
}

/// One group of episodes as an incident; they come in the order in which they began.
fn incident(group: &[(&Episode, Joined)]) -> Option<Incident> {
    let score = group.iter().map(|(episode, _)| episode.score).fold(0.0, f64::max);
    let from = group.iter().map(|(episode, _)| episode.range.from).min()?;
    let to = group.iter().map(|(episode, _)| episode.range.to).max()?;
    let destinations: BTreeSet<&Foreign> = group.iter().map(|(episode, _)| &episode.destination).collect();
    let sources: BTreeSet<Address> = group.iter().flat_map(|(episode, _)| episode.sources.iter().copied()).collect();
    let member = |(episode, joined): &(&Episode, Joined)| Member {
        destination: episode.destination.clone(),
        from: episode.range.from,
        to: episode.range.to,
        worst: episode.worst,
        score: episode.score,
        sources: episode.sources.len(),
        joined: *joined,
    };
    (score >= ANOMALOUS).then(|| Incident {
        number: 0,
        from,
        to,
        score,
        severity: Severity::of(score),
        destinations: destinations.len(),
        sources: sources.into_iter().collect(),
        members: group.iter().map(member).collect(),
    })
}
