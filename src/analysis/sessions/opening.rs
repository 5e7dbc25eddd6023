//! The moments at which sessions are opened: logons and reconnects, each told by several logs within seconds.

use std::collections::{BTreeSet, HashMap};

use super::super::account;
use super::super::connections::{activity_key, near};
use crate::domain::{Address, Basis, Event, Foreign, Kind, Timestamp};

/// Seconds that the logs of one opening may lie apart.
pub(super) const MOMENT: i64 = 60;
/// Seconds between the two logons of a split token.
const TWINS: i64 = 2;

/// What an event does to a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A password was right; no more yet.
    Authenticated,
    /// A session began.
    Logon,
    /// Somebody came back.
    Reconnect,
    /// Its desktop started.
    Shell,
    /// It was left.
    Left,
    /// It is over.
    Over,
    /// It says why a session was left, or what rights it has.
    Note,
    /// A program ran in it.
    Process,
}

/// The role of an event; `None` where it tells nothing of sessions.
pub(super) fn role(event: &Event) -> Option<Role> {
    Some(match event.kind {
        Kind::ManagerAuthenticated => Role::Authenticated,
        Kind::SessionLogon | Kind::LogonRemote | Kind::LogonCached | Kind::DefendLogon | Kind::LogonExport => Role::Logon,
        Kind::SessionReconnected | Kind::WindowReconnected | Kind::LogonUnlock => Role::Reconnect,
        Kind::SessionShell => Role::Shell,
        Kind::SessionDisconnected | Kind::WindowDisconnected => Role::Left,
        // Of connections Defend says that they end too.
        Kind::DefendEnd if event.destination_port.is_none() => Role::Over,
        Kind::SessionLogoff | Kind::LogonEnded | Kind::LoggedOff => Role::Over,
        Kind::SessionReason | Kind::SessionReplaced | Kind::Privileges => Role::Note,
        Kind::DefendProcess | Kind::Process | Kind::ProcessAudited => Role::Process,
        _ => return None,
    })
}

/// One opening, with the ids it is known by.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) machine: usize,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) source: Option<Address>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<Foreign>,
    pub(super) logons: BTreeSet<u64>,
    /// Logons of an unlock: they end at once and say nothing of the session's end.
    pub(super) unlocks: BTreeSet<u64>,
    pub(super) session_id: Option<u32>,
    pub(super) connection: Option<Foreign>,
    pub(super) client: Option<Foreign>,
    pub(super) authentication: Option<Foreign>,
    pub(super) activity: Option<String>,
    pub(super) is_logon: bool,
    pub(super) is_reconnect: bool,
    pub(super) has_shell: bool,
    /// Its events, each with what joined it.
    pub(super) events: Vec<(u32, Basis)>,
    kinds: Vec<(Kind, Timestamp)>,
}

/// Gathers the openings of all machines out of events in order of time.
#[derive(Default)]
pub(super) struct Moments {
    pub(super) list: Vec<Moment>,
    /// Openings of each machine of the last minute; older ones are done.
    recent: HashMap<usize, Vec<usize>>,
}

impl Moments {
    /// Takes in an event that opens something.
    pub(super) fn take(&mut self, place: u32, event: &Event, machine: usize, role: Role) {
        let key = activity_key(event).filter(|_| is_correlated(event.kind));
        let recent = self.recent.entry(machine).or_default();
        recent.retain(|number| self.list.get(*number).is_some_and(|moment| near(moment.last, event.time, MOMENT)));
        let best = recent
            .iter()
            .filter_map(|number| Some((self.list.get(*number)?.fits(event, role, key.as_deref())?, *number)))
            .min_by_key(|(basis, number)| (*basis, std::cmp::Reverse(*number)));
        let (basis, number) = match best {
            Some(found) => found,
            None => {
                self.list.push(Moment::new(machine, event.time));
                recent.push(self.list.len() - 1);
                (Basis::Founder, self.list.len() - 1)
            }
        };
        if let Some(moment) = self.list.get_mut(number) {
            moment.take(place, event, role, key, basis);
        }
    }
}

/// Whether this log's correlation ids are those of connections; the Security log's are of something else.
pub(super) const fn is_correlated(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ManagerAuthenticated
            | Kind::SessionLogon
            | Kind::SessionShell
            | Kind::SessionReconnected
            | Kind::SessionReason
            | Kind::SessionReplaced
            | Kind::SessionDisconnected
            | Kind::SessionLogoff
    )
}

