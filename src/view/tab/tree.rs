//! The programs of a session or a stretch of time as rows, each below the one that started it, and the RDP connections
//! that they opened with the Sigma rule's word on them.

use std::cmp::Ordering;

use ratatui::text::Span;

use crate::analysis::outbound::Outbound;
use crate::analysis::processes::Process;
use crate::analysis::tree::{self, Node, What};
use crate::domain::{Event, Foreign, Timestamp};
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
    visit: &'a Visit,
    moment: Moment,
    cx: Ctx<'a>,
}

const PROGRAM: usize = 0;
const TIME: usize = 1;
const USER: usize = 2;
const SIGNATURE: usize = 3;
const NEW: usize = 4;
const SEEN_BY: usize = 5;
const LINE: usize = 6;

impl<'a> TreeRows<'a> {
    /// The programs of the visited session, or of the stretch of time that is looked at.
    pub fn of(visit: &'a Visit, evidence: &'a Evidence, cx: &Ctx<'a>) -> Self {
        let focus = visit.focus(cx.investigation.range, cx.investigation.size).range();
        let logons = visit.session.as_ref().map(|session| &session.logon_ids).filter(|logons| !logons.is_empty());
        // What ran in a session bears one of its logon ids, whenever that was.
        let is_of = |time: Timestamp, places: &[u32]| match logons {
            Some(logons) => {
                places.iter().filter_map(|place| evidence.events().get(*place as usize)?.details.as_deref()?.logon_id).any(|logon| logons.contains(&logon))
            }
            None => focus.contains(time),
        };
        let nodes = tree::tree(
            evidence.events(),
            &evidence.processes,
            &evidence.outbound,
            |process| is_of(process.time, &process.events),
            |outbound| is_of(outbound.time, &[outbound.event]),
        );
        Self { nodes, evidence, visit, moment: Moment::within(focus, &cx.investigation.zone), cx: *cx }
    }

    fn process(&self, row: usize) -> Option<&Process> {
        match self.nodes.get(row)?.what {
            What::Started(number) => self.evidence.processes.get(number),
            What::Reached(_) => None,
        }
    }

    fn outbound(&self, row: usize) -> Option<&Outbound> {
        match self.nodes.get(row)?.what {
            What::Started(_) => None,
            What::Reached(number) => self.evidence.outbound.get(number),
        }
    }

    fn event(&self, row: usize) -> Option<&Event> {
        let place = self.process(row).and_then(|process| process.events.first().copied()).or_else(|| self.outbound(row).map(|outbound| outbound.event))?;
        self.evidence.events().get(place as usize)
    }

    fn image(&self, row: usize) -> Option<&Foreign> {
        self.process(row).and_then(|process| process.image.as_ref()).or_else(|| self.outbound(row)?.image.as_ref())
    }

    fn user(&self, row: usize) -> Option<&Foreign> {
        self.process(row).and_then(|process| process.user.as_ref()).or_else(|| self.outbound(row)?.user.as_ref())
    }

    /// The file name of a program; its path stands in its command line and in the event.
    fn name(process: Option<&Foreign>) -> String {
        let Some(process) = process else { return "-".to_owned() };
        let raw = process.raw();
        words::inert(&Foreign::from(raw.rsplit(['\\', '/']).next().unwrap_or(raw)))
    }

    fn label(&self, row: usize) -> String {
        match self.outbound(row) {
            Some(outbound) => outbound.destination.map_or_else(|| "RDP out".to_owned(), |to| format!("RDP to {to}")),
            None => Self::name(self.image(row)),
        }
    }

    /// Whether the program was never seen here in the history; `None` where no history says.
    fn is_new(&self, row: usize) -> Option<bool> {
        let image = self.process(row)?.image.as_ref()?;
        self.visit.is_known_program(image).map(|is_known| !is_known)
    }

    fn said(outbound: &Outbound) -> String {
        let mut said = format!("Sigma: {}", outbound.word.text());
        for note in &outbound.notes {
            said.push_str("; ");
            said.push_str(note);
        }
        said
    }
}

