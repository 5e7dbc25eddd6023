//! Connections out of events: what several witnesses saw is one, and so are the TCP and the UDP half of it.

use std::collections::HashMap;

use super::Machines;
use crate::domain::{Address, Connection, Event, Family, Kind, Timestamp};

/// Seconds within which two reports of the same ends are the same connection.
const SAME: i64 = 120;
/// Seconds within which UDP follows the TCP connection it belongs to.
const TWIN: i64 = 60;

/// Every connection, in order of time.
pub fn connections(events: &[Event], machines: &Machines) -> Vec<Connection> {
    let mut order: Vec<u32> = (0..u32::try_from(events.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by_key(|place| events.get(*place as usize).map(|event| (event.time, event.kind)));
    let mut found = Collector::default();
    for place in order {
        if let (Some(event), Some(machine)) = (events.get(place as usize), machines.reached(place as usize)) {
            found.take(place, event, machine);
        }
    }
    found.list
}

/// Correlation ids come with and without braces, in either case.
pub(super) fn activity_key(event: &Event) -> Option<String> {
    let activity = event.detail(|details| details.activity.as_ref())?;
    Some(activity.raw().trim().trim_start_matches('{').trim_end_matches('}').to_ascii_lowercase())
}

#[derive(Default)]
struct Collector {
    list: Vec<Connection>,
    by_activity: HashMap<(usize, String), usize>,
    by_community: HashMap<String, usize>,
    by_port: HashMap<(usize, Address, u16), usize>,
    by_source: HashMap<(usize, Address), usize>,
}

impl Collector {
    fn take(&mut self, place: u32, event: &Event, machine: usize) {
        let activity = matches!(
            event.kind,
            Kind::CoreAccepted | Kind::CoreFailed | Kind::CoreNamed | Kind::CoreBound | Kind::CoreZone | Kind::CoreEnded | Kind::CoreDisconnected
        )
        .then(|| activity_key(event))
        .flatten();
        let is_touch = event.kind.family() == Family::Network;
        let is_end = event.kind == Kind::DefendEnd && event.destination_port.is_some();
        let number = self.known(event, machine, activity.as_deref());
        let number = match number {
            Some(number) => number,
            None if is_touch => {
                self.list.push(Connection {
                    machine,
                    source: event.source,
                    port: event.source_port,
                    first: event.time,
                    last: event.time,
                    events: Vec::new(),
                    activity: None,
                    name: None,
                    session_id: None,
                    client_zone: None,
                    end: None,
                    cookie: None,
                });
                self.list.len() - 1
            }
            // What belongs to a connection that nobody saw begin tells nothing of a source.
            None => return,
        };
        let Some(connection) = self.list.get_mut(number) else { return };
        connection.events.push(place);
        connection.first = connection.first.min(event.time);
        connection.last = connection.last.max(event.time);
        connection.source = connection.source.or(event.source);
        if !is_udp(event) {
            connection.port = connection.port.or(event.source_port);
        }
        if let Some(details) = event.details.as_deref() {
            if activity.is_some() {
                connection.activity = connection.activity.take().or_else(|| details.activity.clone());
            }
            connection.name = connection.name.take().or_else(|| details.connection.clone());
            if event.kind == Kind::CoreBound {
                connection.session_id = details.session_id.or(connection.session_id);
            }
            connection.client_zone = connection.client_zone.or(details.client_zone);
        }
        match event.kind {
            Kind::CoreEnded | Kind::CoreDisconnected => connection.end = Some((event.time, event.reason.clone())),
            Kind::DefendEnd if is_end => connection.end = connection.end.take().or(Some((event.time, None))),
            Kind::ZeekRdp => connection.cookie = connection.cookie.take().or_else(|| event.user.clone()),
            _ => {}
        }
        if let Some(activity) = activity {
            self.by_activity.insert((machine, activity), number);
        }
        if !is_touch {
            return;
        }
        if let Some(community) = event.detail(|details| details.community.as_ref()) {
            self.by_community.insert(community.raw().to_owned(), number);
        }
        if let Some(source) = event.source {
            if let Some(port) = event.source_port {
                self.by_port.insert((machine, source, port), number);
            }
            self.by_source.insert((machine, source), number);
        }
    }

    /// The connection that an event is of, where it is known already.
    fn known(&self, event: &Event, machine: usize, activity: Option<&str>) -> Option<usize> {
        if let Some(activity) = activity
            && let Some(number) = self.by_activity.get(&(machine, activity.to_owned()))
        {
            return Some(*number);
        }
        // A second correlation id is a second connection, whatever else is alike.
        let is_free = |number: &usize| activity.is_none() || self.list.get(*number).is_some_and(|known| known.activity.is_none());
        let is_near = |number: &usize, seconds: i64| self.list.get(*number).is_some_and(|known| near(known.first, event.time, seconds) && known.end.is_none());
        let by_community = || self.by_community.get(event.detail(|details| details.community.as_ref())?.raw());
        if let Some(number) = by_community().filter(|number| is_near(number, SAME) && is_free(number)) {
            return Some(*number);
        }
        let source = event.source?;
        if let Some(number) = event.source_port.and_then(|port| self.by_port.get(&(machine, source, port)))
            && is_free(number)
            && (is_near(number, SAME) || event.kind == Kind::DefendEnd)
        {
            return Some(*number);
        }
        self.by_source.get(&(machine, source)).copied().filter(|number| is_udp(event) && is_near(number, TWIN) && is_free(number))
    }
}

fn is_udp(event: &Event) -> bool {
    event.kind == Kind::ZeekConnUdp || event.detail(|details| details.transport.as_ref()).is_some_and(|transport| transport.raw().eq_ignore_ascii_case("udp"))
}

/// Whether two moments are no more than so many seconds apart.
pub(super) fn near(one: Timestamp, two: Timestamp, seconds: i64) -> bool {
    one.duration_since(two).abs().as_secs() <= seconds
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::*;

    fn all(events: &[Event]) -> Vec<Connection> {
        connections(events, &Machines::of(events))
    }

    fn core(time: &str, kind: Kind, activity: &str) -> Event {
        told(event(time, kind, "FS01", if kind == Kind::CoreAccepted { "10.1.0.7" } else { "" }, ""), |details| details.activity = Some(activity.into()))
    }

    #[test]
    fn what_shares_an_activity_id_is_one_connection() {
        let events = [
            with(core("10:00:00", Kind::CoreAccepted, "{F4203C58-1}"), |event| event.source_port = Some(50001)),
            told(core("10:00:01", Kind::CoreNamed, "f4203c58-1"), |details| details.connection = Some("RDP-Tcp#7".into())),
            told(core("10:00:02", Kind::CoreAccepted, "{F4203C58-1}"), |details| details.transport = Some("UDP".into())),
            told(core("10:00:03", Kind::CoreBound, "{F4203C58-1}"), |details| details.session_id = Some(2)),
            told(core("10:00:04", Kind::CoreZone, "{F4203C58-1}"), |details| details.client_zone = Some(60)),
            with(core("10:20:00", Kind::CoreDisconnected, "{F4203C58-1}"), |event| event.reason = Some("5".into())),
            core("10:00:30", Kind::CoreAccepted, "{F4203C58-2}"),
            core("10:00:31", Kind::CoreNamed, "{F4203C58-9}"),
        ];
        let found = all(&events);
        assert_eq!(found.len(), 2);
        let first = &found[0];
        assert_eq!((first.port, first.session_id, first.client_zone, first.events.len()), (Some(50001), Some(2), Some(60), 6));
        assert_eq!(first.name.as_ref().map(|name| name.raw()), Some("RDP-Tcp#7"));
        assert_eq!(first.end.as_ref().and_then(|(_, reason)| reason.as_ref()).map(|reason| reason.raw()), Some("5"));
    }

    #[test]
    fn one_connection_seen_by_two_hosts_is_one_with_two_witnesses() {
        let ends = |event: Event, port| {
            with(event, |event| {
                event.source_port = Some(port);
                event.destination = Address::clean("10.0.0.5");
                event.destination_port = Some(3389);
            })
        };
        let events = [
            ends(event("10:00:00", Kind::SysmonOut, "PC07", "10.1.0.7", "CORP\\kim"), 50001),
            ends(event("10:01:30", Kind::SysmonIn, "FS01", "10.1.0.7", ""), 50001),
            ends(event("10:00:10", Kind::ZeekConnUdp, "sensor", "10.1.0.7", ""), 50002),
            ends(event("10:09:00", Kind::ZeekRdp, "sensor", "10.1.0.7", ""), 50001),
        ];
        let found = all(&events);
        assert_eq!(found.iter().map(|connection| connection.witnesses(&events)).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(found[0].port, Some(50001));
    }
}
