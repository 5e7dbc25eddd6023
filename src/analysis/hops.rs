//! Hops: who reached a machine before, and where it went next, as a tree in time order with every edge's evidence.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Machines, Sessions, Visible, account};
use crate::domain::event::Vantage;
use crate::domain::{Address, Certainty, Event, Family, Foreign, Kind, Proof, Rung, Stage, Timestamp, time};

/// Seconds of silence after which the same pair is another visit.
const VISIT: i64 = 1800;
/// How many hops deep a tree goes.
const DEEP: usize = 8;
/// Most hops in one tree; what is cut is said.
const MOST: usize = 20_000;

/// An end of an edge: a machine that is known, or just what it was called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    /// A place in the machines.
    Machine(usize),
    /// An address that no event ties to a machine.
    Address(Address),
    /// A name as a client wrote it, folded.
    Name(Foreign),
}

impl Node {
    /// What it is called.
    pub fn label(&self, machines: &Machines) -> Foreign {
        match self {
            Self::Machine(machine) => machines.get(*machine).map(|machine| machine.name().cloned().unwrap_or_else(|| machine.label())).unwrap_or_default(),
            Self::Address(address) => address.to_string().into(),
            Self::Name(name) => name.clone(),
        }
    }
}

/// One visit of one machine from another.
#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    /// Where from.
    pub from: Node,
    /// Where to.
    pub to: Node,
    /// How far it got.
    pub stage: Stage,
    /// Whether the server's own logs would show it if it had got further.
    pub is_whole: bool,
    /// The accounts it came with.
    pub users: BTreeSet<Foreign>,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// The kinds of evidence.
    pub kinds: BTreeSet<Kind>,
    /// The evidence.
    pub proof: Option<Proof>,
}

impl Edge {
    /// Whether somebody may have gone on from there: they got in, or nothing could show that they did not.
    pub fn leads_on(&self) -> bool {
        match self.stage {
            Stage::Refused => false,
            Stage::Touched => !self.is_whole,
            _ => true,
        }
    }
}

/// A hop of a tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Hop {
    /// How many hops from the root, counted from 1.
    pub depth: usize,
    /// Its edge, as a place in the edges.
    pub edge: usize,
    /// Whether it comes back to where the path has been; the path ends there.
    pub is_loop: bool,
}

/// A tree, each hop before the hops behind it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tree {
    /// The hops.
    pub hops: Vec<Hop>,
    /// Whether it was cut for its size or depth.
    pub is_cut: bool,
}

/// Every visit, in order of time.
pub fn edges(events: &[Event], sessions: &Sessions) -> Vec<Edge> {
    let machines = &sessions.machines;
    let visible = visibility(events, machines);
    let found = events.iter().enumerate().filter_map(|(place, event)| Some((event, ends(event, place, machines)?)));
    let mut seen: Vec<(&Event, (Node, Node, Stage))> = found.filter(|(_, (from, to, _))| from != to).collect();
    seen.sort_by_key(|(event, _)| event.time);
    let mut current: HashMap<(Node, Node), usize> = HashMap::new();
    let mut edges: Vec<Edge> = Vec::new();
    for (event, (from, to, stage)) in seen {
        let pair = (from, to);
        let known = current.get(&pair).copied().filter(|number| edges.get(*number).is_some_and(|edge| event.time.duration_since(edge.last).as_secs() <= VISIT));
        let number = known.unwrap_or(edges.len());
        if known.is_none() {
            let machine = if let Node::Machine(machine) = &pair.1 { Some(machine) } else { None };
            edges.push(Edge {
                from: pair.0.clone(),
                to: pair.1.clone(),
                stage,
                is_whole: machine.and_then(|machine| visible.get(machine)).is_some_and(|visible| visible.shows(Rung::LoggedOn)),
                users: BTreeSet::new(),
                first: event.time,
                last: event.time,
                kinds: BTreeSet::new(),
                proof: None,
            });
            current.insert(pair, number);
        }
        let Some(edge) = edges.get_mut(number) else { continue };
        // What listens on the port is nobody's account; what connects out is.
        let tells_account = event.kind.family() != Family::Network || event.kind.vantage() == Vantage::Source;
        let user = event.detail(|details| details.target_user.clone()).or_else(|| event.user.clone());
        edge.users.extend(user.filter(|user| tells_account && !account::is_system(user)));
        edge.stage = edge.stage.max(stage);
        edge.last = edge.last.max(event.time);
        edge.kinds.insert(event.kind);
        Proof::add(&mut edge.proof, event, Certainty::Exact);
    }
    edges
}

