//! The cluster backend against real Elasticsearch and OpenSearch, and against a server that misbehaves.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test says by panicking what is wrong")]

#[path = "elastic/connecting.rs"]
mod connecting;
#[path = "elastic/detected.rs"]
mod detected;
#[path = "elastic/documents.rs"]
mod documents;
#[path = "elastic/faults.rs"]
mod faults;
#[path = "elastic/history.rs"]
mod history;
#[path = "elastic/parity.rs"]
mod parity;
#[path = "elastic/program.rs"]
mod program;
mod session;
mod support;
#[path = "elastic/whole.rs"]
mod whole;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rdptriage::backend::elastic::{Connection, Credentials, Elastic, open};
use rdptriage::backend::{Backend, BackendError};
use rdptriage::domain::time::{rfc3339, rfc3339_micros};
use rdptriage::domain::{Address, BucketSize, By, Destination, Event, Families, Family, Foreign, Range};
use rdptriage::query::{Answer, Ask, Counts, EventPage, Hits, Scope, Tally, TallyBy};
use rdptriage::schema::{Interpreter, Options, Reading, Schemas};
use rdptriage::sigma::{RuleSet, SUSPICIOUS_OUTBOUND_RDP};
use serde_json::{Value, json};
use support::cluster::{Cluster, clusters, elasticsearch};
use support::scripted::{Reply, Scripted};

async fn connect(connection: Connection) -> Result<Elastic, BackendError> {
    open(connection, Arc::new(RuleSet::built_in()), Schemas::built_in()).await
}

async fn counts(elastic: &Elastic, scope: &Scope, by: By) -> Counts {
    match elastic.answer(&Ask::Counts { scope: scope.clone(), bucket: BucketSize::Quarter, by }).await.expect("counts") {
        Answer::Counts(counts) => counts,
        other => panic!("{other:?}"),
    }
}

async fn tally(elastic: &Elastic, scope: &Scope, by: TallyBy) -> Tally {
    match elastic.answer(&Ask::Tally { scope: scope.clone(), by }).await.expect("a tally") {
        Answer::Tally(tally) => tally,
        other => panic!("{other:?}"),
    }
}

async fn events(elastic: &Elastic, scope: &Scope, skip: usize, take: usize) -> EventPage {
    match elastic.answer(&Ask::Events { scope: scope.clone(), skip, take }).await.expect("events") {
        Answer::Events(page) => page,
        other => panic!("{other:?}"),
    }
}

async fn hunt(elastic: &Elastic, scope: &Scope) -> Hits {
    match elastic.answer(&Ask::Hunt { scope: scope.clone(), rule: SUSPICIOUS_OUTBOUND_RDP.to_owned() }).await.expect("a hunt") {
        Answer::Hunt(hits) => hits,
        other => panic!("{other:?}"),
    }
}

fn of(family: Family) -> Scope {
    let mut scope = Scope::over(Range::ALL);
    scope.families = Families::only(family);
    scope
}

/// Words exact, addresses as such: as the integrations map them.
fn exact() -> Value {
    json!({
        "dynamic_templates": [{"words": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}],
        "properties": {
            "@timestamp": {"type": "date"},
            "source": {"properties": {"ip": {"type": "ip"}, "port": {"type": "long"}}},
            "destination": {"properties": {"ip": {"type": "ip"}, "port": {"type": "long"}}},
        }
    })
}

/// What a cluster makes of documents that nobody described: text with an exact form beside it.
fn dynamic() -> Value {
    json!({"properties": {"@timestamp": {"type": "date"}}})
}

/// Text without an exact form.
fn analysed() -> Value {
    json!({
        "dynamic_templates": [{"words": {"match_mapping_type": "string", "mapping": {"type": "text"}}}],
        "properties": {"@timestamp": {"type": "date"}}
    })
}

/// Documents with their ids.
type Documents = Vec<(String, Value)>;

/// Real documents with known answers: (name, documents, truth).
fn real() -> Vec<(&'static str, Documents, Value)> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let mut found = Vec::new();
    for name in ["ecs_security_rdp_tunnel", "ecs_sysmon_plink"] {
        let file = root.join("data/derived").join(format!("{name}.ndjson"));
        let (Ok(text), Ok(truth)) = (std::fs::read_to_string(&file), std::fs::read_to_string(format!("{}.truth.json", file.display()))) else {
            assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SHARED").is_none(), "{} is not there", file.display());
            eprintln!("skipped: no real data at {} (set RDPTRIAGE_SHARED)", file.display());
            continue;
        };
        let hits = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let documents = hits.map(|hit| (hit["_id"].as_str().expect("an id").to_owned(), hit["_source"].clone())).collect();
        found.push((name, documents, serde_json::from_str(&truth).expect("JSON")));
    }
    found
}

