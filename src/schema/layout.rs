//! The layouts of the lines read so far, so that the next line of the same layout need not be parsed: what is the same in
//! every line is compared, and only the values between are looked at.
//!
//! Machines write their keys in the same order with the same blanks. A layout is everything of a line but its strings and
//! numbers. It is learnt only from a line that [`super::scan`] has vouched for; a line with the same layout whose values are
//! sound strings and numbers is the same document with other values, so the same values lie in the same places. Whatever
//! differs in a single byte is no such line and is read the long way.

use std::borrow::Cow;

use super::capture::Captured;
use super::paths::Slot;
use super::scalar::{Scalar, is_usable};
use super::scan::unescaped;

/// Most parts of layouts that are kept: a log has a few dozen layouts of a few dozen parts.
const MOST_PARTS: usize = 8192;
/// Most ways to go on from one part.
const MOST_WAYS: usize = 48;
/// Longest line that is learnt from.
const LONGEST: usize = 32 << 10;
/// Lines after which it is judged whether layouts repeat at all.
const TRIAL: u32 = 4096;

/// What a value was and where it stood, as the long way found it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub sort: Sort,
    /// First byte: of a string, behind its quote.
    pub start: usize,
    /// Just behind the last byte: of a string, its closing quote.
    pub end: usize,
}

/// A kind of value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// A string, kept in a slot if anybody asks for it.
    Text(Option<Slot>),
    /// A long string, kept undecoded.
    Long(Slot),
    /// A number.
    Number(Option<Slot>),
    /// `true` or `false`, of which nothing is left to read: the word stands before.
    Truth(Slot, bool),
    /// No value: the line ends.
    End,
}

#[derive(Debug)]
struct Part {
    /// What stands before the value.
    fixed: Box<str>,
    value: Sort,
    next: Vec<u32>,
}

/// The layouts, as a tree: layouts that begin alike share their parts.
#[derive(Debug, Default)]
pub struct Layouts {
    parts: Vec<Part>,
    starts: Vec<u32>,
    lines: u32,
    known: u32,
    is_closed: bool,
}

impl Layouts {
    /// Reads a line of a known layout. `false` where it is of none, or holds something to be judged the long way; what was
    /// captured until then means nothing. `hit` must have a usable value: on it depends what other keys mean.
    pub fn read<'a>(&mut self, text: &'a str, hit: Slot, captured: &mut Captured<'a>) -> bool {
        if !self.is_worth_trying() {
            return false;
        }
        self.lines += 1;
        let found = self.walk(text, hit, captured).is_some();
        self.known += u32::from(found);
        found
    }

    /// Learns nothing any more.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    fn is_worth_trying(&mut self) -> bool {
        if self.is_closed {
            return false;
        }
        if self.lines >= TRIAL {
            if self.known < self.lines / 4 {
                return false;
            }
            self.lines /= 2;
            self.known /= 2;
        }
        true
    }

    fn walk<'a>(&mut self, text: &'a str, hit: Slot, captured: &mut Captured<'a>) -> Option<()> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut last: Option<u32> = None;
        loop {
            let ways = match last {
                None => &self.starts,
                Some(last) => &self.parts.get(last as usize)?.next,
            };
            let rest = bytes.get(at..)?;
            let place = ways.iter().position(|way| self.parts.get(*way as usize).is_some_and(|part| part.begins(rest)))?;
            let way = *ways.get(place)?;
            if place > 0 {
                // What is common comes to the front.
                let ways = match last {
                    None => &mut self.starts,
                    Some(last) => &mut self.parts.get_mut(last as usize)?.next,
                };
                ways.swap(place, place - 1);
            }
            let part = self.parts.get(way as usize)?;
            at += part.fixed.len();
            match part.value {
                Sort::End => return Some(()),
                Sort::Truth(slot, value) => captured.put(slot, Scalar::Bool(value)),
                Sort::Text(slot) => {
                    let start = at;
                    let escapes;
                    (at, escapes) = string_end(bytes, at)?;
                    if let Some(slot) = slot {
                        let value = text.get(start..at)?;
                        let value = match escapes {
                            Escapes::None => Cow::Borrowed(value),
                            Escapes::Simple => Cow::Owned(unescaped(value)),
                            Escapes::Unicode => return None,
                        };
                        if slot == hit && !is_usable(&value) {
                            return None;
                        }
                        captured.put(slot, Scalar::Text(value));
                    }
                }
                Sort::Long(slot) => {
                    let start = at.checked_sub(1)?;
                    (at, _) = string_end(bytes, at)?;
                    captured.put(slot, Scalar::Raw(text.get(start..=at)?));
                }
                Sort::Number(slot) => {
                    let (end, is_whole) = number_end(bytes, at)?;
                    if let Some(slot) = slot {
                        let number = text.get(at..end)?;
                        if !is_whole || number == "-0" {
                            return None;
                        }
                        captured.put(slot, Scalar::Int(number.parse().ok()?));
                    }
                    at = end;
                }
            }
            last = Some(way);
        }
    }

    /// Keeps the layout of a line that was read the long way, with its values in order.
    pub fn learn(&mut self, text: &str, tokens: &[Token]) {
        if text.len() > LONGEST || self.parts.len() + tokens.len() >= MOST_PARTS || !self.is_worth_trying() {
            return;
        }
        let end = Token { sort: Sort::End, start: text.len(), end: text.len() };
        let mut last: Option<u32> = None;
        let mut at = 0;
        for token in tokens.iter().chain([&end]) {
            let Some(fixed) = text.get(at..token.start) else { return };
            at = token.end;
            let ways = match last {
                None => &self.starts,
                Some(last) => match self.parts.get(last as usize) {
                    Some(part) => &part.next,
                    None => return,
                },
            };
            let is_this = |way: &u32| self.parts.get(*way as usize).is_some_and(|part| *part.fixed == *fixed && part.value == token.sort);
            if let Some(way) = ways.iter().copied().find(is_this) {
                last = Some(way);
                continue;
            }
            if ways.len() >= MOST_WAYS {
                return;
            }
            let Ok(way) = u32::try_from(self.parts.len()) else { return };
            let ways = match last.and_then(|last| self.parts.get_mut(last as usize)) {
                Some(part) => &mut part.next,
                None => &mut self.starts,
            };
            ways.push(way);
            self.parts.push(Part { fixed: fixed.into(), value: token.sort, next: Vec::new() });
            last = Some(way);
        }
    }
}

