//! Every story in the folder, through the table and the detectors; and the story's own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::analysis::hops;
use crate::detect::{DETECTORS, Detection, Plan, Watch, run};
use crate::domain::{Arrivals, BucketSize, By, Families, Family, Foreign};
use crate::query::TallyBy;
use crate::sigma::SUSPICIOUS_OUTBOUND_RDP;

const ALL_OF_IT: Duration = Duration::from_secs(u32::MAX as u64);

fn story_at(text: &str, elapsed: Duration) -> Story {
    Story::open(text, &RuleSet::built_in(), Box::new(move || elapsed)).expect("a story")
}

fn answer(story: &Story, ask: &Ask) -> Answer {
    story.answer_now(ask).expect("an answer")
}

fn arrivals(story: &Story, range: Range) -> Arrivals {
    match answer(story, &Ask::Arrivals { scope: Scope::over(range), bucket: BucketSize::Quarter }) {
        Answer::Arrivals(arrivals) => arrivals,
        other => panic!("not arrivals: {other:?}"),
    }
}

fn events(story: &Story, families: Families) -> Vec<Event> {
    let scope = Scope { families, ..Scope::over(Range::ALL) };
    match answer(story, &Ask::Events { scope, skip: 0, take: usize::MAX }) {
        Answer::Events(page) => page.events,
        other => panic!("not events: {other:?}"),
    }
}

fn hunted(story: &Story) -> Vec<String> {
    match answer(story, &Ask::Hunt { scope: Scope::over(Range::ALL), rule: SUSPICIOUS_OUTBOUND_RDP.to_owned() }) {
        Answer::Hunt(hits) => hits.hits.iter().map(|hit| hit.image.clone().unwrap_or_default().raw().to_owned()).collect(),
        other => panic!("not hits: {other:?}"),
    }
}

fn plan() -> Plan {
    Plan { by: By::Destination, size: BucketSize::Quarter, zones: Vec::new(), shown: Range::ALL, bands: false }
}

fn detect(story: &Story, detector: &str) -> Detection {
    let begin = DETECTORS.iter().find(|(name, _)| *name == detector).expect("a detector of this name").1;
    run(&arrivals(story, Range::ALL), &plan(), begin(&plan()).as_mut())
}

/// (label, bucket from the one that holds `start`, score) of everything anomalous.
fn anomalies(story: &Story, detection: &Detection) -> Vec<(String, i64, f64)> {
    let zero = BucketSize::Quarter.index(story.start().as_second());
    let of = |(destination, verdicts): (&crate::domain::Destination, &BTreeMap<i64, crate::domain::Verdict>)| {
        let label = destination.label().raw().to_owned();
        verdicts
            .iter()
            .filter(|(_, verdict)| verdict.is_anomalous())
            .map(|(bucket, verdict)| (label.clone(), bucket - zero, verdict.score.unwrap_or(0.0)))
            .collect::<Vec<_>>()
    };
    detection.destinations.iter().zip(&detection.verdicts).flat_map(of).collect()
}

#[test]
fn every_story_is_found_out_by_the_detector() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stories");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of stories") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let story = story_at(&std::fs::read_to_string(&path).expect("a story"), ALL_OF_IT);
        for (detector, _) in DETECTORS {
            let detection = detect(&story, detector);
            let mut expected: Vec<(String, i64)> = Vec::new();
            let mut found = anomalies(&story, &detection);
            // What names no detector every one must find.
            for finding in story.expect().findings.iter().filter(|finding| finding.detector.as_deref().is_none_or(|only| only == *detector)) {
                if let Some([first, last]) = finding.between {
                    let meant = |label: &str, bucket: i64| label == finding.destination && (first..=last).contains(&bucket);
                    let best = found.iter().filter(|(label, bucket, _)| meant(label, *bucket)).map(|(.., score)| *score).fold(0.0, f64::max);
                    assert!(best >= finding.score.max(70.0), "{name}, {detector}: {} scores {best} at most", finding.destination);
                    found.retain(|(label, bucket, _)| !meant(label, *bucket));
                }
                expected.extend(finding.buckets.iter().map(|bucket| (finding.destination.clone(), *bucket)));
                for (label, bucket, score) in &found {
                    let meant = *label == finding.destination && finding.buckets.contains(bucket);
                    assert!(!meant || *score >= finding.score, "{name}: {label} scores {score} in bucket {bucket}");
                }
            }
            expected.sort();
            let mut places: Vec<_> = found.iter().map(|(label, bucket, _)| (label.clone(), *bucket)).collect();
            places.sort();
            assert_eq!(places, expected, "{name}, {detector}: {found:#?}");
            let day_before = BucketSize::Quarter.index(story.start().as_second()) - 96;
            for hint in &story.expect().hints {
                let place =
                    detection.destinations.iter().position(|destination| destination.label().raw() == hint.destination).expect("a destination to be noticed");
                let best = detection.verdicts[place].range(day_before..).filter_map(|(_, verdict)| verdict.score).fold(0.0, f64::max);
                assert!(best >= hint.score, "{name}: {} scores {best} at most", hint.destination);
            }
        }
        assert_eq!(hunted(&story), story.expect().hunted, "{name}");
        names.push(name);
    }
    assert!(names.iter().any(|name| name == "demo"), "{names:?}");
}

