//! Cases through the program: nothing acknowledged is lost, nothing changed goes unseen, copies come together.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// How often the writer is killed; set `RDPTRIAGE_KILLS` for a longer run.
const KILLS: usize = 20;

fn command(data: &Path, author: &str, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
    command.arg("case").args(line).env_clear().env("RDPTRIAGE_DATA_DIR", data).env("RDPTRIAGE_CONFIG_DIR", data.join("none"));
    command.env("RDPTRIAGE_AUTHOR", author).stdin(Stdio::null());
    command
}

fn run(data: &Path, line: &[&str]) -> Output {
    command(data, "kim@jump", line).output().expect("the program starts")
}

fn text(data: &Path, line: &[&str]) -> String {
    let output = run(data, line);
    assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

fn verified(data: &Path, case: &str) -> Value {
    serde_json::from_slice(&run(data, &["verify", case]).stdout).expect("JSON")
}

/// The texts of the notes, in order.
fn notes(data: &Path, case: &str) -> Vec<String> {
    let shown: Value = serde_json::from_str(&text(data, &["show", case, "--format", "json"])).expect("JSON");
    let entries = shown.pointer("/entries").and_then(Value::as_array).expect("entries");
    let texts = entries.iter().filter_map(|entry| entry.pointer("/entry/done/text").or_else(|| entry.pointer("/entry/text")));
    texts.map(|text| text.as_str().expect("text").to_owned()).collect()
}

#[test]
fn a_case_is_opened_noted_in_listed_and_whole() {
    let data = tempfile::tempdir().expect("a folder");
    let case = text(data.path(), &["new", "FS01\u{202e}", "--from", "2025-03-04T01:15:00Z", "--to", "2025-03-04T13:15:00Z"]);
    let noted = text(data.path(), &["note", &case, "not ours,", "NOC \u{1b}[2Jasked"]);
    assert!(noted.starts_with("entry 2 "), "{noted}");
    let shown = text(data.path(), &["show", &case]);
    assert!(shown.contains("kim@jump") && shown.contains(r"note: not ours, NOC \u{1b}[2Jasked"), "{shown}");
    let listed = text(data.path(), &["list"]);
    assert!(listed.contains(&case) && listed.contains(r"FS01\u{202e}"), "{listed}");
    let checked = verified(data.path(), &case);
    assert_eq!((&checked["is_whole"], &checked["entries"]), (&Value::Bool(true), &Value::from(2)));
    let head = noted.rsplit(' ').next().expect("a hash");
    assert_eq!(checked["head"], head);
    assert!(run(data.path(), &["verify", &case, "--head", head]).status.success());
    let other = "0".repeat(64);
    assert_eq!(run(data.path(), &["verify", &case, "--head", &other]).status.code(), Some(1));
}

#[test]
fn two_people_work_on_copies_and_bring_them_together() {
    let (kim, lee) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let case = text(kim.path(), &["new", "10.20.4.17"]);
    text(kim.path(), &["note", &case, "both"]);
    let file = kim.path().join("sent.json");
    let file = file.to_str().expect("text");
    text(kim.path(), &["export", &case, "--output", file]);
    assert!(verified(kim.path(), file)["is_whole"].as_bool().expect("a word"));
    assert_eq!(text(lee.path(), &["import", file]), case);
    assert!(command(lee.path(), "lee@home", &["note", &case, "from lee"]).status().expect("runs").success());
    text(kim.path(), &["note", &case, "from kim"]);
    let back = lee.path().join("back.json");
    let back = back.to_str().expect("text");
    text(lee.path(), &["export", &case, "--output", back]);
    assert_eq!(text(kim.path(), &["merge", &case, back]), "1 entries merged");
    assert_eq!(text(kim.path(), &["merge", &case, back]), "0 entries merged");
    assert_eq!(notes(kim.path(), &case), ["both", "from kim", "from lee"]);
    assert!(text(kim.path(), &["show", &case]).contains("lee@home"));
    assert!(verified(kim.path(), &case)["is_whole"].as_bool().expect("a word"));
    let again = run(kim.path(), &["import", file]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is a case"), "{again:?}");
}

#[test]
fn a_damaged_export_is_refused() {
    let data = tempfile::tempdir().expect("a folder");
    let case = text(data.path(), &["new", "10.20.4.17"]);
    let file = data.path().join("sent.json");
    text(data.path(), &["export", &case, "--output", file.to_str().expect("text")]);
    let mut bytes = std::fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    for line in [["verify", file.to_str().expect("text")], ["import", file.to_str().expect("text")]] {
        let output = run(data.path(), &line);
        assert_eq!(output.status.code(), Some(1), "{line:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not as it was written"), "{output:?}");
    }
}

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_it_acknowledged() {
    let data = tempfile::tempdir().expect("a folder");
    let case = text(data.path(), &["new", "10.20.4.17"]);
    let kills = std::env::var("RDPTRIAGE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut acknowledged = Vec::new();
    let mut dice: u64 = 0x2545_f491_4f6c_dd1d;
    for round in 0..kills {
        let mut writer = command(data.path(), "kim@jump", &["note", &case, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let mut stdin = writer.stdin.take().expect("a pipe");
        let lines: String = (0..200).map(|number| format!("{round}.{number}\n")).collect();
        // All fits into the pipe, so that the writer is busy until it dies.
        stdin.write_all(lines.as_bytes()).expect("written");
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let until = usize::try_from(dice >> 58).expect("small");
        let mut acks = BufReader::new(writer.stdout.take().expect("a pipe")).lines();
        acknowledged.extend(acks.by_ref().take(until).map(|line| line.expect("text")));
        writer.kill().expect("killed");
        writer.wait().expect("gone");
        acknowledged.extend(acks.map_while(Result::ok).filter(|line| line.len() > 64));
    }
    let shown: Value = serde_json::from_str(&text(data.path(), &["show", &case, "--format", "json"])).expect("JSON");
    let entries = shown["entries"].as_array().expect("entries");
    let kept: BTreeSet<String> = entries.iter().map(|entry| format!("entry {} {}", entry["entry"]["seq"], entry["hash"].as_str().expect("text"))).collect();
    let lost: Vec<&String> = acknowledged.iter().filter(|line| !kept.contains(*line)).collect();
    assert_eq!(lost, Vec::<&String>::new(), "of {}", acknowledged.len());
    assert!(acknowledged.len() > kills, "{}", acknowledged.len());
    let checked = verified(data.path(), &case);
    assert!(checked["is_whole"].as_bool().expect("a word"), "{checked}");
}
