//! `--from` and `--to`: RFC 3339, or Elasticsearch's date math.

use jiff::tz::TimeZone;
use jiff::{Span, Unit, Zoned};

use crate::domain::Timestamp;

/// The moment that `text` means when it is `now`. Without an offset it is UTC; `/unit` rounds down.
///
/// # Errors
/// A sentence on what was expected.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time; write 2025-01-31T12:00:00Z, 2025-01-31, now-12h or now-1d/d");
    let (anchor, math) = match text.strip_prefix("now") {
        Some(math) => (now, math),
        None => match text.split_once("||") {
            Some((anchor, math)) => (absolute(anchor).ok_or_else(wrong)?, math),
            None => return absolute(text).ok_or_else(wrong),
        },
    };
    let mut zoned = anchor.to_zoned(TimeZone::UTC);
    let mut rest = math;
    while let Some(sign) = rest.chars().next() {
        rest = rest.get(1..).unwrap_or_default();
        let digits = rest.find(|character: char| !character.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let letter = tail.chars().next().filter(char::is_ascii).ok_or_else(wrong)?;
        rest = tail.get(1..).unwrap_or_default();
        let number: i64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| wrong())? };
        zoned = match sign {
            '+' => shifted(&zoned, number, letter),
            '-' => shifted(&zoned, -number, letter),
            '/' if digits == 0 => rounded(&zoned, letter),
            _ => None,
        }
        .ok_or_else(wrong)?;
    }
    Ok(zoned.timestamp())
}

/// Whole hours, where `text` is just so long before now (`now-12h`, `now-7d`).
pub fn hours_before_now(text: &str) -> Option<i64> {
    let amount = text.strip_prefix("now-")?;
    let (number, hours) = match amount.as_bytes().last()? {
        b'h' | b'H' => (amount.strip_suffix(['h', 'H'])?, 1),
        b'd' => (amount.strip_suffix('d')?, 24),
        b'w' => (amount.strip_suffix('w')?, 168),
        _ => return None,
    };
    number.parse::<i64>().ok().filter(|number| (1..=100_000).contains(number)).map(|number| number * hours)
}

fn absolute(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn shifted(from: &Zoned, number: i64, letter: char) -> Option<Zoned> {
    let span = Span::new();
    let span = match letter {
        'y' => span.try_years(number),
        'M' => span.try_months(number),
        'w' => span.try_weeks(number),
        'd' => span.try_days(number),
        'h' | 'H' => span.try_hours(number),
        'm' => span.try_minutes(number),
        's' => span.try_seconds(number),
        _ => return None,
    };
    from.checked_add(span.ok()?).ok()
}

fn rounded(from: &Zoned, letter: char) -> Option<Zoned> {
    let date = from.date();
    let midnight = |date: jiff::civil::Date| date.to_zoned(TimeZone::UTC).ok();
    let down = |unit| from.round(jiff::ZonedRound::new().smallest(unit).mode(jiff::RoundMode::Floor)).ok();
    match letter {
        'y' => midnight(date.first_of_year()),
        'M' => midnight(date.first_of_month()),
        'w' => midnight(date.checked_sub(Span::new().days(date.weekday().to_monday_zero_offset())).ok()?),
        'd' => midnight(date),
        'h' | 'H' => down(Unit::Hour),
        'm' => down(Unit::Minute),
        's' => down(Unit::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_stretches_before_now_are_told_from_other_math() {
        let table = [
            ("now-12h", Some(12)),
            ("now-2d", Some(48)),
            ("now-1w", Some(168)),
            ("now-90m", None),
            ("now-1d/d", None),
            ("now", None),
            ("now-h", None),
            ("now-é", None),
        ];
        for (text, hours) in table {
            assert_eq!(hours_before_now(text), hours, "{text}");
        }
    }

    #[test]
    fn times_and_date_math() {
        let now = "2025-03-30T13:47:12.5Z".parse().expect("a time");
        let table = [
            ("2025-01-31T12:00:00Z", "2025-01-31T12:00:00Z"),
            ("2025-01-31T12:00:00+02:00", "2025-01-31T10:00:00Z"),
            ("2025-01-31T12:00", "2025-01-31T12:00:00Z"),
            ("2025-01-31", "2025-01-31T00:00:00Z"),
            ("now", "2025-03-30T13:47:12.5Z"),
            ("now-12h", "2025-03-30T01:47:12.5Z"),
            ("now-1M", "2025-02-28T13:47:12.5Z"),
            ("now/d", "2025-03-30T00:00:00Z"),
            ("now-1d/d", "2025-03-29T00:00:00Z"),
            ("now/h-15m", "2025-03-30T12:45:00Z"),
            ("now/w", "2025-03-24T00:00:00Z"),
            ("now/M", "2025-03-01T00:00:00Z"),
            ("now/y+1y", "2026-01-01T00:00:00Z"),
            ("now-h", "2025-03-30T12:47:12.5Z"),
            ("2025-01-31||+1M/M", "2025-02-01T00:00:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(moment(text, now).map(|time| time.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for text in
            ["", "yesterday", "now-", "now-12", "now-12x", "now*2h", "now/2d", "now-99999999999999999999h", "now-9999999y", "now-1é", "2025-13-01", "||"]
        {
            assert!(moment(text, now).is_err(), "{text}");
        }
    }
}
