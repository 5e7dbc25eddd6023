//! Records like ones before them: of the same layout, with a few other values. Only what follows from the values that
//! changed is worked out again; everything else of the event stays as it was.
//!
//! That this never changes an answer rests on one fact: for each part of an event it is noted which values were asked for
//! when it was worked out. As long as none of those changed, working it out again would go the same way to the same end.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;

use super::capture::Captured;
use super::details;
use super::interpreter::Interpreter;
use super::reader::{Output, Record};
use super::rule::Rule;
use super::scalar::{Scalar, is_usable};
use super::shape::Places;
use crate::domain::{Event, Kind, Timestamp};

/// Most records of one origin that differ in which values are usable.
const MOST_MASKS: usize = 16;
/// Most records that are remembered at a time.
const MOST: usize = 1024;
/// Most records that are ever remembered: where they never come again, remembering them is a waste.
const MOST_EVER: u32 = 1 << 14;

/// The values of a record one after the other, those of every record of an origin in the same order.
pub trait Values {
    /// How many.
    fn len(&self) -> usize;
    /// One of them; `None` where there is none, or it cannot be read here.
    fn value(&self, place: usize) -> Option<Scalar<'_>>;
}

/// An event like one that was read before.
#[derive(Debug)]
pub struct Again<'m> {
    /// The event, whole.
    pub event: &'m Event,
    /// Name of the schema.
    pub schema: &'m Arc<str>,
    /// Which event it is like: events with the same number follow from each other.
    pub number: u32,
    /// The [`Output`]s that may differ from those of the last event with this number, a bit each.
    pub fresh: u32,
}

impl Again<'_> {
    /// The event as it is read when nothing is remembered.
    pub fn to_event(&self) -> Event {
        let mut event = self.event.clone();
        event.details.take_if(|details| details.is_empty());
        event
    }
}

/// What a record like one before it turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// An event.
    Event,
    /// No event.
    Other,
    /// That is to be found out the long way.
    Unknown,
}

/// A record, and what follows from it.
#[derive(Debug)]
struct Repeat {
    number: u32,
    /// Which values are usable, a bit each.
    mask: u128,
    /// For each value the place where it is kept, if it is the one that counts.
    kept: Box<[Option<u8>]>,
    captured: Captured<'static>,
    places: Places,
    schema: usize,
    name: Arc<str>,
    /// Places of the values on which the schema depends.
    deciding: u64,
    /// Places of the values that have changed since everything was worked out last.
    changed: u64,
    /// What was asked for to find the rule.
    rule_asked: u64,
    rule: Option<Rule>,
    event: Event,
    time_asked: u64,
    origin_asked: u64,
    tunnel_asked: u64,
    /// Whether the rendered message may tell of a tunnel, and what was asked for to say so.
    message_tells: bool,
    message_asked: u64,
    asked: [u64; Output::OWN.len()],
    details_asked: [u64; details::MOST],
    /// Outputs that have changed since the event was handed out last.
    fresh: u32,
}

/// The records that may come again.
#[derive(Debug, Default)]
pub struct Repeats {
    known: HashMap<u64, Vec<Repeat>, FixedState>,
    age: u32,
    made: u32,
    held: usize,
    last: u64,
    is_closed: bool,
}

impl Repeats {
    /// Remembers nothing any more.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Forgets everything where the origins of `age` are others than those before.
    pub fn renew(&mut self, age: u32) {
        if self.age != age {
            self.known.clear();
            (self.age, self.held) = (age, 0);
        }
    }

    /// Whether a record of this origin may be remembered.
    pub fn has_room(&self) -> bool {
        !self.is_closed && self.held < MOST && self.made < MOST_EVER
    }

    /// Works out a record of an origin from the one before.
    pub fn read(&mut self, interpreter: &Interpreter, origin: u64, values: &impl Values, zone: &TimeZone) -> Outcome {
        let Some(repeats) = self.known.get_mut(&origin) else { return Outcome::Unknown };
        let is_like_first = repeats.first_mut().is_some_and(|repeat| repeat.take(values));
        if !is_like_first {
            let mask = mask(values);
            let Some(place) = repeats.iter().position(|repeat| repeat.mask == mask) else { return Outcome::Unknown };
            repeats.swap(0, place);
            if !repeats.first_mut().is_some_and(|repeat| repeat.take(values)) {
                return Outcome::Unknown;
            }
        }
        self.last = origin;
        let Some(outcome) = repeats.first_mut().map(|repeat| repeat.refresh(interpreter, zone)) else { return Outcome::Unknown };
        if outcome == Outcome::Unknown {
            repeats.swap_remove(0);
            self.held -= 1;
        }
        outcome
    }

