//! The events that some indices can hold, in groups that one aggregation counts: same schema, same fields, same meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clause::{Clause, Query};
use super::conditions::{Spellings, within};
use super::fields::{Fields, Nature};
use super::narrow::{Narrowed, narrowed};
use crate::domain::event::Vantage;
use crate::domain::{Families, Family, Kind, Range};
use crate::query::Scope;
use crate::schema::{Field as Logical, Layout, Log, Rule, Test};

/// Kinds of one schema whose values stand in the same fields and mean the same.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    /// The spellings.
    pub(super) spellings: Spellings<'a>,
    /// The path of the time.
    pub(super) time: &'a str,
    /// Whether the time is a date that can be asked and counted by; documents of other times must be read.
    pub(super) is_dated: bool,
    /// Spellings of the time that come before it, so that documents which have one belong to another group.
    pub(super) before: &'a [String],
    /// The rule of one of its kinds: what all of them have in common.
    pub(super) rule: Rule,
    /// What makes a document one of the schema.
    pub(super) schema: Arc<Clause>,
    /// What makes a document one of the log.
    pub(super) log: Arc<Clause>,
    /// Its kinds, each with what makes a document of schema and log one.
    pub(super) kinds: Vec<(Kind, Clause)>,
    /// What the scope asks beside the time.
    pub(super) narrowed: Narrowed,
}

impl Group<'_> {
    /// What its events prove.
    pub(super) fn family(&self) -> Family {
        self.rule.kind.family()
    }

    /// Whether the reporter is the destination.
    pub(super) fn is_destination(&self) -> bool {
        self.rule.kind.vantage() == Vantage::Destination
    }

    /// Whether an event without a usable source is none: an unlock at the console.
    pub(super) fn needs_source(&self) -> bool {
        self.rule.tests.iter().any(|(_, test)| *test == Test::Address)
    }

    /// What makes a document an event of the group, time and schema and log left out.
    pub(super) fn within_log(&self) -> Clause {
        let kinds = Clause::any(self.kinds.iter().map(|(_, clause)| clause.clone()));
        Clause::all([Clause::exact(self.narrowed.over.clone()), kinds])
    }

    /// When its documents are of the scope; of times that are no dates the documents themselves must tell.
    pub(super) fn in_time(&self, scope: &Scope) -> Query {
        within(if self.is_dated { &scope.range } else { &Range::ALL }, self.time, self.before)
    }

    /// What makes a document an event of the group, scope and time included.
    pub(super) fn clause(&self, scope: &Scope) -> Clause {
        Clause::all([Clause::exact(self.in_time(scope)), self.within_log(), self.log.as_ref().clone(), self.schema.as_ref().clone()])
    }

    /// Whether both share the condition on the schema and the time.
    fn is_beside(&self, other: &Self) -> bool {
        (self.spellings.layout.place, self.time) == (other.spellings.layout.place, other.time)
    }

    /// Where the address that connected stands.
    pub(super) fn source(&self) -> Logical {
        if self.rule.swapped { Logical::Destination } else { Logical::Source }
    }

    /// Where the address reached stands.
    pub(super) fn destination(&self) -> Logical {
        if self.rule.swapped { Logical::Source } else { Logical::Destination }
    }

    /// Whether its events say why they were refused, as rows tell it.
    pub(super) fn has_reason(&self) -> bool {
        has_reason(self.rule.kind)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.spellings.layout.place == other.spellings.layout.place
            && (self.time, self.rule.log) == (other.time, other.rule.log)
            && (self.family(), self.is_destination(), self.rule.swapped, self.needs_source(), self.has_reason(), self.rule.users)
                == (other.family(), other.is_destination(), other.rule.swapped, other.needs_source(), other.has_reason(), other.rule.users)
            && self.narrowed == other.narrowed
    }
}

/// Whether an event of this kind can say why it was refused or ended; a success has status fields too.
fn has_reason(kind: Kind) -> bool {
    matches!(kind.family(), Family::Failed | Family::End) || matches!(kind, Kind::LogonFailedNetwork | Kind::SessionReason)
}

