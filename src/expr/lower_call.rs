//! Lowering of function calls.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, NULL, coalesce, concat_str, lit, when};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::pairwise::pairwise;
use crate::domain::types::Type;
use crate::expr::functions::{Function, Part, constant_text, decimals_of, trunc_unit};
use crate::expr::kernels;
use crate::expr::typed::{Kind, Literal, Typed};

/// Lowers a call whose arguments were checked by [`crate::expr::functions::result`].
#[must_use]
pub fn lower(function: Function, arguments: &[Typed], ty: &Type, site: &Site) -> Expr {
    use Function as F;
    let argument = |index: usize| arguments[index].lower(site);
    match function {
        F::Abs | F::Sign | F::Round | F::Floor | F::Ceil => number(function, arguments, site),
        F::Coalesce => coalesce(&arguments.iter().map(|argument| argument.lower(site)).collect::<Vec<_>>()),
        F::Greatest | F::Least => extreme(function, arguments, site),
        F::NullIf => {
            let equal = Typed::new(
                Kind::Compare(
                    crate::expr::typed::Comparison::Equal,
                    Box::new(arguments[0].clone()),
                    Box::new(arguments[1].clone()),
                ),
                Type::Bool,
                arguments[0].place,
            );
            when(equal.lower(site)).then(lit(NULL)).otherwise(argument(0))
        }
        F::If => when(argument(0)).then(argument(1)).otherwise(argument(2)),
        F::Mod => {
            let kind = Kind::Arithmetic(
                crate::expr::typed::Arithmetic::Modulo,
                Box::new(arguments[0].clone()),
                Box::new(arguments[1].clone()),
            );
            Typed::new(kind, ty.clone(), arguments[0].place).lower(site)
        }
        F::Concat => concat_str(texts(arguments, site), "", true),
        F::ConcatWs => concat_str(texts(&arguments[1..], site), constant_text(arguments, 0).unwrap_or(""), true),
        F::ToDate => kernels::text_to_date(argument(0), constant_text(arguments, 1).unwrap_or("%Y-%m-%d")),
        F::ToTimestamp => kernels::text_to_timestamp(argument(0), None),
        F::LocalTimestamp => kernels::text_to_timestamp(argument(0), Some(crate::domain::calendar::BUSINESS_ZONE)),
        F::GtinValid => kernels::gtin_valid(argument(0)),
        F::LocalDate => kernels::local_date(argument(0)),
        F::Shift => argument(0).dt().offset_by(argument(1)),
        F::LastDay => argument(0).dt().month_end(),
        F::DatePart(part) => date_part(part, argument(0)),
        F::DateTrunc => argument(1).dt().truncate(lit(trunc_unit(arguments).unwrap_or("1d"))),
        F::DateFormat => argument(0).dt().to_string(constant_text(arguments, 1).unwrap_or("%Y-%m-%d")),
        F::ListLength => argument(0).list().len().cast(DataType::Int64),
        F::ListContains => argument(0).list().contains(argument(1), true),
        F::ListJoin => argument(0).list().join(argument(1), true),
        _ => text(function, arguments, site),
    }
}

fn number(function: Function, arguments: &[Typed], site: &Site) -> Expr {
    let value = &arguments[0];
    let decimals = decimals_of(arguments).unwrap_or(0);
    match (&value.ty, function) {
        (Type::Decimal { .. }, Function::Abs) => value.exact(site).absolute().expr(),
        (Type::Decimal { .. }, Function::Sign) => {
            let zero = Exact::literal(Decimal::ZERO, site);
            let exact = value.exact(site);
            let below = exact.compare(&zero, Ordering::is_lt);
            let above = exact.compare(&zero, Ordering::is_gt);
            when(above)
                .then(kernels::integer(1))
                .when(below)
                .then(kernels::integer(-1))
                .when(value.lower(site).is_null())
                .then(lit(NULL))
                .otherwise(kernels::integer(0))
        }
        (Type::Decimal { .. }, Function::Round) => value.exact(site).round(decimals).expr(),
        (Type::Decimal { scale, .. }, Function::Floor) => {
            value.exact(site).rescale(decimals.min(*scale), Rounding::Floor).expr()
        }
        (Type::Decimal { scale, .. }, Function::Ceil) => {
            value.exact(site).rescale(decimals.min(*scale), Rounding::Ceil).expr()
        }
        (Type::Integer, Function::Abs) => {
            let raw = value.lower(site);
            let negative = kernels::integers(kernels::integer(0), raw.clone(), "-", site, i64::checked_sub);
            when(raw.clone().lt(kernels::integer(0))).then(negative).otherwise(raw)
        }
        (Type::Float, Function::Round) => {
            value.lower(site).round(u32::from(decimals), polars::prelude::RoundMode::HalfAwayFromZero)
        }
        (_, Function::Abs) => value.lower(site).abs(),
        (_, Function::Sign) => value.lower(site).sign().cast(DataType::Int64),
        _ => value.lower(site),
    }
}

