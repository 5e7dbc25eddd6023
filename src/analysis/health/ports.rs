//! RDP on other ports than those asked for.

use super::{Diagnosis, Status};
use crate::domain::Health;

/// The port of RDP.
const RDP: u16 = 3389;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let others: Vec<String> = health.other_ports.iter().filter(|(port, _)| **port != RDP).map(|(port, count)| format!("{port} ({count})")).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let flags: Vec<String> = health.other_ports.keys().filter(|port| **port != RDP).map(|port| format!("--port {port}")).collect();
    vec![
        Diagnosis::new("ports", "RDP on other ports", Status::Warn, others.join(", "))
            .means("connections there are counted only where the protocol itself was seen, not out of flows and host logs")
            .remedy(format!("add {}", flags.join(" "))),
    ]
}
