//! Which sources of events a cluster holds: counted by aggregation, their newest documents looked at one by one.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::super::Elastic;
use super::super::aggregate::moment;
use super::super::compile;
use super::super::document::{at, time};
use super::super::fields::Landscape;
use super::super::search::Gaps;
use super::super::shape::TIME;
use crate::backend::BackendError;
use crate::domain::health::{Fact, Lag, Sensor};
use crate::domain::{Families, Health, Timestamp};

/// Documents looked at for each sort of event; a cluster gives at most a hundred this way.
const LOOKED: usize = 50;

impl Elastic {
    /// Counts every source of events, and looks at its newest documents.
    pub(super) async fn sensors(&self, landscape: &Landscape, health: &mut Health, gaps: &mut Gaps) -> Result<(), BackendError> {
        let mut delays: BTreeMap<Sensor, Vec<SignedDuration>> = BTreeMap::new();
        for target in &landscape.targets {
            let groups = compile::groups(&target.fields, Families::EVERY, &self.ports);
            let mut aggs = Map::new();
            for (number, (kind, query)) in groups.iter().flat_map(|group| &group.kinds).enumerate() {
                let mut inner = json!({"first": {"min": {"field": TIME}}, "last": {"max": {"field": TIME}}});
                if Families::ALL.contains(kind.family())
                    && let Some(inner) = inner.as_object_mut()
                {
                    let newest = json!({"size": LOOKED, "sort": [{TIME: {"order": "desc"}}], "_source": {"excludes": ["event.original", "message"]}});
                    inner.insert("newest".to_owned(), json!({"top_hits": newest}));
                }
                aggs.insert(number.to_string(), json!({"filter": query, "aggs": inner}));
            }
            if aggs.is_empty() {
                continue;
            }
            let body = json!({"size": 0, "track_total_hits": false, "query": compile::within_time(&health.range), "aggs": aggs});
            let answer = self.search("see which sources of events there are", target, body, "aggregations", gaps).await?;
            for (number, (kind, _)) in groups.iter().flat_map(|group| &group.kinds).enumerate() {
                let Some(counted) = answer.get("aggregations").and_then(|all| all.get(number.to_string())) else { continue };
                let events = counted.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                let (true, Some(first), Some(last)) = (events > 0, moment(counted, "first"), moment(counted, "last")) else { continue };
                let sensor = Sensor::of(*kind);
                let found = health.sensors.entry(sensor).or_default();
                found.count(*kind, events, first, last);
                for hit in counted.pointer("/newest/hits/hits").and_then(Value::as_array).into_iter().flatten() {
                    if let Some(event) = self.event(hit) {
                        found.look(&event);
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
    Some(stored.duration_since(time(document)?))
}
