//! Tab 1: who came, how far they got, and where else they went.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::rows::{self, Cursor};
use crate::domain::{Address, Family};
use crate::investigation::{Tab, Visit};
use crate::query::TallyRow;
use crate::theme::Role;
use crate::view::words::Moment;
use crate::view::{Ctx, words};
use crate::widget::table::{self, Cell, Column, Highlight, Table};
use crate::widget::text::{self, Align};

/// The columns, the first as wide as the widest source.
fn columns(when: u16, source: usize) -> [Column; 8] {
    let source = u16::try_from(source).unwrap_or(u16::MAX).clamp(15, 39);
    [
        Column { title: "source", min: source.min(26), max: source, keep: 255, align: Align::Left },
        Column { title: "new", min: 4, max: 4, keep: 250, align: Align::Left },
        Column { title: "outcome", min: 10, max: 10, keep: 240, align: Align::Left },
        Column { title: "first", min: when, max: when, keep: 200, align: Align::Left },
        Column { title: "last", min: when, max: when, keep: 100, align: Align::Left },
        Column { title: "events", min: 6, max: 6, keep: 220, align: Align::Right },
        Column { title: "also to", min: 7, max: 7, keep: 210, align: Align::Right },
        Column { title: "users", min: 10, max: u16::MAX, keep: 230, align: Align::Left },
    ]
}

/// How far somebody got, by what the families of their events prove and nothing more.
pub(super) fn outcome(row: &TallyRow) -> (&'static str, Role) {
    let has = |family: Family| row.families.get(family as usize).is_some_and(|number| *number > 0);
    if has(Family::Shell) {
        ("shell", Role::StageInside)
    } else if has(Family::Session) {
        ("session", Role::StageInside)
    } else if has(Family::Failed) {
        ("refused", Role::StageRefused)
    } else {
        ("touched", Role::Text)
    }
}

/// Draws the tab.
pub(super) fn draw(visit: &Visit, words: &str, cursor: Cursor<'_>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let rows = rows::tally(visit, words, cx);
    if rows::is_waiting(&visit.sources, rows.len(), "sources", visit, cx, area, buf) {
        return;
    }
    let is_new = rows::newness(visit, cx);
    let place = cursor.place.min(rows.len().saturating_sub(1));
    let moment = Moment::within(visit.focus(cx.investigation.range, cx.investigation.size).range(), &cx.investigation.zone);
    let wide = |row: &&TallyRow| {
        text::width(row.value.safe().as_str()).saturating_add(if row.value.raw().starts_with("127.") || row.value.raw() == "::1" { 5 } else { 0 })
    };
    let columns = columns(moment.width(), rows.iter().map(wide).max().unwrap_or(0));
    let table = Table {
        columns: &columns,
        rows: rows.len(),
        offset: table::window(place, cursor.offset, Table::height(area)),
        selected: cursor.has_keys.then_some(place),
        column: None,
        sort: None,
        highlight: Highlight::Key,
        cell: &|row, column, _| rows.get(row).map_or(Cell::Text(Vec::new()), |row| cell(row, column, moment, &is_new, cx)),
        marked: &|row| rows.get(row).is_some_and(|row| cursor.is_marked(Tab::Sources, row)),
    };
    table.draw(cx.pen, area, buf);
}

fn cell<'a>(row: &TallyRow, column: usize, moment: Moment, is_new: &dyn Fn(Address) -> bool, cx: &Ctx<'a>) -> Cell<'a> {
    let pen = cx.pen;
    let zone = &cx.investigation.zone;
    let plain = pen.style(Role::Text);
    let address = Address::clean(row.value.raw());
    match column {
        0 => {
            let mut spans = text::spans(&row.value.safe(), plain, pen.style(Role::Cleaned));
            if address.is_some_and(Address::is_loopback) {
                spans.push(Span::styled(" LOOP", pen.style(Role::SourceLoopback)));
            }
            Cell::Text(spans)
        }
        1 if address.is_some_and(is_new) => Cell::text("NEW", pen.style(Role::SourceNew)),
        2 => {
            let (word, role) = outcome(row);
            Cell::text(word, pen.style(role))
        }
        3 => Cell::text(moment.of(row.first, zone), plain),
        4 => Cell::text(moment.of(row.last, zone), plain),
        5 => Cell::text(words::count(row.events), plain),
        6 => {
            let others = row.destinations.saturating_sub(1);
            Cell::text(if others == 0 { "-".to_owned() } else { words::count(others) }, if others == 0 { pen.style(Role::Muted) } else { plain })
        }
        7 => Cell::Text(listed(row.users.iter().map(|user| text::spans(&user.safe(), plain, pen.style(Role::Cleaned))), cx)),
        _ => Cell::Text(Vec::new()),
    }
}

/// Spans parted by commas; a dash where there is none.
pub(super) fn listed<'a>(items: impl Iterator<Item = Vec<Span<'static>>>, cx: &Ctx<'a>) -> Vec<Span<'a>> {
    // More than a line can hold is not worth putting together.
    const MOST: usize = 40;
    let mut spans: Vec<Span<'a>> = Vec::new();
    for item in items.take(MOST) {
        if !spans.is_empty() {
            spans.push(Span::styled(", ", cx.pen.style(Role::Muted)));
        }
        spans.extend(item);
    }
    if spans.is_empty() {
        spans.push(Span::styled("-", cx.pen.style(Role::Muted)));
    }
    spans
}
