//! Gathers the picture of one spike by questions to whatever answers them: a cluster, files or a story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::facts::{self, Facts};
use super::{Picture, course};
use crate::analysis::evidence;
use crate::detect::{self, DETECTORS, Detection, Plan};
use crate::domain::{Address, Arrivals, BucketSize, By, Completeness, Destination, Event, Families, Foreign, Range, Timestamp, Trouble, Verdict};
use crate::query::filter::{Field, Test};
use crate::query::{Answer, Ask, Filter, Scope, TallyBy};

/// Anomalous buckets with so many quiet ones between them are one spike.
const APART: i64 = 2;
/// Hours after the spike whose events belong to what came of it.
const AFTER: i64 = 2;
/// Hosts besides the destination that are looked at.
const HOSTS: usize = 8;
/// Sources about whose past is asked one by one; of more, everybody's is asked.
const ASKED: usize = 300;

/// What is to be gathered.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The server, by any of its names and addresses.
    pub destination: String,
    /// A moment within the spike; without it the worst bucket is meant.
    pub at: Option<Timestamp>,
    /// Where the spike is looked for.
    pub shown: Range,
    /// First moment of the history.
    pub from: Timestamp,
    /// Width of the buckets.
    pub size: BucketSize,
    /// The zones in which the people of the site work.
    pub zones: Vec<TimeZone>,
    /// What is asked for besides.
    pub filter: Filter,
    /// Now.
    pub now: Timestamp,
    /// Where the events come from, in words.
    pub origin: String,
}

/// Asks and puts the answers together.
///
/// # Errors
/// Where an answer cannot be had, or nothing reaches such a server.
pub async fn gather(ask: impl AsyncFn(Ask) -> Result<Answer, Trouble>, wanted: &Wanted) -> Result<Picture, Trouble> {
    let whole = Range { from: wanted.from.min(wanted.shown.from), to: wanted.shown.to };
    let scope = |range, families| Scope { families, filter: wanted.filter.clone(), ..Scope::over(range) };
    let Answer::Arrivals(arrivals) = ask(Ask::Arrivals { scope: scope(whole, Families::ALL), bucket: BucketSize::Quarter }).await? else {
        return Err(mixed_up());
    };
    let (destinations, of) = arrivals.destinations(By::Destination);
    let destination = named(&destinations, &wanted.destination).ok_or_else(|| Trouble {
        what: format!("no event within the range reaches {}", Foreign::from(wanted.destination.as_str()).safe()),
        advice: Some("`rdptriage counts` lists the destinations; --from and --to widen the range".to_owned()),
    })?;
    let detections = detections(&arrivals, wanted);
    let (range, worst) = spike(&detections, &destination, wanted, &arrivals, &of, &destinations);
    let mut completeness = arrivals.completeness.clone();
    let after = Range { from: range.from, to: range.to.checked_add(SignedDuration::from_hours(AFTER)).unwrap_or(range.to) };

    let mut events = Vec::new();
    let mut unknown = Vec::new();
    let onward = facts::onward(&arrivals, &of, &destinations, &destination, after);
    let mut looked_at = vec![destination.clone()];
    looked_at.extend(onward.keys().filter_map(|place| destinations.get(*place)).take(HOSTS).cloned());
    if onward.len() > HOSTS {
        unknown.push(format!("{} further hosts were reached onward and not looked at", onward.len() - HOSTS));
    }
    for host in &looked_at {
        let mut asked = scope(after, Families::EVERY).at(Arc::new(host.clone()));
        asked.filter = Filter::Everything;
        let (found, said) = fetch(&ask, asked).await?;
        completeness = completeness.and(&said);
        events.extend(found);
    }

    let history = Range { from: whole.from, to: range.from };
    let sources = facts::sources_within(&arrivals, &of, &destinations, &destination, range);
    let regulars = regulars(&ask, &sources, history).await?;
    let facts = Facts {
        destination: &destination,
        destinations: &destinations,
        of: &of,
        arrivals: &arrivals,
        events: &events,
        onward: &onward,
        looked_at: &looked_at,
        regulars: &regulars,
        range,
        after,
    };
    let earlier = course::earlier(&detections, &destination, range);
    Ok(facts.picture(Picture {
        destination: destination.clone(),
        range,
        history: None,
        gathered: wanted.now,
        origin: wanted.origin.clone(),
        worst,
        sources: Vec::new(),
        before: Vec::new(),
        accounts: Vec::new(),
        hosts: Vec::new(),
        open: Vec::new(),
        earlier,
        unknown,
        completeness,
    }))
}

fn mixed_up() -> Trouble {
    Trouble { what: "the backend answered another question than was asked".to_owned(), advice: Some("please report this".to_owned()) }
}

async fn fetch(ask: &impl AsyncFn(Ask) -> Result<Answer, Trouble>, scope: Scope) -> Result<(Vec<Event>, Completeness), Trouble> {
    let Answer::Events(page) = ask(evidence::of(scope)).await? else { return Err(mixed_up()) };
    let mut completeness = page.completeness;
    let held = page.events.len() as u64;
    if held < page.total && completeness.capped.is_none() {
        completeness.capped = Some(format!("the first {held} of {} events", page.total));
    }
    Ok((page.events, completeness))
}

