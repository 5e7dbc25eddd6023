//! The popup of values: what of a row is to be filtered for or out, where a row holds several.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::filtered;
use crate::investigation::Action;
use crate::keymap::Mode;
use crate::query::Filter;
use crate::theme::Role;
use crate::view::{Ctx, Outcome, View, Want, moved};
use crate::widget::{popup, table, text};

/// Something a row can be filtered for.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is, in a word.
    pub name: &'static str,
    /// It, as inert text.
    pub text: String,
    /// The condition that an event has it.
    pub filter: Filter,
}

/// The popup.
pub struct Values {
    values: Vec<Value>,
    selected: usize,
    is_for: bool,
}

impl Values {
    /// A choice among the values of a row.
    pub fn new(values: Vec<Value>, is_for: bool) -> Self {
        Self { values, selected: 0, is_for }
    }

    fn frame(&self, area: Rect) -> Rect {
        popup::place(area, 64, u16::try_from(self.values.len()).unwrap_or(u16::MAX).saturating_add(2))
    }
}

impl View for Values {
    fn id(&self) -> &'static str {
        "values"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let digit = action.tab().map(|number| number.saturating_sub(1));
        if let Some(chosen) = digit.or((action == Action::Enter).then_some(self.selected)) {
            let Some(value) = self.values.get(chosen) else { return Outcome::done() };
            let mut wants = vec![Want::Close];
            if let Outcome::Consumed(more) = filtered(cx, value.filter.clone(), self.is_for) {
                wants.extend(more);
            }
            return Outcome::Consumed(wants);
        }
        match moved(action, self.selected, self.values.len(), self.values.len()) {
            Some(selected) => {
                self.selected = selected;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let title = if self.is_for { "Keep only" } else { "Leave out" };
        let inner = popup::frame(title, pen, self.frame(area), buf);
        let items: Vec<Line<'_>> = self
            .values
            .iter()
            .zip(1..)
            .map(|(value, number)| {
                Line::from(vec![
                    Span::styled(format!("{number} "), pen.style(Role::Key)),
                    Span::styled(format!("{:<13}", value.name), pen.style(Role::Muted)),
                    Span::styled(text::cut(&value.text, usize::from(inner.width.saturating_sub(15)), pen.glyphs).into_owned(), pen.style(Role::Text)),
                ])
            })
            .collect();
        popup::list(&items, self.selected, table::window(self.selected, 0, usize::from(inner.height)), pen, inner, buf);
    }
}
