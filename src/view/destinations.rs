//! Screen 1: one row per destination with the figures that decide where to look first, and its lane.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::filter::FilterPrompt;
use super::{Ctx, Outcome, View, Want, moved, opening, words};
use crate::domain::{Destination, Range, Severity};
use crate::investigation::{Action, Board, Effect, Lane, Late, Msg};
use crate::keymap::Mode;
use crate::query::Filter;
use crate::query::filter::{Field, Pattern, Test};
use crate::theme::Role;
use crate::widget::lane::Slice;
use crate::widget::table::{self, Cell, Column, Direction, Highlight, Table};
use crate::widget::text::{self, Align};
use crate::widget::{axis, severity};

/// By what the rows are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Sort {
    /// Highest score first.
    #[default]
    Score,
    /// Most sources in the latest bucket first.
    Now,
    /// Most new sources first.
    New,
    /// By name.
    Name,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Score, Self::Now, Self::New, Self::Name];

    fn next(self) -> Self {
        Self::ALL.iter().cycle().skip_while(|sort| **sort != self).nth(1).copied().unwrap_or_default()
    }

    const fn column(self) -> usize {
        match self {
            Self::Score => SCORE,
            Self::Now => NOW,
            Self::New => NEW,
            Self::Name => DESTINATION,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Now => "sources now",
            Self::New => "new sources",
            Self::Name => "name",
        }
    }
}

const SCORE: usize = 0;
const DESTINATION: usize = 1;
const NAME: usize = 2;
const NOW: usize = 3;
const TYPICAL: usize = 4;
const NEW: usize = 5;
const PEAK: usize = 6;
const LANE: usize = 7;

/// The columns of a list `width` wide over so many buckets. Name goes first when room runs out, then new, then typical;
/// the lane keeps a good part of the width, but no more than it has buckets, or than words in its place need to be understood.
fn columns(width: u16, buckets: usize, label: usize, has_words: bool) -> [Column; 8] {
    let least = if has_words { 24 } else { 13 };
    let lane = (width / 10).saturating_mul(3).max(24).min(u16::try_from(buckets).unwrap_or(u16::MAX)).max(least);
    let label = u16::try_from(label).unwrap_or(u16::MAX).clamp(11, if width < 120 { 20 } else { 39 });
    let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
    [
        column("score", 6, 6, 250, Align::Right),
        column("destination", label, label, 255, Align::Left),
        column("name", 8, if width < 120 { 12 } else { 20 }, 1, Align::Left),
        column("now", 4, 5, 200, Align::Right),
        column("typ", 4, 4, 3, Align::Right),
        column("new", 4, 5, 2, Align::Right),
        column("peak", 4, 5, 4, Align::Right),
        column("", lane, u16::MAX, 240, Align::Left),
    ]
}

/// The list.
#[derive(Default)]
pub struct Destinations {
    /// The destination under the cursor; the first row until somebody moves.
    selected: Option<Arc<Destination>>,
    offset: usize,
    sort: Sort,
    is_reversed: bool,
    words: String,
    /// Marked, in the order of marking. A mark outlives whatever hides its row.
    marks: Vec<Arc<Destination>>,
}

/// A destination with what it is sorted by.
struct Row<'a> {
    lane: &'a Lane,
    score: Option<f64>,
    now: u32,
    new: usize,
}

impl<'a> Row<'a> {
    fn of(lane: &'a Lane, since: i64) -> Self {
        Self { lane, score: lane.score(), now: lane.cells.last().map_or(0, |cell| cell.count), new: lane.newcomers(since).count() }
    }
}

/// A row as a line of inert text.
fn line(row: &Row<'_>) -> String {
    let name = row.lane.name.as_ref().map(words::inert).unwrap_or_default();
    format!("{}\t{name}\tscore {}\t{} now\t{} new", words::inert(&row.lane.label), words::score(row.score), row.now, row.new)
}

