//! Schemas made ready: spellings as numbers of paths, proofs as tests of presence.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::capture::{Captured, MOST_PATHS};
use super::file::{SchemaFile, Time};
use super::moment::Format;
use super::paths::{Paths, Slot};
use super::rule::Class;
use super::{Field, SchemaError, message};

/// One way to get at a logical field.
#[derive(Clone, Debug)]
pub enum Spelling {
    /// The value of a path.
    Path(Slot),
    /// A line of the rendered message.
    Line {
        /// What stands before the colon.
        label: String,
        /// Whether the last such line counts.
        last: bool,
    },
}

/// A proof of a schema.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    has: Vec<Slot>,
    lacks: Vec<Slot>,
    /// Each entry: any of these.
    has_any: Vec<Vec<Slot>>,
    lacks_any: Vec<Slot>,
    pub(super) is: Vec<(Slot, Vec<String>)>,
}

impl Proof {
    /// Whether a record meets it; `by_columns` asks only whether a table could.
    pub fn holds(&self, record: &Captured<'_>, by_columns: bool) -> bool {
        self.has.iter().all(|slot| record.has(*slot))
            && self.has_any.iter().all(|slots| slots.iter().any(|slot| record.has(*slot)))
            && !self.lacks.iter().chain(&self.lacks_any).any(|slot| record.has(*slot))
            && self.is.iter().all(|(slot, words)| {
                record.get(*slot).is_some_and(|value| by_columns || value.text().is_some_and(|text| words.iter().any(|word| fits(&text, word))))
            })
    }
}

fn fits(text: &str, word: &str) -> bool {
    match word.strip_suffix('*') {
        Some(start) => text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start)),
        None => text.eq_ignore_ascii_case(word),
    }
}

/// One schema, ready.
#[derive(Debug)]
pub struct Compiled {
    /// Its name.
    pub name: Arc<str>,
    /// What sort of records it holds.
    pub class: Class,
    /// Whether it reads tables by loose column names only.
    pub loose: bool,
    /// Whether rows of one table may be of several schemas.
    pub mixed: bool,
    /// Where the named values of an event lie.
    pub values: Vec<String>,
    /// Spellings of the time.
    pub time: Vec<(Slot, Format)>,
    /// The proofs.
    pub proofs: Vec<Proof>,
    fields: Vec<Vec<Spelling>>,
}

