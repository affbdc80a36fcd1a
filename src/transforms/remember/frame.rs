//! Exceptions as rows: those that come in, and those that go out with what is remembered of them.

use polars::prelude::{Column, DataFrame, DataType, PolarsResult, StringChunked};

use crate::contract::ColumnBuilder;
use crate::domain::money::Decimal;
use crate::domain::reconcile::ageing::bucket;
use crate::domain::reconcile::catalogue::{self, Severity};
use crate::domain::reconcile::memory::{Finding, Identity, Judged};
use crate::domain::types::{Schema, Type};

use super::Settings;

/// The columns that come out.
pub(super) fn schema(scale: u8) -> Schema {
    let amount = Type::Decimal { precision: 38, scale };
    let columns = [
        ("chain", Type::Text),
        ("code", Type::Text),
        ("key", Type::Text),
        ("status", Type::Text),
        ("severity", Type::Text),
        ("stops", Type::Bool),
        ("amount", amount),
        ("currency", Type::Text),
        ("event_on", Type::Date),
        ("age_days", Type::Integer),
        ("age_bucket", Type::Text),
        ("first_seen", Type::Date),
        ("last_seen", Type::Date),
        ("resolved_on", Type::Date),
        ("reason", Type::Text),
        ("owner", Type::Text),
        ("expires_on", Type::Date),
        ("finding", Type::Text),
        ("left_key", Type::Text),
        ("right_key", Type::Text),
        ("proposal", Type::Text),
        ("meaning", Type::Text),
        ("meaning_it", Type::Text),
        ("action", Type::Text),
        ("action_it", Type::Text),
    ];
    columns.into_iter().collect()
}

/// The exceptions of a table: its rows with a code.
pub(super) fn findings(rows: &DataFrame, settings: &Settings) -> PolarsResult<Vec<Finding>> {
    let text = |name: &str| texts(rows, name, settings);
    let (chains, codes, keys) = (text("chain")?, text("code")?, text("key")?);
    let (severities, statuses, currencies) = (text("severity")?, text("status")?, text("currency")?);
    let (lefts, rights, proposals) = (text("left_key")?, text("right_key")?, text("proposal")?);
    let amounts = amounts(rows, settings)?;
    let days = if settings.has("event_on") {
        Some(rows.column("event_on")?.cast(&DataType::Int32)?.i32()?.clone())
    } else {
        None
    };
    let cell = |column: &Option<StringChunked>, row: usize| -> Option<String> {
        column.as_ref()?.get(row).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut found = Vec::new();
    for row in 0..rows.height() {
        let Some(code) = cell(&codes, row) else { continue };
        let own = cell(&severities, row).and_then(|word| severity(&word));
        let of_code = settings.severities.get(&code).copied().or(own);
        let severity = of_code.or_else(|| Some(catalogue::find(&code)?.severity)).unwrap_or(Severity::Warning);
        let identity =
            Identity { chain: cell(&chains, row).unwrap_or_default(), key: cell(&keys, row).unwrap_or_default(), code };
        found.push(Finding {
            identity,
            severity,
            finding: cell(&statuses, row),
            left_key: cell(&lefts, row),
            right_key: cell(&rights, row),
            amount: amounts.as_ref().and_then(|amounts| amounts.get(row).copied().flatten()).map(plain),
            currency: cell(&currencies, row),
            event_on: days.as_ref().and_then(|days| days.get(row)),
            proposal: cell(&proposals, row),
        });
    }
    Ok(found)
}

/// As a person writes it: without zeros at its end, but with cents.
fn plain(amount: Decimal) -> Decimal {
    let trimmed = amount.trimmed();
    if trimmed.scale < 2 { trimmed.rescale(2).unwrap_or(trimmed) } else { trimmed }
}

impl Settings {
    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|(own, _)| *own == word).map(|(_, severity)| severity)
}

fn texts(rows: &DataFrame, name: &str, settings: &Settings) -> PolarsResult<Option<StringChunked>> {
    if !settings.has(name) {
        return Ok(None);
    }
    Ok(Some(rows.column(name)?.cast(&DataType::String)?.str()?.clone()))
}

