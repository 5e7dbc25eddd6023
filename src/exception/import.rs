//! Exceptions out of the files that other tools and we write. What they say and we cannot is refused, not dropped: an
//! exception that lost a condition would hide more than its author wanted.

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::Exception;
use super::draft::id;
use crate::domain::{Address, Foreign, Timestamp};

/// What a file does not say about its exceptions.
#[derive(Clone, PartialEq, Debug)]
pub struct Filled {
    /// Who answers for them.
    pub owner: Foreign,
    /// Who takes them in.
    pub author: Foreign,
    /// Why, where the file gives no reason.
    pub reason: Foreign,
    /// When.
    pub now: Timestamp,
    /// When they end, where the file does not say.
    pub until: Option<Timestamp>,
    /// What they are about, where the file does not say.
    pub destinations: Vec<Foreign>,
}

impl Filled {
    /// Nothing.
    pub fn none() -> Self {
        Self {
            owner: Foreign::default(),
            author: Foreign::default(),
            reason: Foreign::default(),
            now: Timestamp::UNIX_EPOCH,
            until: None,
            destinations: Vec::new(),
        }
    }

    fn exception(&self, about: &Foreign) -> Exception {
        Exception {
            id: id(about, self.now),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            author: self.author.clone(),
            made: self.now,
            from: None,
            until: self.until,
            destinations: self.destinations.clone(),
            sources: Vec::new(),
            users: Vec::new(),
            windows: Vec::new(),
            changes: Vec::new(),
        }
    }
}

/// What a file held.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Imported {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// What was refused: where it stands and why.
    pub refused: Vec<String>,
}

/// Forms that are read.
pub const FORMATS: &[&str] = &["elastic", "cidr", "toml"];

/// The form of a text, by its looks.
pub fn looks_like(text: &str) -> &'static str {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if first.starts_with('{') {
        "elastic"
    } else if first.starts_with('[') || first.contains('=') {
        "toml"
    } else {
        "cidr"
    }
}

/// Reads a text of this form.
///
/// # Errors
/// Where it is none: what is wrong, with its line.
pub fn read(text: &str, format: &str, filled: &Filled) -> Result<Imported, String> {
    match format {
        "elastic" => elastic(text, filled),
        "cidr" => cidr(text, filled),
        "toml" => toml(text),
        other => Err(format!("there is no form {} to read; choose one of {}", Foreign::from(other).safe(), FORMATS.join(", "))),
    }
}

fn toml(text: &str) -> Result<Imported, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct All {
        #[serde(default)]
        exception: Vec<Exception>,
    }
    let line = |error: &toml::de::Error| error.span().map_or(0, |span| text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1);
    // The file of one exception is read too.
    match toml::from_str::<All>(text) {
        Ok(all) => Ok(Imported { exceptions: all.exception, refused: Vec::new() }),
        Err(error) => match toml::from_str::<Exception>(text) {
            Ok(one) => Ok(Imported { exceptions: vec![one], refused: Vec::new() }),
            Err(_) => Err(format!("line {}: {}", line(&error), Foreign::from(error.message()).safe())),
        },
    }
}

fn cidr(text: &str, filled: &Filled) -> Result<Imported, String> {
    let mut sources: Vec<IpNet> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        sources.push(network(line).ok_or_else(|| format!("line {}: {} is no network", number + 1, Foreign::from(line).safe()))?);
    }
    if sources.is_empty() {
        return Ok(Imported::default());
    }
    let about = filled.destinations.first().cloned().unwrap_or_else(|| "list".into());
    Ok(Imported { exceptions: vec![Exception { sources, ..filled.exception(&about) }], refused: Vec::new() })
}

fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(|| Address::clean(text).map(|address| address.ip().into()))
}

fn elastic(text: &str, filled: &Filled) -> Result<Imported, String> {
    let mut imported = Imported::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let item: Value = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        // The list itself and the count at the end hold no entries.
        let Some(entries) = item.get("entries").and_then(Value::as_array) else { continue };
        match of_item(&item, entries, filled) {
            Ok(exception) => imported.exceptions.push(exception),
            Err(why) => imported.refused.push(format!("line {}: {why}", number + 1)),
        }
    }
    Ok(imported)
}

