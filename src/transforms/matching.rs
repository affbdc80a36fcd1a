//! Rows of two tables brought together by a key, and the promise of how many may match kept while they stream.
//!
//! `join` and `lookup` say what the user wants; here it is done. The cheap way to see a broken promise is to number the
//! left rows: two joined rows of one number lie next to each other, because the join keeps the order of the left side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    DataFrame, Expr, IdxCa, JoinCoalesce, JoinType, LazyFrame, MaintainOrderJoin, PolarsResult, len, lit,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::Code;
use crate::transforms::dedupe::repeated;
use crate::transforms::keys::Keys;
use crate::transforms::reject::{Rule, key_of, reject, row_json};
use crate::transforms::{StepCx, guard, names};

/// What happens when more rows match than the step allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnViolation {
    /// The run ends, naming the key and two of the rows.
    #[default]
    Fail,
    /// The rows of this table that are concerned are taken out and kept as rejects, with the cause `join-not-unique`.
    Reject,
}

/// How two tables are brought together.
#[derive(Clone, Debug)]
pub struct Matching {
    /// Name of the other table, for messages.
    pub table: String,
    /// Columns to match; empty for all with all.
    pub keys: Keys,
    /// Columns of the other table to bring, with their names in the result.
    pub taken: Vec<(String, String)>,
    /// Which rows stay.
    pub how: JoinType,
    /// Whether a missing value matches another.
    pub nulls_match: bool,
    /// Whether a key may occur only once in this table.
    pub unique_left: bool,
    /// Whether a key may occur only once in the other table.
    pub unique_right: bool,
    /// What happens otherwise.
    pub on_violation: OnViolation,
    /// Name of a column that is true where a row was found, for those who need to know.
    pub found: Option<&'static str>,
}

/// Columns that the match works with; `__key0` and so on are the keys of the right side.
const LEFT_ROW: &str = "__left_row";
const MATCHES: &str = "__matches";
const REPEATED: &str = "__repeated";

impl Matching {
    /// The joined rows: the columns of the left side, then those taken from the right, then the working columns.
    ///
    /// # Errors
    /// Polars refuses the expressions, which would be a mistake of ours.
    pub fn apply(&self, left: LazyFrame, right: LazyFrame, cx: &StepCx) -> PolarsResult<LazyFrame> {
        let left = if self.unique_left { self.once_on_the_left(left, cx)? } else { left };
        let right = right.select(self.right_columns());
        if !self.unique_right {
            return Ok(self.join(left, right));
        }
        Ok(match self.on_violation {
            OnViolation::Fail => self.watched(self.join(left.with_row_index(LEFT_ROW, None), right), cx),
            OnViolation::Reject => self.rejecting(left, right, cx),
        })
    }

    fn right_keys(&self) -> Vec<String> {
        (0..self.keys.right.len()).map(|number| format!("{}key{number}", names::RESERVED)).collect()
    }

    fn right_columns(&self) -> Vec<Expr> {
        let keys = self.keys.right.iter().zip(self.right_keys()).map(|(name, key)| names::column(name).alias(key));
        let taken = self.taken.iter().map(|(name, new)| names::column(name).alias(new.as_str()));
        let found = self.found.map(|name| lit(true).alias(name));
        keys.chain(taken).chain(found).collect()
    }

    fn join(&self, left: LazyFrame, right: LazyFrame) -> LazyFrame {
        if matches!(self.how, JoinType::Cross) {
            return left.cross_join(right, None);
        }
        let is_filtering = matches!(self.how, JoinType::Semi | JoinType::Anti);
        let order =
            if matches!(self.how, JoinType::Full) { MaintainOrderJoin::LeftRight } else { MaintainOrderJoin::Left };
        left.join_builder()
            .with(right)
            .left_on(names::columns(&self.keys.left))
            .right_on(names::columns(&self.right_keys()))
            .how(self.how.clone())
            .coalesce(if is_filtering { JoinCoalesce::JoinSpecific } else { JoinCoalesce::CoalesceColumns })
            .join_nulls(self.nulls_match)
            .maintain_order(order)
            .finish()
    }

    /// Fails, or rejects, where a key occurs more than once on the left.
    fn once_on_the_left(&self, left: LazyFrame, cx: &StepCx) -> PolarsResult<LazyFrame> {
        let is_repeated = repeated(&self.keys.left, self.nulls_match)?;
        if self.on_violation == OnViolation::Reject {
            let rule = Rule::new(
                is_repeated,
                Code::JoinNotUnique.as_str(),
                "several rows of this table have this key, where the join allows one",
            )
            .italian("più righe di questa tabella hanno questa chiave, dove l'unione ne ammette una");
            return Ok(reject(left, vec![rule], &self.keys.left, cx));
        }
        let (keys, site) = (self.keys.left.clone(), cx.site.clone());
        let flagged = left.with_column(is_repeated.alias(REPEATED));
        Ok(guard::watch(flagged, vec![REPEATED.to_owned()], &format!("unique left key {}", cx.site), move |batch| {
            let Some(row) = batch.column(REPEATED)?.bool()?.iter().position(|flag| flag == Some(true)) else {
                return Ok(());
            };
            let message = format!(
                "several rows of this table have the key {}, where `cardinality` allows one",
                guard::row_words(batch, &keys, row)
            );
            Err(guard::failure(Code::JoinNotUnique, &site, &message))
        }))
    }

