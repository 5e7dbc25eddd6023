//! The file of a case: opened by one writer and any number of readers.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use super::error::shown;
use super::lock::{Holder, Lock};
use super::{LedgerError, storage};
use crate::case::verify::{self, Fault, Head};
use crate::case::{Act, Entry, Hash};
use crate::domain::{Foreign, Timestamp};

/// Form of the file; a newer one is refused, an older one is read for good.
const VERSION: i32 = 1;

/// How long a writer waits for another program that holds the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Entries are only added: the file itself refuses anything else, whoever asks.
const SCHEMA: &str = "
    CREATE TABLE entry (seq INTEGER PRIMARY KEY, prev BLOB NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE document (sha256 BLOB PRIMARY KEY, zstd BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
    CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
    CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
";

/// What may be done with an open case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Read and write.
    Writer,
    /// Read, and follow what another writes.
    Reader {
        /// Who writes, where that is known.
        holder: Option<Holder>,
    },
}

/// An open case.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
    mode: Mode,
    author: Foreign,
    _lock: Option<Lock>,
}

/// What `verify` found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Entries that could be read.
    pub entries: usize,
    /// Documents that could be read.
    pub documents: usize,
    /// Hash of the last entry.
    pub head: Hash,
    /// Everything wrong.
    pub faults: Vec<Fault>,
    /// What the store says of its own damage; empty where it finds none.
    pub damage: Vec<String>,
}

impl Audit {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty() && self.damage.is_empty()
    }
}

