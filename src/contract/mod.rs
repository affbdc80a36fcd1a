//! Data contracts: what a column must be, and the reject of each row that is not.
//!
//! `spec` is what the user writes, `compile` checks it into [`Columns`], `value` and `checks` judge one value, `batch` turns
//! rows of any format into frames and rejects. Nothing here knows a file format, and nothing here opens a file.

pub mod batch;
pub mod builder;
pub mod checks;
pub mod compile;
pub mod dtype;
pub mod flaw;
pub mod nested;
pub mod spec;
pub mod unique;
pub mod value;

pub use batch::{Batch, Decoder, RejectSink};
pub use builder::ColumnBuilder;
pub use checks::Checks;
pub use compile::compile;
pub use dtype::{from_polars, polars_dtype, polars_schema};
pub use flaw::{Checked, Flaw};
pub use spec::{ColumnDetails, ColumnSpec, ColumnSpecs, ContractFile};
pub use unique::Seen;
pub use value::{CellFormat, Value};

use crate::diag::Place;
use crate::domain::types::{ColumnType, Schema, Type};

/// One column of a contract, checked.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// Name in the pipeline.
    pub name: String,
    /// Name or path in the source.
    pub from: String,
    /// Plain type or identifier of the trade.
    pub ty: ColumnType,
    /// Whether every row must have a value.
    pub required: bool,
    /// Whether the source may lack the column altogether; its values are then the default, or nothing.
    pub may_be_absent: bool,
    /// Whether a value may occur only once.
    pub unique: bool,
    /// What a value must satisfy beyond its type.
    pub checks: Option<Checks>,
    /// What stands for nothing.
    pub default: Option<Value<'static>>,
    /// Where the column was declared.
    pub place: Place,
}

impl ColumnRule {
    /// A column without rules beyond its type, named the same in the source.
    #[must_use]
    pub fn plain(name: impl Into<String>, ty: ColumnType) -> Self {
        let name = name.into();
        Self {
            from: name.clone(),
            name,
            ty,
            required: false,
            may_be_absent: false,
            unique: false,
            checks: None,
            default: None,
            place: Place::NONE,
        }
    }
}

/// The columns of a contract, in order, with the key that names a row.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    rules: Vec<ColumnRule>,
    key: Vec<String>,
}

impl Columns {
    /// Columns with distinct names; `key` are names among them.
    #[must_use]
    pub fn new(rules: Vec<ColumnRule>, key: Vec<String>) -> Self {
        Self { rules, key }
    }

    /// Text columns without rules, one for each name.
    pub fn texts<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let rules = names.into_iter().map(|name| ColumnRule::plain(name, Type::Text.into()));
        Self::new(rules.collect(), Vec::new())
    }

    /// Columns without rules beyond the types of a schema.
    #[must_use]
    pub fn from_schema(schema: &Schema) -> Self {
        let rules = schema.iter().map(|(name, ty)| ColumnRule::plain(name, ty.clone().into()));
        Self::new(rules.collect(), Vec::new())
    }

    /// The columns, in order.
    #[must_use]
    pub fn rules(&self) -> &[ColumnRule] {
        &self.rules
    }

    /// Names of the columns that name a row in rejects; empty when there is no key.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// Names and storage types, in order.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.rules.iter().map(|rule| (rule.name.clone(), rule.ty.base())).collect()
    }

    /// Whether any column must not repeat its values, which has to be judged in the order of the file.
    #[must_use]
    pub fn has_unique(&self) -> bool {
        self.rules.iter().any(|rule| rule.unique)
    }
}
