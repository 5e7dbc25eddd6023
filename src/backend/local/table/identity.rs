//! Which record an event is, so that the same record out of two files counts once.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use super::columns::{Maps, Rows};
use super::dictionary::{Dictionary, NONE};
use super::portion::{NO_RECORD, Portion, text_code};
use crate::domain::{Foreign, Kind};
use crate::query::Hit;

type Hashes = HashSet<u64, foldhash::fast::RandomState>;

/// Remembers records by 64-bit keyed hashes. The key is drawn for each run, so nobody can prepare a record
/// that hides another; chance confuses two of ten million records once in 370,000 runs.
#[derive(Debug, Default)]
pub(super) struct Identities {
    hasher: foldhash::quality::RandomState,
    hashes: Hashes,
    folds: Folds,
    /// The highest record number of each log. A log is written in order: as long as its numbers rise, each is new, and
    /// nothing else needs to be remembered.
    latest: HashMap<(u32, u32), i64, foldhash::fast::RandomState>,
    /// The numbers of all logs, from the first on that did not rise.
    numbers: Option<Hashes>,
}

/// Codes of texts without their case: Windows writes host names in several cases, and shippers the channels.
#[derive(Debug, Default)]
struct Folds {
    codes: Vec<u32>,
    known: HashMap<String, u32, foldhash::fast::RandomState>,
}

impl Folds {
    fn of(&mut self, code: u32, texts: &Dictionary<Foreign>) -> u32 {
        let place = code as usize;
        match self.codes.get(place) {
            Some(fold) if *fold != NONE => return *fold,
            Some(_) => {}
            None => self.codes.resize(texts.values().len().max(place + 1), NONE),
        }
        let Some(text) = texts.values().get(place) else { return code };
        let next = u32::try_from(self.known.len()).unwrap_or(NONE - 1);
        let fold = *self.known.entry(text.raw().to_ascii_lowercase()).or_insert(next);
        if let Some(slot) = self.codes.get_mut(place) {
            *slot = fold;
        }
        fold
    }
}

/// Host, channel and record number of a row that has all three.
fn numbered(host: u32, channel: u32, record: i64) -> Option<(u32, u32, i64)> {
    (host != NONE && channel != NONE && record >= 0).then_some((host, channel, record))
}

impl Identities {
    /// For each row of a portion whether its record is new; empty where all are. An event that does not say which record it
    /// is is new every time. `known` gives host, channel and number of every row taken so far.
    pub(super) fn sift(&mut self, portion: &Portion, maps: &Maps, texts: &Dictionary<Foreign>, known: impl Fn(&mut dyn FnMut(u32, u32, i64))) -> Vec<bool> {
        let rows = &portion.rows;
        let mut keep = Vec::new();
        for row in 0..rows.time.len() {
            let mut is_new = true;
            if let Some((host, channel, number)) = self.log(rows, row, maps, texts) {
                is_new &= self.is_new_number((host, channel), number, |folds, each| {
                    known(&mut |host, channel, record| {
                        if let Some((host, channel, record)) = numbered(host, channel, record) {
                            each((folds.of(host, texts), folds.of(channel, texts)), record);
                        }
                    });
                    for earlier in (0..row).filter(|earlier| keep.get(*earlier).copied().unwrap_or(true)) {
                        let code = |code: u32| maps.texts.get(code as usize).copied().unwrap_or(NONE);
                        if let Some((host, channel, record)) = numbered(code(rows.host.at(earlier)), code(rows.channel.at(earlier)), rows.record.at(earlier)) {
                            each((folds.of(host, texts), folds.of(channel, texts)), record);
                        }
                    }
                });
            }
            is_new &= self.is_new_text(portion, row, maps, texts);
            if !is_new && keep.is_empty() {
                keep.resize(row, true);
            }
            if !is_new || !keep.is_empty() {
                keep.push(is_new);
            }
        }
        keep
    }

    /// Log and number of a row, without case.
    fn log(&mut self, rows: &Rows, row: usize, maps: &Maps, texts: &Dictionary<Foreign>) -> Option<(u32, u32, i64)> {
        let code = |code: u32| maps.texts.get(code as usize).copied().unwrap_or(NONE);
        let (host, channel, record) = numbered(code(rows.host.at(row)), code(rows.channel.at(row)), rows.record.at(row))?;
        Some((self.folds.of(host, texts), self.folds.of(channel, texts), record))
    }

    fn is_new_number(&mut self, log: (u32, u32), number: i64, recall: impl FnOnce(&mut Folds, &mut dyn FnMut((u32, u32), i64))) -> bool {
        if self.numbers.is_none() {
            let latest = self.latest.entry(log).or_insert(i64::MIN);
            if number > *latest {
                *latest = number;
                return true;
            }
            let mut numbers = Hashes::default();
            recall(&mut self.folds, &mut |log, number| {
                numbers.insert(self.hasher.hash_one((log, number)));
            });
            self.numbers = Some(numbers);
        }
        self.numbers.as_mut().is_some_and(|numbers| numbers.insert(self.hasher.hash_one((log, number))))
    }

