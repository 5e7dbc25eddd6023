//! A value as a record has it, and the readings of it that do not depend on how it was spelled.

use std::borrow::Cow;

/// Text, number or boolean; text is borrowed from the record where the record allows it.
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or beyond 64 bits.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// JSON not decoded yet: long texts are decoded only when somebody asks.
    Raw(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The value, owned.
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
            Self::Raw(json) => Scalar::Raw(Cow::Owned(json.into_owned())),
            Self::Int(number) => Scalar::Int(number),
            Self::Float(number) => Scalar::Float(number),
            Self::Bool(value) => Scalar::Bool(value),
        }
    }

    /// Takes the place of `old`, in the memory that it has; `false` where it is the same.
    pub fn replace(self, old: &mut Scalar<'static>) -> bool {
        match (&mut *old, &self) {
            (Scalar::Text(Cow::Owned(old)), Self::Text(new)) | (Scalar::Raw(Cow::Owned(old)), Self::Raw(new)) => {
                if old == new {
                    return false;
                }
                old.clear();
                old.push_str(new);
            }
            (old, new) if *old == *new => return false,
            _ => *old = self.into_owned(),
        }
        true
    }

    /// The value as text.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Raw(json) => match serde_json::from_str(json).ok()? {
                serde_json::Value::String(text) => Some(Cow::Owned(text)),
                serde_json::Value::Array(values) => values.into_iter().find_map(|value| value.as_str().map(|text| Cow::Owned(text.to_owned()))),
                _ => None,
            },
        }
    }

    /// The value as a whole number; hexadecimal only with `0x`.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            // Parquet and spreadsheets turn codes and ports into floating point numbers.
            #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
            Self::Float(number) => (number.fract() == 0.0 && number.abs() < 9e15).then_some(*number as i64),
            Self::Text(text) => {
                let text = text.trim();
                match text.strip_prefix("0x") {
                    Some(digits) => i64::from_str_radix(digits, 16).ok(),
                    None => text.strip_suffix(".0").unwrap_or(text).parse().ok(),
                }
            }
            Self::Bool(_) | Self::Raw(_) => None,
        }
    }

    /// The value as a port; 0 stands for "not known".
    pub fn port(&self) -> Option<u16> {
        u16::try_from(self.int()?).ok().filter(|port| *port != 0)
    }

    /// Whether the reporter opened the connection, in any of the words for it.
    pub fn initiated(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Int(1) => Some(true),
            Self::Int(0) => Some(false),
            Self::Text(text) => {
                let text = text.trim();
                let among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
                if among(INITIATED) {
                    Some(true)
                } else if among(RECEIVED) {
                    Some(false)
                } else {
                    None
                }
            }
            Self::Int(_) | Self::Float(_) | Self::Raw(_) => None,
        }
    }

    /// The value as a value of a JSON document.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_ref().into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Bool(value) => (*value).into(),
            Self::Raw(json) => serde_json::from_str(json).unwrap_or_default(),
        }
    }
}

/// What says that the reporter opened the connection (Sysmon, filtering platform 5156, ECS, the rendered message).
pub const INITIATED: &[&str] = &["true", "egress", "outbound", "%%14593", "yes", "1"];

/// What says that it was opened from elsewhere.
pub const RECEIVED: &[&str] = &["false", "ingress", "inbound", "%%14592", "no", "0"];

/// Whether text says something at all.
pub fn is_usable(text: &str) -> bool {
    // Nearly every value begins like one.
    if text.bytes().next().is_some_and(|byte| byte > b'-') {
        return true;
    }
    let text = text.trim();
    !text.is_empty() && text != "-" && text != "(null)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fact_in_every_spelling() {
        for value in [Scalar::Text("3389".into()), Scalar::Int(3389), Scalar::Float(3389.0), Scalar::Text(" 3389 ".into()), Scalar::Text("3389.0".into())] {
            assert_eq!(value.port(), Some(3389), "{value:?}");
        }
        assert_eq!(Scalar::Int(0).port(), None);
        assert_eq!(Scalar::Int(70000).port(), None);
        assert_eq!(Scalar::Int(-1).port(), None);
        for value in [Scalar::Bool(true), Scalar::Text("True".into()), Scalar::Text("egress".into()), Scalar::Text("%%14593".into())] {
            assert_eq!(value.initiated(), Some(true), "{value:?}");
        }
        for value in [Scalar::Bool(false), Scalar::Text("false".into()), Scalar::Text("ingress".into()), Scalar::Text("Inbound".into())] {
            assert_eq!(value.initiated(), Some(false), "{value:?}");
        }
        assert_eq!(Scalar::Text("unknown".into()).initiated(), None);
    }

    #[test]
    fn long_text_is_decoded_on_demand() {
        assert_eq!(Scalar::Raw(r#""a\r\nb""#.into()).text().as_deref(), Some("a\r\nb"));
        assert_eq!(Scalar::Raw(r#"["first","second"]"#.into()).text().as_deref(), Some("first"));
        assert_eq!(Scalar::Raw("{}".into()).text(), None);
    }
}
