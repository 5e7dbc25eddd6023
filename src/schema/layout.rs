//! The layouts of the lines read so far, so that the next line of the same layout need not be parsed: what is the same in
//! every line is compared, and only the values between are looked at.
//!
//! Machines write their keys in the same order with the same blanks. A layout is everything of a line but its strings and
//! numbers. It is learnt only from a line that [`super::scan`] has vouched for; a line with the same layout whose values are
//! sound strings and numbers is the same document with other values, so the same values lie in the same places. Whatever
//! differs in a single byte is no such line and is read the long way.
//!
//! Most values of a log are nearly always the same ones, too. Those become part of the layout, in a tree of their own: a line
//! is then a few long stretches to compare with the values between that tell one event from the next.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

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
/// Values after which it is judged whether they are nearly always the same.
const WATCHED: u32 = 32;
/// Most different values among those watched that still are nearly always the same.
const FEW: usize = 4;
/// Most different values that may become part of layouts.
const USUAL: usize = 16;

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

impl Sort {
    fn slot(self) -> Option<Slot> {
        match self {
            Self::Text(slot) | Self::Number(slot) => slot,
            Self::Long(slot) | Self::Truth(slot, _) => Some(slot),
            Self::End => None,
        }
    }
}

impl Token {
    /// The slot and the value, where it is kept at all; `None` where it is to be judged the long way.
    #[expect(clippy::option_option, reason = "not kept is no failure")]
    fn kept<'a>(self, text: &'a str, escapes: Escapes) -> Option<Option<(Slot, Scalar<'a>)>> {
        let Some(slot) = self.sort.slot() else { return Some(None) };
        let value = match self.sort {
            Sort::Long(_) => Scalar::Raw(Cow::Borrowed(text.get(self.start.checked_sub(1)?..=self.end)?)),
            Sort::Truth(_, value) => Scalar::Bool(value),
            Sort::Number(_) => Scalar::Int(text.get(self.start..self.end)?.parse().ok()?),
            Sort::Text(_) | Sort::End => {
                let value = text.get(self.start..self.end)?;
                Scalar::Text(match escapes {
                    Escapes::None => Cow::Borrowed(value),
                    Escapes::Simple => Cow::Owned(unescaped(value)),
                    Escapes::Unicode => return None,
                })
            }
        };
        Some(Some((slot, value)))
    }
}

/// A value of the line at hand.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The part whose value it is.
    part: u32,
    token: Token,
    escapes: Escapes,
}

impl Step {
    /// The value; `None` where nobody asks for it or it is to be judged the long way.
    pub fn value<'a>(&self, text: &'a str) -> Option<Scalar<'a>> {
        self.token.kept(text, self.escapes)?.map(|(_, value)| value)
    }
}

#[derive(Debug)]
struct Part {
    /// What stands before the value.
    fixed: Box<str>,
    /// The usual values within that, by their distance from its beginning.
    usual: Box<[Token]>,
    value: Sort,
    next: Vec<u32>,
    habit: Habit,
}

/// How much a value changes, as far as it was watched; values by their hashes.
#[derive(Debug)]
enum Habit {
    /// Not known yet.
    Watched(u32, Vec<u64>),
    /// It is nearly always one of these.
    Usual(Vec<u64>),
    /// It changes.
    Free,
}

impl Habit {
    /// Takes in a value. Whether what was thought usual has turned out not to be.
    fn note(&mut self, value: &[u8]) -> bool {
        let hash = || foldhash::fast::FixedState::default().hash_one(value);
        match self {
            Self::Free => false,
            Self::Usual(known) => {
                let hash = hash();
                if !known.contains(&hash) {
                    known.push(hash);
                }
                let is_free = known.len() > USUAL;
                if is_free {
                    *self = Self::Free;
                }
                is_free
            }
            Self::Watched(seen, known) => {
                let hash = hash();
                *seen += 1;
                if !known.contains(&hash) {
                    known.push(hash);
                }
                if known.len() > FEW {
                    *self = Self::Free;
                } else if *seen >= WATCHED {
                    *self = Self::Usual(std::mem::take(known));
                }
                false
            }
        }
    }
}

/// Layouts as a tree: those that begin alike share their parts.
#[derive(Debug, Default)]
struct Tree {
    parts: Vec<Part>,
    starts: Vec<u32>,
    lines: u32,
    known: u32,
}

impl Tree {
    fn is_worth_trying(&mut self) -> bool {
        if self.lines >= TRIAL {
            if self.known < self.lines / 4 {
                return false;
            }
            self.lines /= 2;
            self.known /= 2;
        }
        true
    }

    /// The values of a line of a known layout; `false` where it is of none, or holds something to be judged the long way.
    fn find(&mut self, text: &str, steps: &mut Vec<Step>) -> bool {
        if self.starts.is_empty() || !self.is_worth_trying() {
            return false;
        }
        self.lines += 1;
        steps.clear();
        let found = self.walk(text, steps).is_some();
        self.known += u32::from(found);
        found
    }

