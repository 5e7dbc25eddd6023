//! Tables: columns that give way as room runs out, and rows drawn only where they are seen.
//!
//! ```text
//! gutter  columns
//! ▌•      94 ▲ 10.20.4.17 …
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Pen;
use super::lane::{self, Slice};
use super::text::{self, Align};
use crate::theme::Role;

/// Columns of the gutter: the cursor and the mark.
pub const GUTTER: u16 = 2;
/// Columns between two columns.
const GAP: u16 = 2;

/// A column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Columns of the screen it needs; with fewer it is dropped.
    pub min: u16,
    /// Columns of the screen it takes at most; `u16::MAX` takes what is left.
    pub max: u16,
    /// How long it stays when room runs out: the lowest goes first, of equals the last. 255 stays, cut, to the end.
    pub keep: u8,
    /// At which end its text stands.
    pub align: Align,
}

/// Which way a column is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    #[default]
    Descending,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// How much of the row under the cursor is grounded. A whole row costs two rows of cells a key press.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Highlight {
    /// The mark in the gutter only.
    Gutter,
    /// From the gutter to the end of the first column that never goes (`keep` 255), or of the first one.
    #[default]
    Key,
    /// The whole row.
    Row,
}

/// What stands in a cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell<'a> {
    /// Text, cut to the width.
    Text(Vec<Span<'a>>),
    /// A lane: the latest slices that fit, scaled to `max`.
    Lane {
        /// The buckets.
        slices: std::borrow::Cow<'a, [Slice]>,
        /// The count that is drawn full.
        max: u32,
    },
}

impl<'a> Cell<'a> {
    /// Text in one style.
    pub fn text(text: impl Into<std::borrow::Cow<'a, str>>, style: ratatui::style::Style) -> Self {
        Self::Text(vec![Span::styled(text, style)])
    }
}

/// Where a column stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Place in the list of columns.
    pub column: usize,
    /// First column of the screen, counted from the left end of the table.
    pub x: u16,
    /// Columns of the screen.
    pub width: u16,
}

/// Where each column stands in a table `width` columns wide, gutter included; dropped columns are left out.
pub fn layout(columns: &[Column], width: u16) -> Vec<Place> {
    let room = width.saturating_sub(GUTTER);
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let column = |place: usize| columns.get(place).copied();
    let needed = |kept: &[usize]| -> u32 {
        let gaps = u32::try_from(kept.len().saturating_sub(1)).unwrap_or(u32::MAX).saturating_mul(u32::from(GAP));
        kept.iter().filter_map(|place| column(*place)).map(|column| u32::from(column.min)).sum::<u32>().saturating_add(gaps)
    };
    while needed(&kept) > u32::from(room) {
        let weakest = kept.iter().copied().filter_map(|place| column(place).map(|column| (column.keep, std::cmp::Reverse(place)))).min();
        match weakest {
            Some((keep, std::cmp::Reverse(place))) if keep < u8::MAX => kept.retain(|other| *other != place),
            _ => break,
        }
    }
    let mut spare = u32::from(room).saturating_sub(needed(&kept));
    let mut places = Vec::with_capacity(kept.len());
    // Columns with a limit grow first, from the left; the ones without share what is left.
    let mut widths: Vec<(usize, u32)> = Vec::with_capacity(kept.len());
    for place in &kept {
        let Some(column) = column(*place) else { continue };
        let grown = if column.max == u16::MAX { 0 } else { u32::from(column.max.saturating_sub(column.min)).min(spare) };
        spare -= grown;
        widths.push((*place, u32::from(column.min) + grown));
    }
    let greedy = kept.iter().filter(|place| column(**place).is_some_and(|column| column.max == u16::MAX)).count();
    if let Some(share) = u32::try_from(greedy).ok().and_then(|greedy| spare.checked_div(greedy)) {
        let mut odd = spare - share * u32::try_from(greedy).unwrap_or_default();
        for (place, width) in &mut widths {
            if column(*place).is_some_and(|column| column.max == u16::MAX) {
                *width += share + u32::from(odd > 0);
                odd = odd.saturating_sub(1);
            }
        }
    }
    let mut x = GUTTER;
    for (place, wide) in widths {
        let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(width.saturating_sub(x));
        if wide == 0 {
            break;
        }
        places.push(Place { column: place, x, width: wide });
        x = x.saturating_add(wide).saturating_add(GAP);
    }
    places
}

/// The first row to draw so that `selected` is seen in `height` rows, moving as little as can be from `offset`.
pub fn window(selected: usize, offset: usize, height: usize) -> usize {
    if height == 0 {
        return selected;
    }
    if selected < offset {
        selected
    } else if selected - offset >= height {
        selected + 1 - height
    } else {
        offset
    }
}

