//! Screen 9: what this cluster or these files can and cannot show, what that means, and what to do.
//!
//! ```text
//! │ what was looked at, and how it stands             │ 1
//! │ the findings, the worst first; last the key       │ what is left
//! │ the one under the cursor: figure, meaning, remedy │ half, where there is room
//! ```

use std::cmp::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::filter::FilterPrompt;
use super::list::{List, Rows};
use super::{Ctx, Outcome, View, Want, opening, words};
use crate::analysis::health::key::{self, KeyRequest};
use crate::analysis::health::{Diagnosis, Status, examine};
use crate::app::screen;
use crate::domain::{Health, Limits, foreign};
use crate::investigation::{Action, Need, Subject};
use crate::keymap::Mode;
use crate::query::Answer;
use crate::theme::Role;
use crate::widget::table::{Cell, Column, Direction, Table};
use crate::widget::text::{self, Align};

/// The screen.
#[derive(Default)]
pub struct DoctorView {
    list: List,
    words: String,
}

/// The findings as rows, and the request for a key as the last.
struct Findings<'a> {
    diagnoses: Vec<Diagnosis>,
    request: Option<KeyRequest>,
    cx: Ctx<'a>,
}

impl<'a> Findings<'a> {
    fn of(cx: &Ctx<'a>) -> Self {
        let health = health_of(cx);
        let mut diagnoses = health.map(examine).unwrap_or_default();
        diagnoses.sort_by_key(|diagnosis| diagnosis.status);
        Self { diagnoses, request: health.and_then(key::request), cx: *cx }
    }

    /// Title, figure, meaning and remedy of a row; of the request its text and what to do with it.
    fn parts(&self, row: usize) -> Option<[String; 4]> {
        if let Some(diagnosis) = self.diagnoses.get(row) {
            return Some([diagnosis.title.clone(), diagnosis.figure.clone(), diagnosis.meaning.clone(), diagnosis.remedy.clone()]);
        }
        let request = self.request.as_ref().filter(|_| row == self.diagnoses.len())?;
        let safe = foreign::sanitize(&request.body.to_string(), Limits::DETAIL).into_string();
        Some(["key with the least rights".to_owned(), request.line.to_owned(), safe, request.note.to_owned()])
    }
}

const fn role(status: Status) -> Role {
    match status {
        Status::Bad => Role::Error,
        Status::Warn => Role::BadgePartial,
        Status::NotVisible => Role::Muted,
        Status::Good => Role::BadgeComplete,
    }
}

impl Rows for Findings<'_> {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, min, max, keep| Column { title, min, max, keep, align: Align::Left };
        vec![column("status", 11, 11, 250), column("what", 22, 44, 255), column("figure", 12, u16::MAX, 200)]
    }

    fn len(&self) -> usize {
        self.diagnoses.len() + usize::from(self.request.is_some())
    }

    fn cell(&self, row: usize, column: usize, _width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let status = self.diagnoses.get(row).map(|diagnosis| diagnosis.status);
        let [title, figure, ..] = self.parts(row).unwrap_or_default();
        match column {
            0 => Cell::text(status.map_or("", Status::word), pen.style(status.map_or(Role::Muted, role))),
            1 => Cell::text(title, pen.style(Role::Text)),
            _ => Cell::text(figure, pen.style(if status == Some(Status::Good) { Role::Muted } else { Role::Text })),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        if column == 0 {
            let status = |row: usize| self.diagnoses.get(row).map_or(usize::MAX, |diagnosis| diagnosis.status as usize);
            return status(one).cmp(&status(two));
        }
        let part = |row: usize| self.parts(row).and_then(|parts| parts.get(column.saturating_sub(1)).cloned());
        part(one).cmp(&part(two))
    }

    fn order(&self) -> &'static str {
        "worst first"
    }

    fn sort(&self) -> &'static str {
        "finding"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let check = self.diagnoses.get(row).map_or("key", |diagnosis| diagnosis.check);
        self.parts(row).map(|[title, ..]| Subject::Other { sort: "finding", id: format!("{check} {title}") })
    }

    fn text(&self, row: usize) -> String {
        let status = self.diagnoses.get(row).map_or("", |diagnosis| diagnosis.status.word());
        self.parts(row).map(|parts| format!("{status} {}", parts.join(" "))).unwrap_or_default()
    }

    fn line(&self, row: usize) -> String {
        match (self.diagnoses.get(row), &self.request) {
            (Some(one), _) => format!("{}\t{}\t{}\t{}\t{}", one.status.word(), one.title, one.figure, one.meaning, one.remedy),
            // What an administrator is to paste, on lines of its own.
            (None, Some(request)) => foreign_lines(&key::text(request)),
            (None, None) => String::new(),
        }
    }

    fn open(&self, _row: usize) -> Option<Want> {
        Some(Want::Say("all of it stands below the list; y copies it".to_owned()))
    }
}

