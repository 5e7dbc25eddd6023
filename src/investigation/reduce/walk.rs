//! Moving about: into a destination and back, along its time axis, between its tabs.

use std::sync::Arc;

use super::ask;
use crate::domain::{Range, Timestamp};
use crate::investigation::state::REST;
use crate::investigation::visit::PAGE;
use crate::investigation::{Board, Effect, Investigation, Msg, Need, Slot, Subject, Visit};

/// Takes one step.
pub(super) fn walk(state: &mut Investigation, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Visited(destination) => {
            let cursor = state.board().and_then(|board| board.lane(&destination).and_then(|lane| lane.worst()).map(|place| board.at(place)));
            let visit = Visit::new(destination, cursor.unwrap_or_else(|| last_bucket(state)));
            enter(state, visit, effects);
        }
        Msg::VisitedAt { destination, at } => {
            walk(state, Msg::Visited(destination), effects);
            // The moment may lie a little before what is shown: the cursor then stands at its edge.
            put_cursor(state, state.size.start(at));
            ask::tables(state, effects);
        }
        Msg::PageOpened(page) if state.visit().is_some_and(|visit| visit.page == page) => {}
        Msg::PageOpened(page) => {
            let visit = Visit::of(page, last_bucket(state));
            enter(state, visit, effects);
        }
        Msg::Opened(subject) => match (state.visit(), &subject) {
            (Some(visit), _) => {
                if let Some(mut opened) = visit.opened(&subject) {
                    whole(state, &mut opened);
                    enter(state, opened, effects);
                }
            }
            (None, Subject::Destination(destination)) => walk(state, Msg::Visited(Arc::clone(destination)), effects),
            (None, _) => {
                if let Some(visit) = Visit::first(&subject, last_bucket(state)) {
                    enter(state, visit, effects);
                }
            }
        },
        Msg::WeekLaid => {
            if let Some(visit) = state.trail.last_mut() {
                visit.is_week_laid = !visit.is_week_laid;
                ask::tables(state, effects);
            }
        }
        Msg::Marked(mark) => {
            let before = state.marks.len();
            state.marks.retain(|known| !known.subject.is_same(&mark.subject));
            if state.marks.len() == before {
                state.marks.push(mark);
            }
        }
        Msg::Left => {
            let Some(left) = state.trail.pop() else { return };
            let loading = left.fetched.iter().filter(|(_, fetched)| fetched.load.is_loading());
            effects.extend(loading.map(|(need, _)| Effect::Abort(Slot::Visit(*need))));
            let studied = left.studies.iter().filter(|(_, study)| study.load.is_loading());
            effects.extend(studied.map(|(need, _)| Effect::Abort(Slot::Study(*need))));
            abandon(state);
            ask::tables(state, effects);
        }
        Msg::TabOpened(tab) => {
            if let Some(visit) = state.trail.last_mut() {
                visit.tab = tab;
                ask::tables(state, effects);
            }
        }
        Msg::CursorMoved(by) => {
            let size = state.size;
            let to = state.visit().map(|visit| size.at(size.index(visit.cursor.as_second()).saturating_add(by)));
            if let Some(to) = to {
                put_cursor(state, to);
            }
        }
        Msg::AnomalySought { is_forward } => {
            if let Some(to) = anomaly(state, is_forward) {
                if let Some(visit) = state.trail.last_mut() {
                    visit.brush = None;
                    visit.anchor = None;
                }
                put_cursor(state, to);
            }
        }
        Msg::Brushed => brush(state),
        Msg::BrushDropped => {
            if let Some(visit) = state.trail.last_mut() {
                visit.brush = None;
                visit.anchor = None;
                visit.is_moved = false;
            }
            rest(state);
        }
        Msg::Zoomed { is_in } => zoom(state, is_in),
        Msg::OnlyNewToggled => {
            if let Some(visit) = state.trail.last_mut() {
                visit.only_new = !visit.only_new;
            }
        }
        Msg::Paged(by) => {
            if let Some(visit) = state.trail.last_mut() {
                let total = visit.events().map_or(0, |page| usize::try_from(page.total).unwrap_or(usize::MAX));
                let skip = visit.skip.saturating_add_signed(by.saturating_mul(PAGE.cast_signed()));
                if skip < total || skip < visit.skip {
                    visit.skip = skip;
                    ask::tables(state, effects);
                }
            }
        }
        _ => {}
    }
}

fn enter(state: &mut Investigation, visit: Visit, effects: &mut Vec<Effect>) {
    abandon(state);
    state.trail.push(visit);
    ask::tables(state, effects);
}

/// The tasks of a place that is left end with it: what they were to bring is asked again on return.
fn abandon(state: &mut Investigation) {
    let Some(visit) = state.trail.last_mut() else { return };
    visit.due = None;
    for fetched in visit.fetched.values_mut().filter(|fetched| fetched.load.is_loading()) {
        fetched.ask = None;
    }
    // A study that was not finished is begun anew.
    if visit.studies.values().any(|study| study.load.is_loading()) {
        visit.studies.retain(|_, study| !study.load.is_loading());
        visit.past_of = None;
        for need in [Need::Evidence, Need::Hops] {
            if let Some(fetched) = visit.fetched.get_mut(&need) {
                fetched.ask = None;
            }
        }
    }
}

