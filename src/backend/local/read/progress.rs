//! How far reading has come, told to whoever draws it.

use std::path::Path;

/// Hears how far reading has come. Bytes are those on disk, so compressed where the file is.
pub trait Progress: Sync {
    /// All bytes that will be read, as far as known at the start.
    fn total(&self, bytes: u64);

    /// `bytes` more of `file` have been read.
    fn advanced(&self, file: &Path, bytes: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _bytes: u64) {}
    fn advanced(&self, _file: &Path, _bytes: u64) {}
}
