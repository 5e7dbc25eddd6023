//! The report as Markdown, every value escaped.

use super::content::{Content, Texts};
use super::{Exporter, Report, ReportError, Written, template};

pub(super) struct Markdown;

impl Exporter for Markdown {
    fn format(&self) -> &'static str {
        "markdown"
    }

    fn ending(&self) -> &'static str {
        "md"
    }

    fn about(&self) -> &'static str {
        "the whole report, for tickets and wikis"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        template::fill("report.md", include_str!("templates/report.md"), &report.templates, &Content::of(report, Texts::Inert))
    }
}
