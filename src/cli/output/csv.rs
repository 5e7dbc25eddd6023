//! CSV that a spreadsheet may open and a terminal may show: text cells are inert in both, numbers stay numbers.

use super::{Cell, Column, Rows, Sink};
use crate::cli::failure::Failure;
use crate::domain::foreign::disarmed;

pub(super) struct Csv<'a> {
    writer: csv::Writer<&'a mut Sink>,
    columns: &'static [Column],
}

impl<'a> Csv<'a> {
    pub(super) fn new(columns: &'static [Column], sink: &'a mut Sink) -> Result<Self, Failure> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
        Ok(Self { writer, columns })
    }
}

impl Rows for Csv<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        for (column, cell) in self.columns.iter().zip(cells) {
            let text = cell.exact(column.sort);
            let is_text = matches!(cell, Cell::Foreign(_) | Cell::Own(_));
            self.writer.write_field(if is_text { disarmed(&text) } else { text }).map_err(failed)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| failed(error.into()))
    }
}

fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Failure::NobodyListens,
        csv::ErrorKind::Io(error) => Failure::error(format!("the CSV could not be written ({error})")),
        kind => Failure::error(format!("the CSV could not be written ({kind:?})")),
    }
}
