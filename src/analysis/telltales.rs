//! Tell-tales: single facts that say more than any count. Each names its events.

use std::collections::{BTreeMap, HashMap};

use super::connections::near;
use super::{Sessions, account, programs};
use crate::domain::event::Vantage;
use crate::domain::{Address, Cite, Connection, Event, Family, Foreign, Kind, Limits, Timestamp};

/// Milliseconds between one account's disconnect and another's reconnect on the same connection that make a hijack.
const HIJACK: i128 = 10_000;
/// Connections that a machine's own log misses in a row before that is a gap.
const GAP: usize = 3;
/// Seconds by which a log's clock goes back before that is said.
const BACK: i64 = 60;
/// Clients of the usual time zone before another one is foreign.
const USUAL: usize = 3;
/// Servers that one source reaches within [`AT_A_STROKE`] seconds before that is said: a person opens a few windows a minute.
const MANY: usize = 6;
/// See [`MANY`].
const AT_A_STROKE: i64 = 60;
/// Events one tell-tale names.
const NAMED: usize = 6;
/// Characters of a command line that are looked at: a tool says what it does at the start.
const LOOKED_AT: usize = 8192;

/// What a tell-tale is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Sort {
    /// A session was taken over by another account.
    Hijack,
    /// The client is the server itself: something forwards the port.
    Tunnel,
    /// A command line that forwards the RDP port.
    TunnelCommand,
    /// `tscon` was run.
    Tscon,
    /// Somebody looked at or controlled another's session.
    Shadowing,
    /// A password was right, the right to use it here missing.
    PasswordWithoutRight,
    /// The client's clock is of another time zone than the others'.
    ForeignZone,
    /// One source reached many servers within a minute.
    FanOut,
    /// A cookie that scanners send.
    ScannerCookie,
    /// A log was cleared.
    LogCleared,
    /// The server's own log says nothing of connections that others saw.
    LogGap,
    /// Records of one log go back in time.
    ClockBack,
}

impl Sort {
    /// The word in exports and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hijack => "session hijack",
            Self::Tunnel => "tunnel",
            Self::TunnelCommand => "tunnel command",
            Self::Tscon => "tscon",
            Self::Shadowing => "shadowing",
            Self::PasswordWithoutRight => "password without right",
            Self::ForeignZone => "foreign time zone",
            Self::FanOut => "fan-out",
            Self::ScannerCookie => "scanner cookie",
            Self::LogCleared => "log cleared",
            Self::LogGap => "log gap",
            Self::ClockBack => "clock went back",
        }
    }
}

/// One tell-tale.
#[derive(Clone, PartialEq, Debug)]
pub struct Telltale {
    /// What it is about.
    pub sort: Sort,
    /// When it was first seen.
    pub time: Timestamp,
    /// Where, as a place in the machines of the sessions.
    pub machine: Option<usize>,
    /// What was seen, in a sentence; text out of events in it is inert.
    pub text: String,
    /// The accounts in it, in order.
    pub users: Vec<Foreign>,
    /// The events that say so, the first few.
    pub cites: Vec<Cite>,
    /// How many events say so.
    pub events: u64,
}

/// Everything telling in some events, in order of time.
pub fn telltales(events: &[Event], sessions: &Sessions) -> Vec<Telltale> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|place| (events.get(*place).map(|event| event.time), *place));
    let mut finder = Finder { events, sessions, found: BTreeMap::new() };
    for place in &order {
        finder.single(*place);
    }
    finder.hijacks(&order);
    finder.zones();
    finder.fan_outs();
    finder.gaps();
    finder.clocks();
    let mut list: Vec<Telltale> = finder.found.into_values().collect();
    list.sort_by_key(|tale| (tale.time, tale.sort, tale.machine));
    list
}

