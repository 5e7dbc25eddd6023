//! F4: management that makes a round of the estate and installs.

use crate::evidence::Question;
use crate::evidence::picture::{Picture, installer_of, is_odd_place};
use crate::evidence::weigh::{Weighed, count, some};

/// Who makes rounds, now and in the weeks before.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Parts of names that accounts for deployment have; weak, and it weighs little.
const NAMES: &[&str] = &["patch", "deploy", "sccm", "wsus", "update", "install", "ansible", "svc"];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let rounds = picture.explained.sources("deployment");
    let share = picture.explained.share("deployment", picture);
    let names: Vec<String> = rounds.iter().map(ToString::to_string).collect();
    let widest = rounds.iter().filter_map(|source| picture.source(*source)).map(|source| source.destinations).max().unwrap_or(0);
    let who = if names.is_empty() {
        "no source makes a round of the estate and logs on".to_owned()
    } else {
        format!("{} logs on at {widest} destinations around that time", some(&names, 3))
    };
    let mut weighed = Weighed::new(format!("{who}; that explains {} of {}", share.explained, share.extra));
    weighed.sources = rounds.iter().copied().collect();
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: whether a round is one of management cannot be told");
        return weighed.cannot_tell();
    }
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    for source in rounds {
        let past = picture.past.of.get(source);
        if let Some(past) = past.filter(|past| past.reached.len() >= 5) {
            weighed.plus(30, format!("{source} reached {} of {} destinations around that time", past.reached.len(), picture.past.destinations));
        }
        if let Some(past) = past.filter(|past| past.weeks > 0) {
            weighed.plus(35, format!("{source} came at this hour of the week in {} of the weeks before", past.weeks));
        } else if let Some(past) = past.filter(|past| past.rounds > 0) {
            weighed.plus(20, format!("{source} made such rounds on {} earlier days", past.rounds));
        }
        if let Some(image) = installer_of(picture, *source) {
            weighed.plus(30, format!("its session ran {}, which installs software", image.safe()));
        }
        let users = picture.source(*source).map(|source| source.users.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        if let Some(user) = users.iter().find(|user| NAMES.iter().any(|part| crate::analysis::account::bare(user).contains(part))) {
            weighed.plus(10, format!("{} is named like an account for that", user.safe()));
        }
    }
    let others = picture.facts.sources.iter().filter(|source| source.is_suspect() && !rounds.contains(&source.address)).count();
    if others > 0 {
        weighed.minus(35, format!("{others} suspect and no part of the round: {}", count(others, "source")));
    }
    let odd: Vec<String> =
        picture.started().filter_map(|process| process.image.as_ref()).filter(|image| is_odd_place(image)).map(|image| image.safe().into_string()).collect();
    if !odd.is_empty() {
        weighed.minus(40, format!("programs ran from where anybody can write: {}", some(&odd, 2)));
    }
    if picture.onward().iter().any(|edge| !edge.users.is_empty()) {
        weighed.minus(20, "somebody went on from there");
    }
    if !picture.sees.programs {
        weighed.missing("programs are not visible in this data: whether anything was installed cannot be told");
    }
    weighed.human("Is there a deployment plan for this window?");
    weighed.harmless(share.percent())
}
