//! Late events: what came in for buckets that were over already. Remembered until everything is asked again, so that a figure
//! that has changed behind the analyst's back says so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Board, Cell};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrivals, BucketSize, Destination, Endpoint, Range, Severity, Timestamp};

/// Endpoints for which late events are remembered; beyond it only the words tell of them.
const MOST_ENDPOINTS: usize = 10_000;

/// What late events added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raised {
    /// Events that came late.
    pub events: u64,
    /// Sources that were not there before.
    pub sources: u64,
    /// When the last of them was noticed.
    pub at: Timestamp,
}

impl Raised {
    fn and(self, other: Self) -> Self {
        Self { events: self.events.saturating_add(other.events), sources: self.sources.saturating_add(other.sources), at: self.at.max(other.at) }
    }

    /// `3 events`, with the sources they brought.
    pub fn words(self) -> String {
        let count = |number: u64, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
        match self.sources {
            0 => format!("{}, no new source", count(self.events, "event")),
            sources => format!("{}, {}", count(self.events, "event"), count(sources, "source").replacen(' ', " more ", 1)),
        }
    }
}

/// Everything that came late.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Late {
    /// By endpoint and bucket; numbers are those of buckets as wide as `size`.
    raised: HashMap<Endpoint, BTreeMap<i64, Raised>>,
    size: BucketSize,
    /// Verdicts that are others now: by destination and start of the bucket.
    rejudged: BTreeMap<(Arc<Destination>, Timestamp), Rejudged>,
    /// What is to be told.
    news: Option<String>,
}

/// A verdict that late events have changed.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Rejudged {
    /// The score before the first of them.
    before: Option<f64>,
    /// The score now.
    after: Option<f64>,
}

impl Rejudged {
    fn words(self) -> String {
        let score = |score: Option<f64>| score.map_or_else(|| "none".to_owned(), |score| format!("{score:.0}"));
        format!("{} to {}", score(self.before), score(self.after))
    }
}

impl Late {
    /// Compares an answer put into what was known (`after`) with what was known (`before`), over the buckets of `asked` that
    /// were over at `over`. Places of `before` must be those of `after`.
    pub fn note(&mut self, before: &Arrivals, after: &Arrivals, asked: Range, over: Timestamp, now: Timestamp, zone: &TimeZone) {
        let size = after.bucket;
        let (first, end) = (size.index(asked.from.as_second()), size.index(over.min(asked.to).as_second()));
        let within = |arrivals: &Arrivals| {
            let place = |bucket: i64| arrivals.rows.partition_point(|row| row.bucket < bucket);
            place(first)..place(end.max(first))
        };
        let known: HashMap<(i64, u32, u32), u32> =
            before.rows.get(within(before)).unwrap_or_default().iter().map(|row| ((row.bucket, row.endpoint, row.source), row.events)).collect();
        let mut found: BTreeMap<(i64, u32), Raised> = BTreeMap::new();
        for row in after.rows.get(within(after)).unwrap_or_default() {
            let had = known.get(&(row.bucket, row.endpoint, row.source)).copied();
            let more = u64::from(row.events.saturating_sub(had.unwrap_or(0)));
            if more > 0 {
                let raised = Raised { events: more, sources: u64::from(had.is_none() && row.source != NO_SOURCE), at: now };
                found.entry((row.bucket, row.endpoint)).and_modify(|known| *known = known.and(raised)).or_insert(raised);
            }
        }
        self.size = size;
        self.news = told(&found, after, zone).or(self.news.take());
        for ((bucket, endpoint), raised) in found {
            let Some(endpoint) = after.endpoints.get(endpoint as usize) else { continue };
            if self.raised.len() >= MOST_ENDPOINTS && !self.raised.contains_key(endpoint) {
                continue;
            }
            self.raised.entry(endpoint.clone()).or_default().entry(bucket).and_modify(|known| *known = known.and(raised)).or_insert(raised);
        }
    }

    /// What came late for a destination within `range`; `None` where nothing did.
    pub fn of(&self, destination: &Destination, range: Range) -> Option<Raised> {
        if self.raised.is_empty() {
            return None;
        }
        let first = self.size.index(range.from.as_second());
        let end = self.size.index(range.to.as_second().saturating_sub(1)).saturating_add(1);
        endpoints(destination)
            .filter_map(|endpoint| self.raised.get(&endpoint))
            .flat_map(|buckets| buckets.range(first..end.max(first)))
            .map(|(_, raised)| *raised)
            .reduce(Raised::and)
    }