impl Rows for TreeRows<'_> {
    fn columns(&self, _width: u16, seen: &[usize]) -> Vec<Column> {
        let when = self.moment.width();
        let wide = |row: &usize| {
            let depth = self.nodes.get(*row).map_or(0, |node| node.depth);
            text::width(&self.label(*row)).saturating_add(depth.saturating_mul(2)).saturating_add(2)
        };
        let label = u16::try_from(seen.iter().map(wide).max().unwrap_or(0)).unwrap_or(u16::MAX);
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        // When room runs out: sensors, signature, new, user, time.
        vec![
            column("program", label.clamp(20, 32), label.clamp(20, 50), 255, Align::Left),
            column("time", when, when, 220, Align::Left),
            column("user", 10, 22, 200, Align::Left),
            column("signature", 11, 18, 180, Align::Left),
            column("new", 4, 4, 190, Align::Left),
            column("seen by", 7, 7, 90, Align::Right),
            column("command line", 16, u16::MAX, 240, Align::Left),
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
        let process = self.process(row);
        match column {
            PROGRAM => {
                let indent = "  ".repeat(node.depth.saturating_sub(1).min(20));
                let branch = if node.depth > 0 { pen.glyphs.branch() } else { "" };
                let role = if process.is_some() { Role::Text } else { Role::SeverityMajor };
                Cell::Text(vec![Span::styled(format!("{indent}{branch}"), muted), Span::styled(self.label(row), pen.style(role))])
            }
            TIME => {
                let time = process.map(|process| process.time).or_else(|| self.outbound(row).map(|outbound| outbound.time));
                Cell::text(time.map(|time| self.moment.of(time, &self.cx.investigation.zone, width)).unwrap_or_default(), plain)
            }
            USER => foreign(self.user(row), plain),
            SIGNATURE => match process.map(|process| (process.is_trusted, &process.signer)) {
                None => Cell::Text(Vec::new()),
                Some((Some(true), None)) => Cell::text("trusted", plain),
                Some((Some(true), signer)) => foreign(signer.as_ref(), plain),
                Some((Some(false), _)) => Cell::text("NOT TRUSTED", pen.style(Role::SeverityMajor)),
                Some((None, None)) => Cell::text("not visible", muted),
                Some((None, signer)) => foreign(signer.as_ref(), muted),
            },
            NEW => match (process, self.is_new(row)) {
                (Some(_), Some(true)) => Cell::text("NEW", pen.style(Role::SourceNew)),
                (Some(_), None) => Cell::text("?", muted),
                _ => Cell::Text(Vec::new()),
            },
            SEEN_BY => Cell::text(node.witnesses.to_string(), if node.witnesses > 1 { plain } else { muted }),
            LINE => match self.outbound(row) {
                Some(outbound) => {
                    let role = if outbound.word.is_hit() { Role::SeverityMajor } else { Role::Text };
                    Cell::text(Self::said(outbound), pen.style(role))
                }
                None => foreign(process.and_then(|process| process.command_line.as_ref()).or_else(|| self.image(row)), plain),
            },
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let time = |row: usize| self.event(row).map(|event| event.time);
        let signature = |row: usize| self.process(row).map(|process| (process.is_trusted, process.signer.clone()));
        let line = |row: usize| self.process(row).and_then(|process| process.command_line.clone());
        match column {
            PROGRAM => self.label(one).cmp(&self.label(two)),
            USER => self.user(one).cmp(&self.user(two)),
            SIGNATURE => signature(one).cmp(&signature(two)),
            NEW => self.is_new(two).cmp(&self.is_new(one)),
            SEEN_BY => self.nodes.get(one).map(|node| node.witnesses).cmp(&self.nodes.get(two).map(|node| node.witnesses)),
            LINE => line(one).cmp(&line(two)),
            _ => time(one).cmp(&time(two)),
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
        let mut fields: Vec<String> = event::fields(event).iter().map(|(name, value)| format!("{name}={}", words::inert(value))).collect();
        fields.extend(self.outbound(row).map(Self::said));
        fields.join("\t")
    }

    fn values(&self, row: usize) -> Vec<Value> {
        let subjects = [self.image(row).cloned().map(Subject::Process), self.user(row).cloned().map(Subject::User)];
        let value = |subject: Subject| Some(Value { name: subject.sort(), text: subject.label(), filter: subject.condition()? });
        subjects.into_iter().flatten().filter_map(value).collect()
    }

    fn open(&self, row: usize) -> Option<Want> {
        self.event(row).map(|event| Want::Layer(Box::new(EventDetail::new(event.clone()))))
    }
}
