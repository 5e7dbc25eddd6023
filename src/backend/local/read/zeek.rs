//! Zeek's own tab-separated logs, which carry their layout in lines that start with `#`.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr_iter, memmem};

use super::batch::Worker;
use super::interpret::Interpret;
use super::lines::{Block, lines};

/// The column that carries the name of the log (`#path`), spelled as in Zeek's JSON.
const PATH: &str = "_path";

/// How the lines below a header are to be read.
#[derive(Debug)]
pub struct Layout<C> {
    /// What the header says; the reason where no schema fits.
    columns: Result<C, String>,
    separator: Vec<u8>,
    unset: Vec<u8>,
    empty: Vec<u8>,
    path: String,
    /// Place of the column [`PATH`], behind those of the file.
    path_place: usize,
}

/// Follows the header lines of a file.
#[derive(Debug)]
pub struct Header {
    separator: Vec<u8>,
    unset: Vec<u8>,
    empty: Vec<u8>,
    path: String,
}

impl Default for Header {
    fn default() -> Self {
        Self { separator: b"\t".to_vec(), unset: b"-".to_vec(), empty: b"(empty)".to_vec(), path: String::new() }
    }
}

impl Header {
    /// Takes in a header line; a layout comes out where the line names the fields.
    fn line<I: Interpret>(&mut self, interpreter: &I, line: &[u8]) -> Option<Layout<I::Columns>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(spelled) = line.strip_prefix(b"#separator ") {
            self.separator = unescaped(spelled);
            return None;
        }
        let mut fields = split(line, &self.separator);
        let key = fields.next()?;
        let mut value = || fields.next().unwrap_or_default().to_vec();
        match key {
            b"#unset_field" => self.unset = value(),
            b"#empty_field" => self.empty = value(),
            b"#path" => self.path = String::from_utf8_lossy(&value()).into_owned(),
            b"#fields" => {
                let names: Vec<String> = fields.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
                let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                let path_place = names.len();
                // Only a log that its own columns do not tell needs its name, value by value.
                let columns = interpreter.header(&names).or_else(|reason| {
                    if names.contains(&PATH) {
                        return Err(reason);
                    }
                    names.push(PATH);
                    interpreter.header(&names)
                });
                return Some(Layout {
                    columns,
                    separator: self.separator.clone(),
                    unset: self.unset.clone(),
                    empty: self.empty.clone(),
                    path: self.path.clone(),
                    path_place,
                });
            }
            _ => {}
        }
        None
    }

    /// Cuts a block where its layout changes. `current` is the layout that applies at its start and, afterwards, at its end.
    pub fn cut<I: Interpret>(
        &mut self,
        interpreter: &I,
        mut block: Block,
        current: &mut Option<Arc<Layout<I::Columns>>>,
    ) -> Vec<(Block, Arc<Layout<I::Columns>>)> {
        let mut pieces = Vec::new();
        let mut done = 0;
        let bytes = block.bytes();
        let first = bytes.starts_with(b"#").then_some(0);
        for start in first.into_iter().chain(memmem::find_iter(bytes, b"\n#").map(|place| place + 1)) {
            let rest = bytes.get(start..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let line = rest.get(..length).unwrap_or_default();
            if let Some(layout) = self.line(interpreter, line.trim_ascii_end()) {
                if let Some(layout) = current.as_ref() {
                    pieces.push((Block::of(bytes.get(done..start).unwrap_or_default()), Arc::clone(layout)));
                }
                done = start + length;
                *current = Some(Arc::new(layout));
            }
        }
        if let Some(layout) = current.as_ref() {
            block.pass(done);
            pieces.push((block, Arc::clone(layout)));
        }
        pieces
    }
}

impl<C> Layout<C> {
    /// Why no schema fits, where none does.
    pub fn misfit(&self) -> Option<&str> {
        self.columns.as_ref().err().map(String::as_str)
    }
}

/// `\x09` as the byte it means; other text stays.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((first, more)) = rest.split_first() {
        let code = rest.strip_prefix(b"\\x").and_then(|hex| hex.get(..2)).and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            rest = rest.get(4..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = more;
        }
    }
    if out.is_empty() { b"\t".to_vec() } else { out }
}

