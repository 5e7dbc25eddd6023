//! `triage`: the walkthrough without screens. Every question of every step is asked, and what was found is written as
//! Markdown or JSON.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::arguments::{Triage, Written};
use super::completeness::Report;
use super::failure::{self, Failure};
use super::origin::Opened;
use super::output::{Sink, document};
use super::{awaited, finished, period, progress, requested};
use crate::backend::story::{RealClock, Story};
use crate::config::Environment;
use crate::detect::{self, DETECTORS, Plan};
use crate::domain::{Address, Arrivals, BucketSize, By, Destination, Families, Foreign, Range, Timestamp, Trouble, Verdict};
use crate::evidence::{self, Answered, Answers, Dossier, Inquiry, Suggests};
use crate::guide::{Guide, GuideError};
use crate::query::{Answer, Ask};
use crate::sigma::RuleSet;

/// Questions on their way at one time.
const AT_ONCE: usize = 2;

/// Gathers the evidence and writes it; the exit code says what it suggests.
pub(super) fn run(arguments: &Triage, environment: &Environment) -> Result<u8, Failure> {
    let guide = guide(arguments.guide.as_deref(), environment)?;
    let request = if arguments.demo { None } else { requested(&arguments.files, &arguments.origin, environment)? };
    let mut sink = Sink::open(arguments.output.as_deref())?;
    let written = written(arguments, &sink)?;
    let (dossier, report) = awaited(async {
        let opened = match &request {
            Some(request) => Opened::new(request, request.open(Arc::new(progress::Bar::new())).await?)?,
            None => {
                let rules = Arc::new(RuleSet::built_in());
                let story = Story::demo(&rules, Box::new(RealClock::start()))?.at_rest();
                Opened::demo(Arc::new(story), rules)
            }
        };
        let now = opened.now();
        let at = arguments.at.as_deref().map(|at| period::moment(at, now).map_err(|error| Failure::usage(format!("--at: {error}")))).transpose()?;
        let dossier = gather(&opened, &guide, &arguments.destination, at).await?;
        let report = opened.report(&dossier.completeness).await?;
        Ok((dossier, report))
    })?;
    write(&dossier, &guide, written, &mut sink)?;
    finished_with(sink, &report, &dossier)
}

fn finished_with(sink: Sink, report: &Report, dossier: &Dossier) -> Result<u8, Failure> {
    let code = match dossier.suggests {
        Suggests::Malicious => failure::ANOMALY,
        Suggests::Benign(_) => failure::OK,
        Suggests::Undetermined if !dossier.completeness.is_whole() => failure::PARTIAL,
        Suggests::Undetermined => failure::UNDETERMINED,
    };
    finished(sink, report, code)
}

fn write(dossier: &Dossier, guide: &Guide, written: Written, sink: &mut Sink) -> Result<(), Failure> {
    match written {
        Written::Json => document(dossier, sink),
        Written::Md => sink.write_all(evidence::markdown(dossier, guide).as_bytes()).map_err(|error| sink.failed(error)),
    }
}

fn written(arguments: &Triage, sink: &Sink) -> Result<Written, Failure> {
    if let Some(written) = arguments.format {
        return Ok(written);
    }
    match arguments.output.as_deref().and_then(Path::extension).map(|ending| ending.to_string_lossy().to_ascii_lowercase()) {
        None => Ok(if sink.is_terminal() { Written::Md } else { Written::Json }),
        Some(ending) if ending == "json" => Ok(Written::Json),
        Some(ending) if ending == "md" || ending == "txt" => Ok(Written::Md),
        Some(ending) => Err(Failure::usage(format!("--output: a triage is not written with the ending .{}", Foreign::from(ending).safe()))
            .advise("end the name with .md or .json, or say --format too")),
    }
}

/// The guide of this id, ours or the user's; the spike's where none is named.
fn guide(id: Option<&str>, environment: &Environment) -> Result<Guide, Failure> {
    let mut own = Vec::new();
    if let Some(folder) = crate::config::folder(environment) {
        for (path, text) in crate::config::toml_files(&folder.join("guides"))? {
            own.push((path.display().to_string(), text));
        }
    }
    let (guides, errors) = Guide::all(&own);
    for error in &errors {
        super::tell(&[format!("note: {error}"), format!("      {}", GuideError::advice())]);
    }
    let id = id.unwrap_or(crate::case::SPIKE);
    let names = guides.iter().map(|guide| guide.id.as_str()).collect::<Vec<_>>().join(", ");
    let advice = format!("choose one of {names}");
    guides.into_iter().find(|guide| guide.id == id).ok_or_else(|| Failure::usage(format!("there is no guide {}", Foreign::from(id).safe())).advise(advice))
}

