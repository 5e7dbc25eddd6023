//! A case to read, whether it lies in its own file or in an exported one; and who writes.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use super::super::failure::Failure;
use crate::case::bundle::Bundle;
use crate::case::{Entry, Hash};
use crate::config::Environment;
use crate::domain::Foreign;
use crate::ledger::{Folder, Ledger};

/// A case, read whole.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
    pub(super) documents: BTreeMap<Hash, String>,
}

impl Opened {
    /// The case of this name or path.
    pub(super) fn of(folder: &Folder, name: &str) -> Result<Self, Failure> {
        let path = folder.find(name);
        if is_bundle(&path) {
            let Bundle { case, entries, documents } = of_bundle(&path)?;
            return Ok(Self { name: case, entries, documents });
        }
        let ledger = Ledger::read(&path)?;
        let name = path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, entries: ledger.entries_after(0)?, documents: ledger.documents()? })
    }
}

/// Whether a file is an exported case, by its first byte: a store begins otherwise.
pub(super) fn is_bundle(path: &Path) -> bool {
    let mut first = [0];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *b"{"
}

/// Reads an exported case.
pub(super) fn of_bundle(path: &Path) -> Result<Bundle, Failure> {
    let shown = Foreign::from(path.to_string_lossy().as_ref()).safe();
    let bytes = std::fs::read(path).map_err(|error| Failure::error(format!("reading {shown} failed: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::error(format!("reading {shown} failed: it is not text")))?;
    Bundle::of_text(&text)
        .map_err(|error| Failure::error(format!("reading {shown} failed: {error}")).advise("ask for the file again, or for the case file itself"))
}

/// Who writes: the user of this session at this machine.
pub(in crate::cli) fn author(environment: &Environment) -> Foreign {
    let user = ["RDPTRIAGE_AUTHOR", "SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| environment.get(name)).unwrap_or("unknown");
    let machine = rustix::system::uname();
    match machine.nodename().to_str() {
        Ok(host) if !host.is_empty() && !user.contains('@') => Foreign::from(format!("{user}@{host}")),
        _ => Foreign::from(user),
    }
}
