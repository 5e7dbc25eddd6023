//! What an event costs on its way out of NDJSON, CSV and Parquet to an answer, beside what the libraries alone take to read
//! the same bytes: compare the rows. Time on one machine says nothing about another; the ratios nearly do.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use polars::prelude::{CsvReader, ParquetReader, ParquetWriter, SerReader as _};
use rdptriage::backend::local::open;
use rdptriage::backend::local::read::progress::Silent;
use rdptriage::domain::{BucketSize, By, Range};
use rdptriage::query::{Ask, Scope};
use rdptriage::schema::{Interpreter, Options, Reading, Schemas};
use rdptriage::sigma::RuleSet;

const LINES: usize = 50_000;

fn main() {
    divan::main();
}

/// Logons as an agent ships them, about 800 bytes each: 200 destinations, 5,000 sources, a day.
fn lines() -> String {
    let mut text = String::new();
    for line in 0..LINES {
        let (destination, source) = (line * 7 % 200, line * 13 % 5000);
        let (hour, minute, second) = (line / 3600 % 24, line / 60 % 60, line % 60);
        let (high, low) = (source / 250, source % 250);
        let _ = writeln!(
            text,
            r#"{{"@timestamp":"2025-01-06T{hour:02}:{minute:02}:{second:02}.{milli:03}Z","agent":{{"type":"winlogbeat","version":"8.15.0","name":"srv-{destination:03}"}},"ecs":{{"version":"8.11.0"}},"event":{{"kind":"event","category":["authentication","session"],"type":["start"],"action":"logged-in","code":"4624","outcome":"success","provider":"Microsoft-Windows-Security-Auditing"}},"host":{{"name":"srv-{destination:03}.corp.example","os":{{"family":"windows","version":"10.0"}}}},"source":{{"ip":"10.1.{high}.{low}","port":{port},"domain":"ws-{source:04}"}},"destination":{{"ip":"10.2.0.{destination}","port":3389}},"user":{{"name":"user{source:04}","domain":"CORP","id":"S-1-5-21-1-2-3-{source}"}},"process":{{"name":"svchost.exe","executable":"C:\\Windows\\System32\\svchost.exe","pid":{port}}},"winlog":{{"channel":"Security","record_id":{line},"logon":{{"type":"RemoteInteractive","id":"0x{line:x}"}}}},"message":"An account was successfully logged on."}}"#,
            milli = line % 1000,
            port = 49_152 + line % 16_384,
        );
    }
    text
}

fn interpreter() -> Interpreter {
    Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::built_in()), Options::default()).expect("our own schemas are good")
}

/// The same logons as a table.
fn rows() -> String {
    let mut text =
        "@timestamp,source.ip,source.port,destination.ip,destination.port,user.name,user.domain,process.executable,event.code,host.name,winlog.logon.type\n"
            .to_owned();
    for row in 0..LINES {
        let (destination, source) = (row * 7 % 200, row * 13 % 5000);
        let _ = writeln!(
            text,
            "2025-01-06T{:02}:{:02}:{:02}.{:03}Z,10.1.{}.{},{},10.2.0.{destination},3389,user{source:04},CORP,C:\\Windows\\System32\\svchost.exe,4624,srv-{destination:03},10",
            row / 3600 % 24,
            row / 60 % 60,
            row % 60,
            row % 1000,
            source / 250,
            source % 250,
            49_152 + row % 16_384,
        );
    }
    text
}

/// From the file to the counts by destination and bucket: what `counts` does before it writes.
#[divan::bench(sample_count = 10)]
fn ndjson_to_counts(bencher: Bencher) {
    to_counts(bencher, lines().as_bytes());
}

/// The same out of a table.
#[divan::bench(sample_count = 10)]
fn csv_to_counts(bencher: Bencher) {
    to_counts(bencher, rows().as_bytes());
}

/// The csv crate giving out every row: what a reader of tables does at least.
#[divan::bench(sample_count = 10)]
fn csv_crate_reads(bencher: Bencher) {
    let text = rows();
    bencher.counter(BytesCount::of_str(&text)).counter(ItemsCount::new(LINES)).bench_local(|| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut fields = 0;
        while reader.read_record(&mut record).is_ok_and(|found| found) {
            fields += record.len();
        }
        fields
    });
}

/// The table as Parquet.
fn parquet() -> Vec<u8> {
    let mut frame = CsvReader::new(Cursor::new(rows())).finish().expect("a table");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).expect("room for it");
    bytes
}

/// The same out of Parquet.
#[divan::bench(sample_count = 10)]
fn parquet_to_counts(bencher: Bencher) {
    to_counts(bencher, &parquet());
}

/// polars reading every column of it.
#[divan::bench(sample_count = 10)]
fn polars_reads_parquet(bencher: Bencher) {
    let bytes = parquet();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .counter(ItemsCount::new(LINES))
        .bench_local(|| ParquetReader::new(Cursor::new(&bytes)).finish().expect("a table"));
}

fn to_counts(bencher: Bencher, bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    let interpreter = interpreter();
    let paths = [file.path().to_owned()];
    let ask = Ask::Counts { scope: Scope::over(Range::ALL), bucket: BucketSize::Quarter, by: By::DestinationIp };
    bencher
        .counter(BytesCount::of_slice(bytes))
        .counter(ItemsCount::new(LINES))
        .bench_local(|| open::read(&paths, &interpreter, &Silent).and_then(|loaded| loaded.table.answer(&ask)).expect("an answer"));
}

/// From the text of a line to an event, on one thread.
#[divan::bench(sample_count = 10)]
fn line_to_event(bencher: Bencher) {
    let text = lines();
    let interpreter = interpreter();
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(LINES))
        .bench_local(|| text.lines().filter(|line| matches!(interpreter.json(line.as_bytes()), Ok(Reading::Event { .. }))).count());
}

/// serde_json passing over everything: the least that a full parser does.
#[divan::bench(sample_count = 10)]
fn serde_json_skips(bencher: Bencher) {
    let text = lines();
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(LINES))
        .bench_local(|| text.lines().filter(|line| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()).count());
}

/// serde_json building a whole document: what most programs do.
#[divan::bench(sample_count = 10)]
fn serde_json_builds(bencher: Bencher) {
    let text = lines();
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(LINES))
        .bench_local(|| text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count());
}
