//! Sigma rules: the cluster narrows down, the rule itself decides here.

use std::ops::ControlFlow;

use super::Elastic;
use super::clause::{Clause, Query};
use super::conditions::{Spellings, within};
use super::search::Gaps;
use super::sigma_query::necessary;
use crate::backend::BackendError;
use crate::domain::{Foreign, Range};
use crate::query::{Hit, Hits, Scope};
use crate::schema::{Class, Field as Logical, Reading};
use crate::sigma::Rule;

impl Elastic {
    /// The events that a rule finds.
    pub(super) async fn hunt(&self, scope: &Scope, rule: &str) -> Result<Hits, BackendError> {
        let place = self.interpreter.rules().place(rule).ok_or_else(|| {
            BackendError::new(format!("could not hunt by the rule {}: it was not loaded", Foreign::from(rule).safe())).advise("name its file with --rule")
        })?;
        let mut gaps = Gaps::default();
        let mut hits = Vec::new();
        let Some(parsed) = self.interpreter.rules().get(place) else { return Ok(Hits { rule: rule.to_owned(), hits, completeness: gaps.completeness(0) }) };
        for target in &self.landscape(&mut gaps).await?.targets {
            for (time, query) in self.hunted(parsed, &target.fields, scope) {
                let found = self.scan("hunt for what the rule describes", target, time.as_deref(), &query, &mut gaps, |hit| {
                    match self.reading(hit) {
                        Some(Reading::Event { event, rules, .. }) if rules.contains(&place) => hits.push(Hit::from(event.as_ref())),
                        Some(Reading::Other { hits: found, .. }) => hits.extend(found.into_iter().filter(|(rule, _)| *rule == place).map(|(_, hit)| hit)),
                        _ => {}
                    }
                    ControlFlow::Continue(())
                });
                found.await?;
            }
        }
        hits.retain(|hit| is_within(scope, hit));
        hits.sort_by_key(|hit: &Hit| hit.time);
        let completeness = gaps.completeness(hits.len() as u64);
        Ok(Hits { rule: rule.to_owned(), hits, completeness })
    }

    /// The documents in which a rule can find something, by the date that orders them.
    pub(super) fn hunted(&self, rule: &Rule, fields: &super::fields::Fields, scope: &Scope) -> Vec<(Option<String>, Query)> {
        let mut earlier: Vec<Clause> = Vec::new();
        let mut queries = Vec::new();
        for layout in &self.layouts {
            let spellings = Spellings { layout, fields, ports: &self.ports };
            let proven = spellings.proven();
            let schema = Clause::all(earlier.iter().cloned().map(Clause::not).chain([proven.clone()])).over;
            earlier.push(proven);
            // Sigma's rules for Windows are about Windows logs, and these have event ids.
            if schema == Query::None || !matches!(layout.class, Class::Windows | Class::Logons) || spellings.of(Logical::Code).next().is_none() {
                continue;
            }
            let detection = necessary(&rule.parsed().detection, &spellings);
            let codes = rule
                .event_codes()
                .map_or(Query::All, |codes| spellings.first(Logical::Code, super::fields::Field::usable, |field| field.is_number(codes.iter().copied())).over);
            for (place, path) in layout.times.iter().enumerate() {
                let Some(field) = fields.get(path) else { continue };
                let is_dated = field.nature == super::fields::Nature::Date;
                let before = layout.times.get(..place).unwrap_or_default();
                let time = within(if is_dated { &scope.range } else { &Range::ALL }, path, before);
                let query = Query::all([time, codes.clone(), detection.clone(), schema.clone()]);
                if query != Query::None {
                    queries.push((is_dated.then(|| path.clone()), query));
                }
            }
        }
        queries
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
