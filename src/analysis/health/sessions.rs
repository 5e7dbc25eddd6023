//! Whether the transforms run and have caught up.

use jiff::SignedDuration;

use super::{Diagnosis, Status};
use crate::analysis::difference::words;
use crate::domain::Health;
use crate::domain::health::Fact;
use crate::domain::{Limits, foreign::sanitize};

/// They run once an hour; two missed runs are one too many.
const BEHIND: SignedDuration = SignedDuration::from_hours(3);

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(cluster) = &health.cluster else { return Vec::new() };
    let why = "the rule's job sees only what the transform writes; without it the rule is silent";
    let mut diagnoses = match &cluster.transforms {
        Fact::Hidden(reason) => {
            vec![Diagnosis::new("transform", "transform of the rule", Status::NotVisible, sanitize(reason, Limits::CELL).into_string()).means(why)]
        }
        Fact::Known(transforms) if transforms.is_empty() => vec![
            Diagnosis::new("transform", "transform of the rule", Status::Warn, "there is none")
                .means("the rule cannot have raised anything here; its silence says nothing")
                .remedy("install the Lateral Movement Detection integration; the counts here do not need it"),
        ],
        Fact::Known(transforms) => transforms
            .iter()
            .map(|transform| {
                let state = transform.state.raw();
                let behind = transform.newest.map(|newest| health.asked.duration_since(newest));
                let status = match state {
                    "failed" => Status::Bad,
                    "started" | "indexing" if behind.is_none_or(|behind| behind < BEHIND) => Status::Good,
                    _ => Status::Warn,
                };
                let mut figure = transform.state.safe().into_string();
                if let Some(behind) = behind {
                    figure.push_str(&format!(", last run {} ago", words(behind)));
                }
                if let Some(reason) = &transform.reason {
                    figure.push_str(&format!(": {}", reason.safe()));
                }
                let mut diagnosis = Diagnosis::new("transform", format!("transform {}", transform.id.safe()), status, figure);
                if status != Status::Good {
                    diagnosis = diagnosis.means(why).remedy("an administrator can see and start it under Stack Management, Transforms");
                }
                diagnosis
            })
            .collect(),
    };
    if let Some(sessions) = cluster.sessions.known() {
        let newest = sessions.newest.map(|newest| health.asked.duration_since(newest));
        let figure = newest.map_or_else(
            || format!("{} sessions", sessions.documents),
            |newest| format!("{} sessions, the newest began {} ago", sessions.documents, words(newest)),
        );
        let status = if sessions.documents == 0 { Status::Warn } else { Status::Good };
        diagnoses.push(
            Diagnosis::new("sessions", "sessions the job looks at", status, figure)
                .means("it runs hourly over buckets of six hours: the rule alerts up to seven hours and a quarter after the first connection"),
        );
    }
    diagnoses
}
