//! XML as tokens: the one parser of invoices and of the exchange system's messages.
//!
//! Here: what makes a text well-formed XML 1.0 (tags that match, one root, attributes, references, characters) and limits
//! for hostile input. Comments and processing instructions are passed over, document type declarations are refused. Not
//! here: encodings (`decode`), what the elements mean (`read`, `sdi`).

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memmem};

/// Elements inside each other; invoices need nine, messages four, signatures some more.
pub const MOST_DEPTH: usize = 64;
/// Attributes of one element, in bytes; looking for repeated ones takes time that grows with the square.
const MOST_ATTRIBUTES: usize = 8 << 10;

/// Why a text is not XML that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// Not well-formed.
    #[error("line {line}: not well-formed XML: {reason}")]
    Malformed {
        /// Line from one.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A document type declaration, which could name foreign files or grow without end.
    #[error("line {line}: a document type declaration (DTD) is not admitted")]
    Dtd {
        /// Line from one.
        line: usize,
    },
    /// Elements nested without reason.
    #[error("line {line}: elements nested more than {MOST_DEPTH} deep")]
    TooDeep {
        /// Line from one.
        line: usize,
    },
}

impl XmlError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::Empty => "il file è vuoto".to_owned(),
            Self::Malformed { line, reason } => format!("riga {line}: XML non ben formato: {reason}"),
            Self::Dtd { line } => format!("riga {line}: una dichiarazione DTD non è ammessa"),
            Self::TooDeep { line } => format!("riga {line}: elementi annidati oltre {MOST_DEPTH} livelli"),
        }
    }
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// As written, with its prefix.
    pub name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The prefix, when there is one.
    #[must_use]
    pub fn prefix(&self) -> Option<&'a str> {
        self.name.split_once(':').map(|(prefix, _)| prefix)
    }

    /// The name without its prefix.
    #[must_use]
    pub fn local(&self) -> &'a str {
        self.name.split_once(':').map_or(self.name, |(_, local)| local)
    }

    /// Names as written, and values.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (attribute, after) = attribute(rest).ok().flatten()?;
            rest = after;
            Some((attribute.0, value(attribute.1).unwrap_or(Cow::Borrowed(attribute.1))))
        })
    }
}

