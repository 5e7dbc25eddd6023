//! Query DSL that leaves out what the exceptions cover: every value is a leaf.

use serde_json::{Value, json};

use super::{Exported, accounts, places, sayable};
use crate::domain::time;
use crate::exception::{Exception, short};

/// One `bool` with a `must_not` for each.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, left_out) = sayable(exceptions);
    let covered: Vec<Value> = said.iter().map(|exception| covered(exception)).collect();
    let query = json!({ "bool": { "must_not": covered } });
    let text = serde_json::to_string_pretty(&query).unwrap_or_default() + "\n";
    Exported { text, notes: vec!["as a filter of a rule, or beside another query in bool.filter".to_owned()], left_out }
}

fn either(parts: Vec<Value>) -> Option<Value> {
    match parts.len() {
        0 => None,
        1 => parts.into_iter().next(),
        _ => Some(json!({ "bool": { "should": parts, "minimum_should_match": 1 } })),
    }
}

fn terms(field: &str, values: Value) -> Value {
    json!({ "terms": { field: values } })
}

fn covered(exception: &Exception) -> Value {
    let (addresses, names) = places(exception);
    let mut wheres = Vec::new();
    if !addresses.is_empty() {
        wheres.push(terms("destination.ip", json!(addresses)));
    }
    if !names.is_empty() {
        wheres.push(terms("host.name", json!(names)));
    }
    let mut filter: Vec<Value> = either(wheres).into_iter().collect();
    if !exception.sources.is_empty() {
        filter.push(terms("source.ip", json!(exception.sources.iter().map(short).collect::<Vec<_>>())));
    }
    let users = accounts(exception).into_iter().map(|(domain, users)| match domain {
        None => terms("user.name", json!(users)),
        Some(domain) => json!({ "bool": { "filter": [terms("user.name", json!(users)), { "term": { "user.domain": domain } }] } }),
    });
    filter.extend(either(users.collect()));
    let mut range = serde_json::Map::new();
    if let Some(from) = exception.from {
        range.insert("gte".to_owned(), time::rfc3339(from).into());
    }
    if let Some(until) = exception.until {
        range.insert("lt".to_owned(), time::rfc3339(until).into());
    }
    if !range.is_empty() {
        filter.push(json!({ "range": { "@timestamp": range } }));
    }
    json!({ "bool": { "filter": filter } })
}

#[cfg(test)]
mod tests {
    use super::super::tests::two;
    use super::*;

    #[test]
    fn every_value_is_a_leaf() {
        let query: Value = serde_json::from_str(&write(&two()).text).unwrap();
        let filter = &query["bool"]["must_not"][0]["bool"]["filter"];
        assert_eq!(filter[0]["bool"]["should"], json!([{ "terms": { "destination.ip": ["10.0.0.5"] } }, { "terms": { "host.name": ["FS01"] } }]));
        assert_eq!(filter[1], json!({ "terms": { "source.ip": ["10.66.0.0/24"] } }));
        assert_eq!(filter[2]["bool"]["filter"], json!([{ "terms": { "user.name": ["svc_scan"] } }, { "term": { "user.domain": "CORP" } }]));
        assert_eq!(filter[3], json!({ "range": { "@timestamp": { "gte": "2026-01-05T00:00:00Z", "lt": "2026-02-05T12:00:00Z" } } }));
    }
}