/// An answer in the words of the truth files.
fn told(counts: &Counts) -> BTreeMap<String, Value> {
    let one = |entry: &rdptriage::query::DestinationCounts| {
        let users: BTreeMap<&str, u64> = entry.users.iter().map(|(user, events)| (user.raw(), *events)).collect();
        let sources: BTreeMap<String, u64> = entry.sources.iter().map(|(source, events)| (source.to_string(), *events)).collect();
        let buckets: Vec<Value> =
            entry.buckets.iter().map(|bucket| json!({"start": rfc3339(bucket.start), "events": bucket.events, "distinct_sources": bucket.sources})).collect();
        let value = json!({
            "events": entry.events, "distinct_sources": entry.sources.len(), "sources": sources, "users": users,
            "first": rfc3339_micros(entry.first), "last": rfc3339_micros(entry.last), "buckets_15m": buckets,
        });
        (entry.destination.label().raw().to_owned(), value)
    };
    counts.destinations.iter().map(one).collect()
}

fn truth_of(truth: &Value, by: &str, family: &str) -> BTreeMap<String, Value> {
    let Some(destinations) = truth[by][family].as_object() else { return BTreeMap::new() };
    let one = |(name, entry): (&String, &Value)| {
        let buckets: Vec<Value> = entry["buckets_15m"]
            .as_array()
            .expect("buckets")
            .iter()
            .map(|bucket| json!({"start": bucket["start"], "events": bucket["events"], "distinct_sources": bucket["distinct_sources"]}))
            .collect();
        let value = json!({
            "events": entry["events"], "distinct_sources": entry["distinct_sources"], "sources": entry["sources"], "users": entry["users"],
            "first": entry["first"], "last": entry["last"], "buckets_15m": buckets,
        });
        (name.clone(), value)
    };
    destinations.iter().map(one).collect()
}

#[tokio::test]
async fn counts_and_hunt_equal_the_truth_however_fields_are_mapped() {
    for cluster in clusters() {
        for (name, documents, truth) in real() {
            for (mapping, mappings) in [("exact", exact()), ("dynamic", dynamic()), ("analysed", analysed())] {
                let index = cluster.index(&format!("{name}-{mapping}"));
                cluster.load(&index, &mappings, &documents).await;
                let elastic = connect(cluster.connection(&[index])).await.expect("a connection");
                for (by, from) in [(By::DestinationIp, "by_destination_ip"), (By::HostName, "by_destination_host")] {
                    for (family, called) in [(Family::Network, "network"), (Family::Session, "session"), (Family::Failed, "failed")] {
                        let counts = counts(&elastic, &of(family), by).await;
                        assert_eq!(told(&counts), truth_of(&truth, from, called), "{:?} {name} {mapping} {from} {called}", cluster.product);
                        assert!(counts.completeness.is_whole(), "{:?}", counts.completeness);
                    }
                }
                let hits = hunt(&elastic, &Scope::over(Range::ALL)).await;
                let found: Vec<Value> = hits
                    .hits
                    .iter()
                    .map(|hit| {
                        let text = |text: &Option<Foreign>| text.as_ref().map(|text| text.raw().to_owned());
                        let address = |address: &Option<Address>| address.map(|address| address.to_string());
                        json!({
                            "record_id": text(&hit.record_id), "ts": rfc3339_micros(hit.time), "host": text(&hit.host), "image": text(&hit.image),
                            "user": text(&hit.user), "src": address(&hit.source), "dst": address(&hit.destination),
                        })
                    })
                    .collect();
                assert_eq!(json!(found), truth["sigma"]["records"], "{:?} {name} {mapping}", cluster.product);
            }
        }
    }
}

