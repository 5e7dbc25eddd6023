//! Why a command ends otherwise than well, and with what exit code.

use crate::backend::BackendError;

/// Exit code: all went well.
pub const OK: u8 = 0;
/// Exit code: something failed.
pub const ERROR: u8 = 1;
/// Exit code: the command line was wrong.
pub const USAGE: u8 = 2;
/// Exit code: the answer was written, but rests on partial data.
pub const PARTIAL: u8 = 3;
/// Exit code: `detect` found an anomaly, or `triage` suggests an attack.
pub const ANOMALY: u8 = 4;
/// Exit code: `triage` can suggest neither an attack nor a harmless explanation.
pub const UNDETERMINED: u8 = 5;

/// Exit code: ended by Ctrl-c.
pub const INTERRUPTED: u8 = 130;

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something was tried and failed.
    #[error("{what}")]
    Trouble {
        /// What was tried and how it failed, one sentence without a period.
        what: String,
        /// What to do about it.
        advice: Option<String>,
        /// The exit code.
        code: u8,
    },
    /// The reader of the output has closed it; that is its right.
    #[error("the reader of the output closed it")]
    NobodyListens,
    /// Ctrl-c.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// Something failed.
    pub fn error(what: impl Into<String>) -> Self {
        Self::Trouble { what: what.into(), advice: None, code: ERROR }
    }

    /// The command line was wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Trouble { what: what.into(), advice: None, code: USAGE }
    }

    /// The same with the next step.
    #[must_use]
    pub fn advise(self, next: impl Into<String>) -> Self {
        match self {
            Self::Trouble { what, code, .. } => Self::Trouble { what, advice: Some(next.into()), code },
            other => other,
        }
    }

    /// The next step.
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::Trouble { advice, .. } => advice.as_deref(),
            Self::NobodyListens | Self::Interrupted => None,
        }
    }

    /// With what the program ends.
    pub fn code(&self) -> u8 {
        match self {
            Self::Trouble { code, .. } => *code,
            Self::NobodyListens => OK,
            Self::Interrupted => INTERRUPTED,
        }
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self::Trouble { what: error.what, advice: error.advice, code: ERROR }
    }
}

impl From<crate::sigma::RuleError> for Failure {
    fn from(error: crate::sigma::RuleError) -> Self {
        Self::Trouble { what: error.what, advice: error.advice, code: ERROR }
    }
}
