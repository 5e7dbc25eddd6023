//! Alerts and the doctor against real servers: documents of our own in indices of those names, a key made from the doctor's
//! own request, a key without rights on alerts.

use std::sync::Arc;

use rdptriage::analysis::health::{Diagnosis, examine, key};
use rdptriage::backend::Backend;
use rdptriage::backend::elastic::{Credentials, Elastic};
use rdptriage::backend::local::open::{Local, read};
use rdptriage::backend::local::read::progress::Silent;
use rdptriage::domain::{Address, BucketSize, By, Destination, Families, Foreign, Health, Range};
use rdptriage::query::{Alerts, Answer, Ask, Company, Scope, Seen, TallyBy};
use rdptriage::schema::{Interpreter, Options, Schemas};
use rdptriage::sigma::{RuleSet, SUSPICIOUS_OUTBOUND_RDP};
use serde_json::{Value, json};

use super::connect;
use super::support::cluster::{Cluster, Product, clusters, elasticsearch};

const SERVER: &str = "10.88.4.17";
const SPIKE: &str = "lmd_high_rdp_distinct_count_source_ip_for_destination";

/// As Kibana and the job write them: words exact, times as times.
fn mappings() -> Value {
    json!({
        "dynamic_templates": [{"words": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}],
        "properties": {
            "@timestamp": {"type": "date"}, "timestamp": {"type": "date"}, "record_score": {"type": "double"}, "influencer_score": {"type": "double"},
            "source": {"properties": {"ip": {"type": "ip"}}}, "destination": {"properties": {"ip": {"type": "ip"}}}, "host": {"properties": {"ip": {"type": "ip"}}},
        }
    })
}

fn alert(id: &str, name: &str, minute: u32, more: Value) -> (String, Value) {
    let mut document = json!({
        "@timestamp": format!("2026-03-02T12:{minute:02}:30.000Z"), "kibana.alert.uuid": id, "kibana.alert.rule.rule_id": format!("rule-{id}"),
        "kibana.alert.rule.name": name, "kibana.alert.original_time": format!("2026-03-02T12:{minute:02}:00.000Z"), "kibana.alert.severity": "medium",
        "kibana.alert.risk_score": 47, "kibana.alert.workflow_status": "open", "kibana.alert.rule.threat": [{"tactic": {"name": "Execution"}}],
    });
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    (id.to_owned(), document)
}

fn alerts() -> Vec<(String, Value)> {
    vec![
        alert("a1", "by host name", 1, json!({"host": {"name": "fs88"}})),
        alert("a2", "by host address", 2, json!({"host": {"name": "other", "ip": ["::1", SERVER]}})),
        alert("a3", "by source", 3, json!({"source": {"ip": "10.88.66.12"}, "host": {"name": "WS01"}})),
        alert("a4", "by user", 4, json!({"user": {"name": "admmig", "domain": "CORP"}, "host": {"name": "WS02"}})),
        alert("a5", "of somebody else", 5, json!({"user": {"name": "kim"}, "host": {"name": "WS03"}, "source": {"ip": "10.88.1.1"}})),
        // Raised seven hours later about the bucket in question, as the rule does.
        (
            "a6".to_owned(),
            json!({
                "@timestamp": "2026-03-02T19:16:00.000Z", "kibana.alert.uuid": "a6", "kibana.alert.rule.rule_id": "18a5dd9a-e3fa-4996-99b1-ae533b8f27fc",
                "kibana.alert.rule.name": "Spike at a destination", "kibana.alert.severity": "low", "kibana.alert.risk_score": 21, "job_id": SPIKE,
                "result_type": "record", "record_score": 84.0, "bucket_span": 21600, "timestamp": 1_772_452_800_000_i64,
                "partition_field_name": "destination.ip", "partition_field_value": SERVER, "actual": [14], "typical": [1],
            }),
        ),
        (
            "a7".to_owned(),
            json!({"@timestamp": "2026-03-01T12:00:00.000Z", "kibana.alert.uuid": "a7", "kibana.alert.rule.name": "of yesterday", "host": {"name": "FS88"}}),
        ),
    ]
}

