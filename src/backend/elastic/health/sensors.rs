//! Which sources of events a cluster holds: counted by aggregation, their newest documents looked at one by one.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::super::Elastic;
use super::super::aggregate::moment;
use super::super::clause::Clause;
use super::super::fields::Landscape;
use super::super::group::{self, aggregations, found};
use super::super::search::Gaps;
use super::TIME;
use crate::backend::BackendError;
use crate::domain::health::{Fact, Lag, Sensor};
use crate::domain::{Families, Health, Kind, Timestamp};
use crate::query::Scope;

/// Documents looked at for each sort of event; a cluster gives at most a hundred this way.
const LOOKED: usize = 50;

impl Elastic {
    /// Counts every source of events, and looks at its newest documents.
    pub(super) async fn sensors(&self, landscape: &Landscape, health: &mut Health, gaps: &mut Gaps) -> Result<(), BackendError> {
        let mut delays: BTreeMap<Sensor, Vec<SignedDuration>> = BTreeMap::new();
        let scope = Scope { families: Families::EVERY, ..Scope::over(health.range) };
        for target in &landscape.targets {
            let groups = group::groups(&self.layouts, &target.fields, &scope, scope.families, &self.ports);
            if groups.is_empty() {
                continue;
            }
            let aggs = aggregations(&groups, &scope, |place, group| {
                let one = |(number, (kind, clause)): (usize, &(Kind, Clause))| {
                    let mut inner = Map::new();
                    if group.is_dated {
                        inner.insert("first".to_owned(), json!({"min": {"field": group.time}}));
                        inner.insert("last".to_owned(), json!({"max": {"field": group.time}}));
                    }
                    if Families::ALL.contains(kind.family()) {
                        let newest = json!({"size": LOOKED, "sort": [{group.time: {"order": "desc"}}], "_source": {"excludes": ["event.original", "message"]}});
                        inner.insert("newest".to_owned(), json!({"top_hits": newest}));
                    }
                    (format!("{place}-{number}"), json!({"filter": clause.over.dsl(), "aggs": inner}))
                };
                group.kinds.iter().enumerate().map(one).collect()
            });
            let body = json!({"size": 0, "track_total_hits": false, "query": group::union(&groups, &scope).dsl(), "aggs": aggs});
            let answer = self.search("see which sources of events there are", target, body, "aggregations", gaps).await?;
            for (name, counted) in found(&answer) {
                let place = name.split_once('-').and_then(|(group, kind)| Some((group.parse::<usize>().ok()?, kind.parse::<usize>().ok()?)));
                let kind = place.and_then(|(group, kind)| groups.get(group)?.kinds.get(kind));
                let Some((kind, _)) = kind else { continue };
                let events = counted.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                let (true, Some(first), Some(last)) = (events > 0, moment(counted, "first"), moment(counted, "last")) else { continue };
                let sensor = Sensor::of(*kind);
                let seen = health.sensors.entry(sensor).or_default();
                seen.count(*kind, events, first, last);
                for hit in counted.pointer("/newest/hits/hits").and_then(Value::as_array).into_iter().flatten() {
                    if let Some(event) = self.event(hit, &scope, &groups) {
                        seen.look(&event);
                        if let Some(port) = event.destination_port.filter(|port| !self.ports.contains(port)) {
                            *health.other_ports.entry(port).or_default() += 1;
                        }
                    }
                    if let Some(delay) = hit.get("_source").and_then(delay) {
                        delays.entry(sensor).or_default().push(delay);
                    }
                }
            }
        }
        for (sensor, delays) in delays {
            if let (Some(found), Some(lag)) = (health.sensors.get_mut(&sensor), Lag::of(delays)) {
                found.lag = Fact::Known(lag);
            }
        }
        Ok(())
    }
}

/// How long a document took from happening to being stored.
fn delay(document: &Value) -> Option<SignedDuration> {
    let stored: Timestamp = at(document, "event.ingested")?.parse().ok()?;
    let happened: Timestamp = at(document, TIME)?.parse().ok()?;
    Some(stored.duration_since(happened))
}

/// The first text at a path, however its dots are nested.
fn at<'d>(document: &'d Value, path: &str) -> Option<&'d str> {
    let object = document.as_object()?;
    if let Some(value) = object.get(path) {
        return match value {
            Value::Array(values) => values.iter().find_map(Value::as_str),
            other => other.as_str(),
        };
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (head, tail) = path.split_at(dot);
        at(object.get(head)?, tail.trim_start_matches('.'))
    })
}
