//! `sessions`: one row a session, joined from every log that saw a piece of it.

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use super::whom;
use crate::analysis::telltales::{Telltale, of_session};
use crate::analysis::{Sessions, account, reason, sessions, telltales};
use crate::domain::{Cite, Foreign, RdpSession, time};

const COLUMNS: &[Column] = &[
    Column::new("start", Sort::Moment),
    Column::new("end", Sort::Moment),
    Column::new("seconds", Sort::Integer),
    Column::text("destination"),
    Column::text("host"),
    Column::text("user"),
    Column::text("source"),
    Column::text("client"),
    Column::text("client_zone"),
    Column::new("reconnects", Sort::Integer),
    Column::text("state"),
    Column::text("certainty"),
    Column::new("seen_by", Sort::Integer),
    Column::new("processes", Sort::Integer),
    Column::text("privileged"),
    Column::new("session_id", Sort::Integer),
    Column::text("logon_ids"),
    Column::text("left_because"),
    Column::new("first", Sort::Moment),
    Column::new("last", Sort::Moment),
    Column::text("telltales"),
];

#[derive(Serialize)]
struct Document<'a> {
    sessions: Vec<Value>,
    telltales: Vec<Value>,
    connections: usize,
    completeness: &'a Report,
}

/// Asks, joins and writes.
pub async fn run(opened: &Opened, whom: &Whom, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let evidence = whom::events(opened, whom).await?;
    let found = sessions(&evidence.events);
    let tales = telltales(&evidence.events, &found);
    let chosen: Vec<(usize, &RdpSession)> = found.list.iter().enumerate().filter(|(_, session)| is_meant(session, whom)).collect();
    if format == Format::Json {
        let sessions = chosen.into_iter().map(|(_, session)| described(session)).collect();
        let telltales = tales.iter().map(|tale| telling(tale, &found)).collect();
        document(&Document { sessions, telltales, connections: found.connections.len(), completeness: &evidence.report }, sink)?;
        return Ok(evidence.report);
    }
    let mut rows = rows(format, COLUMNS, sink)?;
    let of = |number: usize| of_session(&tales, &found, number);
    for (number, session) in &chosen {
        rows.row(&cells(session, &of(*number)))?;
    }
    // What belongs to no session is told by itself.
    let is_free = |tale: &&Telltale| !(0..found.list.len()).any(|number| of(number).contains(tale));
    for tale in tales.iter().filter(is_free) {
        rows.row(&told(tale, &found))?;
    }
    rows.finish()?;
    Ok(evidence.report)
}

fn telling(tale: &Telltale, found: &Sessions) -> Value {
    let destination = tale.machine.and_then(|machine| found.machines.get(machine)).map(crate::domain::Destination::label);
    json!({
        "what": tale.sort.name(), "time": time::rfc3339_micros(tale.time), "destination": destination, "users": tale.users, "text": tale.text,
        "events": tale.events, "evidence": tale.cites.iter().map(cited).collect::<Vec<_>>(),
    })
}

fn is_meant(session: &RdpSession, whom: &Whom) -> bool {
    let wanted = whom.account.as_deref().map(Foreign::from);
    whom.source.is_none_or(|source| session.sources().contains(&source)) && (wanted.is_none() || account::same(session.user.as_ref(), wanted.as_ref()))
}

