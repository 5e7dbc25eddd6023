//! Which rights the key has, and what is missing without the others.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::health::{Fact, Right};
use crate::domain::{Limits, foreign::sanitize};

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(cluster) = &health.cluster else { return Vec::new() };
    match &cluster.rights {
        Fact::Hidden(why) => vec![
            Diagnosis::new("rights", "rights", Status::NotVisible, sanitize(why, Limits::CELL).into_string())
                .means("what may not be read looks as if it were not there"),
        ],
        Fact::Known(rights) => {
            let lacking: Vec<&Right> = rights.iter().filter(|right| !right.is_granted).collect();
            let name = |right: &Right| format!("{} on {}", right.privilege, sanitize(&right.on, Limits::CELL));
            if lacking.is_empty() {
                return vec![Diagnosis::new("rights", "rights", Status::Good, format!("all {} that are of use", rights.len()))];
            }
            // Nothing to be seen under any pattern is worse than under one of several.
            let is_blind = rights.iter().filter(|right| right.is_essential).all(|right| !right.is_granted);
            let is_essential = lacking.iter().any(|right| right.is_essential);
            let status = if is_blind { Status::Bad } else { Status::Warn };
            let needs: Vec<String> = lacking.iter().map(|right| format!("{} ({})", name(right), right.need)).collect();
            let meaning = if is_essential {
                "events that may not be read are in no count, and look as if they were not there"
            } else {
                "the rest works; what these would show is missing"
            };
            vec![
                Diagnosis::new("rights", "rights", status, format!("missing: {}", needs.join(", ")))
                    .means(meaning)
                    .remedy("ask an administrator for the key below"),
            ]
        }
    }
}
