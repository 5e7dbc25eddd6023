//! The screens as they are seen, and the ways through them, without terminal and clock.
#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may")]

mod stage;

use proptest::prelude::*;
use rdptriage::app::Input;
use rdptriage::domain::Trouble;
use rdptriage::investigation::{Effect, Period};
use rdptriage::keymap::key;
use stage::{Stage, events, with_programs};

fn seen(name: &str, keys: &str, (width, height): (u16, u16)) {
    let mut stage = Stage::story(width, height);
    stage.press(keys);
    insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.roles());
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

#[test]
fn destinations() {
    for size in SIZES {
        seen("destinations", "j", size);
    }
}

#[test]
fn destination_sources() {
    for size in SIZES {
        seen("sources", "<enter>", size);
    }
}

#[test]
fn destination_users_of_the_new_sources() {
    for size in SIZES {
        seen("users_only_new", "<enter>2o", size);
    }
}

#[test]
fn destination_events() {
    for size in SIZES {
        seen("events", "<enter>5", size);
    }
}

#[test]
fn the_queue_of_alerts() {
    for size in [(80, 24), (200, 50)] {
        seen("alerts", "A", size);
    }
}

#[test]
fn alerts_of_a_destination_by_tactic() {
    for size in [(80, 24), (200, 50)] {
        seen("alerts_of", "<enter>5", size);
    }
    seen("alert", "<enter>5j<enter>", (80, 24));
}

#[test]
fn the_doctor() {
    for size in [(80, 24), (200, 50)] {
        seen("doctor", "D", size);
    }
}

#[test]
fn from_the_queue_to_the_destination_at_that_time_and_back() {
    let mut stage = Stage::story(120, 40);
    stage.press("A<enter>");
    let visit = stage.app.investigation().visit().expect("a visit").clone();
    assert_eq!(visit.destination.as_ref().map(|destination| destination.label().raw().to_owned()).as_deref(), Some("10.20.4.17"));
    assert_eq!((visit.cursor.to_string().as_str(), visit.is_moved), ("2026-03-02T12:45:00Z", true));
    stage.press("<esc>");
    assert!(stage.line("Alerts  ").contains("2 alerts of rules, 3 records of jobs; 1 record below 25 not listed"));
    stage.press("/unusual<enter>");
    assert!(stage.line("JUMP03").contains("Unusual parent"));
    stage.press("<esc>A<esc>");
    assert!(stage.app.investigation().trail.is_empty(), "A on the queue opens no second one");
}

#[test]
fn one_event() {
    seen("event", "<enter>5<enter>", (80, 24));
}

#[test]
fn a_brushed_range() {
    seen("range", "<enter><tab>vll", (80, 24));
}

#[test]
fn a_narrowed_visit() {
    seen("narrowed", "<enter><enter><enter>", (80, 24));
}

#[test]
fn popups() {
    for (name, keys) in [("help", "?"), ("help_chart", "<enter><tab>?"), ("palette", ":zo"), ("periods", "t"), ("filter", "/file"), ("query", "<enter>i")] {
        seen(name, keys, (80, 24));
    }
}

#[test]
fn a_tab_says_what_emptied_it() {
    let mut stage = Stage::story(80, 24);
    stage.press("<enter>/host:nowhere<enter>");
    assert_eq!(stage.line("no sources here").trim(), "no sources here meet host:nowhere");
    assert_eq!(stage.line("Esc goes back").trim(), "/ changes the filter; Esc goes back");
}

#[test]
fn why_a_bucket_has_its_score() {
    for size in [(80, 24), (200, 50)] {
        seen("why", "<enter>e", size);
    }
    seen("why_end", "<enter>eG", (80, 24));
    let mut stage = Stage::story(80, 24);
    stage.press("e");
    assert!(stage.line("12:30 to 12:45").contains("10.20.4.17 FILESRV-02"), "the worst bucket of the row");
    stage.press("y");
    let Some(Effect::Copy(text)) = stage.wanted.last() else { panic!("nothing copied") };
    assert!(text.starts_with("10.20.4.17 FILESRV-02, 2026-03-02 12:30 to 12:45: score 100 critical\n\nVerdict\n"), "{text}");
    assert!(text.contains("\nWhat this cannot say\n  "), "{text}");
    stage.press("e<enter>e");
    assert!(stage.line("12:30 to 12:45").contains("score 100"), "the key that opened it closes it; on the page it follows the cursor");
    stage.press("h");
    assert!(stage.line("12:15 to 12:30").contains("10.20.4.17"), "{}", stage.text());
    stage.press("]");
    assert!(stage.line("12:30 to 12:45").contains("score 100"));
}

