//! The answers. Each carries its completeness.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Address, Arrivals, BucketSize, By, Completeness, Destination, Event, Foreign, Health, Range, Timestamp};

/// An answer; its variant is that of the question.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// To [`super::Ask::Overview`].
    Overview(Overview),
    /// To [`super::Ask::Arrivals`].
    Arrivals(Arrivals),
    /// To [`super::Ask::Tally`].
    Tally(Tally),
    /// To [`super::Ask::Events`].
    Events(EventPage),
    /// To [`super::Ask::Counts`].
    Counts(Counts),
    /// To [`super::Ask::Hunt`].
    Hunt(Hits),
    /// To [`super::Ask::Alerts`].
    Alerts(super::Alerts),
    /// To [`super::Ask::Health`].
    Health(Box<Health>),
}

impl Answer {
    /// What is missing from it.
    pub fn completeness(&self) -> &Completeness {
        match self {
            Self::Overview(answer) => &answer.completeness,
            Self::Arrivals(answer) => &answer.completeness,
            Self::Tally(answer) => &answer.completeness,
            Self::Events(answer) => &answer.completeness,
            Self::Counts(answer) => &answer.completeness,
            Self::Hunt(answer) => &answer.completeness,
            Self::Alerts(answer) => &answer.completeness,
            Self::Health(answer) => &answer.completeness,
        }
    }
}

/// What there is.
#[derive(Clone, PartialEq, Debug)]
pub struct Overview {
    /// The name of the whole: cluster, files, demo.
    pub title: String,
    /// From the first event to just after the last; `None` where there is no event.
    pub extent: Option<Range>,
    /// Whether more events may come.
    pub is_live: bool,
    /// How many seconds after their own time 99 of 100 events could be found, lately; `None` where nothing tells.
    pub delay: Option<u32>,
    /// One line for each file or index.
    pub reports: Vec<SourceReport>,
    /// What is missing.
    pub completeness: Completeness,
}

/// The mapping report of one file or index: what became of its records.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SourceReport {
    /// File path or index pattern.
    pub name: Foreign,
    /// Container format (`evtx`, `ndjson`, `csv`, `zeek tsv`, `parquet`, `index`).
    pub format: String,
    /// Schemas recognised in it, each with its records.
    pub schemas: BTreeMap<String, u64>,
    /// Records read.
    pub read: u64,
    /// RDP events among them, by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Records of a known schema that are no RDP event.
    pub other: u64,
    /// Records of no known schema.
    pub unknown: u64,
    /// Records that could not be used, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Records already read from elsewhere (the same host, channel and record number, or index and id).
    pub duplicates: u64,
    /// Anything else to know, one sentence each.
    pub notes: Vec<String>,
}

impl SourceReport {
    /// An empty report.
    pub fn new(name: Foreign, format: impl Into<String>) -> Self {
        Self {
            name,
            format: format.into(),
            schemas: BTreeMap::new(),
            read: 0,
            kinds: BTreeMap::new(),
            other: 0,
            unknown: 0,
            skipped: BTreeMap::new(),
            duplicates: 0,
            notes: Vec::new(),
        }
    }

    /// RDP events in it.
    pub fn events(&self) -> u64 {
        self.kinds.values().sum()
    }
}

/// The values of a field.
#[derive(Clone, PartialEq, Debug)]
pub struct Tally {
    /// One row per value, most events first, then by value.
    pub rows: Vec<TallyRow>,
    /// Events that have no such value.
    pub without: u64,
    /// What is missing.
    pub completeness: Completeness,
}

/// One value with its measures.
#[derive(Clone, PartialEq, Debug)]
pub struct TallyRow {
    /// The value as written.
    pub value: Foreign,
    /// Events.
    pub events: u64,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Events by family, indexed by `Family as usize`.
    pub families: [u64; 6],
    /// The sources it came with.
    pub sources: Vec<Address>,
    /// The users it came with.
    pub users: Vec<Foreign>,
    /// Destinations reached within the range, the scope's own included: the fan-out of a source, the hosts of a user.
    pub destinations: u64,
    /// Refusals by reason, as written.
    pub reasons: BTreeMap<Foreign, u64>,
}

/// A page of events.
#[derive(Clone, PartialEq, Debug)]
pub struct EventPage {
    /// The events, in time order.
    pub events: Vec<Event>,
    /// All events of the scope.
    pub total: u64,
    /// What is missing.
    pub completeness: Completeness,
}

/// The `counts` contract, before it is formatted.
#[derive(Clone, PartialEq, Debug)]
pub struct Counts {
    /// Width of the buckets.
    pub bucket: BucketSize,
    /// What a destination is.
    pub by: By,
    /// One entry per destination, most sources first, then most events, then by label.
    pub destinations: Vec<DestinationCounts>,
    /// Events that name no destination of this sort.
    pub without_destination: u64,
    /// Events without a usable source (of all events, with and without destination).
    pub without_source: u64,
    /// What is missing.
    pub completeness: Completeness,
}

/// Counts of one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct DestinationCounts {
    /// Which.
    pub destination: Destination,
    /// Events.
    pub events: u64,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Events by user.
    pub users: BTreeMap<Foreign, u64>,
    /// Events by source.
    pub sources: BTreeMap<Address, u64>,
    /// Buckets that hold events, in order.
    pub buckets: Vec<Count>,
}

/// Counts of one bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// Its start.
    pub start: Timestamp,
    /// Events.
    pub events: u64,
    /// Distinct sources.
    pub sources: u64,
}

/// What a Sigma rule found, in time order.
#[derive(Clone, PartialEq, Debug)]
pub struct Hits {
    /// Id of the rule.
    pub rule: String,
    /// The findings.
    pub hits: Vec<Hit>,
    /// What is missing.
    pub completeness: Completeness,
}

/// One finding of a Sigma rule, as the `hunt` contract lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hit {
    /// When.
    pub time: Timestamp,
    /// The host that reported.
    pub host: Option<Foreign>,
    /// The program, as written.
    pub image: Option<Foreign>,
    /// The user it ran as.
    pub user: Option<Foreign>,
    /// Where from.
    pub source: Option<Address>,
    /// Where to.
    pub destination: Option<Address>,
    /// Record number, as text.
    pub record_id: Option<Foreign>,
    /// Document id.
    pub id: Option<Foreign>,
}

/// A rule's finding in a record that is an event.
impl From<&Event> for Hit {
    fn from(event: &Event) -> Self {
        Self {
            time: event.time,
            host: event.host.clone(),
            image: event.process.clone(),
            user: event.user.clone(),
            source: event.source,
            destination: event.destination,
            record_id: event.record.clone(),
            id: event.origin.id.clone(),
        }
    }
}
