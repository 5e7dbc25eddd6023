//! Signals and the end of the line. A thread of its own hears them, so that a busy loop cannot be deaf.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc;

use super::events::Happened;
use super::terminal;

/// How long the loop may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often it is looked whether the terminal is still there.
const LOOK: Duration = Duration::from_millis(500);

/// Whether the loop has restored the terminal and is on its way out.
static ENDED: AtomicBool = AtomicBool::new(false);

/// The loop has restored the terminal.
pub(super) fn ended() {
    ENDED.store(true, Ordering::SeqCst);
}

/// Tells the loop about signals; where it does not end in time, restores the terminal and exits in its place.
pub(super) fn watch(sender: mpsc::Sender<Happened>) -> std::io::Result<()> {
    ENDED.store(false, Ordering::SeqCst);
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in &mut signals {
            if signal == SIGTSTP {
                _ = sender.try_send(Happened::Stopped);
                continue;
            }
            _ = sender.try_send(Happened::Signal(signal));
            std::thread::sleep(PATIENCE);
            if !ENDED.load(Ordering::SeqCst) {
                terminal::restore();
                std::process::exit(128_i32.saturating_add(signal));
            }
        }
    })?;
    Ok(())
}

/// Ends the process when the terminal goes away without a word: the input would be read in circles otherwise.
pub(super) fn watch_hang_up() {
    if !std::io::stdin().is_terminal() {
        return;
    }
    // Without this thread a hang-up is still told by SIGHUP, so failing to start it is no reason not to run.
    _ = std::thread::Builder::new().name("hang-up".to_owned()).spawn(|| {
        while !ENDED.load(Ordering::SeqCst) {
            std::thread::sleep(LOOK);
            if !std::io::stdin().is_terminal() && !ENDED.load(Ordering::SeqCst) {
                terminal::restore();
                std::process::exit(128 + SIGHUP);
            }
        }
    });
}
