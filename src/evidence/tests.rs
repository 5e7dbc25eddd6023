//! Every step on small stories where it must say bad, benign and cannot tell.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::backend::local::table::{Table, TableBuilder};
use crate::detect::{self, DETECTORS, Plan};
use crate::domain::{Address, BucketSize, By, Completeness, Destination, Details, Event, Foreign, Kind, Range, Timestamp, Trouble};
use crate::guide::Guide;
use crate::query::{Answer, Ask, Filter, Scope};
use crate::schema::{Detected, detected};
use crate::sigma::RuleSet;

const FS01: &str = "10.0.0.5";

/// A small estate, told event by event. Time is minutes after the moment that is looked at, a Wednesday at 10:00.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
    detected: Vec<Detected>,
    is_cut: bool,
    logons: u64,
}

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2025-06-18T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time + SignedDuration::from_secs(seconds)
}

impl Story {
    fn push(&mut self, time: Timestamp, kind: Kind, source: &str, to: &str, user: &str, change: impl FnOnce(&mut Event)) {
        let mut event = Event::new(time, kind);
        event.source = Address::clean(source);
        event.destination = Address::clean(to);
        event.destination_port = Some(3389);
        event.host = Some(host(to).into());
        event.user = (!user.is_empty()).then(|| user.into());
        change(&mut event);
        self.events.push(event);
    }

    fn touch(&mut self, time: Timestamp, source: &str, to: &str) {
        self.push(time, Kind::SysmonIn, source, to, "", |_| {});
    }

    fn refuse(&mut self, time: Timestamp, source: &str, to: &str, user: &str) {
        self.touch(time, source, to);
        self.push(later(time, 1), Kind::LogonFailed, source, to, user, |event| event.reason = Some("0xC000006A".into()));
    }

    /// A session of half an hour, with what ran in it.
    fn logon(&mut self, time: Timestamp, source: &str, to: &str, user: &str, programs: &[&str]) {
        self.logons += 1;
        let id = 0x1000 + self.logons;
        let told = |event: &mut Event| event.details = Some(Box::new(Details { logon_id: Some(id), logon_type: Some(10), ..Details::default() }));
        self.touch(time, source, to);
        self.push(later(time, 2), Kind::LogonRemote, source, to, user, told);
        for (image, second) in programs.iter().zip(10..) {
            self.push(later(time, second), Kind::Process, "", to, user, |event| {
                (event.process, event.destination, event.destination_port) = (Some((*image).into()), None, None);
                told(event);
            });
        }
        self.push(later(time, 1800), Kind::LogonEnded, "", to, user, |event| {
            (event.destination, event.destination_port) = (None, None);
            told(event);
        });
    }

    fn out(&mut self, time: Timestamp, from: &str, to: &str, user: &str, image: &str, trusted: Option<bool>) {
        self.push(time, Kind::SysmonOut, from, to, user, |event| {
            event.host = Some(host(from).into());
            event.process = Some(image.into());
            event.details = trusted.map(|is_trusted| Box::new(Details { is_trusted: Some(is_trusted), ..Details::default() }));
        });
    }

    fn alert(&mut self, rule: &str, minutes: i64) {
        let alert = json!({
            "@timestamp": at(minutes).to_string(), "kibana.alert.uuid": rule, "kibana.alert.rule.rule_id": rule, "kibana.alert.rule.name": rule,
            "kibana.alert.severity": "high", "kibana.alert.workflow_status": "open", "host": {"name": "FS01"},
            "kibana.alert.rule.threat": [{"tactic": {"name": "Execution"}}],
        });
        self.detected.extend(detected::read(&alert));
    }
}

fn host(address: &str) -> String {
    if address == FS01 { "FS01".to_owned() } else { format!("APP{}", address.rsplit('.').next().unwrap_or("0")) }
}

/// A fortnight of every day the same: kim comes at ten to the file server, lee an hour later to twelve others.
fn usual() -> Story {
    let mut story = Story::default();
    for day in 0..=16 {
        let time = at(-1440 * day + 3);
        story.logon(time, "10.1.0.7", FS01, "CORP\\kim", &["C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\mmc.exe"]);
        for server in 1..=12 {
            story.logon(later(time, 3600 + 60 * server), "10.1.0.8", &format!("10.0.1.{server}"), "CORP\\lee", &[]);
        }
    }
    story
}

