//! Slots: the named places of fetched data, each with its epoch, its question and the last good picture.

use std::sync::Arc;

use super::Need;
use crate::domain::{Completeness, Kept, Load, Timestamp, Trouble};
use crate::evidence::Question;
use crate::query::Ask;

/// The places into which answers and computations go. At most one task runs for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Slot {
    /// What there is.
    Overview,
    /// The arrivals of the shown range.
    Arrivals,
    /// The arrivals before it, by which the detector learns what is usual.
    History,
    /// The young buckets, asked again while the view is live.
    Live,
    /// Counting arrivals into lanes.
    Count,
    /// Judging them.
    Detection,
    /// Something of the visited place.
    Visit(Need),
    /// What is worked out from it.
    Study(Need),
    /// A question of the walkthrough.
    Walk(Question),
    /// Weighing the answers to them.
    Weighing,
}

/// Number of a question: answers to older questions are dropped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Moves on to the next number and returns it.
    pub fn advance(&mut self) -> Self {
        self.0 = self.0.saturating_add(1);
        *self
    }
}

/// How far a question has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Done so far, in whatever the answerer counts.
    pub done: u64,
    /// Of how many, where known.
    pub of: Option<u64>,
}

/// A piece of fetched data: its life, and the question it answers.
#[derive(Clone, Debug)]
pub struct Fetched<T> {
    /// Where it stands.
    pub load: Load<T>,
    /// Number of the question asked last.
    pub epoch: Epoch,
    /// The question asked last.
    pub ask: Option<Ask>,
    /// How far the running question has got.
    pub progress: Option<Progress>,
    /// Whether events have come since, so that the same question is to be asked again.
    pub is_outdated: bool,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self { load: Load::Idle, epoch: Epoch::default(), ask: None, progress: None, is_outdated: false }
    }
}

impl<T> Fetched<T> {
    /// Notes that `ask` is on its way under `epoch`. The picture before stays only where it is about the same thing.
    pub fn begin(&mut self, epoch: Epoch, ask: Option<Ask>, keep: bool) {
        if keep {
            self.load.begin();
        } else {
            self.load = Load::Loading { previous: None };
        }
        self.epoch = epoch;
        self.ask = ask;
        self.progress = None;
        self.is_outdated = false;
    }

    /// Takes the answer to question `epoch`; false where a newer question has been asked since.
    pub fn finish(&mut self, epoch: Epoch, result: Result<(Arc<T>, Completeness), Trouble>, as_of: Timestamp) -> bool {
        if epoch != self.epoch || !self.load.is_loading() {
            return false;
        }
        self.progress = None;
        match result {
            Ok((value, completeness)) => self.load = Load::Ready(Kept { value, as_of, completeness }),
            Err(trouble) => self.load.fail(trouble),
        }
        true
    }

    /// Gives up the question on its way: the picture stays and is out of date. Where there is none, the question goes on.
    pub fn stop(&mut self) {
        if let Some(kept) = self.load.kept().cloned().filter(|_| self.load.is_loading()) {
            self.load = Load::Ready(kept);
            self.is_outdated = true;
        }
    }

    /// The value to draw, however old.
    pub fn value(&self) -> Option<&T> {
        self.load.value()
    }
}
