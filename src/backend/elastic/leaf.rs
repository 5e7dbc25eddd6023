//! Conditions on one field, by what the field is: values only as JSON leaves of exists, term, terms, range, wildcard, prefix and
//! match_phrase, so that nothing out of an event or a prompt can become syntax.

use serde_json::{Value, json};

use super::clause::{Clause, Query};
use super::fields::{Field, Nature};

/// What stands in a field and says nothing; the schemas read on as if the field were not there.
const SAYS_NOTHING: [&str; 3] = ["", "-", "(null)"];

/// The field exists.
pub(super) fn exists(name: &str) -> Query {
    Query::Leaf(json!({"exists": {"field": name}}))
}

impl Field {
    /// One of these values, as they are.
    fn terms(&self, mut values: Vec<Value>) -> Query {
        values.dedup();
        match (values.len(), values.pop()) {
            (_, None) => Query::None,
            (1, Some(only)) => Query::Leaf(json!({"term": {&self.name: only}})),
            (_, Some(last)) => {
                values.push(last);
                Query::Leaf(json!({"terms": {&self.name: values}}))
            }
        }
    }

    /// The document has the field, whatever it holds.
    pub(super) fn exists(&self) -> Query {
        exists(&self.name)
    }

    /// The field holds something that says something.
    pub(super) fn usable(&self) -> Clause {
        match self.nature {
            Nature::Keyword => Clause::exact(Query::all([self.exists(), self.terms(SAYS_NOTHING.map(Value::from).to_vec()).not()])),
            Nature::Text => Clause::at_most(self.exists()),
            Nature::Ip | Nature::Number | Nature::Boolean | Nature::Date => Clause::exact(self.exists()),
        }
    }

    /// Documents whose value is too long to be held in the exact form, so that only the document itself has it.
    pub(super) fn too_long(&self) -> Query {
        match (&self.whole, self.nature) {
            (Some(whole), _) => Query::all([exists(whole), self.exists().not()]),
            (None, Nature::Keyword) => Query::Leaf(json!({"term": {"_ignored": self.name}})),
            (None, _) => Query::None,
        }
    }

