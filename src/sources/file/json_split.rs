//! Finds the records of one large JSON document without holding the document.
//!
//! Only the structure on the way to the records is looked at here; each record is handed on as text and judged there.

use std::io::Read;

/// Records longer than this are refused.
const LONGEST_RECORD: usize = 64 << 20;
/// Deeper nesting than this is refused.
const DEEPEST: usize = 128;
/// Bytes read at a time; few in tests, so that every boundary is met.
const CHUNK: usize = if cfg!(test) { 3 } else { 1 << 20 };

/// Why a document cannot be split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The document breaks off or is not JSON; the byte offset says where.
    #[error("{reason}")]
    Malformed {
        /// Offset in the document.
        offset: u64,
        /// What was expected.
        reason: String,
    },
    /// A key of the path is not there.
    #[error("there is no `{key}`")]
    NoKey {
        /// The key.
        key: String,
        /// The keys that are there.
        known: Vec<String>,
    },
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A document being split.
pub struct Splitter<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    mark: Option<usize>,
    dropped: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first record of an array.
    First,
    /// After a record of an array.
    Next,
    /// Before the only record.
    Single,
    /// After the last record.
    Done,
}

/// One record.
pub struct RawRecord<'s> {
    /// Its bytes.
    pub bytes: &'s [u8],
    /// Offset of its first byte in the document.
    pub offset: u64,
}

impl<R: Read> Splitter<R> {
    /// A document at the records under `path`.
    ///
    /// # Errors
    /// The document is not JSON, or the path is not in it.
    pub fn open(reader: R, path: &[String]) -> Result<Self, SplitError> {
        let mut splitter = Self { reader, buffer: Vec::new(), at: 0, mark: None, dropped: 0, state: State::First };
        splitter.peek()?;
        if splitter.buffer.starts_with("\u{feff}".as_bytes()) {
            splitter.at = 3;
        }
        for key in path {
            splitter.enter(key)?;
        }
        match splitter.value_start()? {
            b'[' => splitter.at += 1,
            b'{' => splitter.state = State::Single,
            _ => return Err(splitter.malformed("expected an array of objects here")),
        }
        Ok(splitter)
    }