#[test]
fn what_goes_on_beside_a_spike_stands_against_its_own_past() {
    let mut stage = Stage::story(120, 40);
    stage.press("<enter>eG");
    assert!(stage.line("fan-out of 10.20.66.12").contains("1 destination in the hour, usually 1"), "{}", stage.text());
    assert!(stage.line("hour: on ").contains("earlier working days about 12:00"), "{}", stage.text());
    assert!(stage.line("session duration").contains("not visible in this data"), "{}", stage.text());
    assert!(stage.line("incident 1: this destination alone since 2026-03-02 12:30").contains("score 100"), "{}", stage.text());
}

#[test]
fn destinations_of_one_incident_stand_together() {
    let mut events = events();
    // The same strangers go on to the jump host, and one of them from the file server itself.
    for number in 0..12 {
        let mut knock = Stage::knock("2026-03-02T12:50:00Z", &format!("10.20.66.{}", 12 + number));
        (knock.destination, knock.host) = (rdptriage::domain::Address::clean("10.20.9.30"), Some("JUMP03".into()));
        events.push(knock);
    }
    let mut stage = Stage::over(&events, false, Some(Period::Last(12)), 120, 40);
    stage.press("C");
    assert_eq!(stage.line("incident: one cause").trim(), "! 1 incident: one cause by shared sources or a server come through");
    assert!(stage.line("FILESRV-02").trim_end().ends_with("!1 x2") && stage.line("JUMP03").trim_end().ends_with("!1 x2"), "{}", stage.text());
    stage.press("/jump<enter>e");
    let text = stage.text();
    assert!(text.contains("incident 1: 2 destinations since 2026-03-02 12:30"), "{text}");
    assert!(text.contains("12 sources in common"), "{text}");
    assert!(text.contains("03-02 12:30  10.20.4.17 score 100, first"), "{text}");
}

#[test]
fn a_young_destination_is_new_and_has_no_number() {
    let mut stage = Stage::story(120, 40);
    let row = stage.line("NEW-VM");
    assert!(row.trim_start().starts_with("new "), "{row}");
    stage.press("j<enter>");
    assert!(stage.line("10.20.8.8 NEW-VM").contains("new, first day: minor at most"), "{}", stage.text());
    stage.press("e");
    assert!(stage.text().contains("in its first day"), "{}", stage.text());
}

#[test]
fn no_verdict_rests_on_an_answer_that_is_not_whole() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    assert!(stage.line("FILESRV-02").contains("100 ▲"));
    stage.is_late = true;
    stage.press("r");
    assert!(stage.line("FILESRV-02").trim_start_matches('▌').trim_start().starts_with("part "), "{}", stage.text());
    assert!(stage.line("rdptriage").contains("TIMED OUT"), "{}", stage.text());
    stage.press("<enter>");
    assert!(stage.line("10.20.4.17 FILESRV-02").contains("no verdict: partial"), "{}", stage.text());
    stage.press("e");
    assert!(stage.line("no verdict rests on it").contains("the answer is incomplete"), "{}", stage.text());
    assert!(stage.line("what was not answered").contains("TIMED OUT"));
    stage.is_late = false;
    stage.press("e<esc>r");
    assert!(stage.line("FILESRV-02").contains("100 ▲"), "{}", stage.text());
}

#[test]
fn a_silent_feed_is_marked_where_it_was_silent() {
    let is_silent = |event: &rdptriage::domain::Event| ("2026-03-02T09:00:00Z"..="2026-03-02T10:00:00Z").contains(&event.time.to_string().as_str());
    let heard: Vec<_> = events().into_iter().filter(|event| !is_silent(event)).collect();
    let mut stage = Stage::over(&heard, false, Some(Period::Last(12)), 120, 40);
    assert!(stage.line("JUMP03").contains("××××"), "{}", stage.text());
    stage.press("/jump<enter><enter>");
    assert!(stage.text().contains("× no data"), "{}", stage.text());
    let cells = stage.app.investigation().board().expect("a board").lanes.iter().flat_map(|lane| lane.cells.filled());
    let told = cells.filter_map(|(_, cell)| cell.reason.as_deref()).filter(|reason| reason.contains("before it nothing was fed to us from 09:00 to 10:00 UTC"));
    assert!(told.count() > 0);
}