impl Moment {
    fn new(machine: usize, time: Timestamp) -> Self {
        Self {
            machine,
            first: time,
            last: time,
            source: None,
            port: None,
            user: None,
            logons: BTreeSet::new(),
            unlocks: BTreeSet::new(),
            session_id: None,
            connection: None,
            client: None,
            authentication: None,
            activity: None,
            is_logon: false,
            is_reconnect: false,
            has_shell: false,
            events: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// The opening of a session that a later event proves.
    pub(super) fn unseen(machine: usize, event: &Event) -> Self {
        let details = event.details.as_deref();
        Self {
            source: event.source,
            user: event.user.clone(),
            session_id: details.and_then(|details| details.session_id),
            connection: details.and_then(|details| details.connection.clone()),
            client: details.and_then(|details| details.client.clone()),
            ..Self::new(machine, event.time)
        }
    }

    /// Whether any event told of the opening itself.
    pub(super) fn is_seen(&self) -> bool {
        !self.events.is_empty() || !self.kinds.is_empty()
    }

    /// By what the event is of this opening; `None` where something speaks against it.
    fn fits(&self, event: &Event, role: Role, activity: Option<&str>) -> Option<Basis> {
        let details = event.details.as_deref();
        let session_id = details.and_then(|details| details.session_id);
        let connection = details.and_then(|details| details.connection.as_ref());
        if !account::compatible(self.user.as_ref(), event.user.as_ref())
            || differ(self.source.as_ref(), event.source.as_ref())
            || differ(self.session_id.as_ref(), session_id.as_ref())
            || differ(self.activity.as_deref(), activity)
            || connection.is_some_and(|name| self.connection.as_ref().is_some_and(|known| !known.raw().eq_ignore_ascii_case(name.raw())))
        {
            return None;
        }
        // The same log twice is the next opening, but for the two logons of a split token and the shell.
        let twice = self.kinds.iter().any(|(kind, time)| {
            let is_twin = matches!(kind, Kind::LogonUnlock | Kind::LogonRemote | Kind::LogonCached) && near(*time, event.time, TWINS);
            *kind == event.kind && !is_twin && role != Role::Shell
        });
        let began_and_came_back = (event.kind == Kind::SessionLogon && self.kinds.iter().any(|(kind, _)| *kind == Kind::SessionReconnected))
            || (event.kind == Kind::SessionReconnected && self.kinds.iter().any(|(kind, _)| *kind == Kind::SessionLogon));
        if twice || began_and_came_back {
            return None;
        }
        let logon_id = details.and_then(|details| details.logon_id);
        let linked = details.and_then(|details| details.linked_logon_id);
        if [logon_id, linked].into_iter().flatten().any(|id| self.logons.contains(&id) || self.unlocks.contains(&id)) {
            return Some(Basis::LogonId);
        }
        if activity.is_some() && self.activity.as_deref() == activity {
            return Some(Basis::Activity);
        }
        if session_id.is_some() && self.session_id == session_id {
            return Some(Basis::SessionId);
        }
        if connection.is_some() && self.connection.is_some() {
            return Some(Basis::Connection);
        }
        let same_source = event.source.is_some() && self.source == event.source;
        let same_user = account::same(self.user.as_ref(), event.user.as_ref());
        match (same_source, same_user) {
            (true, true) => Some(Basis::SourceAndUser),
            // One of them not told at all: what is told must be the same.
            (true, false) if self.user.is_none() || event.user.is_none() => Some(Basis::SourceAndUser),
            (false, true) if self.source.is_none() || event.source.is_none() => Some(Basis::User),
            _ => None,
        }
    }

    fn take(&mut self, place: u32, event: &Event, role: Role, activity: Option<String>, basis: Basis) {
        self.events.push((place, basis));
        self.kinds.push((event.kind, event.time));
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        self.source = self.source.or(event.source);
        self.port = self.port.or(event.source_port);
        self.user = self.user.take().or_else(|| event.user.clone());
        self.activity = self.activity.take().or(activity);
        self.is_logon |= role == Role::Logon;
        self.is_reconnect |= role == Role::Reconnect;
        self.has_shell |= role == Role::Shell;
        if let Some(details) = event.details.as_deref() {
            let ids = [details.logon_id, details.linked_logon_id].into_iter().flatten();
            if event.kind == Kind::LogonUnlock {
                self.unlocks.extend(ids)
            } else {
                self.logons.extend(ids)
            }
            self.session_id = self.session_id.or(details.session_id);
            self.connection = self.connection.take().or_else(|| details.connection.clone());
            self.client = self.client.take().or_else(|| details.client.clone());
            self.authentication = self.authentication.take().or_else(|| details.authentication.clone());
        }
    }
}

fn differ<T: PartialEq + ?Sized>(one: Option<&T>, two: Option<&T>) -> bool {
    matches!((one, two), (Some(one), Some(two)) if one != two)
}
