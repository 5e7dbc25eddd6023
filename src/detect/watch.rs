//! A detector that goes on with the clock: what is settled is learned once, what may still change is judged again at each look.

use super::roster::{Present, Quarters, Roster};
use super::run::Walk;
use super::{Detection, Detector, Plan};
use crate::domain::{Arrivals, Range, Timestamp};

/// Events may come in so late and still be learned, in seconds.
const LATE: i64 = 3600;

/// A detector kept between looks.
pub struct Watch {
    plan: Plan,
    /// Has learned every bucket before `open`.
    settled: Box<dyn Detector>,
    /// First bucket that may still change; `None` before the first event.
    open: Option<i64>,
    roster: Roster,
    walk: Walk,
}

impl Watch {
    /// Learns and judges the history.
    pub fn begin(history: &Arrivals, plan: &Plan, detector: Box<dyn Detector>) -> Self {
        let mut watch = Self { plan: plan.clone(), settled: detector, open: None, roster: Roster::new(plan.by), walk: Walk::new(plan) };
        watch.advance(history, plan.shown);
        watch
    }

    /// From when the next answer must reach: everything before is settled.
    pub fn from(&self) -> Option<Timestamp> {
        self.open.map(|open| self.plan.size.at(open))
    }

    /// Goes on to the end of `news`, which holds every arrival since [`Watch::from`]; verdicts in `shown` are kept.
    pub fn advance(&mut self, news: &Arrivals, shown: Range) {
        let places = self.roster.admit(news);
        let mut filled: Vec<(i64, Present, Quarters)> = Vec::new();
        places.each_bucket(news, self.plan.size, |number, present, quarters| filled.push((number, present, quarters)));
        let Some(first) = self.open.or(filled.first().map(|(number, ..)| *number)) else { return };
        filled.retain(|(number, ..)| *number >= first);
        // The answer's end may lie in the future or at the end of time; the last bucket walked is the one
        // in which the last event or the end of the answer falls, whichever can be trusted.
        let end = news.range.to;
        let last_filled = filled.last().map_or(first - 1, |(number, ..)| *number);
        let asked = if end == Timestamp::MAX { last_filled } else { self.plan.size.index(end.as_second().saturating_sub(1)) };
        let last = asked.max(last_filled).min(last_filled.max(first) + self.longest_silence());
        let late = self.plan.size.index(end.as_second().saturating_sub(LATE));
        // Bucket number `late` holds the moment an hour ago: it may still change, those before it not.
        let open = late.clamp(first, last.max(first));
        self.walk.show(shown, first);
        let mut filled = filled.into_iter().peekable();
        let mut fork: Option<Box<dyn Detector>> = None;
        for number in first..=last {
            let (_, present, quarters) = filled.next_if(|(at, ..)| *at == number).unwrap_or_default();
            if number == open {
                fork = Some(self.settled.fork());
            }
            let detector = fork.as_mut().unwrap_or(&mut self.settled);
            self.walk.step(detector.as_mut(), number, &present, &quarters, &self.roster);
        }
        self.open = Some(open);
        self.walk.name(&self.roster);
    }

    /// Everything judged within the stretch shown.
    pub fn detection(&self) -> &Detection {
        &self.walk.detection
    }

    /// Whether names and addresses came to light that join or part destinations judged before: only a new
    /// watch over the whole history puts that right.
    pub fn is_torn(&self) -> bool {
        self.roster.is_torn()
    }

