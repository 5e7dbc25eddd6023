//! Walks a JSON document once and keeps the values of the known paths; the rest is never decoded.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::paths::{Paths, ROOT, Slot};
use super::scalar::{Scalar, is_usable};

/// Most paths that all schemas together may name.
pub const MOST_PATHS: usize = 64 * WORDS;
const WORDS: usize = 20;
/// Values that most records have room for: just below a kilobyte, which an allocator still has at hand.
const USUAL: usize = 24;

/// The values found in one record, by slot.
#[derive(Clone, Debug)]
pub struct Captured<'a> {
    present: [u64; WORDS],
    values: Vec<(Slot, Scalar<'a>)>,
    signature: u64,
}

impl Default for Captured<'_> {
    fn default() -> Self {
        Self { present: [0; WORDS], values: Vec::with_capacity(USUAL), signature: 0 }
    }
}

impl<'a> Captured<'a> {
    /// Whether there is a usable value.
    pub fn has(&self, slot: Slot) -> bool {
        self.present.get(usize::from(slot / 64)).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// The first usable value found there.
    pub fn get(&self, slot: Slot) -> Option<&Scalar<'a>> {
        if !self.has(slot) {
            return None;
        }
        self.values.iter().find(|(at, _)| *at == slot).map(|(_, value)| value)
    }

    /// The value kept at this place, counted in the order of keeping.
    pub fn at(&self, place: usize) -> Option<&Scalar<'a>> {
        self.values.get(place).map(|(_, value)| value)
    }

    /// The value kept at this place, to be changed.
    pub fn at_mut(&mut self, place: usize) -> Option<&mut Scalar<'a>> {
        self.values.get_mut(place).map(|(_, value)| value)
    }

    /// The values, owned.
    pub fn into_owned(self) -> Captured<'static> {
        let values = self.values.into_iter().map(|(slot, value)| (slot, value.into_owned())).collect();
        Captured { present: self.present, values, signature: self.signature }
    }

    /// The slots in the order of keeping.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = Slot> {
        self.values.iter().map(|(slot, _)| *slot)
    }

    /// A number that tells other slots, or another order of them, apart nearly always.
    pub fn signature(&self) -> u64 {
        self.signature
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.present = [0; WORDS];
        self.values.clear();
        self.signature = 0;
    }

    /// Nothing, with the room that this one has.
    pub fn emptied<'b>(self) -> Captured<'b> {
        let mut values = self.values;
        values.clear();
        // Collecting nothing out of a vector keeps its memory.
        #[expect(clippy::unnecessary_filter_map, reason = "the type changes: what was borrowed from the last record is gone")]
        let values = values.into_iter().filter_map(|_| None).collect();
        Captured { present: [0; WORDS], values, signature: 0 }
    }

    /// Keeps a value unless there is one; what says nothing (`-`, empty) is no value.
    pub fn put(&mut self, slot: Slot, value: Scalar<'a>) {
        if self.has(slot) || matches!(&value, Scalar::Text(text) if !is_usable(text)) {
            return;
        }
        if let Some(word) = self.present.get_mut(usize::from(slot / 64)) {
            *word |= 1 << (slot % 64);
            self.signature = (self.signature.rotate_left(5) ^ u64::from(slot)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.values.push((slot, value));
        }
    }
}

/// Captures the known paths of one JSON object.
///
/// # Errors
/// Where the text is no JSON object, or more than one.
pub fn capture<'a>(paths: &Paths, hit: Option<Slot>, text: &'a [u8]) -> Result<Captured<'a>, serde_json::Error> {
    // Checking the whole text once is cheaper than every string of it. Broken characters in values that nobody reads do no harm.
    match std::str::from_utf8(text) {
        Ok(text) => capture_from(paths, hit, serde_json::Deserializer::from_str(text)),
        Err(_) => capture_from(paths, hit, serde_json::Deserializer::from_slice(text)),
    }
}

