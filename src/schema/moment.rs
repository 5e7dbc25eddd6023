//! Times as records write them.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::scalar::Scalar;
use crate::domain::Timestamp;

/// How a schema writes its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Whatever it looks like; numbers are seconds, milli-, micro- or nanoseconds by their size.
    #[default]
    Auto,
    /// Seconds since the epoch, with a fraction.
    EpochSeconds,
    /// Milliseconds since the epoch.
    EpochMillis,
}

/// The moment that `value` names, to the microsecond. A time without an offset is one of `zone`.
pub fn read(value: &Scalar<'_>, format: Format, zone: &TimeZone) -> Option<Timestamp> {
    let time = match value {
        Scalar::Text(text) if let Some(micros) = plain(text.as_bytes(), zone) => return Timestamp::from_microsecond(micros).ok(),
        Scalar::Text(text) => written(text.trim(), format, zone)?,
        Scalar::Int(number) => epoch(*number, "", format)?,
        Scalar::Float(number) => return from_float(*number, format),
        Scalar::Bool(_) | Scalar::Raw(_) => return None,
    };
    // Events are kept to the microsecond; Defend and nanosecond shippers write more digits.
    Timestamp::from_microsecond(time.as_nanosecond().div_euclid(1000).try_into().ok()?).ok()
}

/// Microseconds of a time in the one form that nearly all shippers write, `2026-03-08T15:04:05.123Z`, or in that of nearly all
/// tables, without the end, where that means the same; `None` for every other.
fn plain(text: &[u8], zone: &TimeZone) -> Option<i64> {
    let (date, rest) = text.split_first_chunk::<19>()?;
    let fraction = match rest.split_last() {
        Some((b'Z', fraction)) => fraction,
        _ if *zone == TimeZone::UTC => rest,
        _ => return None,
    };
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = *date else { return None };
    let mut is_sound = true;
    let mut digits = |digits: &[u8]| {
        digits.iter().fold(0_i64, |number, digit| {
            is_sound &= digit.is_ascii_digit();
            number * 10 + i64::from(digit.wrapping_sub(b'0'))
        })
    };
    let (year, month, day) = (digits(&[y1, y2, y3, y4]), digits(&[m1, m2]), digits(&[d1, d2]));
    let (hour, minute, second) = (digits(&[h1, h2]), digits(&[n1, n2]), digits(&[s1, s2]));
    let micros = match fraction {
        [] => 0,
        [b'.', decimals @ ..] if (1..=9).contains(&decimals.len()) => {
            let kept = decimals.get(..6).unwrap_or(decimals);
            digits(decimals);
            (kept.len()..6).fold(digits(kept), |number, _| number * 10)
        }
        _ => return None,
    };
    // Days that only some months have, leap seconds and years long ago are for the calendar to judge.
    if !is_sound || !(1..=12).contains(&month) || !(1..=28).contains(&day) || hour > 23 || minute > 59 || second > 59 || year < 1970 {
        return None;
    }
    // Years begin in March here, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    Some((days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros)
}

fn written(text: &str, format: Format, zone: &TimeZone) -> Option<Timestamp> {
    let first = text.bytes().next()?;
    if first.is_ascii_digit() || first == b'-' {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if let Ok(number) = whole.parse::<i64>()
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
        {
            return epoch(number, fraction, format);
        }
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let naive = |time: DateTime| zone.to_timestamp(time).ok();
    if let Ok(time) = text.parse::<DateTime>() {
        return naive(time);
    }
    if let Some(utc) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
        return utc.trim().parse::<DateTime>().ok().and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
    }
    if let Some(millis) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        return epoch(millis.parse().ok()?, "", Format::EpochMillis);
    }
    // Spreadsheets and the Windows event viewer write the time of their own locale; month first where both could be meant.
    let spaced = text.replace(',', " ").replace(['\u{202f}', '\u{a0}'], " ");
    let spaced = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    FORMS.iter().find_map(|form| strtime::parse(form, &spaced).ok()?.to_datetime().ok()).and_then(naive)
}

const FORMS: &[&str] = &[
    "%m/%d/%Y %I:%M:%S%.f %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %I:%M:%S%.f %p",
    "%Y-%m-%d %I:%M:%S%.f %p",
    "%b %d %Y %H:%M:%S%.f",
    "%b %d %Y %I:%M:%S%.f %p",
];

/// A number of seconds or smaller units: seconds until the year 5138 are below `1e11`, and no log is older than 1973 in milliseconds.
fn epoch(whole: i64, fraction: &str, format: Format) -> Option<Timestamp> {
    let scale: i128 = match format {
        Format::EpochSeconds => 1_000_000_000,
        Format::EpochMillis => 1_000_000,
        Format::Auto => match whole.unsigned_abs() {
            0..100_000_000_000 => 1_000_000_000,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        },
    };
    let mut nanos = i128::from(whole) * scale;
    let mut unit = scale;
    for digit in fraction.bytes() {
        unit /= 10;
        nanos += unit * i128::from(digit.wrapping_sub(b'0'));
    }
    Timestamp::from_nanosecond(nanos).ok()
}

