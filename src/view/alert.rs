//! One alert or record: how it is worded, and the popup that shows all of it.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ctx, Outcome, View, Want, moved, words};
use crate::analysis::difference;
use crate::domain::{Alert, Destination, Foreign, Limits, Raiser, time};
use crate::investigation::{Action, Effect};
use crate::keymap::Mode;
use crate::theme::Role;
use crate::widget::{axis, popup, text};

/// Names of one sort that are listed in a line.
const LISTED: usize = 8;

/// What it is about: the rule's name, what the job finds unusual, or the job's id. Inert.
pub fn title(alert: &Alert) -> String {
    match (alert.raiser, alert.lateral()) {
        (Raiser::Job, Some(job)) => job.words().to_owned(),
        _ => words::inert(&alert.title),
    }
}

/// What words are looked for in.
pub fn searched(alert: &Alert) -> String {
    fields(alert).iter().map(|(_, value)| value.raw()).collect::<Vec<_>>().join(" ")
}

/// The figures of its job in a sentence.
pub fn figures(alert: &Alert, zone: &TimeZone) -> String {
    let Some(anomaly) = &alert.anomaly else { return String::new() };
    let first = anomaly.initial.map_or_else(String::new, |initial| format!(" (at first {initial:.0})"));
    let interim = if anomaly.is_interim { " interim" } else { "" };
    let seen = anomaly.actual.map_or_else(|| "?".to_owned(), |value| format!("{value:.0}"));
    let usual = anomaly.typical.map_or_else(|| "?".to_owned(), |typical| words::typical(Some(typical)));
    format!(
        "{:.0}{first}{interim}: {seen} seen in {} from {}, usual {usual}",
        anomaly.score,
        difference::words(anomaly.span),
        axis::moment(alert.about.from, zone)
    )
}

/// Why its score and ours differ.
pub fn reasons(alert: &Alert, destination: Option<&Destination>, cx: &Ctx<'_>) -> Vec<String> {
    let state = cx.investigation;
    let (Some(board), Some(destination)) = (state.board(), destination) else { return Vec::new() };
    difference::reasons(alert, &board.ours(destination, alert.about, state.arrivals.value()))
}

/// A rule's alert in a sentence.
pub fn rule(alert: &Alert, zone: &TimeZone) -> String {
    let text = |value: &Option<Foreign>| value.as_ref().map(|value| format!("  {}", words::inert(value))).unwrap_or_default();
    let risk = alert.risk.map_or_else(String::new, |risk| format!(" {risk:.0}"));
    format!("{}{}{risk}{}  raised {}", words::inert(&alert.title), text(&alert.severity), text(&alert.status), axis::moment(alert.raised, zone))
}

/// Who contributed, where it says.
pub fn influencers(alert: &Alert) -> Option<String> {
    let anomaly = alert.anomaly.as_ref().filter(|anomaly| !anomaly.influencers.is_empty())?;
    let one = |(field, values): &(Foreign, Vec<Foreign>)| format!("{} {}", words::inert(field), listed(values));
    Some(anomaly.influencers.iter().map(one).collect::<Vec<_>>().join("; "))
}

fn listed(values: &[Foreign]) -> String {
    let mut said = values.iter().take(LISTED).map(words::inert).collect::<Vec<_>>().join(", ");
    if values.len() > LISTED {
        said.push_str(&format!(" and {} more", values.len() - LISTED));
    }
    said
}

fn joined<T>(values: &[T], text: impl Fn(&T) -> String) -> Option<Foreign> {
    (!values.is_empty()).then(|| Foreign::from(values.iter().map(text).collect::<Vec<_>>().join(", ")))
}

