//! What is being looked at: the state of the program and its only mutator. Synchronous, without terminal, clock or IO.
//!
//! [`reduce()`] takes what happened ([`Msg`]) and returns what is to be done ([`Effect`]). Each piece of fetched data
//! lives in a [`slot::Fetched`] under an epoch: asking again raises it, and the answer to an older question is dropped.

pub mod action;
pub mod around;
pub mod board;
pub mod campaign;
pub mod cells;
mod episodes;
mod explained;
pub mod late;
pub mod merge;
pub mod msg;
pub mod past;
pub mod period;
pub mod reach;
mod reduce;
pub mod slot;
pub mod state;
pub mod study;
pub mod subject;
pub mod tab;
pub mod task;
pub mod visit;

pub use action::Action;
pub use around::Around;
pub use board::{Board, Cell, Lane, Partial};
pub use cells::Cells;
pub use late::Late;
pub use msg::{Effect, Msg};
pub use period::Period;
pub use reduce::{reduce, start};
pub use slot::{Epoch, Fetched, Progress, Slot};
pub use state::Investigation;
pub use study::{Beside, Evidence, Matter, Study};
pub use subject::{Mark, Subject};
pub use tab::{Need, Page, Tab};
pub use task::Tasks;
pub use visit::{Focus, Visit};