/// A tree of hops, a line each.
fn grown(sessions: &crate::analysis::Sessions, events: &[Event], root: &str, way: hops::Way) -> Vec<String> {
    let edges = hops::edges(events, sessions);
    let root = hops::Node::Machine(sessions.machines.named(&root.into()).expect("a machine"));
    let line = |hop: &hops::Hop| {
        let edge = &edges[hop.edge];
        let name = |node: &hops::Node| node.label(&sessions.machines).raw().to_owned();
        let users: Vec<&str> = edge.users.iter().map(Foreign::raw).collect();
        let looped = if hop.is_loop { " loop" } else { "" };
        format!("{} {} > {}: {} [{}]{looped}", hop.depth, name(&edge.from), name(&edge.to), edge.stage.name(), users.join(" "))
    };
    hops::tree(&edges, &root, way).hops.iter().map(line).collect()
}

#[test]
fn sessions_stages_and_hops_are_those_of_the_script() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stories");
    let mut told = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of stories") {
        let path = entry.expect("a file").path();
        let story = story_at(&std::fs::read_to_string(&path).expect("a story"), ALL_OF_IT);
        let expect = story.expect();
        if expect.sessions.is_empty() && expect.stages.is_empty() && expect.hops.is_empty() {
            continue;
        }
        told += 1;
        let scope = Scope { families: Families::EVERY, ..Scope::over(Range { from: story.start(), to: Timestamp::MAX }) };
        let Answer::Events(page) = answer(&story, &Ask::Events { scope, skip: 0, take: usize::MAX }) else { panic!("no events") };
        let joined = crate::analysis::sessions(&page.events);
        let host = |machine: &crate::domain::Destination| machine.name().cloned().unwrap_or_else(|| machine.label()).raw().to_owned();
        let users: Vec<&str> = expect.sessions.iter().filter_map(|line| line.split_once(' ')).map(|(user, _)| user).collect();
        let named = |session: &&crate::domain::RdpSession| session.user.as_ref().is_some_and(|user| users.contains(&user.raw()));
        let lines = joined.list.iter().filter(named).map(|session| {
            let source = session.source().map_or_else(|| "-".to_owned(), |source| source.to_string());
            let user = session.user.clone().unwrap_or_default();
            let (host, state, back) = (host(&session.destination), session.state(), session.reconnects());
            format!("{} {source} > {host}: {state}, {back} back, {} programs", user.raw(), programs(&page.events, &joined, session))
        });
        assert_eq!(lines.collect::<Vec<_>>(), expect.sessions, "{}", path.display());
        let sources: Vec<&str> = expect.stages.iter().filter_map(|line| line.split_once(' ')).map(|(source, _)| source).collect();
        let mut stages: Vec<String> = Vec::new();
        for (machine, ladders) in crate::analysis::ladders_by_machine(&page.events, &joined) {
            let host = host(joined.machines.get(machine).expect("a machine"));
            let source = |ladder: &crate::domain::Ladder| ladder.source.map(|source| source.to_string()).unwrap_or_default();
            let meant = ladders.iter().filter(|ladder| sources.contains(&source(ladder).as_str()));
            stages.extend(meant.map(|ladder| format!("{} > {host}: {}", source(ladder), ladder.stage().name())));
        }
        let mut expected = expect.stages.clone();
        stages.sort();
        expected.sort();
        assert_eq!(stages, expected, "{}", path.display());
        for tree in &expect.hops {
            assert_eq!(grown(&joined, &page.events, &tree.root, hops::Way::Before), tree.before, "{} before {}", path.display(), tree.root);
            assert_eq!(grown(&joined, &page.events, &tree.root, hops::Way::After), tree.after, "{} after {}", path.display(), tree.root);
        }
    }
    assert!(told > 0);
}

