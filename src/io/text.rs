//! Text files: encodings, and a quick survey of a file before it is read line by line.
//!
//! Everything above this door reads UTF-8; other encodings are rewritten here. What the lines mean is not known here.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

/// Lines longer than this are refused.
pub const LONGEST_LINE: usize = 64 << 20;

const BUFFER: usize = 1 << 20;

/// An encoding by its name (`utf-8`, `windows-1252`, `latin1`, `utf-16le`, …).
#[must_use]
pub fn encoding(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes())
}

/// Bytes as hexadecimal text.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names of common encodings, for messages.
pub const ENCODINGS: &[&str] =
    &["utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16le", "utf-16be", "macintosh", "ibm866"];

/// Why a text cannot be rewritten as UTF-8.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// Bytes that mean nothing in the encoding.
    #[error("the bytes near offset {offset} are not valid {encoding}")]
    Malformed {
        /// Name of the encoding.
        encoding: &'static str,
        /// Bytes before the malformed ones, about.
        offset: u64,
    },
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Rewrites a file as UTF-8 without byte order mark; a mark at its start wins over the encoding given.
///
/// # Errors
/// Bytes that mean nothing in the encoding, or a file that cannot be read or written.
pub fn transcode(from: &Path, to: &Path, encoding: &'static Encoding) -> Result<(), TextError> {
    let mut reader = File::open(from)?;
    let mut writer = BufWriter::with_capacity(BUFFER, File::create(to)?);
    let mut decoder = encoding.new_decoder();
    let (mut input, mut output) = (vec![0; BUFFER], vec![0; 2 * BUFFER]);
    let mut offset: u64 = 0;
    loop {
        let read = reader.read(&mut input)?;
        let mut pending = &input[..read];
        loop {
            let (result, consumed, written) =
                decoder.decode_to_utf8_without_replacement(pending, &mut output, read == 0);
            writer.write_all(&output[..written])?;
            offset += consumed as u64;
            pending = &pending[consumed..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    return Err(TextError::Malformed { encoding: decoder.encoding().name(), offset });
                }
            }
        }
        if read == 0 {
            return Ok(writer.flush()?);
        }
    }
}

/// The start of a text as UTF-8; what is malformed or cut at the end is replaced.
#[must_use]
pub fn decode_head(bytes: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode(bytes).0.into_owned()
}

/// What a survey of a UTF-8 file found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Whether all bytes are valid UTF-8.
    pub is_utf8: bool,
    /// Whether a quoted field may go on over a line break. True also for some stray quotes.
    pub has_quoted_breaks: bool,
    /// Whether a line is longer than [`LONGEST_LINE`].
    pub has_long_line: bool,
    /// Bytes in the file.
    pub bytes: u64,
}

/// Looks through a file once, at the speed of memory.
///
/// # Errors
/// The file cannot be read.
pub fn survey(path: &Path, quote: Option<u8>) -> io::Result<Survey> {
    let mut surveyor = Surveyor::new(quote);
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BUFFER];
    let mut kept = 0;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(surveyor.finish(kept));
        }
        surveyor.look(&buffer[kept..kept + read]);
        kept = surveyor.check_utf8(&mut buffer, kept + read);
    }
}

struct Surveyor {
    found: Survey,
    quote: Option<u8>,
    is_open: bool,
    line: usize,
}

impl Surveyor {
    fn new(quote: Option<u8>) -> Self {
        Self { found: Survey { is_utf8: true, ..Survey::default() }, quote, is_open: false, line: 0 }
    }

    fn look(&mut self, bytes: &[u8]) {
        self.found.bytes += bytes.len() as u64;
        match memchr::memchr(b'\n', bytes) {
            Some(first) => {
                self.found.has_long_line |= self.line + first > LONGEST_LINE;
                let last = memchr::memrchr(b'\n', bytes).unwrap_or(first);
                self.line = bytes.len() - last - 1;
            }
            None => self.line += bytes.len(),
        }
        self.found.has_long_line |= self.line > LONGEST_LINE;
        if let Some(quote) = self.quote
            && !self.found.has_quoted_breaks
            && (self.is_open || memchr::memchr(quote, bytes).is_some())
        {
            self.follow_quotes(quote, bytes);
        }
    }

    fn follow_quotes(&mut self, quote: u8, bytes: &[u8]) {
        for at in memchr::memchr2_iter(quote, b'\n', bytes) {
            if bytes[at] == quote {
                self.is_open = !self.is_open;
            } else if self.is_open {
                self.found.has_quoted_breaks = true;
                return;
            }
        }
    }

