//! Sigma filters: laid over rules, they leave out what the exceptions cover.

use serde_json::{Map, Value, json};

use super::{Exported, places, sayable};
use crate::exception::Exception;

/// One document each.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, left_out) = sayable(exceptions);
    let documents: Vec<String> = said.iter().filter_map(|exception| yaml_serde::to_string(&document(exception)).ok()).collect();
    Exported {
        text: documents.join("---\n"),
        notes: vec![
            "fields are those of Windows logons (Security 4624 and 4625); name the rules it is meant for in place of any".to_owned(),
            "a filter has no end date: the description names the one of the exception".to_owned(),
        ],
        left_out,
    }
}

fn document(exception: &Exception) -> Value {
    let (addresses, names) = places(exception);
    let mut selection = Map::new();
    if !names.is_empty() {
        selection.insert("Computer".to_owned(), json!(names));
    }
    if !exception.sources.is_empty() {
        selection.insert("IpAddress|cidr".to_owned(), json!(exception.sources.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    let users: Vec<&str> = exception.users.iter().map(|user| user.raw().split_once('\\').map_or(user.raw(), |(_, name)| name)).collect();
    if !users.is_empty() {
        selection.insert("TargetUserName".to_owned(), json!(users));
    }
    let reason = exception.reason.safe();
    let at = if addresses.is_empty() { String::new() } else { format!("; for {} (logons name the computer, not its address)", addresses.join(", ")) };
    let until = exception.until.map_or_else(String::new, |until| format!("; until {}", crate::domain::time::rfc3339(until)));
    json!({
        "title": format!("Exception {}", exception.id),
        "description": format!("{reason}{at}{until}"),
        "author": exception.owner.safe().as_str(),
        "logsource": { "product": "windows", "service": "security" },
        "filter": { "rules": "any", "selection": selection, "condition": "not selection" },
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::two;
    use super::*;

    #[test]
    fn a_filter_to_the_parser() {
        let exported = write(&two());
        let found = rsigma_parser::parse_sigma_yaml(&exported.text).unwrap();
        assert_eq!((found.filters.len(), found.errors.len()), (1, 0), "{:?}\n{}", found.errors, exported.text);
        assert!(exported.text.contains("IpAddress|cidr:\n    - 10.66.0.0/24\n"), "{}", exported.text);
        assert!(exported.text.contains("condition: not selection"), "{}", exported.text);
    }
}
