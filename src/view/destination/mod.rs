//! Screen 2: the timeline of one destination and, below it, who came, as whom, and the events.
//!
//! ```text
//! │ trail and figures                                 │ 1
//! │ chart                                             │ two fifths of the rest, 4 to 16
//! │ why the bucket under the cursor is odd            │ 1, or 2 where it is long and there is room
//! │ tabs                                              │ 1
//! │ table of the open tab                             │ what is left
//! ```

mod chart;
mod events;
mod rows;
mod sources;
mod users;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::rows::Selected;
use super::destinations::filtered;
use super::filter::FilterPrompt;
use super::{Ctx, Outcome, View, Want, moved, words};
use crate::app::screen;
use crate::investigation::{Action, Effect, Focus, Msg, Tab, Visit};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::table::{self, Table};
use crate::widget::{axis, tabs, text};

/// Which pane has the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Pane {
    Chart,
    #[default]
    Table,
}

/// The screen.
#[derive(Default)]
pub struct DestinationView {
    pane: Pane,
    /// The row under the cursor of each tab, and the first row drawn.
    cursors: [(usize, usize); 3],
    words: String,
    /// Marked on any tab, in the order of marking. A mark outlives whatever hides its row.
    marks: Vec<Selected>,
}

/// Where the parts stand.
struct Parts {
    trail: Rect,
    chart: Rect,
    why: Rect,
    tabs: Rect,
    table: Rect,
}

impl DestinationView {
    fn parts(&self, area: Rect) -> Parts {
        let is_roomy = screen::is_roomy(area);
        let line = |height: u16| u16::from(height > 0);
        let trail = line(area.height);
        let rest = area.height.saturating_sub(trail);
        let chart = match (is_roomy, self.pane) {
            (true, _) => (rest.saturating_mul(2) / 5).clamp(4, 16),
            (false, Pane::Chart) => rest.saturating_sub(1),
            (false, Pane::Table) => 0,
        };
        let rest = rest.saturating_sub(chart);
        let why = if is_roomy || self.pane == Pane::Chart { line(rest).saturating_add(u16::from(area.height >= 20 && area.width < 140)) } else { 0 };
        let rest = rest.saturating_sub(why);
        let tabs = line(rest);
        let table = rest.saturating_sub(tabs);
        let mut y = area.y;
        let mut next = |height: u16| {
            let part = Rect { y, height, ..area };
            y = y.saturating_add(height);
            part
        };
        Parts { trail: next(trail), chart: next(chart), why: next(why), tabs: next(tabs), table: next(table) }
    }

    fn cursor_of(&self, tab: Tab) -> (usize, usize) {
        self.cursors.get(tab as usize).copied().unwrap_or_default()
    }

    fn set_cursor(&mut self, tab: Tab, cursor: (usize, usize)) {
        if let Some(place) = self.cursors.get_mut(tab as usize) {
            *place = cursor;
        }
    }

