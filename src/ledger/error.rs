//! Why a case could not be read or saved, and what to do.

use std::fmt::Display;
use std::path::Path;

use crate::domain::{Foreign, Trouble};

/// A failure of the case file.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct LedgerError {
    /// What was tried and how it failed, one sentence without a period.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Whether it may pass by itself or by making room: what was to be saved should be kept and tried again.
    pub is_passing: bool,
}

impl LedgerError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), advice: None, is_passing: false }
    }

    #[must_use]
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// `tried` (as in "the case X could not be saved") failed in the file system.
    pub(super) fn io(tried: &str, path: &Path, error: &std::io::Error) -> Self {
        let passing = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        let this = Self { is_passing: passing, ..Self::new(format!("{tried} {} failed: {error}", shown(path))) };
        if passing { this.advise(ROOM) } else { this }
    }

    /// `tried` failed in the store.
    pub(super) fn store(tried: &str, path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let this = Self::new(format!("{tried} {} failed: {}", shown(path), reason(error)));
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self { is_passing: true, ..this.advise(ROOM) },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self { is_passing: true, ..this.advise("another program holds the file for long; close it, or look at the case read-only") }
            }
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self { is_passing: true, ..this.advise("check the disk and the rights to its folder; `case export` still writes what can be read") }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                this.advise("the file is damaged or no case; `case verify` says what of it is whole, `case export --damaged` saves that")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => this.advise("the file may only be read; save under another name with `case export`"),
            _ => this,
        }
    }
}

const ROOM: &str = "make room on that disk, or save the case elsewhere; nothing is lost while the program runs";

/// `SQLite`'s own words, without the query.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(code, words) => words.clone().unwrap_or_else(|| code.to_string()),
        other => other.to_string(),
    }
}

/// A path for people.
pub(super) fn shown(path: &Path) -> impl Display {
    Foreign::from(path.to_string_lossy().as_ref()).safe()
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        Self { what: error.what, advice: error.advice }
    }
}
