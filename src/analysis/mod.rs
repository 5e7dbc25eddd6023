//! What answers mean, as pure functions over them: no clock, no IO, no questions of its own.

pub mod difference;
pub mod health;
pub mod queue;
