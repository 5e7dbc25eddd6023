//! One step of the trail: something looked at from its own side, perhaps narrowed, with all that was fetched for it.
//! Going back finds everything as it was left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::around::{self, Around, End, Root};
use super::past::Past;
use super::period::days_before;
use super::slot::Fetched;
use super::subject::{Sitting, reached};
use super::{Beside, Board, Evidence, Lane, Need, Page, Study, Subject, Tab};
use crate::domain::{Address, BucketSize, Destination, Families, Foreign, Range, Timestamp};
use crate::query::{Alerts, Answer, Ask, Company, EventPage, Filter, Scope, Tally, TallyBy};

/// Most events that are studied together: more would make a slow cluster slower than it is worth, and it is said.
pub const MOST_EVIDENCE: usize = 50_000;

/// How far evidence is looked for on either side: a logon has its connection before it and its desktop after it.
const AROUND: jiff::SignedDuration = jiff::SignedDuration::from_hours(2);

fn earlier(time: Timestamp) -> Timestamp {
    time.checked_sub(AROUND).unwrap_or(time)
}

fn later(time: Timestamp) -> Timestamp {
    time.checked_add(AROUND).unwrap_or(time)
}

/// How far back somebody may have come to the machine from which they went on.
const BEFORE: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// Days before the shown range in which a program that was seen is no news.
const PROGRAM_DAYS: i64 = 30;

/// Events asked for at a time.
pub const PAGE: usize = 200;

/// Sources and users by whom alerts are looked for: beyond that a question gets too long.
const MOST_COMPANY: usize = 500;
/// How far back the doctor looks: as far as a detector wants to.
const HEALTH_DAYS: i64 = 30;

/// How far around a range alerts are looked for.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A range widened at both ends.
fn around(range: Range, before: SignedDuration, after: SignedDuration) -> Range {
    Range { from: range.from.checked_sub(before).unwrap_or(Timestamp::MIN), to: range.to.checked_add(after).unwrap_or(Timestamp::MAX) }
}

/// Which stretch of time the tabs are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// The range brushed with `v`.
    Brushed(Range),
    /// The bucket under a cursor that was moved.
    Bucket(Range),
    /// Everything the chart shows.
    Shown(Range),
}

impl Focus {
    /// The range, whatever chose it.
    pub fn range(self) -> Range {
        match self {
            Self::Brushed(range) | Self::Bucket(range) | Self::Shown(range) => range,
        }
    }
}

/// One step of the trail.
#[derive(Clone, Debug)]
pub struct Visit {
    /// From whose side it is looked at.
    pub page: Page,
    /// The destination, under any of its names.
    pub destination: Option<Arc<Destination>>,
    /// The source.
    pub source: Option<Address>,
    /// The user.
    pub user: Option<Foreign>,
    /// The program.
    pub process: Option<Foreign>,
    /// The session.
    pub session: Option<Arc<Sitting>>,
    /// The open tab.
    pub tab: Tab,
    /// Start of the bucket under the cursor.
    pub cursor: Timestamp,
    /// Whether the analyst has put the cursor there.
    pub is_moved: bool,
    /// Where a range was begun, while it is being drawn.
    pub anchor: Option<Timestamp>,
    /// The brushed range, on bucket edges.
    pub brush: Option<Range>,
    /// The part of the shown range that the chart is zoomed to.
    pub zoom: Option<Range>,
    /// Whether the tables show only what is new here.
    pub only_new: bool,
    /// How many events the page passes over.
    pub skip: usize,
    /// What was fetched.
    pub fetched: BTreeMap<Need, Fetched<Answer>>,
    /// What was worked out.
    pub studies: BTreeMap<Need, Fetched<Study>>,
    /// Of how many arrivals, which range and bucket width [`Need::Past`] was worked out.
    pub past_of: Option<(usize, Range, BucketSize)>,
    /// Whether the same time a week earlier is laid over the chart.
    pub is_week_laid: bool,
    /// The machines that the hops have led to, beside the place itself.
    pub reach: BTreeSet<End>,
    /// How often that has grown.
    pub rounds: u8,
    /// When the tables are to be asked (since the start): a moving cursor must not ask at every key.
    pub due: Option<Duration>,
}

