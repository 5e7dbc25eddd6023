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
use super::layout::{Known, Step};
use super::memo::{Memo, Names};
use super::paths::{Paths, Slot};
use super::reader::Record;
use super::repeat::{Outcome, Values};
use super::rule::{Class, RULES, Rule};
use super::scalar::Scalar;
use super::scan::{Vouched, scan};
use super::shape::Shapes;
use super::view::{Json, Row, View};
use super::{Field, Reading};
use crate::domain::{Kind, Origin, Timestamp};
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
    pub(super) index: Slot,
    pub(super) id: Slot,
    options: Options,
}

/// The values of a line of a known layout.
struct LineValues<'a> {
    line: &'a str,
    steps: &'a [Step],
}

impl Values for LineValues<'_> {
    fn len(&self) -> usize {
        self.steps.len()
    }

    fn value(&self, place: usize) -> Option<Scalar<'_>> {
        self.steps.get(place)?.value(self.line)
    }
}

/// The values of a row of a table.
struct RowValues<'a, 'v> {
    columns: &'a Columns,
    value: &'a dyn Fn(usize) -> Option<Cow<'v, str>>,
}

impl Values for RowValues<'_, '_> {
    fn len(&self) -> usize {
        self.columns.slots.len()
    }

    fn value(&self, place: usize) -> Option<Scalar<'_>> {
        (self.value)(self.columns.slots.get(place)?.0).map(Scalar::Text)
    }
}

/// The origin of records that are lines of this layout.
const fn of_lines(number: u64) -> u64 {
    number << 1
}

