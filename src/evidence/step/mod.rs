//! The steps, a file each: the questions it rests on, and what it makes of the picture. To add one: its file, its line
//! in [`STEPS`], its entry in a guide.

mod accounts;
mod accounts_reset;
mod automation;
mod block;
mod clients;
mod deployment;
mod destinations;
mod detection;
mod escalate;
mod gateway;
mod history;
mod isolate;
mod maintenance;
mod origin;
mod scan;
mod scope;
mod sources;
mod systems;
mod timing;
mod traces;

use super::picture::Picture;
use super::weigh::Weighed;
use super::{Question, StepEvidence};

/// How a step is filled in.
#[derive(Clone, Copy)]
pub struct Step {
    /// Its id in the guides.
    pub id: &'static str,
    /// The questions it rests on; what is partial in one of them forbids a suggestion.
    pub questions: &'static [Question],
    /// What it makes of the picture.
    pub weigh: fn(&Picture<'_>) -> Weighed,
    /// The same where it needs what other steps found.
    pub after: Option<fn(&Picture<'_>, &[StepEvidence]) -> Weighed>,
}

const fn step(id: &'static str, questions: &'static [Question], weigh: fn(&Picture<'_>) -> Weighed) -> Step {
    Step { id, questions, weigh, after: None }
}

/// Every step of our guides.
pub const STEPS: &[Step] = &[
    step("sources", sources::QUESTIONS, sources::weigh),
    step("history", history::QUESTIONS, history::weigh),
    step("timing", timing::QUESTIONS, timing::weigh),
    step("accounts", accounts::QUESTIONS, accounts::weigh),
    step("traces", traces::QUESTIONS, traces::weigh),
    step("maintenance", maintenance::QUESTIONS, maintenance::weigh),
    step("automation", automation::QUESTIONS, automation::weigh),
    step("gateway", gateway::QUESTIONS, gateway::weigh),
    step("deployment", deployment::QUESTIONS, deployment::weigh),
    step("scan", scan::QUESTIONS, scan::weigh),
    step("isolate", isolate::QUESTIONS, isolate::weigh),
    step("scope", scope::QUESTIONS, scope::weigh),
    step("block", block::QUESTIONS, block::weigh),
    step("accounts_reset", accounts_reset::QUESTIONS, accounts_reset::weigh),
    step("systems", systems::QUESTIONS, systems::weigh),
    Step { id: "escalate", questions: escalate::QUESTIONS, weigh: escalate::weigh, after: Some(escalate::after) },
    step("detection", detection::QUESTIONS, detection::weigh),
    step("clients", clients::QUESTIONS, clients::weigh),
    step("destinations", destinations::QUESTIONS, destinations::weigh),
    step("origin", origin::QUESTIONS, origin::weigh),
];

/// The step of this id.
pub fn named(id: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.id == id)
}
