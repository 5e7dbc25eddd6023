//! What is told about keys: the footer, the help and the table in the documentation, all from keymap and actions.

use unicode_width::UnicodeWidthStr;

use super::{Keymap, Mode};
use crate::investigation::action::{Action, Group};

/// A key and what it does, in the words of the footer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// The key in words.
    pub key: String,
    /// What it does, a word or two.
    pub word: &'static str,
    /// The action behind it.
    pub action: Action,
}

impl Hint {
    /// Columns it takes: key, space, word.
    pub fn width(&self) -> usize {
        self.key.width() + 1 + self.word.width()
    }
}

/// Most hints in a footer; more are a list, not a hint.
const MOST: usize = 8;
/// Columns between two hints.
const GAP: usize = 2;

/// The hints that fit into `width` columns: of `actions`, most needed first, and help always last.
/// An action that has no key here is left out.
pub fn hints(keymap: &Keymap, mode: Mode, actions: &[Action], width: usize) -> Vec<Hint> {
    let hint = |action: Action| Some(Hint { key: keymap.keys(mode, action).next()?.label(), word: mode.word(action), action });
    let help = hint(Action::Help);
    let mut left = width.saturating_sub(help.as_ref().map_or(0, Hint::width));
    let mut shown = Vec::new();
    for hint in actions.iter().copied().filter(|action| *action != Action::Help).filter_map(hint) {
        let needed = hint.width() + GAP;
        if needed > left || shown.len() + 1 >= MOST {
            break;
        }
        left -= needed;
        shown.push(hint);
    }
    shown.extend(help.filter(|help| help.width() <= width));
    shown
}

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpLine {
    /// A heading.
    Title(&'static str),
    /// All keys of an action, and what it does.
    Keys {
        /// The keys in words, parted by commas.
        keys: String,
        /// The action.
        action: Action,
    },
}

/// Everything that works in a mode, grouped.
pub fn help(keymap: &Keymap, mode: Mode) -> Vec<HelpLine> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        let bound: Vec<HelpLine> = Action::ALL
            .iter()
            .filter(|action| action.group() == group)
            .filter_map(|action| {
                let keys = labels(keymap, mode, *action);
                (!keys.is_empty()).then(|| HelpLine::Keys { keys: keys.join(", "), action: *action })
            })
            .collect();
        if !bound.is_empty() {
            lines.push(HelpLine::Title(group.title()));
            lines.extend(bound);
        }
    }
    lines
}

/// Every action with its keys as a Markdown table, for the documentation.
pub fn markdown(keymap: &Keymap) -> String {
    let mut out = String::from("| action | keys | where | what it does |\n|---|---|---|---|\n");
    for action in Action::ALL {
        let mut rows: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for mode in Mode::ALL {
            let keys = labels(keymap, mode, *action);
            if keys.is_empty() {
                continue;
            }
            match rows.iter_mut().find(|(known, _)| *known == keys) {
                Some((_, modes)) => modes.push(mode.name()),
                None => rows.push((keys, vec![mode.name()])),
            }
        }
        let (keys, places): (Vec<String>, Vec<String>) = rows
            .into_iter()
            .map(|(keys, modes)| {
                let keys = keys.iter().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect::<Vec<_>>().join(" ");
                let places = if modes.len() == Mode::ALL.len() { "everywhere".to_owned() } else { modes.join(", ") };
                (keys, places)
            })
            .unzip();
        let keys = if keys.is_empty() { "palette only".to_owned() } else { keys.join("<br>") };
        out.push_str(&format!("| `{action}` | {keys} | {} | {} |\n", places.join("<br>"), action.doc()));
    }
    out
}

fn labels(keymap: &Keymap, mode: Mode, action: Action) -> Vec<String> {
    keymap.keys(mode, action).map(super::Binding::label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(mode: Mode, width: usize) -> String {
        hints(&Keymap::standard(), mode, mode.footer(), width).iter().map(|hint| format!("{} {}", hint.key, hint.word)).collect::<Vec<_>>().join("  ")
    }

    #[test]
    fn the_footer_names_what_matters_and_fits() {
        assert_eq!(footer(Mode::Table, 80), "Enter open  Esc back  / filter  s sort  t time  b bucket  p pause  ? help");
        assert_eq!(footer(Mode::Chart, 100), "h earlier  l later  ] next anomaly  v range  z zoom in  Z zoom out  Tab next pane  ? help");
        assert_eq!(footer(Mode::Popup, 80), "Enter choose  Esc close  y copy  ? help");
        assert_eq!(footer(Mode::Prompt, 80), "Enter accept  Esc cancel  Ctrl-u erase to start  F1 help");
        assert_eq!(footer(Mode::Table, 30), "Enter open  Esc back  ? help");
        assert_eq!(footer(Mode::Table, 6), "? help");
        assert_eq!(footer(Mode::Table, 5), "");
        for mode in Mode::ALL {
            for width in 0..200 {
                assert!(footer(mode, width).width() <= width, "{mode:?} at {width}");
            }
        }
    }

    #[test]
    fn every_key_of_a_footer_works_there() {
        use crate::keymap::Resolved;
        let keymap = Keymap::standard();
        for mode in Mode::ALL {
            for action in mode.footer() {
                let binding = keymap.keys(mode, *action).next();
                let first = binding.and_then(|binding| binding.keys.first()).expect("a key for what the footer shows");
                assert_eq!(keymap.resolve(mode, &[], *first), Resolved::Action(*action));
            }
        }
    }

    #[test]
    fn help_lists_every_binding_once() {
        let keymap = Keymap::standard();
        for mode in Mode::ALL {
            let keys: usize = help(&keymap, mode).iter().map(|line| if let HelpLine::Keys { keys, .. } = line { keys.split(", ").count() } else { 0 }).sum();
            assert_eq!(keys, keymap.bindings(mode).len(), "{mode:?}");
        }
        assert_eq!(help(&keymap, Mode::Table).first(), Some(&HelpLine::Title("Moving")));
    }

    #[test]
    fn the_documentation_lists_every_action() {
        let table = markdown(&Keymap::standard());
        assert_eq!(table.lines().count(), Action::ALL.len() + 2);
        assert!(table.contains("| `bucket-left` | `h` `Left` | chart | Move the bucket cursor to the bucket before |"), "{table}");
        assert!(table.contains("| `theme` | palette only |  | Change the theme |"), "{table}");
    }
}