#[test]
fn wider_buckets() {
    seen("hours", "b", (80, 24));
}

#[test]
fn small_screens_show_one_pane() {
    for size in [(40, 10), (59, 14)] {
        seen("small_sources", "<enter>", size);
        seen("small_chart", "<enter><tab>", size);
    }
}

#[test]
fn a_filter_that_breaks_off_says_where() {
    seen("filter_wrong", "/colour:red<enter>", (80, 24));
}

#[test]
fn nothing_was_found() {
    let stage = Stage::over(&[], false, None, 80, 24);
    insta::assert_snapshot!("nothing", stage.text());
    let mut stage = Stage::story(80, 24);
    stage.press("/nosuch<enter>");
    insta::assert_snapshot!("no_such_words", stage.text());
}

#[test]
fn opening_shows_progress_and_trouble() {
    let mut stage = Stage::closed(&[], false, None, 80, 24);
    _ = stage.app.update(Input::Opening { done: 30, of: Some(120), doing: "reading security.evtx".to_owned() });
    insta::assert_snapshot!("opening", stage.roles());
    let trouble = Trouble { what: "could not read /evidence/security.evtx: no such file".to_owned(), advice: Some("check the path".to_owned()) };
    _ = stage.app.update(Input::OpeningFailed(trouble));
    insta::assert_snapshot!("opening_failed", stage.roles());
    stage.press("q");
    assert!(matches!(stage.wanted.as_slice(), [Effect::Quit { keep_screen: false }]));
}

#[test]
fn from_the_first_look_to_the_users_of_the_spikes_new_sources_in_four_keys() {
    let mut stage = Stage::story(120, 40);
    stage.press("<enter>]2o");
    assert!(stage.line("[Users").contains("only new, bucket 2026-03-02 12:30"), "{}", stage.text());
    let text = stage.text();
    assert!(text.contains("CORP\\admmig") && text.contains("administrator"));
    assert!(!text.contains("CORP\\kim"), "who has always come is not shown");
    let user = stage.line("CORP\\admmig");
    let figures: Vec<&str> = user.split_whitespace().skip(1).take(5).collect();
    assert_eq!(figures, ["CORP\\admmig", "3", "0", "3", "3"], "sessions, failed, sources, new ones");
}

#[test]
fn back_goes_to_the_very_same_cursor() {
    let mut stage = Stage::story(120, 40);
    stage.press("jj");
    let before = stage.roles();
    stage.press("<enter>jj<enter><esc>");
    let inside = stage.roles();
    stage.press("<enter>2<esc>");
    assert_eq!(stage.roles(), inside);
    stage.press("<esc>");
    assert_eq!(stage.roles(), before);
}

#[test]
fn a_paused_view_stands_still_and_says_since_when() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    assert!(stage.text().contains("● live"));
    stage.press("p");
    stage.arrive(&(1..20).map(|number| Stage::knock("2026-03-02T13:10:20Z", &format!("10.20.77.{number}"))).collect::<Vec<_>>());
    let before = stage.text();
    assert!(before.contains("PAUSED since 13:10:00"));
    stage.pass(30);
    assert_eq!(stage.text(), before);
    stage.press("p");
    stage.pass(2);
    assert_ne!(stage.text(), before);
    assert!(stage.line("FILESRV-02").split_whitespace().any(|figure| figure == "19"), "{}", stage.line("FILESRV-02"));
}

#[test]
fn a_live_view_raises_buckets_that_are_over() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    let peak = |stage: &Stage| stage.line("FILESRV-02").split_whitespace().nth(8).map(str::to_owned);
    assert_eq!(peak(&stage).as_deref(), Some("24"));
    // Late news about a bucket that ended half an hour ago.
    stage.arrive(&[Stage::knock("2026-03-02T12:44:00Z", "10.20.66.200")]);
    stage.pass(3);
    assert_eq!(peak(&stage).as_deref(), Some("24"), "so late no other event comes in");
    stage.pass(120);
    assert_eq!(peak(&stage).as_deref(), Some("25"), "a sweep finds it");
}

