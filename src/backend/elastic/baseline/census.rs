//! How many documents each day holds, in one question for each target: by it a cached day is known to be still true.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::DAY;
use crate::backend::BackendError;
use crate::backend::elastic::Elastic;
use crate::backend::elastic::compile;
use crate::backend::elastic::fields::Target;
use crate::backend::elastic::search::Gaps;
use crate::backend::elastic::shape::TIME;
use crate::query::Scope;

/// Documents by number of the day since the epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Days(Option<BTreeMap<i64, u64>>);

impl Days {
    /// Nothing is known.
    pub(super) const fn unknown() -> Self {
        Self(None)
    }

    /// The documents of a day; `None` where that is not known.
    pub(super) fn documents(&self, day: i64) -> Option<u64> {
        self.0.as_ref().map(|days| days.get(&day).copied().unwrap_or(0))
    }
}

impl Elastic {
    /// Documents of each day of a scope. Where the answer is not whole nothing is known.
    pub(super) async fn census_by_day(&self, targets: &[Target], scope: &Scope) -> Result<Days, BackendError> {
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for target in targets {
            let groups = compile::groups(&target.fields, scope.families, &self.ports);
            if groups.is_empty() {
                continue;
            }
            let any = compile::any(groups.iter().map(compile::Group::query).collect());
            let body = json!({
                "size": 0,
                "track_total_hits": false,
                "query": {"bool": {"filter": [compile::within_time(&scope.range), any]}},
                "aggs": {"days": {"date_histogram": {"field": TIME, "fixed_interval": "1d", "min_doc_count": 1}}},
            });
            let mut gaps = Gaps::default();
            let answer = self
                .search("count the events of each day", target, body, "aggregations.days.buckets.key,aggregations.days.buckets.doc_count", &mut gaps)
                .await?;
            if !gaps.completeness(0).is_whole() {
                return Ok(Days::unknown());
            }
            for bucket in answer.pointer("/aggregations/days/buckets").and_then(Value::as_array).into_iter().flatten() {
                if let (Some(start), Some(documents)) = (bucket.get("key").and_then(Value::as_i64), bucket.get("doc_count").and_then(Value::as_u64)) {
                    *days.entry(start.div_euclid(1000 * DAY)).or_default() += documents;
                }
            }
        }
        Ok(Days(Some(days)))
    }
}
