//! One link of the chain: an act with its author and time, its number, and the hash that ties it to the one before.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Act;
use crate::domain::{Foreign, Timestamp};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry is tied to.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash out of its 32 bytes; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Twelve digits: enough to compare by eye, too few to prove anything.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({})", self.short())
    }
}

/// Why a text is no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct NoHash;

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(NoHash);
        }
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = text.get(2 * place..2 * place + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(NoHash)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an entry says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its number, the first is 1. It stands inside too, so that entries that changed places are told from altered ones.
    pub seq: u64,
    /// When, by the clock of the program that wrote it.
    pub time: Timestamp,
    /// Who.
    pub author: Foreign,
    /// What.
    #[serde(flatten)]
    pub act: Act,
}

/// An entry as it is kept. The body is text, not a value: what was hashed is what lies in the file, byte for byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// Hash of the entry before.
    pub prev: Hash,
    /// A [`Record`] as JSON.
    pub body: String,
    /// The hash of all that.
    pub hash: Hash,
}

impl Entry {
    /// The entry that follows number `seq - 1`, whose hash is `prev`.
    ///
    /// # Errors
    /// Where the act cannot be written as JSON.
    pub fn new(seq: u64, prev: Hash, time: Timestamp, author: Foreign, act: Act) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(&Record { seq, time, author, act })?;
        let hash = Self::link(seq, prev, &body);
        Ok(Self { seq, prev, body, hash })
    }

    /// The hash that such an entry must have. The version stands first, so that another way of hashing can never be taken
    /// for this one.
    pub fn link(seq: u64, prev: Hash, body: &str) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"rdptriage case 1\n");
        hasher.update(seq.to_be_bytes());
        hasher.update(prev.bytes());
        hasher.update(body.as_bytes());
        Hash(hasher.finalize().into())
    }

    /// What it says.
    ///
    /// # Errors
    /// Where the body is no record of a known form.
    pub fn record(&self) -> Result<Record, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A chain of these acts, a minute apart, by `kim`.
    pub(crate) fn chain(acts: Vec<Act>) -> Vec<Entry> {
        let start: Timestamp = "2025-03-04T12:00:00Z".parse().unwrap();
        let mut prev = Hash::ZERO;
        let mut entries = Vec::new();
        for (place, act) in acts.into_iter().enumerate() {
            let time = start + jiff::SignedDuration::from_mins(place as i64);
            let entry = Entry::new(place as u64 + 1, prev, time, "kim".into(), act).unwrap();
            prev = entry.hash;
            entries.push(entry);
        }
        entries
    }

    /// A note.
    pub(crate) fn note(text: &str) -> Act {
        Act::Noted { text: text.into(), step: None }
    }

    #[test]
    fn a_hash_is_written_as_64_digits_and_read_back() {
        let hash = Hash::of(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("ba78".parse::<Hash>(), Err(NoHash));
        assert_eq!("zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse::<Hash>(), Err(NoHash));
    }

    #[test]
    fn an_entry_says_number_author_time_and_act_in_plain_json() {
        let entries = chain(vec![note("not ours, NOC asked")]);
        assert_eq!(entries[0].body, r#"{"seq":1,"time":"2025-03-04T12:00:00Z","author":"kim","act":"noted","text":"not ours, NOC asked"}"#);
        assert_eq!(entries[0].record().unwrap().act, note("not ours, NOC asked"));
    }

    #[test]
    fn the_hash_depends_on_number_predecessor_and_body() {
        let one = Entry::link(1, Hash::ZERO, "{}");
        assert_ne!(one, Entry::link(2, Hash::ZERO, "{}"));
        assert_ne!(one, Entry::link(1, Hash::of(b"x"), "{}"));
        assert_ne!(one, Entry::link(1, Hash::ZERO, "{} "));
    }
}
