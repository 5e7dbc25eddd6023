//! What to do after credentials were refused. The first refusal is final: going on would lock the account. Where they were
//! good before, a cluster that restarts may not know its users yet: a few more tries, each after a longer pause.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Pauses after refusals of credentials that were good before; after these they are not sent again.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(30)];

/// Whether credentials may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leave {
    /// They may.
    Send,
    /// Not before this has passed.
    Wait(Duration),
    /// Not again.
    Never,
}

/// How often credentials were refused, and whether they were ever taken.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    were_good: bool,
    refused: usize,
    last: Option<Instant>,
}

impl State {
    fn leave(self, now: Instant) -> Leave {
        let Some(last) = self.last else { return Leave::Send };
        match self.refused.checked_sub(1).and_then(|place| PAUSES.get(place)) {
            Some(pause) if self.were_good => match pause.checked_sub(now.saturating_duration_since(last)) {
                Some(left) if left > Duration::ZERO => Leave::Wait(left),
                _ => Leave::Send,
            },
            _ => Leave::Never,
        }
    }
}

impl Refusals {
    /// Whether credentials may be sent now.
    pub(super) fn leave(&self, now: Instant) -> Leave {
        self.0.lock().map_or(Leave::Never, |state| state.leave(now))
    }

    /// They were taken.
    pub(super) fn taken(&self) {
        if let Ok(mut state) = self.0.lock() {
            *state = State { were_good: true, ..State::default() };
        }
    }

    /// They were refused. Requests that were under way together count once. Answers what follows.
    pub(super) fn refused(&self, now: Instant) -> Leave {
        let Ok(mut state) = self.0.lock() else { return Leave::Never };
        if state.leave(now) == Leave::Send {
            state.refused += 1;
            state.last = Some(now);
        }
        state.leave(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_refusal_is_final() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.leave(now), Leave::Send);
        assert_eq!(refusals.refused(now), Leave::Never);
        assert_eq!(refusals.leave(now + Duration::from_secs(3600)), Leave::Never);
    }

    #[test]
    fn credentials_that_were_good_are_tried_three_times_more_at_growing_distances() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        let at = |second: u64| begin + Duration::from_secs(second);
        refusals.taken();
        assert_eq!(refusals.refused(at(0)), Leave::Wait(Duration::from_secs(5)));
        assert_eq!(refusals.refused(at(1)), Leave::Wait(Duration::from_secs(4)), "under way together, counted once");
        assert_eq!(refusals.leave(at(5)), Leave::Send);
        assert_eq!(refusals.refused(at(5)), Leave::Wait(Duration::from_secs(15)));
        assert_eq!(refusals.refused(at(20)), Leave::Wait(Duration::from_secs(30)));
        assert_eq!(refusals.refused(at(50)), Leave::Never);
        assert_eq!(refusals.leave(at(3600)), Leave::Never);
    }

    #[test]
    fn once_taken_again_everything_is_forgotten() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        refusals.taken();
        refusals.refused(now);
        refusals.taken();
        assert_eq!(refusals.leave(now), Leave::Send);
        assert_eq!(refusals.refused(now), Leave::Wait(Duration::from_secs(5)));
    }
}
