//! Screen 1: one row per destination with the figures that decide where to look first, and its lane.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::filter::FilterPrompt;
use super::list::{List, Rows};
use super::why::WhyView;
use super::{Ctx, Outcome, View, Want, opening, words};
use crate::domain::finding::Standing;
use crate::domain::{Address, Range, Severity};
use crate::investigation::{Action, Board, Lane, Late, Msg, Subject, campaign};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::lane::Slice;
use crate::widget::table::{self, Cell, Column, Direction, Table};
use crate::widget::text::{self, Align};
use crate::widget::{axis, severity};

const SCORE: usize = 0;
const DESTINATION: usize = 1;
const NAME: usize = 2;
const NOW: usize = 3;
const TYPICAL: usize = 4;
const NEW: usize = 5;
const PEAK: usize = 6;
const LANE: usize = 7;
const CAMPAIGN: usize = 8;

/// Most lines that trouble takes from the list.
const TROUBLE: u16 = 3;

/// The columns of a list `width` wide over so many buckets. Name goes first when room runs out, then new, then typical;
/// the lane keeps a good part of the width, but no more than it has buckets, or than words in its place need to be understood.
fn columns(width: u16, buckets: usize, label: usize, has_words: bool, has_campaigns: bool) -> Vec<Column> {
    let least = if has_words { 24 } else { 13 };
    let lane = (width / 10).saturating_mul(3).max(24).min(u16::try_from(buckets).unwrap_or(u16::MAX)).max(least);
    let label = u16::try_from(label).unwrap_or(u16::MAX).clamp(11, if width < 120 { 20 } else { 39 });
    let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
    let mut columns = vec![
        column("score", 7, 7, 250, Align::Right),
        column("destination", label, label, 255, Align::Left),
        column("name", 8, if width < 120 { 12 } else { 20 }, 1, Align::Left),
        column("now", 4, 5, 200, Align::Right),
        column("typ", 4, 4, 3, Align::Right),
        column("new", 4, 5, 2, Align::Right),
        column("peak", 4, 5, 4, Align::Right),
        column("", lane, u16::MAX, 240, Align::Left),
    ];
    if has_campaigns {
        columns.push(column("with", 6, 6, 245, Align::Left));
    }
    columns
}

/// The list.
#[derive(Default)]
pub struct Destinations {
    list: List,
    words: String,
    /// Whether destinations hit by the same sources stand together.
    is_grouped: bool,
}

/// A destination with what it is sorted by.
struct Row<'a> {
    lane: &'a Lane,
    score: Option<f64>,
    now: u32,
    new: usize,
    /// What it stands together with others by.
    together: Option<Together>,
}

/// Why destinations stand together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Together {
    /// They are one incident, of this number and so many destinations.
    Incident(usize, usize),
    /// They are hit by the same sources, though nothing of it is anomalous: number and how many destinations.
    Campaign(usize, usize),
}

/// The lanes of a board as rows, highest score first.
struct LaneRows<'a> {
    rows: Vec<Row<'a>>,
    board: &'a Board,
    is_grouped: bool,
    cx: Ctx<'a>,
}

impl<'a> LaneRows<'a> {
    fn of(board: &'a Board, is_grouped: bool, cx: &Ctx<'a>) -> Self {
        let since = board.new_since(board.range);
        let row = |lane: &'a Lane| Row {
            lane,
            score: lane.score(),
            now: lane.cells.last().map_or(0, |cell| cell.count),
            new: lane.newcomers(since).count(),
            together: None,
        };
        let mut rows: Vec<Row<'a>> = board.lanes.iter().map(row).collect();
        // The name decides between equals, so that rows do not jump.
        rows.sort_by(|one, two| by_score(two, one).then_with(|| one.lane.label.cmp(&two.lane.label)));
        if is_grouped {
            group(&mut rows, board);
        }
        Self { rows, board, is_grouped, cx: *cx }
    }
}

