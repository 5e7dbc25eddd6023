//! Fields that are kept so that they cannot be counted, or differently from index to index.

use super::{Diagnosis, Status};
use crate::domain::Health;
use crate::domain::health::Fact;

pub(super) fn check(health: &Health) -> Vec<Diagnosis> {
    let Some(Fact::Known(troubles)) = health.cluster.as_ref().map(|cluster| &cluster.mappings) else { return Vec::new() };
    if health.sensors.is_empty() {
        return Vec::new();
    }
    if troubles.is_empty() {
        return vec![Diagnosis::new("mappings", "how fields are kept", Status::Good, "addresses as addresses, words as words, alike everywhere")];
    }
    troubles
        .iter()
        .map(|trouble| {
            let kept: Vec<String> = trouble.kept.iter().map(|(word, index)| format!("{word} in {}", index.safe())).collect();
            let is_text = trouble.kept.iter().any(|(word, _)| *word == "text");
            let meaning = if is_text {
                "text cannot be counted by the cluster: documents are fetched and counted here, which is slow and has a limit"
            } else if trouble.kept.len() > 1 {
                "indices keep it differently: each kind is asked for itself"
            } else {
                "networks cannot be asked for by the cluster, and ::ffff: spellings count apart until they are read here"
            };
            let want = if trouble.field.ends_with(".ip") { "ip" } else { "keyword" };
            Diagnosis::new("mappings", format!("field {}", trouble.field), Status::Warn, kept.join(", "))
                .means(meaning)
                .remedy(format!("map it as {want} in the index template; new indices follow at the next rollover"))
        })
        .collect()
}
