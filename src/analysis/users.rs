//! Accounts: who came from where with what outcome, and what is odd about it.

use std::collections::{BTreeMap, BTreeSet};

use super::connections::near;
use super::{Sessions, account, reason};
use crate::domain::{Address, Certainty, Event, Family, Foreign, Kind, Proof, Timestamp};

/// Accounts refused from one source that make a spray.
const SPRAY: usize = 5;
/// Refusals before a logon from the same source that make it worth saying.
const TRIES: usize = 5;
/// Seconds within which those refusals lie.
const TRYING: i64 = 3600;
/// Seconds within which one account from two sources is at once.
const AT_ONCE: i64 = 600;

/// The accounts in some events.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Users {
    /// One row for each account, most logons and refusals first.
    pub rows: Vec<User>,
    /// Sources that tried many accounts.
    pub sprays: Vec<Spray>,
    /// Accounts that look alike and are not the same.
    pub alike: Vec<(Foreign, Foreign)>,
}

/// One account.
#[derive(Clone, PartialEq, Debug)]
pub struct User {
    /// As it is first written.
    pub name: Foreign,
    /// Every way it is written; Windows takes them for the same.
    pub spellings: BTreeSet<Foreign>,
    /// Its part of the matrix: one cell for each server and source, in order.
    pub cells: Vec<Cell>,
    /// Refusals by reason in words.
    pub reasons: BTreeMap<String, u64>,
    /// What proves that it has administrator rights.
    pub privileged: Option<Proof>,
    /// Whether it was never seen here before; `None` where no history says.
    pub is_new: Option<bool>,
    /// Sources it came from within minutes of each other.
    pub at_once: BTreeSet<Address>,
    /// The logon that came after many refusals from the same source: when, where from, after how many.
    pub after_refusals: Option<(Timestamp, Address, usize)>,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
}

/// One account from one source at one server.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// The server, as a place in [`Sessions::machines`].
    pub machine: usize,
    /// Where from.
    pub source: Option<Address>,
    /// Sessions opened or come back to.
    pub logons: u64,
    /// What proves them.
    pub proof: Option<Proof>,
    /// Refusals.
    pub refused: Option<Proof>,
}

impl Cell {
    /// The outcome in a word.
    pub fn outcome(&self) -> &'static str {
        match (&self.proof, &self.refused) {
            (Some(_), None) => "logged on",
            (Some(_), Some(_)) => "refused and logged on",
            (None, Some(_)) => "refused",
            (None, None) => "seen",
        }
    }
}

/// One source and the many accounts it was refused with.
#[derive(Clone, PartialEq, Debug)]
pub struct Spray {
    /// Where from.
    pub source: Address,
    /// The accounts.
    pub users: BTreeSet<Foreign>,
    /// Refusals.
    pub refusals: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

impl User {
    /// Logons from everywhere.
    pub fn logons(&self) -> u64 {
        self.cells.iter().map(|cell| cell.logons).sum()
    }

    /// Refusals from everywhere.
    pub fn refusals(&self) -> u64 {
        self.cells.iter().filter_map(|cell| cell.refused.as_ref()).map(|proof| proof.events).sum()
    }

