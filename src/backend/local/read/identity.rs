//! Which record an event is, so that the same record out of two files counts once.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _};

use crate::domain::{Event, Foreign, Kind};
use crate::query::Hit;

/// Remembers records by 64-bit keyed hashes. The key is drawn for each run, so nobody can prepare a record
/// that hides another; chance confuses two of ten million records once in 370,000 runs.
#[derive(Debug, Default)]
pub struct Known {
    hasher: foldhash::quality::RandomState,
    hashes: HashSet<u64, foldhash::fast::RandomState>,
}

impl Known {
    /// Remembers the record of `event`; `false` where it was known. An event that does not say which
    /// record it is is new every time.
    pub fn is_new(&mut self, event: &Event) -> bool {
        let mut is_new = true;
        // Windows writes host names in several cases, and shippers the channels.
        if let (Some(host), Some(channel), Some(record)) = (&event.host, &event.channel, &event.record) {
            is_new &= self.remember(0, &[Part::Folded(host), Part::Folded(channel), Part::Exact(record)]);
        }
        if let (Some(index), Some(id)) = (&event.origin.index, &event.origin.id) {
            is_new &= self.remember(1, &[Part::Exact(index), Part::Exact(id)]);
        }
        // A flow is written again and again until it is final.
        if let (Kind::Flow, None, Some(flow)) = (event.kind, &event.channel, &event.record) {
            is_new &= self.remember(2, &[Part::Exact(flow)]);
        }
        is_new
    }

    /// Remembers what a rule found in a record that is no event.
    pub fn is_new_hit(&mut self, rule: usize, hit: &Hit) -> bool {
        match (&hit.record_id, &hit.id) {
            (None, None) => true,
            (record, id) => {
                let host = hit.host.as_ref().map(|host| host.raw().to_lowercase());
                self.hashes.insert(self.hasher.hash_one((3_u8, rule, hit.time, host, record, id)))
            }
        }
    }

    fn remember(&mut self, sort: u8, parts: &[Part<'_>]) -> bool {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u8(sort);
        for part in parts {
            match part {
                Part::Exact(text) => hasher.write(text.raw().as_bytes()),
                Part::Folded(text) if text.raw().bytes().any(|byte| byte.is_ascii_uppercase()) => hasher.write(text.raw().to_ascii_lowercase().as_bytes()),
                Part::Folded(text) => hasher.write(text.raw().as_bytes()),
            }
            // No text holds this byte, so that parts cannot run into each other.
            hasher.write_u8(0xFF);
        }
        self.hashes.insert(hasher.finish())
    }
}

enum Part<'a> {
    Exact(&'a Foreign),
    Folded(&'a Foreign),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn event(host: &str, channel: &str, record: &str) -> Event {
        let mut event = Event::new(Timestamp::UNIX_EPOCH, Kind::ManagerAuthenticated);
        let given = |text: &str| (!text.is_empty()).then(|| Foreign::from(text));
        (event.host, event.channel, event.record) = (given(host), given(channel), given(record));
        event
    }

    #[test]
    fn windows_records_are_known_by_host_channel_and_number() {
        let mut known = Known::default();
        assert!(known.is_new(&event("FS01", "Security", "7")));
        assert!(!known.is_new(&event("fs01", "security", "7")));
        for other in [("FS01", "Security", "8"), ("FS02", "Security", "7"), ("FS01", "System", "7"), ("FS01S", "ecurity", "7")] {
            assert!(known.is_new(&event(other.0, other.1, other.2)), "{other:?}");
        }
    }

    #[test]
    fn without_a_number_every_event_is_new() {
        let mut known = Known::default();
        for _ in 0..2 {
            assert!(known.is_new(&event("FS01", "Security", "")));
            assert!(known.is_new(&event("", "Security", "7")));
        }
    }

    #[test]
    fn documents_are_known_by_index_and_id() {
        let mut known = Known::default();
        let mut one = event("", "", "");
        (one.origin.index, one.origin.id) = (Some("logs-a".into()), Some("x".into()));
        assert!(known.is_new(&one));
        assert!(!known.is_new(&one));
        one.origin.index = Some("logs-b".into());
        assert!(known.is_new(&one));
    }

    #[test]
    fn a_record_in_two_indices_is_one_record() {
        let mut known = Known::default();
        let mut one = event("FS01", "Security", "7");
        (one.origin.index, one.origin.id) = (Some("logs-a".into()), Some("x".into()));
        assert!(known.is_new(&one));
        (one.origin.index, one.origin.id) = (Some("logs-b".into()), Some("y".into()));
        assert!(!known.is_new(&one));
    }

    #[test]
    fn a_flow_written_ten_times_is_one_flow() {
        let mut known = Known::default();
        let mut flow = event("", "", "flow-1");
        flow.kind = Kind::Flow;
        assert_eq!((0..10).filter(|_| known.is_new(&flow)).count(), 1);
    }
}
