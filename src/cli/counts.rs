//! `counts`: events and distinct sources of each destination, in all and by bucket.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::arguments::Kinds;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::domain::{Address, By, Foreign, Timestamp, time};
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
    buckets: Vec<Bucket<'a>>,
}

#[derive(Serialize)]
struct Bucket<'a> {
    start: &'a str,
    events: u64,
    sources: u64,
}

/// Asks and writes.
pub async fn run(opened: &Opened, kind: Kinds, by: By, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let scope = opened.scope(kind.families());
    let Answer::Counts(counts) = opened.ask(&Ask::Counts { scope, bucket: opened.bucket, by }).await? else { return Err(Opened::mixed_up()) };
    let report = opened.report(&counts.completeness).await?;
    match format {
        Format::Json => {
            // Many destinations share few starts of buckets.
            let mut starts: Vec<Timestamp> = counts.destinations.iter().flat_map(|counts| &counts.buckets).map(|bucket| bucket.start).collect();
            starts.sort_unstable();
            starts.dedup();
            let starts: HashMap<Timestamp, String> = starts.into_iter().map(|start| (start, time::rfc3339(start))).collect();
            document(&described(&counts, kind, &report, &starts), sink)?;
        }
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

fn described<'a>(counts: &'a Counts, kind: Kinds, completeness: &'a Report, starts: &'a HashMap<Timestamp, String>) -> Document<'a> {
    let start = |bucket: &crate::query::Count| starts.get(&bucket.start).map(String::as_str).unwrap_or_default();
    let bucket = |bucket: &crate::query::Count| Bucket { start: start(bucket), events: bucket.events, sources: bucket.sources };
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
