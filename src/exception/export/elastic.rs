//! The exception list of Elastic's detection engine, as its import takes it: the list, its items, and the count.

use serde_json::{Value, json};

use super::{Exported, accounts, places, sayable};
use crate::exception::{Exception, short};

/// Id of our list.
pub(in crate::exception) const LIST: &str = "rdptriage";

/// The lines.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, left_out) = sayable(exceptions);
    let items: Vec<Value> = said.iter().flat_map(|exception| items(exception)).collect();
    let list = json!({
        "list_id": LIST, "name": "rdptriage", "description": "Exceptions kept with rdptriage", "type": "detection", "namespace_type": "single",
        "tags": ["rdptriage"], "os_types": [], "version": 1,
    });
    let count = json!({
        "exported_exception_list_count": 1, "exported_exception_list_item_count": items.len(), "missing_exception_list_item_count": 0,
        "missing_exception_list_items": [], "missing_exception_lists": [], "missing_exception_lists_count": 0,
    });
    let text = std::iter::once(list).chain(items).chain([count]).map(|line| line.to_string() + "\n").collect();
    let notes = vec![
        "import: POST kbn:/api/exception_lists/_import, or Detection rules > Shared exception lists > Import".to_owned(),
        "the rule for RDP spikes is a machine-learning rule: its exceptions see the fields of the anomaly record (destination.ip and its \
         influencers), not every source; a custom rule on events sees them all"
            .to_owned(),
        "an item hides single alerts by their fields; it does not count what is left without these sources, as rdptriage does".to_owned(),
    ];
    Exported { text, notes, left_out }
}

/// Entries of one item hold together; what may be one or the other becomes items of its own.
fn items(exception: &Exception) -> Vec<Value> {
    let (addresses, names) = places(exception);
    let mut wheres: Vec<Option<Value>> = Vec::new();
    if !addresses.is_empty() {
        wheres.push(Some(any("destination.ip", &addresses)));
    }
    if !names.is_empty() {
        wheres.push(Some(any("host.name", &names)));
    }
    if wheres.is_empty() {
        wheres.push(None);
    }
    let mut whoms: Vec<Vec<Value>> = accounts(exception)
        .into_iter()
        .map(|(domain, users)| {
            let domain = domain.map(|domain| json!({ "field": "user.domain", "operator": "included", "type": "match", "value": domain }));
            std::iter::once(any("user.name", &users)).chain(domain).collect()
        })
        .collect();
    if whoms.is_empty() {
        whoms.push(Vec::new());
    }
    let sources: Vec<String> = exception.sources.iter().map(short).collect();
    let from = (!sources.is_empty()).then(|| any("source.ip", &sources));
    let mut items = Vec::new();
    for place in &wheres {
        for whom in &whoms {
            let entries: Vec<Value> = place.iter().chain(&from).chain(whom).cloned().collect();
            if entries.is_empty() {
                continue;
            }
            let number = items.len() + 1;
            let mut item = json!({
                "list_id": LIST, "item_id": format!("rdptriage-{}-{number}", exception.id), "name": exception.id, "description": exception.reason,
                "type": "simple", "namespace_type": "single", "entries": entries, "tags": ["rdptriage", format!("owner:{}", exception.owner.raw())],
                "os_types": [], "comments": [],
            });
            if let (Some(until), Some(object)) = (exception.until, item.as_object_mut()) {
                object.insert("expire_time".to_owned(), format!("{until:.3}").into());
            }
            items.push(item);
        }
    }
    items
}

fn any(field: &str, values: &[impl AsRef<str>]) -> Value {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    json!({ "field": field, "operator": "included", "type": "match_any", "value": values })
}

#[cfg(test)]
mod tests {
    use super::super::tests::two;
    use super::*;

    #[test]
    fn a_list_its_items_and_the_count() {
        let exported = write(&two());
        let lines: Vec<Value> = exported.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!((&lines[0]["list_id"], &lines[0]["type"]), (&json!("rdptriage"), &json!("detection")));
        assert_eq!(
            lines[1]["entries"],
            json!([
                { "field": "destination.ip", "operator": "included", "type": "match_any", "value": ["10.0.0.5"] },
                { "field": "source.ip", "operator": "included", "type": "match_any", "value": ["10.66.0.0/24"] },
                { "field": "user.name", "operator": "included", "type": "match_any", "value": ["svc_scan"] },
                { "field": "user.domain", "operator": "included", "type": "match", "value": "CORP" },
            ])
        );
        assert_eq!((&lines[1]["expire_time"], &lines[1]["item_id"]), (&json!("2026-02-05T12:00:00.000Z"), &json!("rdptriage-scanner-1")));
        assert_eq!(lines[2]["entries"][0]["field"], "host.name");
        assert_eq!(lines[3]["exported_exception_list_item_count"], 2);
        assert!(exported.notes[1].contains("anomaly record"));
    }
}
