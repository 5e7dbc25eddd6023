//! Sessions as they are written, and as they are not meant to be.

use super::super::sample::{event, told, with};
use super::*;
use crate::domain::{Address, Basis, Certainty, Details, Kind, RdpSession};

const FS01: &str = "FS01.corp.example";

fn logon(time: &str, source: &str, user: &str, id: u64) -> Event {
    told(event(time, Kind::LogonRemote, FS01, source, user), |details| (details.logon_id, details.logon_type) = (Some(id), Some(10)))
}

fn manager(time: &str, kind: Kind, source: &str, user: &str, session: u32) -> Event {
    told(event(time, kind, FS01, source, user), |details| details.session_id = Some(session))
}

fn ended(time: &str, user: &str, id: u64, logon_type: u8) -> Event {
    told(event(time, Kind::LogonEnded, FS01, "", user), |details| (details.logon_id, details.logon_type) = (Some(id), Some(logon_type)))
}

/// One line a session: who, from where, how many reconnects, when it ended, how it stands, by how many events it is seen.
fn lines(events: &[Event]) -> Vec<String> {
    let told = |session: &RdpSession| {
        format!(
            "{} from {} start {} end {} reconnects {} {} seen {} {}",
            session.user.as_ref().map_or("?", |user| user.raw()),
            session.source().map_or("?".to_owned(), |source| source.to_string()),
            session.start().map_or("?".to_owned(), |time| time.strftime("%H:%M:%S").to_string()),
            session.end.map_or("?".to_owned(), |end| end.time.strftime("%H:%M:%S").to_string()),
            session.reconnects(),
            session.state(),
            session.seen_by,
            session.certainty().name(),
        )
    };
    sessions(events).list.iter().map(told).collect()
}

#[test]
fn a_whole_session_is_one_record_out_of_every_log() {
    let activity = |event: Event| told(event, |details| details.activity = Some("{F4203C58-1}".into()));
    let events = [
        with(activity(event("10:00:00", Kind::CoreAccepted, FS01, "10.1.0.7", "")), |event| event.source_port = Some(50001)),
        activity(told(event("10:00:00.5", Kind::CoreNamed, FS01, "", ""), |details| details.connection = Some("RDP-Tcp#7".into()))),
        event("10:00:01", Kind::ManagerAuthenticated, FS01, "10.1.0.7", "CORP\\kim"),
        logon("10:00:03", "10.1.0.7", "CORP\\kim", 0x51),
        manager("10:00:04", Kind::SessionLogon, "10.1.0.7", "CORP\\kim", 2),
        activity(told(event("10:00:04", Kind::CoreBound, FS01, "", ""), |details| details.session_id = Some(2))),
        manager("10:00:05", Kind::SessionShell, "10.1.0.7", "CORP\\kim", 2),
        activity(told(event("10:00:06", Kind::CoreZone, FS01, "", ""), |details| details.client_zone = Some(-300))),
        manager("10:30:00", Kind::SessionDisconnected, "10.1.0.7", "CORP\\kim", 2),
        activity(event("10:30:00", Kind::CoreDisconnected, FS01, "", "")),
        manager("11:00:00", Kind::SessionReconnected, "10.1.0.8", "CORP\\kim", 2),
        told(event("11:00:00", Kind::WindowReconnected, FS01, "10.1.0.8", "CORP\\kim"), |details| {
            *details = Details { logon_id: Some(0x51), connection: Some("RDP-Tcp#9".into()), client: Some("PC08".into()), ..Details::default() };
        }),
        manager("11:20:00", Kind::SessionLogoff, "", "CORP\\kim", 2),
        ended("11:20:01", "CORP\\kim", 0x51, 10),
    ];
    assert_eq!(lines(&events), ["CORP\\kim from 10.1.0.8 start 10:00:01 end 11:20:00 reconnects 1 logged off seen 6 likely"]);
    let found = sessions(&events);
    let session = &found.list[0];
    assert_eq!(session.duration().map(|lasted| lasted.as_secs()), Some(79 * 60 + 59));
    assert_eq!(session.openings.iter().map(|opening| opening.client_zone).collect::<Vec<_>>(), [Some(-300), None]);
    assert_eq!(session.client().map(|client| client.raw()), Some("PC08"));
    assert_eq!((session.session_id, session.logon_ids.len()), (Some(2), 1));
    let by = |kind: Kind| session.joins.iter().find(|join| join.cite.kind == kind).map(|join| (join.by, join.certainty));
    assert_eq!(by(Kind::CoreAccepted), Some((Basis::Activity, Certainty::Exact)));
    assert_eq!(by(Kind::CoreBound), Some((Basis::Activity, Certainty::Exact)));
    assert_eq!(by(Kind::LogonRemote), Some((Basis::SourceAndUser, Certainty::Likely)));
    // No id ties the Security log to the others here: its events know each other, and the session by source and account.
    assert_eq!(by(Kind::WindowReconnected), Some((Basis::SourceAndUser, Certainty::Likely)));
    assert_eq!(by(Kind::ManagerAuthenticated), Some((Basis::SourceAndUser, Certainty::Likely)));
    assert_eq!(by(Kind::SessionLogoff), Some((Basis::SessionId, Certainty::Exact)));
    assert_eq!(found.of_event.iter().filter(|of| of.is_some()).count(), events.len());
}