fn of_item(item: &Value, entries: &[Value], filled: &Filled) -> Result<Exception, String> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut exception = filled.exception(&text("name").into());
    exception.destinations.clear();
    if !text("description").is_empty() {
        exception.reason = text("description").into();
    }
    if let Some(owner) = item.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).find_map(|tag| tag.strip_prefix("owner:")) {
        exception.owner = owner.into();
    }
    if let Some(expire) = item.get("expire_time").and_then(Value::as_str) {
        exception.until = Some(expire.parse().map_err(|_| format!("its expire_time {} is no time", Foreign::from(expire).safe()))?);
    }
    let mut domain: Option<String> = None;
    for entry in entries {
        let get = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let (field, operator, sort) = (get("field"), get("operator"), get("type"));
        let shown = Foreign::from(field).safe().into_string();
        if operator != "included" {
            return Err(format!("its entry on {shown} is negated, which an exception here cannot say"));
        }
        let values: Vec<&str> = match (sort, entry.get("value")) {
            ("match", Some(Value::String(value))) => vec![value],
            ("match_any", Some(Value::Array(values))) => values.iter().filter_map(Value::as_str).collect(),
            _ => return Err(format!("its entry on {shown} is of the sort {}, which an exception here cannot say", Foreign::from(sort).safe())),
        };
        match field {
            "destination.ip" | "host.name" => {
                if !exception.destinations.is_empty() {
                    return Err("it demands an address and a name at once, which an exception here cannot say".to_owned());
                }
                exception.destinations = values.into_iter().map(Foreign::from).collect();
            }
            "source.ip" => {
                let networks = values.iter().map(|value| network(value).ok_or_else(|| format!("{} is no network", Foreign::from(*value).safe())));
                exception.sources = networks.collect::<Result<_, _>>()?;
            }
            "user.name" => exception.users = values.into_iter().map(Foreign::from).collect(),
            "user.domain" if values.len() == 1 => domain = values.first().map(|value| (*value).to_owned()),
            _ => return Err(format!("its entry on {shown} is about a field that an exception here does not know")),
        }
    }
    if let Some(domain) = domain {
        if exception.users.is_empty() {
            return Err("it is about a whole domain, which an exception here cannot say".to_owned());
        }
        exception.users = exception.users.iter().map(|user| format!("{domain}\\{}", user.raw()).into()).collect();
    }
    Ok(exception)
}

#[cfg(test)]
mod tests {
    use super::super::export::{self, tests::two};
    use super::super::tests::at;
    use super::*;

    fn filled() -> Filled {
        Filled {
            owner: "NOC".into(),
            author: "kim".into(),
            reason: "imported".into(),
            now: at("2026-01-05T12:00:00Z"),
            until: Some(at("2026-03-01T00:00:00Z")),
            destinations: vec!["10.0.0.5".into()],
        }
    }

    #[test]
    fn an_exported_list_comes_back_as_it_went() {
        let (.., write) = export::FORMATS[0];
        let text = write(&two()).text;
        assert_eq!(looks_like(&text), "elastic");
        let imported = read(&text, "elastic", &filled()).unwrap();
        assert_eq!(imported.refused, [""; 0]);
        let words: Vec<String> = imported.exceptions.iter().map(Exception::words).collect();
        assert_eq!(words, ["at 10.0.0.5 from 10.66.0.0/24 as CORP\\svc_scan", "at FS01 from 10.66.0.0/24 as CORP\\svc_scan"]);
        assert_eq!(imported.exceptions[0].until, Some(at("2026-02-05T12:00:00Z")));
        assert_eq!(imported.exceptions[0].owner, "NOC".into());
    }

    #[test]
    fn what_cannot_be_said_here_is_refused_not_dropped() {
        let item = |entry: &str| {
            format!("{{\"name\":\"x\",\"entries\":[{{\"field\":\"source.ip\",\"operator\":\"included\",\"type\":\"match\",\"value\":\"10.0.0.1\"}},{entry}]}}")
        };
        for (entry, why) in [
            (r#"{"field":"process.name","operator":"included","type":"match","value":"x"}"#, "about a field"),
            (r#"{"field":"user.name","operator":"excluded","type":"match","value":"x"}"#, "negated"),
            (r#"{"field":"user.name","operator":"included","type":"wildcard","value":"x*"}"#, "of the sort wildcard"),
            (r#"{"field":"user.domain","operator":"included","type":"match","value":"CORP"}"#, "whole domain"),
        ] {
            let imported = read(&item(entry), "elastic", &filled()).unwrap();
            assert_eq!(imported.exceptions, []);
            assert!(imported.refused[0].contains(why), "{:?}", imported.refused);
        }
    }

    #[test]
    fn a_list_of_networks_becomes_one_exception() {
        let imported = read("# scanners\n10.66.0.0/24\n192.0.2.7 # one\n", looks_like("10.66.0.0/24"), &filled()).unwrap();
        assert_eq!(imported.exceptions[0].words(), "at 10.0.0.5 from 10.66.0.0/24, 192.0.2.7");
        assert_eq!(read("10.66.0.0/24\nevil\n", "cidr", &filled()).unwrap_err(), "line 2: evil is no network");
    }
}