/// The accounts that came from each source before the spike, to whatever server.
async fn regulars(
    ask: &impl AsyncFn(Ask) -> Result<Answer, Trouble>,
    sources: &BTreeSet<Address>,
    history: Range,
) -> Result<BTreeMap<Address, BTreeSet<Foreign>>, Trouble> {
    if history.from >= history.to || sources.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filter = if sources.len() <= ASKED {
        Filter::any(sources.iter().map(|source| Filter::test(Field::SourceIp, Test::Network(source.ip().into()))))
    } else {
        Filter::Everything
    };
    let scope = Scope { filter, ..Scope::over(history) };
    let Answer::Tally(tally) = ask(Ask::Tally { scope, by: TallyBy::Source }).await? else { return Err(mixed_up()) };
    let found = tally.rows.into_iter().filter_map(|row| {
        let address = Address::clean(row.value.raw()).filter(|address| sources.contains(address))?;
        Some((address, row.users.into_iter().filter(|user| !crate::analysis::account::is_system(user)).collect()))
    });
    Ok(found.collect())
}

/// The server of this name or address.
fn named(destinations: &[Destination], name: &str) -> Option<Destination> {
    let address = Address::clean(name);
    let wanted = name.to_lowercase();
    let is_named = |host: &Foreign| {
        let host = host.raw().to_lowercase();
        host == wanted || host.split_once('.').is_some_and(|(label, _)| label == wanted)
    };
    let mut found = destinations
        .iter()
        .filter(|destination| address.is_some_and(|address| destination.addresses.contains(&address)) || destination.hosts.iter().any(is_named));
    found.next().cloned()
}

/// The place of a destination in a detection: places differ with what was fed.
pub(super) fn place(detection: &Detection, destination: &Destination) -> Option<usize> {
    let is_same = |other: &Destination| {
        other.addresses.iter().any(|address| destination.addresses.contains(address)) || other.hosts.iter().any(|host| destination.hosts.contains(host))
    };
    detection.destinations.iter().position(is_same)
}

/// The verdicts of the bucket in use, then of the others.
fn detections(arrivals: &Arrivals, wanted: &Wanted) -> Vec<(BucketSize, Detection)> {
    let Some((_, begin)) = DETECTORS.first() else { return Vec::new() };
    let others = BucketSize::ALL.into_iter().filter(|size| *size != wanted.size);
    std::iter::once(wanted.size)
        .chain(others)
        .map(|size| {
            let plan = Plan { by: By::Destination, size, zones: wanted.zones.clone(), shown: Range::ALL, bands: false };
            let mut detection = detect::run(arrivals, &plan, begin(&plan).as_mut());
            if let Some(lacks) = arrivals.completeness.forbids_verdicts() {
                detection.withhold(&lacks);
            }
            (size, detection)
        })
        .collect()
}

/// The spike: the bucket asked for or the worst one, with the anomalous ones around it.
fn spike(
    detections: &[(BucketSize, Detection)],
    destination: &Destination,
    wanted: &Wanted,
    arrivals: &Arrivals,
    of: &[Option<usize>],
    destinations: &[Destination],
) -> (Range, Option<Verdict>) {
    let size = wanted.size;
    let width = |number: i64| Range { from: size.at(number), to: size.at(number.saturating_add(1)) };
    let verdicts = detections.first().and_then(|(_, detection)| detection.verdicts.get(place(detection, destination)?));
    let shown = |number: i64| size.at(number) < wanted.shown.to && size.at(number.saturating_add(1)) > wanted.shown.from;
    let number = wanted.at.map(|at| size.index(at.as_second())).or_else(|| {
        let verdicts = verdicts?.iter().filter(|(number, _)| shown(**number));
        let loudest = |verdict: &Verdict| (verdict.score.unwrap_or(-1.0), verdict.count);
        verdicts.max_by(|(_, one), (_, two)| loudest(one).0.total_cmp(&loudest(two).0).then(loudest(one).1.cmp(&loudest(two).1))).map(|(number, _)| *number)
    });
    let Some(number) = number else {
        // No verdict at all: everything of it that is shown.
        let buckets =
            arrivals.rows.iter().filter(|row| of.get(row.endpoint as usize).copied().flatten().and_then(|place| destinations.get(place)) == Some(destination));
        let (first, last) = buckets.fold((i64::MAX, i64::MIN), |(first, last), row| (first.min(row.bucket), last.max(row.bucket)));
        let range = if first > last { wanted.shown } else { Range { from: arrivals.bucket.at(first), to: arrivals.bucket.at(last.saturating_add(1)) } };
        return (range, None);
    };
    let is_anomalous = |number: i64| verdicts.and_then(|of| of.get(&number)).is_some_and(Verdict::is_anomalous);
    let grown = |step: i64| {
        let mut edge = number;
        while let Some(next) = (1..=APART).map(|apart| edge + step * apart).find(|next| is_anomalous(*next)) {
            edge = next;
        }
        edge
    };
    let (first, last) = if is_anomalous(number) { (grown(-1), grown(1)) } else { (number, number) };
    let worst = verdicts.and_then(|of| {
        let within = of.range(first..=last).map(|(_, verdict)| verdict);
        within.max_by(|one, two| one.score.unwrap_or(-1.0).total_cmp(&two.score.unwrap_or(-1.0)))
    });
    (Range { from: width(first).from, to: width(last).to }, worst.cloned())
}
