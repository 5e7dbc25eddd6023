//! How late events come in: where the ingest pipeline notes the time of arrival, a sample of what arrived last tells.

use serde_json::{Value, json};

use super::Elastic;
use super::fields::{Nature, Target};
use super::group::{groups, rough_union};
use super::search::Gaps;
use crate::domain::Range;
use crate::query::Scope;

/// When a document happened; pipelines note it here.
const TIME: &str = "@timestamp";
/// Where pipelines note when a document arrived.
pub(super) const INGESTED: &str = "event.ingested";
/// Arrivals that are looked at for each target.
const SAMPLE: usize = 1000;
/// What arrived longer ago says little of today.
const LATELY: &str = "now-24h";

impl Elastic {
    /// How many seconds after their time 99 of 100 of the latest events arrived; `None` where no index tells, or none can be asked.
    pub(super) async fn delay(&self, targets: &[Target]) -> Option<u32> {
        let mut delays = Vec::new();
        let scope = Scope::over(Range::ALL);
        for target in targets {
            let groups = groups(&self.layouts, &target.fields, &scope, scope.families, &self.ports);
            let Some(field) = target.fields.get(INGESTED).filter(|field| field.nature == Nature::Date && !groups.is_empty()) else { continue };
            let millis = |field: &str| json!({"field": field, "format": "epoch_millis"});
            let body = json!({
                "size": SAMPLE,
                "track_total_hits": false,
                "_source": false,
                "query": {"bool": {"filter": [{"range": {(field.name.as_str()): {"gte": LATELY}}}, rough_union(&groups, &scope).dsl()]}},
                "sort": [{(field.name.as_str()): {"order": "desc", "numeric_type": "date"}}],
                "docvalue_fields": [millis(TIME), millis(&field.name)],
            });
            // The overlap has a default: failing to learn a better one is no reason to fail the answer.
            let Ok(answer) = self.search("see how late events come in", target, body, "hits.hits.fields", &mut Gaps::default()).await else { continue };
            let hits = answer.pointer("/hits/hits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            delays.extend(hits.iter().filter_map(|hit| Some(time(hit, &field.name)?.saturating_sub(time(hit, TIME)?))));
        }
        last_of_most(delays)
    }
}

/// A moment among the fields of a hit, in milliseconds; some versions write them as text.
fn time(hit: &Value, field: &str) -> Option<i64> {
    let value = hit.get("fields")?.get(field)?.get(0)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// What 99 of 100 do not exceed. Clocks that run ahead make negative delays: those arrived at once.
fn last_of_most(mut delays: Vec<i64>) -> Option<u32> {
    delays.sort_unstable();
    let place = (delays.len() * 99).div_ceil(100).checked_sub(1)?;
    delays.get(place).map(|millis| u32::try_from((*millis).max(0).saturating_add(999) / 1000).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_a_hundred_does_not_count() {
        assert_eq!(last_of_most(Vec::new()), None);
        assert_eq!(last_of_most(vec![700]), Some(1));
        let mut delays: Vec<i64> = (1..=99).map(|second| second * 1000).collect();
        delays.insert(0, 86_400_000);
        assert_eq!(last_of_most(delays), Some(99));
        assert_eq!(last_of_most(vec![-5000, -1]), Some(0));
    }

    #[test]
    fn moments_come_as_numbers_or_text() {
        let hit = json!({"fields": {"@timestamp": ["1735689600000"], "event.ingested": [1_735_689_640_000_i64]}});
        assert_eq!((time(&hit, TIME), time(&hit, INGESTED), time(&hit, "event.created")), (Some(1_735_689_600_000), Some(1_735_689_640_000), None));
    }
}
