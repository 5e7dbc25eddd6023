//! The same documents in Elasticsearch, in OpenSearch and in a file: `counts`, what `detect` counts by, `events`, `hunt` and
//! filters have the same answers, however the fields are mapped. Times are compared at milliseconds: a `date` keeps no more.

use std::sync::Arc;

use rdptriage::backend::Backend;
use rdptriage::backend::elastic::Elastic;
use rdptriage::backend::local::open::{Local, read};
use rdptriage::backend::local::read::progress::Silent;
use rdptriage::domain::time::rfc3339;
use rdptriage::domain::{BucketSize, By, Families, Family, Foreign, Range, Timestamp};
use rdptriage::query::{Answer, Ask, Filter, Scope, TallyBy};
use rdptriage::schema::{Interpreter, Options, Schemas};
use rdptriage::sigma::{RuleSet, SUSPICIOUS_OUTBOUND_RDP};
use serde_json::{Value, json};

use super::documents::{Indices, write};
use super::support::cluster::{Product, clusters};
use super::{Documents, analysed, connect, dynamic, exact, line};

/// What the schemas show of themselves, each in an index of its own, all asked together.
fn samples() -> Indices {
    let mut indices = Indices::new();
    for (_, schema) in Schemas::built_in().iter().filter(|(_, schema)| !schema.index.is_empty() && !schema.loose) {
        let texts = schema.sample.iter().filter_map(|sample| sample.document.as_deref());
        let documents = texts.map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        let documents: Documents = documents
            .map(|document| document.get("_source").cloned().unwrap_or(document))
            .filter(|document| document.get("@timestamp").is_some_and(Value::is_string))
            // What names no port counts in files only: in a cluster it would be everything.
            .filter(|document| schema.name != "ecs" || document.pointer("/destination/port").is_some())
            .enumerate()
            .map(|(number, document)| (format!("{}-{number}", schema.name), document))
            .collect();
        if !documents.is_empty() {
            indices.push((schema.name.clone(), documents));
        }
    }
    indices
}

/// A server that is sprayed, in the words of Elastic's shippers: accepted connections, refusals, logons, sessions.
fn sprayed() -> Documents {
    let mut documents = Documents::new();
    // Every record has its own number: files count a record once, by host, log and number.
    let mut add = |mut document: Value| {
        if let Some(record) = document.pointer_mut("/winlog/record_id") {
            *record = json!(1000 + documents.len());
        }
        documents.push((format!("s{}", documents.len()), document));
    };
    for number in 0..40_u32 {
        let (minute, source) = (number / 2, format!("198.51.100.{}", 10 + number % 17));
        let time = format!("2026-03-08T15:{minute:02}:{:02}.{:03}Z", number % 60, number * 7 % 1000);
        let winlog = |code: u32, channel: &str, data: Value| {
            json!({
                "@timestamp": time, "event": {"code": code.to_string()}, "host": {"name": "fs01"},
                "winlog": {"event_id": code, "channel": channel, "computer_name": "FS01.corp.example", "record_id": 0, "event_data": data},
            })
        };
        add(winlog(
            131,
            "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
            json!({"ConnType": "TCP", "ClientIP": format!("{source}:{}", 50_000 + number)}),
        ));
        if number % 2 == 0 {
            add(winlog(140, "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", json!({"IPString": source})));
            add(winlog(
                4625,
                "Security",
                json!({"LogonType": "10", "IpAddress": format!("::ffff:{source}"), "TargetUserName": format!("user{}", number % 5), "TargetDomainName": "CORP", "Status": "0xc000006d", "SubStatus": "0xc000006a"}),
            ));
        }
        if number % 7 == 0 {
            let mut one =
                winlog(4624, "Security", json!({"LogonType": "10", "IpAddress": source, "TargetUserName": "M\u{fc}ller", "TargetDomainName": "CORP"}));
            one["winlog"]["logon"] = json!({"type": "RemoteInteractive"});
            add(one);
            add(winlog(4624, "Security", json!({"LogonType": "7", "IpAddress": "-", "TargetUserName": "kim", "TargetDomainName": "CORP"})));
            add(winlog(4778, "Security", json!({"AccountName": "kim", "AccountDomain": "CORP", "ClientAddress": source, "ClientName": "WS-9"})));
            let mut one = winlog(1149, "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", json!({}));
            one["winlog"]["user_data"] = json!({"Param1": "kim", "Param2": "CORP", "Param3": source});
            add(one);
            let mut one = winlog(21, "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", json!({}));
            one["winlog"]["user_data"] =
                json!({"User": "CORP\\kim", "SessionID": "3", "Address": if number == 7 { "LOCAL".to_owned() } else { source.clone() }});
            add(one);
            // The named values were lost, the rendered message has them.
            let mut one = winlog(21, "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", json!({}));
            one["message"] =
                json!(format!("Remote Desktop Services: Session logon succeeded:\n\nUser: CORP\\lee\nSession ID: 4\nSource Network Address: {source}"));
            add(one);
        }
        if number % 3 == 0 {
            add(json!({
                "@timestamp": time, "data_stream": {"dataset": "endpoint.events.network"}, "event": {"action": "connection_accepted"},
                "source": {"ip": source, "port": 40_000 + number}, "destination": {"ip": "10.9.0.4", "port": 3389}, "host": {"name": "FS01"},
                "network": {"direction": "ingress"}, "process": {"executable": "C:\\Windows\\System32\\svchost.exe"},
            }));
        }
    }
    documents
}

