//! Tab 2: as whom they came, what got through and what was refused, and why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::rows::{self, Cursor};
use super::sources::listed;
use crate::domain::{Address, Family};
use crate::investigation::{Tab, Visit};
use crate::query::TallyRow;
use crate::theme::Role;
use crate::view::words::Moment;
use crate::view::{Ctx, words};
use crate::widget::table::{self, Cell, Column, Highlight, Table};
use crate::widget::text::{self, Align};

fn columns(when: u16) -> [Column; 8] {
    [
        Column { title: "user", min: 18, max: 30, keep: 255, align: Align::Left },
        Column { title: "sessions", min: 8, max: 8, keep: 240, align: Align::Right },
        Column { title: "failed", min: 6, max: 6, keep: 235, align: Align::Right },
        Column { title: "src", min: 4, max: 5, keep: 245, align: Align::Right },
        Column { title: "new src", min: 7, max: 7, keep: 250, align: Align::Right },
        Column { title: "first", min: when, max: when, keep: 200, align: Align::Left },
        Column { title: "last", min: when, max: when, keep: 100, align: Align::Left },
        Column { title: "from, and why refused", min: 10, max: u16::MAX, keep: 210, align: Align::Left },
    ]
}

/// Draws the tab.
pub(super) fn draw(visit: &Visit, words: &str, cursor: Cursor<'_>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let rows = rows::tally(visit, words, cx);
    if rows::is_waiting(&visit.users, rows.len(), "users", visit, cx, area, buf) {
        return;
    }
    let is_new = rows::newness(visit, cx);
    let place = cursor.place.min(rows.len().saturating_sub(1));
    let moment = Moment::within(visit.focus(cx.investigation.range, cx.investigation.size).range(), &cx.investigation.zone);
    let columns = columns(moment.width());
    let table = Table {
        columns: &columns,
        rows: rows.len(),
        offset: table::window(place, cursor.offset, Table::height(area)),
        selected: cursor.has_keys.then_some(place),
        column: None,
        sort: None,
        highlight: Highlight::Key,
        cell: &|row, column, _| rows.get(row).map_or(Cell::Text(Vec::new()), |row| cell(row, column, moment, &is_new, cx)),
        marked: &|row| rows.get(row).is_some_and(|row| cursor.is_marked(Tab::Users, row)),
    };
    table.draw(cx.pen, area, buf);
}

fn cell<'a>(row: &TallyRow, column: usize, moment: Moment, is_new: &dyn Fn(Address) -> bool, cx: &Ctx<'a>) -> Cell<'a> {
    let pen = cx.pen;
    let zone = &cx.investigation.zone;
    let plain = pen.style(Role::Text);
    let muted = pen.style(Role::Muted);
    let number = |number: u64, role: Role| Cell::text(words::count(number), if number == 0 { muted } else { pen.style(role) });
    let of = |family: Family| row.families.get(family as usize).copied().unwrap_or(0);
    match column {
        0 => Cell::Text(text::spans(&row.value.safe(), plain, pen.style(Role::Cleaned))),
        1 => number(of(Family::Session), Role::StageInside),
        2 => number(of(Family::Failed), Role::StageRefused),
        3 => number(row.sources.len() as u64, Role::Text),
        4 => number(row.sources.iter().filter(|source| is_new(**source)).count() as u64, Role::SourceNew),
        5 => Cell::text(moment.of(row.first, zone), plain),
        6 => Cell::text(moment.of(row.last, zone), plain),
        7 => {
            // Why somebody was refused says more than the addresses, which the first tab lists in full.
            let reasons = row.reasons.iter().map(|(reason, count)| {
                let mut spans = text::spans(&reason.safe(), pen.style(Role::StageRefused), pen.style(Role::Cleaned));
                spans.push(Span::styled(format!(" x{count}"), muted));
                spans
            });
            let sources =
                row.sources.iter().map(|source| vec![Span::styled(source.to_string(), if is_new(*source) { pen.style(Role::SourceNew) } else { plain })]);
            Cell::Text(listed(reasons.chain(sources), cx))
        }
        _ => Cell::Text(Vec::new()),
    }
}
