//! Unwrapping: gzip, Zstandard and zip, one inside the other, with a limit to how much may come out.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::progress::Progress;

/// So much may come out of any file without a question: 64 MiB.
pub const FREE: u64 = 64 << 20;
/// Beyond [`FREE`], bytes that may come out for each byte that went in. Logs reach 50; a bomb, 1000.
pub const RATIO: u64 = 200;

/// Counts the bytes read from disk for one file, for the progress and for the ratio.
#[derive(Debug, Default)]
pub struct Meter {
    read: AtomicU64,
    size: u64,
}

impl Meter {
    /// A meter for a file of `size` bytes; 0 where unknown.
    pub fn new(size: u64) -> Arc<Self> {
        Arc::new(Self { read: AtomicU64::new(0), size })
    }

    /// Bytes that went in. Reading the same bytes again adds nothing beyond the file's size: entries of
    /// an archive that lie over one another earn no allowance.
    fn went_in(&self) -> u64 {
        let read = self.read.load(Ordering::Relaxed);
        if self.size > 0 { read.min(self.size) } else { read }
    }

    /// Adds bytes that somebody else read.
    pub fn add(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A reader whose bytes are counted and told to the progress.
pub struct Metered<'a, R> {
    /// Where the bytes come from.
    pub input: R,
    /// Who counts.
    pub meter: Arc<Meter>,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// For which file.
    pub path: &'a Path,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.meter.add(count as u64);
        self.progress.advanced(self.path, count as u64);
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

/// Ends a stream that gives out more than any log does.
struct Guard<R> {
    input: R,
    meter: Arc<Meter>,
    out: Arc<AtomicU64>,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let out = self.out.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        if out > FREE && out / RATIO > self.meter.went_in() {
            return Err(io::Error::other(format!(
                "stopped after {} MiB: it unpacks to more than {RATIO} times its size, as a decompression bomb does",
                out >> 20
            )));
        }
        Ok(count)
    }
}

/// Unwraps the streams of one file. What comes out of all its layers and entries counts together.
#[derive(Debug, Clone)]
pub struct Unwrapping {
    meter: Arc<Meter>,
    out: Arc<AtomicU64>,
}

impl Unwrapping {
    /// Unwrapping for the file that `meter` counts.
    pub fn new(meter: Arc<Meter>) -> Self {
        Self { meter, out: Arc::new(AtomicU64::new(0)) }
    }

    fn guard<'a>(&self, input: impl Read + 'a) -> Box<dyn Read + 'a> {
        Box::new(Guard { input, meter: Arc::clone(&self.meter), out: Arc::clone(&self.out) })
    }

    /// What a gzip stream holds, all members.
    pub fn gzip<'a>(&self, input: impl Read + 'a) -> Box<dyn Read + 'a> {
        self.guard(flate2::bufread::MultiGzDecoder::new(io::BufReader::with_capacity(128 << 10, input)))
    }

    /// What a Zstandard stream holds, all frames.
    ///
    /// # Errors
    /// Where the decoder cannot be made.
    pub fn zstd<'a>(&self, input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(self.guard(zstd::stream::read::Decoder::new(input)?))
    }

    /// An entry of an archive.
    pub fn entry<'a>(&self, input: impl Read + 'a) -> Box<dyn Read + 'a> {
        self.guard(input)
    }
}

/// Copies a stream into a file without a name, for readers that seek. What came before a break in the
/// stream is kept, and the break is told.
///
/// # Errors
/// Where there is no room for it.
pub fn spool(input: &mut dyn Read) -> io::Result<(File, Option<io::Error>)> {
    let mut file = tempfile::tempfile()?;
    let mut buffer = vec![0; 256 << 10];
    let mut trouble = None;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => io::Write::write_all(&mut file, buffer.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                trouble = Some(error);
                break;
            }
        }
    }
    file.rewind()?;
    Ok((file, trouble))
}

/// A stream whose first bytes have been looked at.
pub struct Peeked<'a> {
    head: Vec<u8>,
    taken: usize,
    rest: Box<dyn Read + 'a>,
    trouble: Option<io::Error>,
}

