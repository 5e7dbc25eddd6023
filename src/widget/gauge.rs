//! Progress: a bar where the whole is known, a count where it is not.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, text};
use crate::theme::Role;

/// Draws `done` of `of` in one row: bar and percentage, or the bare count.
pub fn draw(done: u64, of: Option<u64>, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    let Some(of) = of.filter(|of| *of > 0) else {
        text::put(buf, area, area.x, area.y, &done.to_string(), pen.style(Role::Text));
        return;
    };
    let done = done.min(of);
    let share = |whole: u64| u64::try_from(u128::from(done) * u128::from(whole) / u128::from(of)).unwrap_or(whole);
    let label = format!("{:>4}%", share(100));
    let bar = area.width.saturating_sub(5);
    let filled = u16::try_from(share(u64::from(bar))).unwrap_or(bar);
    let (full, open) = pen.glyphs.gauge();
    let x = text::put(buf, area, area.x, area.y, &full.repeat(usize::from(filled)), pen.style(Role::GaugeDone));
    let x = text::put(buf, area, x, area.y, &open.repeat(usize::from(bar - filled)), pen.style(Role::GaugeLeft));
    text::put(buf, area, x, area.y, if bar > 0 { &label } else { label.trim_start() }, pen.style(Role::Text));
}
