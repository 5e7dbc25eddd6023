//! Which sources a destination knows already.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// The bucket in which each destination first saw each of its sources.
#[derive(Clone, Debug, Default)]
pub struct Familiar {
    first: HashMap<(u32, u32), i32, FixedState>,
}

impl Familiar {
    /// Notes the meeting and says in which bucket the two first met.
    pub fn meet(&mut self, destination: usize, source: u32, bucket: i64) -> i64 {
        let key = (u32::try_from(destination).unwrap_or(u32::MAX), source);
        let now = i32::try_from(bucket).unwrap_or(i32::MAX);
        i64::from(*self.first.entry(key).or_insert(now))
    }
}
