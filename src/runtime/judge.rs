//! Judging with a memory: where nothing but the young buckets has changed since the last look, only they are judged again.

use std::borrow::Cow;
use std::sync::Arc;

use crate::detect::{Begin, Plan, Watch, Wave, recurring};
use crate::domain::{Arrivals, Timestamp};
use crate::investigation::{Board, board};

/// The detector and what it has learned.
pub(super) struct Judge {
    make: Begin,
    kept: Option<Kept>,
    /// Rounds that recur, and the hour up to which they were looked for.
    rounds: Option<(i64, Vec<Wave>)>,
}

/// What was judged last, and the detector that has learned it.
struct Kept {
    plan: Plan,
    arrivals: Arc<Arrivals>,
    watch: Watch,
}

impl Judge {
    /// Has learned nothing yet.
    pub(super) fn new(make: Begin) -> Self {
        Self { make, kept: None, rounds: None }
    }

    /// Counts and judges: the same verdicts as judging everything from the start.
    pub(super) fn board(&mut self, arrivals: &Arc<Arrivals>, plan: &Plan, known_from: Timestamp) -> Board {
        let mut board = board::count(arrivals, plan.size, plan.shown, known_from);
        let plan = board.plan(plan);
        // Taken out, so that nothing half learned is left to go on from where the detector panics.
        let kept = self.kept.take().and_then(|kept| kept.go_on(arrivals, &plan)).unwrap_or_else(|| Kept::begin(arrivals, &plan, self.make));
        board::apply(&mut board, kept.watch.detection());
        // They are told by weeks of history: once an hour is often enough.
        let zone = board::zone(&plan);
        let hour = plan.shown.to.as_second().div_euclid(3600);
        if self.rounds.as_ref().is_none_or(|(known, _)| *known != hour) {
            self.rounds = Some((hour, recurring::waves(arrivals, plan.by, &zone, plan.shown.to)));
        }
        board.name_rounds(self.rounds.as_ref().map_or(&[], |(_, waves)| waves), &zone);
        self.kept = Some(kept);
        board
    }
}

impl Kept {
    fn begin(arrivals: &Arc<Arrivals>, plan: &Plan, make: Begin) -> Self {
        let mut whole = Cow::Borrowed(&**arrivals);
        let end = end(arrivals, plan);
        if end < whole.range.to {
            whole.to_mut().range.to = end;
        }
        Self { plan: plan.clone(), arrivals: Arc::clone(arrivals), watch: Watch::begin(&whole, plan, make(plan)) }
    }

    /// Learns and judges what has come in; `None` where more than that has changed.
    fn go_on(mut self, arrivals: &Arc<Arrivals>, plan: &Plan) -> Option<Self> {
        let from = self.watch.from()?;
        if !follows(&self.plan, plan) || end(arrivals, plan) < end(&self.arrivals, &self.plan) || !is_same_before(from, &self.arrivals, arrivals) {
            return None;
        }
        self.watch.advance(&since(from, arrivals, plan), plan.shown);
        self.plan = plan.clone();
        self.arrivals = Arc::clone(arrivals);
        (!self.watch.is_torn()).then_some(self)
    }
}

/// Until when the arrivals are to be believed: after wider buckets were looked at they reach past the open one, and what has
/// not happened yet must not be learned as silence.
fn end(arrivals: &Arrivals, plan: &Plan) -> Timestamp {
    arrivals.range.to.min(plan.shown.to)
}

/// Whether a plan differs from the one before by the passing of time alone.
fn follows(before: &Plan, plan: &Plan) -> bool {
    let how = |plan: &Plan| (plan.by, plan.size, plan.bands);
    how(before) == how(plan) && before.zones == plan.zones && before.shown.from <= plan.shown.from && before.shown.to <= plan.shown.to
}

/// Whether two answers say the same of all time before `from`. Places may have been added, none given to another.
fn is_same_before(from: Timestamp, before: &Arrivals, now: &Arrivals) -> bool {
    let settled = |arrivals: &Arrivals| arrivals.rows.partition_point(|row| arrivals.bucket.at(row.bucket) < from);
    before.bucket == now.bucket
        && before.range.from == now.range.from
        && now.endpoints.starts_with(&before.endpoints)
        && now.sources.starts_with(&before.sources)
        && before.rows.get(..settled(before)) == now.rows.get(..settled(now))
}

