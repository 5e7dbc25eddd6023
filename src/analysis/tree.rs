//! The trees that are shown: programs, each below the one that started it, and below each the RDP connections it opened.

use std::collections::HashMap;

use super::connections::near;
use super::outbound::{Outbound, Word};
use super::processes::Process;
use super::programs;
use crate::domain::{Event, Timestamp};

/// Seconds between two sensors' reports of one connection.
const SAME: i64 = 2;

/// What a row of a tree is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A program that started, as a place in the processes.
    Started(usize),
    /// A connection that a program opened, as a place in the outbound connections.
    Reached(usize),
}

/// A row of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// How many rows above it lead to it.
    pub depth: usize,
    /// What it is about.
    pub what: What,
    /// How many sensors tell of it.
    pub witnesses: usize,
}

/// The trees of the processes that are `wanted` and the connections they opened; connections whose program nobody saw
/// start stand by themselves where they are `reached`. In order of time, each tree whole.
pub fn tree(
    events: &[Event],
    processes: &[Process],
    outbound: &[Outbound],
    wanted: impl Fn(&Process) -> bool,
    reached: impl Fn(&Outbound) -> bool,
) -> Vec<Node> {
    let mut of: HashMap<Option<usize>, Vec<Node>> = HashMap::new();
    let owners = Owners::of(processes);
    for (number, witnesses) in merged(events, outbound) {
        let owner = outbound.get(number).and_then(|one| owners.owner(events, processes, one));
        of.entry(owner).or_default().push(Node { depth: 0, what: What::Reached(number), witnesses });
    }
    // Each tree by the time of its root.
    let mut trees: Vec<(Timestamp, Vec<Node>)> = Vec::new();
    let mut path: Vec<(usize, bool)> = Vec::new();
    for (number, process) in processes.iter().enumerate() {
        while path.last().is_some_and(|(depth, _)| *depth >= process.depth) {
            path.pop();
        }
        let depth = path.iter().filter(|(_, is_kept)| *is_kept).count();
        let is_kept = wanted(process);
        path.push((process.depth, is_kept));
        if !is_kept {
            continue;
        }
        let row = Node { depth, what: What::Started(number), witnesses: process.events.len() };
        let opened = of.remove(&Some(number)).unwrap_or_default().into_iter().map(|node| Node { depth: depth + 1, ..node });
        let rows = std::iter::once(row).chain(opened);
        match trees.last_mut().filter(|_| depth > 0) {
            Some((_, tree)) => tree.extend(rows),
            None => trees.push((process.time, rows.collect())),
        }
    }
    for node in of.into_values().flatten() {
        let What::Reached(number) = node.what else { continue };
        if let Some(one) = outbound.get(number).filter(|one| reached(one)) {
            trees.push((one.time, vec![node]));
        }
    }
    trees.sort_by_key(|(time, _)| *time);
    trees.into_iter().flat_map(|(_, tree)| tree).collect()
}

/// The connections, each once however many sensors tell of it, with their number. What the rule was written for is kept.
fn merged(events: &[Event], outbound: &[Outbound]) -> Vec<(usize, usize)> {
    let kind = |one: &Outbound| events.get(one.event as usize).map(|event| event.kind);
    let port = |one: &Outbound| events.get(one.event as usize).and_then(|event| event.source_port);
    let is_same = |one: &Outbound, two: &Outbound| {
        one.machine == two.machine
            && one.destination == two.destination
            && kind(one) != kind(two)
            && (port(one).is_none() || port(two).is_none() || port(one) == port(two))
            && near(one.time, two.time, SAME)
    };
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (number, one) in outbound.iter().enumerate() {
        let known = found.iter_mut().rev().take(8).find(|(other, _)| outbound.get(*other).is_some_and(|other| is_same(other, one)));
        match known {
            Some((kept, witnesses)) => {
                *witnesses += 1;
                if one.word == Word::Hit {
                    *kept = number;
                }
            }
            None => found.push((number, 1)),
        }
    }
    found
}

/// Who has which id.
struct Owners<'a> {
    by_entity: HashMap<&'a str, usize>,
    by_id: HashMap<(usize, u32), Vec<usize>>,
}

