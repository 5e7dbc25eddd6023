//! Sigma filters: laid over rules, they leave out what the exceptions cover.

use serde_json::{Map, Value, json};

use super::{Exported, accounts, places, sayable};
use crate::exception::Exception;

/// One document each.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, mut left_out) = sayable(exceptions);
    let mut documents = Vec::new();
    for exception in said {
        // A condition that is dropped would hide more.
        if !exception.destinations.is_empty() && places(exception).1.is_empty() {
            left_out.push((exception.id.clone(), "it names its destination by address, and logons name the computer".to_owned()));
        } else if accounts(exception).len() > 1 {
            left_out.push((exception.id.clone(), "it names accounts of several domains, which one filter cannot say".to_owned()));
        } else {
            documents.extend(yaml_serde::to_string(&document(exception)).ok());
        }
    }
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
        if let Some(Some(domain)) = accounts(exception).keys().next() {
            selection.insert("TargetDomainName".to_owned(), json!(domain));
        }
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
        assert!(exported.text.contains("TargetDomainName: CORP\n"), "{}", exported.text);
    }

    #[test]
    fn a_destination_that_logons_do_not_name_is_never_dropped() {
        let by_address = Exception { destinations: vec!["10.0.0.5".into()], ..two().remove(0) };
        let exported = write(&[by_address]);
        assert_eq!((exported.text.as_str(), exported.left_out[0].1.as_str()), ("", "it names its destination by address, and logons name the computer"));
    }
}
