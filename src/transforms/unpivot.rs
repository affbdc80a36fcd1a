//! `unpivot`: columns become rows.

use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, Column, DataFrame, IdxCa, IntoColumn, PlSmallStr, PolarsResult, StringChunked,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::context::counters::named_apart;
use crate::contract::polars_schema;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Makes one row of each of the listed columns: its name in one column, its value in another.
///
/// ```yaml
/// - unpivot: { columns: [MI, RM], index: [sku], name: magazzino, value: giacenza }
/// ```
///
/// A row of `sku`, `MI` and `RM` becomes two rows, next to each other, in the order of the list. Missing values give
/// rows too; `filter` them out where they are not wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unpivot {
    /// The columns that become rows; all of one type.
    pub columns: Names,
    /// The columns that are repeated on each row; all the others when absent.
    pub index: Option<Names>,
    /// Name of the column that gets the names.
    #[serde(default = "default_name")]
    pub name: Text,
    /// Name of the column that gets the values.
    #[serde(default = "default_value")]
    pub value: Text,
}

fn default_name() -> Text {
    Text::from("name")
}

fn default_value() -> Text {
    Text::from("value")
}

/// What a batch needs to be turned.
struct Turn {
    columns: Vec<String>,
    index: Vec<String>,
    name: String,
    value: String,
}

impl Step for Unpivot {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let is_filled = names::is_filled(&self.columns.0, "columns", cx);
        let are_columns_right = self.columns.check(input, cx);
        let ty = self.common_type(input, cx);
        let index = self.index_of(input, cx);
        if !is_filled || !are_columns_right {
            return None;
        }
        let (ty, index) = (ty?, index?);
        let mut schema: Schema = index.iter().map(|name| (name.as_str(), names::type_of(input, name))).collect();
        let is_name_free = names::is_free(&self.name, &schema, cx);
        schema.insert(self.name.as_str(), Type::Text);
        let is_value_free = names::is_free(&self.value, &schema, cx);
        schema.insert(self.value.as_str(), ty);
        (is_name_free && is_value_free).then(|| self.lowering(index, schema))
    }
}

impl Unpivot {
    fn lowering(&self, index: Vec<String>, schema: Schema) -> BoundStep {
        let turn = Turn {
            columns: self.columns.to_strings(),
            index,
            name: self.name.to_string(),
            value: self.value.to_string(),
        };
        let (turn, out) = (Arc::new(turn), Arc::new(polars_schema(&schema)));
        BoundStep::one(schema, RowEffect::Changes, move |frame, cx| {
            let (turn, out) = (Arc::clone(&turn), Arc::clone(&out));
            let schema = move |_: &polars::prelude::Schema| Ok(Arc::clone(&out));
            let name = named_apart(&format!("unpivot {}", cx.site));
            Ok(frame.map(
                move |batch| turn.apply(&batch),
                AllowedOptimizations::STREAMING,
                Some(Arc::new(schema)),
                Some(name),
            ))
        })
    }

    /// The columns to repeat, or those that are not turned.
    fn index_of(&self, input: &Schema, cx: &BindCx) -> Option<Vec<String>> {
        let Some(index) = &self.index else {
            let is_turned = |name: &str| self.columns.0.iter().any(|column| *column == name);
            return Some(input.names().filter(|name| !is_turned(name)).map(str::to_owned).collect());
        };
        index.check(input, cx).then(|| index.to_strings())
    }

    /// The type that all the columns have; reports each that has another than the first.
    fn common_type(&self, input: &Schema, cx: &BindCx) -> Option<Type> {
        let mut known = self.columns.0.iter().filter_map(|name| Some((name, input.get(name.as_str())?)));
        let (first, ty) = known.next()?;
        let others = known.filter(|(_, other)| *other != ty);
        let different = others.map(|(name, other)| cx.report(mismatch(name, other, first, ty))).count();
        (different == 0).then(|| ty.clone())
    }
}

