//! Alerts of a story: what the security solution of a made-up site said about what happens.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::cast::wrong;
use crate::backend::BackendError;
use crate::domain::{Address, Alert, Anomaly, Foreign, Origin, Raiser, Range};

/// One alert as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// Name of the rule, or id of the job.
    pub title: String,
    /// What it is about, after `start`; the start of the bucket where there are figures.
    pub at: SignedDuration,
    /// When it is raised, after `start`.
    pub raised: SignedDuration,
    /// Whether it is the record of a job, not the alert of a rule.
    #[serde(default)]
    pub is_record: bool,
    /// Stable id of the rule.
    pub rule: Option<String>,
    /// Id of the job.
    pub job: Option<String>,
    /// Severity, in words.
    pub severity: Option<String>,
    /// Risk score.
    pub risk: Option<f64>,
    /// What people have done with it.
    pub status: Option<String>,
    /// ATT&CK tactics.
    #[serde(default)]
    pub tactics: Vec<String>,
    /// Host that reported.
    pub host: Option<String>,
    /// Address reached.
    pub destination: Option<Address>,
    /// Addresses that connected.
    #[serde(default)]
    pub sources: Vec<Address>,
    /// Users in it.
    #[serde(default)]
    pub users: Vec<String>,
    /// Why, in the rule's words.
    pub reason: Option<String>,
    /// The figures of a job.
    pub figures: Option<Figures>,
}

/// What a job counted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Width of the bucket.
    pub span: SignedDuration,
    /// Score.
    pub score: f64,
    /// Score at first.
    pub initial: Option<f64>,
    /// What was seen.
    pub actual: f64,
    /// What is usual.
    pub typical: f64,
    /// Whether the bucket was still open.
    #[serde(default)]
    pub is_interim: bool,
}

impl Scripted {
    /// The alert; `number` tells it apart from the story's others.
    ///
    /// # Errors
    /// Where its times leave the calendar.
    pub fn alert(&self, number: usize, start: Timestamp) -> Result<Alert, BackendError> {
        let moment = |offset| start.checked_add(offset).map_err(|_| wrong(format!("its alert {:?} leaves the calendar", self.title)));
        let foreign = |text: &Option<String>| text.as_deref().map(Foreign::from);
        let foreigns = |texts: &[String]| texts.iter().map(|text| Foreign::from(text.as_str())).collect::<Vec<_>>();
        let (from, raised) = (moment(self.at)?, moment(self.raised)?);
        let span = self.figures.map_or(SignedDuration::from_micros(1), |figures| figures.span);
        let anomaly = self.figures.map(|figures| Anomaly {
            score: figures.score,
            initial: figures.initial,
            probability: None,
            multi_bucket_impact: None,
            actual: Some(figures.actual),
            typical: Some(figures.typical),
            is_interim: figures.is_interim,
            span: figures.span,
            entity: self.destination.map(|address| ("destination.ip".into(), Foreign::from(address.to_string()))),
            influencers: self
                .sources
                .first()
                .map(|_| ("source.ip".into(), self.sources.iter().map(|source| Foreign::from(source.to_string())).collect()))
                .into_iter()
                .collect(),
        });
        Ok(Alert {
            origin: Origin { file: None, index: None, id: Some(Foreign::from(format!("story-alert-{number}"))) },
            raiser: if self.is_record { Raiser::Job } else { Raiser::Rule },
            raised,
            about: Range { from, to: from.checked_add(span).unwrap_or(from) },
            title: self.title.as_str().into(),
            rule: foreign(&self.rule),
            job: foreign(&self.job),
            severity: foreign(&self.severity),
            risk: self.risk,
            status: foreign(&self.status),
            reason: foreign(&self.reason),
            tactics: foreigns(&self.tactics),
            techniques: Vec::new(),
            hosts: foreign(&self.host).into_iter().collect(),
            host_addresses: Vec::new(),
            destinations: self.destination.into_iter().collect(),
            sources: self.sources.clone(),
            users: foreigns(&self.users),
            anomaly,
        })
    }
}
