//! What expressions mean, as tables: value and type, and against a big-integer oracle.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use polars::prelude::{Column, DataFrame, Int128Chunked, IntoColumn, IntoLazy, NamedFrom, PlSmallStr, Series, col};
use proptest::prelude::{ProptestConfig, proptest};

use super::*;
use crate::context::{Params, Project};
use crate::domain::money::exact::Site;

/// A decimal column of one value, given by its lexeme.
fn decimal(name: &str, text: &str) -> (Column, Type) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = u8::try_from(fraction.len()).unwrap();
    let mantissa: i128 = format!("{whole}{fraction}").parse().unwrap();
    let values: Int128Chunked = std::iter::once(Some(mantissa)).collect();
    let column = values.into_decimal_unchecked(38, usize::from(scale)).into_column();
    (column.with_name(PlSmallStr::from_str(name)), Type::Decimal { precision: 18.max(scale), scale })
}

fn table() -> (DataFrame, Schema) {
    let mut columns = Vec::new();
    let mut schema = Schema::new();
    for (name, text) in
        [("d", "10.00"), ("small", "0.0140"), ("half", "2.745"), ("minus", "-2.745"), ("price", "19.99")]
    {
        let (column, ty) = decimal(name, text);
        schema.insert(name, ty);
        columns.push(column);
    }
    columns.push(Series::new("n".into(), [100i64]).into_column());
    schema.insert("n", Type::Integer);
    for (name, text) in [("t", "Caffè Nero"), ("sku", "00123")] {
        columns.push(Series::new(name.into(), [text]).into_column());
        schema.insert(name, Type::Text);
    }
    (DataFrame::new(1, columns).unwrap(), schema)
}

/// Type and value of an expression over the table, or the first problem or error.
fn evaluate(text: &str) -> Result<(String, String), String> {
    let (frame, schema) = table();
    let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
    let cx = BindCx::new(&project, &params, "prova", &tables);
    let Some(typed) = bind(&Text::from(text), &schema, &cx) else {
        let problems = cx.into_diagnostics();
        let first = &problems[0];
        return Err(format!("{}: {}", first.code.as_str(), first.message));
    };
    let site: Site = "prova#1".into();
    let out = frame.lazy().select([typed.lower(&site).alias("out")]).collect().map_err(|error| error.to_string())?;
    let value = crate::expr::cast::lower(col("out"), &typed.ty, &Type::Text, false, &site);
    let value = out.lazy().select([value]).collect().map_err(|error| error.to_string())?;
    let text = crate::transforms::reject::text_at(&value.columns()[0], 0).unwrap_or_else(|| "null".to_owned());
    Ok((typed.ty.to_string(), text))
}

#[test]
fn decimals_stay_exact() {
    for (text, value) in [
        ("d * 1.22", "12.2000"),
        ("small * 1.22", "0.017080"),
        ("ROUND(half, 2)", "2.75"),
        ("ROUND(minus, 2)", "-2.75"),
        ("ROUND(2.745, 2)", "2.75"),
        ("ROUND(-2.745, 2)", "-2.75"),
        ("CAST(half AS DECIMAL(10,2))", "2.75"),
        ("ROUND(price / 1.22, 8)", "16.38524590"),
        ("100 / 3", "33.333333333333"),
        ("n / 3", "33.333333333333"),
        ("d - price", "-9.99"),
        ("n + 1", "101"),
        ("n * d", "1000.00"),
        ("ABS(minus)", "2.745"),
        ("FLOOR(half)", "2"),
        ("CEIL(half, 1)", "2.8"),
        ("GREATEST(d, price)", "19.99"),
        ("d % 3", "1.00"),
        ("COALESCE(NULLIF(d, 10), 7.5)", "7.50"),
        ("CASE WHEN d > 9.999 THEN price ELSE 0 END", "19.99"),
    ] {
        assert_eq!(evaluate(text).map(|(_, value)| value).as_deref(), Ok(value), "{text}");
    }
}