/// Everything it says, by name.
pub fn fields(alert: &Alert) -> Vec<(&'static str, Foreign)> {
    let own = |text: String| Some(Foreign::from(text));
    let raw = |text: &Foreign| text.raw().to_owned();
    let mut all = vec![
        ("raised", own(time::rfc3339_micros(alert.raised))),
        ("from", own(time::rfc3339_micros(alert.about.from))),
        ("to", own(time::rfc3339_micros(alert.about.to))),
        (if alert.raiser == Raiser::Job { "job" } else { "rule" }, Some(alert.title.clone())),
        ("rule_id", alert.rule.clone()),
        ("job_id", alert.job.clone().filter(|job| *job != alert.title)),
        ("severity", alert.severity.clone()),
        ("risk_score", alert.risk.and_then(|risk| own(format!("{risk:.0}")))),
        ("status", alert.status.clone()),
        ("reason", alert.reason.clone()),
        ("tactic", joined(&alert.tactics, raw)),
        ("technique", joined(&alert.techniques, raw)),
        ("host.name", joined(&alert.hosts, raw)),
        ("host.ip", joined(&alert.host_addresses, ToString::to_string)),
        ("destination.ip", joined(&alert.destinations, ToString::to_string)),
        ("source.ip", joined(&alert.sources, ToString::to_string)),
        ("user.name", joined(&alert.users, raw)),
    ];
    if let Some(anomaly) = &alert.anomaly {
        let number = |value: Option<f64>| value.and_then(|value| own(value.to_string()));
        all.extend([
            ("record_score", number(Some(anomaly.score))),
            ("initial_score", number(anomaly.initial)),
            ("actual", number(anomaly.actual)),
            ("typical", number(anomaly.typical)),
            ("probability", number(anomaly.probability)),
            ("multi_bucket", number(anomaly.multi_bucket_impact)),
            ("is_interim", own(anomaly.is_interim.to_string())),
            ("bucket_span", own(difference::words(anomaly.span))),
            ("about", anomaly.entity.as_ref().and_then(|(field, value)| own(format!("{} {}", field.raw(), value.raw())))),
        ]);
        all.extend(
            anomaly
                .influencers
                .iter()
                .map(|(field, values)| ("influencer", joined(values, raw).map(|values| Foreign::from(format!("{} {}", field.raw(), values.raw()))))),
        );
    }
    all.extend([("file", alert.origin.file.clone()), ("_index", alert.origin.index.clone()), ("_id", alert.origin.id.clone())]);
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Columns of the names.
const NAMES: usize = 16;

/// The popup.
pub struct AlertDetail {
    alert: Alert,
    offset: usize,
}

impl AlertDetail {
    /// The popup for an alert.
    pub fn new(alert: Alert) -> Self {
        Self { alert, offset: 0 }
    }

    fn frame(area: Rect) -> Rect {
        popup::place(area, area.width.saturating_sub(4).min(110), area.height.saturating_sub(2).min(30))
    }

    fn lines(&self, cx: &Ctx<'_>, width: usize) -> Vec<Line<'static>> {
        let pen = cx.pen;
        let mut lines = Vec::new();
        let mut put = |name: &str, said: &str, role: Role| {
            for (place, part) in text::wrap(said, width.saturating_sub(NAMES)).into_iter().enumerate() {
                let lead = if place == 0 { format!("{name:<NAMES$}") } else { " ".repeat(NAMES) };
                lines.push(Line::from(vec![Span::styled(lead, pen.style(Role::Muted)), Span::styled(part, pen.style(role))]));
            }
        };
        let destination = cx.investigation.visit().and_then(|visit| visit.destination.as_deref());
        for reason in reasons(&self.alert, destination, cx) {
            put("differs", &reason, Role::Strong);
        }
        for (name, value) in fields(&self.alert) {
            put(name, value.safe_within(Limits::DETAIL).as_str(), Role::Text);
        }
        lines
    }
}

impl View for AlertDetail {
    fn id(&self) -> &'static str {
        "alert"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Copy, Action::Back, Action::PageDown, Action::PageUp]
    }

    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome {
        if action == Action::Copy {
            let lines: Vec<String> = fields(&self.alert).iter().map(|(name, value)| format!("{name}={}", words::inert(value))).collect();
            return Outcome::Consumed(vec![Want::Effect(Effect::Copy(lines.join("\n")))]);
        }
        let inner = popup::inside(Self::frame(cx.area));
        let page = usize::from(inner.height);
        let len = self.lines(cx, usize::from(inner.width)).len();
        match moved(action, self.offset, len.saturating_sub(page).saturating_add(1), page) {
            Some(offset) => {
                self.offset = offset;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let inner = popup::frame("Alert", cx.pen, Self::frame(area), buf);
        popup::lines(&self.lines(cx, usize::from(inner.width)), self.offset, cx.pen, inner, buf);
    }
}
