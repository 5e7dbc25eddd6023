//! A lane: one row of cells, one bucket a cell, shaded by count and styled by severity.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, severity, text};
use crate::domain::Severity;
use crate::theme::Role;

/// One bucket of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Slice {
    /// Outside of what is known: blank.
    #[default]
    Blank,
    /// No data for this bucket, which is not the same as no sources.
    Gap,
    /// Counted.
    Count {
        /// Distinct sources.
        count: u32,
        /// The verdict, where there is one.
        severity: Option<Severity>,
    },
}

/// The largest count, by which a lane of its own scale is drawn. Print it beside the lane: with a scale
/// per row a quiet destination looks as tall as a spike.
pub fn max(slices: &[Slice]) -> u32 {
    slices.iter().map(|slice| if let Slice::Count { count, .. } = slice { *count } else { 0 }).max().unwrap_or(0)
}

/// Eighths of a cell that stand for `count`: at least one where there is anything, eight at `max`.
pub fn eighths(count: u32, max: u32) -> u8 {
    if count == 0 {
        return 0;
    }
    let scaled = (u64::from(count) * 8).div_ceil(u64::from(max.max(1)));
    u8::try_from(scaled.min(8)).unwrap_or(8)
}

/// The latest slices that fit into `width` cells.
pub fn fit(slices: &[Slice], width: usize) -> &[Slice] {
    slices.get(slices.len().saturating_sub(width)..).unwrap_or_default()
}

/// Draws the latest slices that fit, `max` being drawn full.
pub fn draw(slices: &[Slice], max: u32, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    for (slice, x) in fit(slices, usize::from(area.width)).iter().zip(area.left()..area.right()) {
        let (glyph, role) = match *slice {
            Slice::Blank => continue,
            Slice::Gap => (pen.glyphs.gap(), Role::LaneGap),
            Slice::Count { count: 0, severity: None | Some(Severity::Warning) } => (pen.glyphs.empty(), Role::LaneEmpty),
            // An outage can be the anomaly.
            Slice::Count { count: 0, severity } => (pen.glyphs.empty(), severity::lane_role(severity)),
            Slice::Count { count, severity } => (pen.glyphs.shade(eighths(count, max)), severity::lane_role(severity)),
        };
        text::put(buf, area, x, area.y, glyph, pen.style(role));
    }
}
