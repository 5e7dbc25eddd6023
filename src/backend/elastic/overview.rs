//! What a cluster holds, and how it is asked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Elastic;
use super::aggregate::moment;
use super::compile;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::{Families, Foreign, Kind, Range, Timestamp};
use crate::query::{Ask, Overview, Scope, SourceReport};

impl Elastic {
    /// Extent, indices and kinds of events.
    pub(super) async fn overview(&self) -> Result<Overview, BackendError> {
        let mut gaps = Gaps::default();
        let mut reports = Vec::new();
        let mut extent: Option<(Timestamp, Timestamp)> = None;
        let landscape = self.landscape(&mut gaps).await?;
        for target in &landscape.targets {
            let groups = compile::groups(&target.fields, Families::EVERY, &self.ports);
            let kinds: Vec<(Kind, &'static str, &Value)> =
                groups.iter().flat_map(|group| group.kinds.iter().map(|(kind, query)| (*kind, group.shape.schema, query))).collect();
            let mut report = SourceReport::new(Foreign::from(target.path.as_str()), "index");
            if kinds.is_empty() {
                report.notes.push("none of its fields tells of RDP".to_owned());
                reports.push(report);
                continue;
            }
            let aggs: BTreeMap<String, Value> = kinds
                .iter()
                .enumerate()
                .map(|(place, (_, _, query))| {
                    let times = json!({"first": {"min": {"field": super::shape::TIME}}, "last": {"max": {"field": super::shape::TIME}}});
                    (place.to_string(), json!({"filter": query, "aggs": times}))
                })
                .collect();
            let body = json!({"size": 0, "track_total_hits": true, "query": {"match_all": {}}, "aggs": aggs});
            let answer = self.search("see which events there are", target, body, "hits.total.value,aggregations", &mut gaps).await?;
            report.read = answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0);
            for (place, (kind, schema, _)) in kinds.iter().enumerate() {
                let Some(counted) = answer.get("aggregations").and_then(|all| all.get(place.to_string())) else { continue };
                let events = counted.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                if events == 0 {
                    continue;
                }
                *report.kinds.entry(kind.name()).or_default() += events;
                *report.schemas.entry((*schema).to_owned()).or_default() += events;
                if let (Some(first), Some(last)) = (moment(counted, "first"), moment(counted, "last")) {
                    let (from, to) = extent.unwrap_or((first, last));
                    extent = Some((from.min(first), to.max(last)));
                }
            }
            report.other = report.read.saturating_sub(report.events());
            reports.push(report);
        }
        let events = reports.iter().map(SourceReport::events).sum();
        let completeness = gaps.completeness(events);
        Ok(Overview {
            title: self.title.clone(),
            extent: extent.map(|(from, last)| Range { from, to: last.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(last) }),
            is_live: true,
            delay: self.delay(&landscape.targets).await,
            reports,
            completeness,
        })
    }
}

/// A question as it could be pasted into a console, for the fields seen last.
pub(super) fn query_text(elastic: &Elastic, ask: &Ask) -> String {
    if let Some(text) = super::detected::asked(ask) {
        return text;
    }
    let known = elastic.known.try_lock().ok().and_then(|known| known.as_ref().map(|(_, landscape)| landscape.clone())).unwrap_or_default();
    let everything = Scope::over(Range::ALL);
    let scope = match ask {
        Ask::Overview | Ask::Health { .. } => &everything,
        Ask::Arrivals { scope, .. }
        | Ask::Tally { scope, .. }
        | Ask::Events { scope, .. }
        | Ask::Counts { scope, .. }
        | Ask::Hunt { scope, .. }
        | Ask::Alerts { scope, .. } => scope,
    };
    let mut text = String::new();
    for target in &known.targets {
        let groups = compile::groups(&target.fields, scope.families, &elastic.ports);
        let ways: Vec<Value> = groups
            .iter()
            .filter_map(|group| {
                let mut conditions = compile::within(scope, group, &target.fields)?;
                conditions.push(group.query());
                Some(json!({"bool": {"filter": conditions}}))
            })
            .collect();
        if ways.is_empty() {
            continue;
        }
        let body = json!({"size": 0, "track_total_hits": true, "query": {"bool": {"filter": [compile::within_time(&scope.range), compile::any(ways)]}}});
        let body = serde_json::to_string_pretty(&body).unwrap_or_default();
        text.push_str(&format!("GET {}/_search\n{body}\n", target.path));
    }
    if text.is_empty() {
        text = format!("GET {}/_field_caps?fields=*\n", elastic.patterns.join(","));
    }
    text
}