    fn cursor_on(&self, tab: Tab) -> rows::Cursor<'_> {
        let (place, offset) = self.cursor_of(tab);
        rows::Cursor { place, offset, has_keys: self.pane == Pane::Table, marks: &self.marks }
    }

    /// Marks the row under the cursor or takes the mark away.
    fn mark(&mut self, visit: &Visit, cx: &Ctx<'_>) -> Outcome {
        let (place, _) = self.cursor_of(visit.tab);
        let Some(selected) = rows::selected(visit, &self.words, place, cx) else { return Outcome::done() };
        match self.marks.iter().position(|mark| *mark == selected) {
            Some(place) => _ = self.marks.remove(place),
            None => self.marks.push(selected),
        }
        let marks = self.marks.iter().filter(|mark| mark.tab() == visit.tab).count();
        Outcome::Consumed(vec![Want::Say(words::marked(marks))])
    }

    fn open(&self, visit: &Visit, cx: &Ctx<'_>) -> Outcome {
        let (place, _) = self.cursor_of(visit.tab);
        match rows::selected(visit, &self.words, place, cx) {
            Some(Selected::Source(source)) if visit.source != Some(source) => Outcome::msg(Msg::Narrowed { source: Some(source), user: None }),
            Some(Selected::User(user)) if visit.user.as_ref() != Some(&user) => Outcome::msg(Msg::Narrowed { source: None, user: Some(user) }),
            // Narrowed to it already: the events are what is left to see.
            Some(Selected::Source(_) | Selected::User(_)) => Outcome::msg(Msg::TabOpened(Tab::Events)),
            Some(Selected::Event(event)) => Outcome::Consumed(vec![Want::Layer(Box::new(super::event::EventDetail::new(*event)))]),
            None => Outcome::done(),
        }
    }

    fn move_row(&mut self, visit: &Visit, action: Action, cx: &Ctx<'_>) -> Option<Outcome> {
        let (place, offset) = self.cursor_of(visit.tab);
        let len = rows::len(visit, &self.words, cx);
        let place = place.min(len.saturating_sub(1));
        let height = Table::height(self.parts(cx.area).table);
        let to = moved(action, place, len, height)?;
        self.set_cursor(visit.tab, (to, table::window(to, table::window(place, offset, height), height)));
        // At the end of a page of events the next page follows.
        if visit.tab == Tab::Events && to == place && len > 0 {
            let by = match action {
                Action::Down | Action::PageDown => 1,
                Action::Up | Action::PageUp if visit.skip > 0 => -1,
                _ => return Some(Outcome::done()),
            };
            if visit.events.value().is_some_and(|page| by < 0 || (visit.skip as u64).saturating_add(page.events.len() as u64) < page.total) {
                self.set_cursor(Tab::Events, if by > 0 { (0, 0) } else { (usize::MAX / 2, 0) });
                return Some(Outcome::msg(Msg::Paged(by)));
            }
        }
        Some(Outcome::done())
    }
}

impl View for DestinationView {
    fn id(&self) -> &'static str {
        "destination"
    }

    fn mode(&self) -> Mode {
        match self.pane {
            Pane::Chart => Mode::Chart,
            Pane::Table => Mode::Table,
        }
    }

    fn footer(&self) -> Vec<Action> {
        match self.pane {
            Pane::Table => vec![Action::Enter, Action::Back, Action::OnlyNew, Action::NextAnomaly, Action::NextPane, Action::Filter, Action::Query],
            Pane::Chart => vec![Action::BucketLeft, Action::BucketRight, Action::NextAnomaly, Action::Range, Action::Back, Action::NextPane, Action::ZoomIn],
        }
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let Some(visit) = cx.investigation.visit() else { return Outcome::Ignored };
        if let Some(tab) = action.tab() {
            return match Tab::ALL.get(tab.saturating_sub(1)) {
                Some(tab) => Outcome::msg(Msg::TabOpened(*tab)),
                None => Outcome::done(),
            };
        }
        let window = visit.window(cx.investigation.range);
        let buckets = |range: crate::domain::Range| range.to.duration_since(range.from).as_secs() / cx.investigation.size.seconds().max(1);
        match action {
            Action::NextPane | Action::PreviousPane => {
                self.pane = if self.pane == Pane::Chart { Pane::Table } else { Pane::Chart };
                Outcome::done()
            }
            Action::BucketLeft | Action::Left => Outcome::msg(Msg::CursorMoved(-1)),
            Action::BucketRight | Action::Right => Outcome::msg(Msg::CursorMoved(1)),
            Action::PanLeft => Outcome::msg(Msg::CursorMoved(-(buckets(window) / 2).max(1))),
            Action::PanRight => Outcome::msg(Msg::CursorMoved((buckets(window) / 2).max(1))),
            Action::First if self.pane == Pane::Chart => Outcome::msg(Msg::CursorMoved(i64::from(i32::MIN))),
            Action::Last if self.pane == Pane::Chart => Outcome::msg(Msg::CursorMoved(i64::from(i32::MAX))),
            Action::NextAnomaly => Outcome::msg(Msg::AnomalySought { is_forward: true }),
            Action::PreviousAnomaly => Outcome::msg(Msg::AnomalySought { is_forward: false }),
            Action::Range => Outcome::msg(Msg::Brushed),
            Action::ZoomIn => Outcome::msg(Msg::Zoomed { is_in: true }),
            Action::ZoomOut => Outcome::msg(Msg::Zoomed { is_in: false }),
            Action::OnlyNew => Outcome::msg(Msg::OnlyNewToggled),
            Action::Filter => Outcome::Consumed(vec![Want::Layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text)))]),
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                Outcome::done()
            }
            // A range that is being drawn is dropped before the screen is left.
            Action::Back if visit.anchor.is_some() || (self.pane == Pane::Chart && (visit.brush.is_some() || visit.is_moved)) => {
                Outcome::msg(Msg::BrushDropped)
            }
            Action::Enter if self.pane == Pane::Chart => {
                self.pane = Pane::Table;
                Outcome::done()
            }
            Action::Enter => self.open(visit, cx),
            Action::FilterFor | Action::FilterOut => {
                let (place, _) = self.cursor_of(visit.tab);
                match rows::selected(visit, &self.words, place, cx).and_then(|selected| selected.condition()) {
                    Some(condition) => filtered(cx, condition, action == Action::FilterFor),
                    None => Outcome::done(),
                }
            }
            Action::Mark => self.mark(visit, cx),
            Action::Copy => match rows::copied(visit, &self.words, self.cursor_on(visit.tab), cx) {
                Some(lines) => Outcome::Consumed(vec![Want::Effect(Effect::Copy(lines))]),
                None => Outcome::done(),
            },
            _ => self.move_row(visit, action, cx).unwrap_or(Outcome::Ignored),
        }
    }

    fn set_words(&mut self, words: &str) {
        words.clone_into(&mut self.words);
    }

    fn words(&self) -> &str {
        &self.words
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let Some(visit) = cx.investigation.visit() else { return };
        let parts = self.parts(area);
        chart::trail(visit, cx, parts.trail, buf);
        chart::draw(visit, cx, parts.chart, buf);
        chart::why(visit, cx, parts.why, buf);
        tab_line(visit, &self.words, cx, parts.tabs, buf);
        let cursor = self.cursor_on(visit.tab);
        match visit.tab {
            Tab::Sources => sources::draw(visit, &self.words, cursor, cx, parts.table, buf),
            Tab::Users => users::draw(visit, &self.words, cursor, cx, parts.table, buf),
            Tab::Events => events::draw(visit, &self.words, cursor, cx, parts.table, buf),
        }
        if parts.table.height == 0 && parts.chart.height == 0 {
            text::put(buf, area, area.x, area.y, "too small", cx.pen.style(Role::Muted));
        }
    }
}

