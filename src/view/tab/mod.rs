//! The tabs below a chart: one file each, what it lists and what it says where there is nothing to list.
//!
//! To add a tab: a [`Pane`] in its own file, its line in [`of`], and its variant and place in
//! [`crate::investigation::tab`].

pub mod alerts;
pub mod destinations;
pub mod events;
pub mod history;
pub mod hops;
pub mod processes;
pub mod sessions;
pub mod sources;
pub mod tally;
pub mod tree;
pub mod users;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::Rows;
use super::{Ctx, opening, words};
use crate::domain::{Limits, Load, foreign};
use crate::investigation::{Focus, Need, Tab, Visit};
use crate::theme::Role;
use crate::widget::text;

/// A tab.
pub trait Pane: Sync {
    /// What it lists of what has been answered so far.
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a>;

    /// What its title counts; `None` before it is known.
    fn count(&self, visit: &Visit) -> Option<u64>;

    /// What its rows are called: `sources`.
    fn noun(&self) -> &'static str;

    /// Why nothing of this sort can be seen in this data, and what would show it; `None` where there is just nothing now.
    fn invisible(&self, _visit: &Visit, _cx: &Ctx<'_>) -> Option<(String, String)> {
        None
    }

    /// What is said at the right of the titles of the columns.
    fn aside(&self, _visit: &Visit) -> Option<String> {
        None
    }

    /// What of the tab's area [`Pane::beside`] draws on, and what is left for the table.
    fn split(&self, area: Rect) -> (Rect, Rect) {
        (Rect { width: 0, height: 0, ..area }, area)
    }

    /// Draws what stands beside the table.
    fn beside(&self, _visit: &Visit, _cx: &Ctx<'_>, _area: Rect, _buf: &mut Buffer) {}
}

/// The tab's pane.
pub fn of(tab: Tab) -> &'static dyn Pane {
    match tab {
        Tab::Destinations => &destinations::Destinations,
        Tab::Sources => &sources::Sources,
        Tab::Users => &users::Users,
        Tab::Sessions => &sessions::Sessions,
        Tab::Processes => &processes::Processes,
        Tab::Events => &events::Events,
        Tab::History => &history::History,
        Tab::Hops => &hops::Hops,
        // The doctor's page draws itself: it has no chart, and its list is no tab's.
        Tab::Alerts | Tab::Health => &alerts::Alerts,
    }
}

/// Of how many events what is told rests on the first only; `None` where it rests on all of them.
fn rests_on(visit: &Visit) -> Option<String> {
    let (here, total) = visit.evidence()?.cut()?;
    Some(format!("from the first {} of {} events", words::count(here), words::count(total)))
}

/// Says why a table of so many rows is empty or old; whether there is nothing to draw beside.
pub fn is_waiting(tab: Tab, rows: usize, visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) -> bool {
    let pen = cx.pen;
    let pane = of(tab);
    let what = pane.noun();
    let Some(need) = tab.needs().first() else { return false };
    let (asked, has_asked) = (visit.fetched.get(need), visit.answer(*need).is_some());
    let (studied, has_studied) = (visit.studies.get(need), visit.studies.get(need).is_some_and(|study| study.value().is_some()));
    // Some tables list what was answered, some what was worked out from that, some what needs no question.
    let (is_idle, has_value) = match need {
        Need::Past => (studied.is_none_or(|study| matches!(study.load, Load::Idle)), has_studied),
        Need::Evidence | Need::Hops => (asked.is_none_or(|fetched| matches!(fetched.load, Load::Idle)), has_studied),
        _ => (asked.is_none_or(|fetched| matches!(fetched.load, Load::Idle)), has_asked),
    };
    let is_study = matches!(need, Need::Past | Need::Evidence | Need::Hops);
    let trouble = asked.and_then(|fetched| fetched.load.trouble()).or_else(|| studied.filter(|_| is_study).and_then(|study| study.load.trouble()));
    if let Some(trouble) = trouble {
        if !has_value {
            opening::trouble(trouble, pen, area, buf);
            return true;
        }
        let line = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let said = foreign::sanitize(&trouble.what, Limits::CELL);
        text::put(buf, line, line.x, line.y, &text::pad(said.as_str(), usize::from(line.width), text::Align::Left, pen.glyphs), pen.style(Role::Error));
        return false;
    }
    if is_idle || !has_value {
        text::put(buf, area, area.x.saturating_add(2), area.y.saturating_add(1), &format!("asking for {what}…"), pen.style(Role::Muted));
        return true;
    }
    if rows > 0 {
        return false;
    }
    let state = cx.investigation;
    let (said, advice) = if let Some(invisible) = pane.invisible(visit, cx) {
        invisible
    } else if visit.only_new {
        (format!("none of the {what} here is new"), "o lists all of them".to_owned())
    } else if !state.filter_text.is_empty() {
        (format!("no {what} here meet {}", state.filter_text), "/ changes the filter; Esc goes back".to_owned())
    } else if matches!(visit.focus(state.range, state.size), Focus::Shown(_)) {
        (format!("no {what} here"), "t asks for another time range; Esc goes back".to_owned())
    } else {
        (format!("no {what} here"), "h and l move the bucket; Esc goes back".to_owned())
    };
    let said = foreign::sanitize(&said, Limits::CELL).into_string();
    opening::message(&said, Some(&advice), Role::Muted, pen, area, buf);
    true
}
