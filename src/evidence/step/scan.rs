//! F5: a few sources that knock at many doors and enter none.

use crate::analysis::telltales::Sort;
use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};

/// Where the sources were, and what they said of themselves.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let scanners = picture.explained.sources("scan");
    let share = picture.explained.share("scan", picture);
    let names: Vec<String> = scanners.iter().map(ToString::to_string).collect();
    let who = match names.len() {
        0 => "no source knocks at many doors without entering".to_owned(),
        _ => {
            let widest = scanners.iter().filter_map(|source| picture.source(*source)).map(|source| source.destinations).max().unwrap_or(0);
            format!(
                "{} ({}) touched up to {} around that time and entered none",
                count(names.len(), "source"),
                some(&names, 3),
                count(usize::try_from(widest).unwrap_or(0), "destination")
            )
        }
    };
    let mut weighed = Weighed::new(format!("{who}; a scanner adds one source to each destination: that explains {} of {}", share.explained, share.extra));
    weighed.sources = scanners.iter().copied().collect();
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    for source in scanners {
        if let Some(tale) = picture.telltales.iter().find(|tale| tale.sort == Sort::ScannerCookie && tale.text.starts_with(&format!("{source} "))) {
            weighed.plus(60, tale.text.clone());
        }
        if let Some(fact) = picture.source(*source).filter(|fact| fact.destinations >= 5) {
            weighed.plus(45, format!("{source} touched {} of {} destinations around that time", fact.destinations, picture.past.destinations));
        }
        let enters = picture.elsewhere.iter().any(|(_, ladder)| ladder.source == Some(*source) && ladder.stage() >= Stage::Authenticated);
        if !enters && picture.sees.logons {
            weighed.plus(20, format!("{source} got no session anywhere"));
        }
        if let Some(most) = picture.rhythm.rushes.get(source) {
            weighed.plus(10, format!("{source} reached {most} destinations within ten seconds"));
        }
    }
    if scanners.len() > 3 {
        weighed.minus(15, format!("{} at once: scanners are few", count(scanners.len(), "such source")));
    }
    let others = picture.facts.sources.iter().filter(|source| source.is_suspect() && !scanners.contains(&source.address)).count();
    if others > 0 {
        weighed.minus(40, format!("{} did more than knock", count(others, "source")));
    }
    let in_ = picture.facts.sources.iter().filter(|source| source.stage >= Stage::LoggedOn && source.is_new == Some(true)).count();
    if in_ > 0 {
        weighed.minus(30, format!("{in_} that were never here before got a session"));
    }
    let names_itself = picture.telltales.iter().any(|tale| tale.sort == Sort::ScannerCookie);
    if !picture.sees.logons && !names_itself {
        weighed.missing("logons are not visible in this data: whether a source that knocks also entered cannot be told");
        if !scanners.is_empty() {
            return weighed.cannot_tell();
        }
    }
    weighed.missing("other ports that a source tried are not part of this data");
    weighed.human("Was a scan or a test agreed for these dates, from these addresses?");
    weighed.harmless(share.percent())
}
