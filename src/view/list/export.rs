//! A table as a CSV file: the rows as they are filtered and sorted, every column, inert text.

use ratatui::text::Span;

use super::Rows;
use crate::domain::foreign::disarmed;
use crate::domain::{Timestamp, time};
use crate::investigation::Effect;
use crate::view::words::FILE;
use crate::widget::table::{Cell, Column};

/// The rows `shown` as a file; lanes are pictures and stay away.
pub fn export(rows: &dyn Rows, shown: &[usize], place: &str, now: Timestamp) -> Effect {
    let columns = rows.columns(u16::MAX, shown);
    let is_text = |(column, _): &(usize, &Column)| shown.first().is_none_or(|row| matches!(rows.cell(*row, *column, FILE), Cell::Text(_)));
    let kept: Vec<(usize, &Column)> = columns.iter().enumerate().filter(is_text).collect();
    let mut file = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every record has the same columns.
    _ = file.write_record(kept.iter().map(|(_, column)| if column.title.is_empty() { "mark".to_owned() } else { column.title.to_owned() }));
    for row in shown {
        _ = file.write_record(kept.iter().map(|(column, _)| words(rows.cell(*row, *column, FILE))));
    }
    let text = file.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    Effect::Export { stem: stem(place, rows.sort(), now), ending: "csv", text }
}

fn words(cell: Cell<'_>) -> String {
    let Cell::Text(spans) = cell else { return String::new() };
    let text: String = spans.iter().map(|span: &Span<'_>| span.content.as_ref()).collect();
    match text.trim() {
        // How a table says that there is nothing.
        "-" | "–" => String::new(),
        text => disarmed(text),
    }
}

/// What the file is called: nothing that an event says may lead anywhere.
fn stem(place: &str, sort: &str, now: Timestamp) -> String {
    const MOST: usize = 60;
    let plain = |text: &str| text.chars().map(|one| if one.is_ascii_alphanumeric() || one == '.' { one } else { '-' }).take(MOST).collect::<String>();
    let parts = ["rdptriage".to_owned(), plain(place), format!("{}s", plain(sort)), time::rfc3339(now).replace([':', '-'], "")];
    parts.iter().map(|part| part.trim_matches(['-', '.'])).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_leads_nowhere() {
        let now = "2026-03-02T13:10:00Z".parse().expect("a time");
        assert_eq!(stem("../../etc/passwd > 10.0.0.5", "source", now), "rdptriage-etc-passwd---10.0.0.5-sources-20260302T131000Z");
        assert_eq!(stem("", "destination", now), "rdptriage-destinations-20260302T131000Z");
    }
}
