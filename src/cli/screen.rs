//! (in work)
use super::Failure;
use super::arguments::Look;
use super::origin::Request;
use crate::config::{self, Environment};

pub fn run(_request: Request, _look: &Look, _environment: &Environment) -> Result<u8, Failure> {
    Err(Failure::error("in work"))
}

pub fn demo(_speed: f64, _look: &Look, _environment: &Environment) -> Result<u8, Failure> {
    Err(Failure::error("in work"))
}

/// The themes of the user: file name and text.
pub fn user_themes(environment: &Environment) -> Result<Vec<(String, String)>, Failure> {
    let Some(folder) = config::folder(environment) else { return Ok(Vec::new()) };
    let files = config::toml_files(&folder.join("themes"))?;
    Ok(files.into_iter().map(|(path, text)| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)).collect())
}
