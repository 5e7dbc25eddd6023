//! The timeline of one destination: stacked bars of known and new sources over the expected band.
//!
//! ```text
//!  41┤                    ▲      headroom: marks stand on their bars
//!  20┤                    █      known on top of new
//!   6┤┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄▓┄┄    the most that chance explains
//!   0┴▁▁·▁▁▂▁▁▁▁▁×▁▁▁▂▁▁▁▁▓▁▁    · nothing came   × no data
//!     2025-01-01 01:15    ^06:30 the bucket cursor
//! ```

mod grid;
mod labels;
mod scale;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use self::grid::Grid;
use self::scale::{Scale, axis_width, short};
use super::{Glyphs, Pen, severity, text};
use crate::domain::{Severity, Timestamp};
use crate::theme::Role;

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
    /// Whether what is odd about it shows only together with the buckets before it.
    pub is_multi_bucket: bool,
    /// Distinct sources at the same time a week before, where that is laid over and known.
    pub before: Option<u32>,
}

impl Bar {
    /// All distinct sources.
    pub const fn total(&self) -> u32 {
        self.known.saturating_add(self.new)
    }

    fn is_odd(&self) -> bool {
        self.severity.is_some_and(|severity| severity >= Severity::Minor)
    }
}

/// How many times as high as the highest bar a bound may lie to be drawn.
const REACH: f64 = 6.0;

/// The chart: plot above, one row of time labels below.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    /// The buckets in order, the empty ones too.
    pub bars: &'a [Bar],
    /// The bucket cursor: a place in `bars`.
    pub cursor: Option<usize>,
    /// The brushed range: first and last place in `bars`, both inside.
    pub range: Option<(usize, usize)>,
    /// Buckets that events raised after they were over: places in `bars`, in order.
    pub late: &'a [usize],
    /// The zone of the labels.
    pub zone: &'a TimeZone,
    /// Whether to explain the signs, where there is room.
    pub legend: bool,
}

/// Rows of the area, from above: plot (headroom included) and labels.
#[derive(Clone, Copy)]
struct Rows {
    plot: u16,
    bars: u16,
    labels: bool,
}

impl Rows {
    /// Labels go when fewer than three rows are left, the headroom when the plot has fewer than three.
    const fn of(height: u16) -> Self {
        let labels = height >= 3;
        let plot = if labels { height - 1 } else { height };
        Self { plot, bars: if plot >= 3 { plot - 1 } else { plot }, labels }
    }
}