    /// Checks the bytes and moves an incomplete character at their end to the front; answers how many bytes it has.
    fn check_utf8(&mut self, buffer: &mut [u8], filled: usize) -> usize {
        if !self.found.is_utf8 {
            return 0;
        }
        match std::str::from_utf8(&buffer[..filled]) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_none() => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                filled - error.valid_up_to()
            }
            Err(_) => {
                self.found.is_utf8 = false;
                0
            }
        }
    }

    fn finish(mut self, kept: usize) -> Survey {
        self.found.is_utf8 &= kept == 0;
        self.found.has_quoted_breaks |= self.is_open;
        self.found
    }
}

/// Works out line numbers of byte offsets in a file, for the few that are asked for, in ascending order.
#[derive(Debug)]
pub struct LineFinder {
    file: File,
    offset: u64,
    line: u64,
}

impl LineFinder {
    /// The finder of a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, offset: 0, line: 1 })
    }

    /// The line, from 1, that holds the byte at `offset`; the last one known when the file cannot be read or the offset
    /// lies before an earlier question.
    pub fn line(&mut self, offset: u64) -> u64 {
        let mut buffer = vec![0; 1 << 16];
        while self.offset < offset {
            let wanted = usize::try_from(offset - self.offset).unwrap_or(usize::MAX).min(buffer.len());
            match self.file.read(&mut buffer[..wanted]) {
                Ok(read) if read > 0 => {
                    self.line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
                    self.offset += read as u64;
                }
                _ => break,
            }
        }
        self.line
    }
}

/// Whether an encoding is the one that needs no rewriting.
#[must_use]
pub fn is_utf8(encoding: &'static Encoding) -> bool {
    encoding == UTF_8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn other_encodings_become_utf8() {
        let cases: [(&str, &[u8], &str); 4] = [
            ("windows-1252", b"caff\xe8 10\x80", "caffè 10€"),
            ("latin1", b"perch\xe9", "perché"),
            ("utf-16le", b"\xff\xfea\0\n\0", "a\n"),
            ("windows-1252", b"\xef\xbb\xbf\xc3\xa8", "è"),
        ];
        for (name, bytes, expected) in cases {
            let (folder, path) = file(bytes);
            let to = folder.path().join("b");
            transcode(&path, &to, encoding(name).unwrap()).unwrap();
            assert_eq!(std::fs::read_to_string(&to).unwrap(), expected, "{name}");
        }
        assert!(encoding("cp9999").is_none());
        assert_eq!(decode_head(b"caff\xe8", encoding("windows-1252").unwrap()), "caffè");
    }

    #[test]
    fn malformed_text_is_refused() {
        let (folder, path) = file(b"abc\xff\xffdef");
        let error = transcode(&path, &folder.path().join("b"), encoding("shift_jis").unwrap()).unwrap_err();
        assert!(matches!(error, TextError::Malformed { encoding: "Shift_JIS", offset: 4 }), "{error}");
    }

    #[test]
    fn surveys_see_quotes_and_bad_bytes() {
        let quoted = |text: &str| survey(&file(text.as_bytes()).1, Some(b'"')).unwrap().has_quoted_breaks;
        assert!(!quoted("a;\"b \"\"c\"\"\"\nd;e\n"));
        assert!(quoted("a;\"b\nc\"\n"));
        assert!(quoted("a;5\" tv\nb;c\n"));
        assert!(quoted("a;\"b"));
        let (_folder, path) = file(b"caff\xe8\n");
        assert!(!survey(&path, None).unwrap().is_utf8);
        let mut split = vec![b'x'; BUFFER - 1];
        split.extend_from_slice("è\n".as_bytes());
        let (_folder, path) = file(&split);
        let found = survey(&path, None).unwrap();
        assert_eq!((found.is_utf8, found.has_long_line, found.bytes), (true, false, BUFFER as u64 + 2));
        let (_folder, path) = file(&split[..BUFFER]);
        assert!(!survey(&path, None).unwrap().is_utf8);
    }

    #[test]
    fn lines_of_offsets() {
        let (_folder, path) = file(b"a\nbb\n\nc");
        let mut finder = LineFinder::open(&path).unwrap();
        let lines: Vec<u64> = [0, 1, 2, 4, 5, 6].into_iter().map(|offset| finder.line(offset)).collect();
        assert_eq!(lines, [1, 1, 2, 2, 3, 4]);
    }
}
