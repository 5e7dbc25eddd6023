//! Which event says so: enough of it to find it again, and how surely it belongs.

use serde::Serialize;

use super::{Event, Foreign, Kind, Timestamp};

/// How surely something belongs to something else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// By time, address and account: nothing contradicts, but no id proves it.
    Likely,
    /// By an id that Windows gave.
    Exact,
}

impl Certainty {
    /// The word in exports and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Exact => "exact",
        }
    }
}

/// One event as evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cite {
    /// When.
    pub time: Timestamp,
    /// What it is.
    pub kind: Kind,
    /// Who reported.
    pub host: Option<Foreign>,
    /// Its number in its log.
    pub record: Option<Foreign>,
    /// Its document id.
    pub id: Option<Foreign>,
}

impl From<&Event> for Cite {
    fn from(event: &Event) -> Self {
        Self { time: event.time, kind: event.kind, host: event.host.clone(), record: event.record.clone(), id: event.origin.id.clone() }
    }
}

/// Events that prove the same: how many, since when, and the first few of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// How surely they belong here: as the surest of them.
    pub certainty: Certainty,
    /// How many.
    pub events: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
    /// The first few.
    pub cites: Vec<Cite>,
}

/// Events that a proof names.
const NAMED: usize = 6;

impl Proof {
    /// A proof by one event.
    pub fn by(event: &Event, certainty: Certainty) -> Self {
        Self { certainty, events: 1, first: event.time, last: event.time, cites: vec![Cite::from(event)] }
    }

    /// Adds an event to what may be no proof yet.
    pub fn add(proof: &mut Option<Self>, event: &Event, certainty: Certainty) {
        match proof {
            None => *proof = Some(Self::by(event, certainty)),
            Some(proof) => {
                proof.certainty = proof.certainty.max(certainty);
                proof.events += 1;
                proof.first = proof.first.min(event.time);
                proof.last = proof.last.max(event.time);
                if proof.cites.len() < NAMED {
                    proof.cites.push(Cite::from(event));
                }
            }
        }
    }
}
