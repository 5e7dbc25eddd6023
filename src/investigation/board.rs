//! The board: arrivals counted and judged into one lane per destination, ready to be drawn. Pure, and run off the loop.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::Cells;
use crate::detect::{Detection, Incident, Plan, Wave, incident, recurring};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::finding::{self, ANOMALOUS, Standing};
use crate::domain::{Address, Arrivals, BucketSize, By, Destination, Foreign, Range, Severity, Timestamp, Why, destination};

/// Most cells for which what is usual is kept: above it the band of the chart would cost more memory than the counts.
const BAND_CELLS: usize = 400_000;

/// One destination and one bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Distinct sources.
    pub count: u32,
    /// Events.
    pub events: u32,
    /// Distinct sources that were new here, as the detector counts them.
    pub new: u32,
    /// 0 to 100; `None` where there is no verdict.
    pub score: Option<f64>,
    /// What is usual.
    pub typical: Option<f64>,
    /// The most that chance explains.
    pub upper: Option<f64>,
    /// Why, where the detector said something.
    pub reason: Option<Arc<str>>,
    /// What the plain detector, which looks at counts alone, would have said.
    pub cross: Option<f64>,
    /// The numbers behind the score.
    pub why: Option<Arc<Why>>,
    /// Nothing was fed to us here.
    pub is_gap: bool,
    /// Events among them that name no source.
    pub without_source: u32,
    /// On what footing the verdict stands; `None` where the detector said nothing of the bucket.
    pub standing: Option<Standing>,
}

impl Default for Cell {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Cell {
    /// Nothing came and nothing was said.
    pub const EMPTY: Self = Self {
        count: 0,
        events: 0,
        new: 0,
        score: None,
        typical: None,
        upper: None,
        reason: None,
        cross: None,
        why: None,
        is_gap: false,
        without_source: 0,
        standing: None,
    };

    /// The band of its score.
    pub fn severity(&self) -> Option<Severity> {
        self.score.map(Severity::of)
    }

    /// Whether the score reaches the rule's threshold.
    pub fn is_anomalous(&self) -> bool {
        self.score.is_some_and(|score| score >= ANOMALOUS)
    }

    /// Whether the plain detector sees it otherwise: one calls it anomalous, the other does not.
    pub fn is_disputed(&self) -> bool {
        self.score.is_some() && self.cross.is_some_and(|cross| (cross >= ANOMALOUS) != self.is_anomalous())
    }

    /// Whether the score comes of several buckets together, of `seconds` each.
    pub fn is_multi_bucket(&self, seconds: i64) -> bool {
        self.why.as_ref().zip(self.score).is_some_and(|(why, score)| why.is_multi_bucket(seconds, score))
    }
}

/// One destination over the shown range.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Which.
    pub destination: Arc<Destination>,
    /// The name it goes by.
    pub label: Foreign,
    /// Its host name beside that.
    pub name: Option<Foreign>,
    /// One cell per bucket of the board.
    pub cells: Cells,
    /// Distinct sources over the whole range.
    pub sources: usize,
    /// Events over the whole range.
    pub events: u64,
    /// For each source of the range the bucket in which it was first seen here, in order of address.
    pub first_seen: Vec<(Address, i64)>,
}

impl Lane {
    /// The place of the cell with the highest score, as it is shown; of several the busiest, and that where nothing is judged. The
    /// latest of equals.
    pub fn worst(&self) -> Option<usize> {
        let rank = |cell: &Cell| (cell.score.unwrap_or(-1.0).round(), f64::from(cell.count));
        self.cells
            .filled()
            .filter(|(_, cell)| cell.count > 0)
            .max_by(|(_, one), (_, two)| rank(one).partial_cmp(&rank(two)).unwrap_or(std::cmp::Ordering::Equal))
            .map(|(place, _)| place)
    }

    /// The highest score of the range.
    pub fn score(&self) -> Option<f64> {
        self.cells.filled().filter_map(|(_, cell)| cell.score).max_by(f64::total_cmp)
    }

    /// On what footing the lane's score stands: that of the cell it comes from, or what keeps it from having one.
    pub fn standing(&self) -> Option<Standing> {
        let scored = self.worst().and_then(|place| self.cells.get(place)).and_then(|cell| cell.standing);
        // What is missing of one bucket is no less missing where another has a score.
        let is_partial = self.cells.filled().any(|(_, cell)| cell.standing == Some(Standing::Partial));
        if is_partial && self.score().is_none() { Some(Standing::Partial) } else { scored }
    }

