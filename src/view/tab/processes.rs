//! What ran: the programs below each other where events tell of starts; else every program that the events name.

use super::Pane;
use super::tally::{Measure, Shown, TallyRows, shown};
use super::tree::TreeRows;
use crate::investigation::{Evidence, Page, Visit};
use crate::query::TallyBy;
use crate::view::Ctx;
use crate::view::list::Rows;

/// The tab.
pub struct Processes;

/// When room runs out: last, first, destinations, events, users.
const COLUMNS: &[Shown] = &[
    shown(Measure::Value, "program", (24, 60), 255),
    shown(Measure::Events, "events", (6, 6), 230),
    shown(Measure::Destinations, "hosts", (5, 5), 220),
    shown(Measure::First, "first", (8, 14), 205),
    shown(Measure::Last, "last", (8, 14), 100),
    shown(Measure::Users, "users", (10, u16::MAX), 240),
];

impl Pane for Processes {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let is_told = |evidence: &&Evidence| visit.page == Page::Session || !evidence.processes.is_empty();
        match visit.evidence().filter(is_told) {
            Some(evidence) => Box::new(TreeRows::of(visit, evidence, cx)),
            None => Box::new(TallyRows::of(visit, TallyBy::Process, COLUMNS, cx)),
        }
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        // A tree counts starts, which this does not.
        let is_tree = visit.page == Page::Session || visit.evidence().is_some_and(|evidence| !evidence.processes.is_empty());
        visit.tally(TallyBy::Process).filter(|_| !is_tree).map(|tally| tally.rows.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "programs"
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        super::rests_on(visit)
    }

    fn invisible(&self, _visit: &Visit, cx: &Ctx<'_>) -> Option<(String, String)> {
        let overview = cx.investigation.overview.value()?;
        let tells = |kind: &str| kind.starts_with("sysmon") || kind.starts_with("wfp") || kind.starts_with("defend") || kind == "sec4688";
        let is_told = overview.reports.iter().any(|report| report.kinds.keys().any(|kind| tells(kind)));
        (!is_told && !overview.reports.is_empty()).then(|| {
            let advice = "Sysmon 1 and 3, Security 5156 and 4688, or Elastic Defend would tell of programs".to_owned();
            ("programs are not visible in this data".to_owned(), advice)
        })
    }
}
