//! Step `sql`: a whole query over named tables.

pub mod query;
pub mod select;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::LazyFrame;
use schemars::{JsonSchema, Schema as JsonSchemaObject, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr::parse;
use crate::transforms::sql::query::{Compiler, tables_of};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Runs a query. The rows that arrive at the step are the table `input`; other tables are named as in the pipeline.
///
/// ```yaml
/// - sql: "SELECT i.sku, SUM(i.qty * p.prezzo) AS valore FROM input AS i JOIN prezzi AS p ON i.sku = p.sku GROUP BY i.sku"
/// ```
///
/// `SELECT` with `JOIN … ON a.x = b.y`, `WHERE`, `GROUP BY`, `HAVING`, `ORDER BY`, `LIMIT`, `DISTINCT`, `UNION [ALL]`,
/// `WITH` and subqueries in `FROM`. Expressions are those of every other step: exact decimals, typed at check. Window
/// functions and correlated subqueries are not supported.
#[derive(Clone, Debug)]
pub struct Sql {
    query: Text,
    tables: Vec<Text>,
}

impl<'de> Deserialize<'de> for Sql {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let query = Text::deserialize(deserializer)?;
        // A query that does not parse names no table; binding reports why.
        let tables = parse::query(&query).map(|parsed| tables_of(&parsed, &query)).unwrap_or_default();
        Ok(Self { query, tables })
    }
}

impl JsonSchema for Sql {
    fn schema_name() -> Cow<'static, str> {
        "Sql".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> JsonSchemaObject {
        generator.subschema_for::<String>()
    }
}

/// Frames by table name.
pub type Inputs = BTreeMap<String, LazyFrame>;

/// Builds the rows of a part of a query.
pub type Build = Arc<dyn Fn(&Inputs, &Site) -> LazyFrame + Send + Sync>;

/// A part of a query whose columns are known.
#[derive(Clone)]
pub struct Relation {
    /// Its columns.
    pub schema: Schema,
    /// Its rows.
    pub build: Build,
}

/// Name of the rows that arrive at the step.
pub const INPUT: &str = "input";

impl Step for Sql {
    fn tables(&self) -> Vec<&Text> {
        self.tables.iter().collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let parsed = parse::query(&self.query).map_err(|problem| cx.report(problem)).ok()?;
        let mut compiler = Compiler::new(&self.query, input, cx);
        let relation = compiler.query(&parsed)?;
        let names: Vec<String> = self.tables.iter().map(ToString::to_string).collect();
        let build = relation.build;
        Some(BoundStep::many(relation.schema, RowEffect::Changes, move |mut frames, cx| {
            let mut inputs = Inputs::from([(INPUT.to_owned(), frames.remove(0))]);
            inputs.extend(names.iter().cloned().zip(frames));
            Ok(build(&inputs, &Site::from(cx.site.as_str())))
        }))
    }
}
