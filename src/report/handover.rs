//! The handover sheet: what is done, what is open, what comes next.

use super::content::{Content, Texts};
use super::{Exporter, Report, ReportError, Written, template};

pub(super) struct Handover;

impl Exporter for Handover {
    fn format(&self) -> &'static str {
        "handover"
    }

    fn ending(&self) -> &'static str {
        "md"
    }

    fn about(&self) -> &'static str {
        "a sheet for whoever takes over: done, open, next"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        template::fill("handover.md", include_str!("templates/handover.md"), &report.templates, &Content::of(report, Texts::Inert))
    }
}