impl Ledger {
    /// Makes a new case file, which must not exist.
    ///
    /// # Errors
    /// Where it exists, or cannot be written.
    pub fn create(path: &Path, author: Foreign, now: Timestamp) -> Result<Self, LedgerError> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| LedgerError::io("making the case", path, &error))?;
        Self::open(path, author, now)
    }

    /// Opens a case to write it; where somebody else writes it, to read it.
    ///
    /// # Errors
    /// Where it does not exist, is no case, is damaged, or was written by a newer version.
    pub fn open(path: &Path, author: Foreign, now: Timestamp) -> Result<Self, LedgerError> {
        let holder = Holder { author: author.clone(), pid: std::process::id(), since: now };
        match Lock::take(path, &holder) {
            Ok(lock) => Self::connect(path, author, Mode::Writer, Some(lock)),
            Err(Ok(holder)) => Self::connect(path, author, Mode::Reader { holder }, None),
            Err(Err(error)) => Err(error),
        }
    }

    /// Opens a case to read it, whoever writes it.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        Self::connect(path, Foreign::default(), Mode::Reader { holder: None }, None)
    }

    fn connect(path: &Path, author: Foreign, mode: Mode, lock: Option<Lock>) -> Result<Self, LedgerError> {
        let tried = "opening the case";
        let failed = |error: &rusqlite::Error| LedgerError::store(tried, path, error);
        // A missing file must not become an empty case.
        std::fs::metadata(path).map_err(|error| LedgerError::io(tried, path, &error))?;
        let access = if mode == Mode::Writer { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|error| failed(&error))?;
        connection.busy_timeout(PATIENCE).map_err(|error| failed(&error))?;
        let found: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| failed(&error))?;
        if found > VERSION {
            return Err(LedgerError::new(format!("the case {} was written in form {found}, this version reads form {VERSION}", shown(path)))
                .advise("open it with the newer rdptriage, or ask for a `case export` made by it"));
        }
        let mut ledger = Self { path: path.to_owned(), connection, mode, author, _lock: lock };
        if ledger.mode == Mode::Writer {
            ledger.prepare(found).map_err(|error| failed(&error))?;
        } else if found == 0 {
            return Err(LedgerError::new(format!("{} is no case", shown(path))).advise("`case list` shows the cases there are"));
        }
        Ok(ledger)
    }

    /// Commits survive a power cut with either journal as long as every one of them is synced.
    fn prepare(&mut self, found: i32) -> Result<(), rusqlite::Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let journal = if storage::is_shared(folder) { "DELETE" } else { "WAL" };
        self.connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        if found == 0 {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What may be done with it.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Who writes in it here.
    pub fn author(&self) -> &Foreign {
        &self.author
    }

    /// Adds an act of this author, with the documents it rests on. When this returns, it is on the disk.
    ///
    /// # Errors
    /// Where it could not be saved; then nothing of it was.
    pub fn append(&mut self, time: Timestamp, act: Act, documents: &[String]) -> Result<Entry, LedgerError> {
        self.append_as(self.author.clone(), time, act, documents)
    }

    /// Adds an act of somebody else: what a merge brings.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_as(&mut self, author: Foreign, time: Timestamp, act: Act, documents: &[String]) -> Result<Entry, LedgerError> {
        if let Mode::Reader { holder } = &self.mode {
            let who = holder.as_ref().map_or_else(|| "it is open to be read only".to_owned(), |holder| format!("{} writes it", holder.author.safe()));
            return Err(LedgerError::new(format!("the case {} was not changed: {who}", shown(&self.path)))
                .advise("wait until it is closed there, or note it in a copy (`case export`, `case import`) and merge later"));
        }
        let path = self.path.clone();
        write(&mut self.connection, author, time, act, documents).map_err(|error| LedgerError::store("saving the case", &path, &error))
    }

    /// Fills an empty case with the entries and documents of an exported one, as they are.
    ///
    /// # Errors
    /// Where this case already has entries, or they cannot be saved; then none was.
    pub fn adopt(&mut self, entries: &[Entry], documents: &BTreeMap<Hash, String>) -> Result<(), LedgerError> {
        let path = self.path.clone();
        let failed = |error: &rusqlite::Error| LedgerError::store("saving the case", &path, error);
        if last(&self.connection).map_err(|error| failed(&error))?.seq > 0 {
            return Err(LedgerError::new(format!("the case {} is not empty", shown(&path))).advise("merge the other one into it, or import under another name"));
        }
        adopt(&mut self.connection, entries, documents).map_err(|error| failed(&error))
    }

    /// Every entry after number `seq`, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn entries_after(&self, seq: u64) -> Result<Vec<Entry>, LedgerError> {
        let read = || -> Result<Vec<Entry>, rusqlite::Error> {
            let mut statement = self.connection.prepare("SELECT seq, prev, body, hash FROM entry WHERE seq > ?1 ORDER BY seq")?;
            statement.query_map([seq.cast_signed()], entry)?.collect()
        };
        read().map_err(|error| LedgerError::store("reading the case", &self.path, &error))
    }

    /// Every document, by the hash under which it is kept, as far as it can be read.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn documents(&self) -> Result<BTreeMap<Hash, String>, LedgerError> {
        let kept = self.raw_documents().map_err(|error| LedgerError::store("reading the case", &self.path, &error))?;
        Ok(kept.into_iter().filter_map(|(hash, bytes)| Some((hash, String::from_utf8(bytes).ok()?))).collect())
    }

    fn raw_documents(&self) -> Result<BTreeMap<Hash, Vec<u8>>, rusqlite::Error> {
        let mut statement = self.connection.prepare("SELECT sha256, zstd FROM document")?;
        let rows = statement.query_map([], |row| Ok((hash(row, 0)?, row.get::<_, Vec<u8>>(1)?)))?;
        // What does not unpack has other bytes than were kept; the empty ones have another hash too.
        rows.map(|row| row.map(|(hash, packed)| (hash, zstd::decode_all(packed.as_slice()).unwrap_or_default()))).collect()
    }

    /// Where the person was on the screen, for coming back after a dropped line. It is no evidence, so the latest replaces
    /// the one before.
    ///
    /// # Errors
    /// Where it cannot be saved.
    pub fn keep_place(&mut self, body: &str) -> Result<(), LedgerError> {
        if self.mode != Mode::Writer {
            return Ok(());
        }
        let kept = self.connection.execute("INSERT INTO place VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET body = excluded.body", [body]);
        kept.map(|_| ()).map_err(|error| LedgerError::store("saving the case", &self.path, &error))
    }

    /// Where the person was.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn place(&self) -> Result<Option<String>, LedgerError> {
        let place = self.connection.query_row("SELECT body FROM place", [], |row| row.get(0)).optional();
        place.map_err(|error| LedgerError::store("reading the case", &self.path, &error))
    }

    /// Checks every entry and every document; with `known`, also whether the chain ever had that head.
    ///
    /// # Errors
    /// Where not even the list of entries can be read.
    pub fn verify(&self, known: Option<Hash>) -> Result<Audit, LedgerError> {
        let failed = |error: &rusqlite::Error| LedgerError::store("checking the case", &self.path, error);
        let entries = self.entries_after(0)?;
        let head = last(&self.connection).map_err(|error| failed(&error))?;
        let documents = self.raw_documents().map_err(|error| failed(&error))?;
        let hashes = documents.iter().map(|(name, bytes)| (*name, Hash::of(bytes))).collect();
        let mut faults = verify::entries(&entries, head);
        faults.extend(verify::documents(&entries, &hashes));
        faults.extend(known.and_then(|known| verify::against(&entries, known)));
        Ok(Audit { entries: entries.len(), documents: documents.len(), head: head.hash, faults, damage: self.damage() })
    }

    /// What the store finds wrong with its own pages.
    fn damage(&self) -> Vec<String> {
        let check =
            || -> Result<Vec<String>, rusqlite::Error> { self.connection.prepare("PRAGMA integrity_check(20)")?.query_map([], |row| row.get(0))?.collect() };
        match check() {
            Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
            Err(error) => vec![error.to_string()],
        }
    }
}

