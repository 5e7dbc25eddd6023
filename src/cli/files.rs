//! Files as a backend: schemas, rules and options put together for the readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::origin::Request;
use crate::backend::local::open::{Local, read};
use crate::backend::local::read::progress::Progress;
use crate::backend::story::{RealClock, Story};
use crate::backend::{Backend, BackendError};
use crate::schema::{Interpreter, Options, SchemaError, Schemas};
use crate::sigma::RuleSet;

/// Our schemas and the user's. A broken one is an error, not a schema less: what it was for would be missed in silence.
pub(super) fn schemas(request: &Request) -> Result<Schemas, BackendError> {
    let (schemas, broken) = Schemas::built_in().with_user_files(request.schemas.iter().cloned());
    match broken.first() {
        Some(error) => Err(unusable(error)),
        None => Ok(schemas),
    }
}

/// What records mean.
pub(super) fn interpreter(request: &Request) -> Result<Interpreter, BackendError> {
    let schemas = schemas(request)?;
    let options = Options { ports: request.ports.clone(), naive_zone: request.naive_zone.clone() };
    Interpreter::new(schemas, Arc::clone(&request.rules), options).map_err(|error| unusable(&error))
}

fn unusable(error: &SchemaError) -> BackendError {
    let failed = BackendError::new(error.to_string());
    match error.advice() {
        Some(advice) => failed.advise(advice),
        None => failed,
    }
}

/// Reads everything behind `paths`. A single story is played instead.
pub(super) fn open(paths: Vec<PathBuf>, interpreter: &Interpreter, progress: &dyn Progress) -> Result<Arc<dyn Backend>, BackendError> {
    if let [path] = paths.as_slice()
        && path.extension().is_some_and(|extension| extension == "toml")
    {
        return Ok(Arc::new(story(path, interpreter.rules())?));
    }
    let loaded = read(&paths, interpreter, progress)?;
    Ok(Arc::new(Local::new(loaded, paths)))
}

fn story(path: &Path, rules: &RuleSet) -> Result<Story, BackendError> {
    let text = std::fs::read_to_string(path).map_err(|error| BackendError::new(format!("the story {} could not be read ({error})", path.display())))?;
    Story::open(&text, rules, Box::new(RealClock::start()))
}
