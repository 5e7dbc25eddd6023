//! The Windows event codes a rule can match at all: readers pass over everything else unread.

use std::collections::BTreeSet;

use rsigma_eval::Event;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, LogSource, Quantifier, SelectorPattern, SigmaRule, SigmaValue, detection_name_matches,
};

/// What the log source categories of Windows stand for, as the public Sysmon and audit mappings have it.
const CATEGORIES: &[(&str, &[u32])] = &[
    ("process_creation", &[1, 4688]),
    ("file_change", &[2]),
    ("network_connection", &[3]),
    ("process_termination", &[5]),
    ("driver_load", &[6]),
    ("image_load", &[7]),
    ("create_remote_thread", &[8]),
    ("raw_access_thread", &[9]),
    ("process_access", &[10]),
    ("file_event", &[11]),
    ("registry_add", &[12]),
    ("registry_delete", &[12]),
    ("registry_set", &[13]),
    ("registry_rename", &[14]),
    ("registry_event", &[12, 13, 14]),
    ("create_stream_hash", &[15]),
    ("pipe_created", &[17, 18]),
    ("wmi_event", &[19, 20, 21]),
    ("dns_query", &[22]),
    ("ps_script", &[4104]),
];

/// The codes of a Windows log source category.
pub(super) fn of_category(source: &LogSource) -> Option<&'static [u32]> {
    if source.product.as_deref().is_some_and(|product| !product.eq_ignore_ascii_case("windows")) {
        return None;
    }
    let category = source.category.as_deref()?;
    CATEGORIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(category)).map(|(_, codes)| *codes)
}

/// Whether a document comes from the log source at all. A document that does not say is given the benefit of the doubt.
pub(super) fn admits(source: &LogSource, category: Option<&[u32]>, document: &impl Event) -> bool {
    let is_of_category = category.is_none_or(|codes| {
        document.get_field("EventID").and_then(|code| code.as_i64()).is_none_or(|code| codes.iter().any(|known| i64::from(*known) == code))
    });
    let is_of_service = match source.service.as_deref() {
        Some(service) if service.eq_ignore_ascii_case("sysmon") => channel_says(document, |channel| channel.contains("sysmon")),
        Some(service) if service.eq_ignore_ascii_case("security") => channel_says(document, |channel| channel == "security"),
        _ => true,
    };
    is_of_category && is_of_service
}

fn channel_says(document: &impl Event, is_it: impl Fn(&str) -> bool) -> bool {
    let Some(channel) = document.get_field("Channel") else { return true };
    channel.as_str().is_none_or(|channel| channel.is_empty() || is_it(&channel.to_lowercase()))
}

/// The codes that every branch of the rule pins; `None` where a branch leaves them open.
pub(super) fn of_rule(rule: &SigmaRule) -> Option<BTreeSet<u32>> {
    union(rule.detection.conditions.iter().map(|condition| of_condition(condition, &rule.detection)))
}

fn of_condition(condition: &ConditionExpr, detections: &Detections) -> Option<BTreeSet<u32>> {
    match condition {
        ConditionExpr::And(parts) => intersection(parts.iter().map(|part| of_condition(part, detections))),
        ConditionExpr::Or(parts) => union(parts.iter().map(|part| of_condition(part, detections))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Identifier(name) => of_detection(detections.named.get(name)?),
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = detections
                .named
                .iter()
                .filter(|(name, _)| match pattern {
                    SelectorPattern::Them => !name.starts_with('_'),
                    SelectorPattern::Pattern(pattern) => detection_name_matches(pattern, name),
                })
                .map(|(_, detection)| of_detection(detection));
            match quantifier {
                Quantifier::All => intersection(chosen),
                Quantifier::Any => union(chosen),
                Quantifier::Count(count) => union(chosen).filter(|_| *count > 0),
            }
        }
    }
}

fn of_detection(detection: &Detection) -> Option<BTreeSet<u32>> {
    match detection {
        Detection::AllOf(items) => intersection(items.iter().map(of_item)),
        Detection::AnyOf(parts) => union(parts.iter().map(of_detection)),
        Detection::And(parts) => intersection(parts.iter().map(of_detection)),
        Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => None,
    }
}

fn of_item(item: &DetectionItem) -> Option<BTreeSet<u32>> {
    if item.field.name.as_deref() != Some("EventID") || !item.field.modifiers.is_empty() {
        return None;
    }
    item.values.iter().map(code).collect()
}

fn code(value: &SigmaValue) -> Option<u32> {
    match value {
        SigmaValue::Integer(code) => u32::try_from(*code).ok(),
        SigmaValue::String(text) => text.as_plain()?.trim().parse().ok(),
        SigmaValue::Float(_) | SigmaValue::Bool(_) | SigmaValue::Null => None,
    }
}

/// The detections that a condition negates by name.
pub(super) fn negated(condition: &ConditionExpr, names: &mut Vec<String>) {
    match condition {
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => parts.iter().for_each(|part| negated(part, names)),
        ConditionExpr::Not(part) => {
            if let ConditionExpr::Identifier(name) = &**part {
                names.push(name.clone());
            }
        }
        ConditionExpr::Identifier(_) | ConditionExpr::Selector { .. } => {}
    }
}

/// The texts a detection compares a field with; `endswith` and the like become the wildcards they stand for.
pub(super) fn patterns(detection: &Detection, field: &str, found: &mut Vec<String>) {
    match detection {
        Detection::AllOf(items) => {
            for item in items.iter().filter(|item| item.field.name.as_deref() == Some(field)) {
                let ends = item.field.modifiers.iter().any(|modifier| format!("{modifier:?}").eq_ignore_ascii_case("endswith"));
                found.extend(item.values.iter().filter_map(|value| match value {
                    SigmaValue::String(text) => Some(if ends { format!("*{}", text.original) } else { text.original.clone() }),
                    _ => None,
                }));
            }
        }
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter().for_each(|part| patterns(part, field, found)),
        Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {}
    }
}

/// Of alternatives: every one must pin its codes. None at all pins nothing.
fn union(parts: impl Iterator<Item = Option<BTreeSet<u32>>>) -> Option<BTreeSet<u32>> {
    let mut all = None;
    for part in parts {
        all.get_or_insert_with(BTreeSet::new).extend(part?);
    }
    all
}

/// Of things that hold together: one that pins its codes is enough.
fn intersection(parts: impl Iterator<Item = Option<BTreeSet<u32>>>) -> Option<BTreeSet<u32>> {
    parts.flatten().reduce(|one, two| one.intersection(&two).copied().collect())
}