/// Documents in the layout of HELK, ours: (minute, source, destination, ports, initiated, host, user).
fn helk() -> Vec<(String, Value)> {
    let rows = [
        (0, "10.0.0.7", "10.0.0.5", (50001, 3389), "false", "FS01", "CORP\\kim"),
        (1, "10.0.0.8", "10.0.0.5", (50002, 3389), "False", "FS01", "CORP\\lee"),
        (2, "10.0.0.5", "10.0.0.9", (3389, 50003), "false", "FS01", "NT AUTHORITY\\NETWORK SERVICE"),
        (16, "10.0.0.7", "10.0.0.5", (50004, 3389), "true", "WS07", "CORP\\kim"),
        (17, "10.0.0.7", "10.0.0.6", (50005, 3389), "true", "WS07", "CORP\\kim"),
        (18, "10.0.0.7", "10.0.0.5", (50006, 445), "true", "WS07", "CORP\\kim"),
    ];
    let mut documents: Vec<(String, Value)> = rows
        .iter()
        .enumerate()
        .map(|(number, (minute, source, destination, ports, initiated, host, user))| {
            let document = json!({
                "@timestamp": format!("2025-01-01T00:{minute:02}:00.000Z"), "event_id": 3, "log_name": "Microsoft-Windows-Sysmon/Operational",
                "src_ip_addr": source, "dst_ip_addr": destination, "src_port": ports.0, "dst_port": ports.1, "network_initiated": initiated,
                "host_name": host, "user_account": user, "process_path": "C:\\Tools\\tunnel.exe", "record_number": number,
            });
            (format!("h{number}"), document)
        })
        .collect();
    let logon = |id: u32, minute: u32, kind: u32, source: &str| {
        json!({
            "@timestamp": format!("2025-01-01T00:{minute:02}:30.000Z"), "event_id": id, "log_name": "Security", "logon_type": kind, "src_ip_addr": source,
            "host_name": "FS01", "user_name": "kim", "user_domain": "CORP", "event_status": "0xc000006d", "event_sub_status": "0xc000006a",
        })
    };
    documents.push(("l0".to_owned(), logon(4625, 0, 10, "10.0.0.7")));
    documents.push(("l1".to_owned(), logon(4624, 1, 10, "::ffff:10.0.0.7")));
    documents.push(("l2".to_owned(), logon(4624, 2, 7, "-")));
    documents.push(("l3".to_owned(), logon(4624, 3, 7, "10.0.0.8")));
    documents.push(("l4".to_owned(), logon(4624, 4, 2, "-")));
    documents
}

async fn with_helk(cluster: &Cluster, name: &str) -> Elastic {
    let index = cluster.index(name);
    cluster.load(&index, &dynamic(), &helk()).await;
    connect(cluster.connection(&[index])).await.expect("a connection")
}

#[tokio::test]
async fn arrivals_of_helk_documents_are_exact() {
    for cluster in clusters() {
        let elastic = with_helk(cluster, "arrivals").await;
        let ask = Ask::Arrivals { scope: Scope::over(Range::ALL), bucket: BucketSize::Quarter };
        let Answer::Arrivals(arrivals) = elastic.answer(&ask).await.expect("arrivals") else { panic!("another answer") };
        let mut rows: Vec<String> = arrivals
            .rows
            .iter()
            .map(|row| {
                let endpoint = &arrivals.endpoints[row.endpoint as usize];
                let address = endpoint.address.map_or("-".to_owned(), |address| address.to_string());
                let host = endpoint.host.as_ref().map_or("-", Foreign::raw);
                let source = arrivals.sources.get(row.source as usize).map_or("-".to_owned(), ToString::to_string);
                format!("{} {source} > {address} {host} x{}", rfc3339(arrivals.bucket.at(row.bucket)), row.events)
            })
            .collect();
        rows.sort();
        assert_eq!(
            rows,
            [
                "2025-01-01T00:00:00Z 10.0.0.7 > - FS01 x2",
                "2025-01-01T00:00:00Z 10.0.0.7 > 10.0.0.5 FS01 x1",
                "2025-01-01T00:00:00Z 10.0.0.8 > - FS01 x1",
                "2025-01-01T00:00:00Z 10.0.0.8 > 10.0.0.5 FS01 x1",
                "2025-01-01T00:00:00Z 10.0.0.9 > 10.0.0.5 FS01 x1",
                "2025-01-01T00:15:00Z 10.0.0.7 > 10.0.0.5 - x1",
                "2025-01-01T00:15:00Z 10.0.0.7 > 10.0.0.6 - x1",
            ],
            "{:?}",
            cluster.product
        );
        assert_eq!(arrivals.range.from.to_string(), "2025-01-01T00:00:00Z");
        assert_eq!(arrivals.completeness.events, 8);
        assert!(arrivals.completeness.is_whole());
    }
}