    fn walk(&mut self, text: &str, steps: &mut Vec<Step>) -> Option<()> {
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
            let start = at;
            let mut escapes = Escapes::None;
            let end = match part.value {
                Sort::End | Sort::Truth(..) => at,
                Sort::Text(slot) => {
                    let end;
                    (end, escapes) = string_end(bytes, at)?;
                    if slot.is_some() && escapes == Escapes::Unicode {
                        return None;
                    }
                    end
                }
                Sort::Long(_) => string_end(bytes, at)?.0,
                Sort::Number(slot) => {
                    let (end, is_whole) = number_end(bytes, at)?;
                    if slot.is_some() && (!is_whole || bytes.get(start..end) == Some(b"-0")) {
                        return None;
                    }
                    end
                }
            };
            at = end;
            steps.push(Step { part: way, token: Token { sort: part.value, start, end }, escapes });
            if part.value == Sort::End {
                return Some(());
            }
            last = Some(way);
        }
    }

    /// Keeps a layout: the values of a line in order, each with whether it is to be part of the layout itself.
    fn learn(&mut self, text: &str, tokens: impl ExactSizeIterator<Item = (Token, bool)>) {
        if text.len() > LONGEST || self.is_full(tokens.len()) || !self.is_worth_trying() {
            return;
        }
        let end = Token { sort: Sort::End, start: text.len(), end: text.len() };
        let mut last: Option<u32> = None;
        let mut at = 0;
        let mut usual = Vec::new();
        for (token, is_usual) in tokens.chain([(end, false)]) {
            if is_usual {
                usual.push(Token { start: token.start - at, end: token.end - at, ..token });
                continue;
            }
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
                usual.clear();
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
            let usual = std::mem::take(&mut usual).into();
            self.parts.push(Part { fixed: fixed.into(), usual, value: token.sort, next: Vec::new(), habit: Habit::Watched(0, Vec::new()) });
            last = Some(way);
        }
    }

    /// Whether there is no room for so many parts more.
    fn is_full(&self, more: usize) -> bool {
        self.parts.len() + more >= MOST_PARTS
    }

    /// The part of most different usual values changes from now on.
    fn free_the_most_different(&mut self) {
        let different = |part: &Part| if let Habit::Usual(known) = &part.habit { known.len() } else { 0 };
        if let Some(part) = self.parts.iter_mut().max_by_key(|part| different(part)) {
            part.habit = Habit::Free;
        }
    }

    fn capture<'a>(&self, steps: &[Step], text: &'a str, hit: Slot, captured: &mut Captured<'a>, mut each: impl FnMut(Option<usize>)) -> Option<()> {
        for step in steps {
            let part = self.parts.get(step.part as usize)?;
            let base = step.token.start - part.fixed.len();
            for token in &part.usual {
                let token = Token { start: base + token.start, end: base + token.end, ..*token };
                let value = text.get(token.start..token.end)?;
                let escapes = if memchr::memchr(b'\\', value.as_bytes()).is_some() { Escapes::Simple } else { Escapes::None };
                keep(token.kept(text, escapes)?, hit, captured)?;
            }
            each(keep(step.token.kept(text, step.escapes)?, hit, captured)?);
        }
        Some(())
    }
}

/// Keeps a value; gives its place if it is the one that counts. `None` where it changes what other keys mean.
#[expect(clippy::option_option, reason = "not kept is no failure")]
fn keep<'a>(value: Option<(Slot, Scalar<'a>)>, hit: Slot, captured: &mut Captured<'a>) -> Option<Option<usize>> {
    let Some((slot, value)) = value else { return Some(None) };
    if slot == hit && matches!(&value, Scalar::Text(text) if !is_usable(text)) {
        return None;
    }
    let place = captured.slots().len();
    captured.put(slot, value);
    Some((captured.slots().len() > place).then_some(place))
}

/// The layouts.
#[derive(Debug, Default)]
pub struct Layouts {
    /// Every value apart.
    plain: Tree,
    /// Usual values as part of the layout.
    usual: Tree,
    /// The values of the line that was found last.
    steps: Vec<Step>,
    /// How often the usual layouts were thrown away.
    age: u32,
    is_closed: bool,
}

/// A line of a known layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Nothing more is known.
    Plain,
    /// The usual values are known, too: lines with the same number differ in nothing but [`Layouts::steps`].
    Usual(u64),
}

impl Layouts {
    /// Looks for the layout of a line; `None` where it is of none, or holds something to be judged the long way.
    pub fn find(&mut self, text: &str) -> Option<Known> {
        if self.is_closed {
            return None;
        }
        if self.usual.find(text, &mut self.steps) {
            return Some(Known::Usual(u64::from(self.age) << 32 | u64::from(self.steps.last()?.part)));
        }
        if !self.plain.find(text, &mut self.steps) {
            return None;
        }
        self.watch(text);
        Some(Known::Plain)
    }

    /// How often numbers of [`Known::Usual`] have lost their meaning.
    pub fn age(&self) -> u32 {
        self.age
    }

