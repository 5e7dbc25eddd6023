//! Says what a record is. Built once, shared by the reading threads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;

use super::capture::{Captured, Cells, capture};
use super::columns::{Columns, columns};
use super::compiled::Compiled;
use super::detected;
use super::error::{ColumnsError, DocumentError, SchemaError};
use super::file::Schemas;
use super::memo::{Memo, Names};
use super::paths::{Paths, Slot};
use super::reader::Record;
use super::rule::{Class, RULES, Rule};
use super::scalar::Scalar;
use super::scan::{Vouched, scan};
use super::shape::Shapes;
use super::view::{Json, Row, View};
use super::{Field, Reading};
use crate::domain::{Foreign, Kind, Origin, Timestamp};
use crate::query::Hit;
use crate::sigma::RuleSet;

/// What the user chose about reading.
#[derive(Clone, Debug)]
pub struct Options {
    /// The RDP ports, 3389 first.
    pub ports: Vec<u16>,
    /// The zone of times without an offset.
    pub naive_zone: TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self { ports: vec![3389], naive_zone: TimeZone::UTC }
    }
}

/// Reads records.
#[derive(Debug)]
pub struct Interpreter {
    pub(super) paths: Paths,
    pub(super) schemas: Vec<Compiled>,
    by_code: HashMap<u32, Vec<&'static Rule>, FixedState>,
    by_class: HashMap<Class, Vec<&'static Rule>, FixedState>,
    sigma: Arc<RuleSet>,
    /// Event codes a Sigma rule may match; `None` where any.
    sigma_codes: Option<Vec<u32>>,
    index: Slot,
    id: Slot,
    options: Options,
}

/// Most sets of keys that are remembered; documents whose keys change all the time are no table.
const MOST_FLAT: usize = 256;

impl Interpreter {
    /// Makes schemas and rules ready.
    ///
    /// # Errors
    /// Where a schema cannot be used.
    pub fn new(schemas: Schemas, rules: Arc<RuleSet>, options: Options) -> Result<Self, SchemaError> {
        let mut paths = Paths::default();
        let index = paths.slot("_index");
        let id = paths.slot("_id");
        let schemas = schemas.iter().map(|(path, file)| Compiled::new(path, file, &mut paths)).collect::<Result<Vec<_>, _>>()?;
        let mut by_code: HashMap<u32, Vec<&'static Rule>, FixedState> = HashMap::default();
        let mut by_class: HashMap<Class, Vec<&'static Rule>, FixedState> = HashMap::default();
        for rule in RULES {
            match rule.code {
                Some(code) => by_code.entry(code).or_default().push(rule),
                None => by_class.entry(rule.class).or_default().push(rule),
            }
        }
        let sigma_codes = rules.event_codes();
        Ok(Self { paths, schemas, by_code, by_class, sigma: rules, sigma_codes, index, id, options })
    }

    /// The Sigma rules that records are held against.
    pub fn rules(&self) -> &RuleSet {
        &self.sigma
    }

    /// Reads one JSON document: plain, or an exported search hit.
    ///
    /// # Errors
    /// Where the text is no JSON object, or an RDP event has no usable time.
    pub fn json(&self, text: &[u8]) -> Result<Reading, DocumentError> {
        self.json_after(&mut Memo::none(), text)
    }

    /// Reads one JSON document after others like it.
    ///
    /// # Errors
    /// As [`Interpreter::json`].
    pub fn json_after(&self, memo: &mut Memo, text: &[u8]) -> Result<Reading, DocumentError> {
        let mut captured = std::mem::take(&mut memo.spare).emptied();
        let result = self.capture(memo, text, &mut captured).and_then(|()| {
            let Some(record) = self.record(&mut memo.shapes, &captured) else { return self.flat(memo, text) };
            if record.1.schema.class == Class::Detected {
                let detected = serde_json::from_slice(text).ok().as_ref().and_then(detected::read);
                let schema = memo.names.name(self, record.0);
                return Ok(match detected {
                    Some(detected) => Reading::Detected { schema, detected: Box::new(detected) },
                    None => Reading::Other { schema, hits: Vec::new() },
                });
            }
            self.read(record, &mut memo.names, &self.options.naive_zone, &|record| Json::new(record, text).matches(&self.sigma))
        });
        memo.spare = captured.emptied();
        result
    }