#[tokio::test]
async fn tallies_tell_fan_out_refusals_and_users() {
    for cluster in clusters() {
        let elastic = with_helk(cluster, "tally").await;
        let server: Address = Address::clean("10.0.0.5").expect("an address");
        let mut destination = Destination::from(server);
        destination.hosts.insert("FS01".into());
        let scope = Scope::over(Range::ALL).at(Arc::new(destination));
        let tally = tally(&elastic, &scope, TallyBy::Source).await;
        let rows: Vec<_> = tally.rows.iter().map(|row| (row.value.raw(), row.events, row.families, row.destinations)).collect();
        assert_eq!(
            rows,
            [("10.0.0.7", 4, [2, 1, 1, 0, 0, 0], 2), ("10.0.0.8", 2, [1, 1, 0, 0, 0, 0], 1), ("10.0.0.9", 1, [1, 0, 0, 0, 0, 0], 1)],
            "{:?}",
            cluster.product
        );
        assert_eq!(tally.without, 0);
        let kim = &tally.rows[0];
        assert_eq!(kim.users.iter().map(Foreign::raw).collect::<Vec<_>>(), ["CORP\\kim"]);
        assert_eq!(kim.reasons.iter().map(|(reason, events)| (reason.raw(), *events)).collect::<Vec<_>>(), [("0xc000006d 0xc000006a", 1)]);
        assert_eq!((kim.first.to_string(), kim.last.to_string()), ("2025-01-01T00:00:00Z".to_owned(), "2025-01-01T00:16:00Z".to_owned()));
        let mut narrow = scope.clone();
        narrow.source = Address::clean("10.0.0.8");
        narrow.user = Some("CORP\\lee".into());
        let users = tally_rows(&elastic, &narrow).await;
        assert_eq!(users, [("CORP\\lee".to_owned(), 1)]);
    }
}

async fn tally_rows(elastic: &Elastic, scope: &Scope) -> Vec<(String, u64)> {
    tally(elastic, scope, TallyBy::User).await.rows.iter().map(|row| (row.value.raw().to_owned(), row.events)).collect()
}

#[tokio::test]
async fn events_come_in_order_a_page_at_a_time() {
    for cluster in clusters() {
        let elastic = with_helk(cluster, "events").await;
        let scope = Scope::over(Range::ALL);
        let mut ids = Vec::new();
        for skip in [0, 3, 6, 9] {
            let page = events(&elastic, &scope, skip, 3).await;
            assert_eq!(page.total, 8, "{:?}", cluster.product);
            ids.extend(page.events.iter().map(|event| event.origin.id.as_ref().expect("an id").raw().to_owned()));
        }
        assert_eq!(ids, ["h0", "l0", "h1", "l1", "h2", "l3", "h3", "h4"], "{:?}", cluster.product);
        let refused = events(&elastic, &of(Family::Failed), 0, 10).await.events;
        let event = &refused[0];
        assert_eq!((event.kind.name(), event.user.as_ref().map(Foreign::raw), event.code), ("sec4625_lt10", Some("CORP\\kim"), Some(4625)));
        assert_eq!(event.reason.as_ref().map(Foreign::raw), Some("0xc000006d 0xc000006a"));
        let many = events(&elastic, &scope, 0, usize::MAX).await;
        assert_eq!(many.events.len(), 8);
    }
}

#[tokio::test]
async fn more_pages_than_one_are_read_without_loss() {
    for cluster in clusters() {
        let index = cluster.index("pages");
        let documents: Vec<(String, Value)> = (0..2500)
            .map(|number: u32| {
                let source = format!("10.{}.{}.{}", number % 3, number / 250, number % 250);
                let document = json!({
                    "@timestamp": format!("2025-01-01T00:00:{:02}.000Z", number % 5), "event_id": 3, "log_name": "Microsoft-Windows-Sysmon/Operational",
                    "src_ip_addr": source, "dst_ip_addr": "10.9.9.9", "dst_port": 3389, "network_initiated": "false", "host_name": "FS01",
                });
                (format!("p{number}"), document)
            })
            .collect();
        cluster.load(&index, &dynamic(), &documents).await;
        let elastic = connect(cluster.connection(&[index])).await.expect("a connection");
        let page = events(&elastic, &Scope::over(Range::ALL), 0, 10_000).await;
        let ids: std::collections::BTreeSet<&str> = page.events.iter().filter_map(|event| event.origin.id.as_ref()).map(Foreign::raw).collect();
        assert_eq!((page.total, ids.len(), page.completeness.is_whole()), (2500, 2500, true), "{:?} {:?}", cluster.product, page.completeness);
        let counts = counts(&elastic, &Scope::over(Range::ALL), By::HostName).await;
        assert_eq!((counts.destinations[0].events, counts.destinations[0].sources.len()), (2500, 2500));
    }
}

