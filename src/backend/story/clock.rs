//! How long a story has been running. The one place where stories meet the real clock.

use std::time::{Duration, Instant};

/// Tells how long a story has been running.
pub trait Clock: Send + Sync {
    /// Since the story was opened; never less than said before.
    fn elapsed(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct RealClock {
    opened: Instant,
}

impl RealClock {
    /// Begins now.
    pub fn start() -> Self {
        Self { opened: Instant::now() }
    }
}

impl Clock for RealClock {
    fn elapsed(&self) -> Duration {
        self.opened.elapsed()
    }
}

/// A clock moved by hand, for tests and recordings: any function that tells the time.
impl<F: Fn() -> Duration + Send + Sync> Clock for F {
    fn elapsed(&self) -> Duration {
        self()
    }
}
