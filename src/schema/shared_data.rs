//! Real data, where it is at hand: the kinds counted are those of the truth files.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Interpreter, Options, Reading, Schemas};
use crate::sigma::RuleSet;

fn lines(path: &Path) -> Vec<Vec<u8>> {
    let file = std::fs::File::open(path).expect("a file");
    let reader: Box<dyn Read> =
        if path.extension().is_some_and(|ext| ext == "gz") { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    BufReader::new(reader).split(b'\n').map(|line| line.expect("a line")).collect()
}

/// Kinds without a truth kind tell more about others; the truth files do not list them.
fn is_counted(kind: &str, truth: &str) -> bool {
    truth.contains(&format!("\"{kind}\"")) || !["sec4648", "sec4672", "sysmon1", "sec4625_lt3", "lsm39", "lsm40", "lsm23"].contains(&kind)
}

#[test]
fn kinds_are_those_of_the_truth() {
    let shared = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let mut files = Vec::new();
    for folder in [shared.join("data"), shared.join("data/derived")] {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            eprintln!("skipped: there is no {}", folder.display());
            return;
        };
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
            let name = path.to_string_lossy();
            [".ndjson", ".ndjson.gz", ".json.gz", ".log.gz"].iter().any(|end| name.ends_with(end))
        }));
    }
    assert!(files.len() >= 6, "{files:?}");
    let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("ours");
    for path in files {
        let truth_text = std::fs::read_to_string(format!("{}.truth.json", path.display())).expect("a truth file");
        let truth: serde_json::Value = serde_json::from_str(&truth_text).expect("JSON");
        let expected: BTreeMap<String, u64> = serde_json::from_value(truth["info"]["rdp_events"].clone()).expect("kinds");
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let mut users: BTreeMap<String, u64> = BTreeMap::new();
        let (mut first, mut last) = (None, None);
        let mut columns = None;
        for line in lines(&path) {
            let reading = if line.starts_with(b"{") {
                interpreter.json(&line)
            } else {
                let text = String::from_utf8(line).expect("text");
                if let Some(names) = text.strip_prefix("#fields\t") {
                    columns = Some(interpreter.header(&names.split('\t').collect::<Vec<_>>()).expect("a header"));
                }
                if text.starts_with('#') || text.is_empty() {
                    continue;
                }
                let values: Vec<_> = text.split('\t').collect();
                interpreter.row(columns.as_ref().expect("a header first"), &|place| values.get(place).map(|text| (*text).into()))
            };
            match reading.expect("a record") {
                Reading::Event { event, .. } => {
                    if is_counted(event.kind.name(), &truth["info"]["rdp_events"].to_string()) {
                        *found.entry(event.kind.name().to_owned()).or_default() += 1;
                        if let Some(user) = &event.user {
                            *users.entry(user.raw().to_owned()).or_default() += 1;
                        }
                        first = Some(first.map_or(event.time, |first: crate::domain::Timestamp| first.min(event.time)));
                        last = Some(last.map_or(event.time, |last: crate::domain::Timestamp| last.max(event.time)));
                    }
                }
                Reading::Other { .. } => {}
                Reading::Unknown => panic!("{}: a record of no known schema", path.display()),
            }
        }
        assert_eq!(found, expected, "{}", path.display());
        for (time, name) in [(first, "rdp_first"), (last, "rdp_last")] {
            assert_eq!(time.map(crate::domain::time::rfc3339_micros).as_deref(), truth["info"][name].as_str(), "{} {name}", path.display());
        }
    }
}