    /// Remembers a record that was read the long way. `kept` says of each value where it is kept.
    pub fn learn(
        &mut self,
        interpreter: &Interpreter,
        origin: u64,
        values: &impl Values,
        kept: Box<[Option<u8>]>,
        ((schema, record), deciding): ((usize, Record<'_, '_>), u64),
        zone: &TimeZone,
    ) {
        let Some(places) = record.places() else { return };
        if !self.has_room() || kept.len() != values.len() || kept.len() > 128 || record.captured.slots().len() > 64 {
            return;
        }
        let repeats = self.known.entry(origin).or_default();
        if repeats.len() >= MOST_MASKS {
            return;
        }
        let mut repeat = Repeat {
            number: self.made,
            mask: mask(values),
            kept,
            captured: record.captured.clone().into_owned(),
            places: places.clone(),
            schema,
            name: interpreter.schema_names().nth(schema).unwrap_or_default().into(),
            deciding: 0,
            changed: u64::MAX,
            rule_asked: u64::MAX,
            rule: None,
            event: Event::new(Timestamp::UNIX_EPOCH, Kind::Flow),
            time_asked: 0,
            origin_asked: 0,
            tunnel_asked: 0,
            message_tells: false,
            message_asked: 0,
            asked: [0; Output::OWN.len()],
            details_asked: [0; details::MOST],
            fresh: 0,
        };
        let is_known = repeats.iter().any(|known| known.mask == repeat.mask);
        if !is_known && repeat.refresh(interpreter, zone) != Outcome::Unknown {
            repeat.deciding = deciding;
            repeats.push(repeat);
            self.held += 1;
        }
        self.made += 1;
    }

    /// The event that was worked out last.
    pub fn again(&mut self) -> Option<Again<'_>> {
        let repeat = self.known.get_mut(&self.last)?.first_mut()?;
        let fresh = std::mem::take(&mut repeat.fresh);
        Some(Again { event: &repeat.event, schema: &repeat.name, number: repeat.number, fresh })
    }

    /// Name of the schema of the record that was worked out last.
    pub fn schema(&self) -> Option<&Arc<str>> {
        self.known.get(&self.last)?.first().map(|repeat| &repeat.name)
    }
}

fn mask(values: &impl Values) -> u128 {
    (0..values.len().min(128)).filter(|place| values.value(*place).is_some_and(|value| says_something(&value))).fold(0, |mask, place| mask | 1 << place)
}

fn says_something(value: &Scalar<'_>) -> bool {
    !matches!(value, Scalar::Text(text) if !is_usable(text))
}

impl Repeat {
    /// Takes in the values of a record; `false` where others are usable than here. What was taken in until then has changed
    /// all the same, and is remembered as changed.
    fn take(&mut self, values: &impl Values) -> bool {
        if values.len() != self.kept.len() {
            return false;
        }
        for (place, kept) in self.kept.iter().enumerate() {
            let value = values.value(place).filter(says_something);
            if value.is_some() != (self.mask & 1 << place != 0) {
                return false;
            }
            if let (Some(value), Some(kept)) = (value, kept)
                && let Some(old) = self.captured.at_mut(usize::from(*kept))
                && value.replace(old)
            {
                self.changed |= 1 << kept;
            }
        }
        true
    }

