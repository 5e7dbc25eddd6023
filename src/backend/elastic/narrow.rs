//! What a scope asks beside time and family, in the spellings of one rule: destination, source, user and filter.
//!
//! A cluster narrows by it as far as it can; what it cannot decide is decided on the values that were counted, or on the
//! documents, by the same functions that answer for files.

use super::clause::{Clause, Query};
use super::conditions::Spellings;
use crate::domain::{Event, Timestamp};
use crate::query::filter::{Compare, Field, Part, Pattern, Test};
use crate::query::{Filter, Scope};
use crate::schema::{Class, Field as Logical, Rule};

/// What of a scope a cluster can check.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Narrowed {
    /// Too much may fit it, never too little.
    pub(super) over: Query,
    /// Fields whose values must be known here to decide the filter; none where the cluster decides it alone.
    pub(super) undecided: Vec<Field>,
}

/// The scope in the spellings of a rule.
pub(super) fn narrowed(spellings: &Spellings<'_>, rule: &Rule, scope: &Scope) -> Narrowed {
    let words = Words { spellings, rule };
    let mut parts = Vec::new();
    if let Some(source) = scope.source {
        parts.push(words.in_network(Field::SourceIp, source.ip().into()).over);
    }
    if let Some(destination) = &scope.destination {
        let addresses = destination.addresses.iter().map(|address| words.in_network(Field::DestinationIp, address.ip().into()).over);
        let is_reporter = rule.kind.vantage() == crate::domain::event::Vantage::Destination;
        let hosts = destination.hosts.iter().filter(|_| is_reporter).map(|host| words.text(Field::Host, &Pattern::literal(host.raw())).over);
        parts.push(Query::any(addresses.chain(hosts)));
    }
    if let Some(user) = &scope.user {
        parts.push(words.user(&Pattern::literal(user.raw())).over);
    }
    let filter = words.filter(&scope.filter);
    let mut undecided = Vec::new();
    if !filter.is_exact() {
        fields_of(&scope.filter, &mut undecided);
    }
    parts.push(filter.over);
    Narrowed { over: Query::all(parts), undecided }
}

/// Whether an event belongs to the scope, as far as time and family leave it open.
pub(super) fn accepts(scope: &Scope, event: &Event, with_filter: bool) -> bool {
    scope.source.is_none_or(|source| event.source == Some(source))
        && scope.user.as_ref().is_none_or(|user| event.user.as_ref() == Some(user))
        && scope.destination.as_ref().is_none_or(|destination| destination.has(event.destination, event.destination_host()))
        && (!with_filter || scope.filter.accepts(event))
}

fn fields_of(filter: &Filter, found: &mut Vec<Field>) {
    match filter {
        Filter::Everything => {}
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| fields_of(part, found)),
        Filter::Not(part) => fields_of(part, found),
        Filter::Test { field, .. } if found.contains(field) => {}
        Filter::Test { field, .. } => found.push(*field),
    }
}

/// The logical fields behind a field of a filter, in the words of a rule.
pub(super) fn logical(rule: &Rule, field: Field) -> Vec<Logical> {
    match field {
        Field::Time | Field::Kind => Vec::new(),
        Field::SourceIp => vec![if rule.swapped { Logical::Destination } else { Logical::Source }],
        Field::DestinationIp => vec![if rule.swapped { Logical::Source } else { Logical::Destination }],
        Field::SourcePort => vec![if rule.swapped { Logical::DestinationPort } else { Logical::SourcePort }],
        Field::DestinationPort => vec![if rule.swapped { Logical::SourcePort } else { Logical::DestinationPort }],
        Field::Host => vec![Logical::Host],
        Field::User => rule.users.iter().flat_map(|(name, domain)| [*name, *domain]).collect(),
        Field::Process => vec![Logical::Process],
        Field::Code => vec![Logical::Code],
    }
}

struct Words<'a, 'b> {
    spellings: &'a Spellings<'b>,
    rule: &'a Rule,
}

impl Words<'_, '_> {
    fn filter(&self, filter: &Filter) -> Clause {
        match filter {
            Filter::Everything => Clause::ALWAYS,
            Filter::And(parts) => Clause::all(parts.iter().map(|part| self.filter(part))),
            Filter::Or(parts) => Clause::any(parts.iter().map(|part| self.filter(part))),
            Filter::Not(part) => self.filter(part).not(),
            Filter::Test { field, test } => self.test(*field, test),
        }
    }

    fn test(&self, field: Field, test: &Test) -> Clause {
        match test {
            Test::Exists => self.has(field),
            Test::Text(pattern) if field == Field::Kind => always(pattern.accepts(self.rule.kind.name())),
            Test::Text(pattern) if field == Field::User => self.user(pattern),
            Test::Text(pattern) => self.text(field, pattern),
            Test::Network(network) => self.in_network(field, *network),
            Test::Number(compare, bound) => match (field, self.rule.code) {
                (Field::Code, Some(code)) => always(compare.holds(code, *bound)),
                _ => self.number(field, *compare, *bound),
            },
            Test::Time(compare, bound) => self.time(*compare, *bound),
        }
    }

