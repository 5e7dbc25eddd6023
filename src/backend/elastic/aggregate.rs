//! Rows by aggregation: one census to see which groups occur, then a composite aggregation for each that does.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::Elastic;
use super::compile::{self, Group};
use super::document;
use super::fields::{Fields, Nature, Target};
use super::row::{self, Row};
use super::search::Gaps;
use super::shape::{Paths, TIME};
use crate::backend::BackendError;
use crate::domain::{Address, BucketSize, Endpoint, Foreign, Timestamp};
use crate::query::{Filter, Scope};

/// Combinations of a page. `search.max_buckets` allows 65,536.
const PAGE: usize = 10_000;
/// Most combinations gathered for one answer.
const MOST_ROWS: usize = 3_000_000;

/// By which values rows are told apart; every one of them costs buckets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) bucket: Option<BucketSize>,
    pub(super) endpoint: bool,
    pub(super) source: bool,
    pub(super) user: bool,
    pub(super) process: bool,
    pub(super) reason: bool,
}

impl Wanted {
    /// What a scope limits must be told apart, or it could not be checked.
    fn for_scope(mut self, scope: &Scope) -> Self {
        self.endpoint |= scope.destination.is_some();
        self.source |= scope.source.is_some();
        self.user |= scope.user.is_some();
        self
    }
}