#[test]
fn a_failure_keeps_the_picture_with_its_age() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    stage.trouble = Some(Trouble { what: "could not reach https://siem.example: connection refused".to_owned(), advice: Some("r asks again".to_owned()) });
    stage.pass(3);
    stage.pass(600);
    let text = stage.text();
    assert!(text.contains("STALE 10m"), "{text}");
    assert!(text.contains("FILESRV-02"));
    assert!(text.contains("connection refused; r asks again"));
    stage.trouble = None;
    stage.pass(60);
    assert!(stage.text().contains("● live"));
}

#[test]
fn nothing_on_the_screen_means_nothing_to_draw() {
    let mut stage = Stage::over(&events(), true, None, 80, 24);
    stage.pass(1);
    let (before, revision) = (stage.text(), stage.app.revision());
    stage.press("p");
    let frozen = stage.app.revision();
    assert_ne!(revision, frozen);
    stage.pass(10);
    assert_eq!(stage.app.revision(), frozen);
    assert_ne!(stage.text(), before);
}

#[test]
fn filters_for_and_out_go_into_the_questions() {
    let mut stage = Stage::story(120, 40);
    stage.press("-");
    assert!(!stage.text().contains("FILESRV-02  "), "{}", stage.text());
    assert!(stage.text().contains("JUMP03"));
    stage.press("/<ctrl-u><enter>");
    assert!(stage.text().contains("FILESRV-02"));
    stage.press("/user:administrator<enter>");
    assert!(!stage.text().contains("JUMP03"));
    assert!(stage.line("rdptriage").contains("user:administrator"));
}

#[test]
fn words_hide_rows_as_they_are_typed() {
    let mut stage = Stage::story(120, 40);
    stage.press("/jump");
    assert!(stage.text().contains("JUMP03") && !stage.text().contains("NEW-VM"));
    stage.press("<enter><enter>");
    assert_eq!(stage.app.investigation().trail_label(), "10.20.9.30 JUMP03");
}

#[test]
fn attackers_text_is_inert_everywhere() {
    let mut stage = Stage::story(200, 50);
    stage.press("<enter>2");
    assert!(stage.text().contains("\\u{1b}[2Jroot\\u{202e}x"));
    stage.press("/root<enter>y");
    let copied = stage.wanted.iter().find_map(|effect| if let Effect::Copy(text) = effect { Some(text.clone()) } else { None }).expect("copied");
    assert!(copied.starts_with("\\u{1b}[2Jroot\\u{202e}x\t"), "{copied:?}");
    stage.press("<ctrl-l>");
    let dumped = stage.wanted.iter().find_map(|effect| if let Effect::Dump(text) = effect { Some(text.clone()) } else { None }).expect("dumped");
    assert!(!dumped.contains(['\u{1b}', '\u{202e}']));
}

fn copied(stage: &mut Stage) -> Vec<String> {
    stage.wanted.clear();
    stage.press("y");
    let [Effect::Copy(text)] = stage.wanted.as_slice() else { panic!("nothing was copied: {:?}", stage.wanted) };
    text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn marked_destinations_stay_marked_while_the_list_changes_and_are_copied_together() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    assert_eq!(copied(&mut stage), ["10.20.4.17"]);
    stage.press("<space>jj<space>");
    assert!(stage.line("10.20.4.17").starts_with(" •") && stage.line("10.20.9.30").starts_with("▌•"), "{}", stage.text());
    assert!(stage.line("2 marked").contains("y copies them"));
    // Another order, a filter that hides one of them, new events: the marks stay with their rows.
    stage.press("sss<enter>");
    stage.arrive(&[Stage::knock("2026-03-02T13:10:20Z", "10.20.77.1")]);
    stage.pass(3);
    assert!(stage.line("10.20.4.17").contains('•') && stage.line("10.20.9.30").contains('•') && !stage.line("10.20.8.8").contains('•'));
    stage.press("/jump<enter>");
    assert_eq!(copied(&mut stage), ["10.20.4.17", "10.20.9.30"]);
    stage.press("<space>");
    assert!(!stage.line("10.20.9.30").contains('•'));
    stage.press("<esc>");
    assert_eq!(copied(&mut stage), ["10.20.4.17"]);
}