#[test]
fn comparisons_texts_and_dates() {
    for (text, value) in [
        ("d = 10", "true"),
        ("half BETWEEN 2.7449 AND 2.7451", "true"),
        ("n IN (1, 100)", "true"),
        ("sku = '00123'", "true"),
        ("LEFT(t, 5) || '!'", "Caffè!"),
        ("LENGTH(t)", "10"),
        ("UPPER(t)", "CAFFÈ NERO"),
        ("REGEXP_REPLACE(sku, '^0+', '')", "123"),
        ("REGEXP_EXTRACT(t, '(\\w+)$', 1)", "Nero"),
        ("t LIKE '%Nero'", "true"),
        ("SPLIT_PART(t, ' ', 2)", "Nero"),
        ("ARRAY_LENGTH(SPLIT('MI|RM||TO', '|'))", "4"),
        ("SPLIT('MI|RM', '|')[2]", "RM"),
        ("ARRAY_CONTAINS(SPLIT('MI2;RM', ';'), 'MI')", "false"),
        ("ARRAY_LENGTH(SPLIT('', ';'))", "1"),
        ("KEY_VALUE('colore=rosso; taglia = M ;nota=a=b', 'taglia')", "M"),
        ("KEY_VALUE('colore=rosso;nota=a=b', 'nota')", "a=b"),
        ("KEY_VALUE('MI:10;RM:5', 'RM', ';', ':')", "5"),
        ("KEY_VALUE('MI:10,00123:7', sku, ',', ':')", "7"),
        ("KEY_VALUE('a=1;a=2', 'a')", "1"),
        ("KEY_VALUE('a', 'a')", "null"),
        ("KEY_VALUE('taglia=M', 'colore')", "null"),
        ("LPAD(CAST(n AS TEXT), 5, '0')", "00100"),
        ("DATE '2026-11-23' + 8", "2026-12-01"),
        ("DATE '2026-12-01' - DATE '2026-11-23'", "8"),
        ("DATE '2026-01-31' + INTERVAL '1' MONTH", "2026-02-28"),
        ("DATE '2028-02-29' + INTERVAL '1 year'", "2029-02-28"),
        ("DATE '2026-03-31' - INTERVAL '1' MONTH", "2026-02-28"),
        ("DATE '2026-11-23' - INTERVAL '30 days'", "2026-10-24"),
        ("DATE '2026-11-23' + INTERVAL '2' QUARTER", "2027-05-23"),
        ("TIMESTAMP '2026-11-23T23:30:00Z' + INTERVAL '90 minutes' > TIMESTAMP '2026-11-24T00:59:59Z'", "true"),
        ("LOCAL_DATE(TIMESTAMP '2026-11-23T23:30:00Z')", "2026-11-24"),
        ("EXTRACT(YEAR FROM DATE '2026-11-23')", "2026"),
        ("DATE_FORMAT(DATE '2026-11-23', '%d/%m/%Y')", "23/11/2026"),
        ("TO_DATE('31/02/2026', '%d/%m/%Y')", "null"),
        ("TRY_CAST(t AS INTEGER)", "null"),
        ("d IS NOT NULL AND NOT (n > 100)", "true"),
    ] {
        assert_eq!(evaluate(text).map(|(_, value)| value).as_deref(), Ok(value), "{text}");
    }
}

#[test]
fn a_product_of_a_decimal_is_a_decimal_with_the_sum_of_the_scales() {
    assert_eq!(evaluate("small * 1.22").unwrap().0, "decimal(21,6)");
    assert_eq!(evaluate("100 / 3").unwrap().0, "decimal(38,12)");
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    for (text, start) in [
        ("prezo * 2", "unknown-column: unknown column `prezo`"),
        ("ROUNDD(d)", "unknown-function: unknown function `ROUNDD`"),
        ("t > 3", "type-mismatch: `text` and `integer` do not mix"),
        ("SUM(d)", "aggregate-misplaced"),
        ("d +", "expr-syntax"),
        ("KEY_VALUE(t, 'a', ';')", "wrong-arguments"),
        ("KEY_VALUE(t, 'a', ';', sku)", "wrong-arguments"),
        ("KEY_VALUE(t, 'a', '', '=')", "wrong-arguments"),
        ("SPLIT(t)", "wrong-arguments"),
        ("DATE '2026-11-23' + INTERVAL '1' HOUR", "type-mismatch: `INTERVAL '1' HOUR` cannot be added to a `date`"),
        ("DATE '2026-11-23' + INTERVAL '1 giorno'", "bad-value: `INTERVAL '1 giorno'` is no interval"),
        ("n + INTERVAL '1' DAY", "type-mismatch"),
        ("d = '2026-01-01'", "type-mismatch"),
    ] {
        let problem = evaluate(text).unwrap_err();
        assert!(problem.starts_with(start), "{text}: {problem}");
    }
}