/// Puts the destinations of each incident together, and of the others those that are hit by the same sources, where the first of
/// them stands.
fn group(rows: &mut [Row<'_>], board: &Board) {
    for row in rows.iter_mut() {
        row.together = board.incident(row.lane).map(|incident| Together::Incident(incident.number, incident.destinations));
    }
    // Whoever is part of an incident has its company there.
    let sources = |row: &Row<'_>| match row.together {
        Some(_) => Vec::new(),
        None => row.lane.first_seen.iter().map(|(source, _)| *source).collect(),
    };
    let sets: Vec<Vec<Address>> = rows.iter().map(sources).collect();
    let campaigns = campaign::campaigns(&sets);
    for (row, number) in rows.iter_mut().zip(&campaigns) {
        let hit = |number: usize| campaigns.iter().filter(|other| **other == Some(number)).count();
        row.together = row.together.or(number.map(|number| Together::Campaign(number, hit(number))));
    }
    let of: Vec<Option<Together>> = rows.iter().map(|row| row.together).collect();
    let first: BTreeMap<Together, usize> = of.iter().enumerate().rev().filter_map(|(place, together)| Some(((*together)?, place))).collect();
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by_key(|place| (of.get(*place).copied().flatten().and_then(|number| first.get(&number).copied()).unwrap_or(*place), *place));
    let rank: BTreeMap<usize, usize> = places.into_iter().zip(0..).collect();
    let mut ranked: Vec<(usize, usize)> = (0..rows.len()).filter_map(|place| Some((*rank.get(&place)?, place))).collect();
    // In place: each row is swapped to where it belongs.
    for place in 0..ranked.len() {
        while let Some(to) = ranked.get(place).map(|(rank, _)| *rank).filter(|rank| *rank != place) {
            rows.swap(place, to);
            ranked.swap(place, to);
        }
    }
}

fn by_score(one: &Row<'_>, two: &Row<'_>) -> Ordering {
    let peak = |row: &Row<'_>| row.lane.cells.peak();
    one.score.unwrap_or(-1.0).total_cmp(&two.score.unwrap_or(-1.0)).then_with(|| peak(one).cmp(&peak(two)))
}

impl Rows for LaneRows<'_> {
    fn columns(&self, width: u16, seen: &[usize]) -> Vec<Column> {
        let label = seen.iter().filter_map(|row| self.rows.get(*row)).map(|row| text::width(row.lane.label.safe().as_str())).max().unwrap_or(0);
        let has_words = self.board.is_judged && self.rows.iter().any(|row| row.score.is_none());
        columns(width, self.board.buckets(), label, has_words, self.is_grouped)
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        self.rows.get(row).map_or(Cell::Text(Vec::new()), |row| cell(row, column, width, self.board, &self.cx))
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two)) = (self.rows.get(one), self.rows.get(two)) else { return Ordering::Equal };
        let typical = |row: &Row<'_>| row.lane.cells.last().and_then(|cell| cell.typical).unwrap_or(-1.0);
        match column {
            SCORE => by_score(one, two),
            DESTINATION => one.lane.destination.cmp(&two.lane.destination),
            NAME => one.lane.name.cmp(&two.lane.name),
            NOW => one.now.cmp(&two.now),
            TYPICAL => typical(one).total_cmp(&typical(two)),
            NEW => one.new.cmp(&two.new),
            CAMPAIGN => one.together.cmp(&two.together),
            PEAK => one.lane.cells.peak().cmp(&two.lane.cells.peak()),
            _ => Ordering::Equal,
        }
    }

    fn natural(&self) -> Option<(usize, Direction)> {
        Some((SCORE, Direction::Descending))
    }

    fn order(&self) -> &'static str {
        "score, then most sources at once"
    }

    fn sort(&self) -> &'static str {
        "destination"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.rows.get(row).map(|row| Subject::Destination(Arc::clone(&row.lane.destination)))
    }

    fn text(&self, row: usize) -> String {
        self.rows.get(row).map(|row| searched(row.lane)).unwrap_or_default()
    }

    fn line(&self, row: usize) -> String {
        let Some(row) = self.rows.get(row) else { return String::new() };
        let name = row.lane.name.as_ref().map(words::inert).unwrap_or_default();
        format!("{}\t{name}\tscore {}\t{} now\t{} new", words::inert(&row.lane.label), words::score(row.score), row.now, row.new)
    }

    fn open(&self, row: usize) -> Option<Want> {
        self.rows.get(row).map(|row| Want::Msg(Msg::Visited(Arc::clone(&row.lane.destination))))
    }
}

