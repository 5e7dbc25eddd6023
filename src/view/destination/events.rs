//! Tab 3: the events themselves, a page at a time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::rows::{self, Cursor};
use crate::domain::{Event, Family};
use crate::investigation::Visit;
use crate::theme::Role;
use crate::view::words::Moment;
use crate::view::{Ctx, words};
use crate::widget::table::{self, Cell, Column, Highlight, Table};
use crate::widget::text::{self, Align};

fn columns(when: u16) -> [Column; 7] {
    [
        Column { title: "time", min: when, max: when, keep: 255, align: Align::Left },
        Column { title: "kind", min: 14, max: 20, keep: 250, align: Align::Left },
        Column { title: "source", min: 15, max: 26, keep: 240, align: Align::Left },
        Column { title: "user", min: 12, max: 28, keep: 230, align: Align::Left },
        Column { title: "host", min: 8, max: 20, keep: 100, align: Align::Left },
        Column { title: "reason", min: 8, max: 22, keep: 90, align: Align::Left },
        Column { title: "program", min: 10, max: u16::MAX, keep: 80, align: Align::Left },
    ]
}

/// Draws the tab.
pub(super) fn draw(visit: &Visit, words: &str, cursor: Cursor<'_>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let events = rows::events(visit, words, cx);
    if rows::is_waiting(&visit.events, events.len(), "events", visit, cx, area, buf) {
        return;
    }
    let place = cursor.place.min(events.len().saturating_sub(1));
    let moment = Moment::within(visit.focus(cx.investigation.range, cx.investigation.size).range(), &cx.investigation.zone);
    let columns = columns(moment.width());
    let table = Table {
        columns: &columns,
        rows: events.len(),
        offset: table::window(place, cursor.offset, Table::height(area)).min(events.len().saturating_sub(1)),
        selected: cursor.has_keys.then_some(place),
        column: None,
        sort: None,
        highlight: Highlight::Key,
        cell: &|row, column, width| events.get(row).map_or(Cell::Text(Vec::new()), |event| cell(event, column, width, moment, cx)),
        marked: &|row| events.get(row).is_some_and(|event| cursor.is_event_marked(event)),
    };
    table.draw(cx.pen, area, buf);
    if let Some(page) = visit.events.value()
        && page.total > page.events.len() as u64
    {
        let from = (visit.skip as u64).saturating_add(1);
        let to = (visit.skip as u64).saturating_add(page.events.len() as u64);
        let title = Rect { height: area.height.min(1), ..area };
        text::put_right(buf, title, title.y, &format!(" {from} to {to} of {}", page.total), cx.pen.style(Role::Muted));
    }
}

fn cell<'a>(event: &Event, column: usize, width: u16, moment: Moment, cx: &Ctx<'a>) -> Cell<'a> {
    let pen = cx.pen;
    let plain = pen.style(Role::Text);
    let foreign =
        |value: Option<&crate::domain::Foreign>| Cell::Text(value.map(|value| text::spans(&value.safe(), plain, pen.style(Role::Cleaned))).unwrap_or_default());
    match column {
        0 => Cell::text(moment.of(event.time, &cx.investigation.zone), plain),
        1 => {
            let role = match event.kind.family() {
                Family::Session | Family::Shell => Role::StageInside,
                Family::Failed => Role::StageRefused,
                Family::Network => Role::Text,
                Family::End | Family::Context => Role::Muted,
            };
            Cell::text(event.kind.name(), pen.style(role))
        }
        2 => {
            let role = if event.source.is_some_and(crate::domain::Address::is_loopback) { Role::SourceLoopback } else { Role::Text };
            Cell::text(event.source.map_or_else(|| "-".to_owned(), |source| source.to_string()), pen.style(role))
        }
        3 => foreign(event.user.as_ref()),
        4 => foreign(event.host.as_ref()),
        5 => foreign(event.reason.as_ref()),
        // The end of a path is the program.
        6 => Cell::text(
            event.process.as_ref().map(|process| text::cut_start(&words::inert(process), usize::from(width), pen.glyphs).into_owned()).unwrap_or_default(),
            plain,
        ),
        _ => Cell::Text(Vec::new()),
    }
}
