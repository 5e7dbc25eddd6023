//! The query view: the questions behind what is shown, as the backend would put them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved};
use crate::domain::{Limits, foreign};
use crate::investigation::{Action, Effect};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{popup, text};

/// The popup.
#[derive(Default)]
pub struct QueryText {
    offset: usize,
}

/// The questions in the backend's words, every line made inert.
fn lines(cx: &Ctx<'_>) -> Vec<String> {
    let Some(wording) = cx.wording else { return Vec::new() };
    let mut lines: Vec<String> =
        cx.investigation.live_words().iter().map(|line| foreign::sanitize(&format!("# {line}"), Limits::DETAIL).into_string()).collect();
    for ask in cx.investigation.shown_asks() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wording(ask).lines().map(|line| foreign::sanitize(line, Limits::DETAIL).into_string()));
    }
    lines
}

/// The same, broken where the frame ends: a question is read whole. What is copied is not broken.
fn wrapped(cx: &Ctx<'_>, inner: Rect) -> Vec<String> {
    lines(cx).iter().flat_map(|line| text::wrap(line, usize::from(inner.width))).collect()
}

impl QueryText {
    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(120), area.height.saturating_sub(2))
    }
}

impl View for QueryText {
    fn id(&self) -> &'static str {
        "query"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Copy, Action::Back, Action::PageDown, Action::PageUp]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        if action == Action::Copy {
            return Outcome::Consumed(vec![Want::Effect(Effect::Copy(lines(cx).join("\n")))]);
        }
        let inner = popup::inside(Self::frame(cx.area));
        let page = usize::from(inner.height);
        match moved(action, self.offset, wrapped(cx, inner).len().saturating_sub(page).saturating_add(1), page) {
            Some(offset) => {
                self.offset = offset;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Asked, ready to paste", pen, Self::frame(area), buf);
        let lines = wrapped(cx, inner);
        let lines: Vec<Line<'_>> = if lines.is_empty() {
            vec![Line::from(Span::styled("nothing has been asked for this yet", pen.style(Role::Muted)))]
        } else {
            lines.into_iter().map(|line| Line::from(Span::styled(line, pen.style(Role::Text)))).collect()
        };
        popup::lines(&lines, self.offset, pen, inner, buf);
    }
}
