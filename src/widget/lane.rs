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
    /// Counted, and raised by events that came in after it was over.
    Late {
        /// Distinct sources.
        count: u32,
        /// The verdict, where there is one.
        severity: Option<Severity>,
    },
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

/// Draws the latest slices that fit, `max` being drawn full. Print `max` beside the lane: with a scale per row a quiet
/// destination looks as tall as a spike.
pub fn draw(slices: &[Slice], max: u32, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    for (slice, x) in fit(slices, usize::from(area.width)).iter().zip(area.left()..area.right()) {
        let (glyph, role) = match *slice {
            // Without colour the shape has to say it: bold and reverse are lost on a block.
            Slice::Count { severity: Some(odd), .. } | Slice::Late { severity: Some(odd), .. } if odd > Severity::Warning && pen.theme.is_mono() => {
                (severity::mark(Some(odd), pen.glyphs), severity::lane_role(Some(odd)))
            }
            Slice::Blank => continue,
            Slice::Gap => (pen.glyphs.gap(), Role::LaneGap),
            Slice::Count { count: 0, severity: None | Some(Severity::Warning) } => (pen.glyphs.empty(), Role::LaneEmpty),
            // What is odd is worth more than when it came.
            Slice::Late { severity: None | Some(Severity::Warning), .. } => (pen.glyphs.late(), Role::LaneBar),
            // An outage can be the anomaly.
            Slice::Count { count: 0, severity } => (pen.glyphs.empty(), severity::lane_role(severity)),
            Slice::Count { count, severity } | Slice::Late { count, severity } => (pen.glyphs.shade(eighths(count, max)), severity::lane_role(severity)),
        };
        text::put(buf, area, x, area.y, glyph, pen.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    fn counts(counts: &[u32]) -> Vec<Slice> {
        counts.iter().map(|count| Slice::Count { count: *count, severity: None }).collect()
    }

    #[test]
    fn anything_is_at_least_an_eighth_and_only_the_top_is_full() {
        let scaled: Vec<u8> = [0, 1, 5, 20, 39, 41, 50].map(|count| eighths(count, 41)).into();
        assert_eq!(scaled, [0, 1, 1, 4, 8, 8, 8]);
        assert_eq!(eighths(1, 1), 8);
        assert_eq!(eighths(u32::MAX, u32::MAX), 8);
        assert_eq!(eighths(3, 0), 8);
    }

    #[test]
    fn the_latest_slices_stay() {
        let slices = counts(&[1, 2, 3, 4]);
        assert_eq!(fit(&slices, 2), counts(&[3, 4]));
        assert_eq!(fit(&slices, 9).len(), 4);
    }

    #[test]
    fn without_colour_the_mark_takes_the_place_of_the_shade() {
        let odd = [Severity::Warning, Severity::Minor, Severity::Major, Severity::Critical].map(|severity| Slice::Count { count: 9, severity: Some(severity) });
        let mono = crate::theme::Theme::load("dark", crate::theme::Depth::Mono, &[]).expect("a theme");
        for (glyphs, expected) in [(Glyphs::Unicode, "█▵◆▲"), (Glyphs::Ascii, "@mM!")] {
            let mut buf = Buffer::empty(Rect::new(0, 0, 4, 1));
            draw(&odd, 9, Pen { theme: &mono, glyphs }, buf.area, &mut buf);
            assert_eq!(crate::widget::probe::text(&buf).trim_end(), expected);
        }
    }

    #[test]
    fn what_came_late_is_marked_unless_it_is_odd() {
        let late = |count, severity| Slice::Late { count, severity };
        let slices = [Slice::Count { count: 2, severity: None }, late(4, None), late(4, Some(Severity::Warning)), late(4, Some(Severity::Critical))];
        assert_eq!(drawn(4, 1, Glyphs::Unicode, |pen, area, buf| draw(&slices, 4, pen, area, buf)).lines().next(), Some("▄↑↑█"));
        assert_eq!(drawn(4, 1, Glyphs::Ascii, |pen, area, buf| draw(&slices, 4, pen, area, buf)).lines().next(), Some("+^^@"));
    }

    #[test]
    fn a_lane() {
        let mut slices = counts(&[0, 1, 2, 0, 12, 20]);
        slices.insert(0, Slice::Blank);
        slices.push(Slice::Gap);
        slices.push(Slice::Count { count: 30, severity: Some(Severity::Minor) });
        slices.push(Slice::Count { count: 35, severity: Some(Severity::Major) });
        slices.push(Slice::Count { count: 41, severity: Some(Severity::Critical) });
        slices.push(Slice::Count { count: 0, severity: Some(Severity::Critical) });
        insta::assert_snapshot!("lane", drawn(12, 1, Glyphs::Unicode, |pen, area, buf| draw(&slices, 41, pen, area, buf)));
        insta::assert_snapshot!("lane_ascii_latest_five", drawn(5, 1, Glyphs::Ascii, |pen, area, buf| draw(&slices, 41, pen, area, buf)));
        survives(|pen, area, buf| draw(&slices, 41, pen, area, buf));
    }
}
