//! Real events as documents of a cluster: under the names and mappings by which shippers keep them, and raw as converters
//! write them. The same records never stand in both at once: files count a record once, wherever it stands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

use super::Documents;
use super::support::cluster::Cluster;

/// Documents by the index in which they lie.
pub type Indices = Vec<(String, Documents)>;

/// Where the real data is, if it is there.
fn data() -> Option<PathBuf> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = root.join("data");
    if data.is_dir() {
        return Some(data);
    }
    assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SHARED").is_none(), "{} is not there", data.display());
    eprintln!("skipped: no real data at {} (set RDPTRIAGE_SHARED)", data.display());
    None
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    found.sort();
    found
}

fn text(path: &Path) -> String {
    if path.extension().is_some_and(|end| end == "gz") {
        let file = std::fs::File::open(path).expect("a file");
        return std::io::read_to_string(GzDecoder::new(file)).expect("text");
    }
    std::fs::read_to_string(path).expect("text")
}

fn lines(path: &Path) -> Vec<Value> {
    text(path).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The records of a Windows log as JSON.
fn records(path: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_rdptriage")).arg("__read-evtx").arg(path).output().expect("the program starts");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Rows of a Zeek table, as Zeek's own JSON has them.
fn zeek_rows(path: &Path) -> Vec<Value> {
    let text = text(path);
    let names: Vec<&str> = text.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("a header").split('\t').collect();
    let number = |name: &str| matches!(name, "ts" | "id.orig_p" | "id.resp_p");
    let row = |line: &str| {
        let values = names.iter().zip(line.split('\t')).filter(|(_, value)| *value != "-");
        values.map(|(name, value)| ((*name).to_owned(), if number(name) { value.parse::<f64>().expect("a number").into() } else { value.into() })).collect()
    };
    text.lines().filter(|line| !line.starts_with('#')).map(|line| Value::Object(row(line))).collect()
}

/// Documents in the order in which they come, each record once.
struct Shelf {
    indices: Indices,
    seen: BTreeSet<String>,
    namespace: String,
}

impl Shelf {
    fn new(namespace: &str) -> Self {
        Self { indices: Indices::new(), seen: BTreeSet::new(), namespace: namespace.to_owned() }
    }

    fn put(&mut self, index: &str, document: Value) {
        let index = format!("{index}-{}", self.namespace);
        let documents = match self.indices.iter_mut().find(|(name, _)| *name == index) {
            Some((_, documents)) => documents,
            None => {
                self.indices.push((index.clone(), Documents::new()));
                &mut self.indices.last_mut().expect("just pushed").1
            }
        };
        documents.push((format!("{index}-{}", documents.len()), document));
    }

    /// Whether a record of a Windows log, raw or shipped, is there for the first time; anything else always is.
    fn is_new(&mut self, record: &Value) -> bool {
        let (system, winlog) = (&record["Event"]["System"], &record["winlog"]);
        let (host, channel, number) = if winlog.is_object() {
            (&winlog["computer_name"], &winlog["channel"], winlog["record_id"].as_str().unwrap_or_default().to_owned())
        } else {
            (&system["Computer"], &system["Channel"], system["EventRecordID"].to_string())
        };
        host.is_null() || self.seen.insert(format!("{host} {channel} {number}"))
    }
}

/// A record of a Windows log as winlogbeat ships it, with the index in which it would lie.
fn shipped_record(record: &Value) -> (&'static str, Value) {
    let system = &record["Event"]["System"];
    let code = system["EventID"].get("#text").unwrap_or(&system["EventID"]);
    let words = |values: &Value| -> Map<String, Value> {
        let values = values.as_object().into_iter().flatten().filter(|(name, value)| *name != "#attributes" && !value.is_object() && !value.is_null());
        values.map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned).into())).collect()
    };
    let channel = system["Channel"].as_str().expect("a channel");
    let index = match channel {
        "Security" => "logs-system.security",
        "Microsoft-Windows-Sysmon/Operational" => "logs-windows.sysmon_operational",
        _ => "winlogbeat-8.19.0",
    };
    let user_data = record["Event"]["UserData"].as_object().and_then(|values| values.values().find(|value| value.is_object()));
    let document = json!({
        "@timestamp": system["TimeCreated"]["#attributes"]["SystemTime"], "ecs": {"version": "8.0.0"},
        "event": {"code": code.to_string(), "kind": "event", "provider": system["Provider"]["#attributes"]["Name"]},
        "host": {"name": system["Computer"]},
        "winlog": {
            "channel": channel, "computer_name": system["Computer"], "event_id": code.to_string(), "record_id": system["EventRecordID"].to_string(),
            "provider_name": system["Provider"]["#attributes"]["Name"], "event_data": words(&record["Event"]["EventData"]),
            "user_data": user_data.map(words).unwrap_or_default(),
        },
    });
    (index, document)
}

/// A row of a Zeek log in ECS.
fn shipped_zeek(row: &Value, dataset: &str, rest: Value) -> Value {
    let time = &row["ts"];
    let time = time.as_f64().map_or_else(|| time.clone(), |seconds| json!((seconds * 1000.0).floor() as i64));
    json!({
        "@timestamp": time, "data_stream": {"type": "logs", "dataset": dataset}, "event": {"dataset": dataset, "kind": "event"}, "host": {"name": "sensor-1"},
        "source": {"ip": row["id.orig_h"], "port": row["id.orig_p"]}, "destination": {"ip": row["id.resp_h"], "port": row["id.resp_p"]},
        "network": {"transport": row.get("proto").cloned().unwrap_or_else(|| "tcp".into())}, "zeek": rest,
    })
}

