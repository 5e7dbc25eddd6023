//! Documents as events: the values of one hit, read in the layout whose query found it.

use serde_json::Value;

use super::compile::named;
use super::row;
use super::search::origin;
use super::shape::{Paths, SHAPES, Shape, TIME, UserPaths, is_swapped};
use crate::domain::time::from_micros;
use crate::domain::{Address, Event, Foreign, Kind, Origin, Timestamp};

/// The event of a hit; `None` where its values do not bear out what the query took it for.
pub(super) fn event(hit: &Value) -> Option<Event> {
    let (shape, kind) = hit.get("matched_queries")?.as_array()?.iter().filter_map(Value::as_str).find_map(named)?;
    let document = hit.get("_source")?;
    let mut event = Event::new(time(document)?, kind);
    let (source, destination, source_port, destination_port) = if is_swapped(kind) {
        (shape.destination, shape.source, shape.destination_port, shape.source_port)
    } else {
        (shape.source, shape.destination, shape.source_port, shape.destination_port)
    };
    let from = first(document, source, Address::clean_with_port);
    event.source = from.map(|(address, _)| address);
    if kind == Kind::LogonUnlock && event.source.is_none() {
        return None;
    }
    event.destination = first(document, destination, Address::clean);
    event.source_port = first(document, source_port, |text| text.trim().parse().ok()).filter(|port| *port != 0).or_else(|| from.and_then(|(_, port)| port));
    event.destination_port = first(document, destination_port, |text| text.trim().parse().ok());
    event.host = word(document, shape.host);
    event.user = user(document, shape.user);
    event.process = word(document, shape.process);
    event.code = first(document, shape.code, |text| text.trim().parse().ok());
    if row::is_refusal(kind) {
        let reasons: Vec<String> = shape.reason.iter().filter_map(|path| at(document, path)).collect();
        event.reason = row::reason(reasons.iter().map(String::as_str));
    }
    event.channel = word(document, shape.channel);
    event.record = word(document, shape.record);
    let (index, id) = origin(hit);
    event.origin = Origin { file: None, index, id };
    Some(event)
}

/// The fields that events are read from, as a source filter.
pub(super) fn source_filter() -> Value {
    let paths: std::collections::BTreeSet<&str> = SHAPES.iter().flat_map(Shape::paths).chain([TIME]).collect();
    Value::from(paths.into_iter().map(Value::from).collect::<Vec<_>>())
}

/// The time of a document, cut to the microsecond.
pub(super) fn time(document: &Value) -> Option<Timestamp> {
    let text = at(document, TIME)?;
    let time = match text.parse::<i64>() {
        Ok(millis) => Timestamp::from_millisecond(millis).ok()?,
        // Clusters read a time without offset as UTC.
        Err(_) => text.parse().or_else(|_| format!("{text}Z").parse::<Timestamp>()).ok()?,
    };
    Some(from_micros(time.as_microsecond()))
}

fn user(document: &Value, paths: UserPaths) -> Option<Foreign> {
    paths.iter().find_map(|(domain, name)| {
        let domain = domain.and_then(|domain| at(document, domain));
        row::user(domain.as_deref(), at(document, name).as_deref())
    })
}

fn word(document: &Value, paths: Paths) -> Option<Foreign> {
    first(document, paths, |text| (!text.is_empty() && text != "-").then(|| Foreign::from(text)))
}

fn first<T>(document: &Value, paths: Paths, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    paths.iter().find_map(|path| read(&at(document, path)?))
}

/// The first scalar at a path, however its dots are nested.
pub(super) fn at(document: &Value, path: &str) -> Option<String> {
    let object = document.as_object()?;
    if let Some(value) = object.get(path) {
        return scalar(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (head, tail) = path.split_at(dot);
        at(object.get(head)?, tail.trim_start_matches('.'))
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(values) => values.iter().find_map(scalar),
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(schema: &str) -> usize {
        SHAPES.iter().position(|shape| shape.schema == schema).expect("a layout")
    }

    #[test]
    fn a_reversed_event_is_turned_around() {
        let hit = json!({
            "_index": "logs-x", "_id": "7", "matched_queries": [format!("{}:sysmon3_in_reversed", place("sysmon"))],
            "_source": {
                "@timestamp": "2025-01-01T00:00:00.1234567Z", "host.name": "FS01", "event": {"code": "3"},
                "source": {"ip": "10.0.0.5", "port": 3389}, "destination": {"ip": "10.0.0.7", "port": 50001},
                "user": {"domain": "CORP", "name": "kim"}, "process.executable": "C:\\Windows\\System32\\svchost.exe",
                "winlog": {"record_id": 17, "channel": "Microsoft-Windows-Sysmon/Operational"}
            }
        });
        let event = event(&hit).expect("an event");
        assert_eq!(event.time.to_string(), "2025-01-01T00:00:00.123456Z");
        assert_eq!((event.source.map(|ip| ip.to_string()), event.source_port), (Some("10.0.0.7".to_owned()), Some(50001)));
        assert_eq!((event.destination.map(|ip| ip.to_string()), event.destination_port), (Some("10.0.0.5".to_owned()), Some(3389)));
        assert_eq!(event.user.as_ref().map(Foreign::raw), Some("CORP\\kim"));
        assert_eq!(event.host.as_ref().map(Foreign::raw), Some("FS01"));
        assert_eq!(event.record.as_ref().map(Foreign::raw), Some("17"));
        assert_eq!(event.code, Some(3));
        assert_eq!(event.origin.index.as_ref().map(Foreign::raw), Some("logs-x"));
    }

    #[test]
    fn an_unlock_without_address_is_no_event() {
        let mut hit = json!({
            "matched_queries": [format!("{}:sec4624_lt7", place("windows security logon"))],
            "_source": {"@timestamp": 1735689600000_u64, "winlog": {"event_data": {"IpAddress": "LOCAL"}}}
        });
        assert_eq!(event(&hit), None);
        hit["_source"]["winlog"]["event_data"]["IpAddress"] = json!("::ffff:10.0.0.9");
        let event = event(&hit).expect("an event");
        assert_eq!(event.source.map(|ip| ip.to_string()).as_deref(), Some("10.0.0.9"));
        assert_eq!(event.time.to_string(), "2025-01-01T00:00:00Z");
    }

    #[test]
    fn an_address_with_its_port_gives_both() {
        let hit = json!({
            "matched_queries": [format!("{}:rdpcorets131", place("rdp core"))],
            "_source": {"@timestamp": "2025-01-01T00:00:00Z", "winlog": {"event_data": {"ClientIP": "[::ffff:10.0.0.9]:40000"}}}
        });
        let event = event(&hit).expect("an event");
        assert_eq!((event.source.map(|ip| ip.to_string()).as_deref(), event.source_port), (Some("10.0.0.9"), Some(40000)));
    }
}
