//! How logical fields are spelled. (in work)

use std::sync::Arc;

use crate::domain::Event;

/// What one record turned out to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Reading {
    /// An RDP event.
    Event {
        /// Name of the schema that read it.
        schema: Arc<str>,
        /// The event; its origin holds index and id where the record had them.
        event: Box<Event>,
        /// Places of the Sigma rules that match.
        rules: Vec<usize>,
    },
    /// A record of a known schema that is no RDP event; a Sigma rule of the user may match it all the same.
    Other {
        /// Name of the schema that recognised it.
        schema: Arc<str>,
        /// What a rule found in it, with the places of the rules.
        hits: Vec<(usize, crate::query::Hit)>,
    },
    /// A record of no known schema.
    Unknown,
}
