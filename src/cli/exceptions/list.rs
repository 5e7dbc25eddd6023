//! `exceptions list`.

use std::path::Path;

use super::super::failure::{self, Failure};
use super::super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::domain::Timestamp;
use crate::exception::Store;

const COLUMNS: &[Column] = &[
    Column::text("exception"),
    Column::text("state"),
    Column::text("covers"),
    Column::text("reason"),
    Column::text("owner"),
    Column::new("until", Sort::Start),
    Column::text("by"),
    Column::new("made", Sort::Start),
];

/// Writes them.
pub(super) fn run(store: &Store, now: Timestamp, format: Format, all: bool, output: Option<&Path>) -> Result<u8, Failure> {
    let (exceptions, errors) = store.all();
    let shown: Vec<_> = exceptions.into_iter().filter(|exception| all || exception.state(now) != "ended").collect();
    let mut sink = Sink::open(output)?;
    if format == Format::Json {
        document(&shown, &mut sink)?;
    } else {
        let mut rows = rows(format, COLUMNS, &mut sink)?;
        for exception in &shown {
            rows.row(&[
                Cell::Own(exception.id.clone()),
                Cell::Own(exception.state(now).to_owned()),
                Cell::Own(exception.words()),
                Cell::Foreign(exception.reason.clone()),
                Cell::Foreign(exception.owner.clone()),
                exception.until.map_or_else(|| Cell::Own("never".to_owned()), Cell::Time),
                Cell::Foreign(exception.author.clone()),
                Cell::Time(exception.made),
            ])?;
        }
        rows.finish()?;
    }
    sink.finish()?;
    super::super::tell(&errors.iter().flat_map(|error| std::iter::once(error.what.clone()).chain(error.advice.clone())).collect::<Vec<_>>());
    Ok(if errors.is_empty() { failure::OK } else { failure::PARTIAL })
}