#[tokio::test]
async fn an_overview_tells_extent_indices_and_kinds() {
    for cluster in clusters() {
        let elastic = with_helk(cluster, "overview").await;
        let Answer::Overview(overview) = elastic.answer(&Ask::Overview).await.expect("an overview") else { panic!("another answer") };
        let extent = overview.extent.expect("events");
        assert_eq!((extent.from.to_string(), extent.to.to_string()), ("2025-01-01T00:00:00Z".to_owned(), "2025-01-01T00:17:00.001Z".to_owned()));
        assert_eq!(overview.reports.len(), 1);
        let report = &overview.reports[0];
        assert_eq!(report.read, 11);
        let kinds: Vec<_> = report.kinds.iter().map(|(kind, events)| (*kind, *events)).collect();
        assert_eq!(
            kinds,
            [("sec4624_lt10", 1), ("sec4624_lt7", 1), ("sec4625_lt10", 1), ("sysmon3_in", 2), ("sysmon3_in_reversed", 1), ("sysmon3_out", 2)],
            "{:?}",
            cluster.product
        );
        assert!(
            overview.title.contains(if cluster.product == support::cluster::Product::OpenSearch { "OpenSearch 2" } else { "Elasticsearch 8" }),
            "{}",
            overview.title
        );
        assert!(overview.is_live);
        assert!(elastic.query_text(&Ask::Arrivals { scope: Scope::over(Range::ALL), bucket: BucketSize::Quarter }).contains("\"dst_port\": 3389"));
    }
}

#[tokio::test]
async fn a_flow_written_many_times_counts_once() {
    for cluster in clusters() {
        let index = cluster.index("flows");
        let report = |flow: &str, minute: u32, last: bool| {
            json!({
                "@timestamp": format!("2025-01-01T00:{minute:02}:00Z"), "event": {"dataset": "network_traffic.flow"}, "flow": {"id": flow, "final": last},
                "source": {"ip": "10.0.0.7"}, "destination": {"ip": "10.0.0.5", "port": 3389},
            })
        };
        let documents = [report("F1", 1, false), report("F1", 11, false), report("F1", 21, true), report("F2", 22, false)];
        let documents: Vec<(String, Value)> = documents.into_iter().enumerate().map(|(number, document)| (number.to_string(), document)).collect();
        cluster.load(&index, &exact(), &documents).await;
        let elastic = connect(cluster.connection(&[index])).await.expect("a connection");
        let counts = counts(&elastic, &Scope::over(Range::ALL), By::DestinationIp).await;
        let buckets: Vec<String> = counts.destinations[0].buckets.iter().map(|bucket| format!("{} x{}", rfc3339(bucket.start), bucket.events)).collect();
        assert_eq!(buckets, ["2025-01-01T00:00:00Z x1", "2025-01-01T00:15:00Z x1"], "{:?}", cluster.product);
        assert_eq!(events(&elastic, &Scope::over(Range::ALL), 0, 10).await.total, 2);
    }
}

#[tokio::test]
async fn indices_mapped_apart_are_counted_together() {
    for cluster in clusters() {
        let [first, second] = ["apart-1", "apart-2"].map(|name| cluster.index(name));
        let one = |number: u32| {
            json!({
                "@timestamp": "2025-01-01T00:00:00Z", "event": {"dataset": "endpoint.events.network", "action": "connection_accepted"}, "host": {"name": "FS01"},
                "source": {"ip": format!("10.0.0.{number}"), "port": 50000}, "destination": {"ip": "10.0.0.5", "port": 3389},
            })
        };
        cluster.load(&first, &exact(), &[("a".to_owned(), one(7)), ("b".to_owned(), one(8))]).await;
        cluster.load(&second, &dynamic(), &[("a".to_owned(), one(8)), ("b".to_owned(), one(9))]).await;
        let elastic = connect(cluster.connection(&[first, second])).await.expect("a connection");
        let counts = counts(&elastic, &Scope::over(Range::ALL), By::DestinationIp).await;
        let sources: Vec<String> = counts.destinations[0].sources.iter().map(|(source, events)| format!("{source} x{events}")).collect();
        assert_eq!(sources, ["10.0.0.7 x1", "10.0.0.8 x2", "10.0.0.9 x1"], "{:?}", cluster.product);
    }
}

