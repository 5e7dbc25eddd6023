//! A record in Sigma's field names: the logical field first, then the named value of the event.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::Field;
use super::capture::name_and_value;
use super::columns::Columns;
use super::details::LOGON_TYPES;
use super::reader::Record;
use crate::sigma::{Fields, RuleSet};

/// Sigma's names that are logical fields.
const NAMES: &[(&str, Field)] = &[
    ("EventID", Field::Code),
    ("Channel", Field::Channel),
    ("Provider_Name", Field::Provider),
    ("Computer", Field::Host),
    ("ComputerName", Field::Host),
    ("Hostname", Field::Host),
    ("Image", Field::Process),
    ("Application", Field::Process),
    ("CommandLine", Field::CommandLine),
    ("ParentImage", Field::ParentProcess),
    ("SourceIp", Field::Source),
    ("SourceAddress", Field::Source),
    ("IpAddress", Field::Source),
    ("ClientAddress", Field::Source),
    ("Address", Field::Source),
    ("SourcePort", Field::SourcePort),
    ("IpPort", Field::SourcePort),
    ("DestinationIp", Field::Destination),
    ("DestAddress", Field::Destination),
    ("DestinationPort", Field::DestinationPort),
    ("DestPort", Field::DestinationPort),
    ("Initiated", Field::Initiated),
    ("LogonType", Field::LogonType),
    ("TargetUserName", Field::TargetUser),
    ("TargetDomainName", Field::TargetDomain),
    ("SubjectUserName", Field::SubjectUser),
    ("SubjectDomainName", Field::SubjectDomain),
    ("AccountName", Field::Account),
    ("AccountDomain", Field::AccountDomain),
    ("Status", Field::Status),
    ("SubStatus", Field::SubStatus),
    ("Protocol", Field::Transport),
    ("Message", Field::Message),
];

/// The logical field that Sigma calls so.
pub fn sigma_field(name: &str) -> Option<Field> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

fn logical(record: Record<'_, '_>, name: &str) -> Option<Value> {
    if name == "User" {
        return record.user(&[(Field::User, Field::UserDomain)]).map(|user| Value::from(user.raw()));
    }
    let (_, field) = NAMES.iter().find(|(known, _)| *known == name)?;
    let of = |field| record.find(field, |value| Some(value.json()));
    match field {
        Field::Code => record.code().map(Value::from),
        Field::Initiated => record.find(Field::Initiated, |value| value.initiated()).map(Value::from),
        Field::LogonType => {
            let value = of(Field::LogonType)?;
            let word = value.as_str().and_then(|word| LOGON_TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)));
            Some(word.map_or(value, |(_, number)| Value::from(number.to_string())))
        }
        field => of(*field),
    }
}

/// Something rules can be held against.
pub trait View: Fields + Sized {
    /// Places of the rules that match.
    fn matches(&self, rules: &RuleSet) -> Vec<usize> {
        rules.matches(self)
    }
}

/// A JSON document.
pub struct Json<'r, 'a> {
    record: Record<'r, 'a>,
    text: &'r [u8],
    /// The whole document, parsed only when a rule asks for what no schema names.
    whole: OnceCell<Value>,
}

impl<'r, 'a> Json<'r, 'a> {
    /// A view of `text`.
    pub fn new(record: Record<'r, 'a>, text: &'r [u8]) -> Self {
        Self { record, text, whole: OnceCell::new() }
    }

    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| {
            let mut whole: Value = serde_json::from_slice(self.text).unwrap_or_default();
            match whole.get_mut("_source") {
                Some(source) => source.take(),
                None => whole,
            }
        })
    }
}

/// What lies at a dotted path, whichever of its dots are levels.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    let object = value.as_object()?;
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| at(object.get(path.get(..dot)?)?, path.get(dot + 1..)?))
}

fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(object) => object.get("#text").and_then(plain),
        Value::Array(values) => values.iter().find_map(plain),
        value => Some(value.clone()),
    }
}

