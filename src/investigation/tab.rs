//! The tabs below a chart, what each page lists in them, and what each needs to be asked.
//!
//! To add a tab: a variant with its name here, its place in [`Page::tabs`], its file in `view::tab`.

use crate::query::TallyBy;

/// From whose side a visited place is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Page {
    /// A destination, perhaps narrowed.
    Destination,
    /// A source: everything it reached.
    Source,
    /// A user: every host and source.
    User,
    /// A program: every host that it was seen on.
    Process,
    /// The queue of alerts, records and findings.
    Alerts,
    /// What can and cannot be seen here.
    Doctor,
}

impl Page {
    /// Its tabs, left to right; the keys 1 to 9 show them.
    pub const fn tabs(self) -> &'static [Tab] {
        match self {
            Self::Destination => &[Tab::Sources, Tab::Users, Tab::Processes, Tab::Events, Tab::Alerts],
            Self::Source => &[Tab::Destinations, Tab::Users, Tab::Processes, Tab::Events],
            Self::User => &[Tab::Destinations, Tab::Sources, Tab::Processes, Tab::Events],
            Self::Process => &[Tab::Destinations, Tab::Users, Tab::Sources, Tab::Events],
            Self::Alerts => &[Tab::Alerts],
            Self::Doctor => &[Tab::Health],
        }
    }

    /// Whether it is about something that events reached, and has a chart of its own.
    pub const fn has_chart(self) -> bool {
        !matches!(self, Self::Alerts | Self::Doctor)
    }
}

/// A tab.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Tab {
    /// What was reached.
    Destinations,
    /// Who came.
    Sources,
    /// As whom.
    Users,
    /// What ran.
    Processes,
    /// The events themselves.
    Events,
    /// What others have detected.
    Alerts,
    /// What can and cannot be seen: the whole of the doctor's page.
    Health,
}

impl Tab {
    /// Its title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Destinations => "Destinations",
            Self::Sources => "Sources",
            Self::Users => "Users",
            Self::Processes => "Processes",
            Self::Events => "Events",
            Self::Alerts => "Alerts",
            Self::Health => "Doctor",
        }
    }

    /// The title where there is no room for it.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Destinations => "Dst",
            Self::Sources => "Src",
            Self::Users => "Usr",
            Self::Processes => "Prc",
            Self::Events => "Evt",
            Self::Alerts => "Alr",
            Self::Health => "Doc",
        }
    }

    /// What has to be asked while it is open, the first being what it lists.
    pub const fn needs(self) -> &'static [Need] {
        match self {
            Self::Destinations => &[Need::Tally(TallyBy::Destination)],
            Self::Sources => &[Need::Tally(TallyBy::Source)],
            Self::Users => &[Need::Tally(TallyBy::User)],
            Self::Processes => &[Need::Tally(TallyBy::Process)],
            Self::Events => &[Need::Events],
            Self::Alerts => &[Need::Alerts],
            Self::Health => &[Need::Health],
        }
    }
}

/// A piece of fetched data of a visited place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Need {
    /// What it reached in which bucket, for the chart of a page that is no destination.
    Timeline,
    /// The values of a field.
    Tally(TallyBy),
    /// A page of its events.
    Events,
    /// What others have detected about it.
    Alerts,
    /// What can and cannot be seen.
    Health,
}
