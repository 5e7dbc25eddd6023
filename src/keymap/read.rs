//! Keymap files to bindings: layer over layer, strictly, with file and line in every error.

use toml::de::{DeTable, DeValue};

use super::{Binding, Key, Keymap, Mode, key};
use crate::investigation::action::Action;

/// The table that holds everywhere.
const GLOBAL: &str = "global";
/// The value that takes a binding away.
const NONE: &str = "none";
/// Without these nobody finds the way about, or out.
const NEEDED: [Action; 4] = [Action::Help, Action::Palette, Action::Back, Action::Quit];

/// Why a keymap cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct KeymapError {
    /// What was tried and how it failed, one sentence without a period.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// A line of a file: keys, and what they do or that they do nothing.
#[derive(Clone)]
struct Entry {
    keys: Vec<Key>,
    action: Option<Action>,
}

impl Entry {
    /// Whether both cannot hold: the same keys, or one begins the other.
    fn collides(&self, other: &Self) -> bool {
        self.keys.starts_with(&other.keys) || other.keys.starts_with(&self.keys)
    }
}

/// One file: the entries that hold everywhere, and those of each mode.
struct Layer {
    global: Vec<Entry>,
    modes: [Vec<Entry>; Mode::ALL.len()],
}

/// Reads files (name, text), each over those before it.
///
/// # Errors
/// Where a file is wrong, or too little is bound to find the way about.
pub fn read(files: &[(&str, &str)]) -> Result<Keymap, KeymapError> {
    let mut global: Vec<Entry> = Vec::new();
    let mut modes: [Vec<Entry>; Mode::ALL.len()] = std::array::from_fn(|_| Vec::new());
    for (file, text) in files {
        let layer = layer(file, text)?;
        global = over(layer.global, &global);
        for (all, own) in modes.iter_mut().zip(layer.modes) {
            *all = over(own, all);
        }
    }
    for (mode, own) in Mode::ALL.into_iter().zip(modes.iter_mut()) {
        let everywhere: Vec<Entry> =
            global.iter().filter(|entry| mode.takes_typing_keys() || entry.keys.first().is_some_and(|key| key.typed().is_none())).cloned().collect();
        *own = over(std::mem::take(own), &everywhere);
    }
    let keymap = Keymap {
        modes: modes.map(|entries| entries.into_iter().filter_map(|entry| entry.action.map(|action| Binding { keys: entry.keys, action })).collect()),
    };
    for action in NEEDED {
        for mode in [Mode::Table, Mode::Chart] {
            if !keymap.keys(mode, action).any(Binding::is_plain) {
                let file = files.last().map_or("", |(file, _)| file);
                return Err(KeymapError {
                    what: format!("keymap {file} leaves no key for {action} {}", mode.title().to_lowercase()),
                    advice: Some(format!("bind {action} to a key without ctrl, alt and function keys, which not every terminal passes on")),
                });
            }
        }
    }
    Ok(keymap)
}

/// `above`, then what it leaves of `below`.
fn over(above: Vec<Entry>, below: &[Entry]) -> Vec<Entry> {
    let left: Vec<Entry> = below.iter().filter(|entry| !above.iter().any(|other| other.collides(entry))).cloned().collect();
    above.into_iter().chain(left).collect()
}