impl Fields for Json<'_, '_> {
    fn field(&self, name: &str) -> Option<Value> {
        logical(self.record, name).or_else(|| {
            let whole = self.whole();
            let in_containers = self.record.schema.values.iter().find_map(|container| {
                let container = at(whole, container)?;
                let named = at(container, name).and_then(plain);
                named.or_else(|| {
                    container
                        .get("Data")?
                        .as_array()?
                        .iter()
                        .find_map(|pair| name_and_value(pair).filter(|(known, _)| *known == name))
                        .map(|(_, value)| value.into())
                })
            });
            in_containers.or_else(|| at(whole, name).and_then(plain))
        })
    }
}

impl View for Json<'_, '_> {}

/// A row of a table.
pub struct Row<'r, 'a, 'v> {
    record: Record<'r, 'a>,
    columns: &'r Columns,
    value: &'r dyn Fn(usize) -> Option<Cow<'v, str>>,
}

impl<'r, 'a, 'v> Row<'r, 'a, 'v> {
    /// A view of the row that `value` gives.
    pub fn new(record: Record<'r, 'a>, columns: &'r Columns, value: &'r dyn Fn(usize) -> Option<Cow<'v, str>>) -> Self {
        Self { record, columns, value }
    }
}

impl Fields for Row<'_, '_, '_> {
    fn field(&self, name: &str) -> Option<Value> {
        logical(self.record, name).or_else(|| {
            // The last part of a dotted name is the value's own (`winlog.event_data.CommandLine`).
            let place = self.columns.names.iter().position(|known| known == name || known.rsplit('.').next() == Some(name))?;
            (self.value)(place).filter(|text| !text.is_empty()).map(|text| Value::from(text.as_ref()))
        })
    }
}

impl View for Row<'_, '_, '_> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::schema::capture::capture;
    use crate::schema::{Interpreter, Options, Schemas};

    fn fields(document: &str, names: &[&str]) -> Vec<Option<Value>> {
        let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("ours");
        let captured = capture(&interpreter.paths, None, document.as_bytes()).expect("JSON");
        let schema = interpreter.schemas.iter().find(|schema| !schema.loose && schema.proofs.iter().any(|proof| proof.holds(&captured, false))).expect("known");
        let view = Json::new(Record::new(&captured, schema, None), document.as_bytes());
        names.iter().map(|name| view.field(name)).collect()
    }

    #[test]
    fn sigma_names_in_every_shape_of_one_event() {
        let names = ["EventID", "Initiated", "DestinationPort", "Image", "User", "RuleName", "Nothing"];
        let expected = vec![Some(3.into()), Some(true.into()), Some("3389".into()), Some("C:\\x.exe".into()), Some("CORP\\kim".into()), Some("r".into()), None];
        let ecs = r#"{"_index":"i","_source":{"@timestamp":"2026-03-08T15:04:05Z","event":{"code":"3"},"network":{"direction":"egress"},"destination":{"port":"3389"},"process":{"executable":"C:\\x.exe"},"user":{"name":"kim","domain":"CORP"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_data":{"RuleName":"r"}}}}"#;
        assert_eq!(fields(ecs, &names), expected);
        let raw = r##"{"Event":{"System":{"EventID":{"#text":3},"Channel":"Microsoft-Windows-Sysmon/Operational"},"EventData":{"Initiated":"true","DestinationPort":"3389","Image":"C:\\x.exe","User":"CORP\\kim","RuleName":"r"}}}"##;
        assert_eq!(fields(raw, &names), expected);
        let pairs = r##"{"Event":{"System":{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational"},"EventData":{"Data":[{"@Name":"Initiated","#text":"true"},{"@Name":"DestinationPort","#text":"3389"},{"@Name":"Image","#text":"C:\\x.exe"},{"@Name":"User","#text":"CORP\\kim"},{"@Name":"RuleName","#text":"r"}]}}}"##;
        assert_eq!(fields(pairs, &names), expected);
        let flat = r#"{"EventID":"3","Hostname":"pc-1","Initiated":true,"DestinationPort":"3389","Image":"C:\\x.exe","User":"CORP\\kim","RuleName":"r"}"#;
        assert_eq!(fields(flat, &names), expected);
    }

    #[test]
    fn logon_types_are_numbers_to_sigma() {
        let document = r#"{"event":{"code":"4624"},"winlog":{"channel":"Security","logon":{"type":"RemoteInteractive"}}}"#;
        assert_eq!(fields(document, &["LogonType"]), [Some("10".into())]);
    }
}
