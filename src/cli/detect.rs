//! `detect`: every bucket of every destination with the detector's word on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::arguments::Kinds;
use super::completeness::Report;
use super::exceptions::{self, Hidden};
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Cell, Column, Format, Sink, Sort, rows};
use crate::detect::{self, DETECTORS, Detection, Plan};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrivals, BucketSize, By, Destination, Endpoint, Foreign, Range, Timestamp, Verdict, finding};
use crate::exception::Exception;
use crate::query::{Answer, Ask};

const COLUMNS: &[Column] = &[
    Column::text("destination"),
    Column::new("bucket", Sort::Start),
    Column::new("count", Sort::Integer),
    Column::new("typical", Sort::Number),
    Column::new("upper", Sort::Number),
    Column::new("score", Sort::Number),
    Column::text("severity"),
    Column::text("reason"),
];

/// What is to be judged, and how.
pub struct Wanted<'a> {
    /// What the events must prove.
    pub kind: Kinds,
    /// What a destination is.
    pub by: By,
    /// Name of the detector; `None` for the default.
    pub detector: Option<&'a str>,
}

/// What was found.
pub struct Outcome {
    /// What is missing.
    pub report: Report,
    /// How many buckets are anomalous.
    pub anomalies: usize,
}

/// Everything judged, with what it was judged from.
pub(super) struct Judged {
    /// Who came.
    pub arrivals: Arrivals,
    /// How it was judged.
    pub plan: Plan,
    /// What came of it.
    pub detection: Detection,
    /// What is missing.
    pub report: Report,
}

/// Asks and judges `shown`, with all the history before it.
pub(super) async fn judge(opened: &Opened, wanted: &Wanted<'_>, shown: Range, bands: bool) -> Result<Judged, Failure> {
    let make = match wanted.detector {
        None => DETECTORS.first(),
        Some(name) => DETECTORS.iter().find(|(known, _)| *known == name),
    };
    let Some((_, make)) = make else {
        let names: Vec<&str> = DETECTORS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::usage(format!("there is no detector {}", Foreign::from(wanted.detector.unwrap_or_default()).safe()))
            .advise(format!("choose one of {}", names.join(", "))));
    };
    let mut scope = opened.scope(wanted.kind.families());
    scope.range = Range { from: if opened.is_cluster { before(shown.from, opened.history_days) } else { Timestamp::MIN }, to: shown.to };
    let Answer::Arrivals(arrivals) = opened.ask(&Ask::Arrivals { scope, bucket: BucketSize::Quarter }).await? else { return Err(Opened::mixed_up()) };
    let report = opened.report(&arrivals.completeness).await?;
    let plan = Plan { by: wanted.by, size: opened.bucket, zones: opened.zones.clone(), shown, bands };
    let mut detection = detect::run(&arrivals, &plan, make(&plan).as_mut());
    let zone = plan.zones.first().cloned().unwrap_or(TimeZone::UTC);
    detection.name_rounds(&detect::recurring::waves(&arrivals, plan.by, &zone, Timestamp::MAX), &zone);
    if let Some(lacks) = arrivals.completeness.forbids_verdicts() {
        detection.withhold(&lacks);
    }
    Ok(Judged { arrivals, plan, detection, report })
}

/// What is known and wanted, and whether what it hides is shown all the same.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// Whether to show what they hide.
    pub show: bool,
}

/// Asks, judges, holds against exceptions and writes.
pub async fn run(opened: &Opened, wanted: &Wanted<'_>, known: &Known, format: Format, sink: &mut Sink) -> Result<Outcome, Failure> {
    let judged = judge(opened, wanted, opened.range, false).await?;
    let hidden = exceptions::hidden(opened, &judged, &known.exceptions).await?;
    let lines = lines(&judged.arrivals, &judged.detection, &judged.plan, &hidden, known.show);
    let anomalies = lines.iter().filter(|line| line.hidden.is_none() && line.verdict.is_some_and(Verdict::is_anomalous)).count();
    let mut rows = rows(format, COLUMNS, sink)?;
    for line in &lines {
        rows.row(&line.cells())?;
    }
    rows.finish()?;
    super::tell(&hidden.words(known.show));
    Ok(Outcome { report: judged.report, anomalies })
}

