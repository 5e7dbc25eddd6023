//! What some events could show at all: a log that is not there says nothing, and that is not "no".

use std::collections::BTreeSet;

use crate::domain::stage::Rung;
use crate::domain::{Event, Kind};

/// The kinds of evidence that a machine's events come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    kinds: BTreeSet<Kind>,
}

impl Visible {
    /// What these events come from.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        Self { kinds: events.into_iter().map(|event| event.kind).collect() }
    }

    /// What is known to exist besides, as the backend's overview says.
    #[must_use]
    pub fn and(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds.extend(kinds);
        self
    }

    fn any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.kinds.contains(kind))
    }

    /// The Security log, as far as it tells of logons; the filtering platform in it does not.
    fn security(&self) -> bool {
        self.any(&[
            Kind::LogonRemote,
            Kind::LogonCached,
            Kind::LogonUnlock,
            Kind::LogonFailed,
            Kind::LogonFailedNetwork,
            Kind::WindowReconnected,
            Kind::WindowDisconnected,
            Kind::LogonEnded,
            Kind::LoggedOff,
            Kind::Privileges,
            Kind::ExplicitCredentials,
            Kind::Denied,
        ])
    }

    fn session_manager(&self) -> bool {
        self.any(&[
            Kind::SessionLogon,
            Kind::SessionShell,
            Kind::SessionLogoff,
            Kind::SessionDisconnected,
            Kind::SessionReconnected,
            Kind::SessionReplaced,
            Kind::SessionReason,
        ])
    }

    fn defend(&self) -> bool {
        self.any(&[Kind::DefendLogon, Kind::DefendLogonFailed, Kind::DefendProcess])
    }

    fn exports(&self) -> bool {
        self.any(&[Kind::LogonExport, Kind::LogonFailedExport])
    }

    /// Whether a rung would be seen here.
    pub fn shows(&self, rung: Rung) -> bool {
        match rung {
            Rung::Touched => self.kinds.iter().any(|kind| kind.family() == crate::domain::Family::Network),
            Rung::Authenticated => self.any(&[Kind::ManagerAuthenticated]) || self.security() || self.session_manager() || self.defend() || self.exports(),
            Rung::LoggedOn => self.security() || self.session_manager() || self.defend() || self.exports(),
            Rung::Shell => self.session_manager() || self.shows(Rung::Process),
            // A process is somebody's only where logons are seen too.
            Rung::Process => self.any(&[Kind::Process, Kind::ProcessAudited, Kind::DefendProcess]) && self.shows(Rung::LoggedOn),
        }
    }

    /// Whether a refusal would be seen here.
    pub fn shows_refusals(&self) -> bool {
        self.security() || self.defend() || self.exports() || self.any(&[Kind::CoreFailed, Kind::CoreAccepted])
    }
}