fn foreign_lines(text: &str) -> String {
    text.lines().map(|line| foreign::sanitize(line, Limits::DETAIL).into_string()).collect::<Vec<_>>().join("\n")
}

struct Parts {
    head: Rect,
    table: Rect,
    detail: Rect,
}

fn parts(area: Rect) -> Parts {
    let head = Rect { height: area.height.min(1), ..area };
    let rest = area.height.saturating_sub(head.height);
    let detail = if screen::is_roomy(area) { (rest / 2).clamp(4, 30) } else { 0 };
    let table = Rect { y: head.bottom(), height: rest.saturating_sub(detail), ..area };
    Parts { head, table, detail: Rect { y: table.bottom(), height: detail, ..area } }
}

fn health_of<'a>(cx: &Ctx<'a>) -> Option<&'a Health> {
    match cx.investigation.visit()?.answer(Need::Health)? {
        Answer::Health(health) => Some(health),
        _ => None,
    }
}

impl View for DoctorView {
    fn id(&self) -> &'static str {
        "doctor"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Back, Action::Copy, Action::Refresh, Action::Filter, Action::Sort, Action::Palette]
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
        let rows = Findings::of(cx);
        self.list.act(action, &rows, &self.words, Table::height(parts(cx.area).table), cx).unwrap_or(Outcome::Ignored)
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
        let Some(health) = health_of(cx) else {
            let trouble = cx.investigation.visit().and_then(|visit| visit.fetched.get(&Need::Health)).and_then(|fetched| fetched.load.trouble());
            return match trouble {
                Some(trouble) => opening::trouble(trouble, pen, area, buf),
                None => opening::message("looking at what can and cannot be seen…", None, Role::Muted, pen, area, buf),
            };
        };
        let rows = Findings::of(cx);
        let parts = parts(area);
        let count = |status: Status| rows.diagnoses.iter().filter(|diagnosis| diagnosis.status == status).count();
        let all = [Status::Bad, Status::Warn, Status::NotVisible, Status::Good];
        let counts: Vec<String> = all.into_iter().filter(|status| count(*status) > 0).map(|status| format!("{} {}", count(status), status.word())).collect();
        let title = foreign::sanitize(&health.title, Limits::CELL);
        let said = format!("Doctor  {title}  {}  as of {}", counts.join(", "), words::day_clock(health.asked, &cx.investigation.zone));
        text::put(
            buf,
            parts.head,
            area.x.saturating_add(1),
            area.y,
            &text::cut(&said, usize::from(area.width.saturating_sub(2)), pen.glyphs),
            pen.style(Role::Title),
        );
        self.list.draw(&rows, &self.words, true, cx, parts.table, buf);
        let Some([title, figure, meaning, remedy]) = self.list.row(&rows, &self.words).and_then(|row| rows.parts(row)) else { return };
        let body = Rect { x: area.x.saturating_add(9), width: area.width.saturating_sub(10), ..parts.detail };
        let mut y = parts.detail.y;
        for (lead, said, role) in [("", &title, Role::Strong), ("figure", &figure, Role::Text), ("means", &meaning, Role::Text), ("do", &remedy, Role::Text)] {
            for (place, line) in text::wrap(said, usize::from(body.width)).into_iter().filter(|line| !line.is_empty()).enumerate() {
                if y >= parts.detail.bottom() {
                    return;
                }
                if place == 0 {
                    text::put(buf, parts.detail, area.x.saturating_add(1), y, lead, pen.style(Role::Muted));
                }
                text::put(buf, body, body.x, y, &line, pen.style(role));
                y = y.saturating_add(1);
            }
        }
    }
}
