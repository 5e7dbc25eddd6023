//! The file of a case: what is saved stays, whoever else is there and whatever happens to the file.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn now() -> Timestamp {
    "2025-03-04T12:00:00Z".parse().unwrap()
}

fn note(text: &str) -> Act {
    Act::Noted { text: text.into(), step: None }
}

fn made(folder: &tempfile::TempDir) -> Ledger {
    Ledger::create(&folder.path().join("a.rdpcase"), "kim@jump".into(), now()).unwrap()
}

fn tampered(ledger: &Ledger, sql: &str) -> Vec<Fault> {
    let other = Connection::open(ledger.path()).unwrap();
    other.execute_batch("DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed;").unwrap();
    other.execute_batch(sql).unwrap();
    ledger.verify(None).unwrap().faults
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = made(&folder);
    let path = ledger.path().to_owned();
    ledger.append(now(), note("one"), &[]).unwrap();
    ledger.append(now(), note("two"), &["{\"a\":1}".into()]).unwrap();
    drop(ledger);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let ledger = Ledger::open(&path, "lee@jump".into(), now()).unwrap();
    let entries = ledger.entries_after(0).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(entries[1].prev, entries[0].hash);
    assert_eq!(ledger.documents().unwrap().into_values().collect::<Vec<_>>(), ["{\"a\":1}"]);
    let audit = ledger.verify(Some(entries[0].hash)).unwrap();
    assert!(audit.is_whole(), "{audit:?}");
    assert_eq!((audit.entries, audit.documents, audit.head), (2, 1, entries[1].hash));
}

#[test]
fn a_second_person_reads_along_and_is_told_who_writes() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = made(&folder);
    let mut second = Ledger::open(first.path(), "lee@jump".into(), now()).unwrap();
    let Mode::Reader { holder: Some(holder) } = second.mode() else { unreachable!("{:?}", second.mode()) };
    assert_eq!((holder.author.raw(), holder.pid), ("kim@jump", std::process::id()));
    first.append(now(), note("one"), &[]).unwrap();
    assert_eq!(second.entries_after(0).unwrap().len(), 1);
    first.append(now(), note("two"), &[]).unwrap();
    assert_eq!(second.entries_after(1).unwrap()[0].seq, 2);
    let refused = second.append(now(), note("three"), &[]).unwrap_err();
    assert!(refused.what.ends_with("was not changed: kim@jump writes it"), "{}", refused.what);
    drop(first);
    let mut second = Ledger::open(second.path(), "lee@jump".into(), now()).unwrap();
    assert_eq!(second.append(now(), note("three"), &[]).unwrap().seq, 3);
}

#[test]
fn the_file_itself_refuses_to_change_or_remove_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = made(&folder);
    ledger.append(now(), note("one"), &[]).unwrap();
    for sql in ["UPDATE entry SET body = '{}'", "DELETE FROM entry", "INSERT OR REPLACE INTO entry VALUES (1, x'00', '{}', x'00')"] {
        let changed = ledger.connection.execute(sql, []);
        let survived = ledger.entries_after(0).unwrap()[0].body.contains("one");
        assert!(changed.is_err() && survived || !ledger.verify(None).unwrap().is_whole(), "{sql}");
    }
}

#[test]
fn tampering_with_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (place, (sql, expected)) in [
        ("UPDATE entry SET body = replace(body, 'two', '2') WHERE seq = 2", vec![Fault::Altered(2)]),
        ("UPDATE entry SET hash = x'00' WHERE seq = 3", vec![Fault::Altered(3)]),
        ("DELETE FROM entry WHERE seq = 2", vec![Fault::Missing(2)]),
        ("DELETE FROM entry WHERE seq = 3", vec![Fault::Cut { expected: 3, found: 2 }]),
        (
            "UPDATE entry SET body = (SELECT other.body FROM entry other WHERE other.seq = 4 - entry.seq) WHERE seq IN (1, 3)",
            vec![Fault::Moved { at: 1, written_as: 3 }],
        ),
        ("UPDATE document SET zstd = x'00'", vec![Fault::DocumentAltered(Hash::of(b"{}"))]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut ledger = Ledger::create(&folder.path().join(format!("{place}.rdpcase")), "kim".into(), now()).unwrap();
        for text in ["one", "two", "three"] {
            ledger.append(now(), note(text), &["{}".into()]).unwrap();
        }
        let found = tampered(&ledger, sql);
        assert!(expected.iter().all(|fault| found.contains(fault)), "{sql}: {found:?}");
    }
}

#[test]
fn a_newer_case_a_foreign_file_and_a_missing_one_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let newer = made(&folder);
    let path = newer.path().to_owned();
    newer.connection.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    let error = Ledger::open(&path, "kim".into(), now()).unwrap_err();
    assert!(error.what.ends_with("was written in form 7, this version reads form 1"), "{}", error.what);
    let other = folder.path().join("b.rdpcase");
    std::fs::write(&other, "not a case at all, but long enough to have a header of its own, and then some").unwrap();
    let error = Ledger::read(&other).unwrap_err();
    assert!(error.what.ends_with("file is not a database"), "{}", error.what);
    let error = Ledger::open(&folder.path().join("c.rdpcase"), "kim".into(), now()).unwrap_err();
    assert!(error.what.contains("No such file"), "{}", error.what);
    assert!(!folder.path().join("c.rdpcase").exists());
}

#[test]
fn a_full_disk_is_said_and_nothing_half_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = made(&folder);
    ledger.append(now(), note("one"), &[]).unwrap();
    let pages: i64 = ledger.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    ledger.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let noise: String = (0..400_000_u64).map(|number| char::from(b'a' + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59) as u8 % 26)).collect();
    let error = ledger.append(now(), note("two"), &[noise]).unwrap_err();
    assert!(error.is_passing && error.what.contains("full"), "{error:?}");
    assert_eq!(ledger.entries_after(0).unwrap().len(), 1);
    ledger.connection.pragma_update_and_check(None, "max_page_count", pages + 1000, |_| Ok(())).unwrap();
    assert_eq!(ledger.append(now(), note("two"), &[]).unwrap().seq, 2);
    assert!(ledger.verify(None).unwrap().is_whole());
}

#[test]
fn the_place_on_the_screen_is_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = made(&folder);
    assert_eq!(ledger.place().unwrap(), None);
    ledger.keep_place("{\"tab\":1}").unwrap();
    ledger.keep_place("{\"tab\":2}").unwrap();
    assert_eq!(ledger.place().unwrap().as_deref(), Some("{\"tab\":2}"));
    assert_eq!(ledger.entries_after(0).unwrap(), []);
}
