//! The columns of a table, recognised once.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Field;
use super::capture::Captured;
use super::compiled::{Compiled, Spelling, loose_name, loose_path};
use super::error::ColumnsError;
use super::interpreter::Interpreter;
use super::paths::Slot;
use super::rule::Class;
use super::scalar::Scalar;

/// What the columns of a table mean.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Place of a column and the slot of its path.
    pub(super) slots: Vec<(usize, Slot)>,
    /// The schema that the columns prove.
    pub(super) schema: usize,
    /// Whether rows may be of other schemas too, by their values.
    pub(super) mixed: bool,
    /// Names of the columns, for the fields that only a Sigma rule asks for.
    pub(super) names: Vec<String>,
    /// Whether the header says that times without an offset are UTC.
    pub(super) is_utc: bool,
    name: String,
    /// Tells the columns of one table from those of others.
    pub(super) number: u64,
}

/// Numbers of the columns recognised so far.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Columns {
    /// Name of the schema that the columns prove; rows may be of others where values decide.
    pub fn schema(&self) -> &str {
        &self.name
    }

    /// What a table of logons cannot tell, for lack of a column that says it.
    pub fn remark(&self, interpreter: &Interpreter) -> Option<String> {
        let schema = interpreter.schemas.get(self.schema).filter(|schema| schema.class == Class::Logons)?;
        let is_here = |slot: Slot| self.slots.iter().any(|(_, own)| *own == slot);
        let has = |field: Field| schema.spellings(field).iter().any(|spelling| matches!(spelling, Spelling::Path(slot) if is_here(*slot)));
        if has(Field::Message) {
            return None;
        }
        if ![Field::Code, Field::Outcome, Field::Place].into_iter().any(has) {
            return Some("whether its logons got through stands in none of its columns: all are counted as logons".to_owned());
        }
        let lacking = match ([Field::TargetUser, Field::User, Field::Account].into_iter().any(has), has(Field::Source)) {
            (true, true) => return None,
            (true, false) => "the source",
            (false, true) => "the user",
            (false, false) => "user and source",
        };
        Some(format!(
            "{lacking} of its logons cannot be told: they stand in none of its columns, and there is none for messages; export the log with its messages, or as .evtx"
        ))
    }

    /// Places of the columns that are read; the others need not be.
    pub fn used(&self) -> impl Iterator<Item = usize> + '_ {
        self.slots.iter().map(|(place, _)| *place)
    }
}

/// Recognises a header: first by exact names as in a document, then by names as exports spell them.
pub(super) fn columns(interpreter: &Interpreter, names: &[&str]) -> Result<Columns, ColumnsError> {
    let own: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let exact: Vec<(usize, Slot)> =
        names.iter().enumerate().filter_map(|(place, name)| Some((place, interpreter.paths.find(name.trim_start_matches('\u{feff}').trim())?))).collect();
    let loose: Vec<(usize, Slot)> =
        names.iter().enumerate().filter_map(|(place, name)| Some((place, interpreter.paths.find(&loose_path(&loose_name(name)))?))).collect();
    let present = |slots: &[(usize, Slot)]| {
        let mut present = Captured::default();
        for (_, slot) in slots {
            present.put(*slot, Scalar::Bool(true));
        }
        present
    };
    let could = |slots: &[(usize, Slot)], schema: &Compiled| {
        let present = present(slots);
        schema.proofs.iter().any(|proof| proof.holds(&present, true)) && schema.time.iter().any(|(slot, _)| present.has(*slot))
    };
    let proves = |slots: &[(usize, Slot)], schema: &Compiled| schema.proofs.iter().any(|proof| proof.is.is_empty() && proof.holds(&present(slots), true));
    for (place, schema) in interpreter.schemas.iter().enumerate() {
        let slots = if schema.loose { &loose } else { &exact };
        if could(slots, schema) {
            return Ok(Columns {
                slots: slots.clone(),
                schema: place,
                // A proof by value, asked of columns alone, is none.
                mixed: schema.mixed || (!schema.loose && !proves(slots, schema)),
                is_utc: schema.loose && is_utc(names, schema, slots),
                names: own,
                name: schema.name.to_string(),
                number: NUMBER.fetch_add(1, Ordering::Relaxed),
            });
        }
    }
    Err(ColumnsError { missing: missing(interpreter, names) })
}

/// Whether the time column says `[UTC]`, as exports of Log Analytics do.
fn is_utc(names: &[&str], schema: &Compiled, slots: &[(usize, Slot)]) -> bool {
    let column = schema.time.iter().find_map(|(time, _)| slots.iter().find(|(_, slot)| slot == time));
    column.and_then(|(place, _)| names.get(*place)).is_some_and(|name| name.to_ascii_uppercase().contains("[UTC]"))
}

/// The needed columns that none of the names is, for people.
fn missing(interpreter: &Interpreter, names: &[&str]) -> String {
    let loose: Vec<String> = names.iter().map(|name| loose_name(name)).collect();
    let known = |slot: Slot| loose.iter().any(|name| interpreter.paths.find(&loose_path(name)) == Some(slot));
    let Some(flow) = interpreter.schemas.iter().rfind(|schema| schema.loose) else { return "there is no schema for tables".to_owned() };
    let mut lacking = Vec::new();
    if !flow.time.iter().any(|(slot, _)| known(*slot)) {
        lacking.push(("time", "timestamp, time, t, ts, @timestamp, TimeGenerated"));
    }
    for (field, label, examples) in [
        (Field::Source, "source address", "source.ip, src, src_ip, SourceIP, IpAddress, Source Network Address"),
        (Field::Destination, "destination address", "destination.ip, dst, dst_ip, DestIP, destinationhost, Computer"),
    ] {
        let found = flow.spellings(field).iter().any(|spelling| matches!(spelling, Spelling::Path(slot) if known(*slot)));
        if !found {
            lacking.push((label, examples));
        }
    }
    if lacking.is_empty() {
        return "its columns are known one by one, but not together".to_owned();
    }
    let lacking: Vec<String> = lacking.iter().map(|(label, examples)| format!("no column for the {label} (looked for {examples} and the like)")).collect();
    lacking.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::schema::{Interpreter, Options, Schemas};
    use crate::sigma::RuleSet;

    #[test]
    fn a_table_of_logons_says_what_it_cannot_tell() {
        let interpreter = Interpreter::new(Schemas::built_in(), RuleSet::built_in().into(), Options::default()).expect("ours");
        let remark = |header: &str| interpreter.header(&header.split(',').collect::<Vec<_>>()).expect("columns").remark(&interpreter);
        let begins = |header: &str| remark(header).and_then(|remark| Some(remark.split_once(" of its logons")?.0.to_owned()));
        assert_eq!(begins("Level,Date and Time,Source,Event ID,Task Category").as_deref(), Some("user and source"));
        assert_eq!(begins("TimeCreated,Id,ProviderName,TargetUserName").as_deref(), Some("the source"));
        assert_eq!(remark("Level,Date and Time,Source,Event ID,Task Category,Message"), None);
        assert!(remark("time,AccountName,Source Network Address,Computer").is_some_and(|remark| remark.ends_with("counted as logons")));
        assert_eq!(remark("time,AccountName,Source Network Address,Computer,Outcome"), None);
        assert_eq!(remark("time,src,dst"), None);
    }
}