#[test]
fn what_does_not_fit_is_an_error_that_says_where() {
    for (text, part) in [
        ("CAST(9999999999999999999.0 * 9999999999999999999.0 AS DECIMAL(38,2))", "leaves 38 digits"),
        ("d / (n - 100)", "divides by zero"),
        ("n + 9223372036854775807", "leaves 64 bits"),
        ("CAST(t AS INTEGER)", "`Caffè Nero` is not a `integer`"),
        ("CAST(price AS DECIMAL(3,2))", "leaves 38 digits"),
    ] {
        let error = evaluate(text).unwrap_err();
        assert!(error.contains("at prova#1]") && error.contains(part), "{text}: {error}");
    }
}

/// `a op b` of two columns, as mantissa at the scale of the result.
fn computed(op: &str, a: i64, a_scale: u8, b: i64, b_scale: u8) -> Option<BigInt> {
    let column = |name: &str, value: i64, scale: u8| {
        let values: Int128Chunked = std::iter::once(Some(i128::from(value))).collect();
        values.into_decimal_unchecked(38, usize::from(scale)).into_column().with_name(name.into())
    };
    let frame = DataFrame::new(1, vec![column("a", a, a_scale), column("b", b, b_scale)]).unwrap();
    let schema: Schema = [("a", a_scale), ("b", b_scale)]
        .map(|(name, scale)| (name.to_owned(), Type::Decimal { precision: 19, scale }))
        .into_iter()
        .collect();
    let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
    let cx = BindCx::new(&project, &params, "prova", &tables);
    let typed = bind(&Text::from(format!("a {op} b").as_str()), &schema, &cx)?;
    let out = frame.lazy().select([typed.lower(&"prova#1".into())]).collect().ok()?;
    let mantissa = out.columns()[0].as_materialized_series().decimal().ok()?.physical().get(0)?;
    Some(BigInt::from(mantissa))
}

fn power(exponent: u8) -> BigInt {
    BigInt::from(10).pow(u32::from(exponent))
}

/// `numerator / denominator`, half away from zero.
fn half_up(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let negative = (numerator < &BigInt::ZERO) != (denominator < &BigInt::ZERO);
    let (numerator, denominator) = (numerator.magnitude().clone(), denominator.magnitude().clone());
    let rounded = (numerator * 2u32 + &denominator) / (denominator * 2u32);
    if negative { -BigInt::from(rounded) } else { BigInt::from(rounded) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arithmetic_is_that_of_big_integers(
        a in -1_000_000_000_000i64..1_000_000_000_000,
        b in -1_000_000_000i64..1_000_000_000,
        a_scale in 0u8..7,
        b_scale in 0u8..7,
    ) {
        let (left, right) = (BigInt::from(a), BigInt::from(b));
        let scale = a_scale.max(b_scale);
        let (wide_left, wide_right) = (&left * power(scale - a_scale), &right * power(scale - b_scale));
        assert_eq!(computed("+", a, a_scale, b, b_scale).unwrap(), &wide_left + &wide_right);
        assert_eq!(computed("-", a, a_scale, b, b_scale).unwrap(), &wide_left - &wide_right);
        assert_eq!(computed("*", a, a_scale, b, b_scale).unwrap(), &left * &right);
        if b != 0 {
            let quotient = half_up(&(&left * power(12 + b_scale)), &(&right * power(a_scale)));
            assert_eq!(computed("/", a, a_scale, b, b_scale).unwrap(), quotient);
        }
    }
}

#[test]
fn a_million_cents_sum_to_the_cent() {
    let cents: Int128Chunked = (0..1_000_000i128).map(|_| Some(1)).collect();
    let column = cents.into_decimal_unchecked(38, 2).into_column().with_name("c".into());
    let frame = DataFrame::new(1_000_000, vec![column]).unwrap();
    let schema: Schema = [("c".to_owned(), Type::MONEY)].into_iter().collect();
    let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
    let cx = BindCx::new(&project, &params, "prova", &tables);
    let typed = bind_aggregate(&Text::from("SUM(c)"), &schema, &cx).unwrap();
    let out = frame.lazy().select([typed.lower(&"prova#1".into())]).collect().unwrap();
    assert_eq!(out.columns()[0].as_materialized_series().decimal().unwrap().physical().get(0), Some(1_000_000));
}
