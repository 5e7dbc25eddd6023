//! The vocabulary of actions: one table from which keymap, footer, help, palette and documentation are made.
//! An action stands here only once it does something.

use std::fmt;
use std::str::FromStr;

/// A family of actions that stand together in the help.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Group {
    /// Moving the cursor and between panes.
    Move,
    /// The timeline.
    Chart,
    /// What is asked for, and how it is listed.
    Ask,
    /// What is done with a row or a picture.
    Use,
    /// Typing in a prompt.
    Prompt,
    /// The program itself.
    Program,
}

impl Group {
    /// Every group, in the order of the help.
    pub const ALL: [Self; 6] = [Self::Move, Self::Chart, Self::Ask, Self::Use, Self::Prompt, Self::Program];

    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::Chart => "Timeline",
            Self::Ask => "Asking",
            Self::Use => "Using what is shown",
            Self::Prompt => "Typing",
            Self::Program => "The program",
        }
    }
}

/// `Group: Variant "stable-name" "footer word" "Sentence for help, palette and documentation";`
macro_rules! actions {
    ($($group:ident: $variant:ident $name:literal $word:literal $doc:literal;)*) => {
        /// Something a person can ask the program to do.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Action {
            $(#[doc = concat!($doc, ".")] $variant,)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in keymaps, configuration and the palette; it never changes.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The word in the footer.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it does, one sentence without a period.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// The family it belongs to.
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }
        }
    };
}

actions! {
    Move: Up "up" "up" "Move up a row";
    Move: Down "down" "down" "Move down a row";
    Move: Left "left" "left" "Move to the column on the left";
    Move: Right "right" "right" "Move to the column on the right";
    Move: PageUp "page-up" "page up" "Move up a page";
    Move: PageDown "page-down" "page down" "Move down a page";
    Move: First "first" "first" "Move to the first row, bucket or line";
    Move: Last "last" "last" "Move to the last row, bucket or line";
    Move: Enter "enter" "open" "Open what is under the cursor, or accept what was typed or chosen";
    Move: Back "back" "back" "Go back to where you came from, or close the popup";
    Move: NextPane "next-pane" "next pane" "Go to the next pane";
    Move: PreviousPane "previous-pane" "previous pane" "Go to the previous pane";
    Move: Tab1 "tab-1" "tab 1" "Show tab 1";
    Move: Tab2 "tab-2" "tab 2" "Show tab 2";
    Move: Tab3 "tab-3" "tab 3" "Show tab 3";
    Move: Tab4 "tab-4" "tab 4" "Show tab 4";
    Move: Tab5 "tab-5" "tab 5" "Show tab 5";
    Move: Tab6 "tab-6" "tab 6" "Show tab 6";
    Move: Tab7 "tab-7" "tab 7" "Show tab 7";
    Move: Tab8 "tab-8" "tab 8" "Show tab 8";
    Move: Tab9 "tab-9" "tab 9" "Show tab 9";
    Chart: PreviousAnomaly "previous-anomaly" "previous anomaly" "Go to the anomaly before the cursor";
    Chart: NextAnomaly "next-anomaly" "next anomaly" "Go to the anomaly after the cursor";
    Chart: BucketLeft "bucket-left" "earlier" "Move the bucket cursor to the bucket before";
    Chart: BucketRight "bucket-right" "later" "Move the bucket cursor to the bucket after";
    Chart: Range "range" "range" "Begin a range at the bucket cursor, or end it there";
    Chart: ZoomIn "zoom-in" "zoom in" "Show half the time around the bucket cursor or the range";
    Chart: ZoomOut "zoom-out" "zoom out" "Show twice the time";
    Chart: PanLeft "pan-left" "pan back" "Show the time before";
    Chart: PanRight "pan-right" "pan on" "Show the time after";
    Chart: LayWeek "lay-week" "week before" "Lay the same time of the week before over the timeline, or take it away";
    Ask: Filter "filter" "filter" "Filter the rows by what is typed";
    Ask: FindNext "find-next" "next hit" "Go to the next hit";
    Ask: FindPrevious "find-previous" "previous hit" "Go to the previous hit";
    Ask: FilterFor "filter-for" "only this" "Keep only what has the value under the cursor";
    Ask: FilterOut "filter-out" "not this" "Leave out what has the value under the cursor";
    Ask: Sort "sort" "sort" "Choose the column to sort by";
    Ask: ReverseSort "reverse-sort" "reverse" "Turn the order of the rows around";
    Ask: TimeRange "time-range" "time" "Choose the time range";
    Ask: BucketSize "bucket-size" "bucket" "Change the width of the buckets";
    Ask: Pause "pause" "pause" "Pause the live view, or resume it";
    Ask: Refresh "refresh" "refresh" "Ask again now";
    Ask: OnlyNew "only-new" "only new" "List only what was never seen on this destination before, or everything again";
    Ask: Why "why" "why" "Show why a bucket has its score: the figures behind it, and what they cannot say";
    Ask: Group "group" "incidents" "Put the destinations of each incident together, and those hit by the same sources, or apart again";
    Ask: Alerts "alerts" "alerts" "Show the queue: alerts of rules, records of jobs and our own findings";
    Ask: Doctor "doctor" "doctor" "Show what can and cannot be seen here, and what to do about it";
    Ask: Tasks "tasks" "tasks" "Show what is being asked and worked out, how it went, and give up on it";
    Use: Mark "mark" "mark" "Mark the row, or take the mark away";
    Use: Marks "marks" "marks" "List everything that is marked, to copy it or to go back to it";
    Use: Copy "copy" "copy" "Copy the marked rows, or what is under the cursor";
    Use: Export "export" "export" "Write the rows as they are filtered and sorted, with every column, to a CSV file";
    Use: Query "query" "query" "Show the query behind what is shown, ready to paste into another tool";
    Use: PlainDump "plain-dump" "plain" "Write the screen as plain text to be selected by hand";
    Prompt: Erase "erase" "erase" "Erase the character before the cursor";
    Prompt: EraseNext "erase-next" "erase next" "Erase the character under the cursor";
    Prompt: EraseWord "erase-word" "erase word" "Erase the word before the cursor";
    Prompt: EraseToStart "erase-to-start" "erase to start" "Erase everything before the cursor";
    Prompt: EraseToEnd "erase-to-end" "erase to end" "Erase everything from the cursor on";
    Prompt: WordLeft "word-left" "word left" "Move the cursor to the start of the word";
    Prompt: WordRight "word-right" "word right" "Move the cursor past the end of the word";
    Program: Palette "palette" "command" "Choose a command by name";
    Program: Help "help" "help" "Show every key that works here";
    Program: Theme "theme" "theme" "Change the theme";
    Program: Suspend "suspend" "suspend" "Put the program to sleep and return to the shell";
    Program: Quit "quit" "quit" "Go back, or leave the program from the first screen";
    Program: QuitKeepScreen "quit-keep-screen" "quit, keep screen" "Leave the program and leave its screen in the scrollback";
    Program: End "end" "end" "Leave the program at once from anywhere";
}

