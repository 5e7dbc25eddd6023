//! The server itself: its version, its clock, its licence.

use serde_json::json;

use super::super::Elastic;
use super::super::fields::Landscape;
use super::{foreign, hidden, millis};
use crate::domain::Timestamp;
use crate::domain::health::{Fact, Licence};

impl Elastic {
    /// Product and version.
    pub(super) async fn version(&self) -> Fact<String> {
        match self.client.get("ask for the version", "").await {
            Ok(banner) => Fact::Known(super::super::read_banner(&banner, self.client.place()).0),
            Err(error) => hidden(&error),
        }
    }

    /// The cluster's clock: what it makes of `now` in an aggregation, which needs no right but to read.
    pub(super) async fn clock(&self, landscape: &Landscape) -> Fact<Timestamp> {
        let Some(target) = landscape.targets.first() else { return Fact::Hidden("there is no index to ask by".to_owned()) };
        let body = json!({
            "size": 0, "track_total_hits": false, "query": {"match_none": {}},
            "aggs": {"now": {"date_range": {"field": super::TIME, "ranges": [{"from": "now"}]}}},
        });
        let path = format!("{}/_search?ignore_unavailable=true&filter_path=aggregations", target.path);
        match self.client.post("ask for the time", &path, &body).await {
            Ok(answer) => millis(&answer, "/aggregations/now/buckets/0/from").map_or_else(|| Fact::Hidden("the cluster did not say".to_owned()), Fact::Known),
            Err(error) => hidden(&error),
        }
    }

    /// The licence.
    pub(super) async fn licence(&self) -> Fact<Licence> {
        if self.is_opensearch {
            return Fact::Hidden("OpenSearch has none".to_owned());
        }
        match self.client.get("ask for the licence", "_license").await {
            Ok(answer) => match (foreign(&answer, "/license/type"), foreign(&answer, "/license/status")) {
                (Some(kind), Some(status)) => Fact::Known(Licence { kind, status, expires: millis(&answer, "/license/expiry_date_in_millis") }),
                _ => Fact::Hidden("the cluster did not say".to_owned()),
            },
            Err(error) => hidden(&error),
        }
    }
}
