//! Real data, where it is at hand: the kinds counted are those of the truth files.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::repeat::whole;
use super::{DocumentError, Interpreter, Memo, Options, Reading, Schemas};
use crate::domain::{Event, time::rfc3339_micros};
use crate::sigma::RuleSet;

fn lines(path: &Path) -> Vec<Vec<u8>> {
    let file = std::fs::File::open(path).expect("a file");
    let reader: Box<dyn Read> =
        if path.extension().is_some_and(|ext| ext == "gz") { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    BufReader::new(reader).split(b'\n').map(|line| line.expect("a line")).collect()
}

/// What the truth files list for one destination, as far as one event after the other tells it.
#[derive(Default, PartialEq, Debug)]
struct Counted {
    events: u64,
    sources: BTreeMap<String, u64>,
    users: BTreeMap<String, u64>,
}

impl Counted {
    fn add(&mut self, event: &Event) {
        self.events += 1;
        if let Some(source) = event.source {
            *self.sources.entry(source.to_string()).or_default() += 1;
        }
        if let Some(user) = &event.user {
            *self.users.entry(user.raw().to_owned()).or_default() += 1;
        }
    }
}

type ByDestination = BTreeMap<String, BTreeMap<String, Counted>>;

fn truth_by(truth: &serde_json::Value, name: &str) -> ByDestination {
    let counts = |value: &serde_json::Value| serde_json::from_value(value.clone()).expect("counts");
    let counted = |value: &serde_json::Value| Counted {
        events: value["events"].as_u64().expect("a number"),
        sources: counts(&value["sources"]),
        users: counts(&value["users"]),
    };
    let families = truth[name].as_object().expect("families");
    families
        .iter()
        .map(|(family, destinations)| {
            (family.clone(), destinations.as_object().expect("destinations").iter().map(|(destination, value)| (destination.clone(), counted(value))).collect())
        })
        .collect()
}

/// Kinds that tell more about others are not in the truth files.
const UNLISTED: &[&str] = &[
    "sec4648",
    "sec4672",
    "sysmon1",
    "sec4625_lt3",
    "lsm23",
    "lsm39",
    "lsm40",
    "sec4634",
    "sec4647",
    "sec4688",
    "sec1102",
    "system104",
    "rdpclient1024",
    "rdpclient1102",
    "rcm20503",
    "rcm20504",
    "rcm20506",
    "rcm20507",
];

/// Reads every line of a text file as a document or as a row under the last `#fields`.
fn readings(interpreter: &Interpreter, path: &Path) -> Vec<Reading> {
    let mut columns = None;
    let mut readings = Vec::new();
    // With a memory and without one, the answer is the same.
    let mut memo = Memo::default();
    let mut add = |reading: Reading, again: Result<Reading, DocumentError>, memo: &mut Memo| {
        assert_eq!(whole(again, memo).as_ref(), Ok(&reading), "{}", path.display());
        readings.push(reading);
    };
    for line in lines(path) {
        if line.starts_with(b"{") {
            let again = interpreter.json_after(&mut memo, &line);
            add(interpreter.json(&line).expect("a document"), again, &mut memo);
            continue;
        }
        let text = String::from_utf8(line).expect("text");
        if let Some(names) = text.strip_prefix("#fields\t") {
            columns = Some(interpreter.header(&names.split('\t').collect::<Vec<_>>()).expect("a header"));
        }
        if text.starts_with('#') || text.is_empty() {
            continue;
        }
        let values: Vec<_> = text.split('\t').collect();
        let columns = columns.as_ref().expect("a header before the rows");
        let value = |place: usize| values.get(place).map(|text| (*text).into());
        let again = interpreter.row_after(&mut memo, columns, &value);
        add(interpreter.row(columns, &value).expect("a row"), again, &mut memo);
    }
    readings
}

#[test]
fn events_are_those_of_the_truth() {
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
    let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("ours");
    for path in files {
        let truth = std::fs::read(format!("{}.truth.json", path.display())).expect("a truth file");
        let truth: serde_json::Value = serde_json::from_slice(&truth).expect("JSON");
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let (mut by_address, mut by_host) = (ByDestination::new(), ByDestination::new());
        let mut times = Vec::new();
        for reading in readings(&interpreter, &path) {
            let event = match reading {
                Reading::Event { event, .. } => event,
                Reading::Other { .. } | Reading::Detected { .. } => continue,
                Reading::Again | Reading::Unknown => panic!("{}: a record of no known schema", path.display()),
            };
            if UNLISTED.contains(&event.kind.name()) {
                continue;
            }
            *kinds.entry(event.kind.name().to_owned()).or_default() += 1;
            times.push(event.time);
            let family = format!("{:?}", event.kind.family()).to_lowercase();
            if let Some(address) = event.destination {
                by_address.entry(family.clone()).or_default().entry(address.to_string()).or_default().add(&event);
            }
            if let Some(host) = event.destination_host() {
                by_host.entry(family).or_default().entry(host.raw().to_owned()).or_default().add(&event);
            }
        }
        let expected: BTreeMap<String, u64> = serde_json::from_value(truth["info"]["rdp_events"].clone()).expect("kinds");
        assert_eq!(kinds, expected, "{}", path.display());
        for (time, name) in [(times.iter().min(), "rdp_first"), (times.iter().max(), "rdp_last")] {
            assert_eq!(time.map(|time| rfc3339_micros(*time)).as_deref(), truth["info"][name].as_str(), "{} {name}", path.display());
        }
        assert_eq!(by_address, truth_by(&truth, "by_destination_ip"), "{}", path.display());
        assert_eq!(by_host, truth_by(&truth, "by_destination_host"), "{}", path.display());
    }
}
