//! Whole files through the whole reader: what a responder really has, the broken kinds included.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::collect::Collector;
use super::files::Reader;
use super::progress::{Progress, Silent};
use super::sample::Sample;
use super::walk::walk;
use super::{evtx, lines};
use crate::backend::local::open::Options;
use crate::query::SourceReport;

/// This test program as the child that reads event logs; what the test harness prints is filtered out.
fn child() -> evtx::Command {
    let program = std::env::current_exe().unwrap();
    let script = format!("'{}' backend::local::read::tests::as_child --exact --nocapture --quiet -- \"$@\" | grep '^{{'", program.display());
    evtx::Command { program: "/bin/sh".into(), arguments: ["-c", &script, "child"].map(Into::into).to_vec(), patience: Duration::from_secs(60) }
}

/// A real log, where the folder with such data is at hand.
fn real(name: &str) -> Option<Vec<u8>> {
    let shared = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let content = fs::read(shared.join("data").join(name)).ok();
    if content.is_none() {
        eprintln!("skipped: there is no {name} under {}", shared.display());
    }
    content
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn reports_told(paths: &[PathBuf], progress: &dyn Progress) -> Vec<SourceReport> {
    let child = child();
    let mut reader = Reader { interpreter: &Sample, progress, workers: 2, child: &child, collector: Collector::default() };
    let walk = walk(paths);
    for (path, reason) in &walk.failed {
        reader.collector.fail(&path.display().to_string(), reason);
    }
    for found in &walk.files {
        reader.file(found);
    }
    reader.collector.into_reports("2025-06-01T00:00:00Z".parse().unwrap())
}

fn reports(paths: &[PathBuf]) -> Vec<SourceReport> {
    reports_told(paths, &Silent)
}

fn report(path: &Path) -> SourceReport {
    let mut reports = reports(&[path.to_owned()]);
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

fn gzipped(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Documents a second apart from second `from` on.
fn documents(from: u32, count: u32) -> String {
    (from..from + count)
        .map(|second| {
            format!("{{\"time\":\"2025-01-01T{:02}:{:02}:{:02}Z\",\"source\":\"10.0.0.{}\"}}\n", second / 3600, second / 60 % 60, second % 60, second % 250)
        })
        .collect()
}

fn skipped(report: &SourceReport) -> Vec<(&str, u64)> {
    report.skipped.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

fn error(paths: &[PathBuf]) -> String {
    Options { workers: 1, child: child(), ..Options::default() }.read(paths, &Sample, &Silent).unwrap_err().what
}

#[test]
fn every_layout_and_wrapping_of_the_same_events_reads_alike() {
    let folder = Folder::new();
    let lines = documents(0, 20);
    let array = format!("[{}]", lines.trim().replace('\n', ",\n"));
    let response = format!("{{\"took\":1,\"hits\":{{\"total\":20,\"hits\":{array}}}}}");
    let printed: String = lines.lines().map(|line| line.replace('{', "{\n  ").replace(",\"", ",\n  \"").replace('}', "\n}\n")).collect();
    let rows: String = lines.lines().map(|line| line.replace("{\"time\":\"", "").replace("\",\"source\":\"", ",").replace("\"}", "\r\n")).collect();
    let csv = format!("time,source\r\n{rows}");
    let zeek = format!("#separator \\x09\n#path\trdp\n#fields\ttime\tsource\n{}#close\n", rows.replace(',', "\t").replace('\r', ""));
    let wide: Vec<u8> = std::iter::once(0xFEFF).chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let members = [gzipped(documents(0, 10)), gzipped(documents(10, 10))].concat();
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        ("lines", lines.clone().into(), "ndjson"),
        ("marked", format!("\u{feff}{lines}").into(), "ndjson"),
        ("array", array.clone().into(), "json"),
        ("response", response.clone().into(), "json"),
        ("printed", printed.into(), "json"),
        ("csv", csv.clone().into(), "csv"),
        ("semicolons", csv.replace(',', ";").into(), "csv"),
        ("tabs", csv.replace(',', "\t").into(), "csv"),
        ("wide", wide, "csv"),
        ("zeek", zeek.clone().into(), "zeek tsv"),
        ("gzip", members, "ndjson"),
        ("zstd", zstd::encode_all(lines.as_bytes(), 0).unwrap(), "ndjson"),
        ("gzip in zstd", zstd::encode_all(&gzipped(&zeek)[..], 0).unwrap(), "zeek tsv"),
    ];
    for (name, content, format) in files {
        let report = report(&folder.add(name, content));
        assert_eq!((report.format.as_str(), report.kinds.get("flow"), report.read, skipped(&report)), (format, Some(&20), 20, vec![]), "{name}");
        assert!(report.notes.is_empty(), "{name}: {:?}", report.notes);
    }
}

#[test]
fn entries_of_an_archive_are_files_of_their_own() {
    let folder = Folder::new();
    let inner = gzipped(documents(10, 5));
    let zip = zipped(&[("a.json", documents(0, 3).as_bytes()), ("in/b.gz", &inner), ("picture", b"\x89PNG"), ("__MACOSX/a.json", b"\0"), ("empty", b"")]);
    let path = folder.add("x.zip", &zip);
    let found: Vec<(String, u64)> = reports(std::slice::from_ref(&path)).iter().map(|report| (report.name.raw().to_owned(), report.events())).collect();
    let at = |entry: &str| format!("{}!{entry}", path.display());
    assert_eq!(found, [(at("a.json"), 3), (at("in/b.gz"), 5), (at("empty"), 0), ("1 other files".to_owned(), 0)]);
    // An archive that cannot be sought in, because it is wrapped itself.
    assert_eq!(reports(&[folder.add("x.zip.gz", gzipped(&zip))]).iter().map(SourceReport::events).sum::<u64>(), 8);
}

#[test]
fn one_bad_line_costs_only_itself() {
    let folder = Folder::new();
    let mut text = documents(0, 3).into_bytes();
    text.extend_from_slice(format!("{{\"time\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    text.extend_from_slice(b"not json\n");
    text.extend_from_slice(b"{\"time\":\"2025-01-01T00:00:03Z\",\"host\":\"J\xFCrgen\"}\n");
    text.extend_from_slice(format!("{{\"x\":\"{}\"}}\n", "y".repeat(50 << 20)).as_bytes());
    text.extend_from_slice(b"{\"time\":\"no time\"}\n");
    text.extend_from_slice(documents(4, 2).as_bytes());
    let report = report(&folder.add("mixed", text));
    assert_eq!(report.events(), 6);
    assert_eq!(skipped(&report), [("line of more than 16 MiB", 1), ("no JSON document", 2), ("no time", 1)]);
    assert_eq!(lines::LONGEST, 16 << 20);
}

#[test]
fn a_bad_first_line_costs_only_itself() {
    let folder = Folder::new();
    for (name, first) in [("cut", "{\"time\":\"2025-01-01T00:00:00Z\",\"a\":{\"b\":1"), ("deep", &format!("{{\"a\":{}", "[".repeat(100_000)))] {
        let report = report(&folder.add(name, format!("{first}\n{}", documents(0, 3))));
        assert_eq!((report.events(), skipped(&report)), (3, vec![("no JSON document", 1)]), "{name}");
    }
}

#[test]
fn what_stands_before_a_cut_is_used_and_the_cut_is_said() {
    let folder = Folder::new();
    let whole = gzipped(documents(0, 20_000));
    let report = report(&folder.add("cut.gz", &whole[..whole.len() / 2]));
    assert!(report.events() > 1_000 && report.events() < 20_000, "{}", report.events());
    assert!(report.notes[0].starts_with("it broke off: "), "{:?}", report.notes);
    // The line that was cut in two is part of what is missing and not missing a second time.
    assert_eq!(skipped(&report), []);
}

#[test]
fn a_bomb_is_stopped_and_said() {
    let folder = Folder::new();
    let bomb = [gzipped(documents(0, 3)), gzipped(vec![b' '; 8 << 20]).repeat(12)].concat();
    let report = report(&folder.add("bomb", bomb));
    assert_eq!(report.events(), 3);
    assert!(report.notes[0].contains("decompression bomb"), "{:?}", report.notes);
}

#[test]
fn one_bad_file_never_costs_the_others() {
    let folder = Folder::new();
    let good = folder.add("good", documents(0, 3));
    let bad = [
        folder.add("empty", ""),
        folder.add("prose", "just words\n"),
        folder.add("table", "a,b\n1,2\n"),
        folder.add("broken.gz", "\x1f\u{8b}"),
        folder.at("missing"),
    ];
    fs::create_dir(folder.at("hollow")).unwrap();
    let paths: Vec<PathBuf> = [good].into_iter().chain(bad.clone()).chain([folder.at("hollow")]).collect();
    let found = reports(&paths);
    assert_eq!(found.len(), 7);
    assert_eq!(found.iter().map(SourceReport::events).sum::<u64>(), 3);
    let error = error(&paths[1..]);
    for (name, reason) in [
        ("empty", "it is empty"),
        ("prose", "it is of no format that is known"),
        ("table", "no column time"),
        ("missing", "there is no such file"),
        ("hollow", "it holds no files"),
    ] {
        assert!(error.contains(&format!("{}: {reason}", folder.at(name).display())), "{name}: {error}");
    }
}

#[test]
fn a_folder_without_events_says_what_it_held() {
    let folder = Folder::new();
    folder.add("notes.txt", "just words\n");
    folder.add("picture", b"\x89PNG");
    assert!(error(&[folder.0.path().to_owned()]).contains("of no format that holds events: notes.txt, picture"));
    folder.add("events", documents(0, 3));
    let found = reports(&[folder.0.path().to_owned()]);
    assert_eq!(found.last().unwrap().notes, ["they are of no format that holds events: notes.txt, picture"]);
}

#[test]
fn records_of_no_schema_say_what_was_looked_for() {
    let folder = Folder::new();
    let report = report(&folder.add("x", "{\"unknown\":1}\n{\"unknown\":2}\n"));
    assert_eq!((report.read, report.unknown), (2, 2));
    assert_eq!(report.notes, ["none of its records is of a known schema; looked for sample"]);
}

#[test]
fn the_same_file_and_the_same_record_count_once() {
    let folder = Folder::new();
    let records = |from: u32| -> String {
        (from..from + 4)
            .map(|record| format!("{{\"time\":\"2025-01-01T00:00:00Z\",\"host\":\"FS01\",\"channel\":\"Security\",\"record\":\"{record}\"}}\n"))
            .collect()
    };
    let one = folder.add("one", records(0));
    let copy = folder.add("copy", records(0));
    let rotated = folder.add("rotated.gz", gzipped(records(2)));
    let found = reports(&[one.clone(), one, copy.clone(), rotated]);
    let counts: Vec<(u64, u64, u64)> = found.iter().map(|report| (report.read, report.events(), report.duplicates)).collect();
    assert_eq!(counts, [(4, 4, 0), (4, 2, 2)]);
    assert!(found[0].notes[0].contains(&copy.display().to_string()), "{:?}", found[0].notes);
}

#[test]
fn clocks_that_clash_are_said() {
    let folder = Folder::new();
    let year = |year: u32| format!("{{\"time\":\"{year}-01-01T00:00:00Z\"}}\n");
    let found = reports(&[folder.add("a", year(2025)), folder.add("b", documents(0, 5)), folder.add("c", year(1999)), folder.add("d", year(2026))]);
    let notes: BTreeMap<String, usize> = found.iter().map(|report| (report.name.raw().rsplit('/').next().unwrap().to_owned(), report.notes.len())).collect();
    assert_eq!(notes, BTreeMap::from([("a".into(), 0), ("b".into(), 0), ("c".into(), 1), ("d".into(), 1)]));
    assert!(found[2].notes[0].contains("more than ten years") && found[3].notes[0].contains("in the future"));
}

#[test]
fn progress_is_told_in_bytes_on_disk() {
    #[derive(Default)]
    struct Sum(AtomicU64);
    impl Progress for Sum {
        fn total(&self, _bytes: u64) {}
        fn advanced(&self, _file: &Path, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
    let folder = Folder::new();
    let plain = folder.add("plain", documents(0, 5000));
    let packed = folder.add("packed", gzipped(documents(5000, 5000)));
    let size: u64 = [&plain, &packed].iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    let sum = Sum::default();
    reports_told(&[plain, packed], &sum);
    assert_eq!(sum.0.into_inner(), size);
}

#[test]
fn many_blocks_keep_every_record() {
    let folder = Folder::new();
    let report = report(&folder.add("long", documents(0, 80_000)));
    assert_eq!((report.read, report.events()), (80_000, 80_000));
}

#[test]
fn standard_input_is_read_from_a_file_and_from_a_pipe() {
    let folder = Folder::new();
    let file = folder.add("x.gz", gzipped(documents(0, 7)));
    for script in ["exec '{exe}' {args} < '{file}'", "cat '{file}' | '{exe}' {args}"] {
        let script = script
            .replace("{exe}", &std::env::current_exe().unwrap().display().to_string())
            .replace("{args}", "backend::local::read::tests::as_reader --exact --nocapture --quiet -- --read-standard-input")
            .replace("{file}", &file.display().to_string());
        let output = std::process::Command::new("/bin/sh").arg("-c").arg(&script).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("- ndjson 7"), "{script}: {text}");
    }
}

/// Not a test of its own: with this flag it reads standard input and says what it found.
#[test]
fn as_reader() {
    if std::env::args().any(|argument| argument == "--read-standard-input") {
        let report = report(Path::new("-"));
        println!("\n{} {} {}", report.name.raw(), report.format, report.events());
    }
}

/// The sample reader knows no event logs: each of their records is counted as one without a time.
fn records(report: &SourceReport) -> u64 {
    report.skipped.get("no time").copied().unwrap_or_default()
}

#[test]
fn event_logs_are_read_by_a_child_wrapped_or_not() {
    let Some(log) = real("evtx_rcm_1149_rdp_tunnel.evtx") else { return };
    let folder = Folder::new();
    let entry = zipped(&[("x.evtx", &log)]);
    for (name, content) in [("plain", log.clone()), ("gzip", gzipped(&log)), ("zip", entry)] {
        let report = report(&folder.add(name, content));
        assert_eq!((report.format.as_str(), records(&report), skipped(&report).len()), ("evtx", 228, 1), "{name}: {report:?}");
    }
}

#[test]
fn damaged_chunks_cost_only_themselves() {
    let Some(log) = real("evtx_rdpcorets131_fanout_wef.evtx") else { return };
    let folder = Folder::new();
    let whole = records(&report(&folder.add("whole", &log)));
    assert_eq!(whole, 154);
    let mut damaged = log.clone();
    // The head of the first chunk, which then is none.
    damaged[4096..4104].copy_from_slice(b"XXXXXXXX");
    let report_of_damaged = report(&folder.add("damaged", &damaged));
    let rest = records(&report_of_damaged);
    assert!(rest > 0 && rest < whole, "{rest}");
    assert_eq!(report_of_damaged.skipped["chunk of a log that is damaged"], 1);
    // The second chunk breaks off in its middle.
    let cut = report(&folder.add("cut", &log[..4096 + 65536 + 20_000]));
    assert_eq!(cut.skipped["chunk of a log that is cut off"], 1);
    assert!(records(&cut) > whole - rest && records(&cut) < whole, "{}", records(&cut));
}

#[test]
fn a_log_of_rubbish_says_so() {
    let folder = Folder::new();
    let path = folder.add("rubbish", [b"ElfFile\0".as_slice(), &[7; 100]].concat());
    assert!(error(&[path]).contains("it has no sound header of a Windows event log"));
}

/// Not a test of its own: behind `--from-chunk` it is the child that reads a log.
#[test]
fn as_child() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(place) = arguments.iter().position(|argument| argument == "--from-chunk") else { return };
    let from = arguments[place + 1].parse().unwrap();
    evtx::child_main("-".as_ref(), from);
}
