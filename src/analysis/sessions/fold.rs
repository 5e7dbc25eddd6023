//! Openings and endings put together into sessions, machine by machine in order of time.

use std::collections::{BTreeSet, HashMap};

use super::super::account;
use super::super::connections::near;
use super::super::machines::Machines;
use super::opening::{MOMENT, Moment, Moments, Role, role};
use crate::domain::{Basis, Ending, Event, Foreign, Kind, Timestamp};

/// A session while it is put together.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) machine: usize,
    pub(super) user: Option<Foreign>,
    /// Its openings, each with when it was left.
    pub(super) openings: Vec<(Moment, Option<Timestamp>)>,
    pub(super) end: Option<Ending>,
    pub(super) logons: BTreeSet<u64>,
    unlocks: BTreeSet<u64>,
    pub(super) session_id: Option<u32>,
    pub(super) reasons: Vec<Foreign>,
    pub(super) is_privileged: Option<bool>,
    /// Its events, each with what joined it; processes are only counted.
    pub(super) events: Vec<(u32, Basis)>,
    pub(super) processes: Vec<u32>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// Everything that happens to sessions, in order: an opening as a whole, or a single event.
enum Step {
    Opened(Box<Moment>),
    Event(u32, Role),
}

/// The sessions of all machines.
pub(super) fn fold(events: &[Event], machines: &Machines) -> Vec<Draft> {
    let mut order: Vec<(Timestamp, u8, u32, usize, Role)> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if let (Some(role), Some(machine), Ok(number)) = (role(event), machines.reached(place), u32::try_from(place)) {
            order.push((event.time, rank(event.kind), number, machine, role));
        }
    }
    order.sort_unstable_by_key(|(time, rank, place, ..)| (*time, *rank, *place));
    let mut moments = Moments::default();
    let mut steps: Vec<(Timestamp, u8, u32, usize, Step)> = Vec::new();
    for (time, rank, place, machine, role) in order {
        let Some(event) = events.get(place as usize) else { continue };
        match role {
            Role::Authenticated | Role::Logon | Role::Reconnect | Role::Shell => moments.take(place, event, machine, role),
            Role::Left | Role::Over | Role::Note | Role::Process => steps.push((time, rank, place, machine, Step::Event(place, role))),
        }
    }
    for moment in moments.list {
        let place = moment.events.first().map_or(0, |(place, _)| *place);
        steps.push((moment.first, 0, place, moment.machine, Step::Opened(Box::new(moment))));
    }
    steps.sort_by_key(|(time, rank, place, ..)| (*time, *rank, *place));
    let mut book = Book::default();
    for (.., machine, step) in steps {
        match step {
            Step::Opened(moment) => book.open(*moment),
            Step::Event(place, role) => {
                if let Some(event) = events.get(place as usize) {
                    book.event(place, event, machine, role);
                }
            }
        }
    }
    book.drafts
}

/// Which of two events of one moment comes first.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::ManagerAuthenticated => 1,
        Kind::LogonRemote | Kind::LogonCached | Kind::LogonUnlock | Kind::DefendLogon => 2,
        Kind::SessionLogon => 3,
        Kind::SessionShell => 4,
        // Of a session taken over, the old client leaves before the new one comes.
        Kind::SessionDisconnected | Kind::WindowDisconnected => 5,
        Kind::SessionReconnected | Kind::WindowReconnected => 6,
        Kind::SessionReason | Kind::SessionReplaced | Kind::Privileges => 7,
        Kind::Process | Kind::ProcessAudited | Kind::DefendProcess => 8,
        _ => 9,
    }
}

/// The sessions known so far, by their ids. An id points to the session that had it last.
#[derive(Default)]
struct Book {
    drafts: Vec<Draft>,
    by_logon: HashMap<(usize, u64), usize>,
    by_session: HashMap<(usize, u32), usize>,
    by_connection: HashMap<(usize, String), usize>,
    by_account: HashMap<(usize, String), Vec<usize>>,
}

