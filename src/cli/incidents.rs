//! `detect --incidents`: what is odd at several destinations and has one cause, one row for each destination it reached.

use serde::Serialize;

use super::completeness::Report;
use super::detect::{Known, Outcome, Wanted, judge};
use super::exceptions;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::detect::Incident;

const COLUMNS: &[Column] = &[
    Column::new("incident", Sort::Integer),
    Column::new("score", Sort::Number),
    Column::text("severity"),
    Column::new("destinations", Sort::Integer),
    Column::text("destination"),
    Column::new("from", Sort::Start),
    Column::new("to", Sort::Start),
    Column::new("member_score", Sort::Number),
    Column::new("sources", Sort::Integer),
    Column::text("joined"),
];

#[derive(Serialize)]
struct Document<'a> {
    incidents: &'a [Incident],
    completeness: &'a Report,
}

/// Asks, judges, holds against exceptions, puts together and writes. What an exception hides is part of no incident.
pub async fn run(opened: &Opened, wanted: &Wanted<'_>, known: &Known, format: Format, sink: &mut Sink) -> Result<Outcome, Failure> {
    let mut judged = judge(opened, wanted, opened.range, false).await?;
    let hidden = exceptions::hidden(opened, &judged, &known.exceptions).await?;
    for (place, number) in hidden.by.keys().filter(|_| !known.show) {
        if let Some(verdict) = judged.detection.verdicts.get_mut(*place).and_then(|verdicts| verdicts.get_mut(number)) {
            verdict.score = None;
        }
    }
    super::tell(&hidden.words(known.show));
    let incidents = judged.detection.incidents(judged.plan.size);
    let outcome = Outcome { anomalies: incidents.len(), report: judged.report };
    if format == Format::Json {
        document(&Document { incidents: &incidents, completeness: &outcome.report }, sink)?;
        return Ok(outcome);
    }
    let score = |score: f64| Cell::Number((score * 1000.0).round() / 1000.0);
    let mut rows = rows(format, COLUMNS, sink)?;
    for incident in &incidents {
        for member in &incident.members {
            rows.row(&[
                Cell::count(incident.number as u64),
                score(incident.score),
                Cell::Own(incident.severity.name().to_owned()),
                Cell::count(incident.destinations as u64),
                Cell::Foreign(member.destination.clone()),
                Cell::Time(member.from),
                Cell::Time(member.to),
                score(member.score),
                Cell::count(member.sources as u64),
                Cell::Own(member.joined.words()),
            ])?;
        }
    }
    rows.finish()?;
    Ok(outcome)
}
