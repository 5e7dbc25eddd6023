//! A line of typing: text and cursor, pure editing, drawing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::{Pen, text};
use crate::theme::Role;

/// Most graphemes in a prompt; pasted floods are cut.
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
        for character in pasted.trim().chars() {
            self.edit(Edit::Insert(if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character }));
        }
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
        let (before, after) = self.halves();
        // The end of what stands before the cursor, and what fits behind it.
        let before = text::cut_start(before, room, pen.glyphs);
        let cursor = text::put(buf, area, x, area.y, &before, pen.style(Role::Prompt));
        text::put(buf, area, cursor, area.y, &text::cut(after, usize::from(area.right().saturating_sub(cursor)), pen.glyphs), pen.style(Role::Prompt));
        Some(Position { x: cursor.min(area.right() - 1), y: area.y })
    }

    fn halves(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    fn insert(&mut self, character: char) {
        if character.is_control() || self.text.graphemes(true).count() >= MOST {
            return;
        }
        self.text.insert(self.cursor, character);
        let typed = self.cursor + character.len_utf8();
        // A combining mark may have joined what follows: the cursor stays between graphemes.
        self.cursor = self.text.grapheme_indices(true).map(|(at, _)| at).find(|at| *at >= typed).unwrap_or(self.text.len());
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = self.text.grapheme_indices(true).map(|(at, _)| at).find(|at| *at >= from).unwrap_or(self.text.len());
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
        trimmed.rfind(is_between).and_then(|at| trimmed.get(at..)?.chars().next().map(|found| at + found.len_utf8())).unwrap_or(0)
    }

    fn word_after(&self) -> usize {
        let (_, after) = self.halves();
        let word = after.trim_start_matches(is_between);
        let skipped = after.len() - word.len();
        self.cursor + skipped + word.find(is_between).unwrap_or(word.len())
    }
}

fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, '.' | '/' | '\\' | ':' | ',' | '=' | '(' | ')' | '"')
}
