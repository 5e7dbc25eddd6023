//! The programs of a session or a stretch of time as rows, each below the one that started it.

use std::cmp::Ordering;

use ratatui::text::Span;

use crate::domain::{Event, Foreign};
use crate::investigation::tree::{self, Node};
use crate::investigation::{Evidence, Subject, Visit};
use crate::theme::Role;
use crate::view::event::EventDetail;
use crate::view::list::Rows;
use crate::view::list::values::Value;
use crate::view::words::Moment;
use crate::view::{Ctx, Want, event, words};
use crate::widget::table::{Cell, Column};
use crate::widget::text::{self, Align};

/// The rows.
pub struct TreeRows<'a> {
    nodes: Vec<Node>,
    evidence: &'a Evidence,
    moment: Moment,
    cx: Ctx<'a>,
}

impl<'a> TreeRows<'a> {
    /// The programs of the visited session, or of the stretch of time that is looked at.
    pub fn of(visit: &Visit, evidence: &'a Evidence, cx: &Ctx<'a>) -> Self {
        let focus = visit.focus(cx.investigation.range, cx.investigation.size).range();
        let logons = visit.session.as_ref().map(|session| &session.logon_ids).filter(|logons| !logons.is_empty());
        let nodes = tree::tree(evidence.events(), |event| match logons {
            // What ran in a session bears one of its logon ids, whenever that was.
            Some(logons) => event.details.as_ref().and_then(|details| details.logon_id).is_some_and(|logon| logons.contains(&logon)),
            None => focus.contains(event.time),
        });
        Self { nodes, evidence, moment: Moment::within(focus, &cx.investigation.zone), cx: *cx }
    }

    fn event(&self, row: usize) -> Option<&Event> {
        self.evidence.events().get(self.nodes.get(row)?.event)
    }

    /// The file name of a program; its path stands in its command line and in the event.
    fn name(process: Option<&Foreign>) -> String {
        let Some(process) = process else { return "-".to_owned() };
        let raw = process.raw();
        words::inert(&Foreign::from(raw.rsplit(['\\', '/']).next().unwrap_or(raw)))
    }
}

impl Rows for TreeRows<'_> {
    fn columns(&self, _width: u16, seen: &[usize]) -> Vec<Column> {
        let when = self.moment.width();
        let wide = |node: &Node| text::width(&Self::name(node.process.as_ref())).saturating_add(node.depth.saturating_mul(2)).saturating_add(2);
        let label = seen.iter().filter_map(|row| self.nodes.get(*row)).map(wide).max().unwrap_or(0);
        let label = u16::try_from(label).unwrap_or(u16::MAX);
        let column = |title, min, max, keep| Column { title, min, max, keep, align: Align::Left };
        // When room runs out: signature, user, time.
        vec![
            column("program", label.clamp(20, 32), label.clamp(20, 50), 255),
            column("time", when, when, 220),
            column("user", 10, 22, 200),
            column("signature", 11, 18, 180),
            column("command line", 16, u16::MAX, 240),
        ]
    }

    fn len(&self) -> usize {
        self.nodes.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let Some(node) = self.nodes.get(row) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let foreign =
            |value: Option<&Foreign>, style| Cell::Text(value.map(|value| text::spans(&value.safe(), style, pen.style(Role::Cleaned))).unwrap_or_default());
        match column {
            0 => {
                let indent = "  ".repeat(node.depth.saturating_sub(1).min(20));
                let branch = if node.depth > 0 { pen.glyphs.branch() } else { "" };
                let said = match node.reached {
                    Some(to) => Span::styled(format!("RDP to {to}"), pen.style(Role::SeverityMajor)),
                    None => Span::styled(Self::name(node.process.as_ref()), plain),
                };
                Cell::Text(vec![Span::styled(format!("{indent}{branch}"), muted), said])
            }
            1 => Cell::text(self.moment.of(node.time, &self.cx.investigation.zone, width), plain),
            2 => foreign(self.event(row).and_then(|event| event.user.as_ref()), plain),
            3 => match (node.is_trusted, &node.signer) {
                (Some(true), None) => Cell::text("trusted", plain),
                (Some(true), signer) => foreign(signer.as_ref(), plain),
                (Some(false), _) => Cell::text("NOT TRUSTED", pen.style(Role::SeverityMajor)),
                (None, None) => Cell::text("not visible", muted),
                (None, signer) => foreign(signer.as_ref(), muted),
            },
            4 => foreign(node.command_line.as_ref().or(node.process.as_ref()), plain),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(left), Some(right)) = (self.nodes.get(one), self.nodes.get(two)) else { return Ordering::Equal };
        let user = |row: usize| self.event(row).and_then(|event| event.user.clone());
        match column {
            0 => Self::name(left.process.as_ref()).cmp(&Self::name(right.process.as_ref())),
            1 => left.time.cmp(&right.time),
            2 => user(one).cmp(&user(two)),
            3 => (left.is_trusted, &left.signer).cmp(&(right.is_trusted, &right.signer)),
            _ => left.command_line.cmp(&right.command_line),
        }
    }

    fn order(&self) -> &'static str {
        "who started whom"
    }

    fn sort(&self) -> &'static str {
        "event"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.event(row).map(|event| Subject::Event(Box::new(event.clone())))
    }

    fn text(&self, row: usize) -> String {
        self.line(row)
    }

    fn line(&self, row: usize) -> String {
        let Some(event) = self.event(row) else { return String::new() };
        event::fields(event).iter().map(|(name, value)| format!("{name}={}", words::inert(value))).collect::<Vec<_>>().join("\t")
    }

    fn values(&self, row: usize) -> Vec<Value> {
        let Some(event) = self.event(row) else { return Vec::new() };
        let subjects = [event.process.clone().map(Subject::Process), event.user.clone().map(Subject::User)];
        let value = |subject: Subject| Some(Value { name: subject.sort(), text: subject.label(), filter: subject.condition()? });
        subjects.into_iter().flatten().filter_map(value).collect()
    }

    fn open(&self, row: usize) -> Option<Want> {
        self.event(row).map(|event| Want::Layer(Box::new(EventDetail::new(event.clone()))))
    }
}
