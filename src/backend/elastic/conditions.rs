//! What makes a document an event, as conditions on the fields of some indices: the schemas' proofs and the one table of rules,
//! in the spellings that these indices have.

use super::clause::{Clause, Query};
use super::fields::{Field, Fields, Nature};
use super::leaf::exists;
use crate::domain::Range;
use crate::domain::Timestamp;
use crate::schema::{Evidence, Field as Logical, Layout, Log, RULES, Rule, Test};

/// The spellings of one schema that some indices have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spellings<'a> {
    /// The schema.
    pub(super) layout: &'a Layout,
    /// The fields of the indices.
    pub(super) fields: &'a Fields,
    /// The RDP ports.
    pub(super) ports: &'a [u16],
}

impl<'a> Spellings<'a> {
    /// The fields under which a logical field can stand here, in order.
    pub(super) fn of(&self, field: Logical) -> impl Iterator<Item = &'a Field> + use<'a> {
        let fields = self.fields;
        self.layout.paths(field).filter_map(|path| fields.get(path))
    }

    /// The documents whose rendered message may say it, because no field does.
    pub(super) fn only_in_message(&self, field: Logical) -> Query {
        if !self.layout.has_line(field) {
            return Query::None;
        }
        let messages = Query::any(self.of(Logical::Message).map(|field| field.exists()));
        Query::all([messages, Query::any(self.of(field).map(|field| field.exists())).not()])
    }

    /// The first spelling that is usable decides.
    pub(super) fn first(&self, field: Logical, usable: impl Fn(&Field) -> Clause, test: impl Fn(&Field) -> Clause) -> Clause {
        let mut before: Vec<Clause> = Vec::new();
        let mut ways = Vec::new();
        for field in self.of(field) {
            ways.push(Clause::all(before.iter().cloned().map(Clause::not).chain([test(field)])));
            before.push(usable(field));
        }
        ways.push(Clause::at_most(self.only_in_message(field)));
        Clause::any(ways)
    }

    /// Some spelling says something.
    pub(super) fn present(&self, field: Logical) -> Clause {
        Clause::any(self.of(field).map(Field::usable).chain([Clause::at_most(self.only_in_message(field))]))
    }

    /// The value is one of these words.
    fn is(&self, field: Logical, words: &[&str]) -> Clause {
        self.first(field, Field::usable, |field| field.is(words))
    }

    /// Everything that `rule` asks of a field.
    pub(super) fn meets(&self, rule: &Rule) -> Clause {
        Clause::all(rule.tests.iter().map(|(field, test)| self.test(*field, *test)).chain(self.named_kind(rule)).chain(self.code(rule)))
    }

    fn test(&self, field: Logical, test: Test) -> Clause {
        match test {
            Test::Is(words) => self.is(field, words),
            Test::IsOrAbsent(words) => Clause::any([self.present(field).not(), self.is(field, words)]),
            Test::RdpPort => self.rdp_port(field),
            // What is left of words that are no address is dropped where the values are read.
            Test::Address => {
                let over = Query::any(self.of(field).map(|field| field.holds_address().over).chain([self.only_in_message(field)]));
                Clause::exact(over)
            }
            Test::Present => self.present(field),
            Test::Absent => self.present(field).not(),
        }
    }

    /// Our own export says itself what an event is.
    fn named_kind(&self, rule: &Rule) -> Option<Clause> {
        (self.layout.class == crate::schema::Class::Events).then(|| self.is(Logical::Kind, &[rule.kind.name()]))
    }

    fn code(&self, rule: &Rule) -> Option<Clause> {
        rule.code.map(|code| self.first(Logical::Code, Field::usable, |field| field.is_number(std::iter::once(code))))
    }

    /// The port, also where it is written behind the address.
    fn rdp_port(&self, field: Logical) -> Clause {
        let own = self.first(field, Field::holds_port, |field| field.is_number(self.ports.iter().copied().map(u32::from)));
        let address = match field {
            Logical::SourcePort => Logical::Source,
            Logical::DestinationPort => Logical::Destination,
            _ => return own,
        };
        let words = self.of(address).filter(|field| matches!(field.nature, Nature::Keyword | Nature::Text));
        let behind = Query::any(words.flat_map(|field| self.ports.iter().map(|port| field.like(&format!("*:{port}")).over)));
        let unsaid = Clause::any(self.of(field).map(Field::holds_port)).not();
        Clause::any([own, Clause::all([unsaid, Clause::at_most(behind)])])
    }

