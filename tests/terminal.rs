//! The terminal is given back as it was found: after quitting, a signal and a panic. On a real pseudo-terminal.
#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may")]

mod session;

use session::{Session, shows};

#[test]
fn the_demo_starts_walks_and_quits() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", |screen| screen.alternate_screen() && screen.contents().contains("score"));
    let needed = [" demo ", "last 12h / 15m / UTC", "● live", "complete"];
    session.until("a header with everything", |screen| {
        let contents = screen.contents();
        let header = contents.lines().next().unwrap_or_default();
        needed.iter().all(|part| header.contains(part)) && ["critical", "major", "minor"].iter().any(|band| header.contains(band))
    });
    session.press("?");
    session.until("the help", shows("Keys: in a table"));
    session.press("?");
    session.press("\r");
    session.until("a destination", shows("[Sources"));
    session.resize(40, 120);
    session.press("2");
    session.until("its users", shows("[Users"));
    session.press("qq");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn ctrl_c_ends_from_a_prompt() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", shows("score"));
    session.press("/abc");
    session.until("the prompt", shows("/ abc"));
    session.press("\u{3}");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn the_last_screen_can_stay() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", shows("score"));
    session.press("Q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
    assert!(session.screen().contents().contains("score"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_within_half_a_second() {
    for (signal, code) in [(rustix::process::Signal::TERM, 143), (rustix::process::Signal::HUP, 129), (rustix::process::Signal::INT, 130)] {
        let mut session = Session::start(&["demo"]);
        session.until("the list", shows("score"));
        let process = session.child.process_id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).expect("an id"))).expect("a process");
        rustix::process::kill_process(process, signal).expect("the signal is sent");
        assert_eq!(session.end(), code);
        session.assert_restored();
    }
}

#[test]
fn a_panic_is_read_on_the_restored_terminal() {
    let mut session = Session::start(&["demo", "--__panic-after-start"]);
    assert_ne!(session.end(), 0);
    session.assert_restored();
    let written = String::from_utf8_lossy(&session.raw).into_owned();
    let (_, after) = written.rsplit_once("\u{1b}[?1049l").expect("the alternate screen is left");
    assert!(after.contains("asked to panic"), "the message comes after that: {written}");
}
