//! The upper half: trail and figures, the timeline, and why the bucket under the cursor is odd.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::finding::Standing;
use crate::domain::stage::Step;
use crate::domain::{Certainty, Range, Severity, Tag};
use crate::investigation::{Board, Cell, Lane, Need, Page, Visit, late::Raised, reach};
use crate::query::{Answer, TallyBy};
use crate::theme::Role;
use crate::view::tab::tally;
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
                let mark = severity::mark(band, pen.glyphs);
                let said = match lane.standing() {
                    Some(Standing::New) => format!("{mark} new, first day: {named} at most"),
                    _ => format!("{mark} score {} {named}", words::score(score)),
                };
                Badge::new(severity::role(band), said)
            }
            None if board.is_judged => Badge::new(Role::SeverityNone, format!("no verdict: {}", lane.standing().unwrap_or(Standing::ShortHistory).words())),
            None => Badge::new(Role::Muted, "judging…"),
        });
        let disputed = lane.worst().and_then(|place| lane.cells.get(place)).filter(|cell| cell.is_disputed());
        badges.extend(disputed.map(|cell| Badge::new(Role::SeverityMinor, format!("counts alone say {}", words::score(cell.cross)))));
        badges.push(Badge::new(Role::Text, words::plural(lane.sources as u64, "source")));
        let new = lane.newcomers(board.new_since(board.range)).count();
        badges.push(Badge::new(if new > 0 { Role::SourceNew } else { Role::Muted }, format!("{new} new")));
        badges.push(Badge::new(Role::Muted, words::plural(lane.events, "event")));
    }
    if visit.destination.is_none() {
        let count = |by| visit.tally(by).map(|tally| tally.rows.len() as u64);
        badges.extend(count(TallyBy::Destination).map(|number| Badge::new(Role::Strong, words::plural(number, "destination"))));
        let events = visit.tally(TallyBy::Destination).map(|tally| tally.rows.iter().map(|row| row.events).sum::<u64>().saturating_add(tally.without));
        badges.extend(events.map(|number| Badge::new(Role::Muted, words::plural(number, "event"))));
    }
    badges.extend(known(visit, cx).into_iter().map(|tag| Badge::new(tally::role(tag.sort), tag.words())));
    let steps: Vec<String> = state.trail.iter().map(Visit::label).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let room = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    let end = crumbs::draw(&steps, pen, room, buf);
    let left = Rect { x: end.saturating_add(2), width: room.right().saturating_sub(end.saturating_add(2)), ..room };
    badge::draw(&badges, pen, left, buf);
}

