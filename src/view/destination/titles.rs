//! The line of tabs: what each holds, and which stretch of time they are about.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::{Limits, foreign};
use crate::investigation::{Focus, Tab, Visit};
use crate::theme::Role;
use crate::view::{Ctx, tab, words};
use crate::widget::{axis, tabs, text};

/// Draws them. When room runs out the counts of the closed tabs go first, then their titles but three letters, then the
/// day of the time, then the time.
pub(super) fn draw(visit: &Visit, words: &str, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let pen = cx.pen;
    let room = usize::from(area.width);
    let selected = visit.page.tabs().iter().position(|tab| *tab == visit.tab).unwrap_or(0);
    let forms: [Vec<String>; 3] = [Form::Counted, Form::Named, Form::Short].map(|form| titles(visit, form));
    let needed = |titles: &[String]| titles.iter().map(|title| text::width(title).saturating_add(2)).sum::<usize>();
    let said = [about(visit, words, cx, true), about(visit, words, cx, false)];
    let fits = |titles: &[String], said: &str| needed(titles).saturating_add(text::width(said)).saturating_add(1) <= room;
    let choice = forms.iter().flat_map(|titles| said.iter().map(move |said| (titles, said.as_str()))).find(|(titles, said)| fits(titles, said));
    let [.., short] = &forms;
    let (titles, said) = choice.unwrap_or((short, ""));
    let width = u16::try_from(needed(titles)).unwrap_or(u16::MAX).min(area.width);
    tabs::draw(titles, selected, pen, Rect { width, ..area }, buf);
    let role = if visit.only_new || !words.is_empty() { Role::Found } else { Role::Muted };
    text::put_right(buf, area, area.y, said, pen.style(role));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Counted,
    Named,
    Short,
}

fn titles(visit: &Visit, form: Form) -> Vec<String> {
    let title = |tab: &Tab| {
        let is_open = *tab == visit.tab;
        let count = tab::of(*tab).count(visit).filter(|_| is_open || form == Form::Counted);
        let name = if is_open || form != Form::Short { tab.name() } else { tab.short() };
        count.map_or_else(|| name.to_owned(), |count| format!("{name} {}", words::count(count)))
    };
    visit.page.tabs().iter().map(title).collect()
}

/// Which rows of which time are shown.
fn about(visit: &Visit, words: &str, cx: &Ctx<'_>, with_day: bool) -> String {
    let state = cx.investigation;
    let moment = |time| if with_day { axis::moment(time, &state.zone) } else { axis::clock(time, &state.zone) };
    let said = match visit.focus(state.range, state.size) {
        Focus::Brushed(range) => format!("range {} to {}", moment(range.from), axis::clock(range.to, &state.zone)),
        Focus::Bucket(range) => format!("bucket {}", moment(range.from)),
        Focus::Shown(_) => "whole range".to_owned(),
    };
    let only_new = if visit.only_new { "only new, " } else { "" };
    let found = if words.is_empty() { String::new() } else { format!("/{}, ", foreign::sanitize(words, Limits::CELL)) };
    format!("{found}{only_new}{said}")
}
