//! What a cluster holds, and how it is asked.

use serde_json::{Value, json};

use super::Elastic;
use super::aggregate::moment;
use super::clause::Query;
use super::group::{aggregations, found, groups, union};
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::{Families, Foreign, Range, Timestamp};
use crate::query::{Ask, Overview, Scope, SourceReport};

impl Elastic {
    /// Extent, indices and kinds of events.
    pub(super) async fn overview(&self) -> Result<Overview, BackendError> {
        let mut gaps = Gaps::default();
        let mut reports = Vec::new();
        let mut extent: Option<(Timestamp, Timestamp)> = None;
        let everything = Scope::over(Range::ALL);
        let landscape = self.landscape(&mut gaps).await?;
        for target in &landscape.targets {
            let groups = groups(&self.layouts, &target.fields, &everything, Families::EVERY, &self.ports);
            let mut report = SourceReport::new(Foreign::from(target.path.as_str()), "index");
            if groups.is_empty() {
                report.notes.push("none of its fields tells of RDP".to_owned());
                reports.push(report);
                continue;
            }
            if groups.iter().any(|group| !group.clause(&everything).is_exact()) {
                report
                    .notes
                    .push("some of its fields are mere text, or say too little: here their events are counted by their words, and may be fewer".to_owned());
            }
            let aggs = aggregations(&groups, &everything, |place, group| {
                let times = json!({"first": {"min": {"field": group.time}}, "last": {"max": {"field": group.time}}});
                let times = if group.is_dated { times } else { json!({}) };
                let kinds = group.kinds.iter().enumerate();
                kinds.map(|(kind, (_, clause))| (format!("{place}-{kind}"), json!({"filter": clause.over.dsl(), "aggs": times}))).collect()
            });
            let body = json!({"size": 0, "track_total_hits": true, "query": {"match_all": {}}, "aggs": aggs});
            let answer = self.search("see which events there are", target, body, "hits.total.value,aggregations", &mut gaps).await?;
            report.read = answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0);
            for (name, counted) in found(&answer) {
                let place = name.split_once('-').and_then(|(group, kind)| Some((group.parse::<usize>().ok()?, kind.parse::<usize>().ok()?)));
                let Some(group) = place.and_then(|(group, _)| groups.get(group)) else { continue };
                let Some((kind, _)) = place.and_then(|(_, kind)| group.kinds.get(kind)) else { continue };
                let events = counted.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
                if events == 0 {
                    continue;
                }
                *report.kinds.entry(kind.name()).or_default() += events;
                *report.schemas.entry(group.spellings.layout.name.clone()).or_default() += events;
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
        let query = match ask {
            Ask::Hunt { rule, .. } => {
                let rules = elastic.interpreter.rules();
                let rule = rules.place(rule).and_then(|place| rules.get(place));
                rule.map_or(Query::None, |rule| Query::any(elastic.hunted(rule, &target.fields, scope).into_iter().map(|(_, query)| query)))
            }
            _ => union(&groups(&elastic.layouts, &target.fields, scope, scope.families, &elastic.ports), scope),
        };
        if query == Query::None {
            continue;
        }
        let body = json!({"size": 0, "track_total_hits": true, "query": query.dsl()});
        let body = serde_json::to_string_pretty(&body).unwrap_or_default();
        text.push_str(&format!("GET {}/_search\n{body}\n", target.path));
    }
    if text.is_empty() {
        text = format!("GET {}/_field_caps?fields=*\n", elastic.patterns.join(","));
    }
    text
}
