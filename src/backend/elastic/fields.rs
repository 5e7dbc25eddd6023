//! What the fields of the asked indices are: an address, a word, a number or mere text. Asked before every other question.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::Client;
use super::delay::INGESTED;
use crate::backend::BackendError;
use crate::domain::Foreign;
use crate::schema::Layout;

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
            "keyword" | "constant_keyword" | "wildcard" | "version" => Self::Keyword,
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
    /// The analysed text beside which it is the exact form; that has the values too long to be exact.
    pub(super) whole: Option<String>,
}

/// The fields of some indices, by the spelling of the schemas.
pub(super) type Fields = BTreeMap<String, Field>;

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
pub(super) async fn landscape(client: &Client, patterns: &[String], asked: &Asked<'_>) -> Result<Landscape, BackendError> {
    let whole = targets(client, patterns, asked).await;
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    match whole {
        Ok(targets) => found = targets,
        Err(error) if patterns.len() < 2 => return Err(error),
        Err(error) => {
            for pattern in patterns {
                match targets(client, std::slice::from_ref(pattern), asked).await {
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

/// What may be asked of indices.
pub(super) struct Asked<'a> {
    /// The schemas.
    pub(super) layouts: &'a [Layout],
    /// Names that Sigma rules use and no schema has, to be looked for where a schema keeps the named values of an event.
    pub(super) named: &'a [String],
}

async fn targets(client: &Client, patterns: &[String], asked: &Asked<'_>) -> Result<Vec<Target>, BackendError> {
    let mut known: BTreeSet<String> = asked
        .layouts
        .iter()
        .flat_map(|layout| layout.proof_paths().chain(layout.times.iter().map(String::as_str)))
        .chain([INGESTED])
        .map(str::to_owned)
        .collect();
    let mut caps: BTreeMap<String, Value> = BTreeMap::new();
    let mut indices = BTreeSet::new();
    fetch(client, patterns, &known, &mut caps, &mut indices).await?;
    // All fields are asked only of the schemas that can be there at all.
    let mut more = BTreeSet::new();
    let has = |path: &String| caps.get(path).is_some_and(|kinds| kinds.as_object().is_some_and(|kinds| kinds.keys().any(|kind| kind != "unmapped")));
    let possible =
        |layout: &&Layout| layout.proofs.iter().any(|proof| proof.has.iter().all(|paths| paths.iter().any(has)) && proof.is.iter().all(|(path, _)| has(path)));
    for layout in asked.layouts.iter().filter(possible) {
        more.extend(layout.all_paths().map(str::to_owned));
        more.extend(
            layout
                .values
                .iter()
                .flat_map(|values| asked.named.iter().map(move |name| if values.is_empty() { name.clone() } else { format!("{values}.{name}") })),
        );
    }
    more.retain(|name| !known.contains(name));
    fetch(client, patterns, &more, &mut caps, &mut indices).await?;
    known.extend(more);
    let times: BTreeSet<&str> = asked.layouts.iter().flat_map(|layout| layout.times.iter().map(String::as_str)).collect();
    Ok(sorted(&known, &caps, &indices, &times))
}

async fn fetch(
    client: &Client,
    patterns: &[String],
    names: &BTreeSet<String>,
    caps: &mut BTreeMap<String, Value>,
    indices: &mut BTreeSet<String>,
) -> Result<(), BackendError> {
    let names: Vec<String> = names.iter().flat_map(|name| [encoded(name), encoded(&format!("{name}.keyword"))]).collect();
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
    Ok(())
}

fn sorted(known: &BTreeSet<String>, caps: &BTreeMap<String, Value>, indices: &BTreeSet<String>, times: &BTreeSet<&str>) -> Vec<Target> {
    let natures: BTreeMap<&str, BTreeMap<&str, Nature>> = caps.iter().map(|(name, caps)| (name.as_str(), natures(caps, indices))).collect();
    let nature = |name: &str, index: &str| natures.get(name).and_then(|by_index| by_index.get(index)).copied();
    let mut alike: BTreeMap<Vec<(&str, Field)>, Vec<String>> = BTreeMap::new();
    for index in indices {
        let mut fields = Vec::new();
        for name in known {
            let exact = format!("{name}.keyword");
            let field = match nature(name, index) {
                Some(Nature::Text) if nature(&exact, index) == Some(Nature::Keyword) => {
                    Field { name: exact, nature: Nature::Keyword, whole: Some(name.clone()) }
                }
                Some(nature) => Field { name: name.clone(), nature, whole: None },
                None => continue,
            };
            fields.push((name.as_str(), field));
        }
        if fields.iter().any(|(name, _)| times.contains(name)) {
            alike.entry(fields).or_default().push(index.clone());
        }
    }
    let mut targets = Vec::new();
    for (fields, indices) in alike {
        let fields: Fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
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
        let known = BTreeSet::from(["@timestamp", "source.ip", "host.name"].map(str::to_owned));
        let indices = BTreeSet::from(["a", "b", "c"].map(str::to_owned));
        let caps = caps(json!({
            "@timestamp": {"date": {"type": "date", "indices": ["a", "b"]}, "unmapped": {"indices": ["c"]}},
            "source.ip": {"ip": {"indices": ["a"]}, "text": {"indices": ["b", "c"]}},
            "source.ip.keyword": {"keyword": {"indices": ["b"]}, "unmapped": {"indices": ["a", "c"]}},
            "host.name": {"keyword": {}},
        }));
        let targets = sorted(&known, &caps, &indices, &BTreeSet::from(["@timestamp"]));
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
