//! What can happen to an investigation (messages) and what it asks of the world (effects).

use std::sync::Arc;
use std::time::Duration;

use super::slot::{Epoch, Slot};
use super::{Board, Mark, Matter, Need, Page, Period, Study, Subject, Tab};
use crate::detect::Plan;
use crate::domain::{Arrivals, BucketSize, Destination, Range, Timestamp, Trouble};
use crate::query::{Answer, Ask, Filter};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// Time has passed.
    Tick {
        /// What counts as now for the events.
        now: Timestamp,
        /// Since the start of the program, by a clock that never jumps.
        uptime: Duration,
    },
    /// A question has got so far.
    Progressed {
        /// Whose.
        slot: Slot,
        /// Which.
        epoch: Epoch,
        /// Done.
        done: u64,
        /// Of how many.
        of: Option<u64>,
    },
    /// A question was answered.
    Answered {
        /// Whose.
        slot: Slot,
        /// Which.
        epoch: Epoch,
        /// The answer.
        result: Result<Answer, Trouble>,
        /// How long it took.
        took: Duration,
    },
    /// The arrivals are counted, or counted and judged.
    Counted {
        /// [`Slot::Count`] or [`Slot::Detection`].
        slot: Slot,
        /// Which.
        epoch: Epoch,
        /// The board.
        result: Result<Arc<Board>, Trouble>,
        /// How long it took.
        took: Duration,
    },
    /// Something of the visited place is worked out.
    Studied {
        /// What.
        need: Need,
        /// Which.
        epoch: Epoch,
        /// What came out.
        result: Result<Arc<Study>, Trouble>,
    },
    /// The same time a week earlier is laid over the chart, or taken away.
    WeekLaid,
    /// The analyst wants to know what goes on beside the bucket under the cursor.
    BesideWanted,
    /// The analyst looks at a destination.
    Visited(Arc<Destination>),
    /// The analyst opens what stands in a row, from its own side; from another page a destination is narrowed to that.
    Opened(Subject),
    /// A row is marked, or its mark taken away.
    Marked(Mark),
    /// The analyst looks at a destination at one moment.
    VisitedAt {
        /// Which.
        destination: Arc<Destination>,
        /// When.
        at: Timestamp,
    },
    /// The analyst opens a page that is about no one thing.
    PageOpened(Page),
    /// The analyst goes back one step.
    Left,
    /// A tab was opened.
    TabOpened(Tab),
    /// The bucket cursor moved by so many buckets.
    CursorMoved(i64),
    /// The cursor jumped to the next (or the previous) anomalous bucket.
    AnomalySought {
        /// Towards later buckets.
        is_forward: bool,
    },
    /// A range was begun, ended or dropped at the cursor.
    Brushed,
    /// The brushed range, or the moved cursor, was given up.
    BrushDropped,
    /// The chart was zoomed in or out.
    Zoomed {
        /// In, else out.
        is_in: bool,
    },
    /// The tables show only what is new, or everything again.
    OnlyNewToggled,
    /// The event list moved by so many pages.
    Paged(isize),
    /// Another time range was chosen.
    PeriodChosen(Period),
    /// The next bucket size was chosen.
    BucketSizeChanged,
    /// Another filter was set.
    FilterSet {
        /// As typed.
        text: String,
        /// As parsed.
        filter: Filter,
    },
    /// The live view was paused or resumed.
    FreezeToggled,
    /// Everything on the screen is to be asked again.
    RefreshWanted,
    /// What runs for a slot is given up.
    TaskStopped(Slot),
}

/// Something the world is asked to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask the backend; a task that still runs for the slot is aborted.
    Ask {
        /// For whom.
        slot: Slot,
        /// Which.
        epoch: Epoch,
        /// The question.
        ask: Ask,
    },
    /// Count arrivals into a board.
    Count {
        /// Which.
        epoch: Epoch,
        /// The arrivals.
        arrivals: Arc<Arrivals>,
        /// Width of the buckets.
        size: BucketSize,
        /// The shown range.
        range: Range,
        /// Since when arrivals are known.
        known_from: Timestamp,
    },
    /// Count and judge them.
    Detect {
        /// Which.
        epoch: Epoch,
        /// The arrivals, history included.
        arrivals: Arc<Arrivals>,
        /// How.
        plan: Plan,
        /// Since when arrivals are known.
        known_from: Timestamp,
    },
    /// Work something out of what is here.
    Study {
        /// For which need.
        need: Need,
        /// Which.
        epoch: Epoch,
        /// Of what.
        matter: Matter,
    },
    /// Stop the task of a slot.
    Abort(Slot),
    /// Put inert text on the clipboard.
    Copy(String),
    /// Write inert text into a new file.
    Export {
        /// What the file is called, without its ending: letters, digits, dots and dashes.
        stem: String,
        /// Its ending.
        ending: &'static str,
        /// The text.
        text: String,
    },
    /// Show this inert text on the plain screen until a key is pressed.
    Dump(String),
    /// Stop the process until it is continued.
    Suspend,
    /// End.
    Quit {
        /// Whether the last screen stays in the scrollback.
        keep_screen: bool,
    },
}
