//! Questions going out: what is asked first, what a tick asks, what a new range, bucket or filter asks.

use std::time::Duration;

use crate::domain::{BucketSize, Range, Timestamp};
use crate::investigation::period::days_before;
use crate::investigation::state::{HISTORY_DAYS, YOUNG};
use crate::investigation::{Effect, Investigation, Need, Slot, board};
use crate::query::Ask;

/// Arrivals are always asked in the smallest buckets: wider ones are put together from them without a new question.
const ASKED: BucketSize = BucketSize::Quarter;

/// Asks what there is.
pub(super) fn overview(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let epoch = state.epoch.advance();
    state.overview.begin(epoch, Some(Ask::Overview), true);
    effects.push(Effect::Ask { slot: Slot::Overview, epoch, ask: Ask::Overview });
}

/// Asks for everything on the screen. With `keep` the picture stays until the answer is here; without, it is about
/// something else by then and only the list keeps it, marked as being replaced.
pub(super) fn everything(state: &mut Investigation, keep: bool, effects: &mut Vec<Effect>) {
    if state.overview.value().is_none() {
        if !state.overview.load.is_loading() {
            overview(state, effects);
        }
        return;
    }
    state.range = state.period.range(state.now, state.extent(), state.size);
    for slot in [Slot::History, Slot::Live, Slot::Count, Slot::Detection] {
        effects.push(Effect::Abort(slot));
    }
    state.live.load = crate::domain::Load::Idle;
    state.live_from = None;
    state.is_judging_due = false;
    state.history.load = crate::domain::Load::Idle;
    state.history.ask = None;
    let (counting, judging) = (state.epoch.advance(), state.epoch.advance());
    state.counted.epoch = counting;
    state.judged.epoch = judging;
    if !keep {
        // A judged board of another question must not stand in for the one to come.
        state.judged.load = crate::domain::Load::Idle;
        state.counted.load = crate::domain::Load::Idle;
    }
    let epoch = state.epoch.advance();
    let ask = Ask::Arrivals { scope: state.scope(asked_range(state.range)), bucket: ASKED };
    state.arrivals.begin(epoch, Some(ask.clone()), keep);
    effects.push(Effect::Ask { slot: Slot::Arrivals, epoch, ask });
    if let Some(visit) = state.trail.last_mut() {
        if !keep {
            visit.brush = None;
            visit.zoom = None;
            visit.is_moved = false;
        }
        for fetched in visit.fetched.values_mut() {
            fetched.ask = None;
        }
    }
    tables(state, effects);
}

/// The shown range widened to the largest buckets, so that every bucket size is whole at its start.
fn asked_range(shown: Range) -> Range {
    Range { from: BucketSize::SixHours.start(shown.from), to: shown.to }
}

/// Asks for the history before the arrivals, if there can be any; false where there is none to ask for.
pub(super) fn history(state: &mut Investigation, effects: &mut Vec<Effect>) -> bool {
    let Some(arrivals) = state.arrivals.value() else { return false };
    let to = BucketSize::SixHours.start(arrivals.range.from);
    let mut from = BucketSize::SixHours.start(days_before(state.range.from, HISTORY_DAYS));
    if let Some(extent) = state.extent() {
        from = from.max(BucketSize::SixHours.start(extent.from));
    }
    if from >= to {
        return false;
    }
    let epoch = state.epoch.advance();
    let ask = Ask::Arrivals { scope: state.scope(Range { from, to }), bucket: ASKED };
    state.history.begin(epoch, Some(ask.clone()), false);
    effects.push(Effect::Ask { slot: Slot::History, epoch, ask });
    true
}

/// Counts the arrivals into lanes, so that there is a picture before the verdicts.
pub(super) fn count(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let Some(arrivals) = state.shared_arrivals() else { return };
    let epoch = state.epoch.advance();
    state.counted.begin(epoch, None, true);
    effects.push(Effect::Count { epoch, arrivals, size: state.size, range: state.range, known_from: state.known_from() });
}

/// Lets the detector judge; one run at a time, the next begins when this one is done.
pub(super) fn detect(state: &mut Investigation, effects: &mut Vec<Effect>) {
    if state.judged.load.is_loading() {
        state.is_judging_due = true;
        return;
    }
    let Some(arrivals) = state.shared_arrivals() else { return };
    let epoch = state.epoch.advance();
    state.judged.begin(epoch, None, true);
    state.is_judging_due = false;
    let plan = board::plan(state.size, state.zones.clone(), state.range);
    effects.push(Effect::Detect { epoch, arrivals, plan, known_from: state.known_from() });
}

/// Another bucket size: the same arrivals, counted anew.
pub(super) fn resize(state: &mut Investigation, effects: &mut Vec<Effect>) {
    if state.overview.value().is_none() {
        return;
    }
    state.range = state.period.range(state.now, state.extent(), state.size);
    if let Some(visit) = state.trail.last_mut() {
        visit.brush = visit.brush.map(|brush| widened(brush, state.size));
        visit.zoom = None;
        visit.anchor = None;
        visit.cursor = state.size.start(visit.cursor);
    }
    if state.arrivals.value().is_none() {
        return;
    }
    state.judged.load = crate::domain::Load::Idle;
    count(state, effects);
    // Without its history the detector would judge on nothing: it comes by itself when the history is here.
    if !state.history.load.is_loading() {
        detect(state, effects);
    }
    tables(state, effects);
}

