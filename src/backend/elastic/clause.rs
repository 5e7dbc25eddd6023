//! Conditions on documents with both their bounds. Not everything that makes a record an event can be asked of a cluster;
//! so a condition is held from two sides: what every event that meets it fits, and what certainly meets it. Between the two
//! documents must be looked at. Negation swaps the sides, so that a question finds too much, never too little.

use serde_json::{Value, json};

/// A query whose parts can still be taken together.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Query {
    /// Every document.
    All,
    /// No document.
    None,
    /// One condition in Query DSL.
    Leaf(Value),
    /// All of them.
    And(Vec<Query>),
    /// Any of them.
    Or(Vec<Query>),
    /// Not this one.
    Not(Box<Query>),
}

impl Query {
    /// All of `parts`.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All => {}
                Self::None => return Self::None,
                Self::And(inner) => flat.extend(inner.into_iter().filter(|part| !flat.contains(part)).collect::<Vec<_>>()),
                part if flat.contains(&part) => {}
                part => flat.push(part),
            }
        }
        match (flat.len(), flat.pop()) {
            (_, None) => Self::All,
            (1, Some(only)) => only,
            (_, Some(last)) => {
                flat.push(last);
                Self::And(flat)
            }
        }
    }

    /// Any of `parts`.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::None => {}
                Self::All => return Self::All,
                Self::Or(inner) => flat.extend(inner.into_iter().filter(|part| !flat.contains(part)).collect::<Vec<_>>()),
                part if flat.contains(&part) => {}
                part => flat.push(part),
            }
        }
        match (flat.len(), flat.pop()) {
            (_, None) => Self::None,
            (1, Some(only)) => only,
            (_, Some(last)) => {
                flat.push(last);
                Self::Or(flat)
            }
        }
    }

    /// The opposite.
    pub(super) fn not(self) -> Self {
        match self {
            Self::All => Self::None,
            Self::None => Self::All,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// How many conditions it is made of.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All | Self::None | Self::Leaf(_) => 1,
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::len).sum(),
            Self::Not(part) => part.len(),
        }
    }

    /// In Query DSL.
    pub(super) fn dsl(&self) -> Value {
        match self {
            Self::All => json!({"match_all": {}}),
            Self::None => json!({"match_none": {}}),
            Self::Leaf(leaf) => leaf.clone(),
            Self::And(parts) => {
                let (mut filter, mut must_not) = (Vec::new(), Vec::new());
                for part in parts {
                    match part {
                        // None of these: each of them apart.
                        Self::Not(inner) => match inner.as_ref() {
                            Self::Or(inner) => must_not.extend(inner.iter().map(Self::dsl)),
                            inner => must_not.push(inner.dsl()),
                        },
                        part => filter.push(part.dsl()),
                    }
                }
                match (filter.is_empty(), must_not.is_empty()) {
                    (false, true) => json!({"bool": {"filter": filter}}),
                    (true, false) => json!({"bool": {"must_not": must_not}}),
                    _ => json!({"bool": {"filter": filter, "must_not": must_not}}),
                }
            }
            Self::Or(parts) => json!({"bool": {"should": parts.iter().map(Self::dsl).collect::<Vec<_>>(), "minimum_should_match": 1}}),
            Self::Not(inner) => match inner.as_ref() {
                Self::Or(parts) => json!({"bool": {"must_not": parts.iter().map(Self::dsl).collect::<Vec<_>>()}}),
                inner => json!({"bool": {"must_not": [inner.dsl()]}}),
            },
        }
    }
}

/// A condition from both sides.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Clause {
    /// What every document that meets it fits.
    pub(super) over: Query,
    /// What only documents that meet it fit.
    pub(super) under: Query,
}

impl Clause {
    /// Always met.
    pub(super) const ALWAYS: Self = Self { over: Query::All, under: Query::All };
    /// Never met.
    pub(super) const NEVER: Self = Self { over: Query::None, under: Query::None };
    /// Nothing can be said.
    pub(super) const UNKNOWN: Self = Self { over: Query::All, under: Query::None };

    /// Met by what fits the query, and by nothing else.
    pub(super) fn exact(query: Query) -> Self {
        Self { under: query.clone(), over: query }
    }

    /// Met only by what fits the query, though not by all of it.
    pub(super) fn at_most(query: Query) -> Self {
        Self { over: query, under: Query::None }
    }

    /// All of `parts`.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let (over, under): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.over, part.under)).unzip();
        Self { over: Query::all(over), under: Query::all(under) }
    }

    /// Any of `parts`.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let (over, under): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.over, part.under)).unzip();
        Self { over: Query::any(over), under: Query::any(under) }
    }

    /// The opposite.
    pub(super) fn not(self) -> Self {
        Self { over: self.under.not(), under: self.over.not() }
    }

    /// Whether a cluster can decide it alone.
    pub(super) fn is_exact(&self) -> bool {
        self.over == self.under
    }

    /// Whether no document can meet it.
    pub(super) fn is_never(&self) -> bool {
        self.over == Query::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str) -> Query {
        Query::Leaf(json!({"term": {"f": name}}))
    }

    #[test]
    fn constants_vanish_and_nesting_is_flat() {
        assert_eq!(Query::all([Query::All, leaf("a")]), leaf("a"));
        assert_eq!(Query::all([Query::None, leaf("a")]), Query::None);
        assert_eq!(Query::any([Query::None, leaf("a"), leaf("a")]), leaf("a"));
        assert_eq!(Query::any([Query::All, leaf("a")]), Query::All);
        assert_eq!(Query::all([Query::all([leaf("a"), leaf("b")]), leaf("c")]), Query::And(vec![leaf("a"), leaf("b"), leaf("c")]));
        assert_eq!(leaf("a").not().not(), leaf("a"));
        assert_eq!(Query::all([leaf("a"), Query::any([leaf("b"), leaf("c")]).not()]).len(), 3);
        assert_eq!(Query::all([]), Query::All);
        assert_eq!(Query::any([]), Query::None);
    }

    #[test]
    fn negations_become_must_not() {
        let query = Query::all([leaf("a"), Query::any([leaf("b"), leaf("c")]).not()]);
        assert_eq!(query.dsl(), json!({"bool": {"filter": [{"term": {"f": "a"}}], "must_not": [{"term": {"f": "b"}}, {"term": {"f": "c"}}]}}));
        assert_eq!(leaf("a").not().dsl(), json!({"bool": {"must_not": [{"term": {"f": "a"}}]}}));
    }

    #[test]
    fn a_negation_of_what_is_half_known_is_half_known() {
        let half = Clause::at_most(leaf("a"));
        assert_eq!(half.clone().not(), Clause { over: Query::All, under: leaf("a").not() });
        assert!(!half.is_exact());
        assert_eq!(Clause::all([half, Clause::exact(leaf("b"))]), Clause { over: Query::all([leaf("a"), leaf("b")]), under: Query::None });
        assert_eq!(Clause::any([Clause::UNKNOWN, Clause::exact(leaf("b"))]), Clause { over: Query::All, under: leaf("b") });
    }
}