    fn capture<'a>(&self, memo: &mut Memo, text: &'a [u8], captured: &mut Captured<'a>) -> Result<(), DocumentError> {
        if let Ok(text) = std::str::from_utf8(text) {
            if memo.layouts.read(text, self.index, captured) {
                return Ok(());
            }
            captured.clear();
            match scan(&self.paths, self.index, text, captured, &mut memo.tokens) {
                Vouched::Layout => {
                    memo.layouts.learn(text, &memo.tokens);
                    return Ok(());
                }
                Vouched::Once => return Ok(()),
                Vouched::No => {}
            }
        }
        *captured = capture(&self.paths, Some(self.index), text).map_err(|error| {
            if error.to_string().starts_with("recursion limit") {
                DocumentError::TooDeep
            } else if error.is_eof() && !text.trim_ascii().is_empty() {
                DocumentError::CutOff
            } else {
                DocumentError::NotJson
            }
        })?;
        Ok(())
    }

    fn record<'r, 'a>(&'r self, shapes: &'r mut Shapes, captured: &'r Captured<'a>) -> Option<(usize, Record<'r, 'a>)> {
        if let Some(shape) = shapes.of(&self.schemas, captured) {
            let candidate = shape.recognise(captured)?;
            let schema = self.schemas.get(candidate.schema)?;
            return Some((candidate.schema, Record::new(captured, schema, Some(&candidate.places))));
        }
        let place = self.schemas.iter().position(|schema| !schema.loose && schema.proofs.iter().any(|proof| proof.holds(captured, false)))?;
        Some((place, Record::new(captured, self.schemas.get(place)?, None)))
    }

    /// A document of no schema may still be the row of a table, exported as an object.
    fn flat(&self, memo: &mut Memo, text: &[u8]) -> Result<Reading, DocumentError> {
        let Ok(cells) = serde_json::from_slice::<Cells<'_>>(text) else { return Ok(Reading::Unknown) };
        let names: Vec<&str> = cells.0.iter().map(|(name, _)| name.as_str()).collect();
        let joined = names.join("\n");
        let known = memo.flat.get(&joined).cloned();
        let columns = known.unwrap_or_else(|| {
            let columns = columns(self, &names).ok().map(Arc::new);
            if memo.flat.len() < MOST_FLAT {
                memo.flat.insert(joined, columns.clone());
            }
            columns
        });
        let Some(columns) = columns else { return Ok(Reading::Unknown) };
        self.row_after(memo, &columns, &|place| {
            let value = serde_json::from_str(cells.0.get(place)?.1.get()).ok()?;
            match value {
                serde_json::Value::String(text) => Some(Cow::Owned(text)),
                serde_json::Value::Number(number) => Some(Cow::Owned(number.to_string())),
                serde_json::Value::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
                _ => None,
            }
        })
    }

    /// Recognises the columns of a table.
    ///
    /// # Errors
    /// Where no schema fits.
    pub fn header(&self, names: &[&str]) -> Result<Columns, ColumnsError> {
        columns(self, names)
    }

    /// Reads one row of a table; `value` gives the text of a column by place.
    ///
    /// # Errors
    /// Where an RDP event has no usable time.
    pub fn row<'v>(&self, columns: &Columns, value: &dyn Fn(usize) -> Option<Cow<'v, str>>) -> Result<Reading, DocumentError> {
        self.row_after(&mut Memo::none(), columns, value)
    }

    /// Reads one row of a table after others like it.
    ///
    /// # Errors
    /// As [`Interpreter::row`].
    pub fn row_after<'v>(&self, memo: &mut Memo, columns: &Columns, value: &dyn Fn(usize) -> Option<Cow<'v, str>>) -> Result<Reading, DocumentError> {
        let mut captured = std::mem::take(&mut memo.spare).emptied();
        for (place, slot) in &columns.slots {
            if let Some(text) = value(*place) {
                captured.put(*slot, Scalar::Text(text));
            }
        }
        let zone = if columns.is_utc { &TimeZone::UTC } else { &self.options.naive_zone };
        let record = if columns.mixed { self.record(&mut memo.shapes, &captured) } else { None };
        let record = match record {
            Some(record) => Some(record),
            None => self.schemas.get(columns.schema).map(|schema| {
                let places = memo.shapes.in_table(&self.schemas, columns.schema, &captured);
                (columns.schema, Record::new(&captured, schema, places))
            }),
        };
        let result = match record {
            Some(record) => self.read(record, &mut memo.names, zone, &|record| Row::new(record, columns, value).matches(&self.sigma)),
            None => Ok(Reading::Unknown),
        };
        memo.spare = captured.emptied();
        result
    }

    /// Names of the schemas, in order of precedence.
    pub fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|schema| &*schema.name)
    }

    fn read<'r, 'a>(
        &self,
        (number, record): (usize, Record<'r, 'a>),
        names: &mut Names,
        zone: &TimeZone,
        matches: &dyn Fn(Record<'r, 'a>) -> Vec<usize>,
    ) -> Result<Reading, DocumentError> {
        let schema = names.name(self, number);
        let rule = self.rule(record);
        let found = if self.is_offered(record) { matches(record) } else { Vec::new() };
        if rule.is_none() && found.is_empty() {
            return Ok(Reading::Other { schema, hits: Vec::new() });
        }
        let time = record.time(zone)?;
        let origin = self.origin(record.captured);
        match rule {
            Some(rule) => {
                let mut event = Box::new(record.event(&rule, time));
                event.origin = origin;
                Ok(Reading::Event { schema, event, rules: found })
            }
            None => {
                let hits = found.into_iter().map(|rule| (rule, self.hit(record, time, &origin))).collect();
                Ok(Reading::Other { schema, hits })
            }
        }
    }

    /// The rule that makes a record an event.
    fn rule(&self, record: Record<'_, '_>) -> Option<Rule> {
        let ports = &self.options.ports;
        let plain = || self.by_class.get(&record.schema.class)?.iter().copied().find(|rule| record.meets(rule, ports)).copied();
        match record.schema.class {
            Class::Windows | Class::Logons => {
                let coded = record.code().and_then(|code| self.by_code.get(&code)).and_then(|rules| {
                    // Numbers below 1000 mean something else in every log; the others are the Security log's own wherever nothing contradicts.
                    let log = record.log();
                    rules.iter().copied().find(|rule| {
                        let of_log = match log {
                            Some(named) => named == rule.log,
                            None => rule.code >= Some(1000),
                        };
                        of_log && record.meets(rule, ports)
                    })
                });
                coded.copied().or_else(plain)
            }
            Class::Events => record.find(Field::Kind, |value| Kind::named(&value.text()?)).map(Rule::named),
            _ => plain(),
        }
    }

    fn is_offered(&self, record: Record<'_, '_>) -> bool {
        if self.sigma.is_empty() || !matches!(record.schema.class, Class::Windows | Class::Logons) {
            return false;
        }
        match &self.sigma_codes {
            None => true,
            Some(codes) => record.code().is_some_and(|code| codes.contains(&code)),
        }
    }

    fn origin(&self, captured: &Captured<'_>) -> Origin {
        let text = |slot| captured.get(slot).and_then(Scalar::text).map(|text| Foreign::from(text.as_ref()));
        Origin { file: None, index: text(self.index), id: text(self.id) }
    }

    fn hit(&self, record: Record<'_, '_>, time: Timestamp, origin: &Origin) -> Hit {
        let address = |field| record.address(field).map(|(address, _)| address);
        Hit {
            time,
            host: record.host(),
            image: record.foreign(Field::Process),
            user: record
                .user(&[(Field::User, Field::UserDomain), (Field::SubjectUser, Field::SubjectDomain), (Field::TargetUser, Field::TargetDomain)])
                .map(Foreign::from),
            source: address(Field::Source),
            destination: address(Field::Destination),
            record_id: record.foreign(Field::Record),
            id: origin.id.clone(),
        }
    }
}
