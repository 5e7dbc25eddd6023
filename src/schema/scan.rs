//! The fast walk over a JSON document: the same answer as [`super::capture`], or none at all.
//!
//! Most records of a large export are plain: one line, no odd escapes, nothing nested deeply. Those are
//! walked here without decoding what nobody asked for. Wherever this walk cannot vouch that serde_json
//! would read the very same, it gives up and the document goes there. Giving up is always right; it only
//! costs time.

use std::borrow::Cow;

use super::capture::Captured;
use super::layout::{Escapes, Sort, Token, number_end, string_end};
use super::paths::{Paths, ROOT, Slot};
use super::scalar::{Scalar, is_usable};

/// Well below serde_json's own limit of 128: what is nested deeper is for it to judge.
const DEEPEST: u8 = 100;

/// How far the walk vouches for what it captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vouched {
    /// Not at all: the text is for serde_json to judge, and what was captured means nothing.
    No,
    /// For this text.
    Once,
    /// For every text with other values in the same places.
    Layout,
}

/// Captures the known paths. The values come into `tokens`, in order.
pub fn scan<'a>(paths: &Paths, hit: Slot, text: &'a str, captured: &mut Captured<'a>, tokens: &mut Vec<Token>) -> Vouched {
    tokens.clear();
    // A control character is either white space between tokens, and rare on a line, or an error.
    // Whole stretches at once, without a way out of the middle, are looked at many bytes at a time.
    if text.as_bytes().chunks(256).any(|stretch| stretch.iter().fold(false, |found, byte| found | (*byte < b' '))) {
        return Vouched::No;
    }
    let mut walk = Walk { text, at: 0, paths, hit, captured, tokens, is_odd: false };
    match walk.document() {
        None => Vouched::No,
        Some(()) if walk.is_odd => Vouched::Once,
        Some(()) => Vouched::Layout,
    }
}

struct Walk<'p, 'a, 't> {
    text: &'a str,
    at: usize,
    paths: &'p Paths,
    /// The slot of `_index`.
    hit: Slot,
    captured: &'t mut Captured<'a>,
    tokens: &'t mut Vec<Token>,
    /// Whether the same layout need not mean the same places.
    is_odd: bool,
}

impl<'a> Walk<'_, 'a, '_> {
    fn document(&mut self) -> Option<()> {
        if self.peek()? != b'{' {
            return None;
        }
        self.object(Some(ROOT), 0)?;
        self.peek().is_none().then_some(())
    }

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
                Some(ROOT) if key == "fields" && self.captured.has(self.hit) => Some(ROOT),
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
            let (start, tokens) = (self.at, self.tokens.len());
            self.value(None, depth)?;
            let raw = self.text.get(start..self.at)?;
            if let Some(slot) = self.paths.slot_at(long).filter(|_| raw != "null") {
                self.captured.put(slot, Scalar::Raw(Cow::Borrowed(raw)));
                match self.tokens.get_mut(tokens) {
                    Some(token) if first == b'"' => token.sort = Sort::Long(slot),
                    _ => self.is_odd = true,
                }
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
                self.tokens.push(Token { sort: Sort::Text(slot), start: self.at - 1 - text.len(), end: self.at - 1 });
                let Some(slot) = slot else { return Some(()) };
                let text = match escapes {
                    Escapes::None => Cow::Borrowed(text),
                    Escapes::Simple => Cow::Owned(unescaped(text)),
                    Escapes::Unicode => return None,
                };
                // On the index depends what other keys mean.
                self.is_odd |= slot == self.hit && !is_usable(&text);
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
            if let Scalar::Bool(value) = value {
                self.tokens.push(Token { sort: Sort::Truth(slot, value), start: self.at, end: self.at });
            }
            self.captured.put(slot, value);
        }
        Some(())
    }

    /// The inside of a string whose opening quote was taken, up to its closing quote, which is taken too.
    fn string(&mut self) -> Option<(&'a str, Escapes)> {
        let (end, escapes) = string_end(self.text.as_bytes(), self.at)?;
        let text = self.text.get(self.at..end)?;
        self.at = end + 1;
        Some((text, escapes))
    }

    fn number(&mut self, slot: Option<Slot>) -> Option<()> {
        let start = self.at;
        let (end, is_whole) = number_end(self.text.as_bytes(), start)?;
        self.at = end;
        self.is_odd |= slot == Some(self.hit);
        self.tokens.push(Token { sort: Sort::Number(slot), start, end });
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

/// A text with escapes of one letter, decoded.
pub fn unescaped(text: &str) -> String {
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
        let mut fast = Captured::default();
        if scan(&paths, hit, text, &mut fast, &mut Vec::new()) == Vouched::No {
            return false;
        }
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
