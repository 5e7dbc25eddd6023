//! Real files with independently computed answers: `counts` and `hunt` must equal them all.
//!
//! The files lie beside the project (`RDPTRIAGE_SHARED`, default `../shared`) and are not ours to
//! copy; where they are missing the test says so and passes on nothing.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = root.join("data");
    if data.is_dir() {
        return Some(data);
    }
    assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SHARED").is_none(), "{} is not there", data.display());
    eprintln!("skipped: no real data at {} (set RDPTRIAGE_SHARED)", data.display());
    None
}

/// Every file that has a truth beside it.
fn files(data: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for folder in [data.to_path_buf(), data.join("derived")] {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(&folder).expect("a folder of data").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for truth in entries {
            let Some(file) = truth.to_str().and_then(|path| path.strip_suffix(".truth.json")) else { continue };
            let text = std::fs::read_to_string(&truth).expect("a truth");
            found.push((PathBuf::from(file), serde_json::from_str(&text).expect("a truth is JSON")));
        }
    }
    found
}

fn run(arguments: &[&str], file: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rdptriage")).args(arguments).arg(file).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the answer is text");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?} {}: {error}\n{text}\n{}", file.display(), String::from_utf8_lossy(&output.stderr)))
}

/// The truth of one family in the shape of the `counts` contract, by destination.
fn expected(truth: &Value, by: &str, kind: &str) -> BTreeMap<String, Value> {
    let Some(destinations) = truth[by][kind].as_object() else { return BTreeMap::new() };
    let shaped = |(name, entry): (&String, &Value)| {
        let buckets: Vec<Value> = entry["buckets_15m"]
            .as_array()
            .expect("buckets")
            .iter()
            .map(|bucket| json!({ "start": bucket["start"], "events": bucket["events"], "sources": bucket["distinct_sources"] }))
            .collect();
        let value = json!({
            "destination": name, "events": entry["events"], "sources": entry["distinct_sources"], "first": entry["first"], "last": entry["last"],
            "users": entry["users"], "source_ips": entry["sources"], "buckets": buckets,
        });
        (name.clone(), value)
    };
    destinations.iter().map(shaped).collect()
}

#[test]
fn counts_equal_the_truth() {
    let Some(data) = shared() else { return };
    for (file, truth) in files(&data) {
        for (by, name) in [("by_destination_ip", "destination.ip"), ("by_destination_host", "host.name")] {
            for kind in ["network", "session", "failed"] {
                let counts = run(&["counts", "--format", "json", "--by", name, "--kind", kind], &file);
                let found: BTreeMap<String, Value> = counts["destinations"]
                    .as_array()
                    .expect("destinations")
                    .iter()
                    .map(|entry| (entry["destination"].as_str().expect("a name").to_owned(), entry.clone()))
                    .collect();
                assert_eq!(found, expected(&truth, by, kind), "{} by {name}, {kind}", file.display());
                assert_eq!((&counts["bucket"], &counts["by"], &counts["kind"]), (&json!("15m"), &json!(name), &json!(kind)));
            }
        }
    }
}

#[test]
fn hunt_equals_the_truth() {
    let Some(data) = shared() else { return };
    for (file, truth) in files(&data) {
        let hunt = run(&["hunt", "--format", "json"], &file);
        assert_eq!(hunt["rule"], truth["sigma"]["rule"], "{}", file.display());
        let found: Vec<Value> = hunt["hits"].as_array().expect("hits").clone();
        let expected: Vec<Value> = truth["sigma"]["records"].as_array().expect("records").clone();
        assert_eq!(found.len(), expected.len(), "{}", file.display());
        for (hit, record) in found.iter().zip(&expected) {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(hit["record_id"], json!(text(&record["record_id"])), "{}", file.display());
            for (ours, theirs) in [("time", "ts"), ("host", "host"), ("image", "image"), ("user", "user"), ("source", "src"), ("destination", "dst")] {
                assert_eq!(hit[ours], record[theirs], "{} of {}", ours, file.display());
            }
        }
    }
}
