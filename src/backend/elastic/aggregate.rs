//! Rows by aggregation: one census to see which groups occur and in which fields, then a composite aggregation for each that
//! does. What no aggregation can tell apart is read as documents.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::Elastic;
use super::clause::Query;
use super::fields::{Field, Nature, Target};
use super::group::{Group, aggregations, found, groups, rough_union};
use super::narrow::{self, accepts};
use super::row::Row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::{BucketSize, Foreign, Kind, Timestamp};
use crate::query::{Scope, filter};
use crate::schema::{Class, Field as Logical, Log};

/// Combinations of a page. `search.max_buckets` allows 65,536.
const PAGE: usize = 10_000;
/// Most combinations gathered for one answer.
const MOST_ROWS: u64 = 3_000_000;

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

/// Takes the rows of an answer.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(Row) + Send);

/// A group that occurs.
struct Present<'a> {
    group: &'a Group<'a>,
    /// The documents that can be counted.
    counted: Query,
    /// How many they are, and when.
    events: u64,
    times: Option<(Timestamp, Timestamp)>,
    /// The fields that they have, by the paths of the schema.
    fields: Vec<(&'a str, &'a Field)>,
    /// The documents that must be read, if there are any.
    read: Option<Query>,
}

/// What goes through all groups and indices of one question.
#[derive(Default)]
struct Progress {
    /// An event that is written several times counts once, where it is seen first.
    once: HashMap<Foreign, Row>,
    /// Combinations so far.
    rows: u64,
}

impl Elastic {
    /// Every combination of the wanted values within a scope.
    pub(super) async fn rows(&self, scope: &Scope, wanted: Wanted, gaps: &mut Gaps, sink: Sink<'_>) -> Result<(), BackendError> {
        let wanted = wanted.for_scope(scope);
        let mut progress = Progress::default();
        for target in &self.landscape(gaps).await?.targets {
            let groups = groups(&self.layouts, &target.fields, scope, scope.families, &self.ports);
            for present in self.census(target, &groups, scope, wanted, gaps).await? {
                if progress.rows >= MOST_ROWS {
                    gaps.cap(format!("{MOST_ROWS} combinations of source, destination and time"));
                    break;
                }
                let is_counted = present.events == 0 || self.composite(target, &present, scope, wanted, gaps, &mut progress, sink).await?;
                let to_read = match (is_counted, &present.read) {
                    (true, read) => read.clone(),
                    (false, read) => Some(Query::any([present.counted.clone()].into_iter().chain(read.clone()))),
                };
                if let Some(query) = to_read {
                    self.read(target, present.group, &query, scope, wanted, gaps, &mut progress, sink).await?;
                }
            }
        }
        progress.once.into_values().for_each(sink);
        Ok(())
    }

