//! One writer a case: an advisory lock beside the file that says who holds it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::domain::{Foreign, Timestamp};

/// Who writes a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// Who.
    pub author: Foreign,
    /// As which process.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
}

/// The right to write; given up when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, never looked at")] File);

impl Lock {
    /// Takes the lock of the case in `case`; `Err(Ok(holder))` where somebody else has it.
    pub(super) fn take(case: &Path, holder: &Holder) -> Result<Self, Result<Option<Holder>, LedgerError>> {
        let path = beside(case);
        let failed = |error: &std::io::Error| Err(LedgerError::io("taking the lock", &path, error));
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                return Err(Ok(serde_json::from_str(&text).ok()));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let text = serde_json::to_string(holder).unwrap_or_default();
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes())).map_err(|error| failed(&error))?;
        Ok(Self(file))
    }
}

fn beside(case: &Path) -> PathBuf {
    let mut name = case.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
