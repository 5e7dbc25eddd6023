//! Answers coming in: each goes to its slot if its epoch is the latest; a failure keeps the picture.

use std::sync::Arc;
use std::time::Duration;

use super::ask;
use crate::domain::{Arrival, Arrivals, Completeness, Endpoint, Kept, Load, Timestamp, Trouble};
use crate::investigation::around::{End, MOST_ENDS, ROUNDS};
use crate::investigation::merge::{merge, raise};
use crate::investigation::state::{LEAST_OVERLAP, LEAST_PAUSE, LONGEST_PAUSE, USUAL_DELAY};
use crate::investigation::{Board, Effect, Epoch, Investigation, Need, Progress, Slot, Study, Tab};
use crate::query::{Answer, Ask};

/// How old the list of events may get while nothing seems to change.
const LOOK_AGAIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// A question has got so far.
pub(super) fn progressed(state: &mut Investigation, slot: Slot, epoch: Epoch, done: u64, of: Option<u64>) {
    let progress = Some(Progress { done, of });
    let set = |fetched_epoch: Epoch, place: &mut Option<Progress>| {
        if fetched_epoch == epoch {
            *place = progress;
        }
    };
    match slot {
        Slot::Overview => set(state.overview.epoch, &mut state.overview.progress),
        Slot::Arrivals => set(state.arrivals.epoch, &mut state.arrivals.progress),
        Slot::History => set(state.history.epoch, &mut state.history.progress),
        Slot::Live => set(state.live.epoch, &mut state.live.progress),
        Slot::Count => set(state.counted.epoch, &mut state.counted.progress),
        Slot::Detection => set(state.judged.epoch, &mut state.judged.progress),
        Slot::Study(_) => {}
        Slot::Visit(need) => {
            if let Some(fetched) = state.trail.last_mut().and_then(|visit| visit.fetched.get_mut(&need)) {
                set(fetched.epoch, &mut fetched.progress);
            }
        }
    }
}

/// A question was answered.
pub(super) fn answered(state: &mut Investigation, slot: Slot, epoch: Epoch, result: Result<Answer, Trouble>, took: Duration, effects: &mut Vec<Effect>) {
    match slot {
        Slot::Overview => {
            fail_or_not(state, result.is_err(), took);
            let result =
                expect(result, |answer| if let Answer::Overview(overview) = answer { Some(overview) } else { None }, |overview| &overview.completeness);
            if state.overview.finish(epoch, result, state.now)
                && let Some(overview) = state.overview.value()
            {
                if !state.is_period_chosen && !overview.is_live {
                    state.period = crate::investigation::Period::All;
                }
                ask::everything(state, false, effects);
            }
        }
        Slot::Arrivals => {
            fail_or_not(state, result.is_err(), took);
            let result = expect(result, arrivals, |arrivals| &arrivals.completeness);
            let asked = state.arrivals.ask.clone();
            if state.arrivals.finish(epoch, result, state.now) && state.arrivals.load.trouble().is_none() {
                // The answer may be cut to the data; what was asked is known to be empty beyond it.
                if let (Load::Ready(kept), Some(Ask::Arrivals { scope, .. })) = (&mut state.arrivals.load, asked)
                    && kept.value.range != scope.range
                {
                    let mut value = (*kept.value).clone();
                    value.range = scope.range;
                    kept.value = Arc::new(value);
                }
                state.next_live = state.uptime.saturating_add(LEAST_PAUSE);
                ask::count(state, effects);
                if !ask::history(state, effects) {
                    ask::detect(state, effects);
                }
            }
        }
        Slot::History => history(state, epoch, result, effects),
        Slot::Live => live(state, epoch, result, took, effects),
        Slot::Visit(need) => {
            let now = state.now;
            if state.refreshing == Some((slot, epoch)) {
                state.refreshing = None;
                state.live_took = state.live_took.saturating_add(took);
                state.next_live = state.uptime.saturating_add(pause_after(state.live_took));
            }
            let Some(fetched) = state.trail.last_mut().and_then(|visit| visit.fetched.get_mut(&need)) else { return };
            let is_answered = |ask: &Ask, answer: &Answer| match ask {
                Ask::Tally { .. } => matches!(answer, Answer::Tally(_)),
                Ask::Events { .. } => matches!(answer, Answer::Events(_)),
                Ask::Arrivals { .. } => matches!(answer, Answer::Arrivals(_)),
                _ => true,
            };
            let asked = fetched.ask.clone();
            let part = |answer: Answer| asked.is_none_or(|ask| is_answered(&ask, &answer)).then_some(answer);
            let is_here = fetched.finish(epoch, expect(result, part, Answer::completeness), now) && fetched.load.trouble().is_none();
            if is_here && need == Need::Evidence {
                ask::study(state, effects);
            }
            if is_here && need == Need::Hops {
                ask::hops(state, effects);
            }
            // Alerts are looked for by who came: as soon as that is known, they are asked again.
            if is_here && matches!(need, Need::Tally(_)) && state.visit().is_some_and(|visit| visit.tab == Tab::Alerts) {
                ask::tables(state, effects);
            }
        }
        Slot::Count | Slot::Detection | Slot::Study(_) => {}
    }
}

