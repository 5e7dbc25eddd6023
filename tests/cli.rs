//! The program from outside: exit codes, contracts, what goes to which stream.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Three hosts on 10.0.0.5, one of them twice; one document that is nothing to us.
const FLOWS: &str = r#"{"@timestamp":"2025-01-01T10:00:01Z","event":{"category":["network"]},"source":{"ip":"10.0.0.7","port":50000},"destination":{"ip":"10.0.0.5","port":3389},"network":{"transport":"tcp"}}
{"@timestamp":"2025-01-01T10:01:00Z","event":{"category":["network"]},"source":{"ip":"10.0.0.8","port":50001},"destination":{"ip":"10.0.0.5","port":3389},"network":{"transport":"tcp"}}
{"@timestamp":"2025-01-01T10:14:59.999999Z","event":{"category":["network"]},"source":{"ip":"10.0.0.8","port":50002},"destination":{"ip":"10.0.0.5","port":3389},"network":{"transport":"tcp"}}
{"@timestamp":"2025-01-01T10:15:00Z","event":{"category":["network"]},"source":{"ip":"10.0.0.9","port":50003},"destination":{"ip":"10.0.0.5","port":3389},"network":{"transport":"tcp"},"user":{"name":"=cmd\u001b[2J"}}
{"@timestamp":"2025-01-01T10:16:00Z","event":{"category":["network"]},"source":{"ip":"10.0.0.9","port":50004},"destination":{"ip":"10.0.0.6","port":3390},"network":{"transport":"tcp"}}
"#;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(case.path("flows.ndjson"), FLOWS).expect("written");
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
        command.args(line.split(' ')).current_dir(self.folder.path()).env_clear().env("RDPTRIAGE_CONFIG_DIR", self.folder.path().join("config"));
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).stdin(Stdio::null()).output().expect("the program starts")
    }

    fn text(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
        String::from_utf8(output.stdout).expect("text")
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn counts_is_a_json_contract_with_keys_in_order() {
    let text = Case::new().text("counts flows.ndjson --by destination.ip --format json");
    let counts: Value = serde_json::from_str(&text).expect("JSON");
    let first = &counts["destinations"][0];
    assert_eq!((&first["destination"], &first["events"], &first["sources"]), (&"10.0.0.5".into(), &4.into(), &3.into()));
    assert_eq!(first["buckets"][0], serde_json::json!({ "start": "2025-01-01T10:00:00Z", "events": 3, "sources": 2 }));
    assert_eq!(first["buckets"][1], serde_json::json!({ "start": "2025-01-01T10:15:00Z", "events": 1, "sources": 1 }));
    assert_eq!((&first["first"], &first["last"]), (&"2025-01-01T10:00:01.000000Z".into(), &"2025-01-01T10:15:00.000000Z".into()));
    assert_eq!(counts["destinations"].as_array().map(Vec::len), Some(1), "port 3390 is no RDP port unless said");
    let keys = ["\"bucket\"", "\"by\"", "\"kind\"", "\"destinations\"", "\"without_destination\"", "\"without_source\"", "\"completeness\""];
    let places: Vec<usize> = keys.iter().map(|key| text.find(key).expect("a key")).collect();
    assert!(places.is_sorted(), "{text}");
    assert_eq!(counts["completeness"]["complete"], true);
}

#[test]
fn a_response_is_text_alone_and_spares_what_is_protected() {
    let case = Case::new();
    let line = "response 10.0.0.5 flows.ndjson --what blocklist --as plain";
    assert_eq!(case.text(line), "10.0.0.7\n10.0.0.8\n");
    assert_eq!(case.text("response 10.0.0.5 flows.ndjson --at 2025-01-01T10:20:00Z --what blocklist --as cidr"), "10.0.0.9/32\n");
    assert_eq!(case.text("response 10.0.0.5 flows.ndjson --what blocklist --as nftables --undo --case c1"), "delete table inet rdptriage_c1\n");
    std::fs::create_dir(case.path("config")).expect("made");
    std::fs::write(case.path("config/protected.txt"), "10.0.0.8 # the backup server\n").expect("written");
    assert_eq!(case.text(line), "10.0.0.7\n");
    let whole: Value = serde_json::from_str(&case.text("response 10.0.0.5 flows.ndjson --format json")).expect("JSON");
    assert_eq!(whole["responses"].as_array().map(Vec::len), Some(7));
    assert_eq!(whole["responses"][2]["left_out"], serde_json::json!([{ "what": "10.0.0.8", "why": "protected: the backup server" }]));
    std::fs::write(case.path("config/protected.txt"), "10.0.0.0/99\n").expect("written");
    let output = case.run(line);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(1), b"".as_slice()),
        "a list that is not understood protects nothing: nothing is written"
    );
    assert!(stderr(&output).contains("line 1: 10.0.0.0/99 is neither an address nor a network nor a name"), "{}", stderr(&output));
    std::fs::write(case.path("config/protected.txt"), "").expect("written");
    assert_eq!(case.run("response 10.0.0.5 flows.ndjson --what magic").status.code(), Some(2));
    assert_eq!(case.run("response 10.9.9.9 flows.ndjson").status.code(), Some(1));
}

