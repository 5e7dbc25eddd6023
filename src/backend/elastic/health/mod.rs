//! What a cluster can and cannot show: facts only. Each is asked for itself, and one that may not be asked costs only itself.

mod lateral;
mod rights;
mod sensors;
mod server;

use serde_json::Value;

use super::Elastic;
use super::fields::Nature;
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::health::{ClusterHealth, Fact, FieldTrouble, Place};
use crate::domain::{Foreign, Health, Range, Timestamp};

/// The time of every document of Elastic's own.
const TIME: &str = "@timestamp";

/// Fields on which counting leans.
const COUNTED: [&str; 11] = [
    "source.ip",
    "destination.ip",
    "destination.port",
    "host.name",
    "user.name",
    "event.code",
    "winlog.event_id",
    "winlog.channel",
    "winlog.event_data.LogonType",
    "winlog.event_data.IpAddress",
    "process.executable",
];

impl Elastic {
    /// What this cluster can and cannot show.
    pub(in crate::backend::elastic) async fn health(&self, range: Range) -> Result<Health, BackendError> {
        let mut gaps = Gaps::default();
        let place = Place::Cluster { is_opensearch: self.is_opensearch, patterns: self.patterns.clone() };
        let mut health = Health::new(self.title.clone(), place, Timestamp::now(), range);
        // Without any right to the events the doctor still has something to say; without an answer it has not.
        let landscape = match self.landscape(&mut gaps).await {
            Ok(landscape) => landscape,
            Err(error) if super::detected::is_forbidden(&error) => {
                gaps.cap(error.what);
                std::sync::Arc::default()
            }
            Err(error) => return Err(error),
        };
        self.sensors(&landscape, &mut health, &mut gaps).await?;
        health.cluster = Some(ClusterHealth {
            version: self.version().await,
            clock: self.clock(&landscape).await,
            licence: self.licence().await,
            rights: self.rights().await,
            mappings: Fact::Known(troubled(&landscape)),
            transforms: self.transforms().await,
            jobs: self.jobs().await,
            sessions: self.lateral_sessions().await,
            defend: self.defend(&landscape, &range).await,
        });
        health.asked = Timestamp::now();
        health.completeness = gaps.completeness(health.sensors.values().map(|sensor| sensor.events).sum());
        Ok(health)
    }
}

/// Why something is not visible.
fn hidden<T>(error: &BackendError) -> Fact<T> {
    Fact::Hidden(error.what.clone())
}

fn foreign(value: &Value, path: &str) -> Option<Foreign> {
    value.pointer(path).and_then(Value::as_str).map(Foreign::from)
}

fn millis(value: &Value, path: &str) -> Option<Timestamp> {
    let millis = value.pointer(path)?.as_f64()?;
    Timestamp::from_millisecond(millis as i64).ok()
}

/// The fields that indices keep differently, or as mere text.
fn troubled(landscape: &super::fields::Landscape) -> Vec<FieldTrouble> {
    let mut troubled = Vec::new();
    for field in COUNTED {
        let mut kept: Vec<(&'static str, Foreign)> = Vec::new();
        for target in &landscape.targets {
            let Some(found) = target.fields.get(field) else { continue };
            let word = match found.nature {
                Nature::Ip => "ip",
                Nature::Keyword => "keyword",
                Nature::Number => "number",
                Nature::Boolean => "boolean",
                Nature::Date => "date",
                Nature::Text => "text",
            };
            if kept.iter().all(|(known, _)| *known != word) {
                kept.push((word, Foreign::from(target.path.split(',').next().unwrap_or_default())));
            }
        }
        // Numbers that one shipper writes as words are read as either; an address that is none cannot be asked by network.
        let is_address = field.ends_with(".ip");
        let is_code = matches!(field, "event.code" | "winlog.event_id" | "destination.port" | "winlog.event_data.LogonType");
        let is_odd = kept.iter().any(|(word, _)| *word == "text") || (is_address && kept.iter().any(|(word, _)| *word != "ip")) || (!is_code && kept.len() > 1);
        if is_odd {
            troubled.push(FieldTrouble { field: field.to_owned(), kept });
        }
    }
    troubled
}

#[cfg(test)]
mod tests {
    use super::super::fields::{Field, Landscape, Target};
    use super::*;

    #[test]
    fn text_addresses_that_are_words_and_conflicts_are_troubles() {
        let target = |path: &str, fields: &[(&'static str, Nature)]| Target {
            path: path.to_owned(),
            fields: fields.iter().map(|(name, nature)| ((*name).to_owned(), Field { name: (*name).to_owned(), nature: *nature, whole: None })).collect(),
        };
        let landscape = Landscape {
            targets: vec![
                target("a,b", &[("source.ip", Nature::Ip), ("user.name", Nature::Keyword), ("event.code", Nature::Keyword), ("destination.ip", Nature::Ip)]),
                target("c", &[("source.ip", Nature::Keyword), ("user.name", Nature::Text), ("event.code", Nature::Number), ("destination.ip", Nature::Ip)]),
            ],
            ..Landscape::default()
        };
        let told: Vec<String> = troubled(&landscape)
            .iter()
            .map(|trouble| {
                format!("{} {}", trouble.field, trouble.kept.iter().map(|(word, index)| format!("{word}:{}", index.raw())).collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(told, ["source.ip ip:a keyword:c", "user.name keyword:a text:c"]);
    }
}
