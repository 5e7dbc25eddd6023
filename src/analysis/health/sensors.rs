//! Which sources of events are there, and what the missing ones would have told.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::health::{Place, Sensor};

/// Those that tell who got in.
const LOGONS: [Sensor; 5] = [Sensor::Manager, Sensor::Sessions, Sensor::Security, Sensor::DefendProcess, Sensor::DefendSecurity];
/// Those that tell who touched the port.
const TOUCHES: [Sensor; 8] =
    [Sensor::Core, Sensor::Filtering, Sensor::Sysmon, Sensor::DefendNetwork, Sensor::ZeekRdp, Sensor::ZeekConn, Sensor::Flow, Sensor::Client];

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let has = |sensors: &[Sensor]| sensors.iter().any(|sensor| health.sensors.contains_key(sensor));
    let there: Vec<String> = health.sensors.iter().map(|(sensor, found)| format!("{} {}", sensor.name(), found.events)).collect();
    let title = "sources of events";
    if health.sensors.is_empty() {
        let remedy = match &health.place {
            Place::Cluster { patterns, .. } => format!(
                "check --index (asked: {}) and the rights below; ask for another time with --from",
                crate::domain::foreign::sanitize(&patterns.join(", "), crate::domain::Limits::CELL)
            ),
            _ => "give the logs of the servers reached: Security, RemoteConnectionManager, LocalSessionManager, RdpCoreTS".to_owned(),
        };
        return vec![
            Diagnosis::new("sources", title, Status::Bad, "no RDP event")
                .means("nothing can be counted, and an empty screen says nothing about what happened")
                .remedy(remedy),
        ];
    }
    let mut missing = Vec::new();
    if !has(&LOGONS) {
        missing.push("nobody tells who got in: a scan and an intrusion look alike");
    }
    if !has(&TOUCHES) {
        missing.push("nobody tells who only touched the port: sources that never log on are not counted");
    }
    let status = if missing.is_empty() { Status::Good } else { Status::Warn };
    let absent: Vec<String> = Sensor::ALL
        .iter()
        .filter(|sensor| !health.sensors.contains_key(sensor) && !matches!(sensor, Sensor::Export))
        .map(|sensor| if missing.is_empty() { sensor.name().to_owned() } else { format!("{} ({})", sensor.name(), sensor.tells()) })
        .collect();
    let mut diagnosis = Diagnosis::new("sources", title, status, there.join(", "));
    diagnosis.meaning = if missing.is_empty() { "connections and logons are both told of".to_owned() } else { missing.join("; ") };
    if !absent.is_empty() {
        diagnosis.remedy = format!("not there: {}", absent.join(", "));
    }
    vec![diagnosis]
}
