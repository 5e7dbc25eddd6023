//! Exceptions in the words of other tools. What a form cannot say is left out of it and said: a maintenance window in a form
//! without hours would hide at every hour.

mod cidr;
mod elastic;
mod kql;
mod query_dsl;
mod sigma;

use super::Exception;

/// Exceptions in one form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// What to know before it is used, a sentence each without a period.
    pub notes: Vec<String>,
    /// Ids of the exceptions that this form cannot say, and why.
    pub left_out: Vec<(String, String)>,
}

/// Writes exceptions in one form.
pub type Write = fn(&[Exception]) -> Exported;

/// Every form, by its name in `--format`.
pub const FORMATS: &[(&str, &str, Write)] = &[
    ("elastic", "exception list of Elastic's detection engine, as NDJSON", elastic::write),
    ("kql", "KQL that leaves out what they cover", kql::write),
    ("query-dsl", "the same as Query DSL", query_dsl::write),
    ("sigma", "Sigma filters", sigma::write),
    ("cidr", "the sources alone, one network a line", cidr::write),
    ("toml", "our own form, with everything", toml),
];

/// Everything, as in the files.
fn toml(exceptions: &[Exception]) -> Exported {
    #[derive(serde::Serialize)]
    struct All<'a> {
        exception: &'a [Exception],
    }
    let text = toml::to_string(&All { exception: exceptions }).unwrap_or_default();
    Exported { text, notes: Vec::new(), left_out: Vec::new() }
}

/// What a form without hours can say, and what it cannot.
fn sayable(exceptions: &[Exception]) -> (Vec<&Exception>, Vec<(String, String)>) {
    let (mut said, mut left_out) = (Vec::new(), Vec::new());
    for exception in exceptions {
        if exception.windows.is_empty() {
            said.push(exception);
        } else {
            left_out.push((exception.id.clone(), "it holds at certain hours only, which this form cannot say".to_owned()));
        }
    }
    (said, left_out)
}

/// The addresses and the names among destinations.
fn places(exception: &Exception) -> (Vec<String>, Vec<&str>) {
    let (mut addresses, mut names) = (Vec::new(), Vec::new());
    for destination in &exception.destinations {
        match crate::domain::Address::clean(destination.raw()) {
            Some(address) => addresses.push(address.to_string()),
            None => names.push(destination.raw()),
        }
    }
    (addresses, names)
}

/// The accounts by domain: those without one first.
fn accounts(exception: &Exception) -> std::collections::BTreeMap<Option<&str>, Vec<&str>> {
    let mut by_domain: std::collections::BTreeMap<Option<&str>, Vec<&str>> = std::collections::BTreeMap::new();
    for user in &exception.users {
        let (domain, name) = user.raw().split_once('\\').map_or((None, user.raw()), |(domain, name)| (Some(domain), name));
        by_domain.entry(domain).or_default().push(name);
    }
    by_domain
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Window;
    use super::super::tests::{at, exception};
    use super::*;

    /// One that every form can say, and one that needs hours.
    pub(in crate::exception) fn two() -> Vec<Exception> {
        let one = Exception {
            destinations: vec!["10.0.0.5".into(), "FS01".into()],
            users: vec!["CORP\\svc_scan".into()],
            from: Some(at("2026-01-05T00:00:00Z")),
            ..exception()
        };
        let night = Exception { id: "night".to_owned(), windows: vec![Window::new(vec![], vec![], "22:00", "02:00", "UTC").unwrap()], ..exception() };
        vec![one, night]
    }

    #[test]
    fn hours_are_never_dropped_silently() {
        for (name, _, write) in FORMATS.iter().filter(|(name, ..)| *name != "toml") {
            let exported = write(&two());
            assert_eq!(exported.left_out, [("night".to_owned(), "it holds at certain hours only, which this form cannot say".to_owned())], "{name}");
        }
    }

    #[test]
    fn hostile_text_stays_a_value() {
        let evil = Exception { users: vec!["x\") or *:*\n\u{1b}[2J".into()], reason: "a\n- b: c\u{1b}".into(), windows: vec![], ..exception() };
        for (name, _, write) in FORMATS {
            let text = write(std::slice::from_ref(&evil)).text;
            assert!(!text.contains('\u{1b}'), "{name}: {text:?}");
            // Between three quotes TOML ends with three, not with one.
            assert!(*name == "toml" || !text.contains("x\") or"), "{name}: {text:?}");
        }
    }

    #[test]
    fn our_own_form_keeps_everything() {
        let text = (FORMATS[5].2)(&two()).text;
        assert_eq!(super::super::import::read(&text, "toml", &super::super::import::Filled::none()).unwrap().exceptions, two());
    }
}
