//! Section `exceptions`: what is open, by code and by age.

use std::cmp::Reverse;

use indexmap::IndexMap;
use polars::prelude::{DataType, Expr, PlSmallStr, SortMultipleOptions, len, lit};

use crate::context::NodeError;
use crate::diag::Text;
use crate::domain::money::Decimal;
use crate::domain::money::exact::Site;
use crate::domain::reconcile::{ageing, catalogue};
use crate::domain::types::Type;
use crate::expr::{self, Typed};
use crate::loads::report::matches::{amount, column, count};
use crate::loads::report::model::{self, Block, Body, CodeLine, Column, Head};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Section, Tables, Take, filtered, predicate};
use crate::loads::report::spec::{ExceptionsSpec, Kind};
use crate::loads::report::value::{Lang, Value};
use crate::loads::report::words;

/// States of an exception.
pub const STATES: [&str; 5] = ["new", "open", "explained", "resolved", "ignored"];

/// Severities, the worst first.
const SEVERITIES: [&str; 3] = ["blocker", "warning", "info"];

/// Exceptions, checked.
pub struct Exceptions {
    title: String,
    lang: Lang,
    from: Option<String>,
    filter: Option<Typed>,
    code: String,
    severity: String,
    state: Option<String>,
    bucket: Option<String>,
    amount: Option<Typed>,
}

impl Exceptions {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &ExceptionsSpec, desk: &Desk<'_>) -> Option<Self> {
        let schema = desk.schema(spec.from.as_ref())?;
        // A column that may be missing is looked for only when it is named or there.
        let optional = |named: Option<&Text>, usual: &str| {
            if named.is_some() || schema.contains(usual) {
                column(named, usual, schema, desk).map(Some)
            } else {
                Some(None)
            }
        };
        let code = column(spec.code.as_ref(), "code", schema, desk);
        let severity = column(spec.severity.as_ref(), "severity", schema, desk);
        let state = optional(spec.state.as_ref(), "state");
        let bucket = optional(spec.bucket.as_ref(), "age_bucket");
        let filter = predicate(spec.filter.as_ref(), schema, desk);
        let usual: &[&str] =
            if schema.contains("amount") { &["amount"] } else { &["difference", "left_amount", "right_amount"] };
        let amount = amount(spec.amount.as_ref(), schema, usual, desk);
        let title = spec.title.as_ref().map_or(desk.lang.of("Anomalie", "Exceptions"), Text::as_str);
        Some(Self {
            title: title.to_owned(),
            lang: desk.lang,
            from: spec.from.as_ref().map(ToString::to_string),
            filter: filter?,
            code: code?,
            severity: severity?,
            state: state?,
            bucket: bucket?,
            amount: amount?,
        })
    }

    fn line(&self, code: &str, severity: &str) -> CodeLine {
        let known = catalogue::find(code);
        let (meaning, action) = known.map_or(("", ""), |known| match self.lang {
            Lang::It => (known.meaning_it, known.action_it),
            Lang::En => (known.meaning, known.action),
        });
        CodeLine {
            code: code.to_owned(),
            meaning: meaning.to_owned(),
            action: action.to_owned(),
            severity: severity.to_owned(),
            states: [0; 5],
            amount: Decimal::ZERO,
        }
    }

    fn gather(&self, rows: &[Vec<Value>]) -> model::Exceptions {
        let mut lines: IndexMap<(String, String), CodeLine> = IndexMap::new();
        let mut ages: IndexMap<String, Vec<(u64, Decimal)>> =
            SEVERITIES.iter().map(|word| ((*word).to_owned(), Vec::new())).collect();
        let buckets: Vec<String> = ageing::buckets().map(|(_, name)| name.to_owned()).collect();
        let mut found = model::Exceptions::default();
        for row in rows {
            let [code, severity, state, bucket, rows, rest @ ..] = &row[..] else { continue };
            let (code, severity, bucket) = (code.plain(), severity.plain(), bucket.plain());
            let at = STATES.iter().position(|own| *own == state.plain()).unwrap_or(1);
            let money = rest.first().and_then(Value::decimal).unwrap_or(Decimal::ZERO).abs();
            let rows = count(rows);
            let key = (code.clone(), severity.clone());
            let line = lines.entry(key).or_insert_with(|| self.line(&code, &severity));
            line.states[at] += rows;
            found.states[at] += rows;
            if at > 1 {
                continue;
            }
            line.amount = line.amount.add(money).unwrap_or(line.amount);
            found.at_risk = found.at_risk.add(money).unwrap_or(found.at_risk);
            let ages = ages.entry(severity).or_default();
            ages.resize(buckets.len(), (0, Decimal::ZERO));
            if let Some(cell) = buckets.iter().position(|own| *own == bucket).and_then(|at| ages.get_mut(at)) {
                *cell = (cell.0 + rows, cell.1.add(money).unwrap_or(cell.1));
            }
        }
        found.codes = lines.into_values().collect();
        found.codes.sort_by_cached_key(|line| {
            (rank(&line.severity), Reverse(line.amount.rescale(2).map(|amount| amount.mantissa)), line.code.clone())
        });
        found.ages = ages.into_iter().filter(|(_, cells)| !cells.is_empty()).collect();
        if self.bucket.is_some() {
            found.buckets = buckets;
        }
        found
    }
}

