//! A case with hostile text in every field, in every form; and the page in a real browser.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::*;
use crate::case::{Act, Answer, Mark, MarkKind, Query, Subject, Verdict};
use crate::domain::{Address, BucketSize, Completeness, Destination, Range, Stage};
use crate::evidence::{AccountFact, Facts, HostFact, Point, Rows, SourceFact, StepEvidence, Suggested, Suggests};

/// What an attacker would put everywhere.
const EVIL: &str =
    "=cmd|'/c calc'!A1 <script>alert(1)</script> <img src=http://evil.example/x> [x](javascript:alert(1)) | `code` \u{1b}[2J\u{202e}www.evil.example\nnext";

fn at(time: &str) -> Timestamp {
    format!("2026-01-05T{time}Z").parse().unwrap()
}

fn entries(text: &str) -> Vec<Entry> {
    let subject =
        Subject { destination: text.into(), known_as: vec![text.into()], from: at("12:30:00"), to: at("13:00:00"), guide: crate::case::SPIKE.to_owned() };
    let query = Query {
        index: format!("logs-* {text}"),
        body: format!("{{\n  \"query\": \"{}\"\n}} ```` fence", text.replace('\n', " ")),
        took: 12,
        shards: None,
        hits: 41,
        completeness: "PARTIAL 4/5 shards".to_owned(),
    };
    let acts = vec![
        Act::Opened { subject, source: format!("lab {text}"), version: "1".to_owned() },
        Act::Asked { query },
        Act::Noted { text: text.into(), step: Some("sources".to_owned()) },
        Act::Answered { step: "sources".to_owned(), answer: Answer::LooksBad, note: text.into(), evidence: vec![] },
        Act::Marked { mark: Mark { kind: MarkKind::User, value: text.into() }, trail: text.to_owned() },
        Act::Ticked { response: "block".to_owned(), item: text.into(), note: text.into() },
        Act::Excepted { exception: "e1".to_owned(), text: text.to_owned() },
        Act::Noted { text: "taken back".into(), step: None },
        Act::Undone { entry: 8 },
        Act::Decided { verdict: Verdict::TruePositive, note: text.into() },
    ];
    let mut entries: Vec<Entry> = Vec::new();
    for (number, act) in acts.into_iter().enumerate() {
        let prev = entries.last().map_or_else(Hash::default, |entry| entry.hash);
        let time = at("13:21:00") + jiff::SignedDuration::from_secs(number as i64);
        entries.push(Entry::new(number as u64 + 1, prev, time, text.into(), act).unwrap());
    }
    entries
}

fn dossier(text: &str) -> Dossier {
    let range = Range { from: at("12:30:00"), to: at("13:00:00") };
    let destination = Arc::new(Destination { addresses: [Address::clean("10.0.0.5").unwrap()].into(), hosts: [text.into()].into() });
    let source = SourceFact {
        address: Address::clean("10.66.0.12").unwrap(),
        is_new: Some(true),
        days_before: 0,
        stage: Stage::LoggedOn,
        first: at("12:31:04"),
        last: at("12:58:11"),
        connections: 14,
        refusals: 9,
        users: BTreeMap::from([(text.into(), 3)]),
        regulars: [text.into()].into(),
        destinations: 11,
        cookies: [text.into()].into(),
        suspicion: vec!["new here".to_owned()],
        explained_by: None,
    };
    let account = AccountFact {
        name: text.into(),
        logons: 2,
        refusals: 9,
        is_privileged: true,
        is_new: None,
        sources: [source.address].into(),
        hosts: [text.into()].into(),
        suspicion: vec![],
    };
    let host = HostFact {
        host: Arc::clone(&destination),
        why: "the destination".to_owned(),
        first: at("12:31:04"),
        stage: Stage::LoggedOn,
        findings: vec!["the Security log was cleared".to_owned()],
    };
    let step = StepEvidence {
        step: "sources".to_owned(),
        phase: "triage".to_owned(),
        title: "Source IPs".to_owned(),
        suggested: Suggested::LooksBad,
        confidence: 80,
        finding: "41 sources, 38 never seen here".to_owned(),
        speaks_for: vec![Point::new(40, "38 new")],
        against: vec![],
        missing: vec!["threat lists: none is at hand".to_owned()],
        human: vec![],
        queries: vec![],
        rows: Rows::default(),
    };
    Dossier {
        destination,
        range,
        guide: crate::case::SPIKE.to_owned(),
        suggests: Suggests::Malicious,
        speaks_for: vec![Point::new(40, "38 new")],
        against: vec![],
        steps: vec![step],
        facts: Facts {
            sources: vec![source],
            accounts: vec![account],
            hosts: vec![host],
            usual: Some(3),
            history_days: 30,
            score: Some(94.0),
            open_sessions: vec![(text.into(), None, at("12:31:04"))],
        },
        completeness: Completeness::whole(312),
    }
}

