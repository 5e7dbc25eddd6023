//! R2: where else the suspect sources were, who led to them, and where the destination went on to.

use std::collections::BTreeSet;

use crate::analysis::hops::Node;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};

/// Everything around the range that touches them.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let suspects: Vec<_> = picture.facts.sources.iter().filter(|source| source.is_suspect()).collect();
    let others: BTreeSet<usize> = picture
        .elsewhere
        .iter()
        .filter(|(_, ladder)| suspects.iter().any(|source| Some(source.address) == ladder.source))
        .map(|(machine, _)| *machine)
        .collect();
    let next: BTreeSet<String> = picture.onward().iter().map(|edge| picture.label(&edge.to)).collect();
    let next: Vec<String> = next.into_iter().collect();
    let led: BTreeSet<String> = picture.led_here().iter().map(|edge| picture.label(&edge.from)).collect();
    let led: Vec<String> = led.into_iter().collect();
    let mut weighed = Weighed::new(format!(
        "{} of {}; they reached {} besides; from here on to {}; reached before by {}",
        count(suspects.len(), "suspect source"),
        picture.facts.sources.len(),
        count(others.len(), "destination"),
        if next.is_empty() { "nowhere seen".to_owned() } else { some(&next, 3) },
        if led.is_empty() { "nobody seen".to_owned() } else { some(&led, 3) },
    ));
    weighed.sources = suspects.iter().map(|source| source.address).collect();
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|machine| picture.label(&Node::Machine(*machine))).collect();
        weighed.plus(40, format!("suspect sources reached {}", some(&names, 5)));
    }
    if !next.is_empty() {
        weighed.plus(30, format!("the destination went on to {}", some(&next, 5)));
    }
    if !led.is_empty() {
        weighed.plus(20, format!("suspect sources had been reached before by {}", some(&led, 5)));
    }
    if suspects.is_empty() && next.is_empty() {
        weighed.minus(40, "no suspect source, and nobody went on from here");
    }
    if picture.machine.is_some() && picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    if !picture.inquiry.names_all(picture.answers) {
        weighed.missing("more sources than one question can name: where the rest of them were was not asked");
    }
    weighed.missing("hosts that report nothing: a hop through them cannot be seen");
    let is_due = !suspects.is_empty() || !next.is_empty();
    weighed.response(is_due)
}