    /// Brings one row for each key of the right, with the number of its rows, and rejects where that is not one.
    fn rejecting(&self, left: LazyFrame, right: LazyFrame, cx: &StepCx) -> LazyFrame {
        let taken = self.taken.iter().map(|(_, new)| new.as_str()).chain(self.found);
        let mut columns: Vec<Expr> = taken.map(|name| names::column(name).first()).collect();
        columns.push(len().alias(MATCHES));
        let right = right.group_by(names::columns(&self.right_keys())).agg(columns);
        let message =
            format!("table `{}` has several rows for this key, where the join allows one: dedupe it", self.table);
        let message_it = format!(
            "la tabella `{}` ha più righe per questa chiave, dove l'unione ne ammette una: togliere i doppioni",
            self.table
        );
        let rule =
            Rule::new(names::column(MATCHES).gt(lit(1_u32)), Code::JoinNotUnique.as_str(), message).italian(message_it);
        let kept = reject(self.join(left, right), vec![rule], &self.keys.left, cx);
        guard::watch(kept, vec![MATCHES.to_owned()], &format!("drop count {}", cx.site), |_| Ok(()))
    }

    fn watched(&self, joined: LazyFrame, cx: &StepCx) -> LazyFrame {
        let watcher = Watcher {
            table: self.table.clone(),
            keys: self.keys.left.clone(),
            taken: self.taken.iter().map(|(_, new)| new.clone()).collect(),
            site: cx.site.clone(),
            edges: Mutex::default(),
        };
        let watcher = Arc::new(watcher);
        guard::watch(joined, vec![LEFT_ROW.to_owned()], &format!("one match each {}", cx.site), move |batch| {
            watcher.look(batch)
        })
    }
}

/// Sees to it that no left row comes out twice.
struct Watcher {
    table: String,
    keys: Vec<String>,
    taken: Vec<String>,
    site: String,
    /// First and last left rows of the batches so far, as key and right row: two rows that belong together may fall
    /// into two batches.
    edges: Mutex<HashMap<u32, (String, String)>>,
}

impl Watcher {
    fn look(&self, batch: &DataFrame) -> PolarsResult<()> {
        let numbers: &IdxCa = batch.column(LEFT_ROW)?.idx()?;
        let mut earlier: Option<(u32, usize)> = None;
        let mut first = None;
        for (row, number) in numbers.iter().enumerate() {
            let Some(number) = number else { continue };
            if let Some((_, other)) = earlier.filter(|(seen, _)| *seen == number) {
                return Err(self.failure(&self.key(batch, row), &self.right(batch, other)?, &self.right(batch, row)?));
            }
            earlier = Some((number, row));
            first.get_or_insert((number, row));
        }
        for (number, row) in first.into_iter().chain(earlier.filter(|last| Some(*last) != first)) {
            self.edge(number, self.key(batch, row), self.right(batch, row)?)?;
        }
        Ok(())
    }

    /// A plan may be run twice and number its rows otherwise the second time, so only rows of one key that differ count.
    fn edge(&self, number: u32, key: String, right: String) -> PolarsResult<()> {
        let mut edges = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        match edges.get(&number) {
            Some((other_key, other)) if *other_key == key && *other != right => Err(self.failure(&key, other, &right)),
            _ => {
                edges.insert(number, (key, right));
                Ok(())
            }
        }
    }

    fn key(&self, batch: &DataFrame, row: usize) -> String {
        key_of(batch, &self.keys, row).unwrap_or_default()
    }

    fn right(&self, batch: &DataFrame, row: usize) -> PolarsResult<String> {
        Ok(row_json(&batch.select(self.taken.iter().map(String::as_str))?, row))
    }

    fn failure(&self, key: &str, one: &str, other: &str) -> polars::prelude::PolarsError {
        let rows = if self.taken.is_empty() { String::new() } else { format!(": {one} and {other}") };
        let message =
            format!("table `{}` has several rows for {key}, where `cardinality` allows one{rows}", self.table);
        guard::failure(Code::JoinNotUnique, &self.site, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{frame, schema};

    fn look(batches: [&[&str]; 2]) -> Result<(), String> {
        let joined = schema(&[("row", Type::Integer), ("k", Type::Text), ("v", Type::Integer)]);
        let watcher = Watcher {
            table: "b".into(),
            keys: vec!["k".into()],
            taken: vec!["v".into()],
            site: "t#1".into(),
            edges: Mutex::default(),
        };
        for rows in batches {
            let mut batch = frame(&joined, rows);
            let numbers =
                batch.column("row").unwrap().cast(&polars::prelude::IDX_DTYPE).unwrap().with_name(LEFT_ROW.into());
            batch.with_column(numbers).unwrap();
            watcher.look(&batch).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    #[test]
    fn rows_of_one_left_row_are_seen_within_and_across_batches() {
        let cases: [([&[&str]; 2], bool); 6] = [
            ([&["0|a|1", "1|b|2"], &["2|b|3", "3|c|4"]], true),
            ([&["0|a|1", "0|a|2"], &[]], false),
            ([&["0|a|1", "1|b|2"], &["1|b|3", "2|c|4"]], false),
            ([&["1|b|3"], &["0|a|1", "1|b|2"]], false),
            ([&["0|a|1", "1|b|2"], &["0|a|1", "1|b|2"]], true),
            ([&["0|a|1", "1|b|2"], &["-|x|1", "-|y|2"]], true),
        ];
        for (batches, is_right) in cases {
            assert_eq!(look(batches).is_ok(), is_right, "{batches:?}");
        }
        let error = look([&["1|b|2"], &["1|b|3"]]).unwrap_err();
        assert!(error.contains("[join-not-unique at t#1] table `b` has several rows for k=b"), "{error}");
    }
}
