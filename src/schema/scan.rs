//! The fast walk over a JSON document: the same answer as [`super::capture`], or none at all.
//!
//! Most records of a large export are plain: one line, no odd escapes, nothing nested deeply. Those are
//! walked here without decoding what nobody asked for. Wherever this walk cannot vouch that serde_json
//! would read the very same, it gives up and the document goes there. Giving up is always right; it only
//! costs time.

use std::borrow::Cow;

use memchr::memchr2;

use super::capture::Captured;
use super::paths::{Paths, ROOT, Slot};
use super::scalar::Scalar;

/// Well below serde_json's own limit of 128: what is nested deeper is for it to judge.
const DEEPEST: u8 = 100;

/// The values of the known paths; `None` where the text is for serde_json to judge.
pub fn scan<'a>(paths: &Paths, hit: Option<Slot>, text: &'a [u8]) -> Option<Captured<'a>> {
    // A control character is either white space between tokens, and rare on a line, or an error.
    // Whole stretches at once, without a way out of the middle, are looked at many bytes at a time.
    if text.chunks(256).any(|stretch| stretch.iter().fold(false, |found, byte| found | (*byte < b' '))) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let mut walk = Walk { text, at: 0, paths, hit, captured: Captured::default() };
    if walk.peek()? != b'{' {
        return None;
    }
    walk.object(Some(ROOT), 0)?;
    walk.peek().is_none().then_some(walk.captured)
}

struct Walk<'p, 'a> {
    text: &'a str,
    at: usize,
    paths: &'p Paths,
    hit: Option<Slot>,
    captured: Captured<'a>,
}

/// What a string holds besides plain characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    /// Only those of one letter.
    Simple,
    /// Code points by number, which may be halves of pairs.
    Unicode,
}

impl<'a> Walk<'_, 'a> {
    /// The next byte that is no space, not taken.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if byte != b' ' {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// An object whose brace comes next; `node` is its place in the tree, if any path leads there.
    fn object(&mut self, node: Option<u32>, depth: u8) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.take(b'"')?;
            let (key, escapes) = self.string()?;
            let child = match node {
                None => None,
                Some(_) if escapes != Escapes::None => return None,
                Some(ROOT) if key == "fields" && self.hit.is_some_and(|hit| self.captured.has(hit)) => Some(ROOT),
                Some(node) => self.paths.step(node, key),
            };
            self.take(b':')?;
            self.value(child, depth)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, node: Option<u32>, depth: u8) -> Option<()> {
        if node.is_some_and(|node| self.paths.pairs_of(node).is_some()) {
            return None;
        }
        self.take(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.value(node, depth)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, node: Option<u32>, depth: u8) -> Option<()> {
        if depth == DEEPEST {
            return None;
        }
        let first = self.peek()?;
        if let Some(long) = node.filter(|node| self.paths.is_long(*node)) {
            let start = self.at;
            self.value(None, depth)?;
            let raw = self.text.get(start..self.at)?;
            if let Some(slot) = self.paths.slot_at(long).filter(|_| raw != "null") {
                self.captured.put(slot, Scalar::Raw(raw));
            }
            return Some(());
        }
        let slot = node.and_then(|node| self.paths.slot_at(node));
        match first {
            b'{' => self.object(node, depth + 1),
            b'[' => self.array(node, depth + 1),
            b'"' => {
                self.at += 1;
                let (text, escapes) = self.string()?;
                let Some(slot) = slot else { return Some(()) };
                let text = match escapes {
                    Escapes::None => Cow::Borrowed(text),
                    Escapes::Simple => Cow::Owned(unescaped(text)),
                    Escapes::Unicode => return None,
                };
                self.captured.put(slot, Scalar::Text(text));
                Some(())
            }
            b't' => self.literal("true", slot, Scalar::Bool(true)),
            b'f' => self.literal("false", slot, Scalar::Bool(false)),
            b'n' => self.literal("null", None, Scalar::Bool(false)),
            _ => self.number(slot),
        }
    }

    fn literal(&mut self, word: &str, slot: Option<Slot>, value: Scalar<'a>) -> Option<()> {
        if !self.text.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        if let Some(slot) = slot {
            self.captured.put(slot, value);
        }
        Some(())
    }

    /// The inside of a string whose opening quote was taken, up to its closing quote, which is taken too.
    fn string(&mut self) -> Option<(&'a str, Escapes)> {
        let start = self.at;
        let mut escapes = Escapes::None;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let found = quote_or_backslash(rest)?;
            self.at += found + 1;
            if rest.get(found) == Some(&b'"') {
                return Some((self.text.get(start..self.at - 1)?, escapes));
            }
            match rest.get(found + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                    self.at += 1;
                    if escapes == Escapes::None {
                        escapes = Escapes::Simple;
                    }
                }
                b'u' if rest.get(found + 2..found + 6)?.iter().all(u8::is_ascii_hexdigit) => {
                    self.at += 5;
                    escapes = Escapes::Unicode;
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self, slot: Option<Slot>) -> Option<()> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            let from = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            (at > from).then_some(at)
        };
        let first = if bytes.get(start) == Some(&b'-') { start + 1 } else { start };
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
        self.at = end;
        let Some(slot) = slot else { return Some(()) };
        let text = self.text.get(start..end)?;
        // How a fraction, a negative zero or a number beyond 64 bits is read is serde_json's to say.
        if !is_whole || text == "-0" {
            return None;
        }
        self.captured.put(slot, Scalar::Int(text.parse().ok()?));
        Some(())
    }
}

