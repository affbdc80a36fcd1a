//! Paths into JSON records, and the tree of keys that the columns of a source need.

use crate::contract::Columns;
use crate::domain::types::Type;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of an object: `billing`.
    Key(String),
    /// Every item of an array: `[]`.
    All,
    /// One item of an array, from 0: `[0]`.
    Index(usize),
    /// The first item whose key has a value: `[key=_billing_cf]`.
    Where(String, String),
}

/// Reads `billing.email`, `line_items[].sku`, `meta_data[key=_cf].value`, `"a.b".c`; a leading `$` means the record.
///
/// # Errors
/// Says what is wrong with the path.
pub fn parse(path: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    rest = rest.strip_prefix('.').unwrap_or(rest);
    while !rest.is_empty() {
        let (segment, after) = next(rest)?;
        segments.push(segment);
        rest = after.strip_prefix('.').unwrap_or(after);
        if after == "." {
            return Err("nothing follows the last point".to_owned());
        }
    }
    Ok(segments)
}

fn next(rest: &str) -> Result<(Segment, &str), String> {
    if let Some(bracket) = rest.strip_prefix('[') {
        let (inside, after) = bracket.split_once(']').ok_or("a `[` without its `]`")?;
        return Ok((in_brackets(inside)?, after));
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let (key, after) = quoted.split_once('"').ok_or("a key whose quote is not closed")?;
        return Ok((Segment::Key(key.to_owned()), after));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    if key.is_empty() { Err("an empty key".to_owned()) } else { Ok((Segment::Key(key.to_owned()), after)) }
}

fn in_brackets(inside: &str) -> Result<Segment, String> {
    let inside = inside.trim();
    if inside.is_empty() || inside == "*" {
        return Ok(Segment::All);
    }
    if let Some((key, value)) = inside.split_once('=') {
        let value = value.trim().trim_matches('"');
        return Ok(Segment::Where(key.trim().to_owned(), value.to_owned()));
    }
    inside.parse().map(Segment::Index).map_err(|_| format!("expected `[]`, `[0]` or `[key=value]`, found `[{inside}]`"))
}

/// What is wanted of a value of the record.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Keys that lead on, when the value is an object.
    pub children: Vec<(String, Node)>,
    /// Columns that take the value itself.
    pub slots: Vec<usize>,
    /// Columns that take something inside arrays below.
    pub tails: Vec<(usize, Vec<Segment>)>,
}

/// A column whose path makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath {
    /// Position of the column.
    pub slot: usize,
    /// What is wrong.
    pub reason: String,
}

impl Node {
    /// The tree that these columns need.
    ///
    /// # Errors
    /// Every column whose path is not well-formed, or goes through all items of an array without being a list.
    pub fn of(columns: &Columns) -> Result<Self, Vec<BadPath>> {
        let mut root = Self::default();
        let mut bad = Vec::new();
        for (slot, rule) in columns.rules().iter().enumerate() {
            let added = parse(&rule.from).and_then(|path| {
                let gathers = path.contains(&Segment::All);
                if gathers && !matches!(rule.ty.base(), Type::List(_)) {
                    return Err(format!(
                        "`{}` gathers many values: declare the column as `list<{}>`",
                        rule.from, rule.ty
                    ));
                }
                root.add(slot, path);
                Ok(())
            });
            if let Err(reason) = added {
                bad.push(BadPath { slot, reason });
            }
        }
        if bad.is_empty() { Ok(root) } else { Err(bad) }
    }

    fn add(&mut self, slot: usize, path: Vec<Segment>) {
        let keys = path.iter().take_while(|segment| matches!(segment, Segment::Key(_))).count();
        let mut node = self;
        let mut path = path.into_iter();
        for segment in path.by_ref().take(keys) {
            if let Segment::Key(key) = segment {
                node = node.child(key);
            }
        }
        let tail: Vec<Segment> = path.collect();
        match tail.as_slice() {
            // `a[]` is the list itself.
            [] | [Segment::All] => node.slots.push(slot),
            _ => node.tails.push((slot, tail)),
        }
    }

    fn child(&mut self, key: String) -> &mut Self {
        let index = self.children.iter().position(|(name, _)| *name == key).unwrap_or_else(|| {
            self.children.push((key, Self::default()));
            self.children.len() - 1
        });
        &mut self.children[index].1
    }

    /// The first column that the value or anything below it feeds.
    #[must_use]
    pub fn first_slot(&self) -> Option<usize> {
        let below = self.children.iter().find_map(|(_, child)| child.first_slot());
        self.slots.first().copied().or_else(|| self.tails.first().map(|(slot, _)| *slot)).or(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let key = |name: &str| Segment::Key(name.to_owned());
        let cases = [
            ("billing.email", vec![key("billing"), key("email")]),
            ("$.id", vec![key("id")]),
            ("$", vec![]),
            ("line_items[].sku", vec![key("line_items"), Segment::All, key("sku")]),
            ("a[0][*]", vec![key("a"), Segment::Index(0), Segment::All]),
            (
                "meta_data[key=_cf].value",
                vec![key("meta_data"), Segment::Where("key".into(), "_cf".into()), key("value")],
            ),
            ("\"a.b\".c", vec![key("a.b"), key("c")]),
        ];
        for (path, expected) in cases {
            assert_eq!(parse(path), Ok(expected), "{path}");
        }
        for path in ["a..b", "a.", "a[", "a[x]", "\"a"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
