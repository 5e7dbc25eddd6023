//! The state of a case, folded from its entries: what holds now, with who said it and when.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Answer, Entry, Hash, Mark, Query, Record, Subject, Verdict};
use crate::domain::{Foreign, Timestamp};

/// Who did something, when, and as which entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// Number of the entry.
    pub entry: u64,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub author: Foreign,
}

/// A note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// By whom and when.
    pub signed: Signed,
    /// The text.
    pub text: Foreign,
    /// The step it belongs to.
    pub step: Option<String>,
}

/// The answer to a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// By whom and when.
    pub signed: Signed,
    /// The answer.
    pub answer: Answer,
    /// Why.
    pub note: Foreign,
    /// Numbers of the entries of evidence behind it.
    pub evidence: Vec<u64>,
}

/// What the program found for a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// For whom and when.
    pub signed: Signed,
    /// The step.
    pub step: String,
    /// The finding in one sentence.
    pub finding: Foreign,
    /// What it suggested.
    pub suggested: String,
    /// Numbers of the entries of the questions behind it.
    pub queries: Vec<u64>,
    /// The documents behind it.
    pub documents: Vec<Hash>,
}

/// A response that a person says was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tick {
    /// By whom and when.
    pub signed: Signed,
    /// Id of the response.
    pub response: String,
    /// Which item of it.
    pub item: Foreign,
    /// Note.
    pub note: Foreign,
}

/// A case as it stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Case {
    /// What it is about; `None` before it was opened.
    pub subject: Option<Subject>,
    /// Where its events come from.
    pub source: String,
    /// When it was opened and by whom.
    pub opened: Option<Signed>,
    /// The answers, by step; the latest one of each.
    pub answers: BTreeMap<String, Answered>,
    /// The verdict, where one was given.
    pub verdict: Option<(Signed, Verdict, Foreign)>,
    /// The notes, oldest first.
    pub notes: Vec<Note>,
    /// What is marked, with by whom, when and where it was seen.
    pub marks: BTreeMap<Mark, (Signed, String)>,
    /// Every question asked, oldest first.
    pub queries: Vec<(Signed, Query)>,
    /// Everything found, oldest first.
    pub evidence: Vec<Evidence>,
    /// What was carried out, oldest first.
    pub ticks: Vec<Tick>,
    /// The exceptions, by id, each with its latest text.
    pub exceptions: BTreeMap<String, (Signed, String)>,
    /// What was written out: format, file, hash.
    pub exports: Vec<(Signed, String, Foreign, Hash)>,
    /// Numbers of entries that no longer hold.
    pub undone: BTreeSet<u64>,
    /// Numbers of entries that this version cannot read: a newer one wrote them.
    pub unread: Vec<u64>,
    /// Number and hash of the last entry.
    pub head: (u64, Hash),
}

