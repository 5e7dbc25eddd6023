//! Long stretches of arrivals, day by day: told as they come in, kept in a local cache, and never asked twice.
//!
//! ```text
//!   days of the range ──► one census: documents of each day ──► the cached day holds as many? take it
//!                                                          └──► else ask that day; too much at a time? halves of it
//! ```
//!
//! A day is kept only where it is over and its answer was whole. The census makes the cache exact: what came in late, was
//! loaded afterwards or has been deleted changes the number of documents of its day, and that day alone is asked again.

mod census;
mod file;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use super::Elastic;
use super::aggregate::Places;
use super::search::Gaps;
use crate::backend::{BackendError, Fault, Steps};
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrival, Arrivals, BucketSize, Completeness, Range, Timestamp};
use crate::query::{Filter, Scope};
use file::Folder;

/// Ranges longer than this are asked day by day.
const LONG: SignedDuration = SignedDuration::from_hours(48);
/// Seconds of a day; days are those of UTC, which every bucket size divides.
const DAY: i64 = 86_400;
/// The shortest stretch into which a day is cut where it is too much at a time.
const SHORTEST: SignedDuration = SignedDuration::from_hours(1);

/// What is remembered of days that were asked.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where days are kept on disk; nowhere where nobody says.
    folder: Option<PathBuf>,
    /// Days of a question that broke off, so that the next try goes on from there: by question and day.
    days: Mutex<HashMap<(String, i64), Kept>>,
}

/// A day and what it rests on.
#[derive(Clone, PartialEq, Debug)]
struct Kept {
    /// Documents that the census counted when the day was asked.
    documents: u64,
    arrivals: Arc<Arrivals>,
}

impl Memory {
    /// Keeps days in files below this folder.
    pub(super) fn keep_in(&mut self, folder: PathBuf) {
        self.folder = Some(folder);
    }

    fn get(&self, question: &str, day: i64) -> Option<Kept> {
        let known = self.days.lock().unwrap_or_else(PoisonError::into_inner).get(&(question.to_owned(), day)).cloned();
        known.or_else(|| Folder::of(self.folder.as_deref()?, question).read(day))
    }

    fn put(&self, question: &str, day: i64, kept: Kept) {
        // A cache that cannot be written is none: the answer does not depend on it.
        let is_written = self.folder.as_deref().is_some_and(|folder| Folder::of(folder, question).write(day, &kept).is_ok());
        if !is_written {
            self.days.lock().unwrap_or_else(PoisonError::into_inner).insert((question.to_owned(), day), kept);
        }
    }

    /// The question is answered: what it needed for going on is not needed any more.
    fn forget(&self, question: &str) {
        self.days.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| known != question);
    }
}

impl Elastic {
    /// Arrivals of any stretch: short ones at once, long ones day by day.
    pub(super) async fn arrivals_by_day(&self, scope: &Scope, bucket: BucketSize, steps: &dyn Steps) -> Result<Arrivals, BackendError> {
        let is_bounded = scope.range.from > Timestamp::MIN && scope.range.to < Timestamp::MAX;
        if !is_bounded {
            return self.arrivals(scope, bucket).await;
        }
        if scope.range.to.duration_since(scope.range.from) <= LONG {
            return self.in_parts(scope, scope.range, bucket).await;
        }
        let mut gaps = Gaps::default();
        let landscape = self.landscape(&mut gaps).await?;
        let lost = gaps.completeness(0).capped;
        let question = self.question(scope, bucket);
        let counted = match &question {
            Some(_) => self.census_by_day(&landscape.targets, scope).await?,
            None => census::Days::unknown(),
        };
        let slices = slices(scope.range);
        let of = slices.len() as u64;
        let now = Timestamp::now();
        let mut whole = Joined::new(scope.range, bucket);
        for (slice, done) in slices.into_iter().zip(0..) {
            steps.step(done, of);
            // A day that is not over, or only partly asked, is not remembered.
            let day = (slice.is_day() && slice.range.to < now).then_some(slice.day);
            let remembered = question.as_deref().zip(day);
            let documents = counted.documents(slice.day);
            if let Some((question, day)) = remembered
                && let Some(kept) = self.memory.get(question, day).filter(|kept| documents.is_none_or(|documents| documents == kept.documents))
            {
                whole.add(&kept.arrivals);
                continue;
            }
            if documents == Some(0) {
                whole.add(&nothing(slice.range, bucket));
                continue;
            }
            let asked = self.in_parts(scope, slice.range, bucket).await.map_err(|error| broken_off(error, done, of))?;
            if let Some(((question, day), documents)) = remembered.zip(documents)
                && is_settled(&asked.completeness, lost.as_deref())
            {
                self.memory.put(question, day, Kept { documents, arrivals: Arc::new(asked.clone()) });
            }
            whole.add(&asked);
        }
        steps.step(of, of);
        if let Some(question) = &question {
            self.memory.forget(question);
        }
        let mut arrivals = whole.finish();
        arrivals.completeness.capped = arrivals.completeness.capped.or(lost);
        Ok(arrivals)
    }

