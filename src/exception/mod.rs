//! Exceptions: what is known and wanted, by whom, why and until when. They are held against findings after these are scored,
//! so that they never teach a detector anything, and what they hide can always be shown. Narrow by default: an exception
//! that would hide everything is refused unless somebody insists.

mod draft;
pub mod export;
mod finding;
pub mod import;
mod preview;
mod store;
mod wide;
mod window;

pub use draft::{draft, id};
pub use finding::Finding;
pub use preview::{Preview, preview};
pub use store::{Store, StoreError};
pub use window::{Day, Window, WindowError};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::domain::{Address, Destination, Foreign, Range, Timestamp};

/// One exception. What is empty restricts nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Its id: the name of its file.
    pub id: String,
    /// What it is about and why it is wanted.
    pub reason: Foreign,
    /// Who answers for it.
    pub owner: Foreign,
    /// Who wrote it.
    pub author: Foreign,
    /// When it was written.
    pub made: Timestamp,
    /// First moment whose findings it may hide; all of the past where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// First moment whose findings it no longer hides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Destinations, by any name or address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<Foreign>,
    /// Sources, as networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<IpNet>,
    /// Accounts; a name without domain is meant in every domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Foreign>,
    /// Maintenance windows: without one, at every hour.
    #[serde(default, rename = "window", skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// What was changed later, by whom and when.
    #[serde(default, rename = "change", skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// A later change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When.
    pub time: Timestamp,
    /// By whom.
    pub author: Foreign,
    /// What, in words.
    pub what: Foreign,
}

/// What an exception says of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// It explains it: hidden.
    Hides,
    /// It does not.
    Leaves,
    /// It names accounts, and with which accounts the sources came is not known: not hidden.
    CannotTell,
}

impl Exception {
    /// Whether it stands now, in one word.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.until.is_some_and(|until| until <= now) {
            "ended"
        } else if self.from.is_some_and(|from| from > now) {
            "not yet"
        } else {
            "in force"
        }
    }

    /// Whether it is about this destination.
    pub fn is_about(&self, destination: &Destination) -> bool {
        self.destinations.is_empty() || self.destinations.iter().any(|name| is_called(destination, name))
    }

    /// Whether a bucket lies within its time: wholly within one of its windows, where it has any.
    pub fn is_at(&self, bucket: Range) -> bool {
        self.from.is_none_or(|from| bucket.from >= from)
            && self.until.is_none_or(|until| bucket.from < until)
            && (self.windows.is_empty() || self.windows.iter().any(|window| window.covers(bucket)))
    }

    /// Whether it names this source.
    pub fn names(&self, source: Address) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|network| network.contains(&source.ip()))
    }

    /// What it says of a finding. A count of distinct sources is explained when what is left without the sources that the
    /// exception names is no more than what is expected anyway: one monitor never explains forty strangers.
    pub fn word(&self, finding: &Finding<'_>) -> Word {
        if !self.is_about(finding.destination) || !self.is_at(finding.bucket) {
            return Word::Leaves;
        }
        if self.sources.is_empty() && self.users.is_empty() {
            return Word::Hides;
        }
        let named: Vec<Address> = finding.sources.iter().copied().filter(|source| self.names(*source)).collect();
        if named.is_empty() || !finding.explains(named.len()) {
            return Word::Leaves;
        }
        if self.users.is_empty() {
            return Word::Hides;
        }
        let Some(users) = finding.users else { return Word::CannotTell };
        let is_theirs = |source: &&Address| users.get(*source).is_some_and(|users| !users.is_empty() && users.iter().all(|user| self.is_user(user)));
        if finding.explains(named.iter().filter(is_theirs).count()) { Word::Hides } else { Word::Leaves }
    }

    fn is_user(&self, user: &Foreign) -> bool {
        let parts = |user: &str| {
            let folded = user.to_lowercase();
            match folded.split_once('\\') {
                Some((domain, name)) => (Some(domain.to_owned()), name.to_owned()),
                None => (None, folded),
            }
        };
        let (domain, name) = parts(user.raw());
        self.users.iter().map(|known| parts(known.raw())).any(|(known_domain, known)| known == name && (known_domain.is_none() || known_domain == domain))
    }

    /// What it covers, in a few words; names in it are inert.
    pub fn words(&self) -> String {
        let list = |what: &str, names: Vec<String>| match names.len() {
            0 => None,
            1..=3 => Some(format!("{what}{}", names.join(", "))),
            many => Some(format!("{what}{} and {} more", names.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(", "), many - 2)),
        };
        let safe = |names: &[Foreign]| names.iter().map(|name| name.safe().into_string()).collect();
        let parts = [
            list("at ", safe(&self.destinations)),
            list("from ", self.sources.iter().map(short).collect()),
            list("as ", safe(&self.users)),
            list("", self.windows.iter().map(Window::words).collect()),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        if said.is_empty() { "everything".to_owned() } else { said.join(" ") }
    }
}

