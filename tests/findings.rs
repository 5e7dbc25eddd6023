//! What real files tell, in literal words: the same analyses that stand behind the screens, through the program.
//!
//! The files lie beside the project (`RDPTRIAGE_SHARED`, default `../shared`) and are not ours to
//! copy; where they are missing the test says so and passes on nothing.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn file(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = root.join("data");
    if data.is_dir() {
        return Some(data.join(name));
    }
    assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SHARED").is_none(), "{} is not there", data.display());
    eprintln!("skipped: no real data at {} (set RDPTRIAGE_SHARED)", data.display());
    None
}

fn run(command: &str, file: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rdptriage")).args([command, "--format", "json"]).arg(file).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the answer is text");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command} {}: {error}\n{text}", file.display()))
}

/// The tell-tales, each in a line: what, the accounts, how many events.
fn telltales(sessions: &Value) -> Vec<String> {
    let line = |tale: &Value| {
        let users: Vec<&str> = tale["users"].as_array().expect("users").iter().filter_map(Value::as_str).collect();
        format!("{} [{}] {}", tale["what"].as_str().expect("a word"), users.join(" "), tale["events"])
    };
    sessions["telltales"].as_array().expect("tell-tales").iter().map(line).collect()
}

#[test]
fn one_hijack_with_both_accounts() {
    let Some(file) = file("evtx_security_4778_4779_rdp_hijack.evtx") else { return };
    let found = run("sessions", &file);
    assert_eq!(telltales(&found), [r"tscon [OFFSEC\FS01$] 2", r"session hijack [OFFSEC\admmig OFFSEC\admmarsid] 2"]);
    let told: Vec<Value> = found["sessions"].as_array().expect("sessions").iter().map(|session| json!([session["user"], session["source"]])).collect();
    assert_eq!(told, [json!([r"OFFSEC\admmig", "10.23.23.9"]), json!([r"OFFSEC\admmarsid", "10.23.23.9"])]);
}

#[test]
fn one_reconnect_is_one_session_seen_by_seven_events() {
    let Some(file) = file("otrf_rdp_interactive_taskmanager_lsass_dump.ndjson.gz") else { return };
    let found = run("sessions", &file);
    let sessions = found["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!((&session["user"], &session["reconnects"], &session["seen_by"]), (&json!(r"theshire\pgustavo"), &json!(1), &json!(7)));
    assert_eq!(session["openings"].as_array().map(Vec::len), Some(1));
    assert_eq!((&found["connections"], telltales(&found)), (&json!(1), Vec::new()));
}

#[test]
fn a_tunnel_and_two_hits_of_the_rule() {
    let Some(file) = file("evtx_sysmon3_plink_rdp_tunnel.evtx") else { return };
    assert_eq!(telltales(&run("sessions", &file)), [r"tunnel command [PC01\IEUser] 1", r"tunnel [PC01\IEUser NT AUTHORITY\NETWORK SERVICE] 4"]);
    let found = run("processes", &file);
    let outbound: Vec<Value> = found["outbound"]
        .as_array()
        .expect("programs that connect out")
        .iter()
        .map(|client| json!([client["process"], client["source"], client["destination"], client["sigma"]]))
        .collect();
    let hit = json!([r"C:\Users\IEUser\Desktop\plink.exe", "127.0.0.1", "127.0.0.2", "hit: on no list of RDP clients"]);
    assert_eq!(outbound, [hit.clone(), hit]);
}

#[test]
fn one_source_on_eleven_hosts_within_three_and_a_half_seconds() {
    let Some(file) = file("evtx_rdpcorets131_fanout_wef.evtx") else { return };
    let found = run("sources", &file);
    let sources = found["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 11);
    assert!(sources.iter().all(|source| (&source["source"], &source["stage"]) == (&json!("10.23.123.11"), &json!("touched"))));
    assert!(sources.iter().all(|source| source["connections"] == json!(14)));
    let time = |value: &Value| value.as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    let first = sources.iter().map(|source| time(&source["first"])).min().expect("a first");
    let last = sources.iter().map(|source| time(&source["last"])).max().expect("a last");
    assert!(last.duration_since(first).as_millis() < 3_500, "{first} to {last}");
    assert_eq!(telltales(&run("sessions", &file)), ["fan-out [] 154"]);
}

#[test]
fn nothing_where_nothing_is() {
    let Some(file) = file("otrf_empire_enable_rdp_winlogbeat6.ndjson.gz") else { return };
    let sessions = run("sessions", &file);
    assert_eq!((&sessions["sessions"], &sessions["telltales"], &sessions["connections"]), (&json!([]), &json!([]), &json!(0)));
    assert_eq!(run("sources", &file)["sources"], json!([]));
    assert_eq!(run("users", &file)["users"], json!([]));
    assert_eq!(run("hops", &file)["hops"], json!([]));
    assert_eq!(run("processes", &file)["outbound"], json!([]));
}
