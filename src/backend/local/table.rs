//! The columnar event table. (in work)

use crate::backend::BackendError;
use crate::domain::{Completeness, Event};
use crate::query::{Answer, Ask, Hit, SourceReport};

/// Collects events, in any order, into a [`Table`].
#[derive(Debug, Default)]
pub struct TableBuilder {}

impl TableBuilder {
    /// Adds an event.
    pub fn push(&mut self, _event: &Event) {}

    /// Adds what a Sigma rule (by id) found.
    pub fn push_hit(&mut self, _rule: &str, _hit: Hit) {}

    /// The table, sorted by time.
    ///
    /// # Errors
    /// Where the columns cannot be put together.
    pub fn finish(self, _title: String, _reports: Vec<SourceReport>, _completeness: Completeness) -> Result<Table, BackendError> {
        Ok(Table {})
    }
}

/// Events by column, sorted by time.
#[derive(Debug)]
pub struct Table {}

impl Table {
    /// Answers a question from the columns.
    ///
    /// # Errors
    /// Where the question names a rule that was not looked for, or a column fails.
    pub fn answer(&self, _ask: &Ask) -> Result<Answer, BackendError> {
        Err(BackendError::new("the table is being built"))
    }
}
