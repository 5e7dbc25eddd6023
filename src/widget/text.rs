//! Text in columns: display width, cutting, padding, marking what was cleaned, and putting it into cells.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::Glyphs;
use crate::domain::Safe;

/// At which end of its cell a text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// At the right: numbers.
    Right,
}

/// Columns that a text takes on the screen, by the measure with which cells are drawn.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { graphemes(text).map(|(_, width)| width).sum() }
}

/// The text, cut to `columns` with `…` where it is longer.
pub fn cut(text: &str, columns: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut left = columns - 1;
    for (grapheme, width) in graphemes(text) {
        if width > left {
            break;
        }
        left -= width;
        out.push_str(grapheme);
    }
    out.push_str(glyphs.ellipsis());
    Cow::Owned(out)
}

/// The end of the text, cut to `columns` with `…` before it where it is longer: paths and programs.
pub fn cut_start(text: &str, columns: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut left = columns - 1;
    let mut kept: Vec<&str> = Vec::new();
    for grapheme in text.graphemes(true).rev() {
        let width = cells(grapheme);
        if width > left {
            break;
        }
        left -= width;
        kept.push(grapheme);
    }
    kept.push(glyphs.ellipsis());
    Cow::Owned(kept.into_iter().rev().collect())
}

/// The text in exactly `columns` columns: cut or padded with spaces.
pub fn pad(text: &str, columns: usize, align: Align, glyphs: Glyphs) -> String {
    let text = cut(text, columns, glyphs);
    let space = " ".repeat(columns.saturating_sub(width(&text)));
    match align {
        Align::Left => format!("{text}{space}"),
        Align::Right => format!("{space}{text}"),
    }
}

/// Text out of an event as spans: what the sanitiser made visible (`\u{202e}`) stands in the style `cleaned`.
pub fn spans(safe: &Safe, base: Style, cleaned: Style) -> Vec<Span<'static>> {
    if !safe.is_marked() {
        return vec![Span::styled(safe.as_str().to_owned(), base)];
    }
    let mut spans = Vec::new();
    let mut rest = safe.as_str();
    while let Some((start, end)) = escape(rest) {
        let (before, from) = rest.split_at(start);
        let (mark, after) = from.split_at(end - start);
        if !before.is_empty() {
            spans.push(Span::styled(before.to_owned(), base));
        }
        spans.push(Span::styled(mark.to_owned(), cleaned));
        rest = after;
    }
    if let Some(kept) = rest.strip_suffix('…') {
        spans.push(Span::styled(kept.to_owned(), base));
        spans.push(Span::styled("…", cleaned));
    } else if !rest.is_empty() {
        spans.push(Span::styled(rest.to_owned(), base));
    }
    spans
}

/// Spans cut to `columns` with `…` in the style of what it cuts.
pub fn cut_spans<'a>(spans: Vec<Span<'a>>, columns: usize, glyphs: Glyphs) -> Vec<Span<'a>> {
    let total: usize = spans.iter().map(|span| width(&span.content)).sum();
    if total <= columns {
        return spans;
    }
    let mut left = columns;
    let mut out = Vec::new();
    let mut later = total;
    for span in spans {
        let wide = width(&span.content);
        later -= wide;
        // The last span that fits whole must still leave room for the mark of what comes after it.
        if wide < left || (wide == left && later == 0) {
            left -= wide;
            out.push(span);
            continue;
        }
        let content =
            if wide == left { cut(&format!("{}{}", span.content, " "), left, glyphs).into_owned() } else { cut(&span.content, left, glyphs).into_owned() };
        out.push(Span::styled(content, span.style));
        break;
    }
    out
}

/// Puts text at a place of `area`, never beyond it; the column after it. Nothing happens outside the buffer.
pub fn put(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return x;
    }
    buf.set_stringn(x, y, text, usize::from(area.right() - x), style).0
}

