//! Whether the clocks of hosts, cluster and this machine agree.

use jiff::SignedDuration;

use super::{Diagnosis, Status};
use crate::analysis::difference::words;
use crate::domain::Health;
use crate::domain::health::{Fact, Place};

/// Clocks that differ by more put events into the wrong bucket.
const APART: SignedDuration = SignedDuration::from_mins(5);
/// Clocks that differ by more are worth a word.
const OFF: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let mut diagnoses = Vec::new();
    if let Some(cluster) = &health.cluster {
        diagnoses.push(match &cluster.clock {
            Fact::Known(clock) => {
                let apart = health.asked.duration_since(*clock).abs();
                let status = if apart > APART {
                    Status::Bad
                } else if apart > OFF {
                    Status::Warn
                } else {
                    Status::Good
                };
                let mut diagnosis = Diagnosis::new("clock", "clock of the cluster", status, format!("{} apart from this machine's", words(apart)));
                if status != Status::Good {
                    diagnosis =
                        diagnosis.means("the last hours here are other hours there").remedy("let both keep time by NTP; name fixed times with --from and --to");
                }
                diagnosis
            }
            Fact::Hidden(why) => {
                Diagnosis::new("clock", "clock of the cluster", Status::NotVisible, why.clone()).means("whether it agrees with this machine's cannot be told")
            }
        });
    }
    let early: u64 = health.sensors.values().filter_map(|sensor| sensor.lag.known()).map(|lag| lag.early).sum();
    let ahead: Vec<String> = health
        .sensors
        .iter()
        .filter(|(_, found)| matches!(health.place, Place::Cluster { .. }) && found.newest.duration_since(health.asked) > APART)
        .map(|(sensor, found)| format!("{} by {}", sensor.name(), words(found.newest.duration_since(health.asked))))
        .collect();
    if !ahead.is_empty() || early > 0 {
        let mut figure = Vec::new();
        if !ahead.is_empty() {
            figure.push(format!("events lie in the future: {}", ahead.join(", ")));
        }
        if early > 0 {
            figure.push(format!("{early} events were stored before they happened"));
        }
        diagnoses.push(
            Diagnosis::new("skew", "clocks of the hosts", if ahead.is_empty() { Status::Warn } else { Status::Bad }, figure.join("; "))
                .means("events stand in the wrong bucket, and orders of seconds between hosts prove nothing")
                .remedy("find the host with `events`, and check its clock and its zone; --naive-zone reads times without an offset"),
        );
    } else if health.sensors.values().any(|sensor| sensor.lag.known().is_some()) {
        diagnoses.push(Diagnosis::new("skew", "clocks of the hosts", Status::Good, "no event was stored before it happened"));
    }
    diagnoses
}