impl Book {
    fn open(&mut self, mut moment: Moment) {
        let machine = moment.machine;
        let found = self.session_of(&moment);
        let (number, basis) = match found {
            Some(found) => found,
            None => (self.begin(machine, moment.user.clone(), moment.first), Basis::Founder),
        };
        let Some(draft) = self.drafts.get_mut(number) else { return };
        // What founded the opening joins it to the session.
        for (_, known) in &mut moment.events {
            if *known == Basis::Founder {
                *known = basis;
            }
        }
        draft.user = draft.user.take().or_else(|| moment.user.clone());
        draft.first = draft.first.min(moment.first);
        draft.last = draft.last.max(moment.last);
        draft.events.append(&mut moment.events);
        draft.logons.extend(&moment.logons);
        draft.unlocks.extend(&moment.unlocks);
        draft.session_id = draft.session_id.or(moment.session_id);
        for id in moment.logons.iter().chain(&moment.unlocks) {
            self.by_logon.insert((machine, *id), number);
        }
        if let Some(id) = moment.session_id {
            self.by_session.insert((machine, id), number);
        }
        if let Some(name) = &moment.connection {
            self.by_connection.insert((machine, name.raw().to_ascii_lowercase()), number);
        }
        let user = moment.user.clone();
        draft.openings.push((moment, None));
        self.remember(number, machine, user.as_ref());
    }

    fn begin(&mut self, machine: usize, user: Option<Foreign>, time: Timestamp) -> usize {
        self.drafts.push(Draft {
            machine,
            user,
            openings: Vec::new(),
            end: None,
            logons: BTreeSet::new(),
            unlocks: BTreeSet::new(),
            session_id: None,
            reasons: Vec::new(),
            is_privileged: None,
            events: Vec::new(),
            processes: Vec::new(),
            first: time,
            last: time,
        });
        self.drafts.len() - 1
    }

    fn remember(&mut self, number: usize, machine: usize, user: Option<&Foreign>) {
        let Some(user) = user else { return };
        let known = self.by_account.entry((machine, account::bare(user))).or_default();
        if !known.contains(&number) {
            known.push(number);
        }
    }

    /// The session that an opening comes back to; a logon comes back to none.
    fn session_of(&self, moment: &Moment) -> Option<(usize, Basis)> {
        let machine = moment.machine;
        let is_fit = |number: &usize| {
            self.drafts.get(*number).is_some_and(|draft| draft.end.is_none() && account::compatible(draft.user.as_ref(), moment.user.as_ref()))
        };
        let by_logon = moment.logons.iter().chain(&moment.unlocks).find_map(|id| self.by_logon.get(&(machine, *id)).filter(|number| is_fit(number)));
        if let Some(number) = by_logon {
            return Some((*number, Basis::LogonId));
        }
        if moment.is_logon && !moment.is_reconnect {
            return None;
        }
        if let Some(number) = moment.session_id.and_then(|id| self.by_session.get(&(machine, id))).filter(|number| is_fit(number)) {
            return Some((*number, Basis::SessionId));
        }
        if moment.is_reconnect && !moment.is_logon {
            let known = self.by_account.get(&(machine, account::bare(moment.user.as_ref()?)))?;
            // Another session of the same account, told apart by its number, is not it.
            let is_other = |number: &&usize| {
                let id = self.drafts.get(**number).and_then(|draft| draft.session_id);
                matches!((id, moment.session_id), (Some(one), Some(two)) if one != two)
            };
            return known.iter().rev().find(|number| is_fit(number) && !is_other(number) && self.has_desktop(**number)).map(|number| (*number, Basis::User));
        }
        None
    }

    fn has_desktop(&self, number: usize) -> bool {
        self.drafts.get(number).is_some_and(|draft| draft.openings.iter().any(|(moment, _)| moment.is_logon || moment.is_reconnect))
    }

