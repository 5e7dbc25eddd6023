//! `sources`: one row for each source at each destination, with how far it got.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use super::sessions::cited;
use super::whom;
use crate::analysis::{account, ladders_by_machine, sessions};
use crate::domain::{Destination, Foreign, Ladder, Lore, Proof, Rung, Step, Tag, time};

const COLUMNS: &[Column] = &[
    Column::text("destination"),
    Column::text("source"),
    Column::text("stage"),
    Column::text("touched"),
    Column::text("authenticated"),
    Column::text("logged_on"),
    Column::text("shell"),
    Column::text("process"),
    Column::new("refused", Sort::Integer),
    Column::text("reasons"),
    Column::new("connections", Sort::Integer),
    Column::new("sessions", Sort::Integer),
    Column::new("events", Sort::Integer),
    Column::text("users"),
    Column::new("first", Sort::Moment),
    Column::new("last", Sort::Moment),
    Column::text("marks"),
];

#[derive(Serialize)]
struct Document<'a> {
    sources: Vec<Value>,
    completeness: &'a Report,
}

/// Asks, climbs and writes.
pub async fn run(opened: &Opened, whom: &Whom, lore: &dyn Lore, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let evidence = whom::events(opened, whom).await?;
    let found = sessions(&evidence.events);
    let machines = ladders_by_machine(&evidence.events, &found);
    let ladders = machines.iter().flat_map(|(machine, ladders)| ladders.iter().filter_map(|ladder| Some((found.machines.get(*machine)?, ladder))));
    let chosen: Vec<(&Destination, &Ladder)> = ladders.filter(|(_, ladder)| is_meant(ladder, whom)).collect();
    if format == Format::Json {
        let sources = chosen.into_iter().map(|(destination, ladder)| described(destination, ladder, lore)).collect();
        document(&Document { sources, completeness: &evidence.report }, sink)?;
        return Ok(evidence.report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for (destination, ladder) in chosen {
        rows.row(&cells(destination, ladder, lore))?;
    }
    rows.finish()?;
    Ok(evidence.report)
}

/// What names no source is listed only where no source was asked for.
fn is_meant(ladder: &Ladder, whom: &Whom) -> bool {
    let wanted = whom.account.as_deref().map(Foreign::from);
    whom.source.is_none_or(|source| ladder.source == Some(source))
        && wanted.is_none_or(|wanted| ladder.users.keys().any(|user| account::same(Some(user), Some(&wanted))))
}

fn cells(destination: &Destination, ladder: &Ladder, lore: &dyn Lore) -> [Cell; 17] {
    let marks: Vec<String> = tags(ladder, lore).iter().map(Tag::words).collect();
    let step = |rung| Cell::Own(ladder.step(rung).name().to_owned());
    let reasons: Vec<String> = ladder.reasons.iter().map(|(reason, count)| format!("{reason} ({count})")).collect();
    // The names stand exact: writers of each format make them safe for whoever reads that.
    let users: Vec<&str> = ladder.users.keys().map(Foreign::raw).collect();
    let text = |parts: String| if parts.is_empty() { Cell::Empty } else { Cell::Foreign(parts.into()) };
    [
        Cell::Foreign(destination.label()),
        Cell::shown(ladder.source),
        Cell::Own(ladder.stage().name().to_owned()),
        step(Rung::Touched),
        step(Rung::Authenticated),
        step(Rung::LoggedOn),
        step(Rung::Shell),
        step(Rung::Process),
        if ladder.refusals_visible { Cell::count(ladder.refusals()) } else { Cell::Empty },
        text(reasons.join(", ")),
        Cell::count(ladder.connections),
        Cell::count(ladder.sessions),
        Cell::count(ladder.events),
        text(users.join(", ")),
        Cell::Time(ladder.first),
        Cell::Time(ladder.last),
        if marks.is_empty() { Cell::Empty } else { Cell::Own(marks.join(", ")) },
    ]
}

pub(super) fn proven(proof: &Proof) -> Value {
    json!({
        "events": proof.events, "certainty": proof.certainty.name(), "first": time::rfc3339_micros(proof.first), "last": time::rfc3339_micros(proof.last),
        "evidence": proof.cites.iter().map(cited).collect::<Vec<_>>(),
    })
}

fn described(destination: &Destination, ladder: &Ladder, lore: &dyn Lore) -> Value {
    let mut steps = Map::new();
    for (rung, name) in Rung::ALL.into_iter().zip(["touched", "authenticated", "logged_on", "shell", "process"]) {
        let step = ladder.step(rung);
        let proof = if let Step::Seen(proof) = step { Some(proven(proof)) } else { None };
        steps.insert(name.to_owned(), json!({ "reached": step.name(), "proof": proof }));
    }
    json!({
        "destination": destination.label(), "source": ladder.source, "stage": ladder.stage().name(), "steps": steps,
        "refused": ladder.refused.as_ref().map(proven), "likely_refused": ladder.likely_refused.as_ref().map(proven),
        "refusals_visible": ladder.refusals_visible, "reasons": ladder.reasons, "users": ladder.users, "connections": ladder.connections,
        "sessions": ladder.sessions, "events": ladder.events, "first": time::rfc3339_micros(ladder.first), "last": time::rfc3339_micros(ladder.last),
        "marks": tags(ladder, lore), "destination_marks": of_destination(destination, lore),
    })
}

/// What is known of the source.
fn tags(ladder: &Ladder, lore: &dyn Lore) -> Vec<Tag> {
    ladder.source.map(|source| lore.of_address(source)).unwrap_or_default()
}

/// What is known of the server under its names and addresses, each once.
fn of_destination(destination: &Destination, lore: &dyn Lore) -> Vec<Tag> {
    let by_address = destination.addresses.iter().flat_map(|address| lore.of_address(*address));
    let mut tags: Vec<Tag> = by_address.chain(destination.hosts.iter().flat_map(|host| lore.of_host(host))).collect();
    tags.dedup();
    tags
}
