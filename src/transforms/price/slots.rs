//! The columns that a kernel reads, in the order in which it gets them.

use polars::prelude::{Column, DataType, Expr, Field, Int64Chunked, IntoColumn, PolarsResult};

use crate::domain::calendar::{BUSINESS_ZONE, start_of_day};
use crate::domain::money::exact::Site;
use crate::domain::pricing::cells::Number;
use crate::domain::types::Type;
use crate::expr::Typed;
use crate::transforms::number::exact;

/// Decimals that a number keeps: money has two to four, a quotient made before is cut here.
pub const DECIMALS: u8 = 10;

/// Expressions by their position.
pub struct Slots {
    exprs: Vec<Expr>,
    site: Site,
}

impl Slots {
    /// None yet.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        Self { exprs: Vec::new(), site: site.clone() }
    }

    /// Name of the step.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The position of an expression.
    pub fn add(&mut self, expr: Expr) -> usize {
        self.exprs.push(expr);
        self.exprs.len() - 1
    }

    /// An exact number.
    pub fn number(&mut self, typed: &Typed) -> Number {
        match typed.ty() {
            Type::Decimal { scale, .. } => {
                let value = exact(typed, DECIMALS, &self.site).expr();
                Number::Column(self.add(value), (*scale).min(DECIMALS))
            }
            _ => Number::Column(self.add(typed.lower(&self.site).cast(DataType::Int64)), 0),
        }
    }

    /// A kernel over the columns.
    #[must_use]
    pub fn kernel(
        &self,
        dtype: DataType,
        kernel: impl Fn(&[Column]) -> PolarsResult<Column> + Send + Sync + 'static,
    ) -> Expr {
        let Some((first, rest)) = self.exprs.split_first() else { return polars::prelude::lit(polars::prelude::NULL) };
        first.clone().map_many(
            move |columns| kernel(columns),
            rest,
            move |_, fields| Ok(Field::new(fields[0].name().clone(), dtype.clone())),
        )
    }
}

/// Instants of dates and timestamps in microseconds; a date is its first instant in Italy.
#[must_use]
pub fn micros(expr: Expr, ty: &Type) -> Expr {
    if *ty != Type::Date {
        return expr.cast(DataType::Int64);
    }
    expr.map_with_fmt_str(
        |column| {
            let days = column.cast(&DataType::Int32)?;
            let (mut known, mut start) = (None, None);
            let starts: Int64Chunked = days
                .i32()?
                .iter()
                .map(|day| {
                    // Days repeat: the calendar is asked once for each run of them.
                    if day != known {
                        known = day;
                        start = day.and_then(|day| start_of_day(day, BUSINESS_ZONE));
                    }
                    start
                })
                .collect();
            Ok(starts.into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int64)),
        "start of day",
    )
}
