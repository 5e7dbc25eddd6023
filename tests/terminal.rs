//! The terminal is given back as it was found: after quitting, a signal and a panic. On a real pseudo-terminal.
#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may")]

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Session {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn std::io::Write + Send>,
    parser: vt100::Parser,
    raw: Vec<u8>,
}

impl Session {
    fn start(arguments: &[&str]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rdptriage"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("RDPTRIAGE_CONFIG_DIR", std::env::temp_dir().join("rdptriage-no-such-config"));
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let input = pair.master.take_writer().expect("a writer");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read) = reader.read(&mut chunk) {
                if read == 0 || sender.send(chunk[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        // The slave stays open here: it is how its settings are looked at after the program has ended.
        std::mem::forget(pair.slave);
        Self { master: pair.master, child, output, input, parser: vt100::Parser::new(cells(24), cells(80), 0), raw: Vec::new() }
    }

    /// Reads until the screen is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        while !wanted(self.parser.screen()) {
            match self.output.recv_timeout(Duration::from_millis(200)) {
                Ok(chunk) => {
                    self.parser.process(&chunk);
                    self.raw.extend(chunk);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended before {what}:\n{}", self.parser.screen().contents()),
            }
            assert!(begun.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}:\n{}", self.parser.screen().contents());
        }
    }

    fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("the program reads");
        self.input.flush().expect("the program reads");
    }

    /// Waits for the end; its exit code.
    fn end(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            while let Ok(chunk) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.parser.process(&chunk);
                self.raw.extend(chunk);
            }
            if let Some(status) = self.child.try_wait().expect("a status") {
                while let Ok(chunk) = self.output.recv_timeout(Duration::from_millis(100)) {
                    self.parser.process(&chunk);
                    self.raw.extend(chunk);
                }
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "the program does not end");
        }
    }

    fn assert_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        let settings = self.master.get_termios().expect("settings");
        let local = format!("{:?}", settings.local_flags);
        assert!(local.contains("ECHO") && local.contains("ICANON"), "raw mode is off: {local}");
    }
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("more than none")
}

fn shows(part: &'static str) -> impl Fn(&vt100::Screen) -> bool {
    move |screen| screen.contents().contains(part)
}

#[test]
fn the_demo_starts_walks_and_quits() {
    let mut session = Session::start(&["demo"]);
    session.until("the list", |screen| screen.alternate_screen() && screen.contents().contains("score"));
    session.press("?");
    session.until("the help", shows("Keys: in a table"));
    session.press("?");
    session.press("\r");
    session.until("a destination", shows("[Sources"));
    session.master.resize(PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 }).expect("resized");
    session.parser.screen_mut().set_size(cells(40), cells(120));
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
    assert!(session.parser.screen().contents().contains("score"));
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
