//! The fields a filter can name: ECS names, with the short words people type.

use crate::domain::{Address, Event, Foreign};

/// A field of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Field {
    /// `@timestamp`
    Time,
    /// `event.kind_of`: the name of the [`crate::domain::Kind`]. No index has it; a backend spells it out.
    Kind,
    /// `source.ip`
    SourceIp,
    /// `source.port`
    SourcePort,
    /// `destination.ip`
    DestinationIp,
    /// `destination.port`
    DestinationPort,
    /// `host.name`: the host that reported.
    Host,
    /// `user.name`: `DOMAIN\name` or the bare name.
    User,
    /// `process.executable`
    Process,
    /// `event.code`
    Code,
}

/// What sort of value a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// Text, with wildcards.
    Text,
    /// An address or network.
    Address,
    /// A whole number.
    Number,
    /// A moment.
    Time,
}

/// Field, ECS name, other spellings.
const NAMES: &[(Field, &str, &[&str])] = &[
    (Field::Time, "@timestamp", &["time", "timestamp"]),
    (Field::Kind, "event.kind_of", &["kind"]),
    (Field::SourceIp, "source.ip", &["source", "src"]),
    (Field::SourcePort, "source.port", &[]),
    (Field::DestinationIp, "destination.ip", &["destination", "dst"]),
    (Field::DestinationPort, "destination.port", &["port"]),
    (Field::Host, "host.name", &["host"]),
    (Field::User, "user.name", &["user"]),
    (Field::Process, "process.executable", &["process", "image"]),
    (Field::Code, "event.code", &["code"]),
];

impl Field {
    /// Every field.
    pub const ALL: [Self; 10] = [
        Self::Time,
        Self::Kind,
        Self::SourceIp,
        Self::SourcePort,
        Self::DestinationIp,
        Self::DestinationPort,
        Self::Host,
        Self::User,
        Self::Process,
        Self::Code,
    ];

    /// Its name in the Elastic Common Schema, or ours where that has none.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "@timestamp",
            Self::Kind => "event.kind_of",
            Self::SourceIp => "source.ip",
            Self::SourcePort => "source.port",
            Self::DestinationIp => "destination.ip",
            Self::DestinationPort => "destination.port",
            Self::Host => "host.name",
            Self::User => "user.name",
            Self::Process => "process.executable",
            Self::Code => "event.code",
        }
    }

    /// The field of this name or short word, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        NAMES.iter().find(|(_, full, short)| is(full) || short.iter().any(is)).map(|(field, ..)| *field)
    }

    /// Every name there is, for messages.
    pub fn names() -> String {
        let name = |(_, full, short): &(Self, &str, &[&str])| match short.first() {
            Some(short) => format!("{full} ({short})"),
            None => (*full).to_owned(),
        };
        NAMES.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// What sort of value it holds.
    pub const fn sort(self) -> Sort {
        match self {
            Self::Time => Sort::Time,
            Self::Kind | Self::Host | Self::User | Self::Process => Sort::Text,
            Self::SourceIp | Self::DestinationIp => Sort::Address,
            Self::SourcePort | Self::DestinationPort | Self::Code => Sort::Number,
        }
    }

    /// Its text in an event.
    pub(super) fn text(self, event: &Event) -> Option<&str> {
        match self {
            Self::Kind => Some(event.kind.name()),
            Self::Host => event.host.as_ref().map(Foreign::raw),
            Self::User => event.user.as_ref().map(Foreign::raw),
            Self::Process => event.process.as_ref().map(Foreign::raw),
            _ => None,
        }
    }

    /// Its address in an event.
    pub(super) fn address(self, event: &Event) -> Option<Address> {
        match self {
            Self::SourceIp => event.source,
            Self::DestinationIp => event.destination,
            _ => None,
        }
    }

    /// Its number in an event.
    pub(super) fn number(self, event: &Event) -> Option<u32> {
        match self {
            Self::SourcePort => event.source_port.map(u32::from),
            Self::DestinationPort => event.destination_port.map(u32::from),
            Self::Code => event.code,
            _ => None,
        }
    }

    /// Whether an event has it.
    pub(super) fn is_in(self, event: &Event) -> bool {
        self == Self::Time || self.text(event).is_some() || self.address(event).is_some() || self.number(event).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name() {
        assert_eq!(NAMES.len(), Field::ALL.len());
        for (place, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!((NAMES[place].0, NAMES[place].1), (field, field.name()));
            assert_eq!(Field::named(&field.name().to_uppercase()), Some(field));
        }
        for (short, field) in [("source", Field::SourceIp), ("destination", Field::DestinationIp), ("port", Field::DestinationPort), ("code", Field::Code)] {
            assert_eq!(Field::named(short), Some(field));
        }
        assert_eq!(Field::named("user.id"), None);
    }
}
