//! Screen 8: the queue. Alerts of rules, records of jobs and our own findings, one row for each destination and range.
//!
//! ```text
//! │ how many, and what could not be seen              │ 1 to 3
//! │ the queue                                         │ what is left
//! │ the entry under the cursor: ours, the job's, why  │ two fifths, where there is room
//! │ they differ, rules, sibling jobs                  │
//! ```

use std::cmp::Ordering;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::filter::FilterPrompt;
use super::list::{List, Rows};
use super::{Ctx, Outcome, View, Want, alert, opening, words};
use crate::analysis::queue::{Entry, Queue, queue};
use crate::app::screen;
use crate::domain::{Alert, Limits, Raiser, Severity, foreign};
use crate::investigation::{Action, Board, Msg, Need, Subject};
use crate::keymap::Mode;
use crate::query::{Alerts, Seen, Sight};
use crate::theme::Role;
use crate::widget::table::{Cell, Column, Direction, Table};
use crate::widget::text::{self, Align};
use crate::widget::{axis, severity};

const SCORE: usize = 0;
const DESTINATION: usize = 1;
const NAME: usize = 2;
const WHEN: usize = 3;
const OURS: usize = 4;
const JOBS: usize = 5;
const RULES: usize = 6;
const STATUS: usize = 7;
const WHAT: usize = 8;

/// The screen.
#[derive(Default)]
pub struct AlertsView {
    list: List,
    words: String,
}

/// The queue as rows.
struct QueueRows<'a> {
    queue: Queue,
    alerts: &'a [Alert],
    cx: Ctx<'a>,
}

impl<'a> QueueRows<'a> {
    fn of(cx: &Ctx<'a>) -> Self {
        let alerts = alerts_of(cx).map(|alerts| alerts.alerts.as_slice()).unwrap_or_default();
        let board = cx.investigation.board();
        let known: Vec<_> = board.into_iter().flat_map(|board| &board.lanes).map(|lane| Arc::clone(&lane.destination)).collect();
        let findings = board.map(Board::episodes).unwrap_or_default();
        Self { queue: queue(&findings, alerts, &known), alerts, cx: *cx }
    }

    fn entry(&self, row: usize) -> Option<&Entry> {
        self.queue.entries.get(row)
    }

    fn rules<'b>(&'b self, entry: &'b Entry) -> impl Iterator<Item = &'a Alert> + 'b {
        entry.rules.iter().filter_map(|place| self.alerts.get(*place))
    }

    fn records<'b>(&'b self, entry: &'b Entry) -> impl Iterator<Item = &'a Alert> + 'b {
        entry.records.iter().filter_map(|place| self.alerts.get(*place))
    }

    /// The strongest figure of a job, in a record or in an alert.
    fn figure(&self, entry: &Entry) -> Option<f64> {
        self.records(entry).chain(self.rules(entry)).filter_map(|alert| alert.anomaly.as_ref()).map(|anomaly| anomaly.score).max_by(f64::total_cmp)
    }

    fn ours(entry: &Entry) -> Option<f64> {
        entry.finding.as_ref().map(|finding| finding.score)
    }

    fn label(entry: &Entry) -> String {
        entry.destination.as_ref().map_or_else(|| "not said".to_owned(), |destination| words::inert(&destination.label()))
    }

    fn name(entry: &Entry) -> String {
        entry.destination.as_ref().and_then(|destination| destination.name().map(words::inert)).unwrap_or_default()
    }

    fn status(&self, entry: &Entry) -> String {
        self.rules(entry).find_map(|alert| alert.status.as_ref()).map(words::inert).unwrap_or_default()
    }

    /// What it is about, in the words of whoever said it.
    fn what(&self, entry: &Entry) -> String {
        let rule = self.rules(entry).next().map(|alert| words::inert(&alert.title));
        let job = || self.records(entry).next().map(alert::title);
        let own = || entry.finding.as_ref().and_then(|finding| finding.reason.as_ref()).map(|reason| foreign::sanitize(reason, Limits::CELL).into_string());
        rule.or_else(job).or_else(own).unwrap_or_default()
    }

    fn when(&self, entry: &Entry) -> String {
        let zone = &self.cx.investigation.zone;
        let from = words::day_minute(entry.range.from, zone);
        let is_moment = entry.range.to.duration_since(entry.range.from) < jiff::SignedDuration::from_mins(1);
        if is_moment { from } else { format!("{from}-{}", entry.range.to.to_zoned(zone.clone()).strftime("%H:%M")) }
    }

    /// The entry in full: a lead and a sentence each.
    fn detail(&self, entry: &Entry) -> Vec<(&'static str, String, Role)> {
        let state = self.cx.investigation;
        let zone = &state.zone;
        let mut lines = vec![match &entry.finding {
            Some(finding) => {
                let usual = finding.typical.map_or_else(String::new, |typical| format!(", usual {}", words::typical(Some(typical))));
                let (score, band) = (words::score(Some(finding.score)), Severity::of(finding.score).name());
                let sources = words::plural(u64::from(finding.count), "source");
                ("ours", format!("{score} {band}: {sources} in the {} from {}{usual}", state.size, axis::moment(finding.worst, zone)), Role::Text)
            }
            None => ("ours", "nothing anomalous there at that time".to_owned(), Role::Muted),
        }];
        // A rule's alert repeats the figures of its record: one of them is enough.
        let mut spikes = self.rules(entry).chain(self.records(entry)).filter(|alert| alert.is_spike() && alert.anomaly.is_some());
        if let Some(spike) = spikes.next() {
            lines.push(("job", alert::figures(spike, zone), Role::Text));
            let reasons = alert::reasons(spike, entry.destination.as_deref(), &self.cx);
            lines.extend(reasons.into_iter().map(|reason| ("", format!("- {reason}"), Role::Text)));
        }
        lines.extend(self.rules(entry).map(|alert| ("rule", alert::rule(alert, zone), Role::Text)));
        let siblings: Vec<String> = self
            .records(entry)
            .filter(|alert| !alert.is_spike())
            .map(|alert| format!("{} {}", alert::title(alert), words::score(alert.anomaly.as_ref().map(|anomaly| anomaly.score))))
            .collect();
        if !siblings.is_empty() {
            lines.push(("also", siblings.join(", "), Role::Text));
        }
        lines.extend(self.records(entry).chain(self.rules(entry)).find_map(alert::influencers).map(|by| ("by", by, Role::Text)));
        lines
    }
}

