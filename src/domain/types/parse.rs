//! Reads a type from the words of the pipeline language.
//!
//! The grammar is small and closed: a word, `decimal(p,s)`, `list<type>`, `struct{name: type, …}`. A field name that is not
//! a plain word is written between double quotes, with a quote inside doubled.

use std::{borrow::Cow, str::FromStr};

use thiserror::Error;

use super::{TradeType, Type};

/// Deeper nesting than this is refused, so that a hostile file cannot exhaust the stack.
const MAX_DEPTH: usize = 32;

const PLAIN: &[(&str, Type)] = &[
    ("text", Type::Text),
    ("integer", Type::Integer),
    ("money", Type::MONEY),
    ("quantity", Type::QUANTITY),
    ("percent", Type::PERCENT),
    ("float", Type::Float),
    ("bool", Type::Bool),
    ("date", Type::Date),
    ("timestamp", Type::Timestamp),
];

const POSSIBLE: &str = "known types: text, integer, decimal(p,s), money, quantity, percent, float, bool, date, timestamp, list<type>, struct{name: type}";

/// Why a text is not a type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}; {POSSIBLE}")]
pub struct TypeError {
    /// Where the text goes wrong, in bytes from its start.
    pub at: usize,
    /// What was expected there, without the list of the types.
    pub message: String,
}

/// The types that are one word.
pub fn plain_names() -> impl Iterator<Item = &'static str> {
    PLAIN.iter().map(|(name, _)| *name)
}

impl FromStr for Type {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, TypeError> {
        let mut reader = Reader { text, at: 0 };
        let found = reader.read_type(0)?;
        reader.skip_blanks();
        if reader.at < text.len() {
            return Err(reader.error(format!("unexpected `{}` after the type `{found}`", reader.rest())));
        }
        Ok(found)
    }
}

