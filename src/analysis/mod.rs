//! From events to what they tell together: connections, sessions, stages, users, processes, hops, tell-tales. Pure functions;
//! "now", history and data are arguments, so that a cluster, files and a story are read alike.

pub mod account;
mod connections;
pub mod evidence;
mod machines;
pub mod programs;
pub mod reason;
pub mod sessions;
pub mod stage;
mod visible;

#[cfg(test)]
mod sample;

pub use connections::connections;
pub use machines::Machines;
pub use sessions::{Sessions, sessions};
pub use stage::{ladders, ladders_by_machine};
pub use visible::Visible;
