//! The help: every key that works here, from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, moved};
use crate::investigation::Action;
use crate::keymap::Mode;
use crate::keymap::help::{self, HelpLine};
use crate::theme::Role;
use crate::widget::{popup, text};

/// The popup.
pub struct Help {
    about: Mode,
    offset: usize,
}

impl Help {
    /// The help for the place with these keys.
    pub fn new(about: Mode) -> Self {
        Self { about, offset: 0 }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, 84, area.height)
    }
}

impl View for Help {
    fn id(&self) -> &'static str {
        "help"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Back, Action::PageDown, Action::PageUp]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let lines = help::help(cx.keymap, self.about).len();
        let page = usize::from(popup::inside(Self::frame(cx.area)).height);
        match moved(action, self.offset, lines.saturating_sub(page).saturating_add(1), page) {
            Some(offset) => {
                self.offset = offset;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let inner = popup::frame(&format!("Keys: {}", self.about.title().to_lowercase()), cx.pen, Self::frame(area), buf);
        let lines: Vec<Line<'_>> = help::help(cx.keymap, self.about).into_iter().map(|line| row(line, cx)).collect();
        popup::lines(&lines, self.offset, cx.pen, inner, buf);
    }
}

fn row(line: HelpLine, cx: &Ctx<'_>) -> Line<'static> {
    let pen = cx.pen;
    match line {
        HelpLine::Title(title) => Line::from(Span::styled(title, pen.style(Role::Title))),
        HelpLine::Keys { keys, action } => Line::from(vec![
            Span::styled(text::pad(&keys, 24, text::Align::Left, pen.glyphs), pen.style(Role::Key)),
            Span::styled(format!(" {}", action.doc()), pen.style(Role::Text)),
        ]),
    }
}
