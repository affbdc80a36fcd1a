//! Months, quarters and the days by which something is due.

use polars::prelude::{DataType, Expr, concat_str, lit, when};

/// `2026-11`.
#[must_use]
pub fn month(day: Expr) -> Expr {
    day.dt().strftime("%Y-%m")
}

/// `2026-Q4`.
#[must_use]
pub fn quarter(day: Expr) -> Expr {
    let year = day.clone().dt().year().cast(DataType::String);
    let number = day.dt().quarter().cast(DataType::String);
    concat_str([year, lit("-Q"), number], "", false)
}

/// A day some days later.
#[must_use]
pub fn days_after(day: Expr, days: i32) -> Expr {
    (day.cast(DataType::Int32) + lit(days)).cast(DataType::Date)
}

/// The last day of the month.
#[must_use]
pub fn month_end(day: Expr) -> Expr {
    day.dt().month_end()
}

/// The last day of the quarter.
#[must_use]
pub fn quarter_end(day: Expr) -> Expr {
    let month = day.clone().dt().month().cast(DataType::Int32);
    let missing = lit(2) - (month - lit(1)) % lit(3);
    // From the first of the month no number of 31 days leaves the month that is meant: 62 days lie within it.
    let first = days_after(day.clone().cast(DataType::Date), 0).dt().month_start();
    let moved = (first.cast(DataType::Int32) + missing * lit(31)).cast(DataType::Date);
    moved.dt().month_end()
}

/// The day by which an OSS return of the quarter of `day` is filed and paid: the end of the month after the quarter,
/// never moved for week-ends.
#[must_use]
pub fn oss_due(day: Expr) -> Expr {
    month_end(days_after(quarter_end(day), 1))
}

/// The label of the period, by month or by quarter.
#[must_use]
pub fn label(day: Expr, quarterly: bool) -> Expr {
    if quarterly { quarter(day) } else { month(day) }
}

/// Whether a period lies before another one; false for no period.
#[must_use]
pub fn is_earlier(period: Expr, than: Expr) -> Expr {
    // The texts are ordered as the quarters are.
    when(period.clone().is_null()).then(lit(false)).otherwise(period.lt(than))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoLazy, PlSmallStr, col, df};

    use super::*;
    use crate::domain::calendar::{DateFormat, parse_date};

    fn days(texts: &[&str]) -> Vec<i32> {
        texts.iter().map(|text| parse_date(text.as_bytes(), DateFormat::Iso).unwrap()).collect()
    }

    #[test]
    fn quarters_end_and_returns_are_due() {
        let cases = [
            ("2026-01-01", "2026-Q1", "2026-03-31", "2026-04-30"),
            ("2026-03-31", "2026-Q1", "2026-03-31", "2026-04-30"),
            ("2026-04-01", "2026-Q2", "2026-06-30", "2026-07-31"),
            ("2026-08-31", "2026-Q3", "2026-09-30", "2026-10-31"),
            ("2026-12-31", "2026-Q4", "2026-12-31", "2027-01-31"),
            ("2028-02-29", "2028-Q1", "2028-03-31", "2028-04-30"),
        ];
        let given = days(&cases.map(|case| case.0));
        let day = || col(PlSmallStr::from_static("day")).cast(DataType::Date);
        let frame = df!("day" => given).unwrap().lazy().select([
            quarter(day()).alias("q"),
            quarter_end(day()).dt().strftime("%Y-%m-%d").alias("end"),
            oss_due(day()).dt().strftime("%Y-%m-%d").alias("due"),
        ]);
        let frame = frame.collect().unwrap();
        for (row, (day, quarter, end, due)) in cases.iter().enumerate() {
            let cell = |name: &str| frame.column(name).unwrap().str().unwrap().get(row).unwrap().to_owned();
            assert_eq!(
                (cell("q"), cell("end"), cell("due")),
                ((*quarter).into(), (*end).into(), (*due).into()),
                "{day}"
            );
        }
    }
}
