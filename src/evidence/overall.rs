//! What all steps together suggest, and why. People decide.

use super::dossier::{Point, StepEvidence, Suggested, Suggests};
use super::{Answers, Question};
use crate::domain::Completeness;

/// Steps of triage that must look bad before an attack is suggested against no explanation.
const AGREE: usize = 2;
/// And against an explanation that holds.
const OUTVOTE: usize = 3;
/// One step this sure needs no second.
const SURE: u8 = 90;

/// Harmless explanations, the most particular first.
const PARTICULAR: &[&str] = &["scan", "automation", "deployment", "gateway", "maintenance"];

/// The suggestion, with what speaks for an attack and what against it.
pub(super) fn suggests(steps: &[StepEvidence], completeness: &Completeness, answers: &Answers) -> (Suggests, Vec<Point>, Vec<Point>) {
    let of = |phase: &'static str, suggested: Suggested| steps.iter().filter(move |step| step.phase == phase && step.suggested == suggested);
    let point = |step: &StepEvidence| Point::new(step.confidence, format!("{}: {}", step.title, step.finding));
    let sorted = |mut points: Vec<Point>| {
        points.sort_by_key(|point| std::cmp::Reverse(point.weight));
        points
    };
    let speaks_for = sorted(of("triage", Suggested::LooksBad).map(point).collect());
    let against = sorted(of("triage", Suggested::LooksBenign).chain(of("harmless", Suggested::LooksBenign)).map(point).collect());
    let is_whole = completeness.is_whole() && Question::ALL.iter().all(|question| answers.is_answered(*question) && answers.trouble(*question).is_none());
    let bad = speaks_for.len();
    let sure = speaks_for.iter().any(|point| point.weight >= SURE);
    // Of several the most particular says most: that people are known here holds of nearly everything ordinary.
    let harmless = PARTICULAR.iter().find_map(|id| of("harmless", Suggested::LooksBenign).find(|step| step.step == *id));
    let harmless = harmless.or_else(|| of("harmless", Suggested::LooksBenign).max_by_key(|step| step.confidence));
    let suggested = match harmless {
        _ if !is_whole => Suggests::Undetermined,
        Some(_) if bad >= OUTVOTE => Suggests::Malicious,
        Some(step) if bad < AGREE => Suggests::Benign(step.step.clone()),
        None if bad >= AGREE || sure => Suggests::Malicious,
        _ => Suggests::Undetermined,
    };
    (suggested, speaks_for, against)
}