/// A piece of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// An element begins.
    Start(Tag<'a>),
    /// The innermost element ends.
    End,
    /// Text inside the root, references resolved and ends of lines as XML sees them; a text may come in several pieces.
    Text(Cow<'a, str>),
    /// Text that is written as a CDATA section.
    CData(Cow<'a, str>),
    /// The file ends, after its root element.
    Eof,
}

/// Reads one text.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<&'a str>,
    has_root: bool,
    /// An element without content was given as started and has to end.
    is_empty: bool,
}

type Reason = Cow<'static, str>;

impl<'a> Scanner<'a> {
    /// Starts at the beginning of a text, which has no byte order mark.
    ///
    /// # Errors
    /// There is nothing in it, or a character that XML does not have.
    pub fn new(text: &'a str) -> Result<Self, XmlError> {
        let scanner = Self { text, at: 0, open: Vec::with_capacity(12), has_root: false, is_empty: false };
        if text.trim_ascii().is_empty() {
            return Err(XmlError::Empty);
        }
        match foreign_character(text) {
            Some(at) => Err(scanner.malformed(at, "a character that XML does not have")),
            None => Ok(scanner),
        }
    }

    /// The next piece.
    ///
    /// # Errors
    /// The text is not well-formed, or goes beyond a limit. Nothing can be read after an error.
    pub fn token(&mut self) -> Result<Token<'a>, XmlError> {
        if std::mem::take(&mut self.is_empty) {
            self.open.pop();
            return Ok(Token::End);
        }
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let token = match rest {
                [] if self.has_root && self.open.is_empty() => return Ok(Token::Eof),
                [] => return Err(self.malformed(self.at, "the file ends before its root element does")),
                [b'<', b'/', ..] => Some(self.end()?),
                [b'<', b'!' | b'?', ..] => self.aside()?,
                [b'<', ..] => Some(self.start()?),
                _ => self.plain()?,
            };
            if let Some(token) = token {
                return Ok(token);
            }
        }
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// An element without attributes, with nothing inside but plain text: its text. None, and nothing is read, when
    /// something else comes next.
    #[inline]
    pub fn leaf(&mut self, name: &str) -> Option<&'a str> {
        let start = self.at + name.len() + 2;
        let bytes = self.text.as_bytes();
        let length = memchr(b'<', bytes.get(start..)?)?;
        let close = start + length + 2;
        let end = close + name.len();
        let is_closed = bytes.get(start + length + 1) == Some(&b'/')
            && bytes.get(end) == Some(&b'>')
            && bytes.get(close..end) == Some(name.as_bytes());
        let is_plain = |byte: &u8| !matches!(byte, b'&' | b'\r' | b']');
        let text =
            self.text.get(start..start + length).filter(|text| is_closed && text.bytes().all(|b| is_plain(&b)))?;
        self.at = end + 1;
        Some(text)
    }

    /// Whether a start tag of this name, without attributes, comes next.
    #[inline]
    #[must_use]
    pub fn is_at(&self, name: &str) -> bool {
        let rest = self.rest();
        rest.get(name.len() + 1) == Some(&b'>') && rest.get(1..=name.len()) == Some(name.as_bytes())
    }

    /// Goes over the start tag that [`Self::is_at`] saw.
    #[inline]
    pub fn enter(&mut self, name: &str) {
        let start = self.at + 1;
        self.open.push(self.text.get(start..start + name.len()).unwrap_or_default());
        self.at = start + name.len() + 1;
    }

    /// Goes over the end tag of the innermost element when it comes next.
    #[inline]
    pub fn leave(&mut self) -> bool {
        let (Some(name), rest) = (self.open.last(), self.rest()) else { return false };
        let is_next = rest.get(name.len() + 2) == Some(&b'>') && rest.get(2..name.len() + 2) == Some(name.as_bytes());
        if is_next {
            self.at += name.len() + 3;
            self.open.pop();
        }
        is_next
    }

    /// Goes over blanks.
    #[inline]
    pub fn blanks(&mut self) {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(is_blank).count();
    }

    /// How deep the innermost element is.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The line, from one, at which reading stands.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line_at(self.at)
    }

    /// What is wrong, at the line at which reading stands.
    #[must_use]
    pub fn broken(&self, reason: &str) -> XmlError {
        self.malformed(self.at, reason)
    }

    fn line_at(&self, at: usize) -> usize {
        memchr_iter(b'\n', &self.text.as_bytes()[..at.min(self.text.len())]).count() + 1
    }

    fn malformed(&self, at: usize, reason: &str) -> XmlError {
        XmlError::Malformed { line: self.line_at(at), reason: reason.to_owned() }
    }

    fn end(&mut self) -> Result<Token<'a>, XmlError> {
        let rest = &self.text[self.at + 2..];
        let Some(length) = memchr(b'>', rest.as_bytes()) else {
            return Err(self.malformed(self.at, "an end tag that does not end"));
        };
        let name = rest[..length].trim_ascii_end();
        match self.open.pop() {
            Some(open) if open == name => {}
            Some(open) => {
                return Err(self.malformed(self.at, &format!("expected `</{open}>`, found `</{}>`", shown(name))));
            }
            None => return Err(self.malformed(self.at, &format!("`</{}>` ends nothing", shown(name)))),
        }
        self.at += length + 3;
        Ok(Token::End)
    }

    fn start(&mut self) -> Result<Token<'a>, XmlError> {
        let begun = self.at;
        let rest = &self.text[begun + 1..];
        let name = &rest[..rest.bytes().take_while(|byte| is_in_name(*byte)).count()];
        if !is_name(name) {
            return Err(self.malformed(begun, "`<` that begins no element"));
        }
        if self.open.is_empty() && self.has_root {
            return Err(self.malformed(begun, &format!("a second root element `{}`", shown(name))));
        }
        let attributes = &rest[name.len()..];
        let (length, is_empty) = attributes_length(attributes)
            .map_err(|reason| self.malformed(begun, &format!("`<{}>`: {reason}", shown(name))))?;
        if self.open.len() == MOST_DEPTH {
            return Err(XmlError::TooDeep { line: self.line_at(begun) });
        }
        self.has_root = true;
        self.is_empty = is_empty;
        self.open.push(name);
        self.at += 1 + name.len() + length + if is_empty { 2 } else { 1 };
        Ok(Token::Start(Tag { name, attributes: &attributes[..length] }))
    }

    /// Comments, instructions, CDATA; what gives no token is passed over.
    fn aside(&mut self) -> Result<Option<Token<'a>>, XmlError> {
        let rest = &self.text[self.at..];
        let (skipped, end) = if rest.starts_with("<!--") {
            (4, "-->")
        } else if rest.starts_with("<![CDATA[") {
            (9, "]]>")
        } else if rest.starts_with("<?") {
            (2, "?>")
        } else if rest.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case("DOCTYPE")) {
            return Err(XmlError::Dtd { line: self.line() });
        } else {
            return Err(self.broken("`<!` that begins nothing"));
        };
        let Some(length) = memmem::find(&rest.as_bytes()[skipped..], end.as_bytes()) else {
            return Err(self.broken(&format!("expected `{end}` before the end of the file")));
        };
        let inside = &rest[skipped..skipped + length];
        match skipped {
            4 if inside.contains("--") || inside.ends_with('-') => return Err(self.broken("`--` inside a comment")),
            2 => self.instruction(inside)?,
            9 if self.open.is_empty() => return Err(self.broken("text outside of the root element")),
            _ => {}
        }
        self.at += skipped + length + 3;
        if skipped == 2 {
            self.at -= 1;
        }
        Ok((skipped == 9).then(|| Token::CData(lines(inside))))
    }

    /// An instruction has a name; the declaration stands at the start, after blanks at most.
    fn instruction(&self, inside: &str) -> Result<(), XmlError> {
        let target = &inside[..inside.bytes().take_while(|byte| is_in_name(*byte)).count()];
        let is_declaration = target.eq_ignore_ascii_case("xml");
        let is_first = self.text[..self.at].trim_ascii().is_empty();
        if !is_name(target) || (is_declaration && !is_first) {
            return Err(self.broken("`<?` that begins no instruction"));
        }
        Ok(())
    }

    /// Text up to the next tag.
    fn plain(&mut self) -> Result<Option<Token<'a>>, XmlError> {
        let rest = &self.text[self.at..];
        let text = &rest[..memchr(b'<', rest.as_bytes()).unwrap_or(rest.len())];
        if self.open.is_empty() {
            if !text.trim_ascii().is_empty() {
                return Err(self.broken("text outside of the root element"));
            }
            self.at += text.len();
            return Ok(None);
        }
        if let Some(at) = memmem::find(text.as_bytes(), b"]]>") {
            return Err(self.malformed(self.at + at, "`]]>` in a text"));
        }
        let resolved =
            resolve(text, false).map_err(|reason| self.malformed(self.at + wrong_reference(text), &reason))?;
        self.at += text.len();
        Ok(Some(Token::Text(resolved)))
    }
}

