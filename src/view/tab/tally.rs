//! Rows that count the values of a field: each tab picks the measures that its columns show.

use std::cmp::{Ordering, Reverse};

use ratatui::text::Span;

use crate::domain::stage::{Ladder, Stage, Step};
use crate::domain::{Address, Destination, Family, TagSort};
use crate::investigation::{Evidence, Subject, Visit};
use crate::query::{TallyBy, TallyRow};
use crate::theme::Role;
use crate::view::list::Rows;
use crate::view::words::Moment;
use crate::view::{Ctx, words};
use crate::widget::Pen;
use crate::widget::table::{Cell, Column};
use crate::widget::text::{self, Align};

/// What a column shows of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// The value itself.
    Value,
    /// The host name beside the address of a destination.
    Name,
    /// Whether the value is new.
    New,
    /// How far somebody got.
    Outcome,
    /// The first event.
    First,
    /// The last event.
    Last,
    /// How many events.
    Events,
    /// How many destinations beside the one looked at.
    AlsoTo,
    /// How many destinations.
    Destinations,
    /// The users.
    Users,
    /// How many sources.
    Sources,
    /// How many of them are new.
    NewSources,
    /// How many logons got through.
    Sessions,
    /// How many were refused.
    Failed,
    /// Why they were refused, and from where they came.
    From,
    /// What each got from each of the first sources: a matrix, one sign a source.
    BySource,
    /// What is known of the address beside the events, and its name in them.
    Marks,
}

/// A measure as a column: which, its title, its widths, and how long it stays when room runs out.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// What it shows.
    pub measure: Measure,
    /// Its title.
    pub title: &'static str,
    /// The least and the most columns of the screen; those of times follow from the times.
    pub wide: (u16, u16),
    /// As [`Column::keep`].
    pub keep: u8,
}

/// A measure as a column.
pub const fn shown(measure: Measure, title: &'static str, wide: (u16, u16), keep: u8) -> Shown {
    Shown { measure, title, wide, keep }
}

/// The rows of a tally.
pub struct TallyRows<'a> {
    by: TallyBy,
    shown: Vec<Shown>,
    rows: Vec<(bool, &'a TallyRow)>,
    newcomers: Vec<Address>,
    evidence: Option<&'a Evidence>,
    /// The sources of the matrix, in the order of its signs.
    columns: Vec<Address>,
    moment: Moment,
    cx: Ctx<'a>,
}

impl<'a> TallyRows<'a> {
    /// The rows of a visit's tally; without those that are not new, where only new ones are wanted.
    pub fn of(visit: &'a Visit, by: TallyBy, shown: &'static [Shown], cx: &Ctx<'a>) -> Self {
        let newcomers = newcomers(visit, cx);
        let is_new = |row: &TallyRow| match by {
            TallyBy::Source => Address::clean(row.value.raw()).is_some_and(|source| newcomers.binary_search(&source).is_ok()),
            _ => row.sources.iter().any(|source| newcomers.binary_search(source).is_ok()),
        };
        let all = visit.tally(by).map(|tally| tally.rows.as_slice()).unwrap_or_default();
        let mut rows: Vec<(bool, &TallyRow)> = all.iter().map(|row| (is_new(row), row)).filter(|(is_new, _)| *is_new || !visit.only_new).collect();
        // Who came for the first time and got in is what the analyst looks for; between equals the most events stay first.
        let evidence = visit.evidence();
        let ladder = |row: &TallyRow| evidence.filter(|_| by == TallyBy::Source)?.ladders.get(&Address::clean(row.value.raw())?);
        rows.sort_by_cached_key(|(is_new, row)| (!is_new, Reverse(ladder(row).map_or_else(|| reach(row), |ladder| ladder.stage() as u8))));
        let moment = Moment::within(visit.focus(cx.investigation.range, cx.investigation.size).range(), &cx.investigation.zone);
        let columns = if by == TallyBy::User { evidence.map(busiest).unwrap_or_default() } else { Vec::new() };
        let mut table = Self { by, shown: shown.to_vec(), rows, newcomers, evidence, columns, moment, cx: *cx };
        // A column for marks only where something is known of anybody.
        let is_marked = (0..table.rows.len().min(LOOKED_AT)).any(|row| table.row(row).is_some_and(|row| !table.marks(row).is_empty()));
        if !is_marked {
            table.shown.retain(|shown| shown.measure != Measure::Marks);
        }
        table
    }

