//! A session on stage: what each sensor writes down of its beginning, its programs and its end, under one set of ids.

use jiff::{SignedDuration, Timestamp};

use super::scene::{PORT, Place, Scene, at, later};
use super::script::{Run, Sensor};
use crate::domain::{Address, Details, Event, Foreign, Kind};

/// A connection as the server knows it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The port it comes from.
    pub port: u16,
    /// `RDP-Tcp#7`.
    pub name: Foreign,
    /// Its correlation id.
    pub activity: Foreign,
}

/// A session as it will go.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// When the connection is made.
    pub time: Timestamp,
    /// Where from.
    pub source: Address,
    /// Whose.
    pub user: Foreign,
    /// Until it is left for good.
    pub lasts: SignedDuration,
    /// What the client computer calls itself.
    pub client: Foreign,
    /// Minutes that its clock is ahead of UTC.
    pub zone: i16,
    /// When it is left and when somebody comes back to it, both after its beginning.
    pub back: Vec<(SignedDuration, SignedDuration)>,
    /// Whether it ends with a logoff; else it lives on at the server.
    pub logs_off: bool,
    /// The connection, where the client's own host has told of it already.
    pub line: Option<Line>,
}

/// A session in progress, as its programs need it.
#[derive(Clone, Debug)]
pub struct Desk {
    /// When it began.
    pub time: Timestamp,
    /// When it is left for good.
    pub until: Timestamp,
    /// Where from.
    pub source: Address,
    /// Whose.
    pub user: Foreign,
    logon: u64,
    session: u32,
    /// The programs started in it: file name and process id, the desktop first.
    programs: Vec<(String, u32)>,
}

/// Where people of this estate live: minutes ahead of UTC.
const HOME: i16 = 60;

