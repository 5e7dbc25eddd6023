//! The table against answers worked out by hand.

use std::sync::Arc;

use super::*;
use crate::domain::{BucketSize, By, Destination, Details, Event, Families, Family, Kind, Timestamp};
use crate::query::{Filter, Scope, TallyBy};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn event(time: &str, kind: Kind, source: &str, destination: &str, host: &str, user: &str) -> Event {
    let text = |text: &str| (!text.is_empty()).then(|| Foreign::from(text));
    Event { source: Address::clean(source), destination: Address::clean(destination), host: text(host), user: text(user), ..Event::new(at(time), kind) }
}

/// FS01 is 10.0.0.5; 10.0.0.9 is known by address only.
fn table() -> Table {
    let mut builder = TableBuilder::default();
    for event in [
        event("2025-01-01T00:14:59.999999Z", Kind::CoreAccepted, "10.1.0.1", "", "FS01", ""),
        event("2025-01-01T00:00:00Z", Kind::SysmonIn, "10.1.0.1", "10.0.0.5", "FS01", "NT AUTHORITY\\NETWORK SERVICE"),
        event("2025-01-01T00:15:00Z", Kind::LogonRemote, "10.1.0.2", "", "FS01", "CORP\\kim"),
        event("2025-01-01T00:16:00Z", Kind::CoreFailed, "10.1.0.3", "", "FS01", ""),
        event("2025-01-01T00:16:30Z", Kind::LogonRemote, "-", "", "FS01", "CORP\\kim"),
        event("2025-01-01T00:17:00Z", Kind::ZeekRdp, "10.1.0.1", "10.0.0.9", "sensor", ""),
        event("2025-01-01T00:18:00Z", Kind::SessionShell, "10.1.0.2", "", "FS01", "CORP\\kim"),
        event("2025-01-01T00:19:00Z", Kind::SysmonOut, "10.0.0.5", "10.0.0.9", "FS01", "CORP\\kim"),
    ] {
        builder.push(&event);
    }
    builder.look_for("quiet-rule");
    builder.finish("test".to_owned(), Vec::new(), Completeness::whole(0)).expect("a table")
}

fn everything() -> Scope {
    Scope::over(Range::ALL)
}

