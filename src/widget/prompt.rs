//! A line of typing: text and cursor, pure editing, drawing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::{Pen, text};
use crate::domain::{Foreign, Limits};
use crate::theme::Role;

/// Most bytes in a prompt; pasted floods are cut.
const MOST: usize = 4096;

/// What is typed so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prompt {
    text: String,
    /// In bytes, always between two graphemes.
    cursor: usize,
}

/// A way to change what is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// Put in a character; control characters are left out.
    Insert(char),
    /// Erase the character before the cursor.
    Erase,
    /// Erase the character under the cursor.
    EraseNext,
    /// Erase the word before the cursor.
    EraseWord,
    /// Erase everything before the cursor.
    EraseToStart,
    /// Erase everything from the cursor on.
    EraseToEnd,
    /// One character to the left.
    Left,
    /// One character to the right.
    Right,
    /// To the start of the word.
    WordLeft,
    /// Past the end of the word.
    WordRight,
    /// To the start.
    Start,
    /// To the end.
    End,
}

impl Prompt {
    /// A prompt that holds `text`, the cursor at its end.
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a paste: everything in it as if typed, but line breaks and tabs as spaces.
    pub fn paste(&mut self, pasted: &str) {
        let mut room = MOST.saturating_sub(self.text.len());
        let as_typed = |character: char| if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character };
        let fits = |character: &char| {
            let left = room.checked_sub(character.len_utf8());
            room = left.unwrap_or(0);
            left.is_some()
        };
        let taken: String = pasted.trim().chars().map(as_typed).filter(|character| !character.is_control()).take_while(fits).collect();
        self.text.insert_str(self.cursor, &taken);
        self.cursor = self.bound(self.cursor + taken.len());
    }

    /// Changes text and cursor.
    pub fn edit(&mut self, edit: Edit) {
        let end = self.text.len();
        match edit {
            Edit::Insert(character) => self.insert(character),
            Edit::Erase => self.erase(self.before(), self.cursor),
            Edit::EraseNext => self.erase(self.cursor, self.after()),
            Edit::EraseWord => self.erase(self.word_before(), self.cursor),
            Edit::EraseToStart => self.erase(0, self.cursor),
            Edit::EraseToEnd => self.erase(self.cursor, end),
            Edit::Left => self.cursor = self.before(),
            Edit::Right => self.cursor = self.after(),
            Edit::WordLeft => self.cursor = self.word_before(),
            Edit::WordRight => self.cursor = self.word_after(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = end,
        }
    }

    /// Draws `label` and the text, scrolled so that the cursor is seen; where the terminal's cursor goes.
    pub fn draw(&self, label: &str, pen: Pen<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        let label = text::cut(label, usize::from(area.width.saturating_sub(2)), pen.glyphs);
        let x = text::put(buf, area, area.x, area.y, &label, pen.style(Role::Muted));
        let room = usize::from(area.right() - x).saturating_sub(1);
        // A paste may come out of an event.
        let (before, after) = self.halves();
        let [before, after] = [before, after].map(|half| Foreign::from(half).safe_within(Limits::DETAIL).into_string());
        // The end of what stands before the cursor, and what fits behind it.
        let before = text::cut_start(&before, room, pen.glyphs);
        let cursor = text::put(buf, area, x, area.y, &before, pen.style(Role::Prompt));
        text::put(buf, area, cursor, area.y, &text::cut(&after, usize::from(area.right().saturating_sub(cursor)), pen.glyphs), pen.style(Role::Prompt));
        Some(Position { x: cursor.min(area.right() - 1), y: area.y })
    }

    fn halves(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    fn insert(&mut self, character: char) {
        if character.is_control() || self.text.len() + character.len_utf8() > MOST {
            return;
        }
        self.text.insert(self.cursor, character);
        // A combining mark may have joined what follows.
        self.cursor = self.bound(self.cursor + character.len_utf8());
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        // What stood apart may have joined.
        self.cursor = self.bound(from);
    }

    /// The first place between two graphemes from `at` on.
    fn bound(&self, at: usize) -> usize {
        self.text.grapheme_indices(true).map(|(bound, _)| bound).find(|bound| *bound >= at).unwrap_or(self.text.len())
    }

    fn before(&self) -> usize {
        self.halves().0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.halves().1.graphemes(true).next().map_or(0, str::len)
    }

    /// Words end at spaces and at what parts addresses, paths and fields.
    fn word_before(&self) -> usize {
        let (before, _) = self.halves();
        let trimmed = before.trim_end_matches(is_between);
        let start = trimmed.rfind(is_between).and_then(|at| trimmed.get(at..)?.chars().next().map(|found| at + found.len_utf8())).unwrap_or(0);
        self.bound(start)
    }

    fn word_after(&self) -> usize {
        let (_, after) = self.halves();
        let word = after.trim_start_matches(is_between);
        let skipped = after.len() - word.len();
        self.bound(self.cursor + skipped + word.find(is_between).unwrap_or(word.len()))
    }
}

fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, '.' | '/' | '\\' | ':' | ',' | '=' | '(' | ')' | '"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    /// `|` stands for the cursor.
    fn shown(prompt: &Prompt) -> String {
        let (before, after) = prompt.halves();
        format!("{before}|{after}")
    }

    fn after(text: &str, edits: &[Edit]) -> String {
        let mut prompt = Prompt::with(text);
        edits.iter().for_each(|edit| prompt.edit(*edit));
        shown(&prompt)
    }

    #[test]
    fn editing() {
        use Edit::*;
        assert_eq!(after("", &[Insert('a'), Insert('\u{1b}'), Insert('b')]), "ab|");
        assert_eq!(after("abc", &[Left, Erase]), "a|c");
        assert_eq!(after("abc", &[Start, EraseNext, Right]), "b|c");
        assert_eq!(after("source.ip: 10.0.0.5", &[EraseWord]), "source.ip: 10.0.0.|");
        assert_eq!(after("source.ip: 10", &[EraseWord, EraseWord]), "source.|");
        assert_eq!(after("one two", &[WordLeft, EraseToStart]), "|two");
        assert_eq!(after("one two", &[WordLeft, EraseToEnd]), "one |");
        assert_eq!(after("one two", &[Start, WordRight]), "one| two");
        assert_eq!(after("one two", &[Start, WordRight, WordRight, WordRight]), "one two|");
        assert_eq!(after("über", &[Start, Right, Erase]), "|ber");
        assert_eq!(after("e\u{301}x", &[Left, Erase]), "|x", "a letter with its marks is one");
        assert_eq!(after(" \u{301}", &[WordLeft]), " \u{301}|", "a mark on a space is no word");
        assert_eq!(after("", &[Erase, EraseNext, EraseWord, WordLeft, WordRight, Left, Right]), "|");
    }

    #[test]
    fn pastes_become_one_line() {
        let mut prompt = Prompt::default();
        prompt.paste("10.0.0.5\r\nrm -rf\u{7}\n");
        assert_eq!(prompt.text(), "10.0.0.5  rm -rf");
        prompt.paste(&"x".repeat(10_000));
        assert_eq!(prompt.text().len(), MOST);
    }

    #[test]
    fn the_cursor_is_always_seen() {
        let mut prompt = Prompt::with("source.ip: 10.20.66.12");
        let draw = |prompt: &Prompt, width| {
            drawn(width, 1, Glyphs::Unicode, |pen, area, buf| {
                prompt.draw("filter: ", pen, area, buf);
            })
        };
        insta::assert_snapshot!("prompt", draw(&prompt, 40));
        assert_eq!(draw(&prompt, 20).lines().next(), Some("filter: …0.20.66.12"));
        prompt.edit(Edit::Start);
        assert_eq!(draw(&prompt, 20).lines().next(), Some("filter: source.ip: …"));
        survives(|pen, area, buf| {
            prompt.draw("filter: ", pen, area, buf);
        });
    }

    #[test]
    fn a_paste_out_of_an_event_is_drawn_inert() {
        let mut prompt = Prompt::default();
        prompt.paste("kim\u{202e}exe");
        let shown = drawn(30, 1, Glyphs::Unicode, |pen, area, buf| {
            prompt.draw("", pen, area, buf);
        });
        assert_eq!(shown.lines().next(), Some("kim\\u{202e}exe"));
        assert_eq!(prompt.text(), "kim\u{202e}exe", "what is asked stays exact");
    }

    fn any_edit() -> impl Strategy<Value = Edit> {
        use Edit::*;
        prop_oneof![
            any::<char>().prop_map(Insert),
            proptest::sample::select(vec![Insert('\u{301}'), Insert('\u{200d}'), Insert('管'), Insert(' '), Insert('.')]),
            proptest::sample::select(vec![Erase, EraseNext, EraseWord, EraseToStart, EraseToEnd, Left, Right, WordLeft, WordRight, Start, End]),
        ]
    }

    proptest! {
        #[test]
        fn the_cursor_stays_between_graphemes_and_on_the_screen(edits in proptest::collection::vec(any_edit(), 0..40), width in 0_u16..20) {
            let mut prompt = Prompt::default();
            for edit in edits {
                prompt.edit(edit);
                let bounds: Vec<usize> = prompt.text.grapheme_indices(true).map(|(at, _)| at).chain([prompt.text.len()]).collect();
                prop_assert!(bounds.contains(&prompt.cursor), "{:?}", shown(&prompt));
            }
            let area = Rect::new(0, 0, width, 1);
            let theme = crate::theme::probe::probe();
            let at = prompt.draw("x ", Pen { theme: &theme, glyphs: Glyphs::Unicode }, area, &mut Buffer::empty(area));
            prop_assert!(at.is_none_or(|at| area.contains(at)));
        }
    }
}
