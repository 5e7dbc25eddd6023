//! Two copies of a case brought together: the other's entries that this one lacks, to be appended under their own
//! author and time.

use std::collections::BTreeSet;

use super::{Act, Entry, Hash, Record};

/// What a merge appends.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Missing {
    /// The entries that are lacked, in the other's order, each as [`Act::Merged`]; numbers are the other's.
    pub records: Vec<Record>,
    /// Numbers of the other's entries that cannot be read: a newer version wrote them.
    pub unread: Vec<u64>,
}

/// What `theirs` holds and `ours` lacks. What both have, and what was merged before, is left out. Numbers mean the same
/// in both only up to where they part: what was decided and undone over there after that is left out, both halves of it.
pub fn missing(ours: &[Entry], theirs: &[Entry]) -> Missing {
    let mut known: BTreeSet<Hash> = ours.iter().map(|entry| entry.hash).collect();
    known.extend(ours.iter().filter_map(|entry| match entry.record().ok()?.act {
        Act::Merged { origin, .. } => Some(origin),
        _ => None,
    }));
    let shared = theirs.iter().zip(ours).take_while(|(their, our)| their.hash == our.hash).count() as u64;
    let undone_there: BTreeSet<u64> = theirs.iter().filter_map(|entry| entry.record().ok()?.act.undoes()).filter(|entry| *entry > shared).collect();
    let mut missing = Missing::default();
    for entry in theirs.iter().filter(|entry| entry.seq > shared) {
        let Ok(Record { seq, time, author, act }) = entry.record() else {
            missing.unread.push(entry.seq);
            continue;
        };
        let (origin, act) = match act {
            Act::Merged { origin, done } => (origin, *done),
            act => (entry.hash, act),
        };
        let is_theirs_alone = act.undoes().is_some_and(|entry| entry > shared) || undone_there.contains(&seq);
        if !known.contains(&origin) && !is_theirs_alone && !matches!(act, Act::Opened { .. }) {
            missing.records.push(Record { seq, time, author, act: Act::Merged { origin, done: Box::new(act) } });
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::super::Case;
    use super::super::entry::tests::{chain, note};
    use super::*;

    fn grown(base: &[Act], more: &[Act]) -> Vec<Entry> {
        chain(base.iter().chain(more).cloned().collect())
    }

    fn texts(entries: &[Entry]) -> Vec<String> {
        Case::of(entries).notes.into_iter().map(|note| note.text.raw().to_owned()).collect()
    }

    fn merged(ours: &[Entry], theirs: &[Entry]) -> Vec<Entry> {
        let acts = ours.iter().map(|entry| entry.record().unwrap().act);
        chain(acts.chain(missing(ours, theirs).records.into_iter().map(|record| record.act)).collect())
    }

    #[test]
    fn the_others_entries_come_after_ours_once() {
        let base = [note("both")];
        let (ours, theirs) = (grown(&base, &[note("ours")]), grown(&base, &[note("theirs")]));
        let once = merged(&ours, &theirs);
        assert_eq!(texts(&once), ["both", "ours", "theirs"]);
        assert_eq!(missing(&once, &theirs), Missing::default());
        // And back: the other copy takes what it lacks out of the merged one, and not its own words again.
        assert_eq!(texts(&merged(&theirs, &once)), ["both", "theirs", "ours"]);
    }

    #[test]
    fn undoing_something_shared_is_undone_here_too_and_a_slip_over_there_stays_there() {
        let base = [note("both"), note("wrong")];
        let theirs = grown(&base, &[Act::Undone { entry: 2 }, note("slip"), Act::Undone { entry: 4 }, note("kept")]);
        let ours = grown(&base, &[note("ours")]);
        assert_eq!(texts(&merged(&ours, &theirs)), ["both", "ours", "kept"]);
    }
}
