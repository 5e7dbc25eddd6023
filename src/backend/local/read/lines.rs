//! Cuts a stream into blocks of whole lines, so that several threads can read them.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr, memrchr2};

/// Bytes of an ordinary block, 256 KiB: small enough to be still in the cache of the processor when a thread works on it.
const BLOCK: usize = 256 << 10;
/// Longest line that is read, 16 MiB: no event is longer, and a line is held whole.
pub const LONGEST: usize = 16 << 20;

/// Where one line ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// At every line feed.
    Line,
    /// At a line feed outside quotes, as in CSV.
    Unquoted,
}

/// Some whole lines.
#[derive(Debug, Default)]
pub struct Block {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Block {
    /// A block of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { buffer: bytes.to_vec(), start: 0, end: bytes.len() }
    }

    /// The lines.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes `count` bytes off the front.
    pub fn pass(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

/// Cuts blocks off a stream.
pub struct Cutter<R> {
    input: R,
    ends: Ends,
    carry: Vec<u8>,
    spare: Vec<Vec<u8>>,
    is_ended: bool,
    too_long: u64,
    trouble: Option<io::Error>,
}

impl<R: Read> Cutter<R> {
    /// Starts cutting.
    pub fn new(input: R, ends: Ends) -> Self {
        Self { input, ends, carry: Vec::new(), spare: Vec::new(), is_ended: false, too_long: 0, trouble: None }
    }

    /// Gives back a block that is done with, for its memory.
    pub fn recycle(&mut self, block: Block) {
        if block.buffer.len() == BLOCK && self.spare.len() < 16 {
            self.spare.push(block.buffer);
        }
    }

    /// Lines passed over so far because they were longer than [`LONGEST`].
    pub fn too_long(&self) -> u64 {
        self.too_long
    }

    /// What ended the stream before its time; what had come until then was given out.
    pub fn trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self.input.read(buffer) {
                Ok(0) => {
                    self.is_ended = true;
                    return 0;
                }
                Ok(count) => return count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_ended = true;
                    self.trouble = Some(error);
                    return 0;
                }
            }
        }
    }

    /// Reads and forgets the rest of an endless line; what stands behind its end is left at the front.
    fn pass_long_line(&mut self, buffer: &mut [u8]) -> usize {
        self.too_long += 1;
        loop {
            let count = self.read(buffer);
            if count == 0 {
                return 0;
            }
            if let Some(end) = memchr(b'\n', buffer.get(..count).unwrap_or_default()) {
                buffer.copy_within(end + 1..count, 0);
                return count - end - 1;
            }
        }
    }

    /// The next whole lines; the last line of a stream needs no line feed.
    pub fn block(&mut self) -> Option<Block> {
        if self.is_ended && self.carry.is_empty() {
            return None;
        }
        let mut buffer = self.spare.pop().unwrap_or_else(|| vec![0; BLOCK]);
        if self.carry.len() >= buffer.len() {
            buffer.resize(self.carry.len() + BLOCK, 0);
        }
        let mut filled = self.carry.len();
        if let Some(front) = buffer.get_mut(..filled) {
            front.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        loop {
            while filled < buffer.len() && !self.is_ended {
                let room = buffer.get_mut(filled..).unwrap_or_default();
                filled += self.read(room);
            }
            let content = buffer.get(..filled).unwrap_or_default();
            if self.is_ended {
                // Where the stream broke, the last line broke with it: a port or a name cut in two is another one.
                if self.trouble.is_some() {
                    let whole = match self.ends {
                        Ends::Line => memrchr(b'\n', content),
                        Ends::Unquoted => last_unquoted_end(content),
                    };
                    filled = whole.map_or(0, |end| end + 1);
                }
                return (filled > 0).then_some(Block { buffer, start: 0, end: filled });
            }
            let cut = match self.ends {
                Ends::Line => memrchr(b'\n', content),
                Ends::Unquoted => last_unquoted_end(content),
            };
            let is_full = buffer.len() >= LONGEST;
            // A stray quote must not glue the rest of the file together.
            let cut = cut.or_else(|| if is_full { memrchr(b'\n', content) } else { None });
            match cut {
                Some(end) => {
                    self.carry.extend_from_slice(content.get(end + 1..).unwrap_or_default());
                    return Some(Block { buffer, start: 0, end: end + 1 });
                }
                None if is_full => filled = self.pass_long_line(&mut buffer),
                None => buffer.resize((buffer.len() * 2).min(LONGEST), 0),
            }
        }
    }
}

