//! Whether the transform keeps several servers under one address.
//!
//! It takes a host's address by its place in the cluster's order of addresses: the first in newer packages, the second in
//! older ones. `::1` sorts before everything else.

use super::{Diagnosis, Status, percent};
use crate::domain::Health;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(cluster) = &health.cluster else { return Vec::new() };
    let mut diagnoses = Vec::new();
    if let Some(sessions) = cluster.sessions.known()
        && sessions.documents > 0
    {
        let share = percent(sessions.collapsed, sessions.documents);
        let status = if share >= 50 {
            Status::Bad
        } else if sessions.collapsed > 0 {
            Status::Warn
        } else {
            Status::Good
        };
        let top: Vec<String> = sessions.destinations.iter().take(3).map(|(address, count)| format!("{} {count}", address.safe())).collect();
        let figure = format!("{share} % of {} sessions at an address that every host has; most at {}", sessions.documents, top.join(", "));
        let mut diagnosis = Diagnosis::new("collapse", "destinations of the rule's job", status, figure);
        if status != Status::Good {
            diagnosis = diagnosis
                .means("the job counts sources of several servers as of one: its spikes may be none, and a real one may drown")
                .remedy("trust the counts here, which go by the event's own destination or the host's name; have the transform take a real address");
        }
        diagnoses.push(diagnosis);
    }
    if let Some(defend) = cluster.defend.known() {
        let hosts: Vec<_> = defend.hosts.iter().filter(|(_, addresses)| !addresses.is_empty()).collect();
        let lost = |place: usize| hosts.iter().filter(|(_, addresses)| addresses.get(place).is_none_or(|address| !address.identifies_a_host())).count();
        if !hosts.is_empty() {
            let (first, second) = (lost(0), lost(1));
            let status = if first == hosts.len() || second == hosts.len() {
                Status::Bad
            } else if first + second > 0 {
                Status::Warn
            } else {
                Status::Good
            };
            let figure = format!(
                "of {} hosts, {first} would stand under no address of their own in the newer package (takes the first), {second} in the older (takes the second)",
                hosts.len()
            );
            let mut diagnosis = Diagnosis::new("host-order", "order of host.ip", status, figure);
            if status != Status::Good {
                diagnosis = diagnosis
                    .means("in the transform these hosts fall together, or have no session at all")
                    .remedy("compare with the destinations of ml-rdp-lmd*; drop loopback and link-local addresses from host.ip in an ingest pipeline");
            }
            diagnoses.push(diagnosis);
        }
    }
    diagnoses
}
