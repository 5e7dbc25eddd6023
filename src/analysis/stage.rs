//! The ladder of each source: how far it got, and what proves it.

use std::collections::{BTreeMap, HashMap};

use super::connections::near;
use super::programs;
use super::reason;
use super::{Sessions, Visible};
use crate::domain::stage::{Ladder, Rung, Step};
use crate::domain::{Address, Certainty, Event, Family, Kind, Proof, Timestamp};

/// Seconds around RDP evidence of a source within which its refusals over the network are likely those of RDP.
const BESIDE: i64 = 60;

/// The ladders of the sources that reached one destination. `events` are everything known of the destination in whatever order,
/// `sessions` what they join to, `visible` what exists here at all.
pub fn ladders(events: &[Event], sessions: &Sessions, visible: &Visible) -> Vec<Ladder> {
    ladders_of(events, sessions, visible, |_| true)
}

/// The same from the events that are `chosen` alone: what a destination itself sent out is no visit of it.
pub fn ladders_of(events: &[Event], sessions: &Sessions, visible: &Visible, chosen: impl Fn(&Event) -> bool) -> Vec<Ladder> {
    let places: Vec<usize> = (0..events.len()).filter(|place| events.get(*place).is_some_and(&chosen)).collect();
    climb(events, &places, sessions, None, visible)
}

/// The ladders at each machine that was reached, as a place in [`Sessions::machines`]; what is visible is told from the events.
pub fn ladders_by_machine(events: &[Event], sessions: &Sessions) -> Vec<(usize, Vec<Ladder>)> {
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..events.len() {
        if let Some(machine) = sessions.machines.reached(place) {
            places.entry(machine).or_default().push(place);
        }
    }
    let climbed = places.into_iter().map(|(machine, places)| {
        let visible = Visible::of(places.iter().filter_map(|place| events.get(*place)));
        (machine, climb(events, &places, sessions, Some(machine), &visible))
    });
    climbed.filter(|(_, ladders)| !ladders.is_empty()).collect()
}

fn climb(events: &[Event], places: &[usize], sessions: &Sessions, machine: Option<usize>, visible: &Visible) -> Vec<Ladder> {
    let own = || places.iter().filter_map(|place| Some((*place, events.get(*place)?)));
    let evidence = beside(own().map(|(_, event)| event));
    let mut found: HashMap<Option<Address>, Draft> = HashMap::new();
    for (place, event) in own() {
        let session = sessions.of_event.get(place).copied().flatten().and_then(|number| sessions.list.get(number as usize));
        // What a session's events do not say themselves its openings do: a shell or a process names no source.
        let opening = session.and_then(|session| {
            let before = session.openings.iter().rev().find(|opening| opening.time <= event.time);
            before.or(session.openings.first())
        });
        let source = event.source.or_else(|| opening?.source);
        let certainty = session.map_or(Certainty::Exact, |session| if event.source.is_some() { Certainty::Exact } else { session.certainty() });
        let Some(what) = what(event, source, &evidence, session.is_some()) else { continue };
        let draft = found.entry(source).or_insert_with(|| Draft::new(event.time));
        draft.take(event, what, certainty);
    }
    let is_here = |other: usize| machine.is_none_or(|machine| machine == other);
    for connection in sessions.connections.iter().filter(|connection| is_here(connection.machine)) {
        if let Some(draft) = found.get_mut(&connection.source) {
            draft.connections += 1;
        }
    }
    for (session, _) in sessions.list.iter().zip(&sessions.machine).filter(|(_, machine)| is_here(**machine)) {
        for source in session.sources() {
            if let Some(draft) = found.get_mut(&Some(source)) {
                draft.sessions += 1;
            }
        }
    }
    let mut ladders: Vec<Ladder> = found.into_iter().map(|(source, draft)| draft.finish(source, visible)).collect();
    ladders.sort_by(|one, two| two.stage().cmp(&one.stage()).then_with(|| one.first.cmp(&two.first)).then_with(|| one.source.cmp(&two.source)));
    ladders
}

/// What an event says of a source.
#[derive(Clone, Copy)]
enum What {
    Rung(Rung),
    Refused,
    LikelyRefused,
    Nothing,
}

