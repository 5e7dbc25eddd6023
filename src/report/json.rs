//! The report as JSON: everything, exact.

use super::content::{Content, Texts};
use super::{Exporter, Report, ReportError, Written};

pub(super) struct Json;

impl Exporter for Json {
    fn format(&self) -> &'static str {
        "json"
    }

    fn ending(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "everything, exact, for programs"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        let mut bytes = serde_json::to_vec_pretty(&Content::of(report, Texts::Exact))?;
        bytes.push(b'\n');
        Ok(bytes.into())
    }
}