fn mismatch(name: &Text, other: &Type, first: &Text, ty: &Type) -> Diagnostic {
    let message =
        format!("column `{name}` is `{other}`, but `{first}` is `{ty}`: their values would stand in one column");
    let related: Place = first.place();
    Diagnostic::error(Code::TypeMismatch, name.place(), message)
        .related(related, format!("`{ty}`"))
        .help("bring them to one type by `cast` first")
}

impl Turn {
    fn apply(&self, batch: &DataFrame) -> PolarsResult<DataFrame> {
        let (rows, turned) = (batch.height(), self.columns.len());
        let row_of = |at: usize| u32::try_from(at / turned).ok();
        let repeated: IdxCa = (0..rows * turned).map(row_of).collect();
        let mut out: Vec<Column> = Vec::with_capacity(self.index.len() + 2);
        for name in &self.index {
            out.push(batch.column(name)?.take(&repeated)?);
        }
        let words: StringChunked = (0..rows * turned).map(|at| Some(self.columns[at % turned].as_str())).collect();
        out.push(words.into_column().with_name(PlSmallStr::from_str(&self.name)));
        out.push(self.values(batch)?);
        DataFrame::new(rows * turned, out)
    }

    /// The values of all columns, those of one row next to each other.
    fn values(&self, batch: &DataFrame) -> PolarsResult<Column> {
        let (rows, turned) = (batch.height(), self.columns.len());
        let mut stacked = batch.column(&self.columns[0])?.clone();
        for name in &self.columns[1..] {
            stacked.append(batch.column(name)?)?;
        }
        let place_of = |at: usize| u32::try_from((at % turned) * rows + at / turned).ok();
        let order: IdxCa = (0..rows * turned).map(place_of).collect();
        Ok(stacked.take(&order)?.with_name(PlSmallStr::from_str(&self.value)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("MI", Type::QUANTITY), ("nota", Type::Text), ("RM", Type::QUANTITY)])
    }

    #[test]
    fn each_row_becomes_as_many_as_the_columns() {
        let desk = Desk::default();
        let rows = ["A|1|x|2.5", "B|-|y|3"];
        let unpivot: Unpivot =
            step(json!({ "columns": ["RM", "MI"], "index": ["sku"], "name": "magazzino", "value": "giacenza" }));
        let outcome = desk.run(&unpivot, &input(), vec![frame(&input(), &rows)]);
        assert_eq!(outcome.rows(), ["A|RM|2.500", "A|MI|1.000", "B|RM|3.000", "B|MI|-"]);
        let short: Unpivot = step(json!({ "columns": ["MI", "RM"] }));
        assert_eq!(
            desk.run(&short, &input(), vec![frame(&input(), &rows[..1])]).rows(),
            ["A|x|MI|1.000", "A|x|RM|2.500"]
        );
        assert!(desk.run(&short, &input(), vec![frame(&input(), &[])]).rows().is_empty());
    }

    #[test]
    fn columns_of_several_types_are_refused() {
        let unpivot = Unpivot {
            columns: Names(vec![at("MI", 1), at("nota", 5), at("RN", 9)]),
            index: Some(Names(vec![at("skuu", 20)])),
            name: at("sku", 30),
            value: at("v", 40),
        };
        assert_eq!(
            Desk::default().refuses(&unpivot, &input()),
            [
                "9 unknown-column: unknown column `RN`",
                "5 type-mismatch: column `nota` is `text`, but `MI` is `decimal(18,3)`: their values would stand in one column",
                "20 unknown-column: unknown column `skuu`",
            ]
        );
        let unpivot = Unpivot {
            columns: Names(vec![at("MI", 1), at("RM", 9)]),
            index: None,
            name: at("sku", 30),
            value: at("sku", 40),
        };
        assert_eq!(Desk::default().refuses(&unpivot, &input()).len(), 2);
    }
}