/// What words are looked for in.
fn searched(lane: &Lane) -> String {
    let mut text = String::new();
    for address in &lane.destination.addresses {
        text.push_str(&address.to_string());
        text.push(' ');
    }
    for host in &lane.destination.hosts {
        text.push_str(host.raw());
        text.push(' ');
    }
    text
}

impl View for Destinations {
    fn id(&self) -> &'static str {
        "destinations"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Why, Action::Filter, Action::Sort, Action::TimeRange, Action::BucketSize, Action::Pause, Action::Palette]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        match action {
            Action::Filter => return Outcome::Consumed(vec![Want::Layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text)))]),
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                return Outcome::done();
            }
            Action::Back => return Outcome::Consumed(vec![Want::Say("this is the first screen; q leaves the program".to_owned())]),
            _ => {}
        }
        let Some(board) = cx.investigation.board() else { return Outcome::Ignored };
        let rows = LaneRows::of(board, self.is_grouped, cx);
        let height = Table::height(cx.area);
        match action {
            Action::NextAnomaly | Action::PreviousAnomaly => {
                let is_odd = |row: usize| rows.rows.get(row).and_then(|row| row.score).is_some_and(|score| score >= crate::domain::finding::ANOMALOUS);
                if self.list.seek(&rows, &self.words, action == Action::NextAnomaly, height, is_odd) {
                    Outcome::done()
                } else {
                    Outcome::Consumed(vec![Want::Say("no further destination is anomalous".to_owned())])
                }
            }
            Action::Why => {
                let Some(row) = self.list.row(&rows, &self.words).and_then(|row| rows.rows.get(row)) else { return Outcome::done() };
                let at = row.lane.worst().map_or(board.range.from, |place| board.at(place));
                Outcome::Consumed(vec![Want::Layer(Box::new(WhyView::at(Arc::clone(&row.lane.destination), at)))])
            }
            Action::Group => {
                self.is_grouped = !self.is_grouped;
                let rows = LaneRows::of(board, self.is_grouped, cx);
                let campaigns = rows.rows.iter().filter_map(|row| if let Some(Together::Campaign(number, _)) = row.together { Some(number) } else { None });
                let said = match (self.is_grouped, board.incidents.len(), campaigns.max().unwrap_or(0)) {
                    (false, ..) => "each destination stands by itself".to_owned(),
                    (true, 0, 0) => "no incident, and no destinations are hit by the same sources".to_owned(),
                    (true, 0, campaigns) => {
                        format!("{}: destinations that share at least half of their sources", words::plural(campaigns as u64, "campaign"))
                    }
                    (true, incidents, 0) => format!("! {}: one cause by shared sources or a server come through", words::plural(incidents as u64, "incident")),
                    (true, incidents, campaigns) => format!(
                        "! {}: one cause; # {}: at least half of the sources shared",
                        words::plural(incidents as u64, "incident"),
                        words::plural(campaigns as u64, "campaign")
                    ),
                };
                Outcome::Consumed(vec![Want::Say(said)])
            }
            _ => self.list.act(action, &rows, &self.words, height, cx).unwrap_or(Outcome::Ignored),
        }
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
        let state = cx.investigation;
        let pen = cx.pen;
        let Some(board) = state
            .board()
            .filter(|board| !board.lanes.is_empty() || state.overview.value().is_none_or(|overview| overview.extent.is_some() || overview.is_live))
        else {
            return waiting(cx, area, buf);
        };
        let rows = LaneRows::of(board, self.is_grouped, cx);
        if self.list.row(&rows, &self.words).is_none() {
            let range = format!("{} to {}", axis::moment(board.range.from, &state.zone), axis::moment(board.range.to, &state.zone));
            let (what, advice) = if !self.words.is_empty() {
                (format!("no destination holds {:?}", self.words), "Esc takes the words away".to_owned())
            } else if state.filter_text.is_empty() {
                (format!("no RDP connection, logon or failure was found from {range}"), "t asks for another time range; i shows what was asked".to_owned())
            } else {
                (format!("nothing from {range} meets {}", state.filter_text), "/ changes the filter; t asks for another time range".to_owned())
            };
            // The header may have no room for it, and nothing found is not nothing there.
            let partial = state.completeness().filter(|completeness| !completeness.is_whole());
            let what = partial.map_or_else(|| what.clone(), |partial| format!("{what}, but the answer is partial: {}", partial.words()));
            return opening::message(&what, Some(&advice), Role::Text, pen, area, buf);
        }
        self.list.draw(&rows, &self.words, true, cx, area, buf);
        head_of_lanes(board, &self.list.columns(&rows, &self.words, area), cx, area, buf);
        if let Some(trouble) = state.arrivals.load.trouble() {
            let said = crate::domain::foreign::sanitize(
                &format!("{}{}", trouble.what, trouble.advice.as_deref().map(|advice| format!("; {advice}")).unwrap_or_default()),
                crate::domain::Limits::CELL,
            );
            // Cut to one line, a narrow screen would lose what is wrong and what to do.
            let lines = text::wrap(said.as_str(), usize::from(area.width));
            let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(TROUBLE).min(area.height);
            let rows = Rect { y: area.bottom().saturating_sub(height), height, ..area };
            for (line, y) in lines.iter().zip(rows.top()..rows.bottom()) {
                text::put(buf, rows, rows.x, y, &text::pad(line, usize::from(rows.width), Align::Left, pen.glyphs), pen.style(Role::Error));
            }
        }
    }
}

