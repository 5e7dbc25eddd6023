//! Text that somebody else wrote: every field of an event. It has no `Display`, so that it cannot be
//! drawn, logged or printed by accident; the one way out for people's eyes is [`Foreign::safe`].

use std::borrow::Borrow;
use std::fmt::{self, Write as _};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// Text out of an event, exactly as it was written there. Serialising keeps the exact text (JSON,
/// NDJSON and Parquet are evidence); people get [`Foreign::safe`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
// Most texts of events are short, and millions of them pass by: those need no memory of their own.
pub struct Foreign(CompactString);

impl Foreign {
    /// Wraps text as found in an event.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    /// The exact text, for evidence, comparison and exact exports; never for a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text made inert for one table cell.
    pub fn safe(&self) -> Safe {
        sanitize(&self.0, Limits::CELL)
    }

    /// The text made inert within `limits`.
    pub fn safe_within(&self, limits: Limits) -> Safe {
        sanitize(&self.0, limits)
    }
}

/// Dictionaries look texts up without making a `Foreign` first; it hashes and compares as its text.
impl Borrow<str> for Foreign {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Foreign {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Foreign {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Texts one after another as one: short ones take no memory of their own on the way.
impl<'a> FromIterator<&'a str> for Foreign {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        Self(texts.into_iter().collect())
    }
}

/// Even debug output goes through the sanitiser: it ends in logs and panics.
impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Foreign(\"{}\")", self.safe())
    }
}

/// How much of a foreign text may reach the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most graphemes kept; the rest is cut and marked with `…`.
    pub graphemes: usize,
    /// Most combining marks kept on one base character.
    pub marks: usize,
}

impl Limits {
    /// One cell of a table.
    pub const CELL: Self = Self { graphemes: 1024, marks: 4 };
    /// A detail view that shows one field in full.
    pub const DETAIL: Self = Self { graphemes: 256 * 1024, marks: 4 };
}

/// Inert text: no control, format, private-use or unassigned character is left in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Safe {
    text: String,
    marked: bool,
}

impl Safe {
    /// The text that may be drawn.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether something had to be made visible: an attacker who hides is itself a finding.
    pub fn is_marked(&self) -> bool {
        self.marked
    }

    /// The text as an owned string.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Makes `text` inert: whatever could steer, reorder, hide or flood becomes a visible `\u{202e}`.
pub fn sanitize(text: &str, limits: Limits) -> Safe {
    // Printable ASCII of ordinary length is the rule and needs no look at graphemes.
    if text.len() <= limits.graphemes && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Safe { text: text.to_owned(), marked: false };
    }
    let mut out = String::with_capacity(text.len().min(4 * limits.graphemes));
    let mut marked = false;
    for (count, grapheme) in text.graphemes(true).enumerate() {
        if count == limits.graphemes {
            out.push('…');
            marked = true;
            break;
        }
        let mut marks = 0;
        for (place, character) in grapheme.chars().enumerate() {
            if is_inert(character) {
                if place > 0 && character.width() == Some(0) {
                    marks += 1;
                    if marks > limits.marks {
                        marked = true;
                        continue;
                    }
                } else if place == 0 && character.width() == Some(0) {
                    // A mark without a base would sit on our own frame.
                    marked = true;
                    escape(&mut out, character);
                    continue;
                }
                out.push(character);
            } else {
                marked = true;
                escape(&mut out, character);
            }
        }
    }
    Safe { text: out, marked }
}

/// The text made inert for a cell of a spreadsheet, as a table shows it, so that a CSV may be read in a terminal too, with an
/// apostrophe before whatever begins like a formula (OWASP's list, the full-width twins too), looking behind leading blanks,
/// since spreadsheets do.
pub fn disarmed(text: &str) -> String {
    // A cell holds no line feed after that: there is but one beginning to look at.
    let safe = sanitize(text, Limits::DETAIL).into_string();
    let is_armed = safe.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '−']);
    if is_armed { format!("'{safe}") } else { safe }
}

fn escape(out: &mut String, character: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
}

/// Whether a character may be drawn as it is.
fn is_inert(character: char) -> bool {
    let code = u32::from(character);
    if character.is_control() {
        return false;
    }
    !matches!(code,
        0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 // soft hyphen, joiners, ALM, fillers
        | 0x180B..=0x180F // Mongolian selectors
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F // zero width, separators, bidi, invisible
        | 0x2800 | 0x3164 | 0xFFA0 // blanks that look like nothing
        | 0xE000..=0xF8FF // private use
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFF0..=0xFFFB | 0xFDD0..=0xFDEF // selectors, BOM, interlinear, noncharacters
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A // shorthand and musical format controls
        | 0xE0000..=0x10_FFFF // tags, selectors supplement, private planes
    ) && code & 0xFFFE != 0xFFFE
        && is_assigned(character)
}

/// Unassigned characters have no known width: the terminal and we could disagree about the columns.
/// The width table knows only assigned characters beyond the ones above as wide or narrow, so the
/// whole planes that hold nothing today are refused.
fn is_assigned(character: char) -> bool {
    !matches!(u32::from(character), 0x3_2000..=0xD_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        sanitize(text, Limits::CELL).into_string()
    }

    #[test]
    fn escape_sequences_become_visible_text() {
        assert_eq!(shown("\u{1b}[2Jroot"), "\\u{1b}[2Jroot");
        assert_eq!(shown("a\u{1b}]52;c;aGk=\u{7}b"), "a\\u{1b}]52;c;aGk=\\u{7}b");
        assert_eq!(shown("line\r\nnext\ttab"), "line\\u{d}\\u{a}next\\u{9}tab");
        assert_eq!(shown("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn bidi_zero_width_and_tags_become_visible_text() {
        for code in [0x061C, 0x200B, 0x200E, 0x202E, 0x2066, 0x2069, 0x2028, 0x2060, 0xFEFF, 0xFE0F, 0xE0041, 0xE0100, 0xE000, 0xFFF9] {
            let character = char::from_u32(code).expect("a scalar value");
            let safe = sanitize(&format!("x{character}y"), Limits::CELL);
            assert_eq!(safe.as_str(), format!("x\\u{{{code:x}}}y"));
            assert!(safe.is_marked());
        }
    }

    #[test]
    fn ordinary_text_of_any_script_stays() {
        for text in ["CORP\\kim", "Jürgen Groß", "管理者", "Администратор", "e\u{301}"] {
            assert_eq!(shown(text), text);
            assert!(!sanitize(text, Limits::CELL).is_marked());
        }
    }

    #[test]
    fn floods_are_cut_and_marked() {
        let zalgo = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(shown(&zalgo).chars().count(), 5);
        let long = sanitize(&"x".repeat(10_000), Limits::CELL);
        assert_eq!(long.as_str().chars().count(), 1025);
        assert!(long.is_marked() && long.as_str().ends_with('…'));
    }

    #[test]
    fn debug_is_inert_too() {
        assert_eq!(format!("{:?}", Foreign::from("\u{1b}[31m")), "Foreign(\"\\u{1b}[31m\")");
    }
}
