//! The `counts` contract, from the columns.

use std::collections::HashMap;

use super::Table;
use super::arrivals::{Endpoints, Pairs};
use super::dictionary::NONE;
use super::select::Selection;
use crate::backend::BackendError;
use crate::domain::{Arrivals, BucketSize, By, Foreign, time};
use crate::query::counts::{EndpointMeasures, assemble};
use crate::query::{Counts, Scope};

impl Table {
    /// Counts by destination and bucket.
    pub(super) fn counts(&self, scope: &Scope, bucket: BucketSize, by: By) -> Result<Counts, BackendError> {
        let mut endpoints = Endpoints::default();
        let mut pairs = Pairs::default();
        let mut spans: Vec<(i64, i64)> = Vec::new();
        let mut users: HashMap<u64, u64, foldhash::fast::RandomState> = HashMap::default();
        if let Some(selection) = Selection::new(self, scope) {
            selection.for_each(|view, row, _| {
                let time = view.time.at(row);
                let endpoint = endpoints.place(selection.kind(view.kind.at(row)), view, row);
                pairs.add(bucket.index(time.div_euclid(1_000_000)), endpoint, view.source.at(row));
                match spans.get_mut(endpoint as usize) {
                    Some((first, last)) => {
                        *first = (*first).min(time);
                        *last = (*last).max(time);
                    }
                    None => spans.push((time, time)),
                }
                let user = view.user.at(row);
                if user != NONE {
                    *users.entry(u64::from(endpoint) << 32 | u64::from(user)).or_default() += 1;
                }
            })?;
        }
        let mut users: Vec<(u32, &Foreign, u64)> = users
            .into_iter()
            .filter_map(|(pair, events)| Some(((pair >> 32) as u32, self.texts.get((pair & u64::from(u32::MAX)) as usize)?, events)))
            .collect();
        users.sort_unstable();
        let mut users = users.chunk_by(|one, two| one.0 == two.0).peekable();
        let measures = spans
            .into_iter()
            .enumerate()
            .map(|(endpoint, (first, last))| {
                let own = users.next_if(|users| users.first().is_some_and(|user| user.0 as usize == endpoint)).unwrap_or_default();
                let users = own.iter().map(|(_, user, events)| ((*user).clone(), *events)).collect();
                EndpointMeasures { first: time::from_micros(first), last: time::from_micros(last), users }
            })
            .collect();
        let rows = pairs.into_rows();
        let events = rows.iter().map(|row| u64::from(row.events)).sum();
        let arrivals = Arrivals {
            bucket,
            range: scope.range,
            endpoints: endpoints.into_endpoints(self),
            sources: self.addresses.clone(),
            rows,
            completeness: self.completeness(events),
        };
        Ok(assemble(&arrivals, measures, by))
    }
}