    /// The groups that occur at all, in one request, with the fields that their documents have.
    async fn census<'a>(
        &self,
        target: &'a Target,
        groups: &'a [Group<'a>],
        scope: &Scope,
        wanted: Wanted,
        gaps: &mut Gaps,
    ) -> Result<Vec<Present<'a>>, BackendError> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let planned: Vec<Plan<'_>> = groups.iter().map(|group| Plan::new(group, scope, wanted)).collect();
        let aggs = aggregations(groups, scope, |place, _| planned.get(place).map(|plan| (place.to_string(), plan.aggregation())).into_iter().collect());
        let body = json!({"size": 0, "track_total_hits": false, "query": rough_union(groups, scope).dsl(), "aggs": aggs});
        let answer = self.search("see which events there are", target, body, "aggregations", gaps).await?;
        let found = found(&answer);
        Ok(planned.into_iter().enumerate().filter_map(|(place, plan)| plan.found(found.get(place.to_string().as_str())?)).collect())
    }

    /// Counts a group by its values. `false` where documents hold several values of a field, so that counting
    /// combinations would count events twice.
    #[expect(clippy::too_many_arguments, reason = "one question, one place in it")]
    async fn composite(
        &self,
        target: &Target,
        present: &Present<'_>,
        scope: &Scope,
        wanted: Wanted,
        gaps: &mut Gaps,
        progress: &mut Progress,
        sink: Sink<'_>,
    ) -> Result<bool, BackendError> {
        let group = present.group;
        let sources = sources(present, wanted);
        if sources.is_empty() {
            if let Some((first, last)) = present.times
                && let Some(event) = self.interpreter.counted(group.spellings.layout, &group.rule, std::iter::empty(), first)
                && accepts(scope, &event, !group.narrowed.undecided.is_empty())
            {
                sink(Row { events: present.events, last, ..Row::from(&event) });
                progress.rows += 1;
            }
            return Ok(true);
        }
        let mut rows = Vec::new();
        let mut once: Vec<(Foreign, Row)> = Vec::new();
        let mut after: Option<Value> = None;
        let mut events = 0;
        loop {
            let mut composite = json!({"size": PAGE, "sources": sources});
            if let (Some(composite), Some(after)) = (composite.as_object_mut(), after) {
                composite.insert("after".to_owned(), after);
            }
            let times = json!({"first": {"min": {"field": group.time}}, "last": {"max": {"field": group.time}}});
            let body = json!({
                "size": 0,
                "track_total_hits": false,
                "query": present.counted.dsl(),
                "aggs": {"rows": {"composite": composite, "aggs": times}},
            });
            let keep = "aggregations.rows.after_key,aggregations.rows.buckets.key,aggregations.rows.buckets.doc_count,\
                        aggregations.rows.buckets.first.value,aggregations.rows.buckets.last.value";
            let answer = self.search("count events by source and destination", target, body, keep, gaps).await?;
            let buckets = answer.pointer("/aggregations/rows/buckets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for bucket in buckets {
                events += bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                match self.read_bucket(bucket, group, scope, wanted) {
                    None => {}
                    Some((None, row)) => rows.push(row),
                    Some((Some(id), row)) => once.push((id, row)),
                }
            }
            progress.rows += buckets.len() as u64;
            after = answer.pointer("/aggregations/rows/after_key").cloned();
            if buckets.is_empty() || after.is_none() || progress.rows >= MOST_ROWS {
                break;
            }
        }
        if events > present.events && events > self.count(target, &present.counted, gaps).await? {
            return Ok(false);
        }
        rows.into_iter().for_each(sink);
        for (id, row) in once {
            progress.see(id, row);
        }
        Ok(true)
    }

    /// How many documents fit, now.
    async fn count(&self, target: &Target, query: &Query, gaps: &mut Gaps) -> Result<u64, BackendError> {
        let body = json!({"size": 0, "track_total_hits": true, "query": query.dsl()});
        let answer = self.search("count events", target, body, "hits.total.value", gaps).await?;
        Ok(answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0))
    }

    /// A composite bucket as a row, with the id of an event that may be written several times; `None` where it holds nothing
    /// usable, or nothing of the scope.
    fn read_bucket(&self, bucket: &Value, group: &Group<'_>, scope: &Scope, wanted: Wanted) -> Option<(Option<Foreign>, Row)> {
        let key = bucket.get("key")?.as_object()?;
        let values = key.iter().filter(|(name, _)| *name != BUCKET).map(|(path, value)| (path.as_str(), value));
        let first = moment(bucket, "first")?;
        let event = self.interpreter.counted(group.spellings.layout, &group.rule, values, first)?;
        if !accepts(scope, &event, !group.narrowed.undecided.is_empty()) {
            return None;
        }
        let mut row = Row::from(&event);
        row.events = bucket.get("doc_count")?.as_u64()?;
        row.last = moment(bucket, "last")?;
        if let (Some(size), Some(start)) = (wanted.bucket, key.get(BUCKET).and_then(Value::as_i64)) {
            row.bucket = size.index(start.div_euclid(1000));
        }
        let id = event.record.filter(|_| event.kind == Kind::Flow);
        if id.is_some() {
            row.events = 1;
        }
        Some((id, row))
    }

    /// Counts a group document by document, where aggregations cannot.
    #[expect(clippy::too_many_arguments, reason = "one question, one place in it")]
    async fn read(
        &self,
        target: &Target,
        group: &Group<'_>,
        query: &Query,
        scope: &Scope,
        wanted: Wanted,
        gaps: &mut Gaps,
        progress: &mut Progress,
        sink: Sink<'_>,
    ) -> Result<(), BackendError> {
        let time = group.is_dated.then_some(group.time);
        let mut read = 0;
        let all = self.scan("read events", target, time, query, gaps, |hit| {
            read += 1;
            if let Some(event) = self.event(hit, scope, std::slice::from_ref(group)) {
                let mut row = Row::from(&event);
                row.bucket = wanted.bucket.map_or(0, |size| size.index(event.time.as_second()));
                progress.rows += 1;
                match event.record.filter(|_| event.kind == Kind::Flow) {
                    Some(id) => progress.see(id, row),
                    None => sink(row),
                }
            }
            ControlFlow::Continue(())
        });
        all.await?;
        gaps.read_here(read);
        Ok(())
    }
}

impl Progress {
    fn see(&mut self, id: Foreign, row: Row) {
        match self.once.get_mut(&id) {
            Some(seen) if seen.first <= row.first => {}
            Some(seen) => *seen = row,
            None => drop(self.once.insert(id, row)),
        }
    }
}

/// The name of the time bucket among the values of a composite aggregation; no path begins so.
const BUCKET: &str = "@bucket";

/// How the census looks at a group.
struct Plan<'a> {
    group: &'a Group<'a>,
    /// Everything that may be of the group, schema and log and time left out.
    all: Query,
    /// What of it can be counted, the same left out; `None` where that is all.
    countable: Option<Query>,
    /// What of it can be counted.
    counted: Query,
    /// What is left.
    rest: Query,
    fields: Vec<(&'a str, &'a Field)>,
}