    fn event(&mut self, place: u32, event: &Event, machine: usize, role: Role) {
        let found = self.home(event, machine, role);
        let (number, basis) = match (found, role) {
            (Some(found), _) => found,
            // The end of an unlock, rights and processes alone tell of no session; the end of a session does.
            (None, Role::Left) => (self.begin(machine, event.user.clone(), event.time), Basis::Founder),
            (None, Role::Over) if ends_a_desktop(event) => (self.begin(machine, event.user.clone(), event.time), Basis::Founder),
            // Defend gives the session only to processes of remote sessions.
            (None, Role::Process) if event.kind == Kind::DefendProcess => (self.begin(machine, event.user.clone(), event.time), Basis::Founder),
            (None, _) => return,
        };
        let Some(draft) = self.drafts.get_mut(number) else { return };
        draft.user = draft.user.take().or_else(|| event.user.clone());
        draft.first = draft.first.min(event.time);
        draft.last = draft.last.max(event.time);
        let details = event.details.as_deref();
        let logon_id = details.and_then(|details| details.logon_id);
        if basis == Basis::Founder {
            if let Some(id) = logon_id {
                draft.logons.insert(id);
                self.by_logon.insert((machine, id), number);
            }
            if let Some(id) = details.and_then(|details| details.session_id) {
                draft.session_id = Some(id);
                self.by_session.insert((machine, id), number);
            }
            draft.openings.push((Moment::unseen(machine, event), None));
        }
        match role {
            Role::Process => draft.processes.push(place),
            _ => draft.events.push((place, basis)),
        }
        match role {
            Role::Left => {
                if let Some((_, left)) = draft.openings.last_mut() {
                    *left = left.or(Some(event.time));
                }
            }
            Role::Over if is_final(draft, event) => {
                let ending = Ending { time: event.time, is_logoff: true, certainty: basis.certainty() };
                draft.end = Some(draft.end.filter(|known| known.is_logoff).unwrap_or(ending));
            }
            Role::Note => match event.kind {
                Kind::Privileges => draft.is_privileged = Some(true),
                _ => draft.reasons.extend(event.reason.clone()),
            },
            _ => {}
        }
        if role == Role::Process && details.and_then(|details| details.is_elevated) == Some(true) {
            draft.is_privileged = Some(true);
        }
        if basis == Basis::Founder {
            let user = event.user.clone();
            self.remember(number, machine, user.as_ref());
        }
    }

    /// The session an event is of, and by what.
    fn home(&self, event: &Event, machine: usize, role: Role) -> Option<(usize, Basis)> {
        let details = event.details.as_deref();
        let is_fit = |number: &usize| {
            self.drafts.get(*number).is_some_and(|draft| {
                // Several logs tell of one end, within moments; later the ids are somebody else's.
                let is_open = draft.end.is_none_or(|end| near(end.time, event.time, MOMENT));
                is_open && (role == Role::Process || account::compatible(draft.user.as_ref(), event.user.as_ref()))
            })
        };
        if let Some(id) = details.and_then(|details| details.logon_id) {
            if let Some(number) = self.by_logon.get(&(machine, id)).filter(|number| is_fit(number)) {
                return Some((*number, Basis::LogonId));
            }
            // A linked token has its own logon id, so that a process may have one that no logon told.
            if role == Role::Note {
                return None;
            }
        }
        if let Some(id) = details.and_then(|details| details.session_id)
            && let Some(number) = self.by_session.get(&(machine, id)).filter(|number| is_fit(number))
        {
            let is_same = self.drafts.get(*number).is_some_and(|draft| account::same(draft.user.as_ref(), event.user.as_ref()));
            if role != Role::Process || is_same {
                return Some((*number, Basis::SessionId));
            }
        }
        if role == Role::Process || role == Role::Note {
            return None;
        }
        if let Some(name) = details.and_then(|details| details.connection.as_ref())
            && let Some(number) = self.by_connection.get(&(machine, name.raw().to_ascii_lowercase())).filter(|number| is_fit(number))
        {
            return Some((*number, Basis::Connection));
        }
        let known = self.by_account.get(&(machine, account::bare(event.user.as_ref()?)))?;
        let candidate = known.iter().rev().find(|number| {
            let Some(draft) = self.drafts.get(**number) else { return false };
            let source = draft.openings.last().and_then(|(moment, _)| moment.source);
            let session_id = details.and_then(|details| details.session_id);
            let contradicts = matches!((source, event.source), (Some(one), Some(two)) if one != two)
                || matches!((draft.session_id, session_id), (Some(one), Some(two)) if one != two);
            is_fit(number) && !contradicts
        })?;
        // The end of another logon of the same account is not the end of this one.
        let is_named = details.is_some_and(|details| details.logon_id.is_some()) && self.drafts.get(*candidate).is_some_and(|draft| !draft.logons.is_empty());
        (!(is_named && event.kind == Kind::LogonEnded)).then_some((*candidate, Basis::User))
    }
}

/// Whether the end of this logon alone proves that there was a desktop.
fn ends_a_desktop(event: &Event) -> bool {
    event.kind != Kind::LogonEnded || event.detail(|details| details.logon_type) != Some(7)
}

/// Whether this ends the session, and not just the logon by which it was unlocked.
fn is_final(draft: &Draft, event: &Event) -> bool {
    let id = event.detail(|details| details.logon_id);
    match (event.kind, id) {
        (Kind::LogonEnded, Some(id)) => ends_a_desktop(event) && !draft.unlocks.contains(&id),
        _ => true,
    }
}
