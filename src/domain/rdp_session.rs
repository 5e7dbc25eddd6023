//! One RDP session as one record, joined from every log that saw a piece of it.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Address, Certainty, Cite, Destination, Foreign, Timestamp};

/// One session of one account on one server: from logon to logoff, with every reconnect in between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RdpSession {
    /// Where.
    pub destination: Destination,
    /// Whose, as first written.
    pub user: Option<Foreign>,
    /// How it began, and every time somebody came back to it; in order. Where nothing of that was seen, the first thing that was.
    pub openings: Vec<Opening>,
    /// How it ended; `None` where no end was seen: it may still be open.
    pub end: Option<Ending>,
    /// Whether its logon was seen; without, it began before the first opening.
    pub start_seen: bool,
    /// Whether there is a desktop, or just a password that was right.
    pub is_desktop: bool,
    /// Its logon ids, linked ones included.
    pub logon_ids: BTreeSet<u64>,
    /// Its Windows session.
    pub session_id: Option<u32>,
    /// Why the system says it was left, as codes, in order.
    pub reasons: Vec<Foreign>,
    /// Whether it was given administrator rights; `None` where no event says.
    pub is_privileged: Option<bool>,
    /// The events it is joined from, the first few hundred.
    pub joins: Vec<Join>,
    /// Connections, logons and reconnects among all its events: by how many it is seen.
    pub seen_by: u64,
    /// Processes in it.
    pub processes: u64,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
}

/// A logon or a reconnect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// When.
    pub time: Timestamp,
    /// Where from.
    pub source: Option<Address>,
    /// From which port.
    pub port: Option<u16>,
    /// Whether somebody came back to a session there was already.
    pub is_reconnect: bool,
    /// `RDP-Tcp#7`.
    pub connection: Option<Foreign>,
    /// What the client computer calls itself.
    pub client: Option<Foreign>,
    /// Minutes that the client's clock is ahead of UTC.
    pub client_zone: Option<i16>,
    /// Authentication package.
    pub authentication: Option<Foreign>,
    /// How many reporters saw its connection.
    pub witnesses: usize,
    /// When it was left; `None` where that was not seen.
    pub left: Option<Timestamp>,
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ending {
    /// When.
    pub time: Timestamp,
    /// Logged off, or only disconnected: then it lives on at the server.
    pub is_logoff: bool,
    /// How surely this end is of this session.
    pub certainty: Certainty,
}

/// An event of a session, and why it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// The event.
    pub cite: Cite,
    /// How surely it belongs.
    pub certainty: Certainty,
    /// By what.
    pub by: Basis,
}

/// By what an event belongs to a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Basis {
    /// It is the first of them.
    Founder,
    /// The same logon id.
    LogonId,
    /// The same correlation id.
    Activity,
    /// The same Windows session.
    SessionId,
    /// The same connection name.
    Connection,
    /// The same source address and port.
    Port,
    /// The same source and account within a minute.
    SourceAndUser,
    /// The same account, nothing against it.
    User,
}

impl Basis {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Founder => "first event",
            Self::LogonId => "logon id",
            Self::Activity => "activity id",
            Self::SessionId => "session id",
            Self::Connection => "connection name",
            Self::Port => "source address and port",
            Self::SourceAndUser => "source and account within a minute",
            Self::User => "account",
        }
    }

    /// How surely.
    pub const fn certainty(self) -> Certainty {
        match self {
            Self::Founder | Self::LogonId | Self::Activity | Self::SessionId | Self::Connection => Certainty::Exact,
            Self::Port | Self::SourceAndUser | Self::User => Certainty::Likely,
        }
    }
}

impl RdpSession {
    /// When it began; `None` where its logon was not seen.
    pub fn start(&self) -> Option<Timestamp> {
        self.openings.first().filter(|_| self.start_seen).map(|opening| opening.time)
    }

    /// Where it was last opened from.
    pub fn source(&self) -> Option<Address> {
        self.openings.iter().rev().find_map(|opening| opening.source)
    }

    /// Everywhere it was opened from.
    pub fn sources(&self) -> BTreeSet<Address> {
        self.openings.iter().filter_map(|opening| opening.source).collect()
    }

    /// What the last client calls itself.
    pub fn client(&self) -> Option<&Foreign> {
        self.openings.iter().rev().find_map(|opening| opening.client.as_ref())
    }

    /// Minutes that the last client's clock is ahead of UTC.
    pub fn client_zone(&self) -> Option<i16> {
        self.openings.iter().rev().find_map(|opening| opening.client_zone)
    }

    /// How often somebody came back to it.
    pub fn reconnects(&self) -> usize {
        self.openings.iter().filter(|opening| opening.is_reconnect).count()
    }

    /// From its logon to its end; `None` where one of them was not seen.
    pub fn duration(&self) -> Option<SignedDuration> {
        let lasted = self.end?.time.duration_since(self.start()?);
        (!lasted.is_negative()).then_some(lasted)
    }

    /// The least sure of its joins.
    pub fn certainty(&self) -> Certainty {
        self.joins.iter().map(|join| join.certainty).min().unwrap_or(Certainty::Exact)
    }

    /// What it is right now, in a word.
    pub fn state(&self) -> &'static str {
        match (&self.end, self.is_desktop) {
            (None, false) => "authenticated",
            (None, true) => "no end seen",
            (Some(end), _) if end.is_logoff => "logged off",
            (Some(_), _) => "disconnected",
        }
    }
}
