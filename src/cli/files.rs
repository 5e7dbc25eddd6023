//! (in work)
use std::path::PathBuf;

use super::origin::Request;
use crate::backend::BackendError;
use crate::backend::local::open::Local;
use crate::backend::local::read::progress::Progress;

pub struct Interpreter;

pub fn interpreter(_request: &Request) -> Result<Interpreter, BackendError> {
    Err(BackendError::new("in work"))
}

pub fn open(_paths: Vec<PathBuf>, _interpreter: &Interpreter, _progress: &dyn Progress) -> Result<Local, BackendError> {
    Err(BackendError::new("in work"))
}
