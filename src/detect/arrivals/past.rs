//! Four weeks of arrivals, kept as sums over half an hour to either side, because people are not punctual.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::DAY;
use super::ring::Ring;

/// Neighbours on either side that count as the same time of day.
pub const HALO: i64 = 2;
/// Buckets in a neighbourhood.
pub const WIDTH: f64 = (2 * HALO + 1) as f64;

/// What one destination had around one bucket.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Around {
    /// Its place among the servers.
    pub server: u32,
    /// Sum of arrivals.
    pub sum: f64,
    /// Sum of their squares.
    pub squares: f64,
}

/// Rows of neighbourhoods; destinations without arrivals are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Past {
    around: Ring<Arc<[Around]>>,
    /// The last buckets as they were: (server, arrivals).
    single: Ring<Arc<[(u32, f64)]>>,
}

impl Past {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { around: Ring::new(28 * DAY as usize + 16), single: Ring::new(2 * HALO as usize + 1) }
    }

    /// The neighbourhoods of an earlier bucket; empty until the half hour after it is over.
    pub fn around(&self, bucket: i64) -> &[Around] {
        self.around.get(bucket).map_or(&[], |row| row)
    }

    /// Takes in the arrivals of bucket `now`.
    pub fn push(&mut self, now: i64, arrivals: Arc<[(u32, f64)]>) {
        self.single.push(now, arrivals);
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (server, count) in self.single.iter().flat_map(|row| row.iter()) {
            let (sum, squares) = sums.entry(*server).or_default();
            *sum += count;
            *squares += count * count;
        }
        self.around.push(now - HALO, sums.into_iter().map(|(server, (sum, squares))| Around { server, sum, squares }).collect());
    }
}