/// `GREATEST` and `LEAST`: null where one is null, exact on decimals.
fn extreme(function: Function, arguments: &[Typed], site: &Site) -> Expr {
    use crate::expr::typed::Comparison;
    let comparison = if function == Function::Greatest { Comparison::GreaterOrEqual } else { Comparison::LessOrEqual };
    let mut iter = arguments.iter().cloned();
    let Some(first) = iter.next() else { return lit(NULL) };
    let chosen = iter.fold(first, |best, next| {
        let (ty, place) = (best.ty.clone(), best.place);
        let better = Kind::Compare(comparison, Box::new(best.clone()), Box::new(next.clone()));
        let missing = Typed::new(Kind::IsNull(Box::new(best.clone())), Type::Bool, place);
        let null = Typed::new(Kind::Literal(Literal::Null), ty.clone(), place);
        let condition = Typed::new(better, Type::Bool, place);
        Typed::new(Kind::Case(vec![(missing, null), (condition, best)], Box::new(next)), ty, place)
    });
    chosen.lower(site)
}

/// Every argument as text.
fn texts(arguments: &[Typed], site: &Site) -> Vec<Expr> {
    let text = |argument: &Typed| {
        if argument.ty == Type::Text {
            return argument.lower(site);
        }
        crate::expr::cast::lower(argument.lower(site), &argument.ty, &Type::Text, false, site)
    };
    arguments.iter().map(text).collect()
}

fn date_part(part: Part, date: Expr) -> Expr {
    let date = date.dt();
    let number = match part {
        Part::Year => date.year(),
        Part::Quarter => date.quarter(),
        Part::Month => date.month(),
        Part::Week => date.week(),
        Part::Day => date.day(),
        Part::Weekday => date.weekday(),
        Part::Hour => date.hour(),
        Part::Minute => date.minute(),
        Part::Second => date.second(),
    };
    number.cast(DataType::Int64)
}

fn text(function: Function, arguments: &[Typed], site: &Site) -> Expr {
    use Function as F;
    let argument = |index: usize| arguments[index].lower(site);
    let value = argument(0);
    let fill = || constant_text(arguments, 2).and_then(|text| text.chars().next()).unwrap_or(' ');
    match function {
        F::Upper => value.str().to_uppercase(),
        F::Lower => value.str().to_lowercase(),
        F::Initcap => initcap(value),
        F::Trim => value.str().strip_chars(lit(NULL)),
        F::Ltrim => value.str().strip_chars_start(lit(NULL)),
        F::Rtrim => value.str().strip_chars_end(lit(NULL)),
        F::Length => value.str().len_chars().cast(DataType::Int64),
        F::Left => value.str().head(argument(1)),
        F::Right => value.str().tail(argument(1)),
        F::Substring => {
            let length = if arguments.len() == 3 { argument(2) } else { lit(NULL).cast(DataType::Int64) };
            value.str().slice(argument(1) - kernels::integer(1), length)
        }
        F::Replace => value.str().replace_all(argument(1), argument(2), true),
        F::RegexpReplace => value.str().replace_all(argument(1), argument(2), false),
        F::RegexpLike => value.str().contains(argument(1), true),
        F::RegexpExtract => {
            let group = match arguments.get(2).map(|argument| &argument.kind) {
                Some(Kind::Literal(Literal::Integer(group))) => usize::try_from(*group).unwrap_or(0),
                _ => 0,
            };
            value.str().extract(argument(1), group)
        }
        F::StartsWith => value.str().starts_with(argument(1)),
        F::EndsWith => value.str().ends_with(argument(1)),
        F::Contains => value.str().contains_literal(argument(1)),
        F::StrPos => strpos(value, argument(1)),
        F::Split => value.str().split(argument(1)),
        F::KeyValue => {
            let separator = |index, usual: &str| constant_text(arguments, index).unwrap_or(usual).to_owned();
            kernels::key_value(value, argument(1), separator(2, ";"), separator(3, "="))
        }
        F::SplitPart => value.str().split(argument(1)).list().get(argument(2) - kernels::integer(1), true),
        F::Lpad => value.str().pad_start(argument(1), fill()),
        F::Rpad => value.str().pad_end(argument(1), fill()),
        _ => value,
    }
}

/// Position in characters, from 1; 0 when the part does not occur.
fn strpos(value: Expr, part: Expr) -> Expr {
    value.map_many(
        |columns| {
            let (texts, parts) = (columns[0].str()?.clone(), columns[1].str()?.clone());
            let out: polars::prelude::Int64Chunked = pairwise(texts.iter(), parts.iter(), |text: &str, part: &str| {
                let found = text.find(part).map_or(0, |byte| text[..byte].chars().count() + 1);
                i64::try_from(found).ok()
            });
            Ok(polars::prelude::IntoColumn::into_column(out).with_name(columns[0].name().clone()))
        },
        &[part],
        |_, fields| Ok(polars::prelude::Field::new(fields[0].name().clone(), DataType::Int64)),
    )
}

fn initcap(value: Expr) -> Expr {
    value.map_with_fmt_str(
        |column| {
            let out: polars::prelude::StringChunked = column.str()?.iter().map(|text| text.map(capitalise)).collect();
            Ok(polars::prelude::IntoColumn::into_column(out).with_name(column.name().clone()))
        },
        |_, field| Ok(polars::prelude::Field::new(field.name().clone(), DataType::String)),
        "initcap",
    )
}

fn capitalise(text: &str) -> String {
    let mut start = true;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if start {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        start = !letter.is_alphanumeric() && letter != '\'';
    }
    out
}