#[test]
fn an_exception_hides_a_score_says_so_and_can_be_looked_behind() {
    let case = Case::new();
    let story = format!("{}/fixtures/stories/spike.toml", env!("CARGO_MANIFEST_DIR"));
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').map(|word| if word == "STORY" { story.as_str() } else { word }).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
        command
            .args(words)
            .current_dir(case.folder.path())
            .env_clear()
            .env("RDPTRIAGE_DATA_DIR", case.path("data"))
            .env("RDPTRIAGE_CONFIG_DIR", case.path("config"));
        command.stdin(Stdio::null()).output().expect("the program starts")
    };
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).expect("text");
    assert_eq!(run("detect STORY --exit-code --format csv").status.code(), Some(4));
    let refused = run("exceptions add --destination 10.0.0.5 --reason scan --owner NOC");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("it would hide every finding at its destinations"), "{}", stderr(&refused));
    let narrow = "--destination 10.0.0.5 --source 10.240.0.0/24 --reason scan --owner NOC";
    let preview = run(&format!("exceptions preview {narrow} STORY"));
    assert!(text(&preview).contains("would have hidden 2 of 2 findings and 1 lesser ones, 39 sources"), "{}{}", text(&preview), stderr(&preview));
    assert_eq!(run(&format!("exceptions add {narrow} STORY")).status.code(), Some(2), "it would have hidden every finding there was");
    assert_eq!(run(&format!("exceptions add {narrow}")).status.code(), Some(0));
    let detected = run("detect STORY --exit-code --format csv");
    assert_eq!(detected.status.code(), Some(0), "{}", stderr(&detected));
    assert!(stderr(&detected).contains("hidden by exception: 3 ("), "{}", stderr(&detected));
    assert!(text(&detected).contains(",,,\"hidden by exception "), "{}", text(&detected).lines().filter(|line| line.contains("hidden")).collect::<String>());
    let shown = run("detect STORY --show-hidden --format csv");
    assert!(text(&shown).contains(",critical,\"hidden by exception "));
    let listed: Value = serde_json::from_str(&text(&run("exceptions list --format json"))).expect("JSON");
    let id = listed[0]["id"].as_str().expect("an id").to_owned();
    let exported = run(&format!("exceptions export {id} --format elastic --output list.ndjson"));
    assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    assert!(stderr(&exported).contains("anomaly record"), "{}", stderr(&exported));
    assert_eq!(run(&format!("exceptions expire {id} --at 2025-01-01T00:00:00Z")).status.code(), Some(0));
    assert_eq!(run("detect STORY --exit-code --format csv").status.code(), Some(4), "it ended before the spike");
    assert_eq!(run("exceptions import list.ndjson").status.code(), Some(0));
    assert_eq!(run("detect STORY --exit-code --format csv").status.code(), Some(0), "what was exported comes back");
}