/// Programs of a session, each start once however many sensors saw it.
fn programs(events: &[Event], joined: &crate::analysis::Sessions, session: &crate::domain::RdpSession) -> usize {
    let trees = crate::analysis::processes(events, joined, None, |_| true);
    trees.iter().filter(|process| process.session.and_then(|number| joined.list.get(number)).is_some_and(|of| of == session)).count()
}

#[test]
fn the_demo_has_users_sessions_programs_and_hops() {
    let story = story_at(DEMO, ALL_OF_IT);
    let all = events(&story, Families::EVERY);
    let joined = crate::analysis::sessions(&all);
    let of = |user: &str| joined.list.iter().filter(|session| session.user.as_ref().is_some_and(|known| known.raw() == user)).collect::<Vec<_>>();
    let intruders = of(r"CORP\admmig");
    assert_eq!(intruders.len(), 4);
    assert_eq!(intruders.iter().map(|session| session.reconnects()).sum::<usize>(), 1);
    assert!(intruders.iter().all(|session| session.is_privileged == Some(true)));
    assert!(intruders.iter().any(|session| session.client().is_some_and(|client| client.raw() == "WIN-7QJ2M0K4") && session.client_zone() == Some(180)));
    assert_eq!(of("backup").len(), 1);
    assert!(of(r"CORP\svc-patch").len() > 20);
    assert!(of(r"CORP\tariq").len() > 5);
    let trees = crate::analysis::processes(&all, &joined, None, |_| true);
    let ends = |process: &crate::analysis::processes::Process, name: &str| process.image.as_ref().is_some_and(|image| image.raw().ends_with(name));
    let depths = ["whoami.exe", "svch0st.exe", "rdpx.exe"].map(|name| trees.iter().find(|process| ends(process, name)).expect("a program").depth);
    assert_eq!(depths, [2, 3, 2]);
    let since: Vec<Event> = all.into_iter().filter(|event| event.time >= story.start()).collect();
    let joined = crate::analysis::sessions(&since);
    assert_eq!(grown(&joined, &since, "FILESRV-02", hops::Way::After), [r"1 FILESRV-02 > DC01: logged on [CORP\admmig]"]);
    let told: std::collections::BTreeSet<&str> = crate::analysis::telltales(&since, &joined).iter().map(|tale| tale.sort.name()).collect();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), ["foreign time zone", "tunnel command"]);
}

#[test]
fn the_demo_rises_within_the_first_minute() {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let story = Story::demo(&RuleSet::built_in(), Box::new(move || Duration::from_secs(clock.load(Ordering::Relaxed)))).expect("the demo");
    assert_eq!(story.now().to_string(), "2025-03-13T13:05:00Z");
    let mut watch = Watch::begin(&arrivals(&story, Range { from: Timestamp::MIN, to: story.now() }), &plan(), DETECTORS[0].1(&plan()));
    // Somebody has been creeping up on the backup server all morning.
    let quiet = |found: Vec<(String, i64, f64)>| -> Vec<(String, i64)> {
        found.into_iter().filter(|(label, ..)| label != "10.20.4.40").map(|(label, bucket, _)| (label, bucket)).collect()
    };
    assert_eq!(quiet(anomalies(&story, watch.detection())), []);
    seconds.store(20, Ordering::Relaxed);
    assert_eq!(story.now().to_string(), "2025-03-13T13:25:00Z");
    watch.advance(&arrivals(&story, Range { from: watch.from().expect("a history"), to: story.now() }), Range::ALL);
    assert_eq!(quiet(anomalies(&story, watch.detection())), [("10.20.4.17".to_owned(), 1)]);
    assert!(!watch.is_torn());
}