    /// What is known by a text instead of a number.
    fn is_new_text(&mut self, portion: &Portion, row: usize, maps: &Maps, texts: &Dictionary<Foreign>) -> bool {
        let rows = &portion.rows;
        let mut is_new = true;
        let (host, channel, record) = (rows.host.at(row), rows.channel.at(row), rows.record.at(row));
        let record_text = || text_code(record).and_then(|place| portion.lone.get(place)).map(Foreign::raw);
        let code = |code: u32| maps.texts.get(code as usize).copied().unwrap_or(NONE);
        if let (true, true, Some(text)) = (host != NONE, channel != NONE, record_text()) {
            let log = (self.folds.of(code(host), texts), self.folds.of(code(channel), texts));
            is_new &= self.hashes.insert(self.hasher.hash_one((0_u8, log, text)));
        }
        let (index, id) = (rows.index.at(row), rows.id.at(row));
        if let (true, Some(id)) = (index != NONE, portion.lone.get(id as usize)) {
            is_new &= self.hashes.insert(self.hasher.hash_one((1_u8, code(index), id.raw())));
        }
        // A flow is written again and again until it is final.
        if rows.kind.at(row) == Kind::Flow as u8 && channel == NONE && record != NO_RECORD {
            is_new &= self.hashes.insert(match record_text() {
                Some(text) => self.hasher.hash_one((2_u8, text)),
                None => self.hasher.hash_one((2_u8, record)),
            });
        }
        is_new
    }

    /// Remembers what a rule found in a record that is no event.
    pub(super) fn is_new_hit(&mut self, rule: usize, hit: &Hit) -> bool {
        match (&hit.record_id, &hit.id) {
            (None, None) => true,
            (record, id) => {
                let host = hit.host.as_ref().map(|host| host.raw().to_lowercase());
                self.hashes.insert(self.hasher.hash_one((3_u8, rule, hit.time, host, record, id)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scribe, TableBuilder};
    use super::*;
    use crate::domain::{Event, Timestamp};

    /// A builder, and the readers that write for it.
    #[derive(Default)]
    struct Known {
        builder: TableBuilder,
        scribes: [Scribe; 2],
        turn: usize,
    }

    impl Known {
        /// Whether an event is new; readers take turns.
        fn is_new(&mut self, event: &Event) -> bool {
            self.are_new(std::slice::from_ref(event)) == [true]
        }

        fn are_new(&mut self, events: &[Event]) -> Vec<bool> {
            self.turn += 1;
            let lane = self.turn % 2;
            for event in events {
                self.scribes[lane].push(event);
            }
            let keep = self.builder.absorb(lane, self.scribes[lane].take(), "x").keep;
            if keep.is_empty() { vec![true; events.len()] } else { keep }
        }
    }

    fn event(host: &str, channel: &str, record: &str) -> Event {
        let mut event = Event::new(Timestamp::UNIX_EPOCH, Kind::ManagerAuthenticated);
        let given = |text: &str| (!text.is_empty()).then(|| Foreign::from(text));
        (event.host, event.channel, event.record) = (given(host), given(channel), given(record));
        event
    }

    #[test]
    fn windows_records_are_known_by_host_channel_and_number() {
        for number in ["7", "07", "{9B3F}"] {
            let mut known = Known::default();
            assert!(known.is_new(&event("FS01", "Security", number)));
            assert!(!known.is_new(&event("fs01", "security", number)));
            for other in [("FS01", "Security", "8"), ("FS02", "Security", number), ("FS01", "System", number), ("FS01S", "ecurity", number)] {
                assert!(known.is_new(&event(other.0, other.1, other.2)), "{other:?}");
            }
        }
    }

    #[test]
    fn numbers_that_fall_are_held_against_all_that_came_before() {
        let mut known = Known::default();
        let numbers = |numbers: &[u32]| -> Vec<Event> { numbers.iter().map(|number| event("FS01", "Security", &number.to_string())).collect() };
        assert_eq!(known.are_new(&numbers(&[1, 2, 5, 9])), [true; 4]);
        assert!(known.is_new(&event("FS02", "Security", "3")));
        assert_eq!(known.are_new(&numbers(&[10, 12, 11, 10, 12, 4, 5, 13])), [true, true, true, false, false, true, false, true]);
        assert_eq!(known.are_new(&numbers(&[2, 3, 13, 14])), [false, true, false, true]);
        assert!(!known.is_new(&event("fs02", "Security", "3")));
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
        for name in ["flow-1", "17"] {
            let mut known = Known::default();
            let mut flow = event("", "", name);
            flow.kind = Kind::Flow;
            assert_eq!((0..10).filter(|_| known.is_new(&flow)).count(), 1);
        }
    }
}