/// A table and its cursor. Cells borrow from `'c`, which outlives the closure that makes them.
pub struct Table<'a, 'c> {
    /// The columns.
    pub columns: &'a [Column],
    /// How many rows there are.
    pub rows: usize,
    /// The first row drawn; see [`window`].
    pub offset: usize,
    /// The row under the cursor; `None` where the keys go elsewhere.
    pub selected: Option<usize>,
    /// The column under the cursor, where values can be used (filter for, copy).
    pub column: Option<usize>,
    /// The column that is sorted by.
    pub sort: Option<(usize, Direction)>,
    /// How much of the row under the cursor is grounded.
    pub highlight: Highlight,
    /// What stands in a cell: row, column, width.
    pub cell: &'a dyn Fn(usize, usize, u16) -> Cell<'c>,
    /// Whether a row is marked.
    pub marked: &'a dyn Fn(usize) -> bool,
}

impl Table<'_, '_> {
    /// Rows that fit below the titles.
    pub const fn height(area: Rect) -> usize {
        area.height.saturating_sub(1) as usize
    }

    /// Draws titles and the rows in sight.
    pub fn draw(&self, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let places = layout(self.columns, area.width);
        self.titles(pen, area, &places, buf);
        for (row, y) in (self.offset..self.rows).zip(area.top().saturating_add(1)..area.bottom()) {
            self.row(pen, Rect { y, height: 1, ..area }, &places, row, buf);
        }
    }

    fn titles(&self, pen: Pen<'_>, area: Rect, places: &[Place], buf: &mut Buffer) {
        for place in places {
            let Some(column) = self.columns.get(place.column) else { continue };
            let sorted = self.sort.filter(|(sorted, _)| *sorted == place.column);
            let role = if sorted.is_some() { Role::ColumnSorted } else { Role::Column };
            let mark = match sorted {
                Some((_, Direction::Ascending)) => pen.glyphs.ascending(),
                Some((_, Direction::Descending)) => pen.glyphs.descending(),
                None => "",
            };
            let title = format!("{}{mark}", column.title);
            // The mark may stand in the gap rather than cost the title a letter.
            let over = u16::from(!mark.is_empty() && text::width(&title) > usize::from(place.width));
            let slot = Rect { x: area.x.saturating_add(place.x), width: place.width.saturating_add(over), height: 1, ..area };
            let title = vec![Span::styled(title, pen.style(role))];
            put_cell(buf, slot.intersection(area), title, column.align, pen);
        }
    }

    fn row(&self, pen: Pen<'_>, area: Rect, places: &[Place], row: usize, buf: &mut Buffer) {
        let selected = self.selected == Some(row);
        if (self.marked)(row) {
            text::put(buf, area, area.x.saturating_add(1), area.y, pen.glyphs.marked(), pen.style(Role::RowMarked));
        }
        for place in places {
            let Some(column) = self.columns.get(place.column) else { continue };
            let slot = Rect { x: area.x.saturating_add(place.x), width: place.width, ..area };
            match (self.cell)(row, place.column, place.width) {
                Cell::Text(spans) => put_cell(buf, slot, spans, column.align, pen),
                Cell::Lane { slices, max } => lane::draw(&slices, max, pen, slot, buf),
            }
        }
        if selected {
            text::put(buf, area, area.x, area.y, pen.glyphs.cursor(), pen.style(Role::Cursor));
            let key = places.iter().find(|place| self.columns.get(place.column).is_some_and(|column| column.keep == u8::MAX)).or(places.first());
            let ground = match self.highlight {
                Highlight::Gutter => Rect { width: 1, ..area },
                Highlight::Key => Rect { width: key.map_or(GUTTER, |place| place.x.saturating_add(place.width)), ..area },
                Highlight::Row => area,
            };
            buf.set_style(ground, pen.style(Role::RowSelected));
            if let Some(place) = places.iter().find(|place| Some(place.column) == self.column) {
                let value = Rect { x: area.x.saturating_add(place.x), width: place.width, ..area };
                buf.set_style(value, pen.style(Role::CellSelected));
            }
        }
    }
}

/// Puts spans into a cell, cut and aligned.
fn put_cell(buf: &mut Buffer, slot: Rect, spans: Vec<Span<'_>>, align: Align, pen: Pen<'_>) {
    let spans = text::cut_spans(spans, usize::from(slot.width), pen.glyphs);
    let wide = u16::try_from(Line::from(spans.clone()).width()).unwrap_or(u16::MAX);
    let x = match align {
        Align::Left => slot.x,
        Align::Right => slot.x.saturating_add(slot.width.saturating_sub(wide)),
    };
    text::put_spans(buf, slot, x, slot.y, &spans);
}

#[cfg(test)]
mod tests;
