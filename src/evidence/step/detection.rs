//! R7: whether a lower threshold would have seen it earlier, and what was not visible at all.

use crate::domain::finding::ANOMALOUS;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count};

/// What was judged, and what could be seen.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// A lower threshold that still means something: where major begins.
const LOWER: f64 = 50.0;

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let verdicts: Vec<_> = picture.inquiry.verdicts.iter().filter(|verdict| picture.inquiry.overlaps(verdict.start)).collect();
    let first = picture.facts.sources.iter().filter(|source| source.is_suspect()).map(|source| source.first).min();
    let at = |least: f64| verdicts.iter().find(|verdict| verdict.score.is_some_and(|score| score >= least)).map(|verdict| verdict.start);
    let (alarm, sooner) = (at(ANOMALOUS), at(LOWER));
    let gained = alarm.zip(sooner).map_or(0, |(alarm, sooner)| alarm.duration_since(sooner).as_secs() / 60);
    let blind: Vec<&str> = [(picture.sees.logons, "logons"), (picture.sees.refusals, "refusals"), (picture.sees.programs, "programs")]
        .into_iter()
        .filter(|(is_seen, _)| !is_seen)
        .map(|(_, what)| what)
        .collect();
    // A bucket can be judged once it is over.
    let width = picture.inquiry.size.seconds() / 60;
    let waited = alarm.zip(first).map(|(alarm, first)| alarm.duration_since(first).as_secs() / 60 + width);
    let mut parts = vec![match (alarm, waited) {
        (Some(_), Some(minutes)) => format!("the alarm stands {minutes} min after the first suspect source"),
        (Some(_), None) => "an alarm without a suspect source".to_owned(),
        (None, _) if !verdicts.is_empty() => "no alarm within the range".to_owned(),
        (None, _) => "no verdict within the range".to_owned(),
    }];
    parts.push(if gained > 0 {
        format!("a threshold of {LOWER:.0} would have been {gained} min earlier")
    } else {
        format!("a threshold of {LOWER:.0} would not have been earlier")
    });
    parts.push(if blind.is_empty() { "nothing needed was invisible".to_owned() } else { format!("not visible: {}", blind.join(", ")) });
    let mut weighed = Weighed::new(parts.join("; "));
    if verdicts.iter().all(|verdict| verdict.score.is_none()) {
        weighed.missing("no verdict of the detector within the range: what would have been earlier cannot be told");
        return weighed.cannot_tell();
    }
    if gained > 0 {
        weighed.plus(30, format!("{gained} min earlier with a threshold of {LOWER:.0} in place of {ANOMALOUS:.0}"));
    }
    if width > 15 && first.is_some() {
        weighed.plus(20, format!("buckets of 15 min would have closed {} min earlier", width - 15));
    }
    for what in &blind {
        weighed.plus(25, format!("{what} of this destination are not collected"));
    }
    let suspects = picture.facts.sources.iter().filter(|source| source.is_suspect()).count();
    if alarm.is_none() && suspects > 0 {
        weighed.plus(40, format!("{} and no alarm", count(suspects, "suspect source")));
    }
    if alarm.is_some() && suspects == 0 {
        weighed.plus(30, "an alarm that a harmless explanation covers: an exception is worth drafting");
    }
    if weighed.speaks_for.is_empty() {
        weighed.minus(40, "seen in time, and nothing needed was invisible");
    }
    let is_due = !weighed.speaks_for.is_empty();
    weighed.response(is_due)
}
