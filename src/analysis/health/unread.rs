//! What could not be read or understood.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::{Limits, foreign::sanitize};

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let mut diagnoses = Vec::new();
    let skipped: u64 = health.skipped.values().sum();
    if skipped > 0 {
        let reasons: Vec<String> = health.skipped.iter().map(|(reason, count)| format!("{} {count}", sanitize(reason, Limits::CELL))).collect();
        diagnoses.push(
            Diagnosis::new("skipped", "records that could not be used", Status::Warn, reasons.join(", "))
                .means("counts may be too low")
                .remedy("the report of counts --format json says which file"),
        );
    }
    if health.unknown > 0 {
        diagnoses.push(
            Diagnosis::new("unknown", "records of no known schema", Status::Warn, format!("{}", health.unknown))
                .means("they are in no count")
                .remedy("a schema of your own in the settings folder tells how to read them"),
        );
    }
    if !health.completeness.is_whole() {
        diagnoses.push(
            Diagnosis::new("partial", "this examination", Status::Warn, sanitize(&health.completeness.words(), Limits::CELL).into_string())
                .means("what is said here rests on part of the data")
                .remedy("look at the rights below, or try again when the cluster is well"),
        );
    }
    diagnoses
}
