//! Sigma rules: the cluster narrows down, the rule itself decides here.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::Elastic;
use super::compile;
use super::document::{at, time};
use super::row;
use super::search::{Gaps, origin};
use super::sigma_query::{necessary, paths};
use crate::backend::BackendError;
use crate::domain::{Address, Foreign, Timestamp};
use crate::query::{Hit, Hits, Scope};
use crate::sigma::Fields;

impl Elastic {
    /// The events that a rule finds.
    pub(super) async fn hunt(&self, scope: &Scope, rule: &str) -> Result<Hits, BackendError> {
        let place = self.rules.place(rule).ok_or_else(|| {
            BackendError::new(format!("could not hunt by the rule {}: it was not loaded", Foreign::from(rule).safe())).advise("name its file with --rule")
        })?;
        let mut gaps = Gaps::default();
        let mut hits = Vec::new();
        for target in &self.landscape(&mut gaps).await?.targets {
            // Without a code field these are no Windows events, and Sigma's rules for Windows do not apply.
            let Some(narrowed) = self.rules.get(place).map(|rule| necessary(&rule.parsed().detection, &target.fields)) else { continue };
            if !paths("EventID").is_some_and(|paths| paths.iter().any(|path| target.fields.contains_key(path))) {
                continue;
            }
            let mut conditions = vec![compile::within_time(&scope.range)];
            conditions.extend(narrowed);
            let query = json!({"bool": {"filter": conditions}});
            let source = json!({"excludes": ["message", "event.original"]});
            let found = self.scan("hunt for what the rule describes", target, &query, &source, &mut gaps, |hit| {
                let Some(document) = hit.get("_source") else { return ControlFlow::Continue(()) };
                if self.rules.matches(&Document(document)).contains(&place) {
                    hits.extend(read(hit, document).filter(|hit| is_within(scope, hit)));
                }
                ControlFlow::Continue(())
            });
            found.await?;
        }
        hits.sort_by_key(|hit: &Hit| hit.time);
        let completeness = gaps.completeness(hits.len() as u64);
        Ok(Hits { rule: rule.to_owned(), hits, completeness })
    }
}

/// Whether a finding lies within what the scope says of time, source, destination and user.
fn is_within(scope: &Scope, hit: &Hit) -> bool {
    let is_range = scope.range.contains(hit.time);
    is_range
        && scope.source.is_none_or(|source| hit.source == Some(source))
        && scope.user.as_ref().is_none_or(|user| hit.user.as_ref() == Some(user))
        && scope.destination.as_ref().is_none_or(|destination| destination.has(hit.destination, None))
}

fn read(hit: &Value, document: &Value) -> Option<Hit> {
    let time: Timestamp = time(document)?;
    let text = |name: &str| paths(name)?.iter().find_map(|path| at(document, path)).filter(|text| !text.is_empty());
    let users = [(Some("user.domain"), "user.name"), (None, "winlog.event_data.User"), (None, "user_account"), (Some("user_domain"), "user_name")];
    let user = users.iter().find_map(|(domain, name)| {
        let domain = domain.and_then(|domain| at(document, domain));
        row::user(domain.as_deref(), at(document, name).as_deref())
    });
    let host = ["host.name", "winlog.computer_name", "host_name"].iter().find_map(|path| at(document, path));
    let record = ["winlog.record_id", "record_number", "record_id", "event.id"].iter().find_map(|path| at(document, path));
    Some(Hit {
        time,
        host: host.map(Foreign::from),
        image: text("Image").map(Foreign::from),
        user,
        source: text("SourceIp").and_then(|text| Address::clean(&text)),
        destination: text("DestinationIp").and_then(|text| Address::clean(&text)),
        record_id: record.map(Foreign::from),
        id: origin(hit).1,
    })
}

/// A document in Sigma's field names.
struct Document<'a>(&'a Value);

impl Fields for Document<'_> {
    fn field(&self, name: &str) -> Option<Value> {
        if name == "User" {
            return read(&Value::Null, self.0)?.user.map(|user| Value::from(user.raw()));
        }
        let value = match paths(name) {
            Some(paths) => paths.iter().find_map(|path| at(self.0, path)),
            None => None,
        };
        let value = value.or_else(|| ["winlog.event_data", "winlog.user_data"].iter().find_map(|container| at(self.0, &format!("{container}.{name}"))))?;
        if name == "Initiated" {
            let is_out = matches!(value.to_ascii_lowercase().as_str(), "true" | "egress" | "outbound");
            return Some(Value::from(if is_out { "true" } else { "false" }));
        }
        Some(Value::from(value))
    }
}
