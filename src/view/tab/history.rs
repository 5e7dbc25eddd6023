//! What was usual: sources day by day, and by the hour of the week.

use std::cmp::Ordering;

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::Pane;
use crate::investigation::past::{Day, Past, row_of};
use crate::investigation::{Subject, Visit};
use crate::theme::Role;
use crate::view::list::Rows;
use crate::view::{Ctx, Want, words};
use crate::widget::table::{Cell, Column, Direction};
use crate::widget::text::{self, Align};
use crate::widget::{lane, severity};

/// The tab.
pub struct History;

/// Columns of the profile of a week: the names of the days, and an hour each.
const PROFILE: u16 = 4 + 24;
/// Columns that the table of days keeps beside the profile.
const TABLE: u16 = 48;

impl Pane for History {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let days = visit.past().map(|past| past.days.iter().rev().copied().collect()).unwrap_or_default();
        Box::new(DayRows { days, findings: findings(visit, cx), cx: *cx })
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.past().map(|past| past.days.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "days"
    }

    fn split(&self, area: Rect) -> (Rect, Rect) {
        if area.width < PROFILE + TABLE + 2 || area.height < 5 {
            return (Rect { width: 0, ..area }, area);
        }
        let table = Rect { width: area.width.saturating_sub(PROFILE + 2), ..area };
        (Rect { x: table.right().saturating_add(2), width: PROFILE, ..area }, table)
    }

    fn beside(&self, visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        if let Some(past) = visit.past().filter(|_| area.width > 0) {
            profile(past, visit, cx, area, buf);
        }
    }
}

/// The hours of a week, each shaded by its mean, the hour under the cursor marked.
fn profile(past: &Past, visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let pen = cx.pen;
    let most = past.hours.iter().flatten().copied().fold(0.0_f32, f32::max);
    text::put(buf, area, area.x, area.y, "    0     6     12    18", pen.style(Role::Axis));
    let at = visit.cursor.to_zoned(cx.investigation.zone.clone());
    for (row, (hours, name)) in past.hours.iter().zip(NAMES).enumerate() {
        let y = area.y.saturating_add(1).saturating_add(u16::try_from(row).unwrap_or(u16::MAX));
        if y >= area.bottom() {
            break;
        }
        text::put(buf, area, area.x, y, name, pen.style(Role::Axis));
        for (hour, mean) in hours.iter().enumerate() {
            let x = area.x.saturating_add(4).saturating_add(u16::try_from(hour).unwrap_or(u16::MAX));
            let is_here = row == row_of(at.weekday()) && usize::try_from(at.hour()) == Ok(hour);
            let (glyph, role) = if past.weeks.get(row) == Some(&0) {
                (pen.glyphs.gap(), Role::LaneGap)
            } else if *mean <= 0.0 {
                (pen.glyphs.empty(), Role::LaneEmpty)
            } else {
                (pen.glyphs.shade(lane::eighths(tenths(*mean), tenths(most))), Role::LaneBar)
            };
            text::put(buf, area, x, y, glyph, pen.style(if is_here { Role::TimelineCursor } else { role }));
        }
    }
    let y = area.y.saturating_add(8);
    if y < area.bottom() {
        let said = format!("{} = {most:.1} sources an hour", pen.glyphs.shade(8));
        text::put(buf, area, area.x, y, &said, pen.style(Role::Muted));
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of sources, not negative; a cast saturates")]
fn tenths(mean: f32) -> u32 {
    (mean * 10.0).ceil() as u32
}

/// The worst finding of each day, as far as it was judged: within the shown range.
fn findings(visit: &Visit, cx: &Ctx<'_>) -> Vec<(Date, f64)> {
    let Some(board) = cx.investigation.board().filter(|board| board.is_judged) else { return Vec::new() };
    let Some(lane) = visit.lane(board) else { return Vec::new() };
    let mut worst: Vec<(Date, f64)> = Vec::new();
    for (place, cell) in lane.cells.filled() {
        let Some(score) = cell.score else { continue };
        let date = board.at(place).to_zoned(cx.investigation.zone.clone()).date();
        match worst.last_mut().filter(|(day, _)| *day == date) {
            Some((_, known)) => *known = known.max(score),
            None => worst.push((date, score)),
        }
    }
    worst
}

struct DayRows<'a> {
    days: Vec<Day>,
    findings: Vec<(Date, f64)>,
    cx: Ctx<'a>,
}

impl DayRows<'_> {
    fn score(&self, day: &Day) -> Option<f64> {
        self.findings.iter().find(|(date, _)| *date == day.date).map(|(_, score)| *score)
    }

    fn most(&self) -> u32 {
        self.days.iter().map(|day| day.sources).max().unwrap_or(0)
    }
}