impl<'a> Peeked<'a> {
    /// Reads the first bytes, up to 64 KiB. A stream that breaks at once tells so when it is read.
    pub fn new(mut rest: Box<dyn Read + 'a>) -> Self {
        let mut head = vec![0; 64 << 10];
        let mut filled = 0;
        let mut trouble = None;
        while let Some(room) = head.get_mut(filled..).filter(|room| !room.is_empty()) {
            match rest.read(room) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        head.truncate(filled);
        Self { head, taken: 0, rest, trouble }
    }

    /// The first bytes that have not been read yet.
    pub fn head(&self) -> &[u8] {
        self.head.get(self.taken..).unwrap_or_default()
    }

    /// What broke the stream within its first bytes.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    /// Passes over the next `count` of the first bytes.
    pub fn pass(&mut self, count: usize) {
        self.taken = (self.taken + count).min(self.head.len());
    }
}

impl Read for Peeked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken < self.head.len() {
            let count = self.head().read(buffer)?;
            self.taken += count;
            return Ok(count);
        }
        if let Some(error) = self.trouble.take() {
            return Err(error);
        }
        self.rest.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Everything that comes out of `input` when `open` unwraps it, and the error at the end.
    fn unwrapped(input: &[u8], open: impl for<'a> Fn(&Unwrapping, Box<dyn Read + 'a>) -> Box<dyn Read + 'a>) -> (u64, Vec<u8>, Option<String>) {
        let meter = Meter::new(input.len() as u64);
        let unwrapping = Unwrapping::new(Arc::clone(&meter));
        let metered = Metered { input, meter, progress: &super::super::progress::Silent, path: Path::new("x") };
        let mut stream = open(&unwrapping, Box::new(metered));
        let mut first = Vec::new();
        let mut total = 0;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return (total, first, None),
                Ok(count) => {
                    total += count as u64;
                    if first.len() < 1 << 16 {
                        first.extend_from_slice(&buffer[..count]);
                    }
                }
                Err(error) => return (total, first, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn members_and_frames_are_read_one_after_another() {
        let members = [gzipped(b"one\n"), gzipped(b"two\n")].concat();
        assert_eq!(unwrapped(&members, |u, r| u.gzip(r)), (8, b"one\ntwo\n".to_vec(), None));
        let frames = [zstd::encode_all(&b"one\n"[..], 0).unwrap(), zstd::encode_all(&b"two\n"[..], 0).unwrap()].concat();
        assert_eq!(unwrapped(&frames, |u, r| u.zstd(r).unwrap()), (8, b"one\ntwo\n".to_vec(), None));
    }

    #[test]
    fn a_bomb_is_stopped_and_said() {
        let bomb = gzipped(&vec![b' '; 200 << 20]);
        let (total, _, error) = unwrapped(&bomb, |u, r| u.gzip(r));
        assert!(total <= FREE + (1 << 20), "{total}");
        assert!(error.unwrap().contains("more than 200 times its size"));
    }

    #[test]
    fn layers_of_a_bomb_count_together() {
        let bomb = gzipped(&gzipped(&vec![b' '; 200 << 20]));
        let (_, _, error) = unwrapped(&bomb, |u, r| u.gzip(u.gzip(r)));
        assert!(error.unwrap().contains("decompression bomb"));
    }

    #[test]
    fn what_stands_before_a_cut_is_read() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|number| format!("{}\n", number.wrapping_mul(2_654_435_761)).into_bytes()).collect();
        let whole = gzipped(&text);
        let (total, first, error) = unwrapped(&whole[..whole.len() / 2], |u, r| u.gzip(r));
        assert!(total > 100_000 && text.starts_with(&first));
        assert!(error.is_some());
    }

    #[test]
    fn the_first_bytes_are_seen_and_still_read() {
        let mut peeked = Peeked::new(Box::new(&b"\xEF\xBB\xBFabc"[..]));
        assert_eq!(peeked.head(), b"\xEF\xBB\xBFabc");
        peeked.pass(3);
        let mut text = String::new();
        peeked.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }
}
