//! How many events name a usable source and a usable destination.

use super::{Diagnosis, Status, percent};
use crate::domain::Health;

/// Below this share of usable values counts are far too low.
const BAD: u64 = 50;
/// Below this share they are too low.
const WARN: u64 = 90;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let mut diagnoses = Vec::new();
    for (sensor, found) in health.sensors.iter().filter(|(_, found)| found.looked > 0) {
        let (source, destination) = (percent(found.with_source, found.looked), percent(found.with_destination, found.looked));
        let status = match source.min(destination) {
            share if share < BAD => Status::Bad,
            share if share < WARN => Status::Warn,
            _ => Status::Good,
        };
        let of = if found.looked < found.telling {
            format!("of the newest {} looked at", found.looked)
        } else {
            format!("of {} connections, logons and refusals", found.looked)
        };
        let loopback = if found.loopback > 0 { format!(", {} from the host itself", found.loopback) } else { String::new() };
        let mut diagnosis = Diagnosis::new(
            "addresses",
            format!("{} names both ends", sensor.name()),
            status,
            format!("source in {source} %, destination in {destination} % {of}{loopback}"),
        );
        let mut meaning = Vec::new();
        if source < WARN {
            meaning.push("events without a source are in no count of sources");
        }
        if destination < WARN {
            meaning.push("events without a destination stand on no lane");
        }
        if found.loopback > 0 {
            meaning.push("a host that connects to itself may be the end of a tunnel");
        }
        diagnosis.meaning = meaning.join("; ");
        if status != Status::Good {
            diagnosis.remedy = "see with `events --where` which records lack them; addresses written as LOCAL, - or 0.0.0.0 are none".to_owned();
        }
        diagnoses.push(diagnosis);
    }
    diagnoses
}
