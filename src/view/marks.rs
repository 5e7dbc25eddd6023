//! The popup of marks: everything kept as evidence, wherever it was marked.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::event::EventDetail;
use super::{Ctx, Outcome, View, Want, moved, words};
use crate::domain::time;
use crate::investigation::{Action, Effect, Mark, Msg, Subject};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{popup, table, text};

/// The popup.
#[derive(Default)]
pub struct Marks {
    selected: usize,
}

impl Marks {
    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(120), area.height.saturating_sub(2))
    }

    fn place(&self, cx: &Ctx<'_>) -> usize {
        self.selected.min(cx.investigation.marks.len().saturating_sub(1))
    }
}

/// A mark as a line for the clipboard: when, on which page, over which time, and the row.
fn line(mark: &Mark) -> String {
    let moment = |at| time::rfc3339(at);
    let trail = if mark.trail.is_empty() { "destinations" } else { &mark.trail };
    format!("{}\t{}\t{trail}\t{}\t{}\t{}", moment(mark.at), mark.subject.sort(), moment(mark.range.from), moment(mark.range.to), mark.line)
}

/// A destination is visited whole, whatever the page below is narrowed to.
fn open(subject: &Subject) -> Want {
    match subject {
        Subject::Destination(destination) => Want::Msg(Msg::Visited(Arc::clone(destination))),
        Subject::Event(event) => Want::Layer(Box::new(EventDetail::new((**event).clone()))),
        other => Want::Msg(Msg::Opened(other.clone())),
    }
}

impl View for Marks {
    fn id(&self) -> &'static str {
        "marks"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::FilterOut, Action::Copy, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let marks = &cx.investigation.marks;
        let place = self.place(cx);
        match action {
            Action::Copy if !marks.is_empty() => Outcome::Consumed(vec![Want::Effect(Effect::Copy(marks.iter().map(line).collect::<Vec<_>>().join("\n")))]),
            Action::FilterOut => marks.get(place).map_or_else(Outcome::done, |mark| Outcome::msg(Msg::Marked(mark.clone()))),
            Action::Enter => marks.get(place).map_or_else(Outcome::done, |mark| Outcome::Consumed(vec![Want::Close, open(&mark.subject)])),
            _ => match moved(action, place, marks.len(), usize::from(popup::inside(Self::frame(cx.area)).height)) {
                Some(selected) => {
                    self.selected = selected;
                    Outcome::done()
                }
                None => Outcome::Ignored,
            },
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let state = cx.investigation;
        let inner = popup::frame("Marked as evidence", pen, Self::frame(area), buf);
        let item = |mark: &Mark| {
            let shown = text::cut(&mark.line.replace('\t', "  "), usize::from(inner.width), pen.glyphs).into_owned();
            Line::from(vec![
                Span::styled(format!("{}  ", words::clock(mark.at, &state.zone)), pen.style(Role::Muted)),
                Span::styled(format!("{:<13}", mark.subject.sort()), pen.style(Role::Key)),
                Span::styled(shown, pen.style(Role::Text)),
            ])
        };
        let items: Vec<Line<'_>> = if state.marks.is_empty() {
            vec![Line::from(Span::styled("nothing is marked; space marks the row under the cursor", pen.style(Role::Muted)))]
        } else {
            state.marks.iter().map(item).collect()
        };
        let place = self.place(cx);
        popup::list(&items, place, table::window(place, 0, usize::from(inner.height)), pen, inner, buf);
    }
}
