//! The header: what is looked at, since when, how old and how whole the picture is, and the worst of it.
//!
//! What goes first where there is no room for everything, in this order:
//!
//! 1. the counts of all severities but the worst, the mildest first
//! 2. the name of the source and the filter beyond the columns that each keeps
//! 3. the name of the program
//! 4. the width of the buckets
//! 5. the name of the source
//! 6. the time zone
//! 7. the filter, then the end of the time range
//!
//! At 80 columns source, range, bucket, zone, liveness, completeness and the worst severity stand together.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ctx, words};
use crate::app::Stage;
use crate::domain::{Limits, foreign};
use crate::investigation::{Investigation, Progress};
use crate::theme::Role;
use crate::widget::badge::{self, Badge};
use crate::widget::{Pen, severity, text};

/// Columns that the name of the source keeps for as long as it is there.
const NAME: usize = 10;
/// Columns that the filter keeps: what is hidden must not look as if it were not there.
const FILTER: usize = 14;
/// Columns of either for which the milder severities make room.
const WISHED: usize = 24;
/// Columns that the name of the source takes at most.
const LONGEST: usize = 40;
/// Columns between two parts.
const GAP: usize = 2;

/// Draws the header.
pub fn draw(cx: &Ctx<'_>, stage: &Stage, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    buf.set_style(area, cx.pen.style(Role::Header));
    let state = cx.investigation;
    let (badges, milder) = if matches!(stage, Stage::Open) { badges(cx) } else { (Vec::new(), 0) };
    let asked = state.overview.value().map(|overview| Asked {
        name: foreign::sanitize(&overview.title, Limits::CELL).into_string(),
        period: state.period.name(),
        size: state.size.to_string(),
        zone: words::zone(&state.zone),
        filter: foreign::sanitize(&state.filter_text, Limits::CELL).into_string(),
    });
    put(asked.as_ref(), badges, milder, cx.pen, area, buf);
}

/// What is looked at.
struct Asked {
    name: String,
    period: String,
    size: String,
    zone: String,
    filter: String,
}

/// The left end of the header: which parts stand there, and how wide.
struct Left {
    program: bool,
    name: usize,
    range: String,
    filter: usize,
}

impl Left {
    fn width(&self) -> usize {
        let parts = [if self.program { PROGRAM.len() } else { 0 }, self.name, text::width(&self.range), self.filter];
        let shown = parts.iter().filter(|part| **part > 0).count();
        1 + parts.iter().sum::<usize>() + GAP * shown.saturating_sub(1)
    }
}

const PROGRAM: &str = "rdptriage";

impl Asked {
    /// From everything to the least, in the order in which parts go.
    fn forms(&self) -> [Left; 6] {
        let (name, filter) = (text::width(&self.name).min(NAME), text::width(&self.filter).min(FILTER));
        let whole = || format!("{} / {} / {}", self.period, self.size, self.zone);
        let zoned = || format!("{} / {}", self.period, self.zone);
        let form = |program, name, range, filter| Left { program, name, range, filter };
        [
            form(true, name, whole(), filter),
            form(false, name, whole(), filter),
            form(false, name, zoned(), filter),
            form(false, 0, zoned(), filter),
            form(false, 0, self.period.clone(), filter),
            form(false, 0, self.period.clone(), 0),
        ]
    }

    /// What is worth more than the counts of milder severities.
    fn wished(&self) -> usize {
        let [whole, ..] = self.forms();
        Left { name: text::width(&self.name).min(WISHED), filter: text::width(&self.filter).min(WISHED), ..whole }.width()
    }

    /// The fullest form that fits, its name and then its filter as long as there is room.
    fn fitted(&self, room: usize) -> Left {
        let [.., least] = self.forms();
        let mut left = self.forms().into_iter().find(|form| form.width() <= room).unwrap_or(least);
        let grown = |have: usize, wanted: usize, spare: usize| if have == 0 { 0 } else { wanted.min(have.saturating_add(spare)) };
        left.name = grown(left.name, text::width(&self.name).min(LONGEST), room.saturating_sub(left.width()));
        left.filter = grown(left.filter, text::width(&self.filter), room.saturating_sub(left.width()));
        left
    }
}

