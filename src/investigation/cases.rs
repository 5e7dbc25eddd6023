//! The cases as the screens know them: what the files hold, and what is on its way into them. Nothing that a person decided is
//! shown as saved before it is.

use std::collections::BTreeMap;

use crate::case::{Act, Case, Entry, Hash};
use crate::domain::{Destination, Foreign, Range, Timestamp, Trouble};
use crate::evidence::Dossier;
use crate::guide::Guide;
use crate::report::Chart;

/// What a report holds beside the case: what is on the screen.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The guide that leads the case.
    pub guide: Guide,
    /// What the program found, where it was gathered.
    pub dossier: Option<Dossier>,
    /// The buckets of the destination, where they are counted.
    pub chart: Option<Chart>,
}

/// One case.
#[derive(Clone, Debug, Default)]
pub struct OpenCase {
    /// What is saved.
    pub entries: Vec<Entry>,
    /// What it comes to, with what is on its way.
    pub case: Case,
    /// What is on its way into the file, oldest first.
    pub waiting: Vec<(Timestamp, Act)>,
    /// Who else writes it, where it can only be read here.
    pub holder: Option<Foreign>,
    /// Whether it can be written here.
    pub is_writable: bool,
    /// Whether its chain is as it was written, as far as that was looked at.
    pub is_sound: Option<bool>,
}

impl OpenCase {
    /// Folds what is saved and what is on its way.
    pub fn fold(&mut self, author: &Foreign) {
        let mut entries = self.entries.clone();
        for (time, act) in &self.waiting {
            let (seq, prev) = entries.last().map_or((1, Hash::ZERO), |last| (last.seq.saturating_add(1), last.hash));
            entries.extend(Entry::new(seq, prev, *time, author.clone(), act.clone()).ok());
        }
        self.case = Case::of(&entries);
    }

    /// Every entry, what is on its way included.
    pub fn acts(&self) -> usize {
        self.entries.len() + self.waiting.len()
    }
}

/// Every case that is known.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// By name.
    pub by_name: BTreeMap<String, OpenCase>,
    /// Who works here.
    pub author: Foreign,
    /// Why something could not be saved; it is tried again until it can.
    pub trouble: Option<Trouble>,
    /// Where cases are kept: there is no such place where this is `false`.
    pub is_kept: bool,
}

impl Cases {
    /// The latest case about a destination.
    pub fn about(&self, destination: &Destination) -> Option<(&String, &OpenCase)> {
        let is_about = |case: &Case| case.subject.as_ref().is_some_and(|subject| is_same(subject, destination));
        let mine = self.by_name.iter().filter(|(_, open)| is_about(&open.case));
        mine.max_by_key(|(_, open)| open.case.opened.as_ref().map(|signed| signed.time))
    }

    /// The case to go on with: the latest about this destination that is open still, or about this range.
    pub fn to_go_on(&self, destination: &Destination, range: Range) -> Option<&String> {
        let (name, open) = self.about(destination)?;
        let subject = open.case.subject.as_ref()?;
        let meets = subject.from < range.to && subject.to > range.from;
        (meets || open.case.verdict.is_none()).then_some(name)
    }

    /// Acts that are not saved yet.
    pub fn waiting(&self) -> usize {
        self.by_name.values().map(|open| open.waiting.len()).sum()
    }
}

fn is_same(subject: &crate::case::Subject, destination: &Destination) -> bool {
    let named = |name: &Foreign| {
        destination.hosts.iter().any(|host| host.raw().eq_ignore_ascii_case(name.raw()))
            || crate::domain::Address::clean(name.raw()).is_some_and(|address| address.identifies_a_host() && destination.addresses.contains(&address))
    };
    named(&subject.destination) || subject.known_as.iter().any(named)
}

/// What is wanted of the files of cases.
#[derive(Clone, Debug)]
pub enum CaseJob {
    /// Open a case to write it, or make a new one.
    Open {
        /// Its name.
        name: String,
        /// What it is about.
        subject: crate::case::Subject,
        /// Where its events come from.
        source: String,
    },
    /// Add an act.
    Record {
        /// Name of the case.
        case: String,
        /// What was done.
        act: Act,
    },
    /// Add what was asked and found, with the documents that it rests on.
    Found {
        /// Name of the case.
        case: String,
        /// The questions.
        queries: Vec<crate::case::Query>,
        /// What was found.
        found: Vec<Finding>,
    },
    /// Write the case itself as a bundle, beside the cases.
    Bundle {
        /// Name of the case.
        case: String,
    },
    /// Write a report of what is saved, beside the cases.
    Report {
        /// Name of the case.
        case: String,
        /// One of [`crate::report::EXPORTERS`].
        format: &'static str,
        /// What stands in it beside the case.
        beside: Box<Beside>,
    },
    /// Keep cases in this folder from now on: what is not saved yet goes there.
    SaveElsewhere(String),
    /// Check the chain of a case.
    Verify(String),
}

/// What was found for a step, as it goes into a case.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the step.
    pub step: String,
    /// The finding.
    pub finding: String,
    /// What it suggests.
    pub suggested: String,
    /// Places of its questions among those recorded with it.
    pub queries: Vec<usize>,
    /// The documents.
    pub documents: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum CaseNews {
    /// A case was read or opened.
    Opened {
        /// Its name.
        name: String,
        /// Its entries.
        entries: Vec<Entry>,
        /// Whether it can be written here.
        is_writable: bool,
        /// Who else writes it.
        holder: Option<Foreign>,
        /// Whether it is the one asked for last, for a walkthrough that waits for its case.
        is_asked: bool,
    },
    /// These entries are saved; `acts` of those on their way are among them.
    Saved {
        /// Name of the case.
        name: String,
        /// The entries.
        entries: Vec<Entry>,
        /// How many of the acts on their way.
        acts: usize,
    },
    /// Something could not be done with it.
    Failed {
        /// Name of the case, where it has one.
        name: Option<String>,
        /// Why.
        trouble: Trouble,
        /// Whether it is kept and tried again; else the oldest act on its way is given up.
        is_kept: bool,
    },
    /// All that waited is saved.
    Recovered,
    /// A report lies in this file.
    Written {
        /// Its path.
        path: String,
        /// What went wrong on the way without hindering it.
        note: Option<String>,
    },
    /// The chain of a case was checked.
    Checked {
        /// Name of the case.
        name: String,
        /// What is wrong; empty where nothing is.
        faults: Vec<String>,
    },
    /// Who works here, and whether there is a place for cases.
    Begun {
        /// Who.
        author: Foreign,
        /// Whether cases are kept.
        is_kept: bool,
    },
}

impl CaseNews {
    /// What is said of it in the footer, where anything is; inert.
    pub fn words(&self) -> Option<String> {
        let inert = |text: &str| Foreign::from(text).safe().into_string();
        match self {
            Self::Written { path, note: None } => Some(format!("written to {}", inert(path))),
            Self::Written { path, note: Some(note) } => Some(format!("written to {}, but {}", inert(path), inert(note))),
            Self::Failed { trouble, .. } => Some(inert(&trouble.what)),
            Self::Recovered => Some("the case is saved again".to_owned()),
            Self::Checked { name, faults } => Some(match faults.first() {
                None => format!("the chain of {} is as it was written", inert(name)),
                Some(fault) => format!("{}: {} of {} faults: {}", inert(name), 1, faults.len(), inert(fault)),
            }),
            Self::Opened { .. } | Self::Saved { .. } | Self::Begun { .. } => None,
        }
    }
}
