//! Buckets to columns: wide bars for few buckets, several buckets in a column for many.

/// Columns that a bar takes at most.
const WIDEST: u16 = 12;
/// From this width on, a bar leaves a column of air.
const AIRY: u16 = 4;

/// How buckets are laid out over columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    /// Buckets drawn.
    buckets: usize,
    /// Buckets in one bar; the last may hold fewer.
    per: usize,
    /// Columns of one bar, air included.
    pitch: u16,
}

impl Grid {
    /// The layout of `buckets` buckets over `columns` columns.
    pub fn new(buckets: usize, columns: u16) -> Self {
        let room = usize::from(columns).max(1);
        let per = buckets.div_ceil(room).max(1);
        let pitch = if per > 1 { 1 } else { u16::try_from(room / buckets.max(1)).unwrap_or(1).clamp(1, WIDEST) };
        Self { buckets, per, pitch }
    }

    /// Number of bars.
    pub fn bars(&self) -> usize {
        self.buckets.div_ceil(self.per)
    }

    /// The buckets of a bar.
    pub fn members(&self, bar: usize) -> std::ops::Range<usize> {
        let from = bar.saturating_mul(self.per).min(self.buckets);
        from..from.saturating_add(self.per).min(self.buckets)
    }

    /// The first column of a bucket's bar.
    pub fn column(&self, bucket: usize) -> u16 {
        u16::try_from(bucket / self.per).unwrap_or(u16::MAX).saturating_mul(self.pitch)
    }

    /// Columns from one bar to the next.
    pub const fn pitch(&self) -> u16 {
        self.pitch
    }

    /// Columns that a bar fills.
    pub const fn filled(&self) -> u16 {
        if self.pitch >= AIRY { self.pitch - 1 } else { self.pitch }
    }

    /// The column in the middle of a bucket's bar.
    pub fn middle(&self, bucket: usize) -> u16 {
        self.column(bucket).saturating_add((self.filled() - 1) / 2)
    }

    /// Columns from one bucket to the next, as a fraction where several share one.
    pub fn columns_per_bucket(&self) -> f64 {
        f64::from(self.pitch) / self.per as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_bucket_is_in_one_bar_within_the_room(buckets in 0_usize..4000, columns in 1_u16..300) {
            let grid = Grid::new(buckets, columns);
            let members: Vec<usize> = (0..grid.bars()).flat_map(|bar| grid.members(bar)).collect();
            prop_assert_eq!(members, (0..buckets).collect::<Vec<_>>());
            for bucket in 0..buckets {
                prop_assert!(grid.column(bucket) + grid.filled() <= columns);
                prop_assert!(grid.middle(bucket) < grid.column(bucket) + grid.filled());
            }
        }
    }

    #[test]
    fn few_widen_and_many_share() {
        assert_eq!(Grid::new(48, 60), Grid { buckets: 48, per: 1, pitch: 1 });
        assert_eq!(Grid::new(12, 60), Grid { buckets: 12, per: 1, pitch: 5 });
        assert_eq!(Grid::new(2, 60), Grid { buckets: 2, per: 1, pitch: 12 });
        assert_eq!(Grid::new(96, 60), Grid { buckets: 96, per: 2, pitch: 1 });
        assert_eq!(Grid::new(2880, 70).members(69), 2880..2880);
    }
}