    /// No answer reaches further past its last event than the detector looks back.
    fn longest_silence(&self) -> i64 {
        28 * 86_400 / self.plan.size.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::plain::Plain;
    use crate::detect::run;
    use crate::detect::run::tests::{MONDAY, arrivals, plan};
    use crate::domain::{BucketSize, By, Destination};

    /// A week of ordinary traffic and then a spike that grows within its bucket.
    fn story() -> Vec<(i64, u32, u32)> {
        let mut rows: Vec<_> =
            (0..7 * 96).flat_map(|bucket| (0..1 + (bucket % 3) as u32).map(move |source| (bucket, 2 * u32::from(bucket % 2 == 0), source))).collect();
        rows.extend((0..40).map(|source| (7 * 96, 0, 100 + source)));
        rows.extend((0..9).map(|source| (7 * 96 + 1, 0, 100 + source)));
        rows
    }

    fn between(rows: &[(i64, u32, u32)], from: i64, until: i64) -> Arrivals {
        arrivals(&rows.iter().copied().filter(|row| (from..until).contains(&row.0)).collect::<Vec<_>>(), until)
    }

    #[test]
    fn going_on_bit_by_bit_is_the_same_as_all_at_once() {
        let rows = story();
        let plan = plan(By::Destination, BucketSize::Quarter);
        let whole = run(&between(&rows, 0, 7 * 96 + 2), &plan, &mut Plain::new(&plan));
        let mut watch = Watch::begin(&between(&rows, 0, 6 * 96), &plan, Box::new(Plain::new(&plan)));
        for until in 6 * 96 + 1..=7 * 96 + 2 {
            let from = watch.from().expect("a history").as_second() / 900 - MONDAY;
            assert!(until - from <= 6, "looks back {} buckets", until - from);
            watch.advance(&between(&rows, from, until), plan.shown);
        }
        assert_eq!(watch.detection().destinations, whole.destinations);
        assert_eq!(watch.detection().verdicts, whole.verdicts);
        assert!(!watch.is_torn());
    }

    #[test]
    fn an_open_bucket_is_judged_again_and_learned_once() {
        let rows = story();
        let plan = plan(By::Destination, BucketSize::Quarter);
        let mut watch = Watch::begin(&between(&rows, 0, 7 * 96), &plan, Box::new(Plain::new(&plan)));
        let from = watch.from().expect("a history").as_second() / 900 - MONDAY;
        let mut seen = Vec::new();
        for so_far in [5, 20, 20, 40] {
            let mut open: Vec<_> = rows.iter().copied().filter(|row| (from..7 * 96).contains(&row.0)).collect();
            open.extend((0..so_far).map(|source| (7 * 96, 0, 100 + source)));
            watch.advance(&arrivals(&open, 7 * 96 + 1), plan.shown);
            let verdict = &watch.detection().verdicts[0][&(MONDAY + 7 * 96)];
            seen.push((verdict.count, verdict.typical));
        }
        assert_eq!(seen.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [5, 20, 20, 40]);
        assert!(seen.iter().all(|(_, typical)| *typical == seen[0].1), "{seen:?}");
    }

    #[test]
    fn what_is_no_longer_shown_is_dropped() {
        let rows = story();
        let plan = plan(By::Destination, BucketSize::Quarter);
        let mut watch = Watch::begin(&between(&rows, 0, 7 * 96), &plan, Box::new(Plain::new(&plan)));
        let from = watch.from().expect("a history").as_second() / 900 - MONDAY;
        let shown = Range { from: BucketSize::Quarter.at(MONDAY + 7 * 96 - 2), to: BucketSize::Quarter.at(MONDAY + 7 * 96 + 1) };
        watch.advance(&between(&rows, from, 7 * 96 + 1), shown);
        let kept: Vec<_> = watch.detection().verdicts.iter().flat_map(|of| of.keys().map(|number| number - MONDAY)).collect();
        assert_eq!(kept, [671, 672, 670]);
    }

    #[test]
    fn a_name_that_joins_two_destinations_late_is_reported() {
        let plan = plan(By::Destination, BucketSize::Quarter);
        let mut before = arrivals(&[(0, 0, 1), (0, 1, 1)], 1);
        before.endpoints[0].host = None;
        let mut watch = Watch::begin(&before, &plan, Box::new(Plain::new(&plan)));
        assert_eq!(watch.detection().destinations.len(), 3);
        watch.advance(&arrivals(&[(1, 0, 1), (1, 1, 2)], 2), plan.shown);
        assert!(watch.is_torn());
        assert_eq!(watch.detection().destinations.iter().filter(|destination| **destination != Destination::default()).count(), 3);
    }
}
