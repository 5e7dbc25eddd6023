//! The upper half: trail and figures, the timeline, and why the bucket under the cursor is odd.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::{Range, Severity};
use crate::investigation::{Board, Cell, Lane, Visit};
use crate::theme::Role;
use crate::view::{Ctx, words};
use crate::widget::badge::{self, Badge};
use crate::widget::timeline::{Band, Bar, Timeline};
use crate::widget::{crumbs, severity, text};

/// Where the analyst is, and the figures of the destination.
pub(super) fn trail(visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let state = cx.investigation;
    let pen = cx.pen;
    let lane = state.board().and_then(|board| visit.lane(board).map(|lane| (board, lane)));
    let mut badges = Vec::new();
    if let Some((board, lane)) = lane {
        let score = lane.score();
        let band = score.map(Severity::of);
        badges.push(match score {
            Some(_) => {
                let named = band.map_or("", Severity::name);
                Badge::new(severity::role(band), format!("{} score {} {named}", severity::mark(band, pen.glyphs), words::score(score)))
            }
            None if board.is_judged => Badge::new(Role::SeverityNone, "no verdict: not enough history"),
            None => Badge::new(Role::Muted, "judging…"),
        });
        badges.push(Badge::new(Role::Text, words::plural(lane.sources as u64, "source")));
        let new = lane.newcomers(board.new_since(board.range)).count();
        badges.push(Badge::new(if new > 0 { Role::SourceNew } else { Role::Muted }, format!("{new} new")));
        badges.push(Badge::new(Role::Muted, words::plural(lane.events, "event")));
    }
    let mut steps = Vec::new();
    for visit in &state.trail {
        steps.push(step(visit));
    }
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let room = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    let end = crumbs::draw(&steps, pen, room, buf);
    let left = Rect { x: end.saturating_add(2), width: room.right().saturating_sub(end.saturating_add(2)), ..room };
    badge::draw(&badges, pen, left, buf);
}

/// A step of the trail in words: the destination, or what it was narrowed to.
fn step(visit: &Visit) -> String {
    match (&visit.user, visit.source) {
        (Some(user), _) => format!("user {}", words::inert(user)),
        (None, Some(source)) => format!("source {source}"),
        (None, None) => {
            let name = visit.destination.name().map(|name| format!(" {}", words::inert(name))).unwrap_or_default();
            format!("{}{name}", words::inert(&visit.destination.label()))
        }
    }
}

/// The places of the board's cells that the chart shows.
fn shown(visit: &Visit, board: &Board) -> (usize, usize) {
    let window = visit.window(board.range);
    let place = |second: i64| usize::try_from(board.size.index(second).saturating_sub(board.first)).unwrap_or(0);
    let first = place(window.from.as_second());
    let last = place(window.to.as_second().saturating_sub(1)).min(board.buckets().saturating_sub(1));
    (first, last)
}

/// The timeline.
pub(super) fn draw(visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let state = cx.investigation;
    let pen = cx.pen;
    let Some(board) = state.board() else {
        text::put(buf, area, area.x.saturating_add(1), area.y, "counting…", pen.style(Role::Muted));
        return;
    };
    let (first, last) = shown(visit, board);
    let empty = Cell::default();
    let lane: Option<&Lane> = visit.lane(board);
    let bars: Vec<Bar> = (first..=last)
        .map(|place| {
            let cell = lane.and_then(|lane| lane.cells.get(place)).unwrap_or(&empty);
            let new = cell.new.min(cell.count);
            Bar {
                start: board.at(place),
                known: cell.count.saturating_sub(new),
                new,
                band: cell.typical.zip(cell.upper).map(|(typical, upper)| Band { typical: narrow(typical), upper: narrow(upper) }),
                severity: if board.is_judged { cell.severity() } else { None },
                gap: false,
            }
        })
        .collect();
    let place_of = |time: crate::domain::Timestamp| usize::try_from(board.size.index(time.as_second()).saturating_sub(board.first)).ok()?.checked_sub(first);
    let range = visit.brush.and_then(|brush| {
        let from = place_of(brush.from).unwrap_or(0);
        let to = place_of(crate::domain::Timestamp::from_second(brush.to.as_second().saturating_sub(1)).unwrap_or(brush.from))?;
        (from <= to && from < bars.len()).then_some((from, to.min(bars.len().saturating_sub(1))))
    });
    let cursor = place_of(visit.cursor).filter(|cursor| *cursor < bars.len());
    let late: Vec<usize> =
        bars.iter().enumerate().filter(|(_, bar)| state.late.of(&visit.destination, bucket(board, bar.start)).is_some()).map(|(place, _)| place).collect();
    Timeline { bars: &bars, cursor, range, late: &late, zone: &state.zone, legend: true }.draw(pen, area, buf);
}

/// The bucket that begins at `start`.
fn bucket(board: &Board, start: crate::domain::Timestamp) -> Range {
    Range { from: start, to: board.size.at(board.size.index(start.as_second()).saturating_add(1)) }
}

/// A figure for drawing only; what is beyond its reach is drawn at the edge anyway.
#[allow(clippy::cast_possible_truncation, reason = "the chart has a few dozen rows; the digits lost are far below one of them")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// What the detector said about the bucket under the cursor.
pub(super) fn why(visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let state = cx.investigation;
    let pen = cx.pen;
    let Some(board) = state.board() else { return };
    let place = usize::try_from(board.size.index(visit.cursor.as_second()).saturating_sub(board.first)).ok();
    let cell = visit.lane(board).and_then(|lane| lane.cells.get(place?));
    let at = words::day_minute(visit.cursor, &state.zone);
    let (said, role) = match cell {
        Some(Cell { reason: Some(reason), .. }) => (format!("{at}  {reason}"), severity::role(cell.and_then(Cell::severity))),
        Some(cell) => {
            let usual = cell.typical.map(|typical| format!(", {} usual", words::typical(Some(typical)))).unwrap_or_default();
            (format!("{at}  {}{usual}", words::plural(u64::from(cell.count), "distinct source")), Role::Muted)
        }
        None => (at, Role::Muted),
    };
    let late = state.late.of(&visit.destination, bucket(board, board.size.start(visit.cursor)));
    let late = late.map(|late| format!("; came late, by {}: {}", words::clock(late.at, &state.zone), late.words())).unwrap_or_default();
    let room = usize::from(area.width.saturating_sub(2));
    let said = format!("{said}{late}");
    let said = crate::domain::foreign::sanitize(&said, crate::domain::Limits::CELL);
    let mut lines = text::wrap(said.as_str(), room);
    // What does not fit into the lines there are is cut at the end of the last one.
    let rest = lines.split_off(lines.len().min(usize::from(area.height.saturating_sub(1))));
    lines.push(rest.join(" "));
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        text::put(buf, area, area.x.saturating_add(1), y, &text::cut(line, room, pen.glyphs), pen.style(role));
    }
}
