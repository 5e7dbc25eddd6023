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

/// The state of a process as Linux tells it: `T` while it is stopped.
#[cfg(target_os = "linux")]
fn state(session: &Session) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", session.child.process_id()?)).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

#[cfg(target_os = "linux")]
#[test]
fn suspended_it_gives_the_terminal_back_and_takes_it_again() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", shows("score"));
    session.press("\u{1a}");
    session.until("the terminal as it was", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    while state(&session) != Some('T') {
        std::thread::yield_now();
    }
    session.assert_restored();
    let process = session.child.process_id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).expect("an id"))).expect("a process");
    rustix::process::kill_process(process, rustix::process::Signal::CONT).expect("the signal is sent");
    session.until("the list again", |screen| screen.alternate_screen() && screen.contents().contains("score"));
    session.press("?");
    session.until("the help", shows("Keys: in a table"));
    session.press("?q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[cfg(unix)]
#[test]
fn a_terminal_that_goes_away_ends_it_even_where_nobody_says_so() {
    use std::io::Read as _;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    for shell in ["exec \"$0\" demo", "trap '' HUP; exec \"$0\" demo"] {
        let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", shell, env!("CARGO_BIN_EXE_rdptriage")]);
        command.env("TERM", "xterm-256color");
        command.env("RDPTRIAGE_CONFIG_DIR", std::env::temp_dir().join("rdptriage-no-such-config"));
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let mut written = Vec::new();
        let mut chunk = [0; 4096];
        while !String::from_utf8_lossy(&written).contains("score") {
            let read = reader.read(&mut chunk).expect("it writes");
            assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&written));
            written.extend_from_slice(&chunk[..read]);
        }
        // The last ends of the line: what comes now is a hang-up.
        drop(reader);
        drop(pair.master);
        let begun = std::time::Instant::now();
        let code = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status.exit_code();
            }
            assert!(begun.elapsed() < std::time::Duration::from_secs(30), "it goes on without a terminal: {shell}");
            std::thread::yield_now();
        };
        assert_eq!(code, 129, "{shell}");
    }
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
