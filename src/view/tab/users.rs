//! As whom they came, what got through and what was refused, and why.

use super::Pane;
use super::tally::{Measure, Shown, TallyRows, shown};
use crate::investigation::Visit;
use crate::query::TallyBy;
use crate::view::Ctx;
use crate::view::list::Rows;

/// The tab.
pub struct Users;

/// When room runs out: last, first, by source, from, failed, sessions, sources, new sources.
const COLUMNS: &[Shown] = &[
    shown(Measure::Value, "user", (18, 30), 255),
    shown(Measure::Sessions, "sessions", (8, 8), 240),
    shown(Measure::Failed, "failed", (6, 6), 235),
    shown(Measure::Sources, "src", (4, 5), 245),
    shown(Measure::NewSources, "new src", (7, 7), 250),
    shown(Measure::First, "first", (8, 14), 200),
    shown(Measure::Last, "last", (8, 14), 100),
    shown(Measure::BySource, "by source", (9, 24), 205),
    shown(Measure::From, "from, and why refused", (10, u16::MAX), 210),
];

impl Pane for Users {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        Box::new(TallyRows::of(visit, TallyBy::User, COLUMNS, cx))
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.tally(TallyBy::User).map(|tally| tally.rows.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "users"
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        super::rests_on(visit).map(|rests| format!("matrix {rests}"))
    }
}
