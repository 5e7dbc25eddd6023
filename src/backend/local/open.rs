//! Opens files as a backend.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::read::collect::Collector;
use super::read::evtx;
use super::read::files::Reader;
use super::read::interpret::Interpret;
use super::read::progress::Progress;
use super::read::walk::walk;
use super::table::Table;
use crate::backend::{Backend, BackendError};
use crate::domain::{Foreign, Timestamp};
use crate::query::{Answer, Ask};

/// What reading brought.
#[derive(Debug)]
pub struct Loaded {
    /// Every event, and a report on every file.
    pub table: Table,
    /// The moment just after the last event; the clock's where there is none.
    pub now: Timestamp,
}

/// How files are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that interpret records beside the one that reads.
    pub workers: usize,
    /// How Windows event logs are read.
    pub child: evtx::Command,
    /// The clock, against which events of the future are told.
    pub now: Timestamp,
}

impl Default for Options {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(1, 8);
        Self { workers, child: evtx::Command::default(), now: Timestamp::now() }
    }
}

/// Reads everything behind `paths` (files, folders, `-` for standard input) into one table.
///
/// # Errors
/// Where nothing at all could be read: each file with its reason.
pub fn read<I: Interpret>(paths: &[PathBuf], interpreter: &I, progress: &dyn Progress) -> Result<Loaded, BackendError> {
    Options::default().read(paths, interpreter, progress)
}

impl Options {
    /// Reads everything behind `paths` into one table.
    ///
    /// # Errors
    /// Where nothing at all could be read: each file with its reason.
    pub fn read<I: Interpret>(&self, paths: &[PathBuf], interpreter: &I, progress: &dyn Progress) -> Result<Loaded, BackendError> {
        let walk = walk(paths);
        progress.total(walk.files.iter().map(|found| found.size).sum());
        let mut reader = Reader { interpreter, progress, workers: self.workers, child: &self.child, collector: Collector::default() };
        for rule in (0..).map_while(|place| interpreter.rule(place).filter(|id| !id.is_empty())) {
            reader.collector.look_for(rule);
        }
        for (path, reason) in &walk.failed {
            reader.collector.fail(&path.display().to_string(), reason);
        }
        for found in &walk.files {
            reader.file(found);
        }
        let (table, end) = reader.collector.finish(title(paths), self.now)?;
        Ok(Loaded { table, now: end.unwrap_or(self.now) })
    }
}

/// The name of the whole: the one path, or how many there are.
fn title(paths: &[PathBuf]) -> String {
    match paths {
        [one] if one.as_os_str() == "-" => "standard input".to_owned(),
        [one] => Foreign::from(one.file_name().unwrap_or(one.as_os_str()).to_string_lossy().as_ref()).safe().into_string(),
        many => format!("{} files and folders", many.len()),
    }
}

/// Files as a backend.
#[derive(Clone, Debug)]
pub struct Local {
    table: Arc<Table>,
    now: Timestamp,
    paths: Vec<PathBuf>,
}

impl Local {
    /// A backend over what was read from `paths`.
    pub fn new(loaded: Loaded, paths: Vec<PathBuf>) -> Self {
        Self { table: Arc::new(loaded.table), now: loaded.now, paths }
    }

    /// The events.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }
}

impl Backend for Local {
    fn answer<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, BackendError>> {
        async move {
            let (table, ask) = (Arc::clone(&self.table), ask.clone());
            // Counting takes a moment and must not hold up the loop; without a loop there is nothing to hold up.
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => {
                    let counted = runtime.spawn_blocking(move || table.answer(&ask)).await;
                    counted.map_err(|error| BackendError::new(format!("the events of the files could not be counted: {error}")))?
                }
                Err(_) => table.answer(&ask),
            }
        }
        .boxed()
    }

    fn query_text(&self, ask: &Ask) -> String {
        super::question::text(ask, &self.paths)
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::progress::Silent;
    use super::super::read::sample::Sample;
    use super::*;

    #[test]
    fn now_is_just_after_the_last_event() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        std::fs::write(&path, "{\"time\":\"2025-01-01T00:00:07Z\"}\n{\"time\":\"2025-01-01T00:00:05Z\"}\n").unwrap();
        let local = Local::new(read(std::slice::from_ref(&path), &Sample, &Silent).unwrap(), vec![path]);
        assert_eq!(local.now().to_string(), "2025-01-01T00:00:07.000001Z");
        assert!(local.query_text(&Ask::Overview).contains("x.json"));
    }

    #[test]
    fn files_without_events_have_the_time_of_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        std::fs::write(&path, "{\"unknown\":1}\n").unwrap();
        let now = "2025-06-01T00:00:00Z".parse().unwrap();
        let options = Options { now, ..Options::default() };
        assert_eq!(options.read(&[path], &Sample, &Silent).unwrap().now, now);
    }
}
