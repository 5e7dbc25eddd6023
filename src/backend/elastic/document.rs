//! Documents as events: what the schemas make of a search hit.

use serde_json::{Value, json};

use super::Elastic;
use super::shape::TIME;
use crate::domain::time::from_micros;
use crate::domain::{Event, Timestamp};
use crate::schema::Reading;

/// What of documents is fetched: all but the copy of the raw record that pipelines keep.
pub(super) fn source_filter() -> Value {
    json!({"excludes": ["event.original"]})
}

impl Elastic {
    /// The event of a hit; `None` where it is none by the same rules that hold for files.
    pub(super) fn event(&self, hit: &Value) -> Option<Event> {
        match self.interpreter.json(&serde_json::to_vec(hit).ok()?).ok()? {
            Reading::Event { event, .. } => Some(*event),
            Reading::Other { .. } | Reading::Detected { .. } | Reading::Unknown => None,
        }
    }
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

    #[test]
    fn values_are_found_however_the_dots_are_nested() {
        for document in [json!({"a": {"b": {"c": 7}}}), json!({"a.b.c": "7"}), json!({"a": {"b.c": ["7", "8"]}}), json!({"a.b": {"c": 7}})] {
            assert_eq!(at(&document, "a.b.c").as_deref(), Some("7"), "{document}");
        }
        assert_eq!(at(&json!({"a": null}), "a"), None);
    }

    #[test]
    fn times_are_cut_to_microseconds() {
        for (written, read) in [
            (json!("2025-01-01T00:00:00.1234567Z"), "2025-01-01T00:00:00.123456Z"),
            (json!("2025-01-01T01:00:00+01:00"), "2025-01-01T00:00:00Z"),
            (json!("2025-01-01T00:00:00"), "2025-01-01T00:00:00Z"),
            (json!(1_735_689_600_000_u64), "2025-01-01T00:00:00Z"),
        ] {
            assert_eq!(time(&json!({"@timestamp": written})).map(|time| time.to_string()).as_deref(), Some(read));
        }
    }
}
