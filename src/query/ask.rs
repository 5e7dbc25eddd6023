//! The questions.

use std::sync::Arc;

use super::Filter;
use super::alerts::Company;
use crate::domain::{Address, BucketSize, By, Destination, Families, Foreign, Range};

/// The part of the events that a question is about. Data, so that a case can store the trail that led somewhere.
#[derive(Clone, PartialEq, Debug)]
pub struct Scope {
    /// When.
    pub range: Range,
    /// What the events must prove.
    pub families: Families,
    /// The destination reached, under any of its names.
    pub destination: Option<Arc<Destination>>,
    /// The source that reached it.
    pub source: Option<Address>,
    /// The user, as written.
    pub user: Option<Foreign>,
    /// Whatever else was asked for.
    pub filter: Filter,
}

impl Scope {
    /// Every connection, logon and failure within `range`.
    pub fn over(range: Range) -> Self {
        Self { range, families: Families::ALL, destination: None, source: None, user: None, filter: Filter::Everything }
    }

    /// The same at one destination.
    #[must_use]
    pub fn at(mut self, destination: Arc<Destination>) -> Self {
        self.destination = Some(destination);
        self
    }
}

/// By what a tally counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum TallyBy {
    /// By source address.
    Source,
    /// By user.
    User,
    /// By destination.
    Destination,
    /// By program.
    Process,
}

/// A question.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// What there is: extent, sources of events, completeness.
    Overview,
    /// Who reached what in which bucket. Endpoints stay apart; joining them is the asker's.
    Arrivals {
        /// Which events.
        scope: Scope,
        /// Width of the buckets.
        bucket: BucketSize,
    },
    /// The values of a field with their measures, most events first.
    Tally {
        /// Which events.
        scope: Scope,
        /// The field.
        by: TallyBy,
    },
    /// Events in time order, a page at a time.
    Events {
        /// Which events.
        scope: Scope,
        /// How many events to pass over.
        skip: usize,
        /// How many events at most.
        take: usize,
    },
    /// The `counts` contract.
    Counts {
        /// Which events.
        scope: Scope,
        /// Width of the buckets.
        bucket: BucketSize,
        /// What a destination is.
        by: By,
    },
    /// The events that a Sigma rule finds.
    Hunt {
        /// Which events; its families do not matter, a rule has its own condition.
        scope: Scope,
        /// Id of one of the rules the backend was opened with.
        rule: String,
    },
    /// What can and cannot be seen here, and why.
    Health {
        /// Events of which time are looked at.
        range: Range,
    },
    /// What others have detected: security alerts and results of machine-learning jobs.
    Alerts {
        /// About what; its families and its filter do not matter, alerts are no events.
        scope: Scope,
        /// Who keeps the scope's destination company.
        company: Company,
    },
}
