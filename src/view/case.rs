//! Screen 6: the case in order of time: what was opened, asked, found, noted, answered, decided and undone, and whether the
//! chain is as it was written.
//!
//! ```text
//! │ name, what it is about, verdict, whether it is whole │ 1
//! │ the entries, the latest last                         │ what is left
//! │ the whole of the one under the cursor                │ a third, where there is room
//! ```

use std::cmp::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::filter::FilterPrompt;
use super::list::{List, Rows};
use super::walkthrough::{Choice, Purpose, Typed, warning};
use super::{Ctx, Outcome, View, Want, opening, words};
use crate::app::screen;
use crate::case::{self, Record};
use crate::domain::{Foreign, Limits, foreign};
use crate::investigation::cases::OpenCase;
use crate::investigation::{Action, Msg, Subject};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::table::{Cell, Column, Direction, Table};
use crate::widget::text::{self, Align};

/// The screen.
#[derive(Default)]
pub struct CaseView {
    list: List,
    words: String,
}

/// The entries as rows.
struct Entries<'a> {
    records: Vec<(u64, Option<Record>, String, bool)>,
    cx: Ctx<'a>,
}

impl<'a> Entries<'a> {
    fn of(open: &OpenCase, cx: &Ctx<'a>) -> Self {
        let saved = open.entries.iter().map(|entry| (entry.seq, entry.record().ok(), entry.hash.short(), true));
        let next = open.entries.last().map_or(1, |entry| entry.seq.saturating_add(1));
        let author = cx.investigation.cases.author.clone();
        let waiting = open.waiting.iter().zip(next..).map(move |((time, act), seq)| {
            let record = Record { seq, time: *time, author: author.clone(), act: act.clone() };
            (seq, Some(record), "not saved".to_owned(), false)
        });
        Self { records: saved.chain(waiting).collect(), cx: *cx }
    }

    fn said(&self, row: usize) -> String {
        match self.records.get(row) {
            Some((_, Some(record), ..)) => foreign::sanitize(&case::words::words(&record.act), Limits::DETAIL).into_string(),
            Some(_) => "of a newer version, or damaged".to_owned(),
            None => String::new(),
        }
    }
}

impl Rows for Entries<'_> {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        vec![
            column("#", 4, 6, 250, Align::Right),
            column("time", 14, 14, 240, Align::Left),
            column("who", 6, 12, 100, Align::Left),
            column("what", 20, u16::MAX, 255, Align::Left),
            column("hash", 12, 12, 10, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.records.len()
    }

    fn cell(&self, row: usize, column: usize, _width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let Some((seq, record, hash, is_saved)) = self.records.get(row) else { return Cell::Text(Vec::new()) };
        let plain = pen.style(if *is_saved { Role::Text } else { Role::Error });
        match (column, record) {
            (0, _) => Cell::text(seq.to_string(), pen.style(Role::Muted)),
            (1, Some(record)) => Cell::text(words::day_clock(record.time, &self.cx.investigation.zone), pen.style(Role::Muted)),
            (2, Some(record)) => Cell::Text(text::spans(&record.author.safe(), plain, pen.style(Role::Cleaned))),
            (3, _) => Cell::text(self.said(row), plain),
            (4, _) => Cell::text(hash.clone(), pen.style(Role::Muted)),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        match column {
            2 => {
                let who = |row: usize| self.records.get(row).and_then(|(_, record, ..)| record.as_ref()).map(|record| record.author.clone());
                who(one).cmp(&who(two))
            }
            3 => self.said(one).cmp(&self.said(two)),
            _ => one.cmp(&two),
        }
    }

    fn order(&self) -> &'static str {
        "in order of time"
    }

    fn sort(&self) -> &'static str {
        "entry"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.records.get(row).map(|(seq, ..)| Subject::Other { sort: "entry", id: seq.to_string() })
    }

    fn text(&self, row: usize) -> String {
        let who = self.records.get(row).and_then(|(_, record, ..)| record.as_ref()).map(|record| words::inert(&record.author)).unwrap_or_default();
        format!("{who} {}", self.said(row))
    }

    fn line(&self, row: usize) -> String {
        let Some((seq, record, hash, _)) = self.records.get(row) else { return String::new() };
        let (time, who) = record.as_ref().map_or_else(Default::default, |record| (crate::domain::time::rfc3339(record.time), words::inert(&record.author)));
        format!("#{seq}\t{time}\t{who}\t{}\t{hash}", self.said(row))
    }

    fn open(&self, _row: usize) -> Option<Want> {
        Some(Want::Say("all of it stands below the list; y copies it".to_owned()))
    }
}

