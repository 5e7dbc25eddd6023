//! Sigma rules, ours and the user's, evaluated by rsigma. (in work)

/// A document in Sigma's field names (`EventID`, `Image`, `DestinationPort` ...).
pub trait Fields {
    /// The value of a field, `None` where the document has none. Text, number or boolean as the document has it.
    fn field(&self, name: &str) -> Option<serde_json::Value>;
}

/// The rules that documents are held against while they are read.
#[derive(Debug, Default)]
pub struct RuleSet {}

impl RuleSet {
    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Id of the rule at `place`.
    pub fn id(&self, _place: usize) -> &str {
        ""
    }

    /// The event codes that any rule could match; `None` where a rule does not say.
    pub fn event_codes(&self) -> Option<Vec<u32>> {
        Some(Vec::new())
    }

    /// Places of the rules that match.
    pub fn matches(&self, _document: &dyn Fields) -> Vec<usize> {
        Vec::new()
    }
}
