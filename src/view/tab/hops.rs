//! Who reached the place before, and where it went next: trees in order of time, loops cut, every hop with its evidence.

use std::cmp::Ordering;
use std::sync::Arc;

use ratatui::text::Span;

use super::Pane;
use crate::analysis::hops::{Edge, Hop, Node, Way};
use crate::domain::{Address, Destination, Foreign, Stage, time};
use crate::investigation::around::{Around, MOST_ENDS};
use crate::investigation::{Msg, Subject, Visit};
use crate::theme::Role;
use crate::view::list::Rows;
use crate::view::list::values::Value;
use crate::view::words::Moment;
use crate::view::{Ctx, Want, words};
use crate::widget::table::{Cell, Column};
use crate::widget::text::{self, Align};

/// The tab.
pub struct Hops;

impl Pane for Hops {
    fn rows<'a>(&self, visit: &'a Visit, cx: &Ctx<'a>) -> Box<dyn Rows + 'a> {
        let around = visit.around();
        let hops: Vec<_> = around.into_iter().flat_map(Around::hops).collect();
        let range = hops.iter().fold(visit.focus(cx.investigation.range, cx.investigation.size).range(), |range, (.., edge)| crate::domain::Range {
            from: range.from.min(edge.first),
            to: range.to.max(edge.last),
        });
        Box::new(HopRows { around, hops, moment: Moment::within(range, &cx.investigation.zone), cx: *cx })
    }

    fn count(&self, visit: &Visit) -> Option<u64> {
        visit.around().map(|around| around.before.hops.len().saturating_add(around.after.hops.len()) as u64)
    }

    fn noun(&self) -> &'static str {
        "hops"
    }

    fn aside(&self, visit: &Visit) -> Option<String> {
        let around = visit.around()?;
        if let Some((here, total)) = around.cut() {
            return Some(format!("from the first {} of {} events", words::count(here), words::count(total)));
        }
        if around.before.is_cut || around.after.is_cut {
            return Some("cut: more than 8 hops deep, or too many".to_owned());
        }
        // A wider question may be on its way.
        (!around.next.is_empty()).then(|| format!("{} machines not looked at yet, of at most {MOST_ENDS}", around.next.len()))
    }
}

struct HopRows<'a> {
    around: Option<&'a Around>,
    hops: Vec<(Way, &'a Hop, &'a Edge)>,
    moment: Moment,
    cx: Ctx<'a>,
}

const HOP: usize = 0;
const WAY: usize = 1;
const DEPTH: usize = 2;
const FIRST: usize = 3;
const STAGE: usize = 4;
const USERS: usize = 5;
const EVENTS: usize = 6;
const EVIDENCE: usize = 7;

const fn way(way: Way) -> &'static str {
    match way {
        Way::Before => "before",
        Way::After => "after",
    }
}

impl HopRows<'_> {
    fn hop(&self, row: usize) -> Option<(Way, &Hop, &Edge)> {
        self.hops.get(row).copied()
    }

    fn name(&self, node: &Node) -> Foreign {
        self.around.map(|around| node.label(&around.sessions.machines)).unwrap_or_default()
    }

    fn machine(&self, node: &Node) -> Option<Arc<Destination>> {
        match node {
            Node::Machine(machine) => self.around?.sessions.machines.get(*machine).cloned().map(Arc::new),
            Node::Address(address) => Some(Arc::new(Destination::from(*address))),
            Node::Name(_) => None,
        }
    }

    /// The machine that a hop adds to what stands above it: where from on the way back, where to on the way on.
    fn far<'e>(&self, way: Way, edge: &'e Edge) -> &'e Node {
        if way == Way::Before { &edge.from } else { &edge.to }
    }

    fn subjects(&self, edge: &Edge) -> Vec<Subject> {
        let source = self.machine(&edge.from).and_then(|machine| machine.addresses.iter().copied().find(|address: &Address| address.identifies_a_host()));
        let mut subjects: Vec<Subject> = source.map(Subject::Source).into_iter().collect();
        subjects.extend(self.machine(&edge.to).map(Subject::Destination));
        subjects.extend(edge.users.iter().cloned().map(Subject::User));
        subjects
    }

    fn kinds(edge: &Edge) -> String {
        edge.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ")
    }
}