/// Those in which a session has a part: by one of its events, or by its account at its server while it lasted.
pub fn of_session<'t>(tales: &'t [Telltale], sessions: &Sessions, number: usize) -> Vec<&'t Telltale> {
    let (Some(session), machine) = (sessions.list.get(number), sessions.machine.get(number).copied()) else { return Vec::new() };
    let is_join = |cite: &Cite| session.joins.iter().any(|join| join.cite == *cite);
    let is_by_account = |tale: &Telltale| {
        tale.machine == machine
            && (session.first..=session.last).contains(&tale.time)
            && tale.users.iter().any(|user| account::same(Some(user), session.user.as_ref()))
    };
    tales.iter().filter(|tale| tale.cites.iter().any(is_join) || is_by_account(tale)).collect()
}

/// Records of one log: number, time and place of the event.
type Log = Vec<(u64, Timestamp, usize)>;

struct Finder<'a> {
    events: &'a [Event],
    sessions: &'a Sessions,
    /// Repeated tell-tales are one: by sort, machine and what makes them the same.
    found: BTreeMap<(Sort, Option<usize>, String), Telltale>,
}

impl Finder<'_> {
    fn add(&mut self, sort: Sort, place: usize, machine: Option<usize>, same: impl Into<String>, text: impl Into<String>) {
        let Some(event) = self.events.get(place) else { return };
        let tale = self.found.entry((sort, machine, same.into())).or_insert_with(|| Telltale {
            sort,
            time: event.time,
            machine,
            text: text.into(),
            users: Vec::new(),
            cites: Vec::new(),
            events: 0,
        });
        tale.events += 1;
        tale.time = tale.time.min(event.time);
        if tale.cites.len() < NAMED {
            tale.cites.push(event.into());
        }
        if let Some(user) = event.user.as_ref().filter(|user| !tale.users.contains(user)) {
            tale.users.push(user.clone());
        }
    }

    /// What one event says by itself.
    fn single(&mut self, place: usize) {
        let events = self.events;
        let Some(event) = events.get(place) else { return };
        let machine = self.sessions.machines.reached(place).or_else(|| self.sessions.machines.reporter(place));
        let safe = |text: Option<&Foreign>, otherwise: &str| text.map_or_else(|| otherwise.to_owned(), |text| text.safe().into_string());
        let user = safe(event.user.as_ref(), "somebody");
        let details = event.details.as_deref();
        let is_arrival = matches!(event.kind.family(), Family::Network | Family::Session | Family::Failed);
        if let Some(source) = event.source.filter(|source| is_arrival && source.is_loopback()) {
            self.add(Sort::Tunnel, place, machine, "", format!("the client is the server itself ({source}): something forwards the port"));
        }
        if let Some(address) = details.and_then(|details| details.tunnel_address.as_ref()) {
            self.add(Sort::Tunnel, place, machine, "reverse", format!("the client's address is {}, as a reverse tunnel leaves it", address.safe()));
        }
        match event.kind {
            Kind::Process | Kind::ProcessAudited | Kind::DefendProcess => {
                let line = details.and_then(|details| details.command_line.as_ref());
                if let Some(line) = line.filter(|line| forwards(line)) {
                    let text = line.safe_within(Limits { graphemes: 200, marks: 4 });
                    let same: String = line.raw().chars().take(LOOKED_AT).collect();
                    self.add(Sort::TunnelCommand, place, machine, same, format!("a command forwards the RDP port: {text}"));
                }
                let names = |text: &str| text.to_lowercase().split(|character: char| !character.is_alphanumeric()).any(|word| word == "tscon");
                if event.process.as_ref().is_some_and(|image| programs::name(image) == "tscon.exe")
                    || line.is_some_and(|line| names(&line.raw().chars().take(LOOKED_AT).collect::<String>()))
                {
                    self.add(Sort::Tscon, place, machine, "", format!("tscon was run by {user}; run as SYSTEM it takes a session over without a password"));
                }
            }
            Kind::Denied => {
                let same = event.user.as_ref().map(account::bare).unwrap_or_default();
                self.add(Sort::PasswordWithoutRight, place, machine, same, format!("the password of {user} was right, the right to log on over RDP missing"));
            }
            Kind::ShadowViewed | Kind::ShadowControlled => {
                let whose = safe(details.and_then(|details| details.target_user.as_ref()), "another");
                let verb = if event.kind == Kind::ShadowControlled { "controlled" } else { "looked at" };
                self.add(Sort::Shadowing, place, machine, format!("{verb} {whose}"), format!("{user} {verb} the session of {whose}"));
            }
            Kind::AuditCleared | Kind::LogCleared => {
                let log = safe(details.and_then(|details| details.target.as_ref()), "Security");
                self.add(Sort::LogCleared, place, machine, log.clone(), format!("{user} cleared the log {log}"));
            }
            Kind::ZeekRdp => {
                if let (Some(source), Some(cookie)) = (event.source, event.user.as_ref().filter(|cookie| is_scanner(cookie))) {
                    self.add(Sort::ScannerCookie, place, None, source.to_string(), format!("{source} calls itself {}, as scanners do", cookie.safe()));
                }
            }
            _ => {}
        }
    }

    /// One account leaves a connection, and within seconds another comes back on it.
    fn hijacks(&mut self, order: &[usize]) {
        let mut left: HashMap<(usize, String), usize> = HashMap::new();
        for place in order {
            let events = self.events;
            let Some(event) = events.get(*place) else { continue };
            let (Some(machine), Some(name)) = (self.sessions.machines.reached(*place), event.detail(|details| details.connection.as_ref())) else { continue };
            let key = (machine, name.raw().to_ascii_lowercase());
            if event.kind == Kind::WindowDisconnected {
                left.insert(key, *place);
            } else if event.kind == Kind::WindowReconnected
                && let Some(before) = left.remove(&key)
                && let Some(old) = events.get(before)
                && let (Some(whose), Some(user)) = (&old.user, &event.user)
            {
                let millis = event.time.duration_since(old.time).as_millis();
                if account::bare(whose) == account::bare(user) || millis > HIJACK {
                    continue;
                }
                let text = format!("{} was left by {}, and {millis} ms later {} came back on it", name.safe(), whose.safe(), user.safe());
                for event in [before, *place] {
                    self.add(Sort::Hijack, event, Some(machine), before.to_string(), text.clone());
                }
            }
        }
    }

    /// A client in another time zone than nearly all others of the server.
    fn zones(&mut self) {
        let mut zones: BTreeMap<usize, BTreeMap<i16, Vec<usize>>> = BTreeMap::new();
        for (number, connection) in self.sessions.connections.iter().enumerate() {
            if let Some(zone) = connection.client_zone {
                zones.entry(connection.machine).or_default().entry(zone).or_default().push(number);
            }
        }
        for (machine, zones) in zones {
            let Some((usual, many)) = zones.iter().max_by_key(|(zone, list)| (list.len(), std::cmp::Reverse(**zone))) else { continue };
            for (zone, list) in zones.iter().filter(|(zone, list)| *zone != usual && many.len() >= USUAL && many.len() >= 3 * list.len()) {
                for number in list {
                    let Some(connection) = self.sessions.connections.get(*number) else { continue };
                    let is_zone = |place: &&u32| self.events.get(**place as usize).is_some_and(|event| event.kind == Kind::CoreZone);
                    let Some(place) = connection.events.iter().find(is_zone) else { continue };
                    let source = connection.source.map_or_else(|| "a client".to_owned(), |source| source.to_string());
                    let hours = |minutes: i16| f64::from(minutes) / 60.0;
                    let text = format!("the clock of {source} is {:+} h from UTC, that of the others {:+} h", hours(*zone), hours(*usual));
                    self.add(Sort::ForeignZone, *place as usize, Some(machine), format!("{source} {zone}"), text);
                }
            }
        }
    }

    /// One source at many servers in less time than a person takes.
    fn fan_outs(&mut self) {
        let mut by_source: BTreeMap<Address, Vec<&Connection>> = BTreeMap::new();
        for connection in &self.sessions.connections {
            if let Some(source) = connection.source.filter(|source| source.identifies_a_host()) {
                by_source.entry(source).or_default().push(connection);
            }
        }
        for (source, list) in by_source {
            // The connections of the last minute, and how many of them are at each server.
            let (mut from, mut at, mut best) = (0, BTreeMap::<usize, usize>::new(), (0, 0, 0));
            for (to, connection) in list.iter().enumerate() {
                *at.entry(connection.machine).or_default() += 1;
                while let Some(old) = list.get(from).filter(|old| !near(old.first, connection.first, AT_A_STROKE)) {
                    if let Some(count) = at.get_mut(&old.machine) {
                        *count -= 1;
                        if *count == 0 {
                            at.remove(&old.machine);
                        }
                    }
                    from += 1;
                }
                // The first minute with the most servers, to its end.
                if at.len() > best.0 || (at.len() == best.0 && from == best.1) {
                    best = (at.len(), from, to);
                }
            }
            let (servers, from, to) = best;
            let chosen = list.get(from..=to).unwrap_or_default();
            if servers < MANY {
                continue;
            }
            let seconds = chosen.first().zip(chosen.last()).map_or(0.0, |(first, last)| last.first.duration_since(first.first).as_secs_f64());
            let text = format!("{source} reached {servers} servers within {seconds:.1} s");
            for connection in chosen {
                for place in connection.events.iter().take(1) {
                    self.add(Sort::FanOut, *place as usize, None, source.to_string(), text.clone());
                }
            }
        }
    }

    /// Connections that others saw while the server's own log, which tells of connections otherwise, says nothing.
    fn gaps(&mut self) {
        let mut by_machine: BTreeMap<usize, Vec<(bool, usize)>> = BTreeMap::new();
        for connection in &self.sessions.connections {
            let mut seen = connection.events.iter().filter_map(|place| self.events.get(*place as usize));
            let own = seen.any(|event| event.kind.vantage() == Vantage::Destination);
            if let Some(place) = connection.events.first() {
                by_machine.entry(connection.machine).or_default().push((own, *place as usize));
            }
        }
        for (machine, list) in by_machine {
            // A log that was never there, or not yet, has no gap.
            let (Some(first), Some(last)) = (list.iter().position(|(own, _)| *own), list.iter().rposition(|(own, _)| *own)) else { continue };
            let between = list.get(first..=last).unwrap_or_default();
            for missed in between.split(|(own, _)| *own).filter(|missed| missed.len() >= GAP) {
                let same = missed.first().map(|(_, place)| place.to_string()).unwrap_or_default();
                let text = format!("the server's own log says nothing of {} connections in a row that others saw", missed.len());
                for (_, place) in missed {
                    self.add(Sort::LogGap, *place, Some(machine), same.clone(), text.clone());
                }
            }
        }
    }

    /// Records numbered later and dated earlier.
    fn clocks(&mut self) {
        let mut logs: BTreeMap<(String, String), Log> = BTreeMap::new();
        for (place, event) in self.events.iter().enumerate() {
            if let (Some(host), Some(channel), Some(record)) = (&event.host, &event.channel, &event.record)
                && let Ok(number) = record.raw().parse()
            {
                logs.entry((host.raw().to_lowercase(), channel.raw().to_lowercase())).or_default().push((number, event.time, place));
            }
        }
        for mut list in logs.into_values() {
            list.sort_unstable();
            let back = list.windows(2).find_map(|pair| match pair {
                [(_, one, _), (_, two, place)] => Some((one.duration_since(*two).as_secs(), *place)).filter(|(seconds, _)| *seconds > BACK),
                _ => None,
            });
            if let Some((seconds, place)) = back {
                let machine = self.sessions.machines.reporter(place);
                let text = format!("the next record of a log is dated {seconds} s earlier: the clock was set back, or the log was written to");
                self.add(Sort::ClockBack, place, machine, place.to_string(), text);
            }
        }
    }
}