/// Twenty strangers try six accounts, three get in, look around and go on.
fn spray() -> Story {
    let mut story = usual();
    for number in 0..20 {
        let source = format!("10.66.0.{}", 10 + number);
        for (user, second) in ["admin", "administrator", "backup", "root", "svc_sql", "CORP\\adm"].iter().zip(0..) {
            story.refuse(later(at(1), 30 * number + second), &source, FS01, user);
        }
    }
    for number in 0..3 {
        let programs = ["C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\net.exe", "C:\\Users\\Public\\x.exe"];
        story.logon(later(at(12), 20 * number), &format!("10.66.0.{}", 10 + number), FS01, "CORP\\adm", &programs);
    }
    for server in 1..=6 {
        let to = format!("10.0.1.{server}");
        story.out(later(at(20), server), FS01, &to, "CORP\\adm", "C:\\Users\\Public\\x.exe", None);
        story.logon(later(at(20), server), FS01, &to, "CORP\\adm", &[]);
    }
    story.alert("Logon after many failures", 13);
    story.alert("Program from a public folder", 14);
    story
}

/// Connections that a sensor saw, and nothing else, ever.
fn blind() -> Story {
    let mut story = Story::default();
    for number in 0..3 {
        story.push(at(number), Kind::ZeekConn, &format!("10.9.0.{number}"), FS01, "", |event| event.host = None);
    }
    story
}

/// What is usual, out of an answer that was cut.
fn cut() -> Story {
    Story { is_cut: true, ..usual() }
}

/// One stranger knocks at every door.
fn scan() -> Story {
    let mut story = usual();
    for server in 0..=12 {
        let to = if server == 0 { FS01.to_owned() } else { format!("10.0.1.{server}") };
        story.touch(later(at(1), 5 * server), "10.60.0.9", &to);
    }
    story
}

/// A probe connects every five minutes, today as on every day.
fn monitor() -> Story {
    let mut story = usual();
    for day in 0..=16 {
        for minute in (-115..=115).step_by(5) {
            story.touch(at(-1440 * day + minute), "10.1.9.9", FS01);
        }
    }
    story
}

/// Four people come out of one address, as they do every day.
fn gateway() -> Story {
    let mut story = usual();
    for day in 0..=16 {
        for (user, minute) in ["CORP\\ann", "CORP\\bob", "CORP\\cem", "CORP\\dee"].iter().zip(4..) {
            story.logon(at(-1440 * day + minute), "10.1.0.1", FS01, user, &["C:\\Windows\\explorer.exe"]);
        }
    }
    story
}

/// Management visits every server once a week and installs.
fn patch() -> Story {
    let mut story = usual();
    for week in 0..=2 {
        for server in 0..=12 {
            let to = if server == 0 { FS01.to_owned() } else { format!("10.0.1.{server}") };
            story.logon(later(at(-10080 * week + 2), 40 * server), "10.2.0.20", &to, "CORP\\svc-patch", &["C:\\Windows\\System32\\msiexec.exe"]);
        }
    }
    story
}

/// An administrator goes on from here by the program of Windows; `is_told` where the next server has logs.
fn managed(is_told: bool) -> Story {
    let mut story = usual();
    let to = if is_told { "10.0.1.1" } else { "10.7.7.7" };
    story.out(at(6), FS01, to, "CORP\\kim", "C:\\Windows\\System32\\mstsc.exe", Some(true));
    if is_told {
        story.logon(at(6), FS01, to, "CORP\\kim", &[]);
    }
    story
}

fn table(story: &Story) -> Table {
    let mut builder = TableBuilder::default();
    story.events.iter().for_each(|event| builder.push(event));
    story.detected.iter().for_each(|detected| builder.push_detected(detected.clone(), None));
    let mut completeness = Completeness::whole(story.events.len() as u64);
    completeness.capped = story.is_cut.then(|| "the first 10 files".to_owned());
    builder.finish("story".to_owned(), Vec::new(), completeness).unwrap()
}

