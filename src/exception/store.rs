//! The files of exceptions: one TOML file each, written whole or not at all. A file that cannot be read is named, hides
//! nothing, and leaves the others in force.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Exception;
use crate::domain::{Foreign, Timestamp};

/// Why a file of an exception could not be read or written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    /// What was tried and how it failed.
    pub what: String,
    /// The next step.
    pub advice: Option<String>,
}

/// The folder of the exceptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store(PathBuf);

impl Store {
    /// The exceptions below `data`, the program's folder for data.
    pub fn below(data: &Path) -> Self {
        Self(data.join("exceptions"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every exception, by id, and what could not be read.
    pub fn all(&self) -> (Vec<Exception>, Vec<StoreError>) {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Vec::new(), Vec::new()),
            Err(error) => return (Vec::new(), vec![failed("reading the exceptions in", &self.0, &error.to_string(), None)]),
        };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
        paths.sort();
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for path in paths {
            match of_file(&path) {
                Ok(exception) => read.push(exception),
                Err(error) => errors.push(error),
            }
        }
        (read, errors)
    }

    /// The exception of this id.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn find(&self, id: &str) -> Result<Exception, StoreError> {
        let path = self.file(id)?;
        if !path.exists() {
            return Err(StoreError {
                what: format!("there is no exception {}", Foreign::from(id).safe()),
                advice: Some("`rdptriage exceptions list` names them".to_owned()),
            });
        }
        of_file(&path)
    }

    /// Keeps a new exception, under another id where its own is taken.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&self, exception: &Exception) -> Result<Exception, StoreError> {
        let mut kept = exception.clone();
        for number in 2.. {
            let path = self.file(&kept.id)?;
            if self.write(&path, &kept, true)? {
                break;
            }
            kept.id = format!("{}-{number}", exception.id);
        }
        Ok(kept)
    }

    /// Puts a changed exception in the place of the former, with who changed what.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn change(&self, exception: &Exception, author: Foreign, now: Timestamp, what: &str) -> Result<Exception, StoreError> {
        let mut kept = exception.clone();
        kept.changes.push(super::Change { time: now, author, what: what.into() });
        self.write(&self.file(&kept.id)?, &kept, false)?;
        Ok(kept)
    }

    fn file(&self, id: &str) -> Result<PathBuf, StoreError> {
        let is_name = !id.is_empty()
            && id.len() <= 96
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
            && !id.starts_with(['.', '-']);
        if is_name {
            return Ok(self.0.join(format!("{id}.toml")));
        }
        Err(StoreError {
            what: format!("{} can be no id of an exception", Foreign::from(id).safe()),
            advice: Some("use letters, digits, points and hyphens".to_owned()),
        })
    }

    /// Whether it was written: not where it is new and the name is taken.
    fn write(&self, path: &Path, exception: &Exception, is_new: bool) -> Result<bool, StoreError> {
        let say = |error: String| failed("writing", path, &error, Some("make room, or set RDPTRIAGE_DATA_DIR to another folder"));
        let text = toml::to_string(exception).map_err(|error| say(error.to_string()))?;
        std::fs::create_dir_all(&self.0).map_err(|error| say(error.to_string()))?;
        let mut file = tempfile::NamedTempFile::new_in(&self.0).map_err(|error| say(error.to_string()))?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(|error| say(error.to_string()))?;
        if !is_new {
            file.persist(path).map_err(|error| say(error.to_string()))?;
            return Ok(true);
        }
        match file.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(say(error.to_string())),
        }
    }
}

fn of_file(path: &Path) -> Result<Exception, StoreError> {
    const ADVICE: &str = "correct the file, or move it away; until then it hides nothing, and the others are in force";
    let text = std::fs::read_to_string(path).map_err(|error| failed("reading", path, &error.to_string(), Some(ADVICE)))?;
    let exception: Exception = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(String::new(), |span| format!("line {}: ", text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1));
        failed("reading", path, &format!("{line}{}", error.message()), Some(ADVICE))
    })?;
    if path.file_stem().is_none_or(|stem| stem != exception.id.as_str()) {
        return Err(failed("reading", path, &format!("its id is {}, its name another", Foreign::from(exception.id.as_str()).safe()), Some(ADVICE)));
    }
    Ok(exception)
}

fn failed(doing: &str, path: &Path, error: &str, advice: Option<&str>) -> StoreError {
    let shown = Foreign::from(path.to_string_lossy().as_ref()).safe();
    StoreError { what: format!("{doing} {shown} failed: {}", Foreign::from(error).safe()), advice: advice.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, exception};
    use super::super::{Day, Window};
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_a_taken_name_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::below(folder.path());
        assert_eq!(store.all(), (vec![], vec![]));
        let mut one = exception();
        one.windows = vec![Window::new(vec![Day::Tue], vec![2], "22:00", "02:00", "Europe/Berlin").unwrap()];
        one.reason = "a \"quoted\"\nreason \u{1b}[31m".into();
        store.add(&one).unwrap();
        assert_eq!(store.find("scanner").unwrap(), one);
        assert_eq!(store.add(&one).unwrap().id, "scanner-2");
        one.until = Some(at("2026-01-06T00:00:00Z"));
        store.change(&one, "lee".into(), at("2026-01-06T00:00:00Z"), "ended").unwrap();
        let (all, errors) = store.all();
        assert_eq!((all.len(), errors.len()), (2, 0));
        assert_eq!((all[1].until, all[1].changes[0].what.raw()), (Some(at("2026-01-06T00:00:00Z")), "ended"), "{all:?}");
    }

    #[test]
    fn a_broken_file_is_named_with_its_line_and_the_rest_works() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::below(folder.path());
        store.add(&exception()).unwrap();
        std::fs::write(store.path().join("bad.toml"), "id = \"bad\"\nsources = [\"10.0.0.0/99\"]\n").unwrap();
        let (all, errors) = store.all();
        assert_eq!((all.len(), errors.len()), (1, 1));
        assert!(errors[0].what.contains("bad.toml failed: line "), "{}", errors[0].what);
        for id in ["../x", "", ".hidden", "a/b"] {
            assert!(store.find(id).is_err(), "{id}");
        }
    }
}