/// Where the attributes of a tag end, and whether the element ends with it; they are well-formed up to there.
fn attributes_length(text: &str) -> Result<(usize, bool), Reason> {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(((name, raw), after)) = attribute(rest)? {
        if names.contains(&name) {
            return Err(format!("the attribute `{}` stands there twice", shown(name)).into());
        }
        value(raw)?;
        names.push(name);
        rest = after;
        if text.len() - rest.len() > MOST_ATTRIBUTES {
            return Err(format!("attributes of more than {MOST_ATTRIBUTES} bytes").into());
        }
    }
    let blanks = rest.len() - rest.trim_ascii_start().len();
    let length = text.len() - rest.len() + blanks;
    match &rest.as_bytes()[blanks..] {
        [b'>', ..] => Ok((length, false)),
        [b'/', b'>', ..] => Ok((length, true)),
        _ => Err("the tag does not end".into()),
    }
}

/// Name and raw value of an attribute.
type Attribute<'a> = (&'a str, &'a str);

/// The first attribute and what follows; none where there is no further one.
fn attribute(text: &str) -> Result<Option<(Attribute<'_>, &str)>, Reason> {
    let rest = text.trim_ascii_start();
    let name = &rest[..rest.bytes().take_while(|byte| is_in_name(*byte)).count()];
    if name.is_empty() {
        return Ok(None);
    }
    if rest.len() == text.len() || !is_name(name) {
        return Err("an attribute that is none".into());
    }
    let after = rest[name.len()..].trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start);
    let Some((quote, inside)) = after.and_then(|after| after.split_at_checked(1)) else {
        return Err(format!("the attribute `{}` has no value", shown(name)).into());
    };
    let end = match quote {
        "\"" | "'" => memchr(quote.as_bytes()[0], inside.as_bytes()),
        _ => None,
    };
    let end =
        end.ok_or_else(|| Reason::from(format!("the value of `{}` does not end, or has no quotes", shown(name))))?;
    Ok(Some(((name, &inside[..end]), &inside[end + 1..])))
}

