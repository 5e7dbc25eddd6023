//! What the answers tell together, worked out once for all steps: pure, and off the loop.

mod explain;
mod history;
mod people;
mod rhythm;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use explain::{Explained, installer_of};
pub use history::{Past, ROUND, is_public};
pub use people::is_odd_place;
pub use rhythm::{Rhythm, ratio};

use super::{Answers, Facts, Inquiry, Question, SourceFact};
use crate::analysis::hops::{self, Edge, Node};
use crate::analysis::outbound::{Outbound, outbound};
use crate::analysis::processes::Process;
use crate::analysis::telltales::{self, Telltale};
use crate::analysis::{self, Machines, Sessions, Visible, account, programs};
use crate::domain::stage::{Ladder, Rung};
use crate::domain::{Address, Destination, Event, Family, Foreign, Kind, RdpSession, Timestamp, Verdict};
use crate::query::{Alerts, Answer};

/// Everything that the steps look at.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// What it is about.
    pub inquiry: &'a Inquiry,
    /// The answers it is made of.
    pub answers: &'a Answers,
    /// Every event at hand, in order of time, each once.
    pub events: Vec<Event>,
    /// What they join to.
    pub sessions: Sessions,
    /// The destination among the machines.
    pub machine: Option<usize>,
    /// What could be seen at the destination at all.
    pub visible: Visible,
    /// Whether logons and refusals have ever been seen there.
    pub sees: Sees,
    /// How far each source of the range got there.
    pub ladders: BTreeMap<Address, Ladder>,
    /// How far each got elsewhere.
    pub elsewhere: Vec<(usize, Ladder)>,
    /// The accounts at the destination.
    pub users: analysis::users::Users,
    /// What is telling, at the destination or of its sources.
    pub telltales: Vec<Telltale>,
    /// What ran in the sessions of the sources.
    pub processes: Vec<Process>,
    /// Programs that opened RDP connections at the destination after the range began.
    pub outbound: Vec<Outbound>,
    /// Every visit.
    pub edges: Vec<Edge>,
    /// The time before.
    pub past: Past,
    /// When they came.
    pub rhythm: Rhythm,
    /// The facts.
    pub facts: Facts,
    /// What harmless explanations there are, and what they explain.
    pub explained: Explained,
}

/// What has ever been seen at the destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sees {
    /// Logons.
    pub logons: bool,
    /// Refusals.
    pub refusals: bool,
    /// Programs.
    pub programs: bool,
}

impl<'a> Picture<'a> {
    /// Puts the answers together.
    pub fn of(inquiry: &'a Inquiry, answers: &'a Answers) -> Self {
        let events = all_events(answers);
        let sessions = analysis::sessions(&events);
        let machine = machine(&sessions.machines, &inquiry.destination);
        let past = match answers.arrivals() {
            Some(arrivals) => history::past(arrivals, &inquiry.destination, inquiry.range, inquiry.around(), inquiry.known_from(answers)),
            None => Past::default(),
        };
        let mut picture = Self {
            inquiry,
            answers,
            machine,
            visible: Visible::default(),
            sees: Sees::default(),
            ladders: BTreeMap::new(),
            elsewhere: Vec::new(),
            users: analysis::users::Users::default(),
            telltales: Vec::new(),
            processes: Vec::new(),
            outbound: Vec::new(),
            edges: hops::edges(&events, &sessions),
            past,
            rhythm: Rhythm::default(),
            facts: Facts::default(),
            explained: Explained::default(),
            events,
            sessions,
        };
        picture.look();
        picture
    }

    fn look(&mut self) {
        let here: Vec<usize> = (0..self.events.len()).filter(|place| self.is_here(*place)).collect();
        self.visible = Visible::of(here.iter().filter_map(|place| self.events.get(*place)));
        self.sees = self.sees();
        let sources = self.sources(&here);
        let arrivals: Vec<(Timestamp, Address)> = here
            .iter()
            .filter_map(|place| self.events.get(*place))
            .filter(|event| is_arrival(event) && self.inquiry.range.contains(event.time))
            .filter_map(|event| Some((event.time, event.source?)))
            .collect();
        self.rhythm = rhythm::rhythm(&arrivals, &self.inquiry.zone);
        for (machine, ladders) in analysis::ladders_by_machine(&self.events, &self.sessions) {
            for ladder in ladders {
                match ladder.source {
                    Some(source) if sources.contains(&source) => {
                        if Some(machine) == self.machine {
                            self.ladders.insert(source, ladder);
                        } else {
                            self.elsewhere.push((machine, ladder));
                        }
                    }
                    _ => {}
                }
            }
        }
        self.rushes(&sources);
        let known = self.known_users();
        self.users = analysis::users(&self.events, &self.sessions, known.as_ref());
        let tales = telltales::telltales(&self.events, &self.sessions);
        self.telltales = tales.into_iter().filter(|tale| self.concerns(tale, &sources)).collect();
        let programs = self.known_programs();
        let mine: HashSet<usize> = self
            .sessions
            .list
            .iter()
            .zip(&self.sessions.machine)
            .enumerate()
            .filter(|(_, (session, machine))| Some(**machine) == self.machine && session.sources().iter().any(|source| sources.contains(source)))
            .map(|(number, _)| number)
            .collect();
        let in_session = |place: usize| {
            let number = self.sessions.of_event.get(place).copied().flatten();
            number.is_some_and(|number| mine.contains(&(number as usize)))
        };
        self.processes = analysis::processes(&self.events, &self.sessions, programs.as_ref(), in_session);
        let from = self.inquiry.range.from;
        self.outbound = outbound(&self.events, &self.sessions.machines, &self.inquiry.rules)
            .into_iter()
            .filter(|out| out.machine.is_some() && out.machine == self.machine && out.time >= from)
            .collect();
        self.facts = people::facts(self, &sources);
        self.explained = explain::explain(self);
        let explained = self.explained.clone();
        for source in &mut self.facts.sources {
            source.explained_by = explained.of(source.address);
        }
    }

