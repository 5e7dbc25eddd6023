//! The child: one JSON record a line on standard output, and on standard error what it is at.
//!
//! ```text
//! chunk 17 2001 2090     begins chunk 17, which holds the records 2001 to 2090
//! skip 3 a damaged ...   three records or chunks could not be read, and why
//! fail it is no ...      the whole file could not be read, and why
//! end                    everything has been read
//! ```

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::sync::Arc;

use evtx::{EvtxChunkData, EvtxParser, ParserSettings};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space of the child: 1 GiB.
const MEMORY: u64 = 1 << 30;
/// Bytes before the first chunk.
const HEADER: u64 = 4096;
/// Bytes of a chunk.
pub const CHUNK: u64 = 65536;

/// The hidden command `__read-evtx [--from-chunk N] FILE`; `-` is standard input, which must be a file.
pub fn child_main(path: &OsStr, from: u64) -> ExitCode {
    // A child that cannot be limited is still a child; the parent watches it in any case.
    let _ = setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) });
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let mut status = io::stderr().lock();
    let file = if path == "-" { rustix::stdio::stdin().as_fd().try_clone_to_owned().map(File::from) } else { File::open(path) };
    let result = match file {
        Ok(file) => render(file, from, &mut io::stdout().lock(), &mut status),
        Err(error) => writeln!(status, "fail {error}"),
    };
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes the records of a log, from its chunk number `from` (in the order of the records) to its end.
///
/// # Errors
/// Where the output cannot be written; trouble with the log itself goes to `status`.
pub fn render(mut log: impl Read + Seek, from: u64, out: &mut impl Write, status: &mut impl Write) -> io::Result<()> {
    let tail = cut_chunk(&mut log)?;
    log.rewind()?;
    let mut parser = match EvtxParser::from_read_seek(log) {
        Ok(parser) => parser,
        Err(_) => return writeln!(status, "fail it has no sound header of a Windows event log"),
    };
    let settings = Arc::new(ParserSettings::new().indent(false));
    let mut text = Vec::new();
    let mut total = 0_u64;
    for chunk in parser.chunks() {
        let number = total;
        total += 1;
        if number < from {
            continue;
        }
        match chunk {
            Ok(chunk) => render_chunk(chunk, number, &settings, &mut text, out, status)?,
            Err(_) => writeln!(status, "skip 1 chunk of a log that is damaged")?,
        }
    }
    if let Some(tail) = tail.filter(|_| total >= from) {
        writeln!(status, "skip 1 chunk of a log that is cut off")?;
        // Its records before the cut are as good as any.
        if let Ok(chunk) = EvtxChunkData::new(tail, false) {
            render_chunk(chunk, total, &settings, &mut text, out, status)?;
        }
    }
    writeln!(status, "end")?;
    status.flush()
}

/// The last chunk of a log, filled up with zeros, where the file ends in its middle.
fn cut_chunk(log: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let size = log.seek(SeekFrom::End(0))?;
    let rest = size.saturating_sub(HEADER) % CHUNK;
    if rest == 0 {
        return Ok(None);
    }
    log.seek(SeekFrom::Start(size - rest))?;
    let mut tail = Vec::new();
    log.read_to_end(&mut tail)?;
    if tail.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    tail.resize(usize::try_from(CHUNK).unwrap_or_default(), 0);
    Ok(Some(tail))
}

/// A chunk goes out whole or not at all, so that the parent knows what it lost when the child falls.
fn render_chunk(
    mut chunk: EvtxChunkData,
    number: u64,
    settings: &Arc<ParserSettings>,
    text: &mut Vec<u8>,
    out: &mut impl Write,
    status: &mut impl Write,
) -> io::Result<()> {
    let (first, last) = (chunk.header.first_event_record_id, chunk.header.last_event_record_id);
    writeln!(status, "chunk {number} {first} {last}")?;
    status.flush()?;
    text.clear();
    let mut damaged = 0_u64;
    match chunk.parse(Arc::clone(settings)) {
        Ok(mut chunk) => {
            for record in chunk.iter() {
                match record.and_then(evtx::EvtxRecord::into_json_bytes) {
                    Ok(record) => {
                        text.extend_from_slice(&record.data);
                        text.push(b'\n');
                    }
                    Err(_) => damaged += 1,
                }
            }
        }
        Err(_) => writeln!(status, "skip 1 chunk of a log that is damaged")?,
    }
    if damaged > 0 {
        writeln!(status, "skip {damaged} record of a log that is damaged")?;
    }
    out.write_all(text)?;
    out.flush()
}
