//! The filter grammar of screens and flags: a subset of KQL, parsed once, answered by every backend.
//!
//! ```text
//! source:10.0.0.0/8 and not user:svc_*          port >= 3389 and port < 3400
//! process:(*\\plink.exe or *\\ssh.exe)          @timestamp >= 2025-01-01
//! host:"FS 01"                                  evil      (anywhere in host, user or program)
//! ```
//!
//! What KQL has and this has not: nested fields, and `\*` for a star that is no wildcard (a quoted value
//! takes a star as it is). What this has and KQL has not: networks written as `10.0.*`.

mod field;
mod parse;
mod pattern;
mod print;
#[cfg(test)]
mod tests;

use ipnet::IpNet;

use crate::domain::{Address, Event, Timestamp};

pub use field::Field;
pub use parse::FilterError;
pub use pattern::{Part, Pattern};

/// A condition on events. Made by [`std::str::FromStr`] or the constructors, which keep it canonical: no
/// `And` directly inside an `And`, no `Or` inside an `Or`, at least two parts in each.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Filter {
    /// No condition.
    #[default]
    Everything,
    /// All of them.
    And(Vec<Filter>),
    /// Any of them.
    Or(Vec<Filter>),
    /// Not this one. An event without the field meets it.
    Not(Box<Filter>),
    /// A condition on one field.
    Test {
        /// The field.
        field: Field,
        /// What it must hold.
        test: Test,
    },
}

/// What a field must hold. Which tests go with which field is told by [`Field::sort`]; [`Test::Exists`] goes with every one.
#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// Any value at all.
    Exists,
    /// A whole text, whatever the case. For [`Field::User`] see [`Pattern::accepts_user`].
    Text(Pattern),
    /// An address within the network; a single address is a network of one.
    Network(IpNet),
    /// A number.
    Number(Compare, u32),
    /// A moment.
    Time(Compare, Timestamp),
}

/// How a value stands to a bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// `:`
    Is,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Compare {
    /// Whether `value` stands so to `bound`.
    pub fn holds<T: PartialOrd>(self, value: T, bound: T) -> bool {
        match self {
            Self::Is => value == bound,
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
        }
    }
}

impl Filter {
    /// A condition on one field.
    pub fn test(field: Field, test: Test) -> Self {
        Self::Test { field, test }
    }

    /// The address is the source or the destination.
    pub fn reached_by_or_reaching(network: IpNet) -> Self {
        Self::any([Field::SourceIp, Field::DestinationIp].map(|field| Self::test(field, Test::Network(network))))
    }

    /// All of `parts`.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Everything => {}
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::And(flat) } else { flat.pop().unwrap_or_default() }
    }

    /// Any of `parts`; everything where one of them is, or where there is none.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Everything => return Self::Everything,
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::Or(flat) } else { flat.pop().unwrap_or_default() }
    }

    /// This and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether there is no condition.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// Whether `event` meets the condition.
    pub fn accepts(&self, event: &Event) -> bool {
        match self {
            Self::Everything => true,
            Self::And(parts) => parts.iter().all(|part| part.accepts(event)),
            Self::Or(parts) => parts.iter().any(|part| part.accepts(event)),
            Self::Not(part) => !part.accepts(event),
            Self::Test { field, test } => test.accepts(*field, event),
        }
    }
}

impl Test {
    fn accepts(&self, field: Field, event: &Event) -> bool {
        match self {
            Self::Exists => field.is_in(event),
            Self::Text(pattern) => field.text(event).is_some_and(|text| if field == Field::User { pattern.accepts_user(text) } else { pattern.accepts(text) }),
            Self::Network(network) => field.address(event).map(Address::ip).is_some_and(|ip| network.contains(&ip)),
            Self::Number(compare, bound) => field.number(event).is_some_and(|number| compare.holds(number, *bound)),
            Self::Time(compare, bound) => field == Field::Time && compare.holds(event.time, *bound),
        }
    }
}
