//! Conditions as Query DSL. JSON only, and values only as leaves of term, terms, range, wildcard and match_phrase:
//! nothing out of an event or a prompt can become syntax.

use serde_json::{Value, json};

use super::fields::{Field, Fields, Nature};
use super::shape::{Paths, SHAPES, Shape, TIME, Test, is_swapped};
use crate::domain::event::Vantage;
use crate::domain::{Address, Families, Family, Kind, Range, Timestamp};
use crate::query::Scope;

/// Kinds of one layout whose values stand in the same fields and mean the same, so that one aggregation counts them.
#[derive(Debug)]
pub(super) struct Group {
    /// The layout.
    pub(super) shape: &'static Shape,
    /// What its events prove.
    pub(super) family: Family,
    /// Whether the reporter is the destination.
    pub(super) is_destination: bool,
    /// Whether source and destination stand in each other's fields.
    pub(super) is_swapped: bool,
    /// Whether an event without a usable source is none: an unlock at the console.
    pub(super) needs_source: bool,
    /// Its kinds with the queries that find them.
    pub(super) kinds: Vec<(Kind, Value)>,
}

impl Group {
    /// Where the address that connected stands.
    pub(super) fn source(&self) -> Paths {
        if self.is_swapped { self.shape.destination } else { self.shape.source }
    }

    /// Where the address reached stands.
    pub(super) fn destination(&self) -> Paths {
        if self.is_swapped { self.shape.source } else { self.shape.destination }
    }

    fn is_like(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape)
            && (self.family, self.is_destination, self.is_swapped, self.needs_source)
                == (other.family, other.is_destination, other.is_swapped, other.needs_source)
    }

    /// Finds the events of the group. Each kind's query bears its name, so that a hit says what it is.
    pub(super) fn query(&self) -> Value {
        any(self.kinds.iter().map(|(_, query)| query.clone()).collect())
    }
}

/// The groups of the chosen families that indices with these fields can hold.
pub(super) fn groups(fields: &Fields, families: Families, ports: &[u16]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, shape) in SHAPES.iter().enumerate() {
        for (kind, tests) in shape.kinds {
            if !families.contains(kind.family()) {
                continue;
            }
            let Some(mut conditions) = all_of(shape.tests.iter().chain(*tests), fields, ports) else { continue };
            if conditions.is_empty() {
                conditions.push(json!({"match_all": {}}));
            }
            let query = json!({"bool": {"filter": conditions, "_name": format!("{place}:{}", kind.name())}});
            let new = Group {
                shape,
                family: kind.family(),
                is_destination: kind.vantage() == Vantage::Destination,
                is_swapped: is_swapped(*kind),
                needs_source: *kind == Kind::LogonUnlock,
                kinds: vec![(*kind, query)],
            };
            match groups.iter_mut().find(|group| group.is_like(&new)) {
                Some(group) => group.kinds.extend(new.kinds),
                None => groups.push(new),
            }
        }
    }
    groups
}

/// What a matched query was called: its layout and its kind.
pub(super) fn named(name: &str) -> Option<(&'static Shape, Kind)> {
    let (place, kind) = name.split_once(':')?;
    Some((SHAPES.get(place.parse::<usize>().ok()?)?, Kind::named(kind)?))
}

/// All tests together; `None` where these fields can never meet them.
fn all_of<'a>(tests: impl Iterator<Item = &'a Test>, fields: &Fields, ports: &[u16]) -> Option<Vec<Value>> {
    let mut conditions = Vec::new();
    for test in tests {
        conditions.extend(one(test, fields, ports)?);
    }
    Some(conditions)
}

