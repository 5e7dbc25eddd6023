//! Events in order of time, a page at a time.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::Elastic;
use super::group::{Group, groups, rough_union, union};
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::{Event, Foreign, Kind};
use crate::query::{EventPage, Scope};
use crate::schema::Class;

/// Most conditions of one query: clusters take 1,024 where nobody has set another limit.
const MOST_CONDITIONS: usize = 800;

impl Elastic {
    /// A page of the events of a scope.
    pub(super) async fn events(&self, scope: &Scope, skip: usize, take: usize) -> Result<EventPage, BackendError> {
        let mut gaps = Gaps::default();
        let enough = skip.saturating_add(take);
        let mut events: Vec<Event> = Vec::new();
        // A flow is written again and again until it ends: it counts once, where it is seen first.
        let mut flows: HashMap<Foreign, Event> = HashMap::new();
        let mut total = 0;
        for target in &self.landscape(&mut gaps).await?.targets {
            let groups = groups(&self.layouts, &target.fields, scope, scope.families, &self.ports);
            for groups in by_time(&groups) {
                let Some(first) = groups.first() else { continue };
                let whole = union(&groups, scope);
                let is_short = whole.len() <= MOST_CONDITIONS;
                let query = if is_short { whole } else { rough_union(&groups, scope) };
                let counts_all = !is_short || groups.iter().any(|group| must_be_looked_at(group, scope));
                let mut mine = Vec::new();
                let (mut accepted, mut refused) = (0_u64, 0_u64);
                let time = first.is_dated.then_some(first.time);
                let found = self.scan("read events", target, time, &query, &mut gaps, |hit| {
                    match self.event(hit, scope, &groups) {
                        Some(event) => match event.record.clone().filter(|_| event.kind == Kind::Flow) {
                            Some(id) => {
                                let known = flows.entry(id).or_insert_with(|| event.clone());
                                if event.time < known.time {
                                    *known = event;
                                }
                            }
                            None => {
                                accepted += 1;
                                if mine.len() < enough || !first.is_dated {
                                    mine.push(event);
                                }
                            }
                        },
                        None => refused += 1,
                    }
                    if mine.len() >= enough && !counts_all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                let found = found.await?;
                total += if counts_all { accepted } else { found.saturating_sub(refused) };
                events.extend(mine);
            }
        }
        total += flows.len() as u64;
        events.extend(flows.into_values());
        // Pages are cut by milliseconds; within one the events go by their full time.
        events.sort_by_key(|event| event.time);
        let events = events.into_iter().skip(skip).take(take).collect();
        Ok(EventPage { events, total, completeness: gaps.completeness(total) })
    }
}

/// Groups that have their time in the same field are read together, so that they come in one order.
fn by_time<'a>(groups: &[Group<'a>]) -> Vec<Vec<Group<'a>>> {
    let mut together: Vec<Vec<Group<'a>>> = Vec::new();
    for group in groups {
        match together.iter_mut().find(|others| others.first().is_some_and(|other| other.time == group.time)) {
            Some(others) => others.push(group.clone()),
            None => together.push(vec![group.clone()]),
        }
    }
    together
}

/// Whether only the documents tell whether they are events of the group and the scope.
fn must_be_looked_at(group: &Group<'_>, scope: &Scope) -> bool {
    !group.is_dated
        || group.spellings.layout.class == Class::Flow
        || group.needs_source()
        || !group.narrowed.undecided.is_empty()
        || !group.clause(scope).is_exact()
        || scope.source.is_some()
        || scope.destination.is_some()
        || scope.user.is_some()
}