/// Whether a command line forwards the RDP port as the usual tools do it.
fn forwards(line: &Foreign) -> bool {
    let text: String = line.raw().chars().take(LOOKED_AT).collect();
    let lower = text.to_lowercase();
    let by_option = text.split_whitespace().any(|word| word.starts_with("-L") || word.starts_with("-R")) && lower.contains(":3389");
    let tools = ["portproxy", "ngrok", "chisel", "socat", "lcx", "frpc", "rpivot", "-slave"];
    by_option || (lower.contains("3389") && tools.iter().any(|tool| lower.contains(tool)))
}

/// Cookies that scanners send in place of a user's name.
fn is_scanner(cookie: &Foreign) -> bool {
    let cookie = cookie.raw().to_lowercase();
    let names = ["nessus", "nmap", "masscan", "zgrab", "shodan", "censys", "qualys", "openvas", "rapid7"];
    [".nbin", ".nasl", ".nse"].iter().any(|ending| cookie.ends_with(ending)) || names.iter().any(|name| cookie.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::super::sessions;
    use super::*;

    /// One line a tell-tale: its sort, its accounts, how many events say so.
    fn lines(events: &[Event]) -> Vec<String> {
        let told = |tale: Telltale| format!("{} [{}] {}", tale.sort.name(), tale.users.iter().map(Foreign::raw).collect::<Vec<_>>().join(" "), tale.events);
        telltales(events, &sessions(events)).into_iter().map(told).collect()
    }

    fn window(time: &str, kind: Kind, user: &str, name: &str) -> Event {
        told(event(time, kind, "FS01", "10.1.0.7", user), |details| details.connection = Some(name.into()))
    }

    #[test]
    fn a_connection_that_changes_hands_within_seconds_is_a_hijack() {
        let left = |time, user| window(time, Kind::WindowDisconnected, user, "RDP-Tcp#8");
        let back = |time, user| window(time, Kind::WindowReconnected, user, "rdp-tcp#8");
        assert_eq!(lines(&[left("10:00:00", "CORP\\kim"), back("10:00:00.5", "CORP\\adm")]), ["session hijack [CORP\\kim CORP\\adm] 2"]);
        for other in [
            [left("10:00:00", "CORP\\kim"), back("10:00:00.5", "corp\\KIM")],
            [left("10:00:00", "CORP\\kim"), back("10:00:30", "CORP\\adm")],
            [left("10:00:00", "CORP\\kim"), window("10:00:00.5", Kind::WindowReconnected, "CORP\\adm", "RDP-Tcp#9")],
        ] {
            assert_eq!(lines(&other), Vec::<String>::new());
        }
    }

    #[test]
    fn a_session_has_the_tell_tales_of_its_own_events() {
        let events = [
            told(event("10:00:00", Kind::LogonRemote, "FS01", "10.1.0.7", "CORP\\kim"), |details| details.logon_id = Some(0x51)),
            told(event("10:00:01", Kind::LogonRemote, "FS01", "10.1.0.8", "CORP\\lee"), |details| details.logon_id = Some(0x52)),
            told(
                with(event("10:00:09", Kind::ProcessAudited, "FS01", "", "CORP\\kim"), |event| event.process = Some("C:\\Windows\\System32\\tscon.exe".into())),
                |details| details.logon_id = Some(0x51),
            ),
            told(event("10:30:00", Kind::WindowDisconnected, "FS01", "10.1.0.7", "CORP\\kim"), |details| details.logon_id = Some(0x51)),
            told(event("10:31:00", Kind::WindowDisconnected, "FS01", "10.1.0.8", "CORP\\lee"), |details| details.logon_id = Some(0x52)),
        ];
        let joined = sessions(&events);
        let tales = telltales(&events, &joined);
        let of = |number| of_session(&tales, &joined, number).iter().map(|tale| tale.sort.name()).collect::<Vec<_>>();
        assert_eq!((of(0), of(1), of(2)), (vec!["tscon"], vec![], vec![]));
    }

    #[test]
    fn single_events_that_say_it_all() {
        let run = |time, image: &str, line: &str| {
            let event = told(event(time, Kind::ProcessAudited, "FS01", "", "CORP\\kim"), |details| details.command_line = Some(line.into()));
            with(event, |event| event.process = Some(image.into()))
        };
        let events = [
            event("10:00:00", Kind::LogonRemote, "FS01", "127.0.0.1", "CORP\\kim"),
            run("10:01:00", "C:\\x\\plink.exe", "plink.exe -N -R 4444:127.0.0.1:3389 x@192.0.2.9"),
            run("10:02:00", "C:\\Windows\\System32\\tscon.exe", "tscon 2 /dest:rdp-tcp#1"),
            event("10:03:00", Kind::Denied, "FS01", "10.1.0.7", "CORP\\svc"),
            event("10:04:00", Kind::AuditCleared, "FS01", "", "CORP\\kim"),
            told(event("10:05:00", Kind::ShadowControlled, "FS01", "", "CORP\\adm"), |details| details.target_user = Some("CORP\\kim".into())),
            event("10:06:00", Kind::ZeekRdp, "sensor", "10.1.0.66", "nmap"),
            run("10:07:00", "C:\\Windows\\System32\\cmd.exe", "cmd /c echo 3389"),
            event("10:08:00", Kind::ZeekRdp, "sensor", "10.1.0.7", "kim"),
            told(event("10:09:00", Kind::SessionLogon, "FS02", "", "CORP\\kim"), |details| details.tunnel_address = Some("::%16777216".into())),
        ];
        assert_eq!(
            lines(&events),
            [
                "tunnel [CORP\\kim] 1",
                "tunnel command [CORP\\kim] 1",
                "tscon [CORP\\kim] 1",
                "password without right [CORP\\svc] 1",
                "log cleared [CORP\\kim] 1",
                "shadowing [CORP\\adm] 1",
                "scanner cookie [nmap] 1",
                "tunnel [CORP\\kim] 1",
            ]
        );
    }

    #[test]
    fn a_clock_unlike_the_others_and_one_that_goes_back() {
        let mut events = Vec::new();
        for (number, zone) in [60, 60, 60, 480].into_iter().enumerate() {
            let activity = |event: Event| told(event, |details| details.activity = Some(format!("{{{number}}}").into()));
            events.push(activity(event(&format!("10:0{number}:00"), Kind::CoreAccepted, "FS01", &format!("10.1.0.{}", number + 1), "")));
            events.push(told(activity(event(&format!("10:0{number}:01"), Kind::CoreZone, "FS01", "", "")), |details| details.client_zone = Some(zone)));
        }
        assert_eq!(lines(&events), ["foreign time zone [] 1"]);
        let record = |time, number: &str| {
            with(event(time, Kind::LogonRemote, "FS01", "10.1.0.7", "CORP\\kim"), |event| {
                (event.channel, event.record) = (Some("Security".into()), Some(number.into()));
            })
        };
        assert_eq!(lines(&[record("10:00:00", "9"), record("09:00:00", "10")]), ["clock went back [CORP\\kim] 1"]);
        assert_eq!(lines(&[record("10:00:00", "10"), record("09:00:00", "9")]), Vec::<String>::new());
    }

    #[test]
    fn many_servers_within_a_minute_are_a_fan_out() {
        let knocks = |servers: usize, apart: usize| {
            let knock = |number: usize| {
                let time = format!("10:{:02}:{:02}", number * apart / 60, number * apart % 60);
                event(&time, Kind::CoreAccepted, &format!("FS{number:02}"), "10.1.0.9", "")
            };
            (0..servers).map(knock).collect::<Vec<_>>()
        };
        assert_eq!(lines(&knocks(8, 4)), ["fan-out [] 8"]);
        assert_eq!(telltales(&knocks(8, 4), &sessions(&knocks(8, 4)))[0].text, "10.1.0.9 reached 8 servers within 28.0 s");
        assert_eq!(lines(&knocks(8, 15)), Vec::<String>::new());
        assert_eq!(lines(&knocks(5, 1)), Vec::<String>::new());
    }

    #[test]
    fn connections_that_only_others_saw_are_a_gap_between_those_the_server_told_of() {
        let seen = |time, kind, host, port| {
            with(event(time, kind, host, "10.1.0.7", ""), |event| {
                event.source_port = Some(port);
                event.destination = Address::clean("10.0.0.5");
            })
        };
        let mut events = vec![seen("10:00:00", Kind::SysmonIn, "FS01", 1)];
        events.extend((2..6).map(|port| seen("10:05:00", Kind::ZeekConn, "sensor", port)));
        assert_eq!(lines(&events), Vec::<String>::new());
        events.push(seen("10:10:00", Kind::SysmonIn, "FS01", 7));
        assert_eq!(lines(&events), ["log gap [] 4"]);
    }
}