/// Minutes ahead of UTC as people write them.
pub(super) fn zone(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn reasons(session: &RdpSession) -> String {
    let words = session.reasons.iter().map(|code| reason::of_leaving(code).map_or_else(|| format!("code {}", code.safe()), str::to_owned));
    words.collect::<Vec<_>>().join("; ")
}

fn yes_or_no(truth: Option<bool>) -> Cell {
    Cell::shown(truth.map(|yes| if yes { "yes" } else { "no" }))
}

/// A tell-tale as a row of its own.
fn told(tale: &Telltale, found: &Sessions) -> [Cell; 21] {
    let machine = tale.machine.and_then(|machine| found.machines.get(machine));
    let users: Vec<&str> = tale.users.iter().map(Foreign::raw).collect();
    let mut row = [const { Cell::Empty }; 21];
    let [start, _, _, destination, host, user, .., telltales] = &mut row;
    *start = Cell::Time(tale.time);
    *destination = machine.map_or(Cell::Empty, |machine| Cell::Foreign(machine.label()));
    *host = Cell::maybe(machine.and_then(|machine| machine.hosts.first()));
    *user = if users.is_empty() { Cell::Empty } else { Cell::Foreign(users.join(", ").into()) };
    *telltales = Cell::Own(format!("{}: {}", tale.sort.name(), tale.text));
    row
}

fn cells(session: &RdpSession, tales: &[&Telltale]) -> [Cell; 21] {
    let tales: Vec<String> = tales.iter().map(|tale| format!("{}: {}", tale.sort.name(), tale.text)).collect();
    let moment = |moment: Option<crate::domain::Timestamp>| moment.map_or(Cell::Empty, Cell::Time);
    let logons: Vec<String> = session.logon_ids.iter().map(|id| format!("{id:#x}")).collect();
    let left = reasons(session);
    [
        moment(session.start()),
        moment(session.end.map(|end| end.time)),
        session.duration().map_or(Cell::Empty, |lasted| Cell::Integer(lasted.as_secs())),
        Cell::Foreign(session.destination.label()),
        Cell::maybe(session.destination.hosts.first()),
        Cell::maybe(session.user.as_ref()),
        Cell::shown(session.source()),
        Cell::maybe(session.client()),
        Cell::shown(session.client_zone().map(zone)),
        Cell::count(session.reconnects() as u64),
        Cell::Own(session.state().to_owned()),
        Cell::Own(session.certainty().name().to_owned()),
        Cell::count(session.seen_by),
        Cell::count(session.processes),
        yes_or_no(session.is_privileged),
        session.session_id.map_or(Cell::Empty, |id| Cell::Integer(i64::from(id))),
        if logons.is_empty() { Cell::Empty } else { Cell::Own(logons.join(" ")) },
        if left.is_empty() { Cell::Empty } else { Cell::Own(left) },
        Cell::Time(session.first),
        Cell::Time(session.last),
        if tales.is_empty() { Cell::Empty } else { Cell::Own(tales.join("; ")) },
    ]
}

/// An event as documents cite it.
pub(super) fn cited(cite: &Cite) -> Value {
    json!({ "time": time::rfc3339_micros(cite.time), "event": cite.kind.name(), "host": cite.host, "record_id": cite.record, "id": cite.id })
}

fn described(session: &RdpSession) -> Value {
    let openings: Vec<Value> = session
        .openings
        .iter()
        .map(|opening| {
            json!({
                "time": time::rfc3339_micros(opening.time),
                "how": if opening.is_reconnect { "reconnect" } else { "logon" },
                "source": opening.source, "source_port": opening.port, "connection": opening.connection, "client": opening.client,
                "client_zone": opening.client_zone.map(zone), "authentication": opening.authentication, "witnesses": opening.witnesses,
                "left": opening.left.map(time::rfc3339_micros),
            })
        })
        .collect();
    let joins: Vec<Value> = session
        .joins
        .iter()
        .map(|join| {
            let mut cite = cited(&join.cite);
            if let Some(cite) = cite.as_object_mut() {
                cite.insert("join".to_owned(), join.certainty.name().into());
                cite.insert("by".to_owned(), join.by.name().into());
            }
            cite
        })
        .collect();
    json!({
        "destination": session.destination.label(), "host": session.destination.hosts.first(), "user": session.user,
        "source": session.source(), "sources": session.sources(), "client": session.client(), "client_zone": session.client_zone().map(zone),
        "start": session.start().map(time::rfc3339_micros), "end": session.end.map(|end| time::rfc3339_micros(end.time)),
        "seconds": session.duration().map(|lasted| lasted.as_secs()), "reconnects": session.reconnects(), "state": session.state(),
        "certainty": session.certainty().name(), "privileged": session.is_privileged, "seen_by": session.seen_by, "processes": session.processes,
        "session_id": session.session_id, "logon_ids": session.logon_ids.iter().map(|id| format!("{id:#x}")).collect::<Vec<_>>(),
        "left_because": session.reasons.iter().map(|code| json!({ "code": code, "means": reason::of_leaving(code) })).collect::<Vec<_>>(),
        "first": time::rfc3339_micros(session.first), "last": time::rfc3339_micros(session.last),
        "openings": openings, "events": joins,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_written_as_people_write_them() {
        assert_eq!([60, -300, 330, 0].map(zone), ["UTC+01:00", "UTC-05:00", "UTC+05:30", "UTC+00:00"]);
    }
}
