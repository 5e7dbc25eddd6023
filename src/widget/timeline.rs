//! The timeline of one destination: stacked bars of known and new sources over the expected band. (in work)

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Pen;
use crate::domain::{Severity, Timestamp};

/// What is usual in a bucket.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Band {
    /// The expected number of distinct sources.
    pub typical: f32,
    /// The most that chance explains.
    pub upper: f32,
}

/// One bucket.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    /// Its start.
    pub start: Timestamp,
    /// Distinct sources that were seen here before.
    pub known: u32,
    /// Distinct sources never seen here before.
    pub new: u32,
    /// What is usual; `None` while history is too short.
    pub band: Option<Band>,
    /// The verdict, where there is one.
    pub severity: Option<Severity>,
    /// No data for this bucket, which is not the same as no sources.
    pub gap: bool,
}

/// The chart: plot above, one row of time labels below.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    /// The buckets in order, the empty ones too.
    pub bars: &'a [Bar],
    /// The bucket cursor: a place in `bars`.
    pub cursor: Option<usize>,
    /// The brushed range: first and last place in `bars`, both inside.
    pub range: Option<(usize, usize)>,
    /// The zone of the labels.
    pub zone: &'a TimeZone,
    /// Whether to explain the signs, where there is room.
    pub legend: bool,
}

impl Timeline<'_> {
    /// Draws the chart.
    pub fn draw(&self, _pen: Pen<'_>, _area: Rect, _buf: &mut Buffer) {}
}

/// The anomaly (minor or worse) next after `cursor`, or before it; `None` where there is none.
pub fn next_anomaly(bars: &[Bar], cursor: usize, forward: bool) -> Option<usize> {
    let is_odd = |bar: &Bar| bar.severity.is_some_and(|severity| severity >= Severity::Minor);
    if forward {
        bars.iter().enumerate().skip(cursor.saturating_add(1)).find(|(_, bar)| is_odd(bar)).map(|(place, _)| place)
    } else {
        bars.iter().enumerate().take(cursor).rev().find(|(_, bar)| is_odd(bar)).map(|(place, _)| place)
    }
}
