//! Keys to actions: (mode, pending keys, key) -> action, read from `default.toml` and the user's own file.

pub mod help;
pub mod key;
pub mod mode;
pub mod palette;
pub mod read;

pub use key::{Code, Key};
pub use mode::Mode;
pub use read::KeymapError;

use crate::investigation::action::Action;

/// The keys that hold unless the user says otherwise: the complete template of a keymap file.
pub const DEFAULT: &str = include_str!("default.toml");

/// A sequence of keys and what it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The keys, at least one.
    pub keys: Vec<Key>,
    /// What they do.
    pub action: Action,
}

impl Binding {
    /// The keys in words for people: `g g`, `Ctrl-x`.
    pub fn label(&self) -> String {
        self.keys.iter().map(|key| key.label()).collect::<Vec<_>>().join(" ")
    }

    /// Whether every terminal passes its keys on.
    pub fn is_plain(&self) -> bool {
        self.keys.iter().all(|key| key.is_plain())
    }
}

/// What a key press amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// Do this, and forget the pending keys.
    Action(Action),
    /// Keep the key: more are to come.
    Pending,
    /// Nothing is bound to it; forget the pending keys. In a prompt the key may still type ([`Key::typed`]).
    None,
}

/// The bindings of every mode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    /// By [`Mode`], in the order of the files, the mode's own first.
    modes: [Vec<Binding>; Mode::ALL.len()],
}

impl Keymap {
    /// The default keys.
    ///
    /// # Panics
    /// Never: a test reads the file that is compiled in.
    pub fn standard() -> Self {
        read::read(&[("default.toml", DEFAULT)]).expect("default.toml is read by a test")
    }

    /// The default keys with the user's own over them; `file` is for messages.
    ///
    /// # Errors
    /// Where the text is no TOML, names an unknown place, key or action, binds keys twice, or leaves no
    /// way to reach help, palette, back or quit.
    pub fn with_user(file: &str, text: &str) -> Result<Self, KeymapError> {
        read::read(&[("default.toml", DEFAULT), (file, text)])
    }

    /// What `key` amounts to after the `pending` keys.
    pub fn resolve(&self, mode: Mode, pending: &[Key], key: Key) -> Resolved {
        let mut keys = pending.to_vec();
        keys.push(key);
        let bindings = self.bindings(mode);
        if let Some(binding) = bindings.iter().find(|binding| binding.keys == keys) {
            return Resolved::Action(binding.action);
        }
        if bindings.iter().any(|binding| binding.keys.starts_with(&keys)) { Resolved::Pending } else { Resolved::None }
    }

    /// Everything that is bound in a mode, in the order of the files, its own bindings first.
    pub fn bindings(&self, mode: Mode) -> &[Binding] {
        self.modes.get(mode as usize).map_or(&[], Vec::as_slice)
    }

    /// What `action` is bound to in a mode, the preferred keys first.
    pub fn keys(&self, mode: Mode, action: Action) -> impl Iterator<Item = &Binding> {
        self.bindings(mode).iter().filter(move |binding| binding.action == action)
    }

    /// What may follow the `pending` keys: the rest of the keys in words, and the action.
    pub fn continuations(&self, mode: Mode, pending: &[Key]) -> Vec<(String, Action)> {
        let longer = self.bindings(mode).iter().filter(|binding| binding.keys.len() > pending.len());
        longer
            .filter_map(|binding| {
                let rest = binding.keys.strip_prefix(pending)?;
                Some((rest.iter().map(|key| key.label()).collect::<Vec<_>>().join(" "), binding.action))
            })
            .collect()
    }
}

impl Default for Keymap {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect("a key")
    }

    #[test]
    fn modes_go_before_global() {
        let keymap = Keymap::standard();
        assert_eq!(keymap.resolve(Mode::Table, &[], key("h")), Resolved::Action(Action::Left));
        assert_eq!(keymap.resolve(Mode::Chart, &[], key("h")), Resolved::Action(Action::BucketLeft));
        assert_eq!(keymap.resolve(Mode::Chart, &[], key("ctrl-c")), Resolved::Action(Action::End));
        assert_eq!(keymap.resolve(Mode::Chart, &[], key("space")), Resolved::None);
    }

    #[test]
    fn the_default_keys_are_those_that_people_know() {
        let keymap = Keymap::standard();
        let table = [
            ("k j h l", "up down left right"),
            ("up down left right page-up page-down", "up down left right page-up page-down"),
            ("g G home end", "first last first last"),
            ("enter esc backspace ctrl-h", "enter back back back"),
            ("tab shift-tab 1 9", "next-pane previous-pane tab-1 tab-9"),
            ("[ ] z Z", "previous-anomaly next-anomaly zoom-in zoom-out"),
            ("/ n N + - s", "filter find-next find-previous filter-for filter-out sort"),
            ("t b p r", "time-range bucket-size pause refresh"),
            ("space y i", "mark copy query"),
            (": ? f1 q Q", "palette help help quit quit-keep-screen"),
            ("ctrl-z ctrl-l ctrl-c", "suspend plain-dump end"),
        ];
        for (keys, actions) in table {
            let done: Vec<&str> = keys
                .split(' ')
                .map(|text| match keymap.resolve(Mode::Table, &[], key(text)) {
                    Resolved::Action(action) => action.name(),
                    other => panic!("{text}: {other:?}"),
                })
                .collect();
            assert_eq!(done.join(" "), actions);
        }
        assert_eq!(keymap.resolve(Mode::Chart, &[], key("v")), Resolved::Action(Action::Range));
    }

    #[test]
    fn typing_is_never_a_command() {
        let keymap = Keymap::standard();
        for character in (0x20_u8..0x7f).map(char::from) {
            assert_eq!(keymap.resolve(Mode::Prompt, &[], Key::char(character)), Resolved::None, "{character}");
        }
        assert_eq!(keymap.resolve(Mode::Prompt, &[], key("esc")), Resolved::Action(Action::Back));
        assert_eq!(keymap.resolve(Mode::Prompt, &[], key("backspace")), Resolved::Action(Action::Erase));
        assert_eq!(keymap.resolve(Mode::Prompt, &[], key("ctrl-c")), Resolved::Action(Action::End));
        assert_eq!(keymap.resolve(Mode::Prompt, &[], key("home")), Resolved::Action(Action::First));
    }

    #[test]
    fn sequences_wait_for_their_end() {
        let keymap = Keymap::with_user("keys.toml", "[table]\n\"g g\" = \"first\"\n\"g e\" = \"last\"\n").expect("a keymap");
        assert_eq!(keymap.resolve(Mode::Table, &[], key("g")), Resolved::Pending);
        assert_eq!(keymap.resolve(Mode::Table, &[key("g")], key("e")), Resolved::Action(Action::Last));
        assert_eq!(keymap.resolve(Mode::Table, &[key("g")], key("x")), Resolved::None);
        assert_eq!(keymap.resolve(Mode::Chart, &[], key("g")), Resolved::Action(Action::First), "other modes keep theirs");
        assert_eq!(keymap.continuations(Mode::Table, &[key("g")]), [("g".to_owned(), Action::First), ("e".to_owned(), Action::Last)]);
    }
}
