//! The schemas as a cluster needs them: spellings as paths and proofs as conditions on paths, so that the same files
//! that read records also put questions; and what an aggregation counted, read by the rules that read records.

use std::collections::BTreeMap;

use serde_json::Value;

use super::capture::Captured;
use super::file::{OneOrMany, Recognise, SchemaFile, Schemas, Time};
use super::reader::Record;
use super::rule::{Class, RULES, Rule, Test};
use super::scalar::Scalar;
use super::{Field, Interpreter};
use crate::domain::{Event, Kind, Timestamp};

/// One way to get at a logical field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// The value at a path.
    Path(String),
    /// A line of the rendered message: no query can name it.
    Line,
}

/// A proof of a schema: everything in it must hold.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Each entry: one of these paths has a value.
    pub has: Vec<Vec<String>>,
    /// None of these paths has a value.
    pub lacks: Vec<String>,
    /// The value at the path is one of the words, whatever their case; a `*` at the end stands for anything.
    pub is: Vec<(String, Vec<String>)>,
}

/// A schema of documents.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Its place among the schemas of the [`Interpreter`].
    pub place: usize,
    /// Its name.
    pub name: String,
    /// What sort of records it holds.
    pub class: Class,
    /// Spellings of the time, in order.
    pub times: Vec<String>,
    /// Where the named values of an event lie.
    pub values: Vec<String>,
    /// What proves it: any of these.
    pub proofs: Vec<Evidence>,
    routes: BTreeMap<Field, Vec<Route>>,
}

/// Every schema that documents can have, in order of precedence; those of tables are left out.
pub fn layouts(schemas: &Schemas) -> Vec<Layout> {
    schemas.iter().enumerate().filter(|(_, (_, file))| !file.loose).map(|(place, (_, file))| Layout::new(place, file)).collect()
}

/// A spelling with everything that may stand before it.
fn spelled(file: &SchemaFile, spelling: &str) -> Vec<String> {
    if file.prefix.is_empty() { vec![spelling.to_owned()] } else { file.prefix.iter().map(|prefix| format!("{prefix}{spelling}")).collect() }
}

impl Layout {
    fn new(place: usize, file: &SchemaFile) -> Self {
        let routes: BTreeMap<Field, Vec<Route>> = file.field.iter().map(|(field, spellings)| (*field, routes(file, spellings))).collect();
        let times = file.time.iter().flat_map(|time| match time {
            Time::Plain(spelling) | Time::Formatted { spelling, .. } => spelled(file, spelling),
        });
        let mut layout =
            Self { place, name: file.name.clone(), class: file.class, times: times.collect(), values: file.values.clone(), proofs: Vec::new(), routes };
        layout.proofs = file.recognise.iter().map(|written| layout.evidence(file, written)).collect();
        layout
    }

    fn evidence(&self, file: &SchemaFile, written: &Recognise) -> Evidence {
        let of_field = |field: &Field| self.paths(*field).map(str::to_owned).collect::<Vec<_>>();
        let has = written.has.iter().map(|spelling| spelled(file, spelling)).chain(written.has_field.iter().map(of_field));
        let lacks = written.lacks.iter().flat_map(|spelling| spelled(file, spelling)).chain(written.lacks_field.iter().flat_map(of_field));
        let is = written.is.iter().flat_map(|(spelling, words)| {
            let words: Vec<String> = words.iter().cloned().collect();
            spelled(file, spelling).into_iter().map(move |path| (path, words.clone()))
        });
        Evidence { has: has.collect(), lacks: lacks.collect(), is: is.collect() }
    }

    /// The ways to a field, in order.
    pub fn routes(&self, field: Field) -> &[Route] {
        self.routes.get(&field).map(Vec::as_slice).unwrap_or_default()
    }

    /// The paths of a field, in order.
    pub fn paths(&self, field: Field) -> impl Iterator<Item = &str> {
        self.routes(field).iter().filter_map(|route| if let Route::Path(path) = route { Some(path.as_str()) } else { None })
    }

    /// Whether a field may stand in the rendered message.
    pub fn has_line(&self, field: Field) -> bool {
        self.routes(field).contains(&Route::Line)
    }

    /// Every path of its proofs.
    pub fn proof_paths(&self) -> impl Iterator<Item = &str> {
        self.proofs.iter().flat_map(|proof| proof.has.iter().flatten().chain(&proof.lacks).chain(proof.is.iter().map(|(path, _)| path)).map(String::as_str))
    }

    /// Every path it knows.
    pub fn all_paths(&self) -> impl Iterator<Item = &str> {
        let routes = self.routes.values().flatten().filter_map(|route| if let Route::Path(path) = route { Some(path.as_str()) } else { None });
        routes.chain(self.proof_paths()).chain(self.times.iter().map(String::as_str))
    }

