//! The lateral-movement package: its transforms, its jobs, what the transforms wrote, and what Elastic Defend feeds them.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::super::Elastic;
use super::super::clause::Query;
use super::super::fields::{Fields, Landscape, Target, encoded};
use super::super::group::{self, Group};
use super::super::search::Gaps;
use super::{foreign, hidden, millis};
use crate::backend::BackendError;
use crate::domain::health::{Defend, Fact, Runner, Sessions};
use crate::domain::{Address, Families, Kind, Range};
use crate::query::Scope;

/// Where the transforms write, whatever generation.
pub(super) const SESSIONS: &str = "ml-rdp-lmd*";
/// Destinations and hosts listed.
const LISTED: usize = 20;
/// Addresses that are the same on every host.
const EVERYWHERE: [&str; 3] = ["::1", "127.0.0.0/8", "fe80::/10"];

impl Elastic {
    /// The transforms that gather remote sessions.
    pub(super) async fn transforms(&self) -> Fact<Vec<Runner>> {
        let answer = self.client.get("ask for transforms", "_transform/*lmd*/_stats?allow_no_match=true").await;
        self.runners(answer, "transforms", "/id", &["/reason", "/health/issues/0/details"], "/checkpointing/last/timestamp_millis")
    }

    /// The jobs that look at them, and what feeds the jobs.
    pub(super) async fn jobs(&self) -> Fact<Vec<Runner>> {
        let answer = self.client.get("ask for jobs", "_ml/anomaly_detectors/*lmd*/_stats?allow_no_match=true").await;
        let jobs = self.runners(answer, "jobs", "/job_id", &["/assignment_explanation"], "/data_counts/latest_record_timestamp");
        let Fact::Known(mut jobs) = jobs else { return jobs };
        let feeds = self.client.get("ask for datafeeds", "_ml/datafeeds/*lmd*/_stats?allow_no_match=true").await;
        if let Fact::Known(feeds) = self.runners(feeds, "datafeeds", "/datafeed_id", &["/assignment_explanation"], "/none") {
            jobs.extend(feeds);
        }
        Fact::Known(jobs)
    }

    fn runners(&self, answer: Result<Value, BackendError>, list: &str, id: &str, reasons: &[&str], newest: &str) -> Fact<Vec<Runner>> {
        if self.is_opensearch {
            return Fact::Hidden("OpenSearch has none of Elastic's".to_owned());
        }
        match answer {
            Ok(answer) => {
                let one = |entry: &Value| {
                    let reason = reasons.iter().find_map(|path| foreign(entry, path)).filter(|reason| !reason.raw().is_empty());
                    Some(Runner { id: foreign(entry, id)?, state: foreign(entry, "/state")?, reason, newest: millis(entry, newest) })
                };
                Fact::Known(answer.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(one).collect())
            }
            Err(error) => hidden(&error),
        }
    }

    /// What the transforms wrote.
    pub(super) async fn lateral_sessions(&self) -> Fact<Sessions> {
        let body = json!({
            "size": 0, "track_total_hits": true, "query": {"match_all": {}},
            "aggs": {
                "newest": {"max": {"field": "session.start_time"}},
                "collapsed": {"filter": {"terms": {"destination.ip": EVERYWHERE}}},
                "destinations": {"terms": {"field": "destination.ip", "size": LISTED}},
            },
        });
        let target = Target { path: encoded(SESSIONS), fields: Fields::new() };
        let answer = match self.search("see what the transforms wrote", &target, body, "hits.total.value,aggregations", &mut Gaps::default()).await {
            Ok(answer) => answer,
            Err(error) => return hidden(&error),
        };
        if answer.pointer("/_shards/total").and_then(Value::as_u64) == Some(0) {
            return Fact::Hidden(format!("there is no index {SESSIONS}, or no right to it"));
        }
        let number = |path: &str| answer.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        let buckets = answer.pointer("/aggregations/destinations/buckets").and_then(Value::as_array);
        let destinations = buckets.into_iter().flatten().filter_map(|bucket| Some((foreign(bucket, "/key")?, bucket.get("doc_count")?.as_u64()?)));
        Fact::Known(Sessions {
            documents: number("/hits/total/value"),
            newest: millis(&answer, "/aggregations/newest/value"),
            collapsed: number("/aggregations/collapsed/doc_count"),
            destinations: destinations.collect(),
        })
    }

