//! What is being asked and worked out, and how the last task of each slot ended: told by the messages and effects that pass,
//! so that nothing can run without standing here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::slot::{Epoch, Progress, Slot};
use super::{Effect, Msg};
use crate::query::Ask;

/// A task of a slot.
#[derive(Clone, PartialEq, Debug)]
pub struct Task {
    /// Its number.
    pub epoch: Epoch,
    /// The question, where it is one.
    pub ask: Option<Ask>,
    /// How it goes, or how it ended.
    pub state: State,
}

/// How a task goes, or how it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// On its way, or waiting for its turn.
    Running(Option<Progress>),
    /// Answered, after so long where that was measured.
    Done(Option<Duration>),
    /// It failed: what was tried, and how it failed.
    Failed(String),
    /// Another question took its place, or it was given up.
    Dropped,
}

/// The tasks of all slots, each with its last one.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tasks: BTreeMap<Slot, Task>,
}

impl Tasks {
    /// Takes in what a message tells of a task.
    pub fn hear(&mut self, msg: &Msg) {
        match msg {
            Msg::Progressed { slot, epoch, done, of } => self.set(*slot, *epoch, State::Running(Some(Progress { done: *done, of: *of }))),
            Msg::Answered { slot, epoch, result, took } => {
                self.set(*slot, *epoch, result.as_ref().map_or_else(|trouble| State::Failed(trouble.what.clone()), |_| State::Done(Some(*took))));
            }
            Msg::Counted { slot, epoch, result, took } => {
                self.set(*slot, *epoch, result.as_ref().map_or_else(|trouble| State::Failed(trouble.what.clone()), |_| State::Done(Some(*took))));
            }
            Msg::Studied { need, epoch, result } => {
                self.set(Slot::Study(*need), *epoch, result.as_ref().map_or_else(|trouble| State::Failed(trouble.what.clone()), |_| State::Done(None)));
            }
            _ => {}
        }
    }

    /// Takes in what effects begin and end, in their order.
    pub fn follow(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Ask { slot, epoch, ask } => self.begin(*slot, *epoch, Some(ask.clone())),
                Effect::Count { epoch, .. } => self.begin(Slot::Count, *epoch, None),
                Effect::Detect { epoch, .. } => self.begin(Slot::Detection, *epoch, None),
                Effect::Study { need, epoch, .. } => self.begin(Slot::Study(*need), *epoch, None),
                Effect::Abort(slot) => {
                    if let Some(task) = self.tasks.get_mut(slot).filter(|task| task.is_running()) {
                        task.state = State::Dropped;
                    }
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, slot: Slot, epoch: Epoch, ask: Option<Ask>) {
        self.tasks.insert(slot, Task { epoch, ask, state: State::Running(None) });
    }

    /// Only the last task of a slot is told of, and what has ended has ended.
    fn set(&mut self, slot: Slot, epoch: Epoch, state: State) {
        if let Some(task) = self.tasks.get_mut(&slot).filter(|task| task.epoch == epoch && task.is_running()) {
            task.state = state;
        }
    }

    /// The last task of each slot, the running ones first.
    pub fn list(&self) -> Vec<(Slot, &Task)> {
        let mut list: Vec<(Slot, &Task)> = self.tasks.iter().map(|(slot, task)| (*slot, task)).collect();
        list.sort_by_key(|(_, task)| !task.is_running());
        list
    }
}

impl Task {
    /// Whether it is on its way.
    pub const fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Trouble;

    fn asked(slot: Slot, epoch: u64) -> Effect {
        Effect::Ask { slot, epoch: Epoch(epoch), ask: Ask::Overview }
    }

    fn failed(epoch: u64) -> Msg {
        let result = Err(Trouble { what: "the cluster did not answer".to_owned(), advice: None });
        Msg::Answered { slot: Slot::History, epoch: Epoch(epoch), result, took: Duration::ZERO }
    }

    fn states(tasks: &Tasks) -> Vec<(Slot, State)> {
        tasks.list().into_iter().map(|(slot, task)| (slot, task.state.clone())).collect()
    }

    #[test]
    fn the_last_task_of_each_slot_is_told_of_running_ones_first() {
        let mut tasks = Tasks::default();
        tasks.follow(&[asked(Slot::Overview, 1), asked(Slot::History, 2)]);
        tasks.hear(&Msg::Progressed { slot: Slot::History, epoch: Epoch(2), done: 3, of: Some(30) });
        tasks.follow(&[Effect::Abort(Slot::Overview)]);
        let running = State::Running(Some(Progress { done: 3, of: Some(30) }));
        assert_eq!(states(&tasks), [(Slot::History, running), (Slot::Overview, State::Dropped)]);
        tasks.hear(&failed(2));
        assert_eq!(states(&tasks), [(Slot::Overview, State::Dropped), (Slot::History, State::Failed("the cluster did not answer".to_owned()))]);
    }

    #[test]
    fn an_answer_to_an_older_question_or_after_the_end_changes_nothing() {
        let mut tasks = Tasks::default();
        tasks.follow(&[asked(Slot::History, 2), Effect::Abort(Slot::History), asked(Slot::History, 3)]);
        tasks.hear(&failed(2));
        assert_eq!(states(&tasks), [(Slot::History, State::Running(None))]);
        tasks.follow(&[Effect::Abort(Slot::History)]);
        tasks.hear(&failed(3));
        assert_eq!(states(&tasks), [(Slot::History, State::Dropped)]);
    }
}
