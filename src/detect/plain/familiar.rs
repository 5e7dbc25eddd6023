//! Which sources a destination knows already.

use serde::{Deserialize, Serialize};

use crate::detect::layered::Layered;

/// The bucket in which each destination first saw each of its sources.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Familiar {
    first: Layered<(u32, u32), i32>,
}

impl Familiar {
    /// Notes the meeting and says in which bucket the two first met.
    pub fn meet(&mut self, destination: usize, source: u32, bucket: i64) -> i64 {
        let key = (u32::try_from(destination).unwrap_or(u32::MAX), source);
        let now = i32::try_from(bucket).unwrap_or(i32::MAX);
        if let Some(first) = self.first.get(&key) {
            return i64::from(*first);
        }
        self.first.set(key, now);
        i64::from(now)
    }
}
