//! `triage` from outside: what it suggests of the demo and why, its exit codes, and that it runs through on real files.
//!
//! The real files lie beside the project (`RDPTRIAGE_SHARED`, default `../shared`); where they are missing the test says so.
#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
    command.args(arguments).env_clear().env("RDPTRIAGE_CONFIG_DIR", "/nonexistent").output().expect("the program starts")
}

fn triage(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = run(&[&["triage"], arguments, &["--format", "json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8(output.stdout).expect("text");
    (serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {error}")), output.status.code())
}

fn step<'d>(dossier: &'d Value, id: &str) -> &'d Value {
    dossier["steps"].as_array().expect("steps").iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id}"))
}

#[test]
fn the_spray_of_the_demo_is_suggested_malicious_with_at_least_four_findings() {
    let (dossier, code) = triage(&["FILESRV-02", "--demo"]);
    assert_eq!((dossier["suggests"].as_str(), code), (Some("malicious"), Some(4)));
    let steps = dossier["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 17);
    let bad = steps.iter().filter(|step| step["phase"] == "triage" && step["suggested"] == "looks bad").count();
    assert!(bad >= 4, "{bad}");
    let keys = ["id", "phase", "title", "suggested", "confidence", "finding", "for", "against", "missing", "human", "queries"];
    for step in steps {
        assert_eq!(step.as_object().map(|step| step.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>()), Some(keys.into_iter().collect()));
    }
    let top: Vec<&str> = dossier.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected = ["destination", "range", "suggests", "steps", "completeness"];
    expected.sort_unstable();
    assert_eq!(
        {
            let mut top = top;
            top.sort_unstable();
            top
        },
        expected
    );
}

#[test]
fn scanner_patch_night_and_jump_host_of_the_demo_are_benign_for_the_right_reason() {
    for (destination, at, expected) in [
        ("WEB01", "2025-03-13T11:20:00Z", "benign: scan"),
        ("APP11", "2025-03-13T02:50:00Z", "benign: deployment"),
        ("JUMP03", "2025-03-13T08:05:00Z", "benign: maintenance"),
    ] {
        let (dossier, code) = triage(&[destination, "--demo", "--at", at]);
        assert_eq!((dossier["suggests"].as_str(), code), (Some(expected), Some(0)), "{destination}: {dossier:#}");
    }
}

#[test]
fn an_unknown_destination_is_an_error_and_markdown_is_for_people() {
    let output = run(&["triage", "nowhere", "--demo"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no event within the range reaches nowhere"));
    let output = run(&["triage", "FILESRV-02", "--demo", "--format", "md"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("# Spike of sources at a destination 10.20.4.17 FILESRV-02\n\n- range: "), "{text}");
    assert!(text.contains("- suggests: **malicious** (a person decides)") && text.contains("### Scans and assessments: unlikely"));
    assert_eq!(run(&["triage", "x", "--guide", "none"]).status.code(), Some(2));
}

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = root.join("data");
    if !data.is_dir() {
        assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SHARED").is_none(), "{} is not there", data.display());
        eprintln!("skipped: no real data at {}", data.display());
        return None;
    }
    Some(data)
}

#[test]
fn it_runs_through_on_every_real_file_with_rdp_events() {
    let Some(data) = shared() else { return };
    let mut done = 0;
    let files = std::fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    for file in files.filter(|path| !path.extension().is_some_and(|ending| ending == "md" || ending == "json")) {
        let file = file.to_str().expect("text");
        let counts: Value = serde_json::from_slice(&run(&["counts", file, "--by", "destination", "--format", "json"]).stdout).expect("counts");
        // The busiest and the quietest: the one has most to say, the other least.
        let all = counts["destinations"].as_array().expect("a list");
        for destination in all.first().into_iter().chain(all.last().filter(|_| all.len() > 1)) {
            let name = destination["destination"].as_str().expect("a name");
            let (dossier, code) = triage(&[name, file]);
            assert!(matches!(code, Some(0 | 3 | 4 | 5)), "{file} {name}: {code:?}");
            assert_eq!(dossier["steps"].as_array().map(Vec::len), Some(17), "{file} {name}");
            assert_eq!(code == Some(3), dossier["completeness"]["complete"] == false, "{file} {name}");
            done += 1;
        }
    }
    assert!(done >= 10, "{done}");
}

#[test]
fn what_is_found_in_three_real_files_in_literal_words() {
    let Some(data) = shared() else { return };
    let of = |destination: &str, file: &str| triage(&[destination, data.join(file).to_str().expect("text")]).0;
    let hijack = of("fs01", "evtx_security_4778_4779_rdp_hijack.evtx");
    assert_eq!(hijack["suggests"], "malicious");
    let told = step(&hijack, "traces")["for"].to_string();
    assert!(told.contains("came back on it"), "{told}");
    let scan = of("10.47.1.208", "zeek_rdp_wrccdc.json.gz");
    assert_eq!(scan["suggests"], "benign: scan");
    assert_eq!(step(&scan, "accounts")["finding"], "accounts are not visible in this data");
    assert!(step(&scan, "scan")["for"].to_string().contains("nessus"), "{:#}", step(&scan, "scan"));
    let damaged = of("DESKTOP-1N4R894", "evtx_rcm_vss_damaged_bruteforce.evtx");
    assert_eq!(damaged["suggests"], "undetermined");
    assert_eq!(step(&damaged, "sources")["finding"], "3 sources, with no history to say who is new; 3 got in");
    assert!(step(&damaged, "sources")["missing"].to_string().contains("the answer is partial (2 skipped)"));
}
