//! `case show`: every entry in words.

use serde::Serialize;

use super::super::failure::Failure;
use super::super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::case::{Act, Case, Entry, Record};

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

/// An act in one line. It may hold what others wrote, so it goes out as foreign text.
fn words(act: &Act) -> String {
    match act {
        Act::Opened { subject, source, .. } => {
            format!("opened: {} from {} to {}, {source}", subject.destination.raw(), subject.from, subject.to)
        }
        Act::Noted { text, step: Some(step) } => format!("note on {step}: {}", text.raw()),
        Act::Noted { text, step: None } => format!("note: {}", text.raw()),
        Act::Answered { step, answer, note, .. } => format!("{step}: {}{}", answer.words(), because(note.raw())),
        Act::Decided { verdict, note } => format!("verdict: {}{}", verdict.words(), because(note.raw())),
        Act::Marked { mark, trail } => format!("marked {} ({trail})", mark.value.raw()),
        Act::Unmarked { mark } => format!("unmarked {}", mark.value.raw()),
        Act::Asked { query } => format!("asked {}: {} hits in {} ms, {}", query.index, query.hits, query.took, query.completeness),
        Act::Found { step, finding, suggested, .. } => format!("found for {step}: {}; suggests {suggested}", finding.raw()),
        Act::Ticked { response, item, note } => format!("done: {response} {}{}", item.raw(), because(note.raw())),
        Act::Excepted { exception, .. } => format!("exception {exception}"),
        Act::Exported { format, file, sha256 } => format!("exported {format} to {}, SHA-256 {sha256}", file.raw()),
        Act::Undone { entry } => format!("undid entry {entry}"),
        Act::Merged { done, .. } => format!("merged: {}", words(done)),
    }
}

fn because(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(", {note}") }
}
