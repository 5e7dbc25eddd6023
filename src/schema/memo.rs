//! What a reading thread remembers of the records before, so that the next one costs less. It never changes an answer.

use std::collections::HashMap;
use std::sync::Arc;

use super::Columns;
use super::capture::Captured;
use super::interpreter::Interpreter;
use super::layout::{Layouts, Token};
use super::repeat::{Again, Repeats};
use super::shape::Shapes;

/// The memory of one thread for one [`Interpreter`].
#[derive(Debug, Default)]
pub struct Memo {
    pub(super) layouts: Layouts,
    pub(super) shapes: Shapes,
    pub(super) repeats: Repeats,
    /// For each value of a record where it is kept.
    pub(super) kept: Vec<Option<u8>>,
    /// Room for the values of a record.
    pub(super) spare: Captured<'static>,
    pub(super) tokens: Vec<Token>,
    pub(super) names: Names,
    /// What the keys of flat documents mean, so that each table's are looked at once.
    pub(super) flat: HashMap<String, Option<Arc<Columns>>>,
}

impl Memo {
    /// The memory of who reads one record and no more.
    pub(super) fn none() -> Self {
        let mut memo = Self::default();
        memo.layouts.close();
        memo.shapes.close();
        memo.repeats.close();
        memo
    }

    /// The event after a [`super::Reading::Again`].
    pub fn again(&mut self) -> Option<Again<'_>> {
        self.repeats.again()
    }
}

/// The names of the schemas, one thread's own: threads that count the same references wait for each other.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Arc<str>>);

impl Names {
    /// The name of a schema by its place.
    pub(super) fn name(&mut self, interpreter: &Interpreter, schema: usize) -> Arc<str> {
        if self.0.is_empty() {
            self.0 = interpreter.schema_names().map(Arc::from).collect();
        }
        self.0.get(schema).cloned().unwrap_or_else(|| Arc::from(""))
    }
}
