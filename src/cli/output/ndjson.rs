//! One JSON object a line, keys flat and in the order of the columns, every text exact.

use std::io::Write as _;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Cell, Column, Rows, Sink};
use crate::cli::failure::Failure;

pub(super) struct Ndjson<'a> {
    sink: &'a mut Sink,
    columns: &'static [Column],
}

impl<'a> Ndjson<'a> {
    pub(super) fn new(columns: &'static [Column], sink: &'a mut Sink) -> Self {
        Self { sink, columns }
    }
}

struct Object<'a>(&'static [Column], &'a [Cell]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            match cell {
                Cell::Empty => map.serialize_entry(column.name, &())?,
                Cell::Integer(number) => map.serialize_entry(column.name, number)?,
                Cell::Number(number) => map.serialize_entry(column.name, number)?,
                Cell::Foreign(text) => map.serialize_entry(column.name, text.raw())?,
                Cell::Own(text) => map.serialize_entry(column.name, text)?,
                Cell::Time(_) => map.serialize_entry(column.name, &cell.exact(column.sort))?,
            }
        }
        map.end()
    }
}

impl Rows for Ndjson<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut *self.sink, &Object(self.columns, cells)).map_err(std::io::Error::from);
        written.and_then(|()| self.sink.write_all(b"\n")).map_err(|error| self.sink.failed(error))
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}
