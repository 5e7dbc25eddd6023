//! The connection beneath each opening, and the finished records.

use std::collections::HashMap;

use super::super::Machines;
use super::super::connections::near;
use super::Sessions;
use super::fold::Draft;
use super::opening::{MOMENT, Moment};
use super::sure::sure;
use crate::domain::{Address, Basis, Connection, Ending, Event, Family, Join, Opening, RdpSession};

/// Joins that a record names; of a session that lasts for weeks the rest is only counted.
const NAMED: usize = 256;

/// Connections by where they lead, so that ten thousand of them are not looked through for each opening.
struct Index {
    by_activity: HashMap<(usize, String), usize>,
    by_name: HashMap<(usize, String), Vec<usize>>,
    by_session: HashMap<(usize, u32), Vec<usize>>,
    by_source: HashMap<(usize, Address), Vec<usize>>,
}

impl Index {
    fn of(connections: &[Connection]) -> Self {
        let mut index = Self { by_activity: HashMap::new(), by_name: HashMap::new(), by_session: HashMap::new(), by_source: HashMap::new() };
        for (number, connection) in connections.iter().enumerate() {
            let machine = connection.machine;
            if let Some(activity) = &connection.activity {
                let key = activity.raw().trim().trim_start_matches('{').trim_end_matches('}').to_ascii_lowercase();
                index.by_activity.insert((machine, key), number);
            }
            if let Some(name) = &connection.name {
                index.by_name.entry((machine, name.raw().to_ascii_lowercase())).or_default().push(number);
            }
            if let Some(id) = connection.session_id {
                index.by_session.entry((machine, id)).or_default().push(number);
            }
            if let Some(source) = connection.source {
                index.by_source.entry((machine, source)).or_default().push(number);
            }
        }
        index
    }

    /// The connection beneath an opening that nobody has claimed yet.
    fn find(&self, moment: &Moment, connections: &[Connection], taken: &[Option<usize>]) -> Option<(usize, Basis)> {
        let machine = moment.machine;
        let is_free = |number: &usize| taken.get(*number).is_some_and(Option::is_none);
        let fits = |number: &usize| {
            is_free(number)
                && connections.get(*number).is_some_and(|connection| {
                    let other = matches!((connection.source, moment.source), (Some(one), Some(two)) if one != two);
                    let alive = connection.end.as_ref().is_none_or(|(end, _)| *end >= moment.first);
                    !other && (near(connection.first, moment.first, MOMENT) || near(connection.last, moment.first, MOMENT)) && alive
                })
        };
        if let Some(activity) = &moment.activity
            && let Some(number) = self.by_activity.get(&(machine, activity.clone())).filter(|number| is_free(number))
        {
            return Some((*number, Basis::Activity));
        }
        let named = moment.connection.as_ref().and_then(|name| self.by_name.get(&(machine, name.raw().to_ascii_lowercase())));
        if let Some(number) = named.into_iter().flatten().rev().find(|number| fits(number)) {
            return Some((*number, Basis::Connection));
        }
        let bound = moment.session_id.and_then(|id| self.by_session.get(&(machine, id)));
        if let Some(number) = bound.into_iter().flatten().rev().find(|number| fits(number)) {
            return Some((*number, Basis::SessionId));
        }
        // By source alone: the nearest, and of those before it the last, for the logon is of the connection just made.
        let list = self.by_source.get(&(machine, moment.source?))?;
        let start = list.partition_point(|number| {
            connections.get(*number).is_some_and(|connection| connection.first < moment.first && !near(connection.first, moment.first, MOMENT))
        });
        let candidates = list.get(start..).unwrap_or_default().iter().take_while(|number| {
            connections.get(**number).is_some_and(|connection| connection.first <= moment.last || near(connection.first, moment.last, MOMENT))
        });
        let distance = |number: &usize| connections.get(*number).map(|connection| connection.first.duration_since(moment.first).abs());
        let same_port = |number: &usize| connections.get(*number).is_some_and(|connection| connection.port.is_some() && connection.port == moment.port);
        let best = candidates.filter(|number| fits(number)).min_by_key(|number| (!same_port(number), distance(number), std::cmp::Reverse(**number)))?;
        Some((*best, if same_port(best) { Basis::Port } else { Basis::SourceAndUser }))
    }
}