/// Before the first picture.
fn waiting(cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let state = cx.investigation;
    let trouble = state.overview.load.trouble().or(state.arrivals.load.trouble()).or(state.counted.load.trouble());
    if let Some(trouble) = trouble {
        return opening::trouble(trouble, cx.pen, area, buf);
    }
    let what = match state.overview.value() {
        None => "asking what there is…".to_owned(),
        Some(overview) if overview.extent.is_none() && !overview.is_live => {
            let advice = "the header says what was skipped; counts --format json reports on every file";
            return opening::message("there is no RDP event in what was opened", Some(advice), Role::Text, cx.pen, area, buf);
        }
        Some(_) => format!("asking who reached what, {}…", state.period.name()),
    };
    opening::message(&what, None, Role::Muted, cx.pen, area, buf);
    if let Some(progress) = state.arrivals.progress.or(state.overview.progress) {
        let card = crate::widget::popup::place(area, 60, 3);
        let bar = Rect { y: card.y.saturating_add(2), height: card.height.saturating_sub(2), ..card };
        crate::widget::gauge::draw(progress.done, progress.of, cx.pen, bar, buf);
    }
}

/// The latest cells of a lane as the widget wants them, as many as a screen is wide: a range may hold years of buckets.
pub fn slices(lane: &Lane, width: usize, board: &Board, late: &Late) -> Vec<Slice> {
    let severity = |cell: &crate::investigation::Cell| if board.is_judged { cell.severity() } else { None };
    let slice = |cell: &crate::investigation::Cell| {
        if cell.is_gap && cell.count == 0 { Slice::Gap } else { Slice::Count { count: cell.count, severity: severity(cell) } }
    };
    if late.of(&lane.destination, board.range).is_none() {
        return lane.cells.tail(width).map(slice).collect();
    }
    let first = board.buckets().saturating_sub(width);
    let is_late = |place: usize| late.of(&lane.destination, Range { from: board.at(place), to: board.at(place.saturating_add(1)) }).is_some();
    let marked = |(place, cell): (usize, &crate::investigation::Cell)| {
        if is_late(first.saturating_add(place)) { Slice::Late { count: cell.count, severity: severity(cell) } } else { slice(cell) }
    };
    lane.cells.tail(width).enumerate().map(marked).collect()
}

