//! Real files of an hour or a day hold no history: no verdict. With a fortnight before them their spike has a score.
//!
//! The files lie beside the project (`RDPTRIAGE_SHARED`, default `../shared`); the fortnight is made here, of our own addresses.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = root.join("data").join(name);
    if !file.is_file() {
        eprintln!("skipped: {} is not there (set RDPTRIAGE_SHARED)", file.display());
        return None;
    }
    Some(file)
}

/// The cells of `detect` as CSV: destination, bucket, count, score.
fn detected(files: &[&Path]) -> Vec<(String, String, u32, Option<f64>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_rdptriage")).args(["detect", "--format", "csv"]).args(files).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let cells = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    cells.map(|cells| (cells[0].to_owned(), cells[1].to_owned(), cells[2].parse().expect("a count"), cells[5].parse().ok())).collect()
}

/// Two administrators at each destination on each of the fourteen days before a moment, as flows or as logons by name.
fn fortnight(destinations: &[String], before: jiff::Timestamp) -> String {
    let mut lines = String::new();
    for day in 1..=14 {
        for (number, destination) in destinations.iter().enumerate() {
            for admin in 0..2_i64 {
                let at = before - jiff::SignedDuration::from_secs(day * 86_400 + admin * 1200);
                let source = format!("192.0.2.{}", 1 + number % 100 + 100 * usize::from(admin > 0));
                let document = if destination.parse::<std::net::IpAddr>().is_ok() {
                    serde_json::json!({
                        "@timestamp": at.to_string(), "event": { "category": ["network"] }, "source": { "ip": source, "port": 50000 },
                        "destination": { "ip": destination, "port": 3389 }, "network": { "transport": "tcp" },
                    })
                } else {
                    serde_json::json!({
                        "@timestamp": at.to_string(), "event": { "code": "1149", "provider": "Microsoft-Windows-TerminalServices-RemoteConnectionManager" },
                        "winlog": {
                            "channel": "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "computer_name": destination,
                            "record_id": format!("{day}{admin}"), "user_data": { "Param1": "kim", "Param2": "CORP", "Param3": source },
                        },
                    })
                };
                lines.push_str(&format!("{document}\n"));
            }
        }
    }
    lines
}

#[test]
fn a_file_of_an_hour_has_no_verdict_and_with_a_fortnight_before_it_its_spike_has_one() {
    // Whoever goes over many destinations is no crowd at any of them: there the fan-out beside the score says it.
    for (name, is_crowd) in [
        ("evtx_rdpcorets131_fanout_wef.evtx", false),
        ("evtx_rcm_1149_rdp_tunnel.evtx", true),
        ("evtx_rcm_vss_damaged_bruteforce.evtx", true),
        ("zeek_rdp_wrccdc.json.gz", true),
        ("zeek_conn_ctu_010.log.gz", true),
    ] {
        let Some(file) = shared(name) else { continue };
        let alone = detected(&[&file]);
        assert!(!alone.is_empty() && alone.iter().all(|(.., score)| score.is_none()), "{name}: {alone:?}");
        let destinations: Vec<String> = alone.iter().map(|(destination, ..)| (destination.clone(), ())).collect::<BTreeMap<_, _>>().into_keys().collect();
        let spike = alone.iter().max_by_key(|(_, _, count, _)| *count).expect("a spike");
        let folder = tempfile::tempdir().expect("a folder");
        let history = folder.path().join("history.ndjson");
        std::fs::write(&history, fortnight(&destinations, spike.1.parse().expect("a time"))).expect("room");
        let both = detected(&[&history, &file]);
        let found = both.iter().find(|(destination, bucket, ..)| (destination, bucket) == (&spike.0, &spike.1)).expect("the same bucket");
        assert_eq!(found.2, spike.2, "{name}: the same sources");
        // Strangers of unknown networks where a fortnight long only two administrators came.
        assert!(found.3.is_some_and(|score| !is_crowd || score >= 25.0), "{name}: {found:?}");
        if !is_crowd {
            let output = Command::new(env!("CARGO_BIN_EXE_rdptriage"))
                .args(["detect", "--format", "json", "--explain", &format!("{}@{}", spike.0, spike.1)])
                .args([&history, &file])
                .output()
                .expect("the program starts");
            let explained: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let fan_out = &explained["relatives"][0];
            assert_eq!(fan_out["name"], "fan-out", "{explained}");
            assert!(fan_out["known"].as_u64() >= Some(20), "{fan_out}");
        }
    }
}
