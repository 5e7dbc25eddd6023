//! `counts`: events and distinct sources of each destination, in all and by bucket.

use std::collections::BTreeMap;

use serde::Serialize;

use super::arguments::Kinds;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::domain::{Address, By, Foreign, time};
use crate::query::{Answer, Ask, Counts, DestinationCounts};

/// Rows: one for each destination and bucket that holds events.
const BUCKETS: &[Column] =
    &[Column::text("destination"), Column::new("bucket", Sort::Start), Column::new("events", Sort::Integer), Column::new("sources", Sort::Integer)];

/// For people: one line for each destination.
const DESTINATIONS: &[Column] = &[
    Column::text("destination"),
    Column::new("sources", Sort::Integer),
    Column::new("events", Sort::Integer),
    Column::new("users", Sort::Integer),
    Column::new("first", Sort::Start),
    Column::new("last", Sort::Start),
    Column::new("busiest bucket", Sort::Start),
    Column::new("its sources", Sort::Integer),
];

#[derive(Serialize)]
struct Document<'a> {
    bucket: &'static str,
    by: &'static str,
    kind: String,
    destinations: Vec<Destination<'a>>,
    without_destination: u64,
    without_source: u64,
    completeness: &'a Report,
}

#[derive(Serialize)]
struct Destination<'a> {
    destination: Foreign,
    events: u64,
    sources: usize,
    first: String,
    last: String,
    users: &'a BTreeMap<Foreign, u64>,
    source_ips: &'a BTreeMap<Address, u64>,
    buckets: Vec<Bucket>,
}

#[derive(Serialize)]
struct Bucket {
    start: String,
    events: u64,
    sources: u64,
}

/// Asks and writes.
pub async fn run(opened: &Opened, kind: Kinds, by: By, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let scope = opened.scope(kind.families());
    let Answer::Counts(counts) = opened.ask(&Ask::Counts { scope, bucket: opened.bucket, by }).await? else { return Err(Opened::mixed_up()) };
    let report = opened.report(&counts.completeness).await?;
    match format {
        Format::Json => document(&described(&counts, kind, &report), sink)?,
        Format::Table => table(&counts, sink)?,
        Format::Ndjson | Format::Csv | Format::Parquet => {
            let mut rows = rows(format, BUCKETS, sink)?;
            for destination in &counts.destinations {
                let name = Cell::Foreign(destination.destination.label());
                for bucket in &destination.buckets {
                    rows.row(&[name.clone(), Cell::Time(bucket.start), Cell::count(bucket.events), Cell::count(bucket.sources)])?;
                }
            }
            rows.finish()?;
        }
    }
    Ok(report)
}

fn described<'a>(counts: &'a Counts, kind: Kinds, completeness: &'a Report) -> Document<'a> {
    let bucket = |bucket: &crate::query::Count| Bucket { start: time::rfc3339(bucket.start), events: bucket.events, sources: bucket.sources };
    let destination = |counts: &'a DestinationCounts| Destination {
        destination: counts.destination.label(),
        events: counts.events,
        sources: counts.sources.len(),
        first: time::rfc3339_micros(counts.first),
        last: time::rfc3339_micros(counts.last),
        users: &counts.users,
        source_ips: &counts.sources,
        buckets: counts.buckets.iter().map(bucket).collect(),
    };
    Document {
        bucket: counts.bucket.name(),
        by: counts.by.name(),
        kind: kind.name(),
        destinations: counts.destinations.iter().map(destination).collect(),
        without_destination: counts.without_destination,
        without_source: counts.without_source,
        completeness,
    }
}

fn table(counts: &Counts, sink: &mut Sink) -> Result<(), Failure> {
    let mut rows = rows(Format::Table, DESTINATIONS, sink)?;
    for counts in &counts.destinations {
        let busiest = counts.buckets.iter().rev().max_by_key(|bucket| bucket.sources);
        rows.row(&[
            Cell::Foreign(counts.destination.label()),
            Cell::count(counts.sources.len() as u64),
            Cell::count(counts.events),
            Cell::count(counts.users.len() as u64),
            Cell::Time(counts.first),
            Cell::Time(counts.last),
            busiest.map_or(Cell::Empty, |bucket| Cell::Time(bucket.start)),
            busiest.map_or(Cell::Empty, |bucket| Cell::count(bucket.sources)),
        ])?;
    }
    rows.finish()
}