/// The part of the arrivals that begins at `from`.
fn since(from: Timestamp, arrivals: &Arrivals, plan: &Plan) -> Arrivals {
    let first = arrivals.rows.partition_point(|row| arrivals.bucket.at(row.bucket) < from);
    Arrivals {
        bucket: arrivals.bucket,
        range: crate::domain::Range { from, to: end(arrivals, plan) },
        endpoints: arrivals.endpoints.clone(),
        sources: arrivals.sources.clone(),
        rows: arrivals.rows.get(first..).unwrap_or_default().to_vec(),
        completeness: arrivals.completeness.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell;

    use super::*;
    use crate::detect::plain::Plain;
    use crate::detect::{Detector, run};
    use crate::domain::{Address, Arrival, BucketSize, Completeness, Endpoint, Foreign, Range};
    use crate::investigation::Lane;

    /// A Monday, in quarters.
    const MONDAY: i64 = 1_736_121_600 / 900;
    const WEEK: i64 = 7 * 96;

    thread_local! {
        static BEGUN: cell::Cell<u32> = const { cell::Cell::new(0) };
    }

    fn counted(plan: &Plan) -> Box<dyn Detector> {
        BEGUN.set(BEGUN.get() + 1);
        Box::new(Plain::new(plan))
    }

    /// A week of ordinary traffic to one server; then a spike there, and a second server nobody knew.
    fn story() -> Vec<(i64, u32, u32)> {
        let mut rows: Vec<_> = (0..WEEK + 8).flat_map(|bucket| (0..2 + (bucket % 3) as u32).map(move |source| (bucket, 0, source))).collect();
        rows.extend((0..40).map(|source| (WEEK + 2, 0, 10 + source)));
        rows.extend((0..3).map(|source| (WEEK + 4, 1, 10 + source)));
        rows.sort_unstable();
        rows
    }

    /// What a live view knows of the rows at the end of bucket `until`: everyone has a place since they were first seen.
    fn known(rows: &[(i64, u32, u32)], until: i64) -> Arc<Arrivals> {
        let rows: Vec<_> = rows.iter().filter(|(bucket, ..)| *bucket < until).collect();
        let endpoints = ["10.0.0.5", "10.0.0.6"].map(|address| Endpoint { address: Address::clean(address), host: None });
        let count = rows.iter().map(|(_, endpoint, _)| *endpoint as usize + 1).max().unwrap_or(0);
        let sources = rows.iter().map(|(.., source)| *source + 1).max().unwrap_or(0);
        Arc::new(Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: BucketSize::Quarter.at(MONDAY), to: BucketSize::Quarter.at(MONDAY + until) },
            endpoints: endpoints.into_iter().take(count).collect(),
            sources: (0..sources).map(|source| Address::from(std::net::IpAddr::from([10, 1, 0, source as u8 + 1]))).collect(),
            rows: rows.iter().map(|(bucket, endpoint, source)| Arrival { bucket: MONDAY + bucket, endpoint: *endpoint, source: *source, events: 1 }).collect(),
            completeness: Completeness::whole(0),
        })
    }

    /// The last day at the end of bucket `until`.
    fn day(size: BucketSize, until: i64) -> Plan {
        let end = BucketSize::Quarter.at(MONDAY + until);
        let last = size.index(end.as_second() - 1);
        board::plan(size, Vec::new(), Range { from: size.at(last + 1 - 86_400 / size.seconds()), to: size.at(last + 1) })
    }

    /// Everything the detector said, cell by cell.
    fn said(board: &Board) -> Vec<(Foreign, usize, board::Cell)> {
        let told = |lane: &Lane| lane.cells.filled().filter(|(_, cell)| cell.count > 0).map(|(place, cell)| (place, cell.clone())).collect::<Vec<_>>();
        board.lanes.iter().flat_map(|lane| told(lane).into_iter().map(|(place, cell)| (lane.label.clone(), place, cell))).collect()
    }

    fn whole(arrivals: &Arrivals, plan: &Plan) -> Board {
        board::judge(arrivals, plan, arrivals.range.from, |arrivals, plan| run(arrivals, plan, &mut Plain::new(plan)))
    }

    /// Judges and compares with judging everything from the start; how often the detector has begun afresh so far.
    fn look(judge: &mut Judge, arrivals: &Arc<Arrivals>, plan: &Plan) -> u32 {
        let board = judge.board(arrivals, plan, arrivals.range.from);
        let expected = whole(arrivals, plan);
        assert!(board.is_judged && !said(&board).is_empty());
        assert_eq!(said(&board), said(&expected));
        BEGUN.get()
    }

    #[test]
    fn going_on_says_what_a_whole_run_says_and_begins_once() {
        let rows = story();
        for size in [BucketSize::Quarter, BucketSize::Hour, BucketSize::SixHours] {
            BEGUN.set(0);
            let mut judge = Judge::new(counted);
            for until in WEEK..WEEK + 8 {
                assert_eq!(look(&mut judge, &known(&rows, until), &day(size, until)), 1, "{size} {until}");
            }
            let last = judge.board(&known(&rows, WEEK + 8), &day(size, WEEK + 8), BucketSize::Quarter.at(MONDAY));
            assert!(last.lanes.iter().any(|lane| lane.score().is_some_and(|score| score >= 70.0)), "the spike is seen in {size}");
        }
    }

    #[test]
    fn an_open_bucket_may_be_looked_at_as_often_as_it_grows() {
        let rows = story();
        BEGUN.set(0);
        let mut judge = Judge::new(counted);
        for growing in [0, 5, 5, 40] {
            let so_far: Vec<_> = rows.iter().copied().filter(|(bucket, _, source)| *bucket < WEEK + 2 || *source < 10 + growing).collect();
            assert_eq!(look(&mut judge, &known(&so_far, WEEK + 3), &day(BucketSize::Quarter, WEEK + 3)), 1);
        }
    }

    #[test]
    fn whatever_else_changes_begins_afresh() {
        let rows = story();
        let until = WEEK + 6;
        let (arrivals, plan) = (known(&rows, until), day(BucketSize::Quarter, until));
        let changed = |change: &dyn Fn(&mut Arrivals)| {
            let mut other = (*arrivals).clone();
            change(&mut other);
            Arc::new(other)
        };
        let earlier = Plan { shown: Range { from: BucketSize::Quarter.at(MONDAY + WEEK - 96), ..plan.shown }, ..plan.clone() };
        for (what, arrivals, plan) in [
            ("bucket size", Arc::clone(&arrivals), day(BucketSize::Hour, until)),
            ("range", Arc::clone(&arrivals), earlier),
            ("filter", known(&rows.iter().copied().filter(|(_, _, source)| *source > 0).collect::<Vec<_>>(), until), plan.clone()),
            ("late event", changed(&|arrivals| arrivals.rows.insert(0, Arrival { source: 7, ..arrivals.rows[0] })), plan.clone()),
            ("history", changed(&|arrivals| arrivals.range.from = BucketSize::Quarter.at(MONDAY - 96)), plan.clone()),
            ("places", changed(&|arrivals| arrivals.sources.swap(0, 1)), plan.clone()),
            ("join", changed(&|arrivals| arrivals.endpoints.push(Endpoint { address: Address::clean("10.0.0.5"), host: Some("FS".into()) })), plan.clone()),
        ] {
            BEGUN.set(0);
            let mut judge = Judge::new(counted);
            look(&mut judge, &known(&rows, until), &day(BucketSize::Quarter, until));
            let begun = look(&mut judge, &arrivals, &plan);
            assert_eq!(begun, if what == "join" { 1 } else { 2 }, "{what}");
        }
    }

    #[test]
    fn names_that_come_to_light_late_part_nothing() {
        let rows = story();
        BEGUN.set(0);
        let mut judge = Judge::new(counted);
        let until = WEEK + 6;
        look(&mut judge, &known(&rows, until), &day(BucketSize::Quarter, until));
        // Both addresses turn out to be one host's.
        let mut joined = (*known(&rows, until)).clone();
        for address in ["10.0.0.5", "10.0.0.6"] {
            joined.endpoints.push(Endpoint { address: Address::clean(address), host: Some("FS01".into()) });
        }
        assert_eq!(look(&mut judge, &Arc::new(joined), &day(BucketSize::Quarter, until)), 2);
    }

    #[test]
    fn a_look_at_wide_buckets_in_between_does_not_spoil_the_next() {
        let rows = story();
        BEGUN.set(0);
        let mut judge = Judge::new(counted);
        let until = WEEK + 2;
        let mut wide = (*known(&rows, until)).clone();
        // The open bucket of six hours ends long after now.
        wide.range.to = day(BucketSize::SixHours, until).shown.to;
        assert_eq!(look(&mut judge, &Arc::new(wide.clone()), &day(BucketSize::SixHours, until)), 1);
        assert_eq!(look(&mut judge, &Arc::new(wide.clone()), &day(BucketSize::Quarter, until)), 2);
        let mut next = (*known(&rows, until + 1)).clone();
        next.range.to = wide.range.to;
        assert_eq!(look(&mut judge, &Arc::new(next), &day(BucketSize::Quarter, until + 1)), 2);
    }
}