/// Asks everything about a destination and weighs it.
pub(super) async fn gather(opened: &Opened, guide: &Guide, name: &str, at: Option<Timestamp>) -> Result<Dossier, Failure> {
    let mut scope = opened.scope(Families::ALL);
    scope.range.from = if opened.is_cluster { before(opened.range.from, opened.history_days) } else { Timestamp::MIN };
    let ask = Ask::Arrivals { scope, bucket: BucketSize::Quarter };
    let begun = Instant::now();
    let answer = opened.ask(&ask).await?;
    let took = millis(begun);
    let Answer::Arrivals(arrivals) = answer else { return Err(Opened::mixed_up()) };
    let arrivals = Arc::new(arrivals);
    let query = Answered::new(&opened.place, opened.query_text(&ask), took, Ok(Arc::new(Answer::Arrivals((*arrivals).clone())))).query;
    let (destination, verdicts) = judged(opened, &arrivals, name)?;
    let within: Vec<Verdict> = verdicts.iter().filter(|verdict| opened.range.contains(verdict.start)).cloned().collect();
    let range = evidence::episode(&within, extent(&arrivals, &destination, opened.range), opened.bucket, at);
    let inquiry = Inquiry {
        destination: Arc::new(destination),
        range,
        filter: opened.filter().clone(),
        history_days: opened.history_days,
        size: opened.bucket,
        zone: opened.zones.first().cloned().unwrap_or(TimeZone::UTC),
        verdicts,
        rules: Arc::clone(&opened.rules),
    };
    let mut answers = Answers::default();
    answers.put_arrivals(arrivals, query);
    loop {
        let due = inquiry.due(&answers);
        if due.is_empty() {
            break;
        }
        let asked = due.into_iter().map(async |(question, ask)| {
            let begun = Instant::now();
            let result = opened.ask(&ask).await;
            let result = result.map(Arc::new).map_err(|error| Trouble { what: error.to_string(), advice: error.advice().map(str::to_owned) });
            (question, Answered::new(&opened.place, opened.query_text(&ask), millis(begun), result))
        });
        let mut asked = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((question, answered)) = asked.next().await {
            answers.put(question, answered);
        }
    }
    Ok(evidence::dossier(guide, &inquiry, &answers))
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn before(from: Timestamp, days: i64) -> Timestamp {
    from.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

/// The server of this name, and what the detector says of it, history included.
fn judged(opened: &Opened, arrivals: &Arrivals, name: &str) -> Result<(Destination, Vec<Verdict>), Failure> {
    let Some((_, make)) = DETECTORS.first() else { return Err(Failure::error("there is no detector")) };
    let plan = Plan { by: By::Destination, size: opened.bucket, zones: opened.zones.clone(), shown: Range::ALL, bands: false };
    let detection = detect::run(arrivals, &plan, make(&plan).as_mut());
    let (destinations, _) = arrivals.destinations(By::Destination);
    let found = destinations.into_iter().find(|destination| is_named(destination, name)).ok_or_else(|| {
        Failure::error(format!("no event within the range reaches {}", Foreign::from(name).safe()))
            .advise("`rdptriage counts` lists the destinations; --from and --to widen the range")
    })?;
    let place = detection.destinations.iter().position(|destination| *destination == found);
    let verdicts = place.and_then(|place| detection.verdicts.get(place)).map(|verdicts| verdicts.values().cloned().collect()).unwrap_or_default();
    Ok((found, verdicts))
}

/// Whether a server goes by this name: an address, a host name, or the first part of one.
fn is_named(destination: &Destination, name: &str) -> bool {
    let wanted = name.to_lowercase();
    let is_host = |host: &Foreign| {
        let host = host.raw().to_lowercase();
        host == wanted || host.split_once('.').is_some_and(|(label, _)| label == wanted)
    };
    Address::clean(name).is_some_and(|address| destination.addresses.contains(&address)) || destination.hosts.iter().any(is_host)
}

/// From the first to the last bucket in which anybody reached the destination within `range`.
fn extent(arrivals: &Arrivals, destination: &Destination, range: Range) -> Range {
    let here: Vec<bool> = arrivals.endpoints.iter().map(|endpoint| destination.has(endpoint.address, endpoint.host.as_ref())).collect();
    let is_here = |endpoint: u32| here.get(endpoint as usize).copied().unwrap_or(false);
    let starts: Vec<i64> =
        arrivals.rows.iter().filter(|row| is_here(row.endpoint) && range.contains(arrivals.bucket.at(row.bucket))).map(|row| row.bucket).collect();
    match (starts.iter().min(), starts.iter().max()) {
        (Some(first), Some(last)) => Range { from: arrivals.bucket.at(*first), to: arrivals.bucket.at(last.saturating_add(1)) },
        _ => range,
    }
}
