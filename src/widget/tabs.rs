//! Tabs: `[Sources 41] Users 3  Events 312`. The brackets say which is shown, whatever the colours do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, text};
use crate::theme::Role;

/// Draws the tabs so that the selected one is in sight; `titles` hold their counts.
pub fn draw(titles: &[String], selected: usize, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    // Each takes its text and a column on either side, for brackets or space.
    let wide = |title: &String| text::width(title) + 2;
    let mut first = 0;
    let room = usize::from(area.width);
    while first < selected && titles.iter().take(selected + 1).skip(first).map(wide).sum::<usize>() > room {
        first += 1;
    }
    let mut x = area.x;
    for (place, title) in titles.iter().enumerate().skip(first) {
        let (open, close, role) = if place == selected { ("[", "]", Role::TabSelected) } else { (" ", " ", Role::Tab) };
        let left = usize::from(area.right().saturating_sub(x));
        if left < 3 || (left < wide(title) && place != selected) {
            break;
        }
        let title = text::cut(title, left - 2, pen.glyphs);
        x = text::put(buf, area, x, area.y, &format!("{open}{title}{close}"), pen.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    #[test]
    fn the_selected_tab_is_in_brackets_and_in_sight() {
        let titles = ["Sources 41", "Users 3", "Events 312"].map(str::to_owned);
        let shown = |selected, width| drawn(width, 1, Glyphs::Unicode, |pen, area, buf| draw(&titles, selected, pen, area, buf));
        let first = |selected, width| shown(selected, width).lines().next().unwrap_or_default().to_owned();
        insta::assert_snapshot!("tabs", shown(0, 40));
        assert_eq!(first(1, 40), " Sources 41 [Users 3] Events 312");
        assert_eq!(first(2, 22), " Users 3 [Events 312]");
        assert_eq!(first(2, 8), "[Event…]");
        survives(|pen, area, buf| draw(&titles, 2, pen, area, buf));
        survives(|pen, area, buf| draw(&[], 0, pen, area, buf));
    }
}
