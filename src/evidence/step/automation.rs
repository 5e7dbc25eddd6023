//! F2: machines that come like clocks, day after day, without a session.

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, counted, some};

/// When each source came, now and before.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let clocks = picture.explained.sources("automation");
    let share = picture.explained.share("automation", picture);
    let names: Vec<String> = clocks.iter().map(ToString::to_string).collect();
    let who = if names.is_empty() {
        "no source comes like a clock".to_owned()
    } else {
        format!("{} ({})", counted(names.len(), "source comes like a clock", "sources come like clocks"), some(&names, 3))
    };
    let mut weighed = Weighed::new(format!("{who}; one monitor adds one source however often it comes: that explains {} of {}", share.explained, share.extra));
    weighed.sources = clocks.iter().copied().collect();
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    let told = picture.rhythm.of.len();
    if told == 0 && picture.past.days == 0 {
        weighed.missing("too few connections and no history: whether a source comes in a rhythm cannot be told");
        return weighed.cannot_tell();
    }
    for source in clocks {
        if let Some(unevenness) = picture.rhythm.of.get(source).filter(|unevenness| **unevenness <= 0.15) {
            weighed.plus(50, format!("{source} comes back as by a clock (unevenness {unevenness:.2})"));
        }
        if let Some(past) = picture.past.of.get(source).filter(|past| past.days.len() >= 3) {
            weighed.plus(30, format!("{source} came on {} of {} earlier days, in {} quarters of an hour", past.days.len(), picture.past.days, past.quarters));
        }
        if picture.source(*source).is_some_and(|source| source.stage == Stage::Touched) && picture.sees.logons {
            weighed.plus(15, format!("{source} only connects and never logs on"));
        }
        if let Some(fact) = picture.source(*source).filter(|fact| fact.destinations >= 5) {
            weighed.plus(10, format!("{source} does the same at {} destinations", fact.destinations));
        }
    }
    let busy = clocks.iter().filter(|source| picture.source(**source).is_some_and(|source| source.stage >= Stage::Process)).count();
    if busy > 0 {
        weighed.minus(40, format!("{busy} of them started programs"));
    }
    let others = picture.facts.sources.iter().filter(|source| source.is_suspect()).count();
    if others > 0 {
        weighed.minus(30, format!("{} and no clock", counted(others, "suspect source", "suspect sources")));
    }
    weighed.harmless(share.percent())
}