fn split<'a>(line: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        match memmem::find(line, separator) {
            Some(end) => {
                rest = line.get(end + separator.len()..);
                line.get(..end)
            }
            None => rest.take(),
        }
    })
}

/// Reads the lines of a block.
pub fn read<I: Interpret>(interpreter: &I, layout: &Layout<I::Columns>, block: &[u8], worker: &mut Worker<I::Memo>) {
    let columns = match &layout.columns {
        Ok(columns) => columns,
        Err(reason) => {
            let count = lines(block).filter(|line| !line.starts_with(b"#")).count();
            worker.skip(reason.clone(), count as u64);
            return;
        }
    };
    let mut fields: Vec<(usize, usize)> = Vec::new();
    for line in block.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"#") || line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            continue;
        }
        fields.clear();
        let mut start = 0;
        if let [separator] = layout.separator.as_slice() {
            for place in memchr_iter(*separator, line) {
                fields.push((start, place));
                start = place + 1;
            }
        } else {
            for place in memmem::find_iter(line, &layout.separator) {
                fields.push((start, place));
                start = place + layout.separator.len();
            }
        }
        fields.push((start, line.len()));
        let reading = interpreter.row(&mut worker.memo, columns, &|place| {
            if place == layout.path_place {
                return (!layout.path.is_empty()).then_some(Cow::Borrowed(layout.path.as_str()));
            }
            let (start, end) = *fields.get(place)?;
            let field = line.get(start..end)?;
            (!field.is_empty() && field != layout.unset && field != layout.empty).then(|| String::from_utf8_lossy(field))
        });
        worker.add(reading);
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::super::sample::{Sample, times_and_sources};
    use super::*;

    fn rows(text: &str) -> (Vec<(String, String)>, Batch) {
        let mut header = Header::default();
        let mut worker = Worker::new(0);
        let mut current = None;
        for (block, layout) in header.cut(&Sample, Block::of(text.as_bytes()), &mut current) {
            read(&Sample, &layout, block.bytes(), &mut worker);
        }
        let batch = worker.take();
        (times_and_sources(&batch), batch)
    }

    #[test]
    fn the_layout_may_change_in_the_middle() {
        let text = "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\ttime\tx\tsource\n#types\ttime\tstring\taddr\n\
            2025-01-01T00:00:00Z\t-\t10.0.0.1\n#close\t2025\n#separator |\n#unset_field|~\n#path|conn\n#fields|source|time\n\
            10.0.0.2|2025-01-01T00:00:01Z\n~|2025-01-01T00:00:02Z\n";
        let expected = [("2025-01-01T00:00:00Z", "10.0.0.1"), ("2025-01-01T00:00:01Z", "10.0.0.2"), ("2025-01-01T00:00:02Z", "-")];
        assert_eq!(rows(text).0, expected.map(|(time, source)| (time.to_owned(), source.to_owned())));
    }

    #[test]
    fn lines_under_a_header_that_fits_no_schema_are_counted() {
        let (found, batch) = rows("#fields\ta\tb\n1\t2\n3\t4\n#fields\ttime\tsource\n2025-01-01T00:00:00Z\t10.0.0.1\n");
        assert_eq!(found.len(), 1);
        assert_eq!(batch.skipped["no column time"], 2);
    }

    #[test]
    fn the_name_of_the_log_is_a_column_where_nothing_else_tells_the_log() {
        let (_, batch) = rows("#path\tconn\n#fields\ttime\tsource\n2025-01-01T00:00:00Z\t10.0.0.1\n");
        assert_eq!(batch.events.first_channel(), None);
        let (_, batch) = rows("#path\tfiles\n#fields\twhen\tsource\n2025-01-01T00:00:00Z\t10.0.0.1\n");
        assert_eq!(batch.events.first_channel(), Some("files"));
    }

    #[test]
    fn separators_are_spelled_in_hexadecimal() {
        assert_eq!(unescaped(b"\\x09"), b"\t");
        assert_eq!(unescaped(b"\\x2c"), b",");
        assert_eq!(unescaped(b"|"), b"|");
    }
}