    /// Compares the verdicts of before with those of after late events: a bucket that they raised and whose band is another now
    /// is told.
    pub fn rejudge(&mut self, before: &Board, after: &Board, zone: &TimeZone) {
        if self.raised.is_empty() || before.size != after.size || !before.is_judged || !after.is_judged {
            return;
        }
        let mut changed: Vec<(Arc<Destination>, Timestamp, Rejudged)> = Vec::new();
        for lane in after.lanes.iter().filter(|lane| self.of(&lane.destination, after.range).is_some()) {
            let Some(old) = before.lane(&lane.destination) else { continue };
            for (place, cell) in lane.cells.filled() {
                let bucket = Range { from: after.at(place), to: after.at(place.saturating_add(1)) };
                let number = after.size.index(bucket.from.as_second()).saturating_sub(before.first);
                let Some(was) = usize::try_from(number).ok().and_then(|number| old.cells.get(number)) else { continue };
                // No verdict and one that says "nothing" read alike.
                let band = |cell: &Cell| (cell.severity().filter(|severity| *severity > Severity::Warning), cell.is_anomalous());
                let is_same = band(was) == band(cell);
                if !is_same && cell.score.is_some() && self.of(&lane.destination, bucket).is_some() {
                    changed.push((Arc::clone(&lane.destination), bucket.from, Rejudged { before: was.score, after: cell.score }));
                }
            }
        }
        if let Some((destination, start, rejudged)) = changed.first() {
            let more = match changed.len().saturating_sub(1) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let at = start.to_zoned(zone.clone()).strftime("%H:%M");
            self.news = Some(format!("came late: the verdict of {at} at {} went from {}{more}", destination.label().safe(), rejudged.words()));
        }
        for (destination, start, rejudged) in changed {
            self.rejudged.entry((destination, start)).and_modify(|known| known.after = rejudged.after).or_insert(rejudged);
        }
    }

    /// Everything that came late for a bucket of a destination, in words; `None` where nothing did.
    pub fn words(&self, destination: &Arc<Destination>, bucket: Range, zone: &TimeZone) -> Option<String> {
        let raised = self.of(destination, bucket)?;
        let by = raised.at.to_zoned(zone.clone()).strftime("%H:%M:%S");
        let verdict = self.rejudged.get(&(Arc::clone(destination), bucket.from)).map(|rejudged| format!("; the score went from {}", rejudged.words()));
        Some(format!("came late, by {by}: {}{}", raised.words(), verdict.unwrap_or_default()))
    }

    /// What has not been told yet.
    pub fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }
}

/// Every way in which an event can call a destination.
fn endpoints(destination: &Destination) -> impl Iterator<Item = Endpoint> + '_ {
    let hosts = || destination.hosts.iter().cloned().map(Some).chain([None]);
    destination.addresses.iter().copied().map(Some).chain([None]).flat_map(move |address| hosts().map(move |host| Endpoint { address, host }))
}

