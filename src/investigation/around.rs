//! The hops around a visited place. They are asked for in rounds: each adds the machines that the last one led to, so that
//! a few small questions do where one would ask for every event of the estate.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::analysis::hops::{self, Edge, Node, Tree, Way};
use crate::analysis::{Machines, Sessions, sessions};
use crate::domain::{Address, Destination, Event, Foreign, Range};
use crate::query::filter::{Field, Pattern, Test};
use crate::query::{Answer, Filter};

/// Machines that one question is about at most.
pub const MOST_ENDS: usize = 200;
/// How often a wider question is asked.
pub const ROUNDS: u8 = 5;

/// One name of a machine, as a question asks for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    /// An address: of who connects, or of what is reached.
    Address(Address),
    /// The name of a host that reports.
    Host(Foreign),
}

/// The names of a machine.
pub fn ends(machine: &Destination) -> impl Iterator<Item = End> {
    let addresses = machine.addresses.iter().copied().filter(|address| address.identifies_a_host()).map(End::Address);
    addresses.chain(machine.hosts.iter().cloned().map(End::Host))
}

/// The condition that an event is about one of these.
pub fn condition(ends: &BTreeSet<End>) -> Filter {
    let of = |end: &End| match end {
        End::Address(address) => {
            [Field::SourceIp, Field::DestinationIp].into_iter().map(|field| Filter::test(field, Test::Network(address.ip().into()))).collect::<Vec<_>>()
        }
        End::Host(host) => vec![Filter::test(Field::Host, Test::Text(Pattern::literal(host.raw())))],
    };
    Filter::any(ends.iter().flat_map(of))
}

/// From where hops are told.
#[derive(Clone, Debug)]
pub enum Root {
    /// A server.
    Destination(Arc<Destination>),
    /// A source.
    Source(Address),
}

impl Root {
    /// Its names.
    pub fn ends(&self) -> BTreeSet<End> {
        match self {
            Self::Destination(destination) => ends(destination).collect(),
            Self::Source(source) => BTreeSet::from([End::Address(*source)]),
        }
    }

    fn node(&self, machines: &Machines) -> Option<Node> {
        match self {
            Self::Destination(destination) => {
                let by_host = destination.hosts.iter().find_map(|host| machines.named(host));
                let by_address = || destination.addresses.iter().find_map(|address| machines.at(*address));
                by_host.or_else(by_address).map(Node::Machine)
            }
            Self::Source(source) => Some(machines.at(*source).map_or(Node::Address(*source), Node::Machine)),
        }
    }
}

/// What the events around a place tell of hops.
#[derive(Clone, Debug)]
pub struct Around {
    page: Arc<Answer>,
    /// Connections, sessions and machines.
    pub sessions: Sessions,
    /// Every visit of one machine from another.
    pub edges: Vec<Edge>,
    /// Who came, and who came there before.
    pub before: Tree,
    /// Where it went on to.
    pub after: Tree,
    /// The machines at the ends of the trees that no question was about yet.
    pub next: BTreeSet<End>,
}

impl Around {
    /// The hops of `root` within `looked`, in an answer to a question about `asked`. Who led there may have come before.
    pub fn of(page: Arc<Answer>, root: &Root, asked: &BTreeSet<End>, looked: Range) -> Self {
        let sessions = sessions(events(&page));
        let edges = hops::edges(events(&page), &sessions);
        let node = root.node(&sessions.machines);
        let is_looked_at = |edge: &Edge| edge.last >= looked.from && edge.first < looked.to;
        let grown = |way| {
            let mut tree = node.as_ref().map(|node| hops::tree(&edges, node, way)).unwrap_or_default();
            // A hop of the first row stands or falls with all that is behind it.
            let mut is_kept = false;
            tree.hops.retain(|hop| {
                if hop.depth == 1 {
                    is_kept = edges.get(hop.edge).is_some_and(is_looked_at);
                }
                is_kept
            });
            tree
        };
        let (before, after) = (grown(Way::Before), grown(Way::After));
        let far = |tree: &Tree, is_from: bool| -> Vec<Node> {
            let edges = tree.hops.iter().filter(|hop| !hop.is_loop).filter_map(|hop| edges.get(hop.edge));
            edges.map(|edge| if is_from { edge.from.clone() } else { edge.to.clone() }).collect()
        };
        let mut next = BTreeSet::new();
        for node in far(&before, true).into_iter().chain(far(&after, false)) {
            match node {
                Node::Machine(machine) => next.extend(sessions.machines.get(machine).into_iter().flat_map(ends)),
                Node::Address(address) => next.extend([End::Address(address)]),
                // Who is known by a name alone reports nothing.
                Node::Name(_) => {}
            }
        }
        next.retain(|end| !asked.contains(end));
        Self { sessions, edges, before, after, next, page }
    }