/// The groups of the chosen families that indices with these fields can hold within a scope.
pub(super) fn groups<'a>(layouts: &'a [Layout], fields: &'a Fields, scope: &Scope, families: Families, ports: &'a [u16]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    // A document is of the first schema that it proves.
    let mut earlier: Vec<Clause> = Vec::new();
    for layout in layouts {
        let spellings = Spellings { layout, fields, ports };
        let proven = spellings.proven();
        let schema = Clause::all(earlier.iter().cloned().map(Clause::not).chain([proven.clone()]));
        if !proven.is_never() {
            earlier.push(proven);
        }
        if schema.is_never() {
            continue;
        }
        let mapped: Vec<(usize, &str, Nature)> =
            layout.times.iter().enumerate().filter_map(|(place, path)| fields.get(path).map(|field| (place, path.as_str(), field.nature))).collect();
        let schema = Arc::new(schema);
        let always = Arc::new(Clause::ALWAYS);
        let logs = Log::ALL.map(|log| Arc::new(spellings.log(log)));
        let rules = layout.rules();
        for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| families.contains(rule.kind.family())) {
            let narrowed = narrowed(&spellings, rule, scope);
            let kind = kind_clause(&spellings, rule, rules.get(..number).unwrap_or_default());
            let log = rule.log.and_then(|log| logs.get(log as usize)).unwrap_or(&always);
            if kind.is_never() || log.is_never() || narrowed.over == Query::None {
                continue;
            }
            for (place, path, nature) in &mapped {
                let new = Group {
                    spellings,
                    time: path,
                    is_dated: *nature == Nature::Date,
                    before: layout.times.get(..*place).unwrap_or_default(),
                    rule: *rule,
                    schema: Arc::clone(&schema),
                    log: Arc::clone(log),
                    kinds: vec![(rule.kind, kind.clone())],
                    narrowed: narrowed.clone(),
                };
                match groups.iter_mut().find(|group| group.is_like(&new)) {
                    Some(group) => group.kinds.extend(new.kinds),
                    None => groups.push(new),
                }
            }
        }
    }
    groups
}

/// Groups by schema and time, and within these by log: (place, group) each.
fn tree<'g, 'a>(groups: &'g [Group<'a>]) -> Vec<Vec<Vec<(usize, &'g Group<'a>)>>> {
    let mut schemas: Vec<Vec<Vec<(usize, &Group<'a>)>>> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let first = |logs: &Vec<Vec<(usize, &'g Group<'a>)>>| logs.first().and_then(|groups| groups.first()).map(|(_, group)| *group);
        let logs = match schemas.iter().position(|logs| first(logs).is_some_and(|other| other.is_beside(group))) {
            Some(known) => schemas.get_mut(known),
            None => {
                schemas.push(Vec::new());
                schemas.last_mut()
            }
        };
        let Some(logs) = logs else { continue };
        match logs.iter_mut().find(|groups| groups.first().is_some_and(|(_, other)| other.rule.log == group.rule.log)) {
            Some(groups) => groups.push((place, group)),
            None => logs.push(vec![(place, group)]),
        }
    }
    schemas
}

