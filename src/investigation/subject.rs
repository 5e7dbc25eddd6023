//! What a row, a page or a mark is about: something of the estate that can be opened, filtered for and kept as evidence.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{Address, Destination, Event, Foreign, Range, Timestamp};
use crate::query::Filter;
use crate::query::filter::{Field, Pattern, Test};

/// Something that can be looked at from its own side.
#[derive(Clone, PartialEq, Debug)]
pub enum Subject {
    /// A destination.
    Destination(Arc<Destination>),
    /// A source.
    Source(Address),
    /// A user, as written.
    User(Foreign),
    /// A program, as written.
    Process(Foreign),
    /// An event.
    Event(Box<Event>),
    /// A session.
    Session(Arc<Sitting>),
    /// Whatever a tab lists besides, by the name of its sort and its own identity.
    Other {
        /// What sort of thing, in one word.
        sort: &'static str,
        /// Which one: the same for as long as it is the same.
        id: String,
    },
}

impl Subject {
    /// What sort of thing it is, in one word.
    pub const fn sort(&self) -> &'static str {
        match self {
            Self::Destination(_) => "destination",
            Self::Source(_) => "source",
            Self::User(_) => "user",
            Self::Process(_) => "program",
            Self::Event(_) => "event",
            Self::Session(_) => "session",
            Self::Other { sort, .. } => sort,
        }
    }

    /// Its name as inert text.
    pub fn label(&self) -> String {
        let inert = |text: &Foreign| text.safe().into_string();
        match self {
            Self::Destination(destination) => {
                let name = destination.name().map(|name| format!(" {}", inert(name))).unwrap_or_default();
                format!("{}{name}", inert(&destination.label()))
            }
            Self::Source(source) => source.to_string(),
            Self::User(text) | Self::Process(text) => inert(text),
            Self::Event(event) => format!("{} {}", event.kind.name(), crate::domain::time::rfc3339_micros(event.time)),
            Self::Session(sitting) => {
                let user = sitting.user.as_ref().map_or_else(|| "of nobody known".to_owned(), inert);
                let host = sitting.destination.name().cloned().unwrap_or_else(|| sitting.destination.label());
                format!("{user} at {} {}", inert(&host), sitting.first.strftime("%m-%d %H:%MZ"))
            }
            Self::Other { id, .. } => Foreign::from(id.as_str()).safe().into_string(),
        }
    }

    /// Whether it is the same thing, by whatever more of its names has come to light.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Destination(one), Self::Destination(two)) => {
                one == two
                    || one.hosts.iter().any(|host| two.hosts.contains(host))
                    || ((one.hosts.is_empty() || two.hosts.is_empty()) && one.addresses.iter().any(|address| two.addresses.contains(address)))
            }
            _ => self == other,
        }
    }

    /// The condition that an event is about it; `None` where no filter can say so.
    pub fn condition(&self) -> Option<Filter> {
        let text = |field, text: &Foreign| Some(Filter::test(field, Test::Text(Pattern::literal(text.raw()))));
        match self {
            Self::Destination(destination) => Some(reached(destination)),
            Self::Source(source) => Some(Filter::test(Field::SourceIp, Test::Network(source.ip().into()))),
            Self::User(user) => text(Field::User, user),
            Self::Process(process) => text(Field::Process, process),
            Self::Event(_) | Self::Session(_) | Self::Other { .. } => None,
        }
    }
}

/// A session as far as it takes to find it again, and what ran in it.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// Where.
    pub destination: Arc<Destination>,
    /// Whose.
    pub user: Option<Foreign>,
    /// Where from.
    pub source: Option<Address>,
    /// Its first event.
    pub first: Timestamp,
    /// Its last event.
    pub last: Timestamp,
    /// Its logon ids, by which its programs are known.
    pub logon_ids: BTreeSet<u64>,
}

/// More of a session may come to light while one looks: its beginning, place and user make it the same.
impl PartialEq for Sitting {
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first && self.user == other.user && self.destination.label() == other.destination.label()
    }
}

/// The condition that an event names a destination.
pub fn reached(destination: &Destination) -> Filter {
    let addresses = destination.addresses.iter().map(|address| Filter::test(Field::DestinationIp, Test::Network(address.ip().into())));
    let hosts = destination.hosts.iter().map(|host| Filter::test(Field::Host, Test::Text(Pattern::literal(host.raw()))));
    Filter::any(addresses.chain(hosts))
}

/// A row that the analyst kept: what it was, where it was seen, and what stood there then.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// What it is about.
    pub subject: Subject,
    /// The row as it stood, inert, its columns parted by tabs.
    pub line: String,
    /// The steps of the trail on which it was marked, inert.
    pub trail: String,
    /// The stretch of time that was looked at.
    pub range: Range,
    /// When it was marked: the time of the picture, so that a mark on a paused one carries the paused time.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_filters_for_itself() {
        let source = Subject::Source(Address::clean("192.0.2.7").expect("an address"));
        assert_eq!(source.condition().map(|filter| filter.to_string()).as_deref(), Some("source.ip:192.0.2.7"));
        let process = Subject::Process("C:\\Tools\\a*b.exe".into());
        let printed = process.condition().expect("a condition").to_string();
        assert_eq!(printed.parse::<Filter>().ok(), process.condition(), "{printed}");
        assert_eq!(Subject::Other { sort: "session", id: "7".to_owned() }.condition(), None);
    }

    #[test]
    fn labels_are_inert() {
        assert_eq!(Subject::User("\u{1b}[2Jroot".into()).label(), "\\u{1b}[2Jroot");
        assert_eq!(Subject::Other { sort: "session", id: "a\u{202e}b".to_owned() }.label(), "a\\u{202e}b");
    }
}
