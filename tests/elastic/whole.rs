//! Every headless command on all the real data: a cluster of either product and the same documents in a file say the same, to
//! the millisecond, which is what a `date` keeps. The program itself is run, so that nothing of the way is left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rdptriage::domain::Timestamp;
use serde_json::Value;

use super::documents::{Indices, load, raw, shipped, shipped_mappings, write};
use super::dynamic;
use super::support::cluster::{Cluster, clusters};
use super::support::private;

/// Everything, each as people would ask for it.
const QUESTIONS: &[&[&str]] = &[
    &["counts", "--by", "destination.ip", "--kind", "network", "--format", "json"],
    &["counts", "--by", "host.name", "--kind", "failed", "--bucket", "1h", "--format", "json"],
    &["hunt", "--format", "json"],
    &["events", "--format", "ndjson"],
    &["sessions", "--format", "json"],
    &["sources", "--format", "json"],
    &["users", "--format", "json"],
    &["processes", "--format", "json"],
    &["hops", "--format", "json"],
    &["counts", "--where", "source:172.16.0.0/12 or user:*admin*", "--format", "json"],
];

/// All of it.
const WHOLE: &[&str] = &["--from", "2000-01-01", "--to", "2030-01-01"];

/// Two days in which something happened, and the month before them.
const JUDGEMENT: (&[&str], &[&str]) = (&["detect", "--format", "ndjson"], &["--from", "2018-03-24", "--to", "2018-03-26"]);

/// The program with nothing of this machine's settings.
fn answer(words: &[&str], period: &[&str], rest: &[String], folder: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
    command.args(words).args(period).args(rest).stdin(Stdio::null());
    command.env_clear().env("RDPTRIAGE_CONFIG_DIR", folder).env("XDG_CACHE_HOME", folder);
    let output = command.output().expect("the program starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words:?} {rest:?}: {told}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    values.map(|value| comparable(value.expect("JSON"))).collect()
}

/// The same without what must differ: where it was read, and what is shorter than a millisecond.
fn comparable(value: Value) -> Value {
    match value {
        Value::Object(values) => {
            let values = values.into_iter().filter(|(name, _)| name != "file" && name != "completeness");
            Value::Object(values.map(|(name, value)| (name, comparable(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(comparable).collect()),
        Value::String(text) if text.ends_with('Z') => match text.parse::<Timestamp>() {
            Ok(time) => time.as_millisecond().into(),
            Err(_) => Value::String(text),
        },
        other => other,
    }
}

/// Where two answers begin to differ.
fn difference(one: &Value, other: &Value, path: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let names: std::collections::BTreeSet<&String> = ones.keys().chain(others.keys()).collect();
            names.into_iter().find_map(|name| {
                let (one, other) = (ones.get(name).unwrap_or(&Value::Null), others.get(name).unwrap_or(&Value::Null));
                difference(one, other, &format!("{path}.{name}"))
            })
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            ones.iter().zip(others).enumerate().find_map(|(place, (one, other))| difference(one, other, &format!("{path}[{place}]")))
        }
        (Value::Array(ones), Value::Array(others)) => {
            let only = |these: &[Value], those: &[Value]| these.iter().filter(|value| !those.contains(value)).take(3).map(Value::to_string).collect::<Vec<_>>();
            Some(format!(
                "{path}: {} and {} entries; only the first: {:#?}; only the second: {:#?}",
                ones.len(),
                others.len(),
                only(ones, others),
                only(others, ones)
            ))
        }
        (one, other) => (one != other).then(|| format!("{path}: {one} and {other}")),
    }
}

/// The flags by which the program reaches these indices.
fn way(cluster: &Cluster, patterns: &[String], folder: &Path) -> Vec<String> {
    let path = |path: PathBuf| path.to_str().expect("a path in UTF-8").to_owned();
    let mut flags = vec!["--url".to_owned(), cluster.url.clone()];
    flags.extend(patterns.iter().flat_map(|pattern| ["--index".to_owned(), pattern.clone()]));
    flags.extend(cluster.ca.clone().into_iter().flat_map(|ca| ["--ca-cert".to_owned(), path(ca)]));
    if !cluster.user.is_empty() {
        let password = folder.join("password");
        private(&password, &cluster.password);
        flags.extend(["--user".to_owned(), cluster.user.clone(), "--password-file".to_owned(), path(password)]);
    }
    flags
}

async fn assert_alike(sort: &str, indices: &Indices, mappings: &Value) {
    let patterns: Vec<String> = indices.iter().map(|(index, _)| index.clone()).collect();
    let questions = || QUESTIONS.iter().map(|words| (*words, WHOLE)).chain([JUDGEMENT]);
    let mut told: Vec<(Indices, Vec<Vec<Value>>)> = Vec::new();
    for cluster in clusters() {
        let folder = tempfile::tempdir().expect("a folder");
        let taken = load(cluster, indices, mappings).await;
        let in_file = match told.iter().find(|(known, _)| *known == taken) {
            Some((_, answers)) => answers.clone(),
            None => {
                let file = folder.path().join("documents.ndjson");
                write(&taken, &file);
                let file = [file.to_str().expect("a path in UTF-8").to_owned()];
                let answers: Vec<_> = questions().map(|(words, period)| answer(words, period, &file, folder.path())).collect();
                told.push((taken, answers.clone()));
                answers
            }
        };
        let way = way(cluster, &patterns, folder.path());
        for ((words, period), in_file) in questions().zip(in_file) {
            let in_cluster = answer(words, period, &way, folder.path());
            let what = format!("{:?} and a file, {sort}: {words:?}", cluster.product);
            assert!(!in_file.is_empty(), "{what}: no answer at all");
            if let Some(difference) = difference(&in_cluster.into(), &in_file.into(), "") {
                panic!("{what}: {difference}");
            }
        }
        cluster.remove(patterns.iter()).await;
    }
}

#[tokio::test]
async fn what_shippers_send_is_the_same_everywhere() {
    assert_alike("shipped", &shipped(&format!("parity{}", std::process::id())), &shipped_mappings()).await;
}

#[tokio::test]
async fn what_converters_write_is_the_same_everywhere() {
    assert_alike("raw", &raw(&format!("parity{}", std::process::id())), &dynamic()).await;
}
