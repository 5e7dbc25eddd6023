//! The rows of the open tab: which are shown, which is under the cursor, what can be made of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::{Address, Event, Family, Foreign, Load};
use crate::investigation::{Fetched, Focus, Tab, Visit};
use crate::query::filter::{Field, Pattern, Test};
use crate::query::{Filter, TallyRow};
use crate::theme::Role;
use crate::view::{Ctx, event, opening, words};
use crate::widget::text;

/// Where the cursor of a table stands, and which rows are marked.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// The row.
    pub place: usize,
    /// The first row drawn.
    pub offset: usize,
    /// Whether the keys go to the table.
    pub has_keys: bool,
    /// What is marked, on whichever tab.
    pub marks: &'a [Selected],
}

impl Cursor<'_> {
    /// Whether a row of a tally is marked.
    pub(super) fn is_marked(self, tab: Tab, row: &TallyRow) -> bool {
        // Most of the time nothing is.
        !self.marks.is_empty() && Selected::row(tab, row).is_some_and(|row| self.marks.contains(&row))
    }

    /// Whether an event is marked.
    pub(super) fn is_event_marked(self, event: &Event) -> bool {
        self.marks.iter().any(|mark| matches!(mark, Selected::Event(marked) if **marked == *event))
    }
}

/// What a row stands for: under the cursor, or marked.
#[derive(Clone, PartialEq)]
pub(super) enum Selected {
    /// A source.
    Source(Address),
    /// A user.
    User(Foreign),
    /// An event.
    Event(Box<Event>),
}

impl Selected {
    /// What a row of a tally is about.
    fn row(tab: Tab, row: &TallyRow) -> Option<Self> {
        match tab {
            Tab::Sources => Address::clean(row.value.raw()).map(Self::Source),
            Tab::Users => Some(Self::User(row.value.clone())),
            Tab::Events => None,
        }
    }

    /// The tab on which it is a row.
    pub(super) fn tab(&self) -> Tab {
        match self {
            Self::Source(_) => Tab::Sources,
            Self::User(_) => Tab::Users,
            Self::Event(_) => Tab::Events,
        }
    }

    /// The whole row as a line of inert text; its value alone where the table does not hold it at present.
    fn line(&self, visit: &Visit, cx: &Ctx<'_>) -> String {
        let (tally, value) = match self {
            Self::Source(source) => (visit.sources.value(), source.to_string()),
            Self::User(user) => (visit.users.value(), words::inert(user)),
            Self::Event(event) => {
                return event::fields(event).iter().map(|(name, value)| format!("{name}={}", words::inert(value))).collect::<Vec<_>>().join("\t");
            }
        };
        let rows = tally.map(|tally| tally.rows.as_slice()).unwrap_or_default();
        let Some(row) = rows.iter().find(|row| Self::row(self.tab(), row).as_ref() == Some(self)) else { return value };
        let zone = &cx.investigation.zone;
        let users: Vec<String> = row.users.iter().map(words::inert).collect();
        format!(
            "{}\t{}\t{}\t{}\t{}",
            words::inert(&row.value),
            words::day_clock(row.first, zone),
            words::day_clock(row.last, zone),
            words::plural(row.events, "event"),
            users.join(" ")
        )
    }

    /// The condition that an event has this value.
    pub(super) fn condition(&self) -> Option<Filter> {
        let source = |source: Address| Filter::test(Field::SourceIp, Test::Network(source.ip().into()));
        match self {
            Self::Source(address) => Some(source(*address)),
            Self::User(user) => Some(Filter::test(Field::User, Test::Text(Pattern::literal(user.raw())))),
            Self::Event(event) => event.source.map(source),
        }
    }
}

/// Whether a source is new here within what the tabs are about.
pub(super) fn newness(visit: &Visit, cx: &Ctx<'_>) -> impl Fn(Address) -> bool {
    let state = cx.investigation;
    let board = state.board();
    let since = board.map(|board| board.new_since(visit.focus(state.range, state.size).range()));
    let mut newcomers: Vec<Address> = match (board.and_then(|board| visit.lane(board)), since) {
        (Some(lane), Some(since)) => lane.newcomers(since).collect(),
        _ => Vec::new(),
    };
    newcomers.sort_unstable();
    move |source| newcomers.binary_search(&source).is_ok()
}

