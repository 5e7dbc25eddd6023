//! What was found for a step, in lines; and the popup of its questions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::{Ctx, Outcome, View, Want, moved, words};
use super::{open_case, role};
use crate::case::Query;
use crate::domain::{Limits, foreign};
use crate::evidence::Point;
use crate::guide::Step;
use crate::investigation::walkthrough::Walkthrough;
use crate::investigation::{Action, Effect};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{popup, text};

/// Collects wrapped lines.
struct Page<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    cx: &'a Ctx<'a>,
}

impl Page<'_> {
    fn put(&mut self, said: &str, role: Role) {
        let style = self.cx.pen.style(role);
        let safe = foreign::sanitize(said, Limits::DETAIL);
        self.lines.extend(text::wrap(safe.as_str(), self.width).into_iter().map(|line| Line::from(Span::styled(line, style))));
    }

    /// A list under a word, its items indented.
    fn list(&mut self, lead: &str, items: impl Iterator<Item = String>, role: Role) {
        let pen = self.cx.pen;
        for (place, item) in items.enumerate() {
            if place == 0 {
                self.put(lead, Role::Column);
            }
            let safe = foreign::sanitize(&item, Limits::DETAIL);
            for (row, line) in text::wrap(safe.as_str(), self.width.saturating_sub(2)).into_iter().enumerate() {
                let lead = if row == 0 { "- " } else { "  " };
                self.lines.push(Line::from(vec![Span::styled(lead, pen.style(Role::Muted)), Span::styled(line, pen.style(role))]));
            }
        }
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }
}

/// Everything about a step.
pub(super) fn lines(walkthrough: &Walkthrough, step: &Step, cx: &Ctx<'_>, width: usize) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), width, cx };
    let zone = &cx.investigation.zone;
    let found = walkthrough.step(&step.id);
    let queries = found.map_or(0, |found| found.queries.len());
    page.put(&format!("{}  ({})", step.title, words::plural(queries as u64, "question")), Role::Title);
    page.put(&step.ask, Role::Muted);
    page.gap();
    match found {
        Some(found) => {
            let sure = if found.confidence > 0 { format!(" ({})", found.confidence) } else { String::new() };
            page.put(&format!("{}{sure}", found.suggested.in_phase(&found.phase)), role(found.suggested));
            page.put(&format!("{}.", found.finding), Role::Text);
            if let Some((at, change)) = walkthrough.difference(&step.id) {
                page.put(&format!("since {}: {change}", words::clock(at, zone)), Role::SourceNew);
            }
        }
        None => {
            let running: Vec<String> = walkthrough
                .running
                .iter()
                .map(|(question, (_, progress))| match progress.and_then(|progress| Some((progress.done, progress.of?))) {
                    Some((done, of)) => format!("{} {done}/{of}", question.words()),
                    None => question.words().to_owned(),
                })
                .collect();
            page.put(&format!("asking: {}", if running.is_empty() { "weighing".to_owned() } else { running.join(", ") }), Role::Muted);
        }
    }
    answered(&mut page, walkthrough, step);
    if let Some(found) = found {
        page.gap();
        page.list("For", found.speaks_for.iter().map(Point::words), Role::Text);
        page.list("Against", found.against.iter().map(Point::words), Role::Text);
        page.list("Not visible", found.missing.iter().cloned(), Role::Muted);
        page.list("Only you can tell", found.human.iter().cloned(), Role::Strong);
    } else {
        page.gap();
        page.list("Only you can tell", std::iter::once(step.human.clone()), Role::Strong);
    }
    page.lines
}

/// What people said of the step.
fn answered(page: &mut Page<'_>, walkthrough: &Walkthrough, step: &Step) {
    let cx = page.cx;
    let zone = &cx.investigation.zone;
    let Some(open) = open_case(cx, walkthrough) else { return };
    if let Some(answered) = open.case.answers.get(&step.id) {
        page.gap();
        let note = if answered.note.raw().is_empty() { String::new() } else { format!("  {}", words::inert(&answered.note)) };
        page.put(&format!("Your answer: [{}]{note}", answered.answer.words()), Role::Strong);
        let evidence: Vec<String> = answered.evidence.iter().map(|entry| format!("#{entry}")).collect();
        let evidence = if evidence.is_empty() { String::new() } else { format!(", evidence {}", evidence.join(" ")) };
        let is_saved = open.entries.iter().any(|entry| entry.seq == answered.signed.entry);
        let saved = if is_saved { "" } else { ", not saved yet" };
        page.put(&format!("by {} {}{evidence}{saved}", words::inert(&answered.signed.author), words::clock(answered.signed.time, zone)), Role::Muted);
    }
    for note in open.case.notes.iter().filter(|note| note.step.as_deref() == Some(step.id.as_str())) {
        page.put(&format!("Note: {}  ({} {})", words::inert(&note.text), words::inert(&note.signed.author), words::clock(note.signed.time, zone)), Role::Text);
    }
}

/// The popup of the questions behind a step.
pub struct Queries {
    queries: Vec<Query>,
    offset: usize,
}

impl Queries {
    /// The popup of these.
    pub fn new(queries: Vec<Query>) -> Self {
        Self { queries, offset: 0 }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(120), area.height.saturating_sub(2))
    }

    fn text(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for query in &self.queries {
            lines.push(format!("# {}: {} hits in {} ms, {}", query.index, query.hits, query.took, query.completeness));
            lines.extend(query.body.lines().map(str::to_owned));
            lines.push(String::new());
        }
        lines.into_iter().map(|line| foreign::sanitize(&line, Limits::DETAIL).into_string()).collect()
    }
}

impl View for Queries {
    fn id(&self) -> &'static str {
        "step-queries"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Copy, Action::Back, Action::PageDown, Action::PageUp]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        if action == Action::Copy {
            return Outcome::Consumed(vec![Want::Effect(Effect::Copy(self.text().join("\n")))]);
        }
        let inner = popup::inside(Self::frame(cx.area));
        let lines: usize = self.text().iter().map(|line| text::wrap(line, usize::from(inner.width)).len()).sum();
        let page = usize::from(inner.height);
        match moved(action, self.offset, lines.saturating_sub(page).saturating_add(1), page) {
            Some(offset) => {
                self.offset = offset;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Asked for this step, ready to paste", pen, Self::frame(area), buf);
        let lines: Vec<Line<'_>> = if self.queries.is_empty() {
            vec![Line::from(Span::styled("nothing has been answered for this step yet", pen.style(Role::Muted)))]
        } else {
            self.text()
                .iter()
                .flat_map(|line| text::wrap(line, usize::from(inner.width)))
                .map(|line| Line::from(Span::styled(line, pen.style(Role::Text))))
                .collect()
        };
        popup::lines(&lines, self.offset, pen, inner, buf);
    }
}