/// Puts what is asked to the left and the badges, of which the last `milder` may go, to the right.
fn put(asked: Option<&Asked>, mut badges: Vec<Badge<'_>>, milder: usize, pen: Pen<'_>, area: Rect, buf: &mut Buffer) {
    let room = Rect { width: area.width.saturating_sub(1), ..area };
    if let Some(asked) = asked {
        for _ in 0..milder {
            if asked.wished().saturating_add(GAP).saturating_add(badge::width(&badges)) <= usize::from(room.width) {
                break;
            }
            badges.pop();
        }
    }
    let start = badge::draw(&badges, pen, room, buf);
    let between = if start < room.right() { GAP } else { 0 };
    let space = usize::from(start.saturating_sub(area.x)).saturating_sub(between);
    let left = Rect { width: u16::try_from(space).unwrap_or(area.width), ..area };
    let Some(asked) = asked else {
        text::put(buf, left, area.x.saturating_add(1), area.y, PROGRAM, pen.style(Role::Title));
        return;
    };
    let form = asked.fitted(space);
    let range = text::cut(&form.range, space.saturating_sub(1), pen.glyphs);
    let parts = [
        (if form.program { PROGRAM } else { "" }.into(), Role::Title),
        (text::cut(&asked.name, form.name, pen.glyphs), Role::Strong),
        (range, Role::Text),
        (text::cut(&asked.filter, form.filter, pen.glyphs), Role::Found),
    ];
    let mut x = area.x.saturating_add(1);
    for (part, role) in parts.iter().filter(|(part, _)| !part.is_empty()) {
        x = text::put(buf, left, x, area.y, part, pen.style(*role)).saturating_add(GAP as u16);
    }
}

/// What the picture is worth, most needed first, and how many at the end may go.
fn badges(cx: &Ctx<'_>) -> (Vec<Badge<'static>>, usize) {
    let state = cx.investigation;
    let glyphs = cx.pen.glyphs;
    let mut badges = Vec::new();
    let mut milder = 0;
    if let Some(since) = state.frozen {
        badges.push(Badge::new(Role::BadgePaused, format!("PAUSED since {}", words::clock(since, &state.zone))));
    } else if state.arrivals.load.trouble().is_some() {
        badges.push(Badge::new(Role::BadgeStale, if state.arrivals.value().is_some() { format!("STALE {}", age(state)) } else { "NO DATA".to_owned() }));
    } else if state.is_live() && state.arrivals.value().is_some() {
        let age = age(state);
        badges.push(Badge::new(Role::BadgeLive, format!("{} live{}{age}", glyphs.live(), if age.is_empty() { "" } else { " " })));
    }
    if let Some(completeness) = state.completeness() {
        let role = if completeness.is_whole() { Role::BadgeComplete } else { Role::BadgePartial };
        let approximate = if completeness.approximate { "~ " } else { "" };
        badges.push(Badge::new(role, format!("{approximate}{}", foreign::sanitize(&completeness.words(), Limits::CELL))));
    }
    match state.board() {
        Some(board) if board.is_judged => {
            if let Some(trouble) = state.history.load.trouble() {
                badges.push(Badge::new(Role::BadgePartial, format!("no history: {}", foreign::sanitize(&trouble.what, Limits { graphemes: 30, marks: 1 }))));
            }
            // Asked again after it failed.
            if state.history.load.is_loading() {
                badges.push(Badge::new(Role::Muted, reading(state)));
            }
            let counts = board.severities();
            milder = counts.len().saturating_sub(1);
            for (band, number) in &counts {
                badges.push(Badge::new(severity::role(Some(*band)), format!("{number} {}", band.name())));
            }
            // Quiet is said only where something was judged and the picture is whole: no baseline, no verdict.
            let is_unjudged = board.lanes.iter().all(|lane| lane.score().is_none());
            if is_unjudged && !board.lanes.is_empty() {
                badges.push(Badge::new(Role::Muted, "not judged: short history"));
            } else if counts.is_empty() && !board.lanes.is_empty() && state.completeness().is_some_and(|completeness| completeness.is_whole()) {
                badges.push(Badge::new(Role::SeverityNone, "nothing odd"));
            }
        }
        Some(_) if state.history.load.is_loading() => badges.push(Badge::new(Role::Muted, reading(state))),
        Some(_) if state.judged.load.trouble().is_some() => badges.push(Badge::new(Role::Error, "not judged")),
        Some(_) => badges.push(Badge::new(Role::Muted, "judging…")),
        None => {}
    }
    (badges, milder)
}

