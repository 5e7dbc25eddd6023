//! The facts that steps agree on: each source, account and host in scope with what is known of it, worked out once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{Address, Destination, Foreign, Stage, Timestamp};

/// Everything that a dossier rests on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// The sources that reached the destination within the range, in order of address.
    pub sources: Vec<SourceFact>,
    /// The accounts that were tried or used there, those that got in first.
    pub accounts: Vec<AccountFact>,
    /// The hosts in scope: the destination first, then where its visitors and its sessions went from there.
    pub hosts: Vec<HostFact>,
    /// Distinct sources that are usual in such a stretch of time; `None` where too little history says.
    pub usual: Option<u32>,
    /// Days of history before the range that were looked at; 0 where there were none.
    pub history_days: u32,
    /// The highest score of the detector within the range; `None` where it gave no verdict.
    pub score: Option<f64>,
    /// Sessions at the destination whose end was not seen: who is logged on now, as far as the data tells.
    pub open_sessions: Vec<(Foreign, Option<Address>, Timestamp)>,
}

/// One source.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceFact {
    /// Which.
    pub address: Address,
    /// Whether it was never seen here before the range; `None` where too little history says.
    pub is_new: Option<bool>,
    /// Days before the range on which it came here.
    pub days_before: u32,
    /// How far it got.
    pub stage: Stage,
    /// First event here within the range.
    pub first: Timestamp,
    /// Last event here within the range.
    pub last: Timestamp,
    /// Connections, or events where connections are not told apart.
    pub connections: u64,
    /// Refusals.
    pub refusals: u64,
    /// The accounts it came with, by the number of their events.
    pub users: BTreeMap<Foreign, u64>,
    /// Accounts that used it here before the range: who would be cut off with it.
    pub regulars: BTreeSet<Foreign>,
    /// Destinations it reached around the range, this one included.
    pub destinations: u64,
    /// Cookies it sent in place of a user's name.
    pub cookies: BTreeSet<Foreign>,
    /// What makes it suspect, in a few words each; empty where nothing does.
    pub suspicion: Vec<String>,
    /// The harmless step that explains it, where one does.
    pub explained_by: Option<&'static str>,
}

impl SourceFact {
    /// Whether something speaks against it and nothing explains it.
    pub fn is_suspect(&self) -> bool {
        !self.suspicion.is_empty() && self.explained_by.is_none()
    }
}

/// One account.
#[derive(Clone, PartialEq, Debug)]
pub struct AccountFact {
    /// As it is first written.
    pub name: Foreign,
    /// Logons and reconnects that got through within the range.
    pub logons: u64,
    /// Refusals within the range.
    pub refusals: u64,
    /// Whether an event says that it has administrator rights.
    pub is_privileged: bool,
    /// Whether it was never seen here before; `None` where too little history says.
    pub is_new: Option<bool>,
    /// Where it came from.
    pub sources: BTreeSet<Address>,
    /// Hosts where it got in, by label.
    pub hosts: BTreeSet<Foreign>,
    /// What makes it suspect, in a few words each.
    pub suspicion: Vec<String>,
}

/// One host in scope.
#[derive(Clone, PartialEq, Debug)]
pub struct HostFact {
    /// Which.
    pub host: Arc<Destination>,
    /// Why it is in scope, in a few words.
    pub why: String,
    /// First time it was touched in this matter.
    pub first: Timestamp,
    /// How far somebody got there.
    pub stage: Stage,
    /// What was found on it, in a sentence each; inert.
    pub findings: Vec<String>,
}
