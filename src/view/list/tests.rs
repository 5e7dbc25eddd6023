//! The frame over rows of its own: order, words, and the cursor that finds its row again.

use std::cmp::Ordering;

use super::*;
use crate::widget::table::{Cell, Column};
use crate::widget::text::Align;

/// Names with a number each.
struct Names(Vec<(String, u32)>);

impl Rows for Names {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, align| Column { title, min: 4, max: 9, keep: 255, align };
        vec![column("name", Align::Left), column("number", Align::Right)]
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn cell(&self, _row: usize, _column: usize, _width: u16) -> Cell<'_> {
        Cell::Text(Vec::new())
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        if column == 0 { self.0[one].0.cmp(&self.0[two].0) } else { self.0[one].1.cmp(&self.0[two].1) }
    }

    fn order(&self) -> &'static str {
        "as it comes"
    }

    fn sort(&self) -> &'static str {
        "user"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.0.get(row).map(|(name, _)| Subject::User(name.as_str().into()))
    }

    fn text(&self, row: usize) -> String {
        self.0[row].0.clone()
    }

    fn line(&self, row: usize) -> String {
        self.0[row].0.clone()
    }
}

fn names(names: &[(&str, u32)]) -> Names {
    Names(names.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect())
}

#[test]
fn words_hide_and_columns_order() {
    let rows = names(&[("kim", 2), ("Lee", 9), ("Kimberly", 2), ("ann", 4)]);
    let mut list = List::default();
    assert_eq!(list.shown(&rows, ""), [0, 1, 2, 3]);
    assert_eq!(list.shown(&rows, "kim"), [0, 2]);
    assert_eq!(list.shown(&rows, "kim ber"), [2]);
    list.sort(Some((1, Direction::Descending)));
    assert_eq!(list.shown(&rows, ""), [1, 3, 0, 2], "equals stay as they come");
    list.sort(Some((0, Direction::Ascending)));
    assert_eq!(list.shown(&rows, ""), [2, 1, 3, 0]);
}

#[test]
fn the_cursor_stays_with_its_row_and_takes_the_place_of_one_that_is_gone() {
    let mut list = List::default();
    let rows = names(&[("ann", 1), ("kim", 2), ("lee", 3)]);
    let shown = list.shown(&rows, "");
    list.go(&rows, &shown, 0, 1, 10);
    assert_eq!(list.row(&rows, ""), Some(1));
    assert_eq!(list.row(&names(&[("new", 0), ("ann", 1), ("kim", 2)]), ""), Some(2));
    assert_eq!(list.row(&names(&[("ann", 1), ("lee", 3)]), ""), Some(1));
    assert_eq!(list.row(&names(&[]), ""), None);
}

#[test]
fn ten_thousand_rows_are_ordered_and_searched() {
    let rows = Names((0..10_000_u32).map(|number| (format!("user{number}"), number.wrapping_mul(7919) % 10_000)).collect());
    let mut list = List::default();
    list.sort(Some((1, Direction::Descending)));
    let shown = list.shown(&rows, "9");
    assert_eq!(shown.len(), 3439, "names that hold a nine");
    assert!(shown.is_sorted_by_key(|row| std::cmp::Reverse(rows.0[*row].1)));
    assert!(list.seek(&rows, "", true, 20, |row| row == 1), "the last but one of the largest");
    assert_eq!(list.row(&rows, ""), Some(1));
}
