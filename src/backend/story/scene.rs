//! Where a story takes place: servers with their sensors, and the events that these write down.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::desk::{Line, Sitting};
use super::dice::Dice;
use super::script::Sensor;
use crate::domain::{Address, Details, Event, Foreign, Kind};

/// A server on stage.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its host name, where it has one.
    pub host: Option<Foreign>,
    /// Its address.
    pub address: Address,
    /// What reports from it.
    pub sees: Vec<Sensor>,
}

/// How a visit ends.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Only the port was touched.
    Touched,
    /// The logon was refused, with status and sub-status.
    Refused(Foreign, &'static str),
    /// A session of this user and length.
    LoggedOn(Foreign, SignedDuration),
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Visit {
    /// When it begins.
    pub time: Timestamp,
    /// From where.
    pub source: Address,
    /// What comes of it.
    pub outcome: Outcome,
}

/// Wrong password, as the Security log writes it.
pub const WRONG_PASSWORD: &str = "0xC000006D 0xC000006A";
/// No such user, as the Security log writes it.
pub const NO_SUCH_USER: &str = "0xC000006D 0xC0000064";

/// Everything written down so far, in no order.
#[derive(Debug)]
pub struct Scene {
    pub(super) events: Vec<Event>,
    /// How many sessions, connections and programs each place has seen: from these come their ids.
    pub(super) seen: HashMap<Address, Seen>,
    privileged: BTreeSet<Foreign>,
    dice: Dice,
}

/// What a place has counted so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) connections: u32,
    pub(super) sessions: u32,
    pub(super) programs: u32,
}

pub(super) const PORT: u16 = 3389;

impl Scene {
    /// An empty stage; these accounts have administrator rights.
    pub fn new(seed: u64, privileged: &[String]) -> Self {
        let privileged = privileged.iter().map(|user| Foreign::from(user.as_str())).collect();
        Self { events: Vec::new(), seen: HashMap::new(), privileged, dice: Dice::new(seed, "ports") }
    }

    /// Whether an account has administrator rights.
    pub(super) fn is_privileged(&self, user: &Foreign) -> bool {
        self.privileged.contains(user)
    }

    /// A port that a client comes from.
    pub(super) fn port(&mut self) -> u16 {
        49_152 + self.dice.below(16_000) as u16
    }

    /// A visit, as each sensor of the place writes it down.
    pub fn visit(&mut self, place: &Place, visit: &Visit) {
        match &visit.outcome {
            Outcome::Touched => {
                let line = self.line(place);
                self.connected(place, visit.time, visit.source, &line);
            }
            Outcome::Refused(user, reason) => {
                let line = self.line(place);
                self.connected(place, visit.time, visit.source, &line);
                for sensor in &place.sees {
                    self.refusal(place, visit, *sensor, user, reason);
                }
            }
            Outcome::LoggedOn(user, length) => {
                let desk = self.sit(place, &Sitting::ordinary(visit.time, visit.source, user, *length));
                self.work(place, &desk);
            }
        }
    }

    /// A connection from a port of its own, with the ids that the server gives it.
    pub(super) fn line(&mut self, place: &Place) -> Line {
        let port = self.port();
        let seen = self.seen.entry(place.address).or_default();
        seen.connections += 1;
        let number = seen.connections;
        let (high, low) = (number >> 16, number & 0xffff);
        Line { port, name: format!("RDP-Tcp#{}", number % 256).into(), activity: format!("{{F4203C58-{high:04X}-{low:04X}-9D1B-5A7E00000000}}").into() }
    }

    /// An event as it is.
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    /// A connection, as each sensor of the place writes it down.
    pub(super) fn connected(&mut self, place: &Place, time: Timestamp, source: Address, line: &Line) {
        for sensor in &place.sees {
            let kind = match sensor {
                Sensor::Defend => Kind::DefendAccepted,
                Sensor::Sysmon => Kind::SysmonIn,
                Sensor::Core => Kind::CoreAccepted,
                Sensor::Zeek => Kind::ZeekRdp,
                Sensor::Security | Sensor::Manager => continue,
            };
            let mut event = at(place, time, kind);
            event.source = Some(source);
            event.source_port = Some(line.port);
            if kind == Kind::CoreAccepted {
                event.details = Some(Box::new(Details { activity: Some(line.activity.clone()), ..Details::default() }));
            } else {
                event.destination = Some(place.address);
                event.destination_port = Some(PORT);
            }
            if kind == Kind::ZeekRdp {
                event.host = None;
            }
            if kind == Kind::SysmonIn {
                event.process = Some(r"C:\Windows\System32\svchost.exe".into());
            }
            self.events.push(event);
        }
    }

