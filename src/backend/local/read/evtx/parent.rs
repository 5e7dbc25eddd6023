//! The parent's side: the records of a log as a stream of JSON lines, whatever happens to the child.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{COMMAND, FROM_CHUNK};

/// So often a child is replaced before the rest of its log is given up.
const CHILDREN: u32 = 64;
/// More records do not fit into a chunk: one takes at least 64 bytes.
const RECORDS: u64 = 1024;

/// How the child is started and when it is taken for stuck.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program.
    pub program: OsString,
    /// What stands before the arguments of the child.
    pub arguments: Vec<OsString>,
    /// So long it may bring nothing while it is waited for.
    pub patience: Duration,
}

impl Default for Command {
    /// This very program, with ten seconds of patience.
    fn default() -> Self {
        // Under Linux the link leads to the running program even when its file has been replaced.
        let own = Some(OsString::from("/proc/self/exe")).filter(|link| std::fs::exists(link).unwrap_or(false));
        let own = own.or_else(|| std::env::current_exe().ok().map(Into::into));
        let program = std::env::var_os("CARGO_BIN_EXE_rdptriage").or(own);
        Self { program: program.unwrap_or_else(|| "rdptriage".into()), arguments: vec![COMMAND.into()], patience: Duration::from_secs(10) }
    }
}

/// The records of a log, one JSON document a line. Children that fall or hang are replaced by one that
/// starts behind the chunk that felled them.
pub struct Rendered<'a> {
    command: &'a Command,
    log: &'a File,
    running: Option<Running>,
    is_done: bool,
    from: u64,
    children: u32,
    raw: Vec<u8>,
    lines: Vec<u8>,
    taken: usize,
    complete: usize,
    chunk: Arc<AtomicU64>,
    skipped: BTreeMap<String, u64>,
    failure: Option<String>,
}

struct Running {
    child: Arc<Mutex<Child>>,
    stdout: ChildStdout,
    status: JoinHandle<Status>,
    watchdog: JoinHandle<bool>,
    /// Dropped to end the watchdog.
    done: Sender<()>,
    pulse: Arc<Pulse>,
}

/// Since when the parent has been waiting, in milliseconds after `start`, plus one; 0 while it is not.
struct Pulse {
    start: Instant,
    waiting: AtomicU64,
}

impl Pulse {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn begin(&self) {
        self.waiting.store(self.now(), Ordering::Relaxed);
    }

    fn end(&self) {
        self.waiting.store(0, Ordering::Relaxed);
    }

    /// A sign of life while waiting.
    fn beat(&self) {
        let before = self.waiting.load(Ordering::Relaxed);
        if before > 0 {
            // Where the parent has stopped waiting in between, nothing must be stored.
            let _ = self.waiting.compare_exchange(before, self.now(), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn waited(&self) -> Duration {
        match self.waiting.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => Duration::from_millis(self.now().saturating_sub(since)),
        }
    }
}

/// What a child said about itself.
#[derive(Default)]
struct Status {
    chunk: Option<(u64, u64, u64)>,
    skipped: BTreeMap<String, u64>,
    failure: Option<String>,
    is_ended: bool,
}

impl Status {
    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "chunk" => {
                let mut numbers = rest.split(' ').map_while(|number| number.parse().ok());
                if let (Some(chunk), Some(first), Some(last)) = (numbers.next(), numbers.next(), numbers.next()) {
                    self.chunk = Some((chunk, first, last));
                }
            }
            "skip" => {
                if let Some((count, reason)) = rest.split_once(' ')
                    && let Ok(count) = count.parse::<u64>()
                {
                    *self.skipped.entry(reason.to_owned()).or_default() += count;
                }
            }
            "fail" => self.failure = Some(rest.to_owned()),
            "end" => self.is_ended = true,
            // Whatever else a falling child writes.
            _ => {}
        }
    }
}