/// Every sample document of the schemas that clusters hold, counted by aggregation and read as documents, must be what the
/// same document is in a file.
#[tokio::test]
async fn a_document_is_the_same_event_in_a_cluster_and_in_a_file() {
    let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("an interpreter");
    for cluster in clusters() {
        for (_, schema) in Schemas::built_in().iter().filter(|(_, schema)| !schema.index.is_empty()) {
            let documents = schema.sample.iter().filter_map(|sample| sample.document.as_deref()).map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
            let documents: Vec<(String, Value)> = documents
                .map(|document| document.get("_source").cloned().unwrap_or(document))
                .filter(|document| document.get("@timestamp").is_some_and(Value::is_string))
                // What names no port counts in files only: in a cluster it would be everything. Of a flow a cluster counts the last report.
                .filter(|document| {
                    schema.name != "ecs" || document.pointer("/destination/port").is_some() && document.pointer("/flow/final") != Some(&json!(false))
                })
                .enumerate()
                .map(|(number, document)| (number.to_string(), document))
                .collect();
            if documents.is_empty() {
                continue;
            }
            let read = documents.iter().filter_map(|(_, document)| match interpreter.json(document.to_string().as_bytes()) {
                Ok(Reading::Event { event, .. }) => Some(*event),
                _ => None,
            });
            let mut in_files: Vec<String> = read.map(|event| line(&event)).collect();
            in_files.sort();
            for (mapping, mappings) in [("exact", exact()), ("dynamic", dynamic())] {
                let index = cluster.index(&format!("schema-{}-{mapping}", schema.name));
                cluster.load(&index, &mappings, &documents).await;
                let elastic = connect(cluster.connection(&[index])).await.expect("a connection");
                let mut scope = Scope::over(Range::ALL);
                scope.families = Families::EVERY;
                let page = events(&elastic, &scope, 0, 1000).await;
                let mut in_cluster: Vec<String> = page.events.iter().map(line).collect();
                in_cluster.sort();
                assert_eq!(in_cluster, in_files, "{:?} {} {mapping}", cluster.product, schema.name);
                let counted = counts(&elastic, &scope, By::DestinationIp).await;
                let events = counted.destinations.iter().map(|entry| entry.events).sum::<u64>() + counted.without_destination;
                assert_eq!(events, in_files.len() as u64, "{:?} {} {mapping}", cluster.product, schema.name);
                let mut sources: BTreeMap<String, u64> = BTreeMap::new();
                for event in page.events.iter().filter_map(|event| event.source) {
                    *sources.entry(event.to_string()).or_default() += 1;
                }
                let told: BTreeMap<String, u64> =
                    tally(&elastic, &scope, TallyBy::Source).await.rows.iter().map(|row| (row.value.raw().to_owned(), row.events)).collect();
                assert_eq!(told, sources, "{:?} {} {mapping}", cluster.product, schema.name);
                let mut users: BTreeMap<String, u64> = BTreeMap::new();
                for user in page.events.iter().filter_map(|event| event.user.as_ref()) {
                    *users.entry(user.raw().to_owned()).or_default() += 1;
                }
                let told: BTreeMap<String, u64> = tally_rows(&elastic, &scope).await.into_iter().collect();
                assert_eq!(told, users, "{:?} {} {mapping}", cluster.product, schema.name);
            }
        }
    }
}

fn line(event: &Event) -> String {
    let text = |text: Option<&Foreign>| text.map_or("-", Foreign::raw).to_owned();
    let address = |address: Option<Address>| address.map_or("-".to_owned(), |address| address.to_string());
    format!(
        "{} {} {} > {} {} {}",
        event.time,
        event.kind.name(),
        address(event.source),
        address(event.destination),
        text(event.destination_host()),
        text(event.user.as_ref())
    )
}

fn key_file(folder: &Path, key: &str) -> PathBuf {
    let path = folder.join("key");
    support::private(&path, key);
    path
}

/// An API key that may read this index and nothing else.
async fn read_key(cluster: &Cluster, index: &str) -> Value {
    let rights = json!({"name": index, "role_descriptors": {"reader": {"index": [{"names": [index], "privileges": ["read", "view_index_metadata"]}]}}});
    cluster.send(reqwest::Method::POST, "_security/api_key", rights.to_string()).await
}