#[test]
fn each_tab_has_its_marks_and_finds_them_again() {
    let mut stage = Stage::story(120, 40);
    stage.press("<enter><space>j<space>");
    assert_eq!(copied(&mut stage), ["10.20.66.12", "10.20.66.27"]);
    stage.press("2<space>");
    let marked = stage.text().lines().filter(|line| line.contains('•')).count();
    assert_eq!(marked, 1, "{}", stage.text());
    assert_eq!(copied(&mut stage).len(), 1);
    stage.press("5<space>jj<space>");
    let times = copied(&mut stage);
    assert!(times.len() == 2 && times[0] != times[1], "{times:?}");
    // In a bucket in which nobody marked came they are copied by name, and the rows do not show.
    stage.press("1<tab>g<tab>");
    assert!(!stage.text().lines().any(|line| line.contains('•') && line.contains("10.20.66.")), "{}", stage.text());
    assert_eq!(copied(&mut stage), ["10.20.66.12", "10.20.66.27"]);
    stage.press("<esc><esc><enter>");
    assert_eq!(copied(&mut stage), ["10.20.66.12", "10.20.66.27"], "what was marked stays evidence");
    stage.press("M");
    insta::assert_snapshot!("marks", stage.text());
    stage.press("-<esc>");
    assert_eq!(copied(&mut stage), ["10.20.66.27"]);
}

#[test]
fn enter_opens_the_page_of_a_row_and_from_there_the_destination_narrowed_to_it() {
    let mut stage = Stage::story(120, 40);
    stage.press("<enter><enter>");
    let about = |stage: &Stage| stage.app.investigation().trail_label();
    assert_eq!(about(&stage), "10.20.4.17 FILESRV-02 > source 10.20.66.12");
    assert!(stage.line("[Destinations 1]").contains("Users 3"), "{}", stage.text());
    stage.press("<enter>");
    assert_eq!(about(&stage), "10.20.4.17 FILESRV-02 > source 10.20.66.12 > 10.20.4.17 FILESRV-02, source 10.20.66.12");
    assert!(stage.line("[Users 3]").contains("Sources 1"));
    stage.press("5");
    assert!(stage.line("[Events").contains("[Events 3]"));
    stage.press("<esc><esc><esc>");
    assert_eq!(about(&stage), "");
}

#[test]
fn sessions_history_and_a_campaign() {
    for size in SIZES {
        seen("sessions", "<enter>3", size);
        seen("history", "<enter>6", size);
    }
    seen("campaigns", "C", (120, 40));
    seen("week_before", "j<enter>W", (120, 40));
}

#[test]
fn from_the_spike_to_what_ran_in_a_session_in_four_keys() {
    let mut stage = Stage::over(&with_programs(), false, Some(Period::Last(12)), 120, 40);
    stage.press("<enter><enter>3<enter>");
    insta::assert_snapshot!("tree", stage.text());
    let text = stage.text();
    let place = |name: &str| text.lines().position(|line| line.contains(name)).expect("a row");
    assert!(place("explorer.exe") < place("whoami.exe") && !text.contains("other.exe"), "{text}");
    stage.press("<esc>");
    assert!(stage.line("[Sessions").contains("Destinations 1"));
}

/// Key by key: the spike's server, its most telling source, that one's sessions, and what ran in the first of them.
#[test]
fn from_the_spike_to_the_process_tree_of_the_demo_in_four_keys() {
    let mut stage = Stage::demo(120, 40);
    assert!(stage.line("10.20.4.17").contains("FILESRV-02"));
    stage.press("<enter>");
    assert!(stage.line("tell-tales: ").contains("tunnel command"), "{}", stage.text());
    insta::assert_snapshot!("walk_1_destination", stage.text());
    stage.press("<enter>");
    assert!(stage.line("source 10.20.66.").contains("FILESRV-02"));
    stage.press("3");
    insta::assert_snapshot!("walk_3_sessions", stage.text());
    stage.press("<enter>");
    insta::assert_snapshot!("walk_4_programs", stage.text());
    let depth = |name: &str| stage.line(name).find(name).expect("a program");
    assert!(depth("explorer.exe") < depth("cmd.exe") && depth("cmd.exe") < depth("whoami.exe"));
    assert!(stage.line("RDP to 10.20.1.5").contains("Sigma: hit"));
}

