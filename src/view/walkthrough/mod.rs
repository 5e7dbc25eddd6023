//! Screen 4: the walkthrough. The steps of a guide on the left, what was found for the one under the cursor on the right.
//!
//! ```text
//! │ destination, range, answered, what it suggests        │ 1
//! │ phases and steps          │ finding, for and against, │ what is left
//! │ answer or suggestion      │ what only people know     │
//! │ what is wrong with the case, where something is       │ 1
//! ```

mod decide;
mod detail;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

pub use decide::{Choice, Purpose, Typed};

use super::{Ctx, Outcome, View, Want, moved, words};
use crate::app::screen;
use crate::case::{Answer, Case};
use crate::evidence::{Question, StepEvidence, Suggested, Suggests};
use crate::guide::{Phase, Step};
use crate::investigation::cases::OpenCase;
use crate::investigation::walkthrough::Walkthrough;
use crate::investigation::{Action, Msg};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::text::{self, Align};
use crate::widget::{axis, table};

/// The screen.
#[derive(Default)]
pub struct WalkthroughView {
    /// The step under the cursor, counted over all phases.
    selected: usize,
    /// Lines of its detail that are passed over.
    offset: usize,
}

struct Parts {
    head: Rect,
    list: Rect,
    detail: Rect,
    foot: Rect,
}

fn parts(area: Rect, has_foot: bool) -> Parts {
    let head = Rect { height: area.height.min(1), ..area };
    let foot_height = u16::from(has_foot && area.height > 4);
    let body = Rect { y: head.bottom(), height: area.height.saturating_sub(head.height).saturating_sub(foot_height), ..area };
    let foot = Rect { y: body.bottom(), height: foot_height, ..area };
    let is_wide = screen::is_roomy(area);
    let width = if is_wide { (area.width / 2).clamp(36, 64) } else { area.width };
    let list = Rect { width, ..body };
    let detail = Rect { x: list.right().saturating_add(1), width: body.width.saturating_sub(width.saturating_add(1)), ..body };
    Parts { head, list, detail: if is_wide { detail } else { Rect { width: 0, ..detail } }, foot }
}

/// The walkthrough that is looked at.
pub(super) fn shown<'a>(cx: &Ctx<'a>) -> Option<&'a Walkthrough> {
    cx.investigation.visit()?.walkthrough.as_deref()
}

/// Its case.
pub(super) fn open_case<'a>(cx: &Ctx<'a>, walkthrough: &Walkthrough) -> Option<&'a OpenCase> {
    cx.investigation.cases.by_name.get(walkthrough.case.as_ref()?)
}

/// The steps with their phases.
fn steps(walkthrough: &Walkthrough) -> Vec<(&Phase, &Step)> {
    walkthrough.guide.steps().collect()
}

/// Lines of the list: headings, and steps by their place.
enum Row<'a> {
    Heading(&'a Phase),
    Step(usize, usize, &'a Step),
}

fn rows(walkthrough: &Walkthrough) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut place = 0;
    for phase in &walkthrough.guide.phases {
        rows.push(Row::Heading(phase));
        for (step, number) in phase.steps.iter().zip(1..) {
            rows.push(Row::Step(place, number, step));
            place += 1;
        }
    }
    rows
}

/// The words beside a step, and how they are drawn.
fn state(step: &Step, found: Option<&StepEvidence>, case: Option<&Case>, is_asking: bool, cx: &Ctx<'_>) -> (String, Role) {
    if let Some(answered) = case.and_then(|case| case.answers.get(&step.id)) {
        let role = match answered.answer {
            Answer::LooksBad => Role::SeverityCritical,
            Answer::LooksBenign => Role::BadgeComplete,
            Answer::CannotTell | Answer::Done | Answer::NotApplicable => Role::Strong,
        };
        return (answered.answer.words().to_owned(), role);
    }
    let Some(found) = found else { return (if is_asking { cx.pen.glyphs.ellipsis().to_owned() } else { "-".to_owned() }, Role::Muted) };
    let words = found.suggested.in_phase(&found.phase);
    // How well a harmless explanation fits is worth a number; of the others the words say enough.
    let text = if found.phase == "harmless" { format!("{words} {:>3}", found.confidence) } else { words.to_owned() };
    (text, role(found.suggested))
}

/// How a suggestion is drawn.
const fn role(suggested: Suggested) -> Role {
    match suggested {
        Suggested::LooksBad => Role::SeverityMajor,
        Suggested::LooksBenign => Role::Text,
        Suggested::Open => Role::Text,
        Suggested::CannotTell => Role::Muted,
    }
}

