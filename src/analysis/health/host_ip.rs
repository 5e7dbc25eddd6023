//! Whether Elastic Defend reports the addresses of its host: from 8.18 on it does not unless told to.

use super::{Diagnosis, Status, percent};
use crate::domain::Health;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(defend) = health.cluster.as_ref().and_then(|cluster| cluster.defend.known()) else { return Vec::new() };
    let (host, client) = (percent(defend.with_host_ip, defend.processes), percent(defend.with_client, defend.processes));
    let status = if host == 0 || client == 0 {
        Status::Bad
    } else if host < 100 || client < 90 {
        Status::Warn
    } else {
        Status::Good
    };
    let mut diagnosis = Diagnosis::new(
        "host-ip",
        "what the transform needs",
        status,
        format!("host.ip in {host} %, client address in {client} % of {} process events of remote sessions", defend.processes),
    );
    if status != Status::Good {
        diagnosis = diagnosis
            .means("the transform drops events without them: the rule is blind to those hosts, and says so nowhere")
            .remedy("in the Elastic Defend policy set [windows].advanced.set_extended_host_information to true");
    }
    vec![diagnosis]
}
