//! Writing a table or a report into a new file, where the program was started.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Files of one name that are tried before giving up.
const MOST: usize = 100;

/// Writes the file and says where it lies: in the working folder, or where that cannot be written to, in the temporary one.
pub(super) fn export(stem: &str, ending: &str, text: &str) -> String {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    match write(&here, stem, ending, text) {
        Ok(path) => format!("written to {path}", path = path.display()),
        Err(first) => match write(&std::env::temp_dir(), stem, ending, text) {
            Ok(path) => format!("{} cannot be written to ({first}): written to {}", here.display(), path.display()),
            Err(error) => format!("could not write {stem}.{ending} here ({first}) nor in the temporary folder ({error}); y copies the rows instead"),
        },
    }
}

/// A new file that only this user can read: created, never opened where something lies already.
fn write(folder: &Path, stem: &str, ending: &str, text: &str) -> std::io::Result<PathBuf> {
    for number in 1..=MOST {
        let name = if number == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{number}.{ending}") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| drop(std::fs::remove_file(&path)))?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let names: Vec<PathBuf> = ["one", "two"].iter().map(|text| write(folder.path(), "rows", "csv", text).expect("written")).collect();
        assert_eq!(names, [folder.path().join("rows.csv"), folder.path().join("rows-2.csv")]);
        assert_eq!(std::fs::read_to_string(folder.path().join("rows.csv")).expect("text"), "one");
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(write(&folder.path().join("gone"), "rows", "csv", "one").is_err());
    }
}
