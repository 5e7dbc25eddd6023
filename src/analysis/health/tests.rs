//! What the doctor says of facts made by hand.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::domain::health::{ClusterHealth, Defend, Fact, FieldTrouble, Lag, Licence, Place, Right, Runner, Sensor, SensorHealth, Sessions};
use crate::domain::{Address, Range, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn sensor(first: &str, newest: &str, lag: Fact<Lag>) -> SensorHealth {
    SensorHealth { events: 100, telling: 100, first: at(first), newest: at(newest), looked: 50, with_source: 50, with_destination: 50, loopback: 0, lag }
}

fn lag(median: i64, worst: i64, early: u64) -> Fact<Lag> {
    Fact::Known(Lag { median: SignedDuration::from_secs(median), worst: SignedDuration::from_secs(worst), early, looked: 50 })
}

/// A cluster in which all is well.
fn well() -> Health {
    let place = Place::Cluster { is_opensearch: false, patterns: vec!["logs-*".to_owned()] };
    let mut health = Health::new("lab".to_owned(), place, at("2026-03-02T13:10:00Z"), Range::ALL);
    for (sensor_of, newest) in
        [(Sensor::Security, "2026-03-02T13:08:00Z"), (Sensor::Core, "2026-03-02T13:09:00Z"), (Sensor::DefendProcess, "2026-03-02T13:09:30Z")]
    {
        health.sensors.insert(sensor_of, sensor("2026-01-30T00:00:00Z", newest, lag(8, 70, 0)));
    }
    let runner = |id: &str, state: &str| Runner { id: id.into(), state: state.into(), reason: None, newest: Some(at("2026-03-02T12:30:00Z")) };
    health.cluster = Some(ClusterHealth {
        version: Fact::Known("lab (Elasticsearch 9.0.0)".to_owned()),
        clock: Fact::Known(at("2026-03-02T13:09:59Z")),
        licence: Fact::Known(Licence { kind: "platinum".into(), status: "active".into(), expires: None }),
        rights: Fact::Known(vec![right("logs-*", "read", true)]),
        mappings: Fact::Known(Vec::new()),
        transforms: Fact::Known(vec![runner("logs-lmd.pivot_transform_ea-default", "started")]),
        jobs: Fact::Known(vec![runner("lmd_high_rdp_distinct_count_source_ip_for_destination_ea", "opened")]),
        sessions: Fact::Known(Sessions { documents: 40, newest: Some(at("2026-03-02T12:00:00Z")), collapsed: 0, destinations: vec![("10.0.0.5".into(), 40)] }),
        defend: Fact::Known(Defend {
            processes: 200,
            with_host_ip: 200,
            with_client: 200,
            as_system: 0,
            hosts: vec![("FS01".into(), addresses(&["10.0.0.5", "10.9.0.5"]))],
        }),
    });
    health
}

fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().filter_map(|text| Address::clean(text)).collect()
}

fn right(on: &str, privilege: &str, is_granted: bool) -> Right {
    Right { on: on.to_owned(), privilege: privilege.to_owned(), is_granted, need: "to see events", is_essential: true }
}

/// What is not well, as `check status figure`.
fn ill(health: &Health) -> Vec<String> {
    let diagnoses = examine(health);
    diagnoses
        .iter()
        .filter(|diagnosis| diagnosis.status != Status::Good)
        .map(|diagnosis| format!("{} {}: {}", diagnosis.check, diagnosis.status.word(), diagnosis.figure))
        .collect()
}

fn changed(change: impl FnOnce(&mut Health)) -> Vec<String> {
    let mut health = well();
    change(&mut health);
    ill(&health)
}

fn in_cluster(change: impl FnOnce(&mut ClusterHealth)) -> Vec<String> {
    changed(|health| change(health.cluster.as_mut().expect("a cluster")))
}

#[test]
fn where_all_is_well_nothing_is_ill() {
    assert_eq!(ill(&well()), Vec::<String>::new());
    assert_eq!(worst(&examine(&well())), Status::Good);
}