    /// What is known of a source: by the user's lists, and its name where it is a server that was reached itself.
    fn marks(&self, row: &TallyRow) -> Vec<(String, Role)> {
        let Some(address) = Address::clean(row.value.raw()).filter(|_| self.by == TallyBy::Source) else { return Vec::new() };
        let mut marks: Vec<(String, Role)> = self.cx.lore.of_address(address).iter().map(|tag| (tag.words(), role(tag.sort))).collect();
        let named = Destination::from(address);
        let lane = self.cx.investigation.board().filter(|_| address.identifies_a_host()).and_then(|board| board.lane(&named));
        marks.extend(lane.and_then(|lane| lane.destination.name()).map(|name| (words::inert(name), Role::Text)));
        marks
    }

    fn row(&self, row: usize) -> Option<&'a TallyRow> {
        self.rows.get(row).map(|(_, row)| *row)
    }

    fn is_new(&self, source: Address) -> bool {
        self.newcomers.binary_search(&source).is_ok()
    }

    fn new_sources(&self, row: &TallyRow) -> usize {
        row.sources.iter().filter(|source| self.is_new(**source)).count()
    }

    /// The destination that a value names, under all its names where the board knows them.
    fn destination(&self, row: &TallyRow) -> Subject {
        let named = Address::clean(row.value.raw()).map_or_else(|| Destination::from(row.value.clone()), Destination::from);
        let known = self.cx.investigation.board().and_then(|board| board.lane(&named)).map(|lane| std::sync::Arc::clone(&lane.destination));
        Subject::Destination(known.unwrap_or_else(|| std::sync::Arc::new(named)))
    }

    /// What counts of a measure, largest last.
    fn figure(&self, measure: Measure, row: &TallyRow) -> u64 {
        let of = |family: Family| row.families.get(family as usize).copied().unwrap_or(0);
        match measure {
            Measure::Events => row.events,
            Measure::AlsoTo => row.destinations.saturating_sub(1),
            Measure::Destinations => row.destinations,
            Measure::Sources | Measure::From => row.sources.len() as u64,
            Measure::NewSources => self.new_sources(row) as u64,
            Measure::Users => row.users.len() as u64,
            Measure::Sessions => of(Family::Session),
            Measure::Failed => of(Family::Failed),
            Measure::Outcome => u64::from(self.stage(row).2),
            Measure::BySource => self.evidence.and_then(|evidence| evidence.outcomes.get(&row.value)).map_or(0, |outcomes| outcomes.len() as u64),
            Measure::Marks => self.marks(row).len() as u64,
            Measure::Value | Measure::Name | Measure::New | Measure::First | Measure::Last => 0,
        }
    }

    /// The ladder of a source, where its events have been studied.
    fn ladder(&self, row: &TallyRow) -> Option<&'a Ladder> {
        if self.by != TallyBy::Source {
            return None;
        }
        self.evidence?.ladders.get(&Address::clean(row.value.raw())?)
    }

    /// How far somebody got: by the ladder where there is one, else by the families of the events.
    fn stage(&self, row: &TallyRow) -> (&'static str, Role, u8) {
        match self.ladder(row).map(Ladder::stage) {
            Some(stage) => {
                let role = match stage {
                    Stage::Touched => Role::Text,
                    Stage::Refused => Role::StageRefused,
                    Stage::Authenticated | Stage::LoggedOn | Stage::Shell | Stage::Process => Role::StageInside,
                };
                (stage.name(), role, stage as u8)
            }
            None => {
                let (word, role) = outcome(row);
                (word, role, reach(row))
            }
        }
    }

    fn outcome(&self, row: &TallyRow, width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let (word, role, _) = self.stage(row);
        let word = Span::styled(word, pen.style(role));
        match self.ladder(row).filter(|_| width >= LADDER) {
            Some(ladder) => {
                let signs: String = ladder.steps.iter().map(|step| sign(step, pen)).collect();
                Cell::Text(vec![Span::styled(format!("{signs} "), pen.style(role)), word])
            }
            None => Cell::Text(vec![word]),
        }
    }

    /// A row of the matrix: a sign for what a user got from each source.
    fn matrix(&self, row: &TallyRow) -> Cell<'_> {
        let pen = self.cx.pen;
        let Some(outcomes) = self.evidence.and_then(|evidence| evidence.outcomes.get(&row.value)) else {
            return Cell::text("", pen.style(Role::Muted));
        };
        let sign = |source: &Address| match outcomes.get(source) {
            None => Span::styled(pen.glyphs.empty(), pen.style(Role::Muted)),
            Some(outcomes) if outcomes.after_refusal => Span::styled(pen.glyphs.passed_after(), pen.style(Role::SeverityMajor)),
            Some(outcomes) if outcomes.passed > 0 => Span::styled(pen.glyphs.passed(), pen.style(Role::StageInside)),
            Some(_) => Span::styled(pen.glyphs.refused(), pen.style(Role::StageRefused)),
        };
        Cell::Text(self.columns.iter().map(sign).collect())
    }

    fn value(&self, row: &TallyRow, width: u16) -> Cell<'_> {
        let pen = self.cx.pen;
        let plain = pen.style(Role::Text);
        if self.by == TallyBy::Process {
            // The end of a path is the program.
            return Cell::text(text::cut_start(&words::inert(&row.value), usize::from(width), pen.glyphs).into_owned(), plain);
        }
        let mut spans = text::spans(&row.value.safe(), plain, pen.style(Role::Cleaned));
        if self.by == TallyBy::Source && Address::clean(row.value.raw()).is_some_and(Address::is_loopback) {
            spans.push(Span::styled(" LOOP", pen.style(Role::SourceLoopback)));
        }
        if self.by == TallyBy::User
            && let Some(odd) = self.evidence.and_then(|evidence| evidence.spelled.get(&row.value))
        {
            spans.push(Span::styled(format!(" {odd}"), pen.style(Role::SeverityMajor)));
        }
        Cell::Text(spans)
    }
}

