//! Whether a chain is whole: which entries were altered, are missing or stand in another place.
//!
//! A chain proves itself only against someone who did not rewrite all of it: against that, compare its head with one
//! that was written down elsewhere (every report prints it).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Entry, Hash};

/// Something wrong with a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// The entry does not say what it said when it was written.
    Altered(u64),
    /// No entry has this number.
    Missing(u64),
    /// The entry stands at one number and was written as another.
    Moved {
        /// Where it stands.
        at: u64,
        /// As which it was written.
        written_as: u64,
    },
    /// The last entry is not the one that was written last.
    Cut {
        /// Number of the last entry that there should be.
        expected: u64,
        /// Number of the last there is.
        found: u64,
    },
    /// The chain never had the head that it is compared with.
    Foreign(Hash),
    /// A document that an entry rests on is not kept with the case.
    DocumentMissing {
        /// Which.
        document: Hash,
        /// Number of the entry.
        entry: u64,
    },
    /// A document's bytes are not those that were kept.
    DocumentAltered(Hash),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered(seq) => write!(f, "entry {seq} was altered"),
            Self::Missing(seq) => write!(f, "entry {seq} is missing"),
            Self::Moved { at, written_as } => write!(f, "entry {at} was written as entry {written_as}: the order was changed"),
            Self::Cut { expected, found } => write!(f, "the case ends with entry {found}, but entry {expected} was written"),
            Self::Foreign(hash) => write!(f, "no entry has the hash {hash}: the chain was rewritten, or it is another case"),
            Self::DocumentMissing { document, entry } => write!(f, "document {document}, on which entry {entry} rests, is missing"),
            Self::DocumentAltered(document) => write!(f, "document {document} was altered"),
        }
    }
}

/// The last entry that was written, kept apart from the entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Default for Head {
    fn default() -> Self {
        Self { seq: 0, hash: Hash::ZERO }
    }
}

/// Everything wrong with these entries (in order of their numbers), whose last should be `head`.
pub fn entries(entries: &[Entry], head: Head) -> Vec<Fault> {
    let mut faults = BTreeSet::new();
    let mut before = Head::default();
    // An entry whose own words fit its hash, but whose successor names another: one of the two was rewritten, hash and all.
    let mut is_before_sound = true;
    for entry in entries {
        faults.extend((before.seq + 1..entry.seq).map(Fault::Missing));
        let is_next = entry.seq == before.seq + 1;
        let written_as = serde_json::from_str::<Numbered>(&entry.body).map_or(entry.seq, |numbered| numbered.seq);
        let is_sound = Entry::link(entry.seq, entry.prev, &entry.body) == entry.hash;
        if written_as != entry.seq {
            faults.insert(Fault::Moved { at: entry.seq, written_as });
        } else if !is_sound {
            faults.insert(Fault::Altered(entry.seq));
        } else if is_next && is_before_sound && entry.prev != before.hash {
            faults.insert(Fault::Altered(before.seq.max(1)));
        }
        is_before_sound = is_sound && written_as == entry.seq;
        before = Head { seq: entry.seq, hash: entry.hash };
    }
    if head.seq > before.seq {
        faults.insert(Fault::Cut { expected: head.seq, found: before.seq });
    } else if head.seq < before.seq || (head.hash != before.hash && is_before_sound) {
        faults.insert(Fault::Altered(before.seq));
    }
    faults.into_iter().collect()
}

/// Whether the chain ever had this head: one printed in a report, say.
pub fn against(entries: &[Entry], known: Hash) -> Option<Fault> {
    let is_known = entries.iter().any(|entry| entry.hash == known);
    (!is_known).then_some(Fault::Foreign(known))
}

