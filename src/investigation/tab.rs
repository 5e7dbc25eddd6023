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
    /// A session: what ran in it.
    Session,
    /// The queue of alerts, records and findings.
    Alerts,
    /// What can and cannot be seen here.
    Doctor,
}

impl Page {
    /// Its tabs, left to right; the keys 1 to 9 show them.
    pub const fn tabs(self) -> &'static [Tab] {
        match self {
            Self::Destination => &[Tab::Sources, Tab::Users, Tab::Sessions, Tab::Processes, Tab::Events, Tab::History, Tab::Alerts, Tab::Hops],
            Self::Source => &[Tab::Destinations, Tab::Users, Tab::Sessions, Tab::Processes, Tab::Events, Tab::Hops],
            Self::User => &[Tab::Destinations, Tab::Sources, Tab::Sessions, Tab::Processes, Tab::Events],
            Self::Process => &[Tab::Destinations, Tab::Users, Tab::Sources, Tab::Events],
            Self::Session => &[Tab::Processes, Tab::Events, Tab::Users],
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
    /// The RDP sessions.
    Sessions,
    /// What ran.
    Processes,
    /// The events themselves.
    Events,
    /// What was usual before.
    History,
    /// What others have detected.
    Alerts,
    /// Who came there before, and where it went on to.
    Hops,
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
            Self::Sessions => "Sessions",
            Self::Processes => "Processes",
            Self::Events => "Events",
            Self::History => "History",
            Self::Alerts => "Alerts",
            Self::Hops => "Hops",
            Self::Health => "Doctor",
        }
    }

    /// The title where there is no room for it.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Destinations => "Dst",
            Self::Sources => "Src",
            Self::Users => "Usr",
            Self::Sessions => "Ses",
            Self::Processes => "Prc",
            Self::Events => "Evt",
            Self::History => "His",
            Self::Alerts => "Alr",
            Self::Hops => "Hop",
            Self::Health => "Doc",
        }
    }

    /// What has to be asked while it is open, the first being what it lists.
    pub const fn needs(self) -> &'static [Need] {
        match self {
            Self::Destinations => &[Need::Tally(TallyBy::Destination)],
            Self::Sources => &[Need::Tally(TallyBy::Source), Need::Evidence],
            Self::Users => &[Need::Tally(TallyBy::User), Need::Evidence],
            Self::Sessions => &[Need::Evidence],
            Self::Processes => &[Need::Tally(TallyBy::Process), Need::Evidence, Need::ProgramsBefore],
            Self::Events => &[Need::Events],
            Self::History => &[Need::Past],
            Self::Alerts => &[Need::Alerts],
            Self::Hops => &[Need::Hops],
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
    /// The events from which sessions, stages and programs are told; studied when they are here.
    Evidence,
    /// What was usual before; studied from the arrivals that are here already.
    Past,
    /// What goes on beside the bucket under the cursor; studied from the arrivals that are here already.
    Beside,
    /// What others have detected about it.
    Alerts,
    /// The programs seen there before the shown range.
    ProgramsBefore,
    /// The events from which hops are told; studied when they are here.
    Hops,
    /// What can and cannot be seen.
    Health,
}

impl Need {
    /// Whether it is worked out from what is here, without a question.
    pub const fn is_here(self) -> bool {
        matches!(self, Self::Past | Self::Beside)
    }
}
