//! Questions going out: what is asked first, what a tick asks, what a new range, bucket or filter asks.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{BucketSize, Kind, Range, Timestamp};
use crate::investigation::late::Late;
use crate::investigation::period::days_before;
use crate::investigation::state::{MOST_OVERLAP, SWEEP};
use crate::investigation::{Effect, Investigation, Matter, Need, Slot, Visit, board};
use crate::query::Ask;

/// Arrivals are always asked in the smallest buckets: wider ones are put together from them without a new question.
const ASKED: BucketSize = BucketSize::Quarter;

/// Seconds of a day of UTC.
const DAY: i64 = 86_400;

/// Asks what there is.
pub(super) fn overview(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let epoch = state.epoch.advance();
    state.overview.begin(epoch, Some(Ask::Overview), true);
    effects.push(Effect::Ask { slot: Slot::Overview, epoch, ask: Ask::Overview });
}

/// Asks for everything on the screen. With `keep` the picture stays until the answer is here; without, it is about
/// something else by then and only the list keeps it, marked as being replaced.
pub(super) fn everything(state: &mut Investigation, keep: bool, effects: &mut Vec<Effect>) {
    if state.overview.value().is_none() || state.overview.load.trouble().is_some() {
        if !state.overview.load.is_loading() {
            overview(state, effects);
        }
        return;
    }
    state.range = state.period.range(state.now, state.extent(), state.size);
    state.late = Late::default();
    state.refreshing = None;
    state.swept = state.uptime;
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
    // Whole days, so that a day asked once need not be asked in part the next time.
    let start = days_before(state.range.from, state.history_days);
    let mut from = Timestamp::from_second(start.as_second().div_euclid(DAY) * DAY).unwrap_or(start);
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
    stop_refreshing(state, effects);
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
    if state.history.load.trouble().is_some() && state.next_history <= uptime && state.arrivals.load.trouble().is_none() {
        history(state, effects);
    }
    if state.next_live > uptime {
        return;
    }
    if state.is_picture_lost() {
        everything(state, true, effects);
        return;
    }
    let is_ready = state.arrivals.value().is_some() && !state.arrivals.load.is_loading();
    if state.is_live() && is_ready && !state.live.load.is_loading() && state.refreshing.is_none() {
        live(state, effects);
    }
}

/// Asks for the young buckets again, and for whatever lies between the last answer and now. How far back the young ones
/// reach is how late events come in; now and then a sweep looks further back for what came later than that.
fn live(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let Some(kept) = state.arrivals.load.kept() else { return };
    let is_sweep = state.uptime.saturating_sub(state.swept) >= SWEEP;
    let overlap = if is_sweep { MOST_OVERLAP } else { state.overlap() };
    let last = kept.as_of.min(state.now);
    let young = ASKED.start(last.checked_sub(overlap).unwrap_or(Timestamp::MIN));
    let from = state.live_from.map_or(young, |from| from.min(young)).max(kept.value.range.from);
    let to = state.period.range(state.now, state.extent(), state.size).to;
    if from >= to {
        return;
    }
    if is_sweep {
        state.swept = state.uptime;
    }
    let epoch = state.epoch.advance();
    let ask = Ask::Arrivals { scope: state.scope(Range { from, to }), bucket: ASKED };
    state.live.begin(epoch, Some(ask.clone()), true);
    effects.push(Effect::Ask { slot: Slot::Live, epoch, ask });
}

/// Asks for what the visited place needs wherever its question has changed.
pub(super) fn tables(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let Some(needs) = state.trail.last().map(Visit::needs) else { return };
    needed(state, &needs, effects);
}

/// Asks for these needs of the visited place wherever their question has changed, or events have come since.
fn needed(state: &mut Investigation, needs: &[Need], effects: &mut Vec<Effect>) {
    if needs.contains(&Need::Past) {
        past(state, effects);
    }
    let (shown, size) = (state.range, state.size);
    let filter = state.filter.clone();
    let epoch = &mut state.epoch;
    let Some(visit) = state.trail.last_mut() else { return };
    let range = visit.focus(shown, size).range();
    for need in needs.iter().copied().filter(|need| !need.is_here()) {
        let ask = visit.ask(need, range, shown, &filter);
        let fetched = visit.fetched.entry(need).or_default();
        if fetched.ask.as_ref() == Some(&ask) && !fetched.is_outdated {
            continue;
        }
        let number = epoch.advance();
        // A picture of another bucket under this header would be a lie; only the same place a moment later keeps it.
        let keep = fetched.ask.as_ref().is_none_or(|asked| same_place(asked, &ask));
        fetched.begin(number, Some(ask.clone()), keep);
        if !keep {
            visit.studies.remove(&need);
        }
        effects.push(Effect::Ask { slot: Slot::Visit(need), epoch: number, ask });
    }
}

/// Works out what was usual at the visited destination, unless it was of these very arrivals.
fn past(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let (shown, size, known_from, zone) = (state.range, state.size, state.known_from(), state.zone.clone());
    let Some(arrivals) = state.shared_arrivals() else { return };
    let Some(visit) = state.trail.last_mut() else { return };
    let Some(destination) = visit.destination.clone() else { return };
    let of = (arrivals.rows.len(), shown, size);
    if visit.past_of == Some(of) {
        return;
    }
    visit.past_of = Some(of);
    let epoch = state.epoch.advance();
    let study = visit.studies.entry(Need::Past).or_default();
    study.begin(epoch, None, true);
    effects.push(Effect::Study { need: Need::Past, epoch, matter: Matter::Past { arrivals, destination, shown, known_from, size, zone } });
}

