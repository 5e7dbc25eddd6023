//! The popup of time ranges.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved};
use crate::investigation::{Action, Msg, Period};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{axis, popup, table};

/// The popup.
pub struct Periods {
    selected: usize,
}

impl Periods {
    /// The popup, standing on the range that is shown now.
    pub fn new(shown: Period) -> Self {
        Self { selected: Period::QUICK.iter().position(|period| *period == shown).unwrap_or(2) }
    }

    fn frame(area: Rect) -> Rect {
        let height = u16::try_from(Period::QUICK.len()).unwrap_or(u16::MAX).saturating_add(2);
        popup::place(area, 54, height)
    }
}

impl View for Periods {
    fn id(&self) -> &'static str {
        "period"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Back]
    }

    fn act(&mut self, action: Action, _cx: &Ctx<'_>) -> Outcome {
        // The digits stand for the lines.
        let chosen = action.tab().map(|number| number.saturating_sub(1)).or((action == Action::Enter).then_some(self.selected));
        if let Some(chosen) = chosen {
            return match Period::QUICK.get(chosen) {
                Some(period) => Outcome::Consumed(vec![Want::Close, Want::Msg(Msg::PeriodChosen(*period))]),
                None => Outcome::done(),
            };
        }
        match moved(action, self.selected, Period::QUICK.len(), Period::QUICK.len()) {
            Some(selected) => {
                self.selected = selected;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let state = cx.investigation;
        let inner = popup::frame("Time range", pen, Self::frame(area), buf);
        let items: Vec<Line<'_>> = Period::QUICK
            .iter()
            .zip(1..)
            .map(|(period, number)| {
                let range = period.range(state.now, state.extent(), state.size);
                Line::from(vec![
                    Span::styled(format!("{number} "), pen.style(Role::Key)),
                    Span::styled(format!("{:<10}", period.name()), pen.style(Role::Strong)),
                    Span::styled(format!("{} to {}", axis::moment(range.from, &state.zone), axis::moment(range.to, &state.zone)), pen.style(Role::Muted)),
                ])
            })
            .collect();
        let offset = table::window(self.selected, 0, usize::from(inner.height));
        popup::list(&items, self.selected, offset, pen, inner, buf);
    }
}