/// A network as people write it: a single address without its length.
pub(crate) fn short(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

/// Whether a destination goes by this name or address; the first label of a full name is enough.
fn is_called(destination: &Destination, name: &Foreign) -> bool {
    if let Some(address) = Address::clean(name.raw()) {
        return destination.addresses.contains(&address);
    }
    let wanted = name.raw().to_lowercase();
    destination.hosts.iter().any(|host| {
        let host = host.raw().to_lowercase();
        host == wanted || host.split_once('.').is_some_and(|(label, _)| label == wanted)
    })
}

/// The first exception that hides a finding.
pub fn hiding<'e>(exceptions: &'e [Exception], finding: &Finding<'_>) -> Option<&'e Exception> {
    exceptions.iter().find(|exception| exception.word(finding) == Word::Hides)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    pub(crate) fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    pub(crate) fn address(text: &str) -> Address {
        Address::clean(text).unwrap()
    }

    pub(crate) fn exception() -> Exception {
        Exception {
            id: "scanner".to_owned(),
            reason: "the weekly scan".into(),
            owner: "NOC".into(),
            author: "kim@jump".into(),
            made: at("2026-01-05T12:00:00Z"),
            from: None,
            until: Some(at("2026-02-05T12:00:00Z")),
            destinations: vec!["10.0.0.5".into()],
            sources: vec!["10.66.0.0/24".parse().unwrap()],
            users: vec![],
            windows: vec![],
            changes: vec![],
        }
    }

    pub(crate) fn destination() -> Destination {
        Destination { addresses: [address("10.0.0.5")].into(), hosts: ["FS01.corp.example".into()].into() }
    }

    pub(crate) fn bucket(from: &str) -> Range {
        let from = at(from);
        Range { from, to: from + jiff::SignedDuration::from_mins(15) }
    }

    fn sources(list: &[&str]) -> Vec<Address> {
        list.iter().map(|source| address(source)).collect()
    }

    #[test]
    fn what_is_left_must_be_no_more_than_expected() {
        let destination = destination();
        let say = |list: &[&str], expected: f64| {
            let sources = sources(list);
            exception().word(&Finding {
                destination: &destination,
                bucket: bucket("2026-01-05T12:30:00Z"),
                score: 90.0,
                sources: &sources,
                users: None,
                expected,
            })
        };
        assert_eq!(say(&["10.66.0.1", "10.66.0.2", "10.66.0.3"], 0.4), Word::Hides);
        assert_eq!(say(&["10.66.0.1", "10.66.0.2", "192.0.2.3"], 0.4), Word::Leaves, "one stranger more than expected");
        assert_eq!(say(&["10.66.0.1", "10.66.0.2", "192.0.2.3"], 1.0), Word::Hides, "one stranger is usual here");
        assert_eq!(say(&["192.0.2.3"], 5.0), Word::Leaves, "it explains nothing of this");
    }

    #[test]
    fn destination_and_time_must_fit() {
        let here = destination();
        let other = Destination::from(address("10.0.0.6"));
        let list = sources(&["10.66.0.1"]);
        let say = |exception: &Exception, destination: &Destination, from: &str| {
            exception.word(&Finding { destination, bucket: bucket(from), score: 90.0, sources: &list, users: None, expected: 0.0 })
        };
        let mut one = exception();
        assert_eq!(say(&one, &here, "2026-01-05T12:30:00Z"), Word::Hides);
        assert_eq!(say(&one, &here, "2020-01-05T12:30:00Z"), Word::Hides, "the past too");
        assert_eq!(say(&one, &other, "2026-01-05T12:30:00Z"), Word::Leaves);
        assert_eq!(say(&one, &here, "2026-02-05T12:00:00Z"), Word::Leaves, "it ended");
        one.from = Some(at("2026-01-05T12:30:00Z"));
        assert_eq!(say(&one, &here, "2026-01-05T12:15:00Z"), Word::Leaves, "it had not begun");
        one.destinations = vec!["fs01".into()];
        assert_eq!(say(&one, &here, "2026-01-05T12:30:00Z"), Word::Hides, "by its short name");
    }

    #[test]
    fn accounts_must_be_known_to_be_the_named_ones() {
        let destination = destination();
        let list = sources(&["10.66.0.1", "10.66.0.2"]);
        let one = Exception { users: vec!["CORP\\svc_scan".into()], ..exception() };
        let say = |users: Option<&BTreeMap<Address, BTreeSet<Foreign>>>| {
            one.word(&Finding { destination: &destination, bucket: bucket("2026-01-05T12:30:00Z"), score: 90.0, sources: &list, users, expected: 0.0 })
        };
        let users = |two: &str| BTreeMap::from([(list[0], BTreeSet::from(["corp\\SVC_scan".into()])), (list[1], BTreeSet::from([two.into()]))]);
        assert_eq!(say(None), Word::CannotTell);
        assert_eq!(say(Some(&users("CORP\\svc_scan"))), Word::Hides);
        assert_eq!(say(Some(&users("CORP\\admin"))), Word::Leaves);
        assert_eq!(say(Some(&users("LAB\\svc_scan"))), Word::Leaves, "another domain, another account");
        assert_eq!(say(Some(&BTreeMap::new())), Word::Leaves, "a connection without an account proves no account");
    }

    #[test]
    fn states_and_words() {
        let mut one = exception();
        assert_eq!([one.state(at("2026-01-06T00:00:00Z")), one.state(at("2026-02-05T12:00:00Z"))], ["in force", "ended"]);
        assert_eq!(one.words(), "at 10.0.0.5 from 10.66.0.0/24");
        one.from = Some(at("2026-01-07T00:00:00Z"));
        assert_eq!(one.state(at("2026-01-06T00:00:00Z")), "not yet");
        one.destinations.clear();
        one.sources.clear();
        assert_eq!(one.words(), "everything");
    }
}