impl Destinations {
    fn rows<'a>(&self, board: &'a Board) -> Vec<Row<'a>> {
        let since = board.new_since(board.range);
        let mut rows: Vec<Row<'a>> =
            board.lanes.iter().filter(|lane| self.words.is_empty() || words::holds(&searched(lane), &self.words)).map(|lane| Row::of(lane, since)).collect();
        rows.sort_by(|one, two| {
            let order = self.compare(one, two);
            // The name decides between equals either way, so that rows do not jump.
            (if self.is_reversed { order.reverse() } else { order }).then_with(|| one.lane.label.cmp(&two.lane.label))
        });
        rows
    }

    fn compare(&self, one: &Row<'_>, two: &Row<'_>) -> Ordering {
        let peak = |row: &Row<'_>| row.lane.cells.peak();
        match self.sort {
            Sort::Score => two.score.unwrap_or(-1.0).total_cmp(&one.score.unwrap_or(-1.0)).then_with(|| peak(two).cmp(&peak(one))),
            Sort::Now => two.now.cmp(&one.now),
            Sort::New => two.new.cmp(&one.new),
            Sort::Name => one.lane.destination.cmp(&two.lane.destination),
        }
    }

    /// The lanes that are marked: a destination whose further names have come to light keeps its mark.
    fn marked<'a>(&self, board: &'a Board) -> BTreeSet<&'a Destination> {
        self.marks.iter().filter_map(|mark| board.lane(mark)).map(|lane| &*lane.destination).collect()
    }

    /// Marks a row or takes the mark away.
    fn mark(&mut self, destination: &Arc<Destination>, board: &Board) {
        let is_it = |mark: &Arc<Destination>| board.lane(mark).is_some_and(|lane| *lane.destination == **destination);
        let before = self.marks.len();
        self.marks.retain(|mark| !is_it(mark));
        if self.marks.len() == before {
            self.marks.push(Arc::clone(destination));
        }
    }

    /// What is marked as lines of inert text, or the row under the cursor where nothing is. A mark without a row is copied by name.
    fn copied(&self, row: &Row<'_>, board: &Board) -> String {
        if self.marks.is_empty() {
            return line(row);
        }
        let since = board.new_since(board.range);
        let line = |mark: &Arc<Destination>| board.lane(mark).map_or_else(|| words::inert(&mark.label()), |lane| line(&Row::of(lane, since)));
        self.marks.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn place(&self, rows: &[Row<'_>]) -> usize {
        let is_same = |row: &Row<'_>, wanted: &Destination| *row.lane.destination == *wanted;
        self.selected.as_ref().and_then(|wanted| rows.iter().position(|row| is_same(row, wanted))).unwrap_or(0)
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

/// The condition that an event is about this destination.
pub fn condition(destination: &Destination) -> Filter {
    let addresses = destination.addresses.iter().map(|address| Filter::test(Field::DestinationIp, Test::Network(address.ip().into())));
    let hosts = destination.hosts.iter().map(|host| Filter::test(Field::Host, Test::Text(Pattern::literal(host.raw()))));
    Filter::any(addresses.chain(hosts))
}

/// The present filter and `more`, or all but `more`.
pub fn filtered(cx: &Ctx<'_>, more: Filter, is_for: bool) -> Outcome {
    let more = if is_for { more } else { more.negated() };
    let filter = cx.investigation.filter.clone().and(more);
    Outcome::msg(Msg::FilterSet { text: filter.to_string(), filter })
}

impl View for Destinations {
    fn id(&self) -> &'static str {
        "destinations"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Filter, Action::Sort, Action::TimeRange, Action::BucketSize, Action::Pause, Action::Palette]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        match action {
            Action::Filter => return Outcome::Consumed(vec![Want::Layer(Box::new(FilterPrompt::new(&self.words, &cx.investigation.filter_text)))]),
            Action::Sort => {
                self.sort = self.sort.next();
                return Outcome::Consumed(vec![Want::Say(format!("sorted by {}", self.sort.word()))]);
            }
            Action::ReverseSort => {
                self.is_reversed = !self.is_reversed;
                return Outcome::done();
            }
            Action::Back if !self.words.is_empty() => {
                self.words.clear();
                return Outcome::done();
            }
            Action::Back => return Outcome::Consumed(vec![Want::Say("this is the first screen; q leaves the program".to_owned())]),
            _ => {}
        }
        let Some(board) = cx.investigation.board() else { return Outcome::Ignored };
        let rows = self.rows(board);
        let place = self.place(&rows);
        let height = Table::height(cx.area);
        if let Some(to) = moved(action, place, rows.len(), height) {
            self.selected = rows.get(to).map(|row| Arc::clone(&row.lane.destination));
            self.offset = table::window(to, table::window(place, self.offset, height), height);
            return Outcome::done();
        }
        let Some(row) = rows.get(place) else { return Outcome::Ignored };
        match action {
            Action::Enter => {
                let destination = Arc::clone(&row.lane.destination);
                self.selected = Some(Arc::clone(&destination));
                Outcome::msg(Msg::Visited(destination))
            }
            Action::NextAnomaly | Action::PreviousAnomaly => {
                let is_odd = |row: &Row<'_>| row.score.is_some_and(|score| score >= crate::domain::finding::ANOMALOUS);
                let found = if action == Action::NextAnomaly {
                    rows.iter().enumerate().skip(place.saturating_add(1)).find(|(_, row)| is_odd(row))
                } else {
                    rows.iter().enumerate().take(place).rev().find(|(_, row)| is_odd(row))
                };
                match found {
                    Some((to, row)) => {
                        self.selected = Some(Arc::clone(&row.lane.destination));
                        self.offset = table::window(to, self.offset, height);
                        Outcome::done()
                    }
                    None => Outcome::Consumed(vec![Want::Say("no further destination is anomalous".to_owned())]),
                }
            }
            Action::FilterFor => filtered(cx, condition(&row.lane.destination), true),
            Action::FilterOut => filtered(cx, condition(&row.lane.destination), false),
            Action::Mark => {
                let destination = Arc::clone(&row.lane.destination);
                // The cursor stays with the row it marked, wherever the row moves next.
                self.selected = Some(Arc::clone(&destination));
                self.mark(&destination, board);
                Outcome::Consumed(vec![Want::Say(words::marked(self.marks.len()))])
            }
            Action::Copy => Outcome::Consumed(vec![Want::Effect(Effect::Copy(self.copied(row, board)))]),
            _ => Outcome::Ignored,
        }
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
        let rows = self.rows(board);
        if rows.is_empty() {
            let range = format!("{} to {}", axis::moment(board.range.from, &state.zone), axis::moment(board.range.to, &state.zone));
            let (what, advice) = if !self.words.is_empty() {
                (format!("no destination holds {:?}", self.words), "Esc takes the words away".to_owned())
            } else if state.filter_text.is_empty() {
                (format!("no RDP connection, logon or failure was found from {range}"), "t asks for another time range; i shows what was asked".to_owned())
            } else {
                (format!("nothing from {range} meets {}", state.filter_text), "/ changes the filter; t asks for another time range".to_owned())
            };
            return opening::message(&what, Some(&advice), Role::Text, pen, area, buf);
        }
        let place = self.place(&rows);
        let height = Table::height(area);
        let offset = table::window(place, self.offset, height).min(rows.len().saturating_sub(1));
        let seen: Vec<(usize, Vec<Slice>)> = rows
            .iter()
            .enumerate()
            .skip(offset)
            .take(height)
            .map(|(number, row)| (number, slices(row.lane, usize::from(area.width), board, &state.late)))
            .collect();
        let label = rows.iter().skip(offset).take(height).map(|row| text::width(row.lane.label.safe().as_str())).max().unwrap_or(0);
        let has_words = board.is_judged && rows.iter().any(|row| row.score.is_none());
        let columns = columns(area.width, board.buckets(), label, has_words);
        let marked = self.marked(board);
        let table = Table {
            columns: &columns,
            rows: rows.len(),
            offset,
            selected: Some(place),
            column: None,
            sort: Some((self.sort.column(), if (self.sort == Sort::Name) == self.is_reversed { Direction::Descending } else { Direction::Ascending })),
            highlight: Highlight::Key,
            cell: &|number, column, _| {
                let slices = number.checked_sub(offset).and_then(|place| seen.get(place)).map_or(&[][..], |(_, slices)| slices);
                rows.get(number).map_or(Cell::Text(Vec::new()), |row| cell(row, column, slices, board, cx))
            },
            marked: &|number| rows.get(number).is_some_and(|row| marked.contains(&*row.lane.destination)),
        };
        table.draw(pen, area, buf);
        head_of_lanes(board, &columns, cx, area, buf);
        if let Some(trouble) = state.arrivals.load.trouble() {
            let line = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
            let said = crate::domain::foreign::sanitize(
                &format!("{}{}", trouble.what, trouble.advice.as_deref().map(|advice| format!("; {advice}")).unwrap_or_default()),
                crate::domain::Limits::CELL,
            );
            text::put(buf, line, line.x, line.y, &text::pad(said.as_str(), usize::from(line.width), Align::Left, pen.glyphs), pen.style(Role::Error));
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
    let slice = |cell: &crate::investigation::Cell| Slice::Count { count: cell.count, severity: severity(cell) };
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

fn cell<'a>(row: &Row<'_>, column: usize, slices: &'a [Slice], board: &Board, cx: &Ctx<'a>) -> Cell<'a> {
    let pen = cx.pen;
    let plain = pen.style(Role::Text);
    let muted = pen.style(Role::Muted);
    let band = row.score.map(Severity::of);
    match column {
        SCORE if !board.is_judged => Cell::text("… ", muted),
        SCORE => {
            let style = pen.style(severity::role(band));
            Cell::Text(vec![Span::styled(words::score(row.score), style), Span::styled(format!(" {}", severity::mark(band, pen.glyphs)), style)])
        }
        DESTINATION => Cell::Text(text::spans(&row.lane.label.safe(), plain, pen.style(Role::Cleaned))),
        NAME => Cell::Text(row.lane.name.as_ref().map(|name| text::spans(&name.safe(), plain, pen.style(Role::Cleaned))).unwrap_or_default()),
        NOW => Cell::text(words::count(u64::from(row.now)), if row.now == 0 { muted } else { plain }),
        TYPICAL => Cell::text(words::typical(row.lane.cells.last().and_then(|cell| cell.typical)), muted),
        NEW => Cell::text(words::count(row.new as u64), if row.new == 0 { muted } else { pen.style(Role::SourceNew) }),
        PEAK => Cell::text(words::count(u64::from(row.lane.cells.peak())), muted),
        LANE => {
            if board.is_judged && row.score.is_none() {
                return short_history(row.lane, muted);
            }
            Cell::Lane { slices, max: row.lane.cells.peak() }
        }
        _ => Cell::Text(Vec::new()),
    }
}

/// No baseline, no verdict: what the detector said instead of one.
fn short_history<'a>(lane: &Lane, style: Style) -> Cell<'a> {
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
        assert_eq!([columns(80, 2, 11, false), columns(80, 2, 11, true), columns(80, 96, 11, true)].map(|columns| columns[LANE].min), [13, 24, 24]);
    }
}
