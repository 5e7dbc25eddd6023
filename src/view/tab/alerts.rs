//! What others have detected about a destination, its sources or its users within a day, grouped by tactic.

use std::cmp::Ordering;

use ratatui::text::Span;

use super::Pane;
use crate::domain::{Alert, Raiser, Severity};
use crate::investigation::{Subject, Visit};
use crate::theme::Role;
use crate::view::alert::{self, AlertDetail};
use crate::view::alerts::unseen;
use crate::view::list::Rows;
use crate::view::{Ctx, Want, words};
use crate::widget::severity;
use crate::widget::table::{Cell, Column};
use crate::widget::text::Align;

/// The tab.
pub struct Alerts;

const SCORE: usize = 0;
const TACTIC: usize = 1;
const WHEN: usize = 2;
const TITLE: usize = 3;
const STATUS: usize = 4;
const BY: usize = 5;

/// Alerts as rows.
struct AlertRows<'a> {
    alerts: Vec<&'a Alert>,
    visit: &'a Visit,
    cx: Ctx<'a>,
}

/// The tactic it stands under; the family's jobs are all about lateral movement.
fn tactic(alert: &Alert) -> String {
    match (alert.tactics.first(), alert.lateral()) {
        (Some(tactic), _) => words::inert(tactic),
        (None, Some(_)) => "Lateral Movement".to_owned(),
        (None, None) => "no tactic said".to_owned(),
    }
}

/// Its job's score, else its rule's risk.
fn score(alert: &Alert) -> Option<f64> {
    alert.anomaly.as_ref().map(|anomaly| anomaly.score).or(alert.risk)
}

impl AlertRows<'_> {
    /// By what it belongs here.
    fn touches(&self, alert: &Alert) -> String {
        let mut parts = Vec::new();
        if self.visit.destination.as_ref().is_some_and(|destination| alert.is_at(destination)) {
            parts.push("this server".to_owned());
        }
        let company = self.visit.company();
        parts.extend(alert.sources.iter().filter(|source| company.sources.contains(source)).map(ToString::to_string).take(3));
        if alert.names_user(&company.users) {
            parts.extend(alert.users.iter().take(2).map(words::inert));
        }
        parts.join(", ")
    }

    fn get(&self, row: usize) -> Option<&Alert> {
        self.alerts.get(row).copied()
    }
}

impl Rows for AlertRows<'_> {
    /// When room runs out: status, what it touches, the tactic.
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        vec![
            column("score", 6, 6, 250, Align::Right),
            column("tactic", 12, 20, 200, Align::Left),
            column("when", 11, 11, 240, Align::Left),
            column("alert", 20, 60, 255, Align::Left),
            column("status", 6, 12, 1, Align::Left),
            column("touches", 12, u16::MAX, 100, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.alerts.len()
    }

    fn cell(&self, row: usize, column: usize, _width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let Some(alert) = self.get(row) else { return Cell::Text(Vec::new()) };
        match column {
            SCORE => {
                let band = score(alert).map(Severity::of);
                let style = pen.style(severity::role(band));
                Cell::Text(vec![Span::styled(words::score(score(alert)), style), Span::styled(format!(" {}", severity::mark(band, pen.glyphs)), style)])
            }
            TACTIC => {
                let is_first = row == 0 || self.get(row.saturating_sub(1)).is_none_or(|before| tactic(before) != tactic(alert));
                Cell::text(tactic(alert), if is_first { plain } else { muted })
            }
            WHEN => Cell::text(words::day_minute(alert.about.from, &self.cx.investigation.zone), plain),
            TITLE => {
                let lead = if alert.raiser == Raiser::Job { "job: " } else { "" };
                Cell::Text(vec![Span::styled(lead, muted), Span::styled(alert::title(alert), plain)])
            }
            STATUS => Cell::text(alert.status.as_ref().map(words::inert).unwrap_or_default(), muted),
            BY => Cell::text(self.touches(alert), plain),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two)) = (self.get(one), self.get(two)) else { return Ordering::Equal };
        match column {
            SCORE => score(one).unwrap_or(-1.0).total_cmp(&score(two).unwrap_or(-1.0)),
            TACTIC => tactic(one).cmp(&tactic(two)),
            WHEN => one.about.from.cmp(&two.about.from),
            TITLE => alert::title(one).cmp(&alert::title(two)),
            STATUS => one.status.cmp(&two.status),
            _ => self.touches(one).cmp(&self.touches(two)),
        }
    }

    fn order(&self) -> &'static str {
        "tactic, the strongest first in each"
    }

    fn sort(&self) -> &'static str {
        "alert"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let alert = self.get(row)?;
        let id = alert.origin.id.as_ref().map_or_else(|| format!("{} {}", alert.title.raw(), alert.raised), |id| id.raw().to_owned());
        Some(Subject::Other { sort: "alert", id })
    }

    fn text(&self, row: usize) -> String {
        self.get(row).map(alert::searched).unwrap_or_default()
    }

    fn line(&self, row: usize) -> String {
        let Some(alert) = self.get(row) else { return String::new() };
        let status = alert.status.as_ref().map(words::inert).unwrap_or_default();
        let when = words::day_clock(alert.about.from, &self.cx.investigation.zone);
        format!("{when}\t{}\t{}\t{}\t{status}\t{}", tactic(alert), alert::title(alert), words::score(score(alert)), self.touches(alert))
    }

    fn open(&self, row: usize) -> Option<Want> {
        self.get(row).map(|alert| Want::Layer(Box::new(AlertDetail::new(alert.clone()))))
    }
}

impl Pane for Alerts {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let mut alerts: Vec<&Alert> = visit.alerts().map(|alerts| alerts.alerts.iter().collect()).unwrap_or_default();
        // The list comes newest first, and a stable sort keeps that between equals.
        alerts.sort_by(|one, two| tactic(one).cmp(&tactic(two)).then_with(|| score(two).unwrap_or(-1.0).total_cmp(&score(one).unwrap_or(-1.0))));
        Box::new(AlertRows { alerts, visit, cx: *cx })
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.alerts().map(|alerts| alerts.alerts.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "alerts"
    }

    fn invisible(&self, visit: &Visit, _cx: &Ctx<'_>) -> Option<(String, String)> {
        let unseen = unseen(visit.alerts()?);
        (!unseen.is_empty()).then(|| (unseen, "the doctor says why, and what to do".to_owned()))
    }
}
