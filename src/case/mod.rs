//! A case: what a responder decided, noted and asked about one destination, as a chain of entries from which its state
//! is folded. Pure: the file it lies in is [`crate::ledger`]'s.
//!
//! ```text
//!   Act ──► Entry { seq, prev, body, hash } ──► chain ──► Case (fold)
//!                        hash = SHA-256(seq, prev, body)      verify: what was altered, is missing or out of order
//! ```

mod act;
pub mod bundle;
mod entry;
mod fold;
pub mod merge;
pub mod verify;
pub mod words;

pub use act::{Act, Answer, Mark, MarkKind, Query, Subject, Verdict};
pub use entry::{Entry, Hash, Record};
pub use fold::{Answered, Case, Evidence, Note, Signed, Tick};

/// Id of the guide for a spike of sources at a destination.
pub const SPIKE: &str = "rdp_destination_spike";
