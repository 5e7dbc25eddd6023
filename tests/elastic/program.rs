//! The program itself against a real Elasticsearch, by a key that may only read: headless, and live on a terminal.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use rdptriage::domain::Timestamp;
use serde_json::{Value, json};

use super::session::Session;
use super::support::cluster::{Cluster, elasticsearch};
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