/// One test; `Some(None)` where it always holds, `None` where it never can.
fn one(test: &Test, fields: &Fields, ports: &[u16]) -> Option<Option<Value>> {
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let port_texts = || ports.iter().map(u16::to_string).collect::<Vec<_>>();
    Some(match test {
        Test::Is(paths, values) => Some(first_is(paths, &texts(values), fields)?),
        Test::IsIfAny(paths, values) => {
            let present = exists(paths, fields);
            (!present.is_empty()).then(|| {
                let mut ways = vec![json!({"bool": {"must_not": present}})];
                ways.extend(first_is(paths, &texts(values), fields));
                any(ways)
            })
        }
        Test::IsNot(paths, values) => first_is(paths, &texts(values), fields).map(not),
        Test::Port(paths) => Some(first_is(paths, &port_texts(), fields)?),
        Test::NoPort(paths) => first_is(paths, &port_texts(), fields).map(not),
        Test::Without(paths) => {
            let present = exists(paths, fields);
            (!present.is_empty()).then(|| json!({"bool": {"must_not": present}}))
        }
        Test::Address(paths) => {
            let present = exists(paths, fields);
            if present.is_empty() {
                return None;
            }
            // What is left of words that are no address is dropped where the values are read.
            let words = ["-", "", "LOCAL", "::", "0.0.0.0", "::ffff:0.0.0.0"].map(str::to_owned);
            let empty: Vec<Value> =
                mapped(paths, fields).filter(|field| field.nature == Nature::Keyword).filter_map(|field| leaf(field, &words)).map(not).collect();
            Some(json!({"bool": {"filter": empty, "should": present, "minimum_should_match": 1}}))
        }
    })
}

/// The first spelling that a document has holds one of the values.
pub(super) fn first_is(paths: Paths, values: &[String], fields: &Fields) -> Option<Value> {
    let mut before: Vec<Value> = Vec::new();
    let mut ways = Vec::new();
    for field in mapped(paths, fields) {
        if let Some(leaf) = leaf(field, values) {
            ways.push(if before.is_empty() { leaf } else { json!({"bool": {"filter": [leaf], "must_not": before}}) });
        }
        before.push(json!({"exists": {"field": field.name}}));
    }
    (!ways.is_empty()).then(|| any(ways))
}

fn exists(paths: Paths, fields: &Fields) -> Vec<Value> {
    mapped(paths, fields).map(|field| json!({"exists": {"field": field.name}})).collect()
}

/// The fields behind those of the spellings that these indices have.
pub(super) fn mapped<'a>(paths: Paths, fields: &'a Fields) -> impl Iterator<Item = &'a Field> {
    paths.iter().filter_map(|path| fields.get(path))
}

/// A field holds one of the values, as far as its nature can hold them.
fn leaf(field: &Field, values: &[String]) -> Option<Value> {
    let name = field.name.as_str();
    let terms = |values: Vec<Value>| match values.as_slice() {
        [] => None,
        [value] => Some(json!({"term": {name: value}})),
        _ => Some(json!({"terms": {name: values}})),
    };
    match field.nature {
        Nature::Keyword => {
            let mut words: Vec<String> = values.to_vec();
            // Booleans written as words come in every case.
            for value in values.iter().filter(|value| *value == "true" || *value == "false") {
                let (head, tail) = value.split_at(1);
                words.extend([value.to_uppercase(), format!("{}{tail}", head.to_uppercase())]);
            }
            terms(words.into_iter().map(Value::from).collect())
        }
        Nature::Ip => terms(values.iter().filter(|value| value.parse::<std::net::IpAddr>().is_ok()).map(|value| json!(value)).collect()),
        Nature::Number => terms(values.iter().filter_map(|value| value.parse::<i64>().ok()).map(Value::from).collect()),
        Nature::Boolean => terms(values.iter().filter_map(|value| value.parse::<bool>().ok()).map(Value::from).collect()),
        Nature::Text => {
            let phrases: Vec<Value> = values.iter().filter(|value| !value.is_empty()).map(|value| json!({"match_phrase": {name: value}})).collect();
            (!phrases.is_empty()).then(|| any(phrases))
        }
        Nature::Date => None,
    }
}