/// How far the history has been read.
fn reading(state: &Investigation) -> String {
    match state.history.progress {
        Some(Progress { done, of: Some(of) }) => format!("history {done}/{of} d…"),
        _ => "reading history…".to_owned(),
    }
}

/// The age of a live picture in steps that do not change every second; empty while it is fresh.
fn age(state: &Investigation) -> String {
    match state.age() {
        Some(age) if age.as_secs() >= 120 || state.arrivals.load.trouble().is_some() => words::span(age),
        _ => String::new(),
    }
}

/// What of the clock is seen: while this is the same, a tick changes nothing on the screen.
pub fn clock_face(state: &Investigation) -> String {
    age(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    fn asked(name: &str, zone: &str, filter: &str) -> Asked {
        let text = str::to_owned;
        Asked { name: text(name), period: text("last 12h"), size: text("15m"), zone: text(zone), filter: text(filter) }
    }

    fn told(first: &[&'static str]) -> Vec<Badge<'static>> {
        let counts = ["1 critical", "1 major", "15 minor"];
        first.iter().chain(&counts).map(|text| Badge::new(Role::Text, *text)).collect()
    }

    /// The parts that are drawn, two columns apart whatever stands between left and right.
    fn line(asked: &Asked, first: &[&'static str], width: u16) -> String {
        let text = drawn(width, 1, Glyphs::Unicode, |pen, area, buf| put(Some(asked), told(first), 2, pen, area, buf));
        let line = text.lines().next().unwrap_or_default();
        line.split("  ").filter(|part| !part.is_empty()).map(str::trim).collect::<Vec<_>>().join("  ")
    }

    #[test]
    fn parts_go_in_order_as_room_runs_out() {
        let demo = asked("demo: one bad Monday", "UTC", "");
        let live = |width| line(&demo, &["● live", "complete"], width);
        assert_eq!(live(110), "rdptriage  demo: one bad Monday  last 12h / 15m / UTC  ● live  complete  1 critical  1 major  15 minor");
        assert_eq!(live(96), "rdptriage  demo: one bad Monday  last 12h / 15m / UTC  ● live  complete  1 critical  1 major");
        assert_eq!(live(90), "rdptriage  demo: one bad Monday  last 12h / 15m / UTC  ● live  complete  1 critical");
        assert_eq!(live(80), "rdptriage  demo: one bad …  last 12h / 15m / UTC  ● live  complete  1 critical");
        assert_eq!(live(74), "demo: one bad Monday  last 12h / 15m / UTC  ● live  complete  1 critical");
        assert_eq!(live(66), "demo: one b…  last 12h / 15m / UTC  ● live  complete  1 critical");
        assert_eq!(live(60), "demo: one b…  last 12h / UTC  ● live  complete  1 critical");
        assert_eq!(live(50), "last 12h / UTC  ● live  complete  1 critical");
        assert_eq!(live(41), "last 12h  ● live  complete  1 critical");
    }

    #[test]
    fn everything_needed_stands_at_80_columns() {
        let far = asked("prod-siem", "Europe/Berlin", "");
        assert_eq!(line(&far, &["● live 15s", "complete"], 80), "prod-siem  last 12h / 15m / Europe/Berlin  ● live 15s  complete  1 critical");
        let near = asked("prod-siem", "UTC", "");
        assert_eq!(line(&near, &["● live", "PARTIAL 3/5 shards"], 80), "prod-siem  last 12h / 15m / UTC  ● live  PARTIAL 3/5 shards  1 critical");
        assert_eq!(line(&near, &["PAUSED since 13:10:00", "complete"], 80), "prod-siem  last 12h / 15m / UTC  PAUSED since 13:10:00  complete  1 critical");
    }

    #[test]
    fn a_filter_is_seen_before_the_name() {
        let filtered = asked("prod-siem", "UTC", "user:administrator and not source:10.0.0.0/8");
        assert_eq!(line(&filtered, &["● live", "complete"], 80), "prod-siem  last 12h / 15m / UTC  user:administr…  ● live  complete  1 critical");
        assert_eq!(line(&filtered, &["● live", "complete"], 62), "last 12h / UTC  user:administ…  ● live  complete  1 critical");
    }

    #[test]
    fn no_width_is_too_small() {
        survives(|pen, area, buf| put(Some(&asked("prod-siem", "UTC", "user:kim")), told(&["● live", "complete"]), 2, pen, area, buf));
        survives(|pen, area, buf| put(None, Vec::new(), 0, pen, area, buf));
    }
}
