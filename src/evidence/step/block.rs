//! R3: which sources can be blocked, and who would be cut off with them.

use std::collections::BTreeSet;

use crate::evidence::Question;
use crate::evidence::picture::{Picture, named};
use crate::evidence::weigh::{Weighed, count, some};

/// Who came, and who came from there before.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events, Question::Accounts];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let suspects: Vec<_> = picture.facts.sources.iter().filter(|source| source.is_suspect()).collect();
    let used: Vec<_> = suspects.iter().filter(|source| !source.regulars.is_empty()).collect();
    let cut: BTreeSet<_> = used.iter().flat_map(|source| &source.regulars).cloned().collect();
    let cut = named(cut.iter());
    let who = if cut.is_empty() {
        "no regular user would be cut off".to_owned()
    } else {
        format!("{} would be cut off with them: {}", count(cut.len(), "regular user"), some(&cut, 4))
    };
    let mut weighed = Weighed::new(format!("{} of {} can be blocked; {who}", suspects.len(), count(picture.facts.sources.len(), "source")));
    weighed.sources = suspects.iter().map(|source| source.address).collect();
    weighed.users = used.iter().flat_map(|source| source.regulars.iter().cloned()).collect();
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    if !suspects.is_empty() {
        weighed.plus(60, format!("{} that nothing harmless explains", count(suspects.len(), "suspect source")));
    } else {
        weighed.minus(50, "no source is suspect: nothing to block");
    }
    for source in used.iter().take(5) {
        let users = named(source.regulars.iter());
        weighed.minus(5, format!("{} was used here before by {}", source.address, some(&users, 3)));
    }
    let odd: Vec<String> = suspects.iter().filter(|source| !source.address.identifies_a_host()).map(|source| source.address.to_string()).collect();
    if !odd.is_empty() {
        weighed.missing(format!("{} tell no host apart: blocking them blocks the server itself", some(&odd, 3)));
    }
    weighed.missing("address pools and NAT: whether an address will be somebody else's tomorrow is not part of this data");
    weighed.response(!suspects.is_empty())
}