#[tokio::test]
async fn an_api_key_opens_what_it_may_and_no_more() {
    let Some(cluster) = elasticsearch() else { return };
    let (open_index, closed_index) = (cluster.index("key-open"), cluster.index("key-closed"));
    cluster.load(&open_index, &dynamic(), &helk()).await;
    cluster.load(&closed_index, &dynamic(), &helk()).await;
    let key = read_key(cluster, &open_index).await;
    let folder = tempfile::tempdir().expect("a folder");
    for text in
        [key["encoded"].as_str().expect("a key").to_owned(), format!("{}:{}\n", key["id"].as_str().expect("an id"), key["api_key"].as_str().expect("a key"))]
    {
        let mut connection = cluster.connection(std::slice::from_ref(&open_index));
        connection.credentials = Credentials::api_key_from_file(&key_file(folder.path(), &text)).expect("a key");
        let elastic = connect(connection.clone()).await.expect("a connection without the right to the banner");
        assert_eq!(counts(&elastic, &Scope::over(Range::ALL), By::HostName).await.destinations[0].events, 6);
        assert_eq!(events(&elastic, &Scope::over(Range::ALL), 0, 100).await.total, 8);

        connection.index = vec![closed_index.clone()];
        let elastic = connect(connection).await.expect("a connection");
        let error = elastic.answer(&Ask::Overview).await.expect_err("refused");
        assert!(error.what.contains("no right") && error.what.contains(&closed_index), "{error}");
        assert!(error.advice.as_deref().is_some_and(|advice| advice.contains("view_index_metadata")), "{:?}", error.advice);
    }
    let mut connection = cluster.connection(&[open_index]);
    connection.credentials = Credentials::ApiKey("bm9ib2R5Om5vdGhpbmc=".to_owned());
    let error = connect(connection).await.expect_err("refused");
    assert!(error.what.ends_with("refused the credentials (401)"), "{error}");
    assert!(!format!("{error:?}").contains("bm9ib2R5"), "{error:?}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_with_the_reason() {
    let (clusters, folder) = (clusters(), tempfile::tempdir().expect("a folder"));
    for cluster in &clusters {
        let mut connection = cluster.connection(&[]);
        connection.ca_cert = None;
        let error = connect(connection.clone()).await.expect_err("refused");
        assert!(error.what.ends_with("was signed by O=local-test, CN=test CA, an authority this machine does not trust"), "{error}");
        assert!(error.advice.as_deref().is_some_and(|advice| advice.contains("--ca-cert")));
        connection.ca_cert = Some(folder.path().join("missing.pem"));
        let error = connect(connection).await.expect_err("refused");
        assert!(error.what.starts_with("the CA file "), "{error}");
    }
    if let [one, other] = clusters.as_slice() {
        let mut connection = one.connection(&[]);
        connection.ca_cert.clone_from(&other.ca);
        let error = connect(connection).await.expect_err("refused");
        assert!(error.what.contains("CN=test CA, which is neither an authority of ") && error.what.ends_with(" nor one this machine trusts"), "{error}");
    }
}

const BANNER: &str = r#"{"cluster_name":"lab","version":{"number":"8.19.0"}}"#;
const FIELD_CAPS: &str = r#"{"indices":["logs-x"],"fields":{"@timestamp":{"date":{}},"event_id":{"long":{}},"dst_port":{"long":{}},"src_ip_addr":{"ip":{}},
    "dst_ip_addr":{"ip":{}},"host_name":{"keyword":{}},"log_name":{"keyword":{}},"network_initiated":{"keyword":{}}}}"#;

/// A cluster that answers searches as told.
async fn searched(search: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |request, before| {
        let line = request.lines().next().unwrap_or_default();
        if line.contains("_search") {
            search(request, before)
        } else if line.contains("_field_caps") {
            Reply::json("200 OK", FIELD_CAPS)
        } else {
            Reply::json("200 OK", BANNER)
        }
    })
    .await
}

fn census(shards: &str, timed_out: bool) -> String {
    format!(
        r#"{{"timed_out":{timed_out},"_shards":{shards},"aggregations":{{"schema0":{{"doc_count":2,"log0":{{"doc_count":2,"1":{{"doc_count":2,
        "counted":{{"doc_count":2,"first":{{"value":1735689600000.0}},"last":{{"value":1735689660000.0}},"f0":{{"doc_count":2}},"f1":{{"doc_count":2}},"f2":{{"doc_count":2}}}}}}}}}},
        "rows":{{"buckets":[{{"key":{{"@bucket":1735689600000,"src_ip_addr":"10.0.0.7","dst_ip_addr":"10.0.0.5","host_name":"FS01"}},"doc_count":2,"first":{{"value":1735689600000.0}},"last":{{"value":1735689660000.0}}}}]}}}}}}"#
    )
}

async fn arrivals_of(server: &Scripted) -> Result<Answer, BackendError> {
    let elastic = connect(Connection::to(vec![server.url.clone()])).await?;
    elastic.answer(&Ask::Arrivals { scope: of(Family::Network), bucket: BucketSize::Quarter }).await
}

