//! How far the opening of events has got: told by whoever reads them, shown by the loop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle to tell progress with; cheap to clone, and telling never waits for the screen.
#[derive(Clone, Debug, Default)]
pub struct Opening(Arc<State>);

#[derive(Debug, Default)]
struct State {
    done: AtomicU64,
    of: AtomicU64,
    doing: Mutex<String>,
}

impl Opening {
    /// So much is done, of so much where known (bytes, records: whatever the reader counts).
    pub fn set(&self, done: u64, of: Option<u64>) {
        self.0.done.store(done, Ordering::Relaxed);
        self.0.of.store(of.unwrap_or(0), Ordering::Relaxed);
    }

    /// What is being done, a few inert words (`reading logs/security.evtx`).
    pub fn say(&self, doing: impl Into<String>) {
        *self.0.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing.into();
    }

    /// What is done.
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// Of how much.
    pub fn of(&self) -> Option<u64> {
        Some(self.0.of.load(Ordering::Relaxed)).filter(|of| *of > 0)
    }

    /// What is being done.
    pub fn doing(&self) -> String {
        self.0.doing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