#[test]
fn every_ill_says_what_it_means() {
    let mut health = well();
    health.sensors.clear();
    for diagnosis in examine(&health) {
        assert!(diagnosis.status == Status::Good || !diagnosis.meaning.is_empty(), "{diagnosis:?}");
    }
}

#[test]
fn sources() {
    assert_eq!(changed(|health| health.sensors.clear())[0], "sources bad: no RDP event");
    assert_eq!(changed(|health| health.sensors.retain(|sensor, _| *sensor == Sensor::Core)), ["sources warn: RdpCoreTS 100"], "nobody tells who got in");
}

#[test]
fn arrival_and_clocks() {
    let with = |newest: &str, lag: Fact<Lag>| {
        changed(|health| {
            health.sensors.insert(Sensor::Sysmon, sensor("2026-01-30T00:00:00Z", newest, lag));
        })
    };
    assert_eq!(with("2026-02-27T13:10:00Z", lag(8, 70, 0)), ["arrival warn: newest event 3 d ago, arrives in 8 s (slowest 1 min)"]);
    assert_eq!(with("2026-03-02T13:10:00Z", lag(4200, 9000, 0)), ["arrival bad: newest event 0 s ago, arrives in 1 h 10 min (slowest 2 h 30 min)"]);
    assert_eq!(
        with("2026-03-02T13:10:00Z", Fact::Hidden("no time of arrival is kept".to_owned())),
        ["arrival not visible: newest event 0 s ago, lag not visible (no time of arrival is kept)"]
    );
    assert_eq!(with("2026-03-02T15:10:00Z", lag(8, 70, 3)), ["skew bad: events lie in the future: Sysmon by 2 h; 3 events were stored before they happened",]);
    assert_eq!(in_cluster(|cluster| cluster.clock = Fact::Known(at("2026-03-02T13:02:00Z"))), ["clock bad: 8 min apart from this machine's"]);
}

#[test]
fn usable_addresses() {
    let told = changed(|health| {
        let found = health.sensors.get_mut(&Sensor::Core).expect("there");
        (found.with_source, found.with_destination, found.loopback) = (49, 20, 2);
    });
    assert_eq!(told, ["addresses bad: source in 98 %, destination in 40 % of the newest 50 looked at, 2 from the host itself"]);
    assert_eq!([percent(999, 1000), percent(1, 1000), percent(0, 5), percent(5, 5), percent(0, 0)], [99, 1, 0, 100, 0]);
}

#[test]
fn history_too_short_for_a_verdict() {
    let since = |first: &str| {
        changed(|health| {
            for found in health.sensors.values_mut() {
                found.first = at(first);
            }
        })
    };
    assert_eq!(since("2026-03-01T00:00:00Z"), ["history bad: 37 h 9 min"]);
    assert_eq!(since("2026-02-20T00:00:00Z"), ["history warn: 10 d"]);
}

#[test]
fn files_of_a_minute_are_short_and_not_ill() {
    let mut health = well();
    (health.place, health.cluster) = (Place::Files, None);
    for found in health.sensors.values_mut() {
        found.first = at("2026-03-02T13:00:00Z");
    }
    assert_eq!(ill(&health), ["history warn: 9 min"]);
}

#[test]
fn destinations_that_collapse() {
    assert_eq!(
        in_cluster(|cluster| cluster.sessions =
            Fact::Known(Sessions { documents: 40, newest: None, collapsed: 38, destinations: vec![("::1".into(), 38), ("10.0.0.5".into(), 2)] })),
        ["collapse bad: 95 % of 40 sessions at an address that every host has; most at ::1 38, 10.0.0.5 2"]
    );
    let hosts = vec![("FS01".into(), addresses(&["::1", "10.0.0.5"])), ("DC01".into(), addresses(&["::1", "127.0.0.1", "192.0.2.7"]))];
    assert_eq!(
        in_cluster(|cluster| cluster.defend = Fact::Known(Defend { processes: 9, with_host_ip: 9, with_client: 9, as_system: 0, hosts })),
        ["host-order bad: of 2 hosts, 2 would stand under no address of their own in the newer package (takes the first), 1 in the older (takes the second)"]
    );
}

