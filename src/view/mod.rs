//! The screens, panes and popups. A view owns its cursor and nothing else: it sees the investigation by reference, says
//! what it wants, and draws without changing anything.

pub mod alert;
pub mod alerts;
pub mod case;
pub mod destination;
pub mod destinations;
pub mod doctor;
pub mod event;
pub mod filter;
pub mod footer;
pub mod header;
pub mod help;
pub mod list;
pub mod marks;
pub mod opening;
pub mod palette;
pub mod period;
pub mod query;
pub mod tab;
pub mod tasks;
pub mod walkthrough;
pub mod why;
pub mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::Wording;
use crate::domain::Lore;
use crate::investigation::{Action, Effect, Investigation, Msg};
use crate::keymap::{Keymap, Mode};
use crate::widget::Pen;
use crate::widget::table::Direction;

/// What a view sees.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// What is known.
    pub investigation: &'a Investigation,
    /// What it draws with.
    pub pen: Pen<'a>,
    /// The keys.
    pub keymap: &'a Keymap,
    /// Where pages are drawn.
    pub area: Rect,
    /// How questions are worded; `None` before events are open.
    pub wording: Option<&'a Wording>,
    /// What is known of addresses beside the events.
    pub lore: &'a dyn Lore,
    /// The page below a popup.
    pub below: Option<&'a dyn View>,
}

/// Something a view wants done.
pub enum Want {
    /// A change of the investigation.
    Msg(Msg),
    /// Something of the world.
    Effect(Effect),
    /// A popup or prompt on top.
    Layer(Box<dyn View>),
    /// The top layer closed.
    Close,
    /// Another action, as if its key had been pressed.
    Act(Action),
    /// The rows of the page filtered by these words.
    Words(String),
    /// The rows of the page sorted by this column, or as they come.
    Sort(Option<(usize, Direction)>),
    /// Something said in the footer.
    Say(String),
}

/// What a view made of an action.
pub enum Outcome {
    /// Nothing: let others try.
    Ignored,
    /// Done, and this is wanted.
    Consumed(Vec<Want>),
}

impl Outcome {
    /// Done, and nothing more is wanted.
    pub fn done() -> Self {
        Self::Consumed(Vec::new())
    }

    /// Done by telling the investigation.
    pub fn msg(msg: Msg) -> Self {
        Self::Consumed(vec![Want::Msg(msg)])
    }
}

/// A screen, pane or popup.
pub trait View: Send {
    /// Its stable name.
    fn id(&self) -> &'static str;

    /// Which keys hold.
    fn mode(&self) -> Mode;

    /// The actions that matter most here, most needed first.
    fn footer(&self) -> Vec<Action> {
        self.mode().footer().to_vec()
    }

    /// Takes an action, or leaves it to others.
    fn act(&mut self, action: Action, cx: &Ctx<'_>) -> Outcome;

    /// Takes a typed character that is bound to nothing.
    fn typed(&mut self, _character: char, _cx: &Ctx<'_>) -> Outcome {
        Outcome::Ignored
    }

    /// Filters its rows by words.
    fn set_words(&mut self, _words: &str) {}

    /// Sorts its rows by a column, or as they come.
    fn set_sort(&mut self, _sort: Option<(usize, Direction)>, _cx: &Ctx<'_>) {}

    /// The words its rows are filtered by.
    fn words(&self) -> &str {
        ""
    }

    /// Draws it.
    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer);

    /// Where the terminal's cursor stands.
    fn cursor(&self, _cx: &Ctx<'_>, _area: Rect) -> Option<Position> {
        None
    }
}

/// Moves a place in a list by an action; `None` where the action does not move.
pub fn moved(action: Action, place: usize, len: usize, page: usize) -> Option<usize> {
    let last = len.saturating_sub(1);
    let to = match action {
        Action::Up | Action::FindPrevious => place.saturating_sub(1),
        Action::Down | Action::FindNext => place.saturating_add(1),
        Action::PageUp => place.saturating_sub(page.max(1)),
        Action::PageDown => place.saturating_add(page.max(1)),
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    };
    Some(to.min(last))
}
