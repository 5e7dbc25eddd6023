//! Who came, how far they got, and where else they went.

use super::Pane;
use super::tally::{Measure, Shown, TallyRows, shown};
use crate::investigation::Visit;
use crate::query::TallyBy;
use crate::view::Ctx;
use crate::view::list::Rows;

/// The tab.
pub struct Sources;

/// When room runs out: last, first, marks, also to, events, users, outcome, new.
const COLUMNS: &[Shown] = &[
    shown(Measure::Value, "source", (15, 39), 255),
    shown(Measure::New, "new", (4, 4), 250),
    shown(Measure::Outcome, "stage", (13, 19), 240),
    shown(Measure::First, "first", (8, 14), 200),
    shown(Measure::Last, "last", (8, 14), 100),
    shown(Measure::Events, "events", (6, 6), 220),
    shown(Measure::AlsoTo, "also to", (7, 7), 210),
    shown(Measure::Marks, "marks", (10, 40), 207),
    shown(Measure::Users, "users", (10, u16::MAX), 230),
];

impl Pane for Sources {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        Box::new(TallyRows::of(visit, TallyBy::Source, COLUMNS, cx))
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.tally(TallyBy::Source).map(|tally| tally.rows.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "sources"
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        super::rests_on(visit).map(|rests| format!("stages {rests}"))
    }
}
