//! Files to events: finding, unwrapping, cutting into records, in bounded memory and without trust in any byte.

pub mod container;
pub mod json;
pub mod lines;
pub mod pool;
pub mod progress;
pub mod sniff;
pub mod text;
pub mod walk;
