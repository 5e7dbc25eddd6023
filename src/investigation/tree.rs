//! The programs that events tell of, as the tree in which they started each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Address, Details, Event, Foreign, Kind, Timestamp};

/// A program that ran, or a connection that one made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// How many programs above it are known.
    pub depth: usize,
    /// Place of its event.
    pub event: usize,
    /// When.
    pub time: Timestamp,
    /// The program, as written.
    pub process: Option<Foreign>,
    /// Its command line.
    pub command_line: Option<Foreign>,
    /// Who signed it.
    pub signer: Option<Foreign>,
    /// Whether that signature is valid and trusted.
    pub is_trusted: Option<bool>,
    /// Where it connected to over RDP; `None` where it is a start and no connection.
    pub reached: Option<Address>,
}

/// Whether an event tells of a program that started.
pub fn is_start(event: &Event) -> bool {
    matches!(event.kind, Kind::Process | Kind::ProcessAudited | Kind::DefendProcess)
}

/// Whether an event tells which program connected out.
fn is_outbound(event: &Event) -> bool {
    matches!(event.kind, Kind::SysmonOut | Kind::FilterOut | Kind::DefendAttempted) && event.process.is_some()
}

/// One program on one host: by the id that is not given out again, else by its number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    Entity(Option<Foreign>, Foreign),
    Number(Option<Foreign>, u32),
}

fn id(event: &Event, details: &Details) -> Option<Id> {
    let host = event.host.clone();
    details.entity.clone().map(|entity| Id::Entity(host.clone(), entity)).or_else(|| details.process_id.map(|number| Id::Number(host, number)))
}

fn parent_id(event: &Event, details: &Details) -> Option<Id> {
    let host = event.host.clone();
    details.parent_entity.clone().map(|entity| Id::Entity(host.clone(), entity)).or_else(|| details.parent_process_id.map(|number| Id::Number(host, number)))
}

/// The tree of the programs that `wanted` holds of, each below the one that started it, in order of time. `events` are in
/// order of time: a number that was given out again means the latest program that had it.
pub fn tree(events: &[Event], wanted: impl Fn(&Event) -> bool) -> Vec<Node> {
    let mut latest: BTreeMap<Id, usize> = BTreeMap::new();
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let details = event.details.as_deref().cloned().unwrap_or_default();
        let parent = if is_start(event) {
            if !wanted(event) {
                continue;
            }
            parent_id(event, &details).and_then(|parent| latest.get(&parent).copied())
        } else if is_outbound(event) {
            let by = id(event, &details).and_then(|id| latest.get(&id).copied());
            // Without the program that made it a connection belongs here only by itself.
            if by.is_none() && !wanted(event) {
                continue;
            }
            by
        } else {
            continue;
        };
        children.entry(parent).or_default().push(place);
        if is_start(event)
            && let Some(id) = id(event, &details)
        {
            latest.insert(id, place);
        }
    }
    let mut nodes = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(usize, usize)> = children.get(&None).into_iter().flatten().rev().map(|place| (*place, 0)).collect();
    while let Some((place, depth)) = open.pop() {
        let Some(event) = events.get(place).filter(|_| seen.insert(place)) else { continue };
        let details = event.details.as_deref();
        nodes.push(Node {
            depth,
            event: place,
            time: event.time,
            process: event.process.clone(),
            command_line: details.and_then(|details| details.command_line.clone()),
            signer: details.and_then(|details| details.signer.clone()),
            is_trusted: details.and_then(|details| details.is_trusted),
            reached: if is_start(event) { None } else { event.destination },
        });
        open.extend(children.get(&Some(place)).into_iter().flatten().rev().map(|child| (*child, depth.saturating_add(1))));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(time: &str, image: &str, number: u32, parent: u32) -> Event {
        let mut event = Event::new(time.parse().expect("a time"), Kind::Process);
        event.host = Some("FS01".into());
        event.process = Some(image.into());
        event.details = Some(Box::new(Details { process_id: Some(number), parent_process_id: Some(parent), ..Details::default() }));
        event
    }

    fn lines(events: &[Event]) -> Vec<String> {
        let name =
            |node: &Node| node.reached.map_or_else(|| node.process.as_ref().map(|text| text.raw().to_owned()).unwrap_or_default(), |to| format!("-> {to}"));
        tree(events, |_| true).iter().map(|node| format!("{}{}", "  ".repeat(node.depth), name(node))).collect()
    }

    #[test]
    fn each_program_stands_below_the_one_that_started_it() {
        let mut out = Event::new("2026-03-02T10:00:09Z".parse().expect("a time"), Kind::SysmonOut);
        out.host = Some("FS01".into());
        out.process = Some("plink.exe".into());
        out.destination = Address::clean("192.0.2.9");
        out.details = Some(Box::new(Details { process_id: Some(30), ..Details::default() }));
        let events = [
            start("2026-03-02T10:00:00Z", "explorer.exe", 10, 4),
            start("2026-03-02T10:00:01Z", "cmd.exe", 20, 10),
            start("2026-03-02T10:00:02Z", "notepad.exe", 21, 10),
            start("2026-03-02T10:00:03Z", "plink.exe", 30, 20),
            out,
            start("2026-03-02T10:01:00Z", "other.exe", 20, 999),
            start("2026-03-02T10:01:01Z", "late.exe", 40, 20),
        ];
        assert_eq!(lines(&events), ["explorer.exe", "  cmd.exe", "    plink.exe", "      -> 192.0.2.9", "  notepad.exe", "other.exe", "  late.exe"]);
    }

    #[test]
    fn a_program_that_is_its_own_parent_is_no_loop() {
        assert_eq!(lines(&[start("2026-03-02T10:00:00Z", "a.exe", 7, 7), start("2026-03-02T10:00:01Z", "b.exe", 7, 7)]), ["a.exe", "  b.exe"]);
    }
}