#[test]
fn a_report_is_written_in_every_form_and_noted_in_the_case() {
    let case = Case::new();
    let run = |line: &str| case.command(line).env("RDPTRIAGE_DATA_DIR", case.path("data")).stdin(Stdio::null()).output().expect("the program starts");
    let text = |line: &str| {
        let output = run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
        String::from_utf8(output.stdout).expect("text")
    };
    let name = text("case new 10.0.0.5 --from 2025-01-01T10:00:00Z --to 2025-01-01T10:30:00Z").trim().to_owned();
    text(&format!("case note {name} =1+1"));
    let markdown = text(&format!("case report {name}"));
    assert!(markdown.contains("- the events were not asked again for this report") && markdown.contains(": \\=1+1\n"), "{markdown}");
    text(&format!("case report {name} flows.ndjson --format html --output r.html"));
    let html = std::fs::read_to_string(case.path("r.html")).expect("written");
    assert!(html.contains("<svg ") && html.contains("2 sources in the 15m bucket at 2025-01-01T10:00:00Z"), "{html}");
    assert!(text(&format!("case show {name}")).contains("exported html to r.html, SHA-256 "));
    assert!(text(&format!("case report {name} --format csv")).starts_with("row,value,first,last,stage,count,detail,document\n"));
    for format in ["handover", "json", "timesketch", "navigator", "ndjson"] {
        text(&format!("case report {name} --format {format}"));
    }
    assert_eq!(run(&format!("case report {name} --format pdf")).status.code(), Some(2));
    std::fs::create_dir_all(case.path("config/templates")).expect("made");
    std::fs::write(case.path("config/templates/report.md"), "fine\n{{ broken\n").expect("written");
    let output = run(&format!("case report {name}"));
    assert!(stderr(&output).contains("templates/report.md failed: line "), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("# RDP case"), "the program's own template is used");
}

