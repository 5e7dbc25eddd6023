//! What tables look like, and which columns give way.

use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::style::Style;

use super::*;
use crate::domain::Severity;
use crate::theme::{Depth, Theme};
use crate::widget::Glyphs;
use crate::widget::probe::{drawn, survives};

const COLUMNS: [Column; 5] = [
    Column { title: "score", min: 5, max: 5, keep: 200, align: Align::Right },
    Column { title: "destination", min: 12, max: 18, keep: 255, align: Align::Left },
    Column { title: "name", min: 8, max: 12, keep: 10, align: Align::Left },
    Column { title: "new", min: 4, max: 4, keep: 20, align: Align::Right },
    Column { title: "lane", min: 10, max: u16::MAX, keep: 100, align: Align::Left },
];

fn titles(width: u16) -> Vec<&'static str> {
    layout(&COLUMNS, width).iter().map(|place| COLUMNS[place.column].title).collect()
}

#[test]
fn the_least_needed_column_goes_first() {
    assert_eq!(titles(80), ["score", "destination", "name", "new", "lane"]);
    assert_eq!(titles(49), ["score", "destination", "name", "new", "lane"]);
    assert_eq!(titles(48), ["score", "destination", "new", "lane"]);
    assert_eq!(titles(38), ["score", "destination", "lane"]);
    assert_eq!(titles(32), ["score", "destination"]);
    assert_eq!(titles(20), ["destination"]);
    assert_eq!(titles(9), ["destination"], "cut, but there");
    assert_eq!(titles(2), Vec::<&str>::new());
}

#[test]
fn limited_columns_grow_first_and_the_lane_takes_the_rest() {
    let widths: Vec<u16> = layout(&COLUMNS, 100).iter().map(|place| place.width).collect();
    assert_eq!(widths, [5, 18, 12, 4, 51]);
}

proptest! {
    #[test]
    fn columns_neither_overlap_nor_leave_the_table(width in 0_u16..300) {
        let places = layout(&COLUMNS, width);
        let mut end = 0;
        for place in places {
            prop_assert!(place.x >= end && place.width > 0);
            end = place.x + place.width;
        }
        prop_assert!(end <= width.max(GUTTER));
    }

    #[test]
    fn the_window_shows_the_cursor_and_moves_no_more_than_it_must(selected in 0_usize..1000, offset in 0_usize..1000, height in 1_usize..60) {
        let first = window(selected, offset, height);
        prop_assert!(first <= selected && selected < first + height);
        prop_assert_eq!(window(selected, first, height), first);
        if offset <= selected && selected < offset + height {
            prop_assert_eq!(first, offset);
        }
    }
}

fn cell<'a>(slices: &'a [Slice]) -> impl Fn(usize, usize, u16) -> Cell<'a> {
    move |row, column, _| match column {
        0 => Cell::text(format!("{}", 94 - row), Style::new()),
        1 => Cell::text(format!("10.20.4.{row}"), Style::new()),
        2 => Cell::text("FILESRV-0123456789", Style::new()),
        3 => Cell::text("38", Style::new()),
        _ => Cell::Lane { slices: slices.into(), max: 8 },
    }
}

fn slices() -> Vec<Slice> {
    (0..60).map(|count| Slice::Count { count: count % 9, severity: (count == 59).then_some(Severity::Critical) }).collect()
}

#[test]
fn a_table() {
    let slices = slices();
    let cell = cell(&slices);
    let table = Table {
        columns: &COLUMNS,
        rows: 100,
        offset: 7,
        selected: Some(8),
        column: Some(1),
        sort: Some((0, Direction::Descending)),
        highlight: Highlight::Key,
        cell: &cell,
        marked: &|row| row == 9,
    };
    insta::assert_snapshot!("table", drawn(60, 4, Glyphs::Unicode, |pen, area, buf| table.draw(pen, area, buf)));
    insta::assert_snapshot!("table_ascii_narrow", drawn(36, 4, Glyphs::Ascii, |pen, area, buf| table.draw(pen, area, buf)));
    survives(|pen, area, buf| table.draw(pen, area, buf));
}

/// What the terminal gets when the cursor moves down a row.
fn sent(highlight: Highlight, depth: Depth) -> Vec<u8> {
    let slices = slices();
    let cell = cell(&slices);
    let theme = Theme::load("dark", depth, &[]).expect("a theme");
    let area = Rect::new(0, 0, 80, 24);
    let screen = |selected| {
        let mut buf = Buffer::empty(area);
        let table =
            Table { columns: &COLUMNS, rows: 100, offset: 0, selected: Some(selected), column: None, sort: None, highlight, cell: &cell, marked: &|_| false };
        table.draw(Pen { theme: &theme, glyphs: Glyphs::Unicode }, area, &mut buf);
        buf
    };
    let (before, after) = (screen(3), screen(4));
    let mut out = Vec::new();
    use ratatui::backend::Backend as _;
    CrosstermBackend::new(&mut out).draw(before.diff(&after).into_iter()).expect("a vector takes everything");
    out
}

fn bytes_per_key(highlight: Highlight, depth: Depth) -> usize {
    sent(highlight, depth).len()
}

#[test]
fn without_colour_nothing_resets_the_reverse_of_the_row() {
    // Under NO_COLOR every colour change is written as an empty, that is full, reset.
    let sent = String::from_utf8(sent(Highlight::Key, Depth::Mono)).expect("text");
    let row = sent.split("\u{1b}[39m").next().unwrap_or_default();
    assert!(row.contains("\u{1b}[7m"), "{sent:?}");
    assert!(!row.contains("38;") && !row.contains("48;"), "{sent:?}");
}

#[test]
fn moving_the_cursor_costs_few_bytes() {
    for depth in [Depth::Ansi, Depth::Indexed, Depth::True] {
        assert!(bytes_per_key(Highlight::Gutter, depth) <= 130, "{depth:?}: {}", bytes_per_key(Highlight::Gutter, depth));
        assert!(bytes_per_key(Highlight::Key, depth) <= 200, "{depth:?}: {}", bytes_per_key(Highlight::Key, depth));
    }
}