/// One sentence on what came late.
fn told(found: &BTreeMap<(i64, u32), Raised>, after: &Arrivals, zone: &TimeZone) -> Option<String> {
    let all = found.values().copied().reduce(Raised::and)?;
    let clock = |bucket: i64| after.bucket.at(bucket).to_zoned(zone.clone()).strftime("%H:%M").to_string();
    let ((first, endpoint), _) = found.first_key_value()?;
    let ((last, _), _) = found.last_key_value()?;
    let name = |endpoint: &Endpoint| match (endpoint.address, &endpoint.host) {
        (Some(address), _) => address.to_string(),
        (None, Some(host)) => host.safe().into_string(),
        (None, None) => "no destination".to_owned(),
    };
    let mut places: Vec<u32> = found.keys().map(|(_, endpoint)| *endpoint).collect();
    places.sort_unstable();
    places.dedup();
    let at = match places.len() {
        1 => after.endpoints.get(*endpoint as usize).map(name).unwrap_or_default(),
        many => format!("{many} destinations"),
    };
    let when = if first == last { clock(*first) } else { format!("{} to {}", clock(*first), clock(*last)) };
    Some(format!("came late: {} raised {when} at {at}", all.words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Arrival, Completeness};

    fn arrivals(rows: &[(i64, u32, u32, u32)]) -> Arrivals {
        let size = BucketSize::Quarter;
        let endpoint = |address: &str, host: Option<&str>| Endpoint { address: Address::clean(address), host: host.map(Into::into) };
        Arrivals {
            bucket: size,
            range: Range { from: size.at(0), to: size.at(99) },
            endpoints: vec![endpoint("10.0.0.5", Some("FS01")), endpoint("", Some("FS01")), endpoint("10.0.0.6", None)],
            sources: ["10.1.0.1", "10.1.0.2"].iter().filter_map(|source| Address::clean(source)).collect(),
            rows: rows.iter().map(|&(bucket, endpoint, source, events)| Arrival { bucket, endpoint, source, events }).collect(),
            completeness: Completeness::whole(0),
        }
    }

    fn noted(before: &[(i64, u32, u32, u32)], after: &[(i64, u32, u32, u32)]) -> Late {
        let size = BucketSize::Quarter;
        let mut late = Late::default();
        late.note(&arrivals(before), &arrivals(after), Range { from: size.at(2), to: size.at(9) }, size.at(6), size.at(8), &TimeZone::UTC);
        late
    }

    fn bucket(number: i64) -> Range {
        Range { from: BucketSize::Quarter.at(number), to: BucketSize::Quarter.at(number + 1) }
    }

    #[test]
    fn what_raises_a_bucket_that_was_over_is_late_and_nothing_else_is() {
        let before = [(2, 0, 0, 1), (4, 0, 0, 2), (4, 2, 0, 1), (6, 0, 0, 1)];
        let mut late = noted(&before, &[(1, 2, 0, 9), (2, 0, 0, 1), (4, 0, 0, 3), (4, 1, 1, 2), (6, 0, 0, 5), (7, 0, 1, 5)]);
        let mut server = Destination::from(Address::clean("10.0.0.5").expect("an address"));
        server.hosts.insert("FS01".into());
        let raised = Raised { events: 3, sources: 1, at: BucketSize::Quarter.at(8) };
        assert_eq!(late.of(&server, bucket(4)), Some(raised), "under all names of the server");
        assert_eq!(late.of(&server, Range { from: BucketSize::Quarter.at(0), to: BucketSize::Quarter.at(99) }), Some(raised));
        assert_eq!([1, 2, 3, 5, 6, 7].map(|number| late.of(&server, bucket(number))), [None; 6]);
        assert_eq!(late.of(&Destination::from(Address::clean("10.0.0.6").expect("an address")), bucket(4)), None, "fewer than before is not late");
        assert_eq!(late.take_news().as_deref(), Some("came late: 3 events, 1 more source raised 01:00 at 2 destinations"));
        assert_eq!(late.take_news(), None, "told once");
    }

    #[test]
    fn a_verdict_that_late_events_change_is_told_and_kept_with_the_bucket() {
        let size = BucketSize::Quarter;
        let mut late = noted(&[(4, 2, 0, 1)], &[(4, 2, 0, 1), (4, 2, 1, 3)]);
        _ = late.take_news();
        let board = |scores: &[(usize, f64)]| {
            let range = Range { from: size.at(2), to: size.at(9) };
            let mut board = crate::investigation::board::count(&arrivals(&[(4, 2, 0, 1), (5, 2, 0, 1)]), size, range, size.at(0));
            board.is_judged = true;
            for (place, score) in scores {
                board.lanes[0].cells.get_mut(*place).expect("a cell").score = Some(*score);
            }
            board
        };
        late.rejudge(&board(&[(2, 20.0), (3, 30.0)]), &board(&[(2, 24.0), (3, 80.0)]), &TimeZone::UTC);
        assert_eq!(late.take_news(), None, "the same band, or a bucket that nothing late raised");
        late.rejudge(&board(&[(2, 20.0)]), &board(&[(2, 81.0)]), &TimeZone::UTC);
        assert_eq!(late.take_news().as_deref(), Some("came late: the verdict of 01:00 at 10.0.0.6 went from 20 to 81"));
        let destination = Arc::new(Destination::from(Address::clean("10.0.0.6").expect("an address")));
        assert_eq!(
            late.words(&destination, bucket(4), &TimeZone::UTC).as_deref(),
            Some("came late, by 02:00:00: 3 events, 1 more source; the score went from 20 to 81")
        );
        assert_eq!(late.words(&destination, bucket(5), &TimeZone::UTC), None);
    }

    #[test]
    fn words_name_the_one_place_or_count_them() {
        assert_eq!(noted(&[(3, 2, 0, 1)], &[(3, 2, 0, 2)]).take_news().as_deref(), Some("came late: 1 event, no new source raised 00:45 at 10.0.0.6"));
        assert_eq!(
            noted(&[], &[(3, 2, 0, 2), (5, 2, 0, 2), (5, 2, 1, 1)]).take_news().as_deref(),
            Some("came late: 5 events, 3 more sources raised 00:45 to 01:15 at 10.0.0.6")
        );
        assert_eq!(noted(&[(3, 2, 0, 1)], &[(3, 2, 0, 1)]).take_news(), None);
    }
}