fn layer(file: &str, text: &str) -> Result<Layer, KeymapError> {
    let wrong = |offset: usize, why: String| {
        let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        KeymapError { what: format!("keymap {file} line {line}: {why}"), advice: None }
    };
    let root = DeTable::parse(text).map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut layer = Layer { global: Vec::new(), modes: std::array::from_fn(|_| Vec::new()) };
    for (place, table) in root.get_ref() {
        let name = place.get_ref().as_ref();
        let entries = if name == GLOBAL {
            &mut layer.global
        } else {
            let mode = Mode::ALL.into_iter().find(|mode| mode.name() == name).and_then(|mode| layer.modes.get_mut(mode as usize));
            mode.ok_or_else(|| wrong(place.span().start, format!("there is no place called {name:?}, only global, {}", Mode::ALL.map(Mode::name).join(", "))))?
        };
        let DeValue::Table(table) = table.get_ref() else {
            return Err(wrong(table.span().start, format!("{name} must be a table of keys and actions")));
        };
        // The order of the file says which key the footer names.
        let mut lines: Vec<_> = table.iter().collect();
        lines.sort_by_key(|(keys, _)| keys.span().start);
        for (keys, action) in lines {
            let at = keys.span().start;
            let entry = Entry {
                keys: key::sequence(keys.get_ref()).map_err(|why| wrong(at, why))?,
                action: match action.get_ref().as_str() {
                    Some(NONE) => None,
                    Some(action) => Some(action.parse().map_err(|why| wrong(at, why))?),
                    None => return Err(wrong(at, "a key is bound to the name of an action".to_owned())),
                },
            };
            if let Some(other) = entries.iter().find(|other| other.collides(&entry)) {
                let other = other.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
                return Err(wrong(at, format!("{:?} cannot be bound beside {other:?}", keys.get_ref())));
            }
            entries.push(entry);
        }
    }
    Ok(layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::{DEFAULT, Resolved};

    fn refused(text: &str) -> String {
        Keymap::with_user("keys.toml", text).expect_err("a wrong keymap").what
    }

    #[test]
    fn nothing_is_bound_twice_in_a_mode() {
        let keymap = Keymap::standard();
        for mode in Mode::ALL {
            let bindings = keymap.bindings(mode);
            for (place, one) in bindings.iter().enumerate() {
                for two in bindings.iter().skip(place + 1) {
                    assert!(!one.keys.starts_with(&two.keys) && !two.keys.starts_with(&one.keys), "{} and {} in {mode:?}", one.label(), two.label());
                }
            }
        }
    }

    #[test]
    fn every_action_is_reachable_and_none_only_by_keys_that_terminals_swallow() {
        use crate::investigation::action::{Action, Group};
        let keymap = Keymap::standard();
        for action in Action::ALL {
            let plain = Mode::ALL.iter().any(|mode| keymap.keys(*mode, *action).any(Binding::is_plain));
            // What a prompt edits by the word can be edited by the character as well.
            let shortcut = action.group() == Group::Prompt && Mode::ALL.iter().any(|mode| keymap.keys(*mode, *action).next().is_some());
            // Quit does what End does, with one key more.
            assert!(plain || action.is_command() || shortcut || *action == Action::End, "{action}");
        }
        assert!(keymap.keys(Mode::Prompt, Action::Erase).any(Binding::is_plain));
    }

    #[test]
    fn errors_name_file_and_line() {
        assert_eq!(refused("[table]\n\n\"x\" = \"frobnicate\"\n"), "keymap keys.toml line 3: there is no action called \"frobnicate\"");
        assert_eq!(refused("[tabel]\n"), "keymap keys.toml line 1: there is no place called \"tabel\", only global, table, chart, popup, prompt");
        assert_eq!(refused("[table]\n\"x\" = 1\n"), "keymap keys.toml line 2: a key is bound to the name of an action");
        assert_eq!(refused("[table]\n\"x\" = \"up\"\n\"x y\" = \"down\"\n"), "keymap keys.toml line 3: \"x y\" cannot be bound beside \"x\"");
        assert_eq!(refused("[table]\n\"ctrl-x\" = \"up\"\n\"ctrl-X\" = \"down\"\n"), "keymap keys.toml line 3: \"ctrl-X\" cannot be bound beside \"ctrl-x\"");
        assert!(refused("table = 3\n").starts_with("keymap keys.toml line 1: "));
        assert!(refused("[table\n").starts_with("keymap keys.toml line 1: "));
        assert!(refused("[table]\n\"nokey\" = \"up\"\n").starts_with("keymap keys.toml line 2: \"nokey\" is no key"));
    }

    #[test]
    fn the_way_out_cannot_be_unbound() {
        assert_eq!(refused("[global]\n\"q\" = \"none\"\n"), "keymap keys.toml leaves no key for quit in a table");
        assert_eq!(refused("[global]\n\"?\" = \"none\"\n"), "keymap keys.toml leaves no key for help in a table", "F1 alone is not enough");
        assert!(Keymap::with_user("keys.toml", "[global]\n\"q\" = \"none\"\n\"x\" = \"quit\"\n").is_ok());
    }

    #[test]
    fn users_go_over_the_defaults() {
        let keymap = Keymap::with_user("keys.toml", "[global]\n\"p\" = \"refresh\"\n\"r\" = \"none\"\n").expect("a keymap");
        let resolve = |key: &str| keymap.resolve(Mode::Table, &[], key.parse().expect("a key"));
        assert_eq!(resolve("p"), Resolved::Action(Action::Refresh));
        assert_eq!(resolve("r"), Resolved::None);
        assert_eq!(resolve("s"), Resolved::Action(Action::Sort));
        assert_eq!(Keymap::with_user("default.toml", DEFAULT).as_ref(), Ok(&Keymap::standard()));
    }

    proptest::proptest! {
        #[test]
        fn whatever_users_bind_nothing_collides(lines in proptest::collection::vec(("(global|table|chart|prompt)", "[a-cq?] ?[a-cq?]?|ctrl-c|esc|up", "(up|down|quit|none|help)"), 0..12)) {
            let text: String = lines.iter().map(|(place, keys, action)| format!("{place}.\"{keys}\" = \"{action}\"\n")).collect();
            let Ok(keymap) = Keymap::with_user("keys.toml", &text) else { return Ok(()) };
            for mode in Mode::ALL {
                let bindings = keymap.bindings(mode);
                for (place, one) in bindings.iter().enumerate() {
                    proptest::prop_assert!(!bindings.iter().skip(place + 1).any(|two| one.keys.starts_with(&two.keys) || two.keys.starts_with(&one.keys)));
                    let (last, pending) = one.keys.split_last().expect("keys");
                    proptest::prop_assert_eq!(keymap.resolve(mode, pending, *last), Resolved::Action(one.action));
                }
            }
        }
    }
}