    /// The sources first seen here at or after `since`, in order.
    pub fn newcomers(&self, since: i64) -> impl Iterator<Item = Address> + '_ {
        self.first_seen.iter().filter(move |(_, first)| *first >= since).map(|(source, _)| *source)
    }
}

/// An answer that is incomplete from some moment on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partial {
    /// From when on.
    pub from: Timestamp,
    /// What it lacks, in words.
    pub lacks: String,
}

/// Every destination over the shown range.
#[derive(Clone, Debug)]
pub struct Board {
    /// Width of the buckets.
    pub size: BucketSize,
    /// The shown range, on bucket edges.
    pub range: Range,
    /// From when on arrivals are known: what was first seen soon after that is not called new.
    pub known_from: Timestamp,
    /// Number of the first bucket.
    pub first: i64,
    /// One lane per destination.
    pub lanes: Vec<Lane>,
    /// Whether the detector has spoken.
    pub is_judged: bool,
    /// What is odd and has one cause, the gravest first.
    pub incidents: Vec<Incident>,
    /// From when on the answer is incomplete, and what it lacks: no verdict rests on that.
    pub partial: Option<Partial>,
}

impl Board {
    /// How many buckets are shown.
    pub fn buckets(&self) -> usize {
        usize::try_from(self.size.index(self.range.to.as_second().saturating_sub(1)).saturating_sub(self.first).saturating_add(1)).unwrap_or(0)
    }

    /// Start of the bucket at `place`.
    pub fn at(&self, place: usize) -> Timestamp {
        self.size.at(self.first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX)))
    }

    /// The lane of a destination: the same one, or the one that has come to include it.
    pub fn lane(&self, destination: &Destination) -> Option<&Lane> {
        self.lanes.iter().find(|lane| *lane.destination == *destination).or_else(|| {
            self.lanes.iter().find(|lane| {
                destination.hosts.iter().any(|host| lane.destination.hosts.contains(host))
                    || (destination.hosts.is_empty() && destination.addresses.iter().any(|address| lane.destination.addresses.contains(address)))
            })
        })
    }

    /// The first bucket (15 minutes wide) from which on a source counts as new within `range`: first seen less than 24 h
    /// before the end of the range's first bucket, and known about for 24 h before that.
    pub fn new_since(&self, range: Range) -> i64 {
        let day = SignedDuration::from_hours(24);
        let end_of_first = range.from.as_second().saturating_add(self.size.seconds());
        let recent = end_of_first.saturating_sub(day.as_secs());
        let known = self.known_from.as_second().saturating_add(day.as_secs());
        BucketSize::Quarter.index(recent.max(known))
    }

    /// `plan` with the chart's band only where there is room for it.
    pub fn plan(&self, plan: &Plan) -> Plan {
        Plan { bands: self.lanes.len().saturating_mul(self.buckets()) <= BAND_CELLS, ..plan.clone() }
    }

    /// Takes back the verdicts that rest on an incomplete answer. What was counted stays.
    pub fn withhold(&mut self, partial: Partial) {
        let first = self.size.index(partial.from.as_second()).max(self.first);
        let first = usize::try_from(first.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for lane in &mut self.lanes {
            for cell in lane.cells.from_mut(first).filter(|cell| cell.standing.is_some_and(Standing::has_verdict)) {
                (cell.score, cell.cross, cell.typical, cell.upper, cell.why) = (None, None, None, None, None);
                cell.reason = Some(finding::withheld(&partial.lacks, cell.count).into());
                cell.standing = Some(Standing::Partial);
            }
        }
        self.partial = Some(partial);
        self.find_incidents();
    }

    /// Names the recurring rounds at whose hour something odd happened: they belong to the reason. No score changes by it.
    pub fn name_rounds(&mut self, waves: &[Wave], zone: &TimeZone) {
        let (size, first) = (self.size, self.first);
        for lane in &mut self.lanes {
            let reaching: Vec<&Wave> = waves.iter().filter(|wave| wave.reaches(&lane.destination)).collect();
            if reaching.is_empty() {
                continue;
            }
            for (place, cell) in lane.cells.filled_mut().filter(|(_, cell)| cell.severity() >= Some(Severity::Minor)) {
                let start = size.at(first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX)));
                if let (Some(wave), Some(reason)) = (reaching.iter().find(|wave| wave.is_at(start, zone)), &mut cell.reason) {
                    *reason = format!("{reason}{}", wave.reason()).into();
                }
            }
        }
    }

    /// Puts together what is odd and has one cause.
    fn find_incidents(&mut self) {
        let seconds = self.size.seconds();
        let of = self.lanes.iter().flat_map(|lane| {
            let scored = lane.cells.filled().filter_map(|(place, cell)| Some((self.at(place), seconds, cell.score?, cell.why.as_deref())));
            incident::episodes(&lane.destination, scored)
        });
        self.incidents = incident::incidents(&of.collect::<Vec<_>>());
    }

    /// The incident that a lane is a part of: the gravest of several.
    pub fn incident(&self, lane: &Lane) -> Option<&Incident> {
        self.incidents.iter().find(|incident| incident.members.iter().any(|member| member.destination == lane.label))
    }

    /// The incident that a bucket of a lane is a part of.
    pub fn incident_at(&self, lane: &Lane, start: Timestamp) -> Option<&Incident> {
        self.incidents.iter().find(|incident| incident.has(&lane.label, start))
    }

    /// How many destinations have their worst bucket in each band, worst band first; quiet ones are left out.
    pub fn severities(&self) -> Vec<(Severity, usize)> {
        let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
        for severity in self.lanes.iter().filter_map(|lane| lane.score().map(Severity::of)) {
            *counts.entry(severity).or_default() += 1;
        }
        counts.into_iter().rev().filter(|(severity, _)| *severity > Severity::Warning).collect()
    }
}

