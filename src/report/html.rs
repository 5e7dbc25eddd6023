//! The report as one HTML file: no scripts, nothing fetched, every value escaped, the chart in the page.

use serde::Serialize;

use minijinja::value::Value;

use super::content::{Content, LISTED, Texts};
use super::{Chart, Exporter, Report, ReportError, Written, template};

pub(super) struct Html;

/// The content with what only a page has.
#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    content: Content,
    /// Drawn by us from numbers: the one value that is no text.
    chart: Option<Value>,
    listed: usize,
}

impl Exporter for Html {
    fn format(&self) -> &'static str {
        "html"
    }

    fn ending(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "the whole report as one file for a browser, with the chart"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        let chart = report.chart.as_ref().and_then(Chart::svg).map(Value::from_safe_string);
        let page = Page { content: Content::of(report, Texts::Inert), chart, listed: LISTED };
        template::fill("report.html", include_str!("templates/report.html"), &report.templates, &page)
    }
}