impl Rows for HopRows<'_> {
    /// When room runs out: evidence, events, way, depth, users.
    fn columns(&self, _width: u16, seen: &[usize]) -> Vec<Column> {
        let when = self.moment.width();
        let wide = |row: &usize| {
            let Some((_, hop, edge)) = self.hop(*row) else { return 0 };
            let names = text::width(self.name(&edge.from).safe().as_str()).saturating_add(text::width(self.name(&edge.to).safe().as_str()));
            names.saturating_add(hop.depth.saturating_mul(2)).saturating_add(10)
        };
        let label = u16::try_from(seen.iter().map(wide).max().unwrap_or(0)).unwrap_or(u16::MAX);
        let column = |title, min, max, keep, align| Column { title, min, max, keep, align };
        vec![
            column("hop", label.clamp(24, 34), label.clamp(24, 60), 255, Align::Left),
            column("way", 6, 6, 205, Align::Left),
            column("deep", 4, 4, 202, Align::Right),
            column("first", when, when, 250, Align::Left),
            column("stage", 9, 13, 240, Align::Left),
            column("users", 12, 40, 230, Align::Left),
            column("events", 6, 6, 120, Align::Right),
            column("evidence", 12, u16::MAX, 100, Align::Left),
        ]
    }

    fn len(&self) -> usize {
        self.hops.len()
    }

    fn cell(&self, row: usize, column: usize, width: u16) -> Cell<'_> {
        let Some((to, hop, edge)) = self.hop(row) else { return Cell::Text(Vec::new()) };
        let pen = self.cx.pen;
        let (plain, muted) = (pen.style(Role::Text), pen.style(Role::Muted));
        let name = |node: &Node| text::spans(&self.name(node).safe(), plain, pen.style(Role::Cleaned));
        match column {
            HOP => {
                let mut spans = vec![Span::styled("  ".repeat(hop.depth.saturating_sub(1).min(20)), muted)];
                if hop.depth > 1 {
                    spans.push(Span::styled(pen.glyphs.branch(), muted));
                }
                spans.extend(name(&edge.from));
                spans.push(Span::styled(" > ", muted));
                spans.extend(name(&edge.to));
                if hop.is_loop {
                    spans.push(Span::styled(" loop", pen.style(Role::SeverityMinor)));
                }
                Cell::Text(spans)
            }
            WAY => {
                let is_first = row == 0 || self.hop(row.saturating_sub(1)).is_none_or(|(before, ..)| before != to);
                Cell::text(way(to), if is_first { plain } else { muted })
            }
            DEPTH => Cell::text(hop.depth.to_string(), muted),
            FIRST => Cell::text(self.moment.of(edge.first, &self.cx.investigation.zone, width), plain),
            STAGE => {
                let role = match edge.stage {
                    Stage::Touched => Role::Text,
                    Stage::Refused => Role::StageRefused,
                    Stage::Authenticated | Stage::LoggedOn | Stage::Shell | Stage::Process => Role::StageInside,
                };
                Cell::text(edge.stage.name(), pen.style(role))
            }
            USERS => {
                let mut spans = Vec::new();
                for user in edge.users.iter().take(8) {
                    if !spans.is_empty() {
                        spans.push(Span::styled(", ", muted));
                    }
                    spans.extend(text::spans(&user.safe(), plain, pen.style(Role::Cleaned)));
                }
                Cell::Text(spans)
            }
            EVENTS => Cell::text(words::count(edge.proof.as_ref().map_or(0, |proof| proof.events)), plain),
            EVIDENCE => Cell::text(Self::kinds(edge), muted),
            _ => Cell::Text(Vec::new()),
        }
    }

    fn compare(&self, column: usize, one: usize, two: usize) -> Ordering {
        let (Some((way_one, hop_one, edge_one)), Some((way_two, hop_two, edge_two))) = (self.hop(one), self.hop(two)) else { return Ordering::Equal };
        match column {
            HOP => self.name(self.far(way_one, edge_one)).cmp(&self.name(self.far(way_two, edge_two))),
            WAY => way(way_one).cmp(way(way_two)),
            DEPTH => hop_one.depth.cmp(&hop_two.depth),
            STAGE => edge_two.stage.cmp(&edge_one.stage),
            USERS => edge_one.users.cmp(&edge_two.users),
            EVENTS => edge_one.proof.as_ref().map(|proof| proof.events).cmp(&edge_two.proof.as_ref().map(|proof| proof.events)),
            EVIDENCE => Self::kinds(edge_one).cmp(&Self::kinds(edge_two)),
            _ => edge_one.first.cmp(&edge_two.first),
        }
    }

    fn order(&self) -> &'static str {
        "where it went, then who came, in order of time"
    }

    fn sort(&self) -> &'static str {
        "hop"
    }

    fn subject(&self, row: usize) -> Option<Subject> {
        let (to, hop, edge) = self.hop(row)?;
        let id = format!("{} {} {} > {} {}", way(to), hop.depth, self.name(&edge.from).raw(), self.name(&edge.to).raw(), edge.first);
        Some(Subject::Other { sort: "hop", id })
    }

    fn text(&self, row: usize) -> String {
        self.line(row)
    }

    fn line(&self, row: usize) -> String {
        let Some((to, hop, edge)) = self.hop(row) else { return String::new() };
        let users: Vec<String> = edge.users.iter().map(words::inert).collect();
        let cites = edge.proof.iter().flat_map(|proof| &proof.cites).map(|cite| {
            let by = [cite.host.as_ref(), cite.record.as_ref().or(cite.id.as_ref())].into_iter().flatten().map(words::inert).collect::<Vec<_>>().join(" ");
            format!("{} {by}", cite.kind.name())
        });
        [
            way(to).to_owned(),
            hop.depth.to_string(),
            format!("{} > {}", words::inert(&self.name(&edge.from)), words::inert(&self.name(&edge.to))),
            time::rfc3339(edge.first),
            time::rfc3339(edge.last),
            edge.stage.name().to_owned(),
            users.join(" "),
            if hop.is_loop { "loop".to_owned() } else { String::new() },
            cites.collect::<Vec<_>>().join(", "),
        ]
        .join("\t")
    }

    fn values(&self, row: usize) -> Vec<Value> {
        let Some((_, _, edge)) = self.hop(row) else { return Vec::new() };
        let value = |subject: Subject| Some(Value { name: subject.sort(), text: subject.label(), filter: subject.condition()? });
        self.subjects(edge).into_iter().filter_map(value).collect()
    }

    /// The page of the machine that the hop adds: of a source on the way back, of a destination on the way on.
    fn open(&self, row: usize) -> Option<Want> {
        let (to, _, edge) = self.hop(row)?;
        let is_wanted = |subject: &Subject| match to {
            Way::Before => matches!(subject, Subject::Source(_)),
            Way::After => matches!(subject, Subject::Destination(_)),
        };
        let subject = self.subjects(edge).into_iter().find(is_wanted);
        let missing = || Want::Say("nothing reports from there, so that there is no page of it".to_owned());
        Some(subject.map_or_else(missing, |subject| Want::Msg(Msg::Opened(subject))))
    }
}