#[test]
fn flags_choose_events() {
    let case = Case::new();
    let events = |line: &str| {
        let counts: Value = serde_json::from_str(&case.text(&format!("counts flows.ndjson --by destination.ip --format json {line}"))).expect("JSON");
        counts["destinations"].as_array().expect("a list").iter().map(|entry| entry["events"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(events("--port 3390"), [4, 1]);
    assert_eq!(events("--where source:10.0.0.8"), [2]);
    assert_eq!(events("--from 2025-01-01T10:01:00Z --to 2025-01-01T10:15:00Z"), [2], "from is inclusive, to exclusive");
    assert_eq!(events("--from now-10m"), [2], "now is the end of the files");
    assert_eq!(events("--kind failed"), [0_u64; 0]);
    assert_eq!(events("flows.ndjson"), [4], "the same file twice is read once");
}

#[test]
fn rows_come_in_every_format() {
    let case = Case::new();
    assert_eq!(
        case.text("counts flows.ndjson --by destination.ip --format csv"),
        "destination,bucket,events,sources\n10.0.0.5,2025-01-01T10:00:00Z,3,2\n10.0.0.5,2025-01-01T10:15:00Z,1,1\n"
    );
    let events = case.text("events flows.ndjson");
    let first: Value = serde_json::from_str(events.lines().next().expect("a line")).expect("NDJSON where nobody watches");
    assert_eq!((&first["@timestamp"], &first["source.ip"], &first["source.port"]), (&"2025-01-01T10:00:01.000000Z".into(), &"10.0.0.7".into(), &50000.into()));
    assert_eq!(events.lines().count(), 4);
    assert_eq!(case.text("events flows.ndjson --head 2").lines().count(), 2);
    let table = case.text("events flows.ndjson --format table");
    assert!(!table.contains('\u{1b}'), "{table}");
    case.text("events flows.ndjson --output out.parquet");
    assert_eq!(std::fs::read(case.path("out.parquet")).expect("a file").get(..4), Some(b"PAR1".as_slice()));
    assert_eq!(case.text("counts out.parquet --by destination.ip --format csv"), case.text("counts flows.ndjson --by destination.ip --format csv"));
}

#[test]
fn csv_text_is_disarmed_and_ndjson_exact() {
    let case = Case::new();
    let csv = case.text("events flows.ndjson --format csv");
    let ndjson = case.text("events flows.ndjson --format ndjson");
    assert!(!csv.contains(",=cmd"), "{csv}");
    if ndjson.contains("=cmd") {
        assert!(csv.contains(",'=cmd") && ndjson.contains("\"=cmd\\u001b[2J\""), "{csv}{ndjson}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let case = Case::new();
    let mut child =
        case.command("counts - --by destination.ip --format csv").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("a pipe").write_all(FLOWS.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3, "{}", stderr(&output));
}

#[test]
fn exit_codes_tell_how_it_went() {
    let case = Case::new();
    std::fs::write(case.path("torn.ndjson"), format!("{FLOWS}{{\"@timestamp\":")).expect("written");
    let table = [
        ("counts flows.ndjson", 0, "read 5 records"),
        ("counts missing.ndjson", 1, "missing.ndjson"),
        ("counts", 2, "neither files nor a cluster"),
        ("counts flows.ndjson --where port:x", 2, "column 6"),
        ("counts flows.ndjson --bucket 20m", 2, "none of 15m, 1h, 6h"),
        ("detect flows.ndjson --detector nope", 2, "there is no detector nope"),
        ("counts flows.ndjson --from soon", 2, "is no time"),
        ("events flows.ndjson --output flows.csv.gz", 2, "no format has the ending .gz"),
        ("counts torn.ndjson", 3, "partial"),
        ("counts flows.ndjson --url https://es.example", 2, "both files and a cluster"),
        ("counts --url https://es.example --api-key hunter2", 2, "--api-key-file FILE"),
        ("counts --url https://kim:hunter2@es.example", 2, "--password-file FILE"),
        ("open flows.ndjson", 2, "need a terminal"),
        ("hunt flows.ndjson --rule missing.yml", 1, "missing.yml"),
    ];
    for (line, code, said) in table {
        let output = case.run(line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{line}: {}", stderr(&output));
        assert!(!stderr(&output).contains("hunter2"), "{line}: {}", stderr(&output));
    }
}

#[test]
fn a_rule_of_the_user_is_hunted_for() {
    let case = Case::new();
    let rule = "title: mine\nid: mine-1\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 3\n    Image|endswith: '\\evil.exe'\n  condition: s\n";
    std::fs::write(case.path("mine.yml"), rule).expect("written");
    let event = r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":3,"TimeCreated":{"#attributes":{"SystemTime":"2025-01-01T10:00:00.000000Z"}},"EventRecordID":7,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1.example"},"EventData":{"Image":"C:\\x\\EVIL.exe","User":"CORP\\kim","Initiated":true,"SourceIp":"10.0.0.7","SourcePort":50000,"DestinationIp":"10.0.0.5","DestinationPort":3389}}}"##;
    std::fs::write(case.path("sysmon.json"), event).expect("written");
    for (line, id) in [("hunt sysmon.json --format json --rule mine.yml", "mine-1"), ("hunt sysmon.json --format json", "ed74fe75-7594-4b4b-ae38-e38e3fd2eb23")]
    {
        let hunt: Value = serde_json::from_str(&case.text(line)).expect("JSON");
        assert_eq!(hunt["rule"], id);
        let hit = &hunt["hits"][0];
        assert_eq!((&hit["time"], &hit["record_id"], &hit["id"]), (&"2025-01-01T10:00:00.000000Z".into(), &"7".into(), &Value::Null));
        assert_eq!((&hit["image"], &hit["user"], &hit["destination"]), (&"C:\\x\\EVIL.exe".into(), &"CORP\\kim".into(), &"10.0.0.5".into()));
    }
    let nothing: Value = serde_json::from_str(&case.text("hunt flows.ndjson --format json")).expect("JSON");
    assert_eq!(nothing["hits"], serde_json::json!([]));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let case = Case::new();
    let many = FLOWS.lines().next().expect("a line").to_owned() + "\n";
    std::fs::write(case.path("many.ndjson"), many.repeat(50_000)).expect("written");
    let mut child =
        case.command("events many.ndjson --format csv").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn lists_and_help_need_nothing() {
    let case = Case::new();
    assert!(case.text("themes").lines().any(|name| name == "dark"));
    assert!(case.text("keys").starts_with("| action | keys |"));
    assert!(case.text("config").contains("naive_zone = \"UTC\""));
    let help = case.text("--help").split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "counts",
        "hunt",
        "detect",
        "events",
        "Exit codes: 0 ok, 1 error (doctor: something is bad), 2 wrong command line, 3 answered from partial data, 4 detect --exit-code found an anomaly",
    ] {
        assert!(help.contains(said), "{said}: {help}");
    }
    assert!(case.text("--version").starts_with("rdptriage "));
}

#[test]
fn detect_writes_its_contract() {
    let case = Case::new();
    let csv = case.text("detect flows.ndjson --by destination.ip");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("destination,bucket,count,typical,upper,score,severity,reason"));
    let first = lines.next().expect("a line");
    assert!(first.starts_with("10.0.0.5,2025-01-01T10:00:00Z,2,"), "{first}");
    assert!(first.contains(",,,,"), "no baseline, no verdict: {first}");
    assert_eq!(lines.count(), 1);
}

#[test]
fn the_story_of_a_file_is_judged() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stories/spike.toml");
    let case = Case::new();
    // An anomaly is an answer and no failure, unless cron asked to be told.
    let output = case.run(&format!("detect {} --format csv --exit-code", story.display()));
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let output = case.run(&format!("detect {} --format csv", story.display()));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let csv = String::from_utf8(output.stdout).expect("text");
    assert!(csv.lines().any(|line| line.contains(",critical,")), "{}", csv.lines().take(5).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_verdict_is_explained_in_words_and_figures() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stories/spike.toml");
    let (case, story) = (Case::new(), story.display().to_string());
    // The first of the two buckets, named by time; the worst of all, named by nothing.
    let json = case.text(&format!("detect {story} --explain 10.0.0.5@2025-01-10T01:00:00Z"));
    let explained: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&explained["destination"], &explained["start"], &explained["bucket"]), (&"10.0.0.5".into(), &"2025-01-10T01:00:00Z".into(), &"15m".into()));
    assert_eq!((&explained["standing"], &explained["sources"], &explained["is_anomalous"]), (&"judged".into(), &40.into(), &true.into()));
    assert!(explained["score"].as_f64().is_some_and(|score| score > 90.0), "{json}");
    assert!(explained["why"]["arrived"].as_u64().is_some_and(|arrived| arrived >= 38), "{json}");
    let classes = explained["why"]["classes"].as_array().expect("classes");
    assert!(classes.iter().any(|class| class["sources"].as_array().is_some_and(|sources| sources.len() >= 38)), "{json}");
    assert!(explained["cannot_say"].as_array().is_some_and(|said| !said.is_empty()) && explained["completeness"]["complete"] == true);
    let text = case.text(&format!("detect {story} --explain 10.0.0.5 --format table"));
    assert!(text.starts_with("10.0.0.5") && text.contains(": score ") && text.contains("\nWhat this cannot say\n"), "{text}");
    let quiet = case.text(&format!("detect {story} --explain quiet01@2025-01-06T03:00:00Z --format table"));
    assert!(quiet.contains("no verdict, not enough history"), "{quiet}");
    for (line, code, said) in [
        ("--explain 10.0.0.9", 1, "no event within the range reaches 10.0.0.9"),
        ("--explain 10.0.0.5@soon", 2, "is no time"),
        ("--explain 10.0.0.5 --format csv", 2, "an explanation is no list of rows"),
    ] {
        let output = case.run(&format!("detect {story} {line}"));
        assert_eq!(output.status.code(), Some(code), "{line}");
        assert!(stderr(&output).contains(said), "{line}: {}", stderr(&output));
    }
}

#[test]
fn incidents_are_told_with_their_members() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stories/spike.toml");
    let (case, story) = (Case::new(), story.display().to_string());
    let told: Value = serde_json::from_str(&case.text(&format!("detect {story} --incidents --format json"))).expect("JSON");
    let incidents = told["incidents"].as_array().expect("a list");
    assert_eq!(incidents.len(), 1, "{told}");
    let first = &incidents[0];
    assert_eq!((&first["number"], &first["destinations"], &first["severity"]), (&1.into(), &1.into(), &"critical".into()));
    assert_eq!((&first["members"][0]["destination"], &first["members"][0]["joined"]["by"]), (&"10.0.0.5".into(), &"first".into()));
    assert!(first["sources"].as_array().is_some_and(|sources| sources.len() >= 38), "{told}");
    let csv = case.text(&format!("detect {story} --incidents --format csv"));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("incident,score,severity,destinations,destination,from,to,member_score,sources,joined"));
    assert!(lines.next().is_some_and(|line| line.contains(",1,10.0.0.5,2025-01-10T") && line.ends_with(",first")), "{csv}");
    assert_eq!(case.run(&format!("detect {story} --incidents --format csv --exit-code")).status.code(), Some(4));
    assert_eq!(case.text("detect flows.ndjson --incidents --format csv").lines().count(), 1, "no verdict, no incident");
}

#[test]
fn an_export_of_events_read_back_gives_the_same_answers() {
    let case = Case::new();
    let lines = [
        r##"{"Event":{"System":{"EventID":131,"Channel":"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational","Computer":"fs01.example","EventRecordID":7,"TimeCreated":{"#attributes":{"SystemTime":"2025-01-01T10:00:00.123456Z"}}},"EventData":{"ConnType":"TCP","ClientIP":"10.0.0.7:50001"}}}"##,
        r#"{"@timestamp":"2025-01-01T10:00:01.000Z","event":{"code":"3","provider":"Microsoft-Windows-Sysmon"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"fs01.example","record_id":"8"},"network":{"direction":"ingress"},"source":{"ip":"10.0.0.5","port":3389},"destination":{"ip":"10.0.0.8","port":50001},"process":{"executable":"C:\\x.exe"},"user":{"domain":"CORP","name":"kim"}}"#,
    ];
    std::fs::write(case.path("logs.ndjson"), lines.join("\n")).expect("room");
    let counts = |file: &str, by: &str| {
        let mut answer: Value = serde_json::from_str(&case.text(&format!("counts {file} --by {by} --format json"))).expect("JSON");
        answer["completeness"].take();
        answer
    };
    for ending in ["ndjson", "csv", "parquet"] {
        case.text(&format!("events logs.ndjson --output back.{ending}"));
        for by in ["host.name", "destination.ip", "destination"] {
            let original = counts("logs.ndjson", by);
            assert_eq!(original["destinations"][0]["events"], Value::from(if by == "destination.ip" { 1 } else { 2 }), "{original}");
            assert_eq!(counts(&format!("back.{ending}"), by), original, "{ending} by {by}");
        }
    }
}

#[test]
fn settings_are_asked_for_shown_and_checked() {
    let case = Case::new();
    assert_eq!(case.text("config path").trim_end(), case.path("config/config.toml").to_str().expect("a path"));
    let mut child = case.command("config init lab").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("a pipe").write_all(b"http://127.0.0.1:1\nkey\nTxy:hunter2\nlab-*\ny\n").expect("written");
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
    assert!(said.contains("the connection was refused") && !said.contains("hunter2"), "{said}");
    let shown = case.text("config show --origin");
    assert!(shown.contains("http://127.0.0.1:1") && shown.contains("profile lab") && !shown.contains("hunter2"), "{shown}");
    assert!(case.text("config check").contains("ok     profile lab\n"));
    std::fs::write(case.path("config/config.toml"), "theme = 1\n").expect("written");
    let output = case.run("config check");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("config.toml, line 1: "), "{output:?}");
}

#[test]
fn completions_and_manual_are_printed() {
    let case = Case::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(case.text(&format!("completions {shell}")).contains("start-local"), "{shell}");
    }
    assert!(case.text("man").contains(".SH KEYS") && case.text("man counts").contains("rdptriage\\-counts"));
    assert_eq!(case.run("man nope").status.code(), Some(2));
}