    /// The document is of this log. The channel says it; forwarded and renamed ones have their provider, and pipelines their
    /// data set. Where a document says nothing, numbers from 1000 on are their log's own.
    pub(super) fn log(&self, log: Log) -> Clause {
        let names = |field: Logical, log: Log| Clause::any(self.of(field).flat_map(|field| log.patterns().iter().map(|pattern| named(field, pattern))));
        let channel_names_any = Clause::any(Log::ALL.iter().map(|other| names(Logical::Channel, *other)));
        let elsewhere = Clause::any([names(Logical::Provider, log), names(Logical::Dataset, log)]);
        let mut ways = vec![names(Logical::Channel, log), Clause::all([channel_names_any.not(), elsewhere])];
        let mut own = RULES.iter().enumerate().filter(|(_, rule)| rule.log == Some(log));
        if own.clone().all(|(_, rule)| rule.code >= Some(1000)) {
            let unsaid = Clause::any([Logical::Channel, Logical::Provider, Logical::Dataset].map(|field| self.present(field))).not();
            // Where two logs have the same number, the document itself must be looked at.
            let is_shared = own.any(|(place, rule)| RULES.iter().take(place).any(|other| other.code == rule.code && other.log != rule.log));
            ways.push(if is_shared { Clause::at_most(unsaid.over) } else { unsaid });
        }
        Clause::any(ways)
    }

    /// Any of its proofs holds.
    pub(super) fn proven(&self) -> Clause {
        Clause::any(self.layout.proofs.iter().map(|proof| self.proof(proof)))
    }

    fn proof(&self, proof: &Evidence) -> Clause {
        let usable = |path: &String| self.fields.get(path).map_or(Clause::NEVER, Field::usable);
        let has = proof.has.iter().map(|paths| Clause::any(paths.iter().map(usable)));
        let lacks = proof.lacks.iter().map(|path| usable(path).not());
        let is = proof.is.iter().map(|(path, words)| {
            let Some(field) = self.fields.get(path) else { return Clause::NEVER };
            let (starts, whole): (Vec<&str>, Vec<&str>) = words.iter().map(String::as_str).partition(|word| word.ends_with('*'));
            Clause::any(starts.into_iter().map(|word| field.begins(word.trim_end_matches('*'))).chain([field.is(&whole)]))
        });
        Clause::all(has.chain(lacks).chain(is))
    }
}

/// A log is named. In analysed text its words are searched, which may find too much.
fn named(field: &Field, pattern: &str) -> Clause {
    let fits = || Query::Leaf(serde_json::json!({"wildcard": {&field.name: {"value": pattern, "case_insensitive": true}}}));
    match field.nature {
        Nature::Keyword => Clause::exact(fits()),
        Nature::Text => Clause::at_most(fits()),
        Nature::Ip | Nature::Number | Nature::Boolean | Nature::Date => Clause::NEVER,
    }
}

/// The time of a document, at this path and at none of those before it, lies within `range`.
pub(super) fn within(range: &Range, path: &str, before: &[String]) -> Query {
    let mut bounds = serde_json::Map::new();
    if range.from > Timestamp::UNIX_EPOCH {
        bounds.insert("gte".to_owned(), range.from.to_string().into());
    }
    if range.to < year_3000() {
        bounds.insert("lt".to_owned(), range.to.to_string().into());
    }
    let time = if bounds.is_empty() {
        exists(path)
    } else {
        bounds.insert("format".to_owned(), "strict_date_optional_time_nanos".into());
        Query::Leaf(serde_json::json!({"range": {path: bounds}}))
    };
    Query::all([time].into_iter().chain(before.iter().map(|path| exists(path).not())))
}

/// Later than any event, sooner than what clusters refuse to compare with.
fn year_3000() -> Timestamp {
    Timestamp::from_second(32_503_680_000).unwrap_or(Timestamp::MAX)
}
