//! Delimited text with a header line, as exported by Kibana, Splunk, Excel or a firewall.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::batch::Worker;
use super::interpret::Interpret;

/// How the rows of a file are to be read.
#[derive(Debug)]
pub struct Layout<C> {
    /// What the header says.
    pub columns: C,
    /// What stands between fields.
    pub delimiter: u8,
}

/// The names in the header line and the bytes it takes.
pub fn header(block: &[u8], delimiter: u8) -> Option<(Vec<String>, usize)> {
    let mut reader = reader(block, delimiter);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).ok()? {
        let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        // Excel marks its delimiter in a line of its own.
        let is_mark = names.len() <= 2 && names.first().is_some_and(|name| name.starts_with("sep="));
        if !is_mark && names.iter().any(|name| !name.is_empty()) {
            let end = usize::try_from(reader.position().byte()).ok()?;
            return Some((names, end));
        }
    }
    None
}

/// Gives a name to the column of messages, which the event viewer exports without one: a row has a field more than the header.
pub fn name_messages(names: &mut Vec<String>, rows: &[u8], delimiter: u8) {
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if !has("Event ID") || !has("Task Category") || has("Message") {
        return;
    }
    let mut record = csv::ByteRecord::new();
    if reader(rows, delimiter).read_byte_record(&mut record).is_ok_and(|found| found) && record.len() == names.len() + 1 {
        names.push("Message".to_owned());
    }
}

fn reader(block: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(64 << 10).from_reader(block)
}

/// Reads the rows of a block.
pub fn read<I: Interpret>(interpreter: &I, layout: &Layout<I::Columns>, block: &[u8], worker: &mut Worker<I::Memo>) {
    if memchr(b'"', block).is_none() {
        return read_unquoted(interpreter, layout, block, worker);
    }
    let mut rest = block;
    while let Some(bad) = read_quoted(interpreter, layout, rest, worker) {
        // A quote that nobody closed: its line is lost, and those behind it are read.
        worker.skip("row with a quote that is not closed".to_owned(), 1);
        let line = rest.get(bad..).unwrap_or_default();
        rest = memchr(b'\n', line).and_then(|end| line.get(end + 1..)).unwrap_or_default();
    }
}

/// Longest field that may hold line feeds: 64 KiB, twice the longest message of a Windows event.
const LONGEST_FIELD: usize = 64 << 10;

/// Reads rows up to one that cannot be right; its place comes back.
fn read_quoted<I: Interpret>(interpreter: &I, layout: &Layout<I::Columns>, block: &[u8], worker: &mut Worker<I::Memo>) -> Option<usize> {
    let mut reader = reader(block, layout.delimiter);
    let mut record = csv::ByteRecord::new();
    let place = |reader: &csv::Reader<&[u8]>| usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
    loop {
        let start = place(&reader);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                let is_open = |field: &[u8]| field.len() > LONGEST_FIELD && memchr(b'\n', field).is_some();
                if place(&reader) - start > LONGEST_FIELD && record.iter().any(is_open) {
                    // Line feeds in front of a row belong to the reader's idea of it.
                    let blank = block.get(start..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                    return Some(start + blank);
                }
                if record.iter().all(|field| field.trim_ascii().is_empty()) {
                    continue;
                }
                let reading = interpreter.row(&mut worker.memo, &layout.columns, &|place| record.get(place).and_then(text));
                worker.add(reading);
            }
            Ok(false) => return None,
            Err(_) => worker.skip("no row of delimited text".to_owned(), 1),
        }
    }
}

/// Without a quote in the whole block, fields end at delimiters and rows at line feeds, and nothing else matters.
fn read_unquoted<I: Interpret>(interpreter: &I, layout: &Layout<I::Columns>, block: &[u8], worker: &mut Worker<I::Memo>) {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest);
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == layout.delimiter || *byte == 0) {
            continue;
        }
        fields.clear();
        let mut start = 0;
        for place in memchr_iter(layout.delimiter, line) {
            fields.push((start, place));
            start = place + 1;
        }
        fields.push((start, line.len()));
        let field = |place: usize| fields.get(place).copied();
        // Looked at once, a whole line costs less than its fields one by one.
        let reading = match std::str::from_utf8(line) {
            Ok(line) => interpreter.row(&mut worker.memo, &layout.columns, &|place| {
                let (start, end) = field(place)?;
                let value = line.get(start..end)?.trim_ascii();
                (!value.is_empty()).then_some(Cow::Borrowed(value))
            }),
            Err(_) => interpreter.row(&mut worker.memo, &layout.columns, &|place| {
                let (start, end) = field(place)?;
                text(line.get(start..end)?)
            }),
        };
        worker.add(reading);
    }
}

