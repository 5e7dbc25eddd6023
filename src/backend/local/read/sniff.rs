//! What a file is, told by its first bytes and never by its name.

/// What wraps the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    /// gzip, one or several members.
    Gzip,
    /// Zstandard, one or several frames.
    Zstd,
    /// A zip archive.
    Zip,
    /// A Windows event log.
    Evtx,
    /// Apache Parquet.
    Parquet,
    /// Lines of text in some encoding.
    Text,
    /// A format that is known and not read, by its name.
    Foreign(&'static str),
    /// No bytes at all.
    Empty,
}

/// What text holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// JSON of any layout.
    Json,
    /// Zeek's tab-separated log with its own header lines.
    Zeek,
    /// Delimited text with a header line.
    Csv {
        /// What stands between the fields.
        delimiter: u8,
    },
    /// None of these.
    Unknown,
}

/// Signatures of what is no event log, so that the report can name it.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\xFD7zXZ\0", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xD4\xC3\xB2\xA1", "a packet capture"),
    (b"\xA1\xB2\xC3\xD4", "a packet capture"),
    (b"\x0A\x0D\x0D\x0A", "a packet capture"),
    (b"ElfChnk\0", "a piece of a Windows event log without its header"),
    (b"\x30\x00\x00\x00LfLe", "a Windows event log of before Vista"),
    (b"%PDF-", "a PDF document"),
    (b"MZ", "a Windows program"),
    (b"\x7FELF", "a program"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89PNG", "a picture"),
];

/// What the file as a whole is, from its first bytes.
pub fn container(head: &[u8]) -> Container {
    if head.is_empty() {
        return Container::Empty;
    }
    if head.starts_with(b"\x1F\x8B") {
        return Container::Gzip;
    }
    let is_skippable_frame = matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..]);
    if head.starts_with(b"\x28\xB5\x2F\xFD") || is_skippable_frame {
        return Container::Zstd;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Container::Zip;
    }
    if head.starts_with(b"ElfFile\0") {
        return Container::Evtx;
    }
    if head.starts_with(b"PAR1") {
        return Container::Parquet;
    }
    match KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, name)) => Container::Foreign(name),
        None if head.get(257..262) == Some(b"ustar") => Container::Foreign("a tar archive"),
        None => Container::Text,
    }
}

/// What text (UTF-8, without byte order mark) holds, from its first bytes.
pub fn format(head: &[u8]) -> Format {
    let text = head.trim_ascii_start();
    match text.first() {
        Some(b'{' | b'[') => Format::Json,
        Some(b'#') if text.starts_with(b"#separator") || text.starts_with(b"#fields") => Format::Zeek,
        Some(b'<') | None => Format::Unknown,
        Some(_) => delimiter(text).map_or(Format::Unknown, |delimiter| Format::Csv { delimiter }),
    }
}

/// The delimiter of a header line: the one found most often outside quotes. A header of one column
/// has none, and says too little to be a table of events.
fn delimiter(text: &[u8]) -> Option<u8> {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut is_quoted = false;
    for byte in text {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            // Binary data, whatever else it holds, is no table.
            0x00..=0x08 | 0x0E..=0x1A => return None,
            _ if !is_quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(candidate, _)| candidate == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    // On a tie the earlier, more usual one: `max_by_key` takes the last of equals, hence the reversal.
    counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map(|(delimiter, _)| *delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let table: [(&[u8], Container); 12] = [
            (b"", Container::Empty),
            (b"\x1F\x8B\x08", Container::Gzip),
            (b"\x28\xB5\x2F\xFD\x04", Container::Zstd),
            (b"\x50\x2A\x4D\x18\x00", Container::Zstd),
            (b"PK\x03\x04rest", Container::Zip),
            (b"PK\x05\x06", Container::Zip),
            (b"ElfFile\0\0\0", Container::Evtx),
            (b"PAR1", Container::Parquet),
            (b"\xFD7zXZ\0", Container::Foreign("an xz archive")),
            (b"{\"a\":1}", Container::Text),
            (b"\xFF\xFE{\0", Container::Text),
            (b"P", Container::Text),
        ];
        for (head, expected) in table {
            assert_eq!(container(head), expected, "{head:?}");
        }
    }

    #[test]
    fn formats_are_told_by_the_first_letters() {
        let table: [(&str, Format); 11] = [
            ("{\"a\":1}", Format::Json),
            ("\n\n  [{", Format::Json),
            ("#separator \\x09\n", Format::Zeek),
            ("#fields\tts\tuid\n", Format::Zeek),
            ("# a comment\n", Format::Unknown),
            ("<Event>", Format::Unknown),
            ("time,source;ip,port\n", Format::Csv { delimiter: b',' }),
            ("time;source;port\n1,5;2,5;3,5;4,5", Format::Csv { delimiter: b';' }),
            ("time\tsource\r\n", Format::Csv { delimiter: b'\t' }),
            ("\"a,b,c\";\"d\"\n", Format::Csv { delimiter: b';' }),
            ("a line of prose\n", Format::Unknown),
        ];
        for (head, expected) in table {
            assert_eq!(format(head.as_bytes()), expected, "{head:?}");
        }
        assert_eq!(format(b"\x01\x02,\x03,"), Format::Unknown);
    }
}