    /// The next record; a document whose path leads to one object is that one record.
    ///
    /// # Errors
    /// The document breaks off, or a record is too long or too deep.
    pub fn next_record(&mut self) -> Result<Option<RawRecord<'_>>, SplitError> {
        match self.state {
            State::Done => return Ok(None),
            State::Single => self.state = State::Done,
            State::First | State::Next => {
                if !self.step()? {
                    self.state = State::Done;
                    return Ok(None);
                }
                self.state = State::Next;
            }
        }
        self.mark = Some(self.at);
        let offset = self.dropped + self.at as u64;
        self.skip_value()?;
        let start = self.mark.take().unwrap_or(self.at);
        Ok(Some(RawRecord { bytes: &self.buffer[start..self.at], offset }))
    }

    /// Goes to the next record of the array; answers whether there is one.
    fn step(&mut self) -> Result<bool, SplitError> {
        let next = self.value_start()?;
        if next == b']' {
            return Ok(false);
        }
        if self.state == State::Next {
            if next != b',' {
                return Err(self.malformed("expected `,` or `]` after a record"));
            }
            self.at += 1;
            self.value_start()?;
        }
        Ok(true)
    }

    /// Goes to the value of a key of the object at hand.
    fn enter(&mut self, wanted: &str) -> Result<(), SplitError> {
        let mut known = Vec::new();
        if self.value_start()? != b'{' {
            return Err(self.malformed(&format!("expected an object with `{wanted}` here")));
        }
        self.at += 1;
        while self.value_start()? == b'"' {
            let key = self.key()?;
            if self.value_start()? != b':' {
                return Err(self.malformed("expected `:` after a key"));
            }
            self.at += 1;
            if key == wanted {
                return Ok(());
            }
            self.value_start()?;
            self.skip_value()?;
            known.push(key);
            if self.value_start()? == b',' {
                self.at += 1;
            }
        }
        if self.value_start()? == b'}' {
            return Err(SplitError::NoKey { key: wanted.to_owned(), known });
        }
        Err(self.malformed("expected a key or `}` here"))
    }

    fn key(&mut self) -> Result<String, SplitError> {
        self.mark = Some(self.at);
        self.skip_string()?;
        let start = self.mark.take().unwrap_or(self.at);
        serde_json::from_slice(&self.buffer[start..self.at]).map_err(|_| self.malformed("a key is not a JSON text"))
    }

    /// The next byte that is not blank.
    fn value_start(&mut self) -> Result<u8, SplitError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(byte) => return Ok(byte),
                None => return Err(self.malformed("the document ends too early")),
            }
        }
    }

    fn skip_value(&mut self) -> Result<(), SplitError> {
        match self.value_start()? {
            b'"' => self.skip_string(),
            b'{' | b'[' => self.skip_nested(),
            _ => {
                let ends = |byte: u8| matches!(byte, b',' | b':' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
                if self.peek()?.is_none_or(ends) {
                    return Err(self.malformed("expected a value here"));
                }
                while self.peek()?.is_some_and(|byte| !ends(byte)) {
                    self.at += 1;
                    self.check_length()?;
                }
                Ok(())
            }
        }
    }

    fn skip_nested(&mut self) -> Result<(), SplitError> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(b'"') => {
                    self.skip_string()?;
                    continue;
                }
                Some(_) => {}
                None => return Err(self.malformed("the document ends inside a record")),
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
            if depth > DEEPEST {
                return Err(self.malformed("the document nests deeper than 128 levels"));
            }
        }
    }

    /// Passes over a text, from its first quote.
    fn skip_string(&mut self) -> Result<(), SplitError> {
        self.at += 1;
        loop {
            if self.peek()?.is_none() {
                return Err(self.malformed("the document ends inside a text"));
            }
            match memchr::memchr2(b'"', b'\\', &self.buffer[self.at..]) {
                None => self.at = self.buffer.len(),
                Some(found) if self.buffer[self.at + found] == b'"' => {
                    self.at += found + 1;
                    return Ok(());
                }
                Some(found) => {
                    self.at += found + 1;
                    self.peek()?;
                    self.at += 1;
                }
            }
        }
    }

    #[inline]
    fn peek(&mut self) -> Result<Option<u8>, SplitError> {
        if self.at >= self.buffer.len() && !self.fill()? {
            return Ok(None);
        }
        Ok(self.buffer.get(self.at).copied())
    }

    /// Reads on, keeping what is marked. Answers whether there was anything.
    fn fill(&mut self) -> Result<bool, SplitError> {
        self.check_length()?;
        let keep = self.mark.unwrap_or(self.at).min(self.buffer.len());
        self.buffer.drain(..keep);
        self.dropped += keep as u64;
        self.at -= keep;
        self.mark = self.mark.map(|mark| mark - keep);
        let before = self.buffer.len();
        (&mut self.reader).take(CHUNK as u64).read_to_end(&mut self.buffer)?;
        Ok(self.buffer.len() > before)
    }

    fn check_length(&self) -> Result<(), SplitError> {
        match self.mark {
            Some(mark) if self.at.saturating_sub(mark) > LONGEST_RECORD => {
                Err(self.malformed("a record is longer than 64 MiB"))
            }
            _ => Ok(()),
        }
    }

    fn malformed(&self, reason: &str) -> SplitError {
        SplitError::Malformed { offset: self.dropped + self.at as u64, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, path: &[&str]) -> Result<Vec<String>, SplitError> {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let mut splitter = Splitter::open(text.as_bytes(), &path)?;
        let mut records = Vec::new();
        while let Some(record) = splitter.next_record()? {
            assert!(text.as_bytes()[usize::try_from(record.offset).unwrap()..].starts_with(record.bytes));
            records.push(String::from_utf8(record.bytes.to_vec()).unwrap());
        }
        Ok(records)
    }

    #[test]
    fn records_are_found() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("[]", &[], &[]),
            (" [ {\"a\": \"}]\\\"\"} , 1,[2] ]", &[], &["{\"a\": \"}]\\\"\"}", "1", "[2]"]),
            (
                r#"{"x": {"items": [0]}, "data": {"items": [{"a": 1}, {"b": {}}], "n": 2}}"#,
                &["data", "items"],
                &[r#"{"a": 1}"#, r#"{"b": {}}"#],
            ),
            (r#"{"id": 1}"#, &[], &[r#"{"id": 1}"#]),
            (r#"{"d": {"id": 1}, "e": 2}"#, &["d"], &[r#"{"id": 1}"#]),
        ];
        for (text, path, expected) in cases {
            assert_eq!(split(text, path).unwrap(), *expected, "{text}");
        }
    }

    #[test]
    fn broken_documents_are_refused() {
        for (text, reason) in [
            ("[{\"a\": 1}", "ends too early"),
            ("[1,]", "expected a value"),
            ("[{\"a\": ", "ends inside a record"),
            ("[\"a", "ends inside a text"),
            ("[1 2]", "expected `,`"),
            ("3", "expected an array"),
            ("", "ends too early"),
        ] {
            let error = split(text, &[]).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(split(&"[".repeat(200), &[]).unwrap_err().to_string().contains("128 levels"));
        assert!(
            matches!(split("{\"a\": 1, \"b\": 2}", &["c"]), Err(SplitError::NoKey { known, .. }) if known == ["a", "b"])
        );
    }
}