    /// The events it rests on.
    pub fn events(&self) -> &[Event] {
        events(&self.page)
    }

    /// How many events there are where it rests on the first of them only.
    pub fn cut(&self) -> Option<(u64, u64)> {
        let Answer::Events(page) = &*self.page else { return None };
        let here = page.events.len() as u64;
        (page.total > here).then_some((here, page.total))
    }

    /// Every hop, first those after.
    pub fn hops(&self) -> impl Iterator<Item = (Way, &hops::Hop, &Edge)> {
        let after = self.after.hops.iter().map(|hop| (Way::After, hop));
        let all = after.chain(self.before.hops.iter().map(|hop| (Way::Before, hop)));
        all.filter_map(|(way, hop)| Some((way, hop, self.edges.get(hop.edge)?)))
    }
}

fn events(page: &Answer) -> &[Event] {
    if let Answer::Events(page) = page { &page.events } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Completeness, Kind};
    use crate::query::EventPage;

    fn logon(time: &str, host: &str, address: &str, source: &str) -> Vec<Event> {
        let mut touch = Event::new(format!("2026-03-02T{time}Z").parse().expect("a time"), Kind::SysmonIn);
        touch.host = Some(host.into());
        touch.source = Address::clean(source);
        touch.destination = Address::clean(address);
        touch.destination_port = Some(3389);
        let mut logon = Event { kind: Kind::LogonRemote, destination: None, destination_port: None, ..touch.clone() };
        logon.user = Some("CORP\\kim".into());
        vec![touch, logon]
    }

    #[test]
    fn what_is_at_the_ends_of_the_trees_is_asked_next() {
        let mut events = logon("10:00:00", "JUMP", "10.0.0.1", "192.0.2.7");
        events.extend(logon("10:10:00", "FS", "10.0.0.2", "10.0.0.1"));
        let total = events.len() as u64;
        let page = Arc::new(Answer::Events(EventPage { events, total, completeness: Completeness::whole(total) }));
        let root = Root::Destination(Arc::new(Destination::from(Foreign::from("FS"))));
        let around = Around::of(Arc::clone(&page), &root, &root.ends(), Range::ALL);
        let address = |text: &str| End::Address(Address::clean(text).expect("an address"));
        assert_eq!(around.before.hops.len(), 2);
        assert_eq!(around.next, BTreeSet::from([address("10.0.0.1"), address("192.0.2.7"), End::Host("JUMP".into())]));
        let asked: BTreeSet<End> = root.ends().into_iter().chain(around.next).collect();
        assert_eq!(Around::of(Arc::clone(&page), &root, &asked, Range::ALL).next, BTreeSet::new());
        let later = Range { from: "2026-03-02T10:05:00Z".parse().expect("a time"), to: crate::domain::Timestamp::MAX };
        assert_eq!(Around::of(Arc::clone(&page), &root, &asked, later).before.hops.len(), 2);
        let earlier = Range { from: crate::domain::Timestamp::MIN, to: "2026-03-02T10:05:00Z".parse().expect("a time") };
        assert_eq!(Around::of(page, &root, &asked, earlier).before.hops, []);
        assert_eq!(condition(&BTreeSet::from([address("10.0.0.1")])).to_string(), "source.ip:10.0.0.1 or destination.ip:10.0.0.1");
    }
}
