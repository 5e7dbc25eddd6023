//! `response`: what can be done about a spike, prepared as text; nothing is carried out.

mod arguments;
mod text;

pub use arguments::ResponseArguments;

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::{Value, json};

use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, document, rows};
use super::period;
use crate::config::{self, Environment};
use crate::domain::{Address, Families, Foreign, Range, Timestamp, Trouble, time};
use crate::response::{self, Choice, Piece, Prepared, Protected, RESPONSES, Wanted};

const COLUMNS: &[Column] = &[Column::text("response"), Column::text("what"), Column::text("why"), Column::text("state")];

/// Gathers, prepares and writes.
pub async fn run(opened: &Opened, chosen: &ResponseArguments, environment: &Environment, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let choice = choice(chosen, environment)?;
    let picture = gather(opened, &chosen.destination, chosen.at.as_deref()).await?;
    let report = opened.report(&picture.completeness).await?;
    let choice = Choice { protected: choice.protected.about(&picture.destination), ..choice };
    let prepared: Vec<Prepared> = match chosen.what.as_deref() {
        None => response::prepare(&picture, &choice),
        Some(what) => {
            let found = RESPONSES.iter().find(|(name, step, ..)| *name == what || *step == what);
            let Some((.., prepare)) = found else {
                let names: Vec<&str> = RESPONSES.iter().map(|(name, ..)| *name).collect();
                return Err(Failure::usage(format!("--what: there is no response {}", Foreign::from(what).safe()))
                    .advise(format!("choose one of {}", names.join(", "))));
            };
            vec![prepare(&picture, &choice)]
        }
    };
    if let Some(style) = chosen.style.as_deref() {
        let text = written(prepared.first(), style, chosen.undo)?;
        sink.write_all(text.as_bytes()).map_err(|error| sink.failed(error))?;
        return Ok(report);
    }
    match format {
        Format::Table => {
            let text = if chosen.what.is_some() { text::whole(&picture, &prepared) } else { text::overview(&picture, &prepared) };
            sink.write_all(text.as_bytes()).map_err(|error| sink.failed(error))?;
        }
        Format::Json => {
            let responses: Vec<Value> = prepared.iter().map(described).collect();
            document(
                &json!({
                    "destination": picture.destination.label(), "known_as": picture.destination, "from": time::rfc3339(picture.range.from),
                    "to": time::rfc3339(picture.range.to), "gathered": time::rfc3339_micros(picture.gathered), "responses": responses,
                    "unknown": picture.unknown, "completeness": report,
                }),
                sink,
            )?;
        }
        Format::Csv | Format::Ndjson | Format::Parquet => {
            let mut rows = rows(format, COLUMNS, sink)?;
            for prepared in &prepared {
                for item in &prepared.items {
                    rows.row(&[
                        Cell::Own(prepared.id.to_owned()),
                        Cell::Foreign(item.what.clone()),
                        Cell::Own(item.why.clone()),
                        Cell::Own("to do".to_owned()),
                    ])?;
                }
                for (what, why) in &prepared.left_out {
                    rows.row(&[Cell::Own(prepared.id.to_owned()), Cell::Foreign(what.clone()), Cell::Own(why.clone()), Cell::Own("left out".to_owned())])?;
                }
            }
            rows.finish()?;
        }
    }
    Ok(report)
}

