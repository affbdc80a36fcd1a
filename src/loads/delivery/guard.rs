//! Guards, checked: which hold for a load, on which columns, with which limits.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic};
use crate::domain::money::{NumberFormat, parse_decimal};
use crate::domain::types::{Schema, Type};
use crate::loads::delivery::SentColumn;
use crate::loads::delivery::spec::{GuardSpec, Limit, Mode, OnEmpty};
use crate::transforms::names::Names;

/// The guards of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guards {
    /// Rows that may be deleted.
    pub deletes: Limit,
    /// Rows of which a value may go to zero, and the positions of the columns.
    pub to_zero: (Limit, Vec<usize>),
    /// By how much a price may change, in parts per million; the positions of the columns; rows that may go beyond.
    pub price_change: Option<(u64, Vec<usize>, Limit)>,
    /// Rows that the table may have lost.
    pub shrink: Limit,
    /// Whether an empty table is refused.
    pub refuse_empty: bool,
}

impl Guards {
    /// No guard at all.
    pub const NONE: Self = Self {
        deletes: Limit::None,
        to_zero: (Limit::None, Vec::new()),
        price_change: None,
        shrink: Limit::None,
        refuse_empty: false,
    };

    /// The guards that hold for a load; reports what cannot be understood.
    pub fn bind(spec: Option<&GuardSpec>, mode: Mode, columns: &[SentColumn], input: &Schema, cx: &BindCx) -> Self {
        let absent = GuardSpec::default();
        let spec = spec.unwrap_or(&absent);
        let mirrors = mode == Mode::Mirror;
        let limit = |amount: Option<&super::spec::Amount>, parts: u64| match amount {
            Some(amount) => amount.bind(cx).unwrap_or(Limit::None),
            None if mirrors => Limit::Usual(parts),
            None => Limit::None,
        };
        let numbers = |ty: &Type| matches!(ty, Type::Integer | Type::Decimal { .. });
        let decimals = |ty: &Type| matches!(ty, Type::Decimal { .. });
        let price_rows = spec.price_rows.as_ref().and_then(|amount| amount.bind(cx)).unwrap_or(Limit::Rows(0));
        let price_columns = positions(spec.price_columns.as_ref(), columns, input, numbers, decimals, cx);
        Self {
            deletes: limit(spec.deletes.as_ref(), 100_000),
            to_zero: (
                limit(spec.to_zero.as_ref(), 500_000),
                positions(spec.to_zero_columns.as_ref(), columns, input, numbers, numbers, cx),
            ),
            price_change: price_share(spec, cx).map(|parts| (parts, price_columns, price_rows)),
            shrink: limit(spec.shrink.as_ref(), 300_000),
            refuse_empty: spec.empty.map_or(mirrors, |empty| empty == OnEmpty::Stop),
        }
    }

    /// Whether some guard looks at the values of rows that change.
    #[must_use]
    pub fn look_at_values(&self) -> bool {
        self.to_zero.0 != Limit::None || self.price_change.is_some()
    }
}

fn price_share(spec: &GuardSpec, cx: &BindCx) -> Option<u64> {
    let text = spec.price_change.as_ref()?;
    if text.trim() == "none" {
        return None;
    }
    let share = text.trim().strip_suffix('%').map(str::trim);
    let parts = share.and_then(|share| parse_decimal(share.as_bytes(), 4, NumberFormat::PLAIN).ok());
    let parts = parts.and_then(|parts| u64::try_from(parts).ok());
    if parts.is_none() {
        let message = format!("`{text}` is not a share");
        let help = "write it as `30%`, or `none`; `price_rows` says how many rows may go beyond it";
        cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help(help));
    }
    parts
}

/// Positions of the named columns, or of all whose type is usual; a name may be that of the table or of the destination.
fn positions(
    names: Option<&Names>,
    columns: &[SentColumn],
    input: &Schema,
    possible: impl Fn(&Type) -> bool,
    usual: impl Fn(&Type) -> bool,
    cx: &BindCx,
) -> Vec<usize> {
    let Some(names) = names else {
        return (0..columns.len()).filter(|index| usual(&columns[*index].ty)).collect();
    };
    let mut found = Vec::new();
    for name in &names.0 {
        let position = columns.iter().position(|column| column.name == name.as_str() || column.source == name.as_str());
        match position {
            Some(position) if possible(&columns[position].ty) => found.push(position),
            Some(position) => {
                let message = format!("`{name}` is {}, and a guard looks at numbers", columns[position].ty);
                cx.report(Diagnostic::error(Code::TypeMismatch, name.place(), message));
            }
            None if cx.require_column(input, name) => {
                let message = format!("`{name}` is not sent by this load");
                let known = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
                let problem = Diagnostic::error(Code::UnknownColumn, name.place(), message);
                cx.report(problem.help(format!("columns that are sent: {known}")));
            }
            None => {}
        }
    }
    found
}
