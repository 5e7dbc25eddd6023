//! The investigation: everything the program knows and the analyst chose. Changed by [`super::reduce()`] only.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::board::Board;
use super::late::Late;
use super::period::Period;
use super::slot::{Epoch, Fetched, Slot};
use super::subject::Mark;
use super::task::Tasks;
use super::visit::Visit;
use crate::domain::{Arrivals, BucketSize, Completeness, Range, Timestamp};
use crate::query::{Ask, Filter, Overview, Scope};

/// A live question reaches back at least so far: the last bucket that is over is read again.
pub const LEAST_OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// And at most so far, however late events come in; a sweep always does.
pub const MOST_OVERLAP: SignedDuration = SignedDuration::from_hours(6);
/// How often a live question is a sweep.
pub const SWEEP: Duration = Duration::from_secs(120);
/// How late events are taken to come in where nothing tells.
pub const USUAL_DELAY: SignedDuration = SignedDuration::from_mins(1);
/// Least pause between two live questions.
pub const LEAST_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause before a question that failed is asked again.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a cursor must rest before its bucket is asked about.
pub const REST: Duration = Duration::from_millis(150);

/// The state of the program.
#[derive(Clone, Debug)]
pub struct Investigation {
    /// What counts as now.
    pub now: Timestamp,
    /// Since the start of the program.
    pub uptime: Duration,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The zones in which the people of the site work.
    pub zones: Vec<TimeZone>,
    /// The chosen stretch of time.
    pub period: Period,
    /// Whether the analyst chose it; else it follows from what there is: all of the files, the last hours of a cluster.
    pub is_period_chosen: bool,
    /// What it came to when it was asked or refreshed last.
    pub range: Range,
    /// Width of the buckets on the screen.
    pub size: BucketSize,
    /// The filter as typed; empty for none.
    pub filter_text: String,
    /// The filter of every question.
    pub filter: Filter,
    /// Days of history before the shown range by which the detector learns what is usual.
    pub history_days: i64,
    /// What there is.
    pub overview: Fetched<Overview>,
    /// The arrivals of range and history, as far as they are here.
    pub arrivals: Fetched<Arrivals>,
    /// The history before them.
    pub history: Fetched<()>,
    /// The live question.
    pub live: Fetched<()>,
    /// What the live answer before last lacked, so that it is asked again: from here on.
    pub live_from: Option<Timestamp>,
    /// Counting.
    pub counted: Fetched<Board>,
    /// Judging.
    pub judged: Fetched<Board>,
    /// Whether arrivals came in while the detector was at work.
    pub is_judging_due: bool,
    /// When the next live question is due (since the start).
    pub next_live: Duration,
    /// How long live questions have kept the backend busy since the last pause.
    pub live_took: Duration,
    /// When the last sweep was asked (since the start).
    pub swept: Duration,
    /// What came in for buckets that were over.
    pub late: Late,
    /// The table that is being asked again because of new events; no live question is asked meanwhile.
    pub refreshing: Option<(Slot, Epoch)>,
    /// How often in a row the question behind the picture has failed.
    pub failures: u32,
    /// When history that failed is due to be asked again (since the start).
    pub next_history: Duration,
    /// Since when the picture stands still.
    pub frozen: Option<Timestamp>,
    /// Where the analyst is: empty on the list of destinations.
    pub trail: Vec<Visit>,
    /// What the analyst kept, in the order of marking.
    pub marks: Vec<Mark>,
    /// What runs, and how it went.
    pub tasks: Tasks,
    /// Number of the last question.
    pub epoch: Epoch,
}

impl Investigation {
    /// A fresh one that has asked nothing yet.
    pub fn new(now: Timestamp, period: Option<Period>, size: BucketSize, zone: TimeZone, zones: Vec<TimeZone>) -> Self {
        Self {
            now,
            uptime: Duration::ZERO,
            zone,
            zones,
            period: period.unwrap_or(Period::Last(12)),
            is_period_chosen: period.is_some(),
            range: Range { from: now, to: now },
            size,
            filter_text: String::new(),
            filter: Filter::Everything,
            history_days: 0,
            overview: Fetched::default(),
            arrivals: Fetched::default(),
            history: Fetched::default(),
            live: Fetched::default(),
            live_from: None,
            counted: Fetched::default(),
            judged: Fetched::default(),
            is_judging_due: false,
            next_live: Duration::ZERO,
            live_took: Duration::ZERO,
            swept: Duration::ZERO,
            late: Late::default(),
            refreshing: None,
            failures: 0,
            next_history: Duration::ZERO,
            frozen: None,
            trail: Vec::new(),
            marks: Vec::new(),
            tasks: Tasks::default(),
            epoch: Epoch::default(),
        }
    }

    /// The board to draw: the judged one unless a newer choice of range or bucket is only counted so far.
    pub fn board(&self) -> Option<&Board> {
        self.judged.value().filter(|board| board.size == self.size && board.range == self.range).or_else(|| {
            self.counted
                .value()
                .filter(|board| board.size == self.size && board.range == self.range)
                .or_else(|| self.judged.value())
                .or_else(|| self.counted.value())
        })
    }

    /// The visited place, where there is one.
    pub fn visit(&self) -> Option<&Visit> {
        self.trail.last()
    }

    /// The steps of the trail in words, inert; empty on the list of destinations.
    pub fn trail_label(&self) -> String {
        self.trail.iter().map(Visit::label).collect::<Vec<_>>().join(" > ")
    }

