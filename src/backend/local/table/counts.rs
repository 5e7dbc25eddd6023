//! The `counts` contract, from the columns.

use super::Table;
use super::arrivals::{Endpoints, Pairs};
use super::dictionary::NONE;
use super::select::Selection;
use crate::backend::BackendError;
use crate::domain::{Arrivals, BucketSize, By, time};
use crate::query::counts::{EndpointMeasures, assemble};
use crate::query::{Counts, Scope};

/// (endpoint, user) pairs that are held uncounted at most: 32 MB.
const HELD: usize = 4 << 20;

/// Counts events by endpoint and user: numbers are collected and sorted now and then, which is faster than to look each up,
/// and the memory goes with the pairs and not with the events.
#[derive(Default)]
struct Users {
    held: Vec<u64>,
    counted: Vec<(u64, u64)>,
}

impl Users {
    fn add(&mut self, endpoint: u32, user: u32) {
        self.held.push(u64::from(endpoint) << 32 | u64::from(user));
        if self.held.len() >= HELD {
            self.count();
        }
    }

    fn count(&mut self) {
        self.held.sort_unstable();
        let runs = self.held.chunk_by(|one, two| one == two).filter_map(|run| Some((*run.first()?, run.len() as u64)));
        if self.counted.is_empty() {
            self.counted = runs.collect();
        } else {
            self.counted.extend(runs);
            // Two sorted runs: this is a merge.
            self.counted.sort();
            self.counted.dedup_by(|two, one| {
                let is_same = one.0 == two.0;
                if is_same {
                    one.1 += two.1;
                }
                is_same
            });
        }
        self.held.clear();
    }

    /// Each pair once, in order, with its events.
    fn into_counts(mut self) -> Vec<(u64, u64)> {
        self.count();
        self.counted
    }
}

impl Table {
    /// Counts by destination and bucket.
    pub(super) fn counts(&self, scope: &Scope, bucket: BucketSize, by: By) -> Result<Counts, BackendError> {
        let mut endpoints = Endpoints::default();
        let mut pairs = Pairs::default();
        let mut spans: Vec<(i64, i64)> = Vec::new();
        let mut users = Users::default();
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
                    users.add(endpoint, user);
                }
            })?;
        }
        let users = users.into_counts();
        // By their rank among all users, so that the texts are compared once and not for every endpoint.
        let mut ranked: Vec<u32> = users.iter().map(|(pair, _)| (pair & u64::from(u32::MAX)) as u32).collect();
        ranked.sort_unstable();
        ranked.dedup();
        ranked.sort_unstable_by_key(|user| self.texts.get(*user as usize));
        let mut ranks = vec![0; self.texts.len()];
        for (rank, user) in (0..).zip(&ranked) {
            if let Some(known) = ranks.get_mut(*user as usize) {
                *known = rank;
            }
        }
        let mut users: Vec<(u32, u32, u64)> =
            users.into_iter().filter_map(|(pair, events)| Some(((pair >> 32) as u32, *ranks.get((pair & u64::from(u32::MAX)) as usize)?, events))).collect();
        users.sort_unstable();
        let mut users = users.chunk_by(|one, two| one.0 == two.0).peekable();
        let name = |rank: u32| self.texts.get(*ranked.get(rank as usize)? as usize).cloned();
        let measures = spans
            .into_iter()
            .enumerate()
            .map(|(endpoint, (first, last))| {
                let own = users.next_if(|users| users.first().is_some_and(|user| user.0 as usize == endpoint)).unwrap_or_default();
                let users = own.iter().filter_map(|(_, rank, events)| Some((name(*rank)?, *events))).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_across_the_sorting() {
        let mut users = Users::default();
        for round in 0..3 {
            for (endpoint, user) in [(2, 1), (1, 7), (2, 1), (0, 9)] {
                users.add(endpoint, user);
            }
            if round < 2 {
                users.count();
            }
        }
        let counts: Vec<(u64, u64, u64)> = users.into_counts().into_iter().map(|(pair, events)| (pair >> 32, pair & 0xffff_ffff, events)).collect();
        assert_eq!(counts, [(0, 9, 3), (1, 7, 3), (2, 1, 6)]);
    }
}