#[test]
fn order_of_reading_does_not_matter() {
    let mut events = vec![
        event("10:00:01", Kind::ManagerAuthenticated, FS01, "10.1.0.7", "CORP\\kim"),
        logon("10:00:03", "10.1.0.7", "CORP\\kim", 0x51),
        manager("10:00:04", Kind::SessionLogon, "10.1.0.7", "CORP\\kim", 2),
        manager("10:30:00", Kind::SessionDisconnected, "10.1.0.7", "CORP\\kim", 2),
    ];
    let expected = ["CORP\\kim from 10.1.0.7 start 10:00:01 end 10:30:00 reconnects 0 disconnected seen 3 likely"];
    assert_eq!(lines(&events), expected);
    events.reverse();
    assert_eq!(lines(&events), expected);
}

#[test]
fn ends_without_start_and_starts_without_end_are_sessions_too() {
    let events = [
        manager("09:00:00", Kind::SessionLogoff, "", "CORP\\old", 3),
        logon("10:00:00", "10.1.0.7", "CORP\\kim", 0x51),
        manager("12:00:00", Kind::SessionDisconnected, "10.1.0.9", "CORP\\lee", 4),
        ended("13:00:00", "CORP\\max", 0x99, 7),
    ];
    assert_eq!(
        lines(&events),
        [
            "CORP\\old from ? start ? end 09:00:00 reconnects 0 logged off seen 0 exact",
            "CORP\\kim from 10.1.0.7 start 10:00:00 end ? reconnects 0 no end seen seen 1 exact",
            "CORP\\lee from 10.1.0.9 start ? end 12:00:00 reconnects 0 disconnected seen 0 exact",
        ]
    );
}

#[test]
fn ids_given_out_again_after_a_restart_are_other_sessions() {
    let events = [
        manager("10:00:00", Kind::SessionLogon, "10.1.0.7", "CORP\\kim", 2),
        logon("10:00:01", "10.1.0.7", "CORP\\kim", 0x51),
        manager("14:00:00", Kind::SessionLogon, "10.1.0.9", "CORP\\lee", 2),
        logon("14:00:01", "10.1.0.9", "CORP\\lee", 0x51),
        ended("15:00:00", "CORP\\lee", 0x51, 10),
    ];
    assert_eq!(
        lines(&events),
        [
            "CORP\\kim from 10.1.0.7 start 10:00:00 end ? reconnects 0 no end seen seen 2 likely",
            "CORP\\lee from 10.1.0.9 start 14:00:00 end 15:00:00 reconnects 0 logged off seen 2 likely",
        ]
    );
}

#[test]
fn two_logons_of_one_account_in_one_minute_stay_two() {
    let events = [
        event("10:00:01", Kind::ManagerAuthenticated, FS01, "10.1.0.7", "CORP\\kim"),
        manager("10:00:03", Kind::SessionLogon, "10.1.0.7", "CORP\\kim", 2),
        event("10:00:20", Kind::ManagerAuthenticated, FS01, "10.1.0.7", "CORP\\kim"),
        manager("10:00:22", Kind::SessionLogon, "10.1.0.7", "CORP\\kim", 3),
    ];
    assert_eq!(lines(&events).len(), 2);
    let touched: Vec<Event> = (0..5)
        .map(|second| with(event(&format!("10:00:0{second}"), Kind::CoreAccepted, FS01, "10.1.0.7", ""), |event| event.source_port = Some(50_000 + second)))
        .collect();
    assert_eq!(lines(&touched), Vec::<String>::new());
    assert_eq!(sessions(&touched).connections.len(), 5);
}

#[test]
fn the_end_of_an_unlock_does_not_end_the_session() {
    let unlock = told(event("11:00:00", Kind::LogonUnlock, FS01, "10.1.0.7", "CORP\\kim"), |details| details.logon_id = Some(0x77));
    let events = [logon("10:00:00", "10.1.0.7", "CORP\\kim", 0x51), unlock, ended("11:00:02", "CORP\\kim", 0x77, 7), ended("12:00:00", "CORP\\kim", 0x51, 10)];
    assert_eq!(lines(&events), ["CORP\\kim from 10.1.0.7 start 10:00:00 end 12:00:00 reconnects 1 logged off seen 2 likely"]);
}

#[test]
fn defend_tells_of_sessions_by_their_processes() {
    let process = |time: &str, image: &str| {
        let event =
            told(event(time, Kind::DefendProcess, FS01, "10.1.0.7", "CORP\\kim"), |details| (details.logon_id, details.session_id) = (Some(0x51), Some(2)));
        with(event, |event| event.process = Some(image.into()))
    };
    let events = [process("10:00:00", "C:\\Windows\\explorer.exe"), process("10:05:00", "C:\\x.exe")];
    let found = sessions(&events);
    assert_eq!(found.list.len(), 1);
    assert_eq!((found.list[0].processes, found.list[0].is_desktop, found.list[0].sources().first().copied()), (2, true, Address::clean("10.1.0.7")));
}
