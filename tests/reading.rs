//! Real files of every format against independently computed truth: every RDP event is found, and nothing else.
//!
//! The files stand outside the project (their licences differ); where they are absent the tests say so and pass.
//! `RDPTRIAGE_SHARED` names the folder.

// A test that cannot go on may stop; the exemption of test functions does not reach their helpers here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rdptriage::backend::local::open::Options;
use rdptriage::backend::local::read::collect::Collector;
use rdptriage::backend::local::read::evtx;
use rdptriage::backend::local::read::files::Reader;
use rdptriage::backend::local::read::progress::Silent;
use rdptriage::backend::local::read::walk::walk;
use rdptriage::query::SourceReport;
use rdptriage::schema::{Interpreter, Schemas};
use rdptriage::sigma::RuleSet;

/// This test program as the child that reads event logs; what the test harness prints is filtered out.
fn child() -> evtx::Command {
    let program = std::env::current_exe().unwrap();
    let script = format!("'{}' as_child --exact --nocapture --quiet -- \"$@\" | grep '^{{'", program.display());
    evtx::Command { program: "/bin/sh".into(), arguments: ["-c", &script, "child"].map(Into::into).to_vec(), patience: Duration::from_secs(60) }
}

/// Not a test of its own: behind `--from-chunk` it is the child that reads a log.
#[test]
fn as_child() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(place) = arguments.iter().position(|argument| argument == "--from-chunk") else { return };
    evtx::child_main("-".as_ref(), arguments[place + 1].parse().unwrap());
}

fn interpreter() -> Interpreter {
    Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), rdptriage::schema::Options::default()).unwrap()
}

fn reports(paths: &[PathBuf]) -> Vec<SourceReport> {
    let (interpreter, child) = (interpreter(), child());
    let mut reader = Reader { interpreter: &interpreter, progress: &Silent, workers: 2, child: &child, collector: Collector::default() };
    for found in &walk(paths).files {
        reader.file(found);
    }
    reader.collector.reports().to_vec()
}

/// The files that have a truth beside them, with the expected events by kind and the number of records.
fn truths() -> Vec<(PathBuf, BTreeMap<String, u64>, u64)> {
    let shared = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let mut found = Vec::new();
    for folder in ["data", "data/derived"] {
        let Ok(entries) = std::fs::read_dir(shared.join(folder)) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(name) = path.to_str().and_then(|name| name.strip_suffix(".truth.json")) else { continue };
            let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let info = &truth["info"];
            let kinds = info["rdp_events"].as_object().unwrap().iter().map(|(kind, count)| (kind.clone(), count.as_u64().unwrap())).collect();
            found.push((PathBuf::from(name), kinds, info["records_total"].as_u64().unwrap()));
        }
    }
    if found.is_empty() {
        eprintln!("skipped: no real files under {}", shared.display());
    }
    found.sort();
    found
}

/// The kinds that the truth speaks of: families that are counted, and their ends and shells.
fn counted(report: &SourceReport) -> BTreeMap<String, u64> {
    use rdptriage::domain::{Family, Kind};
    let is_told = |name: &str| {
        Kind::named(name).is_some_and(|kind| kind.family() != Family::Context && !["rdpcorets102", "rdpcorets103", "sec4634", "sec4647"].contains(&name))
    };
    report.kinds.iter().filter(|(name, _)| is_told(name)).map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn our_own_files_give_what_stands_in_them() {
    type Row = (&'static str, &'static str, u64, u64, &'static [(&'static str, u64)]);
    let table: [Row; 3] = [
        ("response.json", "json", 3, 1, &[("sysmon3_out", 1)]),
        ("zeek.log", "zeek tsv", 4, 0, &[("zeek_conn", 1), ("zeek_conn_udp", 1), ("zeek_rdp", 1)]),
        ("flows.csv", "csv", 2, 0, &[("flow", 1)]),
    ];
    for (name, format, records, duplicates, kinds) in table {
        let report = &reports(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/files").join(name)])[0];
        let expected = kinds.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
        assert_eq!((counted(report), report.format.as_str(), report.read, report.duplicates), (expected, format, records, duplicates), "{report:#?}");
    }
}

