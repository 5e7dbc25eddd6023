//! Says what a record is. Built once, shared by the reading threads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;

use super::capture::{Captured, Cells, capture};
use super::columns::{Columns, columns};
use super::compiled::Compiled;
use super::detected;
use super::error::{ColumnsError, DocumentError, SchemaError};
use super::file::Schemas;
use super::paths::{Paths, Slot};
use super::reader::Record;
use super::rule::{Class, RULES, Rule};
use super::scalar::Scalar;
use super::scan::scan;
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
    /// What the keys of flat documents mean, so that each table's are looked at once.
    flat: RwLock<HashMap<String, Option<Arc<Columns>>>>,
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
        Ok(Self { paths, schemas, by_code, by_class, sigma: rules, sigma_codes, index, id, options, flat: RwLock::default() })
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
        let captured = match scan(&self.paths, Some(self.index), text) {
            Some(captured) => captured,
            None => capture(&self.paths, Some(self.index), text).map_err(|error| {
                if error.to_string().starts_with("recursion limit") {
                    DocumentError::TooDeep
                } else if error.is_eof() && !text.trim_ascii().is_empty() {
                    DocumentError::CutOff
                } else {
                    DocumentError::NotJson
                }
            })?,
        };
        let Some(schema) = self.recognise(&captured) else { return self.flat(text) };
        if schema.class == Class::Detected {
            let detected = serde_json::from_slice(text).ok().as_ref().and_then(detected::read);
            let schema = Arc::clone(&schema.name);
            return Ok(match detected {
                Some(detected) => Reading::Detected { schema, detected: Box::new(detected) },
                None => Reading::Other { schema, hits: Vec::new() },
            });
        }
        self.read(Record { captured: &captured, schema }, &self.options.naive_zone, &|record| Json::new(record, text).matches(&self.sigma))
    }

    /// A document of no schema may still be the row of a table, exported as an object.
    fn flat(&self, text: &[u8]) -> Result<Reading, DocumentError> {
        let Ok(cells) = serde_json::from_slice::<Cells<'_>>(text) else { return Ok(Reading::Unknown) };
        let names: Vec<&str> = cells.0.iter().map(|(name, _)| name.as_str()).collect();
        let known = self.flat.read().ok().and_then(|known| known.get(&names.join("\n")).cloned());
        let columns = known.unwrap_or_else(|| {
            let columns = columns(self, &names).ok().map(Arc::new);
            if let Ok(mut known) = self.flat.write()
                && known.len() < MOST_FLAT
            {
                known.insert(names.join("\n"), columns.clone());
            }
            columns
        });
        let Some(columns) = columns else { return Ok(Reading::Unknown) };
        self.row(&columns, &|place| {
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
        let mut captured = Captured::default();
        for (place, slot) in &columns.slots {
            if let Some(text) = value(*place) {
                captured.put(*slot, Scalar::Text(text));
            }
        }
        let by_values = if columns.mixed { self.recognise(&captured) } else { None };
        let schema = by_values.or_else(|| self.schemas.get(columns.schema));
        let Some(schema) = schema else { return Ok(Reading::Unknown) };
        let zone = if columns.is_utc { &TimeZone::UTC } else { &self.options.naive_zone };
        self.read(Record { captured: &captured, schema }, zone, &|record| Row::new(record, columns, value).matches(&self.sigma))
    }

    /// Names of the schemas, in order of precedence.
    pub fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|schema| &*schema.name)
    }

    fn recognise(&self, captured: &Captured<'_>) -> Option<&Compiled> {
        self.schemas.iter().find(|schema| !schema.loose && schema.proofs.iter().any(|proof| proof.holds(captured, false)))
    }

    fn read<'r, 'a>(&self, record: Record<'r, 'a>, zone: &TimeZone, matches: &dyn Fn(Record<'r, 'a>) -> Vec<usize>) -> Result<Reading, DocumentError> {
        let schema = Arc::clone(&record.schema.name);
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
            Class::Events => record.schema.find(record.captured, Field::Kind, |value| Kind::named(&value.text()?)).map(Rule::named),
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