struct Parts {
    head: Rect,
    table: Rect,
    detail: Rect,
    foot: Rect,
}

fn parts(area: Rect, has_foot: bool) -> Parts {
    let head = Rect { height: area.height.min(1), ..area };
    let foot = u16::from(has_foot && area.height > 4);
    let rest = area.height.saturating_sub(head.height).saturating_sub(foot);
    let detail = if screen::is_roomy(area) { (rest / 3).clamp(3, 12) } else { 0 };
    let table = Rect { y: head.bottom(), height: rest.saturating_sub(detail), ..area };
    let below = Rect { y: table.bottom(), height: detail, ..area };
    Parts { head, table, detail: below, foot: Rect { y: below.bottom(), height: foot, ..area } }
}

/// Name of the case that is looked at, and the case.
fn shown<'a>(cx: &Ctx<'a>) -> Option<(&'a String, &'a OpenCase)> {
    let state = cx.investigation;
    let name = state.case_worked_on()?;
    state.cases.by_name.get_key_value(&name)
}

impl View for CaseView {
    fn id(&self) -> &'static str {
        "case"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Note, Action::Verdict, Action::Undo, Action::Report, Action::Copy, Action::Filter, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let Some((name, open)) = shown(cx) else { return Outcome::Ignored };
        let layer = |view: Box<dyn View>| Outcome::Consumed(vec![Want::Layer(view)]);
        match action {
            Action::Note | Action::Verdict | Action::Undo if !open.is_writable => {
                return Outcome::Consumed(vec![Want::Say("this case is read only here; w at its destination opens it for writing".to_owned())]);
            }
            Action::Note => return layer(Box::new(Typed::new(Purpose::Note { step: None }))),
            Action::Verdict => {
                let dossier =
                    cx.investigation.trail.iter().rev().find_map(|visit| visit.walkthrough.as_ref()).and_then(|walkthrough| walkthrough.dossier.value());
                return layer(Box::new(Choice::verdicts(dossier)));
            }
            Action::Undo => return Outcome::msg(Msg::DecisionUndone),
            Action::Report => return layer(Box::new(Choice::reports())),
            Action::Refresh => return Outcome::msg(Msg::CaseCheckWanted(name.clone())),
            Action::Filter => return layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text))),
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                return Outcome::done();
            }
            _ => {}
        }
        let rows = Entries::of(open, cx);
        let height = Table::height(parts(cx.area, true).table);
        self.list.act(action, &rows, &self.words, height, cx).unwrap_or(Outcome::Ignored)
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
        let Some((name, open)) = shown(cx) else {
            return opening::message(
                "there is no case about this yet",
                Some("w opens the walkthrough of a destination, and its case"),
                Role::Text,
                pen,
                area,
                buf,
            );
        };
        let warning = warning(cx, Some(open));
        let parts = parts(area, warning.is_some());
        let (sound, role) = match open.is_sound {
            Some(true) => ("chain whole", Role::BadgeComplete),
            Some(false) => ("CHAIN ALTERED", Role::Error),
            None => ("chain not checked, r checks it", Role::Muted),
        };
        let verdict = open.case.verdict.as_ref().map_or_else(|| "no verdict".to_owned(), |(_, verdict, _)| verdict.words().to_owned());
        let head = format!(
            "{}  {verdict}  {} answered, {}",
            Foreign::from(name.as_str()).safe(),
            open.case.answers.len(),
            words::plural(open.acts() as u64, "entry").replace("entrys", "entries")
        );
        text::put_right(buf, parts.head, parts.head.y, &format!("{sound} "), pen.style(role));
        let room = usize::from(area.width).saturating_sub(text::width(sound) + 4);
        text::put(buf, parts.head, area.x.saturating_add(1), area.y, &text::cut(&head, room, pen.glyphs), pen.style(Role::Title));
        let rows = Entries::of(open, cx);
        self.list.draw(&rows, &self.words, true, cx, parts.table, buf);
        if let Some(row) = self.list.row(&rows, &self.words) {
            let inner = Rect { x: parts.detail.x.saturating_add(1), width: parts.detail.width.saturating_sub(2), ..parts.detail };
            for (line, y) in text::wrap(&rows.said(row), usize::from(inner.width)).into_iter().zip(inner.top()..inner.bottom()) {
                text::put(buf, inner, inner.x, y, &line, pen.style(Role::Text));
            }
        }
        if let Some((said, role)) = warning {
            let said = text::pad(&text::cut(&said, usize::from(area.width), pen.glyphs), usize::from(area.width), Align::Left, pen.glyphs);
            text::put(buf, parts.foot, parts.foot.x, parts.foot.y, &said, pen.style(role));
        }
    }
}
