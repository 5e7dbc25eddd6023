//! Giving up a task that takes too long: the picture stays, and says that it is not of now.

use crate::domain::{Load, Trouble};
use crate::investigation::state::LONGEST_PAUSE;
use crate::investigation::{Effect, Epoch, Fetched, Investigation, Slot};

/// Gives up what runs for a slot; nothing where nothing does.
pub(super) fn stop(state: &mut Investigation, slot: Slot, effects: &mut Vec<Effect>) {
    let epoch = state.epoch.advance();
    let is_stopped = match slot {
        Slot::Overview => give_up(&mut state.overview, epoch),
        Slot::Arrivals => give_up(&mut state.arrivals, epoch),
        Slot::History => give_up(&mut state.history, epoch),
        Slot::Live => give_up(&mut state.live, epoch),
        Slot::Count => give_up(&mut state.counted, epoch),
        Slot::Detection => give_up(&mut state.judged, epoch),
        Slot::Visit(need) => state.trail.last_mut().and_then(|visit| visit.fetched.get_mut(&need)).is_some_and(|fetched| give_up(fetched, epoch)),
        Slot::Study(need) => state.trail.last_mut().and_then(|visit| visit.studies.get_mut(&need)).is_some_and(|fetched| give_up(fetched, epoch)),
    };
    if !is_stopped {
        return;
    }
    if state.refreshing.is_some_and(|(refreshing, _)| refreshing == slot) {
        state.refreshing = None;
    }
    // What was given up on purpose is not asked again at the next tick, and history not until somebody wants it.
    state.next_live = state.next_live.max(state.uptime.saturating_add(LONGEST_PAUSE));
    if slot == Slot::History {
        state.is_judging_due = state.arrivals.value().is_some();
        state.history.load = Load::Idle;
    }
    effects.push(Effect::Abort(slot));
}

/// The picture before stays; where there is none, the place says why. What comes in after all is dropped by its epoch.
fn give_up<T>(fetched: &mut Fetched<T>, epoch: Epoch) -> bool {
    if !fetched.load.is_loading() {
        return false;
    }
    fetched.stop();
    if fetched.load.is_loading() {
        fetched.load.fail(Trouble { what: "given up before the answer came".to_owned(), advice: Some("r asks again".to_owned()) });
    }
    fetched.epoch = epoch;
    true
}
