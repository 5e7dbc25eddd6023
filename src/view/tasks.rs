//! The popup of tasks: what is being asked and worked out, how it went, and giving up on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved};
use crate::domain::{Limits, foreign};
use crate::investigation::task::{State, Task};
use crate::investigation::{Action, Effect, Msg, Need, Slot};
use crate::keymap::Mode;
use crate::query::TallyBy;
use crate::theme::Role;
use crate::widget::{popup, table, text};

/// Columns of what a task is about.
const NAMES: usize = 34;

/// The popup.
#[derive(Default)]
pub struct TaskList {
    /// The slot under the cursor: tasks change places when they end.
    selected: Option<Slot>,
}

/// What a slot is about.
fn about(slot: Slot) -> String {
    let of = |need: Need| match need {
        Need::Timeline => "timeline of this page",
        Need::Tally(TallyBy::Source) => "sources",
        Need::Tally(TallyBy::User) => "users",
        Need::Tally(TallyBy::Destination) => "destinations",
        Need::Tally(TallyBy::Process) => "programs",
        Need::Events => "a page of events",
        Need::Evidence => "events behind sessions and stages",
        Need::Past => "what was usual before",
        Need::Alerts => "alerts and records of jobs",
        Need::ProgramsBefore => "programs seen here before",
        Need::Hops => "events behind the hops",
        Need::Health => "what can be seen here",
        Need::Beside => "what goes on beside it",
    };
    match slot {
        Slot::Overview => "what there is".to_owned(),
        Slot::Arrivals => "who reached what, shown range".to_owned(),
        Slot::History => "history before the range".to_owned(),
        Slot::Live => "young buckets, live".to_owned(),
        Slot::Count => "counting into lanes".to_owned(),
        Slot::Detection => "judging every bucket".to_owned(),
        Slot::Visit(need) => of(need).to_owned(),
        Slot::Study(need) => format!("working out {}", of(need)),
    }
}

/// How a task goes, and the role it is drawn in.
fn said(task: &Task) -> (String, Role) {
    match &task.state {
        State::Running(None) => ("running".to_owned(), Role::Strong),
        State::Running(Some(progress)) => {
            let of = progress.of.map(|of| format!(" of {of}")).unwrap_or_default();
            (format!("running, {}{of}", progress.done), Role::Strong)
        }
        State::Done(None) => ("done".to_owned(), Role::Text),
        State::Done(Some(took)) => (format!("done in {:.1} s", took.as_secs_f64()), Role::Text),
        State::Failed(what) => (foreign::sanitize(&format!("failed: {what}"), Limits::DETAIL).into_string(), Role::Error),
        State::Dropped => ("given up".to_owned(), Role::Muted),
    }
}

impl TaskList {
    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(120), area.height.saturating_sub(2))
    }

    fn place(&self, tasks: &[(Slot, &Task)]) -> usize {
        tasks.iter().position(|(slot, _)| Some(*slot) == self.selected).unwrap_or(0)
    }
}

impl View for TaskList {
    fn id(&self) -> &'static str {
        "tasks"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::FilterOut, Action::Copy, Action::Back]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let tasks = cx.investigation.tasks.list();
        let place = self.place(&tasks);
        let under = tasks.get(place);
        match action {
            Action::FilterOut => Outcome::Consumed(match under {
                Some((slot, task)) if task.is_running() => vec![Want::Msg(Msg::TaskStopped(*slot))],
                _ => vec![Want::Say("nothing runs here any more".to_owned())],
            }),
            Action::Copy => {
                let question = under.and_then(|(_, task)| Some(cx.wording?(task.ask.as_ref()?)));
                Outcome::Consumed(vec![match question {
                    Some(text) => Want::Effect(Effect::Copy(
                        text.lines().map(|line| foreign::sanitize(line, Limits::DETAIL).into_string()).collect::<Vec<_>>().join("\n"),
                    )),
                    None => Want::Say("worked out here: there is no question to copy".to_owned()),
                }])
            }
            Action::Tasks => Outcome::Consumed(vec![Want::Close]),
            _ => match moved(action, place, tasks.len(), usize::from(popup::inside(Self::frame(cx.area)).height)) {
                Some(to) => {
                    self.selected = tasks.get(to).map(|(slot, _)| *slot);
                    Outcome::done()
                }
                None => Outcome::Ignored,
            },
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame("Asked and worked out", pen, Self::frame(area), buf);
        let tasks = cx.investigation.tasks.list();
        let item = |(slot, task): &(Slot, &Task)| {
            let (words, role) = said(task);
            let name = text::pad(&about(*slot), NAMES, text::Align::Left, pen.glyphs);
            let words = text::cut(&words, usize::from(inner.width).saturating_sub(NAMES + 2), pen.glyphs).into_owned();
            Line::from(vec![Span::styled(name, pen.style(Role::Text)), Span::raw("  "), Span::styled(words, pen.style(role))])
        };
        let items: Vec<Line<'_>> = if tasks.is_empty() {
            vec![Line::from(Span::styled("nothing has been asked yet", pen.style(Role::Muted)))]
        } else {
            tasks.iter().map(item).collect()
        };
        let place = self.place(&tasks);
        popup::list(&items, place, table::window(place, 0, usize::from(inner.height)), pen, inner, buf);
    }
}
