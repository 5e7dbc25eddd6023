//! How figures and moments are worded on the screens.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::domain::{Foreign, Range, Timestamp};

/// A count in at most five columns: `9999`, `12.3k`, `4.5M`.
pub fn count(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..100_000 => format!("{}.{}k", number / 1000, number % 1000 / 100),
        100_000..1_000_000 => format!("{}k", number / 1000),
        1_000_000..100_000_000 => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
        _ => format!("{}M", number / 1_000_000),
    }
}

/// What is said when a mark is set or taken away.
pub fn marked(marks: usize) -> String {
    match marks {
        0 => "nothing is marked".to_owned(),
        marks => format!("{marks} marked; y copies {}", if marks == 1 { "it" } else { "them" }),
    }
}

/// What is usual: one decimal below ten.
pub fn typical(value: Option<f64>) -> String {
    match value {
        Some(value) if value < 9.95 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
        None => "–".to_owned(),
    }
}

/// A score; a dash where there is no verdict.
pub fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"))
}

/// A stretch of time in its largest unit: `42s`, `3m`, `5h`, `2d`.
pub fn span(span: SignedDuration) -> String {
    match span.as_secs() {
        ..0 => "0s".to_owned(),
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{}m", seconds / 60),
        seconds @ 7200..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// `13:04:59`.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// `03-02 13:04:59`.
pub fn day_clock(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
}

/// `03-02 13:04`.
pub fn day_minute(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string()
}

/// A cell so wide is one of a file, not of a screen: nothing is cut there, and a moment stands with its date.
pub const FILE: u16 = 4096;

/// How moments within `range` are written: the clock alone where all of it is one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// `13:04:59`
    Clock,
    /// `03-02 13:04:59`
    Day,
}

impl Moment {
    /// What tells the moments of `range` apart.
    pub fn within(range: Range, zone: &TimeZone) -> Self {
        let day = |time: Timestamp| time.to_zoned(zone.clone()).date();
        let last = range.to.checked_sub(SignedDuration::from_micros(1)).unwrap_or(range.to);
        if day(range.from) == day(last) { Self::Clock } else { Self::Day }
    }

    /// Columns it takes.
    pub const fn width(self) -> u16 {
        match self {
            Self::Clock => 8,
            Self::Day => 14,
        }
    }

    /// The moment in words for a cell of `width` columns: exact where the cell is one of a file.
    pub fn of(self, time: Timestamp, zone: &TimeZone, width: u16) -> String {
        match self {
            _ if width >= FILE => crate::domain::time::rfc3339_micros(time),
            Self::Clock => clock(time, zone),
            Self::Day => day_clock(time, zone),
        }
    }
}

/// The name of a zone; its offset where it has none.
pub fn zone(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(|| "fixed zone".to_owned(), str::to_owned)
}

/// Whether `text` holds every one of `words`, whatever the case.
pub fn holds(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    words.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
}

/// A foreign text as it may be drawn and copied.
pub fn inert(foreign: &Foreign) -> String {
    foreign.safe().into_string()
}

/// `1 source`, `2 sources`.
pub fn plural(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", count(number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_narrow() {
        let shown: Vec<String> = [0, 9999, 12_345, 123_456, 4_560_000, 999_999_999].map(count).into();
        assert_eq!(shown, ["0", "9999", "12.3k", "123k", "4.5M", "999M"]);
    }

    #[test]
    fn what_is_usual() {
        assert_eq!([Some(0.04), Some(9.94), Some(9.96), Some(48.2), None].map(typical), ["0.0", "9.9", "10", "48", "–"]);
    }

    #[test]
    fn words_match_in_any_order_and_case() {
        assert!(holds("10.0.0.5 FILESRV", "filesrv 10.0"));
        assert!(!holds("10.0.0.5 FILESRV", "filesrv 10.1"));
    }
}
