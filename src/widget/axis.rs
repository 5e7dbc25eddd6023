//! Time along a row: the head of a lane, and the labels under the timeline.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pen, text};
use crate::domain::{Range, Timestamp};
use crate::theme::Role;

/// `01:15`.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// `2025-01-31`.
pub fn date(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// `2025-01-31 01:15`.
pub fn moment(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The head of a lane: `01:15 ───────── 13:15`, with dates where there is room and the days differ.
pub fn span(range: Range, zone: &TimeZone, width: usize, rule: &str) -> String {
    let same_day = date(range.from, zone) == date(range.to, zone);
    let day = |time: Timestamp| time.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string();
    let full = [day(range.from), day(range.to)];
    let short = [clock(range.from, zone), clock(range.to, zone)];
    let [from, to] = if !same_day && full.iter().map(String::len).sum::<usize>() + 3 <= width { full } else { short };
    match width.checked_sub(from.len() + to.len() + 2) {
        Some(rest) if rest > 0 => format!("{from} {} {to}", rule.repeat(rest)),
        _ if to.len() <= width => format!("{to:>width$}"),
        _ => String::new(),
    }
}

/// Draws [`span`] over the lane column.
pub fn draw(range: Range, zone: &TimeZone, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    let head = span(range, zone, usize::from(area.width), pen.glyphs.rule());
    text::put(buf, area, area.x, area.y, &head, pen.style(Role::Axis));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> Range {
        Range { from: from.parse().expect("a time"), to: to.parse().expect("a time") }
    }

    #[test]
    fn dates_stand_where_days_differ_and_room_is() {
        let day = range("2025-01-31T01:15:00Z", "2025-01-31T13:15:00Z");
        let night = range("2025-01-31T19:15:00Z", "2025-02-01T07:15:00Z");
        assert_eq!(span(day, &TimeZone::UTC, 20, "-"), "01:15 -------- 13:15");
        assert_eq!(span(night, &TimeZone::UTC, 30, "-"), "01-31 19:15 ------ 02-01 07:15");
        assert_eq!(span(night, &TimeZone::UTC, 20, "-"), "19:15 -------- 07:15");
        assert_eq!(span(day, &TimeZone::UTC, 12, "-"), "       13:15");
        assert_eq!(span(day, &TimeZone::UTC, 4, "-"), "");
    }

    #[test]
    fn clocks_are_of_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let time: Timestamp = "2025-03-30T00:45:00Z".parse().expect("a time");
        assert_eq!(moment(time, &zone), "2025-03-30 01:45");
        assert_eq!(clock("2025-03-30T01:00:00Z".parse().expect("a time"), &zone), "03:00");
        assert_eq!(date(time, &zone), "2025-03-30");
    }
}
