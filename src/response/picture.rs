//! What a response is prepared from: who came, with which accounts, where they went next, and who else would feel it.
//! Plain facts; nothing in here is advice.

use std::collections::BTreeSet;

use crate::domain::{Address, BucketSize, Completeness, Destination, Foreign, Range, Severity, Stage, Timestamp, Verdict};

/// The facts about one spike at one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    /// The server that was reached.
    pub destination: Destination,
    /// The spike: what the response is about.
    pub range: Range,
    /// What was looked back on to tell regulars from strangers; `None` where nothing lies before the spike.
    pub history: Option<Range>,
    /// When the facts were gathered.
    pub gathered: Timestamp,
    /// Where the events come from, in words.
    pub origin: String,
    /// The verdict on the worst bucket of the spike; `None` where there is none.
    pub worst: Option<Verdict>,
    /// Who came, those who got furthest first.
    pub sources: Vec<Source>,
    /// Who came before the spike and not in it.
    pub before: Vec<Before>,
    /// The accounts that got in, in the order in which they matter.
    pub accounts: Vec<Account>,
    /// The hosts in scope with what was found on each: the destination first.
    pub hosts: Vec<Host>,
    /// Sessions at the destination whose end was not seen.
    pub open: Vec<OpenSession>,
    /// Whether another bucket or threshold would have seen it earlier.
    pub earlier: Vec<Earlier>,
    /// What could not be told, one sentence each without a period.
    pub unknown: Vec<String>,
    /// How whole the answers were.
    pub completeness: Completeness,
}

/// Who came.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Its address.
    pub address: Address,
    /// How far it got.
    pub stage: Stage,
    /// Whether it was never seen at this destination before the spike; `None` where no history says.
    pub is_new: Option<bool>,
    /// Days before the spike on which it was seen at this destination.
    pub days_before: usize,
    /// The accounts it came with in the spike.
    pub users: BTreeSet<Foreign>,
    /// The accounts that came from it anywhere before the spike: who would be cut off with it.
    pub regulars: BTreeSet<Foreign>,
    /// Other destinations that it reached in the spike, by label.
    pub also_to: BTreeSet<Foreign>,
    /// Whether it is itself a server that was reached over RDP.
    pub is_server: bool,
    /// Sessions from it whose end was not seen.
    pub open: usize,
    /// Connections in the spike.
    pub connections: u64,
    /// Refused logons in the spike.
    pub refusals: u64,
    /// Events in the spike.
    pub events: u64,
    /// First event in the spike.
    pub first: Timestamp,
    /// Last event in the spike.
    pub last: Timestamp,
}

/// Who came before the spike and not in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Before {
    /// Its address.
    pub address: Address,
    /// Days on which it was seen at this destination.
    pub days: usize,
    /// Events.
    pub events: u64,
    /// Start of its first bucket.
    pub first: Timestamp,
    /// Start of its last bucket.
    pub last: Timestamp,
}

/// What sort of account it is, in the order in which they are reset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// It has administrator rights.
    Privileged,
    /// Programs log on with it.
    Service,
    /// A person of a domain.
    Domain,
    /// A person of one machine.
    Local,
    /// The event names no domain: of a domain or of one machine.
    Unknown,
}

impl Class {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Service => "service",
            Self::Domain => "domain",
            Self::Local => "local",
            Self::Unknown => "domain or local",
        }
    }
}

/// An account that got in.
#[derive(Clone, PartialEq, Debug)]
pub struct Account {
    /// As it is written.
    pub name: Foreign,
    /// What sort of account.
    pub class: Class,
    /// What says so.
    pub because: String,
    /// The machine it belongs to, where it is no account of a domain.
    pub machine: Option<Foreign>,
    /// Sessions opened or come back to.
    pub logons: u64,
    /// Where it came from.
    pub sources: BTreeSet<Address>,
    /// The servers it got into, by label.
    pub hosts: BTreeSet<Foreign>,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
}

/// A host in scope.
#[derive(Clone, PartialEq, Debug)]
pub struct Host {
    /// Its names and addresses.
    pub host: Destination,
    /// Why it is in scope.
    pub because: String,
    /// Whether its own logs are among the events: without, nothing found means nothing.
    pub is_visible: bool,
    /// What was found on it, the worst first.
    pub findings: Vec<HostFinding>,
}

/// Something found on a host.
#[derive(Clone, PartialEq, Debug)]
pub struct HostFinding {
    /// How bad it is.
    pub severity: Severity,
    /// When it was first seen.
    pub time: Timestamp,
    /// What, in a sentence; text out of events in it is inert.
    pub text: String,
    /// How many events say so.
    pub events: u64,
}

/// A session whose end was not seen.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenSession {
    /// Whose.
    pub user: Option<Foreign>,
    /// Where from.
    pub source: Option<Address>,
    /// When it was opened.
    pub since: Timestamp,
    /// The Windows session.
    pub session_id: Option<u32>,
}

/// What another bucket or threshold would have said.
#[derive(Clone, PartialEq, Debug)]
pub struct Earlier {
    /// Width of the buckets.
    pub size: BucketSize,
    /// Score from which a bucket is called anomalous.
    pub threshold: f64,
    /// The end of the first bucket of the spike that it would have raised; `None` where it would have raised none.
    pub at: Option<Timestamp>,
    /// Findings at all destinations in everything looked at: the price.
    pub findings: usize,
}

impl Picture {
    /// The sources that speak for being blocked: strangers, where a history says who is one; else all of them.
    pub fn suspects(&self) -> impl Iterator<Item = &Source> {
        let knows = self.sources.iter().any(|source| source.is_new.is_some());
        self.sources.iter().filter(move |source| !knows || source.is_new == Some(true))
    }

    /// The destination as a person calls it: label and name.
    pub fn called(&self) -> String {
        let label = self.destination.label();
        match self.destination.name() {
            Some(name) => format!("{} {}", label.safe(), name.safe()),
            None => label.safe().into_string(),
        }
    }

    /// The furthest that anybody got.
    pub fn furthest(&self) -> Option<Stage> {
        self.sources
            .iter()
            .map(|source| source.stage)
            .filter(|stage| *stage != Stage::Refused)
            .max()
            .or_else(|| self.sources.first().map(|source| source.stage))
    }
}