impl WalkthroughView {
    fn step<'a>(&self, walkthrough: &'a Walkthrough) -> Option<(&'a Phase, &'a Step)> {
        steps(walkthrough).get(self.selected).copied()
    }

    fn head(&self, walkthrough: &Walkthrough, case: Option<&Case>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let zone = &cx.investigation.zone;
        let inquiry = &walkthrough.inquiry;
        let name = inquiry.destination.name().map(|name| format!(" {}", words::inert(name))).unwrap_or_default();
        let all = steps(walkthrough).len();
        let answered = case.map_or(0, |case| case.answered(steps(walkthrough).iter().map(|(_, step)| step.id.as_str())));
        let verdict = case.and_then(|case| case.verdict.as_ref()).map(|(_, verdict, _)| format!("verdict: {}", verdict.words()));
        let done = walkthrough.answers.done();
        let (suggests, role) = match walkthrough.dossier.value() {
            Some(_) if done < Question::ALL.len() => (format!("asking, {done} of {}", Question::ALL.len()), Role::Muted),
            Some(dossier) => {
                let role = match dossier.suggests {
                    Suggests::Malicious => Role::SeverityCritical,
                    Suggests::Benign(_) => Role::BadgeComplete,
                    Suggests::Undetermined => Role::Strong,
                };
                (format!("suggests: {}", dossier.suggests.words()), role)
            }
            None => (format!("asking, {done} of {}", Question::ALL.len()), Role::Muted),
        };
        let (said, role) = verdict.map_or((suggests, role), |verdict| (verdict, Role::Strong));
        let right = format!("{answered}/{all} answered  {said} ");
        text::put_right(buf, area, area.y, &right, pen.style(role));
        let room = usize::from(area.width).saturating_sub(text::width(&right).saturating_add(3));
        let label = words::inert(&inquiry.destination.label());
        let (from, to) = (inquiry.range.from, inquiry.range.to);
        let clock = |time: crate::domain::Timestamp| time.to_zoned(zone.clone()).strftime("%H:%M").to_string();
        let forms = [
            format!("Walkthrough  {label}{name}  {} to {}", axis::moment(from, zone), clock(to)),
            format!("{label}{name}  {} to {}", axis::moment(from, zone), clock(to)),
            format!("{label}{name}  {}-{}", clock(from), clock(to)),
            format!("{label}  {}-{}", clock(from), clock(to)),
        ];
        let left = forms.iter().find(|form| text::width(form) <= room).or(forms.last()).cloned().unwrap_or_default();
        text::put(buf, area, area.x.saturating_add(1), area.y, &text::cut(&left, room, pen.glyphs), pen.style(Role::Title));
    }

    fn list(&self, walkthrough: &Walkthrough, case: Option<&Case>, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let rows = rows(walkthrough);
        let at = rows.iter().position(|row| matches!(row, Row::Step(place, ..) if *place == self.selected)).unwrap_or(0);
        // The heading of the first step stays in sight.
        let offset = if at <= 1 { 0 } else { table::window(at, 0, usize::from(area.height)) };
        let is_asking = !walkthrough.is_whole() || walkthrough.dossier.load.is_loading();
        for (row, y) in rows.iter().skip(offset).zip(area.top()..area.bottom()) {
            let line = Rect { y, height: 1, ..area };
            match row {
                Row::Heading(phase) => _ = text::put(buf, line, line.x.saturating_add(1), y, &phase.title.to_uppercase(), pen.style(Role::Column)),
                Row::Step(place, number, step) => {
                    let is_answered = case.is_some_and(|case| case.answers.contains_key(&step.id));
                    let mark = if is_answered { pen.glyphs.passed() } else { " " };
                    let here = if *place == self.selected { pen.glyphs.cursor() } else { " " };
                    let (said, role) = state(step, walkthrough.step(&step.id), case, is_asking, cx);
                    let room = usize::from(line.width).saturating_sub(text::width(&said)).saturating_sub(9);
                    let title = text::pad(&text::cut(&step.title, room, pen.glyphs), room, Align::Left, pen.glyphs);
                    let spans = [
                        Span::styled(here.to_owned(), pen.style(Role::Cursor)),
                        Span::styled(mark.to_owned(), pen.style(Role::BadgeComplete)),
                        Span::styled(format!(" {number} {title} "), pen.style(Role::Text)),
                        Span::styled(said, pen.style(role)),
                    ];
                    text::put_spans(buf, line, line.x.saturating_add(1), y, &spans);
                    if *place == self.selected {
                        buf.set_style(line, pen.style(Role::RowSelected));
                    }
                }
            }
        }
    }

    fn wants(&self, action: Action, cx: &Ctx<'_>) -> Option<Vec<Want>> {
        let walkthrough = shown(cx)?;
        let step = self.step(walkthrough).map(|(_, step)| step.id.clone());
        let layer = |view: Box<dyn View>| Some(vec![Want::Layer(view)]);
        let case = open_case(cx, walkthrough);
        let is_decision = matches!(action, Action::Answer | Action::Note | Action::Verdict | Action::Undo);
        if is_decision {
            let refused = match case {
                None => Some("the case is not open yet".to_owned()),
                Some(case) if !case.is_writable => {
                    Some(format!("{} writes this case; here it is read only", case.holder.as_ref().map_or_else(|| "somebody else".to_owned(), words::inert)))
                }
                Some(_) => None,
            };
            if let Some(refused) = refused {
                return Some(vec![Want::Say(refused)]);
            }
        }
        match action {
            Action::Answer => layer(Box::new(Choice::answers(&step?))),
            Action::Note => layer(Box::new(Typed::new(Purpose::Note { step }))),
            Action::Verdict => layer(Box::new(Choice::verdicts(walkthrough.dossier.value()))),
            Action::Undo => Some(vec![Want::Msg(Msg::DecisionUndone)]),
            Action::Report => layer(Box::new(Choice::reports())),
            Action::Query => layer(Box::new(detail::Queries::new(walkthrough.step(&step?).map(|found| found.queries.clone()).unwrap_or_default()))),
            Action::Enter => {
                let open = self.step(walkthrough).map(|(_, step)| step.open.clone())?;
                Some(vec![Want::Msg(Msg::RowsOpened { tab: open })])
            }
            Action::Case => Some(vec![Want::Msg(Msg::PageOpened(crate::investigation::Page::Case))]),
            Action::Copy => {
                let found = walkthrough.step(&step?)?;
                let line = format!("{}: {}. {}", found.title, found.suggested.in_phase(&found.phase), found.finding);
                Some(vec![Want::Effect(crate::investigation::Effect::Copy(line))])
            }
            _ => None,
        }
    }
}

