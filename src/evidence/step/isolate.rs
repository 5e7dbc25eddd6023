//! R1: what isolating the destination would cut off, and whether there is a reason to.

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::{Picture, named};
use crate::evidence::weigh::{Weighed, count, some};

/// Who is on it, and where it went.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let open = &picture.facts.open_sessions;
    let users = named(open.iter().map(|(user, ..)| user));
    let inside: Vec<_> = picture.facts.sources.iter().filter(|source| source.is_suspect() && source.stage >= Stage::Authenticated).collect();
    let onward = picture.onward().len();
    let on_it = if users.is_empty() {
        "nobody is known to be logged on".to_owned()
    } else {
        format!("{} without a seen end: {}", count(open.len(), "session"), some(&users, 4))
    };
    let mut weighed = Weighed::new(format!("{} got in; {on_it}; it went on to others in {}", count(inside.len(), "suspect source"), count(onward, "visit")));
    weighed.sources = inside.iter().map(|source| source.address).collect();
    weighed.users = open.iter().map(|(user, ..)| user.clone()).collect();
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: whether anybody got in, and who would be cut off, cannot be told");
        return weighed.cannot_tell();
    }
    if !inside.is_empty() {
        weighed.plus(50, format!("{} got in and nothing harmless explains it", count(inside.len(), "suspect source")));
    }
    let ran = inside.iter().filter(|source| source.stage >= Stage::Process).count();
    if ran > 0 {
        weighed.plus(25, format!("{ran} of them started programs"));
    }
    if onward > 0 && !inside.is_empty() {
        weighed.plus(25, format!("{} from it since then", count(onward, "visit")));
    }
    let others: Vec<String> =
        named(open.iter().filter(|(_, source, _)| source.is_none_or(|source| !inside.iter().any(|suspect| suspect.address == source))).map(|(user, ..)| user));
    if !others.is_empty() {
        weighed.minus(10, format!("isolating it would cut off {}", some(&others, 4)));
    }
    if inside.is_empty() {
        weighed.minus(40, "no suspect source got in");
    }
    weighed.missing("what depends on it over other ports is not part of this data");
    weighed.response(!inside.is_empty())
}