/// The tabs, and which stretch of time they are about.
fn tab_line(visit: &Visit, words: &str, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let state = cx.investigation;
    let pen = cx.pen;
    let counted = |tab: Tab| {
        let number = match tab {
            Tab::Sources => visit.sources.value().map(|tally| tally.rows.len() as u64),
            Tab::Users => visit.users.value().map(|tally| tally.rows.len() as u64),
            Tab::Events => visit.events.value().map(|page| page.total),
        };
        number.map_or_else(|| tab.name().to_owned(), |number| format!("{} {}", tab.name(), words::count(number)))
    };
    let titles = Tab::ALL.map(counted);
    let said = match visit.focus(state.range, state.size) {
        Focus::Brushed(range) => format!("range {} to {}", axis::moment(range.from, &state.zone), axis::clock(range.to, &state.zone)),
        Focus::Bucket(range) => format!("bucket {}", axis::moment(range.from, &state.zone)),
        Focus::Shown(_) => "whole range".to_owned(),
    };
    let only_new = if visit.only_new { "only new, " } else { "" };
    let found = if words.is_empty() { String::new() } else { format!("/{words}, ") };
    let said = format!("{found}{only_new}{said}");
    let wide = u16::try_from(text::width(&said)).unwrap_or(u16::MAX);
    let needed: usize = titles.iter().map(|title| text::width(title).saturating_add(2)).sum();
    tabs::draw(&titles, visit.tab as usize, pen, Rect { width: area.width.min(u16::try_from(needed).unwrap_or(u16::MAX)), ..area }, buf);
    if needed.saturating_add(usize::from(wide)).saturating_add(1) <= usize::from(area.width) {
        let role = if visit.only_new || !words.is_empty() { Role::Found } else { Role::Muted };
        text::put_right(buf, area, area.y, &said, pen.style(role));
    }
}