    /// The rules that can make its documents events, the first that holds deciding.
    pub fn rules(&self) -> Vec<Rule> {
        let of = |class: Class| RULES.iter().filter(move |rule| rule.class == class && !rule.files_only).copied();
        match self.class {
            Class::Other | Class::Detected => Vec::new(),
            Class::Events => Kind::ALL.iter().map(|kind| Rule::named(*kind)).collect(),
            Class::Logons => of(Class::Windows).chain(of(Class::Logons)).collect(),
            class => of(class).collect(),
        }
    }
}

fn routes(file: &SchemaFile, spellings: &OneOrMany) -> Vec<Route> {
    let mut routes = Vec::new();
    for spelling in spellings.iter() {
        if spelling.starts_with("message:") || spelling.starts_with("message-last:") {
            routes.push(Route::Line);
        } else {
            routes.extend(spelled(file, spelling).into_iter().map(Route::Path));
        }
    }
    routes
}

impl Interpreter {
    /// The event that `rule` makes of counted documents which share these values. `None` where the rule wants an address
    /// and there is none. Only fields made of the given values can be filled.
    pub fn counted<'v>(&self, layout: &Layout, rule: &Rule, values: impl Iterator<Item = (&'v str, &'v Value)>, time: Timestamp) -> Option<Event> {
        let schema = self.schemas.get(layout.place)?;
        let mut captured = Captured::default();
        for (path, value) in values {
            if let (Some(slot), Some(value)) = (self.paths.find(path), scalar(value)) {
                captured.put(slot, value);
            }
        }
        let record = Record::new(&captured, schema, None);
        let is_met = |(field, test): &(Field, Test)| *test != Test::Address || record.address(*field).is_some();
        rule.tests.iter().all(is_met).then(|| {
            let mut event = record.event(rule, time);
            event.code = event.code.or(rule.code);
            event
        })
    }
}

fn scalar(value: &Value) -> Option<Scalar<'_>> {
    Some(match value {
        Value::String(text) => Scalar::Text(text.as_str().into()),
        Value::Number(number) => number.as_i64().map_or_else(|| Scalar::Float(number.as_f64().unwrap_or(f64::NAN)), Scalar::Int),
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::domain::Foreign;
    use crate::schema::Options;
    use crate::sigma::RuleSet;

    fn layout(name: &str) -> Layout {
        layouts(&Schemas::built_in()).into_iter().find(|layout| layout.name == name).expect("a schema")
    }

    #[test]
    fn schemas_of_tables_are_no_layouts_and_the_others_keep_their_order() {
        let layouts = layouts(&Schemas::built_in());
        let names: Vec<_> = layouts.iter().map(|layout| layout.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"alerts"));
        assert_eq!(names.last(), Some(&"ecs"));
        assert!(!names.contains(&"flow-table") && names.contains(&"nxlog"), "{names:?}");
    }

    #[test]
    fn prefixes_stand_before_every_spelling() {
        let evtx = layout("evtx");
        assert_eq!(evtx.paths(Field::Channel).collect::<Vec<_>>(), ["Event.System.Channel", "System.Channel"]);
        assert!(evtx.proofs[0].has[0].contains(&"Event.System.EventID.#text".to_owned()));
    }

    #[test]
    fn rules_for_files_only_are_left_out() {
        assert_eq!(layout("ecs").rules().len(), 1);
        assert!(layout("alerts").rules().is_empty());
        assert!(layout("winlog").has_line(Field::Source) && !layout("helk").has_line(Field::Source));
    }

    #[test]
    fn counted_values_are_read_as_those_of_a_record() {
        let interpreter = Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), Options::default()).expect("ours");
        let winlog = layout("winlog");
        let event = |kind: Kind, values: &[(&str, Value)]| {
            let rule = winlog.rules().into_iter().find(|rule| rule.kind == kind).expect("a rule");
            interpreter.counted(&winlog, &rule, values.iter().map(|(path, value)| (*path, value)), Timestamp::UNIX_EPOCH)
        };
        let accepted = event(
            Kind::CoreAccepted,
            &[("winlog.event_data.ClientIP", json!("[::ffff:10.0.0.7]:50123")), ("winlog.computer_name", json!("FS01")), ("user.name", json!("SYSTEM"))],
        )
        .expect("an event");
        assert_eq!(accepted.source.map(|source| source.to_string()).as_deref(), Some("10.0.0.7"));
        assert_eq!((accepted.host.as_ref().map(Foreign::raw), accepted.user, accepted.code), (Some("FS01"), None, Some(131)));
        assert_eq!(event(Kind::LogonUnlock, &[("winlog.event_data.IpAddress", json!("-"))]), None);
        let reversed = event(Kind::SysmonInReversed, &[("source.ip", json!("10.0.0.5")), ("destination.ip", json!("10.0.0.7"))]).expect("an event");
        assert_eq!(reversed.destination.map(|address| address.to_string()).as_deref(), Some("10.0.0.5"));
    }
}
