//! The doctor: what the facts about a cluster or files mean for whoever trusts them, and what to do. One file a check.

mod addresses;
mod arrival;
mod clocks;
mod collapse;
mod history;
mod host_ip;
mod jobs;
pub mod key;
mod licence;
mod mappings;
mod ports;
mod rights;
mod sensors;
mod sessions;
mod system_user;
mod unread;

use serde::Serialize;

use crate::domain::Health;

/// How things stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Wrong: what is shown can mislead.
    Bad,
    /// Not as it should be.
    Warn,
    /// Cannot be known here, which is not the same as well.
    NotVisible,
    /// Well.
    Good,
}

impl Status {
    /// The word on screen and in exports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::NotVisible => "not visible",
            Self::Good => "good",
        }
    }
}

/// One thing found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diagnosis {
    /// Stable name of the check.
    pub check: &'static str,
    /// What was looked at, in words; inert.
    pub title: String,
    /// How it stands.
    pub status: Status,
    /// The figure; inert.
    pub figure: String,
    /// What it means for the analyst.
    pub meaning: String,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
}

impl Diagnosis {
    fn new(check: &'static str, title: impl Into<String>, status: Status, figure: impl Into<String>) -> Self {
        Self { check, title: title.into(), status, figure: figure.into(), meaning: String::new(), remedy: String::new() }
    }

    fn means(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = meaning.into();
        self
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

/// A check: what it makes of the facts; nothing where they do not concern it.
type Check = fn(&Health) -> Vec<Diagnosis>;

/// Every check, in the order of the list.
const CHECKS: &[Check] = &[
    sensors::check,
    arrival::check,
    addresses::check,
    history::check,
    clocks::check,
    unread::check,
    ports::check,
    rights::check,
    mappings::check,
    collapse::check,
    host_ip::check,
    system_user::check,
    sessions::check,
    jobs::check,
    licence::check,
];

/// Everything that the facts say, in the order of the checks.
pub fn examine(health: &Health) -> Vec<Diagnosis> {
    CHECKS.iter().flat_map(|check| check(health)).collect()
}

/// The worst of it; what cannot be seen is not worse than a warning.
pub fn worst(diagnoses: &[Diagnosis]) -> Status {
    diagnoses.iter().map(|diagnosis| diagnosis.status).min().unwrap_or(Status::NotVisible)
}

/// A share in whole percent; never 100 where something is missing, never 0 where something is there.
fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let share = (part.saturating_mul(100).saturating_add(whole / 2)) / whole;
    if part < whole { share.min(99).max(u64::from(part > 0)) } else { 100 }
}

#[cfg(test)]
mod tests;