/// Where the first quote or backslash stands. Most strings are short: for a few dozen bytes a word at a time is done
/// before a search made for long texts has set out.
#[inline]
fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The lowest byte that is zero has its high bit set here; bits above it may be wrong and are not looked at.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    for (number, word) in text.as_chunks::<8>().0.iter().enumerate() {
        if number == 8 {
            break;
        }
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ (ONES * b'"' as u64)) | zero(word ^ (ONES * b'\\' as u64));
        if found != 0 {
            return Some(number * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    let done = (text.len() / 8).min(8) * 8;
    memchr2(b'"', b'\\', text.get(done..)?).map(|found| done + found)
}

/// A text with escapes of one letter, decoded.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut after = after.chars();
        plain.extend(after.next().map(|letter| match letter {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        }));
        rest = after.as_str();
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::capture::capture;
    use super::*;

    fn paths() -> (Paths, Slot, Vec<Slot>) {
        let mut paths = Paths::default();
        let hit = paths.slot("_index");
        let slots = ["a", "b.c", "b.d.e", "f"].map(|path| paths.slot(path)).to_vec();
        paths.mark_long("f");
        paths.slot("g.name");
        paths.mark_pairs("g.pairs");
        (paths, hit, slots)
    }

    /// Either no answer, or that of serde_json.
    fn agrees(text: &str) -> bool {
        let (paths, hit, slots) = paths();
        let Some(fast) = scan(&paths, Some(hit), text.as_bytes()) else { return false };
        let slow = capture(&paths, Some(hit), text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        for slot in slots.into_iter().chain([hit]) {
            assert_eq!(fast.get(slot), slow.get(slot), "{text}");
        }
        true
    }

    #[test]
    fn plain_documents_are_walked() {
        for text in [
            r#"{}"#,
            r#" { "a" : "x" , "b" : { "c" : 7, "d": {"e": true} } } "#,
            r#"{"a":"C:\\Windows\\x.exe","b.c":"tab\there \"quoted\" \/"}"#,
            r#"{"a":[null,"-","x","y"],"b":[{"c":1},{"c":2}]}"#,
            r#"{"_index":"i","fields":{"a":["x"]},"z":[1.5e-3,-0,{"q":"\ud800"}]}"#,
            r#"{"_source":{"a":-12},"f":[1, {"x":"\\"}],"a":"second"}"#,
            r#"{"f":null,"a":null,"b":null,"管":"理"}"#,
            r#"{"a":"管理者"}"#,
        ] {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn the_first_quote_or_backslash_is_found_at_any_distance() {
        for length in 0..100 {
            for end in ["\"", "\\", "\"\\", "\\\""] {
                let text = format!("{}{end}xé\"", "é!#[]".repeat(30).chars().take(length).collect::<String>());
                let expected = text.bytes().position(|byte| byte == b'"' || byte == b'\\');
                assert_eq!(quote_or_backslash(text.as_bytes()), expected, "{text}");
            }
            assert_eq!(quote_or_backslash("x".repeat(length).as_bytes()), None);
        }
    }

    #[test]
    fn whatever_is_odd_is_left_to_serde_json() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{} {}",
            "{} x",
            r#"{"a":}"#,
            r#"{"a" "b"}"#,
            r#"{"a":1,}"#,
            r#"{,}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":1e}"#,
            r#"{"a":tru}"#,
            r#"{"a":nul}"#,
            r#"{"a":truex}"#,
            r#"{"z":"\x"}"#,
            r#"{"z":"\u12g4"}"#,
            r#"{"z":"\u12"}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":1.5}"#,
            r#"{"a":-0}"#,
            r#"{"a":99999999999999999999}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"\u0061":1}"#,
            "{\"a\":\n1}",
            "{\"a\":\"\u{1}\"}",
            r#"{"g":{"pairs":[{"@Name":"name","value":"x"}]}}"#,
            r#"{"a":'x'}"#,
            r#"{a:1}"#,
            r#"{"a":"x"#,
            r#"{"a":"x\"#,
        ] {
            assert!(!agrees(text), "{text}");
        }
        let deep = format!("{{\"z\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(!agrees(&deep));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Documents broken in any place: still no answer, or the same.
        #[test]
        fn never_another_answer_than_serde_json(
            text in r#"\{("(a|b|b\.c|f|g|_index|fields|z)" ?: ?(\{"(c|d|e|pairs|a)":("[a-z\\"/u0-9é]{0,6}"|[-0-9.e+]{1,5}|null|true|\[1,"x"\])\}|"[a-z\\bn"u0-9é]{0,8}"|[-0-9.e+]{1,6}|null|false|\[(null|"-"|2|\{"c":"y"\})(,3)?\]),?){0,5}\}"#,
            cut in 0usize..200,
            put in prop::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\t", "0", "é"]),
        ) {
            agrees(&text);
            let cut = (0..=cut.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
            agrees(&format!("{}{put}{}", &text[..cut], &text[cut..]));
            agrees(&text[..cut]);
        }
    }
}
