//! `hops`: who reached a server before, and where it went next; without a server every visit, in order of time.

use std::io::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use super::sources::proven;
use super::whom;
use crate::analysis::hops::{self, Edge, Hop, Node, Tree, Way};
use crate::analysis::{Machines, account, sessions};
use crate::domain::{Families, Foreign, time};

const COLUMNS: &[Column] = &[
    Column::text("way"),
    Column::new("depth", Sort::Integer),
    Column::text("from"),
    Column::text("to"),
    Column::new("first", Sort::Moment),
    Column::new("last", Sort::Moment),
    Column::text("stage"),
    Column::text("users"),
    Column::text("evidence"),
    Column::new("events", Sort::Integer),
    Column::text("loop"),
];

#[derive(Serialize)]
struct Document<'a> {
    root: Option<Foreign>,
    hops: Vec<Value>,
    cut: bool,
    completeness: &'a Report,
}

/// Asks, grows the trees and writes; `dot` writes them as a graph instead.
pub async fn run(opened: &Opened, whom: &Whom, dot: bool, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    // Hops lead over machines that nobody named.
    let evidence = whom::fetch(opened, opened.scope(Families::EVERY)).await?;
    let joined = sessions(&evidence.events);
    let machines = &joined.machines;
    let edges = hops::edges(&evidence.events, &joined);
    let root = root(whom, machines)?;
    let trees: Vec<(&str, Tree)> = match &root {
        Some(root) => vec![("before", hops::tree(&edges, root, Way::Before)), ("after", hops::tree(&edges, root, Way::After))],
        None => {
            let all = (0..edges.len()).map(|edge| Hop { depth: 1, edge, is_loop: false }).collect();
            vec![("visit", Tree { hops: all, is_cut: false })]
        }
    };
    if dot {
        let trees: Vec<&Tree> = trees.iter().map(|(_, tree)| tree).collect();
        let graph = hops::dot(&edges, &trees, machines);
        sink.write_all(graph.as_bytes()).map_err(|error| sink.failed(error))?;
        return Ok(evidence.report);
    }
    let wanted = whom.account.as_deref().map(Foreign::from);
    let is_meant = |edge: &Edge| wanted.is_none() || edge.users.iter().any(|user| account::same(Some(user), wanted.as_ref()));
    let found = trees.iter().flat_map(|(way, tree)| tree.hops.iter().filter_map(|hop| Some((*way, hop, edges.get(hop.edge)?))));
    let found: Vec<(&str, &Hop, &Edge)> = found.filter(|(_, _, edge)| is_meant(edge)).collect();
    if format == Format::Json {
        let hops = found.iter().map(|(way, hop, edge)| described(way, hop, edge, machines)).collect();
        let root = root.map(|root| root.label(machines));
        document(&Document { root, hops, cut: trees.iter().any(|(_, tree)| tree.is_cut), completeness: &evidence.report }, sink)?;
        return Ok(evidence.report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for (way, hop, edge) in found {
        rows.row(&cells(way, hop, edge, machines))?;
    }
    rows.finish()?;
    Ok(evidence.report)
}

/// Whence the trees grow: the server named, or the source.
fn root(whom: &Whom, machines: &Machines) -> Result<Option<Node>, Failure> {
    if let Some(name) = &whom.destination {
        let found = machines.named(&Foreign::from(name.as_str())).map(Node::Machine);
        let missing = || {
            Failure::error(format!("no event within the range reaches {}", Foreign::from(name.as_str()).safe()))
                .advise("`rdptriage counts` lists the destinations; --from and --to widen the range")
        };
        return found.map(Some).ok_or_else(missing);
    }
    Ok(whom.source.map(|source| machines.at(source).map_or(Node::Address(source), Node::Machine)))
}

fn cells(way: &str, hop: &Hop, edge: &Edge, machines: &Machines) -> [Cell; 11] {
    let users: Vec<&str> = edge.users.iter().map(Foreign::raw).collect();
    let kinds: Vec<&str> = edge.kinds.iter().map(|kind| kind.name()).collect();
    [
        Cell::Own(way.to_owned()),
        Cell::count(hop.depth as u64),
        Cell::Foreign(edge.from.label(machines)),
        Cell::Foreign(edge.to.label(machines)),
        Cell::Time(edge.first),
        Cell::Time(edge.last),
        Cell::Own(edge.stage.name().to_owned()),
        if users.is_empty() { Cell::Empty } else { Cell::Foreign(users.join(", ").into()) },
        Cell::Own(kinds.join(" ")),
        Cell::count(edge.proof.as_ref().map_or(0, |proof| proof.events)),
        if hop.is_loop { Cell::Own("yes".to_owned()) } else { Cell::Empty },
    ]
}

fn described(way: &str, hop: &Hop, edge: &Edge, machines: &Machines) -> Value {
    json!({
        "way": way, "depth": hop.depth, "from": edge.from.label(machines), "to": edge.to.label(machines),
        "first": time::rfc3339_micros(edge.first), "last": time::rfc3339_micros(edge.last), "stage": edge.stage.name(), "users": edge.users,
        "evidence": edge.proof.as_ref().map(proven), "loop": hop.is_loop,
    })
}