impl Visit {
    /// A first look at a destination, the cursor on its worst bucket.
    pub fn new(destination: Arc<Destination>, cursor: Timestamp) -> Self {
        Self { destination: Some(destination), ..Self::of(Page::Destination, cursor) }
    }

    /// A first look at anything but a destination; `None` where it has no page.
    pub fn first(subject: &Subject, cursor: Timestamp) -> Option<Self> {
        Self::of(Page::Destination, cursor).opened(subject)
    }

    /// A page with nothing opened on it yet.
    pub fn of(page: Page, cursor: Timestamp) -> Self {
        Self {
            page,
            destination: None,
            source: None,
            user: None,
            process: None,
            session: None,
            tab: page.tabs().first().copied().unwrap_or(Tab::Events),
            cursor,
            is_moved: false,
            anchor: None,
            brush: None,
            zoom: None,
            only_new: false,
            skip: 0,
            fetched: BTreeMap::new(),
            studies: BTreeMap::new(),
            past_of: None,
            is_week_laid: false,
            reach: BTreeSet::new(),
            rounds: 0,
            due: None,
        }
    }

    /// Something of this place looked at from its own side, about the same time, with nothing fetched yet; `None`
    /// where it has no page, or is what is looked at already. A destination is narrowed to what this page is about.
    pub fn opened(&self, subject: &Subject) -> Option<Self> {
        let mut visit = match subject {
            Subject::Destination(destination) => Self {
                destination: Some(Arc::clone(destination)),
                source: self.source,
                user: self.user.clone(),
                process: self.process.clone(),
                ..Self::of(Page::Destination, self.cursor)
            },
            Subject::Source(source) => Self { source: Some(*source), ..Self::of(Page::Source, self.cursor) },
            Subject::User(user) => Self { user: Some(user.clone()), ..Self::of(Page::User, self.cursor) },
            Subject::Process(process) => Self { process: Some(process.clone()), ..Self::of(Page::Process, self.cursor) },
            Subject::Session(sitting) => {
                let visit = Self::of(Page::Session, self.cursor);
                // One more microsecond: the last event belongs to it.
                let to = sitting.last.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(sitting.last);
                return Some(Self {
                    destination: Some(Arc::clone(&sitting.destination)),
                    brush: Some(Range { from: sitting.first, to }),
                    cursor: BucketSize::Quarter.start(sitting.first),
                    zoom: self.zoom,
                    session: Some(Arc::clone(sitting)),
                    ..visit
                });
            }
            Subject::Event(_) | Subject::Other { .. } => return None,
        };
        if visit.page == self.page && visit.about() == self.about() {
            return None;
        }
        // Of one source, who it came as is what is left to ask.
        if visit.page == Page::Destination && visit.source.is_some() {
            visit.tab = Tab::Users;
        }
        visit.is_moved = self.is_moved;
        visit.brush = self.brush;
        visit.zoom = self.zoom;
        Some(visit)
    }

    /// Everything it is about: the one from whose side it is looked at first, then what that is narrowed to.
    pub fn about(&self) -> Vec<Subject> {
        if let Some(session) = &self.session {
            return vec![Subject::Session(Arc::clone(session))];
        }
        let mut about: Vec<Subject> = Vec::new();
        about.extend(self.destination.clone().map(Subject::Destination));
        about.extend(self.source.map(Subject::Source));
        about.extend(self.user.clone().map(Subject::User));
        about.extend(self.process.clone().map(Subject::Process));
        about
    }

    /// Where it stands in words, inert.
    pub fn label(&self) -> String {
        let step = |subject: Subject| match &subject {
            Subject::Destination(_) => subject.label(),
            _ => format!("{} {}", subject.sort(), subject.label()),
        };
        match self.page {
            Page::Alerts => "alerts".to_owned(),
            Page::Doctor => "doctor".to_owned(),
            _ => self.about().into_iter().map(step).collect::<Vec<_>>().join(", "),
        }
    }

