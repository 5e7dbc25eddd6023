//! How surely the events of a record belong together: those that share ids, one to the next, are sure of each other; the
//! largest such group is the record, and whatever has no id in common with it belongs likely.

use std::collections::HashMap;

use super::super::connections::activity_key;
use super::opening::is_correlated;
use crate::domain::{Address, Basis, Certainty, Event, Family, Kind};

#[derive(PartialEq, Eq, Hash)]
enum Id {
    Logon(u64),
    Session(u32),
    Connection(String),
    Activity(String),
    Port(Address, u16),
}

impl Id {
    const fn basis(&self) -> Basis {
        match self {
            Self::Logon(_) => Basis::LogonId,
            Self::Session(_) => Basis::SessionId,
            Self::Connection(_) => Basis::Connection,
            Self::Activity(_) => Basis::Activity,
            Self::Port(..) => Basis::Port,
        }
    }
}

fn ids(event: &Event) -> Vec<Id> {
    let mut ids = Vec::new();
    if let Some(details) = event.details.as_deref() {
        ids.extend([details.logon_id, details.linked_logon_id].into_iter().flatten().map(Id::Logon));
        ids.extend(details.session_id.map(Id::Session));
        ids.extend(details.connection.as_ref().map(|name| Id::Connection(name.raw().to_ascii_lowercase())));
    }
    // Of the Security log the correlation id is of something else.
    if is_correlated(event.kind) || event.kind.name().starts_with("rdpcorets") {
        ids.extend(activity_key(event).map(Id::Activity));
    }
    if let (Some(source), Some(port), Family::Network | Family::Session) = (event.source, event.source_port, event.kind.family()) {
        ids.push(Id::Port(source, port));
    }
    ids
}

/// Processes looked at for the ids they tie together: they know both the logon and the Windows session.
const TYING: usize = 64;

/// For each of the joined events how surely it belongs, and by what.
pub(super) fn sure(events: &[Event], joined: &[(u32, Basis)], processes: &[u32]) -> Vec<(Certainty, Basis)> {
    let places: Vec<u32> = joined.iter().map(|(place, _)| *place).chain(processes.iter().take(TYING).copied()).collect();
    let mut parent: Vec<usize> = (0..places.len()).collect();
    let mut owner: HashMap<Id, usize> = HashMap::new();
    let mut shared: HashMap<usize, Basis> = HashMap::new();
    for (number, place) in places.iter().enumerate() {
        for id in events.get(*place as usize).map(ids).unwrap_or_default() {
            let basis = id.basis();
            match owner.get(&id) {
                Some(first) => {
                    let (one, two) = (root(&mut parent, *first), root(&mut parent, number));
                    if let Some(entry) = parent.get_mut(two) {
                        *entry = one;
                    }
                    for member in [*first, number] {
                        let known = shared.entry(member).or_insert(basis);
                        *known = (*known).min(basis);
                    }
                }
                None => {
                    owner.insert(id, number);
                }
            }
        }
    }
    let roots: Vec<usize> = (0..joined.len()).map(|number| root(&mut parent, number)).collect();
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    for (root, (place, _)) in roots.iter().zip(joined) {
        // The logons of an unlock know each other and nothing else.
        let is_fleeting = events.get(*place as usize).is_some_and(|event| matches!(event.kind, Kind::LogonUnlock | Kind::LogonEnded | Kind::Privileges));
        *sizes.entry(*root).or_default() += if is_fleeting { 0 } else { 1 };
    }
    // Of groups of one size the earliest: the result must not depend on a map's order.
    let core = roots.iter().copied().min_by_key(|root| (std::cmp::Reverse(sizes.get(root).copied().unwrap_or(0)), *root));
    let told = |(number, (_, basis)): (usize, &(u32, Basis))| {
        let in_core = roots.get(number).copied() == core;
        match (in_core, shared.get(&number)) {
            (true, Some(by)) => (Certainty::Exact, *by),
            (true, None) => (Certainty::Exact, Basis::Founder),
            (false, _) if basis.certainty() == Certainty::Likely => (Certainty::Likely, *basis),
            (false, _) => (Certainty::Likely, Basis::SourceAndUser),
        }
    };
    joined.iter().enumerate().map(told).collect()
}

fn root(parent: &mut [usize], mut number: usize) -> usize {
    while let Some(above) = parent.get(number).copied().filter(|above| *above != number) {
        // Halving the way keeps it short.
        let next = parent.get(above).copied().unwrap_or(above);
        if let Some(entry) = parent.get_mut(number) {
            *entry = next;
        }
        number = next;
    }
    number
}
