//! One event with all its fields.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved};
use crate::domain::{Details, Event, Foreign, Limits, time};
use crate::investigation::{Action, Effect};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{popup, text};

/// The popup.
pub struct EventDetail {
    event: Event,
    offset: usize,
}

/// The fields that an event has, by their names in the Elastic Common Schema.
pub fn fields(event: &Event) -> Vec<(&'static str, Foreign)> {
    let ours = |text: String| Some(Foreign::from(text));
    let all = [
        ("@timestamp", ours(time::rfc3339_micros(event.time))),
        ("event.kind_of", ours(event.kind.name().to_owned())),
        ("event.code", event.code.and_then(|code| ours(code.to_string()))),
        ("source.ip", event.source.and_then(|source| ours(source.to_string()))),
        ("source.port", event.source_port.and_then(|port| ours(port.to_string()))),
        ("destination.ip", event.destination.and_then(|destination| ours(destination.to_string()))),
        ("destination.port", event.destination_port.and_then(|port| ours(port.to_string()))),
        ("host.name", event.host.clone()),
        ("user.name", event.user.clone()),
        ("process.executable", event.process.clone()),
        ("reason", event.reason.clone()),
        ("channel", event.channel.clone()),
        ("record_id", event.record.clone()),
        ("file", event.origin.file.clone()),
        ("_index", event.origin.index.clone()),
        ("_id", event.origin.id.clone()),
    ];
    let more = event.details.as_deref().map(details).unwrap_or_default();
    all.into_iter().chain(more).filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What some events tell besides.
fn details(details: &Details) -> Vec<(&'static str, Option<Foreign>)> {
    let number = |number: Option<u64>| number.map(|number| Foreign::from(number.to_string()));
    let hex = |number: Option<u64>| number.map(|number| Foreign::from(format!("0x{number:x}")));
    let yes = |yes: Option<bool>| yes.map(|yes| Foreign::from(if yes { "yes" } else { "no" }));
    vec![
        ("logon id", hex(details.logon_id)),
        ("linked logon id", hex(details.linked_logon_id)),
        ("logon type", number(details.logon_type.map(u64::from))),
        ("session id", number(details.session_id.map(u64::from))),
        ("connection", details.connection.clone()),
        ("activity id", details.activity.clone()),
        ("client", details.client.clone()),
        ("client zone, minutes", details.client_zone.map(|minutes| Foreign::from(minutes.to_string()))),
        ("transport", details.transport.clone()),
        ("authentication", details.authentication.clone()),
        ("administrator", yes(details.is_elevated)),
        ("restricted admin", yes(details.is_restricted_admin)),
        ("process.pid", number(details.process_id.map(u64::from))),
        ("process.entity_id", details.entity.clone()),
        ("process.parent.pid", number(details.parent_process_id.map(u64::from))),
        ("process.parent.executable", details.parent.clone()),
        ("process.command_line", details.command_line.clone()),
        ("signed by", details.signer.clone()),
        ("signature trusted", yes(details.is_trusted)),
        ("target", details.target.clone()),
        ("service", details.service.clone()),
        ("target user", details.target_user.clone()),
        ("network.community_id", details.community.clone()),
    ]
}

/// Columns of the names: the longest, and a gap.
const NAMES: usize = 27;

impl EventDetail {
    /// The popup for an event.
    pub fn new(event: Event) -> Self {
        Self { event, offset: 0 }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(110), area.height.saturating_sub(2).min(24))
    }

    fn lines(&self, cx: &Ctx<'_>, width: usize) -> Vec<Line<'static>> {
        let pen = cx.pen;
        let mut lines = Vec::new();
        for (name, value) in fields(&self.event) {
            let safe = value.safe_within(Limits::DETAIL);
            let room = width.saturating_sub(NAMES).max(1);
            if text::width(safe.as_str()) <= room {
                let mut spans = vec![Span::styled(format!("{name:<NAMES$}"), pen.style(Role::Muted))];
                spans.extend(text::spans(&safe, pen.style(Role::Text), pen.style(Role::Cleaned)));
                lines.push(Line::from(spans));
                continue;
            }
            for (part, place) in text::wrap(safe.as_str(), room).into_iter().zip(0..) {
                let head = if place == 0 { name } else { "" };
                lines.push(Line::from(vec![Span::styled(format!("{head:<NAMES$}"), pen.style(Role::Muted)), Span::styled(part, pen.style(Role::Text))]));
            }
        }
        lines
    }
}

impl View for EventDetail {
    fn id(&self) -> &'static str {
        "event"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Back, Action::Copy]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        let inner = popup::inside(Self::frame(cx.area));
        match action {
            Action::Copy => {
                let lines: Vec<String> = fields(&self.event).iter().map(|(name, value)| format!("{name}: {}", value.safe_within(Limits::DETAIL))).collect();
                Outcome::Consumed(vec![Want::Effect(Effect::Copy(lines.join("\n")))])
            }
            Action::Enter => Outcome::Consumed(vec![Want::Close]),
            _ => {
                let lines = self.lines(cx, usize::from(inner.width)).len();
                match moved(action, self.offset, lines.saturating_sub(usize::from(inner.height)).saturating_add(1), usize::from(inner.height)) {
                    Some(offset) => {
                        self.offset = offset;
                        Outcome::done()
                    }
                    None => Outcome::Ignored,
                }
            }
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let inner = popup::frame("Event", cx.pen, Self::frame(area), buf);
        popup::lines(&self.lines(cx, usize::from(inner.width)), self.offset, cx.pen, inner, buf);
    }
}
