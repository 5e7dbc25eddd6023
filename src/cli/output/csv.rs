//! CSV that a spreadsheet may open: text cells that it would run as a formula are disarmed, numbers stay numbers.

use super::{Cell, Column, Rows, Sink};
use crate::cli::failure::Failure;

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

/// Puts an apostrophe before whatever begins like a formula (OWASP's list, the full-width twins too), looking
/// behind leading blanks and at every physical line, since spreadsheets do.
fn disarmed(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for line in text.split_inclusive(['\n', '\r']) {
        if is_armed(line) {
            safe.push('\'');
        }
        safe.push_str(line);
    }
    safe
}

fn is_armed(line: &str) -> bool {
    let is_blank = |character: char| character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{0}');
    line.starts_with(['\t', '\r']) && line.trim_end().len() > line.trim().len()
        || line.trim_start_matches(is_blank).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '−'])
}
