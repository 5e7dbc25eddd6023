//! The one mutator of an investigation, cut by concern: answers coming in, questions going out, moving about.

mod answer;
mod ask;
mod case;
mod stop;
mod walk;
mod walkthrough;

#[cfg(test)]
mod tests;

use super::cases::CaseJob;
use super::{Effect, Investigation, Msg};
use crate::case::Act;

pub(super) use case::worked_on as case_worked_on;

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
        Msg::RefreshWanted if state.visit().is_some_and(|visit| visit.walkthrough.is_some()) => walkthrough::again(state, &mut effects),
        Msg::WalkthroughOpened { destination, range } => walkthrough::open(state, destination, range, &mut effects),
        Msg::WalkthroughWanted => {
            if let Some((destination, range)) = walkthrough::chosen(state) {
                walkthrough::open(state, destination, range, &mut effects);
            }
        }
        Msg::RowsOpened { tab } => walkthrough::rows(state, &tab, &mut effects),
        Msg::Weighed { epoch, result } => walkthrough::weighed(state, epoch, result, &mut effects),
        Msg::StepAnswered { step, answer, note } => case::answer(state, step, answer, &note, &mut effects),
        Msg::NoteTaken { step, text } => case::record(state, Act::Noted { text: text.into(), step }, &mut effects),
        Msg::VerdictGiven { verdict, note } => case::decide(state, verdict, &note, &mut effects),
        Msg::DecisionUndone => case::undo(state, &mut effects),
        Msg::ReportWanted { format } => case::report(state, format, &mut effects),
        Msg::SavedElsewhere(path) => effects.push(Effect::Case(CaseJob::SaveElsewhere(path))),
        Msg::CaseCheckWanted(name) => effects.push(Effect::Case(CaseJob::Verify(name))),
        Msg::Case(news) => case::news(state, news, &mut effects),
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