impl Rows for QueueRows<'_> {
    /// When room runs out: name, status, ours, rules, jobs, then what.
    fn columns(&self, width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        vec![
            column("score", 6, 6, 250, Align::Right),
            column("destination", 11, if width < 120 { 15 } else { 39 }, 255, Align::Left),
            column("name", 8, 20, 1, Align::Left),
            column("when", 17, 17, 245, Align::Left),
            column("ours", 4, 4, 3, Align::Right),
            column("jobs", 4, 4, 5, Align::Right),
            column("rules", 5, 5, 4, Align::Right),
            column("status", 6, 12, 2, Align::Left),
            column("what", 18, u16::MAX, 230, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.queue.entries.len()
    }

    fn cell(&self, row: usize, column: usize, _width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let Some(entry) = self.entry(row) else { return Cell::Text(Vec::new()) };
        let scored = |score: Option<f64>| Cell::text(words::score(score), pen.style(severity::role(score.map(Severity::of))));
        match column {
            SCORE => {
                let band = Some(entry.severity());
                let style = pen.style(severity::role(band));
                Cell::Text(vec![Span::styled(words::score(Some(entry.score)), style), Span::styled(format!(" {}", severity::mark(band, pen.glyphs)), style)])
            }
            DESTINATION => Cell::text(Self::label(entry), if entry.destination.is_some() { plain } else { muted }),
            NAME => Cell::text(Self::name(entry), plain),
            WHEN => Cell::text(self.when(entry), plain),
            OURS => scored(Self::ours(entry)),
            JOBS => scored(self.figure(entry)),
            RULES => Cell::text(entry.rules.len().to_string(), if entry.rules.is_empty() { muted } else { plain }),
            STATUS => Cell::text(self.status(entry), muted),
            WHAT => Cell::text(self.what(entry), plain),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two)) = (self.entry(one), self.entry(two)) else { return Ordering::Equal };
        let figure = |one: Option<f64>, two: Option<f64>| one.unwrap_or(-1.0).total_cmp(&two.unwrap_or(-1.0));
        match column {
            SCORE => one.score.total_cmp(&two.score),
            DESTINATION => one.destination.cmp(&two.destination),
            NAME => Self::name(one).cmp(&Self::name(two)),
            WHEN => (one.range.from, one.range.to).cmp(&(two.range.from, two.range.to)),
            OURS => figure(Self::ours(one), Self::ours(two)),
            JOBS => figure(self.figure(one), self.figure(two)),
            RULES => one.rules.len().cmp(&two.rules.len()),
            STATUS => self.status(one).cmp(&self.status(two)),
            _ => self.what(one).cmp(&self.what(two)),
        }
    }

    fn natural(&self) -> Option<(usize, Direction)> {
        Some((SCORE, Direction::Descending))
    }

    fn order(&self) -> &'static str {
        "worst band, the newest first in each"
    }

    fn sort(&self) -> &'static str {
        "alert"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let entry = self.entry(row)?;
        Some(Subject::Other { sort: "alert", id: format!("{} {}", Self::label(entry), self.when(entry)) })
    }

    fn text(&self, row: usize) -> String {
        let Some(entry) = self.entry(row) else { return String::new() };
        let said: Vec<String> = self.rules(entry).chain(self.records(entry)).map(alert::searched).collect();
        format!("{} {} {} {}", Self::label(entry), Self::name(entry), self.what(entry), said.join(" "))
    }

    fn line(&self, row: usize) -> String {
        let Some(entry) = self.entry(row) else { return String::new() };
        let score = words::score;
        format!(
            "{}\t{}\t{}\tscore {}\tours {}\tjobs {}\trules {}\t{}\t{}",
            Self::label(entry),
            Self::name(entry),
            self.when(entry),
            score(Some(entry.score)),
            score(Self::ours(entry)),
            score(self.figure(entry)),
            entry.rules.len(),
            self.status(entry),
            self.what(entry)
        )
    }

    fn open(&self, row: usize) -> Option<Want> {
        let entry = self.entry(row)?;
        Some(match &entry.destination {
            Some(destination) => Want::Msg(Msg::VisitedAt { destination: Arc::clone(destination), at: entry.at }),
            None => Want::Say("no alert here says which server it is about".to_owned()),
        })
    }
}