fn before(from: Timestamp, days: i64) -> Timestamp {
    from.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

struct Line<'a> {
    destination: Foreign,
    start: Timestamp,
    verdict: Option<&'a Verdict>,
    /// Events without a source, where there are no others.
    events: u64,
    /// The exception that hides it.
    hidden: Option<&'a str>,
    /// Whether its score is shown all the same.
    show: bool,
}

impl Line<'_> {
    fn cells(&self) -> [Cell; 8] {
        let number = |number: Option<f64>| number.map_or(Cell::Empty, |number| Cell::Number((number * 1000.0).round() / 1000.0));
        let verdict = self.verdict;
        // What is hidden was counted all the same; only its score and band are out of sight.
        let scored = verdict.filter(|_| self.hidden.is_none() || self.show);
        let reason = verdict.map_or_else(|| finding::without_source(self.events), |verdict| verdict.reason.clone());
        [
            Cell::Foreign(self.destination.clone()),
            Cell::Time(self.start),
            Cell::Integer(verdict.map_or(0, |verdict| i64::from(verdict.count))),
            number(verdict.and_then(|verdict| verdict.typical)),
            number(verdict.and_then(|verdict| verdict.upper)),
            number(scored.and_then(|verdict| verdict.score)),
            Cell::shown(scored.and_then(Verdict::severity).map(|severity| severity.name())),
            Cell::Own(self.hidden.map_or(reason.clone(), |id| format!("hidden by exception {id}: {reason}"))),
        ]
    }
}

/// One line for each destination and bucket with a verdict, and for those whose events name no source. In order of time,
/// then by name.
fn lines<'a>(arrivals: &Arrivals, detection: &'a Detection, plan: &Plan, hidden: &'a Hidden, show: bool) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut judged = BTreeSet::new();
    let mut sourceless: BTreeMap<(usize, i64), u64> = BTreeMap::new();
    for (place, verdicts) in detection.verdicts.iter().enumerate() {
        let destination = detection.destinations.get(place).map(Destination::label).unwrap_or_default();
        for (number, verdict) in verdicts {
            judged.insert((place, *number));
            lines.push(Line {
                destination: destination.clone(),
                start: plan.size.at(*number),
                verdict: Some(verdict),
                events: 0,
                hidden: hidden.by.get(&(place, *number)).map(String::as_str),
                show,
            });
        }
    }
    for row in arrivals.rows.iter().filter(|row| row.source == NO_SOURCE) {
        let number = plan.size.index(arrivals.bucket.at(row.bucket).as_second());
        let is_shown = plan.size.at(number) < plan.shown.to && plan.size.at(number.saturating_add(1)) > plan.shown.from;
        let endpoint = arrivals.endpoints.get(row.endpoint as usize);
        let place = endpoint.and_then(|endpoint| detection.destinations.iter().position(|destination| names(destination, endpoint, plan.by)));
        let Some(place) = place.filter(|_| is_shown) else { continue };
        if !judged.contains(&(place, number)) {
            *sourceless.entry((place, number)).or_default() += u64::from(row.events);
        }
    }
    for ((place, number), events) in sourceless {
        let destination = detection.destinations.get(place).map(Destination::label).unwrap_or_default();
        lines.push(Line { destination, start: plan.size.at(number), verdict: None, events, hidden: None, show });
    }
    lines.sort_by(|one, two| (one.start, &one.destination).cmp(&(two.start, &two.destination)));
    lines
}

pub(super) fn names(destination: &Destination, endpoint: &Endpoint, by: By) -> bool {
    match by {
        By::DestinationIp => destination.has(endpoint.address, None),
        By::HostName => destination.has(None, endpoint.host.as_ref()),
        By::Destination => destination.has(endpoint.address, endpoint.host.as_ref()),
    }
}
