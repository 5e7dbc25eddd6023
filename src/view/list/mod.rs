//! The one frame of every table: cursor, order, words, marks, copies and values, whatever the rows are about.
//!
//! A table of its own is a [`Rows`]; what is done with rows is done here.

mod export;
mod rows;
pub mod sorting;
pub mod values;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use rows::Rows;

use super::{Ctx, Outcome, Want, moved, words};
use crate::investigation::{Action, Effect, Mark, Msg, Subject};
use crate::query::Filter;
use crate::widget::table::{self, Direction, Highlight, Table};

/// Where the cursor of a table stands, and how its rows are ordered.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What is under the cursor; the first row until somebody moves.
    selected: Option<Subject>,
    /// Where it stood: the row there is taken where what was under the cursor is gone.
    place: usize,
    offset: usize,
    /// The column sorted by and which way; as the rows come where `None`.
    sort: Option<(usize, Direction)>,
}

impl List {
    /// The rows that hold `words`, in the order chosen.
    pub fn shown(&self, rows: &dyn Rows, words: &str) -> Vec<usize> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let holds = |row: &usize| {
            words.is_empty() || {
                let text = rows.text(*row).to_lowercase();
                words.iter().all(|word| text.contains(word))
            }
        };
        let mut shown: Vec<usize> = (0..rows.len()).filter(holds).collect();
        if let Some((column, direction)) = self.sort {
            // A stable sort: equals stay as they come.
            shown.sort_by(|one, two| {
                let order = rows.compare(column, *one, *two);
                if direction == Direction::Descending { order.reverse() } else { order }
            });
        }
        shown
    }

    /// The place of the cursor among the rows shown.
    fn find(&self, rows: &dyn Rows, shown: &[usize]) -> usize {
        let last = shown.len().saturating_sub(1);
        let Some(selected) = &self.selected else { return self.place.min(last) };
        let is_it = |row: Option<&usize>| row.and_then(|row| rows.subject(*row)).is_some_and(|subject| subject.is_same(selected));
        if is_it(shown.get(self.place)) {
            return self.place;
        }
        shown.iter().position(|row| is_it(Some(row))).unwrap_or(self.place.min(last))
    }

    /// The row under the cursor.
    pub fn row(&self, rows: &dyn Rows, words: &str) -> Option<usize> {
        let shown = self.shown(rows, words);
        shown.get(self.find(rows, &shown)).copied()
    }

    /// Puts the cursor on a row, or on the first or last one there will be.
    pub fn put(&mut self, place: usize, offset: usize) {
        (self.selected, self.place, self.offset) = (None, place, offset);
    }

    /// Sorts by a column, or as the rows come.
    pub fn sort(&mut self, sort: Option<(usize, Direction)>) {
        self.sort = sort;
    }

    fn go(&mut self, rows: &dyn Rows, shown: &[usize], from: usize, to: usize, height: usize) {
        self.selected = shown.get(to).and_then(|row| rows.subject(*row));
        self.place = to;
        self.offset = table::window(to, table::window(from, self.offset, height), height);
    }

    /// Puts the cursor on the next row that `wanted` holds of, or the one before; false where there is none.
    pub fn seek(&mut self, rows: &dyn Rows, words: &str, is_forward: bool, height: usize, wanted: impl Fn(usize) -> bool) -> bool {
        let shown = self.shown(rows, words);
        let place = self.find(rows, &shown);
        let is_wanted = |(_, row): &(usize, &usize)| wanted(**row);
        let mut all = shown.iter().enumerate();
        let found = if is_forward { all.skip(place.saturating_add(1)).find(is_wanted) } else { all.by_ref().take(place).rev().find(is_wanted) };
        let Some((to, _)) = found else { return false };
        self.go(rows, &shown, place, to, height);
        true
    }

    /// Takes an action on rows of which `height` are in sight; `None` where it is none of a table's.
    pub fn act(&mut self, action: Action, rows: &dyn Rows, words: &str, height: usize, cx: &Ctx<'_>) -> Option<Outcome> {
        match action {
            Action::Sort => return Some(Outcome::Consumed(vec![Want::Layer(Box::new(sorting::Sorting::new(rows, self.sort)))])),
            Action::ReverseSort => {
                self.sort = self.sort.or_else(|| rows.natural()).map(|(column, direction)| (column, direction.turned()));
                return Some(Outcome::done());
            }
            _ => {}
        }
        let shown = self.shown(rows, words);
        let place = self.find(rows, &shown);
        if let Some(to) = moved(action, place, shown.len(), height) {
            self.go(rows, &shown, place, to, height);
            return Some(Outcome::done());
        }
        let row = shown.get(place).copied();
        match action {
            Action::Enter => Some(row.map_or_else(Outcome::done, |row| {
                // The cursor stays with the row it opened, wherever that moves meanwhile.
                self.go(rows, &shown, place, place, height);
                rows.open(row).map_or_else(Outcome::done, |want| Outcome::Consumed(vec![want]))
            })),
            Action::Mark => Some(row.map_or_else(Outcome::done, |row| {
                self.go(rows, &shown, place, place, height);
                mark(rows, row, cx)
            })),
            Action::Copy => Some(copied(rows, row, cx).map_or_else(Outcome::done, |lines| Outcome::Consumed(vec![Want::Effect(Effect::Copy(lines))]))),
            Action::Export if shown.is_empty() => Some(Outcome::Consumed(vec![Want::Say("there is no row to write".to_owned())])),
            Action::Export => {
                let state = cx.investigation;
                let effect = export::export(rows, &shown, &state.trail_label(), state.frozen.unwrap_or(state.now));
                Some(Outcome::Consumed(vec![Want::Effect(effect)]))
            }
            Action::FilterFor | Action::FilterOut => Some(row.map_or_else(Outcome::done, |row| narrow(rows.values(row), action == Action::FilterFor, cx))),
            _ => None,
        }
    }

    /// The rows in sight in a table that takes `area`, the first row drawn, and the place of the cursor.
    fn seen(&self, rows: &dyn Rows, shown: &[usize], area: Rect) -> (Vec<usize>, usize, usize) {
        let place = self.find(rows, shown);
        let offset = table::window(place, self.offset, Table::height(area)).min(shown.len().saturating_sub(1));
        (shown.iter().skip(offset).take(Table::height(area)).copied().collect(), offset, place)
    }

    /// The columns as they are drawn in `area`.
    pub fn columns(&self, rows: &dyn Rows, words: &str, area: Rect) -> Vec<table::Column> {
        let (seen, ..) = self.seen(rows, &self.shown(rows, words), area);
        rows.columns(area.width, &seen)
    }

    /// Draws the rows; the cursor only where the keys go to this table.
    pub fn draw(&self, rows: &dyn Rows, words: &str, has_keys: bool, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let shown = self.shown(rows, words);
        let (seen, offset, place) = self.seen(rows, &shown, area);
        let columns = rows.columns(area.width, &seen);
        let table = Table {
            columns: &columns,
            rows: shown.len(),
            offset,
            selected: has_keys.then_some(place),
            column: None,
            sort: self.sort.or_else(|| rows.natural()),
            highlight: Highlight::Key,
            cell: &|place, column, width| shown.get(place).map_or(table::Cell::Text(Vec::new()), |row| rows.cell(*row, column, width)),
            marked: &|place| {
                let marks = &cx.investigation.marks;
                !marks.is_empty()
                    && shown.get(place).and_then(|row| rows.subject(*row)).is_some_and(|subject| marks.iter().any(|mark| mark.subject.is_same(&subject)))
            },
        };
        table.draw(cx.pen, area, buf);
    }
}

