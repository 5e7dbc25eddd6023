//! What a row is made of.

use crate::domain::{Foreign, Timestamp, time};

/// What sort of values a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A moment, to the microsecond.
    Moment,
    /// The start of a bucket, to the second.
    Start,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, in every format.
    pub name: &'static str,
    /// What it holds.
    pub sort: Sort,
}

impl Column {
    /// A column.
    pub const fn new(name: &'static str, sort: Sort) -> Self {
        Self { name, sort }
    }

    /// A column of text.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Sort::Text)
    }
}

/// One value.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text out of an event: shown to people only made inert.
    Foreign(Foreign),
    /// Text of our own.
    Own(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A moment.
    Time(Timestamp),
}

impl Cell {
    /// A count.
    pub fn count(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A text that an event may have.
    pub fn maybe(text: Option<&Foreign>) -> Self {
        text.cloned().map_or(Self::Empty, Self::Foreign)
    }

    /// Something of our own that prints itself.
    pub fn shown(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Empty, |value| Self::Own(value.to_string()))
    }

    /// The exact text.
    pub(super) fn exact(&self, sort: Sort) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Foreign(text) => text.raw().to_owned(),
            Self::Own(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Time(moment) if sort == Sort::Start => time::rfc3339(*moment),
            Self::Time(moment) => time::rfc3339_micros(*moment),
        }
    }
}