fn capture_from<'a, R: serde_json::de::Read<'a>>(
    paths: &Paths,
    hit: Option<Slot>,
    mut json: serde_json::Deserializer<R>,
) -> Result<Captured<'a>, serde_json::Error> {
    let mut captured = Captured::default();
    Object(Place { paths, hit, node: ROOT, captured: &mut captured }).deserialize(&mut json)?;
    json.end()?;
    Ok(captured)
}

struct Place<'p, 'a> {
    paths: &'p Paths,
    /// The slot of `_index`: where it is filled, `fields` is the fields of a search hit and not a field of the document.
    hit: Option<Slot>,
    node: u32,
    captured: &'p mut Captured<'a>,
}

impl<'a> Place<'_, 'a> {
    fn keep<E>(self, value: Scalar<'a>) -> Result<(), E> {
        if let Some(slot) = self.paths.slot_at(self.node) {
            self.captured.put(slot, value);
        }
        Ok(())
    }

    fn at(&mut self, node: u32) -> Place<'_, 'a> {
        Place { paths: self.paths, hit: self.hit, node, captured: self.captured }
    }

    fn read_map<A: MapAccess<'a>>(&mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(child) = map.next_key_seed(Key { paths: self.paths, node: self.node, in_hit: self.hit.is_some_and(|slot| self.captured.has(slot)) })? {
            match child {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(node) if self.paths.is_long(node) => {
                    let raw: &'a RawValue = map.next_value()?;
                    if raw.get() != "null"
                        && let Some(slot) = self.paths.slot_at(node)
                    {
                        self.captured.put(slot, Scalar::Raw(Cow::Borrowed(raw.get())));
                    }
                }
                Some(node) => map.next_value_seed(self.at(node))?,
            }
        }
        Ok(())
    }

    fn read_pairs<A: SeqAccess<'a>>(&mut self, parent: u32, mut seq: A) -> Result<(), A::Error> {
        while let Some(pair) = seq.next_element::<serde_json::Value>()? {
            if let Some((name, value)) = name_and_value(&pair)
                && let Some(slot) = self.paths.step(parent, name).and_then(|node| self.paths.slot_at(node))
            {
                self.captured.put(slot, Scalar::Text(Cow::Owned(value)));
            }
        }
        Ok(())
    }
}

/// The name and the value of a pair as converters from XML write it: `{"@Name": .., "#text": ..}` and the like.
pub fn name_and_value(pair: &serde_json::Value) -> Option<(&str, String)> {
    let pair = pair.as_object()?;
    let name = ["Name", "@Name", "name", "_Name"].iter().find_map(|key| pair.get(*key)).or_else(|| {
        let attributes = ["#attributes", "@attributes", "attributes", "_attributes", "$"].iter().find_map(|key| pair.get(*key)?.as_object())?;
        attributes.get("Name")
    });
    let value = ["#text", "text", "_text", "_", "content", "Value", "value", "$t"].iter().find_map(|key| pair.get(*key))?;
    let value = match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Bool(value) => value.to_string(),
        _ => return None,
    };
    Some((name?.as_str()?, value))
}

