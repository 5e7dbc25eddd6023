//! What somebody else detected, as it was met while files were read.

use crate::domain::{Alert, Completeness, Foreign, Influencer, ModelPoint, Range};
use crate::query::{Alerts, Company, Scope, Seen, Sight};
use crate::schema::Detected;

/// Alerts and results of machine-learning jobs.
#[derive(Debug, Default)]
pub(super) struct Detections {
    alerts: Vec<Alert>,
    influencers: Vec<Influencer>,
    model: Vec<ModelPoint>,
}

impl Detections {
    /// Adds one, as read from `file` where it was one.
    pub(super) fn push(&mut self, detected: Detected, file: Option<&Foreign>) {
        match detected {
            Detected::Alert(mut alert) => {
                alert.origin.file = file.cloned();
                self.alerts.push(*alert);
            }
            Detected::Influencer(influencer) => self.influencers.push(influencer),
            Detected::Model(point) => self.model.push(point),
        }
    }

    /// From the first moment that any of them is about to the last; `None` where there is none.
    pub(super) fn extent(&self) -> Option<Range> {
        let first = self.alerts.iter().map(|alert| alert.about.from.min(alert.raised)).min()?;
        let last = self.alerts.iter().map(|alert| alert.about.to.max(alert.raised)).max()?;
        Some(Range { from: first, to: last.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(last) })
    }

    /// What belongs to a scope.
    pub(super) fn within(&self, scope: &Scope, company: &Company, completeness: &Completeness) -> Alerts {
        let sight = |what, is_there: bool| Sight { what, place: "files".to_owned(), seen: if is_there { Seen::Visible } else { Seen::Absent } };
        let is_result = |alert: &Alert| alert.raiser == crate::domain::Raiser::Job;
        let has_results = self.alerts.iter().any(is_result) || !self.influencers.is_empty() || !self.model.is_empty();
        let alerts = Alerts {
            alerts: self.alerts.clone(),
            influencers: self.influencers.clone(),
            model: self.model.clone(),
            sights: vec![sight("security alerts", self.alerts.iter().any(|alert| !is_result(alert))), sight("machine-learning results", has_results)],
            completeness: completeness.clone(),
        };
        let mut alerts = alerts.within(scope, company);
        alerts.completeness.events = alerts.alerts.len() as u64;
        alerts
    }
}