fn arrivals(answer: Answer) -> Option<crate::domain::Arrivals> {
    if let Answer::Arrivals(arrivals) = answer { Some(arrivals) } else { None }
}

/// The part of the answer that was asked for, with its completeness; an answer to another question is trouble.
fn expect<T>(
    result: Result<Answer, Trouble>,
    part: impl FnOnce(Answer) -> Option<T>,
    completeness: impl FnOnce(&T) -> &Completeness,
) -> Result<(Arc<T>, Completeness), Trouble> {
    let value = part(result?).ok_or_else(|| Trouble { what: "the backend answered another question than the one asked".to_owned(), advice: None })?;
    let completeness = completeness(&value).clone();
    Ok((Arc::new(value), completeness))
}

fn history(state: &mut Investigation, epoch: Epoch, result: Result<Answer, Trouble>, effects: &mut Vec<Effect>) {
    let result = expect(result, arrivals, |arrivals| &arrivals.completeness);
    let older = result.as_ref().ok().map(|(value, _)| Arc::clone(value));
    if !state.history.finish(epoch, result.map(|(_, completeness)| (Arc::new(()), completeness)), state.now) {
        return;
    }
    if let (Some(older), Some(Ask::Arrivals { scope, .. }), Some(kept)) = (older, state.history.ask.clone(), state.arrivals.load.kept().cloned()) {
        let merged = merge(&kept.value, &older, scope.range);
        state.arrivals.load = Load::Ready(Kept { value: Arc::new(merged), as_of: kept.as_of, completeness: kept.completeness });
    }
    state.next_history = state.uptime.saturating_add(LONGEST_PAUSE);
    // Without history too: the detector then says itself that it knows too little.
    ask::detect(state, effects);
    ask::restudy(state, effects);
}

fn live(state: &mut Investigation, epoch: Epoch, result: Result<Answer, Trouble>, took: Duration, effects: &mut Vec<Effect>) {
    let result = expect(result, arrivals, |arrivals| &arrivals.completeness);
    let newer = result.as_ref().ok().map(|(value, _)| Arc::clone(value));
    let trouble = result.as_ref().err().cloned();
    if !state.live.finish(epoch, result.map(|(_, completeness)| (Arc::new(()), completeness)), state.now) {
        return;
    }
    state.live_took = took;
    state.next_live = state.uptime.saturating_add(pause_after(took));
    let Some(kept) = state.arrivals.load.kept().cloned() else { return };
    if let Some(trouble) = trouble {
        state.arrivals.load = Load::Failed { trouble, previous: Some(kept) };
        return;
    }
    let (Some(newer), Some(Ask::Arrivals { scope, .. })) = (newer, state.live.ask.clone()) else { return };
    let asked = scope.range;
    // Buckets that were not answered whole are asked again until they are; what they gain by that did not come late.
    let is_whole = newer.completeness.is_whole();
    let may_be_late = is_whole && state.live_from.is_none();
    state.live_from = (!is_whole).then_some(asked.from);
    let range = state.period.range(state.now, state.extent(), state.size);
    let merged = if is_whole { merge(&kept.value, &newer, asked) } else { raise(&kept.value, &newer, asked) };
    let has_changed = merged.rows != kept.value.rows;
    // What an incomplete answer made doubtful is judged again when it is whole, and the other way round.
    let was_partial = state.judged.value().and_then(|board| board.partial.clone());
    let is_news = has_changed || range != state.range || was_partial != state.partial();
    if may_be_late && has_changed {
        let over = kept.as_of.checked_sub(state.delay().clamp(USUAL_DELAY, LEAST_OVERLAP)).unwrap_or(kept.as_of);
        state.late.note(&kept.value, &merged, asked, over, state.now, &state.zone);
    }
    let is_table_old = is_table_old(state, &kept.value, &merged, asked.from) || range != state.range;
    state.arrivals.load = Load::Ready(Kept { value: Arc::new(merged), as_of: state.now, completeness: kept.completeness });
    state.range = range;
    if is_table_old {
        ask::refresh_tables(state, asked.from, effects);
    }
    if !is_news {
        return;
    }
    if !state.history.load.is_loading() {
        ask::detect(state, effects);
    } else {
        ask::count(state, effects);
    }
}

