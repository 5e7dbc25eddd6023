//! The program itself against a real Elasticsearch, by a key that may only read: headless, and live on a terminal.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use rdptriage::domain::Timestamp;
use serde_json::{Value, json};

use super::session::Session;
use super::support::cluster::{Cluster, elasticsearch};
use super::support::faulty::Line;
use super::{exact, key_file, read_key, real};

/// The flags by which the program reaches one index, and the folder in which its key lies.
struct Way {
    flags: Vec<String>,
    folder: tempfile::TempDir,
}

impl Way {
    async fn to(cluster: &Cluster, index: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = read_key(cluster, index).await;
        let file = key_file(folder.path(), key["encoded"].as_str().expect("a key"));
        let path = |path: &std::path::Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut flags = vec!["--url".to_owned(), cluster.url.clone(), "--index".to_owned(), index.to_owned(), "--api-key-file".to_owned(), path(&file)];
        if let Some(ca) = &cluster.ca {
            flags.extend(["--ca-cert".to_owned(), path(ca)]);
        }
        Self { flags, folder }
    }

    fn json(&self, words: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
        command.args(words).args(&self.flags).args(["--from", "2000-01-01", "--format", "json"]).stdin(Stdio::null());
        command.env_clear().env("RDPTRIAGE_CONFIG_DIR", self.folder.path()).env("XDG_CACHE_HOME", self.folder.path());
        let output = command.output().expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

/// The destinations of an answer by name.
fn by_name(counts: &Value) -> BTreeMap<String, Value> {
    let entries = counts["destinations"].as_array().expect("destinations");
    entries.iter().map(|entry| (entry["destination"].as_str().expect("a name").to_owned(), entry.clone())).collect()
}

/// The same of a truth file, in the words of the answer.
fn truth_by_name(truth: &Value, by: &str, kind: &str) -> BTreeMap<String, Value> {
    let Some(destinations) = truth[by][kind].as_object() else { return BTreeMap::new() };
    let one = |(name, entry): (&String, &Value)| {
        let buckets = entry["buckets_15m"].as_array().expect("buckets");
        let buckets: Vec<Value> =
            buckets.iter().map(|bucket| json!({"start": bucket["start"], "events": bucket["events"], "sources": bucket["distinct_sources"]})).collect();
        let value = json!({
            "destination": name, "events": entry["events"], "sources": entry["distinct_sources"], "first": entry["first"], "last": entry["last"],
            "users": entry["users"], "source_ips": entry["sources"], "buckets": buckets,
        });
        (name.clone(), value)
    };
    destinations.iter().map(one).collect()
}

#[tokio::test]
async fn headless_answers_equal_the_truth() {
    let Some(cluster) = elasticsearch() else { return };
    for (name, documents, truth) in real() {
        let index = cluster.index(&format!("headless-{name}"));
        cluster.load(&index, &exact(), &documents).await;
        let way = Way::to(cluster, &index).await;
        for (by, from) in [("destination.ip", "by_destination_ip"), ("host.name", "by_destination_host")] {
            for kind in ["network", "session", "failed"] {
                let counts = way.json(&["counts", "--by", by, "--kind", kind]);
                assert_eq!(by_name(&counts), truth_by_name(&truth, from, kind), "{name} {by} {kind}");
                assert_eq!(counts["completeness"]["complete"], true, "{name} {by} {kind}");
            }
        }
        let hunt = way.json(&["hunt"]);
        assert_eq!(hunt["rule"], truth["sigma"]["rule"], "{name}");
        let hits: Vec<Value> = hunt["hits"].as_array().expect("hits").iter().map(in_words_of_truth).collect();
        assert_eq!(json!(hits), truth["sigma"]["records"], "{name}");
    }
}

fn in_words_of_truth(hit: &Value) -> Value {
    json!({
        "record_id": hit["record_id"], "ts": hit["time"], "host": hit["host"], "image": hit["image"], "user": hit["user"], "src": hit["source"],
        "dst": hit["destination"],
    })
}

const SERVER: &str = "10.77.0.5";

/// Connections of these sources to one server, just now. Each comes again 15 minutes later, which is shown as soon as that
/// bucket begins: so the figures hold even where the test runs across the edge of a bucket.
fn knocks(sources: std::ops::Range<u32>) -> Vec<(String, Value)> {
    let now = Timestamp::now().as_second();
    let one = |source: u32, time: i64| {
        let time = Timestamp::from_second(time).expect("a time").to_string();
        let document = json!({
            "@timestamp": time, "event": {"dataset": "endpoint.events.network", "action": "connection_accepted"}, "host": {"name": "FS77"},
            "source": {"ip": format!("10.66.0.{source}"), "port": 50000}, "destination": {"ip": SERVER, "port": 3389},
        });
        (format!("{source}-{time}"), document)
    };
    sources.flat_map(|source| [one(source, now), one(source, now + 900)]).collect()
}

/// The figure in the row of the server, in the column of this title.
fn figure(screen: &vt100::Screen, title: &str) -> Option<u32> {
    let contents = screen.contents();
    let head = contents.lines().find(|line| line.contains("score") && line.contains("destination"))?;
    let row = contents.lines().find(|line| line.contains(SERVER))?;
    let end = head.split(title).next().filter(|before| before.len() < head.len())?.chars().count() + title.len();
    let figure: String = row.chars().take(end).collect();
    figure.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_server_that_is_being_fed_moves_the_live_screen() {
    let Some(cluster) = elasticsearch() else { return };
    let index = cluster.index("live");
    cluster.load(&index, &exact(), &knocks(1..4)).await;
    let way = Way::to(cluster, &index).await;
    let flags: Vec<&str> = way.flags.iter().map(String::as_str).collect();
    let mut session = Session::start(&flags);
    session.until("three sources now", |screen| figure(screen, "now") == Some(3));
    session.until("the badge of a live view", |screen| screen.contents().contains("live"));
    // From here on no key is pressed.
    cluster.add(&index, &knocks(4..9)).await;
    session.until("eight sources now", |screen| figure(screen, "now") == Some(8));
    cluster.add(&index, &knocks(9..21)).await;
    session.until("twenty sources now", |screen| figure(screen, "now") == Some(20));
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

/// A fortnight of quiet logons, and the overlap that follows from how late they came in: forty minutes.
fn quiet_weeks() -> Vec<(String, Value)> {
    let now = Timestamp::now().as_second();
    let at = |second: i64| Timestamp::from_second(second).expect("a time").to_string();
    let one = |number: i64| {
        // The latest arrived just now, the others in their time.
        let time = now - 2400 - number * 10_800;
        let ingested = time + 2400;
        let document = json!({
            "@timestamp": at(time), "event": {"dataset": "endpoint.events.network", "action": "connection_accepted", "ingested": at(ingested)},
            "host": {"name": "FS77"}, "source": {"ip": "10.66.1.1", "port": 50000}, "destination": {"ip": SERVER, "port": 3389},
        });
        (format!("quiet-{number}"), document)
    };
    (0..112).map(one).collect()
}

// The line is carried while the screen is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn late_events_are_marked_and_a_dead_cluster_leaves_its_last_picture_until_it_is_back() {
    let Some(cluster) = elasticsearch() else { return };
    let index = cluster.index("line");
    cluster.load(&index, &exact(), &quiet_weeks()).await;
    cluster.add(&index, &knocks(1..4)).await;
    let server = cluster.url.split("://").nth(1).expect("a URL").trim_end_matches('/').parse().expect("an address");
    let mut line = Line::to(server).await;
    let mut way = Way::to(cluster, &index).await;
    for flag in &mut way.flags {
        if *flag == cluster.url {
            *flag = flag.replace(&server.to_string(), &line.address.to_string());
        }
    }
    let flags: Vec<&str> = way.flags.iter().map(String::as_str).collect();
    let mut session = Session::start(&flags);
    session.until("three sources now", |screen| figure(screen, "now") == Some(3));
    session.until("verdicts out of the history", |screen| {
        screen.contents().contains("nothing odd") || screen.contents().contains("critical") || screen.contents().contains("minor")
    });

    // From here on no key is pressed. An event of half an hour ago comes in now.
    let late = json!({
        "@timestamp": Timestamp::from_second(Timestamp::now().as_second() - 1980).expect("a time").to_string(), "host": {"name": "FS77"},
        "event": {"dataset": "endpoint.events.network", "action": "connection_accepted"},
        "source": {"ip": "10.66.2.2", "port": 50000}, "destination": {"ip": SERVER, "port": 3389},
    });
    cluster.add(&index, &[("late".to_owned(), late)]).await;
    session.until("the words about the late event", |screen| screen.contents().contains("came late: "));
    session.until("its mark in the lane", |screen| screen.contents().lines().any(|line| line.contains(SERVER) && line.contains('↑')));

    line.cut().await;
    session.until("the age of a stale picture", |screen| screen.contents().lines().next().is_some_and(|header| header.contains("STALE")));
    session.until("what is wrong", |screen| screen.contents().split_whitespace().collect::<Vec<_>>().join(" ").contains("the connection was refused"));
    assert_eq!(figure(session.screen(), "now"), Some(3), "the last picture stays");
    cluster.add(&index, &knocks(4..9)).await;
    line.mend().await;
    session.until("eight sources now", |screen| figure(screen, "now") == Some(8));
    session.until("the badge of a live view", |screen| {
        screen.contents().lines().next().is_some_and(|header| header.contains("live") && !header.contains("STALE"))
    });
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[tokio::test]
async fn an_index_that_appears_later_is_seen_without_a_key() {
    let Some(cluster) = elasticsearch() else { return };
    let index = cluster.index("later");
    let way = Way::to(cluster, &format!("{index}*")).await;
    let flags: Vec<&str> = way.flags.iter().map(String::as_str).collect();
    let mut session = Session::start(&flags);
    session.until("what is missing", |screen| screen.contents().contains("but the answer is partial: CAPPED no index"));
    cluster.load(&index, &exact(), &knocks(1..4)).await;
    session.until("three sources now", |screen| figure(screen, "now") == Some(3));
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}