#[test]
fn what_has_not_happened_yet_is_in_no_answer() {
    let story = story_at(DEMO, Duration::ZERO);
    let now = story.now();
    assert!(events(&story, Families::EVERY).iter().all(|event| event.time < now));
    assert!(arrivals(&story, Range::ALL).rows.iter().all(|row| BucketSize::Quarter.at(row.bucket) < now));
    assert_eq!(hunted(&story), Vec::<String>::new());
    let Answer::Overview(overview) = answer(&story, &Ask::Overview) else { panic!("no overview") };
    assert!(overview.is_live && overview.extent.is_some_and(|extent| extent.to <= now));
    let future = Range { from: now.checked_add(SignedDuration::from_hours(1)).expect("a time"), to: Timestamp::MAX };
    assert_eq!(arrivals(&story, future).rows, []);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let (one, two) = (story_at(DEMO, ALL_OF_IT), story_at(DEMO, ALL_OF_IT));
    assert_eq!(events(&one, Families::EVERY), events(&two, Families::EVERY));
    let other = story_at(&DEMO.replace("= 11\n", "= 12\n"), ALL_OF_IT);
    assert_ne!(events(&one, Families::EVERY), events(&other, Families::EVERY));
}

#[test]
fn names_and_addresses_are_one_server_each() {
    let story = story_at(DEMO, ALL_OF_IT);
    let detection = detect(&story, DETECTORS[0].0);
    assert_eq!(detection.destinations.len(), 22);
    let file = detection.destinations.iter().find(|destination| destination.label().raw() == "10.20.4.17").expect("the file server");
    assert_eq!(file.name().map(Foreign::raw), Some("FILESRV-02"));
}

#[test]
fn the_spray_is_refused_mostly_and_gets_in_as_one_account() {
    let story = story_at(DEMO, ALL_OF_IT);
    let spray = |event: &&Event| event.time >= story.start() && event.source.is_some_and(|source| source.to_string().starts_with("10.20.66."));
    let all = events(&story, Families::ALL);
    let sources: std::collections::BTreeSet<_> = all.iter().filter(spray).filter_map(|event| event.source).collect();
    assert_eq!(sources.len(), 41);
    let sessions: Vec<_> = all.iter().filter(spray).filter(|event| event.kind.family() == Family::Session).collect();
    let inside: std::collections::BTreeSet<_> = sessions.iter().filter_map(|event| event.source).collect();
    assert_eq!(inside.len(), 3);
    assert!(sessions.iter().all(|event| event.user.as_ref().is_some_and(|user| user.raw() == r"CORP\admmig")));
    let programs: Vec<_> =
        events(&story, Families::EVERY).iter().filter(spray).filter_map(|event| event.process.clone()).map(|program| program.raw().to_owned()).collect();
    assert!(programs.contains(&r"C:\Users\Public\svch0st.exe".to_owned()), "{programs:?}");
}

#[test]
fn what_an_attacker_wrote_is_inert_on_the_way_out() {
    let story = story_at(DEMO, ALL_OF_IT);
    let Answer::Tally(tally) = answer(&story, &Ask::Tally { scope: Scope::over(Range::ALL), by: TallyBy::User }) else { panic!("no tally") };
    let hostile = tally.rows.iter().find(|row| row.value.raw().contains('\u{1b}')).expect("a user name that steers terminals");
    assert_eq!(hostile.value.safe().as_str(), "root\\u{1b}[2J\\u{202e}gpj.exe");
}

#[test]
fn stories_that_cannot_be_told_say_why() {
    let why = |text: &str| match Story::open(text, &RuleSet::default(), Box::new(|| Duration::ZERO)) {
        Ok(_) => panic!("a story"),
        Err(error) => (error.what, error.advice),
    };
    let head = "title = \"x\"\nstart = \"2025-01-01T00:00:00Z\"\n";
    let (what, advice) = why(&format!(
        "{head}[[spray]]\ndestination = \"FS01\"\nat = \"1h\"\nlasts = \"1h\"\nnetwork = \"10.0.0.0/24\"\nsources = 3\ntries = []\nbreaks = \"x\"\nlogons = 0"
    ));
    assert_eq!(what, "the story could not be told: there is no destination called \"FS01\"");
    assert!(advice.is_some());
    assert!(why(&format!("{head}lasts = \"-1h\"")).0.contains("shorter than nothing"));
    assert!(why(&format!("{head}replay = {{ speed = -1 }}")).0.contains("speed"));
    assert!(why(&format!("{head}[[event]]\nat = \"0s\"\nkind = \"nonsense\"")).0.contains("no kind of event called \"nonsense\""));
    assert!(why("title = 3").0.starts_with("the story could not be read: "));
}
