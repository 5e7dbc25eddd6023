//! `case show`: every entry in words.

use serde::Serialize;

use super::super::failure::Failure;
use super::super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::case::words::words;
use crate::case::{Case, Entry, Record};

const COLUMNS: &[Column] =
    &[Column::new("entry", Sort::Integer), Column::new("time", Sort::Moment), Column::text("author"), Column::text("what"), Column::text("hash")];

#[derive(Serialize)]
struct Whole<'a> {
    head: String,
    entries: Vec<Kept<'a>>,
    undone: Vec<u64>,
}

#[derive(Serialize)]
struct Kept<'a> {
    hash: String,
    prev: String,
    entry: &'a serde_json::value::RawValue,
}

/// Writes the entries.
pub(super) fn show(entries: &[Entry], format: Format, sink: &mut Sink) -> Result<(), Failure> {
    let case = Case::of(entries);
    if format == Format::Json {
        let kept = entries
            .iter()
            .filter_map(|entry| Some(Kept { hash: entry.hash.to_string(), prev: entry.prev.to_string(), entry: serde_json::from_str(&entry.body).ok()? }));
        return document(&Whole { head: case.head.1.to_string(), entries: kept.collect(), undone: case.undone.iter().copied().collect() }, sink);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    for entry in entries {
        let number = Cell::count(entry.seq);
        let hash = Cell::Own(entry.hash.short());
        match entry.record() {
            Ok(Record { time, author, act, .. }) => {
                let undone = if case.undone.contains(&entry.seq) { "(undone) " } else { "" };
                rows.row(&[number, Cell::Time(time), Cell::Foreign(author), Cell::Foreign(format!("{undone}{}", words(&act)).into()), hash])?;
            }
            Err(_) => rows.row(&[number, Cell::Empty, Cell::Empty, Cell::Own("of a newer version, or damaged".to_owned()), hash])?,
        }
    }
    rows.finish()
}
