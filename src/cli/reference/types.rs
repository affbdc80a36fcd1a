//! The page of the types: plain ones, identifiers of the trade, and the words for days.

use std::fmt::Write;

use crate::cli::reference::markdown;
use crate::domain::calendar::relative;
use crate::domain::types::{TradeType, Type, plain_names};

const ABOUT: &str = "\
Types of columns in contracts and in `columns:`, of parameters, and of `cast`. Identifiers are text always, so that leading
zeros survive.";

const NESTED: &[(&str, &str)] = &[
    ("decimal(p,s)", "exact numbers of `p` digits (1 to 38), `s` of them after the point"),
    ("list<type>", "any number of values of one type"),
    ("struct{name: type, …}", "named values, in order"),
];

const IDENTIFIERS_ABOUT: &str = "
## Identifiers of the trade

Text that is brought to its one normal form and checked; a value that breaks the rules of its identifier is rejected. For
parameters and for `cast` use the plain types.
";

const DAYS_ABOUT: &str = "
## Days by their distance from today

Parameters of type `date` may have these words as value or default. The day is that of the business: Europe/Rome.
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out = markdown::page("Types", ABOUT);
    let plain = plain_names().filter_map(|name| Some(row(name, about(&name.parse().ok()?, name))));
    let nested = NESTED.iter().map(|(name, about)| row(name, about));
    markdown::table(&mut out, &["type", "values"], &plain.chain(nested).collect::<Vec<_>>());
    out.push_str(IDENTIFIERS_ABOUT);
    let trade = TradeType::ALL.iter().map(|trade| row(trade.name(), identifier(*trade)));
    markdown::table(&mut out, &["type", "values"], &trade.collect::<Vec<_>>());
    out.push_str(DAYS_ABOUT);
    let days: Vec<String> = relative::names().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(out, "\n{}", days.join(", "));
    out
}

fn row(name: &str, about: &str) -> Vec<String> {
    vec![format!("`{name}`"), about.to_owned()]
}

fn about(ty: &Type, name: &str) -> &'static str {
    match ty {
        Type::Text => "characters",
        Type::Integer => "whole numbers of 64 bits",
        Type::Decimal { .. } => match name {
            "money" => "amounts of money: `decimal(18,2)`",
            "quantity" => "quantities, down to grams and millilitres: `decimal(18,3)`",
            "percent" => "rates and percentages: `decimal(9,4)`, 22 for 22 %",
            _ => "exact numbers",
        },
        Type::Float => "binary floating point, for measures; never for money",
        Type::Bool => "true or false; `sì`, `no`, `1`, `0` and the like are understood",
        Type::Date => "a day of the calendar",
        Type::Timestamp => "an instant, in UTC, to the microsecond",
        Type::List(_) => "any number of values of one type",
        Type::Struct(_) => "named values, in order",
    }
}

fn identifier(trade: TradeType) -> &'static str {
    match trade {
        TradeType::Sku => "the seller's own code of an article",
        TradeType::Gtin => "a barcode number: GTIN-8, 12, 13 or 14, with its check digit",
        TradeType::PartitaIva => "an Italian VAT number: eleven digits without prefix, with its check digit",
        TradeType::CodiceFiscale => "an Italian tax code, of a person (16 characters) or of a body (11 digits)",
        TradeType::VatNumber => "a VAT number of the EU with its country prefix",
        TradeType::Country => "a country, ISO 3166-1 alpha-2",
        TradeType::Province => "an Italian province, two letters",
        TradeType::Cap => "an Italian postcode, five digits",
        TradeType::Currency => "a currency, ISO 4217",
        TradeType::Email => "an e-mail address",
        TradeType::Iban => "a bank account number, ISO 13616, with its check digits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::types::ColumnType;

    #[test]
    fn every_type_is_there() {
        let page = page();
        for name in ColumnType::all_names() {
            let known = ["`", "(", "<", "{"].iter().any(|next| page.contains(&format!("| `{name}{next}")));
            assert!(known, "{name}");
        }
        assert!(page.contains("`first_of_month`"));
    }
}