impl<'a> Rendered<'a> {
    /// The records of `log`, which must be a file that can be sought in.
    pub fn new(command: &'a Command, log: &'a File) -> Self {
        Self {
            command,
            log,
            running: None,
            is_done: false,
            from: 0,
            children: 0,
            raw: vec![0; 256 << 10],
            lines: Vec::new(),
            taken: 0,
            complete: 0,
            chunk: Arc::default(),
            skipped: BTreeMap::new(),
            failure: None,
        }
    }

    /// The chunk that is being read, counted from 0.
    pub fn chunk(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.chunk)
    }

    /// After the end: what could not be read, by reason, and why the log as a whole could not.
    pub fn outcome(&mut self) -> (BTreeMap<String, u64>, Option<String>) {
        (std::mem::take(&mut self.skipped), self.failure.take())
    }

    fn start(&mut self) -> io::Result<Running> {
        let mut child = std::process::Command::new(&self.command.program)
            .args(&self.command.arguments)
            .arg(FROM_CHUNK)
            .arg(self.from.to_string())
            .arg("-")
            .stdin(self.log.try_clone()?)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("the reader of Windows event logs has no pipes"));
        };
        let pulse = Arc::new(Pulse { start: Instant::now(), waiting: AtomicU64::new(0) });
        let child = Arc::new(Mutex::new(child));
        let (done, is_done) = channel::<()>();
        let status = thread::spawn({
            let (pulse, chunk) = (Arc::clone(&pulse), Arc::clone(&self.chunk));
            move || {
                let mut status = Status::default();
                // A line without end would be held whole: the child writes short ones.
                for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                    pulse.beat();
                    status.line(&String::from_utf8_lossy(&line));
                    if let Some((number, ..)) = status.chunk {
                        chunk.store(number, Ordering::Relaxed);
                    }
                }
                status
            }
        });
        let watchdog = thread::spawn({
            let (pulse, child, patience) = (Arc::clone(&pulse), Arc::clone(&child), self.command.patience);
            move || {
                while is_done.recv_timeout(patience / 4) == Err(RecvTimeoutError::Timeout) {
                    if pulse.waited() > patience {
                        let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                        return true;
                    }
                }
                false
            }
        });
        Ok(Running { child, stdout, status, watchdog, done, pulse })
    }

    /// The child's output has ended: done, or the next child.
    fn stop(&mut self, running: Running) {
        drop(running.stdout);
        drop(running.done);
        {
            // Its output has ended, so it has nothing more to say; one that lingers must not be waited for.
            let mut child = running.child.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = child.kill();
            let _ = child.wait();
        }
        let was_stuck = running.watchdog.join().unwrap_or(false);
        let status = running.status.join().unwrap_or_default();
        for (reason, count) in status.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        self.is_done = true;
        if status.is_ended {
            return;
        }
        if let Some(failure) = status.failure {
            self.failure = Some(failure);
            return;
        }
        // Whatever stood in the pipe of a chunk that did not come whole is not taken.
        let Some((chunk, first, last)) = status.chunk.filter(|(chunk, ..)| *chunk >= self.from) else {
            self.failure = Some("the process that reads Windows event logs broke down before the first record".to_owned());
            return;
        };
        let count = if (first..first.saturating_add(RECORDS)).contains(&last) { last - first + 1 } else { 1 };
        let reason = if was_stuck { "record of a chunk on which the parser hung" } else { "record of a chunk on which the parser broke down" };
        *self.skipped.entry(reason.to_owned()).or_default() += count;
        if self.children < CHILDREN {
            self.from = chunk + 1;
            self.is_done = false;
        } else {
            *self.skipped.entry("rest of a log on which the parser broke down again and again".to_owned()).or_default() += 1;
        }
    }

    /// Gets the next complete lines; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.lines.drain(..self.complete);
        (self.taken, self.complete) = (0, 0);
        while !self.is_done {
            let mut running = match self.running.take() {
                Some(running) => running,
                None => {
                    self.children += 1;
                    self.lines.clear();
                    match self.start() {
                        Ok(running) => running,
                        Err(error) => {
                            self.failure = Some(format!("the process that reads Windows event logs could not be started: {error}"));
                            self.is_done = true;
                            break;
                        }
                    }
                }
            };
            running.pulse.begin();
            let count = running.stdout.read(&mut self.raw);
            running.pulse.end();
            match count {
                Ok(0) | Err(_) => self.stop(running),
                Ok(count) => {
                    self.running = Some(running);
                    let fresh = self.raw.get(..count).unwrap_or_default();
                    let before = self.lines.len();
                    self.lines.extend_from_slice(fresh);
                    if let Some(end) = memchr::memrchr(b'\n', fresh) {
                        self.complete = before + end + 1;
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}

impl Read for Rendered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.complete && !self.fill()? {
            return Ok(0);
        }
        let mut rest = self.lines.get(self.taken..self.complete).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

impl Drop for Rendered<'_> {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.stop(running);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// A shell script in place of the child; `$2` is the chunk to start from, standard input the log.
    fn shell(script: &str, patience: Duration) -> Command {
        Command { program: "/bin/sh".into(), arguments: ["-c", script, "child"].map(OsString::from).to_vec(), patience }
    }

    fn records(command: &Command) -> (String, BTreeMap<String, u64>, Option<String>) {
        let mut log = tempfile::tempfile().unwrap();
        log.write_all(b"log").unwrap();
        let mut rendered = Rendered::new(command, &log);
        let mut text = String::new();
        rendered.read_to_string(&mut text).unwrap();
        let (skipped, failure) = rendered.outcome();
        (text, skipped, failure)
    }

    const PATIENT: Duration = Duration::from_secs(60);

    #[test]
    fn records_and_skips_come_through() {
        let (text, skipped, failure) = records(&shell("echo chunk 0 1 2 >&2; echo '{1}'; echo '{2}'; echo skip 3 bad record >&2; echo end >&2", PATIENT));
        assert_eq!((text.as_str(), failure), ("{1}\n{2}\n", None));
        assert_eq!(skipped, BTreeMap::from([("bad record".to_owned(), 3)]));
    }

    #[test]
    fn a_child_that_falls_is_replaced_behind_its_chunk() {
        let script = "if [ $2 = 0 ]; then echo chunk 0 1 2 >&2; echo '{1}'; echo chunk 1 3 7 >&2; printf '{half'; kill -ABRT $$; fi; \
                      echo chunk $2 8 8 >&2; echo \"{from $2}\"; echo end >&2";
        let (text, skipped, failure) = records(&shell(script, PATIENT));
        assert_eq!((text.as_str(), failure), ("{1}\n{from 2}\n", None));
        assert_eq!(skipped, BTreeMap::from([("record of a chunk on which the parser broke down".to_owned(), 5)]));
    }

    #[test]
    fn a_child_that_hangs_is_killed_and_replaced() {
        let script = "if [ $2 = 0 ]; then echo chunk 0 1 4 >&2; exec sleep 1000; fi; echo '{after}'; echo end >&2";
        let (text, skipped, failure) = records(&shell(script, Duration::from_millis(200)));
        assert_eq!((text.as_str(), failure), ("{after}\n", None));
        assert_eq!(skipped, BTreeMap::from([("record of a chunk on which the parser hung".to_owned(), 4)]));
    }

    #[test]
    fn a_child_that_always_falls_is_given_up() {
        let (text, skipped, failure) = records(&shell("echo chunk $2 1 1 >&2; exit 101", PATIENT));
        assert_eq!((text.as_str(), failure), ("", None));
        assert_eq!(skipped["rest of a log on which the parser broke down again and again"], 1);
    }

    #[test]
    fn no_records_at_all_say_why() {
        let nowhere = Command { program: "/nowhere/at/all".into(), arguments: vec![], patience: PATIENT };
        assert!(records(&nowhere).2.unwrap().contains("could not be started"));
        assert_eq!(records(&shell("echo fail it is no log >&2", PATIENT)).2.as_deref(), Some("it is no log"));
        assert!(records(&shell("exit 1", PATIENT)).2.unwrap().contains("before the first record"));
    }
}
