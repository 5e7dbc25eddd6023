//! Processes: the tree of a session or a window.

use std::collections::{BTreeSet, HashMap};

use super::connections::near;
use super::{Sessions, programs};
use crate::domain::{Event, Foreign, Kind, Timestamp};

/// Seconds between two logs' reports of one start.
const SAME: i64 = 2;

/// One process, in order of the tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Process {
    /// How deep below the roots it stands.
    pub depth: usize,
    /// When it started.
    pub time: Timestamp,
    /// Where, as a place in [`Sessions::machines`].
    pub machine: usize,
    /// Its session, as a place in [`Sessions::list`].
    pub session: Option<usize>,
    /// The program.
    pub image: Option<Foreign>,
    /// Its command line.
    pub command_line: Option<Foreign>,
    /// Whose.
    pub user: Option<Foreign>,
    /// Process id.
    pub id: Option<u32>,
    /// The program that started it.
    pub parent: Option<Foreign>,
    /// Who signed it.
    pub signer: Option<Foreign>,
    /// Whether the signature is trusted; `None` where no event says.
    pub is_trusted: Option<bool>,
    /// Whether the program was never seen on this host before; `None` where no history says.
    pub is_new: Option<bool>,
    /// Whether Windows starts it in every session by itself.
    pub is_own: bool,
    /// The events that tell of it.
    pub events: Vec<u32>,
    /// Id that is not given out again, as the first sensor writes it.
    pub entity: Option<Foreign>,
    parent_entity: Option<Foreign>,
    parent_id: Option<u32>,
}

/// The processes that `chosen` picks, by place of event, as trees in order of time. `known` are the programs seen on these
/// hosts before, folded, where a history was looked at.
pub fn processes(events: &[Event], sessions: &Sessions, known: Option<&BTreeSet<String>>, chosen: impl Fn(usize) -> bool) -> Vec<Process> {
    let mut order: Vec<usize> = (0..events.len())
        .filter(|place| {
            events.get(*place).is_some_and(|event| matches!(event.kind, Kind::Process | Kind::ProcessAudited | Kind::DefendProcess)) && chosen(*place)
        })
        .collect();
    order.sort_by_key(|place| (events.get(*place).map(|event| event.time), *place));
    let mut list: Vec<Process> = Vec::new();
    let mut by_entity: HashMap<String, usize> = HashMap::new();
    let mut by_id: HashMap<(usize, u32), usize> = HashMap::new();
    for place in order {
        let (Some(event), Some(machine)) = (events.get(place), sessions.machines.reached(place)) else { continue };
        let session = sessions.of_event.get(place).copied().flatten().map(|number| number as usize);
        let process = Process::of(event, u32::try_from(place).unwrap_or(u32::MAX), machine, session, known);
        // Two logs tell of one start; Defend of a process again at its end.
        let same_entity = process.entity.as_ref().and_then(|entity| by_entity.get(entity.raw())).copied();
        let same_id = process.id.and_then(|id| by_id.get(&(machine, id))).copied().filter(|number| {
            list.get(*number).is_some_and(|other| {
                near(other.time, process.time, SAME) && other.image.as_ref().map(programs::name) == process.image.as_ref().map(programs::name)
            })
        });
        let number = match same_entity.or(same_id) {
            Some(number) => {
                if let Some(known) = list.get_mut(number) {
                    known.learn(process);
                }
                number
            }
            None => {
                list.push(process);
                list.len() - 1
            }
        };
        if let Some(process) = list.get(number) {
            if let Some(entity) = &process.entity {
                by_entity.insert(entity.raw().to_owned(), number);
            }
            if let Some(id) = process.id {
                by_id.insert((machine, id), number);
            }
        }
    }
    ordered(list)
}

impl Process {
    fn of(event: &Event, place: u32, machine: usize, session: Option<usize>, known: Option<&BTreeSet<String>>) -> Self {
        let details = event.details.as_deref();
        let text = |of: fn(&crate::domain::Details) -> &Option<Foreign>| details.and_then(|details| of(details).clone());
        Self {
            depth: 0,
            time: event.time,
            machine,
            session,
            image: event.process.clone(),
            command_line: text(|details| &details.command_line),
            user: event.user.clone(),
            id: details.and_then(|details| details.process_id),
            parent: text(|details| &details.parent),
            signer: text(|details| &details.signer),
            is_trusted: details.and_then(|details| details.is_trusted),
            is_new: known.and_then(|known| Some(!known.contains(&event.process.as_ref()?.raw().to_lowercase()))),
            is_own: event.process.as_ref().is_some_and(|image| programs::sort(image) == programs::Sort::Own),
            events: vec![place],
            entity: text(|details| &details.entity),
            parent_entity: text(|details| &details.parent_entity),
            parent_id: details.and_then(|details| details.parent_process_id),
        }
    }