    /// The values of the line found last that are not usual, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Keeps the values of the line found last, and tells of each of its steps the place where it is kept. `false` where it
    /// is to be judged the long way; what was captured until then means nothing. `hit` must have a usable value: on it
    /// depends what other keys mean.
    pub fn capture<'a>(&self, known: Known, text: &'a str, hit: Slot, captured: &mut Captured<'a>, each: impl FnMut(Option<usize>)) -> bool {
        let tree = if known == Known::Plain { &self.plain } else { &self.usual };
        tree.capture(&self.steps, text, hit, captured, each).is_some()
    }

    /// Watches which values of the line at hand are usual, and learns its usual layout as soon as that is known of all.
    fn watch(&mut self, text: &str) {
        let mut is_known = true;
        let mut is_refuted = false;
        for step in &self.steps {
            let Some(part) = self.plain.parts.get_mut(step.part as usize) else { return };
            if matches!(step.token.sort, Sort::End | Sort::Truth(..)) {
                continue;
            }
            is_refuted |= part.habit.note(text.as_bytes().get(step.token.start..step.token.end).unwrap_or_default());
            is_known &= !matches!(part.habit, Habit::Watched(..));
        }
        // Usual values that go with each other in many ways make too many layouts.
        if is_known && self.usual.is_full(self.steps.len()) {
            self.plain.free_the_most_different();
            is_refuted = true;
        }
        if is_refuted {
            self.usual = Tree::default();
            self.age += 1;
        }
        let values = self.steps.split_last().map_or(&[][..], |(_, values)| values);
        if is_known {
            let habit = |part: u32| self.plain.parts.get(part as usize).map(|part| &part.habit);
            let is_usual = |step: &Step| matches!(step.token.sort, Sort::Truth(..)) || matches!(habit(step.part), Some(Habit::Usual(_)));
            self.usual.learn(text, values.iter().map(|step| (step.token, is_usual(step))));
        }
    }

    /// Learns nothing any more.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Keeps the layout of a line that was read the long way, with its values in order.
    pub fn learn(&mut self, text: &str, tokens: &[Token]) {
        if !self.is_closed {
            self.plain.learn(text, tokens.iter().map(|token| (*token, false)));
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
        // Read often enough, the line is known by its usual values as well.
        for round in 0..=WATCHED {
            let Some(found) = layouts.find(second) else { return false };
            let mut fast = Captured::default();
            if !layouts.capture(found, second, hit, &mut fast, |_| {}) {
                return false;
            }
            if [0, WATCHED].contains(&round) {
                compare(&paths, second, hit, &slots, &fast);
            }
        }
        true
    }

    fn compare(paths: &Paths, second: &str, hit: Slot, slots: &[Slot], fast: &Captured<'_>) {
        let slow = capture(paths, Some(hit), second.as_bytes()).unwrap_or_else(|error| panic!("{error}: {second}"));
        for slot in slots.iter().copied().chain([hit]) {
            assert_eq!(fast.get(slot), slow.get(slot), "{second}");
        }
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
            assert_eq!(layouts.find(&format!("{{\"other{line}\":1}}")), None);
        }
        assert_eq!(layouts.plain.lines, TRIAL);
        assert!(layouts.plain.starts.len() <= MOST_WAYS);
    }

    #[test]
    fn usual_values_become_part_of_the_layout_until_they_change() {
        let (paths, hit, slots) = paths();
        let mut layouts = Layouts::default();
        let mut find = |a: &str, c: u32, z: &str| {
            let text = format!(r#"{{"a":"{a}","b":{{"c":{c}}},"z":"{z}","f":"long"}}"#);
            let mut tokens = Vec::new();
            let found = layouts.find(&text);
            let mut fast = Captured::default();
            let mut places = Vec::new();
            match found {
                None => {
                    scan(&paths, hit, &text, &mut fast, &mut tokens);
                    layouts.learn(&text, &tokens);
                }
                Some(found) => assert!(layouts.capture(found, &text, hit, &mut fast, |place| places.push(place))),
            }
            compare(&paths, &text, hit, &slots, &fast);
            (found, places)
        };
        for line in 0..=WATCHED + 1 {
            find(if line % 2 == 0 { "x\\\\y" } else { "-" }, line, "same");
        }
        // Only `c` and the end of the line are left; `a` and `f` stand before and behind it.
        let (one, places) = find("x\\\\y", 7, "same");
        assert!(matches!(one, Some(Known::Usual(_))));
        assert_eq!(places, [Some(1), None]);
        let (other, places) = find("-", 8, "same");
        assert!(matches!(other, Some(Known::Usual(_))) && other != one);
        assert_eq!(places, [Some(0), None]);
        // Another value is usual from now on, and too many are none.
        assert_eq!(find("x\\\\y", 7, "z").0, Some(Known::Plain));
        assert!(matches!(find("x\\\\y", 9, "z").0, Some(Known::Usual(_))));
        for value in 0..USUAL {
            find("-", 7, &value.to_string());
        }
        find("-", 7, "once more");
        let (freed, places) = find("-", 7, "and again");
        assert!(matches!(freed, Some(Known::Usual(_))));
        assert_eq!(places, [Some(0), None, None]);
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
