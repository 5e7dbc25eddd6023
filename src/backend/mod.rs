//! The only code that reads events. Every backend answers every question, and the same events get the
//! same answers from each.

pub mod elastic;
pub mod local;
pub mod story;

use futures::future::BoxFuture;

use crate::domain::Trouble;
use crate::query::{Answer, Ask};

/// Where events come from.
pub trait Backend: Send + Sync {
    /// Answers one question. Dropping the future cancels it.
    fn answer<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, BackendError>>;

    /// The question as this backend would put it, ready to paste into another tool.
    fn query_text(&self, ask: &Ask) -> String;

    /// The moment that counts as now: the clock's for a cluster, the story's for a story, the end of
    /// the data for files.
    fn now(&self) -> crate::domain::Timestamp;
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct BackendError {
    /// What was tried and how it failed, one sentence without a period.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl BackendError {
    /// An error without advice.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), advice: None }
    }

    /// The same with the next step.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<BackendError> for Trouble {
    fn from(error: BackendError) -> Self {
        Self { what: error.what, advice: error.advice }
    }
}
