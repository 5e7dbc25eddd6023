//! Sigma rules, ours and the user's: parsed and evaluated by rsigma, held against every record while it is read.
//!
//! The set keeps the parsed rules too, so that a cluster can be asked the same question in its own language.

mod codes;
mod document;
mod load;
mod rule;

use std::path::PathBuf;

pub use load::RuleError;
pub use rule::Rule;

use document::Document;

/// Id of the built-in hunt: programs that open RDP connections and are no known RDP client.
pub const SUSPICIOUS_OUTBOUND_RDP: &str = "ed74fe75-7594-4b4b-ae38-e38e3fd2eb23";

/// The rules the program brings along.
pub const BUILT_IN: &[(&str, &str)] = &[("suspicious_outbound_rdp.yml", include_str!("suspicious_outbound_rdp.yml"))];

/// The fields that a keyword is looked for in, where a document cannot list all its texts.
const KEYWORD_FIELDS: &[&str] =
    &["CommandLine", "Image", "ParentImage", "ParentCommandLine", "User", "TargetUserName", "Message", "ScriptBlockText", "ServiceName", "Hostname"];

/// A document in Sigma's field names (`EventID`, `Image`, `DestinationPort` ...).
pub trait Fields {
    /// The value of a field, `None` where the document has none. Text, number or boolean as the document has it.
    fn field(&self, name: &str) -> Option<serde_json::Value>;

    /// Shows every text of the document to `visit`, for rules that look for a keyword anywhere.
    fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        for value in KEYWORD_FIELDS.iter().filter_map(|name| self.field(name)) {
            if let Some(text) = value.as_str() {
                visit(text);
            }
        }
    }
}

/// The rules that documents are held against while they are read.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The rules the program brings along.
    pub fn built_in() -> Self {
        let rules = BUILT_IN.iter().flat_map(|(name, text)| load::rules_in(name, text).expect("a test reads every built-in rule")).collect();
        Self { rules }
    }

    /// The same with every rule of these files. A rule whose id is known already takes the place of the
    /// older one, so that a site can keep its own version of a built-in rule.
    ///
    /// # Errors
    /// Where a file cannot be read, is too large, or holds anything that is no rule we can evaluate.
    pub fn with_files(mut self, paths: &[PathBuf]) -> Result<Self, RuleError> {
        for path in paths {
            for rule in load::read(path)? {
                match self.rules.iter_mut().find(|known| known.id() == rule.id()) {
                    Some(known) => *known = rule,
                    None => self.rules.push(rule),
                }
            }
        }
        Ok(self)
    }

    /// The ids of the rules in one file, in its order.
    ///
    /// # Errors
    /// As [`RuleSet::with_files`].
    pub fn ids_in(path: &std::path::Path) -> Result<Vec<String>, RuleError> {
        Ok(load::read(path)?.iter().map(|rule| rule.id().to_owned()).collect())
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules, by place.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a place.
    pub fn get(&self, place: usize) -> Option<&Rule> {
        self.rules.get(place)
    }

    /// Id of the rule at a place; empty where there is none.
    pub fn id(&self, place: usize) -> &str {
        self.get(place).map_or("", Rule::id)
    }

    /// Title of the rule at a place; empty where there is none.
    pub fn title(&self, place: usize) -> &str {
        self.get(place).map_or("", Rule::title)
    }

    /// Place of the rule with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.id() == id)
    }

    /// The event codes that any rule could match; `None` where a rule does not say.
    pub fn event_codes(&self) -> Option<Vec<u32>> {
        let mut all = std::collections::BTreeSet::new();
        for rule in &self.rules {
            all.extend(rule.event_codes()?);
        }
        Some(all.into_iter().collect())
    }

    /// Places of the rules that match.
    pub fn matches(&self, document: &dyn Fields) -> Vec<usize> {
        let document = Document(document);
        self.rules.iter().enumerate().filter(|(_, rule)| rule.matches(&document)).map(|(place, _)| place).collect()
    }
}

#[cfg(test)]
mod tests;
