//! A timeline for Timesketch: what the attacker did and what the responders did, one event a row, safe for a spreadsheet.

use super::{Exporter, Report, ReportError, Written};
use crate::case::words::words;
use crate::domain::foreign::disarmed;
use crate::domain::{Timestamp, time};

pub(super) struct Timesketch;

/// The three that Timesketch demands, and ours.
const COLUMNS: [&str; 7] = ["message", "datetime", "timestamp_desc", "timestamp", "source", "author", "tag"];

/// When a document says that it happened.
pub(super) fn moment(document: &str) -> Option<Timestamp> {
    let value: serde_json::Value = serde_json::from_str(document).ok()?;
    let source = value.get("_source").unwrap_or(&value);
    source.get("@timestamp").or_else(|| source.get("time"))?.as_str()?.parse().ok()
}

struct Row {
    time: Timestamp,
    message: String,
    sort: &'static str,
    source: String,
    author: String,
    tag: &'static str,
}

impl Exporter for Timesketch {
    fn format(&self) -> &'static str {
        "timesketch"
    }

    fn ending(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "a timeline for Timesketch"
    }

    fn serialize(&self, report: &Report) -> Result<Written, ReportError> {
        let mut rows: Vec<Row> = Vec::new();
        let mut add = |time: Timestamp, message: String, sort: &'static str, source: &str, author: &str, tag: &'static str| {
            rows.push(Row { time, message, sort, source: source.to_owned(), author: author.to_owned(), tag });
        };
        for facts in report.dossier.iter().map(|dossier| &dossier.facts) {
            for source in &facts.sources {
                let users: Vec<String> = source.users.keys().map(|user| user.safe().into_string()).collect();
                let with = if users.is_empty() { String::new() } else { format!(" as {}", users.join(", ")) };
                let what = format!("{} {}{with}, {} connections, {} refusals", source.address, source.stage.name(), source.connections, source.refusals);
                add(source.first, what.clone(), "First RDP event", &source.address.to_string(), "", "source");
                if source.last > source.first {
                    add(source.last, what, "Last RDP event", &source.address.to_string(), "", "source");
                }
            }
            for host in &facts.hosts {
                for finding in &host.findings {
                    add(host.first, format!("{}: {finding}", host.host.label().raw()), "Finding", host.host.label().raw(), "", "finding");
                }
            }
        }
        for document in report.documents.values() {
            if let Some(time) = moment(document) {
                add(time, document.clone(), "Event", "", "", "evidence");
            }
        }
        for entry in report.entries.iter().filter(|entry| !report.case.undone.contains(&entry.seq)) {
            if let Ok(record) = entry.record() {
                add(record.time, words(&record.act), "Responder", "", record.author.raw(), "case");
            }
        }
        rows.sort_by(|one, two| (one.time, &one.message).cmp(&(two.time, &two.message)));
        let failed = |error: csv::Error| ReportError { what: format!("writing the timeline failed: {error}"), advice: None };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS).map_err(failed)?;
        for row in rows {
            let (at, micros) = (time::rfc3339_micros(row.time).replace('Z', "+00:00"), row.time.as_microsecond().to_string());
            let record = [disarmed(&row.message), at, row.sort.to_owned(), micros, disarmed(&row.source), disarmed(&row.author), row.tag.to_owned()];
            writer.write_record(record).map_err(failed)?;
        }
        let bytes = writer.into_inner().map_err(|error| ReportError { what: format!("writing the timeline failed: {error}"), advice: None })?;
        Ok(bytes.into())
    }
}