/// Everything as shippers of Elastic keep it; nothing where the real data is not there.
pub fn shipped(namespace: &str) -> Indices {
    let mut shelf = Shelf::new(namespace);
    let Some(data) = data() else { return shelf.indices };
    for path in files(&data.join("derived"), ".ndjson") {
        for hit in lines(&path).into_iter().filter(|hit| hit["_source"].is_object()) {
            let index = hit["_index"].as_str().expect("an index").trim_end_matches("-default").to_owned();
            if shelf.is_new(&hit["_source"]) {
                shelf.put(&index, hit["_source"].clone());
            }
        }
    }
    for path in files(&data, ".evtx") {
        for record in records(&path) {
            if shelf.is_new(&record) {
                let (index, document) = shipped_record(&record);
                shelf.put(index, document);
            }
        }
    }
    for path in files(&data, "winlogbeat6.ndjson.gz") {
        lines(&path).into_iter().for_each(|document| shelf.put("winlogbeat-6.7.0", document));
    }
    for path in files(&data.join("schemas"), ".json") {
        let schema: Value = serde_json::from_str(&text(&path)).expect("JSON");
        let index = schema["index"].as_str().unwrap_or_default().split(' ').next().unwrap_or_default().trim_end_matches("-*").to_owned();
        // Alerts and results repeat events; they are no events themselves, and have tests of their own.
        for document in schema["docs"].as_array().into_iter().flatten().filter(|_| index.starts_with("logs-")) {
            if shelf.is_new(&document["_source"]) {
                shelf.put(&index, document["_source"].clone());
            }
        }
    }
    for path in files(&data, "zeek_rdp_wrccdc.json.gz") {
        for row in lines(&path) {
            let rest =
                json!({"session_id": row["uid"], "rdp": {"result": row["result"], "cookie": row["cookie"], "security_protocol": row["security_protocol"]}});
            shelf.put("logs-zeek.rdp", shipped_zeek(&row, "zeek.rdp", rest));
        }
    }
    for path in files(&data, "zeek_conn_ctu_010.log.gz") {
        for row in zeek_rows(&path) {
            let rest = json!({"session_id": row["uid"], "connection": {"state": row["conn_state"]}});
            shelf.put("logs-zeek.connection", shipped_zeek(&row, "zeek.connection", rest));
        }
    }
    shelf.indices
}

/// Everything as converters write it, in indices that somebody named himself.
pub fn raw(namespace: &str) -> Indices {
    let mut shelf = Shelf::new(namespace);
    let Some(data) = data() else { return shelf.indices };
    let dumped = files(&data.join("derived"), "evtxdump_rcm_1149.ndjson").into_iter().flat_map(|path| lines(&path));
    for record in dumped.chain(files(&data, ".evtx").into_iter().flat_map(|path| records(&path))) {
        if shelf.is_new(&record) {
            shelf.put("evtx", record);
        }
    }
    for (end, index) in [("otrf_rdp_interactive_taskmanager_lsass_dump.ndjson.gz", "nxlog"), ("zeek_rdp_wrccdc.json.gz", "zeek-rdp")] {
        for document in files(&data, end).iter().flat_map(|path| lines(path)) {
            shelf.put(index, document);
        }
    }
    for row in files(&data, "zeek_conn_ctu_010.log.gz").iter().flat_map(|path| zeek_rows(path)) {
        shelf.put("zeek-conn", row);
    }
    shelf.indices
}

/// Words exact up to the length that integrations allow, messages as text, addresses and ports as such.
pub fn shipped_mappings() -> Value {
    let ends = json!({"properties": {"ip": {"type": "ip"}, "port": {"type": "long"}}});
    json!({
        "dynamic_templates": [{"words": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}}],
        "properties": {"@timestamp": {"type": "date"}, "message": {"type": "text"}, "source": ends, "destination": ends, "host": {"properties": {"ip": {"type": "ip"}}}},
    })
}

/// Loads them; answers what the cluster took: a document that contradicts the mapping is refused.
pub async fn load(cluster: &Cluster, indices: &Indices, mappings: &Value) -> Indices {
    let mut taken = Indices::new();
    for (index, documents) in indices {
        let settings = json!({"number_of_replicas": 0, "number_of_shards": 1, "index.mapping.total_fields.limit": 5000});
        cluster.send(reqwest::Method::PUT, index, json!({"settings": settings, "mappings": mappings}).to_string()).await;
        let mut kept = Documents::new();
        for part in documents.chunks(2000) {
            let refused = cluster.offer(index, part).await;
            kept.extend(part.iter().filter(|(id, _)| !refused.contains(id)).cloned());
        }
        taken.push((index.clone(), kept));
    }
    taken
}

/// The same documents as a file of exported hits.
pub fn write(indices: &Indices, path: &Path) {
    let hits =
        indices.iter().flat_map(|(index, documents)| documents.iter().map(move |(id, document)| json!({"_index": index, "_id": id, "_source": document})));
    let lines: Vec<String> = hits.map(|hit| hit.to_string()).collect();
    std::fs::write(path, lines.join("\n")).expect("written");
}