    /// Everywhere it came from.
    pub fn sources(&self) -> BTreeSet<Address> {
        self.cells.iter().filter_map(|cell| cell.source).collect()
    }
}

/// The accounts. `known` are those seen before the range, where a history was looked at.
pub fn users(events: &[Event], sessions: &Sessions, known: Option<&BTreeSet<Foreign>>) -> Users {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut refusals: BTreeMap<Address, Vec<(Timestamp, Foreign)>> = BTreeMap::new();
    let mut logons: Vec<(Timestamp, Address, String)> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let (Some(user), Some(machine)) = (&event.user, sessions.machines.reached(place)) else { continue };
        let is_refused = event.kind.family() == Family::Failed || event.kind == Kind::LogonFailedNetwork;
        let is_session = matches!(event.kind.family(), Family::Session | Family::Shell);
        let is_end = event.kind.family() == Family::End && event.destination_port.is_none();
        if !(is_refused || is_session || is_end || event.kind == Kind::Privileges) || account::is_system(user) {
            continue;
        }
        let key = account::bare(user);
        let in_session = sessions.of_event.get(place).copied().flatten().is_some();
        if event.kind == Kind::Privileges && !in_session {
            continue;
        }
        let draft = drafts.entry(key.clone()).or_insert_with(|| Draft::new(user, event.time));
        draft.spellings.insert(user.clone());
        draft.first = draft.first.min(event.time);
        draft.last = draft.last.max(event.time);
        if event.kind == Kind::Privileges || event.detail(|details| details.is_elevated) == Some(true) {
            Proof::add(&mut draft.privileged, event, Certainty::Exact);
        }
        if is_end || event.kind == Kind::Privileges {
            continue;
        }
        let cell = draft.cells.entry((machine, event.source)).or_default();
        if is_refused {
            let certainty = if event.kind == Kind::LogonFailedNetwork { Certainty::Likely } else { Certainty::Exact };
            Proof::add(&mut cell.refused, event, certainty);
            *draft.reasons.entry(reason::of_refusal(event)).or_default() += 1;
            if let Some(source) = event.source {
                refusals.entry(source).or_default().push((event.time, user.clone()));
            }
        } else {
            Proof::add(&mut cell.proof, event, Certainty::Exact);
        }
    }
    for (session, machine) in sessions.list.iter().zip(&sessions.machine) {
        let Some(key) = session.user.as_ref().map(account::bare) else { continue };
        let Some(draft) = drafts.get_mut(&key) else { continue };
        for opening in &session.openings {
            if let Some(cell) = draft.cells.get_mut(&(*machine, opening.source)) {
                cell.logons += 1;
            }
            if let Some(source) = opening.source {
                logons.push((opening.time, source, key.clone()));
            }
        }
    }
    for list in refusals.values_mut() {
        list.sort_by_key(|(time, _)| *time);
    }
    logons.sort();
    for (time, source, key) in &logons {
        let Some(draft) = drafts.get_mut(key) else { continue };
        let before = refusals.get(source).map(Vec::as_slice).unwrap_or_default();
        let tried = before.iter().filter(|(tried, _)| tried <= time && near(*tried, *time, TRYING)).count();
        if tried >= TRIES && draft.after_refusals.is_none() {
            draft.after_refusals = Some((*time, *source, tried));
        }
        draft.opened.push((*time, *source));
    }
    let sprays = refusals.into_iter().filter_map(|(source, list)| spray(source, &list)).collect();
    let bare_known: Option<BTreeSet<String>> = known.map(|known| known.iter().map(account::bare).collect());
    let mut rows: Vec<User> = drafts.into_iter().map(|(key, draft)| draft.finish(bare_known.as_ref().map(|known| !known.contains(&key)))).collect();
    rows.sort_by(|one, two| (two.logons() + two.refusals()).cmp(&(one.logons() + one.refusals())).then_with(|| one.name.cmp(&two.name)));
    let alike = account::alike(rows.iter().map(|row| &row.name));
    Users { rows, sprays, alike }
}

fn spray(source: Address, list: &[(Timestamp, Foreign)]) -> Option<Spray> {
    let mut users: BTreeMap<String, Foreign> = BTreeMap::new();
    for (_, user) in list {
        users.entry(account::bare(user)).or_insert_with(|| user.clone());
    }
    (users.len() >= SPRAY).then_some(())?;
    let (first, last) = (list.first()?.0, list.last()?.0);
    Some(Spray { source, users: users.into_values().collect(), refusals: list.len() as u64, first, last })
}

#[derive(Default)]
struct CellDraft {
    logons: u64,
    proof: Option<Proof>,
    refused: Option<Proof>,
}

