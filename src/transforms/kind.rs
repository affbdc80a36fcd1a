//! The closed set of steps, listed once.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::transforms::Step;

macro_rules! steps {
    ($($(#[$doc:meta])* $variant:ident($config:path) $name:literal,)*) => {
        /// A step: one key, the name of its kind.
        #[derive(Debug, Deserialize, JsonSchema)]
        #[allow(clippy::large_enum_variant, reason = "one a step: a pipeline has dozens, not millions")]
        pub enum StepKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant($config),)*
        }

        impl StepKind {
            /// Name of the kind.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// The step.
            #[must_use]
            pub fn step(&self) -> &dyn Step {
                match self { $(Self::$variant(step) => step,)* }
            }
        }
    };
}

steps! {
    /// Adds up rows by key.
    Aggregate(crate::transforms::aggregate::Aggregate) "aggregate",
    /// Converts columns.
    Cast(crate::transforms::cast::Cast) "cast",
    /// Holds rows to expectations.
    Check(crate::transforms::check::Check) "check",
    /// Keeps one row per key.
    Dedupe(crate::transforms::dedupe::Dedupe) "dedupe",
    /// Computes columns.
    Derive(crate::transforms::derive::Derive) "derive",
    /// Documents of orders: invoices, credit notes, corrispettivi, OSS.
    Documents(crate::transforms::documents::Documents) "documents",
    /// Removes columns.
    Drop(crate::transforms::drop::Drop) "drop",
    /// One row per element of a list.
    Explode(crate::transforms::explode::Explode) "explode",
    /// Keeps rows that satisfy a condition.
    Filter(crate::transforms::filter::Filter) "filter",
    /// Rows that are exceptions by themselves.
    Flag(crate::transforms::flag::Flag) "flag",
    /// Joins another table.
    Join(crate::transforms::join::Join) "join",
    /// Keeps the first rows.
    Limit(crate::transforms::limit::Limit) "limit",
    /// Adds columns of another table by key.
    Lookup(crate::transforms::lookup::Lookup) "lookup",
    /// Rows to columns.
    Pivot(crate::transforms::pivot::Pivot) "pivot",
    /// Price of a channel.
    Price(crate::transforms::price::Price) "price",
    /// Two tables that should agree.
    Reconcile(crate::transforms::reconcile::Reconcile) "reconcile",
    /// Registers and totals of returns.
    Register(crate::transforms::register::Register) "register",
    /// Exceptions from run to run.
    Remember(crate::transforms::remember::Remember) "remember",
    /// Renames columns.
    Rename(crate::transforms::rename::Rename) "rename",
    /// Chooses columns.
    Select(crate::transforms::select::Select) "select",
    /// Orders rows.
    Sort(crate::transforms::sort::Sort) "sort",
    /// A whole SQL query.
    Sql(crate::transforms::sql::Sql) "sql",
    /// Sellable stock per channel.
    Stock(crate::transforms::stock::Stock) "stock",
    /// Rows of several tables.
    Union(crate::transforms::union::Union) "union",
    /// Fields of a struct to columns.
    Unnest(crate::transforms::unnest::Unnest) "unnest",
    /// Columns to rows.
    Unpivot(crate::transforms::unpivot::Unpivot) "unpivot",
    /// VAT treatment of a sale.
    Vat(crate::transforms::vat::Vat) "vat",
}