/// What could not be seen, in a line; empty where all was.
pub fn unseen(alerts: &Alerts) -> String {
    let one = |sight: &Sight| match &sight.seen {
        Seen::Visible => None,
        Seen::Absent => Some(format!("{} are not visible here ({})", sight.what, sight.place)),
        Seen::Forbidden(why) | Seen::Failed(why) => Some(format!("{}: {why}", sight.what)),
    };
    let said = alerts.sights.iter().filter_map(one).collect::<Vec<_>>().join("; ");
    foreign::sanitize(&said, Limits::CELL).into_string()
}

struct Parts {
    head: Rect,
    table: Rect,
    detail: Rect,
}

fn parts(area: Rect, lines: usize) -> Parts {
    let head = Rect { height: u16::try_from(lines).unwrap_or(1).min(area.height), ..area };
    let rest = area.height.saturating_sub(head.height);
    let wanted = if screen::is_roomy(area) { (rest.saturating_mul(2) / 5).clamp(4, 14) } else { 0 };
    let table = Rect { y: head.bottom(), height: rest.saturating_sub(wanted), ..area };
    Parts { head, table, detail: Rect { x: area.x.saturating_add(1), y: table.bottom(), width: area.width.saturating_sub(2), height: wanted } }
}

fn alerts_of<'a>(cx: &Ctx<'a>) -> Option<&'a Alerts> {
    cx.investigation.visit().and_then(|visit| visit.alerts())
}

/// Lines of the head: what was found, and what could not be seen.
fn head(rows: &QueueRows<'_>, cx: &Ctx<'_>) -> Vec<(String, Role)> {
    let records = rows.alerts.iter().filter(|alert| alert.raiser == Raiser::Job).count();
    let rules = rows.alerts.len().saturating_sub(records);
    let mut said = format!("Alerts  {} of rules, {} of jobs", words::plural(rules as u64, "alert"), words::plural(records as u64, "record"));
    if rows.queue.weak > 0 {
        said.push_str(&format!("; {} below 25 not listed", words::plural(rows.queue.weak as u64, "record")));
    }
    if !cx.investigation.filter_text.is_empty() {
        said.push_str("; the filter holds for our own findings alone");
    }
    let mut lines = vec![(said, Role::Title)];
    if let Some(alerts) = alerts_of(cx) {
        let partial = if alerts.completeness.is_whole() { String::new() } else { foreign::sanitize(&alerts.completeness.words(), Limits::CELL).into_string() };
        lines.extend([unseen(alerts), partial].into_iter().filter(|said| !said.is_empty()).map(|said| (said, Role::BadgePartial)));
    }
    lines
}

