//! A filter as canonical KQL: ECS names, one way of writing each condition, ready for Kibana.

use std::fmt::{self, Write as _};

use super::{Compare, Filter, Part, Pattern, Test};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_char('*'),
            Self::And(parts) => joined(f, parts, " and "),
            Self::Or(parts) => joined(f, parts, " or "),
            Self::Not(part) => {
                f.write_str("not ")?;
                grouped(f, part)
            }
            Self::Test { field, test } => match test {
                Test::Exists => write!(f, "{}:*", field.name()),
                Test::Text(pattern) => write!(f, "{}:{pattern}", field.name()),
                Test::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                    write!(f, "{}:{}", field.name(), Quoted(&network.addr().to_string()))
                }
                Test::Network(network) => write!(f, "{}:{}", field.name(), Quoted(&network.to_string())),
                Test::Number(compare, number) => write!(f, "{}{compare}{number}", field.name()),
                Test::Time(compare, time) => write!(f, "{}{compare}{}", field.name(), Quoted(&time.to_string())),
            },
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Filter], word: &str) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        grouped(f, part)?;
    }
    Ok(())
}

fn grouped(f: &mut fmt::Formatter<'_>, filter: &Filter) -> fmt::Result {
    match filter {
        Filter::And(_) | Filter::Or(_) => write!(f, "({filter})"),
        _ => fmt::Display::fmt(filter, f),
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is => ":",
            Self::Above => " > ",
            Self::AtLeast => " >= ",
            Self::Below => " < ",
            Self::AtMost => " <= ",
        })
    }
}

/// Plain words stay bare, other literals are quoted (there a star is a star), and only a pattern with
/// wildcards is escaped character by character.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.as_literal() {
            return fmt::Display::fmt(&Quoted(text), f);
        }
        for part in self.parts() {
            match part {
                Part::Any => f.write_char('*')?,
                Part::Text(text) => {
                    for character in text.chars() {
                        match character {
                            '*' => f.write_str("\\u002a")?,
                            '\\' | '(' | ')' | ':' | '<' | '>' | '"' => write!(f, "\\{character}")?,
                            character if character.is_whitespace() => write!(f, "\\{character}")?,
                            character => f.write_char(character)?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '/' | '$' | '@');
        let is_word = ["and", "or", "not"].iter().any(|word| word.eq_ignore_ascii_case(self.0));
        if !self.0.is_empty() && !is_word && self.0.chars().all(is_plain) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}
