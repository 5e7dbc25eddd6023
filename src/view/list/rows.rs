//! What a table lists.

use std::cmp::Ordering;

use super::Want;
use super::values::Value;
use crate::investigation::{Msg, Subject};
use crate::widget::table::{Cell, Column, Direction};

/// Rows made from what is known, for one drawing or one key. Rows and columns go by their places.
pub trait Rows {
    /// The columns of a table `width` wide in which the rows `seen` are in sight.
    fn columns(&self, width: u16, seen: &[usize]) -> Vec<Column>;

    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What stands in a cell of `width` columns.
    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_>;

    /// How two rows stand to each other by a column, the smaller first.
    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering;

    /// By which column the rows come sorted, where it is one.
    fn natural(&self) -> Option<(usize, Direction)> {
        None
    }

    /// In which order they come, in words.
    fn order(&self) -> &'static str;

    /// What sort of thing the rows are about: that of their [`Subject`]s.
    fn sort(&self) -> &'static str;

    /// What a row is about: by this cursor and marks find it again.
    fn subject(&self, row: usize) -> Option<Subject>;

    /// What words are looked for in. Never drawn.
    fn text(&self, row: usize) -> String;

    /// The row as a line of inert text, its columns parted by tabs.
    fn line(&self, row: usize) -> String;

    /// What a row can be filtered for.
    fn values(&self, row: usize) -> Vec<Value> {
        let subject = self.subject(row);
        subject.and_then(|subject| Some(Value { name: subject.sort(), text: subject.label(), filter: subject.condition()? })).into_iter().collect()
    }

    /// What opening a row wants: the page of what it is about.
    fn open(&self, row: usize) -> Option<Want> {
        self.subject(row).map(|subject| Want::Msg(Msg::Opened(subject)))
    }
}
