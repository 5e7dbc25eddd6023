//! From the captured values of a record to an event: which rule holds, and what the fields mean.

use std::borrow::Cow;
use std::cell::Cell;

use jiff::tz::TimeZone;
use memchr::memmem;

use super::Field;
use super::capture::Captured;
use super::compiled::{Compiled, Spelling};
use super::error::DocumentError;
use super::message;
use super::moment;
use super::paths::Slot;
use super::rule::{Class, Log, Rule, Test};
use super::scalar::{Scalar, is_usable};
use super::shape::{Places, Way, bit};
use crate::domain::{Address, Event, Family, Foreign, Kind, Origin, Timestamp};

/// A part of an event that is worked out by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Output {
    /// When it happened.
    Time,
    /// Source and its port.
    Source,
    /// Destination and its port.
    Destination,
    /// Host.
    Host,
    /// User.
    User,
    /// Process.
    Process,
    /// Code.
    Code,
    /// Reason.
    Reason,
    /// Channel.
    Channel,
    /// Record number.
    Record,
    /// Index and document id.
    Origin,
    /// What stands in place of an address.
    Tunnel,
    /// Details that are numbers or truths.
    Numbers,
    /// Details that are texts.
    Texts,
}

impl Output {
    /// Those that `Record::output` works out.
    pub const OWN: [Self; 9] = [Self::Source, Self::Destination, Self::Host, Self::User, Self::Process, Self::Code, Self::Reason, Self::Channel, Self::Record];

    /// Its bit in a set.
    pub const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// A record together with the schema that knows it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r, 'a> {
    /// The values.
    pub captured: &'r Captured<'a>,
    /// The schema.
    pub schema: &'r Compiled,
    /// Where the values of the schema's fields stand, if that is known already.
    places: Option<&'r Places>,
    code: Option<u32>,
    /// Where it is noted which values were asked for, a bit for each place. What follows from a record follows from these.
    asked: Option<&'r Cell<u64>>,
}

impl<'r, 'a> Record<'r, 'a> {
    /// A record of a schema.
    pub fn new(captured: &'r Captured<'a>, schema: &'r Compiled, places: Option<&'r Places>) -> Self {
        let mut record = Self { captured, schema, places, code: None, asked: None };
        record.code = record.find(Field::Code, |value| u32::try_from(value.int()?).ok());
        record
    }

    /// The same record, with a note of what is asked of it from now on.
    pub fn noting(self, asked: &'r Cell<u64>) -> Self {
        Self { asked: Some(asked), ..self }
    }