fn write(connection: &mut Connection, author: Foreign, time: Timestamp, act: Act, documents: &[String]) -> Result<Entry, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for document in documents {
        keep(&transaction, Hash::of(document.as_bytes()), document)?;
    }
    let head = last(&transaction)?;
    let entry = Entry::new(head.seq + 1, head.hash, time, author, act).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    add(&transaction, &entry)?;
    transaction.commit()?;
    Ok(entry)
}

fn adopt(connection: &mut Connection, entries: &[Entry], documents: &BTreeMap<Hash, String>) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    documents.iter().try_for_each(|(hash, document)| keep(&transaction, *hash, document))?;
    entries.iter().try_for_each(|entry| add(&transaction, entry))?;
    transaction.commit()
}

fn keep(transaction: &Transaction<'_>, hash: Hash, document: &str) -> Result<(), rusqlite::Error> {
    let packed = zstd::encode_all(document.as_bytes(), 0).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    transaction.prepare("INSERT INTO document VALUES (?1, ?2) ON CONFLICT DO NOTHING")?.execute((hash.bytes().as_slice(), packed)).map(|_| ())
}

fn add(transaction: &Transaction<'_>, entry: &Entry) -> Result<(), rusqlite::Error> {
    let seq = entry.seq.cast_signed();
    let hash = entry.hash.bytes().as_slice();
    transaction.prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4)")?.execute((seq, entry.prev.bytes().as_slice(), &entry.body, hash))?;
    transaction
        .prepare("INSERT INTO head VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash")?
        .execute((seq, hash))?;
    Ok(())
}

fn last(connection: &Connection) -> Result<Head, rusqlite::Error> {
    let head = connection.query_row("SELECT seq, hash FROM head", [], |row| Ok(Head { seq: row.get::<_, i64>(0)?.cast_unsigned(), hash: hash(row, 1)? }));
    Ok(head.optional()?.unwrap_or_default())
}

fn entry(row: &rusqlite::Row<'_>) -> Result<Entry, rusqlite::Error> {
    Ok(Entry { seq: row.get::<_, i64>(0)?.cast_unsigned(), prev: hash(row, 1)?, body: row.get(2)?, hash: hash(row, 3)? })
}

/// A hash of another length was tampered with: it is read as zeros, which fit nothing, so that the entry is named.
fn hash(row: &rusqlite::Row<'_>, column: usize) -> Result<Hash, rusqlite::Error> {
    Ok(Hash::from_bytes(&row.get::<_, Vec<u8>>(column)?).unwrap_or_default())
}

#[cfg(test)]
mod tests;