impl<'a> DeserializeSeed<'a> for Place<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Place<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.keep(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.keep(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.keep(Scalar::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        // A record number beyond 63 bits is still a name.
        self.keep(i64::try_from(number).map_or_else(|_| Scalar::Text(Cow::Owned(number.to_string())), Scalar::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.keep(Scalar::Float(number))
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.keep(Scalar::Bool(value))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut seq: A) -> Result<(), A::Error> {
        if let Some(parent) = self.paths.pairs_of(self.node) {
            return self.read_pairs(parent, seq);
        }
        // Several values of one field: the first that says something is kept.
        let node = self.node;
        while seq.next_element_seed(self.at(node))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(mut self, map: A) -> Result<(), A::Error> {
        self.read_map(map)
    }
}

/// The document itself: an object and nothing else.
struct Object<'p, 'a>(Place<'p, 'a>);

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, map: A) -> Result<(), A::Error> {
        self.0.read_map(map)
    }
}

/// The keys of an object with their values undecoded, in order.
pub struct Cells<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Cells<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellsVisitor;
        impl<'de> Visitor<'de> for CellsVisitor {
            type Value = Cells<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells<'de>, A::Error> {
                let mut cells = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    cells.push((name, map.next_value()?));
                }
                Ok(Cells(cells))
            }
        }
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct Key<'p> {
    paths: &'p Paths,
    node: u32,
    in_hit: bool,
}

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Option<u32>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Option<u32>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<u32>, E> {
        if self.node == ROOT && self.in_hit && key == "fields" {
            return Ok(Some(ROOT));
        }
        Ok(self.paths.step(self.node, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(text: &str, path: &str) -> Option<String> {
        let mut paths = Paths::default();
        let hit = paths.slot("_index");
        let slot = paths.slot(path);
        paths.slot("data.name");
        paths.mark_pairs("data.pairs");
        let captured = capture(&paths, Some(hit), text.as_bytes()).expect("JSON");
        captured.get(slot).and_then(Scalar::text).map(Cow::into_owned)
    }

    #[test]
    fn nested_dotted_mixed_wrapped_and_listed() {
        for text in [
            r#"{"source":{"ip":"10.0.0.7"}}"#,
            r#"{"source.ip":"10.0.0.7"}"#,
            r#"{"source.ip":["10.0.0.7","10.0.0.8"]}"#,
            r#"{"source":[{"ip":[null,"-","10.0.0.7"]}]}"#,
            r#"{"_index":"a","_id":"b","_source":{"source":{"ip":"10.0.0.7"}}}"#,
            r#"{"sort":[1],"_source":{"source.ip":"10.0.0.7"}}"#,
            r#"{"_index":"a","_id":"b","fields":{"source.ip":["10.0.0.7"]}}"#,
            r#"{"source":{"ip":"10.0.0.7","ip":"10.0.0.9"},"source.ip":"10.0.0.9"}"#,
            r#"{"source":{"ip":"10.0.0\u002e7"}}"#,
        ] {
            assert_eq!(captured(text, "source.ip").as_deref(), Some("10.0.0.7"), "{text}");
        }
        // `fields` of an ordinary document is a field like any other.
        assert_eq!(captured(r#"{"fields":{"source.ip":"10.0.0.7"}}"#, "source.ip"), None);
        assert_eq!(captured(r#"{"source":"10.0.0.7"}"#, "source.ip"), None);
    }

    #[test]
    fn pairs_are_fields_of_their_parent() {
        for pair in [
            r##"{"@Name":"name","#text":"x"}"##,
            r#"{"Name":"name","content":"x"}"#,
            r##"{"#attributes":{"Name":"name"},"#text":"x"}"##,
            r#"{"$":{"Name":"name"},"_":"x"}"#,
        ] {
            assert_eq!(captured(&format!(r#"{{"data":{{"pairs":[{{}},1,{pair}]}}}}"#), "data.name").as_deref(), Some("x"), "{pair}");
        }
    }

    #[test]
    fn hostile_documents_are_errors_or_nothing() {
        let paths = Paths::default();
        for text in ["", "1", "[]", "null", "{", "{} {}", "{\"a\":\"\u{1}\"}", "\"\\ud800\""] {
            assert!(capture(&paths, None, text.as_bytes()).is_err(), "{text:?}");
        }
        let mut paths = Paths::default();
        paths.slot("a");
        let bomb = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(capture(&paths, None, bomb.as_bytes()).is_err());
        let bomb = format!("{{\"b\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(capture(&paths, None, bomb.as_bytes()).is_ok());
        assert!(capture(&paths, None, b"{\"a\":1e999}").is_err());
        assert!(capture(&paths, None, b"{\"a\":123456789012345678901234567890}").is_ok());
    }
}
