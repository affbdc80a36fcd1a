//! `rename`: other names for columns, in the same places.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::Schema;
use crate::transforms::{BoundStep, Step, names};

/// Gives columns other names. Their places and values stay as they are.
///
/// All names change at once, so two columns can exchange theirs.
///
/// ```yaml
/// - rename: { Codice: sku, "Cod. a barre": ean }
/// ```
///
/// It never overwrites a column: a new name that is taken is a mistake.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Rename(
    /// Old names and new ones.
    pub IndexMap<Text, Text>,
);

impl Step for Rename {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let known = self.0.keys().filter(|old| cx.require_column(input, old)).count() == self.0.len();
        let allowed = self.0.values().filter(|new| names::is_allowed(new, cx)).count() == self.0.len();
        if !self.is_unambiguous(input, cx) || !known || !allowed {
            return None;
        }
        let pairs: Vec<(String, String)> =
            input.names().map(|old| (old.to_owned(), self.new_name(old).to_owned())).collect();
        let schema = pairs.iter().zip(input.iter()).map(|((_, new), (_, ty))| (new.clone(), ty.clone())).collect();
        Some(BoundStep::keeps(schema, move |frame, _| {
            let columns = pairs.iter().map(|(old, new)| names::column(old).alias(new.as_str()));
            Ok(frame.select(columns.collect::<Vec<_>>()))
        }))
    }
}

impl Rename {
    fn new_name<'a>(&'a self, old: &'a str) -> &'a str {
        self.0.get(old).map_or(old, Text::as_str)
    }

    fn is_unambiguous(&self, input: &Schema, cx: &BindCx) -> bool {
        let targets: Vec<Text> = self.0.values().cloned().collect();
        let mut is_right = names::once(&targets, cx);
        for new in &targets {
            if input.contains(new.as_str()) && !self.0.contains_key(new.as_str()) {
                is_right = false;
                let message = format!("there is a column `{new}` already");
                let diagnostic = Diagnostic::error(Code::DuplicateColumn, new.place(), message);
                cx.report(diagnostic.help(format!("choose another name, or rename or drop `{new}` too")));
            }
        }
        is_right
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("a", Type::Text), ("b", Type::Integer), ("c", Type::Bool)])
    }

    #[test]
    fn names_change_at_once_and_places_stay() {
        let rename: Rename = step(json!({ "a": "b", "b": "a" }));
        let desk = Desk::default();
        assert_eq!(desk.bind(&rename, &input()).schema.to_string(), "b: text, a: integer, c: bool");
        assert_eq!(desk.run(&rename, &input(), vec![frame(&input(), &["x|1|true"])]).rows(), ["x|1|true"]);
    }

    #[test]
    fn a_taken_name_is_never_overwritten() {
        let rename = Rename(
            [(at("a", 0), at("c", 1)), (at("z", 2), at("d", 3)), (at("b", 4), at("d", 5))].into_iter().collect(),
        );
        assert_eq!(
            Desk::default().refuses(&rename, &input()),
            [
                "2 unknown-column: unknown column `z`",
                "5 duplicate-column: column `d` is named twice",
                "1 duplicate-column: there is a column `c` already",
            ]
        );
    }
}