    /// What the chart shows of `shown`.
    pub fn window(&self, shown: Range) -> Range {
        match self.zoom.map(|zoom| zoom.intersect(&shown)) {
            Some(zoom) if zoom.from < zoom.to => zoom,
            _ => shown,
        }
    }

    /// What the tabs are about.
    pub fn focus(&self, shown: Range, size: BucketSize) -> Focus {
        if let Some(brush) = self.brush {
            return Focus::Brushed(brush);
        }
        if self.is_moved {
            let from = size.start(self.cursor);
            return Focus::Bucket(Range { from, to: size.at(size.index(from.as_second()).saturating_add(1)) });
        }
        Focus::Shown(self.window(shown))
    }

    /// The part of the events that the tabs are about.
    pub fn scope(&self, range: Range, filter: &Filter) -> Scope {
        let process = self.process.clone().and_then(|process| Subject::Process(process).condition()).unwrap_or_default();
        Scope {
            range,
            // A program is seen at work in what tells of processes, which no count of connections holds.
            families: if self.process.is_some() { Families::EVERY } else { Families::ALL },
            destination: self.destination.clone(),
            source: self.source,
            user: self.user.clone(),
            filter: filter.clone().and(process),
        }
    }

    /// The question behind a need: over `range`, of which the chart shows all of `shown`.
    pub fn ask(&self, need: Need, range: Range, shown: Range, filter: &Filter) -> Ask {
        let scope = self.scope(range, filter);
        match need {
            Need::Evidence => {
                let range = Range { from: earlier(range.from), to: later(range.to) };
                let mut scope = Scope { range, families: Families::EVERY, ..scope };
                // What a server itself sent out tells of its programs, and reaches another.
                if matches!(self.page, Page::Destination | Page::Session)
                    && let Some(destination) = scope.destination.take()
                {
                    scope.filter = scope.filter.and(reached(&destination));
                }
                Ask::Events { scope, skip: 0, take: MOST_EVIDENCE }
            }
            Need::ProgramsBefore => {
                let before = Range { from: days_before(shown.from, PROGRAM_DAYS), to: shown.from };
                let scope = Scope { range: before, families: Families::EVERY, source: None, user: None, filter: Filter::Everything, ..scope };
                Ask::Tally { scope, by: TallyBy::Process }
            }
            Need::Hops => {
                let range = around(range, BEFORE, AROUND);
                let condition = around::condition(&self.hop_ends());
                Ask::Events { scope: Scope { families: Families::EVERY, filter: condition, ..Scope::over(range) }, skip: 0, take: MOST_EVIDENCE }
            }
            Need::Past | Need::Beside => Ask::Overview,
            Need::Timeline => Ask::Arrivals { scope: Scope { range: shown, ..scope }, bucket: BucketSize::Quarter },
            // What runs is told by events that count for no connection.
            Need::Tally(by @ TallyBy::Process) => Ask::Tally { scope: Scope { families: Families::EVERY, ..scope }, by },
            Need::Tally(by) => Ask::Tally { scope, by },
            // Alerts come hours after what they are about, and the day around it is part of the picture.
            Need::Alerts if self.page == Page::Destination => Ask::Alerts { scope: Scope { range: around(range, DAY, DAY), ..scope }, company: self.company() },
            Need::Alerts => Ask::Alerts { scope: Scope { range: shown, ..scope }, company: Company::default() },
            Need::Health => {
                Ask::Health { range: around(Range { from: shown.from.min(days_before(shown.to, HEALTH_DAYS)), to: shown.to }, SignedDuration::ZERO, DAY) }
            }
            // The list shows what the tables only count: session ends, shells and context too.
            Need::Events => Ask::Events { scope: Scope { families: Families::EVERY, ..scope }, skip: self.skip, take: PAGE },
        }
    }

    /// From where hops are told; `None` where the page is about no one machine.
    pub fn hop_root(&self) -> Option<Root> {
        match self.page {
            Page::Source => self.source.map(Root::Source),
            _ => self.destination.clone().map(Root::Destination),
        }
    }