    /// Where the values of the schema's fields stand, if that is known.
    pub fn places(&self) -> Option<&'r Places> {
        self.places
    }

    fn note(&self, places: u64) {
        if let Some(asked) = self.asked {
            asked.set(asked.get() | places);
        }
    }

    /// Calls `accept` with every value of a field in the order of its spellings until it takes one.
    pub fn find<T>(&self, field: Field, mut accept: impl FnMut(&Scalar<'_>) -> Option<T>) -> Option<T> {
        let Some(places) = self.places else {
            self.note(u64::MAX);
            return self.schema.find(self.captured, field, accept);
        };
        let mut rendered: Option<Option<Cow<'_, str>>> = None;
        places.of_field(field).iter().find_map(|way| match way {
            Way::At(place) => accept(self.at(*place)?),
            Way::Line(number) => {
                let Some(Spelling::Line { label, last }) = self.schema.spellings(field).get(usize::from(*number)) else { return None };
                let rendered = rendered.get_or_insert_with(|| places.message.iter().find_map(|place| self.at(*place)?.text()));
                let line = message::labelled(rendered.as_deref()?, label, *last)?;
                accept(&Scalar::Text(Cow::Borrowed(line)))
            }
        })
    }

    fn at(&self, place: u8) -> Option<&'r Scalar<'a>> {
        self.note(bit(usize::from(place)));
        self.captured.at(usize::from(place))
    }

    /// Whether `part` stands in any of the values of a field.
    pub fn may_hold(&self, field: Field, part: &[u8; 8]) -> bool {
        let Some(places) = self.places else { return true };
        places.of_field(field).iter().any(|way| match way {
            Way::At(place) => matches!(self.at(*place), Some(Scalar::Text(text)) if text.as_bytes().windows(8).any(|window| window == part)),
            Way::Line(_) => false,
        })
    }

    /// Whether `part` stands somewhere in the rendered message, and that has lines for a field.
    pub fn message_may_hold(&self, field: Field, part: &[u8; 8]) -> bool {
        let Some(places) = self.places else { return true };
        let holds = |place: u8| match self.at(place) {
            Some(Scalar::Text(text)) => memmem::find(text.as_bytes(), part).is_some(),
            // Escapes may spell it, too.
            Some(Scalar::Raw(json)) => memmem::find(json.as_bytes(), part).is_some() || memmem::find(json.as_bytes(), b"\\u").is_some(),
            _ => false,
        };
        places.of_field(field).iter().any(|way| matches!(way, Way::Line(_))) && places.message.iter().any(|place| holds(*place))
    }

    fn slot(&self, slot: Slot) -> Option<&'r Scalar<'a>> {
        if !self.captured.has(slot) {
            return None;
        }
        let place = self.captured.slots().position(|known| known == slot)?;
        self.note(bit(place));
        self.captured.at(place)
    }

    fn has(&self, field: Field) -> bool {
        self.find(field, |_| Some(())).is_some()
    }

    /// The value of a field as text.
    pub fn text(&self, field: Field) -> Option<String> {
        self.find(field, |value| value.text().filter(|text| is_usable(text)).map(Cow::into_owned))
    }

    /// Event id.
    pub fn code(&self) -> Option<u32> {
        match self.asked {
            None => self.code,
            Some(_) => self.find(Field::Code, |value| u32::try_from(value.int()?).ok()),
        }
    }

    /// The Windows log it is of; `None` where it does not say.
    pub fn log(&self) -> Option<Option<Log>> {
        // The channel says it; forwarded and renamed ones still have their provider, and pipelines their data set.
        let mut named = false;
        let found = [Field::Channel, Field::Provider, Field::Dataset].into_iter().find_map(|field| {
            self.find(field, |value| {
                named = true;
                Log::named(&value.text()?)
            })
        });
        (named || found.is_some()).then_some(found)
    }

    /// Whether everything that `rule` asks for holds.
    pub fn meets(&self, rule: &Rule, ports: &[u16]) -> bool {
        rule.tests.iter().all(|(field, test)| match test {
            Test::Is(words) => self.is_among(*field, words) == Some(true),
            Test::IsOrAbsent(words) => self.is_among(*field, words) != Some(false),
            Test::RdpPort => self.port(*field).is_some_and(|port| ports.contains(&port)),
            Test::Address => self.address(*field).is_some(),
            Test::Present => self.has(*field),
            Test::Absent => !self.has(*field),
        })
    }

    fn is_among(&self, field: Field, words: &[&str]) -> Option<bool> {
        self.find(field, |value| {
            Some(match value {
                Scalar::Text(text) => words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())),
                value => value.text().is_some_and(|text| words.contains(&text.as_ref())),
            })
        })
    }

    /// A port, also out of an address that carries one.
    pub fn port(&self, field: Field) -> Option<u16> {
        let own = self.find(field, |value| value.port());
        own.or_else(|| match field {
            Field::SourcePort => self.address(Field::Source)?.1,
            Field::DestinationPort => self.address(Field::Destination)?.1,
            _ => None,
        })
    }

    /// The first usable address of a field, with the port written behind it.
    pub fn address(&self, field: Field) -> Option<(Address, Option<u16>)> {
        self.find(field, |value| match value {
            // Traffic analytics writes `address|flows|bytes...`, several such with blanks between.
            Scalar::Text(text) => Address::clean_with_port(text).or_else(|| Address::clean_with_port(text.split_once('|')?.0)),
            _ => None,
        })
    }

    /// `DOMAIN\name` or the bare name of the first pair that has a user.
    pub fn user(&self, pairs: &[(Field, Field)]) -> Option<Foreign> {
        let usable = |value: &Scalar<'_>, make: &dyn Fn(&str) -> Foreign| value.text().filter(|text| is_usable(text)).map(|text| make(&text));
        pairs.iter().find_map(|(user, domain)| {
            self.find(*user, |name| {
                usable(name, &|name| {
                    if name.as_bytes().contains(&b'\\') {
                        return Foreign::from(name);
                    }
                    let qualified = self.find(*domain, |domain| usable(domain, &|domain| [domain, "\\", name].into_iter().collect()));
                    qualified.unwrap_or_else(|| Foreign::from(name))
                })
            })
        })
    }

    /// When it happened.
    pub fn time(&self, zone: &TimeZone) -> Result<Timestamp, DocumentError> {
        let mut written = false;
        let mut read = |value: Option<&Scalar<'_>>, format| {
            let value = value?;
            written = true;
            moment::read(value, format, zone)
        };
        let time = match self.places {
            Some(places) => places.time.iter().find_map(|(place, format)| {
                self.note(bit(usize::from(*place)));
                read(self.captured.at(usize::from(*place)), *format)
            }),
            None => self.schema.time.iter().find_map(|(slot, format)| read(self.captured.get(*slot), *format)),
        };
        time.ok_or(if written { DocumentError::UnreadableTime } else { DocumentError::NoTime })
    }

    /// A field as text that somebody else wrote.
    pub fn foreign(&self, field: Field) -> Option<Foreign> {
        self.find(field, |value| match value {
            Scalar::Text(text) => is_usable(text).then(|| Foreign::from(text.as_ref())),
            value => value.text().map(|text| Foreign::from(text.as_ref())),
        })
    }

    /// The host that reported; an address in its place is a destination and no name.
    pub fn host(&self) -> Option<Foreign> {
        if self.schema.class == Class::Logons {
            let name =
                |value: &Scalar<'_>| value.text().filter(|text| is_usable(text) && Address::clean(text).is_none()).map(|text| Foreign::from(text.as_ref()));
            return [Field::Host, Field::Destination].into_iter().find_map(|field| self.find(field, name));
        }
        self.foreign(Field::Host)
    }

    /// Where it stands, by index and document id.
    pub fn origin(&self, index: Slot, id: Slot) -> Origin {
        let text = |slot| self.slot(slot).and_then(Scalar::text).map(|text| Foreign::from(text.as_ref()));
        Origin { file: None, index: text(index), id: text(id) }
    }

    /// The event that `rule` makes of it, without its origin.
    pub fn event(&self, rule: &Rule, time: Timestamp) -> Event {
        let mut event = Event::new(time, rule.kind);
        for output in Output::OWN {
            self.output(rule, output, &mut event);
        }
        event.details = self.details(rule.kind);
        if Self::is_intertwined(rule.kind) {
            if matches!(rule.kind, Kind::ClientNamed | Kind::ClientReached) && event.destination.is_none() {
                event.destination = event.detail(|details| Address::clean(details.target.as_ref()?.raw()));
            }
            if rule.kind == Kind::SessionReason && event.reason.is_none() {
                event.reason = self.text(Field::Message).and_then(|text| message::reason_code(&text).map(Foreign::from));
            }
        }
        event
    }

    /// Whether events of this kind have outputs that depend on others.
    pub const fn is_intertwined(kind: Kind) -> bool {
        matches!(kind, Kind::ClientNamed | Kind::ClientReached | Kind::SessionReason | Kind::SessionReplaced)
    }

    /// Works out one part of the event that `rule` makes of it.
    pub fn output(&self, rule: &Rule, output: Output, event: &mut Event) {
        let (mut source, mut destination) = ((Field::Source, Field::SourcePort), (Field::Destination, Field::DestinationPort));
        if rule.swapped {
            (source, destination) = (destination, source);
        }
        match output {
            Output::Source => {
                event.source = self.address(source.0).map(|(address, _)| address);
                event.source_port = self.port(source.1);
            }
            Output::Destination => {
                event.destination = self.address(destination.0).map(|(address, _)| address);
                event.destination_port = self.port(destination.1);
                if rule.class == Class::Logons && event.destination.is_none() {
                    event.destination = self.address(Field::Host).map(|(address, _)| address);
                }
            }
            Output::Host => event.host = self.host(),
            Output::User => event.user = self.user(rule.users),
            Output::Process => event.process = self.foreign(Field::Process),
            Output::Code => event.code = self.code(),
            Output::Reason => {
                let is_told = matches!(rule.kind.family(), Family::Failed | Family::End) || matches!(rule.kind, Kind::LogonFailedNetwork | Kind::SessionReason);
                event.reason = if is_told { self.reason() } else { None };
            }
            Output::Channel => {
                event.channel = match rule.class {
                    Class::Windows => self.foreign(Field::Channel),
                    Class::Defend => self.foreign(Field::Dataset),
                    // The id of a flow names the flow and not the record; a channel would make it look like one.
                    _ => None,
                };
            }
            Output::Record => event.record = self.foreign(Field::Record),
            Output::Time | Output::Origin | Output::Tunnel | Output::Numbers | Output::Texts => {}
        }
    }

    fn reason(&self) -> Option<Foreign> {
        let text = |field| self.text(field);
        match (text(Field::Status), text(Field::SubStatus)) {
            (Some(status), Some(sub)) => Some(format!("{status} {sub}")),
            (Some(status), None) => Some(status),
            (None, Some(sub)) => Some(sub),
            (None, None) => text(Field::Reason),
        }
        .map(Foreign::from)
    }
}
