//! Buckets to columns: wide bars for few buckets, several buckets in a column for many.

/// Columns that a bar takes at most.
const WIDEST: u16 = 12;
/// From this width on, a bar leaves a column of air.
const AIRY: u16 = 4;

/// One bar in so many may be a column narrower than the others, so that one bucket too many does not halve them all.
const NARROW: usize = 8;

/// How buckets are laid out over columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    /// Buckets drawn.
    buckets: usize,
    /// Buckets in one bar; the last may hold fewer.
    per: usize,
    /// Columns of one bar, air included.
    pitch: u16,
    /// How many bars, spread evenly, are a column narrower.
    narrow: usize,
}

impl Grid {
    /// The layout of `buckets` buckets over `columns` columns.
    pub fn new(buckets: usize, columns: u16) -> Self {
        let room = usize::from(columns).max(1);
        let per = buckets.div_ceil(room).max(1);
        if per > 1 {
            return Self { buckets, per, pitch: 1, narrow: 0 };
        }
        let bars = buckets.max(1);
        let wide = room.div_ceil(bars);
        let lack = bars * wide - room;
        let (pitch, narrow) = if lack <= bars / NARROW { (wide, lack) } else { (room / bars, 0) };
        match u16::try_from(pitch) {
            Ok(pitch) if pitch <= WIDEST => Self { buckets, per, pitch, narrow },
            _ => Self { buckets, per, pitch: WIDEST, narrow: 0 },
        }
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
        self.start(bucket / self.per)
    }

    /// The column after a bucket's bar and its air: where the next bar begins.
    pub fn next_column(&self, bucket: usize) -> u16 {
        self.start((bucket / self.per).saturating_add(1))
    }

    /// Columns that a bucket's bar fills.
    pub fn filled(&self, bucket: usize) -> u16 {
        let pitch = self.next_column(bucket).saturating_sub(self.column(bucket));
        if self.pitch >= AIRY { pitch.saturating_sub(1) } else { pitch }
    }

    /// The column in the middle of a bucket's bar.
    pub fn middle(&self, bucket: usize) -> u16 {
        self.column(bucket).saturating_add(self.filled(bucket).saturating_sub(1) / 2)
    }

    fn start(&self, bar: usize) -> u16 {
        let lost = bar.saturating_mul(self.narrow) / self.bars().max(1);
        u16::try_from(bar.saturating_mul(usize::from(self.pitch)).saturating_sub(lost)).unwrap_or(u16::MAX)
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
                prop_assert!(grid.filled(bucket) > 0 && grid.column(bucket) + grid.filled(bucket) <= grid.next_column(bucket));
                prop_assert!(grid.next_column(bucket) <= columns);
                prop_assert!(grid.middle(bucket) < grid.column(bucket) + grid.filled(bucket));
            }
        }
    }

    #[test]
    fn few_widen_and_many_share() {
        let grid = |per, pitch, narrow| move |buckets| Grid { buckets, per, pitch, narrow };
        assert_eq!(Grid::new(48, 60), grid(1, 1, 0)(48));
        assert_eq!(Grid::new(12, 60), grid(1, 5, 0)(12));
        assert_eq!(Grid::new(2, 60), grid(1, 12, 0)(2));
        assert_eq!(Grid::new(96, 60), grid(2, 1, 0)(96));
        assert_eq!(Grid::new(49, 96), grid(1, 2, 2)(49), "one bucket too many does not halve the bars");
        assert_eq!(Grid::new(2880, 70).members(69), 2880..2880);
    }
}