/// Marks a row or takes the mark away.
fn mark(rows: &dyn Rows, row: usize, cx: &Ctx<'_>) -> Outcome {
    let Some(subject) = rows.subject(row) else { return Outcome::done() };
    let state = cx.investigation;
    let mark =
        Mark { subject: subject.clone(), line: rows.line(row), trail: state.trail_label(), range: state.looked_at(), at: state.frozen.unwrap_or(state.now) };
    let here = marks_here(rows.sort(), cx).count();
    let is_marked = state.marks.iter().any(|mark| mark.subject.is_same(&subject));
    let marks = if is_marked { here.saturating_sub(1) } else { here.saturating_add(1) };
    Outcome::Consumed(vec![Want::Msg(Msg::Marked(mark)), Want::Say(words::marked(marks))])
}

/// The marks that were made on this page, on rows of this sort.
fn marks_here<'a>(sort: &'static str, cx: &Ctx<'a>) -> impl Iterator<Item = &'a Mark> + use<'a> {
    let trail = cx.investigation.trail_label();
    cx.investigation.marks.iter().filter(move |mark| mark.subject.sort() == sort && mark.trail == trail)
}

/// What was marked here as lines of inert text in the order of marking, each as it stands now where it still stands
/// here; the row under the cursor where nothing is marked.
fn copied(rows: &dyn Rows, row: Option<usize>, cx: &Ctx<'_>) -> Option<String> {
    let now = |mark: &Mark| (0..rows.len()).find(|row| rows.subject(*row).is_some_and(|subject| subject.is_same(&mark.subject)));
    let lines: Vec<String> = marks_here(rows.sort(), cx).map(|mark| now(mark).map_or_else(|| mark.line.clone(), |row| rows.line(row))).collect();
    if lines.is_empty() { row.map(|row| rows.line(row)) } else { Some(lines.join("\n")) }
}

/// Filters for or out what a row holds: at once where that is one thing, else after asking which.
fn narrow(values: Vec<values::Value>, is_for: bool, cx: &Ctx<'_>) -> Outcome {
    match <[values::Value; 1]>::try_from(values) {
        Ok([value]) => filtered(cx, value.filter, is_for),
        Err(values) if values.is_empty() => Outcome::Consumed(vec![Want::Say("no filter can tell these rows apart".to_owned())]),
        Err(values) => Outcome::Consumed(vec![Want::Layer(Box::new(values::Values::new(values, is_for)))]),
    }
}

/// The present filter and `more`, or all but `more`.
pub fn filtered(cx: &Ctx<'_>, more: Filter, is_for: bool) -> Outcome {
    let more = if is_for { more } else { more.negated() };
    let filter = cx.investigation.filter.clone().and(more);
    Outcome::msg(Msg::FilterSet { text: filter.to_string(), filter })
}

#[cfg(test)]
mod tests;
