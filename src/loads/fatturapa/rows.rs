//! Rows of a table as the data of a document.
//!
//! Here: reading columns by canonical names. Not here: what an invoice must be (`domain::fatturapa`).

use chrono::NaiveDate;
use polars::prelude::{AnyValue, DataFrame};

use crate::domain::fatturapa::codes::{LineKind, Natura};
use crate::domain::fatturapa::model::ArticleCode;
use crate::domain::fatturapa::request::Discount;
use crate::domain::fatturapa::{Buyer, BuyerKind, GrossLine};
use crate::domain::money::Decimal;
use crate::loads::fatturapa::Columns;
use crate::loads::format::row::Problem;

/// A problem that says the same in both languages.
pub fn plain(cause: &'static str, message: String) -> Problem {
    Problem { cause, column: None, message_it: message.clone(), message }
}

/// One row, read by canonical names.
pub struct Row<'a> {
    /// The rows of one document.
    pub rows: &'a DataFrame,
    /// Which of them.
    pub row: usize,
    /// Where each datum stands.
    pub columns: &'a Columns,
}

impl Row<'_> {
    fn value(&self, canonical: &str) -> Option<AnyValue<'_>> {
        let column = self.rows.column(self.columns.get(canonical)?).ok()?;
        column.get(self.row).ok()
    }

    /// A text with something in it.
    pub fn text(&self, canonical: &str) -> Option<String> {
        text_of(&self.value(canonical)?).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A date.
    pub fn date(&self, canonical: &str) -> Option<NaiveDate> {
        match self.value(canonical)? {
            AnyValue::Date(days) => NaiveDate::from_epoch_days(days),
            _ => None,
        }
    }

    fn number(&self, canonical: &str) -> Option<Decimal> {
        match self.value(canonical)? {
            AnyValue::Decimal(mantissa, _, scale) => Some(Decimal::new(mantissa, u8::try_from(scale).ok()?)),
            AnyValue::Int64(value) => Some(Decimal::new(i128::from(value), 0)),
            _ => None,
        }
    }

    fn required(&self, canonical: &'static str) -> Result<Decimal, (Problem, Option<String>)> {
        self.number(canonical).ok_or_else(|| {
            let mut problem = plain("missing-value", format!("the line has no `{canonical}`"));
            problem.message_it = format!("la riga non ha `{canonical}`");
            problem.column = self.columns.get(canonical).map(str::to_owned);
            (problem, None)
        })
    }

    /// The buyer.
    ///
    /// # Errors
    /// The kind of buyer is none of those known.
    pub fn buyer(&self) -> Result<Buyer, (Problem, Option<String>)> {
        let written = self.text("buyer_kind").unwrap_or_default();
        let kind = match written.as_str() {
            "consumer" | "privato" => BuyerKind::Consumer,
            "business" | "azienda" => BuyerKind::Business,
            "public_admin" | "public_body" | "pa" => BuyerKind::PublicBody,
            _ => {
                let mut problem = plain(
                    "bad-buyer-kind",
                    format!("`{written}` is not a kind of buyer: consumer, business or public_admin"),
                );
                problem.message_it = format!("`{written}` non è un tipo di cliente: privato, azienda o pa");
                return Err((problem, Some(written)));
            }
        };
        Ok(Buyer {
            kind,
            denominazione: self.text("company"),
            nome: self.text("first_name"),
            cognome: self.text("last_name"),
            partita_iva: self.text("vat_number"),
            codice_fiscale: self.text("codice_fiscale"),
            codice_destinatario: self.text("sdi_code"),
            pec: self.text("pec"),
            indirizzo: self.text("address"),
            numero_civico: None,
            cap: self.text("postcode"),
            comune: self.text("city"),
            provincia: self.text("province"),
            nazione: self.text("country"),
        })
    }

    /// The line.
    ///
    /// # Errors
    /// A number is missing, a natura is none.
    pub fn line(&self) -> Result<GrossLine, (Problem, Option<String>)> {
        let natura = match self.text("natura") {
            Some(code) => {
                if let Some(natura) = Natura::from_code(&code) {
                    Some(natura)
                } else {
                    let message = format!("`{code}` is not a natura of the exchange system");
                    return Err((plain("bad-natura", message), Some(code)));
                }
            }
            None => None,
        };
        let net = self.columns.get("unit_net").is_some();
        let price = if net { "unit_net" } else { "unit_gross" };
        let accessory = matches!(self.text("line_kind").as_deref(), Some("shipping" | "fee"));
        Ok(GrossLine {
            kind: accessory.then_some(LineKind::Ancillary),
            codes: self
                .text("sku")
                .map(|sku| vec![ArticleCode { codice_tipo: "SKU".to_owned(), codice_valore: sku }])
                .unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            quantity: self.required("quantity")?,
            unit: None,
            unit_price: self.required(price)?,
            net,
            discount: Discount::None,
            total: self.number(if net { "line_net" } else { "line_gross" }),
            rate: self.required("vat_rate")?,
            natura,
            riferimento_normativo: natura.and_then(|_| self.text("legal_ref")),
        })
    }
}

/// The text of a value.
pub fn text_of(value: &AnyValue) -> Option<String> {
    match value {
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        _ => None,
    }
}
