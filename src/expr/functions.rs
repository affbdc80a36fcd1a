//! The catalogue of functions: names, arguments and result types.

use crate::domain::money::MAX_DIGITS;
use crate::domain::types::Type;
use crate::expr::typed::{Kind, Literal, Typed};

/// A function of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is documented by its row in FUNCTIONS; `Shift` is `+ INTERVAL`")]
pub enum Function {
    Abs,
    Ceil,
    Coalesce,
    Concat,
    ConcatWs,
    Contains,
    DateFormat,
    DatePart(Part),
    DateTrunc,
    EndsWith,
    Floor,
    Greatest,
    GtinValid,
    If,
    Initcap,
    KeyValue,
    LastDay,
    Least,
    Left,
    Length,
    ListContains,
    ListJoin,
    ListLength,
    LocalDate,
    LocalTimestamp,
    Lower,
    Lpad,
    Ltrim,
    Mod,
    NullIf,
    RegexpExtract,
    RegexpLike,
    RegexpReplace,
    Replace,
    Right,
    Round,
    Rpad,
    Rtrim,
    Shift,
    Sign,
    Split,
    SplitPart,
    StartsWith,
    StrPos,
    Substring,
    ToDate,
    ToTimestamp,
    Trim,
    Upper,
}

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Part {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Weekday,
    Hour,
    Minute,
    Second,
}

/// One row of the catalogue.
pub struct Entry {
    /// Name in SQL, upper case.
    pub name: &'static str,
    /// The function.
    pub function: Function,
    /// How it is called.
    pub usage: &'static str,
    /// What it gives.
    pub about: &'static str,
}

macro_rules! catalogue {
    ($($name:literal $function:expr, $usage:literal, $about:literal;)*) => {
        /// Every function, sorted by name.
        pub const FUNCTIONS: &[Entry] = &[$(Entry { name: $name, function: $function, usage: $usage, about: $about }),*];
    };
}