impl Compiled {
    /// Whether a schema can be used at all.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn check(path: &Path, file: &SchemaFile) -> Result<(), SchemaError> {
        Self::new(path, file, &mut Paths::default()).map(|_| ())
    }

    /// Makes a schema ready; its paths are added to `paths`.
    ///
    /// # Errors
    /// Where it proves nothing, has no time, or there are too many paths.
    pub fn new(path: &Path, file: &SchemaFile, paths: &mut Paths) -> Result<Self, SchemaError> {
        let wrong = |reason: &str| SchemaError { file: path.to_owned(), line: None, reason: reason.to_owned() };
        let mut slots = |spelling: &str| -> Vec<Slot> {
            if file.loose {
                vec![paths.slot(&loose_path(&loose_name(spelling)))]
            } else if file.prefix.is_empty() {
                vec![paths.slot(spelling)]
            } else {
                file.prefix.iter().map(|prefix| paths.slot(&format!("{prefix}{spelling}"))).collect()
            }
        };
        let mut fields: Vec<Vec<Spelling>> = vec![Vec::new(); Field::ALL.len()];
        for (field, spellings) in &file.field {
            let Some(list) = fields.get_mut(*field as usize) else { continue };
            for spelling in spellings.iter() {
                if let Some(label) = spelling.strip_prefix("message:") {
                    list.push(Spelling::Line { label: label.to_owned(), last: false });
                } else if let Some(label) = spelling.strip_prefix("message-last:") {
                    list.push(Spelling::Line { label: label.to_owned(), last: true });
                } else {
                    list.extend(slots(spelling).into_iter().map(Spelling::Path));
                }
            }
        }
        let mut time = Vec::new();
        for entry in &file.time {
            let (spelling, format) = match entry {
                Time::Plain(spelling) => (spelling, Format::Auto),
                Time::Formatted { spelling, format } => (spelling, *format),
            };
            time.extend(slots(spelling).into_iter().map(|slot| (slot, format)));
        }
        if time.is_empty() {
            return Err(wrong("it has no spelling of the time"));
        }
        let of_field = |field: Field| -> Vec<Slot> {
            let spellings = fields.get(field as usize).map(Vec::as_slice).unwrap_or_default();
            spellings.iter().filter_map(|spelling| if let Spelling::Path(slot) = spelling { Some(*slot) } else { None }).collect()
        };
        let mut proofs = Vec::new();
        for written in &file.recognise {
            let mut proof = Proof {
                has_any: written.has.iter().map(|spelling| slots(spelling)).collect(),
                lacks: written.lacks.iter().flat_map(|spelling| slots(spelling)).collect(),
                ..Proof::default()
            };
            for (spelling, words) in &written.is {
                let [slot] = slots(spelling)[..] else { return Err(wrong("a value can be required only where there is no prefix")) };
                proof.is.push((slot, words.iter().cloned().collect()));
            }
            proof.has_any.extend(written.has_field.iter().map(|field| of_field(*field)));
            proof.lacks_any.extend(written.lacks_field.iter().flat_map(|field| of_field(*field)));
            // One way to be there is the rule and needs no list.
            proof.has = proof.has_any.extract_if(.., |slots| slots.len() == 1).flatten().collect();
            if proof.has.is_empty() && proof.has_any.is_empty() && proof.is.is_empty() {
                return Err(wrong("one of its proofs would take every record; say what it must have"));
            }
            proofs.push(proof);
        }
        if proofs.is_empty() {
            return Err(wrong("it has no proof; say in `recognise` what its records must have"));
        }
        for pairs in &file.pairs {
            for prefix in if file.prefix.is_empty() { std::slice::from_ref(&EMPTY) } else { &file.prefix } {
                paths.mark_pairs(&format!("{prefix}{pairs}"));
            }
        }
        if let Some(messages) = file.field.get(&Field::Message)
            && !file.loose
        {
            for message in messages.iter() {
                for prefix in if file.prefix.is_empty() { std::slice::from_ref(&EMPTY) } else { &file.prefix } {
                    paths.mark_long(&format!("{prefix}{message}"));
                }
            }
        }
        if paths.len() > MOST_PATHS {
            return Err(wrong("there are too many spellings in all schemas together"));
        }
        Ok(Self { name: file.name.as_str().into(), class: file.class, loose: file.loose, mixed: file.mixed, values: file.values.clone(), time, proofs, fields })
    }

    /// The spellings of a field.
    pub fn spellings(&self, field: Field) -> &[Spelling] {
        self.fields.get(field as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Calls `accept` with every value of a field in the order of its spellings until it takes one.
    pub fn find<T>(&self, record: &Captured<'_>, field: Field, mut accept: impl FnMut(&super::Scalar<'_>) -> Option<T>) -> Option<T> {
        let mut rendered: Option<Option<Cow<'_, str>>> = None;
        for spelling in self.spellings(field) {
            let taken = match spelling {
                Spelling::Path(slot) => record.get(*slot).and_then(&mut accept),
                Spelling::Line { label, last } => {
                    let rendered = rendered.get_or_insert_with(|| self.message(record));
                    let line = rendered.as_deref().and_then(|text| message::labelled(text, label, *last));
                    line.and_then(|line| accept(&super::Scalar::Text(Cow::Borrowed(line))))
                }
            };
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    fn message<'r>(&self, record: &'r Captured<'_>) -> Option<Cow<'r, str>> {
        self.spellings(Field::Message).iter().find_map(|spelling| if let Spelling::Path(slot) = spelling { record.get(*slot)?.text() } else { None })
    }
}

static EMPTY: String = String::new();

/// A column name without what exports do to it: case, blanks, punctuation, type suffixes and a time zone in brackets.
pub fn loose_name(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    let name = match name.split_once('[') {
        Some((start, _)) if !start.trim().is_empty() => start.trim(),
        _ => name,
    };
    let lower = name.to_lowercase();
    let stem = ["_cf", "_cl", "_s", "_d", "_t", "_b", "_g"].iter().find_map(|suffix| lower.strip_suffix(suffix)).unwrap_or(&lower);
    stem.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// Where a loose name lies in the tree: a key that no document has.
pub fn loose_path(name: &str) -> String {
    format!("\u{0}column.{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_names_lose_what_exports_do_to_them() {
        for (name, loose) in [
            ("Source IP", "sourceip"),
            ("source_ip", "sourceip"),
            ("SourceIP_s", "sourceip"),
            ("sourcehost_CF", "sourcehost"),
            ("TimeGenerated [UTC]", "timegenerated"),
            ("timestamp_CF", "timestamp"),
            ("DestPort_d", "destport"),
            ("\u{feff}Date and Time", "dateandtime"),
            ("id.orig_h", "idorigh"),
            ("t", "t"),
        ] {
            assert_eq!(loose_name(name), loose, "{name}");
        }
    }
}
