//! Whether the licence allows machine learning.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::health::{Fact, Place};
use crate::domain::{Limits, foreign::sanitize};

/// Licences that allow it.
const ALLOW: [&str; 3] = ["platinum", "enterprise", "trial"];

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(cluster) = &health.cluster else { return Vec::new() };
    if matches!(health.place, Place::Cluster { is_opensearch: true, .. }) {
        return vec![
            Diagnosis::new("licence", "licence", Status::Good, "OpenSearch has none")
                .means("Elastic's rule and its job cannot run here; the counts and scores here do not need them"),
        ];
    }
    match &cluster.licence {
        Fact::Hidden(why) => vec![
            Diagnosis::new("licence", "licence", Status::NotVisible, sanitize(why, Limits::CELL).into_string())
                .means("whether machine learning may run cannot be told"),
        ],
        Fact::Known(licence) => {
            let is_active = licence.status.raw() == "active";
            let allows = ALLOW.contains(&licence.kind.raw());
            let until = licence.expires.map_or_else(String::new, |time| format!(", until {}", time.strftime("%Y-%m-%d")));
            let figure = format!("{}, {}{until}", licence.kind.safe(), licence.status.safe());
            let diagnosis = Diagnosis::new("licence", "licence", if allows && is_active { Status::Good } else { Status::Warn }, figure);
            vec![if allows && is_active {
                diagnosis.means("machine learning may run")
            } else {
                diagnosis
                    .means("the rule needs machine learning, which this licence does not give: it is silent here")
                    .remedy("the counts and scores here do not need it; Platinum, Enterprise or a trial would")
            }]
        }
    }
}