/// A group that occurs, with its events.
struct Present<'a> {
    group: &'a Group,
    query: Value,
    events: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Elastic {
    /// Every combination of the wanted values within a scope.
    pub(super) async fn rows(&self, scope: &Scope, wanted: Wanted, gaps: &mut Gaps) -> Result<Vec<Row>, BackendError> {
        let wanted = wanted.for_scope(scope);
        let mut rows = Vec::new();
        for target in &self.landscape(gaps).await?.targets {
            let groups = compile::groups(&target.fields, scope.families, &self.ports);
            for present in self.census(target, &groups, scope, gaps).await? {
                if rows.len() >= MOST_ROWS {
                    gaps.cap(format!("{MOST_ROWS} combinations of source, destination and time"));
                    return Ok(rows);
                }
                let by_documents = scope.filter != Filter::Everything || !is_countable(present.group, &target.fields, wanted);
                let counted = if by_documents { None } else { self.composite(target, &present, scope, wanted, gaps).await? };
                match counted {
                    Some(counted) => rows.extend(counted),
                    None => self.read(target, &present, scope, wanted, &mut rows, gaps).await?,
                }
            }
        }
        rows.retain(|row| row.is_within(scope));
        Ok(rows)
    }

    /// The groups that occur at all, in one request.
    async fn census<'a>(&self, target: &Target, groups: &'a [Group], scope: &Scope, gaps: &mut Gaps) -> Result<Vec<Present<'a>>, BackendError> {
        let possible: Vec<(&Group, Value)> = groups
            .iter()
            .filter_map(|group| {
                let mut conditions = compile::within(scope, group, &target.fields)?;
                conditions.push(group.query());
                Some((group, json!({"bool": {"filter": conditions}})))
            })
            .collect();
        if possible.is_empty() {
            return Ok(Vec::new());
        }
        let aggs: Map<String, Value> = possible
            .iter()
            .enumerate()
            .map(|(place, (_, query))| {
                let times = json!({"first": {"min": {"field": TIME}}, "last": {"max": {"field": TIME}}});
                (place.to_string(), json!({"filter": query, "aggs": times}))
            })
            .collect();
        let any = compile::any(possible.iter().map(|(_, query)| query.clone()).collect());
        let body = json!({
            "size": 0,
            "track_total_hits": false,
            "query": {"bool": {"filter": [compile::within_time(&scope.range), any]}},
            "aggs": aggs,
        });
        let answer = self.search("see which events there are", target, body, "aggregations", gaps).await?;
        Ok(possible
            .into_iter()
            .enumerate()
            .filter_map(|(place, (group, query))| {
                let counted = answer.get("aggregations")?.get(place.to_string())?;
                let events = counted.get("doc_count")?.as_u64().filter(|events| *events > 0)?;
                Some(Present { group, query, events, first: moment(counted, "first")?, last: moment(counted, "last")? })
            })
            .collect())
    }

    /// Counts a group by its values. `None` where documents hold several values of a field, so that counting
    /// combinations would count events twice.
    async fn composite(
        &self,
        target: &Target,
        present: &Present<'_>,
        scope: &Scope,
        wanted: Wanted,
        gaps: &mut Gaps,
    ) -> Result<Option<Vec<Row>>, BackendError> {
        let group = present.group;
        let sources = sources(group, &target.fields, wanted);
        if sources.is_empty() {
            let mut row = blank(group);
            (row.events, row.first, row.last) = (present.events, present.first, present.last);
            return Ok(Some(vec![row]));
        }
        let mut rows = Vec::new();
        let mut after: Option<Value> = None;
        let mut events = 0;
        loop {
            let mut composite = json!({"size": PAGE, "sources": sources});
            if let (Some(composite), Some(after)) = (composite.as_object_mut(), after) {
                composite.insert("after".to_owned(), after);
            }
            let body = json!({
                "size": 0,
                "track_total_hits": false,
                "query": {"bool": {"filter": [compile::within_time(&scope.range), present.query]}},
                "aggs": {"rows": {"composite": composite, "aggs": {"first": {"min": {"field": TIME}}, "last": {"max": {"field": TIME}}}}},
            });
            let keep = "aggregations.rows.after_key,aggregations.rows.buckets.key,aggregations.rows.buckets.doc_count,\
                        aggregations.rows.buckets.first.value,aggregations.rows.buckets.last.value";
            let answer = self.search("count events by source and destination", target, body, keep, gaps).await?;
            let buckets = answer.pointer("/aggregations/rows/buckets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for bucket in buckets {
                events += bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                rows.extend(read_bucket(bucket, group, wanted));
            }
            after = answer.pointer("/aggregations/rows/after_key").cloned();
            if buckets.is_empty() || after.is_none() || rows.len() >= MOST_ROWS {
                break;
            }
        }
        Ok(if events > present.events { None } else { Some(rows) })
    }

    /// Counts a group document by document, where aggregations cannot.
    async fn read(
        &self,
        target: &Target,
        present: &Present<'_>,
        scope: &Scope,
        wanted: Wanted,
        rows: &mut Vec<Row>,
        gaps: &mut Gaps,
    ) -> Result<(), BackendError> {
        let query = json!({"bool": {"filter": [compile::within_time(&scope.range), present.query]}});
        let fields = document::source_filter();
        let read = self.scan("read events", target, &query, &fields, gaps, |hit| {
            if let Some(event) = document::event(hit)
                && row::accepts(scope, &event)
            {
                let mut row = Row::from(&event);
                row.bucket = wanted.bucket.map_or(0, |size| size.index(event.time.as_second()));
                rows.push(row);
            }
            ControlFlow::Continue(())
        });
        read.await.map(drop)
    }
}

fn blank(group: &Group) -> Row {
    Row {
        family: group.family,
        bucket: 0,
        endpoint: Endpoint::default(),
        source: None,
        user: None,
        process: None,
        reason: None,
        events: 0,
        first: Timestamp::UNIX_EPOCH,
        last: Timestamp::UNIX_EPOCH,
    }
}

