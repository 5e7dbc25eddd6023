//! `detect --explain DESTINATION@TIME`: every figure behind one verdict, in words for people and as JSON for machines.

use std::sync::Arc;

use serde::Serialize;

use super::completeness::Report;
use super::detect::{Judged, Wanted, judge, names};
use super::failure::Failure;
use super::origin::Opened;
use super::output::{Format, Sink, document};
use super::{period, whom};
use crate::analysis;
use crate::detect::explanation::Facts;
use crate::detect::{Explanation, Relative, relatives};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::finding::{self, Standing};
use crate::domain::{Address, Destination, Families, Foreign, Range, Timestamp};
use crate::investigation::Beside;
use crate::query::Scope;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// Around the bucket so much is judged and kept, for what goes on beside it.
const AROUND: SignedDuration = SignedDuration::from_hours(24);

/// And so much after it: a session of the bucket has its end then.
const AFTER: SignedDuration = SignedDuration::from_hours(2);

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    explanation: &'a Explanation,
    completeness: &'a Report,
}

/// Asks, judges and explains. Without a time it is the destination's worst bucket of the range.
pub async fn run(opened: &Opened, wanted: &Wanted<'_>, place: &str, format: Format, sink: &mut Sink) -> Result<Report, Failure> {
    let (name, at) = aim(place, opened.now())?;
    let shown = match at {
        Some(at) => Range { from: at.checked_sub(AROUND).unwrap_or(Timestamp::MIN), to: at.checked_add(AROUND).unwrap_or(Timestamp::MAX) },
        None => opened.range,
    };
    // A cluster has no future to be asked for.
    let shown = if opened.is_cluster { Range { to: shown.to.min(opened.now()).max(shown.from), ..shown } } else { shown };
    let judged = judge(opened, wanted, shown, true).await?;
    let number = found(&judged, name).ok_or_else(|| {
        Failure::error(format!("no event within the range reaches {}", Foreign::from(name).safe()))
            .advise("`rdptriage counts` lists the destinations; --from and --to widen the range")
    })?;
    let start = match at {
        Some(at) => judged.plan.size.start(at),
        None => worst(&judged, number).ok_or_else(|| {
            Failure::error(format!("no source reached {} within the range", Foreign::from(name).safe())).advise("name a time: DESTINATION@2025-01-31T12:00:00Z")
        })?,
    };
    let mut facts = facts(&judged, number, start);
    let zone = opened.zones.first().cloned().unwrap_or(TimeZone::UTC);
    let destination = judged.detection.destinations.get(number).cloned().unwrap_or_default();
    let bucket = Range { from: start, to: judged.plan.size.at(judged.plan.size.index(start.as_second()).saturating_add(1)) };
    let sources = facts.why.as_ref().map(|why| std::sync::Arc::clone(&why.sources)).unwrap_or_default();
    let beside = Beside::of(&judged.arrivals, judged.plan.by, &destination, bucket, &sources, &zone);
    (facts.waves, facts.relatives) = (beside.waves, beside.relatives);
    facts.relatives.extend(sessions(opened, destination, bucket).await?);
    let explanation = Explanation::of(facts);
    match format {
        Format::Json => document(&Document { explanation: &explanation, completeness: &judged.report }, sink)?,
        Format::Table => std::io::Write::write_all(sink, explanation.text(&TimeZone::UTC).as_bytes()).map_err(|error| sink.failed(error))?,
        Format::Ndjson | Format::Csv | Format::Parquet => {
            return Err(Failure::usage("an explanation is no list of rows").advise("--explain writes --format table or json"));
        }
    }
    Ok(judged.report)
}

/// How long sessions last and how much runs in them, by the events of the day before.
async fn sessions(opened: &Opened, destination: Destination, bucket: Range) -> Result<[Relative; 2], Failure> {
    let range = Range { from: bucket.from.checked_sub(AROUND).unwrap_or(bucket.from), to: bucket.to.checked_add(AFTER).unwrap_or(bucket.to) };
    let scope = Scope { range, ..opened.scope(Families::EVERY) }.at(Arc::new(destination));
    let evidence = whom::fetch(opened, scope).await?;
    Ok(relatives::sessions(&analysis::sessions(&evidence.events).list, bucket))
}

/// The destination's name and the moment, of `NAME@TIME` or `NAME`.
fn aim(place: &str, now: Timestamp) -> Result<(&str, Option<Timestamp>), Failure> {
    match place.rsplit_once('@') {
        Some((name, time)) if !name.is_empty() => {
            let at = period::moment(time, now).map_err(|error| Failure::usage(format!("--explain: {}", Foreign::from(error).safe())))?;
            Ok((name, Some(at)))
        }
        _ => Ok((place, None)),
    }
}

