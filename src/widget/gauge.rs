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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    #[test]
    fn bar_and_share_or_a_bare_count() {
        let first = |done, of, width| {
            let shown = drawn(width, 1, Glyphs::Unicode, |pen, area, buf| draw(done, of, pen, area, buf));
            shown.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(first(5, Some(10), 15), "█████░░░░░  50%");
        assert_eq!(first(99, Some(100), 15), "█████████░  99%");
        assert_eq!(first(200, Some(100), 15), "██████████ 100%");
        assert_eq!(first(5, Some(10), 4), "50%");
        assert_eq!(first(1234, None, 15), "1234");
        assert_eq!(first(u64::MAX - 1, Some(u64::MAX), 15), "█████████░  99%");
        insta::assert_snapshot!("gauge", drawn(20, 1, Glyphs::Ascii, |pen, area, buf| draw(1, Some(3), pen, area, buf)));
        survives(|pen, area, buf| draw(1, Some(3), pen, area, buf));
    }
}
