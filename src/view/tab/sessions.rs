//! The RDP sessions: each one record, joined from every log that saw a piece of it.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::SignedDuration;

use super::Pane;
use crate::analysis::telltales::{Telltale, of_session};
use crate::domain::{Certainty, RdpSession, Timestamp};
use crate::investigation::subject::Sitting;
use crate::investigation::{Evidence, Page, Subject, Visit};
use crate::theme::Role;
use crate::view::list::Rows;
use crate::view::list::values::Value;
use crate::view::words::Moment;
use crate::view::{Ctx, words};
use crate::widget::table::{Cell, Column};
use crate::widget::text::{self, Align};

/// The tab.
pub struct Sessions;

impl Pane for Sessions {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let focus = visit.focus(cx.investigation.range, cx.investigation.size).range();
        let is_here = |session: &RdpSession| session.last >= focus.from && session.first < focus.to;
        let told = |evidence: &'a Evidence| {
            let all = evidence.sessions.list.iter().enumerate().filter(move |(_, session)| is_here(session));
            all.map(|(number, session)| (session, of_session(&evidence.telltales, &evidence.sessions, number))).collect::<Vec<_>>()
        };
        let (sessions, tales) = visit.evidence().map(told).unwrap_or_default().into_iter().unzip();
        let moment = Moment::within(focus, &cx.investigation.zone);
        Box::new(SessionRows { sessions, tales, moment, is_elsewhere: visit.page != Page::Destination, cx: *cx })
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.evidence().map(|evidence| evidence.sessions.list.len() as u64)
    }

    fn noun(&self) -> &'static str {
        "sessions"
    }

    fn invisible(&self, visit: &Visit, _cx: &Ctx<'_>) -> Option<(String, String)> {
        let evidence = visit.evidence()?;
        (!evidence.visible.shows(crate::domain::stage::Rung::LoggedOn)).then(|| {
            let advice = "the Security log, LocalSessionManager or Elastic Defend of the destination would tell of sessions".to_owned();
            ("sessions are not visible in this data".to_owned(), advice)
        })
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        super::rests_on(visit)
    }
}

struct SessionRows<'a> {
    sessions: Vec<&'a RdpSession>,
    /// The tell-tales of each.
    tales: Vec<Vec<&'a Telltale>>,
    moment: Moment,
    is_elsewhere: bool,
    cx: Ctx<'a>,
}

const START: usize = 0;
const USER: usize = 1;
const SOURCE: usize = 2;
const HOST: usize = 3;
const STATE: usize = 4;
const LASTED: usize = 5;
const RECONNECTS: usize = 6;
const JOIN: usize = 7;
const PROCESSES: usize = 8;
const CLIENT: usize = 9;
const ZONE: usize = 10;
const SEEN_BY: usize = 11;
const TALES: usize = 12;

/// When a session began, as far as that was seen.
fn began(session: &RdpSession) -> Timestamp {
    session.start().or_else(|| session.openings.first().map(|opening| opening.time)).unwrap_or(session.first)
}

/// `UTC+2`, `UTC-3:30`.
fn zone(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    if rest == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{rest:02}") }
}

fn lasted(session: &RdpSession) -> Option<SignedDuration> {
    session.duration()
}

impl SessionRows<'_> {
    /// The tell-tales in which a session has a part, in words.
    fn told(&self, row: usize) -> String {
        let mut names: Vec<&str> = self.tales.get(row).into_iter().flatten().map(|tale| tale.sort.name()).collect();
        names.dedup();
        names.join(", ")
    }

    fn host(session: &RdpSession) -> crate::domain::Foreign {
        session.destination.name().cloned().unwrap_or_else(|| session.destination.label())
    }
}

