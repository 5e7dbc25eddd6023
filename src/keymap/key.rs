//! One key press, as keymap files spell it and as people read it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Which key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Code {
    /// A key that types this character; upper case is a character of its own.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Backspace.
    Backspace,
    /// Tab.
    Tab,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Insert.
    Insert,
    /// Delete.
    Delete,
    /// A function key, from 1.
    F(u8),
}

/// The words of keys that type nothing, and of the space bar: in files, and for people.
const WORDS: [(&str, &str, Code); 16] = [
    ("space", "Space", Code::Char(' ')),
    ("enter", "Enter", Code::Enter),
    ("esc", "Esc", Code::Esc),
    ("backspace", "Backspace", Code::Backspace),
    ("tab", "Tab", Code::Tab),
    ("up", "Up", Code::Up),
    ("down", "Down", Code::Down),
    ("left", "Left", Code::Left),
    ("right", "Right", Code::Right),
    ("home", "Home", Code::Home),
    ("end", "End", Code::End),
    ("page-up", "PgUp", Code::PageUp),
    ("page-down", "PgDn", Code::PageDown),
    ("insert", "Insert", Code::Insert),
    ("delete", "Delete", Code::Delete),
    ("minus", "-", Code::Char('-')),
];

/// A key with the modifiers held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Ctrl held.
    pub ctrl: bool,
    /// Alt held.
    pub alt: bool,
    /// Shift held, where that does not make another character.
    pub shift: bool,
}

impl Key {
    /// The key alone.
    pub const fn new(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The key that types `character`.
    pub const fn char(character: char) -> Self {
        Self::new(Code::Char(character))
    }

    /// What a terminal reports, as a key; `None` for releases and for keys that no keymap can name.
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(character) => Code::Char(character),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Tab | KeyCode::BackTab => Code::Tab,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::Insert => Code::Insert,
            KeyCode::Delete => Code::Delete,
            KeyCode::F(number) => Code::F(number),
            _ => return None,
        };
        let held = event.modifiers;
        Some(
            Self {
                code,
                ctrl: held.contains(KeyModifiers::CONTROL),
                alt: held.contains(KeyModifiers::ALT),
                shift: held.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab,
            }
            .canonical(),
        )
    }

    /// One spelling for each press: shift is in the character it makes, and Ctrl knows no case.
    fn canonical(mut self) -> Self {
        if let Code::Char(character) = self.code {
            if self.ctrl {
                self.code = Code::Char(character.to_ascii_lowercase());
            } else if self.shift {
                self.code = Code::Char(character.to_ascii_uppercase());
            }
            self.shift = false;
        }
        self
    }

    /// The character it types into a prompt.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(character) if !self.ctrl && !self.alt => Some(character),
            _ => None,
        }
    }

    /// Whether every terminal passes it on: no Ctrl, no Alt, no function key.
    pub fn is_plain(self) -> bool {
        !self.ctrl && !self.alt && !matches!(self.code, Code::F(_))
    }

    /// The key in words for people: `Enter`, `Ctrl-x`, `g`.
    pub fn label(self) -> String {
        self.spelled(|(_, label, _)| label, ["Ctrl-", "Alt-", "Shift-", "F"])
    }

    fn spelled(self, word: impl Fn((&'static str, &'static str, Code)) -> &'static str, [ctrl, alt, shift, function]: [&str; 4]) -> String {
        let mut out = String::new();
        for (held, prefix) in [(self.ctrl, ctrl), (self.alt, alt), (self.shift, shift)] {
            if held {
                out.push_str(prefix);
            }
        }
        match (WORDS.iter().find(|(_, _, code)| *code == self.code), self.code) {
            (Some(entry), _) => out.push_str(word(*entry)),
            (None, Code::Char(character)) => out.push(character),
            (None, Code::F(number)) => out.push_str(&format!("{function}{number}")),
            (None, _) => {}
        }
        out
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.spelled(|(name, _, _)| name, ["ctrl-", "alt-", "shift-", "f"]))
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no key: write it like g, G, ctrl-x, shift-tab, enter, page-up or f1");
        let mut rest = text.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).filter(|inner| !inner.is_empty()).unwrap_or(text);
        let mut key = Self::new(Code::Enter);
        loop {
            let held = [("ctrl-", &mut key.ctrl), ("alt-", &mut key.alt), ("shift-", &mut key.shift)];
            let Some((prefix, flag)) = held.into_iter().find(|(prefix, _)| rest.len() > prefix.len() && rest.starts_with(prefix)) else { break };
            if *flag {
                return Err(wrong());
            }
            *flag = true;
            rest = rest.get(prefix.len()..).unwrap_or_default();
        }
        let mut characters = rest.chars();
        key.code = match (WORDS.iter().find(|(name, _, _)| *name == rest), characters.next(), characters.next()) {
            (Some((_, _, code)), _, _) => *code,
            (None, Some(character), None) if !character.is_control() && !character.is_whitespace() => Code::Char(character),
            (None, Some('f'), Some(_)) => {
                Code::F(rest.get(1..).and_then(|number| number.parse().ok()).filter(|number| (1..=24).contains(number)).ok_or_else(wrong)?)
            }
            _ => return Err(wrong()),
        };
        Ok(key.canonical())
    }
}

