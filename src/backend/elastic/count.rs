//! Arrivals and the `counts` contract, put together from rows.

use std::collections::BTreeMap;

use super::Elastic;
use super::aggregate::{Places, Wanted};
use super::row::Row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Address, Arrival, Arrivals, BucketSize, By, Endpoint, Foreign, Range, Timestamp};
use crate::query::counts::{EndpointMeasures, assemble};
use crate::query::{Counts, Scope};

impl Elastic {
    /// Who reached what in which bucket.
    pub(super) async fn arrivals(&self, scope: &Scope, bucket: BucketSize) -> Result<Arrivals, BackendError> {
        let mut gaps = Gaps::default();
        let mut seen = Seen::new();
        let wanted = Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() };
        self.rows(scope, wanted, &mut gaps, &mut |row| seen.see(&row)).await?;
        Ok(seen.arrivals(scope.range, bucket, &gaps))
    }

    /// The `counts` contract.
    pub(super) async fn counts(&self, scope: &Scope, bucket: BucketSize, by: By) -> Result<Counts, BackendError> {
        let mut gaps = Gaps::default();
        let mut seen = Seen::new();
        let wanted = Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() };
        self.rows(scope, wanted, &mut gaps, &mut |row| seen.see(&row)).await?;
        // Apart from the buckets: together they would multiply.
        let mut users: BTreeMap<Endpoint, BTreeMap<Foreign, u64>> = BTreeMap::new();
        let count = &mut |row: Row| {
            if let Some(user) = row.user {
                *users.entry(row.endpoint).or_default().entry(user).or_default() += row.events;
            }
        };
        self.rows(scope, Wanted { endpoint: true, user: true, ..Wanted::default() }, &mut gaps, count).await?;
        let times = std::mem::take(&mut seen.times);
        let arrivals = seen.arrivals(scope.range, bucket, &gaps);
        let measures = arrivals.endpoints.iter().zip(times).map(|(endpoint, (first, last))| EndpointMeasures {
            first,
            last,
            users: users.remove(endpoint).unwrap_or_default(),
        });
        let measures = measures.collect();
        Ok(assemble(&arrivals, measures, by))
    }
}

/// Rows, put together as they come.
struct Seen {
    endpoints: Places<Endpoint>,
    /// First and last event of every endpoint.
    times: Vec<(Timestamp, Timestamp)>,
    sources: Places<Address>,
    counted: BTreeMap<(i64, u32, u32), u64>,
    events: u64,
    extent: Option<(Timestamp, Timestamp)>,
}

impl Seen {
    fn new() -> Self {
        Self { endpoints: Places::new(), times: Vec::new(), sources: Places::new(), counted: BTreeMap::new(), events: 0, extent: None }
    }

    fn see(&mut self, row: &Row) {
        let endpoint = self.endpoints.of(&row.endpoint);
        match self.times.get_mut(endpoint as usize) {
            Some((first, last)) => (*first, *last) = (row.first.min(*first), row.last.max(*last)),
            None => self.times.push((row.first, row.last)),
        }
        let (first, last) = self.extent.unwrap_or((row.first, row.last));
        self.extent = Some((first.min(row.first), last.max(row.last)));
        let source = row.source.map_or(NO_SOURCE, |source| self.sources.of(&source));
        *self.counted.entry((row.bucket, endpoint, source)).or_default() += row.events;
        self.events += row.events;
    }

    fn arrivals(self, range: Range, bucket: BucketSize, gaps: &Gaps) -> Arrivals {
        let rows = self.counted.into_iter();
        let rows = rows.map(|((bucket, endpoint, source), events)| Arrival { bucket, endpoint, source, events: u32::try_from(events).unwrap_or(u32::MAX) });
        Arrivals {
            bucket,
            range: spanned(range, self.extent),
            rows: rows.collect(),
            endpoints: self.endpoints.into_values(),
            sources: self.sources.into_values(),
            completeness: gaps.completeness(self.events),
        }
    }
}

/// What was asked for, cut to what there is where the question was open.
fn spanned(range: Range, extent: Option<(Timestamp, Timestamp)>) -> Range {
    let last = extent.and_then(|(_, last)| last.checked_add(jiff::SignedDuration::from_micros(1)).ok());
    let from = if range.from == Timestamp::MIN { extent.map_or(Timestamp::UNIX_EPOCH, |(first, _)| first) } else { range.from };
    let to = if range.to == Timestamp::MAX { last.unwrap_or(from) } else { range.to };
    Range { from, to: to.max(from) }
}