impl<'a> Owners<'a> {
    fn of(processes: &'a [Process]) -> Self {
        let mut owners = Self { by_entity: HashMap::new(), by_id: HashMap::new() };
        for (number, process) in processes.iter().enumerate() {
            if let Some(entity) = &process.entity {
                owners.by_entity.insert(entity.raw(), number);
            }
            if let Some(id) = process.id {
                owners.by_id.entry((process.machine, id)).or_default().push(number);
            }
        }
        owners
    }

    /// The program that opened a connection: by the id that is not given out again, else the last that had its number.
    fn owner(&self, events: &[Event], processes: &[Process], one: &Outbound) -> Option<usize> {
        let details = events.get(one.event as usize)?.details.as_deref()?;
        if let Some(number) = details.entity.as_ref().and_then(|entity| self.by_entity.get(entity.raw())) {
            return Some(*number);
        }
        let name = one.image.as_ref().map(programs::name);
        let fits = |number: &&usize| {
            processes.get(**number).is_some_and(|process| {
                process.time <= one.time && (name.is_none() || process.image.is_none() || process.image.as_ref().map(programs::name) == name)
            })
        };
        let started = |number: &&usize| processes.get(**number).map(|process| process.time);
        self.by_id.get(&(one.machine?, details.process_id?))?.iter().filter(fits).max_by_key(started).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::super::{outbound::outbound, processes, sessions};
    use super::*;
    use crate::domain::{Address, Kind};
    use crate::sigma::RuleSet;

    fn start(time: &str, kind: Kind, image: &str, id: u32, parent: u32) -> Event {
        let event = told(event(time, kind, "FS01", "", "CORP\\kim"), |details| (details.process_id, details.parent_process_id) = (Some(id), Some(parent)));
        with(event, |event| event.process = Some(image.into()))
    }

    fn out(time: &str, kind: Kind, image: &str, id: u32) -> Event {
        with(start(time, kind, image, id, 0), |event| {
            event.source = Address::clean("10.0.0.1");
            event.source_port = Some(50_001);
            event.destination = Address::clean("192.0.2.9");
            event.destination_port = Some(3389);
        })
    }

    fn lines(events: &[Event], wanted: impl Fn(&Process) -> bool) -> Vec<String> {
        let joined = sessions(events);
        let processes = processes(events, &joined, None, |_| true);
        let outbound = outbound(events, &joined.machines, &RuleSet::built_in());
        let line = |node: &Node| {
            let said = match node.what {
                What::Started(number) => processes[number].image.as_ref().map(programs::name).unwrap_or_default(),
                What::Reached(number) => format!("to {} {}", outbound[number].destination.expect("an address"), outbound[number].word.is_hit()),
            };
            format!("{}{said} x{}", "  ".repeat(node.depth), node.witnesses)
        };
        tree(events, &processes, &outbound, wanted, |_| true).iter().map(line).collect()
    }

    fn story() -> Vec<Event> {
        vec![
            start("10:00:00", Kind::Process, "C:\\Windows\\explorer.exe", 10, 4),
            start("10:00:01", Kind::Process, "C:\\Windows\\System32\\cmd.exe", 20, 10),
            start("10:00:03", Kind::Process, "C:\\x\\plink.exe", 30, 20),
            out("10:00:09", Kind::DefendAttempted, "C:\\x\\plink.exe", 30),
            out("10:00:09.5", Kind::SysmonOut, "C:\\x\\plink.exe", 30),
            out("09:00:00", Kind::SysmonOut, "C:\\y\\other.exe", 77),
            // The number is given out again.
            start("11:00:00", Kind::Process, "C:\\z\\late.exe", 30, 20),
        ]
    }

    #[test]
    fn connections_stand_below_the_program_that_opened_them_each_once() {
        assert_eq!(
            lines(&story(), |_| true),
            ["to 192.0.2.9 true x1", "explorer.exe x1", "  cmd.exe x1", "    plink.exe x1", "      to 192.0.2.9 true x2", "    late.exe x1"]
        );
    }

    #[test]
    fn who_is_not_wanted_leaves_no_gap() {
        let is_not_shell = |process: &Process| process.image.as_ref().is_some_and(|image| !image.raw().ends_with("cmd.exe"));
        assert_eq!(lines(&story(), is_not_shell), ["to 192.0.2.9 true x1", "explorer.exe x1", "  plink.exe x1", "    to 192.0.2.9 true x2", "  late.exe x1"]);
    }
}