/// What of a scope a cluster can check for a group; `None` where the group cannot meet it.
/// The rest is checked where the values are read, so this may let too much through, never too little.
pub(super) fn within(scope: &Scope, group: &Group, fields: &Fields) -> Option<Vec<Value>> {
    let mut conditions = Vec::new();
    if let Some(source) = scope.source {
        conditions.push(holds_address(group.source(), source, fields)?);
    }
    if let Some(destination) = &scope.destination {
        let mut ways: Vec<Value> = destination.addresses.iter().filter_map(|address| holds_address(group.destination(), *address, fields)).collect();
        if group.is_destination {
            let hosts: Vec<String> = destination.hosts.iter().map(|host| host.raw().to_owned()).collect();
            ways.extend(mapped(group.shape.host, fields).filter_map(|field| leaf(field, &hosts)));
        }
        if ways.is_empty() {
            return None;
        }
        conditions.push(any(ways));
    }
    if let Some(user) = &scope.user {
        let whole = user.raw().to_owned();
        let bare = whole.rsplit_once('\\').map_or_else(|| whole.clone(), |(_, name)| name.to_owned());
        let names = [whole, bare];
        let ways: Vec<Value> = group.shape.user.iter().filter_map(|(_, name)| fields.get(name)).filter_map(|field| leaf(field, &names)).collect();
        if ways.is_empty() {
            return None;
        }
        conditions.push(any(ways));
    }
    Some(conditions)
}

/// A field among these holds the address, in whatever spelling.
fn holds_address(paths: Paths, address: Address, fields: &Fields) -> Option<Value> {
    let text = address.to_string();
    let ways: Vec<Value> = mapped(paths, fields)
        .filter_map(|field| match field.nature {
            Nature::Ip => leaf(field, std::slice::from_ref(&text)),
            // The same IPv6 address has too many spellings to list them.
            Nature::Keyword | Nature::Text if address.ip().is_ipv6() => Some(json!({"exists": {"field": field.name}})),
            Nature::Keyword => Some(json!({"wildcard": {&field.name: {"value": format!("*{text}*")}}})),
            Nature::Text => leaf(field, std::slice::from_ref(&text)),
            Nature::Number | Nature::Boolean | Nature::Date => None,
        })
        .collect();
    (!ways.is_empty()).then(|| any(ways))
}

/// The time of a document lies within `range`.
pub(super) fn within_time(range: &Range) -> Value {
    let mut bounds = serde_json::Map::new();
    if range.from > Timestamp::UNIX_EPOCH {
        bounds.insert("gte".to_owned(), json!(range.from.to_string()));
    }
    if range.to < year_3000() {
        bounds.insert("lt".to_owned(), json!(range.to.to_string()));
    }
    if bounds.is_empty() {
        return json!({"exists": {"field": TIME}});
    }
    bounds.insert("format".to_owned(), json!("strict_date_optional_time_nanos"));
    json!({"range": {TIME: bounds}})
}

/// Later than any event, sooner than what clusters refuse to compare with.
fn year_3000() -> Timestamp {
    Timestamp::from_second(32_503_680_000).unwrap_or(Timestamp::MAX)
}

/// One of these.
pub(super) fn any(mut ways: Vec<Value>) -> Value {
    match (ways.len(), ways.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            ways.push(last);
            json!({"bool": {"should": ways, "minimum_should_match": 1}})
        }
        (_, None) => json!({"match_none": {}}),
    }
}

