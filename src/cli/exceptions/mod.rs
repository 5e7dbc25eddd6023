//! `exceptions`: what is known and wanted, kept as files; listed, added, previewed, changed, ended, exported, imported.

mod add;
mod arguments;
mod hide;
mod list;

pub use arguments::ExceptionsCommand;
pub(super) use hide::{Hidden, hidden};

use std::io::Write as _;

use super::case::author;
use super::failure::{self, Failure};
use super::output::Sink;
use super::period;
use crate::config::{Environment, data_folder};
use crate::domain::{Foreign, Timestamp};
use crate::exception::import::{self, Filled};
use crate::exception::{Exception, Store, StoreError, export};

/// Does what the command says; the exit code is that of the program.
pub fn run(command: ExceptionsCommand, environment: &Environment) -> Result<u8, Failure> {
    let store = store(environment)?;
    let author = author(environment);
    let now = Timestamp::now();
    match command {
        ExceptionsCommand::List { format, all, output } => list::run(&store, now, format, all, output.as_deref()),
        ExceptionsCommand::Add(chosen) => add::run(&store, &chosen, author, now, environment),
        ExceptionsCommand::Preview(chosen) => add::preview_only(&store, &chosen, author, now, environment),
        ExceptionsCommand::Edit { id, what, insist } => {
            let mut exception = store.find(&id)?;
            let changed = what.apply(&mut exception, now)?;
            if changed.is_empty() {
                return Err(
                    Failure::usage("nothing is to be changed").advise("name what: --until, --reason, --owner, --destination, --source, --account, --hours ...")
                );
            }
            refuse_wide(&exception.too_wide(now), insist)?;
            store.change(&exception, author, now, &changed.join(", "))?;
            say(&format!("{id}: {}", exception.words()))
        }
        ExceptionsCommand::Expire { id, at } => {
            let mut exception = store.find(&id)?;
            let at = at.map_or(Ok(now), |at| moment("--at", &at, now))?;
            exception.until = Some(exception.until.map_or(at, |until| until.min(at)));
            store.change(&exception, author, now, "ended")?;
            say(&format!("{id}: ended; it still explains what came before {}", crate::domain::time::rfc3339(at)))
        }
        ExceptionsCommand::Export { ids, format, output } => exported(&store, &ids, &format, now, output.as_deref()),
        ExceptionsCommand::Import { file, format, destination, reason, owner, until, insist } => {
            let shown = Foreign::from(file.to_string_lossy().as_ref()).safe();
            let text = read(&file).map_err(|error| Failure::error(format!("reading {shown} failed: {error}")))?;
            let until = match until {
                Some(until) => moment("--until", &until, now)?,
                None => now + jiff::SignedDuration::from_hours(24 * 30),
            };
            let filled = Filled {
                owner: owner.map_or_else(|| author.clone(), Foreign::from),
                author: author.clone(),
                reason: reason.map_or_else(|| format!("imported from {shown}").into(), Foreign::from),
                now,
                until: Some(until),
                destinations: destination.into_iter().map(Foreign::from).collect(),
            };
            let format = format.unwrap_or_else(|| import::looks_like(&text).to_owned());
            let imported = import::read(&text, &format, &filled).map_err(|error| Failure::error(format!("reading {shown} as {format} failed: {error}")))?;
            let mut refused = imported.refused;
            let mut kept = Vec::new();
            for exception in imported.exceptions {
                let wide = exception.too_wide(now);
                if wide.is_empty() || insist {
                    kept.push(store.add(&exception)?.id);
                } else {
                    refused.push(format!("{}: {}", exception.id, wide.join("; ")));
                }
            }
            super::tell(&refused.iter().map(|why| format!("refused: {why}")).collect::<Vec<_>>());
            say(&format!("{} taken in, {} refused{}{}", kept.len(), refused.len(), if kept.is_empty() { "" } else { ": " }, kept.join(", ")))?;
            Ok(if refused.is_empty() { failure::OK } else { failure::PARTIAL })
        }
    }
}

/// What `detect` holds its findings against; a file that cannot be read is told and hides nothing.
pub(super) fn known(environment: &Environment, show: bool) -> super::detect::Known {
    let (exceptions, errors) = store(environment).map(|store| store.all()).unwrap_or_default();
    super::tell(&errors.iter().flat_map(|error| std::iter::once(error.what.clone()).chain(error.advice.clone())).collect::<Vec<_>>());
    super::detect::Known { exceptions, show }
}

/// Where exceptions are kept.
pub(super) fn store(environment: &Environment) -> Result<Store, Failure> {
    let folder = data_folder(environment)
        .ok_or_else(|| Failure::error("there is no home folder to keep exceptions in").advise("set XDG_DATA_HOME or RDPTRIAGE_DATA_DIR"))?;
    Ok(Store::below(&folder))
}

fn read(path: &std::path::Path) -> std::io::Result<String> {
    if path == std::path::Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) }
}

fn moment(flag: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    period::moment(text, now).map_err(|error| Failure::usage(format!("{flag}: {error}")))
}

fn refuse_wide(wide: &[String], insist: bool) -> Result<(), Failure> {
    if wide.is_empty() {
        return Ok(());
    }
    if insist {
        super::tell(&wide.iter().map(|why| format!("wide: {why}")).collect::<Vec<_>>());
        return Ok(());
    }
    Err(Failure::usage(format!("the exception is refused: {}", wide.join("; "))).advise("make it narrower, or say --insist"))
}

fn exported(store: &Store, ids: &[String], format: &str, now: Timestamp, output: Option<&std::path::Path>) -> Result<u8, Failure> {
    let Some((_, _, write)) = export::FORMATS.iter().find(|(name, ..)| *name == format) else {
        let names: Vec<&str> = export::FORMATS.iter().map(|(name, ..)| *name).collect();
        return Err(
            Failure::usage(format!("--format: there is no form {}", Foreign::from(format).safe())).advise(format!("choose one of {}", names.join(", ")))
        );
    };
    let exceptions: Vec<Exception> = if ids.is_empty() {
        let (all, errors) = store.all();
        super::tell(&errors.iter().map(ToString::to_string).collect::<Vec<_>>());
        // What has ended is history: it goes along only where it is named, or where everything is kept.
        all.into_iter().filter(|exception| format == "toml" || exception.state(now) != "ended").collect()
    } else {
        ids.iter().map(|id| store.find(id)).collect::<Result<_, _>>()?
    };
    let exported = write(&exceptions);
    let mut sink = Sink::open(output)?;
    sink.write_all(exported.text.as_bytes()).map_err(|error| sink.failed(error))?;
    sink.finish()?;
    let left_out = exported.left_out.iter().map(|(id, why)| format!("left out {id}: {why}"));
    super::tell(&left_out.chain(exported.notes.iter().map(|note| format!("note: {note}"))).collect::<Vec<_>>());
    Ok(if exported.left_out.is_empty() { failure::OK } else { failure::PARTIAL })
}

/// One line on standard output.
fn say(line: &str) -> Result<u8, Failure> {
    super::print(&format!("{}\n", Foreign::from(line).safe()))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Trouble { what: error.what, advice: error.advice, code: failure::ERROR }
    }
}
