//! The palette: commands by name.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, filter, moved};
use crate::investigation::Action;
use crate::keymap::{Mode, palette};
use crate::theme::Role;
use crate::widget::prompt::{Edit, Prompt};
use crate::widget::{popup, table, text};

/// The popup.
pub struct Palette {
    about: Mode,
    prompt: Prompt,
    selected: usize,
}

impl Palette {
    /// The commands for the place with these keys.
    pub fn new(about: Mode) -> Self {
        Self { about, prompt: Prompt::default(), selected: 0 }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, 76, 18)
    }
}

impl View for Palette {
    fn id(&self) -> &'static str {
        "palette"
    }

    fn mode(&self) -> Mode {
        Mode::Prompt
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let entries = palette::search(cx.keymap, self.about, self.prompt.text());
        match action {
            Action::Enter => match entries.get(self.selected) {
                Some(entry) => Outcome::Consumed(vec![Want::Close, Want::Act(entry.action)]),
                None => Outcome::done(),
            },
            Action::Up | Action::Down | Action::PageUp | Action::PageDown => {
                self.selected = moved(action, self.selected, entries.len(), 10).unwrap_or_default();
                Outcome::done()
            }
            _ => match filter::edit_of(action) {
                Some(edit) => {
                    self.prompt.edit(edit);
                    self.selected = 0;
                    Outcome::done()
                }
                None => Outcome::Ignored,
            },
        }
    }

    fn typed(&mut self, character: char, _cx: &Ctx<'_>) -> Outcome {
        self.prompt.edit(Edit::Insert(character));
        self.selected = 0;
        Outcome::done()
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Commands", pen, Self::frame(area), buf);
        self.prompt.draw(": ", pen, Rect { height: inner.height.min(1), ..inner }, buf);
        let list = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner };
        let items: Vec<Line<'_>> = palette::search(cx.keymap, self.about, self.prompt.text()).into_iter().map(|entry| item(&entry, cx)).collect();
        if items.is_empty() {
            text::put(buf, list, list.x, list.y, "no command is called so", pen.style(Role::Muted));
        }
        let offset = table::window(self.selected, 0, usize::from(list.height));
        popup::list(&items, self.selected, offset, pen, list, buf);
    }

    fn cursor(&self, cx: &Ctx<'_>, area: Rect) -> Option<Position> {
        let inner = popup::inside(Self::frame(area));
        self.prompt.draw(": ", cx.pen, Rect { height: inner.height.min(1), ..inner }, &mut Buffer::empty(inner))
    }
}

fn item(entry: &palette::Entry, cx: &Ctx<'_>) -> Line<'static> {
    let pen = cx.pen;
    let name = entry.action.name();
    let mut spans: Vec<Span<'static>> = name
        .chars()
        .zip(0_u32..)
        .map(|(character, place)| Span::styled(character.to_string(), pen.style(if entry.hits.contains(&place) { Role::Found } else { Role::Strong })))
        .collect();
    spans.push(Span::raw(" ".repeat(18_usize.saturating_sub(text::width(name)).saturating_add(1))));
    spans.push(Span::styled(text::pad(&entry.key, 10, text::Align::Left, pen.glyphs), pen.style(Role::Key)));
    spans.push(Span::styled(format!(" {}", entry.action.doc()), pen.style(Role::Text)));
    Line::from(spans)
}
