//! A case as one file of text that can be sent, read by any tool, and checked by anyone with `sha256sum`: a line that
//! says what it is, one line an entry, one line a document, and a last line with the hash of all the lines before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Entry, Hash};

const FORMAT: &str = "rdptriage case";
const VERSION: u32 = 1;

/// What a bundle holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// Name of the case.
    pub case: String,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// Its documents, by hash: the exact text of each.
    pub documents: BTreeMap<Hash, String>,
}

/// Why a text is no whole bundle.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It does not begin as one.
    #[error("the file is no exported case")]
    Other,
    /// A newer version wrote it.
    #[error("the case was exported in form {found}, this version reads form {VERSION}")]
    Newer {
        /// Its form.
        found: u32,
    },
    /// It ends too early, or its bytes are not those that were written.
    #[error("the exported case is not as it was written: {0}")]
    Damaged(String),
}

#[derive(Serialize, Deserialize)]
struct First {
    format: String,
    version: u32,
    case: String,
    entries: usize,
    documents: usize,
    head: Hash,
}

/// Bodies stand in a bundle as they are in the case, byte for byte: `RawValue` keeps them.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    hash: Hash,
    prev: Hash,
    #[serde(borrow)]
    entry: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
struct Document {
    document: Hash,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Last {
    sha256: Hash,
}

impl Bundle {
    /// The text of the bundle. The same case gives the same bytes.
    ///
    /// # Errors
    /// Where an entry's body is no JSON.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let head = self.entries.last().map_or(Hash::ZERO, |entry| entry.hash);
        let first =
            First { format: FORMAT.to_owned(), version: VERSION, case: self.case.clone(), entries: self.entries.len(), documents: self.documents.len(), head };
        let mut text = serde_json::to_string(&first)? + "\n";
        for entry in &self.entries {
            text += &serde_json::to_string(&Line { hash: entry.hash, prev: entry.prev, entry: serde_json::from_str(&entry.body)? })?;
            text.push('\n');
        }
        for (document, bytes) in &self.documents {
            text += &serde_json::to_string(&Document { document: *document, text: bytes.clone() })?;
            text.push('\n');
        }
        let sha256 = Hash::of(text.as_bytes());
        Ok(text + &serde_json::to_string(&Last { sha256 })? + "\n")
    }

    /// Reads a bundle, every byte of which must be as it was written.
    ///
    /// # Errors
    /// Where it is none, or not whole.
    pub fn of_text(text: &str) -> Result<Self, BundleError> {
        let damaged = |why: &str| BundleError::Damaged(why.to_owned());
        let first: First = text.lines().next().and_then(|line| serde_json::from_str(line).ok()).ok_or(BundleError::Other)?;
        if first.format != FORMAT {
            return Err(BundleError::Other);
        }
        if first.version > VERSION {
            return Err(BundleError::Newer { found: first.version });
        }
        let body = text.strip_suffix('\n').ok_or_else(|| damaged("its last line is cut"))?;
        let (before, last) = body.rsplit_once('\n').ok_or_else(|| damaged("its manifest is missing"))?;
        let signed = text.get(..=before.len()).unwrap_or_default();
        // Compared as text: a manifest spelled in another way is not the one that was written.
        let expected = serde_json::to_string(&Last { sha256: Hash::of(signed.as_bytes()) }).map_err(|error| damaged(&error.to_string()))?;
        if last != expected {
            return Err(damaged("the hash in its last line is not that of the lines before"));
        }
        let mut lines = before.lines().skip(1);
        let mut entries = Vec::new();
        for (place, line) in lines.by_ref().take(first.entries).enumerate() {
            let line: Line<'_> = serde_json::from_str(line).map_err(|_| damaged(&format!("entry {} cannot be read", place + 1)))?;
            let seq = serde_json::from_str::<Numbered>(line.entry.get()).map_err(|_| damaged(&format!("entry {} has no number", place + 1)))?.seq;
            entries.push(Entry { seq, prev: line.prev, body: line.entry.get().to_owned(), hash: line.hash });
        }
        let mut documents = BTreeMap::new();
        for line in lines {
            let document: Document = serde_json::from_str(line).map_err(|_| damaged("a document cannot be read"))?;
            documents.insert(document.document, document.text);
        }
        if entries.len() != first.entries || documents.len() != first.documents {
            return Err(damaged("it holds fewer lines than it says"));
        }
        Ok(Self { case: first.case, entries, documents })
    }
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{chain, note};
    use super::*;

    fn bundle() -> Bundle {
        let document = "{\"user\":{\"name\":\"=cmd|'\\u202e\"}}".to_owned();
        Bundle {
            case: "fs01-2025-03-04".into(),
            entries: chain(vec![note("one"), note("</script>\u{202e}")]),
            documents: BTreeMap::from([(Hash::of(document.as_bytes()), document)]),
        }
    }

    #[test]
    fn a_bundle_is_read_back_as_it_was_and_written_twice_alike() {
        let text = bundle().to_text().unwrap();
        assert_eq!(Bundle::of_text(&text), Ok(bundle()));
        assert_eq!(bundle().to_text().unwrap(), text);
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn any_flipped_bit_of_any_byte_fails_it() {
        let text = bundle().to_text().unwrap();
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let read = String::from_utf8(bytes).map_err(|_| ()).and_then(|text| Bundle::of_text(&text).map_err(|_| ()));
                assert_eq!(read, Err(()), "byte {place} bit {bit}");
            }
        }
    }

    #[test]
    fn a_cut_bundle_another_file_and_a_newer_form_are_told_apart() {
        let text = bundle().to_text().unwrap();
        let cut = &text[..text.len() / 2];
        assert!(matches!(Bundle::of_text(cut), Err(BundleError::Damaged(_))));
        assert_eq!(Bundle::of_text("{\"a\":1}\n"), Err(BundleError::Other));
        assert_eq!(Bundle::of_text(&text.replacen("\"version\":1", "\"version\":2", 1)), Err(BundleError::Newer { found: 2 }));
    }
}
