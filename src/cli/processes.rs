//! `processes`: the trees of the sessions or of the whole range, and every program that opens an RDP connection with the Sigma
//! rule's word on it.

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use super::whom;
use crate::analysis::processes::Process;
use crate::analysis::{Sessions, account, outbound, processes, sessions};
use crate::domain::{Foreign, time};

const COLUMNS: &[Column] = &[
    Column::new("time", Sort::Moment),
    Column::text("destination"),
    Column::text("user"),
    Column::text("source"),
    Column::new("depth", Sort::Integer),
    Column::new("pid", Sort::Integer),
    Column::text("process"),
    Column::text("command_line"),
    Column::text("parent"),
    Column::text("signer"),
    Column::text("trusted"),
    Column::text("new_here"),
    Column::text("rdp_client"),
    Column::new("seen_by", Sort::Integer),
];

#[derive(Serialize)]
struct Document<'a> {
    processes: Vec<Value>,
    outbound: Vec<Value>,
    completeness: &'a Report,
}

/// Asks, plants the trees and writes.
pub async fn run(opened: &Opened, whom: &Whom, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let evidence = whom::events(opened, whom).await?;
    let events = &evidence.events;
    let joined = sessions(events);
    let wanted = whom.account.as_deref().map(Foreign::from);
    let session_of = |place: usize| joined.of_event.get(place).copied().flatten().and_then(|number| joined.list.get(number as usize));
    let is_meant = |place: usize| {
        let of_source = whom.source.is_none_or(|source| session_of(place).is_some_and(|session| session.sources().contains(&source)));
        let user = || events.get(place).and_then(|event| event.user.as_ref());
        of_source && (wanted.is_none() || account::same(user(), wanted.as_ref()))
    };
    let known = whom::programs_before(opened, whom).await?;
    let trees = processes(events, &joined, known.as_ref(), is_meant);
    let clients: Vec<outbound::Outbound> = outbound::outbound(events, &joined.machines, &opened.rules)
        .into_iter()
        .filter(|client| is_meant(client.event as usize) || whom.source == client.source)
        .collect();
    if format == Format::Json {
        let processes = trees.iter().map(|process| described(process, &joined)).collect();
        let outbound = clients.iter().map(|client| {
            json!({
                "time": time::rfc3339_micros(client.time), "host": host(client.machine, &joined), "process": client.image, "user": client.user,
                "source": client.source, "destination": client.destination, "hit": client.word.is_hit(), "sigma": client.word.text(), "notes": client.notes,
            })
        });
        document(&Document { processes, outbound: outbound.collect(), completeness: &evidence.report }, sink)?;
        return Ok(evidence.report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for process in &trees {
        rows.row(&cells(process, &joined))?;
    }
    for client in &clients {
        let mut words = vec![client.word.text()];
        words.extend(client.notes.iter().map(|note| (*note).to_owned()));
        if let Some(destination) = client.destination {
            words.push(format!("to {destination}"));
        }
        let mut row = [const { Cell::Empty }; 14];
        row[0] = Cell::Time(client.time);
        row[1] = Cell::maybe(host(client.machine, &joined).as_ref());
        row[2] = Cell::maybe(client.user.as_ref());
        row[3] = Cell::shown(client.source);
        row[6] = Cell::maybe(client.image.as_ref());
        row[12] = Cell::Foreign(words.join("; ").into());
        rows.row(&row)?;
    }
    rows.finish()?;
    Ok(evidence.report)
}

fn host(machine: Option<usize>, joined: &Sessions) -> Option<Foreign> {
    joined.machines.get(machine?).map(crate::domain::Destination::label)
}

fn cells(process: &Process, joined: &Sessions) -> [Cell; 14] {
    let truth = |truth: Option<bool>| Cell::shown(truth.map(|yes| if yes { "yes" } else { "no" }));
    let session = process.session.and_then(|number| joined.list.get(number));
    [
        Cell::Time(process.time),
        Cell::maybe(host(Some(process.machine), joined).as_ref()),
        Cell::maybe(process.user.as_ref()),
        Cell::shown(session.and_then(crate::domain::RdpSession::source)),
        Cell::count(process.depth as u64),
        process.id.map_or(Cell::Empty, |id| Cell::Integer(i64::from(id))),
        Cell::maybe(process.image.as_ref()),
        Cell::maybe(process.command_line.as_ref()),
        Cell::maybe(process.parent.as_ref()),
        Cell::maybe(process.signer.as_ref()),
        truth(process.is_trusted),
        truth(process.is_new),
        Cell::Empty,
        Cell::count(process.events.len() as u64),
    ]
}

fn described(process: &Process, joined: &Sessions) -> Value {
    let session = process.session.and_then(|number| joined.list.get(number));
    json!({
        "time": time::rfc3339_micros(process.time), "depth": process.depth, "destination": host(Some(process.machine), joined), "process": process.image,
        "command_line": process.command_line, "user": process.user, "pid": process.id, "parent": process.parent, "signer": process.signer,
        "trusted": process.is_trusted, "new_here": process.is_new, "own_of_windows": process.is_own, "seen_by": process.events.len(),
        "session": session.map(|session| json!({ "user": session.user, "source": session.source(), "first": time::rfc3339_micros(session.first) })),
    })
}