fn results() -> Vec<(String, Value)> {
    let record = |id: &str, job: &str, score: f64, entity: &str| {
        let document = json!({
            "job_id": job, "result_type": "record", "timestamp": 1_772_452_800_000_i64, "bucket_span": 21600, "record_score": score, "initial_record_score": 90.0,
            "partition_field_name": "destination.ip", "partition_field_value": entity, "actual": [14.0], "typical": [1.1], "is_interim": false,
            "influencers": [{"influencer_field_name": "source.ip", "influencer_field_values": ["10.88.66.12"]}],
        });
        (id.to_owned(), document)
    };
    let influencer = json!({
        "job_id": SPIKE, "result_type": "influencer", "timestamp": 1_772_452_800_000_i64, "bucket_span": 21600, "influencer_field_name": "source.ip",
        "influencer_field_value": "10.88.66.12", "influencer_score": 77.0,
    });
    let model = json!({
        "job_id": SPIKE, "result_type": "model_plot", "timestamp": 1_772_452_800_000_i64, "bucket_span": 21600, "partition_field_name": "destination.ip",
        "partition_field_value": SERVER, "model_lower": 0.0, "model_median": 1.0, "model_upper": 2.5, "actual": 14.0,
    });
    vec![
        record("r1", SPIKE, 84.0, SERVER),
        record("r2", "lmd_high_rdp_distinct_count_source_ip_for_destination_ea", 70.0, SERVER),
        record("r3", "lmd-high-rdp-distinct-count-source-ip-for-destination", 60.0, SERVER),
        record("r4", "lmd_high_sum_rdp_number_of_processes_ea", 44.0, SERVER),
        record("r5", SPIKE, 50.0, "10.88.9.9"),
        record("r6", "some_other_job", 99.0, SERVER),
        ("i1".to_owned(), influencer),
        ("m1".to_owned(), model),
        ("b1".to_owned(), json!({"job_id": SPIKE, "result_type": "bucket", "timestamp": 1_772_452_800_000_i64, "anomaly_score": 84.0})),
    ]
}

fn range() -> Range {
    Range { from: "2026-03-02T12:00:00Z".parse().expect("a time"), to: "2026-03-02T13:00:00Z".parse().expect("a time") }
}

/// The server, and who kept it company.
fn question() -> (Scope, Company) {
    let mut destination = Destination::from(Address::clean(SERVER).expect("an address"));
    destination.hosts.insert("FS88".into());
    let company = Company { sources: Address::clean("10.88.66.12").into_iter().collect(), users: vec!["CORP\\admmig".into()] };
    (Scope::over(range()).at(Arc::new(destination)), company)
}

async fn asked(backend: &dyn Backend, scope: Scope, company: Company) -> Alerts {
    match backend.answer(&Ask::Alerts { scope, company }).await.expect("alerts") {
        Answer::Alerts(alerts) => alerts,
        other => panic!("{other:?}"),
    }
}

async fn examined(elastic: &Elastic) -> Health {
    match elastic.answer(&Ask::Health { range: Range::ALL }).await.expect("health") {
        Answer::Health(health) => *health,
        other => panic!("{other:?}"),
    }
}

/// Alerts as `id title score`, newest first.
fn told(alerts: &Alerts) -> Vec<String> {
    let one = |alert: &rdptriage::domain::Alert| {
        let score = alert.anomaly.as_ref().map_or_else(String::new, |anomaly| format!(" {:.0}", anomaly.score));
        format!("{} {}{score}", alert.origin.id.as_ref().map_or("-", Foreign::raw), alert.title.raw())
    };
    alerts.alerts.iter().map(one).collect()
}

