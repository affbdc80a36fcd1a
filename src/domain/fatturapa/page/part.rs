//! The elements of a document, each with a mark once it was shown: what is left over can be listed, nothing is lost.
//!
//! Here: [`Part`], how the value of an element reads in Italian. Not here: where it stands on the page (`view`).

use std::cell::Cell;

use serde::Serialize;

use super::{italian, words};
use crate::domain::fatturapa::schema::{Element, ValueType};
use crate::domain::fatturapa::tree::Node;
use crate::domain::money::Decimal;

/// A value with its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Field {
    /// What it is.
    pub(super) label: String,
    /// For a reader.
    pub(super) value: String,
}

impl Field {
    /// A field, unless its value is empty.
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        (!value.is_empty()).then(|| Self { label: label.into(), value })
    }
}

/// An element.
pub(super) struct Part<'a> {
    element: &'static Element,
    value: &'a str,
    children: Vec<Part<'a>>,
    shown: Cell<bool>,
}

impl<'a> Part<'a> {
    /// An element with everything below it.
    pub(super) fn of(node: Node<'a>) -> Self {
        Self {
            element: node.element(),
            value: node.value().trim_ascii(),
            children: node.children().map(Part::of).collect(),
            shown: Cell::new(false),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.element.name
    }

    /// The element at the end of a path of first children; itself for an empty path.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        names.try_fold(self, |part, name| part.children.iter().find(|child| child.name() == name))
    }

    /// Its children of this name.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Self> {
        self.children.iter().filter(move |child| child.name() == name)
    }

    /// The value at the end of a path as a reader wants it, now shown; empty without one.
    pub(super) fn take(&self, path: &str) -> String {
        self.at(path).map(Part::show).unwrap_or_default()
    }

    /// The values at the end of several paths, with something between those that are there.
    pub(super) fn joined(&self, paths: &[&str], between: &str) -> String {
        let values = paths.iter().map(|path| self.take(path)).filter(|value| !value.is_empty());
        values.collect::<Vec<String>>().join(between)
    }

    /// The value at the end of a path with a label.
    pub(super) fn field(&self, label: &str, path: &str) -> Option<Field> {
        Field::new(label, self.take(path))
    }

    /// The value at the end of a path as written, now shown, and what it means when it is a known code.
    pub(super) fn code(&self, path: &str) -> (String, &'static str) {
        let Some(part) = self.at(path) else { return (String::new(), "") };
        part.shown.set(true);
        (part.value.to_owned(), words::meaning(part.name(), part.value).unwrap_or_default())
    }

    /// The number at the end of a path.
    pub(super) fn decimal(&self, path: &str) -> Option<Decimal> {
        self.at(path)?.value.parse().ok()
    }

    /// Its value for a reader, now shown.
    pub(super) fn show(&self) -> String {
        self.shown.set(true);
        let value = self.value;
        let nice = match self.element.value {
            Some(ValueType::Cents | ValueType::EightDecimals) => italian::number(value, 2),
            Some(ValueType::Quantity | ValueType::Weight) => italian::number(value, 0),
            Some(ValueType::Rate) => italian::number(value, 0).map(|rate| format!("{rate}%")),
            Some(ValueType::Date | ValueType::DocumentDate | ValueType::DateTime) => italian::date(value),
            Some(ValueType::Base64) => Some(italian::size(value)),
            Some(ValueType::List(_)) => {
                words::meaning(self.name(), value).map(|meaning| format!("{value} ({meaning})"))
            }
            _ => None,
        };
        nice.unwrap_or_else(|| value.to_owned())
    }

    /// What was not shown yet below it, now shown, under labels for a reader.
    pub(super) fn details(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.unshown("", &mut |_, part| fields.extend(Field::new(words::label(part.name()), part.show())));
        fields
    }

    /// The same under the paths of the elements.
    pub(super) fn rest(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.unshown("", &mut |path, part| fields.extend(Field::new(path, part.show())));
        fields
    }

    fn unshown(&self, above: &str, found: &mut impl FnMut(&str, &Self)) {
        for (index, child) in self.children.iter().enumerate() {
            let path = self.path(index, child, above);
            if child.element.value.is_none() {
                child.unshown(&path, found);
            } else if !child.shown.get() && !child.value.is_empty() {
                found(&path, child);
            }
        }
    }

    fn path(&self, index: usize, child: &Self, above: &str) -> String {
        let slash = if above.is_empty() { "" } else { "/" };
        let name = child.name();
        if !child.element.repeats {
            return format!("{above}{slash}{name}");
        }
        let number = self.children[..=index].iter().filter(|sibling| sibling.name() == name).count();
        format!("{above}{slash}{name}[{number}]")
    }
}
