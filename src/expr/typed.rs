//! The typed expression tree: what an expression means, independent of the engine that will run it.

use std::collections::BTreeSet;

use crate::diag::Place;
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::expr::functions::Function;

/// An expression whose columns and type are known.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What it computes.
    pub kind: Kind,
    /// Type of the result.
    pub ty: Type,
    /// Where it stands in the pipeline file.
    pub place: Place,
}

/// The forms of an expression.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A column of the input.
    Column(String),
    /// A field of a struct.
    Field(Box<Typed>, String),
    /// The element of a list at a position from 1; null outside.
    Element(Box<Typed>, i64),
    /// A constant.
    Literal(Literal),
    /// Sign change.
    Negate(Box<Typed>),
    /// Logical negation.
    Not(Box<Typed>),
    /// Arithmetic on numbers of one kind.
    Arithmetic(Arithmetic, Box<Typed>, Box<Typed>),
    /// Days added to a date.
    AddDays(Box<Typed>, Box<Typed>),
    /// Days between two dates.
    DaysBetween(Box<Typed>, Box<Typed>),
    /// Comparison of two values of one type.
    Compare(Comparison, Box<Typed>, Box<Typed>),
    /// Logical and.
    And(Box<Typed>, Box<Typed>),
    /// Logical or.
    Or(Box<Typed>, Box<Typed>),
    /// `IS NULL`.
    IsNull(Box<Typed>),
    /// First branch whose condition holds.
    Case(Vec<(Typed, Typed)>, Box<Typed>),
    /// Member of a list of constants or expressions of the same type.
    In(Box<Typed>, Vec<Typed>),
    /// Matches a regular expression (LIKE patterns are translated).
    Matches(Box<Typed>, String),
    /// A function of the catalogue.
    Call(Function, Vec<Typed>),
    /// Conversion to the node's type. `lenient` gives null where it is impossible, else that is an error.
    Cast(Box<Typed>, bool),
    /// An aggregate over the rows of a group.
    Aggregate(Aggregate, Option<Box<Typed>>),
}

/// A constant value.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// No value; fits every type.
    Null,
    /// Truth value.
    Bool(bool),
    /// Whole number.
    Integer(i64),
    /// Number with a decimal point: always exact.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IS NOT DISTINCT FROM`: null equals null.
    Same,
}

/// Aggregate functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Rows, or values that are not null.
    Count,
    /// Different values.
    CountDistinct,
    /// Sum, exact; null for no values.
    Sum,
    /// Mean, exact to at least twelve decimals.
    Average,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// First value in the order of the rows.
    First,
    /// Last value in the order of the rows.
    Last,
    /// Texts joined by a separator.
    Join(String),
    /// Whether all hold.
    All,
    /// Whether one holds.
    Any,
}

impl Typed {
    /// A node.
    #[must_use]
    pub fn new(kind: Kind, ty: Type, place: Place) -> Self {
        Self { kind, ty, place }
    }

    /// Type of the result.
    #[must_use]
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Whether this is the literal `NULL`.
    #[must_use]
    pub fn is_null_literal(&self) -> bool {
        matches!(self.kind, Kind::Literal(Literal::Null))
    }

    /// Whether an aggregate occurs in it.
    #[must_use]
    pub fn aggregates(&self) -> bool {
        matches!(self.kind, Kind::Aggregate(..)) || self.children().iter().any(|child| child.aggregates())
    }

    /// Columns it reads.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<String> {
        let mut columns = BTreeSet::new();
        self.collect_columns(&mut columns);
        columns
    }

    fn collect_columns(&self, columns: &mut BTreeSet<String>) {
        if let Kind::Column(name) = &self.kind {
            columns.insert(name.clone());
        }
        for child in self.children() {
            child.collect_columns(columns);
        }
    }

    fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Column(_) | Kind::Literal(_) => Vec::new(),
            Kind::Field(inner, _)
            | Kind::Element(inner, _)
            | Kind::Negate(inner)
            | Kind::Not(inner)
            | Kind::IsNull(inner)
            | Kind::Matches(inner, _)
            | Kind::Cast(inner, _) => vec![inner],
            Kind::Arithmetic(_, left, right)
            | Kind::Compare(_, left, right)
            | Kind::AddDays(left, right)
            | Kind::DaysBetween(left, right)
            | Kind::And(left, right)
            | Kind::Or(left, right) => vec![left, right],
            Kind::Case(branches, otherwise) => {
                let mut all: Vec<&Self> = branches.iter().flat_map(|(when, then)| [when, then]).collect();
                all.push(otherwise);
                all
            }
            Kind::In(value, list) => std::iter::once(&**value).chain(list).collect(),
            Kind::Call(_, arguments) => arguments.iter().collect(),
            Kind::Aggregate(_, argument) => argument.as_deref().into_iter().collect(),
        }
    }
}