fn amounts(rows: &DataFrame, settings: &Settings) -> PolarsResult<Option<Vec<Option<Decimal>>>> {
    let Some(name) = &settings.amount else { return Ok(None) };
    let column = rows.column(name)?.as_materialized_series();
    let amounts = match column.dtype() {
        DataType::Decimal(_, _) => {
            let mantissas = column.decimal()?.physical().clone();
            mantissas.iter().map(|one| one.map(|one| Decimal::new(one, settings.scale))).collect()
        }
        _ => column.i64()?.iter().map(|one| one.map(Decimal::from)).collect(),
    };
    Ok(Some(amounts))
}

/// The rows that go out.
pub(super) fn of(judged: &[Judged], settings: &Settings, today: i32) -> PolarsResult<DataFrame> {
    let schema = schema(settings.scale);
    let mut builders: Vec<ColumnBuilder> = schema.iter().map(|(_, ty)| ColumnBuilder::new(ty, judged.len())).collect();
    for one in judged {
        for (builder, cell) in builders.iter_mut().zip(cells(one, settings, today)) {
            match cell {
                Cell::Text(Some(text)) => builder.push_text(&text),
                Cell::Day(Some(day)) => builder.push_date(day),
                Cell::Whole(Some(number)) => builder.push_integer(number),
                Cell::Amount(Some(mantissa)) => builder.push_decimal(mantissa),
                Cell::Flag(flag) => builder.push_bool(flag),
                Cell::Text(None) | Cell::Day(None) | Cell::Whole(None) | Cell::Amount(None) => builder.push_null(),
            }
        }
    }
    let names = schema.names().map(str::to_owned).collect::<Vec<_>>();
    let columns: Vec<Column> =
        builders.into_iter().zip(&names).map(|(builder, name)| builder.finish(name)).collect::<PolarsResult<_>>()?;
    DataFrame::new(judged.len(), columns)
}

enum Cell {
    Text(Option<String>),
    Day(Option<i32>),
    Whole(Option<i64>),
    Amount(Option<i128>),
    Flag(bool),
}

/// In the order of [`schema`].
fn cells(one: &Judged, settings: &Settings, today: i32) -> Vec<Cell> {
    let Judged { known, status, .. } = one;
    let finding = &known.finding;
    let decision = known.decision.as_ref();
    let code = catalogue::find(&finding.identity.code);
    let age = finding.event_on.map(|day| i64::from(today - day));
    // An amount of an earlier day may have had more decimals than the table has now.
    let amount =
        finding.amount.map(|amount| amount.round(settings.scale)).and_then(|amount| amount.rescale(settings.scale));
    let text = |text: &Option<String>| Cell::Text(text.clone());
    let word = |pick: fn(&catalogue::ExceptionCode) -> &'static str| Cell::Text(code.map(|code| pick(code).to_owned()));
    vec![
        Cell::Text(Some(finding.identity.chain.clone())),
        Cell::Text(Some(finding.identity.code.clone())),
        Cell::Text(Some(finding.identity.key.clone())),
        Cell::Text(Some(status.as_str().to_owned())),
        Cell::Text(Some(finding.severity.as_str().to_owned())),
        Cell::Flag(settings.stops.is_stopped_by(one, today)),
        Cell::Amount(amount.map(|amount| amount.mantissa)),
        text(&finding.currency),
        Cell::Day(finding.event_on),
        Cell::Whole(age),
        Cell::Text(age.map(|age| bucket(age).to_owned())),
        Cell::Day(Some(known.first_on)),
        Cell::Day(Some(known.last_on)),
        Cell::Day(known.resolved_on),
        Cell::Text(decision.and_then(|decision| decision.reason.clone())),
        Cell::Text(decision.and_then(|decision| decision.owner.clone())),
        Cell::Day(decision.and_then(|decision| decision.expires_on)),
        text(&finding.finding),
        text(&finding.left_key),
        text(&finding.right_key),
        text(&finding.proposal),
        word(|code| code.meaning),
        word(|code| code.meaning_it),
        word(|code| code.action),
        word(|code| code.action_it),
    ]
}
