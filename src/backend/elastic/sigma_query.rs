//! Sigma conditions as Query DSL, from both sides: what a rule's findings all hold ("over"), and what certainly holds
//! of documents ("under"). A negation needs the one where it gives the other. What has no translation is left out, so that
//! a question finds too much, never too little; the rule itself decides afterwards.

use rsigma_parser::{ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SelectorPattern, SigmaValue, SpecialChar, StringPart};
use serde_json::{Value, json};

use super::compile::{any, first_is};
use super::fields::{Fields, Nature};
use super::shape::Paths;

/// Where the fields of Sigma's Windows taxonomy stand in the layouts of clusters.
pub(super) const FIELDS: &[(&str, Paths)] = &[
    ("EventID", &["event.code", "winlog.event_id", "event_id"]),
    ("Image", &["process.executable", "winlog.event_data.Image", "winlog.event_data.NewProcessName", "process_path"]),
    ("CommandLine", &["process.command_line", "winlog.event_data.CommandLine", "process_command_line"]),
    ("ParentImage", &["process.parent.executable", "winlog.event_data.ParentImage", "winlog.event_data.ParentProcessName", "process_parent_path"]),
    ("ParentCommandLine", &["process.parent.command_line", "winlog.event_data.ParentCommandLine", "process_parent_command_line"]),
    ("SourceIp", &["source.ip", "winlog.event_data.SourceIp", "src_ip_addr"]),
    ("SourcePort", &["source.port", "winlog.event_data.SourcePort", "src_port"]),
    ("SourceHostname", &["source.domain", "winlog.event_data.SourceHostname", "src_host_name"]),
    ("DestinationIp", &["destination.ip", "winlog.event_data.DestinationIp", "dst_ip_addr"]),
    ("DestinationPort", &["destination.port", "winlog.event_data.DestinationPort", "dst_port"]),
    ("DestinationHostname", &["destination.domain", "winlog.event_data.DestinationHostname", "dst_host_name"]),
    ("Initiated", &["winlog.event_data.Initiated", "network_initiated", "network_connection_initiated", "network.direction"]),
    ("Protocol", &["network.transport", "winlog.event_data.Protocol", "network_protocol"]),
    ("Computer", &["winlog.computer_name", "host.name", "host_name"]),
    ("Channel", &["winlog.channel", "log_name", "channel"]),
    ("Provider_Name", &["winlog.provider_name", "event.provider", "source_name"]),
    ("LogonType", &["winlog.event_data.LogonType", "winlog.logon.type", "logon_type"]),
    ("TargetUserName", &["winlog.event_data.TargetUserName", "user_name"]),
    ("TargetDomainName", &["winlog.event_data.TargetDomainName", "user_domain"]),
    ("IpAddress", &["winlog.event_data.IpAddress", "source.ip", "src_ip_addr"]),
    ("WorkstationName", &["winlog.event_data.WorkstationName", "source.domain", "src_host_name"]),
    ("Status", &["winlog.event_data.Status", "event_status"]),
    ("SubStatus", &["winlog.event_data.SubStatus", "event_sub_status"]),
];

/// The spellings of a Sigma field.
pub(super) fn paths(name: &str) -> Option<Paths> {
    FIELDS.iter().find(|(field, _)| *field == name).map(|(_, paths)| *paths)
}

/// Which side an approximation may err on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Over,
    Under,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Over => Self::Under,
            Self::Under => Self::Over,
        }
    }
}

/// What every document that meets one of the conditions holds; `None` where nothing can be said.
pub(super) fn necessary(detections: &Detections, fields: &Fields) -> Option<Value> {
    let compiler = Compiler { detections, fields };
    either(detections.conditions.iter().map(|condition| compiler.condition(condition, Side::Over)), Side::Over)
}

struct Compiler<'a> {
    detections: &'a Detections,
    fields: &'a Fields,
}

