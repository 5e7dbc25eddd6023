//! Popups: a frame in the middle of the screen, with lines to read or to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Pen, text};
use crate::theme::Role;

/// The middle of `area`, at most `width` by `height`, frame included.
pub fn place(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The inside of a frame: one cell less on each side, and a column of air.
pub fn inside(frame: Rect) -> Rect {
    Rect { x: frame.x.saturating_add(2), y: frame.y.saturating_add(1), width: frame.width.saturating_sub(4), height: frame.height.saturating_sub(2) }
        .intersection(frame)
}

/// Clears `area`, frames it and writes the title into the frame; the room inside.
pub fn frame(title: &str, pen: Pen<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    // A wide character that reaches under the frame would hide it.
    for y in area.top()..area.bottom() {
        if let Some(before) = area.x.checked_sub(1).and_then(|x| buf.cell_mut((x, y)))
            && text::width(before.symbol()) > 1
        {
            before.set_symbol(" ");
        }
    }
    for position in area.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.reset();
        }
    }
    buf.set_style(area, pen.style(Role::Popup));
    border(pen, Role::BorderFocused, area, buf);
    let head = Rect { x: area.x.saturating_add(2), width: area.width.saturating_sub(4), height: area.height.min(1), ..area };
    if head.width > 2 {
        let title = text::cut(title, usize::from(head.width - 2), pen.glyphs);
        text::put(buf, head, head.x, head.y, &format!(" {title} "), pen.style(Role::Title));
    }
    inside(area)
}

/// Frames an area.
pub fn border(pen: Pen<'_>, role: Role, area: Rect, buf: &mut Buffer) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let style = pen.style(role);
    let [top_left, top_right, bottom_left, bottom_right] = pen.glyphs.corners();
    let rule = pen.glyphs.rule().repeat(usize::from(area.width - 2));
    let last = area.bottom() - 1;
    text::put(buf, area, area.x, area.y, &format!("{top_left}{rule}{top_right}"), style);
    text::put(buf, area, area.x, last, &format!("{bottom_left}{rule}{bottom_right}"), style);
    for y in area.y + 1..last {
        text::put(buf, area, area.x, y, pen.glyphs.wall(), style);
        text::put(buf, area, area.right() - 1, y, pen.glyphs.wall(), style);
    }
}

/// Draws lines from `offset` on.
pub fn lines(lines: &[Line<'_>], offset: usize, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    for (line, y) in lines.iter().skip(offset).zip(area.top()..area.bottom()) {
        text::put_line(buf, area, y, line.clone(), pen.glyphs);
    }
}

/// Draws items to choose from, the one under the cursor marked and grounded.
pub fn list(items: &[Line<'_>], selected: usize, offset: usize, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    for ((place, item), y) in items.iter().enumerate().skip(offset).zip(area.top()..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        if place == selected {
            text::put_spans(buf, row, row.x, y, &[Span::styled(pen.glyphs.cursor(), pen.style(Role::Cursor))]);
        }
        let inner = Rect { x: row.x.saturating_add(2), width: row.width.saturating_sub(2), ..row };
        text::put_line(buf, inner, y, item.clone(), pen.glyphs);
        if place == selected {
            buf.set_style(row, pen.style(Role::RowSelected));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    fn choose(pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
        text::put(buf, area, 0, 2, &"behind ".repeat(9), pen.style(Role::Text));
        let room = frame("Sort by", pen, place(area, 20, 5), buf);
        list(&["score".into(), "sources that reached it".into(), "new".into(), "name".into()], 1, 0, pen, room, buf);
    }

    #[test]
    fn what_is_behind_is_hidden() {
        insta::assert_snapshot!("popup_list", drawn(30, 7, Glyphs::Unicode, choose));
        insta::assert_snapshot!("popup_list_ascii", drawn(30, 7, Glyphs::Ascii, choose));
        survives(choose);
    }

    #[test]
    fn a_wide_character_under_the_edge_goes() {
        let framed = |pen: Pen<'_>, area: Rect, buf: &mut Buffer| {
            text::put(buf, area, 0, 0, "管管管管", pen.style(Role::Text));
            frame("", pen, Rect::new(3, 0, 4, 2), buf);
        };
        assert!(drawn(8, 2, Glyphs::Unicode, framed).starts_with("管 ┌──┐\n   └──┘\n"));
    }

    #[test]
    fn lines_scroll() {
        let read = |pen: Pen<'_>, area: Rect, buf: &mut Buffer| lines(&["one".into(), "two".into(), "three".into()], 1, pen, area, buf);
        assert!(drawn(9, 2, Glyphs::Unicode, read).starts_with("two\nthree\n"));
        survives(read);
    }

    #[test]
    fn popups_never_leave_the_screen() {
        assert_eq!(place(Rect::new(0, 0, 80, 24), 40, 10), Rect::new(20, 7, 40, 10));
        assert_eq!(place(Rect::new(0, 0, 20, 5), 40, 10), Rect::new(0, 0, 20, 5));
    }
}