#[tokio::test]
async fn partial_and_timed_out_answers_are_never_complete() {
    for (shards, timed_out, words) in [
        (r#"{"total":5,"successful":3,"failed":2}"#, false, "PARTIAL 3/5 shards"),
        (r#"{"total":5,"successful":5,"failed":0}"#, true, "TIMED OUT"),
        (r#"{"total":5,"successful":5,"failed":0}"#, false, "complete"),
    ] {
        let body = census(shards, timed_out);
        let server = searched(move |_, _| Reply::json("200 OK", body.clone())).await;
        let answer = arrivals_of(&server).await.expect("arrivals");
        assert_eq!(answer.completeness().words(), words);
        let Answer::Arrivals(arrivals) = answer else { panic!("another answer") };
        assert_eq!(arrivals.rows.iter().map(|row| row.events).sum::<u32>(), 2);
    }
}

#[tokio::test]
async fn an_overloaded_cluster_is_asked_four_times_and_a_refusal_once() {
    let busy =
        searched(|_, _| Reply { status: "502 Bad Gateway", headers: "Content-Type: text/html\r\nRetry-After: 0\r\n", body: "<html>nginx</html>".to_owned() })
            .await;
    let error = arrivals_of(&busy).await.expect_err("no answer");
    assert!(error.what.ends_with("answered 502 Bad Gateway"), "{error}");
    assert!(error.advice.is_some());
    assert_eq!(busy.asked_for("_search").len(), 4);

    let passing = searched(|_, before| {
        if before < 4 {
            let body = r#"{"error":{"type":"circuit_breaking_exception","reason":"too large","durability":"TRANSIENT"}}"#;
            return Reply { status: "429 Too Many Requests", headers: "Content-Type: application/json\r\nRetry-After: 0\r\n", body: body.to_owned() };
        }
        Reply::json("200 OK", census(r#"{"total":1,"successful":1,"failed":0}"#, false))
    })
    .await;
    assert!(arrivals_of(&passing).await.expect("an answer after two refusals").completeness().is_whole());

    let permanent = searched(|_, _| Reply {
        status: "429 Too Many Requests",
        headers: "Content-Type: application/json\r\nRetry-After: 0\r\n",
        body: r#"{"error":{"type":"circuit_breaking_exception","reason":"too large \u001b[2J","durability":"PERMANENT"}}"#.to_owned(),
    })
    .await;
    let error = arrivals_of(&permanent).await.expect_err("no answer");
    assert_eq!(permanent.asked_for("_search").len(), 1);
    assert!(error.what.contains("overloaded") && !error.what.contains('\u{1b}'), "{error}");

    let strict = Scripted::start(|_, _| Reply::json("401 Unauthorized", r#"{"error":{"type":"security_exception","reason":"no"}}"#)).await;
    let mut connection = Connection::to(vec![strict.url.clone()]);
    connection.credentials = Credentials::Basic { user: "kim".to_owned(), password: "hunter2".to_owned() };
    let error = connect(connection).await.expect_err("refused");
    assert!(error.what.contains("(401)") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(strict.asked.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn only_reading_requests_are_sent_and_they_bear_our_name() {
    let server = searched(|_, _| Reply::json("200 OK", census(r#"{"total":1,"successful":1,"failed":0}"#, false))).await;
    let elastic = connect(Connection::to(vec![server.url.clone()])).await.expect("a connection");
    for ask in [
        Ask::Overview,
        Ask::Arrivals { scope: of(Family::Network), bucket: BucketSize::Quarter },
        Ask::Counts { scope: of(Family::Network), bucket: BucketSize::Hour, by: By::Destination },
    ] {
        elastic.answer(&ask).await.expect("an answer");
    }
    let asked = server.asked.lock().expect("no panic").clone();
    assert!(asked.len() >= 6);
    for request in asked {
        let line = request.lines().next().unwrap_or_default();
        let path = line.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
        assert!(line.starts_with("GET ") || line.starts_with("POST "), "{line}");
        assert!(path == "/" || ["_field_caps", "_search"].iter().any(|end| path.ends_with(end)), "{line}");
        let head = request.to_ascii_lowercase();
        assert!(head.contains("user-agent: rdptriage/") && head.contains("x-opaque-id: rdptriage"), "{request}");
        assert!(!head.contains("x-elastic-client-meta"), "{request}");
    }
}

#[tokio::test]
async fn what_is_no_cluster_is_said_to_be_none() {
    let page = Scripted::start(|_, _| Reply { status: "200 OK", headers: "Content-Type: text/html\r\n", body: "<html>Kibana</html>".to_owned() }).await;
    let error = connect(Connection::to(vec![page.url.clone()])).await.expect_err("no cluster");
    assert!(error.what.ends_with("answered, but not with JSON"), "{error}");
    assert!(error.advice.is_some_and(|advice| advice.contains("Kibana")));
}
