//! Why a schema, a document or a table cannot be used.

use std::path::PathBuf;

/// A schema file that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaError {
    /// The file.
    pub file: PathBuf,
    /// The line, where one is at fault.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the schema {}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line},")?;
        }
        // The first line says it; what follows repeats the file.
        write!(f, " cannot be used: {}", self.reason.lines().next().unwrap_or_default())
    }
}

impl std::error::Error for SchemaError {}

impl SchemaError {
    /// What to do.
    pub fn advice(&self) -> Option<&str> {
        Some("correct the file or move it out of the schema directory; the built-in schemas show the form")
    }
}

/// A document that cannot be used. The sentence holds nothing of what the document says, so that it can be counted and shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not a JSON object.
    #[error("not a JSON object")]
    NotJson,
    /// Nested too deeply to be read.
    #[error("nested too deeply")]
    TooDeep,
    /// The line ends in the middle of the document.
    #[error("cut off in the middle")]
    CutOff,
    /// An RDP event without a time.
    #[error("an RDP event without a time")]
    NoTime,
    /// An RDP event with a time that cannot be understood.
    #[error("an RDP event with an unreadable time")]
    UnreadableTime,
}

impl DocumentError {
    /// What to do.
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::NotJson => Some("give one JSON object per line, or one array of objects"),
            Self::TooDeep => None,
            Self::CutOff => Some("export the file again; it was cut"),
            Self::NoTime | Self::UnreadableTime => Some("add the spelling of the time to a schema of your own"),
        }
    }
}

/// A header in which no schema is recognised.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no schema fits the columns; {missing}")]
pub struct ColumnsError {
    /// Which needed columns are missing and what was looked for.
    pub missing: String,
}

impl ColumnsError {
    /// What to do.
    pub fn advice(&self) -> Option<&str> {
        Some("rename the columns, or write a schema file that names them")
    }
}
