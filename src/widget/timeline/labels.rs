//! Time labels under the timeline: the cursor first, then the full date at the start and where the day
//! changes, then round hours where they fit.

use jiff::Zoned;

use super::Timeline;
use super::grid::Grid;
use crate::theme::Role;

/// A label and where it begins, in columns of the plot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Its first column.
    pub column: u16,
    /// Its text, one column a character.
    pub text: String,
    /// How it looks.
    pub role: Role,
}

/// Columns between two round hours, label included.
const ROOM: f64 = 8.0;
/// Steps between labels, in minutes: what people count in.
const STEPS: [u32; 8] = [15, 30, 60, 120, 180, 360, 720, 1440];

/// The labels for `columns` columns, in the order of their importance.
pub fn labels(timeline: &Timeline<'_>, grid: Grid, columns: u16) -> Vec<Label> {
    let times: Vec<Zoned> = timeline.bars.iter().map(|bar| bar.start.to_zoned(timeline.zone.clone())).collect();
    let mut row = Row { taken: vec![false; usize::from(columns)], labels: Vec::new() };
    let clock = |time: &Zoned| time.strftime("%H:%M").to_string();
    if let Some((place, time)) = timeline.cursor.and_then(|place| Some((place, times.get(place)?))) {
        let column = grid.middle(place);
        let right = format!("^{}", clock(time));
        if usize::from(column) + right.len() <= usize::from(columns) {
            row.put(column, right, Role::TimelineCursor);
        } else {
            let left = format!("{}^", clock(time));
            let start = usize::from(column).saturating_add(1).checked_sub(left.len());
            match start.and_then(|start| u16::try_from(start).ok()) {
                Some(start) => row.put(start, left, Role::TimelineCursor),
                None => row.put(column, "^".to_owned(), Role::TimelineCursor),
            }
        }
    }
    if let Some(first) = times.first() {
        let full = first.strftime("%Y-%m-%d %H:%M").to_string();
        let text = if row.fits(0, full.len()) { full } else { clock(first) };
        row.put(0, text, Role::Axis);
    }
    let days = times.iter().zip(times.iter().skip(1)).enumerate().filter(|(_, (before, after))| before.date() != after.date());
    for (place, (_, after)) in days {
        row.put(grid.column(place + 1), after.strftime("%Y-%m-%d").to_string(), Role::Axis);
    }
    let minutes = match (timeline.bars.first(), timeline.bars.get(1)) {
        (Some(one), Some(two)) => ((two.start.as_second() - one.start.as_second()) as f64 / 60.0).max(1.0),
        _ => return row.labels,
    };
    let columns_per_minute = grid.columns_per_bucket() / minutes;
    if let Some(step) = STEPS.into_iter().find(|step| f64::from(*step) * columns_per_minute >= ROOM) {
        for (place, time) in times.iter().enumerate() {
            let minute = u32::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default();
            if minute.is_multiple_of(step) && step < 1440 {
                row.put(grid.column(place), clock(time), Role::Axis);
            }
        }
    }
    row.labels
}

/// The row being filled.
struct Row {
    taken: Vec<bool>,
    labels: Vec<Label>,
}

impl Row {
    /// Whether so many columns are free, with one column of air on either side.
    fn fits(&self, column: u16, length: usize) -> bool {
        let from = usize::from(column);
        let to = from + length;
        to <= self.taken.len() && self.taken.iter().take(to + 1).skip(from.saturating_sub(1)).all(|taken| !taken)
    }

    /// Puts a label where it fits, else leaves it out.
    fn put(&mut self, column: u16, text: String, role: Role) {
        if !self.fits(column, text.len()) {
            return;
        }
        let from = usize::from(column);
        self.taken.iter_mut().skip(from).take(text.len()).for_each(|taken| *taken = true);
        self.labels.push(Label { column, text, role });
    }
}
