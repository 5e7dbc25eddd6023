//! The command line: one file per headless command.

pub mod failure;
pub mod output;
mod period;
