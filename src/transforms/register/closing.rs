//! A register held to its orders: order by order, to the cent, or the run fails.

use std::cmp::Ordering;

use polars::prelude::{
    DataFrame, DataType, Expr, JoinArgs, JoinCoalesce, JoinType, LazyFrame, MaintainOrderJoin, NULL, PolarsResult,
    SortMultipleOptions, len, lit, when,
};

use crate::diag::Code;
use crate::domain::documents::decide::{SALES, is_one_of};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, sum};
use crate::expr::Typed;
use crate::transforms::names::{self, column};
use crate::transforms::number::exact;
use crate::transforms::register::columns::Columns;
use crate::transforms::reject::text_at;
use crate::transforms::{StepCx, guard};

const ORDER: &str = "__r_order";
const PAID: &str = "__r_paid";
const DOCUMENTED: &str = "__r_documented";
const OPEN: &str = "__r_open";
const ONE: &str = "__r_one";
const PRESENT: &str = "__r_present";

/// Digits of the sum of an order.
const DIGITS: u8 = 26;
/// Decimals that an order's amounts may have.
const DECIMALS: u8 = 8;

/// The table of orders.
pub(super) struct Orders {
    pub table: String,
    pub order: String,
    pub gross: Typed,
}

impl Orders {
    /// The register, once its orders close.
    pub(super) fn hold(
        &self,
        register: LazyFrame,
        lines: LazyFrame,
        orders: LazyFrame,
        columns: &Columns,
        kind: &'static str,
        step: &StepCx,
    ) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let open = self.open(lines, orders, columns, &site);
        // The one row of what is open goes first, so that it is seen even when the register is empty.
        let register = register.with_columns([lit(1_i32).alias(ONE), lit(true).alias(PRESENT)]);
        let args = JoinArgs {
            coalesce: JoinCoalesce::CoalesceColumns,
            maintain_order: MaintainOrderJoin::LeftRight,
            ..JoinArgs::new(JoinType::Left)
        };
        let held = open.with_column(lit(1_i32).alias(ONE)).join(register, [column(ONE)], [column(ONE)], args);
        let working = [OPEN, ORDER, PAID, DOCUMENTED, ONE].map(str::to_owned).to_vec();
        let (table, of_step) = (self.table.clone(), step.site.clone());
        let watched = guard::watch(held, working, &format!("close {}", step.site), move |batch| {
            look(batch, &table, kind, &of_step)
        });
        let kept = watched.filter(column(PRESENT).fill_null(lit(false)));
        kept.drop(names::selector(&[PRESENT]))
    }

    /// How many orders do not close, and the first of them, in one row.
    fn open(&self, lines: LazyFrame, orders: LazyFrame, columns: &Columns, site: &Site) -> LazyFrame {
        let sold = lines.filter(is_one_of(&columns.doc("kind"), &SALES));
        let documented =
            sold.group_by([columns.doc("order").alias(ORDER)])
                .agg([sum(&columns.amount("gross", site), DIGITS).expr().alias(DOCUMENTED)]);
        let gross = exact(&self.gross, DECIMALS, site);
        let scale = gross.scale();
        let order = column(&self.order).cast(DataType::String).str().strip_chars(lit(NULL));
        let paid = orders.group_by([order.alias(ORDER)]).agg([sum(&gross, DIGITS).expr().alias(PAID)]);
        let args = JoinArgs { coalesce: JoinCoalesce::CoalesceColumns, ..JoinArgs::new(JoinType::Full) };
        let both = documented.join(paid, [column(ORDER)], [column(ORDER)], args);
        let or_zero = |name: &str, scale: u8| {
            let value = Exact::column(name, scale, site);
            value.or_else(column(name).is_not_null(), &Exact::literal(Decimal::new(0, scale), site))
        };
        let (documented, paid) = (or_zero(DOCUMENTED, 2), or_zero(PAID, scale));
        let differs = documented.compare(&paid, Ordering::is_ne);
        let open = both.filter(differs).sort([ORDER], SortMultipleOptions::default());
        let text = |name: &str, value: Exact| value.expr().cast(DataType::String).first().alias(name);
        open.select([
            len().cast(DataType::Int64).alias(OPEN),
            column(ORDER).first().alias(ORDER),
            text(PAID, paid),
            text(DOCUMENTED, documented),
        ])
    }
}

/// Fails when an order is open.
fn look(batch: &DataFrame, table: &str, kind: &str, site: &str) -> PolarsResult<()> {
    let Some(open) = batch.column(OPEN)?.i64()?.iter().flatten().next().filter(|open| *open > 0) else {
        return Ok(());
    };
    let cell = |name: &str| batch.column(name).ok().and_then(|column| text_at(column, 0)).unwrap_or_default();
    let orders = if open == 1 { "1 order differs".to_owned() } else { format!("{open} orders differ") };
    let message = format!(
        "`{kind}` does not close against table `{table}`: {orders}; the first is order {}: paid {}, on documents {}",
        cell(ORDER),
        cell(PAID),
        cell(DOCUMENTED)
    );
    Err(guard::failure(Code::DoesNotClose, site, &message))
}

/// A condition as a text of two words.
pub(super) fn word(condition: Expr, yes: &str, no: &str) -> Expr {
    when(condition).then(lit(yes.to_owned())).otherwise(lit(no.to_owned()))
}
