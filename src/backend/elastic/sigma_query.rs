//! Sigma conditions as Query DSL, from both sides. What has no translation is left open, so that a question finds too much,
//! never too little; the rule itself decides afterwards.

use rsigma_parser::{ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SelectorPattern, SigmaValue, SpecialChar, StringPart};

use super::clause::{Clause, Query};
use super::conditions::Spellings;
use super::fields::Field;
use super::narrow::escaped;
use crate::schema::{INITIATED, LOGON_TYPES, RECEIVED, sigma_field};

/// What every document that meets one of the conditions fits.
pub(super) fn necessary(detections: &Detections, spellings: &Spellings<'_>) -> Query {
    let compiler = Compiler { detections, spellings };
    Clause::any(detections.conditions.iter().map(|condition| compiler.condition(condition))).over
}

/// The names of the fields that a rule asks about.
pub(super) fn names(detections: &Detections) -> Vec<String> {
    fn of(detection: &Detection, found: &mut Vec<String>) {
        match detection {
            Detection::AllOf(items) => found.extend(items.iter().filter_map(|item| item.field.name.clone())),
            Detection::AnyOf(parts) | Detection::And(parts) => parts.iter().for_each(|part| of(part, found)),
            Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {}
        }
    }
    let mut found = Vec::new();
    detections.named.values().for_each(|detection| of(detection, &mut found));
    found.sort();
    found.dedup();
    found
}

struct Compiler<'a, 'b> {
    detections: &'a Detections,
    spellings: &'a Spellings<'b>,
}

impl Compiler<'_, '_> {
    fn condition(&self, condition: &ConditionExpr) -> Clause {
        match condition {
            ConditionExpr::And(parts) => Clause::all(parts.iter().map(|part| self.condition(part))),
            ConditionExpr::Or(parts) => Clause::any(parts.iter().map(|part| self.condition(part))),
            ConditionExpr::Not(part) => self.condition(part).not(),
            ConditionExpr::Identifier(name) => self.detections.named.get(name).map_or(Clause::UNKNOWN, |detection| self.detection(detection)),
            ConditionExpr::Selector { quantifier, pattern } => {
                let mut chosen: Vec<(&String, &Detection)> = self
                    .detections
                    .named
                    .iter()
                    .filter(|(name, _)| match pattern {
                        SelectorPattern::Them => !name.starts_with('_'),
                        SelectorPattern::Pattern(pattern) => rsigma_parser::detection_name_matches(pattern, name),
                    })
                    .collect();
                // A map has no order of its own; the same rule must give the same question.
                chosen.sort_by_key(|(name, _)| *name);
                let parts = chosen.iter().map(|(_, detection)| self.detection(detection));
                match quantifier {
                    Quantifier::All => Clause::all(parts),
                    Quantifier::Any | Quantifier::Count(1) => Clause::any(parts),
                    Quantifier::Count(_) => Clause::UNKNOWN,
                }
            }
        }
    }

    fn detection(&self, detection: &Detection) -> Clause {
        match detection {
            Detection::AllOf(items) => Clause::all(items.iter().map(|item| self.item(item))),
            Detection::AnyOf(parts) => Clause::any(parts.iter().map(|part| self.detection(part))),
            Detection::And(parts) => Clause::all(parts.iter().map(|part| self.detection(part))),
            Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => Clause::UNKNOWN,
        }
    }

    fn item(&self, item: &DetectionItem) -> Clause {
        let Some(name) = item.field.name.as_deref() else { return Clause::UNKNOWN };
        if !matches!(item.field.modifiers.as_slice(), [] | [Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith]) {
            return Clause::UNKNOWN;
        }
        let is_text = item.values.iter().all(|value| matches!(value, SigmaValue::String(text) if !is_scalar(&text.original)));
        if is_text { self.text(name, item) } else { self.scalar(name, item) }
    }

    /// The first of the fields that say something under this name decides.
    fn first(&self, name: &str, test: impl Fn(&Field) -> Clause) -> Clause {
        // A user is put together of several fields.
        if name == "User" {
            return Clause::UNKNOWN;
        }
        match sigma_field(name) {
            Some(field) => self.spellings.first(field, Field::usable, test),
            None => {
                let layout = self.spellings.layout;
                let inside = layout.values.iter().map(|values| if values.is_empty() { name.to_owned() } else { format!("{values}.{name}") });
                let fields: Vec<&Field> = inside.chain([name.to_owned()]).filter_map(|path| self.spellings.fields.get(&path)).collect();
                // What no mapping names may be there all the same, in a part of the document that is not mapped.
                if fields.is_empty() { Clause::UNKNOWN } else { Clause::at_most(Query::any(fields.into_iter().map(|field| test(field).over))) }
            }
        }
    }

