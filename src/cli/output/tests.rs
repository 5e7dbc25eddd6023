//! What reaches files and pipes.

use super::*;
use crate::domain::Foreign;

const COLUMNS: &[Column] =
    &[Column::new("@timestamp", Sort::Moment), Column::text("user.name"), Column::new("events", Sort::Integer), Column::new("score", Sort::Number)];

fn cells(user: &str) -> Vec<Cell> {
    vec![Cell::Time("2025-01-01T00:00:00.5Z".parse().unwrap()), Cell::Foreign(Foreign::from(user)), Cell::Integer(-3), Cell::Number(0.5)]
}

fn written(format: Format, all: &[Vec<Cell>]) -> Vec<u8> {
    let mut sink = Sink::memory();
    let mut writer = rows(format, COLUMNS, &mut sink).unwrap();
    for cells in all {
        writer.row(cells).unwrap();
    }
    writer.finish().unwrap();
    sink.bytes().to_vec()
}

fn text(format: Format, all: &[Vec<Cell>]) -> String {
    String::from_utf8(written(format, all)).unwrap()
}

#[test]
fn csv_is_inert_in_spreadsheets_and_terminals_and_leaves_numbers_alone() {
    let table = [
        ("kim", "kim"),
        ("=1+1", "'=1+1"),
        ("+kim", "'+kim"),
        ("-kim", "'-kim"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\u{a0}=1", "'\u{a0}=1"),
        ("\u{200b}=1", "\\u{200b}=1"),
        ("\t=1", "\\u{9}=1"),
        ("\u{1b}[2Jroot", "\\u{1b}[2Jroot"),
        ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
        ("a\n=cmd\r\n@x", "a\\u{a}=cmd\\u{d}\\u{a}@x"),
        ("x,\"y\"", "\"x,\"\"y\"\"\""),
        ("＝1", "'＝1"),
        ("CORP\\kim", "CORP\\kim"),
        ("10.0.0.1", "10.0.0.1"),
    ];
    for (user, cell) in table {
        let csv = text(Format::Csv, &[cells(user)]);
        assert_eq!(csv, format!("@timestamp,user.name,events,score\n2025-01-01T00:00:00.500000Z,{cell},-3,0.5\n"), "{user:?}");
    }
}

#[test]
fn ndjson_is_exact_and_keeps_the_order_of_columns() {
    let mut empty = cells("");
    empty[1] = Cell::Empty;
    assert_eq!(
        text(Format::Ndjson, &[cells("=\u{1b}[31m\u{202e}"), empty]),
        "{\"@timestamp\":\"2025-01-01T00:00:00.500000Z\",\"user.name\":\"=\\u001b[31m\u{202e}\",\"events\":-3,\"score\":0.5}\n\
         {\"@timestamp\":\"2025-01-01T00:00:00.500000Z\",\"user.name\":null,\"events\":-3,\"score\":0.5}\n"
    );
}

#[test]
fn tables_are_aligned_and_inert() {
    assert_eq!(
        text(Format::Table, &[cells("\u{1b}[2Jroot"), cells("管理者")]),
        "@timestamp                   user.name      events  score\n\
         2025-01-01T00:00:00.500000Z  \\u{1b}[2Jroot      -3    0.5\n\
         2025-01-01T00:00:00.500000Z  管理者             -3    0.5\n"
    );
    let flood = text(Format::Table, &[cells(&"x".repeat(5000))]);
    assert!(flood.lines().all(|line| line.chars().count() < 200) && flood.contains('…'));
}

#[test]
fn parquet_reads_back_exactly() {
    use polars::prelude::{ParquetReader, SerReader as _};
    let mut empty = cells("x");
    empty[1] = Cell::Empty;
    let bytes = written(Format::Parquet, &[cells("=\u{1b}[31m"), empty]);
    let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap();
    assert_eq!(frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["@timestamp", "user.name", "events", "score"]);
    let users = frame.column("user.name").unwrap();
    assert_eq!((users.str().unwrap().get(0), users.str().unwrap().get(1)), (Some("=\u{1b}[31m"), None));
    assert_eq!(frame.column("events").unwrap().i64().unwrap().get(0), Some(-3));
    let times = frame.column("@timestamp").unwrap();
    assert_eq!(times.dtype().to_string(), "datetime[μs, UTC]");
    assert_eq!(times.datetime().unwrap().physical().get(0), Some(1_735_689_600_500_000));
}

#[test]
fn a_parquet_file_without_rows_still_has_its_columns() {
    use polars::prelude::{ParquetReader, SerReader as _};
    let frame = ParquetReader::new(std::io::Cursor::new(written(Format::Parquet, &[]))).finish().unwrap();
    assert_eq!((frame.height(), frame.width()), (0, 4));
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    std::fs::write(&path, "before").unwrap();
    let mut sink = Sink::open(Some(&path)).unwrap();
    sink.write_all(b"half").unwrap();
    drop(sink);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let mut sink = Sink::open(Some(&path)).unwrap();
    sink.write_all(b"after").unwrap();
    sink.finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "after");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