fn report(text: &str) -> Report {
    let entries = entries(text);
    let bars = (0..24).map(|number| Bar {
        start: BucketSize::Quarter.at(BucketSize::Quarter.index(at("07:00:00").as_second()) + number),
        known: 2 + u32::try_from(number % 3).unwrap(),
        new: if number == 22 { 38 } else { 0 },
        upper: (number > 3).then_some(6.0),
        score: Some(if number == 22 { 94.0 } else { 3.0 }),
    });
    Report {
        name: "2026-01-05-10.0.0.5".to_owned(),
        case: Case::of(&entries),
        entries,
        documents: BTreeMap::from([(Hash::of(b"x"), format!("{{\"@timestamp\":\"2026-01-05T12:31:04Z\",\"user\":{}}}", serde_json::Value::from(text)))]),
        guide: Guide::all(&[]).0.remove(0),
        dossier: Some(dossier(text)),
        chart: Some(Chart { size: BucketSize::Quarter, bars: bars.collect() }),
        faults: vec![],
        written: at("14:00:00"),
        author: text.into(),
        version: "0.1.0".to_owned(),
        templates: vec![],
    }
}

fn text(format: &str, report: &Report) -> String {
    String::from_utf8(exporter(format).unwrap().serialize(report).unwrap().bytes).unwrap()
}

#[test]
fn the_report_as_a_responder_reads_it() {
    insta::assert_snapshot!("markdown", text("markdown", &report("CORP\\kim")));
    insta::assert_snapshot!("handover", text("handover", &report("CORP\\kim")));
}

#[test]
fn every_form_has_its_own_name_and_none_lets_a_terminal_be_steered() {
    let report = report(EVIL);
    let mut names = std::collections::BTreeSet::new();
    for exporter in EXPORTERS {
        assert!(names.insert(exporter.format()));
        let text = text(exporter.format(), &report);
        assert!(!text.contains('\u{1b}'), "{}", exporter.format());
        assert!(exporter.format() == "json" || !text.contains('\u{202e}'), "{}", exporter.format());
    }
}

#[test]
fn html_holds_no_markup_of_others() {
    let html = text("html", &report(EVIL));
    for tag in ["<script", "<img", "<iframe", "javascript:alert(1)\"", "onerror="] {
        assert!(!html.to_lowercase().contains(tag), "{tag}");
    }
    assert!(html.contains("&lt;script&gt;"));
    assert!(html.contains("default-src &#x27;none&#x27;") || html.contains("default-src 'none'"));
    assert!(html.contains("<svg ") && html.contains("38 of them new"));
}

#[test]
fn markdown_holds_no_markup_and_no_link_of_others() {
    let markdown = text("markdown", &report(EVIL));
    let outside: String = outside_of_fences(&markdown);
    // What stands behind a backslash is no markup.
    let mut bare = String::new();
    let mut characters = outside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => _ = characters.next(),
            other => bare.push(other),
        }
    }
    for markup in ["<", "`", "](", "http://", "www.", "alert(1)>"] {
        assert!(!bare.contains(markup), "{markup}: {bare}");
    }
    assert!(outside.contains("\\<script\\>alert(1)\\</script\\>"));
    assert_eq!(template::markdown("1. a_b *c* #d\n- e"), "1\\. a\\_b \\*c\\* \\#d - e");
    assert_eq!(template::markdown("- a @b http://x"), "\\- a \\@b http\\://x");
}