impl View for AlertsView {
    fn id(&self) -> &'static str {
        "alerts"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Walkthrough, Action::Back, Action::Filter, Action::Sort, Action::TimeRange, Action::Refresh, Action::Query]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        match action {
            Action::Filter => return Outcome::Consumed(vec![Want::Layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text)))]),
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                return Outcome::done();
            }
            _ => {}
        }
        let rows = QueueRows::of(cx);
        let height = Table::height(parts(cx.area, head(&rows, cx).len()).table);
        if action == Action::Walkthrough {
            let entry = self.list.row(&rows, &self.words).and_then(|row| rows.entry(row));
            return match entry.and_then(|entry| Some((entry.destination.clone()?, entry))) {
                Some((destination, entry)) => {
                    // What was found on our own is narrower than the bucket of a job.
                    let range = entry.finding.as_ref().map_or(entry.range, |finding| finding.range);
                    Outcome::msg(Msg::WalkthroughOpened { destination, range: Some(range) })
                }
                None => Outcome::Consumed(vec![Want::Say("no alert here says which server it is about".to_owned())]),
            };
        }
        self.list.act(action, &rows, &self.words, height, cx).unwrap_or(Outcome::Ignored)
    }

    fn set_sort(&mut self, sort: Option<(usize, Direction)>, _cx: &Ctx<'_>) {
        self.list.sort(sort);
    }

    fn set_words(&mut self, words: &str) {
        words.clone_into(&mut self.words);
    }

    fn words(&self) -> &str {
        &self.words
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let rows = QueueRows::of(cx);
        let head = head(&rows, cx);
        let parts = parts(area, head.len());
        for ((said, role), y) in head.iter().zip(parts.head.top()..parts.head.bottom()) {
            let said = text::cut(said, usize::from(area.width.saturating_sub(2)), pen.glyphs);
            text::put(buf, parts.head, parts.head.x.saturating_add(1), y, &said, pen.style(*role));
        }
        if self.list.row(&rows, &self.words).is_none() {
            return self.nothing(&rows, cx, parts.table, buf);
        }
        self.list.draw(&rows, &self.words, true, cx, parts.table, buf);
        if let Some(entry) = self.list.row(&rows, &self.words).and_then(|row| rows.entry(row)) {
            draw_lines(&rows.detail(entry), cx, parts.detail, buf);
        }
    }
}

impl AlertsView {
    /// Says why there is no row.
    fn nothing(&self, rows: &QueueRows<'_>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let fetched = cx.investigation.visit().and_then(|visit| visit.fetched.get(&Need::Alerts));
        let trouble = fetched.and_then(|fetched| fetched.load.trouble());
        let mut say = |what: &str, advice: Option<&str>| opening::message(what, advice, Role::Text, cx.pen, area, buf);
        match (alerts_of(cx), trouble) {
            (None, Some(trouble)) => opening::trouble(trouble, cx.pen, area, buf),
            (None, None) => say("asking for alerts…", None),
            _ if !rows.is_empty() => {
                let said = foreign::sanitize(&format!("no entry holds {:?}", self.words), Limits::CELL);
                say(said.as_str(), Some("Esc takes the words away"));
            }
            (Some(alerts), _) if alerts.is_all_visible() => {
                say("no alert, no record of note and no finding of ours in this time", Some("t asks for another time range"))
            }
            _ => say("no finding of ours in this time; what others have detected is not all visible", Some("the doctor says why, and what to do")),
        }
    }
}

/// Lines with a lead, broken between words; what does not fit is said.
fn draw_lines(lines: &[(&str, String, Role)], cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    const LEAD: u16 = 6;
    let pen = cx.pen;
    let body = Rect { x: area.x.saturating_add(LEAD), width: area.width.saturating_sub(LEAD), ..area };
    let mut y = area.y;
    for (lead, said, role) in lines {
        for (place, part) in text::wrap(said, usize::from(body.width)).iter().enumerate() {
            if y >= area.bottom() {
                text::put_right(buf, area, area.bottom().saturating_sub(1), " more: Enter shows the destination", pen.style(Role::Muted));
                return;
            }
            if place == 0 {
                text::put(buf, area, area.x, y, lead, pen.style(Role::Muted));
            }
            text::put(buf, body, body.x, y, part, pen.style(*role));
            y = y.saturating_add(1);
        }
    }
}
