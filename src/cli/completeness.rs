//! What an answer rests on, told to people on standard error and to machines in the JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Completeness, Foreign};
use crate::query::SourceReport;

/// How whole an answer is, with the mapping report of every file or index.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is known to be missing.
    pub complete: bool,
    /// The same in words.
    pub words: String,
    /// The details.
    #[serde(flatten)]
    pub completeness: Completeness,
    /// One for each file or index.
    pub reports: Vec<SourceReport>,
}

impl Report {
    /// A report on an answer.
    pub fn new(completeness: &Completeness, reports: Vec<SourceReport>) -> Self {
        Self { complete: completeness.is_whole(), words: completeness.words(), completeness: completeness.clone(), reports }
    }

    /// The summary for people, a line each, without line ends.
    pub fn lines(&self) -> Vec<String> {
        let mut schemas: BTreeMap<&str, u64> = BTreeMap::new();
        let mut skipped: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut read, mut events, mut other, mut unknown, mut duplicates) = (0, 0, 0, 0, 0);
        for report in &self.reports {
            read += report.read;
            events += report.events();
            other += report.other;
            unknown += report.unknown;
            duplicates += report.duplicates;
            for (name, count) in &report.schemas {
                *schemas.entry(name).or_default() += count;
            }
            for (reason, count) in &report.skipped {
                *skipped.entry(reason).or_default() += count;
            }
        }
        let mut lines = Vec::new();
        if read > 0 || !skipped.is_empty() {
            lines.push(format!("read {read} records: {events} RDP events, {other} others, {unknown} of no known schema, {duplicates} duplicates"));
        }
        if !schemas.is_empty() {
            lines.push(format!("schemas: {}", listed(&schemas)));
        }
        if !skipped.is_empty() {
            lines.push(format!("skipped: {}", listed(&skipped)));
        }
        lines.extend(self.notes());
        if !self.complete {
            lines.push(format!("the answer is partial: {}", Foreign::from(self.words.as_str()).safe()));
        }
        if self.completeness.approximate {
            lines.push("distinct counts are estimates".to_owned());
        }
        lines
    }

    /// What is to be said of files and indices: what is true of several is said once.
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<(&str, Vec<&Foreign>)> = Vec::new();
        for report in &self.reports {
            for note in &report.notes {
                match notes.iter_mut().find(|(other, _)| other == note) {
                    Some((_, names)) => names.push(&report.name),
                    None => notes.push((note, vec![&report.name])),
                }
            }
        }
        let line = |(note, names): (&str, Vec<&Foreign>)| {
            let some = names.iter().take(NAMED).map(|name| name.safe().into_string()).collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{some}{more}: {}", Foreign::from(note).safe())
        };
        notes.into_iter().map(line).collect()
    }
}

/// How many files are named of which the same is to be said; the JSON names them all.
const NAMED: usize = 3;

fn listed(counts: &BTreeMap<&str, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{} {count}", Foreign::from(*name).safe())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::completeness::Skipped;

    #[test]
    fn the_summary_says_what_was_read_and_what_was_not() {
        let mut completeness = Completeness::whole(2);
        completeness.skipped.push(Skipped { reason: "no JSON".to_owned(), count: 1 });
        let mut one = SourceReport::new(Foreign::from("a\u{1b}.json"), "ndjson");
        one.read = 10;
        one.kinds.insert("flow", 2);
        (one.other, one.unknown) = (4, 3);
        one.schemas.insert("ecs".to_owned(), 6);
        one.skipped.insert("no JSON".to_owned(), 1);
        one.notes.push("its clock runs ahead".to_owned());
        let report = Report::new(&completeness, vec![one]);
        assert_eq!(
            report.lines(),
            [
                "read 10 records: 2 RDP events, 4 others, 3 of no known schema, 0 duplicates",
                "schemas: ecs 6",
                "skipped: no JSON 1",
                "a\\u{1b}.json: its clock runs ahead",
                "the answer is partial: 1 skipped"
            ]
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["complete"], &json["words"], &json["events"]), (&false.into(), &"1 skipped".into(), &2.into()));
        assert_eq!(json["reports"][0]["unknown"], 3);
    }

    #[test]
    fn what_is_true_of_several_files_is_said_once() {
        let with = |name: &str, notes: &[&str]| {
            let mut report = SourceReport::new(Foreign::from(name), "json");
            report.notes.extend(notes.iter().map(|note| (*note).to_owned()));
            report
        };
        let files = vec![
            with("a", &["too old"]),
            with("b", &["its clock is wrong", "too old"]),
            with("c", &["too old"]),
            with("d", &["too old"]),
            with("e", &["too old"]),
        ];
        assert_eq!(Report::new(&Completeness::whole(0), files).lines(), ["a, b, c and 2 more: too old", "b: its clock is wrong"]);
    }
}
