//! One connection to the RDP port, by however many witnesses it was seen.

use super::{Address, Destination, Event, Foreign, Timestamp};

/// One connection: TCP and its UDP twin, seen by the server, by the client's host and by sensors between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Place of the server in the list of machines it was found with.
    pub machine: usize,
    /// Who connected.
    pub source: Option<Address>,
    /// From which port; of TCP where both are known.
    pub port: Option<u16>,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// Places of its events.
    pub events: Vec<u32>,
    /// Correlation id of the server's own log.
    pub activity: Option<Foreign>,
    /// `RDP-Tcp#7`.
    pub name: Option<Foreign>,
    /// The Windows session it was bound to.
    pub session_id: Option<u32>,
    /// Minutes that the client's clock is ahead of UTC.
    pub client_zone: Option<i16>,
    /// When and why the server says it ended.
    pub end: Option<(Timestamp, Option<Foreign>)>,
    /// Cookies the client sent.
    pub cookie: Option<Foreign>,
}

/// A server or client under its names and addresses.
pub type Machine = Destination;

impl Connection {
    /// How many different reporters saw it.
    pub fn witnesses(&self, events: &[Event]) -> usize {
        let mut seen: Vec<(Option<&Foreign>, super::event::Vantage)> = Vec::new();
        for event in self.events.iter().filter_map(|place| events.get(*place as usize)) {
            let witness = (event.host.as_ref(), event.kind.vantage());
            if !seen.contains(&witness) {
                seen.push(witness);
            }
        }
        seen.len()
    }
}