fn visibility(events: &[Event], machines: &Machines) -> BTreeMap<usize, Visible> {
    let mut places: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        if let Some(machine) = machines.reporter(place) {
            places.entry(machine).or_default().push(event);
        }
    }
    places.into_iter().map(|(machine, events)| (machine, Visible::of(events))).collect()
}

/// What an event says of who reached whom.
fn ends(event: &Event, place: usize, machines: &Machines) -> Option<(Node, Node, Stage)> {
    let at = |address: Address| machines.at(address).map_or(Node::Address(address), Node::Machine);
    let stage = match event.kind {
        Kind::ClientNamed | Kind::ClientReached | Kind::ExplicitCredentials => return named(event, place, machines),
        Kind::ManagerAuthenticated => Stage::Authenticated,
        kind => match kind.family() {
            Family::Network => Stage::Touched,
            Family::Failed => Stage::Refused,
            Family::Shell => Stage::Shell,
            Family::Session => Stage::LoggedOn,
            Family::End | Family::Context => return None,
        },
    };
    let source = event.source.filter(|source| source.identifies_a_host());
    let own = machines.reporter(place).filter(|_| event.kind.vantage() == Vantage::Source).map(Node::Machine);
    Some((own.or_else(|| source.map(at))?, Node::Machine(machines.reached(place)?), stage))
}

/// Where a client says it goes: all there is where the next machine reports nothing.
fn named(event: &Event, place: usize, machines: &Machines) -> Option<(Node, Node, Stage)> {
    let details = event.details.as_deref()?;
    let service = details.service.as_ref().map(|service| service.raw().to_lowercase()).unwrap_or_default();
    if event.kind == Kind::ExplicitCredentials && !service.starts_with("termsrv/") {
        return None;
    }
    let target = details.target.as_ref().map(|target| target.raw().trim().to_lowercase()).unwrap_or_default();
    let name = target.strip_prefix("termsrv/").unwrap_or(&target);
    if name.is_empty() || name == "localhost" {
        return None;
    }
    let name = Foreign::from(name);
    let to = machines.named(&name).map(Node::Machine).or_else(|| Address::clean(name.raw()).map(Node::Address));
    Some((Node::Machine(machines.reporter(place)?), to.unwrap_or(Node::Name(name)), Stage::Touched))
}

/// Which way a tree grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Who reached the root, and who reached them before that.
    Before,
    /// Where the root went, and where they went after that.
    After,
}

/// The hops before or after `root`, in order of time; a path never goes on from the same machine twice.
pub fn tree(edges: &[Edge], root: &Node, way: Way) -> Tree {
    let mut by_end: HashMap<&Node, Vec<usize>> = HashMap::new();
    for (number, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.leads_on()) {
        by_end.entry(if way == Way::Before { &edge.to } else { &edge.from }).or_default().push(number);
    }
    let mut grower = Grower { edges, by_end, way, tree: Tree::default(), path: HashSet::from([root.clone()]) };
    grower.grow(root, None, 1);
    grower.tree
}

struct Grower<'a> {
    edges: &'a [Edge],
    by_end: HashMap<&'a Node, Vec<usize>>,
    way: Way,
    tree: Tree,
    path: HashSet<Node>,
}

impl Grower<'_> {
    fn grow(&mut self, at: &Node, since: Option<&Edge>, depth: usize) {
        let next = self.by_end.get(at).cloned().unwrap_or_default();
        for number in next {
            let Some(edge) = self.edges.get(number) else { continue };
            // Whoever came later did not lead here.
            let is_in_time = since.is_none_or(|since| if self.way == Way::Before { edge.first <= since.first } else { edge.first >= since.first });
            if !is_in_time {
                continue;
            }
            if self.tree.hops.len() >= MOST || depth > DEEP {
                self.tree.is_cut = true;
                return;
            }
            let far = if self.way == Way::Before { &edge.from } else { &edge.to };
            let is_loop = self.path.contains(far);
            self.tree.hops.push(Hop { depth, edge: number, is_loop });
            if !is_loop {
                let (far, edge) = (far.clone(), edge.clone());
                self.path.insert(far.clone());
                self.grow(&far, Some(&edge), depth + 1);
                self.path.remove(&far);
            }
        }
    }
}

