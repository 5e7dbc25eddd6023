//! A drawing as text for snapshots: what is written, then for each line the runs of cells by role.
//! Draw with [`crate::theme::probe::probe`].

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::{Glyphs, Pen};
use crate::theme::probe::{probe, role_of};

/// What `draw` draws on an empty screen, dumped.
pub fn drawn(width: u16, height: u16, glyphs: Glyphs, draw: impl Fn(Pen<'_>, Rect, &mut Buffer)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    draw(Pen { theme: &probe(), glyphs }, area, &mut buf);
    dump(&buf)
}

/// Draws on screens of every size up to 30 by 8 and on two large ones, in both sets of characters, with an area
/// that hangs over the screen too; it is enough that nothing panics.
pub fn survives(draw: impl Fn(Pen<'_>, Rect, &mut Buffer)) {
    let theme = probe();
    let sizes = (0..=30).flat_map(|width| (0..=8).map(move |height| (width, height)));
    for (width, height) in sizes.chain([(80, 24), (200, 60)]) {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let pen = Pen { theme: &theme, glyphs };
            let screen = Rect::new(0, 0, width, height);
            draw(pen, screen, &mut Buffer::empty(screen));
            draw(pen, Rect::new(width / 2, height / 2, width, height), &mut Buffer::empty(screen));
        }
    }
}

/// The text of the buffer, then for each line its runs: columns, roles (`ink on ground`).
pub fn dump(buf: &Buffer) -> String {
    let mut out = text(buf);
    for y in buf.area.top()..buf.area.bottom() {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in buf.area.left()..buf.area.right() {
            let Some(name) = buf.cell((x, y)).and_then(roles) else { continue };
            match runs.last_mut() {
                Some((_, end, last)) if *end + 1 == x && *last == name => *end = x,
                _ => runs.push((x, x, name)),
            }
        }
        if !runs.is_empty() {
            let runs: Vec<String> =
                runs.into_iter().map(|(from, to, name)| if from == to { format!("{from} {name}") } else { format!("{from}-{to} {name}") }).collect();
            let _ = writeln!(out, "{y}: {}", runs.join(", "));
        }
    }
    out
}

/// The text of the buffer alone, line by line, without spaces at the ends.
pub fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut hidden = 0;
        for x in buf.area.left()..buf.area.right() {
            let symbol = buf.cell((x, y)).map_or(" ", Cell::symbol);
            // A wide character hides the cells after it.
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            hidden = super::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The roles of a cell; `None` where it has none that shows. Ink shows only on something written.
fn roles(cell: &Cell) -> Option<String> {
    let ink = if cell.symbol().trim().is_empty() { None } else { role_of(cell.fg) };
    match (ink, role_of(cell.bg)) {
        (Some(ink), Some(ground)) => Some(format!("{} on {}", ink.name(), ground.name())),
        (Some(ink), None) => Some(ink.name().to_owned()),
        (None, Some(ground)) => Some(format!("on {}", ground.name())),
        (None, None) => None,
    }
}