fn cell(row: &Row<'_>, column: usize, width: u16, board: &Board, cx: &Ctx<'_>) -> Cell<'static> {
    let pen = cx.pen;
    let plain = pen.style(Role::Text);
    let muted = pen.style(Role::Muted);
    let band = row.score.map(Severity::of);
    match column {
        SCORE if !board.is_judged => Cell::text("… ", muted),
        SCORE => {
            let style = pen.style(severity::role(band));
            let worst = row.lane.worst().and_then(|place| row.lane.cells.get(place));
            let several =
                if worst.is_some_and(|cell| band >= Some(Severity::Minor) && cell.is_multi_bucket(board.size.seconds())) { pen.glyphs.several() } else { " " };
            let marks = format!(" {}{several}", severity::mark(band, pen.glyphs));
            Cell::Text(vec![Span::styled(stood(row), style), Span::styled(marks, style)])
        }
        DESTINATION => Cell::Text(text::spans(&row.lane.label.safe(), plain, pen.style(Role::Cleaned))),
        NAME => Cell::Text(row.lane.name.as_ref().map(|name| text::spans(&name.safe(), plain, pen.style(Role::Cleaned))).unwrap_or_default()),
        NOW => Cell::text(words::count(u64::from(row.now)), if row.now == 0 { muted } else { plain }),
        TYPICAL => Cell::text(words::typical(row.lane.cells.last().and_then(|cell| cell.typical)), muted),
        NEW => Cell::text(words::count(row.new as u64), if row.new == 0 { muted } else { pen.style(Role::SourceNew) }),
        PEAK => Cell::text(words::count(u64::from(row.lane.cells.peak())), muted),
        CAMPAIGN => match row.together {
            Some(Together::Incident(number, hit)) => Cell::text(format!("!{number} x{hit}"), pen.style(severity::role(band))),
            Some(Together::Campaign(number, hit)) => Cell::text(format!("#{number} x{hit}"), pen.style(Role::SourceNew)),
            None => Cell::text("-", muted),
        },
        LANE => {
            // What was counted of an incomplete answer is still worth seeing.
            if board.is_judged && row.score.is_none() && row.lane.standing() != Some(Standing::Partial) {
                return short_history(row.lane, muted);
            }
            Cell::Lane { slices: Cow::Owned(slices(row.lane, usize::from(width), board, &cx.investigation.late)), max: row.lane.cells.peak() }
        }
        _ => Cell::Text(Vec::new()),
    }
}

/// The score, or the word that stands in its place.
fn stood(row: &Row<'_>) -> String {
    match (row.lane.standing(), row.score) {
        (Some(Standing::New), Some(_)) => "new".to_owned(),
        (Some(Standing::Partial), None) => "part".to_owned(),
        (_, score) => words::score(score),
    }
}

/// No baseline, no verdict: what the detector said instead of one.
fn short_history(lane: &Lane, style: Style) -> Cell<'static> {
    let said = lane.cells.filled().rev().find_map(|(_, cell)| cell.reason.clone());
    Cell::text(said.map_or_else(|| "not enough history".to_owned(), |said| said.to_string()), style)
}

/// The time range over the lanes, of the buckets that fit.
fn head_of_lanes(board: &Board, columns: &[Column], cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let Some(place) = table::layout(columns, area.width).into_iter().find(|place| place.column == LANE) else { return };
    let buckets = board.buckets();
    let shown = buckets.min(usize::from(place.width));
    let range = Range { from: board.at(buckets.saturating_sub(shown)), to: board.range.to };
    let width = u16::try_from(shown.max(13)).unwrap_or(u16::MAX).min(place.width);
    let head = Rect { x: area.x.saturating_add(place.x), width, height: area.height.min(1), ..area };
    axis::draw(range, &cx.investigation.zone, cx.pen, head, buf);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_buckets_leave_room_for_names_and_words_in_their_place_room_to_be_read() {
        assert_eq!(
            [columns(80, 2, 11, false, false), columns(80, 2, 11, true, false), columns(80, 96, 11, true, false)].map(|columns| columns[LANE].min),
            [13, 24, 24]
        );
    }
}