/// The last line feed outside quotes, where the content starts outside.
fn last_unquoted_end(content: &[u8]) -> Option<usize> {
    let mut is_quoted = memchr_iter(b'"', content).count() % 2 == 1;
    let mut rest = content;
    while let Some(place) = memrchr2(b'"', b'\n', rest) {
        if rest.get(place) == Some(&b'"') {
            is_quoted = !is_quoted;
        } else if !is_quoted {
            return Some(place);
        }
        rest = rest.get(..place).unwrap_or_default();
    }
    None
}

/// The lines of a block, without their ends; blank ones are passed over. Zero bytes at the edges, left
/// behind by a rotation that truncated the file under its writer, count as blank.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let line = match memchr(b'\n', rest) {
                Some(end) => {
                    let line = rest.get(..end).unwrap_or_default();
                    rest = rest.get(end + 1..).unwrap_or_default();
                    line
                }
                None => std::mem::take(&mut rest),
            };
            let line = trim(line);
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    })
}

fn trim(mut line: &[u8]) -> &[u8] {
    while let [b'\0' | b' ' | b'\t' | b'\r', rest @ ..] = line {
        line = rest;
    }
    while let [rest @ .., b'\0' | b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8], ends: Ends) -> (Vec<Vec<u8>>, u64) {
        let mut cutter = Cutter::new(input, ends);
        let mut blocks = Vec::new();
        while let Some(block) = cutter.block() {
            blocks.push(block.bytes().to_vec());
            cutter.recycle(block);
        }
        (blocks, cutter.too_long())
    }

    #[test]
    fn blocks_hold_whole_lines_and_lose_none() {
        let line = format!("{}\n", "x".repeat(999));
        let text = line.repeat(5000) + "last";
        let (blocks, too_long) = all(text.as_bytes(), Ends::Line);
        assert_eq!(too_long, 0);
        assert_eq!(blocks.len(), 20);
        assert_eq!(blocks.concat(), text.as_bytes());
        assert!(blocks.iter().take(19).all(|block| block.ends_with(b"\n") && block.len() <= BLOCK));
    }

    #[test]
    fn a_line_longer_than_a_block_is_read_and_an_endless_one_passed_over() {
        let long = "y".repeat(3 << 20);
        let endless = "z".repeat(50 << 20);
        let text = format!("first\n{long}\n{endless}\nafter\n{endless}");
        let (blocks, too_long) = all(text.as_bytes(), Ends::Line);
        assert_eq!(too_long, 2);
        let whole = blocks.concat();
        let found: Vec<usize> = lines(&whole).map(<[u8]>::len).collect();
        assert_eq!(found, [5, 3 << 20, 5]);
    }

    #[test]
    fn an_endless_line_that_ends_the_stream_is_counted_once() {
        let text = "z".repeat(LONGEST + 5);
        assert_eq!(all(text.as_bytes(), Ends::Line), (vec![], 1));
    }

    #[test]
    fn quoted_line_feeds_do_not_end_a_record() {
        assert_eq!(last_unquoted_end(b"a,\"b\nc\"\nd,\"e\nf"), Some(7));
        assert_eq!(last_unquoted_end(b"a,\"b\"\"\nc\"\n"), Some(9));
        assert_eq!(last_unquoted_end(b"a,\"b\nc"), None);
        let record = format!("1,\"{}\nmore\"\n", "q".repeat(700));
        let text = record.repeat(4000);
        let (blocks, _) = all(text.as_bytes(), Ends::Unquoted);
        assert!(blocks.len() > 1 && blocks.iter().all(|block| block.ends_with(b"more\"\n")));
        assert_eq!(blocks.concat(), text.as_bytes());
    }

    #[test]
    fn a_stray_quote_does_not_swallow_the_file() {
        let text = "a\"b,c\n".to_owned() + &format!("d,{}\n", "e".repeat(1000)).repeat(20 << 10);
        let (blocks, too_long) = all(text.as_bytes(), Ends::Unquoted);
        assert_eq!(too_long, 0);
        assert_eq!(blocks.concat().len(), text.len());
    }

    #[test]
    fn lines_are_trimmed_and_blank_ones_passed_over() {
        let found: Vec<&[u8]> = lines(b"\0\0\0{a}\r\n\n  \n{b}\n\0\0").collect();
        assert_eq!(found, [b"{a}".as_slice(), b"{b}"]);
    }

    #[test]
    fn a_stream_that_breaks_gives_what_came_before() {
        struct Broken(bool);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::Error::other("cut off"));
                }
                (&b"one\ntw"[..]).read(buffer)
            }
        }
        let mut cutter = Cutter::new(Broken(false), Ends::Line);
        assert_eq!(cutter.block().unwrap().bytes(), b"one\n");
        assert!(cutter.block().is_none());
        assert_eq!(cutter.trouble().unwrap().to_string(), "cut off");
    }
}
