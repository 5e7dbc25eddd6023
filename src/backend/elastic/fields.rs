//! What the fields of the asked indices are: an address, a word, a number or mere text. Asked before every other question.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::Client;
use super::delay::INGESTED;
use super::shape::{SHAPES, TIME};
use super::sigma_query::FIELDS;
use crate::backend::BackendError;
use crate::domain::Foreign;

/// How a field can be asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Nature {
    /// An address.
    Ip,
    /// An exact word.
    Keyword,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A moment.
    Date,
    /// Analysed text without an exact form: it can be searched, not counted.
    Text,
}

impl Nature {
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "ip" => Self::Ip,
            "keyword" | "constant_keyword" | "wildcard" | "version" | "flattened" | "flat_object" => Self::Keyword,
            "long" | "integer" | "short" | "byte" | "unsigned_long" | "double" | "float" | "half_float" | "scaled_float" => Self::Number,
            "boolean" => Self::Boolean,
            "date" | "date_nanos" => Self::Date,
            "text" | "match_only_text" => Self::Text,
            _ => return None,
        })
    }
}

/// A field as it can be asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Field {
    /// The spelling to ask by; for text, that of its exact form where it has one.
    pub(super) name: String,
    /// What it is.
    pub(super) nature: Nature,
}

/// The fields of some indices, by the spelling of the layouts.
pub(super) type Fields = BTreeMap<&'static str, Field>;

/// Indices whose fields are the same, so that one question fits them all.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Target {
    /// Their names, joined by commas.
    pub(super) path: String,
    /// Their fields.
    pub(super) fields: Fields,
}

/// How long a path may be; proxies and clusters refuse longer request lines.
const LONGEST_PATH: usize = 3000;

/// What the asked patterns lead to.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Landscape {
    /// The indices, by what they hold.
    pub(super) targets: Vec<Target>,
    /// What of the patterns could not be had, and why.
    pub(super) lost: Option<String>,
}

/// Asks for the fields of everything that `patterns` match and sorts the indices by them. A pattern that is refused
/// costs only itself, unless it is the only one.
pub(super) async fn landscape(client: &Client, patterns: &[String]) -> Result<Landscape, BackendError> {
    let whole = targets(client, patterns).await;
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    match whole {
        Ok(targets) => found = targets,
        Err(error) if patterns.len() < 2 => return Err(error),
        Err(error) => {
            for pattern in patterns {
                match targets(client, std::slice::from_ref(pattern)).await {
                    Ok(targets) => found.extend(targets.into_iter().filter(|target| !found.contains(target)).collect::<Vec<_>>()),
                    Err(_) => lost.push(Foreign::from(pattern.as_str()).safe().into_string()),
                }
            }
            if lost.len() == patterns.len() {
                return Err(error);
            }
        }
    }
    let lost = if !lost.is_empty() {
        Some(format!("no right to {} or no such index", lost.join(", ")))
    } else if found.is_empty() {
        Some(format!("no index with a time that may be read matches {}", Foreign::from(patterns.join(", ")).safe()))
    } else {
        None
    };
    Ok(Landscape { targets: found, lost })
}

async fn targets(client: &Client, patterns: &[String]) -> Result<Vec<Target>, BackendError> {
    let spellings = SHAPES.iter().flat_map(|shape| shape.paths()).chain(FIELDS.iter().flat_map(|(_, paths)| paths.iter().copied()));
    let known: BTreeSet<&'static str> = spellings.chain([TIME, INGESTED]).collect();
    let mut caps: BTreeMap<String, Value> = BTreeMap::new();
    let mut indices = BTreeSet::new();
    let names: Vec<String> = known.iter().flat_map(|name| [(*name).to_owned(), format!("{name}.keyword")]).collect();
    let what = format!("ask for the fields of {}", Foreign::from(patterns.join(", ")).safe());
    for part in in_parts(&names, LONGEST_PATH) {
        // Named indices that are missing or forbidden are an error; only patterns may match nothing.
        let path = format!("{}/_field_caps?ignore_unavailable=false&allow_no_indices=true&include_unmapped=true&fields={part}", encoded(&patterns.join(",")));
        let answer = client.get(&what, &path).await?;
        indices.extend(texts(answer.get("indices")));
        if let Some(Value::Object(fields)) = answer.get("fields") {
            caps.extend(fields.iter().map(|(name, caps)| (name.clone(), caps.clone())));
        }
    }
    Ok(sorted(&known, &caps, &indices))
}