/// Counts the arrivals of `range` into lanes of buckets as wide as `size`. What lies before the range only says since
/// when a source is known.
pub fn count(arrivals: &Arrivals, size: BucketSize, range: Range, known_from: Timestamp) -> Board {
    let (destinations, of) = destination::join(&arrivals.endpoints);
    let first = size.index(range.from.as_second());
    let mut board = Board { size, range, known_from, first, lanes: Vec::new(), is_judged: false, incidents: Vec::new(), partial: None };
    let buckets = board.buckets();
    let edge = |time: Timestamp| arrivals.rows.partition_point(|row| arrivals.bucket.at(row.bucket) < time);
    let (start, end) = (edge(range.from), edge(range.to));
    let shown = arrivals.rows.get(start..end).unwrap_or_default();

    let mut lanes: BTreeMap<usize, Lane> = BTreeMap::new();
    let mut occurrences: Vec<(usize, usize, u32)> = Vec::with_capacity(shown.len());
    let mut first_seen: HashMap<(usize, u32), i64> = HashMap::new();
    for row in shown {
        let Some(&number) = of.get(row.endpoint as usize) else { continue };
        let Some(destination) = destinations.get(number) else { continue };
        let place = usize::try_from(size.index(arrivals.bucket.at(row.bucket).as_second()).saturating_sub(first)).unwrap_or(usize::MAX);
        let lane = lanes.entry(number).or_insert_with(|| Lane {
            destination: Arc::new(destination.clone()),
            label: destination.label(),
            name: destination.name().cloned(),
            cells: Cells::new(buckets),
            sources: 0,
            events: 0,
            first_seen: Vec::new(),
        });
        lane.events = lane.events.saturating_add(u64::from(row.events));
        if let Some(cell) = lane.cells.get_mut(place) {
            cell.events = cell.events.saturating_add(row.events);
            if row.source == NO_SOURCE {
                cell.without_source = cell.without_source.saturating_add(row.events);
            }
        }
        if row.source != NO_SOURCE {
            occurrences.push((number, place, row.source));
            first_seen.entry((number, row.source)).or_insert(row.bucket);
        }
    }
    occurrences.sort_unstable();
    occurrences.dedup();
    for (number, place, _) in occurrences {
        if let Some(cell) = lanes.get_mut(&number).and_then(|lane| lane.cells.get_mut(place)) {
            cell.count = cell.count.saturating_add(1);
        }
    }
    for row in arrivals.rows.get(..start).unwrap_or_default() {
        if let Some(&number) = of.get(row.endpoint as usize)
            && let Some(seen) = first_seen.get_mut(&(number, row.source))
        {
            *seen = (*seen).min(row.bucket);
        }
    }
    for ((number, source), seen) in first_seen {
        if let (Some(lane), Some(address)) = (lanes.get_mut(&number), arrivals.sources.get(source as usize)) {
            // The number of the first bucket is kept in quarters, whatever the arrivals were counted in.
            lane.first_seen.push((*address, BucketSize::Quarter.index(arrivals.bucket.at(seen).as_second())));
        }
    }
    for lane in lanes.values_mut() {
        lane.first_seen.sort_unstable();
        lane.sources = lane.first_seen.len();
    }
    board.lanes = lanes.into_values().collect();
    board
}