/// Everything that may be an event of one of the groups.
pub(super) fn union(groups: &[Group<'_>], scope: &Scope) -> Query {
    Query::any(tree(groups).iter().filter_map(|logs| {
        let (_, first) = logs.first()?.first()?;
        let logs = logs.iter().filter_map(|groups| {
            let log = groups.first()?.1.log.over.clone();
            Some(Query::all([Query::any(groups.iter().map(|(_, group)| group.within_log().over)), log]))
        });
        Some(Query::all([first.in_time(scope), Query::any(logs), first.schema.over.clone()]))
    }))
}

/// The same without what proves schema and log: sooner said, and enough where aggregations look closer.
pub(super) fn rough_union(groups: &[Group<'_>], scope: &Scope) -> Query {
    Query::any(tree(groups).iter().filter_map(|logs| {
        let all: Vec<&Group<'_>> = logs.iter().flatten().map(|(_, group)| *group).collect();
        let first = all.first()?;
        let narrowed = Query::any(all.iter().map(|group| group.narrowed.over.clone()));
        let codes: Vec<u32> = all.iter().flat_map(|group| group.kinds.iter()).filter_map(|(kind, _)| code_of(*kind)).collect();
        let coded = first.spellings.first(Logical::Code, super::fields::Field::usable, |field| field.is_number(codes.iter().copied()));
        let uncoded = all.iter().filter(|group| group.rule.code.is_none()).map(|group| group.within_log().over);
        let kinds = Query::any(uncoded.chain((!codes.is_empty()).then_some(coded.over)));
        Some(Query::all([first.in_time(scope), narrowed, kinds]))
    }))
}

fn code_of(kind: Kind) -> Option<u32> {
    crate::schema::RULES.iter().find(|rule| rule.kind == kind).and_then(|rule| rule.code)
}

/// Aggregations over groups, below filters for what many of them have in common.
pub(super) fn aggregations(groups: &[Group<'_>], scope: &Scope, leaf: impl Fn(usize, &Group<'_>) -> Vec<(String, Value)>) -> Map<String, Value> {
    let below = |query: Query, aggs: Map<String, Value>| json!({"filter": query.dsl(), "aggs": aggs});
    let of_schemas = tree(groups).into_iter().enumerate().filter_map(|(number, logs)| {
        let (_, first) = *logs.first()?.first()?;
        let of_logs = logs.into_iter().enumerate().filter_map(|(number, groups)| {
            let log = groups.first()?.1.log.over.clone();
            Some((format!("log{number}"), below(log, groups.into_iter().flat_map(|(place, group)| leaf(place, group)).collect())))
        });
        let query = Query::all([first.in_time(scope), first.schema.over.clone()]);
        Some((format!("schema{number}"), below(query, of_logs.collect())))
    });
    of_schemas.collect()
}

/// What was found below the filters, by the names that `leaf` gave.
pub(super) fn found(answer: &Value) -> BTreeMap<&str, &Value> {
    let mut leaves = BTreeMap::new();
    let Some(schemas) = answer.get("aggregations").and_then(Value::as_object) else { return leaves };
    for logs in schemas.values().filter_map(Value::as_object) {
        for groups in logs.iter().filter(|(name, _)| name.starts_with("log")).filter_map(|(_, groups)| groups.as_object()) {
            leaves.extend(groups.iter().filter(|(_, leaf)| leaf.is_object()).map(|(name, leaf)| (name.as_str(), leaf)));
        }
    }
    leaves
}

/// What makes a document an event by `rule` and by none of the rules before it.
fn kind_clause(spellings: &Spellings<'_>, rule: &Rule, before: &[Rule]) -> Clause {
    let meets = spellings.meets(rule);
    if meets.is_never() {
        return Clause::NEVER;
    }
    let rivals = before.iter().filter(|other| (other.class, other.log, other.code) == (rule.class, rule.log, rule.code) && !excludes(rule, other));
    let rivals = rivals.map(|other| {
        let meets = spellings.meets(other);
        if other.tests.iter().any(|(_, test)| *test == Test::Address) { Clause::at_most(meets.over).not() } else { meets.not() }
    });
    Clause::all([meets].into_iter().chain(rivals))
}

/// Whether no record can meet both: they want different words in one field.
fn excludes(one: &Rule, other: &Rule) -> bool {
    if one.class == crate::schema::Class::Events {
        return true;
    }
    one.tests.iter().any(|(field, test)| {
        other.tests.iter().any(|(same, rival)| match (test, rival) {
            (Test::Is(words), Test::Is(others)) if field == same => !words.iter().any(|word| others.contains(word)),
            (Test::Absent, Test::Present | Test::Is(_) | Test::RdpPort | Test::Address) | (Test::Present | Test::Is(_), Test::Absent) => field == same,
            _ => false,
        })
    })
}
