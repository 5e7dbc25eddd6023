//! Screens 2 and 3: the timeline of a destination, source, user or program and, below it, its tabs.
//!
//! ```text
//! │ trail and figures                                 │ 1
//! │ chart                                             │ two fifths of the rest, 4 to 16
//! │ why the bucket under the cursor is odd            │ 1, or 2 where it is long and there is room
//! │ tell-tales                                        │ 1 where there are any
//! │ tabs                                              │ 1
//! │ table of the open tab                             │ what is left
//! ```

mod chart;
mod strip;
mod titles;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::filter::FilterPrompt;
use super::list::List;
use super::why::WhyView;
use super::{Ctx, Outcome, View, Want, tab};
use crate::app::screen;
use crate::investigation::{Action, Msg, Tab, Visit};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::table::{Direction, Table};
use crate::widget::text;

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
    /// The table of each tab.
    lists: BTreeMap<Tab, List>,
    words: String,
}

/// Where the parts stand.
struct Parts {
    trail: Rect,
    chart: Rect,
    why: Rect,
    told: Rect,
    tabs: Rect,
    /// What stands beside the table of a tab.
    beside: Rect,
    table: Rect,
}

impl DestinationView {
    fn parts(&self, visit: &Visit, cx: &Ctx<'_>, area: Rect) -> Parts {
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
        let told = if is_roomy && !strip::seen(visit, cx).is_empty() { line(rest) } else { 0 };
        let rest = rest.saturating_sub(told);
        let tabs = line(rest);
        let table = rest.saturating_sub(tabs);
        let mut y = area.y;
        let mut next = |height: u16| {
            let part = Rect { y, height, ..area };
            y = y.saturating_add(height);
            part
        };
        let (trail, chart, why, told, tabs) = (next(trail), next(chart), next(why), next(told), next(tabs));
        let (beside, table) = tab::of(visit.tab).split(next(table));
        Parts { trail, chart, why, told, tabs, beside, table }
    }

    /// Acts on the table of the open tab.
    fn act_on_rows(&mut self, visit: &Visit, action: Action, cx: &Ctx<'_>) -> Outcome {
        let height = Table::height(self.parts(visit, cx, cx.area).table);
        let rows = tab::of(visit.tab).rows(visit, cx);
        let list = self.lists.entry(visit.tab).or_default();
        let before = list.row(rows.as_ref(), &self.words);
        let Some(outcome) = list.act(action, rows.as_ref(), &self.words, height, cx) else { return Outcome::Ignored };
        // At the end of a page of events the next page follows.
        if visit.tab == Tab::Events && !rows.is_empty() && before == list.row(rows.as_ref(), &self.words) {
            let by = match action {
                Action::Down | Action::PageDown => 1,
                Action::Up | Action::PageUp if visit.skip > 0 => -1,
                _ => return outcome,
            };
            if visit.events().is_some_and(|page| by < 0 || (visit.skip as u64).saturating_add(page.events.len() as u64) < page.total) {
                list.put(if by > 0 { 0 } else { usize::MAX / 2 }, 0);
                return Outcome::msg(Msg::Paged(by));
            }
        }
        outcome
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
            Pane::Table => {
                vec![Action::Enter, Action::Back, Action::Why, Action::OnlyNew, Action::NextAnomaly, Action::NextPane, Action::Filter, Action::Query]
            }
            Pane::Chart => {
                vec![Action::BucketLeft, Action::BucketRight, Action::NextAnomaly, Action::Why, Action::Range, Action::Back, Action::NextPane, Action::ZoomIn]
            }
        }
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let Some(visit) = cx.investigation.visit() else { return Outcome::Ignored };
        if let Some(number) = action.tab() {
            return match visit.page.tabs().get(number.saturating_sub(1)) {
                Some(tab) => Outcome::msg(Msg::TabOpened(*tab)),
                None => Outcome::Consumed(vec![Want::Say(format!("there are {} tabs here", visit.page.tabs().len()))]),
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
            Action::LayWeek => Outcome::msg(Msg::WeekLaid),
            Action::Why if visit.destination.is_some() => Outcome::Consumed(vec![Want::Layer(Box::<WhyView>::default()), Want::Msg(Msg::BesideWanted)]),
            Action::Why => Outcome::Consumed(vec![Want::Say("only the buckets of a destination are judged".to_owned())]),
            Action::OnlyNew => Outcome::msg(Msg::OnlyNewToggled),
            Action::Filter => Outcome::Consumed(vec![Want::Layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text)))]),
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                Outcome::done()
            }
            // A range that is being drawn is dropped before the screen is left.
            Action::Back if visit.anchor.is_some() || (self.pane == Pane::Chart && visit.session.is_none() && (visit.brush.is_some() || visit.is_moved)) => {
                Outcome::msg(Msg::BrushDropped)
            }
            Action::Enter if self.pane == Pane::Chart => {
                self.pane = Pane::Table;
                Outcome::done()
            }
            _ => self.act_on_rows(visit, action, cx),
        }
    }

    fn set_sort(&mut self, sort: Option<(usize, Direction)>, cx: &Ctx<'_>) {
        if let Some(visit) = cx.investigation.visit() {
            self.lists.entry(visit.tab).or_default().sort(sort);
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
        let parts = self.parts(visit, cx, area);
        chart::trail(visit, cx, parts.trail, buf);
        chart::draw(visit, cx, parts.chart, buf);
        chart::why(visit, cx, parts.why, buf);
        strip::draw(visit, cx, parts.told, buf);
        titles::draw(visit, &self.words, cx, parts.tabs, buf);
        self.draw_tab(visit, &parts, cx, buf);
        if parts.table.height == 0 && parts.chart.height == 0 {
            text::put(buf, area, area.x, area.y, "too small", cx.pen.style(Role::Muted));
        }
    }
}

impl DestinationView {
    fn draw_tab(&self, visit: &Visit, parts: &Parts, cx: &Ctx<'_>, buf: &mut Buffer) {
        let pane = tab::of(visit.tab);
        let rows = pane.rows(visit, cx);
        if tab::is_waiting(visit.tab, rows.len(), visit, cx, parts.table, buf) {
            return;
        }
        pane.beside(visit, cx, parts.beside, buf);
        let unsorted = List::default();
        let list = self.lists.get(&visit.tab).unwrap_or(&unsorted);
        if !self.words.is_empty() && list.row(rows.as_ref(), &self.words).is_none() {
            let said = crate::domain::foreign::sanitize(&format!("none of the {} holds {:?}", pane.noun(), self.words), crate::domain::Limits::CELL);
            super::opening::message(said.as_str(), Some("Esc takes the words away"), Role::Muted, cx.pen, parts.table, buf);
            return;
        }
        list.draw(rows.as_ref(), &self.words, self.pane == Pane::Table, cx, parts.table, buf);
        if let Some(aside) = pane.aside(visit) {
            let title = Rect { height: parts.table.height.min(1), ..parts.table };
            text::put_right(buf, title, title.y, &format!(" {aside}"), cx.pen.style(Role::Muted));
        }
    }
}