    /// What Elastic Defend reports of processes in remote sessions.
    pub(super) async fn defend(&self, landscape: &Landscape, range: &Range) -> Fact<Defend> {
        let mut defend = Defend { processes: 0, with_host_ip: 0, with_client: 0, as_system: 0, hosts: Vec::new() };
        let scope = Scope { families: Families::EVERY, ..Scope::over(*range) };
        for target in &landscape.targets {
            let groups = group::groups(&self.layouts, &target.fields, &scope, scope.families, &self.ports);
            let Some(query) = of_processes(&groups, &scope) else { continue };
            let field = |name: &str| target.fields.get(name).map_or_else(|| name.to_owned(), |field| field.name.clone());
            let host = json!({"size": 1, "_source": ["host.ip"], "sort": [{"@timestamp": {"order": "desc"}}]});
            let body = json!({
                "size": 0, "track_total_hits": true, "query": query.dsl(),
                "aggs": {
                    "host_ip": {"filter": {"exists": {"field": "host.ip"}}},
                    "client": {"filter": {"exists": {"field": "process.Ext.session_info.client_address"}}},
                    "system": {"filter": {"term": {field("user.name"): "SYSTEM"}}},
                    "hosts": {"terms": {"field": field("host.name"), "size": LISTED}, "aggs": {"one": {"top_hits": host}}},
                },
            });
            let answer = match self.search("see what Elastic Defend reports", target, body, "hits.total.value,aggregations", &mut Gaps::default()).await {
                Ok(answer) => answer,
                Err(error) => return hidden(&error),
            };
            let number = |path: &str| answer.pointer(path).and_then(Value::as_u64).unwrap_or(0);
            defend.processes += number("/hits/total/value");
            defend.with_host_ip += number("/aggregations/host_ip/doc_count");
            defend.with_client += number("/aggregations/client/doc_count");
            defend.as_system += number("/aggregations/system/doc_count");
            for bucket in answer.pointer("/aggregations/hosts/buckets").and_then(Value::as_array).into_iter().flatten() {
                let source = bucket.pointer("/one/hits/hits/0/_source");
                if let Some(name) = foreign(bucket, "/key") {
                    defend.hosts.push((name, source.map(addresses).unwrap_or_default()));
                }
            }
        }
        if defend.processes == 0 { Fact::Hidden("Elastic Defend reports no process of a remote session here".to_owned()) } else { Fact::Known(defend) }
    }
}

/// What finds the processes of remote sessions, where the indices can hold any.
fn of_processes(groups: &[Group<'_>], scope: &Scope) -> Option<Query> {
    groups.iter().find_map(|group| {
        let (_, clause) = group.kinds.iter().find(|(kind, _)| *kind == Kind::DefendProcess)?;
        Some(Query::all([group.in_time(scope), group.schema.over.clone(), clause.over.clone()]))
    })
}

/// The addresses of a host in the order of a cluster's doc values: by their sixteen bytes.
fn addresses(document: &Value) -> Vec<Address> {
    let listed = document.pointer("/host/ip").or_else(|| document.get("host.ip"));
    let texts: Vec<&str> = match listed {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    };
    let mut addresses: Vec<Address> = texts.into_iter().filter_map(Address::clean).collect();
    addresses.sort_by_key(|address| match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    });
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_values_order_addresses_by_their_sixteen_bytes() {
        let host = json!({"host": {"ip": ["10.201.0.13", "fe80::1", "127.0.0.1", "::1", "192.0.2.9"]}});
        let told: Vec<String> = addresses(&host).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["::1", "10.201.0.13", "127.0.0.1", "192.0.2.9", "fe80::1"]);
    }
}