/// The same documents in a file.
fn file_of(indices: &Indices, folder: &std::path::Path) -> Local {
    let path = folder.join("documents.ndjson");
    write(indices, &path);
    let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::built_in()), Options::default()).expect("an interpreter");
    let paths = vec![path];
    Local::new(read(&paths, &interpreter, &Silent).expect("read"), paths)
}

fn at_millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// `counts` in words.
async fn told(backend: &dyn Backend, scope: &Scope, by: By) -> Vec<String> {
    let Answer::Counts(counts) = backend.answer(&Ask::Counts { scope: scope.clone(), bucket: BucketSize::Quarter, by }).await.expect("counts") else {
        panic!("another answer")
    };
    let mut lines: Vec<String> = counts
        .destinations
        .iter()
        .map(|entry| {
            let users: Vec<String> = entry.users.iter().map(|(user, events)| format!("{}={events}", user.raw())).collect();
            let sources: Vec<String> = entry.sources.iter().map(|(source, events)| format!("{source}={events}")).collect();
            let buckets: Vec<String> = entry.buckets.iter().map(|bucket| format!("{}={}/{}", rfc3339(bucket.start), bucket.events, bucket.sources)).collect();
            let (label, first, last) = (entry.destination.label(), at_millis(entry.first), at_millis(entry.last));
            format!("{} {} {first} {last} {users:?} {sources:?} {buckets:?}", label.raw(), entry.events)
        })
        .collect();
    lines.sort();
    lines.push(format!("without destination {}, without source {}", counts.without_destination, counts.without_source));
    lines
}

async fn event_lines(backend: &dyn Backend, scope: &Scope) -> Vec<String> {
    let Answer::Events(page) = backend.answer(&Ask::Events { scope: scope.clone(), skip: 0, take: 100_000 }).await.expect("events") else {
        panic!("another answer")
    };
    let mut lines: Vec<String> = page
        .events
        .iter()
        .map(|event| format!("{} {:?} {:?} {:?} {:?}", line(event), event.origin.id.as_ref().map(Foreign::raw), event.process, event.reason, event.details))
        .collect();
    lines.sort();
    lines.push(format!("{} in all", page.total));
    lines
}

async fn tallied(backend: &dyn Backend, scope: &Scope, by: TallyBy) -> Vec<String> {
    let Answer::Tally(tally) = backend.answer(&Ask::Tally { scope: scope.clone(), by }).await.expect("a tally") else { panic!("another answer") };
    let mut lines: Vec<String> = tally
        .rows
        .iter()
        .map(|row| {
            let times = (at_millis(row.first), at_millis(row.last));
            // The lists within a row have no order of their own.
            let (mut sources, mut users) = (row.sources.clone(), row.users.clone());
            sources.sort();
            users.sort();
            format!("{:?} {} {times:?} {:?} {sources:?} {users:?} {} {:?}", row.value, row.events, row.families, row.destinations, row.reasons)
        })
        .collect();
    lines.sort();
    lines.push(format!("without {}", tally.without));
    lines
}

