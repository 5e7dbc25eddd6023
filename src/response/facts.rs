//! From answers to the picture: sources with their past, accounts with their class, hosts with what was found on them.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::Before;
use super::{Account, Class, Host, HostFinding, OpenSession, Picture, Source};
use crate::analysis::telltales::{Sort, telltales};
use crate::analysis::{Sessions, Visible, account, ladders_by_machine, processes, sessions, users};
use crate::domain::event::Vantage;
use crate::domain::{Address, Arrivals, Destination, Event, Foreign, Ladder, Range, Rung, Severity, Stage, Timestamp};

/// Beginnings by which the names of service accounts are told.
const SERVICES: &[&str] = &["svc", "srv_", "srv-", "service", "sql", "backup", "sa_", "sa-", "task_"];

/// What was answered.
pub(super) struct Facts<'a> {
    pub(super) destination: &'a Destination,
    pub(super) destinations: &'a [Destination],
    pub(super) of: &'a [Option<usize>],
    pub(super) arrivals: &'a Arrivals,
    pub(super) events: &'a [Event],
    pub(super) onward: &'a BTreeMap<usize, String>,
    pub(super) looked_at: &'a [Destination],
    pub(super) regulars: &'a BTreeMap<Address, BTreeSet<Foreign>>,
    pub(super) range: Range,
    pub(super) after: Range,
}

/// The destinations reached from this one or by those it let in, each with why; places in the list.
pub(super) fn onward(
    arrivals: &Arrivals,
    of: &[Option<usize>],
    destinations: &[Destination],
    destination: &Destination,
    within: Range,
) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for row in &arrivals.rows {
        let Some(place) = of.get(row.endpoint as usize).copied().flatten() else { continue };
        let Some(source) = arrivals.sources.get(row.source as usize).filter(|source| source.identifies_a_host()) else { continue };
        let is_within = within.contains(arrivals.bucket.at(row.bucket));
        if is_within && destination.addresses.contains(source) && destinations.get(place) != Some(destination) {
            found.entry(place).or_insert_with(|| "reached from the destination".to_owned());
        }
    }
    found
}

/// The sources of a destination within a range.
pub(super) fn sources_within(
    arrivals: &Arrivals,
    of: &[Option<usize>],
    destinations: &[Destination],
    destination: &Destination,
    range: Range,
) -> BTreeSet<Address> {
    let rows = arrivals.rows.iter().filter(|row| {
        range.contains(arrivals.bucket.at(row.bucket))
            && of.get(row.endpoint as usize).copied().flatten().and_then(|place| destinations.get(place)) == Some(destination)
    });
    rows.filter_map(|row| arrivals.sources.get(row.source as usize)).copied().collect()
}

/// What is known of a source before the spike.
#[derive(Default)]
struct Past {
    days: BTreeSet<i64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    events: u64,
}

