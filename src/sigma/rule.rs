//! One Sigma rule: what its author wrote, and the form in which rsigma evaluates it.

use std::collections::BTreeSet;

use rsigma_eval::{CompiledRule, Event, compile_rule, evaluate_rule};
use rsigma_parser::SigmaRule;

use super::codes;

/// A rule, parsed and compiled.
#[derive(Debug)]
pub struct Rule {
    id: String,
    parsed: SigmaRule,
    compiled: CompiledRule,
    /// Codes of the log source, where the rule leaves them to its category.
    category: Option<&'static [u32]>,
    codes: Option<BTreeSet<u32>>,
}

impl Rule {
    /// Compiles what the parser understood.
    pub(super) fn new(parsed: SigmaRule) -> Result<Self, rsigma_eval::EvalError> {
        let compiled = compile_rule(&parsed)?;
        let category = codes::of_category(&parsed.logsource);
        let codes = codes::of_rule(&parsed).or_else(|| category.map(|codes| codes.iter().copied().collect()));
        // A rule without an id is called by its title: something must stand in the output.
        let id = parsed.id.clone().unwrap_or_else(|| parsed.title.clone());
        Ok(Self { id, parsed, compiled, category, codes })
    }

    /// Its id; the title where the author gave none.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.parsed.title
    }

    /// What its author wrote, for compilers to other query languages.
    pub fn parsed(&self) -> &SigmaRule {
        &self.parsed
    }

    /// The patterns of a field that the rule lets pass: those of the detections that its condition negates by name.
    pub fn exceptions(&self, field: &str) -> Vec<String> {
        let mut negated = Vec::new();
        for condition in &self.parsed.detection.conditions {
            codes::negated(condition, &mut negated);
        }
        let mut patterns = Vec::new();
        for detection in negated.iter().filter_map(|name| self.parsed.detection.named.get(name)) {
            codes::patterns(detection, field, &mut patterns);
        }
        patterns
    }

    /// The event codes its log source category stands for (`network_connection` is Sysmon 3); a matching
    /// document has one of them. `None` where the log source says nothing of the kind.
    pub fn category_codes(&self) -> Option<&'static [u32]> {
        self.category
    }

    /// The event codes it could match at all; `None` where some branch of it does not say.
    pub fn event_codes(&self) -> Option<&BTreeSet<u32>> {
        self.codes.as_ref()
    }

    /// Whether it matches.
    pub(super) fn matches(&self, document: &impl Event) -> bool {
        codes::admits(&self.parsed.logsource, self.category, document) && evaluate_rule(&self.compiled, document).is_some()
    }
}