impl Action {
    /// The number of the tab that a tab action shows, counted from 1.
    pub const fn tab(self) -> Option<usize> {
        Some(match self {
            Self::Tab1 => 1,
            Self::Tab2 => 2,
            Self::Tab3 => 3,
            Self::Tab4 => 4,
            Self::Tab5 => 5,
            Self::Tab6 => 6,
            Self::Tab7 => 7,
            Self::Tab8 => 8,
            Self::Tab9 => 9,
            _ => return None,
        })
    }

    /// Whether the palette offers it: what moves a cursor by a step or types makes no sense by name.
    pub const fn is_command(self) -> bool {
        match self.group() {
            Group::Move => self.tab().is_some() || matches!(self, Self::NextPane | Self::PreviousPane),
            Group::Prompt => false,
            Group::Chart | Group::Ask | Group::Use => true,
            Group::Program => !matches!(self, Self::Palette),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|action| action.name() == text).ok_or_else(|| format!("there is no action called {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_unique_and_read_back() {
        for (place, action) in Action::ALL.iter().enumerate() {
            let name = action.name();
            assert!(name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'), "{name}");
            assert_eq!(name.parse::<Action>().as_ref(), Ok(action));
            assert!(Action::ALL.iter().skip(place + 1).all(|other| other.name() != name), "{name} stands twice");
        }
        assert_eq!("frobnicate".parse::<Action>(), Err("there is no action called \"frobnicate\"".to_owned()));
    }

    #[test]
    fn sentences_begin_with_a_capital_and_end_without_a_period() {
        for action in Action::ALL {
            assert!(action.doc().starts_with(char::is_uppercase) && !action.doc().ends_with('.'), "{action}");
            assert!(!action.word().is_empty() && action.word().len() <= 20, "{action}");
        }
    }

    #[test]
    fn nine_tabs() {
        let tabs: Vec<_> = Action::ALL.iter().filter_map(|action| action.tab()).collect();
        assert_eq!(tabs, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(Action::Up.tab(), None);
    }
}