async fn load(cluster: &Cluster) {
    static LOADED: tokio::sync::Mutex<Vec<Product>> = tokio::sync::Mutex::const_new(Vec::new());
    let mut loaded = LOADED.lock().await;
    if !loaded.contains(&cluster.product) {
        cluster.load(&format!(".alerts-security.alerts-t{}", std::process::id()), &mappings(), &alerts()).await;
        cluster.load(&format!(".ml-anomalies-t{}", std::process::id()), &mappings(), &results()).await;
        loaded.push(cluster.product);
    }
}

#[tokio::test]
async fn what_touches_a_destination_is_the_same_from_clusters_and_files() {
    for cluster in clusters() {
        load(cluster).await;
        let elastic = connect(cluster.connection(&[cluster.index("none-*")])).await.expect("a connection");
        let (scope, company) = question();
        let found = asked(&elastic, scope.clone(), company.clone()).await;
        let expected = [
            "a6 Spike at a destination 84",
            "r3 lmd-high-rdp-distinct-count-source-ip-for-destination 60",
            "r1 lmd_high_rdp_distinct_count_source_ip_for_destination 84",
            "r2 lmd_high_rdp_distinct_count_source_ip_for_destination_ea 70",
            "r4 lmd_high_sum_rdp_number_of_processes_ea 44",
            "a4 by user",
            "a3 by source",
            "a2 by host address",
            "a1 by host name",
        ];
        // A record names the source that contributed: the one about another server touches this one by it.
        let with_neighbour: Vec<String> = told(&found).into_iter().filter(|line| !line.starts_with("r5 ")).collect();
        assert_eq!(with_neighbour, expected, "{:?}", cluster.product);
        assert_eq!(found.influencers.iter().map(|influencer| (influencer.value.raw(), influencer.score)).collect::<Vec<_>>(), [("10.88.66.12", 77.0)]);
        assert_eq!(found.model.iter().map(|point| (point.typical, point.upper)).collect::<Vec<_>>(), [(1.0, 2.5)]);
        assert!(found.is_all_visible(), "{:?}", found.sights);

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("alerts.ndjson");
        let lines = |index: &str, documents: Vec<(String, Value)>| {
            documents.into_iter().map(|(id, source)| json!({"_index": index, "_id": id, "_source": source}).to_string() + "\n").collect::<String>()
        };
        std::fs::write(&file, lines(".alerts", alerts()) + &lines(".ml", results())).expect("written");
        let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("an interpreter");
        let local = Local::new(read(std::slice::from_ref(&file), &interpreter, &Silent).expect("read"), vec![file]);
        let mut in_file = asked(&local, scope, company).await;
        // Of all jobs a cluster is asked for the family alone; a file holds what somebody exported.
        in_file.alerts.retain(|alert| alert.job.as_ref().is_none_or(|job| job.raw() != "some_other_job"));
        assert_eq!(told(&in_file), told(&found), "{:?}", cluster.product);
        assert_eq!((in_file.influencers, in_file.model), (found.influencers, found.model));

        let queue = asked(&elastic, Scope::over(range()), Company::default()).await;
        assert_eq!(queue.alerts.len(), 11, "{:?}", told(&queue));
    }
}

#[tokio::test]
async fn what_is_not_there_or_forbidden_is_said_and_not_nothing() {
    let Some(cluster) = elasticsearch() else { return };
    load(cluster).await;
    let index = cluster.index("sight");
    cluster.load(&index, &super::exact(), &defend()).await;
    let key = super::read_key(cluster, &index).await;
    let mut connection = cluster.connection(std::slice::from_ref(&index));
    connection.credentials = Credentials::api_key(key["encoded"].as_str().expect("a key")).expect("a key");
    let elastic = connect(connection).await.expect("a connection");
    let found = asked(&elastic, Scope::over(range()), Company::default()).await;
    assert!(found.alerts.is_empty() && !found.is_all_visible());
    let seen: Vec<&Seen> = found.sights.iter().map(|sight| &sight.seen).collect();
    assert_eq!(
        seen,
        [
            &Seen::Forbidden("no right to read .alerts-security.alerts-*,.siem-signals-*".to_owned()),
            &Seen::Forbidden("no right to read .ml-anomalies-*".to_owned())
        ]
    );
    let health = examined(&elastic).await;
    let diagnoses = examine(&health);
    let rights = of(&diagnoses, "rights");
    assert_eq!(rights[0].status.word(), "warn");
    assert!(rights[0].figure.contains("read on .alerts-security.alerts-* (to see security alerts)"), "{rights:?}");
    assert!(of(&diagnoses, "sources")[0].figure.starts_with("Elastic Defend process 4"), "{diagnoses:?}");
}