/// The place of the destination that goes by this name or address.
fn found(judged: &Judged, name: &str) -> Option<usize> {
    let address = Address::clean(name);
    let wanted = name.to_lowercase();
    let is_named = |host: &Foreign| {
        let host = host.raw().to_lowercase();
        host == wanted || host.split_once('.').is_some_and(|(label, _)| label == wanted)
    };
    let is_meant = |destination: &Destination| destination.has(address, None) || destination.hosts.iter().any(is_named);
    judged.detection.destinations.iter().position(is_meant)
}

/// The bucket with the highest score, the latest of equals; the busiest where there is no score.
fn worst(judged: &Judged, number: usize) -> Option<Timestamp> {
    let verdicts = judged.detection.verdicts.get(number)?;
    let rank = |score: Option<f64>, count: u32| (score.unwrap_or(-1.0), f64::from(count));
    let worst = verdicts.values().max_by(|one, two| rank(one.score, one.count).partial_cmp(&rank(two.score, two.count)).unwrap_or(std::cmp::Ordering::Equal));
    worst.map(|verdict| verdict.start)
}

fn facts(judged: &Judged, number: usize, start: Timestamp) -> Facts {
    let Judged { arrivals, plan, detection, .. } = judged;
    let bucket = plan.size.index(start.as_second());
    let destination = detection.destinations.get(number).cloned().unwrap_or_default();
    let verdict = detection.verdicts.get(number).and_then(|verdicts| verdicts.get(&bucket));
    let expected = detection.bands.get(number).and_then(|bands| bands.get(&bucket));
    let is_gap = detection.gaps.get(number).is_some_and(|gaps| gaps.contains(&bucket));
    let is_meant: Vec<bool> = arrivals.endpoints.iter().map(|endpoint| names(&destination, endpoint, plan.by)).collect();
    let within = arrivals
        .rows
        .iter()
        .filter(|row| plan.size.index(arrivals.bucket.at(row.bucket).as_second()) == bucket && is_meant.get(row.endpoint as usize).copied().unwrap_or(false));
    let (events, without_source) = within.fold((0, 0), |(events, without): (u64, u64), row| {
        (events + u64::from(row.events), without + if row.source == NO_SOURCE { u64::from(row.events) } else { 0 })
    });
    let unsaid = match (is_gap, events > 0, expected.is_some()) {
        (true, ..) => Standing::Gap,
        (false, true, _) => Standing::CountsOnly,
        (false, false, true) => Standing::Judged,
        (false, false, false) => Standing::ShortHistory,
    };
    let reason = verdict.map(|verdict| verdict.reason.clone());
    let first = arrivals.rows.first().map_or(arrivals.range.from, |row| arrivals.bucket.at(row.bucket));
    Facts {
        destination: destination.label(),
        name: destination.name().cloned(),
        start,
        bucket: plan.size,
        standing: verdict.map_or(unsaid, |verdict| verdict.standing),
        score: verdict.and_then(|verdict| verdict.score),
        reason: reason.or_else(|| (unsaid == Standing::CountsOnly).then(|| finding::without_source(events))),
        sources: verdict.map_or(0, |verdict| verdict.count),
        new: verdict.map_or(0, |verdict| verdict.new),
        events,
        without_source,
        typical: verdict.map_or_else(|| expected.map(|expected| f64::from(expected.typical)), |verdict| verdict.typical),
        upper: verdict.map_or_else(|| expected.map(|expected| f64::from(expected.upper)), |verdict| verdict.upper),
        cross: verdict.and_then(|verdict| verdict.cross),
        why: verdict.and_then(|verdict| verdict.why.clone()),
        waves: Vec::new(),
        relatives: Vec::new(),
        incident: detection.incidents(plan.size).into_iter().find(|incident| incident.has(&destination.label(), start)),
        // Whoever asks once learns of nothing that comes later.
        late: None,
        known_from: first.max(arrivals.range.from),
        lacks: (!arrivals.completeness.is_whole()).then(|| arrivals.completeness.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_follows_the_last_at_sign_and_may_be_left_out() {
        let now = "2026-03-02T13:00:00Z".parse().expect("a time");
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("a time"));
        let aimed = |place: &'static str| aim(place, now).map_err(|error| error.to_string());
        assert_eq!(aimed("10.0.0.5@2026-03-02T12:30:00Z"), Ok(("10.0.0.5", at("2026-03-02T12:30:00Z"))));
        assert_eq!(aimed("svc@FS01@now-30m"), Ok(("svc@FS01", at("2026-03-02T12:30:00Z"))));
        assert_eq!(aimed("2001:db8::7"), Ok(("2001:db8::7", None)));
        assert!(aimed("FS01@noon").is_err_and(|error| error.starts_with("--explain: \"noon\" is no time")));
    }
}