/// A field name as it is written: between quotes unless it is a plain word.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    if !name.is_empty() && name.chars().all(is_word) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn read_type(&mut self, depth: usize) -> Result<Type, TypeError> {
        self.skip_blanks();
        if depth > MAX_DEPTH {
            return Err(self.error(format!("types nest deeper than {MAX_DEPTH} levels")));
        }
        let start = self.at;
        let word = self.read_word();
        match word.to_ascii_lowercase().as_str() {
            "decimal" => self.read_decimal(start),
            "list" => self.read_list(depth),
            "struct" => self.read_struct(depth),
            word => PLAIN
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, found)| found.clone())
                .ok_or_else(|| self.unknown(start)),
        }
    }

    fn read_decimal(&mut self, start: usize) -> Result<Type, TypeError> {
        if !self.accept('(') {
            return Err(self.error("`decimal` needs its digits, as in `decimal(18,2)`"));
        }
        let precision = self.read_number()?;
        let scale = if self.accept(',') { self.read_number()? } else { 0 };
        self.expect(')')?;
        Type::decimal(precision, scale).ok_or_else(|| TypeError {
            at: start,
            message: format!(
                "`decimal({precision},{scale})` is not possible: digits go from 1 to 38, decimals from 0 to the digits"
            ),
        })
    }

    fn read_list(&mut self, depth: usize) -> Result<Type, TypeError> {
        self.expect('<')?;
        let item = self.read_type(depth + 1)?;
        self.expect('>')?;
        Ok(Type::List(Box::new(item)))
    }

    fn read_struct(&mut self, depth: usize) -> Result<Type, TypeError> {
        self.expect('{')?;
        let mut fields: Vec<(String, Type)> = Vec::new();
        while !self.accept('}') {
            if !fields.is_empty() {
                self.expect(',')?;
            }
            let name = self.read_name()?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(self.error(format!("field `{name}` is named twice")));
            }
            self.expect(':')?;
            fields.push((name, self.read_type(depth + 1)?));
        }
        Ok(Type::Struct(fields))
    }

    fn read_name(&mut self) -> Result<String, TypeError> {
        if !self.accept('"') {
            let word = self.read_word();
            return if word.is_empty() { Err(self.error("expected the name of a field")) } else { Ok(word.to_owned()) };
        }
        let mut name = String::new();
        loop {
            let Some(length) = self.rest().find('"') else {
                return Err(self.error("a quoted field name is not closed"));
            };
            name.push_str(&self.rest()[..length]);
            self.at += length + 1;
            if !self.rest().starts_with('"') {
                return Ok(name);
            }
            name.push('"');
            self.at += 1;
        }
    }

    fn read_number(&mut self) -> Result<u8, TypeError> {
        self.skip_blanks();
        let start = self.at;
        self.read_word()
            .parse()
            .map_err(|_| TypeError { at: start, message: String::from("expected a number of digits, 38 at most") })
    }

    fn read_word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn expect(&mut self, mark: char) -> Result<(), TypeError> {
        if self.accept(mark) { Ok(()) } else { Err(self.error(format!("expected `{mark}`"))) }
    }

    fn accept(&mut self, mark: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(mark);
        self.at += if found { mark.len_utf8() } else { 0 };
        found
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> TypeError {
        TypeError { at: self.at, message: message.into() }
    }

    fn unknown(&self, start: usize) -> TypeError {
        let word = &self.text[start..self.at];
        let is_trade = TradeType::ALL.iter().any(|trade| trade.name().eq_ignore_ascii_case(word));
        let message = match word {
            "" => String::from("expected a type"),
            _ if is_trade => format!("`{word}` is the type of a whole column and cannot stand here: use `text`"),
            _ => format!("unknown type `{word}`"),
        };
        TypeError { at: start, message }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_become_types() {
        let list = |item| Type::List(Box::new(item));
        let cases = [
            ("text", Type::Text, "text"),
            (" Integer ", Type::Integer, "integer"),
            ("decimal( 18 , 2 )", Type::MONEY, "decimal(18,2)"),
            ("decimal(10)", Type::Decimal { precision: 10, scale: 0 }, "decimal(10,0)"),
            ("money", Type::MONEY, "decimal(18,2)"),
            ("quantity", Type::QUANTITY, "decimal(18,3)"),
            ("percent", Type::PERCENT, "decimal(9,4)"),
            ("float", Type::Float, "float"),
            ("list<list<date>>", list(list(Type::Date)), "list<list<date>>"),
            ("struct{}", Type::Struct(vec![]), "struct{}"),
            (
                "struct{città: text,\"a \"\"b\"\"\": list< money >}",
                Type::Struct(vec![(String::from("città"), Type::Text), (String::from("a \"b\""), list(Type::MONEY))]),
                "struct{città: text, \"a \"\"b\"\"\": list<decimal(18,2)>}",
            ),
        ];
        for (text, expected, printed) in cases {
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string(), printed);
            assert_eq!(printed.parse(), Ok(expected), "{printed}");
        }
    }

    #[test]
    fn what_is_not_a_type_is_explained() {
        let cases = [
            ("", 0, "expected a type"),
            ("varchar", 0, "unknown type `varchar`"),
            ("decimal", 7, "`decimal` needs its digits, as in `decimal(18,2)`"),
            (
                "decimal(2,3)",
                0,
                "`decimal(2,3)` is not possible: digits go from 1 to 38, decimals from 0 to the digits",
            ),
            (
                "decimal(39,2)",
                0,
                "`decimal(39,2)` is not possible: digits go from 1 to 38, decimals from 0 to the digits",
            ),
            ("decimal(x,2)", 8, "expected a number of digits, 38 at most"),
            ("list<text", 9, "expected `>`"),
            ("list<testo>", 5, "unknown type `testo`"),
            ("list<gtin>", 5, "`gtin` is the type of a whole column and cannot stand here: use `text`"),
            ("text text", 5, "unexpected `text` after the type `text`"),
            ("struct{a text}", 9, "expected `:`"),
            ("struct{a: text, a: date}", 17, "field `a` is named twice"),
            ("struct{\"a: text}", 8, "a quoted field name is not closed"),
            ("struct{: text}", 7, "expected the name of a field"),
        ];
        for (text, at, message) in cases {
            assert_eq!(text.parse::<Type>(), Err(TypeError { at, message: String::from(message) }), "{text}");
        }
        let error = "varchar".parse::<Type>().unwrap_err().to_string();
        assert!(error.contains("decimal(p,s)") && plain_names().all(|name| error.contains(name)), "{error}");
        let deep = format!("{}text{}", "list<".repeat(1000), ">".repeat(1000));
        assert_eq!(deep.parse::<Type>().unwrap_err().message, "types nest deeper than 32 levels");
    }

    fn any_type() -> impl Strategy<Value = Type> {
        let leaf = prop_oneof![
            proptest::sample::select(PLAIN).prop_map(|(_, plain)| plain),
            (1u8..=38, 0u8..=38)
                .prop_map(|(precision, scale)| Type::Decimal { precision, scale: scale.min(precision) }),
        ];
        leaf.prop_recursive(4, 16, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|item| Type::List(Box::new(item))),
                proptest::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|fields| Type::Struct(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(expected in any_type()) {
            prop_assert_eq!(expected.to_string().parse::<Type>(), Ok(expected));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[a-z<>{}(),:\" 0-9é]{0,40}") {
            if let Err(error) = text.parse::<Type>() {
                prop_assert!(text.is_char_boundary(error.at));
            }
        }
    }
}