fn of<'a>(diagnoses: &'a [Diagnosis], check: &str) -> Vec<&'a Diagnosis> {
    diagnoses.iter().filter(|diagnosis| diagnosis.check == check).collect()
}

/// Process events of remote sessions on two hosts whose addresses begin with `::1`, one without addresses, one of the system.
fn defend() -> Vec<(String, Value)> {
    let rows: [(&str, Value, &str); 4] = [
        ("FS88", json!(["10.88.4.17", "fe80::1", "::1", "127.0.0.1"]), "kim"),
        ("FS88", json!(["10.88.4.17", "fe80::1", "::1", "127.0.0.1"]), "SYSTEM"),
        ("DC88", json!(["192.0.2.7", "::1", "127.0.0.1"]), "kim"),
        ("WS88", Value::Null, "kim"),
    ];
    let one = |(number, (host, addresses, user)): (usize, &(&str, Value, &str))| {
        let mut document = json!({
            "@timestamp": format!("2026-03-02T12:0{number}:00.000Z"), "data_stream": {"dataset": "endpoint.events.process"},
            "event": {"category": ["process"], "ingested": format!("2026-03-02T12:0{number}:09.000Z")}, "host": {"name": host}, "user": {"name": user},
            "process": {"Ext": {"session_info": {"logon_type": "RemoteInteractive", "client_address": "10.88.66.12"}}},
        });
        if !addresses.is_null() {
            document["host"]["ip"] = addresses.clone();
        }
        (format!("d{number}"), document)
    };
    rows.iter().enumerate().map(one).collect()
}

#[tokio::test]
async fn the_doctor_finds_what_the_rule_cannot_see() {
    for cluster in clusters() {
        let index = cluster.index("doctor");
        cluster.load(&index, &super::exact(), &defend()).await;
        let lateral = format!("ml-rdp-lmd-t{}", std::process::id());
        let sessions: Vec<(String, Value)> = ["::1", "::1", "::1", "10.88.4.17"]
            .iter()
            .enumerate()
            .map(|(number, address)| (number.to_string(), json!({"destination": {"ip": address}, "session": {"start_time": "2026-03-02T12:00:00Z"}})))
            .collect();
        let mapping =
            json!({"properties": {"destination": {"properties": {"ip": {"type": "ip"}}}, "session": {"properties": {"start_time": {"type": "date"}}}}});
        cluster.load(&lateral, &mapping, &sessions).await;
        let elastic = connect(cluster.connection(&[index])).await.expect("a connection");
        let diagnoses = examine(&examined(&elastic).await);
        let figures =
            |check: &str| of(&diagnoses, check).iter().map(|diagnosis| format!("{}: {}", diagnosis.status.word(), diagnosis.figure)).collect::<Vec<_>>();
        assert_eq!(figures("host-ip"), ["warn: host.ip in 75 %, client address in 100 % of 4 process events of remote sessions"], "{:?}", cluster.product);
        assert_eq!(
            figures("host-order"),
            ["bad: of 2 hosts, 2 would stand under no address of their own in the newer package (takes the first), 1 in the older (takes the second)"]
        );
        assert_eq!(figures("collapse"), ["bad: 75 % of 4 sessions at an address that every host has; most at ::1 3, 10.88.4.17 1"]);
        assert_eq!(figures("system-user"), ["warn: 1 process events of remote sessions run as SYSTEM"]);
        assert_eq!(figures("clock").len(), 1);
        assert!(figures("clock")[0].starts_with("good: "), "{:?}", figures("clock"));
        assert!(figures("arrival")[0].contains("arrives in 9 s (slowest 9 s)"), "{:?}", figures("arrival"));
        assert_eq!(figures("rights"), ["good: all 6 that are of use"], "{:?}", cluster.product);
        // Neither server has transforms or machine learning: that is not visible, which is not well.
        let unseen: &[&str] = &["transform", "jobs"];
        assert!(unseen.iter().all(|check| of(&diagnoses, check).iter().all(|diagnosis| diagnosis.status.word() == "not visible")), "{diagnoses:#?}");
    }
}