    /// Numbers and booleans: equal in every nature a field can have.
    fn scalar(&self, name: &str, item: &DetectionItem) -> Clause {
        if !item.field.modifiers.is_empty() {
            return Clause::UNKNOWN;
        }
        let mut values: Vec<String> = Vec::new();
        for value in &item.values {
            let text = match value {
                SigmaValue::String(text) if is_scalar(&text.original) => text.original.trim().to_lowercase(),
                SigmaValue::Integer(number) => number.to_string(),
                SigmaValue::Bool(flag) => flag.to_string(),
                SigmaValue::String(_) | SigmaValue::Float(_) | SigmaValue::Null => return Clause::UNKNOWN,
            };
            match name {
                "Initiated" => values.extend((if text == "true" { INITIATED } else { RECEIVED }).iter().map(|word| (*word).to_owned())),
                "LogonType" => values.extend(LOGON_TYPES.iter().filter(|(_, number)| number.to_string() == text).map(|(word, _)| (*word).to_owned())),
                _ => {}
            }
            values.push(text);
        }
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        self.first(name, |field| field.is(&values))
    }

    /// Words with wildcards, whatever their case.
    fn text(&self, name: &str, item: &DetectionItem) -> Clause {
        let Some(patterns) = item.values.iter().map(|value| pattern(value, item.field.modifiers.first())).collect::<Option<Vec<_>>>() else {
            return Clause::UNKNOWN;
        };
        if matches!(name, "Initiated" | "LogonType" | "EventID") {
            return Clause::UNKNOWN;
        }
        self.first(name, |field| Clause::any(patterns.iter().map(|pattern| field.like(pattern))))
    }
}

fn is_scalar(text: &str) -> bool {
    let text = text.trim();
    text.parse::<i64>().is_ok() || text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// A value as a wildcard pattern: everything is literal but the rule's own wildcards.
fn pattern(value: &SigmaValue, modifier: Option<&Modifier>) -> Option<String> {
    let SigmaValue::String(text) = value else { return None };
    let mut out = String::new();
    for part in &text.parts {
        match part {
            StringPart::Plain(plain) => out.push_str(&escaped(plain)),
            StringPart::Special(SpecialChar::WildcardMulti) => out.push('*'),
            StringPart::Special(SpecialChar::WildcardSingle) => out.push('?'),
        }
    }
    Some(match modifier {
        Some(Modifier::Contains) => format!("*{out}*"),
        Some(Modifier::StartsWith) => format!("{out}*"),
        Some(Modifier::EndsWith) => format!("*{out}"),
        _ => out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::elastic::fields::{Fields, Nature};
    use crate::schema::{Schemas, layouts};
    use crate::sigma::RuleSet;

    fn asked(mapping: &[(&str, Nature)]) -> String {
        let layouts = layouts(&Schemas::built_in());
        let layout = layouts.iter().find(|layout| layout.name == "winlog").expect("a schema");
        let fields: Fields =
            mapping.iter().map(|(path, nature)| ((*path).to_owned(), Field { name: (*path).to_owned(), nature: *nature, whole: None })).collect();
        let rules = RuleSet::built_in();
        let rule = rules.get(0).expect("a rule");
        necessary(&rule.parsed().detection, &Spellings { layout, fields: &fields, ports: &[3389] }).dsl().to_string()
    }

    #[test]
    fn the_built_in_rule_is_narrowed_by_code_port_direction_and_programs() {
        let query = asked(&[
            ("event.code", Nature::Keyword),
            ("destination.port", Nature::Number),
            ("network.direction", Nature::Keyword),
            ("process.executable", Nature::Keyword),
        ]);
        for part in [
            r#"{"term":{"event.code":"3"}}"#,
            r#"{"term":{"destination.port":3389}}"#,
            r#"{"term":{"network.direction":{"value":"egress","case_insensitive":true}}}"#,
            r#"{"wildcard":{"process.executable":{"value":"*\\\\mstsc.exe","case_insensitive":true}}}"#,
            r#""must_not":["#,
        ] {
            assert!(query.contains(part), "{part} in {query}");
        }
        // Where programs are analysed text, the cluster cannot leave any of them out.
        let analysed = [("event.code", Nature::Keyword), ("destination.port", Nature::Number), ("network.direction", Nature::Keyword)];
        let query = asked(&[analysed.as_slice(), &[("process.executable", Nature::Text)]].concat());
        assert!(query.contains("event.code") && !query.contains("mstsc"), "{query}");
    }

    #[test]
    fn every_name_of_a_rule_is_known() {
        let rules = RuleSet::built_in();
        let names = names(&rules.get(0).expect("a rule").parsed().detection);
        assert!(names.contains(&"Image".to_owned()) && names.contains(&"DestinationPort".to_owned()), "{names:?}");
    }
}
