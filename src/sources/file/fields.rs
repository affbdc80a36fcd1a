//! Cuts a record of separated values into its fields.

/// How fields are separated and quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    /// Character between fields.
    pub delimiter: u8,
    /// Character around fields.
    pub quote: Option<u8>,
}

/// The fields of one record; used again for the next, so that cutting allocates nothing.
#[derive(Debug, Default)]
pub struct Fields {
    /// End of each field in the record, or in `text` when the record holds quotes.
    ends: Vec<usize>,
    /// The fields without their quotes.
    text: String,
    is_quoted: bool,
}

impl Fields {
    /// Cuts a record. Answers whether every quoted field is closed.
    #[inline]
    pub fn cut(&mut self, record: &str, separators: Separators) -> bool {
        self.ends.clear();
        self.is_quoted = separators.quote.is_some_and(|quote| memchr::memchr(quote, record.as_bytes()).is_some());
        if let (true, Some(quote)) = (self.is_quoted, separators.quote) {
            return self.cut_quoted(record, separators.delimiter, quote);
        }
        self.ends.extend(memchr::memchr_iter(separators.delimiter, record.as_bytes()));
        self.ends.push(record.len());
        true
    }

    /// How many fields the record has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing was cut yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A field of the record that was cut; empty when there are fewer.
    #[inline]
    #[must_use]
    pub fn get<'f>(&'f self, record: &'f str, index: usize) -> &'f str {
        let Some(end) = self.ends.get(index) else { return "" };
        let separator = usize::from(!self.is_quoted);
        let start = if index == 0 { 0 } else { self.ends[index - 1] + separator };
        let text = if self.is_quoted { self.text.as_str() } else { record };
        text.get(start..*end).unwrap_or("")
    }

    fn cut_quoted(&mut self, record: &str, delimiter: u8, quote: u8) -> bool {
        self.text.clear();
        let mut rest = record;
        loop {
            let is_opened = rest.trim_start_matches(' ').as_bytes().first() == Some(&quote);
            let closed = if is_opened { self.quoted_field(&mut rest, quote) } else { true };
            let end = memchr::memchr(delimiter, rest.as_bytes());
            self.text.push_str(&rest[..end.unwrap_or(rest.len())]);
            self.ends.push(self.text.len());
            match end {
                Some(end) if closed => rest = &rest[end + 1..],
                _ => return closed,
            }
        }
    }

    /// Takes a field up to its closing quote; what stands between that and the delimiter is left in `rest`.
    fn quoted_field(&mut self, rest: &mut &str, quote: u8) -> bool {
        *rest = &rest.trim_start_matches(' ')[1..];
        loop {
            let Some(at) = memchr::memchr(quote, rest.as_bytes()) else {
                self.text.push_str(rest);
                *rest = "";
                return false;
            };
            self.text.push_str(&rest[..at]);
            *rest = &rest[at + 1..];
            if rest.as_bytes().first() != Some(&quote) {
                return true;
            }
            self.text.push(char::from(quote));
            *rest = &rest[1..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEMICOLON: Separators = Separators { delimiter: b';', quote: Some(b'"') };

    fn cut(record: &str) -> (Vec<String>, bool) {
        let mut fields = Fields::default();
        let closed = fields.cut(record, SEMICOLON);
        ((0..fields.len()).map(|index| fields.get(record, index).to_owned()).collect(), closed)
    }

    #[test]
    fn records_are_cut() {
        let cases: &[(&str, &[&str], bool)] = &[
            ("a;b;c", &["a", "b", "c"], true),
            ("", &[""], true),
            (";;", &["", "", ""], true),
            ("a;\"b;c\";d", &["a", "b;c", "d"], true),
            ("\"a \"\"x\"\"\";è", &["a \"x\"", "è"], true),
            ("\"\";\"\"", &["", ""], true),
            ("a; \"b\" ;c", &["a", "b ", "c"], true),
            ("5\" tv;b", &["5\" tv", "b"], true),
            ("a;\"b\nc\"", &["a", "b\nc"], true),
            ("a;\"b;c", &["a", "b;c"], false),
            ("\"a\"b;c", &["ab", "c"], true),
        ];
        for (record, expected, closed) in cases {
            assert_eq!(cut(record), (expected.iter().map(|field| (*field).to_owned()).collect(), *closed), "{record}");
        }
    }

    #[test]
    fn without_a_quote_character_quotes_are_text() {
        let mut fields = Fields::default();
        let record = "\"a;b\"";
        assert!(fields.cut(record, Separators { delimiter: b';', quote: None }));
        assert_eq!((fields.len(), fields.get(record, 0), fields.get(record, 1)), (2, "\"a", "b\""));
    }
}
