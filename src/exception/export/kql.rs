//! KQL that leaves out what the exceptions cover; values are quoted, so that none is a wildcard or an operator.

use super::{Exported, accounts, places, sayable};
use crate::domain::time;
use crate::exception::{Exception, short};

/// One clause each.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, left_out) = sayable(exceptions);
    let clauses: Vec<String> =
        said.iter().map(|exception| clause(exception)).filter(|clause| !clause.is_empty()).map(|clause| format!("not ({clause})")).collect();
    let text = if clauses.is_empty() { String::new() } else { clauses.join("\nand ") + "\n" };
    Exported { text, notes: vec!["add it to a query with and".to_owned()], left_out }
}

fn quoted(value: &str) -> String {
    // Control and format characters have no place in a name that KQL could match by sight.
    format!("\"{}\"", crate::domain::Foreign::from(value).safe().as_str().replace('\\', "\\\\").replace('"', "\\\""))
}

fn any(field: &str, values: &[impl AsRef<str>]) -> Option<String> {
    match values {
        [] => None,
        [one] => Some(format!("{field} : {}", quoted(one.as_ref()))),
        several => Some(format!("{field} : ({})", several.iter().map(|value| quoted(value.as_ref())).collect::<Vec<_>>().join(" or "))),
    }
}

fn either(parts: Vec<String>) -> Option<String> {
    match parts.len() {
        0 => None,
        1 => parts.into_iter().next(),
        _ => Some(format!("({})", parts.join(" or "))),
    }
}

fn clause(exception: &Exception) -> String {
    let (addresses, names) = places(exception);
    let place = either([any("destination.ip", &addresses), any("host.name", &names)].into_iter().flatten().collect());
    let sources: Vec<String> = exception.sources.iter().map(short).collect();
    let users = accounts(exception).into_iter().filter_map(|(domain, users)| {
        let users = any("user.name", &users)?;
        Some(domain.map_or(users.clone(), |domain| format!("({users} and user.domain : {})", quoted(domain))))
    });
    let from = exception.from.map(|from| format!("@timestamp >= \"{}\"", time::rfc3339(from)));
    let until = exception.until.map(|until| format!("@timestamp < \"{}\"", time::rfc3339(until)));
    let parts = [place, any("source.ip", &sources), either(users.collect()), from, until];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::two;
    use super::*;

    #[test]
    fn a_clause_that_leaves_it_out() {
        assert_eq!(
            write(&two()).text,
            "not ((destination.ip : \"10.0.0.5\" or host.name : \"FS01\") and source.ip : \"10.66.0.0/24\" and (user.name : \"svc_scan\" and user.domain : \"CORP\") \
             and @timestamp >= \"2026-01-05T00:00:00Z\" and @timestamp < \"2026-02-05T12:00:00Z\")\n"
        );
    }

    #[test]
    fn quotes_hold() {
        assert_eq!(quoted("a\" or *:* \\"), "\"a\\\" or *:* \\\\\"");
    }
}
