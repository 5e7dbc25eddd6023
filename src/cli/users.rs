//! `users`: one row for each account, server and source, with the outcome and what is odd about the account.

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use super::sources::proven;
use super::whom;
use crate::analysis::users::{User, Users};
use crate::analysis::{Machines, account, sessions, users};
use crate::domain::{Foreign, time};

const COLUMNS: &[Column] = &[
    Column::text("user"),
    Column::text("destination"),
    Column::text("source"),
    Column::text("outcome"),
    Column::new("logons", Sort::Integer),
    Column::new("refused", Sort::Integer),
    Column::text("reasons"),
    Column::text("privileged"),
    Column::text("new_here"),
    Column::text("marks"),
    Column::new("first", Sort::Moment),
    Column::new("last", Sort::Moment),
];

#[derive(Serialize)]
struct Document<'a> {
    users: Vec<Value>,
    sprays: Vec<Value>,
    look_alike: Vec<[&'a Foreign; 2]>,
    completeness: &'a Report,
}

/// Asks, gathers and writes.
pub async fn run(opened: &Opened, whom: &Whom, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let evidence = whom::events(opened, whom).await?;
    let joined = sessions(&evidence.events);
    let known = whom::users_before(opened, whom).await?;
    let found = users(&evidence.events, &joined, known.as_ref());
    let chosen: Vec<&User> = found.rows.iter().filter(|user| is_meant(user, whom)).collect();
    let machines = &joined.machines;
    if format == Format::Json {
        let users = chosen.iter().map(|user| described(user, machines)).collect();
        let sprays = found.sprays.iter().map(|spray| {
            json!({
                "source": spray.source, "users": spray.users, "refusals": spray.refusals,
                "first": time::rfc3339_micros(spray.first), "last": time::rfc3339_micros(spray.last),
            })
        });
        let look_alike = found.alike.iter().map(|(one, two)| [one, two]).collect();
        document(&Document { users, sprays: sprays.collect(), look_alike, completeness: &evidence.report }, sink)?;
        return Ok(evidence.report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for user in chosen {
        for cell in user.cells.iter().filter(|cell| whom.source.is_none_or(|source| cell.source == Some(source))) {
            rows.row(&cells(user, cell, &found, machines))?;
        }
    }
    rows.finish()?;
    Ok(evidence.report)
}

fn is_meant(user: &User, whom: &Whom) -> bool {
    let wanted = whom.account.as_deref().map(Foreign::from);
    wanted.is_none_or(|wanted| account::bare(&wanted) == account::bare(&user.name)) && whom.source.is_none_or(|source| user.sources().contains(&source))
}

/// What is odd about an account, in words; sources are ours to print, names are not among them.
fn marks(user: &User, found: &Users) -> Vec<String> {
    let mut marks = Vec::new();
    if user.is_new == Some(true) {
        marks.push("new here".to_owned());
    }
    if let Some((_, source, tried)) = user.after_refusals {
        marks.push(format!("logged on from {source} after {tried} refusals"));
    }
    if !user.at_once.is_empty() {
        marks.push(format!("from {} sources within minutes", user.at_once.len()));
    }
    for spray in found.sprays.iter().filter(|spray| spray.users.iter().any(|name| account::bare(name) == account::bare(&user.name))) {
        marks.push(format!("sprayed by {}", spray.source));
    }
    if user.spellings.iter().any(|name| name.raw() != user.name.raw() && name.raw().eq_ignore_ascii_case(user.name.raw())) {
        marks.push("written in several cases".to_owned());
    }
    if found.alike.iter().any(|(one, two)| *one == user.name || *two == user.name) {
        marks.push("looks like another account".to_owned());
    }
    marks
}

fn cells(user: &User, cell: &users::Cell, found: &Users, machines: &Machines) -> [Cell; 12] {
    let reasons: Vec<String> = user.reasons.iter().map(|(reason, count)| format!("{reason} ({count})")).collect();
    let text = |parts: String| if parts.is_empty() { Cell::Empty } else { Cell::Foreign(parts.into()) };
    let truth = |truth: Option<bool>| Cell::shown(truth.map(|yes| if yes { "yes" } else { "no" }));
    [
        Cell::Foreign(user.name.clone()),
        machines.get(cell.machine).map_or(Cell::Empty, |machine| Cell::Foreign(machine.label())),
        Cell::shown(cell.source),
        Cell::Own(cell.outcome().to_owned()),
        Cell::count(cell.logons),
        Cell::count(cell.refused.as_ref().map_or(0, |proof| proof.events)),
        text(reasons.join(", ")),
        truth(user.privileged.as_ref().map(|_| true)),
        truth(user.is_new),
        text(marks(user, found).join("; ")),
        Cell::Time(user.first),
        Cell::Time(user.last),
    ]
}

fn described(user: &User, machines: &Machines) -> Value {
    let cells: Vec<Value> = user
        .cells
        .iter()
        .map(|cell| {
            json!({
                "destination": machines.get(cell.machine).map(|machine| machine.label()), "source": cell.source, "outcome": cell.outcome(),
                "logons": cell.logons, "proof": cell.proof.as_ref().map(proven), "refused": cell.refused.as_ref().map(proven),
            })
        })
        .collect();
    json!({
        "user": user.name, "spellings": user.spellings, "logons": user.logons(), "refusals": user.refusals(), "reasons": user.reasons,
        "privileged": user.privileged.as_ref().map(proven), "new_here": user.is_new, "sources_at_once": user.at_once,
        "after_refusals": user.after_refusals.map(|(time, source, tried)| json!({ "time": time::rfc3339_micros(time), "source": source, "refusals": tried })),
        "first": time::rfc3339_micros(user.first), "last": time::rfc3339_micros(user.last), "cells": cells,
    })
}