/// The picture of the spike at a destination.
pub(super) async fn gather(opened: &Opened, destination: &str, at: Option<&str>) -> Result<response::Picture, Failure> {
    let now = opened.now();
    let at = at.map(|at| period::moment(at, now)).transpose().map_err(|error| Failure::usage(format!("--at: {error}")))?;
    let day = |days: i64, from: Timestamp| from.checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
    let shown = match at {
        // A moment outside the range asked for is what is meant.
        Some(at) if !opened.range.contains(at) => Range { from: day(1, at), to: at.checked_add(jiff::SignedDuration::from_hours(24)).unwrap_or(at) },
        _ => opened.range,
    };
    let wanted = Wanted {
        destination: destination.to_owned(),
        at,
        shown,
        from: if opened.is_cluster { day(opened.history_days, shown.from) } else { Timestamp::MIN },
        size: opened.bucket,
        zones: opened.zones.clone(),
        filter: opened.scope(Families::ALL).filter,
        now,
        origin: opened.place.clone(),
    };
    let ask = async |ask| opened.ask(&ask).await.map_err(|failure| Trouble { what: failure.to_string(), advice: failure.advice().map(str::to_owned) });
    response::gather(ask, &wanted).await.map_err(|trouble| {
        let failure = Failure::error(trouble.what);
        match trouble.advice {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    })
}

fn choice(chosen: &ResponseArguments, environment: &Environment) -> Result<Choice, Failure> {
    let mut protected = protected(environment)?;
    for entry in &chosen.protect {
        protected = protected.and(entry, "protected on the command line").map_err(|error| Failure::usage(format!("--protect: {error}")))?;
    }
    let mut sources: BTreeSet<Address> = chosen.source.iter().copied().collect();
    if let Some(path) = &chosen.sources_from {
        let shown = Foreign::from(path.to_string_lossy().as_ref()).safe();
        let text = std::fs::read_to_string(path).map_err(|error| Failure::error(format!("reading the sources in {shown} failed: {error}")))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let address = Address::clean(line).ok_or_else(|| {
                Failure::error(format!("reading the sources in {shown} failed: line {} is no address", number + 1))
                    .advise("one address a line; # begins a comment")
            })?;
            sources.insert(address);
        }
    }
    Ok(Choice {
        sources: (!sources.is_empty()).then_some(sources),
        collapse: chosen.collapse,
        widen: chosen.widen,
        protected,
        contacts: contacts(environment)?,
        case: chosen.case.clone(),
    })
}

fn protected(environment: &Environment) -> Result<Protected, Failure> {
    let Some((path, text)) = beside_settings(environment, "protected.txt")? else { return Ok(Protected::default()) };
    Protected::read(&path, &text)
        .map_err(|error| Failure::error(error.to_string()).advise("correct the line: a list that is read in part protects less than it seems to"))
}

fn contacts(environment: &Environment) -> Result<Vec<String>, Failure> {
    let lines = beside_settings(environment, "contacts.txt")?.map(|(_, text)| text).unwrap_or_default();
    let inert = |line: &str| Foreign::from(line.trim()).safe().into_string();
    Ok(lines.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).map(inert).collect())
}

/// A file in the folder of the settings; `None` where there is none.
fn beside_settings(environment: &Environment, name: &str) -> Result<Option<(String, String)>, Failure> {
    let Some(path) = config::folder(environment).map(|folder| folder.join(name)) else { return Ok(None) };
    let shown = Foreign::from(path.to_string_lossy().as_ref()).safe().into_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((shown, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::error(format!("reading {shown} failed: {error}"))),
    }
}

/// Exactly the text asked for.
fn written(prepared: Option<&Prepared>, style: &str, undo: bool) -> Result<String, Failure> {
    let Some(prepared) = prepared else { return Err(Failure::usage("--as needs --what")) };
    let Some(piece) = prepared.piece(style) else {
        let names: Vec<&str> = prepared.pieces.iter().map(|piece| piece.name).collect();
        let failure = Failure::usage(format!("--as: {} has no text called {}", prepared.title.to_lowercase(), Foreign::from(style).safe()));
        return Err(if names.is_empty() {
            Failure::error(format!("{}: {}", prepared.title.to_lowercase(), prepared.summary))
        } else {
            failure.advise(format!("choose one of {}", names.join(", ")))
        });
    };
    if !undo {
        return Ok(piece.text.clone());
    }
    piece.undo.clone().ok_or_else(|| Failure::usage(format!("{} changes nothing: there is nothing to take back", piece.title)))
}

fn described(prepared: &Prepared) -> Value {
    let piece = |piece: &Piece| json!({ "name": piece.name, "title": piece.title, "text": piece.text, "undo": piece.undo, "notes": piece.notes });
    json!({
        "id": prepared.id, "title": prepared.title, "summary": prepared.summary, "cut_off": prepared.cut_off, "warnings": prepared.warnings,
        "left_out": prepared.left_out.iter().map(|(what, why)| json!({ "what": what, "why": why })).collect::<Vec<_>>(),
        "items": prepared.items.iter().map(|item| json!({ "what": item.what, "why": item.why })).collect::<Vec<_>>(),
        "pieces": prepared.pieces.iter().map(piece).collect::<Vec<_>>(),
    })
}
