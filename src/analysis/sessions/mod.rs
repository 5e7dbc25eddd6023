//! Sessions joined from every log: openings, what they were left by, and the connections beneath them.
//!
//! Ids that Windows gave join exactly; time, address and account join likely, and only where nothing speaks against it. Ids are
//! given out again after a restart, so an id alone never joins across a logon of somebody else or the end of a session.

mod fold;
mod marry;
mod opening;
mod sure;

use super::{Machines, connections};
use crate::domain::{Connection, Event, RdpSession};

/// What the events tell of connections and sessions.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Every session, in order of time.
    pub list: Vec<RdpSession>,
    /// The machine of each session, as a place in [`Self::machines`].
    pub machine: Vec<usize>,
    /// Every connection, in order of time.
    pub connections: Vec<Connection>,
    /// The session of each connection, where there is one.
    pub session_of: Vec<Option<usize>>,
    /// The session of each event, where there is one.
    pub of_event: Vec<Option<u32>>,
    /// The machines.
    pub machines: Machines,
}

/// Joins the sessions out of events in whatever order.
pub fn sessions(events: &[Event]) -> Sessions {
    let machines = Machines::of(events);
    let connections = connections(events, &machines);
    let folded = fold::fold(events, &machines);
    marry::marry(events, machines, connections, folded)
}

#[cfg(test)]
mod tests;
