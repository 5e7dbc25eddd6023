//! A first draft out of what is selected, as narrow as that: this destination, these sources and accounts, the hours around
//! the spike, thirty days.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Exception, Window};
use crate::domain::{Address, Destination, Foreign, Range, Timestamp};

/// Days that a draft lasts.
const DAYS: i64 = 30;

/// The draft; its reason and owner are for people to fill in.
pub fn draft(
    destination: &Destination,
    sources: &BTreeSet<Address>,
    users: &BTreeSet<Foreign>,
    range: Range,
    zone: &str,
    author: Foreign,
    now: Timestamp,
) -> Exception {
    let label = destination.label();
    let hour = SignedDuration::from_hours(1);
    let clock = |time: Timestamp| {
        let rules = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        time.to_zoned(rules).strftime("%H:00").to_string()
    };
    // Whole hours around the spike; where it lasts for most of a day, hours say nothing.
    let is_short = range.to.duration_since(range.from) <= SignedDuration::from_hours(12);
    let (start, end) = (clock(range.from), clock(range.to.checked_add(hour).unwrap_or(range.to)));
    let window = Window::new(Vec::new(), Vec::new(), &start, &end, zone).ok().filter(|_| is_short);
    Exception {
        id: id(&label, now),
        reason: Foreign::default(),
        owner: Foreign::default(),
        author,
        made: now,
        from: None,
        until: now.checked_add(SignedDuration::from_hours(24 * DAYS)).ok(),
        destinations: vec![label],
        sources: sources.iter().map(|source| source.ip().into()).collect(),
        users: users.iter().cloned().collect(),
        windows: window.into_iter().collect(),
        changes: Vec::new(),
    }
}

/// An id that is a harmless file name, whatever the destination calls itself.
pub fn id(about: &Foreign, now: Timestamp) -> String {
    let words: String = about.raw().chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' }).take(40).collect();
    let words = words.trim_matches(['-', '.']);
    format!("{}-{}", now.strftime("%Y-%m-%d"), if words.is_empty() { "exception" } else { words })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{address, at, destination};
    use super::*;

    #[test]
    fn as_narrow_as_what_is_selected() {
        let range = Range { from: at("2026-01-05T12:30:00Z"), to: at("2026-01-05T13:00:00Z") };
        let now = at("2026-01-05T13:21:00Z");
        let draft = draft(&destination(), &[address("10.66.0.1")].into(), &["CORP\\svc_scan".into()].into(), range, "Europe/Berlin", "kim".into(), now);
        assert_eq!(draft.id, "2026-01-05-10.0.0.5");
        assert_eq!(draft.words(), "at 10.0.0.5 from 10.66.0.1 as CORP\\svc_scan daily 13:00-15:00 Europe/Berlin");
        assert_eq!(draft.until, Some(at("2026-02-04T13:21:00Z")));
        assert!(draft.is_at(range) && draft.too_wide(now).is_empty());
    }

    #[test]
    fn an_id_leads_nowhere() {
        assert_eq!(id(&"../../etc/passwd".into(), at("2026-01-05T00:00:00Z")), "2026-01-05-etc-passwd");
        assert_eq!(id(&"\u{202e}".into(), at("2026-01-05T00:00:00Z")), "2026-01-05-exception");
    }
}
