//! The bar on standard error while files are read; none where nobody watches.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::backend::Steps;
use crate::backend::local::read::progress::Progress;
use crate::domain::Foreign;

/// A bar that disappears when reading ends.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar, drawn only on a terminal.
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("#>-"));
        Self(bar)
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advanced(&self, file: &Path, bytes: u64) {
        self.0.inc(bytes);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        self.0.set_message(Foreign::from(name.as_ref()).safe().into_string());
    }
}

/// The bar while a cluster is asked for a long stretch, day by day.
#[derive(Debug)]
pub struct Days(ProgressBar);

impl Days {
    /// A bar, drawn only on a terminal, from the first step on.
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} days").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("#>-"));
        Self(bar)
    }
}

impl Default for Days {
    fn default() -> Self {
        Self::new()
    }
}

impl Steps for Days {
    fn step(&self, done: u64, of: u64) {
        self.0.set_length(of);
        self.0.set_position(done);
    }
}

impl Drop for Days {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
