//! Where the cases lie, and how they are named.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::{Ledger, LedgerError};
use crate::case::{Case, slug};
use crate::domain::{Foreign, Timestamp};

const EXTENSION: &str = "rdpcase";

/// The folder of the cases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder(PathBuf);

/// One case of the folder.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// The case, or why it could not be read.
    pub case: Result<Case, LedgerError>,
}

impl Folder {
    /// The cases below `data`, the program's folder for data.
    pub fn below(data: &Path) -> Self {
        Self(data.join("cases"))
    }

    /// This folder.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of a case: a path is taken as it is, a name is looked for in the folder.
    pub fn find(&self, name: &str) -> PathBuf {
        if name.contains('/') || name.ends_with(&format!(".{EXTENSION}")) { PathBuf::from(name) } else { self.file(&slug(name)) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{EXTENSION}"))
    }

    /// A name for a new case about `destination`, which no case has yet.
    pub fn free_name(&self, destination: &Foreign, now: Timestamp) -> String {
        let name = format!("{}-{}", now.strftime("%Y-%m-%d"), slug(destination.raw()));
        let mut names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
        names.find(|name| !self.file(name).exists()).unwrap_or(name)
    }

    /// Makes a new case of this name.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(&self, name: &str, author: Foreign, now: Timestamp) -> Result<Ledger, LedgerError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(|error| LedgerError::io("making the folder", &self.0, &error))?;
        Ledger::create(&self.find(name), author, now)
    }

    /// Every case, by name. A folder that does not exist has none; one that cannot be read as a case says why.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, LedgerError> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LedgerError::io("reading the folder", &self.0, &error)),
        };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|ext| ext == EXTENSION)).collect();
        paths.sort();
        let listed = paths.into_iter().map(|path| {
            let case = Ledger::read(&path).and_then(|ledger| ledger.entries_after(0)).map(|entries| Case::of(&entries));
            Listed { name: name(&path), path, case }
        });
        Ok(listed.collect())
    }
}

/// The name of the case in this file.
pub(super) fn name(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::LONGEST;

    #[test]
    fn a_hostile_destination_names_a_file_inside_the_folder() {
        for (text, expected) in [
            ("10.20.4.17", "10.20.4.17"),
            ("FS 01/../../etc/passwd", "FS-01-..-..-etc-passwd"),
            ("..", "case"),
            ("-rf", "rf"),
            ("\u{202e}x\0", "x"),
            ("ДЦ", "case"),
            ("2001:db8::7", "2001-db8-7"),
        ] {
            assert_eq!(slug(text), expected, "{text:?}");
        }
        assert_eq!(slug(&"a".repeat(300)).len(), LONGEST);
    }

    #[test]
    fn a_second_case_of_the_day_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::at(&folder.path().join("cases"));
        let now: Timestamp = "2025-03-04T12:00:00Z".parse().unwrap();
        let name = folder.free_name(&"10.20.4.17".into(), now);
        assert_eq!(name, "2025-03-04-10.20.4.17");
        assert_eq!(folder.list().unwrap().len(), 0);
        folder.create(&name, "kim".into(), now).unwrap();
        assert_eq!(folder.free_name(&"10.20.4.17".into(), now), "2025-03-04-10.20.4.17-2");
        assert_eq!(folder.list().unwrap()[0].name, "2025-03-04-10.20.4.17");
    }
}
