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

#[test]
fn what_is_copied_goes_out_as_osc_52() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", shows("score"));
    session.press("y");
    session.until("the word about it", shows("by OSC 52"));
    let written = String::from_utf8_lossy(&session.raw).into_owned();
    let (_, rest) = written.split_once("\u{1b}]52;c;").expect("the sequence");
    let packed: String = rest.chars().take_while(|character| character.is_ascii_alphanumeric() || "+/=".contains(*character)).collect();
    let copied = unpacked(&packed);
    assert!(copied.contains("score") && copied.contains("now") && !copied.contains('\u{1b}') && !copied.ends_with('\n'), "{copied:?}");
    session.press("q");
    assert_eq!(session.end(), 0);
}

/// Text out of base64.
fn unpacked(packed: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in packed.bytes().filter(|letter| *letter != b'=') {
        let value = LETTERS.iter().position(|known| *known == letter).expect("a letter of base64");
        bits = (bits << 6) | u32::try_from(value).expect("six bits");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("eight bits"));
        }
    }
    String::from_utf8(bytes).expect("text")
}
