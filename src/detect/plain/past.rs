//! The counts of the last four weeks, one row of all destinations per bucket: what is looked at together lies together.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::detect::season::Change;

/// Rows of counts by place of the destination. A row is never changed once it is written, so that copies share it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Past {
    rows: VecDeque<Arc<[u16]>>,
    /// Bucket of the next row.
    next: i64,
    reach: usize,
}

/// The counts around one earlier bucket, by place of the destination.
#[derive(Clone, Debug)]
pub struct Window {
    /// The first bucket in it.
    pub first: i64,
    sums: Vec<u32>,
}

impl Past {
    /// Keeps `reach` buckets.
    pub fn new(reach: i64) -> Self {
        Self { rows: VecDeque::new(), next: 0, reach: usize::try_from(reach).unwrap_or(1).max(1) }
    }

    /// Adds the row of `bucket`, which lies after all before; buckets passed over are empty.
    pub fn push(&mut self, bucket: i64, row: Vec<u16>) {
        if self.rows.is_empty() {
            self.next = bucket;
        }
        let missing = usize::try_from(bucket - self.next).unwrap_or(0).min(self.reach);
        let nothing: Arc<[u16]> = Arc::new([]);
        self.rows.extend(std::iter::repeat_n(nothing, missing));
        self.rows.push_back(row.into());
        self.next = bucket + 1;
        let surplus = self.rows.len().saturating_sub(self.reach);
        self.rows.drain(..surplus);
    }

    /// The counts of a bucket; empty where it is out of reach.
    pub fn row(&self, bucket: i64) -> &[u16] {
        let back = usize::try_from(self.next - bucket).ok();
        back.and_then(|back| self.rows.len().checked_sub(back)).and_then(|place| self.rows.get(place)).map_or(&[], |row| row)
    }

    /// The count of one destination.
    pub fn count(&self, bucket: i64, destination: usize) -> u16 {
        self.row(bucket).get(destination).copied().unwrap_or(0)
    }

    /// The windows so far back from `now`, nearest first; with a clock change, those before it are read shifted.
    pub fn windows(&self, now: i64, backs: &[i64], halo: i64, change: Option<Change>) -> Vec<Window> {
        backs
            .iter()
            .map(|back| {
                let mut middle = now - back;
                if let Some(change) = change.filter(|change| middle < change.at) {
                    middle += change.forward;
                }
                let mut sums: Vec<u32> = Vec::new();
                for row in (middle - halo..=middle + halo).map(|bucket| self.row(bucket)) {
                    if sums.len() < row.len() {
                        sums.resize(row.len(), 0);
                    }
                    for (sum, count) in sums.iter_mut().zip(row) {
                        *sum += u32::from(*count);
                    }
                }
                Window { first: middle - halo, sums }
            })
            .collect()
    }
}

impl Window {
    /// What came to this destination in it.
    pub fn of(&self, destination: usize) -> u32 {
        self.sums.get(destination).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        let mut past = Past::new(8);
        for bucket in 100..106 {
            past.push(bucket, vec![bucket as u16 - 100, 1]);
        }
        past
    }

    #[test]
    fn windows_reach_around_their_middle() {
        let windows = past().windows(106, &[3, 5], 1, None);
        assert_eq!(windows.iter().map(|window| (window.first, window.of(0), window.of(1), window.of(2))).collect::<Vec<_>>(), [(102, 9, 3, 0), (100, 3, 3, 0)]);
    }

    #[test]
    fn before_a_clock_change_they_are_shifted() {
        let windows = past().windows(106, &[2, 4], 0, Some(Change { at: 103, forward: 1 }));
        assert_eq!(windows.iter().map(|window| window.first).collect::<Vec<_>>(), [104, 103]);
    }

    #[test]
    fn what_is_out_of_reach_or_passed_over_is_empty() {
        let mut past = past();
        past.push(110, vec![7]);
        assert_eq!(past.row(110), [7]);
        assert_eq!((past.row(107), past.row(111), past.row(102)), (&[] as &[u16], &[] as &[u16], &[] as &[u16]));
        assert_eq!(past.count(103, 0), 3);
        past.push(10_000, vec![1]);
        assert_eq!((past.row(110), past.count(10_000, 0)), (&[] as &[u16], 1));
    }
}
