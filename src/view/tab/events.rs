//! The events themselves, a page at a time.

use std::cmp::Ordering;

use super::Pane;
use super::tally::newcomers;
use crate::domain::{Address, Event, Family, Foreign};
use crate::investigation::{Subject, Visit};
use crate::theme::Role;
use crate::view::list::Rows;
use crate::view::list::values::Value;
use crate::view::words::Moment;
use crate::view::{Ctx, Want, event, words};
use crate::widget::table::{Cell, Column};
use crate::widget::text::{self, Align};

/// The tab.
pub struct Events;

impl Pane for Events {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let newcomers = newcomers(visit, cx);
        let is_wanted = |event: &&Event| !visit.only_new || event.source.is_some_and(|source| newcomers.binary_search(&source).is_ok());
        let events = visit.events().map(|page| page.events.as_slice()).unwrap_or_default();
        let moment = Moment::within(visit.focus(cx.investigation.range, cx.investigation.size).range(), &cx.investigation.zone);
        Box::new(EventRows { events: events.iter().filter(is_wanted).collect(), moment, cx: *cx })
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.events().map(|page| page.total)
    }

    fn noun(&self) -> &'static str {
        "events"
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        let page = visit.events().filter(|page| page.total > page.events.len() as u64)?;
        let from = (visit.skip as u64).saturating_add(1);
        let to = (visit.skip as u64).saturating_add(page.events.len() as u64);
        Some(format!("{from} to {to} of {}", page.total))
    }
}

struct EventRows<'a> {
    events: Vec<&'a Event>,
    moment: Moment,
    cx: Ctx<'a>,
}

impl EventRows<'_> {
    fn foreign(event: &Event, column: usize) -> Option<&Foreign> {
        match column {
            3 => event.user.as_ref(),
            4 => event.host.as_ref(),
            5 => event.reason.as_ref(),
            6 => event.process.as_ref(),
            _ => None,
        }
    }
}

impl Rows for EventRows<'_> {
    fn columns(&self, _width: u16, _seen: &[usize]) -> Vec<Column> {
        let when = self.moment.width();
        let column = |title, min, max, keep| Column { title, min, max, keep, align: Align::Left };
        vec![
            column("time", when, when, 255),
            column("kind", 14, 20, 250),
            column("source", 15, 26, 240),
            column("user", 12, 28, 230),
            column("host", 8, 20, 100),
            column("reason", 8, 22, 90),
            column("program", 10, u16::MAX, 80),
        ]
    }

    fn len(&self) -> usize {
        self.events.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let Some(event) = self.events.get(row) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let plain = pen.style(Role::Text);
        match column {
            0 => Cell::text(self.moment.of(event.time, &self.cx.investigation.zone, width), plain),
            1 => {
                let role = match event.kind.family() {
                    Family::Session | Family::Shell => Role::StageInside,
                    Family::Failed => Role::StageRefused,
                    Family::Network => Role::Text,
                    Family::End | Family::Context => Role::Muted,
                };
                Cell::text(event.kind.name(), pen.style(role))
            }
            2 => {
                let role = if event.source.is_some_and(Address::is_loopback) { Role::SourceLoopback } else { Role::Text };
                Cell::text(event.source.map_or_else(|| "-".to_owned(), |source| source.to_string()), pen.style(role))
            }
            // The end of a path is the program.
            6 => Cell::text(
                event.process.as_ref().map(|process| text::cut_start(&words::inert(process), usize::from(width), pen.glyphs).into_owned()).unwrap_or_default(),
                plain,
            ),
            _ => Cell::Text(Self::foreign(event, column).map(|value| text::spans(&value.safe(), plain, pen.style(Role::Cleaned))).unwrap_or_default()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some(one), Some(two)) = (self.events.get(one), self.events.get(two)) else { return Ordering::Equal };
        match column {
            0 => one.time.cmp(&two.time),
            1 => one.kind.name().cmp(two.kind.name()),
            2 => one.source.cmp(&two.source),
            _ => Self::foreign(one, column).cmp(&Self::foreign(two, column)),
        }
    }

    fn order(&self) -> &'static str {
        "time, as the page comes"
    }

    fn sort(&self) -> &'static str {
        "event"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        self.events.get(row).map(|event| Subject::Event(Box::new((*event).clone())))
    }

    fn text(&self, row: usize) -> String {
        let Some(event) = self.events.get(row) else { return String::new() };
        event::fields(event).iter().map(|(_, value)| value.raw().to_owned()).collect::<Vec<_>>().join(" ")
    }

    fn line(&self, row: usize) -> String {
        let Some(event) = self.events.get(row) else { return String::new() };
        event::fields(event).iter().map(|(name, value)| format!("{name}={}", words::inert(value))).collect::<Vec<_>>().join("\t")
    }

    fn values(&self, row: usize) -> Vec<Value> {
        use crate::query::Filter;
        use crate::query::filter::{Field, Pattern, Test};
        let Some(event) = self.events.get(row) else { return Vec::new() };
        let text =
            |name, field, value: &Foreign| Value { name, text: words::inert(value), filter: Filter::test(field, Test::Text(Pattern::literal(value.raw()))) };
        let address =
            |name, field, address: Address| Value { name, text: address.to_string(), filter: Filter::test(field, Test::Network(address.ip().into())) };
        let mut values = Vec::new();
        values.extend(event.source.map(|source| address("source", Field::SourceIp, source)));
        values.extend(event.user.as_ref().map(|user| text("user", Field::User, user)));
        values.extend(event.destination.map(|destination| address("destination", Field::DestinationIp, destination)));
        values.extend(event.host.as_ref().map(|host| text("host", Field::Host, host)));
        values.extend(event.process.as_ref().map(|process| text("program", Field::Process, process)));
        values.push(text("kind", Field::Kind, &Foreign::from(event.kind.name())));
        values
    }

    fn open(&self, row: usize) -> Option<Want> {
        self.events.get(row).map(|event| Want::Layer(Box::new(event::EventDetail::new((*event).clone()))))
    }
}