    fn refusal(&mut self, place: &Place, visit: &Visit, sensor: Sensor, user: &Foreign, reason: &'static str) {
        let kind = match sensor {
            Sensor::Defend => Kind::DefendLogonFailed,
            Sensor::Security => Kind::LogonFailed,
            Sensor::Core => Kind::CoreFailed,
            Sensor::Sysmon | Sensor::Manager | Sensor::Zeek => return,
        };
        let mut event = at(place, later(visit.time, 900), kind);
        event.source = Some(visit.source);
        if kind != Kind::CoreFailed {
            event.user = Some(user.clone());
            event.reason = Some(reason.into());
        }
        self.events.push(event);
    }

    /// The events in time order, numbered as their logs number them.
    pub fn into_events(mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.time);
        let mut records: BTreeMap<(Option<Foreign>, &'static str), u64> = BTreeMap::new();
        for (place, event) in self.events.iter_mut().enumerate() {
            let (index, channel) = written(event.kind);
            event.origin.index = Some(index.into());
            event.origin.id = Some(format!("story-{place:06}").into());
            event.code = code(event.kind);
            if let Some(channel) = channel {
                let record = records.entry((event.host.clone(), channel)).or_insert(10_000);
                *record += 1;
                event.channel = Some(channel.into());
                event.record = Some(record.to_string().into());
            }
        }
        self.events
    }
}

pub(super) fn at(place: &Place, time: Timestamp, kind: Kind) -> Event {
    let mut event = Event::new(time, kind);
    event.host = place.host.clone();
    event
}

/// So many milliseconds after `time`.
pub(super) fn later(time: Timestamp, millis: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(millis)).unwrap_or(time)
}

/// The index an event of this kind is kept in, and the Windows log it was read from.
fn written(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::DefendAccepted | Kind::DefendAttempted => ("logs-endpoint.events.network-default", None),
        Kind::DefendProcess => ("logs-endpoint.events.process-default", None),
        Kind::DefendLogon | Kind::DefendLogonFailed | Kind::DefendEnd => ("logs-endpoint.events.security-default", None),
        Kind::SysmonIn | Kind::SysmonInReversed | Kind::SysmonOut | Kind::Process => {
            ("logs-windows.sysmon_operational-default", Some("Microsoft-Windows-Sysmon/Operational"))
        }
        Kind::CoreAccepted | Kind::CoreFailed | Kind::CoreNamed | Kind::CoreBound | Kind::CoreZone | Kind::CoreEnded | Kind::CoreDisconnected => {
            ("logs-windows.forwarded-default", Some("Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational"))
        }
        Kind::ManagerAuthenticated | Kind::ShadowViewed | Kind::ShadowViewEnded | Kind::ShadowControlled | Kind::ShadowControlEnded => {
            ("logs-windows.forwarded-default", Some("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"))
        }
        Kind::ClientNamed | Kind::ClientReached => ("logs-windows.forwarded-default", Some("Microsoft-Windows-TerminalServices-RDPClient/Operational")),
        Kind::LogCleared => ("logs-system.system-default", Some("System")),
        Kind::SessionLogon
        | Kind::SessionShell
        | Kind::SessionLogoff
        | Kind::SessionDisconnected
        | Kind::SessionReconnected
        | Kind::SessionReplaced
        | Kind::SessionReason => ("logs-windows.forwarded-default", Some("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational")),
        Kind::ZeekRdp | Kind::ZeekConn | Kind::ZeekConnUdp => ("logs-zeek.rdp-default", None),
        Kind::AzureFlow | Kind::Flow | Kind::LogonExport | Kind::LogonFailedExport => ("logs-network.flow-default", None),
        _ => ("logs-system.security-default", Some("Security")),
    }
}

