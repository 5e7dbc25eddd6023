//! The palette: commands by name, best match first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Keymap, Mode};
use crate::investigation::action::Action;

/// A line of the palette.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The command.
    pub action: Action,
    /// Its preferred key here in words; empty where it has none.
    pub key: String,
    /// Characters of the name that were typed, counted from 0, in order.
    pub hits: Vec<u32>,
}

/// The commands that match what was typed, best first; all in the order of the help where nothing was.
/// The name counts before the sentence.
pub fn search(keymap: &Keymap, mode: Mode, typed: &str) -> Vec<Entry> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut found: Vec<(bool, u32, Entry)> = Vec::new();
    let mut letters = Vec::new();
    for action in Action::ALL.iter().copied().filter(|action| action.is_command()) {
        let key = keymap.keys(mode, action).next().map_or_else(String::new, super::Binding::label);
        let mut hits = Vec::new();
        if let Some(score) = pattern.indices(Utf32Str::new(action.name(), &mut letters), &mut matcher, &mut hits) {
            hits.sort_unstable();
            hits.dedup();
            found.push((true, score, Entry { action, key, hits }));
        } else if let Some(score) = pattern.score(Utf32Str::new(action.doc(), &mut letters), &mut matcher) {
            found.push((false, score, Entry { action, key, hits: Vec::new() }));
        }
    }
    // A stable sort: equals stay in the order of the help, but nine tabs do not push the commands out of sight.
    found.sort_by_key(|(by_name, score, entry)| (std::cmp::Reverse((*by_name, *score)), entry.action.tab()));
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(typed: &str) -> Option<Action> {
        search(&Keymap::standard(), Mode::Table, typed).first().map(|entry| entry.action)
    }

    #[test]
    fn names_before_sentences_best_first() {
        assert_eq!(best("pause"), Some(Action::Pause));
        assert_eq!(best("zo"), Some(Action::ZoomIn));
        assert_eq!(best("qks"), Some(Action::QuitKeepScreen));
        assert_eq!(best("paste"), Some(Action::Query), "found by its sentence");
        assert_eq!(best("xyzzy"), None);
    }

    #[test]
    fn nothing_typed_lists_every_command_in_order_the_tabs_last() {
        let all: Vec<Action> = search(&Keymap::standard(), Mode::Table, "").into_iter().map(|entry| entry.action).collect();
        let (tabs, commands): (Vec<Action>, Vec<Action>) = Action::ALL.iter().filter(|action| action.is_command()).partition(|action| action.tab().is_some());
        assert_eq!(all, [commands, tabs].concat());
    }

    #[test]
    fn keys_and_hits_stand_beside() {
        let entries = search(&Keymap::standard(), Mode::Table, "zoin");
        let first = entries.first().expect("a hit");
        assert_eq!((first.action, first.key.as_str(), first.hits.as_slice()), (Action::ZoomIn, "z", [0, 1, 5, 6].as_slice()));
    }
}