/// Filters of every sort, in and out.
const FILTERS: &[&str] = &[
    "source:198.51.100.0/24",
    "not source:198.51.100.12",
    "user:kim or user:*\\\\lee",
    "user:M\u{dc}LLER",
    "host:fs01*",
    "process:*SVCHOST.exe and port:3389",
    "kind:sec46* and not user:user1",
    "code >= 4625",
    "@timestamp >= 2026-03-08T15:04:05Z",
    "source.port > 40010",
    "user:* and not process:*",
    "host:nothing",
];

/// The lines that only one of the two has.
fn assert_equal(cluster: &[String], file: &[String], what: &str) {
    let only = |these: &[String], those: &[String]| these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n");
    assert!(cluster == file, "{what}\nonly in the cluster:\n{}\nonly in the file:\n{}", only(cluster, file), only(file, cluster));
}

async fn assert_alike(cluster: &Elastic, file: &Local, what: &str) {
    for family in [Some(Family::Network), None] {
        let mut scope = Scope::over(Range::ALL);
        scope.families = family.map_or(Families::EVERY, Families::only);
        for by in [By::DestinationIp, By::Destination] {
            assert_equal(&told(cluster, &scope, by).await, &told(file, &scope, by).await, &format!("{what} counts {family:?} {by:?}"));
        }
        assert_equal(&event_lines(cluster, &scope).await, &event_lines(file, &scope).await, &format!("{what} events {family:?}"));
    }
    let everything = Scope::over(Range::ALL);
    for by in [TallyBy::Source, TallyBy::User, TallyBy::Destination, TallyBy::Process] {
        assert_equal(&tallied(cluster, &everything, by).await, &tallied(file, &everything, by).await, &format!("{what} tally {by:?}"));
    }
    for text in if what.contains("sprayed") { FILTERS } else { &[] } {
        let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let scope = Scope { filter, families: Families::EVERY, ..Scope::over(Range::ALL) };
        assert_equal(&told(cluster, &scope, By::Destination).await, &told(file, &scope, By::Destination).await, &format!("{what} counts where {text}"));
        assert_equal(&event_lines(cluster, &scope).await, &event_lines(file, &scope).await, &format!("{what} events where {text}"));
    }
    let found = |answer: Answer| -> Vec<String> {
        let Answer::Hunt(hits) = answer else { panic!("another answer") };
        let mut lines: Vec<String> =
            hits.hits.iter().map(|hit| format!("{} {:?} {:?} {:?} {:?}", at_millis(hit.time), hit.host, hit.image, hit.user, hit.id)).collect();
        lines.sort();
        lines
    };
    let ask = Ask::Hunt { scope: everything, rule: SUSPICIOUS_OUTBOUND_RDP.to_owned() };
    assert_equal(&found(cluster.answer(&ask).await.expect("a hunt")), &found(file.answer(&ask).await.expect("a hunt")), &format!("{what} hunt"));
}

#[tokio::test]
async fn the_same_documents_have_the_same_answers_everywhere() {
    let mapped = [("exact", exact()), ("dynamic", dynamic()), ("analysed", analysed())];
    for cluster in clusters() {
        // Every mapping once for each product would say the same twice.
        let is_one = cluster.product == Product::Elasticsearch;
        let chosen: [(&str, &str, Indices); 3] = [
            ("sprayed", if is_one { "exact" } else { "dynamic" }, vec![("sprayed".to_owned(), sprayed())]),
            ("sprayed", "analysed", vec![("sprayed".to_owned(), sprayed())]),
            ("samples", if is_one { "analysed" } else { "exact" }, samples()),
        ];
        for (name, mapping, indices) in &chosen {
            let mappings = mapped.iter().find(|(known, _)| known == mapping).map(|(_, mappings)| mappings).expect("a mapping");
            let named: Indices =
                indices.iter().map(|(index, documents)| (cluster.index(&format!("parity-{name}-{index}-{mapping}")), documents.clone())).collect();
            for (index, documents) in &named {
                cluster.load(index, mappings, documents).await;
            }
            let names: Vec<String> = named.iter().map(|(index, _)| index.clone()).collect();
            let elastic = connect(cluster.connection(&names)).await.expect("a connection");
            let folder = tempfile::tempdir().expect("a folder");
            let file = file_of(&named, folder.path());
            assert_alike(&elastic, &file, &format!("{:?} {name} {mapping}", cluster.product)).await;
        }
    }
}