#[test]
fn hops_lead_back_and_on_and_enter_opens_the_next_page() {
    let mut stage = Stage::demo(120, 40);
    stage.press("<enter>8");
    insta::assert_snapshot!("hops_120x40", stage.text());
    assert!(stage.line("FILESRV-02 > DC01").contains(r"CORP\admmig"));
    stage.press("<enter>");
    assert!(stage.line("DC01").contains("10.20.1.5"), "{}", stage.text());
    let mut stage = Stage::demo(80, 24);
    stage.press("<enter>8");
    insta::assert_snapshot!("hops_80x24", stage.text());
    stage.press("G<enter>");
    assert!(stage.text().contains("source 10.20."), "{}", stage.text());
}

#[test]
fn a_destination_of_the_demo_on_a_small_screen() {
    let mut stage = Stage::demo(80, 24);
    stage.press("<enter>");
    insta::assert_snapshot!("demo_destination_80x24", stage.text());
    stage.press("3");
    insta::assert_snapshot!("demo_sessions_80x24", stage.text());
    stage.press("4");
    insta::assert_snapshot!("demo_programs_80x24", stage.text());
}

#[test]
fn pages_of_a_source_and_a_user() {
    for size in SIZES {
        seen("page_of_a_source", "<enter><enter>", size);
        seen("page_of_a_user", "<enter>2<enter>", size);
    }
}

#[test]
fn every_table_sorts_by_any_column() {
    let mut stage = Stage::story(120, 40);
    let first = |stage: &Stage| {
        let text = stage.text();
        let lines: Vec<&str> = text.lines().collect();
        let titles = lines.iter().position(|line| line.contains("also to")).expect("titles");
        lines[titles + 1].split_whitespace().find(|word| word.starts_with(char::is_numeric)).map(str::to_owned)
    };
    stage.press("<enter>s");
    insta::assert_snapshot!("sorting", stage.text());
    stage.press("2");
    assert_eq!(first(&stage).as_deref(), Some("10.20.1.10"), "by address, not by letters");
    stage.press("S");
    assert_eq!(first(&stage).as_deref(), Some("127.0.0.1"));
    stage.press("s7");
    assert_eq!(first(&stage).as_deref(), Some("10.20.1.10"), "most events first");
    // The same column again turns it around; the first line is the order in which they come.
    stage.press("s7");
    assert_eq!(first(&stage).as_deref(), Some("127.0.0.1"));
    stage.press("s1");
    assert_eq!(first(&stage).as_deref(), Some("10.20.66.12"));
    stage.press("<esc>s4s4");
    let text = stage.text();
    let place = |name: &str| text.lines().position(|line| line.contains(name)).expect("a row");
    assert!(place("NEW-VM") < place("JUMP03") && place("JUMP03") < place("FILESRV-02"), "{text}");
}

#[test]
fn a_row_of_several_values_asks_which() {
    let mut stage = Stage::story(120, 40);
    stage.press("<enter>5+");
    insta::assert_snapshot!("values", stage.text());
    stage.press("2");
    assert!(stage.line("rdptriage").contains("user.name:"), "{}", stage.text());
}

#[test]
fn quitting() {
    for (keys, keep_screen) in [("q", false), ("<enter>qq", false), ("<enter><enter>Q", true), ("/<ctrl-c>", false)] {
        let mut stage = Stage::story(80, 24);
        stage.press(keys);
        assert!(matches!(stage.wanted.as_slice(), [Effect::Quit { keep_screen: kept }] if *kept == keep_screen), "{keys}");
    }
}

#[test]
fn time_ranges_ask_anew() {
    let mut stage = Stage::story(120, 40);
    stage.press("t1");
    assert_eq!(stage.app.investigation().period, Period::Last(1));
    assert!(stage.line("rdptriage").contains("last 1h / 15m / UTC"));
    assert!(stage.line("FILESRV-02").contains("100"));
}