    /// Whether the event at this place is about the destination.
    pub fn is_here(&self, place: usize) -> bool {
        self.machine.is_some() && self.sessions.machines.reached(place) == self.machine
    }

    /// The distinct sources of the range: as they are counted, or as the events have them where nothing was counted.
    fn sources(&self, here: &[usize]) -> BTreeSet<Address> {
        if !self.past.sources.is_empty() {
            return self.past.sources.clone();
        }
        let came = here.iter().filter_map(|place| self.events.get(*place)).filter(|event| is_arrival(event) && self.inquiry.range.contains(event.time));
        came.filter_map(|event| event.source).collect()
    }

    fn rushes(&mut self, sources: &BTreeSet<Address>) {
        let mut visits: BTreeMap<Address, Vec<(Timestamp, usize)>> = BTreeMap::new();
        for (place, event) in self.events.iter().enumerate() {
            if let (Some(source), Some(machine)) = (event.source, self.sessions.machines.reached(place))
                && sources.contains(&source)
                && is_arrival(event)
            {
                visits.entry(source).or_default().push((event.time, machine));
            }
        }
        self.rhythm.rushes = visits.into_iter().map(|(source, visits)| (source, rhythm::rush(&visits))).filter(|(_, most)| *most >= ROUND).collect();
    }

    fn concerns(&self, tale: &Telltale, sources: &BTreeSet<Address>) -> bool {
        use telltales::Sort;
        if tale.time < self.inquiry.range.from && !matches!(tale.sort, Sort::ScannerCookie | Sort::LogGap | Sort::ClockBack) {
            return false;
        }
        match tale.sort {
            Sort::ScannerCookie => sources.iter().any(|source| tale.text.starts_with(&format!("{source} "))),
            _ => tale.machine.is_some() && tale.machine == self.machine,
        }
    }

    fn sees(&self) -> Sees {
        let mut sees =
            Sees { logons: self.visible.shows(Rung::LoggedOn), refusals: self.visible.shows_refusals(), programs: self.visible.shows(Rung::Process) };
        if let Some(Answer::Tally(tally)) = self.answers.answer(Question::Accounts) {
            let ever = |family: Family| tally.rows.iter().any(|row| row.families.get(family as usize).is_some_and(|count| *count > 0));
            sees.logons |= ever(Family::Session);
            sees.refusals |= ever(Family::Failed) || ever(Family::Session);
        }
        if let Some(Answer::Tally(tally)) = self.answers.answer(Question::Programs) {
            let ever = |family: Family| tally.rows.iter().any(|row| row.families.get(family as usize).is_some_and(|count| *count > 0));
            sees.programs |= ever(Family::Context) && sees.logons;
        }
        sees
    }

    /// The accounts seen before; `None` where no history says.
    fn known_users(&self) -> Option<BTreeSet<Foreign>> {
        let Some(Answer::Tally(tally)) = self.answers.answer(Question::Accounts) else { return None };
        (self.past.days > 0 && tally.completeness.is_whole() && !tally.rows.is_empty()).then(|| tally.rows.iter().map(|row| row.value.clone()).collect())
    }

    /// The programs seen before, folded; `None` where no history says.
    fn known_programs(&self) -> Option<BTreeSet<String>> {
        let Some(Answer::Tally(tally)) = self.answers.answer(Question::Programs) else { return None };
        let is_usable = self.past.days > 0 && tally.completeness.is_whole() && !tally.rows.is_empty();
        is_usable.then(|| tally.rows.iter().map(|row| row.value.raw().to_lowercase()).collect())
    }

    /// The alerts.
    pub fn alerts(&self) -> Option<&Alerts> {
        if let Answer::Alerts(alerts) = self.answers.answer(Question::Alerts)? { Some(alerts) } else { None }
    }

    /// A source of the range.
    pub fn source(&self, address: Address) -> Option<&SourceFact> {
        self.facts.sources.iter().find(|source| source.address == address)
    }

