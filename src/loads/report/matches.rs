//! Section `matches`: how much of each chain matches, in rows and in money.

use indexmap::IndexMap;
use polars::prelude::{PlSmallStr, SortMultipleOptions, len};

use crate::context::NodeError;
use crate::diag::Text;
use crate::domain::money::Decimal;
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::{self, Typed};
use crate::loads::report::model::{Block, Body, Chain, Column, Head};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Section, Tables, Take};
use crate::loads::report::spec::{Kind, MatchesSpec};
use crate::loads::report::value::{Lang, Value};

/// Match rates, checked.
pub struct Matches {
    title: String,
    lang: Lang,
    from: Option<String>,
    chain: String,
    status: String,
    amount: Option<Typed>,
}

/// The statuses that are counted apart; `duplicate` counts as different.
pub const STATUSES: [&str; 5] = ["matched", "different", "left_only", "right_only", "pending"];

impl Matches {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &MatchesSpec, desk: &Desk<'_>) -> Option<Self> {
        let schema = desk.schema(spec.from.as_ref())?;
        let chain = column(spec.chain.as_ref(), "chain", schema, desk);
        let status = column(spec.status.as_ref(), "status", schema, desk);
        let amount = amount(spec.amount.as_ref(), schema, &["left_amount", "right_amount"], desk);
        let usual = desk.lang.of("Quadrature per catena", "Matches by chain");
        Some(Self {
            title: spec.title.as_ref().map_or(usual, Text::as_str).to_owned(),
            lang: desk.lang,
            from: spec.from.as_ref().map(ToString::to_string),
            chain: chain?,
            status: status?,
            amount: amount?,
        })
    }
}

/// A column that is named, or the usual one; reports when it is not there.
pub fn column(named: Option<&Text>, usual: &str, schema: &Schema, desk: &Desk<'_>) -> Option<String> {
    let text = named.cloned().unwrap_or_else(|| Text::new(usual, desk.place));
    desk.cx.require_column(schema, &text).then(|| text.to_string())
}

/// The sum of an amount without its sign: of the expression, or of the first of the columns that is not missing. The outer
/// `None` says that a problem was reported, the inner one that there is no amount.
pub fn amount(named: Option<&Text>, schema: &Schema, usual: &[&str], desk: &Desk<'_>) -> Option<Option<Typed>> {
    let expression = if let Some(named) = named {
        // Bound by itself first, so that a problem is shown where it is written.
        let typed = expr::bind(named, schema, desk.cx)?;
        if !matches!(typed.ty, Type::Integer | Type::Decimal { .. }) {
            desk.wrong(named, format!("`{named}` is `{}`, not an amount", typed.ty), "give an exact number");
            return None;
        }
        named.to_string()
    } else {
        let exact = |name: &&&str| matches!(schema.get(name), Some(Type::Integer | Type::Decimal { .. }));
        let there: Vec<String> = usual.iter().filter(exact).map(|name| format!("\"{name}\"")).collect();
        match there.len() {
            0 => return Some(None),
            1 => there[0].clone(),
            _ => format!("COALESCE({})", there.join(", ")),
        }
    };
    let sum = Text::new(format!("SUM(ABS({expression}))"), named.map_or(desk.place, Text::place));
    expr::bind_aggregate(&sum, schema, desk.cx).map(Some)
}

