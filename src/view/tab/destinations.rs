//! What a source, user or program reached.

use super::Pane;
use super::tally::{Measure, Shown, TallyRows, shown};
use crate::investigation::Visit;
use crate::query::TallyBy;
use crate::view::Ctx;
use crate::view::list::Rows;

/// The tab.
pub struct Destinations;

/// When room runs out: last, first, sources, users, name, events, outcome.
const COLUMNS: &[Shown] = &[
    shown(Measure::Value, "destination", (15, 26), 255),
    shown(Measure::Name, "name", (8, 20), 220),
    shown(Measure::Outcome, "outcome", (10, 10), 240),
    shown(Measure::First, "first", (8, 14), 205),
    shown(Measure::Last, "last", (8, 14), 100),
    shown(Measure::Events, "events", (6, 6), 230),
    shown(Measure::Sources, "src", (4, 5), 206),
    shown(Measure::Users, "users", (10, u16::MAX), 210),
];

impl Pane for Destinations {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        Box::new(TallyRows::of(visit, TallyBy::Destination, COLUMNS, cx))
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.tally(TallyBy::Destination).map(|tally| tally.rows.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "destinations"
    }
}