    /// Clusters keep milliseconds and events have more, so that only a bound between two of them can be left to a cluster.
    fn time(&self, compare: Compare, bound: Timestamp) -> Clause {
        // The first time that is mapped is nearly always the only one.
        let Some(path) = self.spellings.layout.times.iter().find(|path| self.spellings.fields.contains_key(*path)) else { return Clause::UNKNOWN };
        let range = |operators: &[&str]| {
            let mut bounds = serde_json::Map::from_iter(operators.iter().map(|operator| ((*operator).to_owned(), bound.to_string().into())));
            bounds.insert("format".to_owned(), "strict_date_optional_time_nanos".into());
            Query::Leaf(serde_json::json!({"range": {path: bounds}}))
        };
        let is_whole = bound.subsec_nanosecond() % 1_000_000 == 0;
        match compare {
            Compare::AtLeast if is_whole => Clause::exact(range(&["gte"])),
            Compare::Below if is_whole => Clause::exact(range(&["lt"])),
            Compare::Above | Compare::AtLeast => Clause::at_most(range(&["gte"])),
            Compare::Below | Compare::AtMost => Clause::at_most(range(&["lte"])),
            Compare::Is => Clause::at_most(range(&["gte", "lte"])),
        }
    }

    fn has(&self, field: Field) -> Clause {
        match field {
            Field::Time | Field::Kind => Clause::ALWAYS,
            Field::Code if self.rule.code.is_some() => Clause::ALWAYS,
            Field::User => Clause { under: Query::None, ..Clause::any(self.rule.users.iter().map(|(name, _)| self.spellings.present(*name))) },
            // What stands there may be no address and no number.
            field => Clause { under: Query::None, ..Clause::any(logical(self.rule, field).into_iter().map(|field| self.spellings.present(field))) },
        }
    }

    fn text(&self, field: Field, pattern: &Pattern) -> Clause {
        let wildcard = wildcard(pattern);
        let one = |logical: Logical| self.spellings.first(logical, super::fields::Field::usable, |field| field.like(&wildcard));
        let found = Clause::any(logical(self.rule, field).into_iter().map(one));
        // A host may be an address, and the name stand elsewhere.
        if self.spellings.layout.class == Class::Logons { Clause::UNKNOWN } else { found }
    }

    /// A user is put together of several fields, so that only the bare name can be asked.
    fn user(&self, pattern: &Pattern) -> Clause {
        let whole = wildcard(pattern);
        let bare = match pattern.parts().iter().rposition(|part| matches!(part, Part::Text(text) if text.contains('\\'))) {
            None => whole.clone(),
            Some(place) => {
                let rest: Vec<Part> = pattern.parts().get(place..).unwrap_or_default().to_vec();
                let rest = rest.into_iter().enumerate().map(|(number, part)| match part {
                    Part::Text(text) if number == 0 => Part::Text(text.rsplit_once('\\').map_or(text.clone(), |(_, name)| name.to_owned())),
                    part => part,
                });
                wildcard(&Pattern::new(rest))
            }
        };
        let names = self.rule.users.iter().flat_map(|(name, _)| self.spellings.of(*name));
        let ways = names.flat_map(|field| [field.like(&bare).over, field.like(&format!("*\\\\{bare}")).over, field.like(&whole).over]);
        let in_message = self.rule.users.iter().map(|(name, _)| self.spellings.only_in_message(*name));
        Clause::at_most(Query::any(ways.chain(in_message)))
    }

    fn in_network(&self, field: Field, network: ipnet::IpNet) -> Clause {
        let Some(&logical) = logical(self.rule, field).first() else { return Clause::NEVER };
        let fields: Vec<_> = self.spellings.of(logical).collect();
        let ways = fields.iter().map(|field| field.is_in(network));
        let in_message = self.spellings.only_in_message(logical);
        let found = Clause::any(ways.chain([Clause::at_most(in_message)]));
        // Where several fields hold an address, the first that is usable counts, and another may fit.
        if fields.len() > 1 || self.spellings.layout.class == Class::Logons { Clause { under: Query::None, ..found } } else { found }
    }

    fn number(&self, field: Field, compare: Compare, bound: u32) -> Clause {
        let one = |field: &super::fields::Field| match compare {
            Compare::Is => field.is_number(std::iter::once(bound)),
            Compare::Above => field.is_between(bound.checked_add(1), None),
            Compare::AtLeast => field.is_between(Some(bound), None),
            Compare::Below => field.is_between(None, bound.checked_sub(1)),
            Compare::AtMost => field.is_between(None, Some(bound)),
        };
        let Some(&logical) = logical(self.rule, field).first() else { return Clause::NEVER };
        let usable = if logical == Logical::Code { super::fields::Field::usable } else { super::fields::Field::holds_port };
        let found = self.spellings.first(logical, usable, one);
        let address = match logical {
            Logical::SourcePort => Logical::Source,
            Logical::DestinationPort => Logical::Destination,
            _ => return found,
        };
        // A port may be written behind the address.
        let behind = self.spellings.of(address).any(|field| field.nature == super::fields::Nature::Keyword || field.nature == super::fields::Nature::Text);
        if behind { Clause { over: Query::any([found.over, self.spellings.present(logical).not().over]), under: found.under } } else { found }
    }
}

fn always(is: bool) -> Clause {
    if is { Clause::ALWAYS } else { Clause::NEVER }
}

/// A pattern with everything literal but its own stars.
fn wildcard(pattern: &Pattern) -> String {
    let mut out = String::new();
    for part in pattern.parts() {
        match part {
            Part::Any => out.push('*'),
            Part::Text(text) => out.push_str(&escaped(text)),
        }
    }
    out
}

/// Text that stands for itself in a wildcard.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