/// Everything that stands in no block of code.
fn outside_of_fences(markdown: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut outside = String::new();
    for line in markdown.lines() {
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some(line),
            None => {
                outside.push_str(line);
                outside.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence is left open: a text of others ended it");
    outside
}

#[test]
fn a_spreadsheet_finds_no_formula_in_the_timeline() {
    let csv = text("timesketch", &report(EVIL));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().take(3).collect::<Vec<_>>(), ["message", "datetime", "timestamp_desc"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@']))), "{csv}");
    assert!(rows.iter().any(|row| row[1] == *"2026-01-05T12:31:04.000000+00:00" && row[6] == *"evidence"));
    let times: Vec<&str> = rows.iter().map(|row| &row[1]).collect();
    assert!(times.is_sorted());
}

#[test]
fn the_layer_names_what_was_seen_and_nothing_where_it_was_harmless() {
    let layer: serde_json::Value = serde_json::from_str(&text("navigator", &report("CORP\\kim"))).unwrap();
    let ids: Vec<&str> = layer["techniques"].as_array().unwrap().iter().map(|technique| technique["techniqueID"].as_str().unwrap()).collect();
    assert_eq!(ids, ["T1021.001", "T1078", "T1110"]);
    assert_eq!((&layer["domain"], &layer["versions"]["layer"]), (&"enterprise-attack".into(), &"4.5".into()));
    let mut harmless = report("CORP\\kim");
    harmless.case.verdict.as_mut().unwrap().1 = Verdict::FalsePositive;
    let layer: serde_json::Value = serde_json::from_str(&text("navigator", &harmless)).unwrap();
    assert_eq!(layer["techniques"], serde_json::json!([]));
}

#[test]
fn what_is_unknown_is_in_the_report() {
    let mut report = report("CORP\\kim");
    assert!(text("markdown", &report).contains("- 1 of 1 questions were answered in part; the appendix says which\n- threat lists: none is at hand\n"));
    (report.dossier, report.case.verdict) = (None, None);
    report.faults = vec!["entry 3 was altered".to_owned()];
    let markdown = text("markdown", &report);
    assert!(markdown.contains("- no verdict has been given\n") && markdown.contains("- the events were not asked again for this report"));
    assert!(markdown.contains("is not whole:**\n\n- entry 3 was altered"), "{markdown}");
    assert!(text("handover", &report).contains("NOT WHOLE"));
}

#[test]
fn a_template_of_the_users_is_used_and_a_broken_one_named_with_its_line() {
    let mut report = report(EVIL);
    report.templates =
        vec![Template { name: "report.md".to_owned(), file: "/cfg/templates/report.md".to_owned(), text: "# {{ name }}\n{{ destination }}\n".to_owned() }];
    let written = exporter("markdown").unwrap().serialize(&report).unwrap();
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.starts_with("# 2026-01-05-10.0.0.5\n\\=cmd\\|") && text.contains("\\<script\\>"), "{text}");
    for (broken, reason) in [("# {{ name }}\n{{ nothing.here }}\n", "undefined"), ("{% if %}", "line 1: "), ("a\n\n{{ destination|safe }}", "filter")] {
        report.templates[0].text = broken.to_owned();
        let written = exporter("markdown").unwrap().serialize(&report).unwrap();
        let trouble = written.trouble.unwrap();
        assert!(trouble.what.starts_with("filling the template /cfg/templates/report.md failed: ") && trouble.what.contains(reason), "{}", trouble.what);
        assert!(String::from_utf8(written.bytes).unwrap().contains("# RDP case"), "ours is used");
    }
}

#[test]
fn the_rows_hold_sources_accounts_hosts_marks_and_documents() {
    let rows = report("CORP\\kim").rows();
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), ["source", "account", "host", "mark", "document"]);
    assert_eq!(rows[4].first, Some(at("12:31:04")));
}

/// Opens the page in Chromium, where there is one, and says what it made of it.
#[test]
fn a_real_browser_opens_the_page_runs_nothing_and_fetches_nothing() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    std::fs::write(&page, text("html", &report(EVIL))).unwrap();
    let mut command = Command::new(&browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--dump-dom"]).arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    let output = command.arg(format!("file://{}", page.display())).output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(dom.contains("<h1>RDP case 2026-01-05-10.0.0.5</h1>"), "{dom}");
    assert!(dom.contains("</svg>") && dom.matches("<rect ").count() > 24, "the chart is drawn");
    assert!(!dom.to_lowercase().contains("<script") && !dom.to_lowercase().contains("<img"), "nothing of others became an element");
    assert!(dom.contains("&lt;script&gt;alert(1)"), "it stands there as text");
}

/// A browser; without one the test says so, or fails where everything has to be there.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SERVERS").is_none(), "there is no browser to open the report with; install chromium");
        eprintln!("not opened in a browser: install chromium");
    }
    found
}
