//! The places where keys differ.

use crate::investigation::action::Action;

/// What has the keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Mode {
    /// A table or list.
    Table,
    /// The timeline.
    Chart,
    /// A popup with lines to read or choose from.
    Popup,
    /// A line of typing.
    Prompt,
}

impl Mode {
    /// Every mode, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Table, Self::Chart, Self::Popup, Self::Prompt];

    /// The name of its table in keymap files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Chart => "chart",
            Self::Popup => "popup",
            Self::Prompt => "prompt",
        }
    }

    /// Where it applies, for headings.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Table => "In a table",
            Self::Chart => "In the timeline",
            Self::Popup => "In a popup",
            Self::Prompt => "While typing",
        }
    }

    /// Whether the keys of `[global]` that type a character work here too.
    pub const fn takes_typing_keys(self) -> bool {
        !matches!(self, Self::Prompt)
    }

    /// The word for an action in the footer: some mean something narrower here.
    pub const fn word(self, action: Action) -> &'static str {
        match (self, action) {
            (Self::Prompt, Action::Enter) => "accept",
            (Self::Prompt, Action::Back) => "cancel",
            (Self::Popup, Action::Enter) => "choose",
            (Self::Popup, Action::Back) => "close",
            (Self::Popup, Action::FilterOut) => "take out",
            _ => action.word(),
        }
    }

    /// The actions that matter most here, most needed first, for the footer.
    pub const fn footer(self) -> &'static [Action] {
        match self {
            Self::Table => &[Action::Enter, Action::Back, Action::Filter, Action::Sort, Action::TimeRange, Action::BucketSize, Action::Pause, Action::Palette],
            Self::Chart => {
                &[Action::BucketLeft, Action::BucketRight, Action::NextAnomaly, Action::Range, Action::ZoomIn, Action::ZoomOut, Action::NextPane, Action::Back]
            }
            Self::Popup => &[Action::Enter, Action::Back, Action::Copy],
            Self::Prompt => &[Action::Enter, Action::Back, Action::EraseToStart],
        }
    }
}