/// What is wrong with the case, where something is: nothing is said to be saved that is not.
pub(super) fn warning(cx: &Ctx<'_>, case: Option<&OpenCase>) -> Option<(String, Role)> {
    let cases = &cx.investigation.cases;
    if let Some(trouble) = &cases.trouble {
        let waiting = cases.waiting();
        let kept = if waiting > 0 { format!("NOT SAVED, {waiting} waiting: ") } else { "the case: ".to_owned() };
        let what = crate::domain::foreign::sanitize(&trouble.what, crate::domain::Limits::CELL);
        return Some((format!("{kept}{what}; R saves it elsewhere"), Role::Error));
    }
    let holder = case.and_then(|case| case.holder.as_ref())?;
    Some((format!("{} writes this case; here it is read only and follows", words::inert(holder)), Role::BadgePartial))
}

impl View for WalkthroughView {
    fn id(&self) -> &'static str {
        "walkthrough"
    }

    fn mode(&self) -> Mode {
        Mode::Table
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Answer, Action::Note, Action::Enter, Action::Query, Action::Refresh, Action::Verdict, Action::Undo, Action::Report, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let Some(walkthrough) = shown(cx) else { return Outcome::Ignored };
        if let Some(wants) = self.wants(action, cx) {
            return Outcome::Consumed(wants);
        }
        let detail = parts(cx.area, true).detail;
        let page = usize::from(detail.height.max(1));
        if let Action::PageDown | Action::PageUp = action {
            let lines = self.step(walkthrough).map_or(0, |(_, step)| detail::lines(walkthrough, step, cx, usize::from(detail.width)).len());
            if let Some(offset) = moved(action, self.offset, lines.saturating_sub(page).saturating_add(1), page.saturating_sub(1)) {
                self.offset = offset;
            }
            return Outcome::done();
        }
        match moved(action, self.selected, steps(walkthrough).len(), 1) {
            Some(selected) => {
                (self.selected, self.offset) = (selected, 0);
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let Some(walkthrough) = shown(cx) else { return };
        let pen = cx.pen;
        let open = open_case(cx, walkthrough);
        let case = open.map(|open| &open.case);
        let warning = warning(cx, open);
        let parts = parts(area, warning.is_some());
        self.head(walkthrough, case, cx, parts.head, buf);
        self.list(walkthrough, case, cx, parts.list, buf);
        for y in parts.detail.top()..parts.detail.bottom() {
            text::put(buf, area, parts.list.right(), y, pen.glyphs.wall(), pen.style(Role::Border));
        }
        let inner = Rect { x: parts.detail.x.saturating_add(1), width: parts.detail.width.saturating_sub(2), ..parts.detail };
        if let Some((_, step)) = self.step(walkthrough) {
            let lines = detail::lines(walkthrough, step, cx, usize::from(inner.width));
            crate::widget::popup::lines(&lines, self.offset, pen, inner, buf);
            let left = lines.len().saturating_sub(self.offset);
            if left > usize::from(inner.height) && inner.height > 1 {
                let more = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
                text::put(
                    buf,
                    more,
                    more.x,
                    more.y,
                    &text::pad("PgDn shows the rest", usize::from(more.width), Align::Left, pen.glyphs),
                    pen.style(Role::Hint),
                );
            }
        }
        if let Some((said, role)) = warning {
            text::put(
                buf,
                parts.foot,
                parts.foot.x,
                parts.foot.y,
                &text::pad(&text::cut(&said, usize::from(area.width), pen.glyphs), usize::from(area.width), Align::Left, pen.glyphs),
                pen.style(role),
            );
        }
    }
}