#[test]
fn every_key_of_a_footer_does_something() {
    for keys in ["", "<enter>", "<enter><tab>", "<enter>5<enter>", "?", ":", "t", "i", "/"] {
        let mut stage = Stage::story(200, 50);
        stage.press(keys);
        let footer = stage.text().lines().last().map(str::to_owned).unwrap_or_default();
        assert!(footer.contains("help"), "{footer}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_keys_at_any_size_panic(keys in proptest::collection::vec(proptest::sample::select(KEYS.to_vec()), 0..40), sizes in proptest::collection::vec((0_u16..220, 0_u16..60), 1..4)) {
        let mut stage = Stage::story(80, 24);
        for (place, key) in keys.iter().enumerate() {
            if let Some((width, height)) = sizes.get(place / 12) {
                stage.resize(*width, *height);
            }
            stage.press(key);
            let _ = stage.buffer();
            stage.wanted.clear();
        }
    }
}

/// Every key that is bound somewhere, and some that type.
const KEYS: [&str; 58] = [
    "e",
    "E",
    "T",
    "W",
    "C",
    "6",
    "M",
    "4",
    "5",
    "<space>",
    "j",
    "k",
    "h",
    "l",
    "g",
    "G",
    "<enter>",
    "<esc>",
    "<tab>",
    "<shift-tab>",
    "1",
    "2",
    "3",
    "9",
    "[",
    "]",
    "z",
    "Z",
    "<",
    ">",
    "v",
    "/",
    "n",
    "N",
    "+",
    "-",
    "s",
    "S",
    "t",
    "b",
    "p",
    "r",
    "o",
    "y",
    "i",
    ":",
    "?",
    "q",
    "<ctrl-l>",
    "<page-down>",
    "<page-up>",
    "<backspace>",
    "<delete>",
    "<ctrl-w>",
    "x",
    "é",
    "\"",
    "*",
];

#[test]
fn every_bound_key_can_be_spelled() {
    for keys in KEYS {
        assert!(key::typed(keys).is_ok(), "{keys}");
    }
}

#[test]
fn every_task_is_listed_and_its_question_copied() {
    let mut stage = Stage::story(80, 24);
    stage.press("<enter>T");
    insta::assert_snapshot!("tasks_80x24", stage.text());
    stage.press("jy");
    assert!(matches!(stage.wanted.last(), Some(Effect::Copy(text)) if text.contains("Arrivals")), "{:?}", stage.wanted.last());
    stage.press("-");
    assert!(stage.text().contains("nothing runs here any more"), "{}", stage.text());
    stage.press("T");
    assert!(!stage.text().contains("Asked and worked out"));
}

#[test]
fn a_table_is_written_as_it_is_filtered_with_every_column() {
    let mut stage = Stage::story(80, 24);
    stage.press("<enter>/66.2<enter>E");
    let Some(Effect::Export { stem, ending, text }) = stage.wanted.pop() else { panic!("nothing was exported") };
    assert_eq!((stem.as_str(), ending), ("rdptriage-10.20.4.17-FILESRV-02-sources-20260302T131007Z", "csv"));
    insta::assert_snapshot!("exported_sources", text);
    stage.press("/nobody<enter>E");
    assert!(stage.text().contains("there is no row to write") && stage.wanted.is_empty());
}

#[test]
fn what_came_late_is_marked_and_told() {
    let mut stage = Stage::over(&events(), true, None, 120, 40);
    stage.pass(3);
    stage.arrive(&[Stage::knock("2026-03-02T12:44:00Z", "10.20.66.200"), Stage::knock("2026-03-02T11:55:00Z", "10.20.1.10")]);
    stage.pass(3);
    assert!(!stage.text().contains("came late"), "neither bucket lies within the overlap: {}", stage.text());
    stage.pass(120);
    assert!(stage.line("came late").contains("came late: 2 events, 2 more sources raised 11:45 to 12:30 at 10.20.4.17"), "{}", stage.text());
    // One who always comes raises no doubt, so that the mark shows; a bucket that is odd is drawn as odd.
    assert!(stage.line("10.20.4.17").contains('↑'), "{}", stage.text());
    stage.press("<enter>[");
    insta::assert_snapshot!("late", stage.text());
    stage.press("i");
    assert!(stage.text().contains("the last 15 min before it are asked again"), "{}", stage.text());
}

#[test]
fn the_walkthrough_of_the_worst_episode() {
    for size in [(80, 24), (200, 50)] {
        seen("walkthrough", "w", size);
    }
}

#[test]
fn answers_are_kept_at_once_and_shown_with_who_and_when() {
    let mut stage = Stage::story(80, 24);
    stage.press("wa1not ours<enter>jja2<enter>");
    insta::assert_snapshot!("walkthrough_answered_80x24", stage.roles());
    stage.press("u");
    assert!(stage.line("1/17 answered").contains("suggests"), "{}", stage.text());
    stage.press("V");
    insta::assert_snapshot!("walkthrough_verdict_80x24", stage.roles());
}

#[test]
fn from_an_alert_to_a_report_by_keys_alone() {
    let mut stage = Stage::story(120, 40);
    stage.press("Awa1not ours, NOC asked<enter>mcalled the owner<enter>V1sprayed and entered<enter>");
    assert!(stage.line("verdict: true positive").contains("1/17 answered"), "{}", stage.text());
    stage.press("R1");
    stage.press("R2");
    stage.press("R7");
    let reports: Vec<String> =
        std::fs::read_dir(stage.data.path().join("reports")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(reports.len(), 3, "{reports:?}");
    let text = |ending: &str| {
        let name = reports.iter().find(|name| name.ends_with(ending)).unwrap_or_else(|| panic!("no {ending} in {reports:?}"));
        std::fs::read_to_string(stage.data.path().join("reports").join(name)).unwrap()
    };
    assert!(text(".md").contains("The program suggests: malicious"), "{}", text(".md"));
    let page = text(".html");
    assert!(page.contains("<svg") && page.contains("not ours, NOC asked") && !page.contains("<script"), "{page}");
    let bundle = rdptriage::case::bundle::Bundle::of_text(&text(".rdpcase.ndjson")).unwrap();
    let case = rdptriage::case::Case::of(&bundle.entries);
    assert_eq!(case.answers["sources"].note.raw(), "not ours, NOC asked");
    assert_eq!(case.verdict.as_ref().map(|(_, verdict, note)| (verdict.words(), note.raw())), Some(("true positive", "sprayed and entered")));
    assert_eq!((case.notes.len(), case.evidence.len(), case.queries.len()), (1, 17, 6));
    // What the answer rests on is in the case, and so are the documents behind it.
    assert!(!case.answers["sources"].evidence.is_empty());
    assert!(!bundle.documents.is_empty());
    // The same cursor, and the lane says how the case stands.
    stage.press("<esc><esc>");
    assert!(stage.line("10.20.4.17").contains("TP"), "{}", stage.text());
    stage.press("<enter>cr");
    insta::assert_snapshot!("case_120x40", stage.roles());
}

#[test]
fn the_rows_behind_a_step_are_one_key_away_and_back() {
    let mut stage = Stage::story(80, 24);
    stage.press("wjjj");
    let before = stage.text();
    stage.press("<enter>");
    assert!(stage.text().contains("Users"), "{}", stage.text());
    stage.press("<esc>");
    assert_eq!(stage.text(), before);
}

#[test]
fn asked_again_a_step_says_what_has_changed() {
    let mut stage = Stage::story(120, 40);
    stage.press("w");
    stage.arrive(&(0..3).map(|number| Stage::knock("2026-03-02T12:50:00Z", &format!("10.20.66.{}", 70 + number))).collect::<Vec<_>>());
    stage.press("r");
    assert!(stage.line("since 13:10").contains("+3 sources"), "{}", stage.text());
}

#[test]
fn a_case_that_cannot_be_saved_says_so_loses_nothing_and_is_saved_elsewhere() {
    let mut stage = Stage::story(120, 40);
    stage.lose_the_disk();
    stage.press("wa1not ours<enter>");
    let line = stage.line("NOT SAVED");
    assert!(line.contains("1 waiting") && line.contains("R saves it elsewhere"), "{line}");
    assert!(stage.text().contains("not saved yet"), "{}", stage.text());
    let elsewhere = stage.data.path().join("elsewhere");
    stage.press(&format!("R8{}<enter>", elsewhere.display()));
    assert!(!stage.text().contains("NOT SAVED") && !stage.text().contains("not saved yet"), "{}", stage.text());
    let listed = rdptriage::ledger::Folder::at(&elsewhere).list().unwrap();
    assert_eq!(listed[0].case.as_ref().unwrap().answers["sources"].note.raw(), "not ours");
}

#[test]
fn who_opens_a_case_again_finds_every_answer() {
    let mut stage = Stage::story(120, 40);
    stage.press("wa1not ours<enter>");
    stage.press("<esc>w");
    assert!(stage.line("1/17 answered").contains("10.20.4.17"), "{}", stage.text());
    assert!(stage.text().contains("Your answer: [looks bad]  not ours"), "{}", stage.text());
    let cases = std::fs::read_dir(stage.data.path().join("cases")).unwrap();
    assert_eq!(cases.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "rdpcase")).count(), 1);
}