/// Puts spans at a place of `area`, never beyond it; the column after them.
pub fn put_spans(buf: &mut Buffer, area: Rect, x: u16, y: u16, spans: &[Span<'_>]) -> u16 {
    spans.iter().fold(x, |x, span| put(buf, area, x, y, &span.content, span.style))
}

/// Puts a line at the start of a row of `area`, cut with `…` where it is longer.
pub fn put_line(buf: &mut Buffer, area: Rect, y: u16, line: Line<'_>, glyphs: Glyphs) {
    let Line { style, spans, .. } = line;
    let spans = spans.into_iter().map(|span| Span { style: style.patch(span.style), ..span }).collect();
    put_spans(buf, area, area.x, y, &cut_spans(spans, usize::from(area.width), glyphs));
}

/// Puts text at the right end of a row of `area`; the column where it begins.
pub fn put_right(buf: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) -> u16 {
    let wide = u16::try_from(width(text)).unwrap_or(u16::MAX);
    let x = area.right().saturating_sub(wide).max(area.left());
    put(buf, area, x, y, text, style);
    x
}

/// Breaks text into lines of at most `columns`, between words where it can.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let wide = width(word);
            if used + wide <= columns {
                line.push_str(word);
                used += wide;
                continue;
            }
            if word.trim().is_empty() {
                // The break takes the place of the space.
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            for (grapheme, wide) in graphemes(word) {
                if used + wide > columns && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

fn graphemes(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|grapheme| (grapheme, cells(grapheme)))
}

/// Control characters are not drawn, so they take no room.
fn cells(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) }
}

/// The first `\u{…}` of a text: where it starts and ends, in bytes.
fn escape(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(start) = text.get(from..)?.find("\\u{").map(|at| from + at) {
        let digits = text.get(start + 3..)?;
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        if (1..=6).contains(&length) && digits.as_bytes().get(length) == Some(&b'}') {
            return Some((start, start + 3 + length + 1));
        }
        from = start + 3;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Modifier;

    use super::*;
    use crate::domain::Foreign;

    proptest! {
        #[test]
        fn cut_and_padded_text_fits(text in "\\PC{0,40}", columns in 0_usize..30) {
            prop_assert!(width(&cut(&text, columns, Glyphs::Unicode)) <= columns);
            prop_assert!(width(&cut_start(&text, columns, Glyphs::Unicode)) <= columns);
            prop_assert_eq!(width(&pad(&text, columns, Align::Right, Glyphs::Ascii)), columns);
            let spans = cut_spans(vec![Span::raw(text.clone()), Span::raw("end")], columns, Glyphs::Unicode);
            prop_assert!(spans.iter().map(|span| width(&span.content)).sum::<usize>() <= columns);
        }

        #[test]
        fn wrapped_text_fits_and_loses_no_letter(text in "[a-zé管 ]{0,60}", columns in 2_usize..20) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn wide_characters_are_never_halved() {
        assert_eq!(width("管理者"), 6);
        assert_eq!(cut("管理者", 5, Glyphs::Unicode), "管理…");
        assert_eq!(cut("管理者", 4, Glyphs::Unicode), "管…");
        assert_eq!(pad("管理者", 4, Align::Left, Glyphs::Unicode), "管… ");
        assert_eq!(cut_start("C:\\tools\\mstsc.exe", 10, Glyphs::Unicode), "…mstsc.exe");
        assert_eq!(cut("abcdef", 4, Glyphs::Ascii), "abc~");
        assert_eq!(cut("abc", 3, Glyphs::Unicode), "abc");
        assert_eq!(cut("abc", 0, Glyphs::Unicode), "");
    }

    #[test]
    fn what_was_cleaned_stands_out() {
        let cleaned = Style::new().add_modifier(Modifier::REVERSED);
        let found = |text: &str| -> Vec<(String, bool)> {
            spans(&Foreign::from(text).safe(), Style::new(), cleaned).into_iter().map(|span| (span.content.into_owned(), span.style == cleaned)).collect()
        };
        assert_eq!(found("kim"), [("kim".to_owned(), false)]);
        assert_eq!(found("a\u{202e}b"), [("a".to_owned(), false), ("\\u{202e}".to_owned(), true), ("b".to_owned(), false)]);
        assert_eq!(found("\\u{zz}\u{7}"), [("\\u{zz}".to_owned(), false), ("\\u{7}".to_owned(), true)]);
    }

    #[test]
    fn what_an_attacker_spells_out_is_not_taken_for_cleaned_unless_something_was() {
        let safe = Foreign::from("\\u{202e}").safe();
        assert_eq!(spans(&safe, Style::new(), Style::new().add_modifier(Modifier::BOLD)).len(), 1);
    }

    #[test]
    fn nothing_is_put_outside() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 4, 1));
        put(&mut buf, Rect::new(0, 0, 9, 9), 2, 0, "abcdef", Style::new());
        put(&mut buf, Rect::new(0, 0, 9, 9), 9, 9, "x", Style::new());
        put(&mut buf, Rect::new(0, 0, 2, 1), 2, 0, "x", Style::new());
        assert_eq!(buf, Buffer::with_lines(["  ab"]));
    }
}
