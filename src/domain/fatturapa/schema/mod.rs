//! The two element trees of the electronic invoice as data, and what a value of each element may look like.
//!
//! Here: [`Element`] (official code, name, cardinality, type), the tables [`ordinary`] and [`simplified`], identity of an
//! element by its official code ([`Id`], resolved while compiling). Not here: documents (`tree`), the content controls of
//! the exchange system (`check`).

mod ordinary;
mod simplified;
pub mod types;

use std::sync::LazyLock;

pub use types::{Problem, ValueType};

/// One of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// FPR12 and FPA12, root `FatturaElettronica`.
    Ordinary,
    /// FSM10, root `FatturaElettronicaSemplificata`.
    Simplified,
}

impl Family {
    /// Local name of the root element.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Ordinary => "FatturaElettronica",
            Self::Simplified => "FatturaElettronicaSemplificata",
        }
    }

    /// Namespace of the root element; its children have none.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Ordinary => "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2",
            Self::Simplified => "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0",
        }
    }

    /// The elements below the root, in schema order; an [`Id`] is a position here.
    #[must_use]
    pub const fn elements(self) -> &'static [Element] {
        match self {
            Self::Ordinary => ordinary::ELEMENTS,
            Self::Simplified => simplified::ELEMENTS,
        }
    }

    /// The element of an identity.
    #[must_use]
    pub const fn element(self, id: Id) -> &'static Element {
        &self.elements()[id.0 as usize]
    }

    fn shape(self) -> &'static Shape {
        match self {
            Self::Ordinary => &ORDINARY,
            Self::Simplified => &SIMPLIFIED,
        }
    }

    /// The start and end tags of every element, by its position.
    #[must_use]
    pub fn tags(self) -> &'static [(Box<[u8]>, Box<[u8]>)] {
        &self.shape().tags
    }

    /// The children of an element in schema order; of the root without one.
    #[must_use]
    pub fn children(self, parent: Option<Id>) -> &'static [Id] {
        let shape = self.shape();
        parent.map_or(&shape.top, |id| &shape.children[id.0 as usize])
    }
}

/// An element of one of the two trees: its position in schema order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u16);

/// What the tables say of an element.
#[derive(Debug)]
pub struct Element {
    /// Official code, for instance `2.1.1.4`.
    pub code: &'static str,
    /// Local name.
    pub name: &'static str,
    /// How often it must occur.
    pub min: u8,
    /// Whether it may occur more than once.
    pub repeats: bool,
    /// Member of the choice between a firm's name and a person's.
    pub choice: Choice,
    /// Type of its value; none for a block.
    pub value: Option<ValueType>,
}

/// The one choice that the schemas make: a firm has Denominazione, a person Nome and Cognome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Not part of it.
    None,
    /// Denominazione.
    Firm,
    /// Nome or Cognome.
    Person,
}

const fn entry(code: &'static str, name: &'static str, min: u8, repeats: bool) -> Element {
    Element { code, name, min, repeats, choice: Choice::None, value: None }
}

const fn block(code: &'static str, name: &'static str) -> Element {
    entry(code, name, 1, false)
}

const fn maybe_block(code: &'static str, name: &'static str) -> Element {
    entry(code, name, 0, false)
}

const fn blocks(code: &'static str, name: &'static str) -> Element {
    entry(code, name, 1, true)
}

const fn any_blocks(code: &'static str, name: &'static str) -> Element {
    entry(code, name, 0, true)
}

const fn value(code: &'static str, name: &'static str, value: ValueType) -> Element {
    Element { value: Some(value), ..entry(code, name, 1, false) }
}

const fn maybe(code: &'static str, name: &'static str, value: ValueType) -> Element {
    Element { value: Some(value), ..entry(code, name, 0, false) }
}

const fn values(code: &'static str, name: &'static str, value: ValueType) -> Element {
    Element { value: Some(value), ..entry(code, name, 0, true) }
}

const fn firm(code: &'static str, name: &'static str, value: ValueType) -> Element {
    Element { value: Some(value), choice: Choice::Firm, ..entry(code, name, 0, false) }
}

const fn person(code: &'static str, name: &'static str, value: ValueType) -> Element {
    Element { value: Some(value), choice: Choice::Person, ..entry(code, name, 0, false) }
}

/// The element of the ordinary format with this official code, found while compiling.
///
/// # Panics
/// While compiling, when there is no such code.
#[must_use]
pub const fn ordinary(code: &str) -> Id {
    find(ordinary::ELEMENTS, code)
}

/// The element of the simplified format with this official code, found while compiling.
///
/// # Panics
/// While compiling, when there is no such code.
#[must_use]
pub const fn simplified(code: &str) -> Id {
    find(simplified::ELEMENTS, code)
}

const fn find(elements: &[Element], code: &str) -> Id {
    let mut index = 0;
    while index < elements.len() {
        if same(elements[index].code, code) {
            #[expect(clippy::cast_possible_truncation, reason = "the tables have a few hundred rows")]
            return Id(index as u16);
        }
        index += 1;
    }
    panic!("no element has this official code")
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Who is whose child, and how each is written.
struct Shape {
    top: Vec<Id>,
    children: Vec<Vec<Id>>,
    tags: Vec<(Box<[u8]>, Box<[u8]>)>,
}

static ORDINARY: LazyLock<Shape> = LazyLock::new(|| shape(ordinary::ELEMENTS));
static SIMPLIFIED: LazyLock<Shape> = LazyLock::new(|| shape(simplified::ELEMENTS));

fn shape(elements: &'static [Element]) -> Shape {
    let tag = |open: &str, name: &str| format!("{open}{name}>").into_bytes().into_boxed_slice();
    let tags = elements.iter().map(|element| (tag("<", element.name), tag("</", element.name))).collect();
    let mut shape = Shape { top: Vec::new(), children: elements.iter().map(|_| Vec::new()).collect(), tags };
    let mut ancestors: Vec<(usize, u16)> = Vec::new();
    for (id, element) in (0_u16..).zip(elements) {
        let depth = element.code.matches('.').count();
        ancestors.retain(|(above, _)| *above < depth);
        match ancestors.last() {
            Some((_, parent)) => shape.children[usize::from(*parent)].push(Id(id)),
            None => shape.top.push(Id(id)),
        }
        ancestors.push((depth, id));
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_hangs_where_its_code_says() {
        for family in [Family::Ordinary, Family::Simplified] {
            for (id, element) in (0..).map(Id).zip(family.elements()) {
                for child in family.children(Some(id)) {
                    let code = family.element(*child).code;
                    assert_eq!(code.rsplit_once('.').map(|(parent, _)| parent), Some(element.code));
                }
                assert_eq!(element.value.is_none(), !family.children(Some(id)).is_empty(), "{}", element.code);
            }
            assert_eq!(family.children(None).len(), 2);
        }
        assert_eq!((Family::Ordinary.elements().len(), Family::Simplified.elements().len()), (293, 103));
        assert_eq!(Family::Ordinary.element(ordinary("2.1.1.4")).name, "Numero");
    }
}