    fn learn(&mut self, other: Self) {
        self.events.extend(other.events);
        self.session = self.session.or(other.session);
        self.command_line = self.command_line.take().or(other.command_line);
        self.parent = self.parent.take().or(other.parent);
        self.signer = self.signer.take().or(other.signer);
        self.is_trusted = self.is_trusted.or(other.is_trusted);
        self.entity = self.entity.take().or(other.entity);
        self.parent_entity = self.parent_entity.take().or(other.parent_entity);
        self.parent_id = self.parent_id.or(other.parent_id);
    }
}

/// Parents before their children, each with its depth. A parent started before its child, so that no circle can come up.
fn ordered(list: Vec<Process>) -> Vec<Process> {
    let mut by_entity: HashMap<&str, usize> = HashMap::new();
    let mut by_id: HashMap<(usize, u32), usize> = HashMap::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
    let mut roots = Vec::new();
    for (number, process) in list.iter().enumerate() {
        let by_guid = process.parent_entity.as_ref().and_then(|entity| by_entity.get(entity.raw())).copied();
        let by_number = process.parent_id.and_then(|id| by_id.get(&(process.machine, id))).copied().filter(|parent| {
            // Process ids are given out again: the name must be the parent's, where it is told.
            let told = process.parent.as_ref().map(programs::name);
            list.get(*parent).is_some_and(|parent| told.is_none() || parent.image.as_ref().map(programs::name) == told)
        });
        match by_guid.or(by_number).and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(number),
            None => roots.push(number),
        }
        if let Some(entity) = &process.entity {
            by_entity.insert(entity.raw(), number);
        }
        if let Some(id) = process.id {
            by_id.insert((process.machine, id), number);
        }
    }
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(list.len());
    let mut waiting: Vec<(usize, usize)> = roots.into_iter().rev().map(|root| (root, 0)).collect();
    while let Some((number, depth)) = waiting.pop() {
        order.push((number, depth));
        waiting.extend(children.get(number).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
    }
    let mut list: Vec<Option<Process>> = list.into_iter().map(Some).collect();
    let placed = order.into_iter().filter_map(|(number, depth)| {
        let mut process = list.get_mut(number)?.take()?;
        process.depth = depth;
        Some(process)
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::super::sessions;
    use super::*;

    fn process(time: &str, kind: Kind, id: u32, parent: u32, image: &str, parent_image: &str) -> Event {
        let event = told(event(time, kind, "FS01", "", "CORP\\kim"), |details| {
            (details.process_id, details.parent_process_id, details.logon_id) = (Some(id), Some(parent), Some(0x51));
            details.parent = Some(parent_image.into());
            details.command_line = (kind == Kind::Process).then(|| format!("{image} /x").into());
        });
        with(event, |event| event.process = Some(image.into()))
    }

    #[test]
    fn a_tree_by_ids_with_each_start_once() {
        let events = [
            told(event("10:00:00", Kind::LogonRemote, "FS01", "10.1.0.7", "CORP\\kim"), |details| details.logon_id = Some(0x51)),
            process("10:00:05", Kind::ProcessAudited, 100, 50, "C:\\Windows\\explorer.exe", "userinit.exe"),
            process("10:01:00", Kind::ProcessAudited, 200, 100, "C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\explorer.exe"),
            process("10:01:00.5", Kind::Process, 200, 100, "C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\explorer.exe"),
            process("10:02:00", Kind::ProcessAudited, 300, 200, "C:\\Users\\kim\\x.exe", "C:\\Windows\\System32\\cmd.exe"),
            process("10:03:00", Kind::ProcessAudited, 400, 200, "C:\\y.exe", "C:\\other.exe"),
            process("10:04:00", Kind::ProcessAudited, 500, 100, "C:\\z.exe", "C:\\Windows\\explorer.exe"),
        ];
        let known = BTreeSet::from(["c:\\windows\\explorer.exe".to_owned(), "c:\\windows\\system32\\cmd.exe".to_owned()]);
        let found = processes(&events, &sessions(&events), Some(&known), |_| true);
        let lines: Vec<String> = found
            .iter()
            .map(|process| {
                let name = process.image.as_ref().map(programs::name).unwrap_or_default();
                format!("{}{name} {} {:?}", "  ".repeat(process.depth), process.events.len(), process.is_new)
            })
            .collect();
        assert_eq!(lines, ["explorer.exe 1 Some(false)", "  cmd.exe 2 Some(false)", "    x.exe 1 Some(true)", "  z.exe 1 Some(true)", "y.exe 1 Some(true)",]);
        assert_eq!(found[1].command_line.as_ref().map(Foreign::raw), Some("C:\\Windows\\System32\\cmd.exe /x"));
        assert!(found.iter().all(|process| process.session == Some(0)));
    }
}
