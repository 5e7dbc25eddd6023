//! Documents as events: what the schemas make of a search hit.

use serde_json::Value;

use super::Elastic;
use super::group::Group;
use super::narrow::accepts;
use crate::domain::{Event, Kind};
use crate::query::Scope;
use crate::schema::Reading;

impl Elastic {
    /// The event of a hit, if it is one of these groups and of the scope, by the same rules that hold for files.
    pub(super) fn event(&self, hit: &Value, scope: &Scope, groups: &[Group<'_>]) -> Option<Event> {
        let Reading::Event { schema, event, .. } = self.reading(hit)? else { return None };
        // What names no port counts in files only: in a cluster it would be everything.
        let is_of_cluster = event.kind != Kind::Flow || event.destination_port.is_some();
        let is_of_group = groups.iter().any(|group| group.spellings.layout.name == *schema && group.kinds.iter().any(|(kind, _)| *kind == event.kind));
        let is_of_scope = scope.range.contains(event.time) && accepts(scope, &event, true);
        (is_of_cluster && is_of_group && is_of_scope).then_some(*event)
    }

    /// What the schemas make of a hit.
    pub(super) fn reading(&self, hit: &Value) -> Option<Reading> {
        self.interpreter.json(&serde_json::to_vec(hit).ok()?).ok()
    }
}
