//! From records to events: how logical fields are spelled is data, one file per schema; which records are
//! RDP events is one table of rules. Adding a schema is one file beside this one and one line in [`BUILT_IN`].

mod capture;
mod columns;
mod compiled;
mod details;
pub mod detected;
mod error;
mod field;
mod file;
mod interpreter;
mod layout;
mod memo;
mod message;
mod moment;
mod paths;
mod reader;
mod repeat;
mod scalar;
mod scan;
mod shape;
mod spelling;
mod view;

pub mod rule;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod shared_data;
#[cfg(test)]
mod traps;

use std::sync::Arc;

pub use columns::Columns;
pub use details::LOGON_TYPES;
pub use detected::Detected;
pub use error::{ColumnsError, DocumentError, SchemaError};
pub use field::Field;
pub use file::{OneOrMany, Recognise, Sample, SchemaFile, Schemas, Time};
pub use interpreter::{Interpreter, Options};
pub use memo::Memo;
pub use moment::Format;
pub use reader::Output;
pub use repeat::Again;
pub use rule::{Class, Log, RULES, Rule, Test};
pub use scalar::{INITIATED, RECEIVED, Scalar};
pub use spelling::{Evidence, Layout, Route, layouts};
pub use view::sigma_field;

use crate::domain::Event;

/// Our schemas, the most particular first.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("alerts", include_str!("alerts.toml")),
    ("ml-results", include_str!("ml-results.toml")),
    ("events", include_str!("events.toml")),
    ("defend", include_str!("defend.toml")),
    ("zeek-rdp-ecs", include_str!("zeek-rdp-ecs.toml")),
    ("zeek-conn-ecs", include_str!("zeek-conn-ecs.toml")),
    ("winlog", include_str!("winlog.toml")),
    ("winlogbeat6", include_str!("winlogbeat6.toml")),
    ("evtx", include_str!("evtx.toml")),
    ("helk", include_str!("helk.toml")),
    ("nxlog", include_str!("nxlog.toml")),
    ("zeek-rdp", include_str!("zeek-rdp.toml")),
    ("zeek-conn", include_str!("zeek-conn.toml")),
    ("zeek-other", include_str!("zeek-other.toml")),
    ("azure-flow", include_str!("azure-flow.toml")),
    ("windows-table", include_str!("windows-table.toml")),
    ("logon-table", include_str!("logon-table.toml")),
    ("flow-table", include_str!("flow-table.toml")),
    ("ecs", include_str!("ecs.toml")),
];

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
    /// An RDP event like one read before. It stands in the memory that was read with: [`Memo::again`].
    Again,
    /// A record of a known schema that is no RDP event; a Sigma rule of the user may match it all the same.
    Other {
        /// Name of the schema that recognised it.
        schema: Arc<str>,
        /// What a rule found in it, with the places of the rules.
        hits: Vec<(usize, crate::query::Hit)>,
    },
    /// What somebody else detected: an alert, or a result of a machine-learning job.
    Detected {
        /// Name of the schema that recognised it.
        schema: Arc<str>,
        /// What it says.
        detected: Box<Detected>,
    },
    /// A record of no known schema.
    Unknown,
}
