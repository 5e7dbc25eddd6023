//! A layer for the ATT&CK Navigator: only techniques of which something was seen, each with what.

use serde_json::{Value, json};

use super::{Exporter, Report, ReportError, Written};
use crate::case::Verdict;

pub(super) struct Navigator;

/// Refusals from which guessing is worth naming.
const GUESSES: u64 = 5;

impl Exporter for Navigator {
    fn format(&self) -> &'static str {
        "navigator"
    }

    fn ending(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "a layer for the ATT&CK Navigator"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        let verdict = report.case.verdict.as_ref().map(|(_, verdict, _)| *verdict);
        // What is harmless is no technique of anybody.
        let is_harmless = matches!(verdict, Some(Verdict::FalsePositive | Verdict::BenignTruePositive));
        let techniques = if is_harmless { Vec::new() } else { techniques(report) };
        let destination = report.case.subject.as_ref().map(|subject| subject.destination.safe().into_string()).unwrap_or_default();
        let layer = json!({
            "name": format!("rdptriage {}", crate::domain::Foreign::from(report.name.as_str()).safe()),
            "versions": { "layer": "4.5", "navigator": "5.1.0" },
            "domain": "enterprise-attack",
            "description": format!("RDP spike at {destination}, verdict: {}", verdict.map_or("none yet", Verdict::words)),
            "filters": { "platforms": ["Windows"] },
            "sorting": 3,
            "techniques": techniques,
            "gradient": { "colors": ["#ffffff", "#ff6666"], "minValue": 0, "maxValue": 100 },
            "legendItems": [],
            "metadata": [{ "name": "case", "value": crate::domain::Foreign::from(report.name.as_str()).safe().as_str() }, { "name": "head", "value": report.case.head.1.to_string() }],
        });
        let mut bytes = serde_json::to_vec_pretty(&layer)?;
        bytes.push(b'\n');
        Ok(bytes.into())
    }
}

fn technique(id: &str, tactic: &str, score: f64, comment: String) -> Value {
    json!({ "techniqueID": id, "tactic": tactic, "score": score.round(), "comment": comment, "enabled": true, "showSubtechniques": id.contains('.') })
}

fn techniques(report: &Report) -> Vec<Value> {
    let facts = report.dossier.as_ref().map(|dossier| &dossier.facts);
    let score = facts.and_then(|facts| facts.score).unwrap_or(50.0);
    let mut found = Vec::new();
    let (sources, logons, refusals) = facts.map_or((0, 0, 0), |facts| {
        (
            facts.sources.len(),
            facts.accounts.iter().filter(|account| account.logons > 0).count(),
            facts.sources.iter().map(|source| source.refusals).sum::<u64>(),
        )
    });
    let came = if sources == 0 { "spike of sources over RDP".to_owned() } else { format!("{sources} sources over RDP") };
    found.push(technique("T1021.001", "lateral-movement", score, came));
    if logons > 0 {
        found.push(technique("T1078", "defense-evasion", score, format!("{logons} accounts got in")));
    }
    if refusals >= GUESSES {
        found.push(technique("T1110", "credential-access", score, format!("{refusals} refused logons")));
    }
    found
}
