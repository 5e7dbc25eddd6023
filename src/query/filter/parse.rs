//! Reads a filter. Errors say where, what was expected and what would do.

use std::iter::Peekable;
use std::net::IpAddr;
use std::str::{CharIndices, FromStr};

use ipnet::IpNet;

use super::field::Sort;
use super::{Compare, Field, Filter, Part, Pattern, Test};
use crate::domain::{Address, Foreign, Timestamp};

/// Deeper nesting is no filter that a person wrote.
const DEEPEST: usize = 64;

/// Why a text is no filter.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the filter breaks off at column {column}: {what}")]
pub struct FilterError {
    /// Where, counted in characters from 1.
    pub column: usize,
    /// What stands there and what was expected.
    pub what: String,
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { text, characters: text.char_indices().peekable(), depth: 0 };
        parser.skip_blanks();
        if parser.at_end() {
            return Ok(Self::Everything);
        }
        let filter = parser.alternatives(None)?;
        match parser.peek() {
            None => Ok(filter),
            Some(')') => Err(parser.error("a closing parenthesis without its opening one")),
            Some(_) => Err(parser.error("expected `and` or `or` between two conditions")),
        }
    }
}

/// A word as it was typed.
struct Word {
    pattern: Pattern,
    is_quoted: bool,
    /// Where it begins.
    at: usize,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        !self.is_quoted && self.pattern.as_literal().is_some_and(|text| text.eq_ignore_ascii_case(keyword))
    }
}