/// Binary fractions are not decimal ones: rounding, not cutting, gives the six digits that were written.
fn from_float(number: f64, format: Format) -> Option<Timestamp> {
    let scale = match format {
        Format::EpochSeconds => 1e6,
        Format::EpochMillis => 1e3,
        Format::Auto if number.abs() < 1e11 => 1e6,
        Format::Auto if number.abs() < 1e14 => 1e3,
        Format::Auto => 1.0,
    };
    let micros = (number * scale).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked against the range before")]
    (micros.abs() < 9e18).then_some(micros as i64).and_then(|micros| Timestamp::from_microsecond(micros).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Option<String> {
        read(&Scalar::Text(text.into()), Format::Auto, &TimeZone::UTC).map(crate::domain::time::rfc3339_micros)
    }

    #[test]
    fn every_form_of_one_moment() {
        for text in [
            "2026-03-08T15:04:05Z",
            "2026-03-08T15:04:05.0000009Z",
            "2026-03-08T16:04:05+01:00",
            "2026-03-08 15:04:05+00:00",
            "2026-03-08 15:04:05",
            "2026-03-08T15:04:05",
            "2026-03-08 15:04:05 UTC",
            "3/8/2026 3:04:05 PM",
            "03/08/2026 15:04:05",
            "3/8/2026, 3:04:05.000 PM",
            "2026/03/08 15:04:05",
            "08.03.2026 15:04:05",
            "1772982245",
            "1772982245.000000",
            "1772982245000",
            "1772982245000000",
            "/Date(1772982245000)/",
            " 2026-03-08T15:04:05Z ",
        ] {
            assert_eq!(read_text(text).as_deref(), Some("2026-03-08T15:04:05.000000Z"), "{text}");
        }
        for text in ["", "-", "yesterday", "2026-13-01T00:00:00Z", "99999999999999999999999", "0x10"] {
            assert_eq!(read_text(text), None, "{text}");
        }
    }

    #[test]
    fn the_usual_form_reads_as_the_calendar_reads_it() {
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled");
        let day: Timestamp = "1969-12-31T23:59:59.987654Z".parse().expect("a time");
        for step in 0..4000 {
            let time = day + jiff::SignedDuration::from_secs(step * 7_919 * 60);
            for text in [rfc3339_of(time, 0), rfc3339_of(time, 3), rfc3339_of(time, 6), rfc3339_of(time, 9)] {
                let expected = text.parse::<Timestamp>().expect("a time").as_microsecond();
                assert!(plain(text.as_bytes(), &TimeZone::UTC).is_none_or(|micros| micros == expected), "{text}");
            }
        }
        assert!(plain(b"2026-02-28T23:59:59.1234567Z", &berlin).is_some());
        for odd in [
            "2026-02-29T00:00:00Z",
            "2026-02-28T24:00:00Z",
            "2026-02-28T23:59:60Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01T00:0x:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.1x3Z",
            "2026-01-01T00:00:00+01:00",
        ] {
            assert_eq!(plain(odd.as_bytes(), &berlin), None, "{odd}");
        }
        for naive in ["2026-02-28T23:59:59.123456", "2026-02-28 23:59:59"] {
            let expected = TimeZone::UTC.to_timestamp(naive.parse().expect("a time")).expect("a time").as_microsecond();
            assert_eq!((plain(naive.as_bytes(), &TimeZone::UTC), plain(naive.as_bytes(), &berlin)), (Some(expected), None), "{naive}");
        }
    }

    fn rfc3339_of(time: Timestamp, decimals: usize) -> String {
        format!("{time:.decimals$}")
    }

    #[test]
    fn fractions_are_cut_to_the_microsecond_and_floats_rounded_to_it() {
        assert_eq!(read_text("2022-04-04T18:52:00.6007809Z").as_deref(), Some("2022-04-04T18:52:00.600780Z"));
        assert_eq!(read_text("1568132339.668952").as_deref(), Some("2019-09-10T16:18:59.668952Z"));
        let float = read(&Scalar::Float(1_568_132_339.668_952), Format::EpochSeconds, &TimeZone::UTC);
        assert_eq!(float.map(crate::domain::time::rfc3339_micros).as_deref(), Some("2019-09-10T16:18:59.668952Z"));
        let millis = read(&Scalar::Int(1_772_982_245_123), Format::Auto, &TimeZone::UTC);
        assert_eq!(millis.map(crate::domain::time::rfc3339_micros).as_deref(), Some("2026-03-08T15:04:05.123000Z"));
    }

    #[test]
    fn a_time_without_offset_is_of_the_given_zone() {
        let zone = TimeZone::get("Europe/Berlin").expect("bundled");
        let read = |text: &str| read(&Scalar::Text(text.to_owned().into()), Format::Auto, &zone).map(crate::domain::time::rfc3339);
        assert_eq!(read("2026-07-01 12:00:00").as_deref(), Some("2026-07-01T10:00:00Z"));
        assert_eq!(read("2026-01-01 12:00:00").as_deref(), Some("2026-01-01T11:00:00Z"));
        assert_eq!(read("2026-07-01T12:00:00Z").as_deref(), Some("2026-07-01T12:00:00Z"));
    }
}
