//! The characters that drawing uses, for terminals with Unicode and without. No Braille: too many fonts lack it.

use ratatui::buffer::Buffer;

/// Which characters the terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Glyphs {
    /// Box drawing and block elements.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

impl Glyphs {
    const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// The mark of cut text; one column.
    pub const fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    /// The mark in the gutter of the row under the cursor.
    pub const fn cursor(self) -> &'static str {
        self.pick("▌", ">")
    }

    /// The mark of a marked row.
    pub const fn marked(self) -> &'static str {
        self.pick("•", "*")
    }

    /// The mark of a column sorted upwards.
    pub const fn ascending(self) -> &'static str {
        self.pick("↑", "^")
    }

    /// The mark of a column sorted downwards.
    pub const fn descending(self) -> &'static str {
        self.pick("↓", "v")
    }

    /// The mark before a badge of a live view.
    pub const fn live(self) -> &'static str {
        self.pick("●", "*")
    }

    /// A rung that events show was reached.
    pub const fn rung(self) -> &'static str {
        self.pick("■", "#")
    }

    /// A rung that must have been reached, for a higher one was.
    pub const fn rung_implied(self) -> &'static str {
        self.pick("□", "+")
    }

    /// What got through.
    pub const fn passed(self) -> &'static str {
        self.pick("✓", "v")
    }

    /// What was refused.
    pub const fn refused(self) -> &'static str {
        self.pick("×", "x")
    }

    /// What was refused and then got through.
    pub const fn passed_after(self) -> &'static str {
        self.pick("±", "!")
    }

    /// What no event here could show.
    pub const fn unseen(self) -> &'static str {
        "?"
    }

    /// A branch of a tree.
    pub const fn branch(self) -> &'static str {
        self.pick("└ ", "` ")
    }

    /// A horizontal rule.
    pub const fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    /// A vertical rule.
    pub const fn wall(self) -> &'static str {
        self.pick("│", "|")
    }

    /// A y axis where a label stands.
    pub const fn tick(self) -> &'static str {
        self.pick("┤", "+")
    }

    /// Where the axes meet.
    pub const fn origin(self) -> &'static str {
        self.pick("┴", "+")
    }

    /// A bucket that nothing reached.
    pub const fn empty(self) -> &'static str {
        self.pick("·", ".")
    }

    /// A bucket that events raised after it was over.
    pub const fn late(self) -> &'static str {
        self.pick("↑", "^")
    }

    /// What shows only together with the buckets before.
    pub const fn several(self) -> &'static str {
        "+"
    }

    /// A bucket for which there is no data.
    pub const fn gap(self) -> &'static str {
        self.pick("×", "x")
    }

    /// A full cell of known sources.
    pub const fn known_bar(self) -> &'static str {
        self.pick("█", "#")
    }

    /// A full cell of new sources.
    pub const fn new_bar(self) -> &'static str {
        self.pick("▓", "%")
    }

    /// The most that chance explains.
    pub const fn upper(self) -> &'static str {
        self.pick("┄", "-")
    }

    /// The count of a week before.
    pub const fn before(self) -> &'static str {
        self.pick("◦", "o")
    }

    /// The typical count.
    pub const fn typical(self) -> &'static str {
        self.pick("╌", "~")
    }

    /// A cell filled from below by this many eighths, 1 to 8; more is full. For bars.
    pub const fn eighths(self, eighths: u8) -> &'static str {
        match (self, eighths) {
            (Self::Unicode, 0) => " ",
            (Self::Unicode, 1) => "▁",
            (Self::Unicode, 2) => "▂",
            (Self::Unicode, 3) => "▃",
            (Self::Unicode, 4) => "▄",
            (Self::Unicode, 5) => "▅",
            (Self::Unicode, 6) => "▆",
            (Self::Unicode, 7) => "▇",
            (Self::Unicode, _) => "█",
            (Self::Ascii, 0) => " ",
            (Self::Ascii, 1..=2) => "_",
            (Self::Ascii, 3..=5) => "=",
            (Self::Ascii, _) => "#",
        }
    }

    /// A shade of this many eighths, 1 to 8; more is full. For lanes.
    pub const fn shade(self, eighths: u8) -> &'static str {
        match (self, eighths) {
            (Self::Unicode, _) => self.eighths(eighths),
            (Self::Ascii, 0) => " ",
            (Self::Ascii, 1) => ":",
            (Self::Ascii, 2) => "-",
            (Self::Ascii, 3) => "=",
            (Self::Ascii, 4) => "+",
            (Self::Ascii, 5) => "*",
            (Self::Ascii, 6) => "#",
            (Self::Ascii, 7) => "%",
            (Self::Ascii, _) => "@",
        }
    }

    /// The done and the open part of a gauge.
    pub const fn gauge(self) -> (&'static str, &'static str) {
        match self {
            Self::Unicode => ("█", "░"),
            Self::Ascii => ("#", "."),
        }
    }

    /// The corners of a frame: top left, top right, bottom left, bottom right.
    pub const fn corners(self) -> [&'static str; 4] {
        match self {
            Self::Unicode => ["┌", "┐", "└", "┘"],
            Self::Ascii => ["+"; 4],
        }
    }

    /// Takes what the terminal cannot show out of a finished screen. Without Unicode every cell that is not
    /// ASCII becomes `?`: on an 8-bit terminal a byte of UTF-8 can be a control character (`Û` ends in 0x9B, CSI).
    pub fn confine(self, buf: &mut Buffer) {
        if self == Self::Unicode {
            return;
        }
        for cell in &mut buf.content {
            if !cell.symbol().is_ascii() {
                cell.set_symbol("?");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn without_unicode_no_byte_above_ascii_reaches_the_terminal() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        buf.set_string(0, 0, "aÛ管b…", Style::new());
        let mut whole = buf.clone();
        Glyphs::Unicode.confine(&mut whole);
        assert_eq!(whole, buf);
        Glyphs::Ascii.confine(&mut buf);
        assert_eq!(buf, Buffer::with_lines(["a?? b?  "]));
    }

    #[test]
    fn the_ascii_set_is_ascii_and_each_sign_is_one_column() {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let mut all = vec![
                glyphs.ellipsis(),
                glyphs.cursor(),
                glyphs.marked(),
                glyphs.ascending(),
                glyphs.descending(),
                glyphs.live(),
                glyphs.rule(),
                glyphs.wall(),
                glyphs.tick(),
                glyphs.origin(),
                glyphs.empty(),
                glyphs.gap(),
                glyphs.known_bar(),
                glyphs.new_bar(),
                glyphs.upper(),
                glyphs.typical(),
                glyphs.gauge().0,
                glyphs.gauge().1,
            ];
            all.extend(glyphs.corners());
            all.extend((0..=9).flat_map(|eighths| [glyphs.eighths(eighths), glyphs.shade(eighths)]));
            for sign in all {
                assert_eq!(super::super::text::width(sign), 1, "{sign}");
                assert!(glyphs == Glyphs::Unicode || sign.is_ascii(), "{sign}");
            }
        }
    }
}
