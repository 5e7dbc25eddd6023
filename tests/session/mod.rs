//! The real program on a pseudo-terminal: what is on its screen, which keys it gets, how it leaves the terminal.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The running program and its terminal.
pub struct Session {
    master: Box<dyn MasterPty + Send>,
    /// The program.
    pub child: Box<dyn portable_pty::Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn std::io::Write + Send>,
    parser: vt100::Parser,
    /// Everything it has written.
    pub raw: Vec<u8>,
}

impl Session {
    /// Starts it with these arguments on 80x24, with no settings and no cluster but those of the arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rdptriage"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in
            ["ELASTICSEARCH_URL", "ES_URL", "ELASTICSEARCH_API_KEY", "ES_API_KEY", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD", "NO_COLOR", "TMUX"]
        {
            command.env_remove(name);
        }
        command.env("RDPTRIAGE_CONFIG_DIR", std::env::temp_dir().join("rdptriage-no-such-config"));
        command.env("XDG_CACHE_HOME", std::env::temp_dir().join(format!("rdptriage-test-cache-{}", std::process::id())));
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
    pub fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
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

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("the program reads");
        self.input.flush().expect("the program reads");
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("resized");
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// What is on the screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Waits for the end; its exit code.
    pub fn end(&mut self) -> u32 {
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

    /// The terminal is as it was found.
    pub fn assert_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        let settings = self.master.get_termios().expect("settings");
        let local = format!("{:?}", settings.local_flags);
        assert!(local.contains("ECHO") && local.contains("ICANON"), "raw mode is off: {local}");
    }
}

/// A program that a failed test leaves behind would go on for ever.
impl Drop for Session {
    fn drop(&mut self) {
        _ = self.child.kill();
    }
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("more than none")
}

/// Whether the screen holds this.
pub fn shows(part: &'static str) -> impl Fn(&vt100::Screen) -> bool {
    move |screen| screen.contents().contains(part)
}