    /// Distinct sources of the range above what is usual; all of them where nothing says what is usual.
    pub fn extra(&self) -> usize {
        self.facts.sources.len().saturating_sub(self.facts.usual.unwrap_or(0) as usize)
    }

    /// The detector's strongest word within the range.
    pub fn verdict(&self) -> Option<&Verdict> {
        let within = self.inquiry.verdicts.iter().filter(|verdict| self.inquiry.overlaps(verdict.start));
        within.filter(|verdict| verdict.score.is_some()).max_by(|one, two| one.score.unwrap_or(0.0).total_cmp(&two.score.unwrap_or(0.0)))
    }

    /// Sessions at the destination that sources of the range opened.
    pub fn visits(&self) -> impl Iterator<Item = &RdpSession> {
        let of = self.sessions.list.iter().zip(&self.sessions.machine).filter(|(_, machine)| Some(**machine) == self.machine);
        of.map(|(session, _)| session).filter(|session| session.sources().iter().any(|source| self.source(*source).is_some()))
    }

    /// Where the destination went on to after the range began, each visit.
    pub fn onward(&self) -> Vec<&Edge> {
        let Some(machine) = self.machine else { return Vec::new() };
        self.edges.iter().filter(|edge| edge.from == Node::Machine(machine) && edge.first >= self.inquiry.range.from).collect()
    }

    /// Who reached the suspect sources before they came here.
    pub fn led_here(&self) -> Vec<&Edge> {
        let machines: BTreeSet<usize> =
            self.facts.sources.iter().filter(|source| source.is_suspect()).filter_map(|source| self.sessions.machines.at(source.address)).collect();
        let is_suspect = |node: &Node| matches!(node, Node::Machine(machine) if machines.contains(machine));
        self.edges.iter().filter(|edge| is_suspect(&edge.to) && edge.leads_on() && edge.first < self.inquiry.range.to).collect()
    }

    /// What a place is called, inert.
    pub fn label(&self, node: &Node) -> String {
        node.label(&self.sessions.machines).safe().into_string()
    }

    /// The programs that somebody started, Windows' own left out, from least usual places first.
    pub fn started(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(|process| process.image.as_ref().is_some_and(|image| programs::sort(image) == programs::Sort::Started))
    }
}

impl Inquiry {
    /// Whether a judged bucket lies in the range, at least in part.
    pub fn overlaps(&self, start: Timestamp) -> bool {
        let end = start.as_second().saturating_add(self.size.seconds());
        start < self.range.to && end > self.range.from.as_second()
    }

    /// Since when arrivals are known: what was asked, cut to where the data begins.
    pub fn known_from(&self, answers: &Answers) -> Timestamp {
        let Some(arrivals) = answers.arrivals() else { return self.range.from };
        let first = arrivals.rows.first().map_or(self.range.from, |row| arrivals.bucket.at(row.bucket));
        first.max(arrivals.range.from).min(self.range.from)
    }
}

/// Whether an event shows that somebody came.
pub fn is_arrival(event: &Event) -> bool {
    matches!(event.kind.family(), Family::Network | Family::Session | Family::Failed) && event.source.is_some()
}

/// The destination among the machines: by any of its names or addresses.
fn machine(machines: &Machines, destination: &Destination) -> Option<usize> {
    let by_host = destination.hosts.iter().find_map(|host| machines.named(host));
    let by_address = || destination.addresses.iter().find_map(|address| machines.at(*address));
    // An address that tells no hosts apart is found by what the events reached.
    let by_any = || machines.list().iter().position(|machine| machine.addresses.iter().any(|address| destination.addresses.contains(address)));
    by_host.or_else(by_address).or_else(by_any)
}

/// The events of both questions, each once, in order of time.
fn all_events(answers: &Answers) -> Vec<Event> {
    let mut events: Vec<Event> = answers.events(Question::Events).to_vec();
    let seen: HashSet<Key> = events.iter().map(Key::of).collect();
    events.extend(answers.events(Question::Elsewhere).iter().filter(|event| !seen.contains(&Key::of(event))).cloned());
    events.sort_by_key(|event| event.time);
    events
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    time: Timestamp,
    kind: Kind,
    names: [Option<Foreign>; 6],
    ends: (Option<Address>, Option<u16>, Option<Address>, Option<u16>),
}

impl Key {
    fn of(event: &Event) -> Self {
        Self {
            time: event.time,
            kind: event.kind,
            names: [&event.host, &event.user, &event.process, &event.record, &event.origin.id, &event.origin.file].map(Clone::clone),
            ends: (event.source, event.source_port, event.destination, event.destination_port),
        }
    }
}

/// Accounts that are somebody's, in order and without doubles, inert.
pub fn named<'u>(users: impl IntoIterator<Item = &'u Foreign>) -> Vec<String> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for user in users {
        if !account::is_system(user) {
            seen.entry(account::bare(user)).or_insert_with(|| user.safe().into_string());
        }
    }
    seen.into_values().collect()
}