    /// One of these words, in any case.
    pub(super) fn is(&self, words: &[&str]) -> Clause {
        match self.nature {
            Nature::Keyword => {
                let (cased, plain): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.chars().any(char::is_alphabetic));
                let cased = cased.into_iter().map(|word| Query::Leaf(json!({"term": {&self.name: {"value": word, "case_insensitive": true}}})));
                let plain = self.terms(plain.into_iter().map(Value::from).collect());
                Clause::exact(Query::any(cased.chain([plain])))
            }
            Nature::Ip => self.exactly(words.iter().filter(|word| word.parse::<std::net::IpAddr>().is_ok()).map(|word| json!(word))),
            Nature::Number => self.exactly(words.iter().filter_map(|word| word.parse::<i64>().ok()).map(Value::from)),
            Nature::Boolean => self.exactly(words.iter().filter_map(|word| word.to_ascii_lowercase().parse::<bool>().ok()).map(Value::from)),
            Nature::Text => Clause::at_most(Query::any(words.iter().map(|word| Query::Leaf(json!({"match_phrase": {&self.name: word}}))))),
            Nature::Date => Clause::UNKNOWN,
        }
    }

    fn exactly(&self, values: impl Iterator<Item = Value>) -> Clause {
        Clause::exact(self.terms(values.collect()))
    }

    /// A word beginning so, in any case.
    pub(super) fn begins(&self, start: &str) -> Clause {
        match self.nature {
            Nature::Keyword => Clause::exact(Query::Leaf(json!({"prefix": {&self.name: {"value": start, "case_insensitive": true}}}))),
            _ => Clause::at_most(self.exists()),
        }
    }

    /// A pattern of `*`, `?` and `\` before what is to be taken as it stands, in any case.
    pub(super) fn like(&self, pattern: &str) -> Clause {
        if self.nature != Nature::Keyword {
            return Clause::at_most(self.exists());
        }
        let fits = |pattern: &str| Query::Leaf(json!({"wildcard": {&self.name: {"value": pattern, "case_insensitive": true}}}));
        // Clusters know the two cases of ASCII letters only.
        let wider: String = pattern.chars().map(|character| if character.is_ascii() { character } else { '*' }).collect();
        Clause { over: Query::any([fits(&wider), self.too_long()]), under: fits(pattern) }
    }

    /// A whole number that is a port, at all.
    pub(super) fn holds_port(&self) -> Clause {
        match self.nature {
            Nature::Number => Clause::exact(Query::Leaf(json!({"range": {&self.name: {"gte": 1, "lte": u16::MAX}}}))),
            Nature::Keyword => Clause::all([self.usable(), Clause::exact(self.terms(vec![json!("0")])).not()]),
            _ => self.usable(),
        }
    }

    /// One of these numbers.
    pub(super) fn is_number(&self, numbers: impl Iterator<Item = u32>) -> Clause {
        match self.nature {
            Nature::Number => self.exactly(numbers.map(Value::from)),
            // Spreadsheets turn numbers into fractions.
            Nature::Keyword => self.exactly(numbers.flat_map(|number| [json!(number.to_string()), json!(format!("{number}.0"))])),
            Nature::Text => self.is(&numbers.map(|number| number.to_string()).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>()),
            Nature::Ip | Nature::Boolean | Nature::Date => Clause::NEVER,
        }
    }

    /// A number between these bounds, both included.
    pub(super) fn is_between(&self, from: Option<u32>, to: Option<u32>) -> Clause {
        match self.nature {
            Nature::Number => {
                let bounds = from.map(|from| ("gte".to_owned(), from.into())).into_iter().chain(to.map(|to| ("lte".to_owned(), to.into())));
                Clause::exact(Query::Leaf(json!({"range": {&self.name: serde_json::Map::from_iter(bounds)}})))
            }
            // Words are in the order of words.
            _ => Clause::at_most(self.exists()),
        }
    }

    /// An address, at all. What the field holds is cleaned where it is read, so words may be among it.
    pub(super) fn holds_address(&self) -> Clause {
        match self.nature {
            Nature::Ip => Clause::exact(Query::all([self.exists(), self.terms(vec![json!("::"), json!("0.0.0.0")]).not()])),
            Nature::Keyword => Clause::at_most(Query::all([self.usable().over, self.is(&["LOCAL", "::", "0.0.0.0"]).over.not()])),
            Nature::Text => Clause::at_most(self.exists()),
            Nature::Number | Nature::Boolean | Nature::Date => Clause::NEVER,
        }
    }

    /// An address of this network, in whatever spelling.
    pub(super) fn is_in(&self, network: ipnet::IpNet) -> Clause {
        let is_single = network.prefix_len() == network.max_prefix_len();
        match self.nature {
            Nature::Ip => {
                let unspecified = self.terms(vec![json!("::"), json!("0.0.0.0")]);
                let value = if is_single { network.addr().to_string() } else { network.to_string() };
                Clause::exact(Query::all([self.terms(vec![json!(value)]), if is_single { Query::All } else { unspecified.not() }]))
            }
            // The same IPv6 address has too many spellings to list them.
            Nature::Keyword if is_single && network.addr().is_ipv4() => {
                Clause::at_most(Query::Leaf(json!({"wildcard": {&self.name: {"value": format!("*{}*", network.addr())}}})))
            }
            Nature::Keyword => Clause::at_most(self.usable().over),
            Nature::Text => Clause::at_most(self.exists()),
            Nature::Number | Nature::Boolean | Nature::Date => Clause::NEVER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(nature: Nature) -> Field {
        Field { name: "f".to_owned(), nature, whole: None }
    }

    #[test]
    fn values_are_asked_in_the_nature_of_the_field() {
        let asked = |nature, words: &[&str]| field(nature).is(words).over.dsl();
        assert_eq!(asked(Nature::Boolean, &["True", "egress"]), json!({"term": {"f": true}}));
        assert_eq!(asked(Nature::Number, &["10", "RemoteInteractive"]), json!({"term": {"f": 10}}));
        assert_eq!(asked(Nature::Number, &["RemoteInteractive"]), json!({"match_none": {}}));
        assert_eq!(asked(Nature::Keyword, &["7", "10"]), json!({"terms": {"f": ["7", "10"]}}));
        assert_eq!(asked(Nature::Keyword, &["Egress"]), json!({"term": {"f": {"value": "Egress", "case_insensitive": true}}}));
        assert_eq!(asked(Nature::Text, &["Security"]), json!({"match_phrase": {"f": "Security"}}));
        assert!(!field(Nature::Text).is(&["Security"]).is_exact());
    }

    #[test]
    fn addresses_are_networks_where_the_field_is_one_and_looked_at_where_not() {
        let net = |text: &str| text.parse::<ipnet::IpNet>().expect("a network");
        assert_eq!(field(Nature::Ip).is_in(net("10.0.0.7/32")).under.dsl(), json!({"term": {"f": "10.0.0.7"}}));
        assert_eq!(
            field(Nature::Ip).is_in(net("10.0.0.0/8")).under.dsl(),
            json!({"bool": {"filter": [{"term": {"f": "10.0.0.0/8"}}], "must_not": [{"terms": {"f": ["::", "0.0.0.0"]}}]}})
        );
        let word = field(Nature::Keyword).is_in(net("10.0.0.7/32"));
        assert_eq!((word.over.dsl(), word.under), (json!({"wildcard": {"f": {"value": "*10.0.0.7*"}}}), Query::None));
    }

    #[test]
    fn letters_beyond_ascii_are_looked_at() {
        let like = field(Nature::Keyword).like("m\u{fc}ller\\*");
        assert_eq!(like.under.dsl(), json!({"wildcard": {"f": {"value": "m\u{fc}ller\\*", "case_insensitive": true}}}));
        assert_eq!(
            like.over.dsl(),
            json!({"bool": {"should": [{"wildcard": {"f": {"value": "m*ller\\*", "case_insensitive": true}}}, {"term": {"_ignored": "f"}}], "minimum_should_match": 1}})
        );
    }
}