/// How long nothing is asked after a live question: a cluster spends at most a fifth of its time on us.
fn pause_after(took: Duration) -> Duration {
    LEAST_PAUSE.max(took.saturating_mul(5))
}

/// After a failure the question behind the picture is asked again by itself, later each time.
fn fail_or_not(state: &mut Investigation, has_failed: bool, took: Duration) {
    state.failures = if has_failed { state.failures.saturating_add(1) } else { 0 };
    if has_failed {
        let pause = LEAST_PAUSE.saturating_mul(1_u32 << state.failures.min(6)).min(LONGEST_PAUSE);
        state.next_live = state.uptime.saturating_add(pause.max(pause_after(took)));
    }
}

/// Whether the open table may look otherwise by now: something changed at its destination since `from`. The list of events
/// holds more than arrivals, ends of sessions for instance; it is looked at again after a while in any case.
fn is_table_old(state: &Investigation, before: &Arrivals, after: &Arrivals, from: Timestamp) -> bool {
    let Some(visit) = state.visit() else { return false };
    let events = visit.fetched.get(&Need::Events).and_then(|fetched| fetched.load.kept());
    if visit.tab == Tab::Events && events.is_some_and(|kept| state.now.duration_since(kept.as_of) >= LOOK_AGAIN) {
        return true;
    }
    // Where a page is about no destination, whatever came may be about it.
    let is_here = |endpoint: &Endpoint| visit.destination.as_ref().is_none_or(|destination| destination.has(endpoint.address, endpoint.host.as_ref()));
    let here: Vec<bool> = after.endpoints.iter().map(is_here).collect();
    let rows = |arrivals: &Arrivals| {
        let first = arrivals.rows.partition_point(|row| arrivals.bucket.at(row.bucket) < from);
        let mut rows: Vec<Arrival> = arrivals.rows.iter().skip(first).filter(|row| here.get(row.endpoint as usize) == Some(&true)).copied().collect();
        rows.sort_unstable();
        rows
    };
    rows(before) != rows(after)
}

/// Something of the visited place is worked out.
pub(super) fn studied(state: &mut Investigation, need: Need, epoch: Epoch, result: Result<Arc<Study>, Trouble>, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(visit) = state.trail.last_mut() else { return };
    let Some(study) = visit.studies.get_mut(&need) else { return };
    let is_new = study.finish(epoch, result.map(|study| (study, Completeness::whole(0))), now);
    // The hops lead to machines that no question was about yet: the next one is wider.
    let room = MOST_ENDS.saturating_sub(visit.reach.len());
    if is_new && need == Need::Hops && visit.rounds < ROUNDS && room > 0 {
        let more: Vec<End> = visit.around().map(|around| around.next.iter().take(room).cloned().collect()).unwrap_or_default();
        if !more.is_empty() {
            visit.reach.extend(more);
            visit.rounds = visit.rounds.saturating_add(1);
            ask::tables(state, effects);
        }
    }
}

/// A board is there.
pub(super) fn counted(state: &mut Investigation, slot: Slot, epoch: Epoch, result: Result<Arc<Board>, Trouble>, took: Duration, effects: &mut Vec<Effect>) {
    let completeness = Completeness::whole(0);
    let now = state.now;
    let partial = state.partial().filter(|_| slot == Slot::Detection);
    let result = result.map(|mut board| {
        if let Some(partial) = partial {
            Arc::make_mut(&mut board).withhold(partial);
        }
        (board, completeness)
    });
    let before = state.judged.load.kept().map(|kept| Arc::clone(&kept.value));
    match slot {
        Slot::Count => _ = state.counted.finish(epoch, result, now),
        Slot::Detection if state.judged.finish(epoch, result, now) => {
            if let Some((before, after)) = before.zip(state.judged.load.kept()) {
                state.late.rejudge(&before, &after.value, &state.zone);
            }
            state.next_live = state.next_live.max(state.uptime.saturating_add(took.saturating_mul(2)));
            if state.is_judging_due && state.frozen.is_none() {
                ask::detect(state, effects);
            }
        }
        _ => {}
    }
}
