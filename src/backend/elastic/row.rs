//! One combination of values that occurred, with how often and when: what aggregations and documents both come down to.

use crate::domain::{Address, Endpoint, Event, Family, Foreign, Timestamp};

/// A combination of values and its events.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What its events prove.
    pub(super) family: Family,
    /// Number of the bucket, where buckets were asked for.
    pub(super) bucket: i64,
    /// What its events call their destination.
    pub(super) endpoint: Endpoint,
    /// Where they came from.
    pub(super) source: Option<Address>,
    /// Their user.
    pub(super) user: Option<Foreign>,
    /// Their program.
    pub(super) process: Option<Foreign>,
    /// Why they were refused.
    pub(super) reason: Option<Foreign>,
    /// How many they are.
    pub(super) events: u64,
    /// The first of them.
    pub(super) first: Timestamp,
    /// The last of them.
    pub(super) last: Timestamp,
}

impl From<&Event> for Row {
    fn from(event: &Event) -> Self {
        Self {
            family: event.kind.family(),
            bucket: 0,
            endpoint: Endpoint { address: event.destination, host: event.destination_host().cloned() },
            source: event.source,
            user: event.user.clone(),
            process: event.process.clone(),
            reason: event.reason.clone(),
            events: 1,
            first: event.time,
            last: event.time,
        }
    }
}
