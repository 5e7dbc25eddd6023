//! One day of arrivals as a file: a line of JSON that says what it is, then the rows as numbers, packed and with a checksum.
//! Whatever is not exactly as it was written is no file at all.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Kept, start_of};
use crate::domain::{Address, Arrival, Arrivals, BucketSize, Completeness, Endpoint, Foreign, Range};

/// How files of this layout begin.
const MAGIC: &[u8] = b"rdptriage arrivals 1\n";
/// Bytes of a row: bucket within the day, endpoint, source, events.
const ROW: usize = 16;
/// Largest file that is believed, unpacked.
const LARGEST: u64 = 512 * 1024 * 1024;

/// What stands before the rows.
#[derive(Serialize, Deserialize)]
struct Head {
    question: String,
    day: i64,
    documents: u64,
    bucket: BucketSize,
    events: u64,
    endpoints: Vec<(Option<Address>, Option<Foreign>)>,
    sources: Vec<Address>,
    rows: usize,
}

/// The folder that holds the days of one question.
pub(super) struct Folder {
    path: PathBuf,
    question: String,
}

impl Folder {
    /// Below `root`. The name is a digest; the files hold the question itself, should two share one.
    pub(super) fn of(root: &Path, question: &str) -> Self {
        let mut digest = DefaultHasher::new();
        digest.write(question.as_bytes());
        Self { path: root.join("arrivals").join(format!("{:016x}", digest.finish())), question: question.to_owned() }
    }

    fn file(&self, day: i64) -> PathBuf {
        self.path.join(format!("{}.zst", start_of(day).strftime("%Y-%m-%d")))
    }

    /// The day, where it was kept and nothing happened to it.
    pub(super) fn read(&self, day: i64) -> Option<Kept> {
        let file = std::fs::File::open(self.file(day)).ok()?;
        let mut bytes = Vec::new();
        zstd::Decoder::new(file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
        decode(&bytes, &self.question, day)
    }

    /// Keeps a day: all of it or nothing, for nobody else's eyes.
    pub(super) fn write(&self, day: i64, kept: &Kept) -> io::Result<()> {
        private(&self.path)?;
        // A temporary file is made with mode 0600.
        let file = tempfile::NamedTempFile::new_in(&self.path)?;
        let mut packed = zstd::Encoder::new(file, 3)?;
        packed.include_checksum(true)?;
        packed.write_all(&encode(&self.question, day, kept)?)?;
        packed.finish()?.persist(self.file(day)).map_err(|error| error.error)?;
        Ok(())
    }
}

fn private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn encode(question: &str, day: i64, kept: &Kept) -> io::Result<Vec<u8>> {
    let arrivals = &kept.arrivals;
    let head = Head {
        question: question.to_owned(),
        day,
        documents: kept.documents,
        bucket: arrivals.bucket,
        events: arrivals.completeness.events,
        endpoints: arrivals.endpoints.iter().map(|endpoint| (endpoint.address, endpoint.host.clone())).collect(),
        sources: arrivals.sources.clone(),
        rows: arrivals.rows.len(),
    };
    let first = arrivals.bucket.index(start_of(day).as_second());
    let mut bytes = MAGIC.to_vec();
    serde_json::to_writer(&mut bytes, &head)?;
    bytes.push(b'\n');
    for row in &arrivals.rows {
        let bucket = u32::try_from(row.bucket.saturating_sub(first)).map_err(|_| io::ErrorKind::InvalidData)?;
        for number in [bucket, row.endpoint, row.source, row.events] {
            bytes.extend(number.to_le_bytes());
        }
    }
    Ok(bytes)
}

fn decode(bytes: &[u8], question: &str, day: i64) -> Option<Kept> {
    let bytes = bytes.strip_prefix(MAGIC)?;
    let end = memchr::memchr(b'\n', bytes)?;
    let head: Head = serde_json::from_slice(bytes.get(..end)?).ok()?;
    let rows = bytes.get(end.checked_add(1)?..)?;
    if head.question != question || head.day != day || rows.len() != head.rows.checked_mul(ROW)? {
        return None;
    }
    let first = head.bucket.index(start_of(day).as_second());
    let number = |row: &[u8], place: usize| Some(u32::from_le_bytes(row.get(4 * place..4 * place + 4)?.try_into().ok()?));
    let rows = rows.chunks_exact(ROW).map(|row| {
        Some(Arrival { bucket: first.checked_add(number(row, 0)?.into())?, endpoint: number(row, 1)?, source: number(row, 2)?, events: number(row, 3)? })
    });
    let arrivals = Arrivals {
        bucket: head.bucket,
        range: Range { from: start_of(day), to: start_of(day.checked_add(1)?) },
        endpoints: head.endpoints.into_iter().map(|(address, host)| Endpoint { address, host }).collect(),
        sources: head.sources,
        rows: rows.collect::<Option<_>>()?,
        completeness: Completeness::whole(head.events),
    };
    Some(Kept { documents: head.documents, arrivals: Arc::new(arrivals) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::arrivals::NO_SOURCE;

    const DAY: i64 = 20_500;

    fn kept() -> Kept {
        let row = |bucket: i64, endpoint, source, events| Arrival { bucket: DAY * 96 + bucket, endpoint, source, events };
        let arrivals = Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: start_of(DAY), to: start_of(DAY + 1) },
            endpoints: vec![Endpoint { address: Address::clean("10.0.0.5"), host: Some("FS01\u{1b}[2J".into()) }, Endpoint { address: None, host: None }],
            sources: ["10.1.0.1", "2001:db8::7"].iter().filter_map(|source| Address::clean(source)).collect(),
            rows: vec![row(0, 0, 1, 1), row(0, 1, NO_SOURCE, 7), row(95, 0, 0, u32::MAX)],
            completeness: Completeness::whole(9),
        };
        Kept { documents: 11, arrivals: Arc::new(arrivals) }
    }

    #[test]
    fn a_day_is_read_back_as_it_was_kept_and_only_for_its_question() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::of(root.path(), "question");
        assert_eq!(folder.read(DAY), None);
        folder.write(DAY, &kept()).expect("written");
        assert_eq!(folder.read(DAY), Some(kept()));
        assert_eq!(folder.read(DAY + 1), None);
        assert_eq!(Folder::of(root.path(), "another question").read(DAY), None);
        // The same name by chance is not the same question.
        let stranger = Folder { path: folder.path.clone(), question: "another question".to_owned() };
        assert_eq!(stranger.read(DAY), None);
        assert!(folder.file(DAY).ends_with("2026-02-16.zst"), "{:?}", folder.file(DAY));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::of(&root.path().join("cache"), "question");
        folder.write(DAY, &kept()).expect("written");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder.file(DAY)), mode(&folder.path), mode(&root.path().join("cache"))), (0o600, 0o700, 0o700));
        assert_eq!(std::fs::read_dir(&folder.path).expect("a folder").count(), 1, "nothing temporary stays");
    }

    #[test]
    fn a_damaged_file_is_none() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::of(root.path(), "question");
        folder.write(DAY, &kept()).expect("written");
        let whole = std::fs::read(folder.file(DAY)).expect("there");
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x40;
            std::fs::write(folder.file(DAY), &damaged).expect("written");
            // A bit of the frame's head may mean nothing; then all of it must be as it was.
            assert!(folder.read(DAY).is_none_or(|read| read == kept()), "byte {place}");
            std::fs::write(folder.file(DAY), &whole[..place]).expect("written");
            assert_eq!(folder.read(DAY), None, "cut at {place}");
        }
    }
}
