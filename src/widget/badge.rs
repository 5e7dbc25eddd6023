//! Badges: what the picture is worth, at the right end of the header.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, text};
use crate::theme::Role;

/// A word or two in a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Badge<'a> {
    /// What it says.
    pub text: Cow<'a, str>,
    /// How it looks.
    pub role: Role,
}

impl<'a> Badge<'a> {
    /// A badge.
    pub fn new(role: Role, text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), role }
    }
}

/// Columns between two badges.
const GAP: u16 = 2;

/// Columns that badges take together.
pub fn width(badges: &[Badge<'_>]) -> usize {
    badges.iter().map(|badge| text::width(&badge.text)).sum::<usize>().saturating_add(usize::from(GAP).saturating_mul(badges.len().saturating_sub(1)))
}

/// Draws badges at the right end of a row, the first the most needed: what does not fit is left out from the
/// end. They stand in the order given. The column where they begin.
pub fn draw(badges: &[Badge<'_>], pen: Pen<'_>, area: Rect, buf: &mut Buffer) -> u16 {
    let wide = |badge: &Badge<'_>| u16::try_from(text::width(&badge.text)).unwrap_or(u16::MAX);
    let mut shown = 0;
    let mut used: u16 = 0;
    for badge in badges {
        let more = wide(badge).saturating_add(if shown > 0 { GAP } else { 0 });
        if used.saturating_add(more) > area.width {
            break;
        }
        used += more;
        shown += 1;
    }
    let start = area.right().saturating_sub(used);
    let mut x = start;
    for badge in badges.iter().take(shown) {
        x = text::put(buf, area, x, area.y, &badge.text, pen.style(badge.role)).saturating_add(GAP);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    #[test]
    fn the_first_badges_are_the_last_to_go() {
        let badges = [Badge::new(Role::BadgePartial, "PARTIAL 3/5 shards"), Badge::new(Role::BadgePaused, "PAUSED 12:31"), Badge::new(Role::Muted, "UTC")];
        let shown = |width| {
            drawn(width, 1, Glyphs::Unicode, |pen, area, buf| {
                draw(&badges, pen, area, buf);
            })
        };
        insta::assert_snapshot!("badges", shown(40));
        assert_eq!(shown(36).lines().next(), Some("    PARTIAL 3/5 shards  PAUSED 12:31"));
        assert_eq!(shown(20).lines().next(), Some("  PARTIAL 3/5 shards"));
        assert_eq!(shown(10).lines().next(), Some(""));
        survives(|pen, area, buf| {
            draw(&badges, pen, area, buf);
        });
    }
}