/// The origin of records that are rows of this table.
const fn of_rows(columns: &Columns) -> u64 {
    columns.number << 1 | 1
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

    /// Reads one JSON document after others like it; may be [`Reading::Again`].
    ///
    /// # Errors
    /// As [`Interpreter::json`].
    pub fn json_after(&self, memo: &mut Memo, text: &[u8]) -> Result<Reading, DocumentError> {
        let line = std::str::from_utf8(text).ok();
        let known = line.and_then(|line| Some((line, memo.layouts.find(line)?)));
        memo.repeats.renew(memo.layouts.age());
        if let Some((line, Known::Usual(number))) = known {
            let values = LineValues { line, steps: memo.layouts.steps() };
            match memo.repeats.read(self, of_lines(number), &values, &self.options.naive_zone) {
                Outcome::Event => return Ok(Reading::Again),
                Outcome::Other if let Some(schema) = memo.repeats.schema() => return Ok(Reading::Other { schema: Arc::clone(schema), hits: Vec::new() }),
                Outcome::Other | Outcome::Unknown => {}
            }
        }
        let mut captured = std::mem::take(&mut memo.spare).emptied();
        let result = self.capture(memo, known.map(|(_, known)| known), text, &mut captured).and_then(|is_known| {
            let Some((record, deciding)) = self.record(&mut memo.shapes, &captured) else { return self.flat(memo, text) };
            if record.1.schema.class == Class::Detected {
                let detected = serde_json::from_slice(text).ok().as_ref().and_then(detected::read);
                let schema = memo.names.name(self, record.0);
                return Ok(match detected {
                    Some(detected) => Reading::Detected { schema, detected: Box::new(detected) },
                    None => Reading::Other { schema, hits: Vec::new() },
                });
            }
            if let (Some((line, Known::Usual(number))), true) = (known, is_known && memo.repeats.has_room()) {
                let values = LineValues { line, steps: memo.layouts.steps() };
                memo.repeats.learn(self, of_lines(number), &values, memo.kept.as_slice().into(), (record, deciding), &self.options.naive_zone);
            }
            self.read(record, &mut memo.names, &self.options.naive_zone, &|record| Json::new(record, text).matches(&self.sigma))
        });
        memo.spare = captured.emptied();
        result
    }

    /// Captures the values of a document. Whether that was done by the layout known.
    fn capture<'a>(&self, memo: &mut Memo, known: Option<Known>, text: &'a [u8], captured: &mut Captured<'a>) -> Result<bool, DocumentError> {
        if let Ok(text) = std::str::from_utf8(text) {
            if let Some(known) = known {
                memo.kept.clear();
                let kept = &mut memo.kept;
                if memo.layouts.capture(known, text, self.index, captured, |place| kept.push(place.and_then(|place| u8::try_from(place).ok()))) {
                    return Ok(true);
                }
            }
            captured.clear();
            match scan(&self.paths, self.index, text, captured, &mut memo.tokens) {
                Vouched::Layout => {
                    memo.layouts.learn(text, &memo.tokens);
                    return Ok(false);
                }
                Vouched::Once => return Ok(false),
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
        Ok(false)
    }

    /// The record with the place of its schema, and the places of the values on which the schema depends.
    fn record<'r, 'a>(&'r self, shapes: &'r mut Shapes, captured: &'r Captured<'a>) -> Option<((usize, Record<'r, 'a>), u64)> {
        if let Some(shape) = shapes.of(&self.schemas, captured) {
            let candidate = shape.recognise(captured)?;
            let schema = self.schemas.get(candidate.schema)?;
            return Some(((candidate.schema, Record::new(captured, schema, Some(&candidate.places))), shape.deciding));
        }
        let place = self.schemas.iter().position(|schema| !schema.loose && schema.proofs.iter().any(|proof| proof.holds(captured, false)))?;
        Some(((place, Record::new(captured, self.schemas.get(place)?, None)), u64::MAX))
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

    /// Reads one row of a table after others like it; may be [`Reading::Again`].
    ///
    /// # Errors
    /// As [`Interpreter::row`].
    pub fn row_after<'v>(&self, memo: &mut Memo, columns: &Columns, value: &dyn Fn(usize) -> Option<Cow<'v, str>>) -> Result<Reading, DocumentError> {
        let zone = if columns.is_utc { &TimeZone::UTC } else { &self.options.naive_zone };
        let values = RowValues { columns, value };
        match memo.repeats.read(self, of_rows(columns), &values, zone) {
            Outcome::Event => return Ok(Reading::Again),
            Outcome::Other if let Some(schema) = memo.repeats.schema() => return Ok(Reading::Other { schema: Arc::clone(schema), hits: Vec::new() }),
            Outcome::Other | Outcome::Unknown => {}
        }
        let mut captured = std::mem::take(&mut memo.spare).emptied();
        memo.kept.clear();
        for (place, slot) in &columns.slots {
            let free = captured.slots().len();
            if let Some(text) = value(*place) {
                captured.put(*slot, Scalar::Text(text));
            }
            memo.kept.push(if captured.slots().len() > free { u8::try_from(free).ok() } else { None });
        }
        let deciding = if columns.mixed { memo.shapes.of(&self.schemas, &captured).map_or(u64::MAX, |shape| shape.deciding) } else { 0 };
        let record = if columns.mixed { self.record(&mut memo.shapes, &captured).map(|(record, _)| record) } else { None };
        let record = match record {
            Some(record) => Some(record),
            None => self.schemas.get(columns.schema).map(|schema| {
                let places = memo.shapes.in_table(&self.schemas, columns.schema, &captured);
                (columns.schema, Record::new(&captured, schema, places))
            }),
        };
        let result = match record {
            Some(record) => {
                if memo.repeats.has_room() {
                    memo.repeats.learn(self, of_rows(columns), &values, memo.kept.as_slice().into(), (record, deciding), zone);
                }
                self.read(record, &mut memo.names, zone, &|record| Row::new(record, columns, value).matches(&self.sigma))
            }
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
        let origin = record.origin(self.index, self.id);
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

    /// The rule that makes a record an event, where that is all there is to be found out about it: a record that a Sigma rule
    /// may match has to be seen as a whole.
    pub(super) fn rule_alone(&self, record: Record<'_, '_>) -> Option<Option<Rule>> {
        (!self.is_offered(record)).then(|| self.rule(record))
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

    fn hit(&self, record: Record<'_, '_>, time: Timestamp, origin: &Origin) -> Hit {
        let address = |field| record.address(field).map(|(address, _)| address);
        Hit {
            time,
            host: record.host(),
            image: record.foreign(Field::Process),
            user: record.user(&[(Field::User, Field::UserDomain), (Field::SubjectUser, Field::SubjectDomain), (Field::TargetUser, Field::TargetDomain)]),
            source: address(Field::Source),
            destination: address(Field::Destination),
            record_id: record.foreign(Field::Record),
            id: origin.id.clone(),
        }
    }
}
