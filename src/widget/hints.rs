//! The footer: keys in words and what they do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, text};
use crate::theme::Role;

/// Columns between two hints.
const GAP: u16 = 2;

/// Draws pairs of key and word in one row; what does not fit whole is left out. The column after them.
pub fn draw<'h>(hints: impl IntoIterator<Item = (&'h str, &'h str)>, pen: Pen<'_>, area: Rect, buf: &mut Buffer) -> u16 {
    buf.set_style(Rect { height: area.height.min(1), ..area }, pen.style(Role::Footer));
    let mut x = area.x;
    let mut end = x;
    for (key, word) in hints {
        let wide = u16::try_from(text::width(key) + 1 + text::width(word)).unwrap_or(u16::MAX);
        if x.saturating_add(wide) > area.right() {
            break;
        }
        let after = text::put(buf, area, x, area.y, key, pen.style(Role::Key));
        end = text::put(buf, area, after.saturating_add(1), area.y, word, pen.style(Role::Hint));
        x = end.saturating_add(GAP);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    #[test]
    fn only_whole_hints() {
        let hints = [("Enter", "open"), ("/", "filter"), ("?", "help")];
        let shown = |width| {
            drawn(width, 1, Glyphs::Unicode, |pen, area, buf| {
                draw(hints, pen, area, buf);
            })
        };
        insta::assert_snapshot!("hints", shown(30));
        assert_eq!(shown(25).lines().next(), Some("Enter open  / filter"));
        assert_eq!(shown(9).lines().next(), Some(""));
        survives(|pen, area, buf| {
            draw(hints, pen, area, buf);
        });
    }
}
