//! What an answer rests on, told to people on standard error and to machines in the JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Completeness;
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
        for report in &self.reports {
            for note in &report.notes {
                lines.push(format!("{}: {}", report.name.safe(), crate::domain::Foreign::from(note.as_str()).safe()));
            }
        }
        if !self.complete {
            lines.push(format!("the answer is partial: {}", crate::domain::Foreign::from(self.words.as_str()).safe()));
        }
        if self.completeness.approximate {
            lines.push("distinct counts are estimates".to_owned());
        }
        lines
    }
}

fn listed(counts: &BTreeMap<&str, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{} {count}", crate::domain::Foreign::from(*name).safe())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Foreign;
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
}
