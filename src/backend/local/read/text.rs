//! Text of any of the encodings that Windows and Unix tools write, as UTF-8 bytes without a mark.

use std::io::{self, Read};

/// How text is spelled in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8, or bytes that claim to be.
    Utf8,
    /// Two bytes a unit, low byte first.
    Utf16Little,
    /// Two bytes a unit, high byte first.
    Utf16Big,
}

/// The encoding and how many bytes its mark takes.
pub fn encoding(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Little, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Big, 2),
        // Without a mark: Latin letters in UTF-16 have a zero on one side.
        [1..=0x7F, 0, 1..=0x7F, 0, ..] => (Encoding::Utf16Little, 0),
        [0, 1..=0x7F, 0, 1..=0x7F, ..] => (Encoding::Utf16Big, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// `input` (its mark already passed) as UTF-8.
pub fn decoded<'a>(input: Box<dyn Read + 'a>, encoding: Encoding) -> Box<dyn Read + 'a> {
    match encoding {
        Encoding::Utf8 => input,
        Encoding::Utf16Little => Box::new(Utf16::new(input, u16::from_le_bytes)),
        Encoding::Utf16Big => Box::new(Utf16::new(input, u16::from_be_bytes)),
    }
}

/// UTF-16 read as UTF-8; half a pair becomes the replacement character.
struct Utf16<R> {
    input: R,
    unit: fn([u8; 2]) -> u16,
    raw: Vec<u8>,
    odd: Option<u8>,
    high: Option<u16>,
    out: Vec<u8>,
    taken: usize,
}

impl<R: Read> Utf16<R> {
    fn new(input: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { input, unit, raw: vec![0; 64 << 10], odd: None, high: None, out: Vec::new(), taken: 0 }
    }

    /// Decodes the next piece; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.taken = 0;
        let count = self.input.read(&mut self.raw)?;
        if count == 0 {
            let is_cut = self.odd.take().is_some() | self.high.take().is_some();
            if is_cut {
                push(&mut self.out, char::REPLACEMENT_CHARACTER);
            }
            return Ok(is_cut);
        }
        let bytes = self.odd.take().into_iter().chain(self.raw.iter().take(count).copied());
        let mut first = None;
        for byte in bytes {
            let Some(low) = first.take() else {
                first = Some(byte);
                continue;
            };
            let unit = (self.unit)([low, byte]);
            let pair = self.high.take().into_iter().chain([unit]);
            for decoded in char::decode_utf16(pair) {
                match decoded {
                    Ok(character) => push(&mut self.out, character),
                    // The first half of a pair whose other half is still to come.
                    Err(error) if error.unpaired_surrogate() == unit && (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
                    Err(_) => push(&mut self.out, char::REPLACEMENT_CHARACTER),
                }
            }
        }
        self.odd = first;
        Ok(true)
    }
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.out.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let mut rest = self.out.get(self.taken..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One byte at a time: every pair and every unit is cut somewhere.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(slot)) = (self.0.split_first(), buffer.first_mut()) else { return Ok(0) };
            *slot = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn text(bytes: &[u8], encoding: Encoding) -> String {
        let mut out = String::new();
        decoded(Box::new(Drops(bytes)), encoding).read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn marks_tell_the_encoding() {
        assert_eq!(encoding(b"\xEF\xBB\xBFa"), (Encoding::Utf8, 3));
        assert_eq!(encoding(b"\xFF\xFEa\0"), (Encoding::Utf16Little, 2));
        assert_eq!(encoding(b"\xFE\xFF\0a"), (Encoding::Utf16Big, 2));
        assert_eq!(encoding(b"{\0\"\0"), (Encoding::Utf16Little, 0));
        assert_eq!(encoding(b"\0{\0\""), (Encoding::Utf16Big, 0));
        assert_eq!(encoding(b"{\"a\":1}"), (Encoding::Utf8, 0));
    }

    #[test]
    fn utf16_becomes_utf8_wherever_it_is_cut() {
        let wanted = "{\"user\":\"Jürgen 管理者 😀\"}\n";
        let little: Vec<u8> = wanted.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = wanted.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&little, Encoding::Utf16Little), wanted);
        assert_eq!(text(&big, Encoding::Utf16Big), wanted);
    }

    #[test]
    fn broken_pairs_and_a_cut_end_are_replaced() {
        let units = [0x41_u16, 0xD83D, 0x42, 0xDE00, 0x43, 0xD83D];
        let mut bytes: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&bytes, Encoding::Utf16Little), "A\u{FFFD}B\u{FFFD}C\u{FFFD}");
        bytes.truncate(3);
        assert_eq!(text(&bytes, Encoding::Utf16Little), "A\u{FFFD}");
    }
}
