//! Files as a backend: schemas, rules and options put together for the readers.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::origin::Request;
use crate::backend::local::open::{Local, read};
use crate::backend::local::read::interpret::Interpret;
use crate::backend::local::read::progress::Progress;
use crate::backend::story::{RealClock, Story};
use crate::backend::{Backend, BackendError};
use crate::schema::{Columns, Interpreter, Options, Reading, SchemaError, Schemas};
use crate::sigma::RuleSet;

/// What records mean, in the form in which reading asks for it.
pub(super) struct Meaning {
    interpreter: Interpreter,
    rules: Arc<RuleSet>,
    schemas: Vec<String>,
}

impl Meaning {
    /// Our schemas and the user's. A broken one is an error, not a schema less: what it was for would be missed in silence.
    pub(super) fn new(request: &Request) -> Result<Self, BackendError> {
        let (schemas, broken) = Schemas::built_in().with_user_files(request.schemas.iter().cloned());
        if let Some(error) = broken.first() {
            return Err(unusable(error));
        }
        let names = schemas.iter().map(|(_, file)| file.name.clone()).collect();
        let options = Options { ports: request.ports.clone(), naive_zone: request.naive_zone.clone() };
        let interpreter = Interpreter::new(schemas, Arc::clone(&request.rules), options).map_err(|error| unusable(&error))?;
        Ok(Self { interpreter, rules: Arc::clone(&request.rules), schemas: names })
    }
}

fn unusable(error: &SchemaError) -> BackendError {
    let failed = BackendError::new(error.to_string());
    match error.advice() {
        Some(advice) => failed.advise(advice),
        None => failed,
    }
}

impl Interpret for Meaning {
    type Columns = Columns;

    fn json(&self, text: &[u8]) -> Result<Reading, String> {
        self.interpreter.json(text).map_err(|error| error.to_string())
    }

    fn header(&self, names: &[&str]) -> Result<Columns, String> {
        self.interpreter.header(names).map_err(|error| error.to_string())
    }

    fn used(&self, columns: &Columns) -> Vec<usize> {
        columns.used().collect()
    }

    fn row<'a>(&self, columns: &Columns, value: &dyn Fn(usize) -> Option<Cow<'a, str>>) -> Result<Reading, String> {
        self.interpreter.row(columns, value).map_err(|error| error.to_string())
    }

    fn rule(&self, place: usize) -> Option<&str> {
        self.rules.get(place).map(crate::sigma::Rule::id)
    }

    fn schemas(&self) -> Vec<String> {
        self.schemas.clone()
    }
}

/// Reads everything behind `paths`. A single story is played instead.
pub(super) fn open(paths: Vec<PathBuf>, meaning: &Meaning, progress: &dyn Progress) -> Result<Arc<dyn Backend>, BackendError> {
    if let [path] = paths.as_slice()
        && path.extension().is_some_and(|extension| extension == "toml")
    {
        return Ok(Arc::new(story(path, &meaning.rules)?));
    }
    let loaded = read(&paths, meaning, progress)?;
    Ok(Arc::new(Local::new(loaded, paths)))
}

fn story(path: &Path, rules: &RuleSet) -> Result<Story, BackendError> {
    let text = std::fs::read_to_string(path).map_err(|error| BackendError::new(format!("the story {} could not be read ({error})", path.display())))?;
    Story::open(&text, rules, Box::new(RealClock::start()))
}