struct Parser<'a> {
    text: &'a str,
    characters: Peekable<CharIndices<'a>>,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.characters.peek().map(|(_, character)| *character)
    }

    fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    fn at(&mut self) -> usize {
        self.characters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn skip_blanks(&mut self) {
        while self.characters.next_if(|(_, character)| character.is_whitespace()).is_some() {}
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.characters.next_if(|(_, character)| *character == wanted).is_some()
    }

    fn error(&mut self, what: impl Into<String>) -> FilterError {
        let at = self.at();
        self.error_at(at, what)
    }

    fn error_at(&self, at: usize, what: impl Into<String>) -> FilterError {
        FilterError { column: self.text.get(..at).map_or(0, |before| before.chars().count()) + 1, what: what.into() }
    }

    /// Takes `keyword` where it stands as a word of its own.
    fn takes_keyword(&mut self, keyword: &str) -> bool {
        let at = self.at();
        let Some(rest) = self.text.get(at..) else { return false };
        let Some(word) = rest.get(..keyword.len()) else { return false };
        let is_end = rest.get(keyword.len()..).and_then(|rest| rest.chars().next()).is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')' | '"'));
        if !word.eq_ignore_ascii_case(keyword) || !is_end {
            return false;
        }
        for _ in keyword.chars() {
            self.characters.next();
        }
        self.skip_blanks();
        true
    }

    /// `a or b or c`; inside `field:( ... )` of values of that field.
    fn alternatives(&mut self, of: Option<Field>) -> Result<Filter, FilterError> {
        let mut parts = vec![self.conjunction(of)?];
        while self.takes_keyword("or") {
            parts.push(self.conjunction(of)?);
        }
        Ok(Filter::any(parts))
    }

    fn conjunction(&mut self, of: Option<Field>) -> Result<Filter, FilterError> {
        let mut parts = vec![self.negation(of)?];
        while self.takes_keyword("and") {
            parts.push(self.negation(of)?);
        }
        Ok(Filter::all(parts))
    }

    fn negation(&mut self, of: Option<Field>) -> Result<Filter, FilterError> {
        let mut is_negated = false;
        while self.takes_keyword("not") {
            is_negated = !is_negated;
        }
        let filter = self.single(of)?;
        self.skip_blanks();
        Ok(if is_negated { filter.negated() } else { filter })
    }

    fn single(&mut self, of: Option<Field>) -> Result<Filter, FilterError> {
        if self.takes('(') {
            return self.group(of);
        }
        match of {
            Some(field) => {
                let word = self.word(true, "a value")?;
                self.is(field, &word)
            }
            None => self.condition(),
        }
    }

    /// What stands between parentheses, the opening one already taken.
    fn group(&mut self, of: Option<Field>) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(format!("parentheses are nested deeper than {DEEPEST}")));
        }
        self.skip_blanks();
        let filter = self.alternatives(of)?;
        if !self.takes(')') {
            return Err(self.error("expected `and`, `or` or a closing parenthesis"));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn condition(&mut self) -> Result<Filter, FilterError> {
        if let Some(filter) = self.bare_address() {
            return Ok(filter);
        }
        let word = self.word(false, "a condition such as source:10.0.0.0/8")?;
        let after_word = self.characters.clone();
        self.skip_blanks();
        let Some(compare) = self.operator() else {
            self.characters = after_word;
            return self.bare(word);
        };
        let name = word.pattern.as_literal().unwrap_or("*").to_owned();
        let Some(field) = Field::named(&name) else {
            return Err(self.error_at(word.at, format!("unknown field {}; the fields are {}", Foreign::from(name).safe(), Field::names())));
        };
        self.skip_blanks();
        if compare == Compare::Is && self.takes('(') {
            return self.group(Some(field));
        }
        let value = self.word(true, &format!("a value for {}", field.name()))?;
        match compare {
            Compare::Is => self.is(field, &value),
            compare => self.compared(field, compare, &value),
        }
    }

    fn operator(&mut self) -> Option<Compare> {
        let (inclusive, exclusive) = match self.peek()? {
            ':' => (Compare::Is, Compare::Is),
            '>' => (Compare::AtLeast, Compare::Above),
            '<' => (Compare::AtMost, Compare::Below),
            _ => return None,
        };
        self.characters.next();
        Some(if exclusive != Compare::Is && self.takes('=') { inclusive } else { exclusive })
    }

    /// An address by itself, tried first because IPv6 is full of colons.
    fn bare_address(&mut self) -> Option<Filter> {
        let rest = self.text.get(self.at()..)?;
        let word = rest.split(|character: char| character.is_whitespace() || character == ')').next()?;
        let network = network(word).filter(|_| word.contains([':', '.']))?;
        for _ in word.chars() {
            self.characters.next();
        }
        Some(Filter::reached_by_or_reaching(network))
    }

    /// A word without a field: anywhere in host, user or program.
    fn bare(&mut self, word: Word) -> Result<Filter, FilterError> {
        if word.pattern.is_anything() {
            return Ok(Filter::Everything);
        }
        if ["and", "or", "not"].iter().any(|keyword| word.is(keyword)) {
            return Err(self.error_at(word.at, "expected a condition here; quote the word to look for it"));
        }
        if word.pattern.parts().is_empty() {
            return Err(self.error_at(word.at, "an empty text is everywhere"));
        }
        let pattern = word.pattern.containing();
        Ok(Filter::any([Field::Host, Field::User, Field::Process].map(|field| Filter::test(field, Test::Text(pattern.clone())))))
    }

    /// A word up to a blank or parenthesis, up to an operator too where it may be a field's name.
    fn word(&mut self, is_value: bool, expected: &str) -> Result<Word, FilterError> {
        let at = self.at();
        if self.takes('"') {
            return self.quoted(at);
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some(character) = self.peek() {
            match character {
                '(' | ')' | '"' => break,
                ':' | '<' | '>' if !is_value => break,
                character if character.is_whitespace() => break,
                _ => {}
            }
            self.characters.next();
            match character {
                '*' => parts.extend([Part::Text(std::mem::take(&mut text)), Part::Any]),
                '\\' => text.push(self.escaped()),
                character => text.push(character),
            }
        }
        if self.at() == at {
            return Err(self.error(format!("expected {expected}")));
        }
        Ok(Word { pattern: Pattern::new(parts.into_iter().chain([Part::Text(text)])), is_quoted: false, at })
    }

    /// What a backslash stands for. Before anything that needs no escape it is itself: people type paths.
    fn escaped(&mut self) -> char {
        let rest = self.text.get(self.at()..).unwrap_or_default();
        if rest.starts_with("u002a") {
            for _ in 0..5 {
                self.characters.next();
            }
            return '*';
        }
        let is_escape = |next: &(usize, char)| matches!(next.1, '\\' | '(' | ')' | ':' | '<' | '>' | '"') || next.1.is_whitespace();
        self.characters.next_if(is_escape).map_or('\\', |(_, character)| character)
    }

    fn quoted(&mut self, at: usize) -> Result<Word, FilterError> {
        let mut text = String::new();
        loop {
            match self.characters.next() {
                None => return Err(self.error_at(at, "this quote is never closed; inside quotes a backslash before the closing quote is written twice")),
                Some((_, '"')) => break,
                Some((_, '\\')) => text.push(self.characters.next_if(|(_, next)| matches!(next, '"' | '\\')).map_or('\\', |(_, next)| next)),
                Some((_, character)) => text.push(character),
            }
        }
        Ok(Word { pattern: Pattern::literal(text), is_quoted: true, at })
    }

    /// `field:value`
    fn is(&self, field: Field, value: &Word) -> Result<Filter, FilterError> {
        if value.pattern.is_anything() {
            return Ok(Filter::test(field, Test::Exists));
        }
        let test = match field.sort() {
            Sort::Text => Test::Text(value.pattern.clone()),
            Sort::Address => match network(&typed(&value.pattern)) {
                Some(network) => Test::Network(network),
                None => {
                    let what = "expected an address, a network such as 10.0.0.0/8 or 10.0.*";
                    return Err(self.unfit(field, value, &format!("{what}; a name is found with host:")));
                }
            },
            Sort::Number | Sort::Time => return self.compared(field, Compare::Is, value),
        };
        Ok(Filter::test(field, test))
    }

    fn compared(&self, field: Field, compare: Compare, value: &Word) -> Result<Filter, FilterError> {
        let text = typed(&value.pattern);
        let test = match field.sort() {
            Sort::Number => text.parse().map(|number| Test::Number(compare, number)).map_err(|_| self.unfit(field, value, "expected a whole number"))?,
            Sort::Time => {
                let time = moment(&text).ok_or_else(|| self.unfit(field, value, "expected a time such as 2025-01-31T12:00:00Z or a day such as 2025-01-31"))?;
                Test::Time(compare, time)
            }
            Sort::Text | Sort::Address => {
                return Err(self.error_at(value.at, format!("{} cannot be compared; expected {}:value", field.name(), field.name())));
            }
        };
        Ok(Filter::test(field, test))
    }

    fn unfit(&self, field: Field, value: &Word, expected: &str) -> FilterError {
        self.error_at(value.at, format!("{} does not fit {}; {expected}", Foreign::from(typed(&value.pattern)).safe(), field.name()))
    }
}

/// The word with its stars.
fn typed(pattern: &Pattern) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Any => "*".to_owned(),
    };
    pattern.parts().iter().map(text).collect()
}

/// An address, a network, or whole octets with a star behind them. Host bits do not matter.
fn network(text: &str) -> Option<IpNet> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(IpNet::from(Address::from(ip).ip()));
    }
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(network.trunc());
    }
    let octets = text.strip_suffix(".*")?;
    let octets: Vec<&str> = octets.split('.').collect();
    let count = u8::try_from(octets.len()).ok().filter(|count| (1..=3).contains(count))?;
    let full = octets.iter().copied().chain(std::iter::repeat_n("0", 4 - octets.len())).collect::<Vec<_>>().join(".");
    IpNet::new(full.parse::<std::net::Ipv4Addr>().ok()?.into(), count * 8).ok()
}

/// A moment, or the beginning of a day in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