#[test]
fn what_the_transform_needs() {
    let defend = |host_ip, as_system| Fact::Known(Defend { processes: 200, with_host_ip: host_ip, with_client: 200, as_system, hosts: Vec::new() });
    assert_eq!(
        in_cluster(|cluster| cluster.defend = defend(0, 0)),
        ["host-ip bad: host.ip in 0 %, client address in 100 % of 200 process events of remote sessions"]
    );
    assert_eq!(in_cluster(|cluster| cluster.defend = defend(200, 7)), ["system-user warn: 7 process events of remote sessions run as SYSTEM"]);
}

#[test]
fn transforms_jobs_and_licence() {
    let stopped =
        |id: &str, state: &str| Fact::Known(vec![Runner { id: id.into(), state: state.into(), reason: Some("no\u{202e} memory".into()), newest: None }]);
    assert_eq!(in_cluster(|cluster| cluster.transforms = stopped("lmd", "failed")), ["transform bad: failed: no\\u{202e} memory"]);
    assert_eq!(in_cluster(|cluster| cluster.jobs = stopped("lmd_x", "closed")), ["jobs warn: closed: no\\u{202e} memory"]);
    assert_eq!(in_cluster(|cluster| cluster.jobs = Fact::Known(Vec::new())), ["jobs warn: there is none"]);
    assert_eq!(in_cluster(|cluster| cluster.jobs = Fact::Hidden("no right".to_owned())), ["jobs not visible: no right"]);
    assert_eq!(
        in_cluster(
            |cluster| cluster.licence = Fact::Known(Licence { kind: "basic".into(), status: "active".into(), expires: Some(at("2027-01-01T00:00:00Z")) })
        ),
        ["licence warn: basic, active, until 2027-01-01"]
    );
}

#[test]
fn rights_and_mappings() {
    let partly = vec![right("logs-*", "read", true), right("winlogbeat-*", "read", false)];
    assert_eq!(in_cluster(|cluster| cluster.rights = Fact::Known(partly)), ["rights warn: missing: read on winlogbeat-* (to see events)"]);
    assert_eq!(
        in_cluster(|cluster| cluster.rights = Fact::Known(vec![right("logs-*", "read", false)])),
        ["rights bad: missing: read on logs-* (to see events)"]
    );
    let trouble = FieldTrouble { field: "source.ip".to_owned(), kept: vec![("ip", "logs-a".into()), ("text", "logs-b".into())] };
    assert_eq!(in_cluster(|cluster| cluster.mappings = Fact::Known(vec![trouble])), ["mappings warn: ip in logs-a, text in logs-b"]);
}

#[test]
fn other_ports_and_unread_records() {
    let told = changed(|health| {
        health.other_ports = BTreeMap::from([(3390, 4)]);
        health.unknown = 12;
        health.skipped.insert("not a JSON \u{1b}object".to_owned(), 3);
    });
    assert_eq!(told, ["skipped warn: not a JSON \\u{1b}object 3", "unknown warn: 12", "ports warn: 3390 (4)"]);
}

#[test]
fn files_are_asked_nothing_that_only_a_cluster_knows() {
    let mut health = well();
    (health.place, health.cluster) = (Place::Files, None);
    let checks: Vec<&str> = examine(&health).iter().map(|diagnosis| diagnosis.check).collect();
    assert_eq!(checks, ["sources", "addresses", "addresses", "addresses", "history", "skew"]);
    assert_eq!(key::request(&health), None);
}

#[test]
fn the_least_rights() {
    let request = key::request(&well()).expect("a request");
    assert_eq!(request.line, "POST _security/api_key");
    assert_eq!(
        request.body["role_descriptors"]["rdptriage-read"],
        json!({"cluster": ["monitor"], "indices": [{"names": ["logs-*", ".alerts-security.alerts-*", ".siem-signals-*", ".ml-anomalies-*", "ml-rdp-lmd*"],
            "privileges": ["read", "view_index_metadata"]}]})
    );
    let mut open = well();
    open.place = Place::Cluster { is_opensearch: true, patterns: vec!["logs-*".to_owned()] };
    assert_eq!(key::request(&open).expect("a request").line, "PUT _plugins/_security/api/roles/rdptriage-read");
}
