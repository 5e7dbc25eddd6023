//! What the program finds for each step of a guide: one file per step, each a pure function from what was answered to a
//! finding, what speaks for and against it, what it suggests, what is missing and what only people know.
//!
//! ```text
//!   Inquiry (destination, range) ──► Question ──► query::Ask ──► a backend ──► Answers
//!                                                                                │
//!                                Picture: sessions, ladders, accounts, hops, rhythm, history, verdict (once, off the loop)
//!                                                                                │
//!                                  STEPS: a file each ──► StepEvidence ──► Dossier, which suggests and never decides
//! ```
//!
//! A suggestion weighs: none is made on partial data, what cannot be seen in the data is not "no", and as the alarm counts
//! *distinct* sources, an explanation says how many of the extra ones it explains.

mod compose;
mod dossier;
mod episode;
mod facts;
mod inquiry;
pub mod markdown;
mod overall;
mod picture;
pub mod step;
#[cfg(test)]
mod tests;
mod weigh;

pub use compose::dossier;
pub use dossier::{Dossier, Point, Rows, StepEvidence, Suggested, Suggests};
pub use episode::episode;
pub use facts::{AccountFact, Facts, HostFact, SourceFact};
pub use inquiry::{AROUND, Answered, Answers, Inquiry, Question};
pub use markdown::markdown;