/// A destination is known on the board under all its names, a row may know one.
fn whole(state: &Investigation, visit: &mut Visit) {
    if let Some(lane) = state.board().and_then(|board| visit.lane(board)) {
        visit.destination = Some(Arc::clone(&lane.destination));
    }
}

fn last_bucket(state: &Investigation) -> Timestamp {
    state.size.at(state.size.index(state.range.to.as_second().saturating_sub(1)))
}

/// Moves the cursor within the shown range; the tables follow when it rests.
fn put_cursor(state: &mut Investigation, to: Timestamp) {
    let (shown, size, last) = (state.range, state.size, last_bucket(state));
    let Some(visit) = state.trail.last_mut() else { return };
    visit.cursor = to.clamp(size.start(shown.from), last.max(size.start(shown.from)));
    visit.is_moved = true;
    // The chart follows the cursor out of its zoom.
    if let Some(zoom) = visit.zoom
        && !zoom.contains(visit.cursor)
    {
        let width = zoom.to.duration_since(zoom.from);
        let from = if visit.cursor < zoom.from {
            visit.cursor
        } else {
            visit.cursor.checked_add(size_of(size)).and_then(|end| end.checked_sub(width)).unwrap_or(shown.from)
        };
        let from = from.max(shown.from);
        visit.zoom = Some(Range { from, to: from.checked_add(width).unwrap_or(shown.to) });
    }
    if let Some(anchor) = visit.anchor {
        visit.brush = Some(between(anchor, visit.cursor, size));
    } else {
        visit.brush = None;
    }
    rest(state);
}

fn size_of(size: crate::domain::BucketSize) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(size.seconds())
}

fn between(one: Timestamp, two: Timestamp, size: crate::domain::BucketSize) -> Range {
    let (from, to) = (one.min(two), one.max(two));
    Range { from: size.start(from), to: size.at(size.index(to.as_second()).saturating_add(1)) }
}

/// The tables are asked once nothing has moved for a moment.
fn rest(state: &mut Investigation) {
    let due = state.uptime.saturating_add(REST);
    if let Some(visit) = state.trail.last_mut() {
        visit.skip = 0;
        visit.due = Some(due);
    }
}

/// `v`: begins a range at the cursor, then keeps it, then drops it.
fn brush(state: &mut Investigation) {
    let size = state.size;
    let Some(visit) = state.trail.last_mut() else { return };
    if visit.anchor.take().is_some() {
        return;
    }
    if visit.brush.take().is_none() {
        visit.anchor = Some(visit.cursor);
        visit.brush = Some(between(visit.cursor, visit.cursor, size));
        visit.is_moved = true;
    }
    rest(state);
}

/// `z`, `Z`: to the brushed range, else to half the window around the cursor; out to twice, at last to everything.
fn zoom(state: &mut Investigation, is_in: bool) {
    let (shown, size) = (state.range, state.size);
    let Some(visit) = state.trail.last_mut() else { return };
    let window = visit.window(shown);
    let buckets = |range: Range| size.index(range.to.as_second().saturating_sub(1)).saturating_sub(size.index(range.from.as_second())).saturating_add(1);
    let around = |width: i64| {
        let first = size.index(visit.cursor.as_second()).saturating_sub(width / 2);
        Range { from: size.at(first), to: size.at(first.saturating_add(width)) }
    };
    let wanted = match (is_in, visit.brush) {
        (true, Some(brush)) if visit.zoom != Some(brush) => brush,
        (true, _) => around((buckets(window) / 2).max(4)),
        (false, _) => around(buckets(window).saturating_mul(2)),
    };
    let wanted = if wanted.from < shown.from {
        Range { from: shown.from, to: shown.from.checked_add(wanted.to.duration_since(wanted.from)).unwrap_or(shown.to) }
    } else if wanted.to > shown.to {
        Range { from: shown.to.checked_sub(wanted.to.duration_since(wanted.from)).unwrap_or(shown.from), to: shown.to }
    } else {
        wanted
    };
    let wanted = wanted.intersect(&shown);
    visit.zoom = (wanted != shown && wanted.from < wanted.to).then_some(wanted);
    rest(state);
}

/// Start of the next anomalous bucket. A cursor that nobody has moved yet stands on the worst bucket: the first jump
/// selects that one, if it is anomalous.
fn anomaly(state: &Investigation, is_forward: bool) -> Option<Timestamp> {
    let visit = state.visit()?;
    let board: &Board = state.board()?;
    let lane = visit.lane(board)?;
    let starts: Vec<Timestamp> = lane.cells.filled().filter(|(_, cell)| cell.is_anomalous()).map(|(place, _)| board.at(place)).collect();
    if !visit.is_moved && visit.brush.is_none() && starts.contains(&visit.cursor) {
        return Some(visit.cursor);
    }
    if is_forward {
        starts.iter().copied().find(|start| *start > visit.cursor).or_else(|| starts.first().copied())
    } else {
        starts.iter().rev().copied().find(|start| *start < visit.cursor).or_else(|| starts.last().copied())
    }
}
