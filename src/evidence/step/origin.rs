//! Of the hunt: whether the host itself was reached before, by whom and how.

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};

/// Who reached it.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let inside: Vec<_> = picture.facts.sources.iter().filter(|source| source.stage >= Stage::Authenticated).collect();
    let suspects = inside.iter().filter(|source| source.is_suspect()).count();
    let names: Vec<String> = inside.iter().map(|source| source.address.to_string()).collect();
    let mut weighed = Weighed::new(if names.is_empty() {
        "nobody is seen to have got in here by RDP".to_owned()
    } else {
        format!("{} got in here around that time ({}), {suspects} suspect", count(names.len(), "source"), some(&names, 3))
    });
    weighed.sources = inside.iter().map(|source| source.address).collect();
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: whether it was reached before cannot be told");
        return weighed.cannot_tell();
    }
    if suspects > 0 {
        weighed.plus(60, format!("{} got in", count(suspects, "suspect source")));
    } else {
        weighed.minus(45, "no suspect source got in: somebody was at the console, or a regular user");
        weighed.human("Was somebody at the console?");
    }
    weighed.triage(true)
}
