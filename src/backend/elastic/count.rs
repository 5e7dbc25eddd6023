//! Arrivals and the `counts` contract, put together from rows.

use std::collections::BTreeMap;

use super::Elastic;
use super::aggregate::{Places, Wanted};
use super::row::Row;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrival, Arrivals, BucketSize, By, Endpoint, Range, Timestamp};
use crate::query::counts::{EndpointMeasures, assemble};
use crate::query::{Counts, Scope};

impl Elastic {
    /// Who reached what in which bucket.
    pub(super) async fn arrivals(&self, scope: &Scope, bucket: BucketSize) -> Result<Arrivals, BackendError> {
        let mut gaps = Gaps::default();
        let wanted = Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() };
        let rows = self.rows(scope, wanted, &mut gaps).await?;
        Ok(arrived(&rows, scope.range, bucket, &gaps))
    }

    /// The `counts` contract.
    pub(super) async fn counts(&self, scope: &Scope, bucket: BucketSize, by: By) -> Result<Counts, BackendError> {
        let mut gaps = Gaps::default();
        let rows = self.rows(scope, Wanted { bucket: Some(bucket), endpoint: true, source: true, ..Wanted::default() }, &mut gaps).await?;
        // Apart from the buckets: together they would multiply.
        let users = self.rows(scope, Wanted { endpoint: true, user: true, ..Wanted::default() }, &mut gaps).await?;
        let arrivals = arrived(&rows, scope.range, bucket, &gaps);
        Ok(assemble(&arrivals, measures(&arrivals.endpoints, &rows, &users), by))
    }
}

fn arrived(rows: &[Row], range: Range, bucket: BucketSize, gaps: &Gaps) -> Arrivals {
    let (mut endpoints, mut sources) = (Places::new(), Places::new());
    let mut counted: BTreeMap<(i64, u32, u32), u64> = BTreeMap::new();
    for row in rows {
        let source = row.source.map_or(NO_SOURCE, |source| sources.of(&source));
        *counted.entry((row.bucket, endpoints.of(&row.endpoint), source)).or_default() += row.events;
    }
    let arrivals =
        counted.into_iter().map(|((bucket, endpoint, source), events)| Arrival { bucket, endpoint, source, events: u32::try_from(events).unwrap_or(u32::MAX) });
    Arrivals {
        bucket,
        range: spanned(range, rows),
        rows: arrivals.collect(),
        endpoints: endpoints.into_values(),
        sources: sources.into_values(),
        completeness: gaps.completeness(rows.iter().map(|row| row.events).sum()),
    }
}

/// First, last and users of every endpoint.
fn measures(endpoints: &[Endpoint], rows: &[Row], users: &[Row]) -> Vec<EndpointMeasures> {
    let mut of: BTreeMap<&Endpoint, EndpointMeasures> = BTreeMap::new();
    for row in rows {
        let measures = of.entry(&row.endpoint).or_insert_with(|| EndpointMeasures { first: row.first, last: row.last, users: BTreeMap::new() });
        measures.first = measures.first.min(row.first);
        measures.last = measures.last.max(row.last);
    }
    for row in users {
        if let (Some(user), Some(measures)) = (&row.user, of.get_mut(&row.endpoint)) {
            *measures.users.entry(user.clone()).or_default() += row.events;
        }
    }
    endpoints.iter().filter_map(|endpoint| of.remove(endpoint)).collect()
}

/// What was asked for, cut to what there is where the question was open.
fn spanned(range: Range, rows: &[Row]) -> Range {
    let first = rows.iter().map(|row| row.first).min();
    let last = rows.iter().map(|row| row.last).max().and_then(|last| last.checked_add(jiff::SignedDuration::from_micros(1)).ok());
    let from = if range.from == Timestamp::MIN { first.unwrap_or(Timestamp::UNIX_EPOCH) } else { range.from };
    let to = if range.to == Timestamp::MAX { last.unwrap_or(from) } else { range.to };
    Range { from, to: to.max(from) }
}