/// The value of an attribute: blanks as spaces, references as what they stand for.
fn value(raw: &str) -> Result<Cow<'_, str>, Reason> {
    if raw.contains('<') {
        return Err("`<` in the value of an attribute".into());
    }
    resolve(raw, true)
}

/// A text with its references resolved and its ends of lines as XML sees them.
fn resolve(text: &str, is_attribute: bool) -> Result<Cow<'_, str>, Reason> {
    let bytes = text.as_bytes();
    let is_plain = memchr2(b'&', b'\r', bytes).is_none() && !(is_attribute && memchr2(b'\t', b'\n', bytes).is_some());
    if is_plain {
        return Ok(Cow::Borrowed(text));
    }
    let text = if is_attribute { Cow::Owned(lines(text).replace(['\t', '\n'], " ")) } else { lines(text) };
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(16).position(|byte| byte == b';').ok_or("`&` that begins no reference")?;
        out.push(reference(&after[..end])?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// Where the first reference stands that stands for nothing.
fn wrong_reference(text: &str) -> usize {
    let mut pieces = text.split('&');
    let before = pieces.next().map_or(0, str::len);
    let right = pieces.take_while(|piece| piece.split_once(';').is_some_and(|(name, _)| reference(name).is_ok()));
    before + right.map(|piece| piece.len() + 1).sum::<usize>()
}

/// The character that a reference stands for.
fn reference(name: &str) -> Result<char, Reason> {
    let unknown = || Reason::from(format!("the entity `{}` is not one of XML", shown(name)));
    let digits = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        name => name.strip_prefix('#').ok_or_else(unknown)?,
    };
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    let point = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix));
    let character = point.and_then(Result::ok).and_then(char::from_u32);
    character.filter(|character| !is_foreign(*character)).ok_or_else(unknown)
}

/// Ends of lines as XML sees them.
fn lines(text: &str) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The first character that XML does not have.
fn foreign_character(text: &str) -> Option<usize> {
    // All bytes are looked at whatever is found, which compilers turn into vector instructions: hardly a file has such a character.
    let is_control = |byte: u8| u8::from(byte < 32 && !matches!(byte, 9 | 10 | 13));
    let suspicious =
        |chunk: &[u8]| chunk.iter().fold(0, |found, byte| found | is_control(*byte) | u8::from(*byte == 0xef));
    if text.as_bytes().chunks(256).all(|chunk| suspicious(chunk) == 0) {
        return None;
    }
    text.char_indices().find(|(_, character)| is_foreign(*character)).map(|(at, _)| at)
}

fn is_foreign(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Bytes of names: what lies beyond ASCII is taken for a letter.
const fn is_in_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b':' | b'-' | b'.' | 0x80..)
}

/// A name begins with a letter; a prefix and what follows it are names without a colon.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| part.bytes().next().is_some_and(|first| !matches!(first, b'0'..=b'9' | b'-' | b'.'));
    match name.split_once(':') {
        None => is_part(name),
        Some((prefix, local)) => is_part(prefix) && is_part(local) && !local.contains(':'),
    }
}

/// A name as a message can show it.
fn shown(name: &str) -> &str {
    name.char_indices().nth(60).map_or(name, |(at, _)| &name[..at])
}

#[cfg(test)]
#[path = "tests/scan.rs"]
mod tests;
