//! T3: at once, in order, in a rhythm; at an hour when people work, and as in the weeks before.

use crate::evidence::Question;
use crate::evidence::picture::{Picture, ratio};
use crate::evidence::weigh::{Weighed, count};

/// When they came, now and before.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let rhythm = &picture.rhythm;
    let zone = picture.inquiry.zone.iana_name().unwrap_or("UTC");
    let hours = match (rhythm.hour, rhythm.is_off_hours) {
        (Some(hour), true) => format!("outside working hours ({hour:02} h, {zone})"),
        (Some(hour), false) => format!("in working hours ({hour:02} h, {zone})"),
        (None, _) => "at times that are not known".to_owned(),
    };
    let minutes = rhythm.spread / 60;
    let (days, alike) = picture.past.alike;
    let weeks = &picture.past.weeks;
    let half = picture.facts.sources.len().div_ceil(2).max(1);
    let same_week = weeks.iter().filter(|count| **count as usize >= half).count();
    let before = match (weeks.len(), days) {
        (0, 0) => "no earlier days to compare".to_owned(),
        (0, _) => format!("as many at this hour on {alike} of {days} earlier days"),
        (known, _) => format!("as many at this hour in {same_week} of the last {}", count(known, "week")),
    };
    let mut weighed =
        Weighed::new(format!("{} first came within {minutes} min, {} of them in one minute, {hours}; {before}", count(rhythm.sources, "source"), rhythm.burst));
    weighed.sources = picture.facts.sources.iter().map(|source| source.address).collect();
    if rhythm.sources == 0 {
        weighed.missing("no event of the range names both a time and a usable source");
        return weighed.cannot_tell();
    }
    if rhythm.sources >= 5 && ratio(rhythm.burst, rhythm.sources) >= 0.7 {
        weighed.plus(30, format!("{} of {} came within one minute", rhythm.burst, rhythm.sources));
    }
    if let Some(unevenness) = rhythm.unevenness.filter(|unevenness| *unevenness < 0.4 && rhythm.sources >= 8) {
        weighed.plus(40, format!("one new source after another as by a clock (unevenness {unevenness:.2}, people have 1 or more)"));
    }
    if let Some(ordered) = rhythm.ordered.filter(|ordered| *ordered >= 0.85 && rhythm.sources >= 8) {
        weighed.plus(25, format!("{:.0} of 100 came in the order of their addresses", 100.0 * ordered));
    }
    if let Some((source, most)) = rhythm.rushes.iter().max_by_key(|(_, most)| **most) {
        weighed.plus(25, format!("{source} reached {most} destinations within ten seconds"));
    }
    if rhythm.is_off_hours {
        weighed.plus(20, format!("most came outside working hours by the clock of {zone}"));
        weighed.human("Is there a shift, a change or a holiday that explains the hour?");
    } else {
        weighed.minus(10, format!("most came in working hours by the clock of {zone}"));
    }
    let is_weekly = weeks.len() >= 2 && 4 * same_week >= 3 * weeks.len();
    if is_weekly {
        weighed.minus(50, format!("as many came at this hour of the week in {same_week} of the last {}", count(weeks.len(), "week")));
    } else if days >= 3 && 4 * alike >= 3 * days {
        weighed.minus(40, format!("as many came at this hour on {alike} of {days} earlier days"));
    } else if days >= 3 && alike == 0 && rhythm.sources >= 5 {
        weighed.plus(20, format!("on none of {days} earlier days did half as many come at this hour"));
    }
    if days < 3 {
        weighed.missing("too few earlier days to say whether this hour is a usual one");
    }
    weighed.triage(days >= 3 || !weeks.is_empty())
}
