//! From answers to what they tell together: connections, sessions, stages, users, processes, hops, tell-tales, the queue of
//! alerts, the health of what is asked. Pure functions;
//! "now", history and data are arguments, so that a cluster, files and a story are read alike.

pub mod account;
mod connections;
pub mod difference;
pub mod evidence;
pub mod health;
pub mod hops;
mod machines;
pub mod outbound;
pub mod processes;
pub mod programs;
pub mod queue;
pub mod reason;
pub mod sessions;
pub mod stage;
pub mod telltales;
pub mod tree;
pub mod users;
mod visible;

#[cfg(test)]
mod sample;

pub use connections::connections;
pub use machines::Machines;
pub use processes::processes;
pub use sessions::{Sessions, sessions};
pub use stage::{ladders, ladders_by_machine, ladders_of};
pub use telltales::telltales;
pub use users::users;
pub use visible::Visible;
