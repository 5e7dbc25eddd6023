//! How many documents each day holds, in one question for each target: by it a cached day is known to be still true.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::DAY;
use crate::backend::BackendError;
use crate::backend::elastic::Elastic;
use crate::backend::elastic::fields::Target;
use crate::backend::elastic::group::{self, Group};
use crate::backend::elastic::search::Gaps;
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
            let groups = group::groups(&self.layouts, &target.fields, scope, scope.families, &self.ports);
            // A time that is no date falls into no day.
            if groups.iter().any(|group| !group.is_dated) {
                return Ok(Days::unknown());
            }
            let times: BTreeSet<&str> = groups.iter().map(|group| group.time).collect();
            for time in times {
                let of_time: Vec<Group<'_>> = groups.iter().filter(|group| group.time == time).cloned().collect();
                let body = json!({
                    "size": 0,
                    "track_total_hits": false,
                    "query": group::union(&of_time, scope).dsl(),
                    "aggs": {"days": {"date_histogram": {"field": time, "fixed_interval": "1d", "min_doc_count": 1}}},
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
        }
        Ok(Days(Some(days)))
    }
}