    /// Works out whatever depends on values that have changed.
    fn refresh(&mut self, interpreter: &Interpreter, zone: &TimeZone) -> Outcome {
        let mut changed = self.changed;
        if changed & self.deciding != 0 {
            return Outcome::Unknown;
        }
        let Some(schema) = interpreter.schemas.get(self.schema) else { return Outcome::Unknown };
        let record = Record::new(&self.captured, schema, Some(&self.places));
        if changed & self.rule_asked != 0 {
            let note = Cell::new(0);
            let Some(rule) = interpreter.rule_alone(record.noting(&note)) else { return Outcome::Unknown };
            self.rule_asked = note.get();
            if let Some(rule) = &rule
                && !self.rule.is_some_and(|known| known.means_the_same(rule))
            {
                if Record::is_intertwined(rule.kind) {
                    return Outcome::Unknown;
                }
                self.event = Event::new(self.event.time, rule.kind);
                changed = u64::MAX;
                self.fresh = u32::MAX;
            }
            self.rule = rule;
        }
        let Some(rule) = self.rule else {
            self.changed = 0;
            return Outcome::Other;
        };
        let is_stale = |asked: u64| changed == u64::MAX || changed & asked != 0;
        let note = Cell::new(0);
        if is_stale(self.time_asked) {
            match record.noting(&note).time(zone) {
                Ok(time) => self.event.time = time,
                Err(_) => return Outcome::Unknown,
            }
            self.time_asked = note.take();
            self.fresh |= Output::Time.bit();
        }
        for (output, asked) in Output::OWN.into_iter().zip(&mut self.asked) {
            if is_stale(*asked) {
                record.noting(&note).output(&rule, output, &mut self.event);
                *asked = note.take();
                self.fresh |= output.bit();
            }
        }
        if is_stale(self.origin_asked) {
            self.event.origin = record.noting(&note).origin(interpreter.index, interpreter.id);
            self.origin_asked = note.take();
            self.fresh |= Output::Origin.bit();
        }
        let details = self.event.details.get_or_insert_default();
        if is_stale(self.message_asked) {
            self.message_tells = record.noting(&note).message_tells_of_tunnel();
            self.message_asked = note.take();
            // Which the other does not ask for again.
            self.tunnel_asked = u64::MAX;
        }
        if is_stale(self.tunnel_asked) || self.tunnel_asked == u64::MAX {
            details.tunnel_address = record.noting(&note).tunnel(rule.kind, self.message_tells);
            self.tunnel_asked = note.take();
            self.fresh |= Output::Tunnel.bit();
        }
        if changed == u64::MAX {
            self.details_asked = [1; _];
        }
        self.fresh |= record.refresh_details(rule.kind, details, changed, &mut self.details_asked);
        self.changed = 0;
        Outcome::Event
    }
}