fn sorted(known: &BTreeSet<&'static str>, caps: &BTreeMap<String, Value>, indices: &BTreeSet<String>) -> Vec<Target> {
    let natures: BTreeMap<&str, BTreeMap<&str, Nature>> = caps.iter().map(|(name, caps)| (name.as_str(), natures(caps, indices))).collect();
    let nature = |name: &str, index: &str| natures.get(name).and_then(|by_index| by_index.get(index)).copied();
    let mut alike: BTreeMap<Vec<(&'static str, Field)>, Vec<String>> = BTreeMap::new();
    for index in indices {
        let mut fields = Vec::new();
        for &name in known {
            let exact = format!("{name}.keyword");
            let field = match nature(name, index) {
                Some(Nature::Text) if nature(&exact, index) == Some(Nature::Keyword) => Field { name: exact, nature: Nature::Keyword },
                Some(nature) => Field { name: name.to_owned(), nature },
                None => continue,
            };
            fields.push((name, field));
        }
        if fields.iter().any(|(name, field)| *name == TIME && field.nature == Nature::Date) {
            alike.entry(fields).or_default().push(index.clone());
        }
    }
    let mut targets = Vec::new();
    for (fields, indices) in alike {
        let fields: Fields = fields.into_iter().collect();
        let paths = in_parts(&indices.iter().map(|index| encoded(index)).collect::<Vec<_>>(), LONGEST_PATH);
        targets.extend(paths.into_iter().map(|path| Target { path, fields: fields.clone() }));
    }
    targets
}

/// What a field is in each index that has it.
fn natures<'a>(caps: &'a Value, all: &'a BTreeSet<String>) -> BTreeMap<&'a str, Nature> {
    let mut found = BTreeMap::new();
    for (kind, caps) in caps.as_object().into_iter().flatten() {
        let Some(nature) = Nature::of(kind) else { continue };
        match caps.get("indices").and_then(Value::as_array) {
            Some(some) => found.extend(some.iter().filter_map(Value::as_str).map(|index| (index, nature))),
            None => found.extend(all.iter().map(|index| (index.as_str(), nature))),
        }
    }
    found
}

/// Joins names by commas into as few parts as the limit allows.
fn in_parts(names: &[String], limit: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for name in names {
        match parts.last_mut() {
            Some(part) if part.len() + name.len() < limit => {
                part.push(',');
                part.push_str(name);
            }
            _ => parts.push(name.clone()),
        }
    }
    parts
}

/// An index expression as part of a path: what could end the path is escaped.
pub(super) fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b',' | b':' | b'+' | b'@' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn caps(value: Value) -> BTreeMap<String, Value> {
        value.as_object().expect("an object").iter().map(|(name, caps)| (name.clone(), caps.clone())).collect()
    }

    #[test]
    fn indices_with_other_mappings_are_asked_apart() {
        let known = BTreeSet::from(["@timestamp", "source.ip", "host.name"]);
        let indices = BTreeSet::from(["a", "b", "c"].map(str::to_owned));
        let caps = caps(json!({
            "@timestamp": {"date": {"type": "date", "indices": ["a", "b"]}, "unmapped": {"indices": ["c"]}},
            "source.ip": {"ip": {"indices": ["a"]}, "text": {"indices": ["b", "c"]}},
            "source.ip.keyword": {"keyword": {"indices": ["b"]}, "unmapped": {"indices": ["a", "c"]}},
            "host.name": {"keyword": {}},
        }));
        let targets = sorted(&known, &caps, &indices);
        let told: Vec<_> =
            targets.iter().map(|target| (target.path.as_str(), target.fields.get("source.ip").map(|field| (field.name.as_str(), field.nature)))).collect();
        assert_eq!(told, [("a", Some(("source.ip", Nature::Ip))), ("b", Some(("source.ip.keyword", Nature::Keyword)))]);
        assert!(targets.iter().all(|target| target.fields.contains_key("host.name")));
    }

    #[test]
    fn long_lists_of_indices_are_cut_into_parts() {
        let names: Vec<String> = (0..5).map(|number| format!("logs-{number}")).collect();
        assert_eq!(in_parts(&names, 14), ["logs-0,logs-1", "logs-2,logs-3", "logs-4"]);
        assert_eq!(encoded("logs-*,<x>/../_all?q=\u{e9}"), "logs-*,%3Cx%3E%2F..%2F_all%3Fq%3D%C3%A9");
    }
}
