//! Who reached what in which bucket, from the columns.

use std::collections::{BTreeMap, HashMap};

use super::Table;
use super::columns::View;
use super::dictionary::NONE;
use super::select::{KindFact, Selection};
use crate::backend::BackendError;
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrival, Arrivals, BucketSize, Endpoint};
use crate::query::Scope;

/// Numbers the endpoints of rows as they come.
#[derive(Default)]
pub(super) struct Endpoints {
    places: HashMap<(u32, u32), u32, foldhash::fast::RandomState>,
    codes: Vec<(u32, u32)>,
}

impl Endpoints {
    /// The place of a row's endpoint.
    pub(super) fn place(&mut self, kind: KindFact, view: &View<'_>, row: usize) -> u32 {
        let host = if kind.host_is_destination { view.host.at(row) } else { NONE };
        let codes = (view.destination.at(row), host);
        *self.places.entry(codes).or_insert_with(|| {
            self.codes.push(codes);
            u32::try_from(self.codes.len() - 1).unwrap_or(NONE)
        })
    }

    /// The endpoints, each at its place.
    pub(super) fn into_endpoints(self, table: &Table) -> Vec<Endpoint> {
        self.codes.into_iter().map(|(address, host)| Endpoint { address: table.address(address), host: table.text(host) }).collect()
    }
}

/// Counts (endpoint, source) pairs bucket by bucket: eight bytes an event while collecting, then one
/// short sort per bucket. Events mostly come in order of time, so a bucket's pairs stay in cache.
#[derive(Default)]
pub(super) struct Pairs {
    buckets: BTreeMap<i64, Vec<u64>>,
    last: Option<(i64, Vec<u64>)>,
}

impl Pairs {
    /// Adds one event.
    pub(super) fn add(&mut self, bucket: i64, endpoint: u32, source: u32) {
        if self.last.as_ref().is_none_or(|(last, _)| *last != bucket) {
            self.put_back();
            self.last = Some((bucket, self.buckets.remove(&bucket).unwrap_or_default()));
        }
        if let Some((_, pairs)) = &mut self.last {
            pairs.push(u64::from(endpoint) << 32 | u64::from(source));
        }
    }

    fn put_back(&mut self) {
        if let Some((bucket, pairs)) = self.last.take() {
            self.buckets.insert(bucket, pairs);
        }
    }

    /// Each pair once, with its events, in order of bucket, endpoint and source.
    pub(super) fn into_rows(mut self) -> Vec<Arrival> {
        self.put_back();
        let mut rows = Vec::new();
        for (bucket, mut pairs) in self.buckets {
            pairs.sort_unstable();
            for run in pairs.chunk_by(|one, two| one == two) {
                if let Some(pair) = run.first() {
                    rows.push(Arrival {
                        bucket,
                        endpoint: (pair >> 32) as u32,
                        source: (pair & u64::from(u32::MAX)) as u32,
                        events: u32::try_from(run.len()).unwrap_or(u32::MAX),
                    });
                }
            }
        }
        rows
    }
}

impl Table {
    /// Who reached what in which bucket.
    pub(super) fn arrivals(&self, scope: &Scope, bucket: BucketSize) -> Result<Arrivals, BackendError> {
        let mut endpoints = Endpoints::default();
        let mut pairs = Pairs::default();
        if let Some(selection) = Selection::new(self, scope) {
            selection.for_each(|view, row, _| {
                let endpoint = endpoints.place(selection.kind(view.kind.at(row)), view, row);
                pairs.add(bucket.index(view.time.at(row).div_euclid(1_000_000)), endpoint, view.source.at(row));
            })?;
        }
        // The dictionary's mark of a missing address is that of a missing source.
        const { assert!(NONE == NO_SOURCE) };
        let rows = pairs.into_rows();
        let events = rows.iter().map(|row| u64::from(row.events)).sum();
        let range = self.extent().map_or(scope.range, |extent| scope.range.intersect(&extent));
        let completeness = self.completeness(events);
        Ok(Arrivals { bucket, range, endpoints: endpoints.into_endpoints(self), sources: self.addresses.clone(), rows, completeness })
    }
}
