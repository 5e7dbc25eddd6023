//! R6: what happened, when, where, by whom, how sure that is, and what is unknown: the summary for those who decide.

use crate::domain::time::rfc3339;
use crate::domain::{Foreign, Stage};
use crate::evidence::picture::{Picture, named};
use crate::evidence::weigh::{Weighed, count, counted, some};
use crate::evidence::{Question, StepEvidence, Suggested};

/// Everything.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events, Question::Elsewhere, Question::Alerts];

/// How bad it is, by how far they got and how widely.
fn severity(picture: &Picture<'_>) -> &'static str {
    let suspects = || picture.facts.sources.iter().filter(|source| source.is_suspect());
    let furthest = suspects().map(|source| source.stage).max();
    let spread = picture.facts.hosts.iter().filter(|host| host.stage >= Stage::Authenticated).count();
    match furthest {
        Some(stage) if stage >= Stage::Authenticated && spread > 1 => "critical",
        Some(stage) if stage >= Stage::Authenticated => "high",
        Some(_) if suspects().count() >= 5 => "medium",
        Some(_) => "low",
        None => "none",
    }
}

/// Weighs by the facts alone.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    after(picture, &[])
}

/// Weighs with what the other steps found.
pub fn after(picture: &Picture<'_>, steps: &[StepEvidence]) -> Weighed {
    let suspects: Vec<_> = picture.facts.sources.iter().filter(|source| source.is_suspect()).collect();
    let inside = suspects.iter().filter(|source| source.stage >= Stage::Authenticated).count();
    let severity = severity(picture);
    let users = named(picture.facts.accounts.iter().filter(|account| account.logons > 0 && !account.suspicion.is_empty()).map(|account| &account.name));
    let destination = picture.inquiry.destination.name().cloned().unwrap_or_else(|| picture.inquiry.destination.label());
    let when = suspects.iter().map(|source| source.first).min().unwrap_or(picture.inquiry.range.from);
    let mut weighed = Weighed::new(format!(
        "severity {severity}: {} at {} since {}, {inside} of them got in{}; {} in scope",
        count(suspects.len(), "suspect source"),
        Foreign::safe(&destination),
        rfc3339(when),
        if users.is_empty() { String::new() } else { format!(" as {}", some(&users, 3)) },
        counted(
            picture.facts.hosts.iter().filter(|host| host.stage >= Stage::Authenticated).count().max(usize::from(inside > 0)),
            "host entered",
            "hosts entered"
        ),
    ));
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    let bad = steps.iter().filter(|step| step.phase == "triage" && step.suggested == Suggested::LooksBad).count();
    for step in steps.iter().filter(|step| step.phase == "triage" && step.suggested == Suggested::LooksBad) {
        weighed.plus(15, format!("{}: {}", step.title, step.finding));
    }
    let unknown = steps.iter().filter(|step| step.phase == "triage" && step.suggested == Suggested::CannotTell).count();
    if unknown > 0 {
        weighed.missing(format!("{} could not be told", counted(unknown, "step of triage", "steps of triage")));
    }
    if inside > 0 {
        weighed.plus(40, format!("{} got in", count(inside, "suspect source")));
    }
    if suspects.is_empty() {
        weighed.minus(40, "no source is suspect");
    }
    if inside == 0 && !picture.sees.logons && !suspects.is_empty() {
        weighed.missing("logons are not visible in this data: whether anybody got in cannot be told");
    }
    if suspects.is_empty() && bad == 0 && !picture.sees.logons {
        return weighed.cannot_tell();
    }
    weighed.response(inside > 0 || bad >= 2)
}
