//! The rows of a report as a table: sources, accounts, hosts, marks and the documents kept with the case.

use super::Report;
use crate::domain::{Foreign, Timestamp};

/// The columns, in order; the first is what sort of row it is.
pub const COLUMNS: [&str; 8] = ["row", "value", "first", "last", "stage", "count", "detail", "document"];

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// `source`, `account`, `host`, `mark`, `document`.
    pub row: &'static str,
    /// What it is about.
    pub value: Foreign,
    /// First time.
    pub first: Option<Timestamp>,
    /// Last time.
    pub last: Option<Timestamp>,
    /// How far.
    pub stage: Option<&'static str>,
    /// Connections, or logons.
    pub count: Option<u64>,
    /// The rest, in words.
    pub detail: Foreign,
    /// The exact document, where it is one.
    pub document: Option<Foreign>,
}

impl Report {
    /// Its rows.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for facts in self.dossier.iter().map(|dossier| &dossier.facts) {
            rows.extend(facts.sources.iter().map(|source| Row {
                row: "source",
                value: source.address.to_string().into(),
                first: Some(source.first),
                last: Some(source.last),
                stage: Some(source.stage.name()),
                count: Some(source.connections),
                detail: source.suspicion.join("; ").into(),
                document: None,
            }));
            rows.extend(facts.accounts.iter().map(|account| Row {
                row: "account",
                value: account.name.clone(),
                first: None,
                last: None,
                stage: None,
                count: Some(account.logons),
                detail: account.suspicion.join("; ").into(),
                document: None,
            }));
            rows.extend(facts.hosts.iter().map(|host| Row {
                row: "host",
                value: host.host.label(),
                first: Some(host.first),
                last: None,
                stage: Some(host.stage.name()),
                count: None,
                detail: host.findings.join("; ").into(),
                document: None,
            }));
        }
        rows.extend(self.case.marks.iter().map(|(mark, (signed, trail))| Row {
            row: "mark",
            value: mark.value.clone(),
            first: Some(signed.time),
            last: None,
            stage: None,
            count: None,
            detail: trail.as_str().into(),
            document: None,
        }));
        rows.extend(self.documents.iter().map(|(hash, text)| Row {
            row: "document",
            value: hash.to_string().into(),
            first: super::timesketch::moment(text),
            last: None,
            stage: None,
            count: None,
            detail: Foreign::default(),
            document: Some(text.as_str().into()),
        }));
        rows
    }
}