/// Counts and judges: what [`count`] gives, with the detector's word in every cell.
pub fn judge(arrivals: &Arrivals, plan: &Plan, known_from: Timestamp, detect: impl FnOnce(&Arrivals, &Plan) -> Detection) -> Board {
    let mut board = count(arrivals, plan.size, plan.shown, known_from);
    let detection = detect(arrivals, &board.plan(plan));
    apply(&mut board, &detection);
    let zone = zone(plan);
    board.name_rounds(&recurring::waves(arrivals, plan.by, &zone, plan.shown.to), &zone);
    board
}

/// Writes the verdicts into the cells.
pub fn apply(board: &mut Board, detection: &Detection) {
    let places: HashMap<&Destination, usize> = detection.destinations.iter().zip(0..).collect();
    let first = board.first;
    for lane in &mut board.lanes {
        let Some(&place) = places.get(&*lane.destination) else { continue };
        let cell_at = |bucket: i64| usize::try_from(bucket.saturating_sub(first)).ok();
        for (bucket, expected) in detection.bands.get(place).into_iter().flatten() {
            if let Some(cell) = cell_at(*bucket).and_then(|place| lane.cells.get_mut(place)) {
                cell.typical = Some(f64::from(expected.typical));
                cell.upper = Some(f64::from(expected.upper));
            }
        }
        for bucket in detection.gaps.get(place).into_iter().flatten() {
            if let Some(cell) = cell_at(*bucket).and_then(|place| lane.cells.get_mut(place)) {
                cell.is_gap = true;
                cell.standing = Some(Standing::Gap);
            }
        }
        for (bucket, verdict) in detection.verdicts.get(place).into_iter().flatten() {
            if let Some(cell) = cell_at(*bucket).and_then(|place| lane.cells.get_mut(place)) {
                cell.new = verdict.new;
                cell.standing = Some(verdict.standing);
                cell.score = verdict.score;
                cell.cross = verdict.cross;
                cell.why.clone_from(&verdict.why);
                cell.typical = verdict.typical.or(cell.typical);
                cell.upper = verdict.upper.or(cell.upper);
                if !verdict.reason.is_empty() {
                    cell.reason = Some(Arc::from(verdict.reason.as_str()));
                }
            }
        }
        for cell in lane.cells.from_mut(0).filter(|cell| cell.count == 0 && cell.events > 0) {
            cell.standing = Some(Standing::CountsOnly);
            cell.reason = Some(finding::without_source(cell.events.into()).into());
        }
    }
    board.is_judged = true;
    board.find_incidents();
}

/// By whose hours rounds recur.
pub fn zone(plan: &Plan) -> TimeZone {
    plan.zones.first().cloned().unwrap_or(TimeZone::UTC)
}

