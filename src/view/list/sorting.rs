//! The popup of orders: every column a table can be sorted by.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Rows;
use crate::investigation::Action;
use crate::keymap::Mode;
use crate::theme::Role;
use crate::view::{Ctx, Outcome, View, Want, moved};
use crate::widget::table::{self, Direction};
use crate::widget::text::Align;
use crate::widget::{popup, text};

/// An order that can be chosen.
struct Choice {
    said: String,
    sort: Option<(usize, Direction)>,
}

/// The popup.
pub struct Sorting {
    choices: Vec<Choice>,
    selected: usize,
    chosen: Option<(usize, Direction)>,
}

impl Sorting {
    /// The orders of these rows, standing on the one that holds.
    pub fn new(rows: &dyn Rows, chosen: Option<(usize, Direction)>) -> Self {
        let columns = rows.columns(u16::MAX / 2, &[]);
        let mut choices = vec![Choice { said: rows.order().to_owned(), sort: None }];
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| !column.title.is_empty()) {
            // Of figures the largest matter, texts and times are looked up from their beginning.
            let direction = if column.align == Align::Right { Direction::Descending } else { Direction::Ascending };
            choices.push(Choice { said: column.title.to_owned(), sort: Some((place, direction)) });
        }
        let selected = chosen.and_then(|(column, _)| choices.iter().position(|choice| choice.sort.is_some_and(|(place, _)| place == column))).unwrap_or(0);
        Self { choices, selected, chosen }
    }

    fn frame(&self, area: Rect) -> Rect {
        popup::place(area, 50, u16::try_from(self.choices.len()).unwrap_or(u16::MAX).saturating_add(2))
    }

    /// The same column once more turns it around.
    fn sort(&self, choice: &Choice) -> Option<(usize, Direction)> {
        match (choice.sort, self.chosen) {
            (Some((column, _)), Some((known, direction))) if column == known => Some((column, direction.turned())),
            (sort, _) => sort,
        }
    }
}

impl View for Sorting {
    fn id(&self) -> &'static str {
        "sorting"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        // The digits stand for the lines, and the key that opened the popup goes on to the next.
        let digit = action.tab().map(|number| number.saturating_sub(1));
        if let Some(chosen) = digit.or((action == Action::Enter).then_some(self.selected)) {
            return match self.choices.get(chosen) {
                Some(choice) => Outcome::Consumed(vec![Want::Close, Want::Sort(self.sort(choice)), Want::Say(format!("sorted by {}", choice.said))]),
                None => Outcome::done(),
            };
        }
        if action == Action::Sort {
            self.selected = if self.selected.saturating_add(1) < self.choices.len() { self.selected.saturating_add(1) } else { 0 };
            return Outcome::done();
        }
        match moved(action, self.selected, self.choices.len(), usize::from(self.frame(cx.area).height)) {
            Some(selected) => {
                self.selected = selected;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Sort by", pen, self.frame(area), buf);
        let items: Vec<Line<'_>> = self
            .choices
            .iter()
            .zip(1..)
            .map(|(choice, number)| {
                let (mark, way) = match self.chosen.filter(|(column, _)| choice.sort.is_some_and(|(place, _)| place == *column)) {
                    Some((_, Direction::Ascending)) => (pen.glyphs.ascending(), "  again turns it around"),
                    Some((_, Direction::Descending)) => (pen.glyphs.descending(), "  again turns it around"),
                    None => ("", ""),
                };
                let digit = if number < 10 { format!("{number} ") } else { "  ".to_owned() };
                Line::from(vec![
                    Span::styled(digit, pen.style(Role::Key)),
                    Span::styled(text::cut(&format!("{}{mark}", choice.said), usize::from(inner.width), pen.glyphs).into_owned(), pen.style(Role::Text)),
                    Span::styled(way, pen.style(Role::Muted)),
                ])
            })
            .collect();
        popup::list(&items, self.selected, table::window(self.selected, 0, usize::from(inner.height)), pen, inner, buf);
    }
}