    /// What the question for hops is about.
    pub fn hop_ends(&self) -> BTreeSet<End> {
        let root = self.hop_root().map(|root| root.ends()).unwrap_or_default();
        root.into_iter().chain(self.reach.iter().cloned()).collect()
    }

    /// What is to be asked now, the most wanted first: what the open tab needs, the chart, and what the titles of the
    /// first tabs count.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = self.tab.needs().to_vec();
        if self.destination.is_none() && self.page.has_chart() {
            needs.push(Need::Timeline);
        }
        if self.tab != Tab::Events && self.page.has_chart() {
            needs.extend(self.page.tabs().iter().take(2).flat_map(|tab| tab.needs()));
        }
        if self.is_week_laid && self.destination.is_some() {
            needs.push(Need::Past);
        }
        let mut seen = std::collections::BTreeSet::new();
        needs.retain(|need| seen.insert(*need) && (*need != Need::ProgramsBefore || self.destination.is_some()));
        needs
    }

    /// The question that was asked last for a need.
    pub fn asked(&self, need: Need) -> Option<&Ask> {
        self.fetched.get(&need)?.ask.as_ref()
    }

    /// What was answered to a need, however old.
    pub fn answer(&self, need: Need) -> Option<&Answer> {
        self.fetched.get(&need)?.value()
    }

    /// The values of a field.
    pub fn tally(&self, by: TallyBy) -> Option<&Tally> {
        if let Answer::Tally(tally) = self.answer(Need::Tally(by))? { Some(tally) } else { None }
    }

    /// Who keeps the destination company, as far as that has been answered.
    pub fn company(&self) -> Company {
        let values = |by| self.tally(by).into_iter().flat_map(|tally| &tally.rows).map(|row| &row.value).take(MOST_COMPANY);
        Company { sources: values(TallyBy::Source).filter_map(|value| Address::clean(value.raw())).collect(), users: values(TallyBy::User).cloned().collect() }
    }

    /// What others have detected.
    pub fn alerts(&self) -> Option<&Alerts> {
        if let Answer::Alerts(alerts) = self.answer(Need::Alerts)? { Some(alerts) } else { None }
    }

    /// The page of events.
    pub fn events(&self) -> Option<&EventPage> {
        if let Answer::Events(page) = self.answer(Need::Events)? { Some(page) } else { None }
    }

    /// What the evidence tells together.
    pub fn evidence(&self) -> Option<&Evidence> {
        if let Study::Evidence(evidence) = self.studies.get(&Need::Evidence)?.value()? { Some(evidence) } else { None }
    }

    /// The hops around it.
    pub fn around(&self) -> Option<&Around> {
        if let Study::Hops(around) = self.studies.get(&Need::Hops)?.value()? { Some(around) } else { None }
    }

    /// Whether a program was seen there before the shown range; `None` where no history says, or only a part of it.
    pub fn is_known_program(&self, image: &Foreign) -> Option<bool> {
        let kept = self.fetched.get(&Need::ProgramsBefore)?.load.kept()?;
        let Answer::Tally(tally) = &*kept.value else { return None };
        let is_usable = !tally.rows.is_empty() && kept.completeness.is_whole();
        is_usable.then(|| tally.rows.iter().any(|row| row.value.raw().eq_ignore_ascii_case(image.raw())))
    }

    /// What was usual before.
    pub fn past(&self) -> Option<&Past> {
        if let Study::Past(past) = self.studies.get(&Need::Past)?.value()? { Some(past) } else { None }
    }

    /// What goes on beside a bucket, where that was worked out for it.
    pub fn beside(&self, bucket: Range) -> Option<&Beside> {
        let Study::Beside(beside) = self.studies.get(&Need::Beside)?.value()? else { return None };
        (beside.bucket == bucket).then_some(beside)
    }

    /// Its lane on the board.
    pub fn lane<'a>(&self, board: &'a Board) -> Option<&'a Lane> {
        board.lane(self.destination.as_ref()?)
    }
}
