//! Before there is anything to look at: progress, or why there is nothing; and the card for trouble anywhere.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Stage;
use crate::domain::{Limits, Trouble, foreign};
use crate::theme::Role;
use crate::widget::{Pen, gauge, popup, text};

/// Draws progress or trouble in the middle of `area`.
pub fn draw(stage: &Stage, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    match stage {
        Stage::Opening { done, of, doing } => {
            let doing = if doing.is_empty() { "opening…".to_owned() } else { foreign::sanitize(doing, Limits::CELL).into_string() };
            let card = popup::place(area, 60, 3);
            text::put(buf, card, card.x, card.y, &text::cut(&doing, usize::from(card.width), pen.glyphs), pen.style(Role::Text));
            if *done > 0 || of.is_some() {
                let bar = Rect { y: card.y.saturating_add(1), height: card.height.saturating_sub(1).min(1), ..card };
                gauge::draw(*done, *of, pen, bar, buf);
            }
        }
        Stage::Failed(failure) => trouble(failure, pen, area, buf),
        Stage::Open => {}
    }
}

/// What went wrong and what to do, in the middle of `area`.
pub fn trouble(trouble: &Trouble, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    message(&trouble.what, trouble.advice.as_deref(), Role::Error, pen, area, buf);
}

/// A sentence and what to do about it, in the middle of `area`: empty pictures say what was looked for.
pub fn message(what: &str, advice: Option<&str>, role: Role, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    let width = area.width.saturating_sub(4).min(76);
    let lines = |said: &str| text::wrap(foreign::sanitize(said, Limits::CELL).as_str(), usize::from(width));
    let what = lines(what);
    let advice = advice.map(lines).unwrap_or_default();
    let height = u16::try_from(what.len().saturating_add(advice.len())).unwrap_or(u16::MAX);
    let card = popup::place(area, width, height);
    let said = what.iter().map(|line| (line, role)).chain(advice.iter().map(|line| (line, Role::Advice)));
    for ((line, role), y) in said.zip(card.top()..card.bottom()) {
        text::put(buf, card, card.x, y, line, pen.style(role));
    }
}
