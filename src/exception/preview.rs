//! What an exception would have hidden in the past: before it is saved.

use std::collections::{BTreeMap, BTreeSet};

use super::{Exception, Finding, Word};
use crate::domain::finding::ANOMALOUS;
use crate::domain::{Address, Foreign, Range, Severity};

/// What it would have hidden.
#[derive(Clone, PartialEq, Debug)]
pub struct Preview {
    /// What was looked at.
    pub range: Range,
    /// Anomalous buckets that it would have hidden.
    pub hidden: usize,
    /// Anomalous buckets in all.
    pub all: usize,
    /// Lesser findings that it would have hidden, from [`Severity::Minor`] on.
    pub lesser: usize,
    /// The sources of what it would have hidden.
    pub sources: BTreeSet<Address>,
    /// Those of them on a threat list, with the list; `None` where no list is at hand.
    pub listed: Option<BTreeMap<Address, Foreign>>,
    /// Anomalous buckets of which it cannot tell: nobody knows the accounts.
    pub cannot_tell: usize,
    /// The first few of what it would have hidden: label of the destination, bucket, score.
    pub examples: Vec<(Foreign, Range, f64)>,
}

/// Examples that a preview names.
const NAMED: usize = 10;

/// Holds an exception against findings of the past. `threats` says on which list a source is, where lists are at hand.
pub fn preview<'f>(
    exception: &Exception,
    findings: impl Iterator<Item = Finding<'f>>,
    range: Range,
    threats: Option<&dyn Fn(Address) -> Option<Foreign>>,
) -> Preview {
    let mut preview = Preview { range, hidden: 0, all: 0, lesser: 0, sources: BTreeSet::new(), listed: None, cannot_tell: 0, examples: Vec::new() };
    for finding in findings.filter(|finding| Severity::of(finding.score) >= Severity::Minor) {
        let is_anomalous = finding.score >= ANOMALOUS;
        preview.all += usize::from(is_anomalous);
        match exception.word(&finding) {
            Word::Hides => {
                preview.sources.extend(finding.sources);
                if is_anomalous {
                    preview.hidden += 1;
                    if preview.examples.len() < NAMED {
                        preview.examples.push((finding.destination.label(), finding.bucket, finding.score));
                    }
                } else {
                    preview.lesser += 1;
                }
            }
            Word::CannotTell => preview.cannot_tell += usize::from(is_anomalous),
            Word::Leaves => {}
        }
    }
    preview.listed = threats.map(|threats| preview.sources.iter().filter_map(|source| Some((*source, threats(*source)?))).collect());
    preview
}

impl Preview {
    /// In one sentence.
    pub fn words(&self) -> String {
        let lists = match &self.listed {
            None => "no threat list is at hand".to_owned(),
            Some(listed) => format!("{} of them on a threat list", listed.len()),
        };
        let lesser = if self.lesser == 0 { String::new() } else { format!(" and {} lesser ones", self.lesser) };
        let unsure = if self.cannot_tell == 0 { String::new() } else { format!("; of {} it cannot tell, the accounts are not known", self.cannot_tell) };
        format!("would have hidden {} of {} findings{lesser}, {} sources, {lists}{unsure}", self.hidden, self.all, self.sources.len())
    }

    /// Why it hides too much, where it does.
    pub fn too_wide(&self) -> Option<String> {
        (self.all > 1 && self.hidden == self.all).then(|| format!("it would have hidden every one of the {} findings", self.all))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{address, bucket, destination, exception};
    use super::*;

    #[test]
    fn findings_sources_and_those_on_a_list_are_counted() {
        let here = destination();
        let (ours, both) = ([address("10.66.0.1"), address("10.66.0.2")], [address("10.66.0.3"), address("192.0.2.9")]);
        let finding = |from: &str, score, sources| Finding { destination: &here, bucket: bucket(from), score, sources, users: None, expected: 0.0 };
        let findings = [
            finding("2026-01-05T12:30:00Z", 94.0, &ours[..]),
            finding("2026-01-05T12:45:00Z", 80.0, &both[..]),
            finding("2026-01-05T13:00:00Z", 30.0, &ours[..1]),
            finding("2026-01-05T13:15:00Z", 3.0, &ours[..1]),
        ];
        let threats = |source: Address| (source == address("10.66.0.2")).then(|| Foreign::from("corp-bad.txt"));
        let range = Range { from: findings[0].bucket.from, to: findings[3].bucket.to };
        let seen = preview(&exception(), findings.into_iter(), range, Some(&threats));
        assert_eq!((seen.hidden, seen.all, seen.lesser, seen.sources.len()), (1, 2, 1, 2));
        assert_eq!(seen.words(), "would have hidden 1 of 2 findings and 1 lesser ones, 2 sources, 1 of them on a threat list");
        assert_eq!(seen.too_wide(), None);
        let everything = Exception { sources: vec![], ..exception() };
        let seen = preview(&everything, findings.into_iter(), range, None);
        assert_eq!(seen.words(), "would have hidden 2 of 2 findings and 1 lesser ones, 4 sources, no threat list is at hand");
        assert_eq!(seen.too_wide().as_deref(), Some("it would have hidden every one of the 2 findings"));
    }
}