fn dossier_of(story: &Story, guide: usize) -> Dossier {
    let table = table(story);
    let (guides, _) = Guide::all(&[]);
    let Answer::Arrivals(arrivals) = table.answer(&Ask::Arrivals { scope: Scope::over(Range::ALL), bucket: BucketSize::Quarter }).unwrap() else {
        panic!("other")
    };
    let plan = Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false };
    let detection = detect::run(&arrivals, &plan, DETECTORS[0].1(&plan).as_mut());
    let place = detection.destinations.iter().position(|destination| destination.addresses.contains(&Address::clean(FS01).unwrap())).unwrap();
    let inquiry = Inquiry {
        destination: Arc::new(detection.destinations[place].clone()),
        range: Range { from: at(0), to: at(30) },
        filter: Filter::Everything,
        history_days: 30,
        size: BucketSize::Quarter,
        zone: TimeZone::UTC,
        verdicts: detection.verdicts[place].values().cloned().collect(),
        rules: Arc::new(RuleSet::built_in()),
    };
    let mut answers = Answers::default();
    loop {
        let due = inquiry.due(&answers);
        if due.is_empty() {
            return dossier(&guides[guide], &inquiry, &answers);
        }
        for (question, ask) in due {
            let result = table.answer(&ask).map(Arc::new).map_err(Trouble::from);
            answers.put(question, Answered::new("story", format!("{question:?}"), 1, result));
        }
    }
}

/// The dossier of a story, worked out once for all tests.
fn told(story: fn() -> Story, guide: usize) -> Arc<Dossier> {
    type Known = Mutex<BTreeMap<(usize, usize), Arc<Dossier>>>;
    static TOLD: LazyLock<Known> = LazyLock::new(Mutex::default);
    let key = (story as usize, guide);
    if let Some(known) = TOLD.lock().unwrap().get(&key) {
        return Arc::clone(known);
    }
    let dossier = Arc::new(dossier_of(&story(), guide));
    TOLD.lock().unwrap().insert(key, Arc::clone(&dossier));
    dossier
}