impl Part {
    fn begins(&self, rest: &[u8]) -> bool {
        let Some((fixed, after)) = rest.split_at_checked(self.fixed.len()) else { return false };
        fixed == self.fixed.as_bytes()
            && match self.value {
                Sort::End => after.is_empty(),
                // The opening quote is the end of the fixed part.
                Sort::Text(_) | Sort::Long(_) | Sort::Truth(..) => true,
                Sort::Number(_) => after.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-'),
            }
    }
}

/// What a string holds besides plain characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escapes {
    /// Nothing.
    None,
    /// Escapes of one letter.
    Simple,
    /// Code points by number, which may be halves of pairs.
    Unicode,
}

/// The place of the quote that closes the string whose inside begins at `at`; `None` where it is no sound string.
#[inline]
pub fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, Escapes)> {
    let mut escapes = Escapes::None;
    loop {
        at += special(bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some((at, escapes)),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                    at += 2;
                    if escapes == Escapes::None {
                        escapes = Escapes::Simple;
                    }
                }
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => {
                    at += 6;
                    escapes = Escapes::Unicode;
                }
                _ => return None,
            },
            // A control character.
            _ => return None,
        }
    }
}

/// Where the first quote, backslash or control character stands.
#[inline]
fn special(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The lowest byte that is below the limit has its high bit set here; bits above it may be wrong and are not looked at.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS;
    let (words, tail) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = below(word ^ (ONES * u64::from(b'"')), 1) | below(word ^ (ONES * u64::from(b'\\')), 1) | below(word, 0x20);
        if found != 0 {
            return Some(number * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|found| words.len() * 8 + found)
}

/// The end of the number that begins at `at`, and whether it has neither fraction nor exponent.
pub fn number_end(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let digits = |mut at: usize| {
        let from = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > from).then_some(at)
    };
    let first = if bytes.get(at) == Some(&b'-') { at + 1 } else { at };
    let mut end = digits(first)?;
    if bytes.get(first) == Some(&b'0') && end > first + 1 {
        return None;
    }
    let is_whole = !matches!(bytes.get(end), Some(b'.' | b'e' | b'E'));
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        end = digits(if matches!(bytes.get(end + 1), Some(b'+' | b'-')) { end + 2 } else { end + 1 })?;
    }
    Some((end, is_whole))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::capture::capture;
    use super::super::paths::Paths;
    use super::super::scan::{Vouched, scan};
    use super::*;

    fn paths() -> (Paths, Slot, Vec<Slot>) {
        let mut paths = Paths::default();
        let hit = paths.slot("_index");
        let slots = ["a", "b.c", "b.d.e", "f"].map(|path| paths.slot(path)).to_vec();
        paths.mark_long("f");
        (paths, hit, slots)
    }

    /// Whether the second document is read by the layout of the first; if so it must read as serde_json reads it.
    fn known(first: &str, second: &str) -> bool {
        let (paths, hit, slots) = paths();
        let mut layouts = Layouts::default();
        let mut captured = Captured::default();
        let mut tokens = Vec::new();
        if scan(&paths, hit, first, &mut captured, &mut tokens) == Vouched::Layout {
            layouts.learn(first, &tokens);
        }
        let mut fast = Captured::default();
        if !layouts.read(second, hit, &mut fast) {
            return false;
        }
        let slow = capture(&paths, Some(hit), second.as_bytes()).unwrap_or_else(|error| panic!("{error}: {second}"));
        for slot in slots.into_iter().chain([hit]) {
            assert_eq!(fast.get(slot), slow.get(slot), "{first} {second}");
        }
        true
    }

    #[test]
    fn other_values_in_the_same_places_are_read() {
        for (first, second) in [
            (r#"{"a":"x","b":{"c":1},"z":[1,"q"]}"#, r#"{"a":"longer","b":{"c":-42},"z":[2.5e7,""]}"#),
            (r#"{"a":"x"}"#, r#"{"a":"C:\\x \"y\""}"#),
            (r#"{"a":"-","b":{"c":null,"c":"y"}}"#, r#"{"a":"","b":{"c":null,"c":"z"}}"#),
            (r#"{"f":"some\r\ntext","a":"b"}"#, r#"{"f":"\u0041","a":"c"}"#),
            (r#"{"_index":"i","fields":{"a":["x"]}}"#, r#"{"_index":"j","fields":{"a":["y"]}}"#),
            (r#"{"a":true,"b.c":"x","z":"é"}"#, r#"{"a":true,"b.c":"ü","z":"管理"}"#),
            ("{}", "{}"),
        ] {
            assert!(known(first, second), "{first} {second}");
        }
    }

    #[test]
    fn whatever_differs_beside_the_values_is_read_the_long_way() {
        for (first, second) in [
            (r#"{"a":"x"}"#, r#"{"a":1}"#),
            (r#"{"a":"x"}"#, r#"{"a": "x"}"#),
            (r#"{"a":"x"}"#, r#"{"a":"x"} "#),
            (r#"{"a":"x"}"#, r#"{"a":"x"}{"#),
            (r#"{"a":"x"}"#, r#"{"a":"x","b":1}"#),
            (r#"{"a":"x"}"#, r#"{"a":"x"#),
            (r#"{"a":"x"}"#, r#"{"a":"x\"}"#),
            (r#"{"a":"x"}"#, r#"{"a":"\u0041"}"#),
            (r#"{"a":"x"}"#, r#"{"a":"\q"}"#),
            (r#"{"a":"x"}"#, "{\"a\":\"\t\"}"),
            (r#"{"a":1}"#, r#"{"a":1.5}"#),
            (r#"{"a":1}"#, r#"{"a":-0}"#),
            (r#"{"a":1}"#, r#"{"a":01}"#),
            (r#"{"a":1}"#, r#"{"a":99999999999999999999}"#),
            (r#"{"z":1}"#, r#"{"z":1x}"#),
            (r#"{"a":true}"#, r#"{"a":false}"#),
            (r#"{"a":true}"#, r#"{"a":true"#),
            (r#"{"a":true}"#, r#"{"a":truex}"#),
            // Whether `fields` is a field of its own depends on the index.
            (r#"{"_index":"i","fields":{"a":["x"]}}"#, r#"{"_index":"-","fields":{"a":["y"]}}"#),
            (r#"{"f":["x"],"a":"b"}"#, r#"{"f":["x"],"a":"b"}"#),
        ] {
            assert!(!known(first, second), "{first} {second}");
        }
    }

    #[test]
    fn lines_that_never_repeat_are_not_tried_for_ever() {
        let (paths, hit, _) = paths();
        let mut layouts = Layouts::default();
        for line in 0..2 * TRIAL {
            let text = format!("{{\"key{line}\":1}}");
            let mut tokens = Vec::new();
            assert_eq!(scan(&paths, hit, &text, &mut Captured::default(), &mut tokens), Vouched::Layout);
            layouts.learn(&text, &tokens);
            assert!(!layouts.read(&format!("{{\"other{line}\":1}}"), hit, &mut Captured::default()));
        }
        assert_eq!(layouts.lines, TRIAL);
        assert!(layouts.starts.len() <= MOST_WAYS);
    }

    #[test]
    fn specials_are_found_at_any_distance() {
        for length in 0..40 {
            for end in ['"', '\\', '\t', '\u{1f}', '\0'] {
                let text = format!("{}{end}xé\"", "é!~ \u{7f}#[".chars().cycle().take(length).collect::<String>());
                let expected = text.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
                assert_eq!(special(text.as_bytes()), expected, "{text:?}");
            }
            assert_eq!(special("x".repeat(length).as_bytes()), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// A line beside one that was learnt, and broken in any place: no answer, or that of serde_json.
        #[test]
        fn never_another_answer_than_serde_json(
            text in r#"\{("(a|b|b\.c|f|_index|fields|z)":(\{"(c|d|e|a)":("[a-z\\"/u0-9é]{0,6}"|[-0-9.e+]{1,5}|null|\[1,"x"\])\}|"[a-z\\bn"u0-9é-]{0,8}"|[0-9]{1,6}|null|\[(null|"-"|2)(,3)?\]),?){0,4}\}"#,
            other in r#"["a-z0-9\\-]{0,6}"#,
            cut in 0usize..120,
            take in 0usize..8,
        ) {
            known(&text, &text);
            let edge = |at: usize| (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
            known(&text, &format!("{}{other}{}", &text[..edge(cut)], &text[edge(cut + take)..]));
        }
    }
}
