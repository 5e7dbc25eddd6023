//! Which verdicts exceptions hide, asking for accounts where an exception names some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::detect::Judged;
use super::super::failure::Failure;
use super::super::origin::Opened;
use crate::domain::{Address, Destination, Families, Foreign, Range, Severity, Verdict};
use crate::exception::{Exception, Finding, Word};
use crate::query::{Answer, Ask, Scope, TallyBy};

/// Findings about whose accounts is asked; of more it is said that they stay.
const ASKED: usize = 50;

/// What is hidden.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::cli) struct Hidden {
    /// By place of the destination and number of the bucket: the id of the exception.
    pub(in crate::cli) by: BTreeMap<(usize, i64), String>,
    /// Findings that could not be held against exceptions with accounts: too many to ask about.
    pub(in crate::cli) unasked: usize,
}

impl Hidden {
    /// What is hidden and what could not be told, a line each; none where nothing is.
    pub(in crate::cli) fn words(&self, shown: bool) -> Vec<String> {
        let unasked = (self.unasked > 0).then(|| format!("not held against exceptions with accounts: {} findings, too many to ask about", self.unasked));
        if self.by.is_empty() {
            return unasked.into_iter().collect();
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for id in self.by.values() {
            *counts.entry(id).or_default() += 1;
        }
        let each: Vec<String> = counts.into_iter().map(|(id, count)| format!("{id} {count}")).collect();
        let how = if shown { "" } else { "; --show-hidden shows their scores" };
        std::iter::once(format!("hidden by exception: {} ({}){how}", self.by.len(), each.join(", "))).chain(unasked).collect()
    }
}

/// One verdict to be held against exceptions.
pub(super) struct Held<'a> {
    place: usize,
    number: i64,
    destination: &'a Destination,
    verdict: &'a Verdict,
    bucket: Range,
    present: Vec<Address>,
}

impl Held<'_> {
    /// As exceptions see it.
    pub(super) fn finding<'f>(&'f self, users: Option<&'f BTreeMap<Address, BTreeSet<Foreign>>>) -> Option<Finding<'f>> {
        let finding = Finding::of(self.verdict, self.destination, self.bucket, &self.present)?;
        Some(Finding { users, ..finding })
    }
}

/// Every verdict worth hiding, with the sources of its bucket.
pub(super) fn held(judged: &Judged) -> Vec<Held<'_>> {
    let size = judged.plan.size;
    let mut held = Vec::new();
    for (place, verdicts) in judged.detection.verdicts.iter().enumerate() {
        let Some(destination) = judged.detection.destinations.get(place) else { continue };
        for (number, verdict) in verdicts.iter().filter(|(_, verdict)| verdict.severity().is_some_and(|severity| severity >= Severity::Minor)) {
            let bucket = Range { from: size.at(*number), to: size.at(number.saturating_add(1)) };
            held.push(Held { place, number: *number, destination, verdict, bucket, present: Vec::new() });
        }
    }
    // Only a detector that names no sources needs those of the bucket.
    if held.iter().any(|held| held.verdict.why.is_none()) {
        let (destinations, of) = judged.arrivals.destinations(judged.plan.by);
        let mut present: BTreeMap<(&Destination, i64), BTreeSet<Address>> = BTreeMap::new();
        for row in &judged.arrivals.rows {
            let reached = of.get(row.endpoint as usize).copied().flatten().and_then(|place| destinations.get(place));
            if let (Some(reached), Some(source)) = (reached, judged.arrivals.sources.get(row.source as usize)) {
                let number = size.index(judged.arrivals.bucket.at(row.bucket).as_second());
                present.entry((reached, number)).or_default().insert(*source);
            }
        }
        for held in held.iter_mut().filter(|held| held.verdict.why.is_none()) {
            held.present = present.get(&(held.destination, held.number)).into_iter().flatten().copied().collect();
        }
    }
    held
}

/// Holds every verdict against the exceptions.
pub(in crate::cli) async fn hidden(opened: &Opened, judged: &Judged, exceptions: &[Exception]) -> Result<Hidden, Failure> {
    let mut hidden = Hidden::default();
    if exceptions.is_empty() {
        return Ok(hidden);
    }
    let mut asked = 0;
    for held in held(judged) {
        let Some(finding) = held.finding(None) else { continue };
        let words: Vec<(&Exception, Word)> = exceptions.iter().map(|exception| (exception, exception.word(&finding))).collect();
        let found = words.iter().find(|(_, word)| *word == Word::Hides).map(|(exception, _)| exception.id.clone());
        let found = match found {
            Some(id) => Some(id),
            None if words.iter().any(|(_, word)| *word == Word::CannotTell) => {
                if asked == ASKED {
                    hidden.unasked += 1;
                    continue;
                }
                asked += 1;
                let users = accounts(opened, &held).await?;
                let finding = held.finding(Some(&users));
                finding.and_then(|finding| crate::exception::hiding(exceptions, &finding).map(|exception| exception.id.clone()))
            }
            None => None,
        };
        if let Some(id) = found {
            hidden.by.insert((held.place, held.number), id);
        }
    }
    Ok(hidden)
}

/// The accounts that the sources of a finding came with.
pub(super) async fn accounts(opened: &Opened, held: &Held<'_>) -> Result<BTreeMap<Address, BTreeSet<Foreign>>, Failure> {
    let from = held.verdict.why.as_ref().map_or(held.bucket.from, |why| why.from.min(held.bucket.from));
    let range = Range { from, to: held.bucket.to };
    let scope = Scope { families: Families::ALL, ..Scope::over(range) }.at(Arc::new(held.destination.clone()));
    let Answer::Tally(tally) = opened.ask(&Ask::Tally { scope, by: TallyBy::Source }).await? else { return Err(Opened::mixed_up()) };
    Ok(tally.rows.into_iter().filter_map(|row| Some((Address::clean(row.value.raw())?, row.users.into_iter().collect()))).collect())
}