impl Rows for DayRows<'_> {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        vec![
            column("day", 14, 14, 255, Align::Left),
            column("sources", 7, 7, 250, Align::Right),
            column("new", 4, 5, 240, Align::Right),
            column("score", 5, 5, 235, Align::Right),
            column("peak", 4, 5, 220, Align::Right),
            column("at", 5, 5, 210, Align::Left),
            column("events", 6, 6, 200, Align::Right),
            column("", 6, u16::MAX, 230, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.days.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let Some(day) = self.days.get(row) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let figure = |number: u64, role: Role| if number == 0 { Cell::text("0", muted) } else { Cell::text(words::count(number), pen.style(role)) };
        match column {
            0 => Cell::text(day.date.strftime("%a %Y-%m-%d").to_string(), plain),
            1 => figure(u64::from(day.sources), Role::Text),
            2 => day.new.map_or_else(|| Cell::text("–", muted), |new| figure(u64::from(new), Role::SourceNew)),
            3 => {
                let score = self.score(day);
                Cell::text(words::score(score), pen.style(score.map_or(Role::Muted, |score| severity::role(Some(crate::domain::Severity::of(score))))))
            }
            4 => figure(u64::from(day.peak), Role::Text),
            5 if day.peak > 0 => Cell::text(day.peak_at.to_zoned(self.cx.investigation.zone.clone()).strftime("%H:%M").to_string(), muted),
            6 => figure(day.events, Role::Muted),
            7 => {
                let most = u64::from(self.most().max(1));
                let eighths = u64::from(day.sources).saturating_mul(u64::from(width)).saturating_mul(8).div_ceil(most);
                let full = pen.glyphs.known_bar().repeat(usize::try_from(eighths / 8).unwrap_or(0));
                let bar = if day.sources > 0 && full.is_empty() { pen.glyphs.eighths(1).to_owned() } else { full };
                Cell::Text(vec![Span::styled(bar, pen.style(Role::LaneBar))])
            }
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two)) = (self.days.get(one), self.days.get(two)) else { return Ordering::Equal };
        match column {
            0 => one.date.cmp(&two.date),
            2 => one.new.cmp(&two.new),
            3 => self.score(one).unwrap_or(-1.0).total_cmp(&self.score(two).unwrap_or(-1.0)),
            4 => one.peak.cmp(&two.peak),
            5 => one.peak_at.cmp(&two.peak_at),
            6 => one.events.cmp(&two.events),
            _ => one.sources.cmp(&two.sources),
        }
    }

    fn natural(&self) -> Option<(usize, Direction)> {
        Some((0, Direction::Descending))
    }

    fn order(&self) -> &'static str {
        "day, the latest first"
    }

    fn sort(&self) -> &'static str {
        "day"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.days.get(row).map(|day| Subject::Other { sort: "day", id: day.date.to_string() })
    }

    fn text(&self, row: usize) -> String {
        self.days.get(row).map(|day| day.date.strftime("%a %A %Y-%m-%d").to_string()).unwrap_or_default()
    }

    fn line(&self, row: usize) -> String {
        let Some(day) = self.days.get(row) else { return String::new() };
        let new = day.new.map_or_else(|| "–".to_owned(), |new| new.to_string());
        format!("{}\t{} sources\t{new} new\tpeak {}\t{} events\tscore {}", day.date, day.sources, day.peak, day.events, words::score(self.score(day)))
    }

    fn open(&self, _row: usize) -> Option<Want> {
        Some(Want::Say("t asks for another time range; a day before it is not judged".to_owned()))
    }
}