impl Section for Matches {
    fn heads(&self) -> Vec<Head> {
        let count = |italian, english| Column::new(self.lang.of(italian, english), Kind::Count, Type::Integer);
        let money = |italian, english| {
            Column::new(self.lang.of(italian, english), Kind::Money, Type::Decimal { precision: 38, scale: 2 })
        };
        let share = |italian, english| {
            Column::new(self.lang.of(italian, english), Kind::Share, Type::Decimal { precision: 38, scale: 6 })
        };
        let columns = vec![
            Column::new(self.lang.of("Catena", "Chain"), Kind::Text, Type::Text),
            share("Quadrate %", "Matched %"),
            share("Quadrate % importo", "Matched % amount"),
            count("Quadrate", "Matched"),
            count("Diverse", "Different"),
            count("Solo a sinistra", "Left only"),
            count("Solo a destra", "Right only"),
            count("In attesa", "Pending"),
            money("Importo quadrato", "Matched amount"),
            money("Importo non quadrato", "Unmatched amount"),
        ];
        vec![Head { title: self.title.clone(), columns }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        let keys = [expr::column(&self.chain), expr::column(&self.status)];
        let mut types = vec![("chain".to_owned(), Type::Text), ("status".to_owned(), Type::Text)];
        let mut values = vec![len().cast(polars::prelude::DataType::Int64).alias("rows")];
        types.push(("rows".to_owned(), Type::Integer));
        if let Some(amount) = &self.amount {
            values.push(amount.lower(site).alias(PlSmallStr::from_static("amount")));
            types.push(("amount".to_owned(), amount.ty().clone()));
        }
        let names = ["chain", "status"];
        let frame = tables.get(self.from.as_deref())?;
        let frame = frame.group_by(
            keys.into_iter()
                .zip(names)
                .map(|(key, name)| key.cast(polars::prelude::DataType::String).alias(name))
                .collect::<Vec<_>>(),
        );
        let frame = frame.agg(values).sort(names, SortMultipleOptions::default());
        Ok(vec![Ask { frame, types, take: Take::All }])
    }

    fn block(&self, answers: Vec<Answer>, _env: &Env<'_>) -> Block {
        let mut chains: IndexMap<String, Chain> = IndexMap::new();
        for row in answers.first().map(|answer| &answer.rows).into_iter().flatten() {
            let [name, status, rows, rest @ ..] = &row[..] else { continue };
            let (name, status) = (name.plain(), status.plain());
            let at = STATUSES.iter().position(|own| *own == status).unwrap_or(1);
            let chain = chains.entry(name.clone()).or_insert_with(|| Chain { name, ..Chain::default() });
            chain.rows[at] += count(rows);
            let amount = rest.first().and_then(Value::decimal).unwrap_or(Decimal::ZERO).abs();
            chain.amounts[at] = chain.amounts[at].add(amount).unwrap_or(chain.amounts[at]);
        }
        let chains: Vec<Chain> = chains.into_values().collect();
        let grids = vec![chains.iter().map(row).collect()];
        Block { title: Some(self.title.clone()), note: None, body: Body::Matches(chains), grids }
    }
}

/// A number of rows.
pub fn count(value: &Value) -> u64 {
    if let Value::Integer(rows) = value { u64::try_from(*rows).unwrap_or_default() } else { 0 }
}

fn row(chain: &Chain) -> Vec<Value> {
    let share = |share: Option<Decimal>| share.map_or(Value::Null, |share| Value::Decimal(share.mantissa, share.scale));
    let money =
        |amount: Option<Decimal>| amount.map_or(Value::Null, |amount| Value::Decimal(amount.mantissa, amount.scale));
    let counts = chain.rows.iter().map(|rows| Value::Integer(i64::try_from(*rows).unwrap_or(i64::MAX)));
    [Value::Text(chain.name.clone()), share(chain.rate()), share(chain.rate_of_money())]
        .into_iter()
        .chain(counts)
        .chain([money(Some(chain.amounts[0])), money(chain.unmatched())])
        .collect()
}

impl Chain {
    /// The share of the rows that match, of those that are not pending.
    #[must_use]
    pub fn rate(&self) -> Option<Decimal> {
        let due: u64 = self.rows[..4].iter().sum();
        ratio(Decimal::new(i128::from(self.rows[0]), 0), Decimal::new(i128::from(due), 0))
    }

    /// The share of the money.
    #[must_use]
    pub fn rate_of_money(&self) -> Option<Decimal> {
        ratio(self.amounts[0], self.amounts[0].add(self.unmatched()?)?)
    }

    /// The money that does not match and is not pending.
    #[must_use]
    pub fn unmatched(&self) -> Option<Decimal> {
        self.amounts[1..4].iter().try_fold(Decimal::ZERO, |sum, amount| sum.add(*amount))
    }
}

fn ratio(part: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole.is_zero() { None } else { part.div(whole, 6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_does_not_lower_the_rate() {
        let money = |cents| Decimal::new(cents, 2);
        let chain = Chain {
            name: "c".to_owned(),
            rows: [3, 1, 0, 0, 5],
            amounts: [money(9000), money(500), money(0), money(500), money(99_900)],
        };
        assert_eq!(chain.rate(), Some(Decimal::new(750_000, 6)));
        assert_eq!(chain.rate_of_money(), Some(Decimal::new(900_000, 6)));
        assert_eq!(Chain::default().rate(), None);
    }
}