catalogue! {
    "ABS" Function::Abs, "ABS(number)", "the absolute value";
    "ARRAY_CONTAINS" Function::ListContains, "ARRAY_CONTAINS(list, value)", "whether the list holds the value";
    "ARRAY_LENGTH" Function::ListLength, "ARRAY_LENGTH(list)", "how many elements the list has";
    "ARRAY_TO_STRING" Function::ListJoin, "ARRAY_TO_STRING(list, separator)", "the texts of the list, joined";
    "CEIL" Function::Ceil, "CEIL(number[, decimals])", "towards plus infinity";
    "CEILING" Function::Ceil, "CEILING(number[, decimals])", "the same as CEIL";
    "CHAR_LENGTH" Function::Length, "CHAR_LENGTH(text)", "the same as LENGTH";
    "COALESCE" Function::Coalesce, "COALESCE(a, b, …)", "the first value that is not null";
    "CONCAT" Function::Concat, "CONCAT(a, b, …)", "the texts one after the other; null counts as empty";
    "CONCAT_WS" Function::ConcatWs, "CONCAT_WS(separator, a, b, …)", "the texts that are not null, joined";
    "CONTAINS" Function::Contains, "CONTAINS(text, part)", "whether the part occurs in the text";
    "DATE_FORMAT" Function::DateFormat, "DATE_FORMAT(date, '%d/%m/%Y')", "the date or timestamp as text";
    "DATE_TRUNC" Function::DateTrunc, "DATE_TRUNC('month', date)", "the first day of the week, month, quarter or year";
    "DAY" Function::DatePart(Part::Day), "DAY(date)", "the day of the month";
    "ENDS_WITH" Function::EndsWith, "ENDS_WITH(text, end)", "whether the text ends so";
    "FLOOR" Function::Floor, "FLOOR(number[, decimals])", "towards minus infinity";
    "GREATEST" Function::Greatest, "GREATEST(a, b, …)", "the largest; null where one is null";
    "GTIN_VALID" Function::GtinValid, "GTIN_VALID(text)", "whether it is a barcode number: 8, 12, 13 or 14 digits with the right check digit";
    "HOUR" Function::DatePart(Part::Hour), "HOUR(timestamp)", "the hour, in UTC";
    "IF" Function::If, "IF(condition, then, else)", "one of two values";
    "IFNULL" Function::Coalesce, "IFNULL(a, b)", "the same as COALESCE";
    "INITCAP" Function::Initcap, "INITCAP(text)", "each word with a capital";
    "KEY_VALUE" Function::KeyValue, "KEY_VALUE(text, key[, ';', '='])", "what follows the key in a text such as 'colore=rosso;taglia=M'; null when it is not there";
    "LAST_DAY" Function::LastDay, "LAST_DAY(date)", "the last day of the month";
    "LEAST" Function::Least, "LEAST(a, b, …)", "the smallest; null where one is null";
    "LEFT" Function::Left, "LEFT(text, n)", "the first n characters";
    "LENGTH" Function::Length, "LENGTH(text)", "how many characters";
    "LOCAL_DATE" Function::LocalDate, "LOCAL_DATE(timestamp)", "the business day: the calendar day in Europe/Rome";
    "LOCAL_TIMESTAMP" Function::LocalTimestamp, "LOCAL_TIMESTAMP(text)", "the ISO date or timestamp; without zone it is the time in Europe/Rome; null where the text is none";
    "LOWER" Function::Lower, "LOWER(text)", "in lower case";
    "LPAD" Function::Lpad, "LPAD(text, n[, fill])", "filled at the left to n characters";
    "LTRIM" Function::Ltrim, "LTRIM(text)", "without blanks at the left";
    "MOD" Function::Mod, "MOD(a, b)", "the remainder";
    "MONTH" Function::DatePart(Part::Month), "MONTH(date)", "the month";
    "NULLIF" Function::NullIf, "NULLIF(a, b)", "null where a equals b, else a";
    "QUARTER" Function::DatePart(Part::Quarter), "QUARTER(date)", "the quarter";
    "REGEXP_EXTRACT" Function::RegexpExtract, "REGEXP_EXTRACT(text, 'pattern'[, group])", "the first match, or a group of it";
    "REGEXP_LIKE" Function::RegexpLike, "REGEXP_LIKE(text, 'pattern')", "whether the pattern matches somewhere";
    "REGEXP_REPLACE" Function::RegexpReplace, "REGEXP_REPLACE(text, 'pattern', new)", "every match replaced";
    "REPLACE" Function::Replace, "REPLACE(text, old, new)", "every occurrence replaced";
    "RIGHT" Function::Right, "RIGHT(text, n)", "the last n characters";
    "ROUND" Function::Round, "ROUND(number[, decimals])", "to the nearest, halves away from zero";
    "RPAD" Function::Rpad, "RPAD(text, n[, fill])", "filled at the right to n characters";
    "RTRIM" Function::Rtrim, "RTRIM(text)", "without blanks at the right";
    "SIGN" Function::Sign, "SIGN(number)", "-1, 0 or 1";
    "SPLIT" Function::Split, "SPLIT(text, separator)", "the parts of the text as a list, for `explode` or `ARRAY_CONTAINS`";
    "SPLIT_PART" Function::SplitPart, "SPLIT_PART(text, separator, n)", "the n-th part, from 1; null when there is none";
    "STARTS_WITH" Function::StartsWith, "STARTS_WITH(text, start)", "whether the text starts so";
    "STRPOS" Function::StrPos, "STRPOS(text, part)", "the position of the part, from 1; 0 when it does not occur";
    "SUBSTR" Function::Substring, "SUBSTR(text, start[, n])", "n characters from a position, from 1";
    "SUBSTRING" Function::Substring, "SUBSTRING(text, start[, n])", "n characters from a position, from 1";
    "TO_DATE" Function::ToDate, "TO_DATE(text, '%d/%m/%Y')", "the date; null where the text is none";
    "TO_TIMESTAMP" Function::ToTimestamp, "TO_TIMESTAMP(text)", "the ISO timestamp; without zone it is UTC; null where the text is none";
    "TRIM" Function::Trim, "TRIM(text)", "without blanks at both ends";
    "UPPER" Function::Upper, "UPPER(text)", "in upper case";
    "WEEK" Function::DatePart(Part::Week), "WEEK(date)", "the ISO week";
    "YEAR" Function::DatePart(Part::Year), "YEAR(date)", "the year";
}

