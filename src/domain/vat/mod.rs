//! VAT of what an Italian shop sells: who is taxed where, at which rate, with which document.
//!
//! The rules are data: `rules.tsv` is the decision table, `rates.csv` the dated rates, `territory` the places that are
//! not where their country code says. Code here only reads and matches them; joining them to rows is the `vat` step's
//! business. Vouchers, margin scheme, deemed suppliers, returns and goods that do not start in Italy are not here.

pub mod rates;
pub mod rules;
pub mod tables;
pub mod territory;

pub use rates::{Rate, rates};
pub use rules::{Outcome, Rule, Seller, rules};
pub use territory::{TERRITORIES, Territory};

/// First day of the Testo unico IVA (D.Lgs. 10/2026): the same substance under new article numbers, which are not
/// mapped yet. Days since 1970-01-01 of 2027-01-01.
pub const TESTO_UNICO_FROM: i32 = 20_819;

/// Legal reference of supplies from [`TESTO_UNICO_FROM`].
pub const TESTO_UNICO: &str = "D.Lgs. 10/2026 (Testo unico IVA), article number to be mapped";

/// Last day for which the authorisation of split payment is known (Council Decision 2023/1552): 2026-06-30.
pub const SPLIT_PAYMENT_KNOWN_TO: i32 = 20_634;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::days_from_civil;

    #[test]
    fn days_are_those_of_the_comments() {
        assert_eq!(days_from_civil(2027, 1, 1), Some(TESTO_UNICO_FROM));
        assert_eq!(days_from_civil(2026, 6, 30), Some(SPLIT_PAYMENT_KNOWN_TO));
    }
}
