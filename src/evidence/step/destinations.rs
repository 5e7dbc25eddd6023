//! Of the hunt: where the host went, in what order, and whether it was let in.

use std::collections::BTreeSet;

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};

/// What the host did.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let onward = picture.onward();
    let to: BTreeSet<String> = onward.iter().map(|edge| picture.label(&edge.to)).collect();
    let to: Vec<String> = to.into_iter().collect();
    let inside = onward.iter().filter(|edge| edge.stage >= Stage::Authenticated).count();
    let blind = onward.iter().filter(|edge| !edge.is_whole && edge.stage < Stage::Authenticated).count();
    let mut weighed = Weighed::new(if to.is_empty() {
        "it is not seen to have gone anywhere by RDP".to_owned()
    } else {
        format!("{} to {} ({}), {inside} of them let in", count(onward.len(), "visit"), count(to.len(), "destination"), some(&to, 4))
    });
    weighed.users = onward.iter().flat_map(|edge| edge.users.iter().cloned()).collect();
    if picture.machine.is_none() || (onward.is_empty() && picture.events.is_empty()) {
        weighed.missing("this host reports nothing: where it went cannot be told");
        return weighed.cannot_tell();
    }
    if to.len() >= 5 {
        weighed.plus(40, format!("{} around that time", count(to.len(), "destination")));
    }
    let refused = onward.iter().filter(|edge| edge.stage == Stage::Refused).count();
    if refused > 0 {
        weighed.plus(20, format!("{} refused", count(refused, "visit")));
    }
    if inside > 0 && picture.facts.sources.iter().any(crate::evidence::SourceFact::is_suspect) {
        weighed.plus(40, format!("{inside} let in, and a suspect source had reached it before"));
    }
    if to.is_empty() {
        weighed.minus(45, "it went nowhere");
    } else if to.len() <= 2 && refused == 0 {
        weighed.minus(20, format!("{} only", count(to.len(), "destination")));
    }
    if blind > 0 {
        weighed.missing(format!("{} to servers whose logs are not here: whether they let it in cannot be told", count(blind, "visit")));
    }
    weighed.triage(blind == 0)
}
