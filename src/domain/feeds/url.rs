//! Addresses of a feed: absolute, with every character that an address cannot have percent-encoded (RFC 3986, 3987).

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a byte stands in an address as it is.
#[inline]
const fn is_plain(byte: u8) -> bool {
    let is_odd = matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`' | b'%');
    byte > 0x20 && byte < 0x7f && !is_odd
}

/// The address, encoded.
///
/// # Errors
/// What is wrong, in English and in Italian.
pub fn encode(text: &str) -> Result<Cow<'_, str>, (&'static str, &'static str)> {
    if !is_absolute(text) {
        return Err((
            "is not an absolute address: begin it with `https://` and the name of the site",
            "non è un indirizzo assoluto: deve iniziare con `https://` e il nome del sito",
        ));
    }
    // Without a way out of the loop it takes many bytes at a time.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        return Ok(Cow::Borrowed(text));
    }
    let mut encoded = String::with_capacity(text.len() + 8);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape =
            *byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if is_plain(*byte) || is_escape {
            encoded.push(char::from(*byte));
        } else {
            // Writing to memory does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(Cow::Owned(encoded))
}

/// Whether the address is read over an encrypted connection.
#[must_use]
pub fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// Whether the address begins with a scheme of the web and the name of a site.
fn is_absolute(text: &str) -> bool {
    let after = |scheme: &str| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    };
    let Some(rest) = after("https://").or_else(|| after("http://")) else { return false };
    let bytes = rest.as_bytes();
    let end = memchr::memchr3(b'/', b'?', b'#', bytes).unwrap_or(bytes.len());
    let host = &bytes[..end];
    host.contains(&b'.') && host[0] != b'.' && !host.iter().any(|byte| *byte == b'@' || byte.is_ascii_whitespace())
}

/// The extension of the file that an address names, in small letters; none when its path has none.
#[must_use]
pub fn extension(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let (_, file) = path.split_once("://")?.1.rsplit_once('/')?;
    let (_, extension) = file.rsplit_once('.')?;
    (1..=5).contains(&extension.len()).then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_absolute_and_encoded() {
        let cases = [
            ("https://shop.it/caffè?a=1&b=2", "https://shop.it/caff%C3%A8?a=1&b=2"),
            ("HTTP://shop.it", "HTTP://shop.it"),
            ("https://shop.it/a b.jpg", "https://shop.it/a%20b.jpg"),
            ("https://shop.it/t%C3%A8%20verde", "https://shop.it/t%C3%A8%20verde"),
            ("https://shop.it/100%", "https://shop.it/100%25"),
            ("https://shop.it/<a>|\"", "https://shop.it/%3Ca%3E%7C%22"),
        ];
        for (text, expected) in cases {
            assert_eq!(encode(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in
            ["", "/p/1", "shop.it/p", "ftp://shop.it", "https://", "https://x", "https://a@b.it/", "https://a b.it/"]
        {
            assert!(encode(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn encrypted_addresses_are_known_in_any_letters() {
        for (text, expected) in
            [("https://b.it", true), ("HTTPS://b.it", true), ("http://b.it", false), ("https", false)]
        {
            assert_eq!(is_https(text), expected, "{text}");
        }
    }

    #[test]
    fn extensions_are_those_of_the_path() {
        let cases = [
            ("https://b.it/a.JPG?v=1.2", Some("jpg")),
            ("https://b.it/a/b", None),
            ("https://b.it", None),
            ("https://b.it/a.b.webp#x", Some("webp")),
            ("https://b.it/v1.2.archivio/x", None),
        ];
        for (url, expected) in cases {
            assert_eq!(extension(url).as_deref(), expected, "{url}");
        }
    }
}
