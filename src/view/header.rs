//! The header: what is looked at, since when, how old and how whole the picture is, and the worst of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ctx, words};
use crate::app::Stage;
use crate::domain::{Limits, foreign};
use crate::investigation::Investigation;
use crate::theme::Role;
use crate::widget::badge::{self, Badge};
use crate::widget::{severity, text};

/// Draws the header.
pub fn draw(cx: &Ctx<'_>, stage: &Stage, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let pen = cx.pen;
    buf.set_style(area, pen.style(Role::Header));
    let state = cx.investigation;
    let badges = if matches!(stage, Stage::Open) { badges(cx) } else { Vec::new() };
    let room = Rect { width: area.width.saturating_sub(1), ..area };
    let start = badge::draw(&badges, pen, room, buf);
    let left = Rect { width: start.saturating_sub(area.x).saturating_sub(1), ..area };
    let x = text::put(buf, left, area.x, area.y, " rdptriage", pen.style(Role::Title));
    if let Some(overview) = state.overview.value() {
        let title = foreign::sanitize(&overview.title, Limits::CELL).into_string();
        let range = format!("{} / {} / {}", state.period.name(), state.size, words::zone(&state.zone));
        let filter = if state.filter_text.is_empty() { String::new() } else { format!("  {}", foreign::sanitize(&state.filter_text, Limits::CELL)) };
        let room = usize::from(left.right().saturating_sub(x)).saturating_sub(2);
        // The range matters more than the name of the whole.
        let title_room = room.saturating_sub(text::width(&range) + 2);
        let title = text::cut(&title, title_room.min(40), pen.glyphs);
        let x = if title.is_empty() { x } else { text::put(buf, left, x.saturating_add(2), area.y, &title, pen.style(Role::Strong)) };
        let x = text::put(buf, left, x.saturating_add(2), area.y, &text::cut(&range, room, pen.glyphs), pen.style(Role::Text));
        let rest = usize::from(left.right().saturating_sub(x));
        text::put(buf, left, x, area.y, &text::cut(&filter, rest, pen.glyphs), pen.style(Role::Found));
    }
}

fn badges(cx: &Ctx<'_>) -> Vec<Badge<'static>> {
    let state = cx.investigation;
    let glyphs = cx.pen.glyphs;
    let mut badges = Vec::new();
    if let Some(since) = state.frozen {
        badges.push(Badge::new(Role::BadgePaused, format!("PAUSED since {}", words::clock(since, &state.zone))));
    } else if state.arrivals.load.trouble().is_some() {
        badges.push(Badge::new(Role::BadgeStale, if state.arrivals.value().is_some() { format!("STALE {}", age(state)) } else { "NO DATA".to_owned() }));
    } else if state.is_live() && state.arrivals.value().is_some() {
        let age = age(state);
        badges.push(Badge::new(Role::BadgeLive, format!("{} live{}{age}", glyphs.live(), if age.is_empty() { "" } else { " " })));
    }
    if let Some(completeness) = state.completeness() {
        let role = if completeness.is_whole() { Role::BadgeComplete } else { Role::BadgePartial };
        let approximate = if completeness.approximate { "~ " } else { "" };
        badges.push(Badge::new(role, format!("{approximate}{}", foreign::sanitize(&completeness.words(), Limits::CELL))));
    }
    match state.board() {
        Some(board) if board.is_judged => {
            if let Some(trouble) = state.history.load.trouble() {
                badges.push(Badge::new(Role::BadgePartial, format!("no history: {}", foreign::sanitize(&trouble.what, Limits { graphemes: 30, marks: 1 }))));
            }
            let counts = board.severities();
            for (band, number) in &counts {
                badges.push(Badge::new(severity::role(Some(*band)), format!("{number} {}", band.name())));
            }
            // Quiet is said only where the picture is whole.
            if counts.is_empty() && !board.lanes.is_empty() && state.completeness().is_some_and(|completeness| completeness.is_whole()) {
                badges.push(Badge::new(Role::SeverityNone, "nothing odd"));
            }
        }
        Some(_) if state.history.load.is_loading() => badges.push(Badge::new(Role::Muted, "reading history…")),
        Some(_) if state.judged.load.trouble().is_some() => badges.push(Badge::new(Role::Error, "not judged")),
        Some(_) => badges.push(Badge::new(Role::Muted, "judging…")),
        None => {}
    }
    badges
}

/// The age of a live picture in steps that do not change every second; empty while it is fresh.
fn age(state: &Investigation) -> String {
    match state.age() {
        Some(age) if age.as_secs() >= 120 || state.arrivals.load.trouble().is_some() => words::span(age),
        _ => String::new(),
    }
}

/// What of the clock is seen: while this is the same, a tick changes nothing on the screen.
pub fn clock_face(state: &Investigation) -> String {
    age(state)
}
