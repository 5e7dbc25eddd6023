//! The one place where answers leave the program: rows as a table for people, as CSV, NDJSON or Parquet for
//! machines, JSON documents; to standard output, or to a file that is there whole or not at all.

mod csv;
mod ndjson;
mod parquet;
mod sheet;
mod sink;
mod table;

pub use sheet::{Cell, Column, Sort};
pub use sink::Sink;

use clap::ValueEnum;
use serde::Serialize;

use super::failure::Failure;

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns for people; whatever could steer a terminal is made visible.
    Table,
    /// One JSON document with everything, completeness included.
    Json,
    /// One JSON object a line, exact.
    Ndjson,
    /// Comma-separated, safe to open in a spreadsheet.
    Csv,
    /// Parquet, typed and exact.
    Parquet,
}

/// Takes rows of cells and writes them in one format.
pub trait Rows {
    /// Adds a row: one cell for each column.
    ///
    /// # Errors
    /// Where the row cannot be written.
    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure>;

    /// Writes what is still held back.
    ///
    /// # Errors
    /// Where that cannot be written.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// A writer of rows in `format`; JSON documents are written by [`document`].
///
/// # Errors
/// Where the head of the file cannot be written.
pub fn rows<'a>(format: Format, columns: &'static [Column], sink: &'a mut Sink) -> Result<Box<dyn Rows + 'a>, Failure> {
    Ok(match format {
        Format::Table => Box::new(table::Table::new(columns, sink)),
        Format::Json | Format::Ndjson => Box::new(ndjson::Ndjson::new(columns, sink)),
        Format::Csv => Box::new(csv::Csv::new(columns, sink)?),
        Format::Parquet => Box::new(parquet::Parquet::new(columns, sink)?),
    })
}

/// Writes one JSON document, indented, with a line end.
///
/// # Errors
/// Where it cannot be written.
pub fn document(value: &impl Serialize, sink: &mut Sink) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *sink, value)
        .map_err(std::io::Error::from)
        .and_then(|()| std::io::Write::write_all(sink, b"\n"))
        .map_err(|error| sink.failed(error))
}

#[cfg(test)]
mod tests;
