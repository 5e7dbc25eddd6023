//! The latest rows of something kept bucket by bucket, found by the number of the bucket.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Rows of consecutive buckets; the oldest are forgotten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ring<T> {
    rows: VecDeque<T>,
    /// Bucket of the next row.
    next: i64,
    reach: usize,
}

impl<T> Ring<T> {
    /// Keeps `reach` rows.
    pub fn new(reach: usize) -> Self {
        Self { rows: VecDeque::new(), next: 0, reach }
    }

    /// Adds the row of `bucket`, which follows the one before.
    pub fn push(&mut self, bucket: i64, row: T) {
        self.rows.push_back(row);
        self.next = bucket + 1;
        if self.rows.len() > self.reach {
            self.rows.pop_front();
        }
    }

    /// The row of a bucket; `None` where it is out of reach.
    pub fn get(&self, bucket: i64) -> Option<&T> {
        let back = usize::try_from(self.next - bucket).ok()?;
        self.rows.get(self.rows.len().checked_sub(back)?)
    }

    /// The row added last.
    pub fn last(&self) -> Option<&T> {
        self.rows.back()
    }

    /// Every row, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_bucket_and_forgotten_in_turn() {
        let mut ring = Ring::new(3);
        for bucket in 100..105 {
            ring.push(bucket, bucket * 2);
        }
        assert_eq!([101, 102, 104, 105].map(|bucket| ring.get(bucket).copied()), [None, Some(204), Some(208), None]);
        assert_eq!(ring.last(), Some(&208));
    }
}
