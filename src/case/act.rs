//! What people and the program do in a case. Each act is one entry of the chain; none is ever changed, only undone by a
//! later one.

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::domain::{Foreign, Shards, Timestamp};

/// What a case is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// Label of the destination.
    pub destination: Foreign,
    /// Its other addresses and names, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_as: Vec<Foreign>,
    /// First moment looked at.
    pub from: Timestamp,
    /// First moment after it.
    pub to: Timestamp,
    /// Id of the guide that leads the investigation.
    pub guide: String,
}

/// The answer that a person gives to a step of the guide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It speaks for an attack.
    LooksBad,
    /// It speaks for ordinary work.
    LooksBenign,
    /// The data does not say.
    CannotTell,
    /// It was done.
    Done,
    /// It does not apply here.
    NotApplicable,
}

impl Answer {
    /// Every answer, in the order of the answer menu.
    pub const ALL: [Self; 5] = [Self::LooksBad, Self::LooksBenign, Self::CannotTell, Self::Done, Self::NotApplicable];

    /// The words on screens and in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LooksBad => "looks bad",
            Self::LooksBenign => "looks benign",
            Self::CannotTell => "cannot tell",
            Self::Done => "done",
            Self::NotApplicable => "n/a",
        }
    }
}

/// The verdict on the case; only a person gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// An attack.
    TruePositive,
    /// The rule is right, and what it found is wanted: an admin, a test.
    BenignTruePositive,
    /// Nothing of what the rule is for.
    FalsePositive,
    /// It stays open.
    Undetermined,
}

impl Verdict {
    /// Every verdict, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::TruePositive, Self::BenignTruePositive, Self::FalsePositive, Self::Undetermined];

    /// The words on screens and in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Self::TruePositive => "true positive",
            Self::BenignTruePositive => "benign true positive",
            Self::FalsePositive => "false positive",
            Self::Undetermined => "undetermined",
        }
    }

    /// Two letters for the lane.
    pub const fn short(self) -> &'static str {
        match self {
            Self::TruePositive => "TP",
            Self::BenignTruePositive => "BTP",
            Self::FalsePositive => "FP",
            Self::Undetermined => "?",
        }
    }
}

/// What sort of thing is marked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A source address.
    Source,
    /// A user.
    User,
    /// A destination.
    Destination,
    /// An RDP session.
    Session,
    /// A program or one run of it.
    Process,
    /// One event.
    Event,
}

/// Something that a person pointed at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// Its value as written.
    pub value: Foreign,
}

/// A question as it was put, and how the answer came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Query {
    /// Index pattern, or the files.
    pub index: String,
    /// The question as sent, ready to be sent again.
    pub body: String,
    /// Milliseconds until the answer.
    pub took: u64,
    /// Shards asked and failed, where a cluster answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// Events or rows in the answer.
    pub hits: u64,
    /// What was missing, in words; `complete` where nothing was.
    pub completeness: String,
}

/// One act.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// The case was opened.
    Opened {
        /// What it is about.
        subject: Subject,
        /// Where the events come from.
        source: String,
        /// Version of the program.
        version: String,
    },
    /// Something was written down.
    Noted {
        /// The text.
        text: Foreign,
        /// The step it belongs to, where it belongs to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    /// A step was answered.
    Answered {
        /// Id of the step.
        step: String,
        /// The answer.
        answer: Answer,
        /// Why, in the person's words.
        note: Foreign,
        /// Numbers of the entries of evidence that it rests on.
        evidence: Vec<u64>,
    },
    /// The verdict was given.
    Decided {
        /// The verdict.
        verdict: Verdict,
        /// Why, in the person's words.
        note: Foreign,
    },
    /// Something was marked.
    Marked {
        /// What.
        mark: Mark,
        /// Where it was seen: the trail that led there, in words.
        trail: String,
    },
    /// A mark was taken away.
    Unmarked {
        /// Which.
        mark: Mark,
    },
    /// A question was asked.
    Asked {
        /// The question and how it went.
        query: Query,
    },
    /// The program found something for a step.
    Found {
        /// Id of the step.
        step: String,
        /// The finding in one sentence.
        finding: Foreign,
        /// What it suggests.
        suggested: String,
        /// Numbers of the entries of the questions behind it.
        queries: Vec<u64>,
        /// The rows behind it: SHA-256 of the documents kept with the case.
        documents: Vec<Hash>,
    },
    /// A person says that a prepared response was carried out.
    Ticked {
        /// Id of the response.
        response: String,
        /// Which item of it: a source, an account, a host.
        item: Foreign,
        /// Note.
        note: Foreign,
    },
    /// An exception was drafted, changed or ended.
    Excepted {
        /// Its id.
        exception: String,
        /// Its whole text after the change.
        text: String,
    },
    /// A report or an export was written.
    Exported {
        /// Its format.
        format: String,
        /// Its file.
        file: Foreign,
        /// SHA-256 of its bytes.
        sha256: Hash,
    },
    /// An earlier act no longer holds.
    Undone {
        /// Number of its entry.
        entry: u64,
    },
    /// The entry of another copy of this case.
    Merged {
        /// Hash of the entry there: what was merged once is not merged again.
        origin: Hash,
        /// What was done there; its author and time are this entry's.
        done: Box<Self>,
    },
}

impl Act {
    /// Whether [`Act::Undone`] can take it back: what people decided, not what was asked and found.
    pub const fn can_be_undone(&self) -> bool {
        match self {
            Self::Noted { .. }
            | Self::Answered { .. }
            | Self::Decided { .. }
            | Self::Marked { .. }
            | Self::Unmarked { .. }
            | Self::Ticked { .. }
            | Self::Excepted { .. } => true,
            Self::Opened { .. } | Self::Asked { .. } | Self::Found { .. } | Self::Exported { .. } | Self::Undone { .. } => false,
            Self::Merged { done, .. } => done.can_be_undone(),
        }
    }

    /// The number of the entry that it takes back.
    pub fn undoes(&self) -> Option<u64> {
        match self {
            Self::Undone { entry } => Some(*entry),
            Self::Merged { done, .. } => done.undoes(),
            _ => None,
        }
    }

    /// The documents that it rests on.
    pub fn documents(&self) -> &[Hash] {
        match self {
            Self::Found { documents, .. } => documents,
            Self::Merged { done, .. } => done.documents(),
            _ => &[],
        }
    }
}