    /// Asks a stretch at once, or where that is too much for the cluster, its halves.
    async fn in_parts(&self, scope: &Scope, range: Range, bucket: BucketSize) -> Result<Arrivals, BackendError> {
        let mut joined = Joined::new(range, bucket);
        let mut waiting = vec![range];
        let mut is_cut = false;
        while let Some(part) = waiting.pop() {
            match self.arrivals(&Scope { range: part, ..scope.clone() }, bucket).await {
                Ok(arrivals) if !is_cut => return Ok(arrivals),
                Ok(arrivals) => joined.add(&arrivals),
                Err(error) if error.fault == Fault::TooMuch => {
                    let Some((one, two)) = halves(part, bucket) else { return Err(error) };
                    is_cut = true;
                    waiting.extend([two, one]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(joined.finish())
    }

    /// Everything on which the answer for a day depends, beside the day; `None` where it is not worth remembering.
    fn question(&self, scope: &Scope, bucket: BucketSize) -> Option<String> {
        let is_plain = scope.filter == Filter::Everything && scope.destination.is_none() && scope.source.is_none() && scope.user.is_none();
        let mut patterns = self.patterns.clone();
        patterns.sort();
        let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
        let place = self.identity.as_str();
        let version = env!("CARGO_PKG_VERSION");
        is_plain.then(|| format!("{version}\t{place}\t{}\t{}\t{bucket}\t{:?}", patterns.join(","), ports.join(","), scope.families))
    }
}

/// Whether a day's answer lacks nothing but what no question of this key can have.
fn is_settled(completeness: &Completeness, lost: Option<&str>) -> bool {
    let is_capped = completeness.capped.is_some() && completeness.capped.as_deref() != lost;
    Completeness { capped: None, ..completeness.clone() }.is_whole() && !is_capped
}

fn broken_off(error: BackendError, done: u64, of: u64) -> BackendError {
    let left = of.saturating_sub(done);
    BackendError { what: format!("{} ({left} of {of} days of history are still to be read)", error.what), ..error }
}

fn nothing(range: Range, bucket: BucketSize) -> Arrivals {
    Arrivals { bucket, range, endpoints: Vec::new(), sources: Vec::new(), rows: Vec::new(), completeness: Completeness::whole(0) }
}

/// A part of a range that lies within one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slice {
    range: Range,
    /// Number of the day since the epoch.
    day: i64,
}

impl Slice {
    fn is_day(&self) -> bool {
        self.range == Range { from: start_of(self.day), to: start_of(self.day.saturating_add(1)) }
    }
}

fn start_of(day: i64) -> Timestamp {
    Timestamp::from_second(day.saturating_mul(DAY)).unwrap_or(Timestamp::MAX)
}

/// The days of a range in order, the first and the last perhaps only in part.
fn slices(range: Range) -> Vec<Slice> {
    let (first, last) = (range.from.as_second().div_euclid(DAY), range.to.as_second().saturating_sub(1).div_euclid(DAY));
    (first..=last)
        .map(|day| Slice { range: range.intersect(&Range { from: start_of(day), to: start_of(day.saturating_add(1)) }), day })
        .filter(|slice| slice.range.from < slice.range.to)
        .collect()
}

/// A stretch cut in two at the edge of a bucket; `None` where it is short already.
fn halves(range: Range, bucket: BucketSize) -> Option<(Range, Range)> {
    let width = range.to.duration_since(range.from);
    if width <= SHORTEST {
        return None;
    }
    let middle = bucket.start(range.from.checked_add(width / 2).ok()?);
    (range.from < middle && middle < range.to).then_some((Range { from: range.from, to: middle }, Range { from: middle, to: range.to }))
}

/// Answers put one behind the other.
struct Joined {
    whole: Arrivals,
    endpoints: Places<crate::domain::Endpoint>,
    sources: Places<crate::domain::Address>,
    is_first: bool,
}

impl Joined {
    fn new(range: Range, bucket: BucketSize) -> Self {
        Self { whole: nothing(range, bucket), endpoints: Places::new(), sources: Places::new(), is_first: true }
    }

    /// Adds the next part; parts come in order of time. A bucket lies in one part only.
    fn add(&mut self, part: &Arrivals) {
        let endpoints: Vec<u32> = part.endpoints.iter().map(|endpoint| self.endpoints.of(endpoint)).collect();
        let sources: Vec<u32> = part.sources.iter().map(|source| self.sources.of(source)).collect();
        self.whole.rows.extend(part.rows.iter().filter_map(|row| {
            let endpoint = *endpoints.get(row.endpoint as usize)?;
            let source = if row.source == NO_SOURCE { NO_SOURCE } else { *sources.get(row.source as usize)? };
            Some(Arrival { endpoint, source, ..*row })
        }));
        self.whole.completeness = if self.is_first {
            part.completeness.clone()
        } else {
            std::mem::replace(&mut self.whole.completeness, Completeness::whole(0)).and(&part.completeness)
        };
        self.is_first = false;
    }

    fn finish(self) -> Arrivals {
        Arrivals { endpoints: self.endpoints.into_values(), sources: self.sources.into_values(), ..self.whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::completeness::Shards;
    use crate::domain::{Address, Endpoint};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn range(from: &str, to: &str) -> Range {
        Range { from: at(from), to: at(to) }
    }

    #[test]
    fn a_range_is_cut_at_midnight() {
        let cut = slices(range("2026-02-27T18:00:00Z", "2026-03-02T06:00:00Z"));
        let told: Vec<_> = cut.iter().map(|slice| (slice.range.from.to_string(), slice.is_day())).collect();
        let text = str::to_owned;
        assert_eq!(
            told,
            [
                (text("2026-02-27T18:00:00Z"), false),
                (text("2026-02-28T00:00:00Z"), true),
                (text("2026-03-01T00:00:00Z"), true),
                (text("2026-03-02T00:00:00Z"), false)
            ]
        );
        assert_eq!(cut.last().map(|slice| slice.range.to), Some(at("2026-03-02T06:00:00Z")));
        assert_eq!(slices(range("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")).len(), 1);
    }

    #[test]
    fn halves_meet_at_the_edge_of_a_bucket_and_end_at_an_hour() {
        let mut part = range("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        let mut widths = Vec::new();
        while let Some((one, two)) = halves(part, BucketSize::Quarter) {
            assert_eq!((one.from, one.to, two.to), (part.from, two.from, part.to));
            assert_eq!(one.to, BucketSize::Quarter.start(one.to));
            widths.push(two.to.duration_since(two.from).as_mins());
            part = two;
        }
        assert_eq!(widths, [720, 360, 180, 90, 45]);
        assert_eq!(halves(range("2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z"), BucketSize::SixHours), None);
    }

    #[test]
    fn parts_are_joined_under_one_numbering() {
        let part = |day: i64, sources: &[&str], rows: &[(i64, u32, u32)]| Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: start_of(day), to: start_of(day + 1) },
            endpoints: vec![Endpoint { address: Address::clean("10.0.0.5"), host: None }],
            sources: sources.iter().filter_map(|source| Address::clean(source)).collect(),
            rows: rows.iter().map(|(bucket, source, events)| Arrival { bucket: day * 96 + bucket, endpoint: 0, source: *source, events: *events }).collect(),
            completeness: Completeness { shards: Some(Shards { total: 5, failed: u64::from(day == 1) }), ..Completeness::whole(1) },
        };
        let mut joined = Joined::new(Range { from: start_of(0), to: start_of(2) }, BucketSize::Quarter);
        joined.add(&part(0, &["10.1.0.1"], &[(3, 0, 1), (5, NO_SOURCE, 2)]));
        joined.add(&part(1, &["10.1.0.2", "10.1.0.1"], &[(0, 0, 4), (0, 1, 5)]));
        let whole = joined.finish();
        assert_eq!(
            whole.rows.iter().map(|row| (row.bucket, row.source, row.events)).collect::<Vec<_>>(),
            [(3, 0, 1), (5, NO_SOURCE, 2), (96, 1, 4), (96, 0, 5)]
        );
        assert_eq!((whole.endpoints.len(), whole.sources.len()), (1, 2));
        assert_eq!(whole.completeness.words(), "PARTIAL 4/5 shards");
        assert_eq!(whole.completeness.events, 2);
    }

    #[test]
    fn only_whole_days_are_kept() {
        let whole = Completeness::whole(3);
        let lost = "no right to packetbeat-* or no such index";
        assert!(is_settled(&whole, None));
        assert!(is_settled(&Completeness { capped: Some(lost.to_owned()), ..whole.clone() }, Some(lost)), "that no question of this key can have");
        assert!(!is_settled(&Completeness { capped: Some("200000 documents".to_owned()), ..whole.clone() }, Some(lost)));
        assert!(!is_settled(&Completeness { timed_out: true, ..whole.clone() }, None));
        assert!(!is_settled(&Completeness { shards: Some(Shards { total: 2, failed: 1 }), ..whole }, None));
    }
}
