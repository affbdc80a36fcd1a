//! Rows that get no price: what each number of a problem means to a person.

use polars::prelude::{DataType, Expr, col, lit};

use crate::domain::pricing::columns::Problem;
use crate::domain::pricing::output::PROBLEM;
use crate::transforms::reject::Rule;

use super::plan::PRICED;

/// The rules, one for each problem. `channel` is in the messages; `columns` are those of base, VAT and cost.
pub fn rules(channel: &str, [base, vat, cost]: [Option<&String>; 3]) -> Vec<Rule> {
    Problem::ALL
        .into_iter()
        .map(|problem| {
            let (cause, message, italian) = words(problem, channel);
            let column = match problem {
                Problem::Price | Problem::Promotion => base,
                Problem::Vat | Problem::VatRange | Problem::Fee => vat,
                Problem::Cost => cost,
                Problem::Exchange | Problem::Rule | Problem::Number | Problem::Word => None,
            };
            let rule = Rule::new(holds(problem), cause, message).italian(italian);
            match column {
                Some(column) => rule.column(column),
                None => rule,
            }
        })
        .collect()
}

/// Rows with a problem.
pub fn holds(problem: Problem) -> Expr {
    col(PRICED).struct_().field_by_name(PROBLEM).eq(lit(problem as i32).cast(DataType::Int32))
}

fn words(problem: Problem, channel: &str) -> (&'static str, String, String) {
    match problem {
        Problem::Price => (
            "missing-price",
            format!("no price for channel `{channel}`: the base is missing, zero or negative"),
            format!("manca il prezzo per il canale `{channel}`: la base è vuota, zero o negativa"),
        ),
        Problem::Vat => (
            "missing-vat",
            String::from("the VAT rate is missing or negative"),
            String::from("l'aliquota IVA manca o è negativa"),
        ),
        Problem::VatRange => (
            "bad-vat",
            String::from("the VAT rate is above 100: write percent, as 22 for 22%"),
            String::from("l'aliquota IVA supera 100: va scritta in percento, 22 per il 22%"),
        ),
        Problem::Cost => (
            "missing-cost",
            format!("no floor for channel `{channel}`: the cost is missing or negative"),
            format!("prezzo minimo non calcolabile per il canale `{channel}`: il costo manca o è negativo"),
        ),
        Problem::Fee => (
            "fee-too-high",
            format!("the fee of channel `{channel}` with VAT takes the whole price: no price leaves any proceeds"),
            format!("la commissione del canale `{channel}` con l'IVA assorbe tutto il prezzo"),
        ),
        Problem::Exchange => (
            "missing-rate",
            format!("no rate of exchange for channel `{channel}` on that day: add it to the table of rates"),
            format!("manca il cambio del giorno per il canale `{channel}`: aggiungerlo alla tabella dei cambi"),
        ),
        Problem::Rule => (
            "bad-rounding",
            String::from("the rounding rule cannot be read: write `cent`, `step:0.05:nearest` or `charm:0.99:up`"),
            String::from("la regola di arrotondamento non è leggibile: `cent`, `step:0.05:nearest` o `charm:0.99:up`"),
        ),
        Problem::Number => (
            "bad-number",
            format!("a percentage or amount of channel `{channel}` is below zero, or a margin is 100% or more"),
            format!("una percentuale o un importo del canale `{channel}` è negativo, o un margine è del 100% o più"),
        ),
        Problem::Word => (
            "bad-price-kind",
            String::from("a base or the base of a fee is neither `net` nor `gross`"),
            String::from("la base del prezzo o della commissione non è né `net` né `gross`"),
        ),
        Problem::Promotion => (
            "promotion-takes-all",
            format!(
                "the promotions of channel `{channel}` leave nothing of the price: lower their value, or set a `floor`"
            ),
            format!(
                "le promozioni del canale `{channel}` azzerano il prezzo: ridurne il valore, o fissare un prezzo minimo (`floor`)"
            ),
        ),
    }
}
