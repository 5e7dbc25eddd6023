//! Counts to rows and eighths of rows, and to labels of the axis.

/// Counts to rows.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The count at full height.
    pub top: u32,
    /// Rows for bars.
    pub rows: u16,
}

impl Scale {
    /// Eighths of a row for a bar and for the new part at its foot. What is not nothing is at least an
    /// eighth, and the known part keeps one where there is room for both.
    pub fn eighths(self, total: u32, new: u32) -> (u16, u16) {
        let scaled = |count: u32| {
            let eighths = (f64::from(count) * f64::from(self.rows) * 8.0 / f64::from(self.top)).round();
            if count == 0 { 0 } else { (eighths as u16).clamp(1, self.rows * 8) }
        };
        let all = scaled(total);
        let new = if new < total { scaled(new).min(all.saturating_sub(1)) } else { all };
        (all, new)
    }

    /// The row in which a value lies; a value in the lowest row needs no line of its own there.
    pub fn level(self, value: f32) -> u16 {
        (f64::from(value) * f64::from(self.rows) / f64::from(self.top)) as u16
    }

    /// The row of a bound: the first that no bar within it reaches, so that a bar which touches it is beyond it.
    /// Never the lowest row, which says what came; none where the bound lies above all of them.
    pub fn bound(self, bound: f32) -> Option<u16> {
        let row = (f64::from(bound) * f64::from(self.rows) / f64::from(self.top)).ceil();
        (f64::from(bound) <= f64::from(self.top)).then(|| (row as u16).max(1).min(self.rows.saturating_sub(1)))
    }
}

/// A count in at most five characters: `41`, `9999`, `12k`, `3M`.
pub fn short(count: u32) -> String {
    match count {
        0..=99_999 => count.to_string(),
        100_000..=9_999_999 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// Columns of the axis: the largest label, at least three digits so that the plot stands still, and the wall.
pub fn axis_width(top: u32) -> Option<u16> {
    u16::try_from(short(top).len().max(3) + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_is_seen_and_the_known_part_stays() {
        let scale = Scale { top: 1000, rows: 6 };
        assert_eq!(scale.eighths(0, 0), (0, 0));
        assert_eq!(scale.eighths(1, 0), (1, 0));
        assert_eq!(scale.eighths(1, 1), (1, 1));
        assert_eq!(scale.eighths(1000, 1000), (48, 48));
        assert_eq!(scale.eighths(1000, 999), (48, 47));
    }

    #[test]
    fn values_lie_in_rows() {
        let scale = Scale { top: 24, rows: 9 };
        assert_eq!([0.2, 2.6, 2.7, 23.9].map(|value| scale.level(value)), [0, 0, 1, 8]);
        assert_eq!([0.2, 2.6, 2.7, 24.0, 24.1].map(|bound| scale.bound(bound)), [Some(1), Some(1), Some(2), Some(8), None]);
    }

    #[test]
    fn counts_stay_short() {
        let written: Vec<String> = [0, 41, 99_999, 100_000, 9_999_999, 10_000_000, u32::MAX].map(short).into();
        assert_eq!(written, ["0", "41", "99999", "100k", "9999k", "10M", "4294M"]);
        assert_eq!((axis_width(1), axis_width(99_999)), (Some(4), Some(6)));
    }
}