/// Rows that are looked at to tell whether anything is known of anybody.
const LOOKED_AT: usize = 500;

/// How a mark is drawn.
pub const fn role(sort: TagSort) -> Role {
    match sort {
        TagSort::Threat => Role::SeverityMajor,
        TagSort::Scanner | TagSort::Admin | TagSort::Asset => Role::Strong,
        TagSort::Place | TagSort::Network => Role::Muted,
    }
}

/// Columns of the screen in which a ladder stands beside its word.
const LADDER: u16 = 19;

/// Sources in the matrix at most.
const MATRIX: usize = 24;

/// The sources with the most logons and refusals, for the matrix.
fn busiest(evidence: &Evidence) -> Vec<Address> {
    let mut events: std::collections::BTreeMap<Address, u64> = std::collections::BTreeMap::new();
    for (source, outcomes) in evidence.outcomes.values().flatten() {
        let count = u64::from(outcomes.passed).saturating_add(u64::from(outcomes.refused));
        let known = events.entry(*source).or_default();
        *known = known.saturating_add(count);
    }
    let mut sources: Vec<(Reverse<u64>, Address)> = events.into_iter().map(|(source, events)| (Reverse(events), source)).collect();
    sources.sort_unstable();
    sources.into_iter().take(MATRIX).map(|(_, source)| source).collect()
}