impl Compiler<'_> {
    fn condition(&self, condition: &ConditionExpr, side: Side) -> Option<Value> {
        match condition {
            ConditionExpr::And(parts) => both(parts.iter().map(|part| self.condition(part, side)), side),
            ConditionExpr::Or(parts) => either(parts.iter().map(|part| self.condition(part, side)), side),
            ConditionExpr::Not(part) => self.condition(part, side.other()).map(|part| json!({"bool": {"must_not": [part]}})),
            ConditionExpr::Identifier(name) => self.detection(self.detections.named.get(name)?, side),
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
                let parts = chosen.iter().map(|(_, detection)| self.detection(detection, side));
                match quantifier {
                    Quantifier::All => both(parts, side),
                    Quantifier::Any | Quantifier::Count(1) => either(parts, side),
                    Quantifier::Count(_) => None,
                }
            }
        }
    }

    fn detection(&self, detection: &Detection, side: Side) -> Option<Value> {
        match detection {
            Detection::AllOf(items) => both(items.iter().map(|item| self.item(item, side)), side),
            Detection::AnyOf(parts) => either(parts.iter().map(|part| self.detection(part, side)), side),
            Detection::And(parts) => both(parts.iter().map(|part| self.detection(part, side)), side),
            Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => None,
        }
    }

    fn item(&self, item: &DetectionItem, side: Side) -> Option<Value> {
        let name = item.field.name.as_deref()?;
        let paths = paths(name)?;
        match item.field.modifiers.as_slice() {
            [] => {}
            [Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith] => {}
            _ => return None,
        }
        let is_text = item.values.iter().all(|value| matches!(value, SigmaValue::String(text) if !is_scalar(&text.original)));
        if is_text { self.text(paths, item, side) } else { self.scalar(name, paths, item) }
    }

    /// Numbers and booleans: equal in every nature a field can have, so neither over nor under.
    fn scalar(&self, name: &str, paths: Paths, item: &DetectionItem) -> Option<Value> {
        if !item.field.modifiers.is_empty() {
            return None;
        }
        let mut values = Vec::new();
        for value in &item.values {
            let text = match value {
                SigmaValue::String(text) if is_scalar(&text.original) => text.original.trim().to_lowercase(),
                SigmaValue::Integer(number) => number.to_string(),
                SigmaValue::Bool(flag) => flag.to_string(),
                SigmaValue::String(_) | SigmaValue::Float(_) | SigmaValue::Null => return None,
            };
            if name == "Initiated" {
                let words: &[&str] = if text == "true" { &["egress", "outbound"] } else { &["ingress", "inbound"] };
                values.extend(words.iter().map(|word| (*word).to_owned()));
            }
            values.push(text);
        }
        first_is(paths, &values, self.fields)
    }

    /// Words with wildcards, whatever their case. Only exact words can be asked so.
    fn text(&self, paths: Paths, item: &DetectionItem, side: Side) -> Option<Value> {
        let patterns: Vec<String> = item.values.iter().map(|value| pattern(value, item.field.modifiers.first())).collect::<Option<_>>()?;
        let mut before: Vec<Value> = Vec::new();
        let mut ways = Vec::new();
        for field in paths.iter().filter_map(|path| self.fields.get(path)) {
            if field.nature != Nature::Keyword {
                return None;
            }
            let found = any(patterns.iter().map(|pattern| json!({"wildcard": {&field.name: {"value": pattern, "case_insensitive": true}}})).collect());
            ways.push(if before.is_empty() { found } else { json!({"bool": {"filter": [found], "must_not": before}}) });
            before.push(json!({"exists": {"field": field.name}}));
        }
        if ways.is_empty() {
            return None;
        }
        if side == Side::Over {
            // Words too long to be indexed exactly may match and cannot be found.
            ways.push(json!({"bool": {"must_not": before}}));
        }
        Some(any(ways))
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
            StringPart::Plain(plain) => {
                for character in plain.chars() {
                    if matches!(character, '*' | '?' | '\\') {
                        out.push('\\');
                    }
                    out.push(character);
                }
            }
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

/// All hold. What is unknown may be left out only where erring over is allowed.
fn both(parts: impl Iterator<Item = Option<Value>>, side: Side) -> Option<Value> {
    let parts: Vec<Option<Value>> = parts.collect();
    if side == Side::Under && parts.iter().any(Option::is_none) {
        return None;
    }
    let known: Vec<Value> = parts.into_iter().flatten().collect();
    (!known.is_empty()).then(|| json!({"bool": {"filter": known}}))
}

/// One holds. What is unknown may be left out only where erring under is allowed.
fn either(parts: impl Iterator<Item = Option<Value>>, side: Side) -> Option<Value> {
    let parts: Vec<Option<Value>> = parts.collect();
    if side == Side::Over && parts.iter().any(Option::is_none) {
        return None;
    }
    let known: Vec<Value> = parts.into_iter().flatten().collect();
    (!known.is_empty()).then(|| any(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::elastic::fields::Field;
    use crate::sigma::RuleSet;

    fn fields(of: &[(&'static str, Nature)]) -> Fields {
        of.iter().map(|(path, nature)| (*path, Field { name: (*path).to_owned(), nature: *nature })).collect()
    }

    #[test]
    fn the_built_in_rule_is_narrowed_by_code_port_direction_and_programs() {
        let rules = RuleSet::built_in();
        let rule = rules.get(0).expect("a rule");
        let mapping = fields(&[
            ("event.code", Nature::Keyword),
            ("destination.port", Nature::Number),
            ("network.direction", Nature::Keyword),
            ("process.executable", Nature::Keyword),
        ]);
        let query = necessary(&rule.parsed().detection, &mapping).expect("a query").to_string();
        for part in [
            r#"{"term":{"event.code":"3"}}"#,
            r#"{"term":{"destination.port":3389}}"#,
            r#""network.direction":["egress","outbound","true","TRUE","True"]"#,
            r#"{"wildcard":{"process.executable":{"value":"*\\\\mstsc.exe","case_insensitive":true}}}"#,
            r#""must_not":[{"bool""#,
        ] {
            assert!(query.contains(part), "{part} in {query}");
        }
        // Where programs are analysed text, the cluster cannot leave any of them out.
        let text = fields(&[("event.code", Nature::Keyword), ("process.executable", Nature::Text)]);
        let query = necessary(&rule.parsed().detection, &text).expect("a query").to_string();
        assert!(query.contains("event.code") && !query.contains("must_not"), "{query}");
    }
}
