//! `doctor`: what a cluster or files can and cannot show, what that means, and what to do.

use std::io::Write as _;

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

use super::completeness::Report;
use super::failure::{self, Failure};
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, document, rows};
use crate::analysis::health::{Diagnosis, Status, examine, key, worst};
use crate::domain::{Foreign, Health, Range, Timestamp, time};
use crate::query::{Answer, Ask};

/// Days of a cluster's events that are looked at: as far as the detector looks back.
const DAYS: i64 = 30;
/// Columns of the text for people.
const WIDTH: usize = 110;

const COLUMNS: &[Column] =
    &[Column::text("status"), Column::text("check"), Column::text("title"), Column::text("figure"), Column::text("meaning"), Column::text("remedy")];

#[derive(Serialize)]
struct Document<'a> {
    title: Foreign,
    asked: String,
    status: Status,
    diagnoses: &'a [Diagnosis],
    key_request: Option<Request>,
    completeness: &'a Report,
}

#[derive(Serialize)]
struct Request {
    request: &'static str,
    body: Value,
    note: &'static str,
}

/// Asks, judges and writes. Something bad is an exit code of its own kind: the command worked, what it looked at does not.
pub async fn run(opened: &Opened, named: Option<Range>, format: Format, sink: &mut Sink) -> Result<(Report, u8), Failure> {
    let range = match named {
        Some(range) => range,
        None if opened.is_cluster => around(opened.range.to),
        None => Range::ALL,
    };
    let Answer::Health(health) = opened.ask(&Ask::Health { range }).await? else { return Err(Opened::mixed_up()) };
    let diagnoses = examine(&health);
    let report = opened.report(&health.completeness).await?;
    let request = key::request(&health);
    match format {
        Format::Table => {
            let text = text(&health, &diagnoses, request.as_ref());
            sink.write_all(text.as_bytes()).map_err(|error| sink.failed(error))?;
        }
        Format::Json => {
            let key_request = request.map(|request| Request { request: request.line, body: request.body, note: request.note });
            let asked = time::rfc3339_micros(health.asked);
            document(
                &Document {
                    title: Foreign::from(health.title.as_str()),
                    asked,
                    status: worst(&diagnoses),
                    diagnoses: &diagnoses,
                    key_request,
                    completeness: &report,
                },
                sink,
            )?;
        }
        other => {
            let mut rows = rows(other, COLUMNS, sink)?;
            for diagnosis in &diagnoses {
                let texts = [diagnosis.status.word(), diagnosis.check, &diagnosis.title, &diagnosis.figure, &diagnosis.meaning, &diagnosis.remedy];
                rows.row(&texts.map(|text| Cell::Own(text.to_owned())))?;
            }
            rows.finish()?;
        }
    }
    let code = if worst(&diagnoses) == Status::Bad { failure::ERROR } else { failure::OK };
    Ok((report, code))
}

/// The last days, and a day of the future, where events lie whose clock is wrong.
fn around(now: Timestamp) -> Range {
    let hours = |hours: i64| SignedDuration::from_hours(hours);
    Range { from: now.checked_sub(hours(24 * DAYS)).unwrap_or(Timestamp::MIN), to: now.checked_add(hours(24)).unwrap_or(Timestamp::MAX) }
}

/// For people: the worst first, each with its meaning and its remedy below it.
fn text(health: &Health, diagnoses: &[Diagnosis], request: Option<&key::KeyRequest>) -> String {
    let mut ordered: Vec<&Diagnosis> = diagnoses.iter().collect();
    ordered.sort_by_key(|diagnosis| diagnosis.status);
    let mut out = format!("{}\n\n", Foreign::from(health.title.as_str()).safe());
    for diagnosis in ordered {
        out.push_str(&format!("{:<12}{}\n", diagnosis.status.word(), diagnosis.title));
        for (lead, said) in [("", &diagnosis.figure), ("means: ", &diagnosis.meaning), ("do: ", &diagnosis.remedy)] {
            if !said.is_empty() {
                wrap(&format!("{lead}{said}"), &mut out);
            }
        }
    }
    if let Some(request) = request {
        out.push_str(&format!(
            "\nThe least rights with which all of this works, for an administrator to send:\n\n{}\n\n{}\n",
            key::text(request),
            request.note
        ));
    }
    out
}

/// A sentence under its heading, broken between words.
fn wrap(said: &str, out: &mut String) {
    const INDENT: &str = "            ";
    let mut column = WIDTH;
    for word in said.split(' ') {
        let wide = word.chars().count();
        if column + 1 + wide > WIDTH {
            if column < WIDTH || !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(INDENT);
            out.push_str(word);
            column = INDENT.len() + wide;
        } else {
            out.push(' ');
            out.push_str(word);
            column += 1 + wide;
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_between_words() {
        let mut out = "head\n".to_owned();
        wrap("abcd ".repeat(30).trim_end(), &mut out);
        let lines: Vec<usize> = out.lines().map(str::len).collect();
        assert_eq!(lines, [4, 106, 66]);
    }
}