#[test]
fn other_logs_of_zeek_are_known_and_hold_no_events() {
    let folder = tempfile::tempdir().unwrap();
    let dns = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n1735689600.0\tC1\t10.0.0.7\t5000\t10.0.0.5\t3389\tudp\tx.example\n";
    let x509 = "#separator \\x09\n#path\tx509\n#fields\tts\tid\tcertificate.subject\n1735689600.0\tF1\tCN=x\n";
    for (name, text) in [("dns.log", dns), ("x509.log", x509)] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let report = &reports(&[path])[0];
        assert_eq!((report.read, report.other, report.events()), (1, 1, 0), "{report:#?}");
    }
}

#[test]
fn a_zeek_table_with_several_logs_is_told_apart_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zeek.csv");
    let rows = [
        "conn,1735689600.0,C1,10.0.0.7,5000,10.0.0.5,3389,tcp",
        "rdp,1735689601.0,C1,10.0.0.7,5000,10.0.0.5,3389,",
        "dns,1735689602.0,C2,10.0.0.7,5000,10.0.0.5,53,udp",
    ];
    std::fs::write(&path, format!("_path,ts,uid,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto\n{}\n", rows.join("\n"))).unwrap();
    let report = &reports(&[path])[0];
    assert_eq!((report.read, counted(report)), (3, BTreeMap::from([("zeek_conn".to_owned(), 1), ("zeek_rdp".to_owned(), 1)])), "{report:#?}");
}

#[test]
fn every_real_file_gives_the_events_of_its_truth() {
    let mut wrong = Vec::new();
    for (path, kinds, records) in truths() {
        let reports = reports(std::slice::from_ref(&path));
        let [report] = reports.as_slice() else { panic!("{}: {reports:#?}", path.display()) };
        // Of a damaged log our parser saves more records than the one behind the truth.
        let is_complete = if report.skipped.is_empty() { report.read == records } else { report.read >= records };
        if counted(report) != kinds || !is_complete {
            wrong.push(format!("{}: expected {kinds:?} in {records} records: {report:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_same_records_in_two_containers_count_once() {
    let truths = truths();
    let named = |name: &str| truths.iter().find(|(path, ..)| path.ends_with(name));
    for (one, other) in [
        ("evtx_rcm_1149_rdp_tunnel.evtx", "evtxdump_rcm_1149.ndjson"),
        ("evtx_security_5156_4624_rdp_tunnel.evtx", "ecs_security_rdp_tunnel.ndjson"),
        ("evtx_sysmon3_plink_rdp_tunnel.evtx", "ecs_sysmon_plink.ndjson"),
        ("otrf_rdp_interactive_taskmanager_lsass_dump.ndjson.gz", "otrf_rdp_interactive.parquet"),
    ] {
        let (Some((one, ..)), Some((other, kinds, _))) = (named(one), named(other)) else { continue };
        let reports = reports(&[one.clone(), other.clone()]);
        assert_eq!(reports[1].events(), 0, "{}: {reports:#?}", other.display());
        assert!(reports[1].duplicates >= kinds.values().sum(), "{}: {reports:#?}", other.display());
    }
}

#[test]
fn what_is_given_is_opened_as_a_whole() {
    let files: Vec<PathBuf> = truths().into_iter().map(|(path, ..)| path).collect();
    if files.is_empty() {
        return;
    }
    let loaded = Options { child: child(), ..Options::default() }.read(&files, &interpreter(), &Silent).unwrap();
    // Just after the last event of the newest file.
    assert_eq!(loaded.now.to_string(), "2022-06-14T19:56:04.961955Z");
}
