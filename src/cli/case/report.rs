//! `case report`: a case in the form that the next reader wants; with events named, asked again for its figures.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::super::arguments::{Files, Kinds, Origin};
use super::super::detect::{self, Wanted};
use super::super::failure::{self, Failure};
use super::super::origin::Opened as Events;
use super::super::output::{Cell, Column, Format, Sink, Sort, rows};
use super::super::{progress, triage};
use super::open::{Opened, author, is_bundle};
use crate::case::verify::{self, Head};
use crate::case::{Act, Case, Hash, Subject};
use crate::config::Environment;
use crate::domain::{Address, By, Destination, Foreign, Range, Timestamp};
use crate::guide::Guide;
use crate::ledger::{Folder, Ledger};
use crate::report::{Bar, Chart, EXPORTERS, Report, TEMPLATES, Template, exporter};

/// Buckets shown before and after the range of the case.
const AROUND: i64 = 24;

/// The flags of `case report`.
#[derive(Args, Debug, Clone, Default)]
pub struct ReportArguments {
    /// The case, or an exported one
    pub case: String,
    /// Files and folders.
    #[command(flatten)]
    pub files: Files,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// markdown, html, handover, json, timesketch, navigator, or the rows as csv, ndjson or parquet
    #[arg(long, default_value = "markdown", help_heading = "Output")]
    pub format: String,
    /// Write to this file instead of printing; the case notes its name and hash
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
}

const COLUMNS: &[Column] = &[
    Column::text("row"),
    Column::text("value"),
    Column::new("first", Sort::Moment),
    Column::new("last", Sort::Moment),
    Column::text("stage"),
    Column::new("count", Sort::Integer),
    Column::text("detail"),
    Column::text("document"),
];

/// Writes it.
pub(super) fn run(folder: &Folder, chosen: &ReportArguments, environment: &Environment) -> Result<u8, Failure> {
    let table = match chosen.format.as_str() {
        "csv" => Some(Format::Csv),
        "ndjson" => Some(Format::Ndjson),
        "parquet" => Some(Format::Parquet),
        _ => None,
    };
    let exporter = exporter(&chosen.format);
    if table.is_none() && exporter.is_none() {
        let names: Vec<&str> = EXPORTERS.iter().map(|exporter| exporter.format()).chain(["csv", "ndjson", "parquet"]).collect();
        return Err(Failure::usage(format!("--format: there is no report {}", Foreign::from(chosen.format.as_str()).safe()))
            .advise(format!("choose one of {}", names.join(", "))));
    }
    let report = gather(folder, chosen, environment)?;
    let mut sink = Sink::open(chosen.output.as_deref())?;
    let mut hash = None;
    if let Some(format) = table {
        let mut rows = rows(format, COLUMNS, &mut sink)?;
        for row in report.rows() {
            let time = |time: Option<Timestamp>| time.map_or(Cell::Empty, Cell::Time);
            rows.row(&[
                Cell::Own(row.row.to_owned()),
                Cell::Foreign(row.value),
                time(row.first),
                time(row.last),
                Cell::shown(row.stage),
                row.count.map_or(Cell::Empty, Cell::count),
                Cell::Foreign(row.detail),
                Cell::maybe(row.document.as_ref()),
            ])?;
        }
        rows.finish()?;
    } else if let Some(exporter) = exporter {
        let written = exporter.serialize(&report).map_err(|error| Failure::Trouble { what: error.what, advice: error.advice, code: failure::ERROR })?;
        if let Some(trouble) = written.trouble {
            super::super::tell(&std::iter::once(format!("note: {trouble}")).chain(trouble.advice.map(|advice| format!("      {advice}"))).collect::<Vec<_>>());
        }
        hash = Some(Hash::of(&written.bytes));
        sink.write_all(&written.bytes).map_err(|error| sink.failed(error))?;
    }
    sink.finish()?;
    noted(folder, chosen, environment, hash);
    Ok(if report.faults.is_empty() { failure::OK } else { failure::PARTIAL })
}

/// Notes in the case what was written where. A case that somebody else writes to, or an exported one, is only read.
fn noted(folder: &Folder, chosen: &ReportArguments, environment: &Environment, hash: Option<Hash>) {
    let Some(file) = &chosen.output else { return };
    let path = folder.find(&chosen.case);
    if is_bundle(&path) {
        return;
    }
    let Some(sha256) = hash.or_else(|| std::fs::read(file).ok().map(|bytes| Hash::of(&bytes))) else { return };
    let now = Timestamp::now();
    let act = Act::Exported { format: chosen.format.clone(), file: file.to_string_lossy().as_ref().into(), sha256 };
    let kept = Ledger::open(&path, author(environment), now).and_then(|mut ledger| ledger.append(now, act, &[]));
    if let Err(error) = kept {
        super::super::tell(&[format!("note: the report is written, but not noted in the case: {}", error.what)]);
    }
}