impl<'a> Plan<'a> {
    fn new(group: &'a Group<'a>, scope: &Scope, wanted: Wanted) -> Self {
        let clause = group.clause(scope);
        let logical = dimensions(group, wanted);
        let fields: Vec<(&str, &Field)> = logical
            .iter()
            .flat_map(|field| group.spellings.layout.paths(*field))
            .filter_map(|path| group.spellings.fields.get(path).map(|field| (path, field)))
            .fold(Vec::new(), |mut fields, field| {
                if !fields.contains(&field) {
                    fields.push(field);
                }
                fields
            });
        let is_countable =
            group.is_dated && fields.iter().all(|(_, field)| field.nature != Nature::Text) && !group.narrowed.undecided.contains(&filter::Field::Time);
        let in_message = logical.iter().filter(|_| group.family() != crate::domain::Family::Context).map(|field| group.spellings.only_in_message(*field));
        let unseen = Query::any(in_message.chain(fields.iter().map(|(_, field)| field.too_long())));
        let counted = if is_countable { Query::all([clause.under, unseen.clone().not()]) } else { Query::None };
        let within_log = group.within_log();
        let is_whole = counted == clause.over;
        let rest = if is_whole { Query::None } else { Query::all([clause.over, counted.clone().not()]) };
        let inexact = [group.schema.as_ref(), group.log.as_ref()].into_iter().filter(|clause| !clause.is_exact()).map(|clause| clause.under.clone());
        let countable = match (is_whole, is_countable) {
            (true, _) => None,
            (false, true) => Some(Query::all([within_log.under.clone(), unseen.not()].into_iter().chain(inexact))),
            (false, false) => Some(Query::None),
        };
        Self { group, all: within_log.over, countable, counted, rest, fields }
    }

    fn aggregation(&self) -> Value {
        let times = [("first", json!({"min": {"field": self.group.time}})), ("last", json!({"max": {"field": self.group.time}}))];
        let exists = self.fields.iter().enumerate().map(|(place, (_, field))| (format!("f{place}"), json!({"filter": field.exists().dsl()})));
        let of_counted: Map<String, Value> =
            times.into_iter().map(|(name, agg)| (name.to_owned(), agg)).filter(|_| self.group.is_dated).chain(exists).collect();
        let aggs = match &self.countable {
            None => of_counted,
            Some(Query::None) => Map::new(),
            Some(countable) => Map::from_iter([("counted".to_owned(), json!({"filter": countable.dsl(), "aggs": of_counted}))]),
        };
        json!({"filter": self.all.dsl(), "aggs": aggs})
    }

    /// What the census found of it.
    fn found(self, answer: &Value) -> Option<Present<'a>> {
        let count = |answer: &Value| answer.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
        let all = count(answer);
        if all == 0 {
            return None;
        }
        let counted = if self.countable.is_none() { Some(answer) } else { answer.get("counted") };
        let events = counted.map_or(0, count);
        let times = counted.and_then(|counted| moment(counted, "first").zip(moment(counted, "last")));
        let has = |place: usize| counted.and_then(|counted| counted.get(format!("f{place}"))).is_some_and(|field| count(field) > 0);
        let fields = self.fields.iter().enumerate().filter(|(place, _)| has(*place)).map(|(_, field)| *field).collect();
        Some(Present { group: self.group, counted: self.counted, events, times, fields, read: (all > events).then_some(self.rest) })
    }
}

/// The fields behind the wanted values.
fn dimensions(group: &Group<'_>, wanted: Wanted) -> Vec<Logical> {
    let mut dimensions = Vec::new();
    let mut add = |is_wanted: bool, fields: &[Logical]| {
        if is_wanted {
            dimensions.extend_from_slice(fields);
        }
    };
    let class = group.spellings.layout.class;
    let users: Vec<Logical> = group.rule.users.iter().flat_map(|(name, domain)| [*name, *domain]).collect();
    add(wanted.source || group.needs_source(), &[group.source()]);
    add(wanted.endpoint, &[group.destination()]);
    add(wanted.endpoint && (group.is_destination() || class == Class::Logons), &[Logical::Host]);
    // A client names its destination in words of its own.
    add(wanted.endpoint && group.rule.log == Some(Log::Client), &[Logical::TargetServer]);
    add(wanted.user, &users);
    add(wanted.process, &[Logical::Process]);
    add(wanted.reason && group.has_reason(), &[Logical::Status, Logical::SubStatus, Logical::Reason]);
    // A flow is written again and again until it ends.
    add(class == Class::Flow, &[Logical::Record]);
    for field in &group.narrowed.undecided {
        add(true, &narrow::logical(&group.rule, *field));
    }
    dimensions
}

fn sources(present: &Present<'_>, wanted: Wanted) -> Vec<Value> {
    let mut sources = Vec::new();
    if let Some(size) = wanted.bucket {
        sources.push(json!({BUCKET: {"date_histogram": {"field": present.group.time, "fixed_interval": format!("{}s", size.seconds())}}}));
    }
    sources.extend(present.fields.iter().map(|(path, field)| json!({*path: {"terms": {"field": field.name, "missing_bucket": true}}})));
    sources
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
