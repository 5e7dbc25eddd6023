//! The full scope: everybody who came, how far, with which accounts, and where else they were; as a table to hand on.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Choice, Item, Picture, Piece, Prepared, caveats, counted, named};
use crate::domain::foreign::disarmed;
use crate::domain::{Foreign, time};

const TITLE: &str = "Find the full scope";

const COLUMNS: [&str; 14] = [
    "source.ip",
    "when",
    "stage",
    "new_here",
    "days_before",
    "first",
    "last",
    "events",
    "connections",
    "refusals",
    "users",
    "also_to",
    "regular_users",
    "is_server",
];

/// Prepares it.
pub(super) fn prepare(picture: &Picture, _choice: &Choice) -> Prepared {
    let elsewhere: std::collections::BTreeSet<&Foreign> = picture.suspects().flat_map(|source| &source.also_to).collect();
    let onward = picture.hosts.len().saturating_sub(1);
    let summary = format!(
        "{} in the spike, {} before; the suspects reached {} besides; {} further in scope",
        counted(picture.sources.len(), "source"),
        picture.before.len(),
        counted(elsewhere.len(), "other destination"),
        counted(onward, "host"),
    );
    let mut prepared = Prepared::new("scope", TITLE, summary);
    prepared.warnings = caveats(picture);
    prepared.warnings.extend(picture.unknown.iter().cloned());
    for source in picture.sources.iter().filter(|source| source.is_server) {
        prepared.warnings.push(format!("{} was itself reached over RDP: whoever came through it is one hop further back (`rdptriage hops`)", source.address));
    }
    prepared.items = elsewhere.iter().map(|label| Item { what: (*label).clone(), why: "also reached by a suspect: looked at".to_owned() }).collect();
    let (csv, ndjson) = (csv(picture), ndjson(picture));
    prepared.pieces = vec![piece("csv", "Scope as CSV", csv), piece("ndjson", "Scope as NDJSON", ndjson), text(picture)];
    prepared
}

fn piece(name: &'static str, title: &str, text: String) -> Piece {
    let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Piece { name, title: title.to_owned(), text, undo: None, notes: vec![format!("SHA-256 {hash}")] }
}

/// Names as one cell, exact but for what a spreadsheet or terminal would act on.
fn joined<'a>(names: impl IntoIterator<Item = &'a Foreign>) -> String {
    disarmed(&names.into_iter().map(Foreign::raw).collect::<Vec<_>>().join(", "))
}

fn truth(is: Option<bool>) -> &'static str {
    match is {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn csv(picture: &Picture) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(picture.sources.iter().map(|source| {
        [
            source.address.to_string(),
            "spike".to_owned(),
            source.stage.name().to_owned(),
            truth(source.is_new).to_owned(),
            source.days_before.to_string(),
            time::rfc3339_micros(source.first),
            time::rfc3339_micros(source.last),
            source.events.to_string(),
            source.connections.to_string(),
            source.refusals.to_string(),
            joined(&source.users),
            joined(&source.also_to),
            joined(&source.regulars),
            truth(Some(source.is_server)).to_owned(),
        ]
    }));
    rows.extend(picture.before.iter().map(|before| {
        let mut row: [String; 14] = Default::default();
        let known = [
            (0, before.address.to_string()),
            (1, "before".to_owned()),
            (4, before.days.to_string()),
            (5, time::rfc3339_micros(before.first)),
            (6, time::rfc3339_micros(before.last)),
            (7, before.events.to_string()),
        ];
        for (place, text) in known {
            if let Some(cell) = row.get_mut(place) {
                *cell = text;
            }
        }
        row
    }));
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn ndjson(picture: &Picture) -> String {
    let spike = picture.sources.iter().map(|source| {
        json!({
            "source.ip": source.address, "when": "spike", "stage": source.stage.name(), "new_here": source.is_new, "days_before": source.days_before,
            "first": time::rfc3339_micros(source.first), "last": time::rfc3339_micros(source.last), "events": source.events,
            "connections": source.connections, "refusals": source.refusals, "users": source.users, "also_to": source.also_to,
            "regular_users": source.regulars, "is_server": source.is_server,
        })
    });
    let before = picture.before.iter().map(|before| {
        json!({
            "source.ip": before.address, "when": "before", "days_before": before.days, "first": time::rfc3339_micros(before.first),
            "last": time::rfc3339_micros(before.last), "events": before.events,
        })
    });
    spike.chain(before).map(|line| line.to_string() + "\n").collect()
}

/// The same for people.
fn text(picture: &Picture) -> Piece {
    let mut text = format!("{}, {} to {}\n", picture.called(), time::rfc3339(picture.range.from), time::rfc3339(picture.range.to));
    for source in &picture.sources {
        let new = if source.is_new == Some(true) { ", new here" } else { "" };
        let users = if source.users.is_empty() { String::new() } else { format!(", as {}", named(&source.users, 4)) };
        let also = if source.also_to.is_empty() { String::new() } else { format!(", also to {}", named(&source.also_to, 4)) };
        text.push_str(&format!("  {} {}{new}{users}{also}\n", source.address, source.stage.name()));
    }
    Piece { name: "text", title: "Scope in words".to_owned(), text, undo: None, notes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::sample::picture;
    use super::*;

    #[test]
    fn a_table_of_everybody_with_its_hash() {
        let prepared = prepare(&picture(), &Choice::default());
        assert_eq!(prepared.summary, "4 sources in the spike, 1 before; the suspects reached 1 other destination besides; 1 host further in scope");
        let csv = prepared.piece("csv").unwrap();
        let lines: Vec<&str> = csv.text.lines().collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(lines[1], "10.66.0.12,spike,logged on,yes,0,2026-01-05T12:31:04.000000Z,2026-01-05T12:58:11.000000Z,9,4,0,CORP\\admmig,DC01,,no");
        assert_eq!(lines[5], "10.20.8.9,before,,,12,2026-01-05T08:00:00.000000Z,2026-01-05T09:00:00.000000Z,40,,,,,,");
        let hash: String = Sha256::digest(csv.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(csv.notes, [format!("SHA-256 {hash}")]);
        assert_eq!(prepared.piece("ndjson").unwrap().text.lines().count(), 5);
        assert_eq!(prepared.items[0].what, "DC01".into());
    }

    #[test]
    fn a_spreadsheet_finds_no_formula() {
        let mut picture = picture();
        picture.sources[0].users = [Foreign::from("=cmd|'/c calc'!A1")].into();
        assert!(prepare(&picture, &Choice::default()).piece("csv").unwrap().text.contains(",'=cmd|'/c calc'!A1,"));
    }
}