/// Works out what goes on beside the bucket under the cursor of the visited destination.
pub(super) fn beside(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let (size, zone) = (state.size, state.zones.first().unwrap_or(&state.zone).clone());
    let Some(arrivals) = state.shared_arrivals() else { return };
    let Some((destination, at)) = state.visit().and_then(|visit| Some((visit.destination.clone()?, visit.cursor))) else { return };
    let number = size.index(at.as_second());
    let bucket = Range { from: size.at(number), to: size.at(number.saturating_add(1)) };
    let why = state.board().and_then(|board| {
        let place = usize::try_from(number.saturating_sub(board.first)).ok()?;
        board.lane(&destination)?.cells.get(place)?.why.clone()
    });
    let sources = why.map(|why| std::sync::Arc::clone(&why.sources)).unwrap_or_default();
    let epoch = state.epoch.advance();
    let Some(visit) = state.trail.last_mut() else { return };
    visit.studies.entry(Need::Beside).or_default().begin(epoch, None, true);
    effects.push(Effect::Study { need: Need::Beside, epoch, matter: Matter::Beside { arrivals, destination, bucket, sources, zone } });
}

/// The arrivals have changed: what was worked out from them is worked out again where it is seen.
pub(super) fn restudy(state: &mut Investigation, effects: &mut Vec<Effect>) {
    if state.visit().is_some_and(|visit| visit.needs().contains(&Need::Past)) {
        past(state, effects);
    }
}

/// The evidence of the visited place is here: what it tells together is worked out.
pub(super) fn study(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let known: Vec<Kind> = state
        .overview
        .value()
        .map(|overview| overview.reports.iter().flat_map(|report| report.kinds.keys()).filter_map(|kind| Kind::named(kind)).collect())
        .unwrap_or_default();
    let Some(visit) = state.trail.last_mut() else { return };
    let Some(page) = visit.fetched.get(&Need::Evidence).and_then(|fetched| fetched.load.kept()).map(|kept| Arc::clone(&kept.value)) else { return };
    let epoch = state.epoch.advance();
    visit.studies.entry(Need::Evidence).or_default().begin(epoch, None, true);
    let destination = visit.destination.clone();
    effects.push(Effect::Study { need: Need::Evidence, epoch, matter: Matter::Evidence { page, known, destination } });
}

/// The events around the visited place are here: its hops are worked out.
pub(super) fn hops(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let (shown, size) = (state.range, state.size);
    let Some(visit) = state.trail.last_mut() else { return };
    let Some(page) = visit.fetched.get(&Need::Hops).and_then(|fetched| fetched.load.kept()).map(|kept| Arc::clone(&kept.value)) else { return };
    let Some(root) = visit.hop_root() else { return };
    let asked = visit.hop_ends();
    let looked = visit.focus(shown, size).range();
    let epoch = state.epoch.advance();
    visit.studies.entry(Need::Hops).or_default().begin(epoch, None, true);
    effects.push(Effect::Study { need: Need::Hops, epoch, matter: Matter::Hops { page, root, asked, looked } });
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

/// Events have come in for buckets from `from` on: the open table is asked again where it shows them, the others when they
/// are opened. The next live question waits until that is answered, so that the cluster has one of them at a time.
pub(super) fn refresh_tables(state: &mut Investigation, from: Timestamp, effects: &mut Vec<Effect>) {
    let (shown, size) = (state.range, state.size);
    let Some(visit) = state.trail.last_mut() else { return };
    if visit.focus(shown, size).range().to <= from || visit.due.is_some() {
        return;
    }
    if visit.fetched.values().any(|fetched| fetched.load.is_loading()) {
        return;
    }
    for fetched in visit.fetched.values_mut() {
        fetched.is_outdated = true;
    }
    // What the open table lists; the evidence beside it is asked again when somebody looks elsewhere. What others have detected
    // changes every few minutes, and what can be seen every few days: `r` asks again.
    let mut needs: Vec<Need> = visit.tab.needs().iter().take(1).copied().filter(|need| !matches!(need, Need::Alerts | Need::Health)).collect();
    if visit.destination.is_none() && visit.page.has_chart() {
        needs.push(Need::Timeline);
    }
    let before = effects.len();
    needed(state, &needs, effects);
    // Of several the last is waited for.
    let asked = effects.iter().skip(before);
    state.refreshing = asked.filter_map(|effect| if let Effect::Ask { slot, epoch, .. } = effect { Some((*slot, *epoch)) } else { None }).next_back();
}

/// A table that is being refreshed stays as it is.
fn stop_refreshing(state: &mut Investigation, effects: &mut Vec<Effect>) {
    if state.refreshing.take().is_none() {
        return;
    }
    let Some(visit) = state.trail.last_mut() else { return };
    for (need, fetched) in visit.fetched.iter_mut().filter(|(_, fetched)| fetched.load.is_loading()) {
        fetched.stop();
        effects.push(Effect::Abort(Slot::Visit(*need)));
    }
}