fn not(condition: Value) -> Value {
    json!({"bool": {"must_not": [condition]}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(of: &[(&'static str, &str, Nature)]) -> Fields {
        of.iter().map(|(path, name, nature)| (*path, Field { name: (*name).to_owned(), nature: *nature })).collect()
    }

    #[test]
    fn the_first_spelling_that_a_document_has_decides() {
        let both = fields(&[
            ("winlog.event_data.Initiated", "winlog.event_data.Initiated.keyword", Nature::Keyword),
            ("network.direction", "network.direction", Nature::Keyword),
        ]);
        let test = Test::Is(&["winlog.event_data.Initiated", "network.direction"], &["true", "egress"]);
        assert_eq!(
            one(&test, &both, &[3389]),
            Some(Some(json!({"bool": {"minimum_should_match": 1, "should": [
                {"terms": {"winlog.event_data.Initiated.keyword": ["true", "egress", "TRUE", "True"]}},
                {"bool": {
                    "filter": [{"terms": {"network.direction": ["true", "egress", "TRUE", "True"]}}],
                    "must_not": [{"exists": {"field": "winlog.event_data.Initiated.keyword"}}]
                }}
            ]}})))
        );
        assert_eq!(one(&test, &Fields::new(), &[3389]), None);
    }

    #[test]
    fn values_are_asked_in_the_nature_of_the_field() {
        let asked =
            |nature, values: &[&str]| leaf(&Field { name: "f".to_owned(), nature }, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(asked(Nature::Boolean, &["true", "egress"]), Some(json!({"term": {"f": true}})));
        assert_eq!(asked(Nature::Number, &["10", "RemoteInteractive"]), Some(json!({"term": {"f": 10}})));
        assert_eq!(asked(Nature::Number, &["RemoteInteractive"]), None);
        assert_eq!(asked(Nature::Keyword, &["3389"]), Some(json!({"term": {"f": "3389"}})));
        assert_eq!(asked(Nature::Text, &["Security"]), Some(json!({"match_phrase": {"f": "Security"}})));
    }

    #[test]
    fn kinds_that_mean_the_same_share_a_group() {
        let helk = fields(&[
            ("@timestamp", "@timestamp", Nature::Date),
            ("event_id", "event_id", Nature::Number),
            ("dst_port", "dst_port", Nature::Number),
            ("src_port", "src_port", Nature::Number),
            ("src_ip_addr", "src_ip_addr", Nature::Ip),
            ("dst_ip_addr", "dst_ip_addr", Nature::Ip),
            ("network_initiated", "network_initiated", Nature::Keyword),
            ("logon_type", "logon_type", Nature::Number),
        ]);
        let groups = groups(&helk, Families::ALL, &[3389]);
        let told: Vec<_> = groups
            .iter()
            .map(|group| (group.kinds.iter().map(|(kind, _)| kind.name()).collect::<Vec<_>>().join(" "), group.is_destination, group.is_swapped))
            .collect();
        assert_eq!(
            told,
            [
                ("sysmon3_out".to_owned(), false, false),
                ("sysmon3_in".to_owned(), true, false),
                ("sysmon3_in_reversed".to_owned(), true, true),
                ("sec4624_lt10 sec4624_lt12 sec4778".to_owned(), true, false),
                ("sec4624_lt7".to_owned(), true, false),
                ("sec4625_lt10 sec4825".to_owned(), true, false),
            ]
        );
        assert_eq!(groups[2].source(), ["dst_ip_addr", "ipv6_dst_addr"]);
    }

    #[test]
    fn text_of_an_attacker_stays_a_leaf() {
        let keyword = fields(&[("user.name", "user.name", Nature::Keyword), ("host.name", "host.name", Nature::Keyword)]);
        let group = Group {
            shape: SHAPES.iter().find(|shape| shape.schema == "sysmon").expect("a layout"),
            family: Family::Network,
            is_destination: true,
            is_swapped: false,
            needs_source: false,
            kinds: Vec::new(),
        };
        let mut scope = Scope::over(Range::ALL);
        scope.user = Some("a\"}},{\"match_all\":{}} OR *".into());
        assert_eq!(
            within(&scope, &group, &keyword),
            Some(vec![json!({"terms": {"user.name": ["a\"}},{\"match_all\":{}} OR *", "a\"}},{\"match_all\":{}} OR *"]}})])
        );
    }

    #[test]
    fn ranges_are_half_open_and_open_ends_are_left_out() {
        let range = Range { from: "2025-01-01T00:00:00Z".parse().expect("a time"), to: Timestamp::MAX };
        assert_eq!(within_time(&range), json!({"range": {"@timestamp": {"gte": "2025-01-01T00:00:00Z", "format": "strict_date_optional_time_nanos"}}}));
        assert_eq!(within_time(&Range::ALL), json!({"exists": {"field": "@timestamp"}}));
    }
}
