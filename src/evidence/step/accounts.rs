//! T4: which accounts were tried, which got in, whether they are privileged or new here.

use std::collections::BTreeSet;

use crate::analysis::account;
use crate::domain::Foreign;
use crate::evidence::Question;
use crate::evidence::picture::{Picture, named};
use crate::evidence::weigh::{Weighed, count, some};

/// Who was tried and who got in.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Accounts];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let accounts = &picture.facts.accounts;
    let in_: Vec<_> = accounts.iter().filter(|account| account.logons > 0).collect();
    let refused: Vec<_> = accounts.iter().filter(|account| account.refusals > 0).collect();
    let refusals: u64 = accounts.iter().map(|account| account.refusals).sum();
    let names = named(in_.iter().map(|account| &account.name));
    let who = if names.is_empty() { "none got in".to_owned() } else { format!("{} got in ({})", names.len(), some(&names, 3)) };
    let mut weighed = Weighed::new(format!("{}, {who}; {refusals} refusals", count(accounts.len(), "account")));
    weighed.users = accounts.iter().map(|account| account.name.clone()).collect();
    if !picture.sees.logons && !picture.sees.refusals && accounts.is_empty() {
        weighed.finding = "accounts are not visible in this data".to_owned();
        weighed.missing("neither logons nor refusals are visible in this data: which accounts were tried cannot be told");
        return weighed.cannot_tell();
    }
    let explained = |address: &crate::domain::Address| picture.explained.of(*address).is_some();
    for spray in picture.users.sprays.iter().filter(|spray| picture.source(spray.source).is_some()) {
        weighed.plus(50, format!("{} was refused with {} accounts in {} tries", spray.source, spray.users.len(), spray.refusals));
    }
    let trying: BTreeSet<_> =
        picture.facts.sources.iter().filter(|source| source.refusals > 0 && source.is_new != Some(false)).map(|source| source.address).collect();
    if trying.len() >= 5 {
        weighed.plus(50, format!("{} sources were refused {refusals} times with {}", trying.len(), count(refused.len(), "account")));
    }
    for account in &in_ {
        let name = account.name.safe();
        if let Some((_, source, tries)) =
            picture.users.rows.iter().find(|row| account::same(Some(&row.name), Some(&account.name))).and_then(|row| row.after_refusals.as_ref())
        {
            weighed.plus(50, format!("{name} got in from {source} after {tries} refusals there"));
        }
        let new: Vec<_> = account
            .sources
            .iter()
            .filter(|source| picture.source(**source).is_some_and(|source| source.is_new == Some(true) && !explained(&source.address)))
            .collect();
        if new.len() >= 2 {
            weighed.plus(40, format!("{name} got in or was tried from {} sources that are new here", new.len()));
        }
        if account.suspicion.iter().any(|why| why.contains("within minutes")) && account.sources.iter().any(|source| !explained(source)) {
            weighed.plus(20, format!("{name} was used from several sources within minutes"));
        }
        if account.is_privileged && account.is_new == Some(true) {
            weighed.plus(20, format!("{name} has administrator rights and was never used here before"));
        } else if account.is_new == Some(true) && !account.sources.iter().all(explained) {
            weighed.plus(15, format!("{name} was never used here before"));
        }
    }
    for (one, two) in &picture.users.alike {
        if [one, two].iter().any(|user| is_here(user, accounts.iter().map(|account| &account.name))) {
            weighed.plus(30, format!("{} and {} look alike and are not the same", one.safe(), two.safe()));
        }
    }
    let known = accounts.iter().filter(|account| account.is_new == Some(false)).count();
    if known > 0 && known == accounts.len() {
        weighed.minus(40, format!("every account ({known}) was here on earlier days"));
    } else if known > 0 {
        weighed.minus(10, format!("{known} of {} accounts were here on earlier days", accounts.len()));
    }
    if picture.sees.refusals && refusals == 0 {
        weighed.minus(15, "nobody was refused");
    }
    if accounts.is_empty() && picture.sees.logons && picture.sees.refusals {
        weighed.minus(30, "no account was tried: nobody got as far as a logon");
    }
    if !picture.sees.refusals {
        weighed.missing("refusals are not visible in this data: how many passwords were tried cannot be told");
    }
    if accounts.iter().any(|account| account.is_new.is_none()) {
        weighed.missing("history of accounts: which of them are new here cannot be told");
    }
    if let Some(first) = names.first().filter(|_| !weighed.speaks_for.is_empty()) {
        weighed.human(format!("Did the owner of {first} work there at that time? Ask by phone"));
    }
    let can_clear = picture.sees.logons && (accounts.is_empty() || known > 0);
    weighed.triage(can_clear)
}

fn is_here<'a>(user: &Foreign, mut accounts: impl Iterator<Item = &'a Foreign>) -> bool {
    accounts.any(|other| other == user)
}
