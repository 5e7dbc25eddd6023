//! Rules out of files. A file is somebody else's: it is capped, and refused whole where any part of it
//! would be passed over, because a hunt that silently looks for less is worse than none.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rsigma_parser::parse_sigma_yaml;

use super::Rule;
use crate::domain::{Foreign, Limits};

/// Larger files are no rules.
const MOST_BYTES: u64 = 1024 * 1024;

/// Why a file gives no rules.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct RuleError {
    /// What was tried and how it failed.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl RuleError {
    fn new(name: &str, reason: impl AsRef<str>, advice: &str) -> Self {
        // The reason quotes the file, and the file may come from anywhere.
        let reason = Foreign::from(reason.as_ref()).safe_within(Limits { graphemes: 400, marks: 4 });
        Self { what: format!("Sigma rule file {} cannot be used: {reason}", Foreign::from(name).safe()), advice: Some(advice.to_owned()) }
    }
}

/// The rules of one file.
pub(super) fn read(path: &Path) -> Result<Vec<Rule>, RuleError> {
    let name = path.display().to_string();
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| RuleError::new(&name, error.to_string(), "Give the path of a readable YAML file in UTF-8"))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(RuleError::new(&name, "it is larger than 1 MiB", "Give the rules themselves, one or several to a file"));
    }
    rules_in(&name, &text)
}

/// The rules in a text.
pub(super) fn rules_in(name: &str, text: &str) -> Result<Vec<Rule>, RuleError> {
    let advice = "Check the rule against the Sigma specification 2.0";
    if text.lines().all(is_noise) {
        return Err(RuleError::new(name, "it holds no rule", advice));
    }
    let text = unlisted(text.trim_start_matches('\u{feff}'));
    let collection = parse_sigma_yaml(&text).map_err(|error| RuleError::new(name, error.to_string(), advice))?;
    if let Some(error) = collection.errors.first() {
        return Err(RuleError::new(name, error, advice));
    }
    if !collection.correlations.is_empty() || !collection.filters.is_empty() {
        let advice = "Split the file and give the detection rules alone";
        return Err(RuleError::new(name, "it holds correlation or filter rules, and only detection rules can be hunted for", advice));
    }
    let compile = |rule: rsigma_parser::SigmaRule| {
        let title = rule.title.clone();
        Rule::new(rule).map_err(|error| RuleError::new(name, format!("rule '{title}': {error}"), advice))
    };
    collection.rules.into_iter().map(compile).collect()
}

/// Lines that say nothing.
fn is_noise(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#') || line.trim_end() == "---"
}

/// Rules are also passed around as a YAML list (`- title: ...`), which the parser does not take: the same
/// rules as documents of their own.
fn unlisted(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.lines().find(|line| !is_noise(line)).is_some_and(|line| line.starts_with("- ")) {
        return text.into();
    }
    let mut documents = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !is_noise(line)) {
        match line.strip_prefix("- ") {
            Some(first) => documents.extend(["---\n", first, "\n"]),
            None => documents.extend([line.strip_prefix("  ").unwrap_or(line), "\n"]),
        }
    }
    documents.into()
}