/// The rows of a tally that are shown.
pub(super) fn tally<'a>(visit: &'a Visit, words: &str, cx: &Ctx<'_>) -> Vec<&'a TallyRow> {
    let is_new = newness(visit, cx);
    let tally = match visit.tab {
        Tab::Sources => visit.sources.value(),
        Tab::Users => visit.users.value(),
        Tab::Events => None,
    };
    let of_newcomer = |row: &TallyRow| match visit.tab {
        Tab::Sources => Address::clean(row.value.raw()).is_some_and(&is_new),
        _ => row.sources.iter().copied().any(&is_new),
    };
    let rows = tally.map(|tally| tally.rows.as_slice()).unwrap_or_default();
    let mut rows: Vec<&TallyRow> =
        rows.iter().filter(|row| (!visit.only_new || of_newcomer(row)) && (words.is_empty() || words::holds(&searched(row), words))).collect();
    // Who came for the first time and got in is what the analyst looks for; between equals the most events stay first.
    rows.sort_by_key(|row| (!of_newcomer(row), std::cmp::Reverse(reach(row))));
    rows
}

/// How far somebody got: 3 to a desktop, 2 to a session, 1 refused, 0 touched.
fn reach(row: &TallyRow) -> u8 {
    let has = |family: Family| row.families.get(family as usize).is_some_and(|number| *number > 0);
    if has(Family::Shell) {
        3
    } else if has(Family::Session) {
        2
    } else {
        u8::from(has(Family::Failed))
    }
}

fn searched(row: &TallyRow) -> String {
    let mut text = row.value.raw().to_owned();
    for user in &row.users {
        text.push(' ');
        text.push_str(user.raw());
    }
    for source in &row.sources {
        text.push(' ');
        text.push_str(&source.to_string());
    }
    text
}

/// The events of the page that are shown.
pub(super) fn events<'a>(visit: &'a Visit, words: &str, cx: &Ctx<'_>) -> Vec<&'a Event> {
    let is_new = newness(visit, cx);
    let events = visit.events.value().map(|page| page.events.as_slice()).unwrap_or_default();
    let text = |event: &Event| event::fields(event).iter().map(|(_, value)| value.raw().to_owned()).collect::<Vec<_>>().join(" ");
    events.iter().filter(|event| (!visit.only_new || event.source.is_some_and(&is_new)) && (words.is_empty() || words::holds(&text(event), words))).collect()
}

/// How many rows are shown.
pub(super) fn len(visit: &Visit, words: &str, cx: &Ctx<'_>) -> usize {
    match visit.tab {
        Tab::Events => events(visit, words, cx).len(),
        _ => tally(visit, words, cx).len(),
    }
}

/// What is under the cursor.
pub(super) fn selected(visit: &Visit, words: &str, place: usize, cx: &Ctx<'_>) -> Option<Selected> {
    let within = |len: usize| place.min(len.saturating_sub(1));
    if visit.tab == Tab::Events {
        let events = events(visit, words, cx);
        return events.get(within(events.len())).map(|event| Selected::Event(Box::new((*event).clone())));
    }
    let rows = tally(visit, words, cx);
    Selected::row(visit.tab, rows.get(within(rows.len()))?)
}

/// What is marked on the open tab as lines of inert text, in the order of marking; the row under the cursor where nothing is.
pub(super) fn copied(visit: &Visit, words: &str, cursor: Cursor<'_>, cx: &Ctx<'_>) -> Option<String> {
    let marked: Vec<String> = cursor.marks.iter().filter(|mark| mark.tab() == visit.tab).map(|mark| mark.line(visit, cx)).collect();
    if !marked.is_empty() {
        return Some(marked.join("\n"));
    }
    Some(selected(visit, words, cursor.place, cx)?.line(visit, cx))
}

/// Says why a table is empty; false where it is not.
pub(super) fn is_waiting<T>(fetched: &Fetched<T>, rows: usize, what: &str, visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) -> bool {
    let pen = cx.pen;
    if let Some(trouble) = fetched.load.trouble() {
        if fetched.value().is_none() {
            opening::trouble(trouble, pen, area, buf);
            return true;
        }
        let line = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let said = crate::domain::foreign::sanitize(&trouble.what, crate::domain::Limits::CELL);
        text::put(buf, line, line.x, line.y, &text::pad(said.as_str(), usize::from(line.width), text::Align::Left, pen.glyphs), pen.style(Role::Error));
        return false;
    }
    match &fetched.load {
        Load::Idle | Load::Loading { previous: None } => {
            text::put(buf, area, area.x.saturating_add(2), area.y.saturating_add(1), &format!("asking for {what}…"), pen.style(Role::Muted));
            true
        }
        _ if rows == 0 => {
            let state = cx.investigation;
            let (said, advice) = if visit.only_new {
                (format!("none of the {what} here is new"), "o lists all of them")
            } else if !state.filter_text.is_empty() {
                (format!("no {what} here meet {}", state.filter_text), "/ changes the filter; Esc goes back")
            } else if matches!(visit.focus(state.range, state.size), Focus::Shown(_)) {
                (format!("no {what} here"), "t asks for another time range; Esc goes back")
            } else {
                (format!("no {what} here"), "h and l move the bucket; Esc goes back")
            };
            opening::message(&said, Some(advice), Role::Muted, pen, area, buf);
            true
        }
        _ => false,
    }
}