/// The fields of the wanted values: (letter of the value, spellings).
fn dimensions(group: &Group, wanted: Wanted) -> Vec<(char, Vec<&'static str>)> {
    let mut dimensions: Vec<(char, Vec<&'static str>)> = Vec::new();
    let mut add = |is_wanted: bool, letter: char, paths: Paths| {
        if is_wanted {
            dimensions.push((letter, paths.to_vec()));
        }
    };
    add(wanted.source || group.needs_source, 's', group.source());
    add(wanted.endpoint, 'd', group.destination());
    add(wanted.endpoint && group.is_destination, 'h', group.shape.host);
    add(wanted.process, 'p', group.shape.process);
    add(wanted.reason && group.kinds.iter().any(|(kind, _)| row::is_refusal(*kind)), 'r', group.shape.reason);
    if wanted.user {
        dimensions.push(('n', group.shape.user.iter().map(|(_, name)| *name).collect()));
        dimensions.push(('m', group.shape.user.iter().filter_map(|(domain, _)| *domain).collect()));
    }
    dimensions
}

/// Whether every wanted value has an exact form to count by.
fn is_countable(group: &Group, fields: &Fields, wanted: Wanted) -> bool {
    dimensions(group, wanted).iter().all(|(_, paths)| paths.iter().filter_map(|path| fields.get(path)).all(|field| field.nature != Nature::Text))
}

fn sources(group: &Group, fields: &Fields, wanted: Wanted) -> Vec<Value> {
    let mut sources = Vec::new();
    if let Some(size) = wanted.bucket {
        sources.push(json!({"b": {"date_histogram": {"field": TIME, "fixed_interval": format!("{}s", size.seconds())}}}));
    }
    for (letter, paths) in dimensions(group, wanted) {
        for (place, path) in paths.iter().enumerate() {
            if let Some(field) = fields.get(path) {
                sources.push(json!({format!("{letter}{place}"): {"terms": {"field": field.name, "missing_bucket": true}}}));
            }
        }
    }
    sources
}

/// A composite bucket as a row; `None` where it holds nothing usable.
fn read_bucket(bucket: &Value, group: &Group, wanted: Wanted) -> Option<Row> {
    let key = bucket.get("key")?.as_object()?;
    let value = |letter: char, place: usize| match key.get(&format!("{letter}{place}"))? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let values = |letter: char, paths: usize| (0..paths).filter_map(move |place| value(letter, place));
    let word = |text: String| (!text.is_empty() && text != "-").then(|| Foreign::from(text));
    let address = |text: String| Address::clean(&text);
    let mut row = blank(group);
    row.source = values('s', group.source().len()).find_map(address);
    if group.needs_source && row.source.is_none() {
        return None;
    }
    row.endpoint.address = values('d', group.destination().len()).find_map(address);
    row.endpoint.host = values('h', group.shape.host.len()).find_map(word);
    row.process = values('p', group.shape.process.len()).find_map(word);
    let reasons: Vec<String> = values('r', group.shape.reason.len()).collect();
    row.reason = row::reason(reasons.iter().map(String::as_str));
    let mut domains = 0;
    for (place, (domain, _)) in group.shape.user.iter().enumerate() {
        let domain = domain.and_then(|_| {
            domains += 1;
            value('m', domains - 1)
        });
        row.user = row::user(domain.as_deref(), value('n', place).as_deref());
        if row.user.is_some() {
            break;
        }
    }
    row.events = bucket.get("doc_count")?.as_u64()?;
    row.first = moment(bucket, "first")?;
    row.last = moment(bucket, "last")?;
    if let (Some(size), Some(start)) = (wanted.bucket, key.get("b").and_then(Value::as_i64)) {
        row.bucket = size.index(start.div_euclid(1000));
    }
    Some(row)
}

/// The value of a min or max aggregation of the time, which is milliseconds.
pub(super) fn moment(counted: &Value, name: &str) -> Option<Timestamp> {
    let millis = counted.get(name)?.get("value")?.as_f64()?;
    Timestamp::from_millisecond(millis.round() as i64).ok()
}

/// Distinct values in order of first appearance, each with its place.
#[derive(Debug)]
pub(super) struct Places<T> {
    values: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T: Clone + Eq + std::hash::Hash> Places<T> {
    pub(super) fn new() -> Self {
        Self { values: Vec::new(), places: HashMap::new() }
    }

    /// The place of a value, new or old.
    pub(super) fn of(&mut self, value: &T) -> u32 {
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX - 1);
        self.values.push(value.clone());
        self.places.insert(value.clone(), place);
        place
    }

    /// The values.
    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}
