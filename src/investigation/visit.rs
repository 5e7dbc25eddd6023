//! One step of the trail: a destination being looked at, perhaps narrowed to one source or user, with all that was
//! fetched for it. Going back finds everything as it was left.

use std::sync::Arc;
use std::time::Duration;

use super::slot::Fetched;
use super::{Board, Lane};
use crate::domain::{Address, BucketSize, Destination, Families, Foreign, Range, Timestamp};
use crate::query::{Ask, EventPage, Filter, Scope, Tally, TallyBy};

/// Events asked for at a time.
pub const PAGE: usize = 200;

/// The tabs below the chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
pub enum Tab {
    /// Who came.
    #[default]
    Sources,
    /// As whom.
    Users,
    /// The events themselves.
    Events,
}

impl Tab {
    /// Every tab, left to right.
    pub const ALL: [Self; 3] = [Self::Sources, Self::Users, Self::Events];

    /// Its title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sources => "Sources",
            Self::Users => "Users",
            Self::Events => "Events",
        }
    }

    /// The tab `by` places further, round and round.
    pub fn step(self, by: isize) -> Self {
        let place = (self as isize).saturating_add(by).rem_euclid(3);
        Self::ALL.get(place.unsigned_abs()).copied().unwrap_or_default()
    }
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
    /// The destination.
    pub destination: Arc<Destination>,
    /// The one source it is narrowed to.
    pub source: Option<Address>,
    /// The one user it is narrowed to.
    pub user: Option<Foreign>,
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
    /// The sources.
    pub sources: Fetched<Tally>,
    /// The users.
    pub users: Fetched<Tally>,
    /// The page of events.
    pub events: Fetched<EventPage>,
    /// When the tables are to be asked (since the start): a moving cursor must not ask at every key.
    pub due: Option<Duration>,
}

impl Visit {
    /// A first look at a destination, the cursor on its worst bucket.
    pub fn new(destination: Arc<Destination>, cursor: Timestamp) -> Self {
        Self {
            destination,
            source: None,
            user: None,
            tab: Tab::default(),
            cursor,
            is_moved: false,
            anchor: None,
            brush: None,
            zoom: None,
            only_new: false,
            skip: 0,
            sources: Fetched::default(),
            users: Fetched::default(),
            events: Fetched::default(),
            due: None,
        }
    }

    /// The same place narrowed to one source or user, with nothing fetched yet.
    #[must_use]
    pub fn narrowed(&self, source: Option<Address>, user: Option<Foreign>) -> Self {
        let mut visit = Self::new(Arc::clone(&self.destination), self.cursor);
        visit.source = source.or(self.source);
        visit.user = user.or_else(|| self.user.clone());
        visit.is_moved = self.is_moved;
        visit.brush = self.brush;
        visit.zoom = self.zoom;
        visit.tab = if source.is_some() { Tab::Users } else { Tab::Sources };
        visit
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
        Scope {
            range,
            families: Families::ALL,
            destination: Some(Arc::clone(&self.destination)),
            source: self.source,
            user: self.user.clone(),
            filter: filter.clone(),
        }
    }

    /// The question of a tab.
    pub fn ask(&self, tab: Tab, range: Range, filter: &Filter) -> Ask {
        let scope = self.scope(range, filter);
        match tab {
            Tab::Sources => Ask::Tally { scope, by: TallyBy::Source },
            Tab::Users => Ask::Tally { scope, by: TallyBy::User },
            // The list shows what the tables only count: session ends, shells and context too.
            Tab::Events => Ask::Events { scope: Scope { families: Families::EVERY, ..scope }, skip: self.skip, take: PAGE },
        }
    }

    /// Its lane on the board.
    pub fn lane<'a>(&self, board: &'a Board) -> Option<&'a Lane> {
        board.lane(&self.destination)
    }
}
