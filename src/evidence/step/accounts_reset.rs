//! R4: which accounts got in from suspect sources, in the order in which they matter.

use crate::domain::Foreign;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};
use crate::evidence::{AccountFact, Question};

/// Who got in where.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Accounts, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let is_suspect = |account: &&AccountFact| {
        account.logons > 0 && account.sources.iter().any(|source| picture.source(*source).is_some_and(crate::evidence::SourceFact::is_suspect))
    };
    let taken: Vec<_> = picture.facts.accounts.iter().filter(is_suspect).collect();
    let privileged = taken.iter().filter(|account| account.is_privileged).count();
    let names: Vec<String> = taken.iter().map(|account| account.name.safe().into_string()).collect();
    let who = if names.is_empty() {
        "no account got in from a suspect source".to_owned()
    } else {
        format!("{} got in from suspect sources ({}), {privileged} with administrator rights", count(names.len(), "account"), some(&names, 4))
    };
    let mut weighed = Weighed::new(who);
    weighed.users = taken.iter().map(|account| account.name.clone()).collect();
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: which accounts got in cannot be told");
        return weighed.cannot_tell();
    }
    for account in taken.iter().take(10) {
        let hosts: Vec<String> = account.hosts.iter().map(Foreign::safe).map(crate::domain::Safe::into_string).collect();
        let weight = if account.is_privileged { 60 } else { 40 };
        weighed.plus(weight, format!("{}: {} on {}", account.name.safe(), account.suspicion.first().map_or("got in", String::as_str), some(&hosts, 4)));
    }
    if taken.is_empty() {
        weighed.minus(40, "nobody got in from a suspect source");
    }
    weighed.missing("when each password was last changed is not part of this data");
    weighed.response(!taken.is_empty())
}