/// Reads a sequence as keymap files spell it: `g g`, `ctrl-x s`.
///
/// # Errors
/// Where a word of it is no key.
pub fn sequence(text: &str) -> Result<Vec<Key>, String> {
    let keys: Vec<Key> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err("a binding needs a key".to_owned()) } else { Ok(keys) }
}

/// Reads what somebody types: every character is a key, words stand in angle brackets (`jj<enter>`).
///
/// # Errors
/// Where a word is no key.
pub fn typed(text: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = (first == '<').then(|| rest.find('>').and_then(|end| rest.get(..=end))).flatten().filter(|word| word.len() > 2);
        if let Some(word) = word {
            keys.push(word.parse()?);
            rest = rest.get(word.len()..).unwrap_or_default();
        } else {
            keys.push(Key::char(first));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_key() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            any::<char>().prop_filter("a key that types", |character| !character.is_control() && !character.is_whitespace()).prop_map(Code::Char),
            proptest::sample::select(WORDS.map(|(_, _, code)| code).to_vec()),
            (1_u8..=24).prop_map(Code::F),
        ];
        (code, any::<[bool; 3]>()).prop_map(|(code, [ctrl, alt, shift])| Key { code, ctrl, alt, shift }.canonical())
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(key in any_key()) {
            prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            prop_assert_eq!(format!("<{key}>").parse::<Key>(), Ok(key));
        }
    }

    #[test]
    fn spellings() {
        let table = [
            ("g", "g", "g"),
            ("G", "G", "G"),
            ("shift-g", "G", "G"),
            ("ctrl-X", "ctrl-x", "Ctrl-x"),
            ("<enter>", "enter", "Enter"),
            ("space", "space", "Space"),
            ("shift-tab", "shift-tab", "Shift-Tab"),
            ("-", "minus", "-"),
            ("ctrl--", "ctrl-minus", "Ctrl--"),
            ("<", "<", "<"),
            ("f1", "f1", "F1"),
            ("f", "f", "f"),
            ("page-up", "page-up", "PgUp"),
        ];
        for (text, printed, label) in table {
            let key: Key = text.parse().expect("a key");
            assert_eq!((key.to_string().as_str(), key.label().as_str()), (printed, label), "{text}");
        }
        for wrong in ["", "gg", "ctrl-", "ctrl-ctrl-x", "f0", "f25", "return", " ", "\u{1b}"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn sequences_and_typing() {
        let keys = |text: &str| typed(text).expect("keys").iter().map(Key::to_string).collect::<Vec<_>>();
        assert_eq!(keys("jj<enter>"), ["j", "j", "enter"]);
        assert_eq!(keys("a <> <x"), ["a", "space", "<", ">", "space", "<", "x"]);
        assert_eq!(sequence("g  g").map(|keys| keys.len()), Ok(2));
        assert!(sequence(" ").is_err());
    }

    #[test]
    fn terminals_report_shift_in_two_ways() {
        let event = |code, held| Key::from_event(&KeyEvent::new(code, held)).map(|key| key.to_string());
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT).as_deref(), Some("shift-tab"));
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::NONE).as_deref(), Some("shift-tab"));
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(event(KeyCode::Char('?'), KeyModifiers::SHIFT).as_deref(), Some("?"));
        assert_eq!(event(KeyCode::Char('C'), KeyModifiers::CONTROL).as_deref(), Some("ctrl-c"));
        assert_eq!(event(KeyCode::CapsLock, KeyModifiers::NONE), None);
        let released = KeyEvent { kind: KeyEventKind::Release, ..KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE) };
        assert_eq!(Key::from_event(&released), None);
    }
}
