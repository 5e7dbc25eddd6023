//! Aligned columns for people. Every text is made inert and cut, so that no event can break the lines.

use std::io::{IsTerminal as _, Write as _};

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{Cell, Column, Rows, Sink, Sort};
use crate::cli::failure::Failure;

/// Columns of a text cell where nobody's terminal sets the limit.
const WIDEST: usize = 120;
/// What a text column keeps however narrow the terminal.
const NARROWEST: usize = 12;
/// Rows that are looked at before the widths are settled; later ones are cut to them.
const LOOKAHEAD: usize = 10_000;

pub(super) struct Table<'a> {
    sink: &'a mut Sink,
    columns: &'static [Column],
    widths: Vec<usize>,
    held: Vec<Vec<String>>,
    is_settled: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(columns: &'static [Column], sink: &'a mut Sink) -> Self {
        let widths = columns.iter().map(|column| column.name.width()).collect();
        Self { sink, columns, widths, held: Vec::new(), is_settled: false }
    }

    /// Takes width from the widest text columns until the line fits.
    fn settle(&mut self) -> Result<(), Failure> {
        self.is_settled = true;
        if let Some(room) = terminal_width(self.sink) {
            let gaps = 2 * self.columns.len().saturating_sub(1);
            while self.widths.iter().sum::<usize>() + gaps > room {
                let widest = self.widths.iter_mut().zip(self.columns).filter(|(_, column)| column.sort == Sort::Text).map(|(width, _)| width).max();
                match widest {
                    Some(width) if *width > NARROWEST => *width -= 1,
                    _ => break,
                }
            }
        }
        let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        self.line(&names)?;
        for row in std::mem::take(&mut self.held) {
            self.line(&row)?;
        }
        Ok(())
    }

    fn line(&mut self, texts: &[String]) -> Result<(), Failure> {
        let mut line = String::new();
        for (place, ((text, width), column)) in texts.iter().zip(&self.widths).zip(self.columns).enumerate() {
            if place > 0 {
                line.push_str("  ");
            }
            let text = cut(text, *width);
            let blanks = " ".repeat(width.saturating_sub(text.width()));
            if matches!(column.sort, Sort::Integer | Sort::Number) { line.extend([blanks, text]) } else { line.extend([text, blanks]) }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        self.sink.write_all(line.as_bytes()).map_err(|error| self.sink.failed(error))
    }
}

fn terminal_width(sink: &Sink) -> Option<usize> {
    if !sink.is_terminal() || !std::io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns)).filter(|columns| *columns >= 20)
}

/// The text in at most `width` columns, `…` where something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        if kept.width() + grapheme.width() >= width {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push('…');
    kept
}

fn shown(cell: &Cell, sort: Sort) -> String {
    match cell {
        Cell::Empty => "-".to_owned(),
        Cell::Foreign(text) => cut(text.safe().as_str(), WIDEST),
        Cell::Own(text) => cut(text, WIDEST),
        Cell::Number(number) => format!("{number:.1}"),
        cell => cell.exact(sort),
    }
}

impl Rows for Table<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let texts: Vec<String> = cells.iter().zip(self.columns).map(|(cell, column)| shown(cell, column.sort)).collect();
        if self.is_settled {
            return self.line(&texts);
        }
        for (width, text) in self.widths.iter_mut().zip(&texts) {
            *width = (*width).max(text.width());
        }
        self.held.push(texts);
        if self.held.len() >= LOOKAHEAD { self.settle() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        if self.is_settled { Ok(()) } else { self.settle() }
    }
}