/// The sign of a rung: reached, reached for a higher one was, not reached, or not to be seen in this data.
pub fn sign(step: &Step, pen: Pen<'_>) -> &'static str {
    match step {
        Step::Seen(_) => pen.glyphs.rung(),
        Step::Implied => pen.glyphs.rung_implied(),
        Step::No => pen.glyphs.empty(),
        Step::NotVisible => pen.glyphs.unseen(),
    }
}

/// The sources that are new here within what the tabs are about, in order.
pub fn newcomers(visit: &Visit, cx: &Ctx<'_>) -> Vec<Address> {
    let state = cx.investigation;
    let Some(board) = state.board() else { return Vec::new() };
    let since = board.new_since(visit.focus(state.range, state.size).range());
    let mut newcomers: Vec<Address> = visit.lane(board).map(|lane| lane.newcomers(since).collect()).unwrap_or_default();
    newcomers.sort_unstable();
    newcomers
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

/// The same in a word, by what the families of the events prove and nothing more.
fn outcome(row: &TallyRow) -> (&'static str, Role) {
    match reach(row) {
        3 => ("shell", Role::StageInside),
        2 => ("session", Role::StageInside),
        1 => ("refused", Role::StageRefused),
        _ => ("touched", Role::Text),
    }
}

impl Rows for TallyRows<'_> {
    fn columns(&self, _width: u16, seen: &[usize]) -> Vec<Column> {
        let wide = |row: &TallyRow| {
            let loopback = self.by == TallyBy::Source && Address::clean(row.value.raw()).is_some_and(Address::is_loopback);
            text::width(row.value.safe().as_str()).saturating_add(if loopback { 5 } else { 0 })
        };
        let label = seen.iter().filter_map(|row| self.row(*row)).map(wide).max().unwrap_or(0);
        let label = u16::try_from(label).unwrap_or(u16::MAX);
        let column = |shown: &Shown| {
            let (min, max) = match shown.measure {
                Measure::First | Measure::Last => (self.moment.width(), self.moment.width()),
                // As wide as the widest in sight.
                Measure::Value if self.by == TallyBy::Source => (label.clamp(15, 26), label.clamp(15, 39)),
                Measure::Value if self.by == TallyBy::Destination => (label.clamp(11, 26), label.clamp(11, 39)),
                _ => shown.wide,
            };
            let is_figure = matches!(
                shown.measure,
                Measure::Events | Measure::AlsoTo | Measure::Destinations | Measure::Sources | Measure::NewSources | Measure::Sessions | Measure::Failed
            );
            Column { title: shown.title, min, max, keep: shown.keep, align: if is_figure { Align::Right } else { Align::Left } }
        };
        self.shown.iter().map(column).collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let (Some(row), Some(shown)) = (self.row(row), self.shown.get(column)) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let zone = &self.cx.investigation.zone;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let figure = |role: Role, none: &'static str| match self.figure(shown.measure, row) {
            0 => Cell::text(none, muted),
            number => Cell::text(words::count(number), pen.style(role)),
        };
        match shown.measure {
            Measure::Value => self.value(row, width),
            Measure::Name => match self.destination(row) {
                Subject::Destination(destination) => {
                    Cell::Text(destination.name().map(|name| text::spans(&name.safe(), plain, pen.style(Role::Cleaned))).unwrap_or_default())
                }
                _ => Cell::Text(Vec::new()),
            },
            Measure::New => {
                let is_new = Address::clean(row.value.raw()).is_some_and(|source| self.is_new(source));
                Cell::text(if is_new { "NEW" } else { "" }, pen.style(Role::SourceNew))
            }
            Measure::Outcome => self.outcome(row, width),
            Measure::BySource => self.matrix(row),
            Measure::Marks => {
                let mut spans = Vec::new();
                for (text, role) in self.marks(row) {
                    if !spans.is_empty() {
                        spans.push(Span::styled(", ", muted));
                    }
                    spans.push(Span::styled(text, pen.style(role)));
                }
                Cell::Text(spans)
            }
            Measure::First => Cell::text(self.moment.of(row.first, zone, width), plain),
            Measure::Last => Cell::text(self.moment.of(row.last, zone, width), plain),
            Measure::AlsoTo => figure(Role::Text, "-"),
            Measure::Events | Measure::Destinations | Measure::Sources => figure(Role::Text, "0"),
            Measure::NewSources => figure(Role::SourceNew, "0"),
            Measure::Sessions => figure(Role::StageInside, "0"),
            Measure::Failed => figure(Role::StageRefused, "0"),
            Measure::Users => Cell::Text(listed(row.users.iter().map(|user| text::spans(&user.safe(), plain, pen.style(Role::Cleaned))), &self.cx)),
            Measure::From => {
                // Why somebody was refused says more than the addresses, which the first tab lists in full.
                let reasons = row.reasons.iter().map(|(reason, count)| {
                    let mut spans = text::spans(&reason.safe(), pen.style(Role::StageRefused), pen.style(Role::Cleaned));
                    spans.push(Span::styled(format!(" x{count}"), muted));
                    spans
                });
                let of = |source: &Address| vec![Span::styled(source.to_string(), if self.is_new(*source) { pen.style(Role::SourceNew) } else { plain })];
                Cell::Text(listed(reasons.chain(row.sources.iter().map(of)), &self.cx))
            }
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two), Some(shown)) = (self.row(one), self.row(two), self.shown.get(column)) else { return Ordering::Equal };
        let address = |row: &TallyRow| Address::clean(row.value.raw());
        match shown.measure {
            // Addresses go by their numbers, not by their letters.
            Measure::Value => address(one).cmp(&address(two)).then_with(|| one.value.cmp(&two.value)),
            Measure::Name => self.destination(one).label().cmp(&self.destination(two).label()),
            Measure::New => address(one).is_some_and(|source| self.is_new(source)).cmp(&address(two).is_some_and(|source| self.is_new(source))).reverse(),
            Measure::First => one.first.cmp(&two.first),
            Measure::Last => one.last.cmp(&two.last),
            // Who got in comes first.
            Measure::Outcome => self.stage(two).2.cmp(&self.stage(one).2),
            measure => self.figure(measure, one).cmp(&self.figure(measure, two)),
        }
    }

    fn order(&self) -> &'static str {
        "new, then how far they got"
    }

    fn sort(&self) -> &'static str {
        match self.by {
            TallyBy::Source => "source",
            TallyBy::User => "user",
            TallyBy::Process => "program",
            TallyBy::Destination => "destination",
        }
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let row = self.row(row)?;
        Some(match self.by {
            TallyBy::Source => Subject::Source(Address::clean(row.value.raw())?),
            TallyBy::User => Subject::User(row.value.clone()),
            TallyBy::Process => Subject::Process(row.value.clone()),
            TallyBy::Destination => self.destination(row),
        })
    }

    fn text(&self, row: usize) -> String {
        let Some(row) = self.row(row) else { return String::new() };
        let mut text = row.value.raw().to_owned();
        for user in &row.users {
            text.push(' ');
            text.push_str(user.raw());
        }
        for source in &row.sources {
            text.push(' ');
            text.push_str(&source.to_string());
        }
        if self.by == TallyBy::Destination
            && let Subject::Destination(destination) = self.destination(row)
            && let Some(name) = destination.name()
        {
            text.push(' ');
            text.push_str(name.raw());
        }
        text
    }

    fn line(&self, row: usize) -> String {
        let Some(row) = self.row(row) else { return String::new() };
        let zone = &self.cx.investigation.zone;
        let users: Vec<String> = row.users.iter().map(words::inert).collect();
        let odd = self.evidence.filter(|_| self.by == TallyBy::User).and_then(|evidence| evidence.spelled.get(&row.value));
        let mut odd = odd.map(|odd| format!("\t{odd}")).unwrap_or_default();
        // What is kept as evidence says where it is known from.
        if let Some(address) = Address::clean(row.value.raw()).filter(|_| self.by == TallyBy::Source) {
            for tag in self.cx.lore.of_address(address) {
                odd.push_str(&format!("\t{} ({})", tag.words(), crate::domain::foreign::sanitize(&tag.from, crate::domain::Limits::CELL)));
            }
        }
        format!(
            "{}\t{}\t{}\t{}\t{}{odd}",
            words::inert(&row.value),
            words::day_clock(row.first, zone),
            words::day_clock(row.last, zone),
            words::plural(row.events, "event"),
            users.join(" ")
        )
    }
}

/// Spans parted by commas; a dash where there is none.
fn listed(items: impl Iterator<Item = Vec<Span<'static>>>, cx: &Ctx<'_>) -> Vec<Span<'static>> {
    // More than a line can hold is not worth putting together.
    const MOST: usize = 40;
    let mut spans: Vec<Span<'static>> = Vec::new();
    for item in items.take(MOST) {
        if !spans.is_empty() {
            spans.push(Span::styled(", ", cx.pen.style(Role::Muted)));
        }
        spans.extend(item);
    }
    if spans.is_empty() {
        spans.push(Span::styled("-", cx.pen.style(Role::Muted)));
    }
    spans
}