/// The records, each opening with its connection.
pub(super) fn marry(events: &[Event], machines: Machines, connections: Vec<Connection>, drafts: Vec<Draft>) -> Sessions {
    let index = Index::of(&connections);
    let mut session_of: Vec<Option<usize>> = vec![None; connections.len()];
    let mut of_event = vec![None; events.len()];
    let mut finished: Vec<(usize, RdpSession, Vec<u32>, Vec<usize>)> = Vec::new();
    for (number, draft) in drafts.into_iter().enumerate() {
        let mut joined = draft.events.clone();
        let mut claimed = Vec::new();
        let mut openings = Vec::new();
        let mut last = draft.last;
        for (moment, left) in &draft.openings {
            // When a session was opened whose opening nobody saw is not known, nor by which connection.
            let found = index.find(moment, &connections, &session_of).filter(|(_, basis)| moment.is_seen() || *basis != Basis::SourceAndUser);
            let connection = found.and_then(|(place, _)| connections.get(place));
            if let (Some((place, basis)), Some(connection)) = (found, connection) {
                claimed.push(place);
                if let Some(taken) = session_of.get_mut(place) {
                    *taken = Some(number);
                }
                joined.extend(connection.events.iter().map(|event| (*event, basis)));
                last = last.max(connection.last);
            }
            openings.push(Opening {
                time: moment.first,
                source: moment.source.or_else(|| connection?.source),
                port: connection.and_then(|connection| connection.port).or(moment.port),
                is_reconnect: moment.is_reconnect && !moment.is_logon,
                connection: moment.connection.clone().or_else(|| connection?.name.clone()),
                client: moment.client.clone(),
                client_zone: connection.and_then(|connection| connection.client_zone),
                authentication: moment.authentication.clone(),
                witnesses: connection.map_or(0, |connection| connection.witnesses(events)),
                left: left.or_else(|| connection?.end.as_ref().map(|(time, _)| *time)),
            });
        }
        joined.sort_by_key(|(place, _)| (events.get(*place as usize).map(|event| event.time), *place));
        joined.dedup_by_key(|(place, _)| *place);
        let of = |place: &u32| events.get(*place as usize);
        let seen_by = joined.iter().filter_map(|(place, _)| of(place)).filter(|event| matches!(event.kind.family(), Family::Network | Family::Session)).count();
        let named = joined.get(..joined.len().min(NAMED)).unwrap_or_default();
        let joins = named
            .iter()
            .zip(sure(events, named, &draft.processes))
            .filter_map(|((place, _), (certainty, by))| Some(Join { cite: of(place)?.into(), certainty, by }));
        // Left and never come back to is an end too, as far as is seen.
        let left = openings.last().and_then(|opening| opening.left).map(|time| Ending { time, is_logoff: false, certainty: crate::domain::Certainty::Exact });
        let started = draft.openings.first().is_some_and(|(moment, _)| moment.is_logon || (moment.is_seen() && !moment.is_reconnect));
        let is_desktop = draft.openings.iter().any(|(moment, _)| moment.is_logon || moment.is_reconnect || moment.has_shell)
            || !draft.processes.is_empty()
            || draft.openings.iter().any(|(moment, _)| !moment.is_seen());
        let session_id = draft.session_id.or_else(|| claimed.iter().find_map(|place| connections.get(*place)?.session_id));
        let session = RdpSession {
            destination: machines.get(draft.machine).cloned().unwrap_or_default(),
            user: draft.user,
            openings,
            end: draft.end.or(left),
            start_seen: started,
            is_desktop,
            logon_ids: draft.logons,
            session_id,
            reasons: draft.reasons,
            is_privileged: draft.is_privileged,
            joins: joins.collect(),
            seen_by: seen_by as u64,
            processes: draft.processes.len() as u64,
            first: joined.first().and_then(|(place, _)| of(place)).map_or(draft.first, |event| event.time.min(draft.first)),
            last,
        };
        let places = joined.into_iter().map(|(place, _)| place).chain(draft.processes).collect();
        finished.push((draft.machine, session, places, claimed));
    }
    finished.sort_by_key(|(machine, session, ..)| (session.first, *machine));
    let mut sessions = Sessions { connections, machines, ..Sessions::default() };
    session_of.fill(None);
    for (number, (machine, session, places, claimed)) in finished.into_iter().enumerate() {
        sessions.list.push(session);
        sessions.machine.push(machine);
        for place in claimed {
            if let Some(of) = session_of.get_mut(place) {
                *of = Some(number);
            }
        }
        for place in places {
            if let Some(of) = of_event.get_mut(place as usize) {
                *of = u32::try_from(number).ok();
            }
        }
    }
    sessions.session_of = session_of;
    sessions.of_event = of_event;
    sessions
}