fn counts(scope: Scope, by: By) -> crate::query::Counts {
    match table().answer(&Ask::Counts { scope, bucket: BucketSize::Quarter, by }).expect("counts") {
        Answer::Counts(counts) => counts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn counts_by_the_events_own_address() {
    let counts = counts(everything(), By::DestinationIp);
    let lines: Vec<String> =
        counts.destinations.iter().map(|one| format!("{} {} {} {}", one.destination.label().raw(), one.events, one.sources.len(), one.buckets.len())).collect();
    assert_eq!(lines, ["10.0.0.9 2 2 1", "10.0.0.5 1 1 1"]);
    assert_eq!((counts.without_destination, counts.without_source), (4, 1));
}

#[test]
fn counts_by_host_leave_out_what_the_source_or_a_sensor_reported() {
    let counts = counts(everything(), By::HostName);
    let [fs01] = counts.destinations.as_slice() else { panic!("{counts:?}") };
    assert_eq!((fs01.destination.label().raw(), fs01.events, fs01.sources.len()), ("FS01", 5, 3));
    assert_eq!(fs01.users.iter().map(|(user, events)| (user.raw(), *events)).collect::<Vec<_>>(), [("CORP\\kim", 2), ("NT AUTHORITY\\NETWORK SERVICE", 1)]);
    let buckets: Vec<_> = fs01.buckets.iter().map(|count| (count.start.to_string(), count.events, count.sources)).collect();
    assert_eq!(buckets, [("2025-01-01T00:00:00Z".to_owned(), 2, 1), ("2025-01-01T00:15:00Z".to_owned(), 3, 2)]);
    assert_eq!((fs01.first, fs01.last), (at("2025-01-01T00:00:00Z"), at("2025-01-01T00:16:30Z")));
    assert_eq!(counts.without_destination, 2);
}

#[test]
fn counts_by_destination_join_name_and_address() {
    let counts = counts(everything(), By::Destination);
    let labels: Vec<_> = counts.destinations.iter().map(|one| (one.destination.label(), one.destination.name().cloned(), one.events)).collect();
    assert_eq!(labels, [("10.0.0.5".into(), Some("FS01".into()), 5), ("10.0.0.9".into(), None, 2)]);
}

#[test]
fn families_and_ranges_narrow_the_scope() {
    let sessions = Scope { families: Families::only(Family::Session), ..everything() };
    assert_eq!(counts(sessions, By::HostName).destinations.first().map(|one| one.events), Some(2));
    let quarter = Scope::over(Range { from: at("2025-01-01T00:15:00Z"), to: at("2025-01-01T00:16:00Z") });
    assert_eq!(counts(quarter, By::HostName).destinations.first().map(|one| one.events), Some(1));
}

#[test]
fn a_destination_is_found_under_its_name_and_its_address() {
    let both = Destination { addresses: [Address::clean("10.0.0.5").expect("an address")].into(), hosts: [Foreign::from("FS01")].into() };
    let scope = everything().at(Arc::new(both));
    let Answer::Tally(tally) = table().answer(&Ask::Tally { scope, by: TallyBy::Source }).expect("a tally") else { panic!("no tally") };
    let rows: Vec<_> = tally.rows.iter().map(|row| (row.value.raw(), row.events, row.destinations, row.families[..3].to_vec())).collect();
    assert_eq!(rows, [("10.1.0.1", 2, 2, vec![2, 0, 0]), ("10.1.0.2", 1, 1, vec![0, 1, 0]), ("10.1.0.3", 1, 1, vec![0, 0, 1])]);
    assert_eq!(tally.without, 1);
}

#[test]
fn users_bring_their_sources_and_hosts() {
    let Answer::Tally(tally) = table().answer(&Ask::Tally { scope: everything(), by: TallyBy::User }).expect("a tally") else { panic!("no tally") };
    let kim = &tally.rows[0];
    assert_eq!((kim.value.raw(), kim.events, kim.destinations, kim.sources.len()), ("CORP\\kim", 3, 2, 2));
    let Answer::Tally(hosts) = table().answer(&Ask::Tally { scope: everything(), by: TallyBy::Destination }).expect("a tally") else { panic!("no tally") };
    assert_eq!(hosts.rows.iter().map(|row| (row.value.raw(), row.events)).collect::<Vec<_>>(), [("10.0.0.5", 5), ("10.0.0.9", 2)]);
}

#[test]
fn events_come_in_order_of_time_page_by_page() {
    let scope = Scope { families: Families::EVERY, ..everything() };
    let page = |skip, take| match table().answer(&Ask::Events { scope: scope.clone(), skip, take }).expect("a page") {
        Answer::Events(page) => (page.events.iter().map(|event| event.kind.name()).collect::<Vec<_>>(), page.total),
        other => panic!("{other:?}"),
    };
    assert_eq!(page(0, 3), (vec!["sysmon3_in", "rdpcorets131", "sec4624_lt10"], 8));
    assert_eq!(page(6, 3), (vec!["lsm22", "sysmon3_out"], 8));
    assert_eq!(page(9, 3), (vec![], 8));
}

#[test]
fn an_event_comes_back_as_it_was() {
    let mut builder = TableBuilder::default();
    let mut whole = event("2025-01-01T00:00:00.123456Z", Kind::SysmonOut, "10.1.0.1", "fe80::1", "PC", "a\u{1b}b");
    whole.source_port = Some(50_000);
    whole.destination_port = Some(3389);
    whole.process = Some("C:\\x.exe".into());
    whole.code = Some(3);
    whole.reason = Some("0xc000006d".into());
    whole.channel = Some("Sysmon".into());
    whole.origin.file = Some("a.evtx".into());
    whole.origin.id = Some("id".into());
    let records = ["0", "7", "007", "-3", "CMwJl820", "9223372036854775808"];
    for record in records {
        builder.push(&Event { record: Some(record.into()), ..whole.clone() });
    }
    let table = builder.finish("test".to_owned(), Vec::new(), Completeness::whole(0)).expect("a table");
    let Answer::Events(page) = table.answer(&Ask::Events { scope: everything(), skip: 0, take: 9 }).expect("a page") else { panic!("no page") };
    for (event, record) in page.events.iter().zip(records) {
        assert_eq!(*event, Event { record: Some(record.into()), ..whole.clone() });
    }
}

#[test]
fn a_rule_that_was_not_looked_for_is_said_not_counted_as_quiet() {
    let hunt = |rule: &str| table().answer(&Ask::Hunt { scope: everything(), rule: rule.to_owned() });
    assert!(matches!(hunt("quiet-rule"), Ok(Answer::Hunt(hits)) if hits.hits.is_empty()));
    assert_eq!(hunt("other").expect_err("an error").what, "rule other was not looked for while the events were read");
}

#[test]
fn chunks_do_not_show() {
    let mut builder = TableBuilder::default();
    let rows = super::columns::ROWS + 10;
    for row in 0..rows {
        let mut event = event("2025-01-01T00:00:00Z", Kind::Flow, "10.1.0.1", "10.0.0.5", "", "");
        event.time = Timestamp::from_second(1_700_000_000 + row as i64).expect("a time");
        builder.push(&event);
    }
    let table = builder.finish("test".to_owned(), Vec::new(), Completeness::whole(0)).expect("a table");
    assert_eq!(table.len(), rows);
    let scope = Scope { filter: Filter::Everything, ..everything() };
    let Answer::Arrivals(arrivals) = table.answer(&Ask::Arrivals { scope, bucket: BucketSize::SixHours }).expect("arrivals") else { panic!("no arrivals") };
    assert_eq!(arrivals.rows.iter().map(|row| row.events as usize).sum::<usize>(), rows);
}

#[test]
fn details_come_back_as_they_were_and_only_where_there_are_any() {
    let text = |text: &str| Some(Foreign::from(text));
    let whole = Details {
        logon_id: Some(0x10ac67),
        linked_logon_id: Some(u64::MAX - 1),
        logon_type: Some(10),
        session_id: Some(0),
        process_id: Some(4100),
        parent_process_id: Some(4000),
        client_zone: Some(-300),
        is_trusted: Some(false),
        is_elevated: Some(true),
        is_restricted_admin: None,
        authentication: text("NTLM"),
        connection: text("RDP-Tcp#7"),
        activity: text("{a}"),
        client: text("pc-9"),
        transport: text("UDP"),
        community: text("1:x"),
        entity: text("e1"),
        parent_entity: text("e0"),
        parent: text("cmd.exe"),
        command_line: text("x -a"),
        signer: text("Example"),
        target: text("srv-2"),
        service: text("TERMSRV/srv-2"),
        target_user: text("CORP\\adm"),
        tunnel_address: text("::%16777216"),
    };
    let mut builder = TableBuilder::default();
    let given = [None, Some(Box::new(whole)), None, Some(Box::new(Details { is_trusted: Some(true), ..Details::default() }))];
    for (second, details) in given.iter().enumerate() {
        let mut event = event(&format!("2025-01-01T00:00:0{second}Z"), Kind::Process, "", "", "FS01", "");
        event.details.clone_from(details);
        builder.push(&event);
    }
    let table = builder.finish("test".to_owned(), Vec::new(), Completeness::whole(0)).expect("a table");
    let scope = Scope { families: Families::EVERY, ..everything() };
    let Ok(Answer::Events(page)) = table.answer(&Ask::Events { scope, skip: 0, take: 10 }) else { panic!("no events") };
    assert_eq!(page.events.into_iter().map(|event| event.details).collect::<Vec<_>>(), given);
}

#[test]
fn readers_with_codes_of_their_own_make_one_table() {
    let mut builder = TableBuilder::default();
    let logon = |source: &str, user: &str| event("2025-01-01T00:00:00Z", Kind::LogonRemote, source, "10.0.0.5", "FS01", user);
    // Two files: every reader starts over with the second; blocks without events lie in between.
    let mut told = Vec::new();
    for (file, readers) in [
        ("a", [["10.1.0.1 kim", "10.1.0.2 lee"], ["10.1.0.2 lee", "10.1.0.3 kim"]]),
        ("b", [["10.1.0.3 max", "10.1.0.1 kim"], ["10.1.0.1 max", "10.1.0.9 lee"]]),
    ] {
        let mut scribes = [Scribe::default(), Scribe::default()];
        for block in [0, 1] {
            for (lane, scribe) in scribes.iter_mut().enumerate() {
                builder.absorb(lane, scribe.take(), file);
                let (source, user) = readers[lane][block].split_once(' ').expect("a pair");
                scribe.push(&logon(source, user));
                builder.absorb(lane, scribe.take(), file);
                builder.absorb(lane, Portion::default(), file);
                told.push(format!("{source} {user} {file}"));
            }
        }
    }
    let table = builder.finish("test".to_owned(), Vec::new(), Completeness::whole(8)).expect("a table");
    let Ok(Answer::Events(page)) = table.answer(&Ask::Events { scope: everything(), skip: 0, take: 10 }) else { panic!("no page") };
    let text = |text: &Option<Foreign>| text.as_ref().map_or("-", Foreign::raw).to_owned();
    let found: Vec<String> =
        page.events.iter().map(|event| format!("{} {} {}", event.source.expect("a source"), text(&event.user), text(&event.origin.file))).collect();
    assert_eq!(found, told);
}

#[test]
fn a_portion_out_of_order_is_no_answer_at_all() {
    let mut builder = TableBuilder::default();
    let mut scribe = Scribe::default();
    scribe.push(&event("2025-01-01T00:00:00Z", Kind::LogonRemote, "10.1.0.1", "10.0.0.5", "FS01", "kim"));
    drop(scribe.take());
    scribe.push(&event("2025-01-01T00:00:00Z", Kind::LogonRemote, "10.1.0.1", "10.0.0.5", "FS01", "kim"));
    builder.absorb(0, scribe.take(), "a");
    assert!(builder.finish("test".to_owned(), Vec::new(), Completeness::whole(8)).is_err());
}