impl Facts<'_> {
    /// The picture, whose plain parts are given.
    pub(super) fn picture(&self, mut picture: Picture) -> Picture {
        let joined = sessions(self.events);
        let past = self.past();
        let has_past = !past.is_empty();
        picture.history = has_past.then_some(Range { from: self.arrivals.range.from, to: self.range.from });
        if !has_past {
            picture.unknown.push("who is new here: nothing of this destination is known from before".to_owned());
        }
        let visible = Visible::of(self.events);
        if !visible.shows(Rung::LoggedOn) {
            picture.unknown.push("whether anybody logged on, and with which account: no event at hand could say so".to_owned());
        }
        picture.open = self.open(&joined);
        picture.sources = self.sources(&joined, &past, &picture.open);
        let came: BTreeSet<Address> = picture.sources.iter().map(|source| source.address).collect();
        let before = past
            .iter()
            .filter(|(address, _)| !came.contains(address))
            .filter_map(|(address, past)| Some(Before { address: *address, days: past.days.len(), events: past.events, first: past.first?, last: past.last? }));
        picture.before = before.collect();
        picture.accounts = self.accounts(&joined);
        picture.hosts = self.hosts(&joined);
        picture
    }

    fn reaches(&self, endpoint: u32) -> Option<&Destination> {
        self.of.get(endpoint as usize).copied().flatten().and_then(|place| self.destinations.get(place))
    }

    fn is_here(&self, joined: &Sessions, machine: usize) -> bool {
        joined.machines.get(machine).is_some_and(|machine| is_same(machine, self.destination))
    }

    fn past(&self) -> BTreeMap<Address, Past> {
        let mut past: BTreeMap<Address, Past> = BTreeMap::new();
        for row in &self.arrivals.rows {
            let start = self.arrivals.bucket.at(row.bucket);
            let Some(source) = self.arrivals.sources.get(row.source as usize) else { continue };
            if start >= self.range.from || self.reaches(row.endpoint) != Some(self.destination) {
                continue;
            }
            let known = past.entry(*source).or_default();
            known.days.insert(start.as_second().div_euclid(86_400));
            known.first = Some(known.first.map_or(start, |first| first.min(start)));
            known.last = Some(known.last.map_or(start, |last| last.max(start)));
            known.events += u64::from(row.events);
        }
        past
    }

    /// Other destinations of each source in the spike and after it.
    fn also_to(&self) -> BTreeMap<Address, BTreeSet<Foreign>> {
        let mut also: BTreeMap<Address, BTreeSet<Foreign>> = BTreeMap::new();
        for row in self.arrivals.rows.iter().filter(|row| self.after.contains(self.arrivals.bucket.at(row.bucket))) {
            let (Some(source), Some(reached)) = (self.arrivals.sources.get(row.source as usize), self.reaches(row.endpoint)) else { continue };
            // Loopback is another machine on each host.
            if reached != self.destination && source.identifies_a_host() {
                also.entry(*source).or_default().insert(reached.name().cloned().unwrap_or_else(|| reached.label()));
            }
        }
        also
    }

    fn sources(&self, joined: &Sessions, past: &BTreeMap<Address, Past>, open: &[OpenSession]) -> Vec<Source> {
        let mut also_to = self.also_to();
        let here: Vec<Ladder> = ladders_by_machine(self.events, joined)
            .into_iter()
            .filter(|(machine, _)| self.is_here(joined, *machine))
            .flat_map(|(_, ladders)| ladders)
            .collect();
        let in_spike = sources_within(self.arrivals, self.of, self.destinations, self.destination, self.range);
        let mut found: BTreeMap<Address, Source> = BTreeMap::new();
        for ladder in &here {
            let Some(address) = ladder.source.filter(|address| ladder.first < self.range.to || in_spike.contains(address)) else { continue };
            let mut source = self.source(address, past, &mut also_to, open);
            source.stage = ladder.stage();
            source.users.extend(ladder.users.keys().cloned());
            (source.connections, source.refusals, source.events) = (ladder.connections, ladder.refusals(), ladder.events);
            (source.first, source.last) = (ladder.first, ladder.last);
            match found.get_mut(&address) {
                Some(known) if known.stage >= source.stage => known.users.extend(source.users),
                Some(known) => {
                    source.users.extend(std::mem::take(&mut known.users));
                    source.also_to.extend(std::mem::take(&mut known.also_to));
                    *known = source;
                }
                None => {
                    found.insert(address, source);
                }
            }
        }
        // Counted, but not among the events that could be held.
        for address in in_spike {
            found.entry(address).or_insert_with(|| self.source(address, past, &mut also_to, open));
        }
        let mut list: Vec<Source> = found.into_values().collect();
        list.sort_by_key(|source| (std::cmp::Reverse((source.stage, source.also_to.len(), source.events)), source.address));
        list
    }

    fn source(&self, address: Address, past: &BTreeMap<Address, Past>, also_to: &mut BTreeMap<Address, BTreeSet<Foreign>>, open: &[OpenSession]) -> Source {
        let known = past.get(&address);
        Source {
            address,
            stage: Stage::Touched,
            is_new: (!past.is_empty()).then_some(known.is_none()),
            days_before: known.map_or(0, |past| past.days.len()),
            users: BTreeSet::new(),
            regulars: self.regulars.get(&address).cloned().unwrap_or_default(),
            also_to: also_to.remove(&address).unwrap_or_default(),
            is_server: address.identifies_a_host() && self.destinations.iter().any(|destination| destination.addresses.contains(&address)),
            open: open.iter().filter(|open| open.source == Some(address)).count(),
            connections: 0,
            refusals: 0,
            events: 0,
            first: self.range.from,
            last: self.range.from,
        }
    }

    fn open(&self, joined: &Sessions) -> Vec<OpenSession> {
        let here =
            joined.list.iter().zip(&joined.machine).filter(|(session, machine)| session.end.is_none() && session.is_desktop && self.is_here(joined, **machine));
        here.map(|(session, _)| OpenSession {
            user: session.user.clone(),
            source: session.source(),
            since: session.start().unwrap_or(session.first),
            session_id: session.session_id,
        })
        .collect()
    }

    fn accounts(&self, joined: &Sessions) -> Vec<Account> {
        let found = users(self.events, joined, None);
        let mut accounts: Vec<Account> = found
            .rows
            .iter()
            .filter(|user| user.logons() > 0 && !account::is_system(&user.name))
            .map(|user| {
                let machine = |place: usize| joined.machines.get(place);
                let cells = || user.cells.iter().filter(|cell| cell.logons > 0);
                let hosts: Vec<&Destination> = cells().filter_map(|cell| machine(cell.machine)).collect();
                let (class, because, local) = class(&user.name, user.privileged.is_some(), &hosts);
                Account {
                    name: user.name.clone(),
                    class,
                    because,
                    machine: local,
                    logons: user.logons(),
                    sources: cells().filter_map(|cell| cell.source).collect(),
                    hosts: hosts.iter().map(|host| host.name().cloned().unwrap_or_else(|| host.label())).collect(),
                    first: user.first,
                    last: user.last,
                }
            })
            .collect();
        accounts.sort_by_key(|account| (account.class, std::cmp::Reverse((account.hosts.len(), account.logons)), account.name.clone()));
        accounts
    }

    fn hosts(&self, joined: &Sessions) -> Vec<Host> {
        let tales = telltales(self.events, joined);
        let started = processes::processes(self.events, joined, None, |_| true);
        let host = |host: &Destination, because: String| {
            let is_it = |machine: usize| joined.machines.get(machine).is_some_and(|other| is_same(other, host));
            let mut findings: Vec<HostFinding> = tales
                .iter()
                .filter(|tale| tale.machine.is_some_and(is_it))
                .map(|tale| HostFinding { severity: severity(tale.sort), time: tale.time, text: tale.text.clone(), events: tale.events })
                .collect();
            for process in started.iter().filter(|process| is_it(process.machine) && process.session.is_some() && process.is_trusted == Some(false)) {
                let image = process.image.as_ref().map_or_else(|| "a program".to_owned(), |image| image.safe().into_string());
                findings.push(HostFinding {
                    severity: Severity::Major,
                    time: process.time,
                    text: format!("{image} ran in a session without a trusted signature"),
                    events: 1,
                });
            }
            let programs: BTreeSet<String> = started
                .iter()
                .filter(|process| is_it(process.machine) && process.session.is_some() && !process.is_own)
                .filter_map(|process| process.image.as_ref().map(crate::analysis::programs::name))
                .collect();
            let first =
                started.iter().filter(|process| is_it(process.machine) && process.session.is_some() && !process.is_own).map(|process| process.time).min();
            if let Some(time) = first {
                let names: Vec<Foreign> = programs.iter().map(|name| Foreign::from(name.as_str())).collect();
                let text = format!("{} started in sessions: {}", super::counted(programs.len(), "program"), super::named(&names, 8));
                findings.push(HostFinding { severity: Severity::Minor, time, text, events: programs.len() as u64 });
            }
            findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.time));
            let is_visible = self.events.iter().any(|event| event.kind.vantage() == Vantage::Destination && host.has(event.destination, event.host.as_ref()));
            Host { host: host.clone(), because, is_visible, findings }
        };
        let mut hosts = vec![host(self.destination, "the destination".to_owned())];
        for (place, because) in self.onward {
            if let Some(other) = self.destinations.get(*place).filter(|other| self.looked_at.contains(other)) {
                hosts.push(host(other, because.clone()));
            }
        }
        hosts
    }
}

