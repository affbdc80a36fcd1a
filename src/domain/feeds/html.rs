//! HTML in texts of a catalogue: taken out, or kept as far as a channel allows it.
//!
//! Only what is known as HTML is taken for it: `2 ricambi <originali>` and `< 40 °C` are words and stay.

use std::borrow::Cow;

/// Elements that texts of a catalogue are written with.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "ins",
    "li",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "p",
    "pre",
    "s",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];

/// Elements that end a line.
const BLOCKS: &[&str] = &[
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "section",
    "table",
    "tr",
    "ul",
];

/// Elements whose content is no text.
const HIDDEN: &[&str] = &["head", "script", "style", "title"];

/// Entities by name, beside the numeric ones.
const ENTITIES: &[(&str, &str)] = &[
    ("Agrave", "À"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("agrave", "à"),
    ("amp", "&"),
    ("apos", "'"),
    ("bull", "•"),
    ("copy", "©"),
    ("deg", "°"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("euro", "€"),
    ("frac12", "½"),
    ("gt", ">"),
    ("hellip", "…"),
    ("igrave", "ì"),
    ("laquo", "«"),
    ("ldquo", "“"),
    ("lsquo", "‘"),
    ("lt", "<"),
    ("mdash", "—"),
    ("middot", "·"),
    ("nbsp", " "),
    ("ndash", "–"),
    ("ograve", "ò"),
    ("ouml", "ö"),
    ("plusmn", "±"),
    ("quot", "\""),
    ("raquo", "»"),
    ("rdquo", "”"),
    ("reg", "®"),
    ("rsquo", "’"),
    ("szlig", "ß"),
    ("times", "×"),
    ("trade", "™"),
    ("ugrave", "ù"),
    ("uuml", "ü"),
    ("auml", "ä"),
    ("ccedil", "ç"),
    ("ntilde", "ñ"),
    ("sup2", "²"),
    ("sup3", "³"),
];

/// A tag in a text.
struct Tag<'t> {
    name: String,
    is_closing: bool,
    /// The bytes of it, angle brackets included.
    text: &'t str,
}

/// The text without HTML: elements taken out, entities decoded. Ends of paragraphs become line feeds.
#[must_use]
pub fn strip(text: &str) -> Cow<'_, str> {
    walk(text, &[])
}

/// The text with only the elements that are `allowed`, without their attributes; other elements are taken out.
///
/// Entities stay as they are: the text goes on being HTML.
#[must_use]
pub fn keep<'t>(text: &'t str, allowed: &[String]) -> Cow<'t, str> {
    walk(text, allowed)
}

fn walk<'t>(text: &'t str, allowed: &[String]) -> Cow<'t, str> {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let keeps_html = !allowed.is_empty();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = comment(rest) {
            rest = &rest[comment..];
        } else if let Some(tag) = tag(rest) {
            rest = &rest[tag.text.len()..];
            if allowed.contains(&tag.name) {
                push_tag(&tag, &mut out);
            } else if HIDDEN.contains(&tag.name.as_str()) && !tag.is_closing {
                rest = after_closing(rest, &tag.name);
            } else {
                end_line(&tag.name, &mut out);
            }
        } else if let Some((character, length)) = entity(rest).filter(|_| !keeps_html) {
            out.push_str(&character);
            rest = &rest[length..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn push_tag(tag: &Tag, out: &mut String) {
    out.push_str(if tag.is_closing { "</" } else { "<" });
    out.push_str(&tag.name);
    out.push('>');
}

fn end_line(name: &str, out: &mut String) {
    if BLOCKS.contains(&name) && !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn comment(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("<!--")?;
    Some(inside.find("-->").map_or(text.len(), |end| end + "<!---->".len()))
}

/// The tag that the text begins with, when its name is one of HTML.
fn tag(text: &str) -> Option<Tag<'_>> {
    let inside = text.strip_prefix('<')?;
    let (is_closing, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let length = inside.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let name = inside[..length].to_ascii_lowercase();
    let follows = inside[length..].chars().next()?;
    if !ELEMENTS.contains(&name.as_str()) || !(follows == '>' || follows == '/' || follows.is_whitespace()) {
        return None;
    }
    let end = end_of_tag(text)?;
    Some(Tag { name, is_closing, text: &text[..end] })
}

/// Where the tag ends; a `>` inside quotes is part of an attribute.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn after_closing<'t>(text: &'t str, name: &str) -> &'t str {
    let closing = format!("</{name}");
    let Some(at) = text.to_ascii_lowercase().find(&closing) else { return "" };
    let rest = &text[at..];
    rest.find('>').map_or("", |end| &rest[end + 1..])
}

/// The character of the entity that the text begins with, and the length of the entity.
fn entity(text: &str) -> Option<(Cow<'static, str>, usize)> {
    const LONGEST: usize = 10;
    let inside = text.strip_prefix('&')?;
    let end = inside.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &inside[..end];
    let length = end + 2;
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((char::from_u32(code)?.to_string().into(), length));
    }
    let (_, character) = ENTITIES.iter().find(|(known, _)| *known == name)?;
    Some((Cow::Borrowed(character), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_taken_out_and_other_brackets_stay() {
        let cases = [
            ("testo semplice", "testo semplice"),
            ("<p>Uno</p><p>Due</p>", "Uno\nDue\n"),
            ("a<br/>b<BR>c", "a\nb\nc"),
            ("<b>Caff&egrave;</b> &amp; t&#232; &#xE8; &euro;", "Caffè & tè è €"),
            ("<a href=\"x>y\">vai</a>", "vai"),
            ("<style>p { color: red }</style>Testo<script>x < 1</script>", "Testo"),
            ("<!-- nota --> Testo", " Testo"),
            ("2 ricambi <originali>, < 40 °C & umidità", "2 ricambi <originali>, < 40 °C & umidità"),
            ("Zeta <3 Tè", "Zeta <3 Tè"),
            ("a & b; c &ignota; d", "a & b; c &ignota; d"),
            ("<p senza fine", "<p senza fine"),
            ("&#0; &#xD800;", "\u{0} &#xD800;"),
        ];
        for (text, expected) in cases {
            assert_eq!(strip(text), expected, "{text}");
        }
    }

    #[test]
    fn allowed_elements_stay_without_attributes() {
        let allowed = ["p", "b", "ul", "li"].map(String::from);
        let text = "<p class=\"x\" onclick='y'>Uno <b>due</b></p><div>tre</div><script>alert(1)</script> &egrave;";
        assert_eq!(keep(text, &allowed), "<p>Uno <b>due</b></p>\ntre\n &egrave;");
    }
}