    /// The stretch of time that is looked at.
    pub fn looked_at(&self) -> Range {
        self.visit().map_or(self.range, |visit| visit.focus(self.range, self.size).range())
    }

    /// Whether more events may come and the view follows them.
    pub fn is_live(&self) -> bool {
        self.overview.value().is_some_and(|overview| overview.is_live) && !matches!(self.period, Period::Fixed(_))
    }

    /// What the data spans, now included where it is live.
    pub fn extent(&self) -> Option<Range> {
        let overview = self.overview.value()?;
        let extent = overview.extent?;
        Some(if overview.is_live { Range { from: extent.from, to: extent.to.max(self.now) } } else { extent })
    }

    /// Since when arrivals are known: the start of the history, or of the data.
    pub fn known_from(&self) -> Timestamp {
        let asked = self.arrivals.value().map_or(self.range.from, |arrivals| arrivals.range.from);
        self.extent().map_or(asked, |extent| asked.max(extent.from))
    }

    /// What is missing from the picture, all its parts together. Parts of one backend repeat what was skipped while
    /// reading, so the largest number counts, not the sum.
    pub fn completeness(&self) -> Option<Completeness> {
        let mut whole = self.arrivals.load.kept()?.completeness.clone();
        let parts = [self.history.load.kept().map(|kept| &kept.completeness), self.live.load.kept().map(|kept| &kept.completeness)];
        let overview = self.overview.load.kept().map(|kept| &kept.completeness);
        for part in parts.into_iter().flatten().chain(overview) {
            let skipped = std::mem::take(&mut whole.skipped);
            let events = whole.events;
            whole = whole.and(&Completeness { skipped: Vec::new(), ..part.clone() });
            whole.events = events;
            whole.skipped = skipped;
            for skipped in &part.skipped {
                match whole.skipped.iter_mut().find(|known| known.reason == skipped.reason) {
                    Some(known) => known.count = known.count.max(skipped.count),
                    None => whole.skipped.push(skipped.clone()),
                }
            }
        }
        Some(whole)
    }

    /// How old the picture is; `None` where it cannot age.
    pub fn age(&self) -> Option<jiff::SignedDuration> {
        let kept = self.arrivals.load.kept()?;
        self.is_live().then(|| self.now.duration_since(kept.as_of))
    }

    /// Whether the question behind everything failed and is to be asked again.
    pub fn is_picture_lost(&self) -> bool {
        let is_live = self.overview.value().is_none_or(|overview| overview.is_live);
        self.overview.load.trouble().is_some() || is_live && self.arrivals.load.trouble().is_some() && self.arrivals.value().is_none()
    }

    /// When something is due by the clock alone (since the start); `None` where nothing is.
    pub fn due(&self) -> Option<Duration> {
        if self.frozen.is_some() {
            return None;
        }
        let picture = (self.is_live() && self.arrivals.value().is_some() || self.is_picture_lost()).then_some(self.next_live);
        let history = self.history.load.trouble().map(|_| self.next_history);
        [picture, history].into_iter().flatten().min()
    }

    /// How late events come in, as far as is known.
    pub fn delay(&self) -> SignedDuration {
        self.overview.value().and_then(|overview| overview.delay).map_or(USUAL_DELAY, |seconds| SignedDuration::from_secs(seconds.into()))
    }

    /// How far before the last answer a live question begins: as late as events come in.
    pub fn overlap(&self) -> SignedDuration {
        self.delay().clamp(LEAST_OVERLAP, MOST_OVERLAP)
    }

    /// How the live view asks, one sentence each; none where it does not.
    pub fn live_words(&self) -> Vec<String> {
        if !self.is_live() || self.arrivals.value().is_none() {
            return Vec::new();
        }
        let minutes = |span: SignedDuration| span.as_secs().div_euclid(60);
        let told = match self.overview.value().and_then(|overview| overview.delay) {
            Some(seconds) if seconds < 120 => format!("99 of 100 events come in within {seconds} s"),
            Some(seconds) => format!("99 of 100 events come in within {} min", seconds / 60),
            None => "how late events come in is not told by any field".to_owned(),
        };
        vec![
            format!("live: the open bucket and the last {} min before it are asked again; {told}", minutes(self.overlap())),
            format!(
                "every {} min the last {} h are asked, for what comes later than that; one question at a time, at most a fifth of the time",
                SWEEP.as_secs() / 60,
                MOST_OVERLAP.as_hours()
            ),
        ]
    }

    /// The questions behind what the screen shows, for the query view.
    pub fn shown_asks(&self) -> Vec<&Ask> {
        match self.visit() {
            Some(visit) => {
                let tab = visit.tab.needs().iter().filter_map(|need| visit.asked(*need));
                tab.chain(visit.asked(super::Need::Timeline)).chain(&self.arrivals.ask).collect()
            }
            None => self.arrivals.ask.iter().chain(&self.history.ask).chain(&self.live.ask).collect(),
        }
    }

    /// The scope of the arrivals question over `range`.
    pub fn scope(&self, range: Range) -> Scope {
        Scope { filter: self.filter.clone(), ..Scope::over(range) }
    }

    /// The same for anyone who wants the arrivals shared.
    pub fn shared_arrivals(&self) -> Option<Arc<Arrivals>> {
        self.arrivals.load.kept().map(|kept| Arc::clone(&kept.value))
    }
}