/// What is known of what the page is about, beside the events.
fn known(visit: &Visit, cx: &Ctx<'_>) -> Vec<Tag> {
    let mut tags = Vec::new();
    match (visit.page, visit.source, &visit.destination) {
        (Page::Source, Some(source), _) => tags.extend(cx.lore.of_address(source)),
        (Page::Destination, _, Some(destination)) => {
            tags.extend(destination.addresses.iter().flat_map(|address| cx.lore.of_address(*address)));
            tags.extend(destination.hosts.iter().flat_map(|host| cx.lore.of_host(host)));
        }
        _ => {}
    }
    let mut seen = std::collections::BTreeSet::new();
    tags.retain(|tag: &Tag| seen.insert((tag.sort, tag.from.clone())));
    tags
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
    let reached = reached(visit, board);
    let week = visit.past().filter(|_| visit.is_week_laid).map(|past| past.week_before.as_slice());
    let bars: Vec<Bar> = (first..=last)
        .map(|place| {
            let cell = lane.and_then(|lane| lane.cells.get(place)).unwrap_or(&empty);
            let new = cell.new.min(cell.count);
            if let Some(reached) = &reached {
                let known = reached.get(place).copied().unwrap_or(0);
                return Bar { start: board.at(place), known, new: 0, band: None, severity: None, gap: false, is_multi_bucket: false, before: None };
            }
            Bar {
                start: board.at(place),
                known: cell.count.saturating_sub(new),
                new,
                band: cell.typical.zip(cell.upper).map(|(typical, upper)| Band { typical: narrow(typical), upper: narrow(upper) }),
                severity: if board.is_judged { cell.severity() } else { None },
                gap: cell.is_gap,
                is_multi_bucket: cell.severity() >= Some(Severity::Minor) && cell.is_multi_bucket(board.size.seconds()),
                before: week.and_then(|week| week.get(place).copied().flatten()),
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
    let is_late = |bar: &Bar| late_at(visit, cx, bucket(board, bar.start)).is_some();
    let late: Vec<usize> = bars.iter().enumerate().filter(|(_, bar)| is_late(bar)).map(|(place, _)| place).collect();
    Timeline { bars: &bars, cursor, range, late: &late, zone: &state.zone, legend: reached.is_none() }.draw(pen, area, buf);
}

/// What came late for the destination within `range`.
fn late_at(visit: &Visit, cx: &Ctx<'_>, range: Range) -> Option<Raised> {
    cx.investigation.late.of(visit.destination.as_ref()?, range)
}

/// The bucket that begins at `start`.
fn bucket(board: &Board, start: crate::domain::Timestamp) -> Range {
    Range { from: start, to: board.size.at(board.size.index(start.as_second()).saturating_add(1)) }
}

/// How far the source of the page got, rung by rung, each with what proves it.
fn climbed(visit: &Visit, cx: &Ctx<'_>) -> Option<String> {
    const NAMES: [&str; 5] = ["touched", "authenticated", "logged on", "shell", "process"];
    let ladder = visit.evidence()?.ladders.get(&visit.source?)?;
    let zone = &cx.investigation.zone;
    let rung = |(name, step): (&str, &Step)| match step {
        Step::Seen(proof) => {
            let by = proof.cites.first().map(|cite| cite.kind.name()).unwrap_or_default();
            let likely = if proof.certainty == Certainty::Likely { "likely " } else { "" };
            format!("{name} {likely}{} ({by}, {})", words::clock(proof.first, zone), words::plural(proof.events, "event"))
        }
        step => format!("{name} {}", step.name()),
    };
    let mut said: Vec<String> = NAMES.into_iter().zip(&ladder.steps).map(rung).collect();
    if ladder.refusals() > 0 {
        let reasons: Vec<String> = ladder.reasons.iter().map(|(reason, count)| format!("{reason} x{count}")).collect();
        said.push(format!("refused {} times: {}", ladder.refusals(), reasons.join(", ")));
    }
    Some(crate::domain::foreign::sanitize(&said.join("; "), crate::domain::Limits::CELL).into_string())
}

/// How many destinations were reached in each bucket, on a page that is no destination.
fn reached(visit: &Visit, board: &Board) -> Option<Vec<u32>> {
    if visit.destination.is_some() {
        return None;
    }
    Some(match visit.answer(Need::Timeline) {
        Some(Answer::Arrivals(arrivals)) => reach::reach(arrivals, board.size, board.range),
        _ => Vec::new(),
    })
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
    if let Some(reached) = reached(visit, board) {
        let number = place.and_then(|place| reached.get(place)).copied().unwrap_or(0);
        if let Some(said) = climbed(visit, cx) {
            let room = usize::from(area.width.saturating_sub(2));
            for (line, y) in text::wrap(&said, room).iter().zip(area.top()..area.bottom()) {
                text::put(buf, area, area.x.saturating_add(1), y, &text::cut(line, room, pen.glyphs), pen.style(Role::Text));
            }
            return;
        }
        let said = format!("{}  {} reached", words::day_minute(visit.cursor, &state.zone), words::plural(u64::from(number), "destination"));
        text::put(
            buf,
            area,
            area.x.saturating_add(1),
            area.y,
            &text::cut(&said, usize::from(area.width.saturating_sub(2)), pen.glyphs),
            pen.style(Role::Muted),
        );
        return;
    }
    let cell = visit.lane(board).and_then(|lane| lane.cells.get(place?));
    let at = words::day_minute(visit.cursor, &state.zone);
    let (said, role) = match cell {
        Some(Cell { reason: Some(reason), .. }) => (format!("{at}  {reason}"), severity::role(cell.and_then(Cell::severity))),
        Some(Cell { is_gap: true, .. }) => (format!("{at}  no data: nothing was fed to us where there always was something"), Role::TimelineGap),
        Some(cell) => {
            let usual = cell.typical.map(|typical| format!(", {} usual", words::typical(Some(typical)))).unwrap_or_default();
            (format!("{at}  {}{usual}", words::plural(u64::from(cell.count), "distinct source")), Role::Muted)
        }
        None => (at, Role::Muted),
    };
    let late = visit.destination.as_ref().and_then(|destination| state.late.words(destination, bucket(board, board.size.start(visit.cursor)), &state.zone));
    let late = late.map(|late| format!("; {late}")).unwrap_or_default();
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