fn is_same(one: &Destination, two: &Destination) -> bool {
    let named = |one: &Foreign| two.hosts.iter().any(|two| two.raw().eq_ignore_ascii_case(one.raw()));
    one.addresses.iter().any(|address| address.identifies_a_host() && two.addresses.contains(address)) || one.hosts.iter().any(named)
}

fn severity(sort: Sort) -> Severity {
    match sort {
        Sort::Hijack | Sort::Tunnel | Sort::TunnelCommand | Sort::Tscon | Sort::LogCleared => Severity::Critical,
        Sort::Shadowing | Sort::PasswordWithoutRight | Sort::LogGap | Sort::FanOut => Severity::Major,
        Sort::ForeignZone | Sort::ScannerCookie | Sort::ClockBack => Severity::Minor,
    }
}

/// What sort of account, what says so, and the machine it belongs to where it is no account of a domain.
fn class(name: &Foreign, is_privileged: bool, hosts: &[&Destination]) -> (Class, String, Option<Foreign>) {
    let bare = account::bare(name);
    let domain = name.raw().split_once('\\').map(|(domain, _)| domain.to_lowercase());
    let short = |host: &Foreign| host.raw().split('.').next().unwrap_or_default().to_lowercase();
    let machine = domain.as_ref().and_then(|domain| hosts.iter().flat_map(|host| &host.hosts).find(|host| short(host) == *domain).cloned());
    if is_privileged {
        return (Class::Privileged, "its logon was given administrator rights".to_owned(), machine);
    }
    if bare == "administrator" || bare.starts_with("adm") || bare.ends_with("-adm") || bare.ends_with("_adm") || bare.ends_with("admin") {
        return (Class::Privileged, "its name is that of an administrator".to_owned(), machine);
    }
    if SERVICES.iter().any(|beginning| bare.starts_with(beginning)) {
        return (Class::Service, "its name begins like that of a service".to_owned(), machine);
    }
    match (domain, machine) {
        (Some(_), Some(machine)) => (Class::Local, "its domain is the server itself".to_owned(), Some(machine)),
        (Some(domain), None) if domain != "." => (Class::Domain, format!("its domain is {}", Foreign::from(domain.to_uppercase()).safe()), None),
        _ if name.raw().contains('@') => (Class::Domain, "it is written with its domain".to_owned(), None),
        _ => (Class::Unknown, "the events name no domain".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_from_rights_first_then_from_names_and_domains() {
        let host = Destination { addresses: BTreeSet::new(), hosts: ["FS01.corp.example".into()].into() };
        let of = |name: &str, is_privileged| {
            let (class, _, machine) = class(&name.into(), is_privileged, &[&host]);
            (class, machine.is_some())
        };
        assert_eq!(of("CORP\\kim", true), (Class::Privileged, false));
        assert_eq!(of("CORP\\kim", false), (Class::Domain, false));
        assert_eq!(of("FS01\\Administrator", false), (Class::Privileged, true));
        assert_eq!(of("CORP\\adm-lee", false), (Class::Privileged, false));
        assert_eq!(of("CORP\\svc_copy", false), (Class::Service, false));
        assert_eq!(of("fs01\\kim", false), (Class::Local, true));
        assert_eq!(of("kim@corp.example", false), (Class::Domain, false));
        assert_eq!(of("kim", false), (Class::Unknown, false));
    }
}
