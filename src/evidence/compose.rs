//! From answers to a dossier: the picture once, then every step whose questions are answered, then what they suggest together.

use super::dossier::{Dossier, Rows, StepEvidence};
use super::picture::Picture;
use super::weigh::Weighed;
use super::{Answers, Inquiry, Question, overall, step};
use crate::domain::Completeness;
use crate::guide::{Guide, Phase};

/// Documents that a step names at most: enough to find the rest again.
const NAMED: usize = 20;

/// Fills in the steps of a guide as far as their questions are answered.
pub fn dossier(guide: &Guide, inquiry: &Inquiry, answers: &Answers) -> Dossier {
    let picture = Picture::of(inquiry, answers);
    let mut steps: Vec<StepEvidence> = Vec::new();
    for (phase, wanted) in guide.steps() {
        let filled = match step::named(&wanted.id) {
            Some(known) if known.questions.iter().all(|question| answers.is_answered(*question)) => {
                let weighed = match known.after {
                    Some(after) => after(&picture, &steps),
                    None => (known.weigh)(&picture),
                };
                let weighed = doubted(weighed, known.questions, answers);
                Some(evidence(phase, wanted, weighed, known.questions, &picture))
            }
            Some(_) => None,
            // A step of the user's own: people answer it, the program knows nothing of it.
            None => Some(evidence(phase, wanted, own(), &[], &picture)),
        };
        steps.extend(filled);
    }
    let completeness = completeness(answers);
    let (suggests, speaks_for, against) = overall::suggests(&steps, &completeness, answers);
    Dossier {
        destination: std::sync::Arc::clone(&inquiry.destination),
        range: inquiry.range,
        guide: guide.id.clone(),
        suggests,
        speaks_for,
        against,
        steps,
        facts: picture.facts,
        completeness,
    }
}

fn own() -> Weighed {
    let mut weighed = Weighed::new("a step of your own guide: nothing is asked for it");
    weighed.missing("the program knows no question for this step");
    weighed.cannot_tell()
}

/// No suggestion on partial data, and none where a question failed.
fn doubted(mut weighed: Weighed, questions: &[Question], answers: &Answers) -> Weighed {
    let mut is_doubtful = false;
    for question in questions {
        if let Some(trouble) = answers.trouble(*question) {
            weighed.missing(format!("{}: {}", question.words(), crate::domain::foreign::sanitize(&trouble.what, crate::domain::Limits::CELL)));
            is_doubtful = true;
        } else if let Some(completeness) = answers.completeness(*question).filter(|completeness| !completeness.is_whole()) {
            weighed.missing(format!("{}: the answer is partial ({})", question.words(), completeness.words()));
            is_doubtful = true;
        }
    }
    if is_doubtful { weighed.cannot_tell() } else { weighed }
}

fn evidence(phase: &Phase, wanted: &crate::guide::Step, weighed: Weighed, questions: &[Question], picture: &Picture<'_>) -> StepEvidence {
    let documents = documents(picture, &weighed);
    let mut human = vec![wanted.human.clone()];
    human.extend(weighed.human);
    human.dedup();
    StepEvidence {
        step: wanted.id.clone(),
        phase: phase.id.clone(),
        title: wanted.title.clone(),
        suggested: weighed.suggested,
        confidence: weighed.confidence,
        finding: weighed.finding,
        speaks_for: weighed.speaks_for,
        against: weighed.against,
        missing: weighed.missing,
        human,
        queries: questions.iter().filter_map(|question| picture.answers.query(*question)).cloned().collect(),
        rows: Rows { tab: wanted.open.clone(), sources: weighed.sources, users: weighed.users, documents },
    }
}

/// The events that name a source or an account of the step, the first few, each as one line of JSON.
fn documents(picture: &Picture<'_>, weighed: &Weighed) -> Vec<String> {
    let is_meant = |event: &crate::domain::Event| {
        event.source.is_some_and(|source| weighed.sources.contains(&source)) || event.user.as_ref().is_some_and(|user| weighed.users.contains(user))
    };
    let here = (0..picture.events.len()).filter(|place| picture.is_here(*place)).filter_map(|place| picture.events.get(place));
    here.filter(|event| picture.inquiry.range.contains(event.time) && is_meant(event)).take(NAMED).map(document).collect()
}

fn document(event: &crate::domain::Event) -> String {
    serde_json::json!({
        "@timestamp": crate::domain::time::rfc3339_micros(event.time), "event.kind_of": event.kind.name(), "source.ip": event.source,
        "source.port": event.source_port, "destination.ip": event.destination, "host.name": event.host, "user.name": event.user,
        "process.executable": event.process, "event.code": event.code, "record_id": event.record, "file": event.origin.file,
        "_index": event.origin.index, "_id": event.origin.id,
    })
    .to_string()
}

/// What is missing from all answers together. Parts of one backend repeat what was skipped while reading: the largest
/// number counts, not the sum.
fn completeness(answers: &Answers) -> Completeness {
    let mut whole = Completeness::whole(0);
    for part in Question::ALL.iter().filter_map(|question| answers.completeness(*question)) {
        let skipped = std::mem::take(&mut whole.skipped);
        let (events, read) = (whole.events.max(part.events), whole.read.max(part.read));
        let theirs = part.skipped.clone();
        whole = whole.and(&Completeness { skipped: Vec::new(), ..part });
        (whole.events, whole.read, whole.skipped) = (events, read, skipped);
        for skipped in theirs {
            match whole.skipped.iter_mut().find(|known| known.reason == skipped.reason) {
                Some(known) => known.count = known.count.max(skipped.count),
                None => whole.skipped.push(skipped),
            }
        }
    }
    whole
}