/// The plan by which the screens judge.
pub fn plan(size: BucketSize, zones: Vec<jiff::tz::TimeZone>, shown: Range) -> Plan {
    Plan { by: By::Destination, size, zones, shown, bands: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Arrival, Completeness, Endpoint, Verdict};

    fn story() -> Arrivals {
        let address = |text: &str| Address::clean(text);
        let row = |bucket, endpoint, source, events| Arrival { bucket, endpoint, source, events };
        let size = BucketSize::Quarter;
        Arrivals {
            bucket: size,
            range: Range { from: size.at(0), to: size.at(200) },
            endpoints: vec![
                Endpoint { address: address("10.0.0.5"), host: None },
                Endpoint { address: address("10.0.0.5"), host: Some("FS01".into()) },
                Endpoint { address: address("10.0.0.6"), host: None },
            ],
            sources: ["10.1.0.1", "10.1.0.2", "10.1.0.3"].iter().filter_map(|text| address(text)).collect(),
            rows: vec![
                row(2, 0, 0, 1),
                row(192, 0, 0, 1),
                row(192, 1, 0, 2),
                row(192, 1, 1, 1),
                row(193, 0, 2, 1),
                row(193, 0, NO_SOURCE, 9),
                row(195, 2, 1, 4),
            ],
            completeness: Completeness::whole(19),
        }
    }

    fn shown(board: &Board) -> Vec<(String, Vec<u32>)> {
        board.lanes.iter().map(|lane| (lane.destination.label().raw().to_owned(), lane.cells.tail(usize::MAX).map(|cell| cell.count).collect())).collect()
    }

    #[test]
    fn a_source_counts_once_per_bucket_under_all_names_of_a_server() {
        let size = BucketSize::Quarter;
        let board = count(&story(), size, Range { from: size.at(192), to: size.at(196) }, size.at(0));
        assert_eq!(shown(&board), [("10.0.0.5".to_owned(), vec![2, 1, 0, 0]), ("10.0.0.6".to_owned(), vec![0, 0, 0, 1])]);
        assert_eq!(board.lanes[0].events, 14);
        assert_eq!(board.lanes[0].sources, 3);
    }

    #[test]
    fn hours_are_put_together_from_quarters() {
        let size = BucketSize::Hour;
        let board = count(&story(), size, Range { from: size.at(48), to: size.at(50) }, size.at(0));
        assert_eq!(shown(&board), [("10.0.0.5".to_owned(), vec![3, 0]), ("10.0.0.6".to_owned(), vec![1, 0])]);
    }

    #[test]
    fn newcomers_are_those_not_seen_before() {
        let size = BucketSize::Quarter;
        let range = Range { from: size.at(192), to: size.at(196) };
        let board = count(&story(), size, range, size.at(0));
        let since = board.new_since(range);
        let newcomers: Vec<String> = board.lanes[0].newcomers(since).map(|source| source.to_string()).collect();
        assert_eq!(newcomers, ["10.1.0.2", "10.1.0.3"]);
    }

    #[test]
    fn nothing_is_new_while_nothing_is_known() {
        let size = BucketSize::Quarter;
        let range = Range { from: size.at(0), to: size.at(96) };
        let board = count(&story(), size, range, size.at(0));
        assert_eq!(board.lanes[0].newcomers(board.new_since(range)).count(), 0);
    }

    #[test]
    fn verdicts_find_their_cells() {
        let size = BucketSize::Quarter;
        let range = Range { from: size.at(192), to: size.at(196) };
        let mut board = count(&story(), size, range, size.at(0));
        let verdict = Verdict {
            destination: 0,
            start: size.at(193),
            count: 1,
            new: 1,
            typical: Some(0.2),
            upper: Some(1.0),
            score: Some(81.0),
            reason: "why".to_owned(),
            cross: None,
            why: None,
            standing: Standing::Judged,
        };
        let detection = Detection {
            destinations: vec![(*board.lanes[0].destination).clone()],
            verdicts: vec![BTreeMap::from([(193, verdict)])],
            bands: vec![BTreeMap::new()],
            gaps: Vec::new(),
        };
        apply(&mut board, &detection);
        assert_eq!(board.lanes[0].worst(), Some(1));
        assert_eq!(board.lanes[0].score(), Some(81.0));
        assert_eq!(board.severities(), [(Severity::Critical, 1)]);
        assert_eq!(board.lanes[1].score(), None);

        let since = |bucket: i64| {
            let mut short = board.clone();
            short.withhold(Partial { from: size.at(bucket), lacks: "TIMED OUT".to_owned() });
            (short.lanes[0].score(), short.lanes[0].standing(), short.lanes[0].cells.get(1).map(|cell| cell.count))
        };
        assert_eq!(since(193), (None, Some(Standing::Partial), Some(1)));
        assert_eq!(since(194), (Some(81.0), Some(Standing::Judged), Some(1)), "what was answered whole is judged");
    }
}
