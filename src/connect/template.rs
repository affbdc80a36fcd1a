//! Texts with values in them: `/products/{id}`, `{since | date: "%Y-%m-%d"}`.
//!
//! `{{` and `}}` are braces. A name with `?` after it (`{notes?}`) is left out of a body when it has no value.

use crate::connect::datum::{Datum, Scope};
use crate::connect::filter::Filter;

/// A text with values in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Slot(Slot),
}

/// A value in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name that is looked up.
    pub name: String,
    /// Whether the whole is left out when there is no value.
    pub optional: bool,
    /// First byte of the name in the text.
    pub at: usize,
    filters: Vec<Filter>,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// First byte of what is wrong.
    pub at: usize,
    /// How many bytes.
    pub len: usize,
    /// Why.
    pub message: String,
}

impl Template {
    /// A text without values.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Literal(text.into())] }
    }

    /// Reads a template.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let rest = &text[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push(character);
                at += 2;
            } else if character == '{' {
                let Some(end) = closing(rest) else {
                    return Err(Mistake {
                        at,
                        len: 1,
                        message: "a `{` without its `}`; write `{{` for a brace".into(),
                    });
                };
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                let slot = Slot::parse(&rest[1..end], at + 1);
                pieces.push(Piece::Slot(slot.map_err(|message| Mistake { at, len: end + 1, message })?));
                at += end + 1;
            } else {
                literal.push(character);
                at += character.len_utf8();
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self { pieces })
    }

    /// The values in it.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => Some(slot),
            Piece::Literal(_) => None,
        })
    }

    /// Whether a name is in it.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.slots().any(|slot| slot.name == name)
    }

    /// The text; nothing when a name in it has no value.
    #[must_use]
    pub fn text(&self, scope: &dyn Scope) -> Option<String> {
        self.encoded(scope, |text| text)
    }

    /// The text with each value encoded; nothing when a name in it has no value.
    #[must_use]
    pub fn encoded(&self, scope: &dyn Scope, encode: impl Fn(String) -> String) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Slot(slot) => match slot.value(scope) {
                    Datum::Null => return None,
                    value => out.push_str(&encode(value.to_text())),
                },
            }
        }
        Some(out)
    }

    /// The text with nothing where a name has no value.
    #[must_use]
    pub fn filled(&self, scope: &dyn Scope, encode: impl Fn(String) -> String) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Slot(slot) => encode(slot.value(scope).to_text()),
        });
        pieces.collect()
    }

    /// The value: of its own type when the template is one name alone, else a text. Nothing at all when it is to be left out.
    #[must_use]
    pub fn value(&self, scope: &dyn Scope) -> Option<Datum> {
        match &self.pieces[..] {
            [Piece::Slot(slot)] => match slot.value(scope) {
                Datum::Null if slot.optional => None,
                value => Some(value),
            },
            pieces => {
                let optional =
                    |piece: &Piece| matches!(piece, Piece::Slot(slot) if slot.optional && slot.value(scope).is_null());
                (!pieces.iter().any(optional)).then(|| Datum::Text(self.filled(scope, |text| text)))
            }
        }
    }
}

/// The byte of the brace that closes the first one; those inside quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().enumerate().skip(1).find_map(|(index, byte)| {
        quoted ^= byte == b'"';
        (byte == b'}' && !quoted).then_some(index)
    })
}

impl Slot {
    fn parse(text: &str, at: usize) -> Result<Self, String> {
        let mut parts = split(text).into_iter();
        let name = parts.next().unwrap_or_default();
        let lead = name.len() - name.trim_start().len();
        let name = name.trim();
        let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name.trim(), true));
        let is_name = |character: char| character.is_alphanumeric() || "._-#".contains(character);
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(format!("`{name}` is not a name"));
        }
        let filter = |part: &str| {
            let (name, argument) = match part.split_once(':') {
                Some((name, argument)) => (name.trim(), Some(unquoted(argument.trim()))),
                None => (part.trim(), None),
            };
            Filter::parse(name, argument)
        };
        let filters = parts.map(filter).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), optional, at: at + lead, filters })
    }

    fn value(&self, scope: &dyn Scope) -> Datum {
        let value = scope.get(&self.name).unwrap_or(Datum::Null);
        self.filters.iter().fold(value, |value, filter| filter.apply(value))
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// Parts between `|`, those inside quotes apart.
fn split(text: &str) -> Vec<&str> {
    let (mut quoted, mut start, mut parts) = (false, 0, Vec::new());
    for (index, byte) in text.bytes().enumerate() {
        quoted ^= byte == b'"';
        if byte == b'|' && !quoted {
            parts.push(&text[start..index]);
            start = index + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Vec<(&'static str, Datum)> {
        vec![("id", Datum::number(7)), ("sku", Datum::text("a/b")), ("none", Datum::Null)]
    }

    #[test]
    fn values_are_put_into_texts() {
        for (written, expected) in [
            ("/products/{id}", Some("/products/7")),
            ("{{{id}}}", Some("{7}")),
            ("{ sku | upper }", Some("A/B")),
            ("{none | default: \"a|}b\"}", Some("a|}b")),
            ("x{none}", None),
        ] {
            assert_eq!(Template::parse(written).unwrap().text(&scope()).as_deref(), expected, "{written}");
        }
        let path =
            Template::parse("/p/{sku}").unwrap().encoded(&scope(), |text| crate::connect::datum::percent_encode(&text));
        assert_eq!(path.as_deref(), Some("/p/a%2Fb"));
    }

    #[test]
    fn one_name_alone_keeps_its_type() {
        let value = |written: &str| Template::parse(written).unwrap().value(&scope());
        assert_eq!(value("{id}"), Some(Datum::number(7)));
        assert_eq!(value("{id | text}"), Some(Datum::text("7")));
        assert_eq!(value("n. {id}"), Some(Datum::text("n. 7")));
        assert_eq!(value("{none}"), Some(Datum::Null));
        assert_eq!(value("{none?}"), None);
    }

    #[test]
    fn mistakes_have_their_place() {
        for (written, at) in [("a {id", 2), ("a {i d}", 2), ("{id | uper}", 0), ("{}", 0)] {
            assert_eq!(Template::parse(written).unwrap_err().at, at, "{written}");
        }
    }
}