impl Case {
    /// The case that these entries, in order, tell.
    pub fn of(entries: &[Entry]) -> Self {
        let mut case = Self::default();
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            case.head = (entry.seq, entry.hash);
            match entry.record() {
                Ok(record) => records.push(record),
                Err(_) => case.unread.push(entry.seq),
            }
        }
        case.undone = undone(&records);
        for record in records {
            if !case.undone.contains(&record.seq) {
                case.apply(record.seq, record.time, record.author, record.act);
            }
        }
        case
    }

    /// The last act that still holds and can be taken back: what `undo` takes back next.
    pub fn last_undoable(entries: &[Entry]) -> Option<Record> {
        let records: Vec<Record> = entries.iter().filter_map(|entry| entry.record().ok()).collect();
        let undone = undone(&records);
        records.into_iter().rev().find(|record| record.act.can_be_undone() && !undone.contains(&record.seq))
    }

    /// Answered steps out of these.
    pub fn answered<'a>(&self, steps: impl IntoIterator<Item = &'a str>) -> usize {
        steps.into_iter().filter(|step| self.answers.contains_key(*step)).count()
    }

    fn apply(&mut self, entry: u64, time: Timestamp, author: Foreign, act: Act) {
        let signed = Signed { entry, time, author };
        match act {
            Act::Opened { subject, source, .. } => {
                // The range may be widened later; the first opening stays the date of the case.
                self.subject = Some(subject);
                self.source = source;
                self.opened.get_or_insert(signed);
            }
            Act::Noted { text, step } => self.notes.push(Note { signed, text, step }),
            Act::Answered { step, answer, note, evidence } => {
                self.answers.insert(step, Answered { signed, answer, note, evidence });
            }
            Act::Decided { verdict, note } => self.verdict = Some((signed, verdict, note)),
            Act::Marked { mark, trail } => {
                self.marks.insert(mark, (signed, trail));
            }
            Act::Unmarked { mark } => {
                self.marks.remove(&mark);
            }
            Act::Asked { query } => self.queries.push((signed, query)),
            Act::Found { step, finding, suggested, queries, documents } => {
                self.evidence.push(Evidence { signed, step, finding, suggested, queries, documents });
            }
            Act::Ticked { response, item, note } => self.ticks.push(Tick { signed, response, item, note }),
            Act::Excepted { exception, text } => {
                self.exceptions.insert(exception, (signed, text));
            }
            Act::Exported { format, file, sha256 } => self.exports.push((signed, format, file, sha256)),
            Act::Undone { .. } => {}
            Act::Merged { done, .. } => self.apply(signed.entry, signed.time, signed.author, *done),
        }
    }
}

fn undone(records: &[Record]) -> BTreeSet<u64> {
    records.iter().filter_map(|record| record.act.undoes()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{chain, note};
    use super::super::{Mark, MarkKind};
    use super::*;

    fn answered(step: &str, answer: Answer) -> Act {
        Act::Answered { step: step.into(), answer, note: "".into(), evidence: vec![] }
    }

    #[test]
    fn the_latest_answer_holds_and_says_who_and_when() {
        let case = Case::of(&chain(vec![answered("t1", Answer::CannotTell), answered("t2", Answer::Done), answered("t1", Answer::LooksBad)]));
        let t1 = &case.answers["t1"];
        assert_eq!((t1.answer, t1.signed.entry, t1.signed.author.raw()), (Answer::LooksBad, 3, "kim"));
        assert_eq!(t1.signed.time.to_string(), "2025-03-04T12:02:00Z");
        assert_eq!(case.answered(["t1", "t2", "t3"]), 2);
    }

    #[test]
    fn undo_takes_back_the_last_decision_and_then_the_one_before() {
        let mut acts = vec![answered("t1", Answer::LooksBenign), answered("t1", Answer::LooksBad), note("a slip")];
        assert_eq!(Case::last_undoable(&chain(acts.clone())).map(|record| record.seq), Some(3));
        acts.push(Act::Undone { entry: 3 });
        let entries = chain(acts.clone());
        assert_eq!(Case::of(&entries).notes, []);
        assert_eq!(Case::last_undoable(&entries).map(|record| record.seq), Some(2));
        acts.push(Act::Undone { entry: 2 });
        let entries = chain(acts);
        assert_eq!(Case::of(&entries).answers["t1"].answer, Answer::LooksBenign);
        assert_eq!(Case::last_undoable(&entries).map(|record| record.seq), Some(1));
    }

    #[test]
    fn a_mark_taken_away_is_gone_and_comes_back_when_that_is_undone() {
        let mark = Mark { kind: MarkKind::Source, value: "10.66.0.9".into() };
        let mut acts = vec![Act::Marked { mark: mark.clone(), trail: "FS01 › Sources".into() }, Act::Unmarked { mark: mark.clone() }];
        assert!(Case::of(&chain(acts.clone())).marks.is_empty());
        acts.push(Act::Undone { entry: 2 });
        assert_eq!(Case::of(&chain(acts)).marks[&mark].1, "FS01 › Sources");
    }

    #[test]
    fn what_a_newer_version_wrote_is_counted_and_the_rest_used() {
        let mut entries = chain(vec![note("one"), note("two"), note("three")]);
        entries[1].body = entries[1].body.replace("noted", "teleported");
        let case = Case::of(&entries);
        assert_eq!((case.notes.len(), case.unread), (2, vec![2]));
    }
}
