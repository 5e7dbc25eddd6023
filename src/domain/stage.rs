//! How far a source got, rung by rung, and what proves each.

use std::collections::BTreeMap;

use super::{Address, Foreign, Proof, Timestamp};

/// The rungs of the ladder, lowest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Rung {
    /// A connection was made.
    Touched,
    /// A password was right.
    Authenticated,
    /// A session began, or was come back to.
    LoggedOn,
    /// A desktop started.
    Shell,
    /// A program was started in it.
    Process,
}

impl Rung {
    /// Every rung, lowest first.
    pub const ALL: [Self; 5] = [Self::Touched, Self::Authenticated, Self::LoggedOn, Self::Shell, Self::Process];
}

/// How far a source got, in one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Stage {
    /// It connected; no more is seen.
    Touched,
    /// It tried to log on, and was refused.
    Refused,
    /// Its password was right.
    Authenticated,
    /// It had a session.
    LoggedOn,
    /// It had a desktop.
    Shell,
    /// It started programs.
    Process,
}

impl Stage {
    /// The word in exports and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Touched => "touched",
            Self::Refused => "refused",
            Self::Authenticated => "authenticated",
            Self::LoggedOn => "logged on",
            Self::Shell => "shell",
            Self::Process => "process",
        }
    }
}

/// Whether a rung was reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Yes: these events say so.
    Seen(Proof),
    /// It must have been, for a higher rung was reached; no event of its own says so.
    Implied,
    /// No event says so, and one would be here if it had been.
    No,
    /// No event here could say so.
    NotVisible,
}

impl Step {
    /// In words.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Seen(_) => "yes",
            Self::Implied => "implied",
            Self::No => "no",
            Self::NotVisible => "not visible in this data",
        }
    }

    /// Whether it was reached.
    pub const fn is_reached(&self) -> bool {
        matches!(self, Self::Seen(_) | Self::Implied)
    }
}

/// The ladder of one source at one destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder {
    /// Who; `None` gathers the events that name no usable source.
    pub source: Option<Address>,
    /// The rungs, lowest first.
    pub steps: [Step; 5],
    /// Refusals, as far as they are sure.
    pub refused: Option<Proof>,
    /// Refusals that came over the network beside RDP evidence of the same source.
    pub likely_refused: Option<Proof>,
    /// Whether refusals would be seen here at all.
    pub refusals_visible: bool,
    /// Refusals by their reason in words.
    pub reasons: BTreeMap<String, u64>,
    /// The accounts it came with.
    pub users: BTreeMap<Foreign, u64>,
    /// Connections, each once however many saw it.
    pub connections: u64,
    /// Sessions it had a part in.
    pub sessions: u64,
    /// All its events.
    pub events: u64,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
}

impl Ladder {
    /// A rung.
    pub fn step(&self, rung: Rung) -> &Step {
        let [touched, authenticated, logged_on, shell, process] = &self.steps;
        match rung {
            Rung::Touched => touched,
            Rung::Authenticated => authenticated,
            Rung::LoggedOn => logged_on,
            Rung::Shell => shell,
            Rung::Process => process,
        }
    }

    /// The highest rung; a refusal counts where nothing above a connection was reached.
    pub fn stage(&self) -> Stage {
        let reached = Rung::ALL.into_iter().rev().find(|rung| self.step(*rung).is_reached());
        match reached {
            Some(Rung::Process) => Stage::Process,
            Some(Rung::Shell) => Stage::Shell,
            Some(Rung::LoggedOn) => Stage::LoggedOn,
            Some(Rung::Authenticated) => Stage::Authenticated,
            Some(Rung::Touched) | None if self.refused.is_some() || self.likely_refused.is_some() => Stage::Refused,
            Some(Rung::Touched) | None => Stage::Touched,
        }
    }

    /// All refusals.
    pub fn refusals(&self) -> u64 {
        [&self.refused, &self.likely_refused].into_iter().flatten().map(|proof| proof.events).sum()
    }
}