/// Credentials made of the doctor's own request, as an administrator would.
async fn least(cluster: &Cluster, request: &key::KeyRequest) -> Credentials {
    let path = request.line.split(' ').nth(1).expect("a path");
    if cluster.product == Product::Elasticsearch {
        let key = cluster.send(reqwest::Method::POST, path, request.body.to_string()).await;
        return Credentials::api_key(&format!("{}:{}", key["id"].as_str().expect("an id"), key["api_key"].as_str().expect("a key"))).expect("a key");
    }
    cluster.send(reqwest::Method::PUT, path, request.body.to_string()).await;
    let (user, password) = ("rdptriage-reader".to_owned(), "Mh4-vq9-Zt7-long-enough".to_owned());
    cluster.send(reqwest::Method::PUT, &format!("_plugins/_security/api/internalusers/{user}"), json!({"password": password}).to_string()).await;
    cluster.send(reqwest::Method::PUT, "_plugins/_security/api/rolesmapping/rdptriage-read", json!({"users": [user]}).to_string()).await;
    Credentials::Basic { user, password }
}

#[tokio::test]
async fn the_doctors_own_request_is_enough_for_everything() {
    for cluster in clusters() {
        load(cluster).await;
        let index = cluster.index("least");
        cluster.load(&index, &super::dynamic(), &super::helk()).await;
        let mut connection = cluster.connection(std::slice::from_ref(&index));
        let request = key::request(&examined(&connect(connection.clone()).await.expect("a connection")).await).expect("a request");
        connection.credentials = least(cluster, &request).await;
        let elastic = connect(connection).await.expect("a connection by the least rights");
        let scope = || Scope { families: Families::EVERY, ..Scope::over(Range::ALL) };
        for ask in [
            Ask::Overview,
            Ask::Arrivals { scope: scope(), bucket: BucketSize::Quarter },
            Ask::Tally { scope: scope(), by: TallyBy::Source },
            Ask::Events { scope: scope(), skip: 0, take: 10 },
            Ask::Counts { scope: scope(), bucket: BucketSize::Quarter, by: By::Destination },
            Ask::Hunt { scope: scope(), rule: SUSPICIOUS_OUTBOUND_RDP.to_owned() },
        ] {
            let answer = elastic.answer(&ask).await.unwrap_or_else(|error| panic!("{:?} {ask:?}: {error}", cluster.product));
            assert!(answer.completeness().is_whole(), "{:?} {ask:?}: {:?}", cluster.product, answer.completeness());
        }
        let (scope, company) = question();
        let found = asked(&elastic, scope, company).await;
        assert!(found.is_all_visible() && found.alerts.len() >= 9, "{:?} {:?}", cluster.product, found.sights);
        let health = examined(&elastic).await;
        let diagnoses = examine(&health);
        assert_eq!(of(&diagnoses, "rights")[0].figure, "all 6 that are of use", "{:?} {diagnoses:#?}", cluster.product);
        assert!(health.completeness.is_whole(), "{:?}", health.completeness);
    }
}