struct Draft {
    name: Foreign,
    spellings: BTreeSet<Foreign>,
    cells: BTreeMap<(usize, Option<Address>), CellDraft>,
    reasons: BTreeMap<String, u64>,
    privileged: Option<Proof>,
    after_refusals: Option<(Timestamp, Address, usize)>,
    /// When and where from sessions were opened, in order.
    opened: Vec<(Timestamp, Address)>,
    first: Timestamp,
    last: Timestamp,
}

impl Draft {
    fn new(name: &Foreign, time: Timestamp) -> Self {
        Self {
            name: name.clone(),
            spellings: BTreeSet::new(),
            cells: BTreeMap::new(),
            reasons: BTreeMap::new(),
            privileged: None,
            after_refusals: None,
            opened: Vec::new(),
            first: time,
            last: time,
        }
    }

    fn finish(self, is_new: Option<bool>) -> User {
        let mut at_once = BTreeSet::new();
        for pair in self.opened.windows(2) {
            if let [(one, from), (two, to)] = pair
                && from != to
                && near(*one, *two, AT_ONCE)
            {
                at_once.extend([*from, *to]);
            }
        }
        let cells = self.cells.into_iter().map(|((machine, source), draft)| {
            let proof = draft.proof;
            Cell { machine, source, logons: draft.logons, proof, refused: draft.refused }
        });
        User {
            name: self.name,
            spellings: self.spellings,
            cells: cells.collect(),
            reasons: self.reasons,
            privileged: self.privileged,
            is_new,
            at_once,
            after_refusals: self.after_refusals,
            first: self.first,
            last: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::super::sessions;
    use super::*;

    fn refused(time: &str, source: &str, user: &str) -> Event {
        with(event(time, Kind::LogonFailed, "FS01", source, user), |event| event.reason = Some("0xC000006D 0xC000006A".into()))
    }

    fn logon(time: &str, source: &str, user: &str) -> Event {
        told(event(time, Kind::LogonRemote, "FS01", source, user), |details| details.logon_type = Some(10))
    }

    #[test]
    fn a_spray_and_the_logon_that_came_of_it() {
        let mut events: Vec<Event> = ["amy", "bob", "cy", "dee", "eve", "kim"]
            .iter()
            .enumerate()
            .map(|(second, user)| refused(&format!("10:00:0{second}"), "10.1.0.66", &format!("CORP\\{user}")))
            .collect();
        events.push(logon("10:05:00", "10.1.0.66", "corp\\KIM"));
        events.push(logon("10:09:00", "10.1.0.7", "CORP\\kim"));
        events.push(logon("15:00:00", "10.1.0.8", "CORP\\lee"));
        let known = BTreeSet::from([Foreign::from("CORP\\lee")]);
        let found = users(&events, &sessions(&events), Some(&known));
        assert_eq!(found.sprays.iter().map(|spray| (spray.users.len(), spray.refusals)).collect::<Vec<_>>(), [(6, 6)]);
        let kim = &found.rows[0];
        assert_eq!((kim.name.raw(), kim.spellings.len(), kim.logons(), kim.refusals(), kim.is_new), ("CORP\\kim", 2, 2, 1, Some(true)));
        assert_eq!(kim.after_refusals.map(|(_, source, tried)| (source.to_string(), tried)), Some(("10.1.0.66".to_owned(), 6)));
        assert_eq!(kim.at_once.len(), 2);
        assert_eq!(kim.cells.iter().map(Cell::outcome).collect::<Vec<_>>(), ["logged on", "refused and logged on"]);
        assert_eq!(kim.reasons, BTreeMap::from([("wrong password".to_owned(), 1)]));
        let lee = found.rows.iter().find(|row| row.name.raw() == "CORP\\lee").expect("lee");
        assert_eq!((lee.is_new, lee.at_once.len(), lee.after_refusals), (Some(false), 0, None));
    }
}
