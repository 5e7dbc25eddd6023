//! Events in order of time, a page at a time.

use std::ops::ControlFlow;

use serde_json::json;

use super::Elastic;
use super::compile;
use super::document;
use super::row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::query::{EventPage, Filter, Scope};

impl Elastic {
    /// A page of the events of a scope.
    pub(super) async fn events(&self, scope: &Scope, skip: usize, take: usize) -> Result<EventPage, BackendError> {
        let mut gaps = Gaps::default();
        let enough = skip.saturating_add(take);
        // Only the documents themselves tell whether a filter or a spelling of an address is met.
        let counts_all = scope.filter != Filter::Everything || scope.source.is_some() || scope.destination.is_some() || scope.user.is_some();
        let fields = document::source_filter();
        let mut events = Vec::new();
        let mut total = 0;
        for target in &self.landscape(&mut gaps).await?.targets {
            let groups = compile::groups(&target.fields, scope.families, &self.ports);
            let ways: Vec<_> = groups
                .iter()
                .filter_map(|group| {
                    let mut conditions = compile::within(scope, group, &target.fields)?;
                    conditions.push(group.query());
                    Some(json!({"bool": {"filter": conditions}}))
                })
                .collect();
            if ways.is_empty() {
                continue;
            }
            let query = json!({"bool": {"filter": [compile::within_time(&scope.range), compile::any(ways)]}});
            let mut mine = Vec::new();
            let (mut accepted, mut refused) = (0_u64, 0_u64);
            let found = self.scan("read events", target, &query, &fields, &mut gaps, |hit| {
                match document::event(hit).filter(|event| row::accepts(scope, event)) {
                    Some(event) => {
                        accepted += 1;
                        if mine.len() < enough {
                            mine.push(event);
                        }
                    }
                    None => refused += 1,
                }
                if mine.len() >= enough && !counts_all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let found = found.await?;
            total += if counts_all { accepted } else { found.saturating_sub(refused) };
            events.extend(mine);
        }
        // Pages are cut by milliseconds; within one the events go by their full time.
        events.sort_by_key(|event| event.time);
        let events = events.into_iter().skip(skip).take(take).collect();
        Ok(EventPage { events, total, completeness: gaps.completeness(total) })
    }
}