/// Everything wrong with the documents: `kept` has, for each that is kept, the hash of the bytes that are there.
pub fn documents(entries: &[Entry], kept: &BTreeMap<Hash, Hash>) -> Vec<Fault> {
    let mut faults: BTreeSet<Fault> = kept.iter().filter(|(name, bytes)| name != bytes).map(|(name, _)| Fault::DocumentAltered(*name)).collect();
    for entry in entries {
        let Ok(record) = entry.record() else { continue };
        let missing = record.act.documents().iter().filter(|document| !kept.contains_key(document));
        faults.extend(missing.map(|document| Fault::DocumentMissing { document: *document, entry: entry.seq }));
    }
    faults.into_iter().collect()
}

#[derive(serde::Deserialize)]
struct Numbered {
    seq: u64,
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{chain, note};
    use super::*;

    fn five() -> (Vec<Entry>, Head) {
        let entries = chain(["one", "two", "three", "four", "five"].map(note).into());
        let last = entries.last().unwrap();
        let head = Head { seq: last.seq, hash: last.hash };
        (entries, head)
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        let (chain, head) = five();
        assert_eq!(entries(&chain, head), []);
        assert_eq!(entries(&[], Head::default()), []);
        assert_eq!(against(&chain, chain[2].hash), None);
    }

    #[test]
    fn each_altered_entry_is_named_whatever_of_it_was_altered() {
        for place in 0..5 {
            let seq = place as u64 + 1;
            let (mut chain, head) = five();
            chain[place].body = chain[place].body.replace("kim", "eve");
            assert_eq!(entries(&chain, head), [Fault::Altered(seq)]);
            // The clever one corrects the hash of what he altered.
            chain[place].hash = Entry::link(seq, chain[place].prev, &chain[place].body);
            assert_eq!(entries(&chain, head), [Fault::Altered(seq)]);
        }
        let (mut chain, head) = five();
        chain[1].body = chain[1].body.replace("two", "2");
        chain[3].body = chain[3].body.replace("four", "4");
        assert_eq!(entries(&chain, head), [Fault::Altered(2), Fault::Altered(4)]);
    }

    #[test]
    fn each_missing_entry_is_named_the_last_one_too() {
        for place in 0..4 {
            let (mut chain, head) = five();
            chain.remove(place);
            assert_eq!(entries(&chain, head), [Fault::Missing(place as u64 + 1)]);
        }
        let (mut chain, head) = five();
        chain.truncate(3);
        assert_eq!(entries(&chain, head), [Fault::Cut { expected: 5, found: 3 }]);
        chain.clear();
        assert_eq!(entries(&chain, head), [Fault::Cut { expected: 5, found: 0 }]);
    }

    #[test]
    fn entries_that_changed_places_are_named() {
        let (mut chain, head) = five();
        let (two, four) = (chain[1].body.clone(), chain[3].body.clone());
        chain[1].body = four;
        chain[3].body = two;
        assert_eq!(entries(&chain, head), [Fault::Moved { at: 2, written_as: 4 }, Fault::Moved { at: 4, written_as: 2 }]);
    }

    #[test]
    fn a_rewritten_chain_is_seen_against_a_head_written_down_elsewhere() {
        let (original, head) = five();
        let rewritten = chain(["one", "two", "3", "four", "five"].map(note).into());
        let last = rewritten.last().unwrap();
        assert_eq!(entries(&rewritten, Head { seq: last.seq, hash: last.hash }), []);
        assert_eq!(against(&rewritten, head.hash), Some(Fault::Foreign(head.hash)));
        assert_eq!(against(&original, head.hash), None);
    }

    #[test]
    fn documents_are_named_where_they_are_missing_or_altered() {
        use crate::case::Act;
        let (kept, lost) = (Hash::of(b"kept"), Hash::of(b"lost"));
        let found =
            Act::Found { step: "sources".into(), finding: "41 sources".into(), suggested: "looks bad".into(), queries: vec![], documents: vec![kept, lost] };
        let chain = chain(vec![found]);
        assert_eq!(documents(&chain, &BTreeMap::from([(kept, kept)])), [Fault::DocumentMissing { document: lost, entry: 1 }]);
        assert_eq!(documents(&chain, &BTreeMap::from([(kept, Hash::of(b"other")), (lost, lost)])), [Fault::DocumentAltered(kept)]);
    }
}