fn widened(range: Range, size: BucketSize) -> Range {
    let last = size.index(range.to.as_second().saturating_sub(1));
    Range { from: size.start(range.from), to: size.at(last.saturating_add(1)) }
}

/// Stops the picture, or lets it go on.
pub(super) fn freeze(state: &mut Investigation, effects: &mut Vec<Effect>) {
    if state.frozen.take().is_some() {
        state.next_live = state.uptime;
        return;
    }
    state.frozen = Some(state.now);
    // An answer that is on its way already is dropped by its epoch even if the abort loses the race.
    state.live.epoch = state.epoch.advance();
    state.live.load = crate::domain::Load::Idle;
    effects.push(Effect::Abort(Slot::Live));
    if state.judged.load.kept().is_some() && state.judged.load.is_loading() {
        let epoch = state.epoch.advance();
        state.judged.epoch = epoch;
        if let Some(kept) = state.judged.load.kept().cloned() {
            state.judged.load = crate::domain::Load::Ready(kept);
        }
        state.is_judging_due = true;
        effects.push(Effect::Abort(Slot::Detection));
    }
}

/// Time has passed: what is due is asked.
pub(super) fn tick(state: &mut Investigation, now: Timestamp, uptime: Duration, effects: &mut Vec<Effect>) {
    state.now = now;
    state.uptime = uptime;
    if let Some(visit) = state.trail.last_mut()
        && visit.due.is_some_and(|due| due <= uptime)
    {
        visit.due = None;
        tables(state, effects);
    }
    if state.frozen.is_some() {
        return;
    }
    if state.is_judging_due && !state.history.load.is_loading() {
        detect(state, effects);
    }
    let is_ready = state.arrivals.value().is_some() && !state.arrivals.load.is_loading();
    if state.is_live() && is_ready && !state.live.load.is_loading() && state.next_live <= uptime {
        live(state, effects);
    }
}

/// Asks for the young buckets again, and for whatever lies between the last answer and now.
fn live(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let Some(kept) = state.arrivals.load.kept() else { return };
    let young = |time: Timestamp| ASKED.at(ASKED.index(time.as_second()).saturating_sub(YOUNG));
    let last = kept.as_of.min(state.now);
    let from = state.live_from.map_or(young(last), |from| from.min(young(last))).max(kept.value.range.from);
    let to = state.period.range(state.now, state.extent(), state.size).to;
    if from >= to {
        return;
    }
    let epoch = state.epoch.advance();
    let ask = Ask::Arrivals { scope: state.scope(Range { from, to }), bucket: ASKED };
    state.live.begin(epoch, Some(ask.clone()), true);
    effects.push(Effect::Ask { slot: Slot::Live, epoch, ask });
}

/// Asks for what the visited place needs wherever its question has changed.
pub(super) fn tables(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let (shown, size) = (state.range, state.size);
    let filter = state.filter.clone();
    let epoch = &mut state.epoch;
    let Some(visit) = state.trail.last_mut() else { return };
    let range = visit.focus(shown, size).range();
    for need in visit.needs() {
        let ask = visit.ask(need, range, shown, &filter);
        let fetched = visit.fetched.entry(need).or_default();
        if fetched.ask.as_ref() == Some(&ask) {
            continue;
        }
        let number = epoch.advance();
        // A picture of another bucket under this header would be a lie; only the same place a moment later keeps it.
        let keep = fetched.ask.as_ref().is_none_or(|asked| same_place(asked, &ask));
        fetched.begin(number, Some(ask.clone()), keep);
        effects.push(Effect::Ask { slot: Slot::Visit(need), epoch: number, ask });
    }
}

/// Whether two questions differ only by the end of their range.
fn same_place(one: &Ask, two: &Ask) -> bool {
    let from = |ask: &Ask| match ask {
        Ask::Tally { scope, .. } | Ask::Events { scope, .. } | Ask::Arrivals { scope, .. } => Some((scope.range.from, scope.source, scope.user.clone())),
        _ => None,
    };
    let skip = |ask: &Ask| if let Ask::Events { skip, .. } = ask { Some(*skip) } else { None };
    from(one) == from(two) && skip(one) == skip(two)
}

/// The young buckets have changed: what shows them is asked again.
pub(super) fn refresh_tables(state: &mut Investigation, from: Timestamp, effects: &mut Vec<Effect>) {
    let (shown, size) = (state.range, state.size);
    if let Some(visit) = state.trail.last_mut()
        && visit.focus(shown, size).range().to > from
    {
        if visit.fetched.values().any(|fetched| fetched.load.is_loading()) {
            return;
        }
        // A page of events does not move away under the reader's eyes; `r` asks it again.
        for (_, fetched) in visit.fetched.iter_mut().filter(|(need, _)| **need != Need::Events) {
            fetched.ask = None;
        }
        tables(state, effects);
    }
}