/// The reading with its event whole.
#[cfg(test)]
pub fn whole<E>(reading: Result<super::Reading, E>, memo: &mut super::Memo) -> Result<super::Reading, E> {
    use super::Reading;
    match reading {
        Ok(Reading::Again) => {
            let again = memo.again().expect("the event");
            Ok(Reading::Event { schema: Arc::clone(again.schema), event: Box::new(again.to_event()), rules: Vec::new() })
        }
        reading => reading,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::super::{Memo, Options, Reading, Schemas};
    use super::*;
    use crate::sigma::RuleSet;

    static READER: std::sync::LazyLock<Interpreter> =
        std::sync::LazyLock::new(|| Interpreter::new(Schemas::built_in(), RuleSet::built_in().into(), Options::default()).expect("ours"));

    /// Reads lines one after the other with one memory and with none, and counts those that were worked out from others.
    fn agree(lines: impl IntoIterator<Item = String>) -> usize {
        let mut memo = Memo::default();
        let mut again = 0;
        for line in lines {
            let reading = READER.json_after(&mut memo, line.as_bytes());
            again += usize::from(reading == Ok(Reading::Again));
            assert_eq!(whole(reading, &mut memo), READER.json(line.as_bytes()), "{line}");
        }
        again
    }

    /// A logon, a refusal or a logoff as an agent writes it; what differs depends on the number and on where it goes.
    fn logon(number: usize, code: u32, kind: &str, source: &str, user: &str) -> String {
        format!(
            r#"{{"@timestamp":"2026-03-08T15:{:02}:{:02}.{:03}Z","event":{{"code":"{code}","provider":"Microsoft-Windows-Security-Auditing"}},"host":{{"name":"srv-{}"}},"winlog":{{"channel":"Security","record_id":{number},"logon":{{"type":"{kind}","id":"0x{number:x}"}},"event_data":{{"Status":"0xc000006d","SubjectLogonId":"0x3e7"}}}},"source":{{"ip":"{source}","port":{}}},"user":{{"name":"{user}","domain":"CORP"}},"message":"line {}"}}"#,
            number / 60 % 60,
            number % 60,
            number % 1000,
            number % 7,
            50_000 + number % 1000,
            number % 3,
        )
    }

    #[test]
    fn a_run_of_logons_is_worked_out_from_the_first() {
        let lines = (0..400).map(|number| logon(number, 4624, "RemoteInteractive", &format!("192.0.2.{}", number % 200), &format!("user{}", number % 50)));
        let again = agree(lines);
        assert!(again > 300, "{again}");
    }

    #[test]
    fn what_changes_the_meaning_changes_the_event() {
        // Every value on which something depends changes now and then, each at its own pace.
        let lines = (0..3000).map(|number| {
            let code = [4624, 4625, 4634, 4778, 5156, 4624][number / 5 % 6];
            let kind = ["RemoteInteractive", "Network", "Unlock", "10", "-"][number / 3 % 5];
            let source = ["192.0.2.7", "-", "::ffff:10.0.0.7", "fe80::1%10", "::%16777216", "nonsense", "127.0.0.1", "192.0.2.8"][number % 8];
            let user = ["kim", "OTHER\\\\kim", "-", "lee", ""][number / 2 % 5];
            logon(number, code, kind, source, user)
        });
        assert!(agree(lines) > 1000);
    }

    #[test]
    fn records_that_are_no_event_may_become_one() {
        let flow = |number: usize| {
            let port = [443, 3389, 80, 53][number / 4 % 4];
            let (source, direction) = ([7, 8, 9][number % 3], ["ingress", "egress"][number / 6 % 2]);
            format!(
                r#"{{"@timestamp":"2026-03-08T15:04:{:02}Z","event":{{"dataset":"network_traffic.flow","id":"f{number}"}},"network":{{"direction":"{direction}","transport":"tcp"}},"source":{{"ip":"192.0.2.{source}","port":{}}},"destination":{{"ip":"10.0.0.5","port":{port}}}}}"#,
                number % 60,
                [50_000, 3389][number / 9 % 2],
            )
        };
        assert!(agree((0..1000).map(flow)) > 200);
    }

    #[test]
    fn rows_read_alike_with_and_without_a_memory_of_others() {
        let names =
            ["@timestamp", "source.ip", "source.port", "destination.ip", "destination.port", "user.name", "user.domain", "event.code", "winlog.logon.type"];
        let columns = READER.header(&names).expect("columns");
        let mut memo = Memo::default();
        let mut again = 0;
        for number in 0..1000 {
            let time = format!("2026-03-08T15:04:{:02}Z", number % 60);
            let row = [
                [time.as_str(), "no time"][usize::from(number % 97 == 50)],
                ["192.0.2.7", "192.0.2.8", "", "-"][number % 4],
                ["50000", "3389"][number / 7 % 2],
                ["10.0.0.5", "10.0.0.6"][number / 11 % 2],
                ["3389", "443"][number / 13 % 2],
                ["kim", "lee", ""][number / 3 % 3],
                ["CORP", ""][number / 5 % 2],
                ["4624", "4625", "5156"][number / 17 % 3],
                ["10", "3", "7", ""][number / 19 % 4],
            ];
            let value = |place: usize| row.get(place).filter(|text| !text.is_empty()).map(|text| Cow::Borrowed(*text));
            let reading = READER.row_after(&mut memo, &columns, &value);
            again += usize::from(reading == Ok(Reading::Again));
            assert_eq!(whole(reading, &mut memo), READER.row(&columns, &value), "{row:?}");
        }
        assert!(again > 250, "{again}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever the values and their order: with a memory or without, the answer is the same.
        #[test]
        fn a_memory_never_changes_an_answer(
            records in prop::collection::vec((
                prop::sample::select(vec!["3", "1", "4624", "4625", "4778", "4648", "1149", "21", "131", "5156"]),
                prop::sample::select(vec!["Security", "Microsoft-Windows-Sysmon/Operational", "-"]),
                prop::sample::select(vec!["10", "7", "3", "-"]),
                prop::sample::select(vec!["10.0.0.7", "10.0.0.8:50", "-", "LOCAL", "::%16777216"]),
                prop::sample::select(vec!["0x0", "0x5", "", "7"]),
                prop::sample::select(vec!["3389", "50000"]),
            ), 80..200),
        ) {
            let lines = records.into_iter().enumerate().map(|(number, (code, channel, kind, source, logon, port))| format!(
                r#"{{"@timestamp":"2026-03-08T15:04:{:02}Z","event":{{"code":"{code}"}},"host":{{"name":"srv-{}"}},"source":{{"ip":"{source}","port":{port}}},"destination":{{"ip":"10.0.0.5","port":3389}},"winlog":{{"channel":"{channel}","record_id":{number},"event_data":{{"LogonType":"{kind}","IpAddress":"{source}","TargetUserName":"u{}","TargetLogonId":"{logon}","SubjectLogonId":"0x{}","Initiated":"true","Image":"x.exe"}}}}}}"#,
                number % 60, number % 3, number % 5, number % 2,
            ));
            agree(lines);
        }
    }
}