impl Timeline<'_> {
    /// Draws the chart.
    pub fn draw(&self, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() || self.bars.is_empty() {
            return;
        }
        let rows = Rows::of(area.height);
        let scale = Scale { top: self.top(rows.bars), rows: rows.bars };
        let axis = axis_width(scale.top).filter(|wide| area.width >= wide + 8 && rows.plot >= 2).unwrap_or(0);
        let plot = Rect { x: area.x + axis, width: area.width - axis, height: rows.plot, ..area };
        if axis > 0 {
            self.axis(pen, scale, Rect { width: axis, height: rows.plot, ..area }, buf);
        }
        let grid = Grid::new(self.bars.len(), plot.width);
        for bar in 0..grid.bars() {
            self.column(pen, scale, grid, bar, plot, buf);
        }
        for bar in 0..grid.bars() {
            self.several(pen, scale, grid, bar, plot, buf);
        }
        if self.legend && rows.bars < rows.plot {
            self.legend(pen, plot, buf);
        }
        self.brush(pen, grid, plot, buf);
        if rows.labels {
            let row = Rect { y: area.bottom() - 1, height: 1, ..plot };
            for label in labels::labels(self, grid, plot.width) {
                text::put(buf, row, row.x.saturating_add(label.column), row.y, &label.text, pen.style(label.role));
            }
        }
    }

    /// The count that is drawn at full height: the bound has a row of its own above what it allows. A bound so far above every
    /// bar that it would press them flat is left out.
    fn top(&self, rows: u16) -> u32 {
        let most = self.bars.iter().map(|bar| bar.total().max(bar.before.unwrap_or(0))).max().unwrap_or(0);
        let reach = REACH * f64::from(most.max(2));
        let bounds = self.bars.iter().filter_map(|bar| bar.band).map(|band| f64::from(band.upper));
        let bound = bounds.filter(|bound| *bound <= reach).fold(0.0, f64::max);
        let room = f64::from(rows) / f64::from(rows.saturating_sub(1).max(1));
        // A float to integer cast saturates.
        most.max((bound * room).ceil() as u32).max(1)
    }

    /// The upper bound that the axis names: that of the cursor's bucket, else the latest.
    fn upper(&self) -> Option<f32> {
        let at = self.cursor.and_then(|place| self.bars.get(place)).and_then(|bar| bar.band);
        at.or_else(|| self.bars.iter().rev().find_map(|bar| bar.band)).map(|band| band.upper)
    }

    fn axis(&self, pen: Pen<'_>, scale: Scale, area: Rect, buf: &mut Buffer) {
        let glyphs = pen.glyphs;
        let digits = usize::from(area.width - 1);
        let mut named: Vec<(u16, String)> = vec![(0, "0".to_owned())];
        if scale.rows > 1 {
            named.push((scale.rows - 1, short(scale.top)));
        }
        let upper = self.upper().and_then(|upper| Some((scale.bound(upper)?, upper)));
        let middle = (scale.rows >= 4 && scale.top >= u32::from(scale.rows))
            .then(|| scale.rows / 2 - 1)
            .map(|row| (row, (f64::from(scale.top) * f64::from(row + 1) / f64::from(scale.rows)).round()));
        // The bound goes before the middle: it says more.
        for (row, value) in upper.into_iter().map(|(row, value)| (row, f64::from(value.round()))).chain(middle) {
            let label = short(value as u32);
            if named.iter().all(|(taken, known)| *taken != row && *known != label) {
                named.push((row, label));
            }
        }
        for row in 0..area.height {
            let y = area.bottom() - 1 - row;
            let label = named.iter().find(|(at, _)| *at == row).map(|(_, label)| label.as_str());
            let wall = match (row, label) {
                (0, _) => glyphs.origin(),
                (_, Some(_)) => glyphs.tick(),
                (_, None) => glyphs.wall(),
            };
            text::put(buf, area, area.x, y, &format!("{:>digits$}{wall}", label.unwrap_or_default()), pen.style(Role::Axis));
        }
    }

    fn column(&self, pen: Pen<'_>, scale: Scale, grid: Grid, place: usize, plot: Rect, buf: &mut Buffer) {
        let members = self.bars.get(grid.members(place)).unwrap_or_default();
        let first = grid.members(place).start;
        // The tallest stands for all, the gravest mark of any of them stays: nothing odd is pooled away.
        let Some(bar) = members.iter().max_by_key(|bar| (bar.total(), bar.severity)) else { return };
        let worst = members.iter().filter(|bar| bar.is_odd()).map(|bar| bar.severity).max().flatten();
        let band = members.iter().filter_map(|bar| bar.band).reduce(|one, two| if two.upper > one.upper { two } else { one });
        let (all, new) = scale.eighths(bar.total(), bar.new);
        let (upper, typical) = (band.and_then(|band| scale.bound(band.upper)), band.map(|band| scale.level(band.typical)));
        let before = members.iter().filter_map(|bar| bar.before).max().filter(|count| *count > 0).map(|count| scale.level(count as f32 - 0.01));
        for row in 0..scale.rows {
            let fill = all.saturating_sub(row * 8).min(8);
            let (glyph, role) = if fill > 0 {
                let is_new = 2 * new.saturating_sub(row * 8).min(8) >= fill && new > 0;
                (bar_glyph(pen.glyphs, fill, is_new), if is_new { Role::TimelineNew } else { Role::TimelineKnown })
            } else if row == 0 {
                // A gap among counted buckets of one column shows only where nothing was counted.
                if members.iter().any(|bar| bar.gap) { (pen.glyphs.gap(), Role::TimelineGap) } else { (pen.glyphs.empty(), Role::TimelineEmpty) }
            } else if upper == Some(row) {
                (pen.glyphs.upper(), Role::TimelineBand)
            } else if typical == Some(row) {
                (pen.glyphs.typical(), Role::TimelineTypical)
            } else if before == Some(row) {
                (pen.glyphs.before(), Role::TimelineTypical)
            } else {
                continue;
            };
            // What a week before had is seen in front of the bar too.
            let (glyph, role) = if before == Some(row) && upper != Some(row) { (pen.glyphs.before(), Role::TimelineTypical) } else { (glyph, role) };
            // Lines run through the air between bars.
            let wide = if fill > 0 || row == 0 { grid.filled(first) } else { grid.next_column(first).saturating_sub(grid.column(first)) };
            let x = plot.x.saturating_add(grid.column(first));
            text::put(buf, plot, x, plot.bottom() - 1 - row, &glyph.repeat(usize::from(wide)), pen.style(role));
        }
        if worst.is_some() {
            let row = all.div_ceil(8).max(1).min(plot.height - 1);
            let x = plot.x.saturating_add(grid.middle(first));
            text::put(buf, plot, x, plot.bottom() - 1 - row, severity::mark(worst, pen.glyphs), pen.style(severity::role(worst)));
        }
        let members = grid.members(place);
        let first_late = self.late.partition_point(|late| *late < members.start);
        if self.late.get(first_late).is_some_and(|late| members.contains(late)) {
            let row = all.div_ceil(8).max(1).saturating_add(u16::from(worst.is_some())).min(plot.height - 1);
            let x = plot.x.saturating_add(grid.middle(first));
            // Where there is no room above it, the mark of severity stays: it is worth more.
            if worst.is_none() || all.div_ceil(8).max(1) < plot.height - 1 {
                text::put(buf, plot, x, plot.bottom() - 1 - row, pen.glyphs.late(), pen.style(Role::BadgeStale));
            }
        }
    }

    /// The mark of several buckets, beside that of severity where there is room: nothing is drawn over for it.
    fn several(&self, pen: Pen<'_>, scale: Scale, grid: Grid, place: usize, plot: Rect, buf: &mut Buffer) {
        let members = self.bars.get(grid.members(place)).unwrap_or_default();
        let worst = members.iter().filter(|bar| bar.is_odd()).max_by_key(|bar| bar.severity);
        let Some(worst) = worst.filter(|bar| bar.is_multi_bucket) else { return };
        let Some(tallest) = members.iter().max_by_key(|bar| (bar.total(), bar.severity)) else { return };
        let row = scale.eighths(tallest.total(), tallest.new).0.div_ceil(8).max(1).min(plot.height - 1);
        let (x, y) = (plot.x.saturating_add(grid.middle(grid.members(place).start)).saturating_add(1), plot.bottom() - 1 - row);
        if x < plot.right() && buf.cell((x, y)).is_some_and(|cell| [" ", pen.glyphs.typical(), pen.glyphs.upper()].contains(&cell.symbol())) {
            text::put(buf, plot, x, y, pen.glyphs.several(), pen.style(severity::role(worst.severity)));
        }
    }

    /// The signs explained, in the headroom, at whichever end no mark stands.
    fn legend(&self, pen: Pen<'_>, plot: Rect, buf: &mut Buffer) {
        let glyphs = pen.glyphs;
        let mut parts = vec![(glyphs.known_bar(), Role::TimelineKnown, " known"), (glyphs.new_bar(), Role::TimelineNew, " new")];
        let lines = [
            (glyphs.late(), Role::BadgeStale, " came late"),
            (glyphs.several(), Role::SeverityMajor, " several buckets"),
            (glyphs.gap(), Role::TimelineGap, " no data"),
            (glyphs.upper(), Role::TimelineBand, " upper bound"),
            (glyphs.typical(), Role::TimelineTypical, " typical"),
            (glyphs.before(), Role::TimelineTypical, " week before"),
        ];
        let is_drawn = |sign: &str| plot.positions().any(|at| buf.cell(at).is_some_and(|cell| cell.symbol() == sign));
        parts.extend(lines.into_iter().filter(|(sign, _, _)| is_drawn(sign)));
        let width =
            |parts: &[(&str, Role, &str)]| parts.iter().map(|(sign, _, word)| text::width(sign) + text::width(word) + 2).sum::<usize>().saturating_sub(2);
        // With a column of air, lest a mark be read as a part of it.
        let is_free = |x: u16, wide: u16, buf: &Buffer| {
            let around = x.saturating_sub(1).max(plot.x)..x.saturating_add(wide).saturating_add(1).min(plot.right());
            around.into_iter().all(|x| buf.cell((x, plot.y)).is_some_and(|cell| cell.symbol() == " "))
        };
        // The last signs go until the others find room at either end.
        while !parts.is_empty() {
            let wide = u16::try_from(width(&parts)).unwrap_or(u16::MAX);
            let ends = [plot.right().saturating_sub(wide), plot.x];
            if let Some(x) = ends.into_iter().find(|x| wide <= plot.width && is_free(*x, wide, buf)) {
                let mut spans = Vec::new();
                for (sign, role, word) in parts {
                    if !spans.is_empty() {
                        spans.push(Span::raw("  "));
                    }
                    spans.extend([Span::styled(sign, pen.style(role)), Span::styled(word, pen.style(Role::Muted))]);
                }
                text::put_spans(buf, plot, x, plot.y, &spans);
                return;
            }
            parts.pop();
        }
    }

    fn brush(&self, pen: Pen<'_>, grid: Grid, plot: Rect, buf: &mut Buffer) {
        let Some((from, to)) = self.range else { return };
        let last = self.bars.len() - 1;
        let (from, to) = (from.min(to).min(last), from.max(to).min(last));
        let x = plot.x.saturating_add(grid.column(from));
        let end = plot.x.saturating_add(grid.column(to)).saturating_add(grid.filled(to));
        buf.set_style(Rect { x, width: end.saturating_sub(x), ..plot }.intersection(plot), pen.style(Role::TimelineRange));
    }
}

/// The next anomaly (minor or worse) after `cursor`, or the one before it; `None` where there is none.
pub fn next_anomaly(bars: &[Bar], cursor: usize, forward: bool) -> Option<usize> {
    let odd = |(place, bar): (usize, &Bar)| bar.is_odd().then_some(place);
    if forward { bars.iter().enumerate().skip(cursor.saturating_add(1)).find_map(odd) } else { bars.iter().enumerate().take(cursor).rev().find_map(odd) }
}

/// A full or partly filled cell of a bar. Only known sources have eighths of their own in every font: a
/// partly filled cell of new ones differs by its role alone where the terminal has Unicode.
const fn bar_glyph(glyphs: Glyphs, fill: u16, is_new: bool) -> &'static str {
    match (fill, is_new, glyphs) {
        (8, true, _) | (6.., true, Glyphs::Ascii) => glyphs.new_bar(),
        (8, false, _) => glyphs.known_bar(),
        (fill, _, _) => glyphs.eighths(fill as u8),
    }
}

#[cfg(test)]
mod tests;
