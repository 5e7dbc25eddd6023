//! Whether the machine-learning jobs are open and fed.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::Job;
use crate::domain::health::Fact;
use crate::domain::{Limits, foreign::sanitize};

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(cluster) = &health.cluster else { return Vec::new() };
    let jobs = match &cluster.jobs {
        Fact::Hidden(reason) => {
            return vec![
                Diagnosis::new("jobs", "jobs of the rule", Status::NotVisible, sanitize(reason, Limits::CELL).into_string())
                    .means("whether the rule's job runs cannot be told: no record of it is no proof of quiet"),
            ];
        }
        Fact::Known(jobs) => jobs,
    };
    if jobs.is_empty() {
        return vec![
            Diagnosis::new("jobs", "jobs of the rule", Status::Warn, "there is none")
                .means("no record will ever come from here; its absence says nothing")
                .remedy("add the preconfigured jobs under Security, Rules, ML job settings; the counts here do not need them"),
        ];
    }
    jobs.iter()
        .map(|job| {
            let is_running = matches!(job.state.raw(), "opened" | "started");
            let words = Job::of(job.id.raw()).map_or_else(String::new, |job| format!(" ({})", job.words()));
            let reason = job.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", reason.safe()));
            let status = match job.state.raw() {
                "failed" => Status::Bad,
                _ if is_running => Status::Good,
                _ => Status::Warn,
            };
            let mut diagnosis = Diagnosis::new("jobs", format!("job {}{words}", job.id.safe()), status, format!("{}{reason}", job.state.safe()));
            if !is_running {
                diagnosis = diagnosis.means("it finds nothing while it stands still").remedy("an administrator can open it and start its datafeed");
            }
            diagnosis
        })
        .collect()
}