/// When each source showed itself over RDP, in order.
fn beside<'e>(events: impl Iterator<Item = &'e Event>) -> HashMap<Address, Vec<Timestamp>> {
    let mut found: HashMap<Address, Vec<Timestamp>> = HashMap::new();
    for event in events {
        let is_rdp = matches!(event.kind.family(), Family::Network | Family::Session | Family::Failed);
        if let Some(source) = event.source.filter(|_| is_rdp) {
            found.entry(source).or_default().push(event.time);
        }
    }
    for times in found.values_mut() {
        times.sort_unstable();
    }
    found
}

fn what(event: &Event, source: Option<Address>, evidence: &HashMap<Address, Vec<Timestamp>>, in_session: bool) -> Option<What> {
    Some(match event.kind {
        Kind::ManagerAuthenticated => What::Rung(Rung::Authenticated),
        Kind::DefendProcess | Kind::Process | Kind::ProcessAudited if in_session => match event.process.as_ref().map(programs::sort) {
            Some(programs::Sort::Shell) => What::Rung(Rung::Shell),
            Some(programs::Sort::Own) | None => What::Rung(Rung::LoggedOn),
            Some(programs::Sort::Started) => What::Rung(Rung::Process),
        },
        Kind::SessionShell => What::Rung(Rung::Shell),
        Kind::LogonFailedNetwork => {
            let times = evidence.get(&source?)?;
            let next = times.partition_point(|time| *time < event.time);
            let around = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|place| times.get(place));
            around.into_iter().any(|time| near(*time, event.time, BESIDE)).then_some(What::LikelyRefused)?
        }
        kind => match kind.family() {
            // What the destination itself sent out is no visit of it.
            Family::Network => What::Rung(Rung::Touched),
            Family::Session => What::Rung(Rung::LoggedOn),
            Family::Failed => What::Refused,
            Family::Shell => What::Rung(Rung::Shell),
            Family::End | Family::Context if !in_session => return None,
            // Where a session ends, one was.
            Family::End if event.destination_port.is_none() && !matches!(kind, Kind::CoreEnded | Kind::CoreDisconnected) => What::Rung(Rung::LoggedOn),
            Family::End | Family::Context => What::Nothing,
        },
    })
}

