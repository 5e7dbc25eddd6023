//! What files can and cannot show, from the columns.

use super::Table;
use super::select::Selection;
use crate::backend::BackendError;
use crate::domain::health::{Place, Sensor};
use crate::domain::{Families, Health, Range};
use crate::query::Scope;

impl Table {
    /// What these files can and cannot show.
    pub(super) fn health(&self, range: Range) -> Result<Health, BackendError> {
        let scope = Scope { families: Families::EVERY, ..Scope::over(range) };
        // Files have no now of their own but the end of their data.
        let end = self.extent.map_or(range.to, |extent| extent.to);
        let mut health = Health::new(self.title.clone(), Place::Files, end, range);
        if let Some(selection) = Selection::new(self, &scope) {
            selection.for_each(|view, row, _| {
                let event = self.event(view, row);
                let sensor = health.sensors.entry(Sensor::of(event.kind)).or_default();
                sensor.count(event.kind, 1, event.time, event.time);
                sensor.look(&event);
            })?;
        }
        for report in &self.reports {
            health.unknown += report.unknown;
            for (reason, count) in &report.skipped {
                *health.skipped.entry(reason.clone()).or_default() += count;
            }
        }
        health.completeness = self.completeness(health.sensors.values().map(|sensor| sensor.events).sum());
        Ok(health)
    }
}
