//! `hunt`: what Sigma rules find.

use serde::Serialize;

use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::domain::{Address, Families, Foreign, time};
use crate::query::{Answer, Ask, Hit, Hits};

const COLUMNS: &[Column] = &[
    Column::new("time", Sort::Moment),
    Column::text("host"),
    Column::text("image"),
    Column::text("user"),
    Column::text("source"),
    Column::text("destination"),
    Column::text("record_id"),
    Column::text("id"),
    Column::text("rule"),
];

#[derive(Serialize)]
struct Document<'a> {
    rule: &'a str,
    hits: Vec<Found<'a>>,
    completeness: &'a Report,
}

#[derive(Serialize)]
struct Found<'a> {
    time: String,
    host: &'a Option<Foreign>,
    image: &'a Option<Foreign>,
    user: &'a Option<Foreign>,
    source: Option<Address>,
    destination: Option<Address>,
    record_id: &'a Option<Foreign>,
    id: &'a Option<Foreign>,
}

impl<'a> From<&'a Hit> for Found<'a> {
    fn from(hit: &'a Hit) -> Self {
        Self {
            time: time::rfc3339_micros(hit.time),
            host: &hit.host,
            image: &hit.image,
            user: &hit.user,
            source: hit.source,
            destination: hit.destination,
            record_id: &hit.record_id,
            id: &hit.id,
        }
    }
}

/// Asks for each rule and writes. One rule is one JSON document; several are a list of them.
pub async fn run(opened: &Opened, head: Option<usize>, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let mut found: Vec<Hits> = Vec::new();
    for rule in &opened.hunted {
        let ask = Ask::Hunt { scope: opened.scope(Families::EVERY), rule: rule.clone() };
        let Answer::Hunt(mut hits) = opened.ask(&ask).await? else { return Err(Opened::mixed_up()) };
        hits.hits.truncate(head.unwrap_or(usize::MAX));
        found.push(hits);
    }
    let Some(first) = found.first() else { return Err(Failure::usage("there is no rule to hunt for")) };
    let completeness = found.iter().skip(1).fold(first.completeness.clone(), |all, hits| worse(all, &hits.completeness));
    let report = opened.report(&completeness).await?;
    if format == Format::Json {
        let documents: Vec<Document<'_>> =
            found.iter().map(|hits| Document { rule: &hits.rule, hits: hits.hits.iter().map(Found::from).collect(), completeness: &report }).collect();
        match documents.as_slice() {
            [one] => document(one, sink)?,
            several => document(&several, sink)?,
        }
        return Ok(report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for hits in &found {
        for hit in &hits.hits {
            rows.row(&[
                Cell::Time(hit.time),
                Cell::maybe(hit.host.as_ref()),
                Cell::maybe(hit.image.as_ref()),
                Cell::maybe(hit.user.as_ref()),
                Cell::shown(hit.source),
                Cell::shown(hit.destination),
                Cell::maybe(hit.record_id.as_ref()),
                Cell::maybe(hit.id.as_ref()),
                Cell::Foreign(Foreign::from(hits.rule.as_str())),
            ])?;
        }
    }
    rows.finish()?;
    Ok(report)
}

/// Several questions over the same events: what one lacks, the whole lacks, but nothing is read twice.
fn worse(one: crate::domain::Completeness, two: &crate::domain::Completeness) -> crate::domain::Completeness {
    if one.is_whole() { two.clone() } else { one }
}