struct Draft {
    proofs: [Option<Proof>; 5],
    refused: Option<Proof>,
    likely_refused: Option<Proof>,
    reasons: BTreeMap<String, u64>,
    users: BTreeMap<crate::domain::Foreign, u64>,
    connections: u64,
    sessions: u64,
    events: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Draft {
    fn new(time: Timestamp) -> Self {
        Self {
            proofs: [const { None }; 5],
            refused: None,
            likely_refused: None,
            reasons: BTreeMap::new(),
            users: BTreeMap::new(),
            connections: 0,
            sessions: 0,
            events: 0,
            first: time,
            last: time,
        }
    }

    fn take(&mut self, event: &Event, what: What, certainty: Certainty) {
        self.events += 1;
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        match what {
            What::Rung(rung) => {
                if let Some(proof) = self.proofs.get_mut(rung as usize) {
                    Proof::add(proof, event, certainty);
                }
            }
            What::Refused => Proof::add(&mut self.refused, event, Certainty::Exact),
            What::LikelyRefused => Proof::add(&mut self.likely_refused, event, Certainty::Likely),
            What::Nothing => {}
        }
        if matches!(what, What::Refused | What::LikelyRefused) {
            *self.reasons.entry(reason::of_refusal(event)).or_default() += 1;
        }
        // A network report names the service that listens, and a sensor the cookie: neither is who logged on.
        let is_account =
            matches!(event.kind.family(), Family::Session | Family::Failed | Family::Shell | Family::End) || event.kind == Kind::LogonFailedNetwork;
        if let Some(user) = event.user.as_ref().filter(|_| is_account) {
            *self.users.entry(user.clone()).or_default() += 1;
        }
    }

    fn finish(self, source: Option<Address>, visible: &Visible) -> Ladder {
        let mut steps = [const { Step::NotVisible }; 5];
        let mut is_above = false;
        for ((rung, step), proof) in Rung::ALL.into_iter().zip(&mut steps).zip(self.proofs).rev() {
            *step = match proof {
                Some(proof) => Step::Seen(proof),
                None if is_above => Step::Implied,
                // Whoever is refused has connected.
                None if rung == Rung::Touched && (self.refused.is_some() || self.likely_refused.is_some()) => Step::Implied,
                None if visible.shows(rung) => Step::No,
                None => Step::NotVisible,
            };
            is_above |= step.is_reached();
        }
        Ladder {
            source,
            steps,
            refused: self.refused,
            likely_refused: self.likely_refused,
            refusals_visible: visible.shows_refusals(),
            reasons: self.reasons,
            users: self.users,
            connections: self.connections,
            sessions: self.sessions,
            events: self.events,
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
    use crate::domain::stage::Stage;

    fn all(events: &[Event]) -> Vec<Ladder> {
        ladders(events, &sessions(events), &Visible::of(events))
    }

    /// One line a source: its stage and its rungs.
    fn lines(events: &[Event]) -> Vec<String> {
        let told = |ladder: &Ladder| {
            let steps: Vec<_> = ladder.steps.iter().map(Step::name).collect();
            format!("{} {}: {}", ladder.source.map_or("?".to_owned(), |source| source.to_string()), ladder.stage().name(), steps.join(", "))
        };
        all(events).iter().map(told).collect()
    }

    #[test]
    fn each_source_climbs_as_far_as_its_events_say() {
        let process = |time, image: &str| {
            let event = told(event(time, Kind::ProcessAudited, "FS01", "", "CORP\\kim"), |details| details.logon_id = Some(0x51));
            with(event, |event| event.process = Some(image.into()))
        };
        let events = [
            event("10:00:00", Kind::CoreAccepted, "FS01", "10.1.0.7", ""),
            event("10:00:01", Kind::ManagerAuthenticated, "FS01", "10.1.0.7", "CORP\\kim"),
            told(event("10:00:02", Kind::LogonRemote, "FS01", "10.1.0.7", "CORP\\kim"), |details| details.logon_id = Some(0x51)),
            process("10:00:04", "C:\\Windows\\explorer.exe"),
            process("10:05:00", "C:\\Windows\\System32\\whoami.exe"),
            event("10:00:10", Kind::CoreAccepted, "FS01", "10.1.0.8", ""),
            with(event("10:00:11", Kind::LogonFailedNetwork, "FS01", "10.1.0.8", "CORP\\lee"), |event| event.reason = Some("0xC000006D 0xC000006A".into())),
            with(event("10:30:00", Kind::LogonFailedNetwork, "FS01", "10.1.0.9", "CORP\\lee"), |event| event.reason = Some("0xC000006D 0xC000006A".into())),
            event("10:00:20", Kind::CoreAccepted, "FS01", "10.1.0.10", ""),
        ];
        assert_eq!(
            lines(&events),
            ["10.1.0.7 process: yes, yes, yes, yes, yes", "10.1.0.8 refused: yes, no, no, no, no", "10.1.0.10 touched: yes, no, no, no, no",]
        );
        let ladders = all(&events);
        assert_eq!(ladders[1].reasons, BTreeMap::from([("wrong password".to_owned(), 1)]));
        assert_eq!((ladders[1].refused.is_some(), ladders[1].likely_refused.as_ref().map(|proof| proof.certainty)), (false, Some(Certainty::Likely)));
        let Step::Seen(proof) = ladders[0].step(Rung::Process) else { panic!("no process") };
        assert_eq!((proof.events, proof.cites[0].kind), (1, Kind::ProcessAudited));
        assert_eq!((ladders[0].connections, ladders[0].sessions), (1, 1));
    }

    #[test]
    fn what_no_log_could_show_is_not_visible_rather_than_no() {
        let events = [event("10:00:00", Kind::CoreAccepted, "FS01", "10.1.0.7", "")];
        assert_eq!(
            lines(&events),
            ["10.1.0.7 touched: yes, not visible in this data, not visible in this data, not visible in this data, not visible in this data"]
        );
        let events = [event("10:00:00", Kind::SessionShell, "FS01", "10.1.0.7", "CORP\\kim")];
        assert_eq!(lines(&events), ["10.1.0.7 shell: implied, implied, implied, yes, not visible in this data"]);
        let known = Visible::of(&events).and([Kind::ProcessAudited]);
        assert_eq!(ladders(&events, &sessions(&events), &known)[0].step(Rung::Process), &Step::No);
    }

    #[test]
    fn a_right_password_without_the_right_is_a_refusal_in_words() {
        let events = [event("10:00:00", Kind::Denied, "FS01", "10.1.0.7", "CORP\\svc")];
        let ladders = all(&events);
        assert_eq!(
            (ladders[0].stage(), ladders[0].reasons.keys().next().map(String::as_str)),
            (Stage::Refused, Some("password right, no right to log on over RDP"))
        );
    }
}
