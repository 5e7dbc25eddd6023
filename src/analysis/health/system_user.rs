//! Whether the transform's exclusion of the system account meets anything: it is written small, Windows writes it large.

use super::{Diagnosis, Status};
use crate::domain::Health;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(defend) = health.cluster.as_ref().and_then(|cluster| cluster.defend.known()) else { return Vec::new() };
    if defend.as_system == 0 {
        return Vec::new();
    }
    vec![
        Diagnosis::new(
            "system-user",
            "exclusion of the system account",
            Status::Warn,
            format!("{} process events of remote sessions run as SYSTEM", defend.as_system),
        )
        .means("the transform leaves out user.name system, in small letters, and so keeps these: sessions look longer and busier to the jobs")
        .remedy("read the scores of the sibling jobs on processes and command lines with that in mind"),
    ]
}
