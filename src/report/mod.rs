//! Reports: a case, the guide that led it and what was found, in the form that the next reader wants. What is unknown and
//! partial is in every one of them, and the exact questions stand in an appendix.
//!
//! To add a form: one file with an [`Exporter`], and its line in [`EXPORTERS`].

mod chart;
mod content;
mod handover;
mod html;
mod json;
mod markdown;
mod navigator;
mod rows;
mod template;
#[cfg(test)]
mod tests;
mod timesketch;

pub use chart::{Bar, Chart};
pub use rows::{COLUMNS, Row};
pub use template::{NAMES as TEMPLATES, Template};

use std::collections::BTreeMap;

use crate::case::{Case, Entry, Hash};
use crate::domain::{Foreign, Timestamp};
use crate::evidence::Dossier;
use crate::guide::Guide;

/// Everything a report is made from.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name of the case.
    pub name: String,
    /// The case as it stands.
    pub case: Case,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// The documents kept with it.
    pub documents: BTreeMap<Hash, String>,
    /// The guide that led it.
    pub guide: Guide,
    /// What the program found, where it was asked again for the report.
    pub dossier: Option<Dossier>,
    /// The sources in each bucket, where they were counted again for the report.
    pub chart: Option<Chart>,
    /// What `verify` names; empty where the chain is whole.
    pub faults: Vec<String>,
    /// When the report is written.
    pub written: Timestamp,
    /// By whom.
    pub author: Foreign,
    /// Version of the program.
    pub version: String,
    /// The user's own templates.
    pub templates: Vec<Template>,
}

/// A form of report.
pub trait Exporter: Sync {
    /// Its name in `--format`.
    fn format(&self) -> &'static str;

    /// The ending of its files.
    fn ending(&self) -> &'static str;

    /// What it is for, in a line.
    fn about(&self) -> &'static str;

    /// The bytes, and what went wrong on the way without hindering them.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn serialize(&self, report: &Report) -> Result<Written, ReportError>;
}

/// A report, ready for a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// A template of the user's that could not be used; ours was.
    pub trouble: Option<ReportError>,
}

impl From<Vec<u8>> for Written {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, trouble: None }
    }
}

/// Why a report or a template failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct ReportError {
    /// What was tried and how it failed.
    pub what: String,
    /// The next step.
    pub advice: Option<String>,
}

impl From<serde_json::Error> for ReportError {
    fn from(error: serde_json::Error) -> Self {
        Self { what: format!("writing the report as JSON failed: {error}"), advice: None }
    }
}

/// Every form, in the order of the menu. Rows as CSV, NDJSON and Parquet are written where tables are.
pub const EXPORTERS: &[&dyn Exporter] = &[&markdown::Markdown, &html::Html, &handover::Handover, &json::Json, &timesketch::Timesketch, &navigator::Navigator];

/// The form of this name.
pub fn exporter(format: &str) -> Option<&'static dyn Exporter> {
    EXPORTERS.iter().copied().find(|exporter| exporter.format() == format)
}
