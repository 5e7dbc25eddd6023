//! What a line of NDJSON costs on its way to an answer, beside what serde_json alone takes for it: compare the rows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
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

/// From the file to the counts by destination and bucket: what `counts` does before it writes.
#[divan::bench(sample_count = 10)]
fn file_to_counts(bencher: Bencher) {
    let text = lines();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for it");
    let interpreter = interpreter();
    let paths = [file.path().to_owned()];
    let ask = Ask::Counts { scope: Scope::over(Range::ALL), bucket: BucketSize::Quarter, by: By::DestinationIp };
    bencher
        .counter(BytesCount::of_str(&text))
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
