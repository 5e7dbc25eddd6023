//! The one mutator of an investigation, cut by concern: answers coming in, questions going out, moving about.

mod answer;
mod ask;
mod stop;
mod walk;

#[cfg(test)]
mod tests;

use super::{Effect, Investigation, Msg};

/// Asks what there is: the first effects of a program.
pub fn start(state: &mut Investigation) -> Vec<Effect> {
    let mut effects = Vec::new();
    ask::overview(state, &mut effects);
    state.tasks.follow(&effects);
    effects
}

/// Takes in what happened and says what is to be done.
pub fn reduce(state: &mut Investigation, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    state.tasks.hear(&msg);
    match msg {
        Msg::Tick { now, uptime } => ask::tick(state, now, uptime, &mut effects),
        Msg::Progressed { slot, epoch, done, of } => answer::progressed(state, slot, epoch, done, of),
        Msg::Answered { slot, epoch, result, took } => answer::answered(state, slot, epoch, result, took, &mut effects),
        Msg::Counted { slot, epoch, result, took } => answer::counted(state, slot, epoch, result, took, &mut effects),
        Msg::Studied { need, epoch, result } => answer::studied(state, need, epoch, result, &mut effects),
        Msg::PeriodChosen(period) => {
            state.period = period;
            state.is_period_chosen = true;
            state.filter_or_range_changed(&mut effects);
        }
        Msg::BucketSizeChanged => {
            state.size = state.size.next();
            ask::resize(state, &mut effects);
        }
        Msg::FilterSet { text, filter } => {
            state.filter_text = text;
            state.filter = filter;
            state.filter_or_range_changed(&mut effects);
        }
        Msg::FreezeToggled => ask::freeze(state, &mut effects),
        Msg::BesideWanted => ask::beside(state, &mut effects),
        Msg::RefreshWanted => ask::everything(state, true, &mut effects),
        Msg::TaskStopped(slot) => stop::stop(state, slot, &mut effects),
        walk => walk::walk(state, walk, &mut effects),
    }
    state.tasks.follow(&effects);
    effects
}

impl Investigation {
    fn filter_or_range_changed(&mut self, effects: &mut Vec<Effect>) {
        ask::everything(self, false, effects);
    }
}