/// The Windows event id behind a kind.
fn code(kind: Kind) -> Option<u32> {
    Some(match kind {
        Kind::Process => 1,
        Kind::SysmonIn | Kind::SysmonInReversed | Kind::SysmonOut => 3,
        Kind::SessionLogon => 21,
        Kind::SessionShell => 22,
        Kind::SessionDisconnected => 24,
        Kind::CoreAccepted => 131,
        Kind::CoreFailed => 140,
        Kind::ManagerAuthenticated => 1149,
        Kind::LogonRemote | Kind::DefendLogon => 4624,
        Kind::LogonFailed | Kind::DefendLogonFailed => 4625,
        Kind::WindowReconnected => 4778,
        Kind::WindowDisconnected => 4779,
        Kind::SessionLogoff => 23,
        Kind::SessionReconnected => 25,
        Kind::SessionReplaced => 39,
        Kind::SessionReason => 40,
        Kind::CoreNamed => 65,
        Kind::CoreBound => 66,
        Kind::CoreEnded => 102,
        Kind::CoreDisconnected => 103,
        Kind::CoreZone => 104,
        Kind::LogCleared => 104,
        Kind::ClientNamed => 1024,
        Kind::ClientReached | Kind::AuditCleared => 1102,
        Kind::LogonEnded => 4634,
        Kind::LoggedOff => 4647,
        Kind::ExplicitCredentials => 4648,
        Kind::Privileges => 4672,
        Kind::ProcessAudited => 4688,
        Kind::Denied => 4825,
        Kind::ShadowViewed => 20503,
        Kind::ShadowViewEnded => 20504,
        Kind::ShadowControlled => 20506,
        Kind::ShadowControlEnded => 20507,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sees: &[Sensor]) -> Place {
        Place { host: Some("FS01".into()), address: Address::clean("10.0.0.5").expect("an address"), sees: sees.to_vec() }
    }

    fn kinds(sees: &[Sensor], outcome: Outcome) -> Vec<&'static str> {
        let mut scene = Scene::new(1, &[]);
        scene.visit(&place(sees), &Visit { time: Timestamp::UNIX_EPOCH, source: Address::clean("10.1.0.7").expect("an address"), outcome });
        scene.into_events().iter().map(|event| event.kind.name()).collect()
    }

    #[test]
    fn each_sensor_writes_what_it_can_see() {
        let logon = || Outcome::LoggedOn("CORP\\kim".into(), SignedDuration::from_mins(5));
        assert_eq!(kinds(&[Sensor::Defend], logon()), ["defend_accepted", "defend_log_on", "defend_process", "defend_process", "defend_end"]);
        assert_eq!(
            kinds(&[Sensor::Core, Sensor::Manager, Sensor::Security], logon()),
            ["rdpcorets131", "rdpcorets65", "rcm1149", "sec4624_lt10", "rdpcorets66", "lsm21", "rdpcorets104", "lsm22", "rdpcorets103", "lsm24", "sec4779"]
        );
        assert_eq!(kinds(&[Sensor::Sysmon], logon()), ["sysmon3_in", "sysmon1", "sysmon1"]);
        assert_eq!(kinds(&[Sensor::Zeek], logon()), ["zeek_rdp"]);
        assert_eq!(kinds(&[Sensor::Sysmon, Sensor::Security], Outcome::Refused("x".into(), WRONG_PASSWORD)), ["sysmon3_in", "sec4625_lt10"]);
        assert_eq!(kinds(&[Sensor::Defend], Outcome::Touched), ["defend_accepted"]);
    }

    #[test]
    fn records_are_numbered_in_time_order_per_host_and_log() {
        let mut scene = Scene::new(1, &[]);
        for second in [5, 1] {
            let time = Timestamp::from_second(second).expect("a time");
            scene.visit(&place(&[Sensor::Core]), &Visit { time, source: Address::clean("10.1.0.7").expect("an address"), outcome: Outcome::Touched });
        }
        let records: Vec<_> =
            scene.into_events().iter().map(|event| (event.time.as_second(), event.record.clone().map(|record| record.raw().to_owned()))).collect();
        assert_eq!(records, [(1, Some("10001".to_owned())), (5, Some("10002".to_owned()))]);
    }
}