impl Rows for SessionRows<'_> {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let when = self.moment.width();
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        // When room runs out: seen by, tell-tales, zone, client, processes, reconnects, host (where all are of one), joined, lasted, state.
        let host = if self.is_elsewhere { 245 } else { 100 };
        vec![
            column("began", when.saturating_add(1), when.saturating_add(1), 255, Align::Left),
            column("user", 12, 28, 250, Align::Left),
            column("source", 13, 26, 248, Align::Left),
            column("host", 8, 20, host, Align::Left),
            column("state", 12, 13, 240, Align::Left),
            column("lasted", 6, 6, 235, Align::Right),
            column("back", 4, 4, 210, Align::Right),
            column("joined", 6, 6, 230, Align::Left),
            column("proc", 4, 5, 200, Align::Right),
            column("client", 10, 18, 180, Align::Left),
            column("zone", 8, 9, 170, Align::Left),
            column("seen by", 7, 7, 90, Align::Right),
            column("tell-tales", 10, u16::MAX, 160, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.sessions.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let Some(session) = self.sessions.get(row) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let foreign = |value: Option<&crate::domain::Foreign>| {
            value.map_or_else(|| Cell::text("-", muted), |value| Cell::Text(text::spans(&value.safe(), plain, pen.style(Role::Cleaned))))
        };
        let figure = |number: u64| if number == 0 { Cell::text("0", muted) } else { Cell::text(words::count(number), plain) };
        match column {
            START => {
                // Without its logon it began before what is seen.
                let before = if session.start_seen { " " } else { "<" };
                Cell::text(format!("{before}{}", self.moment.of(began(session), &self.cx.investigation.zone, width)), plain)
            }
            USER => foreign(session.user.as_ref()),
            SOURCE => {
                let is_loopback = session.source().is_some_and(crate::domain::Address::is_loopback);
                let role = if is_loopback { Role::SourceLoopback } else { Role::Text };
                session.source().map_or_else(|| Cell::text("-", muted), |source| Cell::text(source.to_string(), pen.style(role)))
            }
            HOST => foreign(Some(&Self::host(session))),
            STATE => Cell::text(session.state(), pen.style(if session.is_desktop { Role::StageInside } else { Role::Text })),
            LASTED => lasted(session).map_or_else(|| Cell::text("-", muted), |lasted| Cell::text(words::span(lasted), plain)),
            RECONNECTS => figure(session.reconnects() as u64),
            JOIN => Cell::text(session.certainty().name(), if session.certainty() == Certainty::Exact { plain } else { muted }),
            PROCESSES => figure(session.processes),
            CLIENT => foreign(session.client()),
            ZONE => session.client_zone().map_or_else(|| Cell::text("-", muted), |minutes| Cell::text(zone(minutes), plain)),
            SEEN_BY => figure(session.seen_by),
            TALES => Cell::text(self.told(row), pen.style(Role::SeverityMajor)),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let tales = self.told(two).cmp(&self.told(one));
        let (Some(one), Some(two)) = (self.sessions.get(one), self.sessions.get(two)) else { return Ordering::Equal };
        match column {
            USER => one.user.cmp(&two.user),
            SOURCE => one.source().cmp(&two.source()),
            HOST => Self::host(one).cmp(&Self::host(two)),
            STATE => one.state().cmp(two.state()),
            LASTED => lasted(one).cmp(&lasted(two)),
            RECONNECTS => one.reconnects().cmp(&two.reconnects()),
            JOIN => one.certainty().cmp(&two.certainty()),
            PROCESSES => one.processes.cmp(&two.processes),
            CLIENT => one.client().cmp(&two.client()),
            ZONE => one.client_zone().cmp(&two.client_zone()),
            SEEN_BY => one.seen_by.cmp(&two.seen_by),
            TALES => tales,
            _ => began(one).cmp(&began(two)),
        }
    }

    fn order(&self) -> &'static str {
        "when they began"
    }

    fn sort(&self) -> &'static str {
        "session"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let session = self.sessions.get(row)?;
        Some(Subject::Session(Arc::new(Sitting {
            destination: Arc::new(session.destination.clone()),
            user: session.user.clone(),
            source: session.source(),
            first: began(session).min(session.first),
            last: session.last,
            logon_ids: session.logon_ids.clone(),
        })))
    }

    fn text(&self, row: usize) -> String {
        self.line(row)
    }

    fn line(&self, row: usize) -> String {
        let Some(session) = self.sessions.get(row) else { return String::new() };
        let at = &self.cx.investigation.zone;
        let said = |value: Option<&crate::domain::Foreign>| value.map_or_else(|| "-".to_owned(), words::inert);
        [
            words::day_clock(began(session), at),
            said(session.user.as_ref()),
            session.source().map_or_else(|| "-".to_owned(), |source| source.to_string()),
            words::inert(&Self::host(session)),
            session.state().to_owned(),
            lasted(session).map_or_else(|| "-".to_owned(), words::span),
            format!("{} back", session.reconnects()),
            session.certainty().name().to_owned(),
            said(session.client()),
            session.client_zone().map_or_else(|| "-".to_owned(), zone),
            format!("seen by {} events", session.seen_by),
            self.told(row),
        ]
        .join("\t")
    }

    fn values(&self, row: usize) -> Vec<Value> {
        let Some(session) = self.sessions.get(row) else { return Vec::new() };
        let subjects =
            [session.source().map(Subject::Source), session.user.clone().map(Subject::User), Some(Subject::Destination(Arc::new(session.destination.clone())))];
        let value = |subject: Subject| Some(Value { name: subject.sort(), text: subject.label(), filter: subject.condition()? });
        subjects.into_iter().flatten().filter_map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn zones_are_told_by_their_distance() {
        assert_eq!([120, -210, 0, 345].map(super::zone), ["UTC+2", "UTC-3:30", "UTC+0", "UTC+5:45"]);
    }
}
