//! Parquet by polars, a row group at a time, so that memory does not grow with the export.

use polars::io::parquet::write::{BatchedWriter, ParquetWriter};
use polars::prelude::{
    Column as Series, DataFrame, DataType, Field, Int64Chunked, IntoColumn as _, IntoSeries as _, NewChunkedArray as _, PolarsError, Schema, TimeUnit, TimeZone,
};

use super::{Cell, Column, Rows, Sink, Sort};
use crate::cli::failure::Failure;
use crate::domain::{Foreign, Timestamp};

/// Rows in a group.
const GROUP: usize = 128 * 1024;

pub(super) struct Parquet<'a> {
    writer: BatchedWriter<&'a mut Sink>,
    columns: &'static [Column],
    held: Vec<Vec<Cell>>,
}

impl<'a> Parquet<'a> {
    pub(super) fn new(columns: &'static [Column], sink: &'a mut Sink) -> Result<Self, Failure> {
        if sink.is_terminal() {
            return Err(Failure::usage("Parquet is no text for a terminal").advise("give --output FILE, or pipe it on"));
        }
        let schema: Schema = columns.iter().map(|column| Field::new(column.name.into(), kind(column.sort))).collect();
        let writer = ParquetWriter::new(sink).set_parallel(false).batched(&schema).map_err(failed)?;
        Ok(Self { writer, columns, held: vec![Vec::new(); columns.len()] })
    }

    fn write_group(&mut self) -> Result<(), Failure> {
        let columns: Vec<Series> = self.columns.iter().zip(&mut self.held).map(|(column, cells)| series(column, std::mem::take(cells))).collect();
        let height = columns.first().map_or(0, Series::len);
        let group = DataFrame::new(height, columns).map_err(failed)?;
        self.writer.write_batch(&group).map_err(failed)
    }
}

fn kind(sort: Sort) -> DataType {
    match sort {
        Sort::Text => DataType::String,
        Sort::Integer => DataType::Int64,
        Sort::Number => DataType::Float64,
        Sort::Moment | Sort::Start => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Foreign(text) => Some(Foreign::raw(text)),
        Cell::Own(text) => Some(text),
        _ => None,
    }
}

fn series(column: &Column, cells: Vec<Cell>) -> Series {
    let name = column.name.into();
    let integer = |cell: &Cell| match cell {
        Cell::Integer(number) => Some(*number),
        _ => None,
    };
    let number = |cell: &Cell| match cell {
        Cell::Number(number) => Some(*number),
        _ => None,
    };
    let micros = |cell: &Cell| match cell {
        Cell::Time(time) => Some(Timestamp::as_microsecond(*time)),
        _ => None,
    };
    match column.sort {
        Sort::Integer => Series::new(name, cells.iter().map(integer).collect::<Vec<_>>()),
        Sort::Number => Series::new(name, cells.iter().map(number).collect::<Vec<_>>()),
        Sort::Text => Series::new(name, cells.iter().map(text).collect::<Vec<_>>()),
        Sort::Moment | Sort::Start => {
            let times = Int64Chunked::from_iter_options(name, cells.iter().map(micros));
            times.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_series().into_column()
        }
    }
}

impl Rows for Parquet<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        for (held, cell) in self.held.iter_mut().zip(cells) {
            held.push(cell.clone());
        }
        if self.held.first().is_some_and(|held| held.len() >= GROUP) { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        if self.held.first().is_some_and(|held| !held.is_empty()) {
            self.write_group()?;
        }
        self.writer.finish().map(drop).map_err(failed)
    }
}

fn failed(error: PolarsError) -> Failure {
    match error {
        PolarsError::IO { error, .. } if error.kind() == std::io::ErrorKind::BrokenPipe => Failure::NobodyListens,
        error => Failure::error(format!("the Parquet file could not be written ({error})")),
    }
}