/// Steps with the stories in which each must say bad, benign and cannot tell.
type Row = (&'static str, fn() -> Story, fn() -> Story, fn() -> Story);

const ROWS: &[Row] = &[
    ("sources", spray, usual, blind),
    ("history", spray, usual, blind),
    ("timing", spray, usual, blind),
    ("accounts", spray, usual, blind),
    ("traces", spray, usual, blind),
    ("maintenance", spray, usual, blind),
    ("automation", spray, monitor, blind),
    ("gateway", spray, gateway, blind),
    ("deployment", spray, patch, blind),
    ("scan", spray, scan, cut),
    ("isolate", spray, usual, blind),
    ("scope", spray, usual, cut),
    ("block", spray, usual, cut),
    ("accounts_reset", spray, usual, blind),
    ("systems", spray, usual, blind),
    ("escalate", spray, usual, blind),
    ("detection", quiet_alarm, usual, blind),
];

const OUTBOUND: &[Row] = &[
    ("clients", spray, || managed(true), usual),
    ("destinations", spray, usual, || managed(false)),
    ("origin", spray, usual, blind),
    ("accounts", spray, usual, blind),
];

/// A spray whose programs nobody records.
fn quiet_alarm() -> Story {
    let mut story = spray();
    story.events.retain(|event| event.kind != Kind::Process);
    story
}

fn check(rows: &[Row], guide: usize) {
    let mut wrong = Vec::new();
    for (step, bad, benign, cannot_tell) in rows {
        for (story, expected) in [(bad, Suggested::LooksBad), (benign, Suggested::LooksBenign), (cannot_tell, Suggested::CannotTell)] {
            let dossier = told(*story, guide);
            let found = dossier.step(step).unwrap();
            if found.suggested != expected {
                wrong.push(format!("{step}: {} instead of {}: {found:#?}", found.suggested.words(), expected.words()));
            }
            if expected == Suggested::CannotTell {
                assert!(!found.missing.is_empty(), "{step} does not say what is missing");
            }
            assert!(!found.finding.is_empty() && !found.finding.ends_with('.') && !found.queries.is_empty(), "{step}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_of_the_17_says_bad_benign_and_cannot_tell_where_it_must() {
    assert_eq!(ROWS.len(), Guide::all(&[]).0[0].steps().count());
    check(ROWS, 0);
}

#[test]
fn the_steps_of_the_hunt_do_so_too() {
    check(OUTBOUND, 1);
}

#[test]
fn together_they_suggest_an_attack_or_the_explanation_that_holds_and_nothing_on_partial_data() {
    for (story, expected) in [
        (spray as fn() -> Story, "malicious"),
        (usual, "benign: maintenance"),
        (scan, "benign: scan"),
        (monitor, "benign: automation"),
        (gateway, "benign: gateway"),
        (patch, "benign: deployment"),
        (blind, "undetermined"),
        (cut, "undetermined"),
    ] {
        let dossier = told(story, 0);
        assert_eq!(dossier.suggests.words(), expected, "{:#?}", dossier.steps);
    }
    assert!(told(spray, 0).speaks_for.len() >= 4);
}

#[test]
fn findings_carry_their_figures() {
    let dossier = told(spray, 0);
    assert_eq!(dossier.step("sources").unwrap().finding, "21 sources, 20 never seen here in 15 d; 4 got in; 20 were refused; 20 from 10.66.0.0/24");
    assert_eq!(dossier.step("accounts").unwrap().finding, "7 accounts, 2 got in (CORP\\adm, CORP\\kim); 120 refusals");
    let scan = told(scan, 0);
    assert_eq!(
        scan.step("scan").unwrap().finding,
        "1 source (10.60.0.9) touched up to 13 destinations around that time and entered none; a scanner adds one source to each destination: that explains 1 of 1"
    );
}

#[test]
fn what_an_attacker_wrote_is_inert_in_every_sentence() {
    let mut story = spray();
    story.logon(at(14), "10.66.0.10", FS01, "CORP\\\u{1b}[2J\u{202e}evil", &["C:\\Users\\Public\\\u{1b}]52;c;x.exe"]);
    let dossier = dossier_of(&story, 0);
    for step in &dossier.steps {
        let points = step.speaks_for.iter().chain(&step.against).map(|point| &point.text);
        for text in points.chain([&step.finding]).chain(&step.missing).chain(&step.human) {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{}: {text:?}", step.step);
        }
    }
    let (guides, _) = Guide::all(&[]);
    assert!(!markdown(&dossier, &guides[0]).contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_question_that_failed_is_said_and_forbids_a_suggestion() {
    let story = spray();
    let table = table(&story);
    let (guides, _) = Guide::all(&[]);
    let mut destination = Destination::from(Address::clean(FS01).unwrap());
    destination.hosts.insert(Foreign::from("FS01"));
    let inquiry = Inquiry {
        destination: Arc::new(destination),
        range: Range { from: at(0), to: at(30) },
        filter: Filter::Everything,
        history_days: 30,
        size: BucketSize::Quarter,
        zone: TimeZone::UTC,
        verdicts: Vec::new(),
        rules: Arc::new(RuleSet::built_in()),
    };
    let mut answers = Answers::default();
    while let Some((question, ask)) = inquiry.due(&answers).into_iter().next() {
        let result = match question {
            Question::Arrivals => Err(Trouble { what: "the cluster did not answer".to_owned(), advice: None }),
            _ => table.answer(&ask).map(Arc::new).map_err(Trouble::from),
        };
        answers.put(question, Answered::new("story", String::new(), 1, result));
        // Steps whose questions are not answered yet are left out.
        let early = dossier(&guides[0], &inquiry, &answers);
        assert!(early.steps.len() == 17 || early.step("escalate").is_none());
    }
    let dossier = dossier(&guides[0], &inquiry, &answers);
    let sources = dossier.step("sources").unwrap();
    assert_eq!(
        (sources.suggested, sources.missing.last().map(String::as_str)),
        (Suggested::CannotTell, Some("arrivals and history: the cluster did not answer"))
    );
    assert_eq!(dossier.suggests, Suggests::Undetermined);
}