fn gather(folder: &Folder, chosen: &ReportArguments, environment: &Environment) -> Result<Report, Failure> {
    let opened = Opened::of(folder, &chosen.case)?;
    let head = opened.entries.last().map_or_else(Head::default, |entry| Head { seq: entry.seq, hash: entry.hash });
    let hashes = opened.documents.iter().map(|(name, text)| (*name, Hash::of(text.as_bytes()))).collect();
    let mut faults = verify::entries(&opened.entries, head);
    faults.extend(verify::documents(&opened.entries, &hashes));
    let case = Case::of(&opened.entries);
    let guides = guides(environment)?;
    let wanted = case.subject.as_ref().map_or(crate::case::SPIKE, |subject| subject.guide.as_str()).to_owned();
    let guide = guides.iter().find(|guide| guide.id == wanted).or_else(|| guides.first()).cloned();
    let guide = guide.ok_or_else(|| Failure::error("there is no guide to report by").advise("please report this"))?;
    let mut report = Report {
        name: opened.name,
        case,
        entries: opened.entries,
        documents: opened.documents,
        guide,
        dossier: None,
        chart: None,
        faults: faults.iter().map(ToString::to_string).collect(),
        written: Timestamp::now(),
        author: author(environment),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        templates: templates(environment)?,
    };
    ask(&mut report, chosen, environment)?;
    Ok(report)
}

/// Asks the events again, where they are named: the chart and the evidence.
fn ask(report: &mut Report, chosen: &ReportArguments, environment: &Environment) -> Result<(), Failure> {
    let Some(subject) = report.case.subject.clone() else { return Ok(()) };
    let Some(request) = super::super::requested(&chosen.files, &chosen.origin, environment)? else { return Ok(()) };
    let guide = report.guide.clone();
    let (chart, dossier) = super::super::awaited(async {
        let mut events = Events::new(&request, request.open(Arc::new(progress::Bar::new())).await?)?;
        events.range = Range { from: subject.from, to: subject.to };
        let dossier = triage::gather(&events, &guide, subject.destination.raw(), None).await;
        Ok((chart(&events, &subject).await?, dossier))
    })?;
    report.chart = Some(chart);
    match dossier {
        Ok(dossier) => report.dossier = Some(dossier),
        Err(failure) => super::super::tell(&[format!("note: the steps were not asked again: {failure}")]),
    }
    Ok(())
}

/// The buckets of the case's destination around its range.
async fn chart(events: &Events, subject: &Subject) -> Result<Chart, Failure> {
    let size = events.bucket;
    let width = jiff::SignedDuration::from_secs(size.seconds() * AROUND);
    let shown = Range { from: subject.from.checked_sub(width).unwrap_or(subject.from), to: subject.to.checked_add(width).unwrap_or(subject.to) };
    let judged = detect::judge(events, &Wanted { kind: Kinds::All, by: By::Destination, detector: None }, shown, false).await?;
    let names: Vec<&Foreign> = std::iter::once(&subject.destination).chain(&subject.known_as).collect();
    let is_it = |destination: &Destination| {
        names.iter().any(|name| Address::clean(name.raw()).is_some_and(|address| destination.addresses.contains(&address)) || destination.hosts.contains(*name))
    };
    let place = judged.detection.destinations.iter().position(is_it);
    let verdicts = place.and_then(|place| judged.detection.verdicts.get(place));
    let bars = verdicts.into_iter().flatten().map(|(number, verdict)| Bar {
        start: size.at(*number),
        known: verdict.count.saturating_sub(verdict.new),
        new: verdict.new.min(verdict.count),
        upper: verdict.upper,
        score: verdict.score,
    });
    Ok(Chart::of(size, bars))
}

/// Ours and the user's.
fn guides(environment: &Environment) -> Result<Vec<Guide>, Failure> {
    let mut own = Vec::new();
    if let Some(folder) = crate::config::folder(environment) {
        for (path, text) in crate::config::toml_files(&folder.join("guides"))? {
            own.push((path.display().to_string(), text));
        }
    }
    let (guides, errors) = Guide::all(&own);
    super::super::tell(&errors.iter().map(|error| format!("note: {error}")).collect::<Vec<_>>());
    Ok(guides)
}

/// The user's templates, from the folder of the settings.
///
/// # Errors
/// Where one is there and cannot be read.
pub(in crate::cli) fn templates(environment: &Environment) -> Result<Vec<Template>, Failure> {
    let Some(folder) = crate::config::folder(environment).map(|folder| folder.join("templates")) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for name in TEMPLATES {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => found.push(Template { name: name.to_owned(), file: path.to_string_lossy().into_owned(), text }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::error(format!("reading the template {} failed: {error}", Foreign::from(path.to_string_lossy().as_ref()).safe())));
            }
        }
    }
    Ok(found)
}