/// Aggregate names, for messages and look-up.
pub const AGGREGATES: &[&str] =
    &["ANY_VALUE", "AVG", "BOOL_AND", "BOOL_OR", "COUNT", "FIRST", "LAST", "MAX", "MIN", "STRING_AGG", "SUM"];

/// The entry of a name, whatever its case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    FUNCTIONS.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// The result type of a call whose arguments have been brought to their common type where the function asks for one.
///
/// # Errors
/// What is wrong with the arguments.
pub fn result(entry: &Entry, arguments: &[Typed]) -> Result<Type, String> {
    use Function as F;
    let types: Vec<&Type> = arguments.iter().map(|argument| &argument.ty).collect();
    let wrong = || format!("`{}` is called as `{}`", entry.name, entry.usage);
    let text = |count: std::ops::RangeInclusive<usize>, texts: usize| {
        let fits = count.contains(&types.len()) && types.iter().take(texts).all(|ty| **ty == Type::Text);
        let numbers = types.iter().skip(texts).all(|ty| **ty == Type::Integer);
        if fits && numbers { Ok(()) } else { Err(wrong()) }
    };
    match entry.function {
        F::Abs | F::Sign if types.len() == 1 && types[0].is_numeric() => {
            Ok(if entry.function == F::Sign { Type::Integer } else { types[0].clone() })
        }
        F::Round | F::Floor | F::Ceil => rounded(entry, arguments).ok_or_else(wrong),
        F::Coalesce | F::Greatest | F::Least if !types.is_empty() => Ok(types[0].clone()),
        F::NullIf if types.len() == 2 => Ok(types[0].clone()),
        F::If if types.len() == 3 && *types[0] == Type::Bool => Ok(types[1].clone()),
        F::Mod if types.len() == 2 && types[0].is_numeric() => Ok(types[0].clone()),
        F::Concat if !types.is_empty() => Ok(Type::Text),
        F::ConcatWs if types.len() >= 2 && *types[0] == Type::Text => Ok(Type::Text),
        F::Upper | F::Lower | F::Trim | F::Ltrim | F::Rtrim | F::Initcap => text(1..=1, 1).map(|()| Type::Text),
        F::GtinValid => text(1..=1, 1).map(|()| Type::Bool),
        F::Length => text(1..=1, 1).map(|()| Type::Integer),
        F::Left | F::Right => text(2..=2, 1).map(|()| Type::Text),
        F::Substring => text(2..=3, 1).map(|()| Type::Text),
        F::Replace => text(3..=3, 3).map(|()| Type::Text),
        F::RegexpReplace => {
            constant_text(arguments, 1).and_then(|_| text(3..=3, 3).ok()).map(|()| Type::Text).ok_or_else(wrong)
        }
        F::RegexpLike => {
            constant_text(arguments, 1).and_then(|_| text(2..=2, 2).ok()).map(|()| Type::Bool).ok_or_else(wrong)
        }
        F::RegexpExtract => {
            constant_text(arguments, 1).and_then(|_| text(2..=3, 2).ok()).map(|()| Type::Text).ok_or_else(wrong)
        }
        F::StartsWith | F::EndsWith | F::Contains => text(2..=2, 2).map(|()| Type::Bool),
        F::StrPos => text(2..=2, 2).map(|()| Type::Integer),
        F::Split => text(2..=2, 2).map(|()| Type::List(Box::new(Type::Text))),
        F::KeyValue => {
            let separators = [2, 3].into_iter().take(types.len().saturating_sub(2));
            let are_constant = separators
                .into_iter()
                .all(|index| constant_text(arguments, index).is_some_and(|text| !text.is_empty()));
            let fits = types.len() != 3 && are_constant;
            text(2..=4, 4).ok().filter(|()| fits).map(|()| Type::Text).ok_or_else(wrong)
        }
        F::SplitPart => text(3..=3, 2).map(|()| Type::Text),
        F::Lpad | F::Rpad => match types[..] {
            [Type::Text, Type::Integer] | [Type::Text, Type::Integer, Type::Text] => Ok(Type::Text),
            _ => Err(wrong()),
        },
        F::ToDate => {
            constant_text(arguments, 1).and_then(|_| text(2..=2, 2).ok()).map(|()| Type::Date).ok_or_else(wrong)
        }
        F::ToTimestamp | F::LocalTimestamp => text(1..=1, 1).map(|()| Type::Timestamp),
        F::LocalDate if types == [&Type::Timestamp] => Ok(Type::Date),
        F::LastDay if types == [&Type::Date] => Ok(Type::Date),
        F::DatePart(part) => match (part, &types[..]) {
            (Part::Hour | Part::Minute | Part::Second, [Type::Timestamp]) => Ok(Type::Integer),
            (Part::Hour | Part::Minute | Part::Second, _) => Err(wrong()),
            (_, [Type::Date | Type::Timestamp]) => Ok(Type::Integer),
            _ => Err(wrong()),
        },
        F::DateTrunc => match &types[..] {
            [Type::Text, Type::Date] if trunc_unit(arguments).is_some() => Ok(Type::Date),
            _ => Err(wrong()),
        },
        F::DateFormat => match &types[..] {
            [Type::Date | Type::Timestamp, Type::Text] if constant_text(arguments, 1).is_some() => Ok(Type::Text),
            _ => Err(wrong()),
        },
        F::ListLength => match types[..] {
            [Type::List(_)] => Ok(Type::Integer),
            _ => Err(wrong()),
        },
        F::ListContains => match types[..] {
            [Type::List(element), value] if **element == *value => Ok(Type::Bool),
            _ => Err(wrong()),
        },
        F::ListJoin => match types[..] {
            [Type::List(element), Type::Text] if **element == Type::Text => Ok(Type::Text),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// Result of `ROUND`, `FLOOR`, `CEIL`: a decimal with the decimals asked for, or the number itself.
fn rounded(entry: &Entry, arguments: &[Typed]) -> Option<Type> {
    let decimals = match arguments {
        [_] => 0,
        [_, _] => decimals_of(arguments)?,
        _ => return None,
    };
    match &arguments[0].ty {
        Type::Integer => Some(Type::Integer),
        Type::Decimal { scale, .. } if decimals >= *scale => Some(arguments[0].ty.clone()),
        Type::Decimal { precision, scale } => {
            let precision = (precision - scale + decimals + 1).min(MAX_DIGITS);
            Some(Type::Decimal { precision, scale: decimals })
        }
        Type::Float if entry.function == Function::Round => Some(Type::Float),
        _ => None,
    }
}

/// The constant number of decimals of `ROUND(x, n)`.
#[must_use]
pub fn decimals_of(arguments: &[Typed]) -> Option<u8> {
    match arguments.get(1).map(|argument| &argument.kind) {
        None => Some(0),
        Some(Kind::Literal(Literal::Integer(number))) => u8::try_from(*number).ok().filter(|n| *n <= MAX_DIGITS),
        Some(_) => None,
    }
}

/// A text argument that must be a constant (patterns and formats).
#[must_use]
pub fn constant_text(arguments: &[Typed], index: usize) -> Option<&str> {
    match &arguments.get(index)?.kind {
        Kind::Literal(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

/// The Polars interval of `DATE_TRUNC`.
#[must_use]
pub fn trunc_unit(arguments: &[Typed]) -> Option<&'static str> {
    match constant_text(arguments, 0)?.to_ascii_lowercase().as_str() {
        "day" => Some("1d"),
        "week" => Some("1w"),
        "month" => Some("1mo"),
        "quarter" => Some("1q"),
        "year" => Some("1y"),
        _ => None,
    }
}

/// Whether the arguments from this index on are brought to one common type first.
#[must_use]
pub fn unified_from(function: Function) -> Option<usize> {
    match function {
        Function::Coalesce | Function::Greatest | Function::Least | Function::NullIf | Function::Mod => Some(0),
        Function::If => Some(1),
        _ => None,
    }
}
