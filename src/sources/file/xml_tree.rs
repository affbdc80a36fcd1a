//! The elements and attributes that the columns of an XML source need, resolved once into a small tree.

use crate::contract::Columns;
use crate::domain::types::Type;

/// A name as a path says it: without prefix it matches any prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    text: String,
    has_prefix: bool,
}

/// A name as the document says it.
#[derive(Clone, Copy, Debug)]
pub struct FoundName<'n> {
    whole: &'n str,
    local: &'n str,
}

impl<'n> FoundName<'n> {
    /// The name of an element or attribute, perhaps with a prefix.
    #[inline]
    #[must_use]
    pub fn new(whole: &'n str) -> Self {
        let local = whole.as_bytes().iter().position(|byte| *byte == b':').map_or(whole, |colon| &whole[colon + 1..]);
        Self { whole, local }
    }

    /// The name with its prefix.
    #[must_use]
    pub fn whole(self) -> &'n str {
        self.whole
    }
}

impl Name {
    /// A name of a path.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let text = name.trim().to_owned();
        Self { has_prefix: text.contains(':'), text }
    }

    /// Whether an element or attribute of the document has the name.
    #[inline]
    #[must_use]
    pub fn matches(&self, found: FoundName<'_>) -> bool {
        self.text == if self.has_prefix { found.whole } else { found.local }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The value of a column.
    Single(usize),
    /// One more item of a list column.
    Item(usize),
    /// A field of the record that a column with parts is at.
    Field {
        /// The column.
        slot: usize,
        /// Position of the field.
        field: usize,
    },
}

/// An element that is needed, or leads to one.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Elements below, by name.
    pub children: Vec<(Name, usize)>,
    /// Attributes that are needed.
    pub attributes: Vec<(Name, Target)>,
    /// Where the text of the element goes.
    pub texts: Vec<Target>,
    /// Columns with parts, of which each such element is one record.
    pub records: Vec<usize>,
}

/// The tree; node 0 is the record element.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// A column that XML cannot hold as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadColumn {
    /// Position of the column.
    pub slot: usize,
    /// What is wrong.
    pub reason: String,
}

impl Tree {
    /// The tree that these columns need.
    ///
    /// # Errors
    /// Every column whose path or type makes no sense.
    pub fn of(columns: &Columns) -> Result<Self, Vec<BadColumn>> {
        let mut tree = Self { nodes: vec![Node::default()] };
        let mut bad = Vec::new();
        for (slot, rule) in columns.rules().iter().enumerate() {
            if let Err(reason) = tree.add_column(slot, &rule.from, &rule.ty.base()) {
                bad.push(BadColumn { slot, reason });
            }
        }
        if bad.is_empty() { Ok(tree) } else { Err(bad) }
    }

    fn add_column(&mut self, slot: usize, path: &str, ty: &Type) -> Result<(), String> {
        match ty {
            Type::List(item) => match item.as_ref() {
                Type::Struct(fields) => self.add_record(slot, path, fields),
                Type::List(_) => Err("lists of lists cannot be read from XML".to_owned()),
                _ => self.add_target(0, path, Target::Item(slot)),
            },
            Type::Struct(fields) => self.add_record(slot, path, fields),
            _ => self.add_target(0, path, Target::Single(slot)),
        }
    }

    fn add_record(&mut self, slot: usize, path: &str, fields: &[(String, Type)]) -> Result<(), String> {
        let (elements, attribute) = parse(path)?;
        if attribute.is_some() {
            return Err(format!("`{path}` is an attribute, which has no parts"));
        }
        let node = self.descend(0, &elements);
        self.nodes[node].records.push(slot);
        for (field, (name, ty)) in fields.iter().enumerate() {
            if ty.is_nested() {
                return Err(format!("field `{name}` is `{ty}`: only one level of parts can be read from XML"));
            }
            self.add_target(node, name, Target::Field { slot, field })?;
        }
        Ok(())
    }

    fn add_target(&mut self, from: usize, path: &str, target: Target) -> Result<(), String> {
        let (elements, attribute) = parse(path)?;
        let node = self.descend(from, &elements);
        match attribute {
            Some(name) => self.nodes[node].attributes.push((name, target)),
            None => self.nodes[node].texts.push(target),
        }
        Ok(())
    }

    fn descend(&mut self, from: usize, elements: &[Name]) -> usize {
        elements.iter().fold(from, |node, name| {
            let known = self.nodes[node].children.iter().find(|(known, _)| known == name).map(|(_, child)| *child);
            known.unwrap_or_else(|| {
                self.nodes.push(Node::default());
                let child = self.nodes.len() - 1;
                self.nodes[node].children.push((name.clone(), child));
                child
            })
        })
    }
}

/// Reads `Vat/@Perc`, `Code`, `Images/Image`, `.`: elements, and an attribute at the end.
///
/// # Errors
/// Says what is wrong with the path.
pub fn parse(path: &str) -> Result<(Vec<Name>, Option<Name>), String> {
    let mut elements = Vec::new();
    let mut parts = path.trim().split('/').peekable();
    while let Some(part) = parts.next() {
        match part.trim() {
            "." => {}
            "" | "@" => return Err(format!("`{path}` has an empty part")),
            "text()" if parts.peek().is_none() => {}
            part if part.starts_with('@') => {
                if parts.peek().is_some() {
                    return Err(format!("nothing can stand below the attribute `{part}`"));
                }
                return Ok((elements, Some(Name::new(&part[1..]))));
            }
            part if part.contains(['[', '*', '(']) || part == ".." => {
                return Err(format!(
                    "`{part}`: a path is made of element names, and `@name` for an attribute at the end"
                ));
            }
            part => elements.push(Name::new(part)),
        }
    }
    Ok((elements, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ColumnRule;

    #[test]
    fn names_match_with_and_without_prefix() {
        let cases = [
            ("Code", "Code", true),
            ("Code", "p:Code", true),
            ("Code", "pCode", false),
            ("p:Code", "p:Code", true),
            ("p:Code", "q:Code", false),
            ("p:Code", "x:p:Code", false),
        ];
        for (name, found, expected) in cases {
            assert_eq!(Name::new(name).matches(FoundName::new(found)), expected, "{name} {found}");
        }
    }

    #[test]
    fn columns_become_a_tree() {
        let rule = |name: &str, from: &str, ty: &str| ColumnRule {
            from: from.to_owned(),
            ..ColumnRule::plain(name, ty.parse().unwrap())
        };
        let rules = vec![
            rule("code", "Code", "text"),
            rule("perc", "Vat/@Perc", "percent"),
            rule("vat", "Vat", "text"),
            rule("images", "Images/Image", "list<text>"),
            rule("rows", "Rows/Row", "list<struct{Code: text, \"Vat/@Perc\": percent}>"),
            rule("own", ".", "text"),
        ];
        let tree = Tree::of(&Columns::new(rules, Vec::new())).unwrap();
        let root = &tree.nodes[0];
        let names: Vec<&str> = root.children.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, &root.texts), (vec!["Code", "Vat", "Images", "Rows"], &vec![Target::Single(5)]));
        let vat = &tree.nodes[root.children[1].1];
        assert_eq!((&vat.texts, vat.attributes[0].1), (&vec![Target::Single(2)], Target::Single(1)));
        let record = tree.nodes.iter().find(|node| node.records == [4]).unwrap();
        assert_eq!(tree.nodes[record.children[0].1].texts, [Target::Field { slot: 4, field: 0 }]);
    }

    #[test]
    fn bad_paths_are_named() {
        for path in ["a//b", "@a/b", "a[1]", "../a", "", "a/*"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