/// The edges of trees as a graph for Graphviz. Names are made inert and quoted: an attacker wrote them.
pub fn dot(edges: &[Edge], trees: &[&Tree], machines: &Machines) -> String {
    let chosen: BTreeSet<usize> = trees.iter().flat_map(|tree| &tree.hops).map(|hop| hop.edge).collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph hops {\n  rankdir=LR;\n");
    for edge in chosen.into_iter().filter_map(|number| edges.get(number)) {
        let users: Vec<String> = edge.users.iter().map(|user| user.safe().into_string()).collect();
        let label = format!("{} {} {}", time::rfc3339(edge.first), edge.stage.name(), users.join(", "));
        let name = |node: &Node| quoted(node.label(machines).safe().as_str());
        out.push_str(&format!("  {} -> {} [label={}];\n", name(&edge.from), name(&edge.to), quoted(label.trim_end())));
    }
    out.push_str("}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::super::sessions;
    use super::*;

    fn reach(time: &str, kind: Kind, host: &str, source: &str, destination: &str, user: &str) -> Event {
        with(event(time, kind, host, source, user), |event| {
            event.destination = Address::clean(destination);
            event.destination_port = Some(3389);
        })
    }

    /// PC (10.1.0.7) > JUMP > FS > a name nobody reports for, and back from FS to JUMP; a refusal before, a stranger after.
    fn story() -> Vec<Event> {
        vec![
            reach("09:00:00", Kind::SysmonIn, "JUMP", "10.1.0.9", "10.0.0.1", ""),
            event("09:00:01", Kind::LogonFailed, "JUMP", "10.1.0.9", "CORP\\x"),
            reach("10:00:00", Kind::SysmonIn, "JUMP", "10.1.0.7", "10.0.0.1", ""),
            event("10:00:02", Kind::LogonRemote, "JUMP", "10.1.0.7", "CORP\\kim"),
            reach("10:10:00", Kind::SysmonOut, "JUMP", "10.0.0.1", "10.0.0.2", "CORP\\kim"),
            event("10:10:02", Kind::LogonRemote, "FS", "10.0.0.1", "CORP\\adm"),
            reach("10:10:03", Kind::SysmonIn, "FS", "10.0.0.1", "10.0.0.2", ""),
            told(event("10:20:00", Kind::ClientNamed, "FS", "", ""), |details| details.target = Some("nas.corp.example".into())),
            event("10:30:00", Kind::LogonRemote, "JUMP", "10.0.0.2", "CORP\\adm"),
            event("12:00:00", Kind::LogonRemote, "JUMP", "10.1.0.8", "CORP\\late"),
        ]
    }

    fn lines(root: &str, way: Way) -> Vec<String> {
        let events = story();
        let sessions = sessions(&events);
        let edges = edges(&events, &sessions);
        let root = Node::Machine(sessions.machines.named(&root.into()).expect("a machine"));
        let line = |hop: &Hop| {
            let edge = &edges[hop.edge];
            let name = |node: &Node| node.label(&sessions.machines).raw().to_owned();
            let users: Vec<&str> = edge.users.iter().map(Foreign::raw).collect();
            let looped = if hop.is_loop { " loop" } else { "" };
            format!("{} {} > {} {} [{}]{looped}", hop.depth, name(&edge.from), name(&edge.to), edge.stage.name(), users.join(" "))
        };
        tree(&edges, &root, way).hops.iter().map(line).collect()
    }

    #[test]
    fn before_and_after_in_order_of_time_with_loops_cut() {
        assert_eq!(lines("FS", Way::Before), ["1 JUMP > FS logged on [CORP\\adm CORP\\kim]", "2 10.1.0.7 > JUMP logged on [CORP\\kim]"]);
        assert_eq!(
            lines("JUMP", Way::After),
            ["1 JUMP > FS logged on [CORP\\adm CORP\\kim]", "2 FS > nas.corp.example touched []", "2 FS > JUMP logged on [CORP\\adm] loop"]
        );
    }

    #[test]
    fn names_are_inert_in_the_graph() {
        let events = [event("10:00:00", Kind::LogonRemote, "FS\"];\u{1b}[2J evil", "10.1.0.7", "CORP\\k\"im")];
        let sessions = sessions(&events);
        let edges = edges(&events, &sessions);
        let all = tree(&edges, &Node::Machine(0), Way::Before);
        assert_eq!(
            dot(&edges, &[&all], &sessions.machines),
            "digraph hops {\n  rankdir=LR;\n  \"10.1.0.7\" -> \"FS\\\"];\\\\u{1b}[2J evil\" [label=\"2026-03-08T10:00:00Z logged on CORP\\\\k\\\"im\"];\n}\n"
        );
    }
}
