//! JSON in any layout as one document a line: pretty-printed documents, arrays, search responses.

use std::io::{self, Read};

/// Whether JSON text is one document a line already, told from its first bytes. Everything else goes
/// through [`Documents`].
pub fn is_line_delimited(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    if text.first() != Some(&b'{') {
        return false;
    }
    let mut walker = Walker::default();
    let mut last = 0;
    for (place, byte) in text.iter().enumerate() {
        if walker.is_in_envelope() {
            return false;
        }
        if *byte == b'\n' {
            if walker.text != Text::Outside {
                // A line feed within a string: a broken line, not a layout.
                return true;
            }
            if walker.depth > 0 {
                // Only a printer breaks the line here; a line that was cut is followed by a new document.
                let next = text.get(place + 1..).unwrap_or_default().trim_ascii_start().first();
                let is_printed = matches!((last, next), (b'{', Some(b'"' | b'}')) | (b',', Some(b'"')) | (b'[', Some(_)) | (b':', Some(_)));
                return !is_printed;
            }
        }
        walker.step(*byte);
        if !byte.is_ascii_whitespace() {
            last = *byte;
        }
        if walker.depth == 0 && place > 0 && walker.text == Text::Outside && last == b'}' {
            break;
        }
    }
    !walker.is_in_envelope()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Text {
    #[default]
    Outside,
    Inside,
    Escaped,
}

/// The keys under which responses keep the documents that they carry.
const HITS: &[u8] = b"hits";

/// Follows JSON byte by byte without building anything: how deep, and where the documents begin.
/// Nothing here recurses, so no nesting is too deep.
#[derive(Debug, Default)]
struct Walker {
    depth: usize,
    text: Text,
    /// The string being read, as far as it could be `hits`.
    string: Vec<u8>,
    /// The last string outside; a colon makes it a key.
    key_is_hits: bool,
    pending: bool,
    /// Depth within the object that a key `hits` opened.
    hits_object: Option<usize>,
    /// Depth within the array whose elements are documents.
    documents: Option<usize>,
}

impl Walker {
    /// Whether the bytes so far prove an array of documents within a larger whole.
    fn is_in_envelope(&self) -> bool {
        self.documents.is_some()
    }

    fn step(&mut self, byte: u8) {
        match self.text {
            Text::Escaped => {
                self.text = Text::Inside;
                self.string.clear();
            }
            Text::Inside => match byte {
                b'"' => {
                    self.text = Text::Outside;
                    self.pending = self.string == HITS;
                }
                b'\\' => self.text = Text::Escaped,
                _ if self.string.len() <= HITS.len() => self.string.push(byte),
                _ => {}
            },
            Text::Outside => match byte {
                b'"' => {
                    self.text = Text::Inside;
                    self.string.clear();
                }
                b':' => self.key_is_hits = self.pending,
                b'{' | b'[' => {
                    self.depth += 1;
                    let is_hits = std::mem::take(&mut self.key_is_hits);
                    if byte == b'{' && is_hits && self.hits_object.is_none() {
                        self.hits_object = Some(self.depth);
                    } else if byte == b'[' && self.documents.is_none() && is_hits && self.hits_object.is_some_and(|depth| depth + 1 == self.depth) {
                        self.documents = Some(self.depth);
                    } else if byte == b'[' && self.depth == 1 {
                        self.documents = Some(1);
                    }
                }
                b'}' | b']' => {
                    if self.documents.is_some_and(|depth| depth == self.depth) {
                        self.documents = None;
                    }
                    if self.hits_object.is_some_and(|depth| depth == self.depth) {
                        self.hits_object = None;
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.key_is_hits = false;
                }
                b',' => {
                    self.key_is_hits = false;
                    self.pending = false;
                }
                _ => {}
            },
        }
    }
}

/// JSON of any layout read as one document a line. Of a search response only the hits come out.
///
/// A top-level object is held back only until it closes or proves to be an envelope, at most
/// [`super::lines::LONGEST`] bytes; what is longer passes as it comes and is judged by the cutter.
pub struct Documents<R> {
    input: R,
    walker: Walker,
    raw: Vec<u8>,
    /// Bytes of the top-level object so far.
    held: Vec<u8>,
    /// Whether the top-level object at hand has proved to be an envelope.
    is_envelope: bool,
    is_too_long: bool,
    out: Vec<u8>,
    taken: usize,
    is_ended: bool,
}

impl<R: Read> Documents<R> {
    /// Starts reading.
    pub fn new(input: R) -> Self {
        Self {
            input,
            walker: Walker::default(),
            raw: vec![0; 256 << 10],
            held: Vec::new(),
            is_envelope: false,
            is_too_long: false,
            out: Vec::new(),
            taken: 0,
            is_ended: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.taken = 0;
        let count = self.input.read(&mut self.raw)?;
        if count == 0 {
            self.is_ended = true;
            if !self.is_envelope {
                self.out.append(&mut self.held);
            }
            return Ok(());
        }
        for place in 0..count {
            let Some(&byte) = self.raw.get(place) else { break };
            self.pass(byte);
        }
        Ok(())
    }

    fn pass(&mut self, byte: u8) {
        let before = self.walker.documents;
        self.walker.step(byte);
        let depth = self.walker.depth;
        // A line feed inside a document is layout; outside strings it may be dropped, inside it cannot stand.
        let byte = if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
        match (before, self.walker.documents) {
            (None, Some(_)) => {
                // The bracket that opens the documents: what was held is the envelope.
                self.held.clear();
                self.is_envelope = true;
            }
            (Some(_), None) => self.out.push(b'\n'),
            (Some(home), Some(_)) => match byte {
                b',' if depth == home && self.walker.text == Text::Outside => self.out.push(b'\n'),
                _ => self.out.push(byte),
            },
            (None, None) => {
                if depth == 0 && !matches!(byte, b'}' | b']') {
                    // Between top-level documents.
                    self.is_envelope = false;
                    if !byte.is_ascii_whitespace() && byte != b',' {
                        self.out.push(byte);
                    }
                } else if !self.is_envelope {
                    self.hold(byte, depth);
                } else if depth == 0 {
                    self.is_envelope = false;
                }
            }
        }
    }

    fn hold(&mut self, byte: u8, depth: usize) {
        if self.is_too_long {
            self.out.push(byte);
        } else {
            self.held.push(byte);
            if self.held.len() > super::lines::LONGEST {
                self.is_too_long = true;
                self.out.append(&mut self.held);
            }
        }
        if depth == 0 {
            self.is_too_long = false;
            self.out.append(&mut self.held);
            self.out.push(b'\n');
        }
    }
}

impl<R: Read> Read for Documents<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.out.len() {
            if self.is_ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let mut rest = self.out.get(self.taken..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(text: &str) -> Vec<serde_json::Value> {
        let mut out = String::new();
        Documents::new(text.as_bytes()).read_to_string(&mut out).unwrap();
        out.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.trim().into())).collect()
    }

    #[test]
    fn one_document_a_line_is_recognised() {
        for text in [
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":{\"b\":[1,2]}}",
            "  \n{\"hits\":3}\n",
            "{\"hits\":[1]}\n",
            "{\"a\":\"{\\\"\n{\"a\":2}\n",
            "{\"cut\":{\"b\":1}\n{\"a\":2}\n",
            "{\"cut\":1,\n{\"a\":2}\n",
        ] {
            assert!(is_line_delimited(text.as_bytes()), "{text:?}");
        }
        for text in [
            "[{\"a\":1}]",
            "{\n  \"a\": 1\n}\n",
            "{ \"a\": 1,\r\n  \"b\": 2 }",
            "{\"took\":3,\"hits\":{\"total\":{\"value\":1},\"hits\":[{\"_id\":\"1\"}]}}\n",
            "{\"responses\":[{\"hits\":{\"hits\":[",
        ] {
            assert!(!is_line_delimited(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn arrays_give_their_elements() {
        let expected: Vec<serde_json::Value> = vec![serde_json::json!({"a": [1, {"b": "],"}]}), serde_json::json!({"a": 2})];
        assert_eq!(documents("[{\"a\":[1,{\"b\":\"],\"}]},{\"a\":2}]"), expected);
        assert_eq!(documents(" [\n {\n\"a\" : [1,\n{\"b\":\"],\"}]\n},\r\n {\"a\":2}\n]\n"), expected);
        assert_eq!(documents("[]"), Vec::<serde_json::Value>::new());
    }

    #[test]
    fn printed_documents_become_lines() {
        let text = "{\n  \"a\": 1,\n  \"s\": \"x \\\" {\"\n}\n{\n  \"a\": 2\n}\n";
        assert_eq!(documents(text), [serde_json::json!({"a": 1, "s": "x \" {"}), serde_json::json!({"a": 2})]);
    }

    #[test]
    fn search_responses_give_their_hits_wherever_they_lie() {
        let response = r#"{"took":3,"hits":{"total":{"value":2},"hits":[{"_id":"1","_source":{"hits":{"hits":[7]},"x":"]"}},{"_id":"2"}],"more":[1]},"aggs":{"a":[{"b":1}]}}"#;
        let hits = [serde_json::json!({"_id": "1", "_source": {"hits": {"hits": [7]}, "x": "]"}}), serde_json::json!({"_id": "2"})];
        assert_eq!(documents(response), hits);
        assert_eq!(documents(&format!("{response}\n{response}\n")), [hits.clone(), hits.clone()].concat());
        assert_eq!(documents(&format!("{{\"responses\":[{response},{response}]}}")), [hits.clone(), hits.clone()].concat());
        assert_eq!(documents(&format!("{{\"id\":\"x\",\"rawResponse\":{response}}}")), hits);
    }

    #[test]
    fn a_response_and_plain_documents_may_follow_each_other() {
        let text = "{\"hits\":{\"hits\":[{\"_id\":\"1\"}]}}\n{\n\"a\":1}";
        assert_eq!(documents(text), [serde_json::json!({"_id": "1"}), serde_json::json!({"a": 1})]);
    }

    #[test]
    fn nesting_of_any_depth_passes_through() {
        let deep = format!("[{}{},{{\"a\":1}}]", "[".repeat(100_000), "]".repeat(100_000));
        let found = documents(&deep);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], serde_json::json!({"a": 1}));
    }

    #[test]
    fn a_cut_end_comes_out_as_far_as_it_goes() {
        assert_eq!(documents("[{\"a\":1},{\"a\":"), [serde_json::json!({"a": 1}), serde_json::json!("{\"a\":")]);
        assert_eq!(documents("{\n\"a\":"), [serde_json::json!("{ \"a\":")]);
    }
}
