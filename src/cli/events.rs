//! `events`: the events themselves, a row each, in time order.

use super::arguments::Kinds;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, rows};
use crate::domain::Event;
use crate::query::{Answer, Ask};

/// Rows asked for at a time.
const PAGE: usize = 10_000;

const COLUMNS: &[Column] = &[
    Column::new("@timestamp", Sort::Moment),
    Column::text("event.kind_of"),
    Column::text("source.ip"),
    Column::new("source.port", Sort::Integer),
    Column::text("destination.ip"),
    Column::new("destination.port", Sort::Integer),
    Column::text("host.name"),
    Column::text("user.name"),
    Column::text("process.executable"),
    Column::text("event.code"),
    Column::text("record_id"),
    Column::text("file"),
    Column::text("_index"),
    Column::text("_id"),
];

/// Asks page by page and writes.
pub async fn run(opened: &Opened, kind: Kinds, head: Option<usize>, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let wanted = head.unwrap_or(usize::MAX);
    let mut rows = rows(format, COLUMNS, sink)?;
    let mut written = 0;
    loop {
        let ask = Ask::Events { scope: opened.scope(kind.families()), skip: written, take: PAGE.min(wanted - written) };
        let Answer::Events(page) = opened.ask(&ask).await? else { return Err(Opened::mixed_up()) };
        for event in &page.events {
            rows.row(&cells(event))?;
        }
        written += page.events.len();
        if page.events.is_empty() || written >= wanted || written as u64 >= page.total {
            rows.finish()?;
            return opened.report(&page.completeness).await;
        }
    }
}

fn cells(event: &Event) -> [Cell; 14] {
    let port = |port: Option<u16>| port.map_or(Cell::Empty, |port| Cell::Integer(i64::from(port)));
    [
        Cell::Time(event.time),
        Cell::Own(event.kind.name().to_owned()),
        Cell::shown(event.source),
        port(event.source_port),
        Cell::shown(event.destination),
        port(event.destination_port),
        Cell::maybe(event.host.as_ref()),
        Cell::maybe(event.user.as_ref()),
        Cell::maybe(event.process.as_ref()),
        Cell::shown(event.code),
        Cell::maybe(event.record.as_ref()),
        Cell::maybe(event.origin.file.as_ref()),
        Cell::maybe(event.origin.index.as_ref()),
        Cell::maybe(event.origin.id.as_ref()),
    ]
}
