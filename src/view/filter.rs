//! The filter prompt: plain words hide rows as they are typed; a condition (`source:10.0.0.0/8 and not user:svc_*`) goes
//! into every question when it is accepted.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Ctx, Outcome, View, Want};
use crate::investigation::{Action, Msg};
use crate::keymap::Mode;
use crate::query::Filter;
use crate::theme::Role;
use crate::widget::prompt::{Edit, Prompt};
use crate::widget::{popup, text};

/// The prompt.
pub struct FilterPrompt {
    prompt: Prompt,
    error: Option<String>,
}

/// What a typed filter is.
#[derive(Clone, PartialEq, Debug)]
pub enum Typed {
    /// Words that hide rows.
    Words(String),
    /// A condition for the questions.
    Condition(Filter),
    /// Neither: why.
    Wrong(String),
}

/// Tells words from conditions: whatever names a field or compares is a condition.
pub fn read(typed: &str) -> Typed {
    let typed = typed.trim();
    let compares = typed.contains([':', '<', '>', '"', '(']);
    if !compares {
        return Typed::Words(typed.to_owned());
    }
    match typed.parse::<Filter>() {
        Ok(filter) => Typed::Condition(filter),
        Err(error) => Typed::Wrong(error.to_string()),
    }
}

/// What an action does to typed text.
pub fn edit_of(action: Action) -> Option<Edit> {
    Some(match action {
        Action::Erase => Edit::Erase,
        Action::EraseNext => Edit::EraseNext,
        Action::EraseWord => Edit::EraseWord,
        Action::EraseToStart => Edit::EraseToStart,
        Action::EraseToEnd => Edit::EraseToEnd,
        Action::Left => Edit::Left,
        Action::Right => Edit::Right,
        Action::WordLeft => Edit::WordLeft,
        Action::WordRight => Edit::WordRight,
        Action::First => Edit::Start,
        Action::Last => Edit::End,
        _ => return None,
    })
}

impl FilterPrompt {
    /// The prompt over a page, holding what filters it now.
    pub fn new(words: &str, condition: &str) -> Self {
        Self { prompt: Prompt::with(if words.is_empty() { condition } else { words }), error: None }
    }

    fn changed(&mut self) -> Outcome {
        self.error = None;
        let words = match read(self.prompt.text()) {
            Typed::Words(words) => words,
            Typed::Condition(_) | Typed::Wrong(_) => String::new(),
        };
        Outcome::Consumed(vec![Want::Words(words)])
    }

    fn place(area: Rect) -> Rect {
        popup::place(area, area.width.min(90), 4)
    }
}

impl View for FilterPrompt {
    fn id(&self) -> &'static str {
        "filter"
    }

    fn mode(&self) -> Mode {
        Mode::Prompt
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let set = |text: &str, filter: Filter| Want::Msg(Msg::FilterSet { text: text.to_owned(), filter });
        match action {
            Action::Enter => match read(self.prompt.text()) {
                Typed::Words(words) => {
                    let mut wants = vec![Want::Close, Want::Words(words)];
                    // Emptying the prompt takes the condition away too: it was what the prompt held.
                    if self.prompt.text().trim().is_empty() && !cx.investigation.filter.is_everything() {
                        wants.push(set("", Filter::Everything));
                    }
                    Outcome::Consumed(wants)
                }
                Typed::Condition(filter) => Outcome::Consumed(vec![Want::Close, Want::Words(String::new()), set(self.prompt.text().trim(), filter)]),
                Typed::Wrong(error) => {
                    self.error = Some(error);
                    Outcome::done()
                }
            },
            Action::Back => Outcome::Consumed(vec![Want::Close, Want::Words(String::new())]),
            _ => match edit_of(action) {
                Some(edit) => {
                    self.prompt.edit(edit);
                    self.changed()
                }
                None => Outcome::Ignored,
            },
        }
    }

    fn typed(&mut self, character: char, _cx: &Ctx<'_>) -> Outcome {
        self.prompt.edit(Edit::Insert(character));
        self.changed()
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        // At the bottom: the rows that are being filtered must stay in sight.
        let place = Self::at_bottom(area);
        let inner = popup::frame("Filter: words, or a condition such as source:10.1.0.0/16", pen, place, buf);
        self.prompt.draw("/ ", pen, Rect { height: inner.height.min(1), ..inner }, buf);
        if let (Some(error), true) = (&self.error, inner.height > 1) {
            text::put(buf, inner, inner.x, inner.y.saturating_add(1), &text::cut(error, usize::from(inner.width), pen.glyphs), pen.style(Role::Error));
        }
    }

    fn cursor(&self, cx: &Ctx<'_>, area: Rect) -> Option<Position> {
        let inner = popup::inside(Self::at_bottom(area));
        self.prompt.draw("/ ", cx.pen, Rect { height: inner.height.min(1), ..inner }, &mut Buffer::empty(inner))
    }
}

impl FilterPrompt {
    fn at_bottom(area: Rect) -> Rect {
        let place = Self::place(area);
        Rect { y: area.bottom().saturating_sub(place.height), ..place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_conditions_and_mistakes() {
        assert_eq!(read(" filesrv 10.1 "), Typed::Words("filesrv 10.1".to_owned()));
        assert!(matches!(read("source:10.1.0.0/16"), Typed::Condition(filter) if !filter.is_everything()));
        assert!(matches!(read("colour:red"), Typed::Wrong(_)));
        assert_eq!(read(""), Typed::Words(String::new()));
    }
}