/// What people start in their sessions, each always the same on the same server.
const WORK: &[(&str, &str)] = &[
    (r"C:\Windows\System32\mmc.exe", r"mmc.exe C:\Windows\System32\eventvwr.msc"),
    (r"C:\Windows\System32\notepad.exe", r"notepad.exe Y:\notes.txt"),
    (r"C:\Windows\System32\Taskmgr.exe", "Taskmgr.exe /7"),
    (r"C:\Program Files\Ledger\ledger.exe", r#""C:\Program Files\Ledger\ledger.exe" --books 2025"#),
];

impl Sitting {
    /// One that is ended by closing the window, from a computer of the estate.
    pub fn ordinary(time: Timestamp, source: Address, user: &Foreign, lasts: SignedDuration) -> Self {
        let digits = source.to_string().replace(['.', ':'], " ");
        let last: Vec<&str> = digits.split_whitespace().rev().take(2).collect();
        let client = format!("PC-{}", last.into_iter().rev().collect::<Vec<_>>().join("-")).into();
        Self { time, source, user: user.clone(), lasts, client, zone: HOME, back: Vec::new(), logs_off: false, line: None }
    }
}

impl Scene {
    /// A session from its connection to its end, with its desktop.
    pub fn sit(&mut self, place: &Place, sitting: &Sitting) -> Desk {
        let line = sitting.line.clone().unwrap_or_else(|| self.line(place));
        let seen = self.seen.entry(place.address).or_default();
        seen.sessions += 1;
        let mut desk = Desk {
            time: sitting.time,
            until: sitting.time.checked_add(sitting.lasts).unwrap_or(sitting.time),
            source: sitting.source,
            user: sitting.user.clone(),
            logon: 0x0005_1000 + 0x1b37 * u64::from(seen.sessions),
            session: 1 + seen.sessions,
            programs: Vec::new(),
        };
        self.connected(place, sitting.time, sitting.source, &line);
        let chapters: &[(Sensor, Kind, i64)] = &[
            (Sensor::Core, Kind::CoreNamed, 200),
            (Sensor::Manager, Kind::ManagerAuthenticated, 700),
            (Sensor::Security, Kind::LogonRemote, 1_600),
            (Sensor::Defend, Kind::DefendLogon, 1_700),
            (Sensor::Core, Kind::CoreBound, 1_900),
            (Sensor::Manager, Kind::SessionLogon, 2_100),
            (Sensor::Core, Kind::CoreZone, 2_300),
            (Sensor::Manager, Kind::SessionShell, 2_900),
        ];
        self.written(place, sitting, &desk, &line, sitting.time, chapters);
        if self.is_privileged(&sitting.user) {
            self.written(place, sitting, &desk, &line, sitting.time, &[(Sensor::Security, Kind::Privileges, 1_610)]);
        }
        let shell = Run { image: r"C:\Windows\explorer.exe".to_owned(), line: None, below: None };
        self.run(place, later(sitting.time, 3_400), &mut desk, &shell);
        let mut line = line;
        for (left, back) in &sitting.back {
            let (left, back) = (sitting.time.checked_add(*left), sitting.time.checked_add(*back));
            let (Ok(left), Ok(back)) = (left, back) else { continue };
            self.left(place, sitting, &desk, &line, left);
            line = self.line(place);
            self.connected(place, back, sitting.source, &line);
            let chapters: &[(Sensor, Kind, i64)] = &[
                (Sensor::Core, Kind::CoreNamed, 200),
                (Sensor::Manager, Kind::ManagerAuthenticated, 700),
                (Sensor::Core, Kind::CoreBound, 1_200),
                (Sensor::Security, Kind::WindowReconnected, 1_300),
                (Sensor::Manager, Kind::SessionReconnected, 1_350),
                (Sensor::Core, Kind::CoreZone, 1_400),
            ];
            self.written(place, sitting, &desk, &line, back, chapters);
        }
        self.left(place, sitting, &desk, &line, desk.until);
        if sitting.logs_off {
            let chapters = [(Sensor::Security, Kind::LoggedOff, -400), (Sensor::Manager, Kind::SessionLogoff, -300)];
            self.written(place, sitting, &desk, &line, desk.until, &chapters);
        }
        self.written(place, sitting, &desk, &line, desk.until, &[(Sensor::Defend, Kind::DefendEnd, 0)]);
        desk
    }

    fn left(&mut self, place: &Place, sitting: &Sitting, desk: &Desk, line: &Line, time: Timestamp) {
        let is_over = sitting.logs_off && time == desk.until;
        self.written(place, sitting, desk, line, time, &[(Sensor::Core, Kind::CoreDisconnected, 0)]);
        if !is_over {
            let chapters = [(Sensor::Manager, Kind::SessionDisconnected, 0), (Sensor::Security, Kind::WindowDisconnected, 0)];
            self.written(place, sitting, desk, line, time, &chapters);
        }
    }

    /// What the sensors there are write down, so many milliseconds after `time`.
    fn written(&mut self, place: &Place, sitting: &Sitting, desk: &Desk, line: &Line, time: Timestamp, chapters: &[(Sensor, Kind, i64)]) {
        for (sensor, kind, after) in chapters {
            if !place.sees.contains(sensor) {
                continue;
            }
            let mut event = at(place, later(time, *after), *kind);
            let mut details = Details::default();
            let is_of_core = *sensor == Sensor::Core;
            if !is_of_core {
                event.user = Some(sitting.user.clone());
            }
            if !is_of_core && !matches!(kind, Kind::Privileges | Kind::LoggedOff | Kind::SessionLogoff) {
                event.source = Some(sitting.source);
            }
            match sensor {
                Sensor::Core => details.activity = Some(line.activity.clone()),
                Sensor::Manager if *kind != Kind::ManagerAuthenticated => details.session_id = Some(desk.session),
                Sensor::Security | Sensor::Defend => details.logon_id = Some(desk.logon),
                _ => {}
            }
            match kind {
                Kind::CoreNamed => details.connection = Some(line.name.clone()),
                Kind::CoreBound => (details.connection, details.session_id) = (Some(line.name.clone()), Some(desk.session)),
                Kind::CoreZone => details.client_zone = Some(sitting.zone),
                Kind::CoreDisconnected => event.reason = Some("5".into()),
                Kind::LogonRemote | Kind::DefendLogon => {
                    (details.logon_type, details.authentication) = (Some(10), Some("Negotiate".into()));
                }
                Kind::WindowReconnected | Kind::WindowDisconnected => {
                    (details.connection, details.client) = (Some(line.name.clone()), Some(sitting.client.clone()));
                }
                _ => {}
            }
            event.details = Some(Box::new(details)).filter(|details| !details.is_empty());
            self.events.push(event);
        }
    }

    /// A program started in a session, as the sensors that see programs write it down.
    pub fn run(&mut self, place: &Place, time: Timestamp, desk: &mut Desk, run: &Run) {
        let seen = self.seen.entry(place.address).or_default();
        seen.programs += 1;
        let id = 1_000 + 4 * seen.programs;
        let name = file_name(&run.image);
        let by = run.below.as_deref().map(str::to_lowercase);
        let parent = by.and_then(|by| desk.programs.iter().rev().find(|(name, _)| *name == by)).or(desk.programs.first()).cloned();
        let parent_image = match &parent {
            None => r"C:\Windows\System32\userinit.exe".to_owned(),
            Some((name, _)) if name == "explorer.exe" => r"C:\Windows\explorer.exe".to_owned(),
            Some((name, _)) => name.clone(),
        };
        let is_installed = run.image.starts_with(r"C:\Windows\") || run.image.starts_with(r"C:\Program Files");
        let is_privileged = self.is_privileged(&desk.user);
        for sensor in &place.sees {
            let (kind, guid) = match sensor {
                Sensor::Defend => (Kind::DefendProcess, "defend"),
                Sensor::Sysmon => (Kind::Process, "sysmon"),
                _ => continue,
            };
            let is_defend = kind == Kind::DefendProcess;
            let entity = |id: u32| Foreign::from(format!("{guid}-{}-{id}", place.address));
            let mut event = at(place, later(time, if is_defend { 0 } else { 50 }), kind);
            event.source = Some(desk.source).filter(|_| is_defend);
            event.user = Some(desk.user.clone());
            event.process = Some(run.image.as_str().into());
            event.details = Some(Box::new(Details {
                logon_id: Some(desk.logon),
                session_id: Some(desk.session),
                process_id: Some(id),
                parent_process_id: parent.as_ref().map(|(_, id)| *id),
                entity: Some(entity(id)),
                parent_entity: parent.as_ref().map(|(_, id)| entity(*id)),
                parent: Some(parent_image.as_str().into()),
                command_line: Some(run.line.as_deref().unwrap_or(&run.image).into()),
                signer: is_installed.then(|| "Microsoft Windows".into()).filter(|_| is_defend),
                is_trusted: is_defend.then_some(is_installed),
                is_elevated: is_privileged.then_some(true).filter(|_| is_defend),
                ..Details::default()
            }));
            self.events.push(event);
        }
        desk.programs.push((name, id));
    }

    /// What its owner does in an ordinary session: one program, soon after the beginning.
    pub fn work(&mut self, place: &Place, desk: &Desk) {
        let sum: usize = desk.user.raw().bytes().chain(place.address.to_string().bytes()).map(usize::from).sum();
        let Some((image, line)) = WORK.get(sum % WORK.len()) else { return };
        let run = Run { image: (*image).to_owned(), line: Some((*line).to_owned()), below: None };
        self.run(place, later(desk.time, 14_000), &mut desk.clone(), &run);
    }

    /// A connection out of a session on one place to another, as the first one's sensors write it down. The line is the
    /// one by which the other is reached.
    pub fn reach_out(&mut self, from: &Place, time: Timestamp, to: &Place, desk: &Desk, tool: &str) -> Line {
        let line = self.line(to);
        let name = file_name(tool);
        let known = desk.programs.iter().rev().find(|(known, _)| *known == name).map(|(_, id)| *id);
        let target = to.host.clone().unwrap_or_else(|| to.address.to_string().into());
        let is_client = name == "mstsc.exe";
        let push = |scene: &mut Self, kind: Kind, millis: i64, change: &dyn Fn(&mut Event, &mut Details)| {
            let mut event = at(from, later(time, millis), kind);
            event.user = Some(desk.user.clone());
            let mut details = Details { process_id: known, logon_id: Some(desk.logon), ..Details::default() };
            change(&mut event, &mut details);
            event.details = Some(Box::new(details));
            scene.events.push(event);
        };
        let ends = |event: &mut Event| {
            event.source = Some(from.address);
            event.source_port = Some(line.port);
            event.destination = Some(to.address);
            event.destination_port = Some(PORT);
            event.process = Some(tool.into());
        };
        for sensor in &from.sees {
            match sensor {
                Sensor::Sysmon => push(self, Kind::SysmonOut, 0, &|event, details| {
                    ends(event);
                    details.entity = known.map(|id| Foreign::from(format!("sysmon-{}-{id}", from.address)));
                    details.logon_id = None;
                }),
                Sensor::Defend => push(self, Kind::DefendAttempted, 0, &|event, details| {
                    ends(event);
                    details.entity = known.map(|id| Foreign::from(format!("defend-{}-{id}", from.address)));
                    details.is_trusted = Some(tool.starts_with(r"C:\Windows\"));
                }),
                Sensor::Security if is_client => push(self, Kind::ExplicitCredentials, -50, &|_, details| {
                    details.target = Some(target.clone());
                    details.service = Some(format!("TERMSRV/{}", target.raw()).into());
                    details.target_user = Some(desk.user.clone());
                }),
                Sensor::Core if is_client => push(self, Kind::ClientNamed, -90, &|_, details| {
                    (details.target, details.process_id, details.logon_id) = (Some(target.clone()), None, None);
                }),
                _ => {}
            }
        }
        line
    }
}

fn file_name(image: &str) -> String {
    image.rsplit('\\').next().unwrap_or(image).to_lowercase()
}