/// The order of a severity, the worst first.
fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|own| *own == severity).unwrap_or(SEVERITIES.len())
}

impl Section for Exceptions {
    fn heads(&self) -> Vec<Head> {
        let text = |title: &str| Column::new(title, Kind::Text, Type::Text);
        let count = |title: &str| Column::new(title, Kind::Count, Type::Integer);
        let money = |title: &str| Column::new(title, Kind::Money, Type::Decimal { precision: 38, scale: 2 });
        let by_code = [
            text(self.lang.of("Codice", "Code")),
            text(self.lang.of("Significato", "Meaning")),
            Column::new(self.lang.of("Gravità", "Severity"), Kind::Status, Type::Text),
        ];
        let states = STATES.iter().map(|state| count(words::status(state, self.lang)));
        let more =
            [money(self.lang.of("Importo a rischio", "Amount at risk")), text(self.lang.of("Cosa fare", "Action"))];
        let by_code = by_code.into_iter().chain(states).chain(more).collect();
        let by_age = vec![
            Column::new(self.lang.of("Gravità", "Severity"), Kind::Status, Type::Text),
            text(self.lang.of("Giorni", "Days")),
            count(self.lang.of("Righe", "Rows")),
            money(self.lang.of("Importo", "Amount")),
        ];
        let ages = format!("{}: {}", self.title, self.lang.of("anzianità", "ageing"));
        vec![Head { title: self.title.clone(), columns: by_code }, Head { title: ages, columns: by_age }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        let text = |name: &str| expr::column(name).cast(DataType::String);
        let or_nothing = |name: Option<&String>, nothing: &'static str| match name {
            Some(name) => text(name).fill_null(lit(nothing)),
            None => lit(nothing),
        };
        let names = ["code", "severity", "state", "age_bucket"];
        let keys: [Expr; 4] = [
            text(&self.code),
            text(&self.severity).fill_null(lit("info")),
            or_nothing(self.state.as_ref(), "open"),
            or_nothing(self.bucket.as_ref(), ""),
        ];
        let keys: Vec<Expr> = keys.into_iter().zip(names).map(|(key, name)| key.alias(name)).collect();
        let mut types: Vec<(String, Type)> = names.iter().map(|name| ((*name).to_owned(), Type::Text)).collect();
        let mut values = vec![len().cast(DataType::Int64).alias("rows")];
        types.push(("rows".to_owned(), Type::Integer));
        if let Some(amount) = &self.amount {
            values.push(amount.lower(site).alias(PlSmallStr::from_static("amount")));
            types.push(("amount".to_owned(), amount.ty().clone()));
        }
        let frame = filtered(tables.get(self.from.as_deref())?, self.filter.as_ref(), site);
        let frame = frame.filter(expr::column(&self.code).is_not_null());
        let frame = frame.group_by(keys).agg(values).sort(names, SortMultipleOptions::default());
        Ok(vec![Ask { frame, types, take: Take::All }])
    }

    fn block(&self, answers: Vec<Answer>, _env: &Env<'_>) -> Block {
        let rows = answers.into_iter().next().map(|answer| answer.rows).unwrap_or_default();
        let found = self.gather(&rows);
        let whole = |rows: u64| Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX));
        let money = |amount: Decimal| Value::Decimal(amount.mantissa, amount.scale);
        let by_code = found.codes.iter().map(|line| {
            let texts = [&line.code, &line.meaning, &line.severity].map(|text| Value::Text(text.clone()));
            let states = line.states.iter().map(|rows| whole(*rows));
            let more = [money(line.amount), Value::Text(line.action.clone())];
            texts.into_iter().chain(states).chain(more).collect()
        });
        let by_age = found.ages.iter().flat_map(|(severity, cells)| {
            let cells = found.buckets.iter().zip(cells).filter(|(_, cell)| cell.0 > 0);
            cells.map(|(bucket, cell)| {
                vec![Value::Text(severity.clone()), Value::Text(bucket.clone()), whole(cell.0), money(cell.1)]
            })
        });
        let grids = vec![by_code.collect(), by_age.collect()];
        Block { title: Some(self.title.clone()), note: None, body: Body::Exceptions(found), grids }
    }
}
