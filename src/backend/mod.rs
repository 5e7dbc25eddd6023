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

    /// The same, telling meanwhile how far it has got. Backends whose answers take no steps say nothing.
    fn answer_with<'a>(&'a self, ask: &'a Ask, _steps: &'a dyn Steps) -> BoxFuture<'a, Result<Answer, BackendError>> {
        self.answer(ask)
    }

    /// The question as this backend would put it, ready to paste into another tool.
    fn query_text(&self, ask: &Ask) -> String;

    /// The moment that counts as now: the clock's for a cluster, the story's for a story, the end of
    /// the data for files.
    fn now(&self) -> crate::domain::Timestamp;
}

/// Hears how far a question has got.
pub trait Steps: Send + Sync {
    /// So many steps are done, of so many.
    fn step(&self, done: u64, of: u64);
}

/// Nobody listens.
impl Steps for () {
    fn step(&self, _done: u64, _of: u64) {}
}

/// What sort of failure it was, for those who can do something about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    /// Nothing a program could do about.
    #[default]
    Other,
    /// The credentials were refused.
    Credentials,
    /// They are good, but not for this.
    Rights,
    /// Too much was asked at a time; a part of it may have an answer.
    TooMuch,
    /// Nobody answered, or not now.
    Unreachable,
    /// What was held for us between two pages was let go.
    Expired,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct BackendError {
    /// What was tried and how it failed, one sentence without a period.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Of what sort it is.
    pub fault: Fault,
}

impl BackendError {
    /// An error without advice.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), advice: None, fault: Fault::Other }
    }

    /// The same of this sort.
    #[must_use]
    pub fn of(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
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
