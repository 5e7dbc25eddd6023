//! Why a bucket has its score: the pane with every figure behind it, scrolling and copyable. On a destination it follows the
//! bucket cursor.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved};
use crate::detect::Explanation;
use crate::domain::{Destination, Timestamp};
use crate::investigation::{Action, Effect, Msg};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{popup, severity, text};

/// The popup.
#[derive(Default)]
pub struct WhyView {
    offset: usize,
    /// What it is about; `None` for the bucket under the cursor of the visited destination.
    about: Option<(Arc<Destination>, Timestamp)>,
}

/// A line with the role in which it is drawn, broken where the frame ends.
type Told = (String, Role);

impl WhyView {
    /// About one bucket of a destination, whatever is visited.
    pub fn at(destination: Arc<Destination>, start: Timestamp) -> Self {
        Self { offset: 0, about: Some((destination, start)) }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(2).min(120), area.height)
    }

    fn explanation(&self, cx: &Ctx<'_>) -> Option<Explanation> {
        let state = cx.investigation;
        match &self.about {
            Some((destination, at)) => state.explain(destination, *at),
            None => {
                let visit = state.visit()?;
                state.explain(visit.destination.as_ref()?, visit.cursor)
            }
        }
    }

    fn lines(&self, cx: &Ctx<'_>, width: usize) -> Vec<Told> {
        let Some(explanation) = self.explanation(cx) else {
            return vec![("nothing has been judged here yet".to_owned(), Role::Muted)];
        };
        let zone = &cx.investigation.zone;
        let mut lines: Vec<Told> =
            text::wrap(&explanation.headline(zone), width).into_iter().map(|line| (line, severity::role(explanation.severity))).collect();
        for section in explanation.sections(zone) {
            lines.push((section.title.to_owned(), Role::Title));
            for line in &section.lines {
                // What goes on over the end of a line stands under its beginning.
                let indent = line.chars().take_while(|character| *character == ' ').count() + 1;
                let room = width.saturating_sub(indent).max(10);
                lines.extend(text::wrap(line.trim_start(), room).into_iter().map(|part| (format!("{:indent$}{part}", ""), Role::Text)));
            }
        }
        lines
    }
}

impl View for WhyView {
    fn id(&self) -> &'static str {
        "why"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        let mut actions = vec![Action::Copy, Action::Back, Action::PageDown, Action::PageUp];
        if self.about.is_none() {
            actions.push(Action::NextAnomaly);
        }
        actions
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        if action == Action::Copy {
            let text = self.explanation(cx).map(|explanation| explanation.text(&cx.investigation.zone)).unwrap_or_default();
            return Outcome::Consumed(vec![Want::Effect(Effect::Copy(text))]);
        }
        if self.about.is_none() {
            let msg = match action {
                Action::Left => Some(Msg::CursorMoved(-1)),
                Action::Right => Some(Msg::CursorMoved(1)),
                Action::NextAnomaly => Some(Msg::AnomalySought { is_forward: true }),
                Action::PreviousAnomaly => Some(Msg::AnomalySought { is_forward: false }),
                _ => None,
            };
            if let Some(msg) = msg {
                self.offset = 0;
                return Outcome::Consumed(vec![Want::Msg(msg), Want::Msg(Msg::BesideWanted)]);
            }
        }
        let inner = popup::inside(Self::frame(cx.area));
        let page = usize::from(inner.height);
        match moved(action, self.offset, self.lines(cx, usize::from(inner.width)).len().saturating_sub(page).saturating_add(1), page) {
            Some(offset) => {
                self.offset = offset;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Why", pen, Self::frame(area), buf);
        let told = self.lines(cx, usize::from(inner.width));
        let below = told.len().saturating_sub(self.offset).saturating_sub(usize::from(inner.height));
        let lines: Vec<Line<'_>> = told.into_iter().map(|(line, role)| Line::from(Span::styled(line, pen.style(role)))).collect();
        popup::lines(&lines, self.offset, pen, inner, buf);
        if below > 0 {
            let foot = Rect { y: inner.bottom(), height: 1, ..inner };
            text::put_right(buf, foot, foot.y, &format!(" {below} more below "), pen.style(Role::Muted));
        }
    }
}
