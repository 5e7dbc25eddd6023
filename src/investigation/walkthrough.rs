//! One walkthrough: a guide at a destination and range, the questions of all its steps on their way, what was found, and the
//! case into which every answer of a person goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::slot::{Epoch, Fetched, Progress};
use crate::domain::Timestamp;
use crate::evidence::{Answers, Dossier, Inquiry, Question, StepEvidence};
use crate::guide::Guide;

/// A walkthrough.
#[derive(Clone, Debug)]
pub struct Walkthrough {
    /// The guide.
    pub guide: Arc<Guide>,
    /// What it is about.
    pub inquiry: Arc<Inquiry>,
    /// The answers that are here.
    pub answers: Answers,
    /// The questions on their way, each with its number and how far it has got.
    pub running: BTreeMap<Question, (Epoch, Option<Progress>)>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What was found, as far as it is known.
    pub dossier: Fetched<Dossier>,
    /// How many answers the dossier that is here or on its way rests on.
    pub weighed: usize,
    /// What was found when it was asked before, and when.
    pub before: Option<(Timestamp, Arc<Dossier>)>,
    /// Name of its case; `None` before the case is open.
    pub case: Option<String>,
    /// Whether what was found is in the case already.
    pub is_recorded: bool,
}

impl Walkthrough {
    /// One that has asked nothing yet.
    pub fn new(guide: Arc<Guide>, inquiry: Inquiry, now: Timestamp) -> Self {
        Self {
            guide,
            inquiry: Arc::new(inquiry),
            answers: Answers::default(),
            running: BTreeMap::new(),
            asked_at: now,
            dossier: Fetched::default(),
            weighed: 0,
            before: None,
            case: None,
            is_recorded: false,
        }
    }

    /// The evidence of a step, once it is here.
    pub fn step(&self, id: &str) -> Option<&StepEvidence> {
        self.dossier.value()?.step(id)
    }

    /// Whether every question is answered.
    pub fn is_whole(&self) -> bool {
        self.answers.done() == Question::ALL.len()
    }

    /// How the finding of a step has changed since it was asked before, where it has: `since 12:40: +3 sources`.
    pub fn difference(&self, id: &str) -> Option<(Timestamp, String)> {
        let (at, before) = self.before.as_ref()?;
        let (old, new) = (before.step(id)?, self.step(id)?);
        let mut parts = Vec::new();
        let change = |old: usize, new: usize, what: &str| {
            let by = i64::try_from(new).unwrap_or(0) - i64::try_from(old).unwrap_or(0);
            (by != 0).then(|| format!("{by:+} {what}{}", if by.abs() == 1 { "" } else { "s" }))
        };
        let fresh = new.rows.sources.iter().filter(|source| !old.rows.sources.contains(source)).count();
        parts.extend(change(old.rows.sources.len(), new.rows.sources.len(), "source").or_else(|| (fresh > 0).then(|| format!("{fresh} other sources"))));
        parts.extend(change(old.rows.users.len(), new.rows.users.len(), "account"));
        if old.suggested != new.suggested {
            parts.push(format!("{} was {}", new.suggested.in_phase(&new.phase), old.suggested.in_phase(&old.phase)));
        }
        if parts.is_empty() && old.finding != new.finding {
            parts.push(format!("was: {}", old.finding));
        }
        if parts.is_empty() {
            parts.push("nothing new".to_owned());
        }
        Some((*at, parts.join(", ")))
    }
}
