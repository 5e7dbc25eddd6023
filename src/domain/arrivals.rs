//! Who reached what in which bucket: the one table from which lanes, timelines and detectors count.

use std::collections::BTreeMap;

use super::{Address, BucketSize, Completeness, Destination, Foreign, Range, destination};

/// By what events are told apart as destinations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub enum By {
    /// The event's own destination address.
    DestinationIp,
    /// The reporting host, where it is the destination.
    HostName,
    /// One server under all its names and addresses.
    #[default]
    Destination,
}

impl By {
    /// The spelling of flags and contracts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DestinationIp => "destination.ip",
            Self::HostName => "host.name",
            Self::Destination => "destination",
        }
    }
}

/// What one event calls its destination.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Endpoint {
    /// `destination.ip`.
    pub address: Option<Address>,
    /// `host.name`, where the reporter is the destination.
    pub host: Option<Foreign>,
}

/// Source number of events without a usable source.
pub const NO_SOURCE: u32 = u32::MAX;

/// One source at one endpoint in one bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Arrival {
    /// Number of the bucket since the epoch ([`BucketSize::index`]).
    pub bucket: i64,
    /// Place in [`Arrivals::endpoints`].
    pub endpoint: u32,
    /// Place in [`Arrivals::sources`], or [`NO_SOURCE`].
    pub source: u32,
    /// Events in it.
    pub events: u32,
}

/// Every (bucket, endpoint, source) that occurred in a range, once each, in order of bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrivals {
    /// Width of the buckets.
    pub bucket: BucketSize,
    /// What was asked for, cut to what the data spans where the question was open.
    pub range: Range,
    /// The endpoints, each once.
    pub endpoints: Vec<Endpoint>,
    /// The sources, each once.
    pub sources: Vec<Address>,
    /// The occurrences.
    pub rows: Vec<Arrival>,
    /// What is missing from it.
    pub completeness: Completeness,
}

impl Arrivals {
    /// The destinations that are reached, and for each endpoint the place of its destination; `None`
    /// where an endpoint names no destination of this sort.
    pub fn destinations(&self, by: By) -> (Vec<Destination>, Vec<Option<usize>>) {
        if by == By::Destination {
            let (destinations, of) = destination::join(&self.endpoints);
            let named: Vec<bool> = self.endpoints.iter().map(|endpoint| endpoint.address.is_some() || endpoint.host.is_some()).collect();
            return (destinations, of.into_iter().zip(named).map(|(place, named)| named.then_some(place)).collect());
        }
        let mut places: BTreeMap<Destination, usize> = BTreeMap::new();
        let mut destinations = Vec::new();
        let of = self
            .endpoints
            .iter()
            .map(|endpoint| {
                let destination = match by {
                    By::HostName => endpoint.host.clone().map(Destination::from),
                    By::DestinationIp | By::Destination => endpoint.address.map(Destination::from),
                }?;
                Some(*places.entry(destination).or_insert_with_key(|destination| {
                    destinations.push(destination.clone());
                    destinations.len() - 1
                }))
            })
            .collect();
        (destinations, of)
    }
}