/// An empty field has no value.
fn text(field: &[u8]) -> Option<Cow<'_, str>> {
    let field = field.trim_ascii();
    (!field.is_empty()).then(|| String::from_utf8_lossy(field))
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::super::sample::{Sample, times_and_sources};
    use super::*;

    fn rows(header_line: &str, body: &str, delimiter: u8) -> (Vec<(String, String)>, Batch) {
        let (names, _) = header(header_line.as_bytes(), delimiter).unwrap();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let layout = Layout { columns: Sample.header(&names).unwrap(), delimiter };
        let mut worker = Worker::new(0);
        read(&Sample, &layout, body.as_bytes(), &mut worker);
        let batch = worker.take();
        (times_and_sources(&batch), batch)
    }

    #[test]
    fn the_header_is_one_record_even_with_quotes() {
        assert_eq!(header(b"\r\n a ,\"b\nc\"\r\n1,2", b','), Some((vec!["a".to_owned(), "b\nc".to_owned()], 12)));
        assert_eq!(header(b"sep=;\r\na;b\n1;2", b';'), Some((vec!["a".to_owned(), "b".to_owned()], 11)));
        assert_eq!(header(b"", b','), None);
    }

    #[test]
    fn the_column_without_a_name_holds_the_messages() {
        let named = |header: &str, row: &str| {
            let mut names: Vec<String> = header.split(',').map(str::to_owned).collect();
            name_messages(&mut names, row.as_bytes(), b',');
            names.last().cloned().unwrap()
        };
        let header = "Level,Date and Time,Source,Event ID,Task Category";
        assert_eq!(named(header, "Information,3/8/2026 3:04:05 PM,Security,4624,Logon,\"Logged on.\n\nx\"\n"), "Message");
        assert_eq!(named(header, "Information,3/8/2026 3:04:05 PM,Security,4624,Logon\n"), "Task Category");
        assert_eq!(named("a,b", "1,2,3\n"), "b");
        assert_eq!(named(header, ""), "Task Category");
    }

    #[test]
    fn rows_with_and_without_quotes_read_alike() {
        let expected = [("2025-01-01T00:00:00Z", "10.0.0.1"), ("2025-01-01T00:00:01Z", "10.0.0.2")].map(|(time, source)| (time.to_owned(), source.to_owned()));
        let plain = "2025-01-01T00:00:00Z;x;10.0.0.1\r\n\r\n;;\r\n2025-01-01T00:00:01Z;;10.0.0.2";
        assert_eq!(rows("time;note;source\n", plain, b';').0, expected);
        let quoted = "\"2025-01-01T00:00:00Z\",\"x, \"\"y\"\"\nz\",10.0.0.1\n2025-01-01T00:00:01Z,,\"10.0.0.2\"\n";
        assert_eq!(rows("time,note,source\n", quoted, b',').0, expected);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_only_its_line() {
        let good = "2025-01-01T00:00:00Z,10.0.0.1\n".repeat(5000);
        let (found, batch) = rows("time,source\n", &format!("\"2025-01-01T00:00:00Z\",10.0.0.9\n\"never closed,10.0.0.2\n{good}"), b',');
        assert_eq!(found.len(), 5001);
        assert_eq!(batch.skipped, std::collections::BTreeMap::from([("row with a quote that is not closed".to_owned(), 1)]));
    }

    #[test]
    fn a_bad_row_costs_only_itself() {
        let (found, batch) = rows("time,source\n", "nonsense\n2025-01-01T00:00:00Z,10.0.0.1,more,than,wanted\n\u{fffd},\n", b',');
        assert_eq!(found, [("2025-01-01T00:00:00Z".to_owned(), "10.0.0.1".to_owned())]);
        assert_eq!(batch.skipped["no time"], 2);
    }
}
