//! F1: known people with known accounts, in a window of theirs.

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, counted};

/// Who is known, and when they come.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events, Question::Accounts];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let facts = &picture.facts;
    let all = facts.sources.len();
    let known = facts.sources.iter().filter(|source| source.is_new == Some(false)).count();
    let share = picture.explained.share("maintenance", picture);
    let users = facts.accounts.iter().filter(|account| account.logons > 0);
    let (known_users, all_users) = users.fold((0, 0), |(known, all), account| (known + usize::from(account.is_new == Some(false)), all + 1));
    let mut weighed = Weighed::new(format!(
        "{known} of {all} sources and {known_users} of {} that got in were here on earlier days; known visitors explain {} of {}",
        count(all_users, "account"),
        share.explained,
        counted(share.extra, "source to explain", "sources to explain")
    ));
    weighed.sources = picture.explained.sources("maintenance").iter().copied().collect();
    if facts.history_days == 0 {
        weighed.missing("history before the range: who is known here cannot be told");
        return weighed.cannot_tell();
    }
    if all == 0 {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    let part = |most: usize, part: usize, of: usize| u8::try_from(most * part / of.max(1)).unwrap_or(0);
    if known > 0 {
        weighed.plus(part(40, known, all), format!("{known} of {all} sources were here on earlier days"));
    }
    if known_users > 0 {
        weighed.plus(part(20, known_users, all_users), format!("{known_users} of {} were used here on earlier days", count(all_users, "account")));
    }
    let (days, alike) = picture.past.alike;
    let weeks = picture.past.weeks.iter().filter(|count| 2 * **count as usize >= all).count();
    if (days >= 3 && 2 * alike >= days) || (picture.past.weeks.len() >= 2 && 2 * weeks >= picture.past.weeks.len()) {
        weighed.plus(
            20,
            format!("as many come at this hour on {alike} of {days} earlier days, and in {weeks} of the last {}", count(picture.past.weeks.len(), "week")),
        );
    }
    let refusals: u64 = facts.sources.iter().map(|source| source.refusals).sum();
    if picture.sees.refusals && refusals == 0 {
        weighed.plus(10, "nobody was refused");
    }
    let (ended, visits) = picture.visits().fold((0, 0), |(ended, all), session| (ended + usize::from(session.end.is_some()), all + 1));
    if visits > 0 && ended > 0 {
        weighed.plus(part(10, ended, visits), format!("{ended} of {} were left in the ordinary way", count(visits, "session")));
    }
    if !picture.rhythm.is_off_hours && picture.rhythm.sources > 0 {
        weighed.plus(10, "in working hours");
    } else if picture.rhythm.sources > 0 && alike == 0 {
        weighed.minus(15, "outside working hours, and on no earlier day");
    }
    let intruders = facts.sources.iter().filter(|source| source.is_new == Some(true) && source.stage >= Stage::Authenticated).count();
    if intruders > 0 {
        weighed.minus(part(50, intruders, all).max(25), format!("{intruders} that got in were never here before"));
    }
    if refusals >= 5 {
        weighed.minus(30, format!("{refusals} refusals"));
    }
    if !picture.telltales.is_empty() {
        weighed.minus(30, picture.telltales.first().map(|tale| tale.text.clone()).unwrap_or_default());
    }
    if all_users == 0 && !picture.sees.logons {
        weighed.missing("logons are not visible in this data: whose sessions these were cannot be told");
    }
    weighed.harmless(share.percent())
}
