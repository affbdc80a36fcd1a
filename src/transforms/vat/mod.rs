//! The `vat` step: scheme, rate, document and register of each sale or purchase.
//!
//! Here live the configuration and its checks; `plan` lowers it, `kernel` decides batches, and the rules are `domain::vat`.

pub mod columns;
mod encoder;
pub mod kernel;
pub mod overlay;
pub mod plan;
pub mod seller;
pub mod threshold;
pub mod vies;

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::Schema;
use crate::domain::vat::Settings;
use crate::transforms::vat::columns::{Columns, bind_flags};
use crate::transforms::vat::plan::VatPlan;
use crate::transforms::vat::seller::SellerConfig;
use crate::transforms::vat::threshold::Threshold;
use crate::transforms::vat::vies::Vies;
use crate::transforms::{BoundStep, RowEffect, Step};

/// Decides the VAT of each row: a sale, a return, a gift, a voucher or a purchase of an Italian seller.
///
/// ```yaml
/// - vat:
///     columns:
///       product_kind: "CASE WHEN digitale THEN 'digital' ELSE 'goods' END"
///       buyer_kind: tipo_cliente
///       buyer_country: paese
///       buyer_postcode: cap
///       vat_id_valid: vies
///       invoice_requested: fattura
///       supply_date: data_ordine
///       vat_rate: iva
///     flags: { ddt: bolla, deferred: fattura_differita }
///     seller: { country: IT, regime: RF01, oss: true, over_10k: true }
/// ```
///
/// Adds, as text: `vat_scheme`, `vat_country`, `vat_rate_category`, `vat_rates`, `vat_natura`, `vat_document`,
/// `vat_tipo_documento`, `vat_register`, `vat_codice_destinatario`, `vat_intrastat`, `vat_bollo`, `vat_legal_ref`,
/// `vat_confidence`, `vat_warning`, `vat_territory`, `vat_trace`; and `vat_rate` in percent, which is missing without VAT and
/// where a row stands for lines of several rates (`vat_rates` then has them all). Rules and rates are those of the tax point's
/// day in Italy; a return follows its original sale. `vat_bollo` is `yes` when stamp duty is due above 77.47 euro.
///
/// Every rule, its dates, its source and its confidence are on the page "VAT" of the reference. Rows that no rule covers, and
/// rows whose rate is not known, are rejected, never guessed. A business of another Member State without an answer of VIES is
/// `HOLD_VIES`, never free of VAT. Rows of low confidence have a `vat_warning`, and the report counts them. Not guaranteed:
/// this is a decision table with a confidence, not tax advice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vat {
    /// Where each input is.
    #[serde(default)]
    pub columns: Box<Columns>,
    /// Further facts, each a column or an expression: `ddt`, `deferred`, `buyer_is_reseller`, `original_document`,
    /// `original_date`, `amount`, `intrinsic_value`, …. All of them are on the page "VAT" of the reference.
    #[serde(default)]
    pub flags: IndexMap<Text, Text>,
    /// What the seller is.
    #[serde(default)]
    pub seller: Box<SellerConfig>,
    /// A file with your own rows of the decision table, which win over the built-in ones: text separated by tabs or commas with
    /// the columns of the page "VAT" of the reference.
    #[serde(default)]
    pub rules: Option<Text>,
    /// A file that says which rate a class of goods has in a country: `category, country, rate`, and where they matter
    /// `valid_from, valid_to`. Where it has no row for a class that is not standard, and the country has several such rates, the
    /// row is rejected.
    #[serde(default)]
    pub rates: Option<Text>,
    /// A table of stored answers of VIES.
    #[serde(default)]
    pub vies: Option<Box<Vies>>,
    /// Computes the thresholds from the rows.
    #[serde(default)]
    pub threshold: Option<Box<Threshold>>,
    /// What the output columns begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
    /// Column that names a rejected row to a person.
    #[serde(default)]
    pub key: Option<Text>,
}

fn default_prefix() -> Text {
    Text::from("vat")
}

impl Step for Vat {
    fn tables(&self) -> Vec<&Text> {
        self.vies.iter().map(|vies| &vies.from).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let date = self.columns.bind_date(input, cx);
        let mut fields = self.columns.bind(input, cx);
        fields.extend(bind_flags(&self.flags, input, cx));
        self.conflicts(cx);
        let plan = VatPlan {
            date,
            fields,
            seller: self.seller.bind(cx),
            settings: Settings {
                own: overlay::read(self.rules.as_ref(), self.rates.as_ref(), cx),
                oss_goods_natura: self.seller.natura(cx),
            },
            answers: self.vies.as_ref().and_then(|vies| vies.bind(cx)),
            counting: self.threshold.as_ref().and_then(|threshold| threshold.bind(input, cx)),
            prefix: self.prefix.to_string(),
            input: input.names().map(str::to_owned).collect(),
            key: self.key.iter().filter(|key| cx.require_column(input, key)).map(ToString::to_string).collect(),
        };
        let schema = plan.schema(input).map_err(|taken| {
            let message = format!("the table already has `{}`", taken.join("`, `"));
            let problem = Diagnostic::error(Code::DuplicateColumn, self.prefix.place(), message);
            cx.report(problem.help("give this step another `prefix`, or drop the columns before"));
        });
        let is_whole = plan.date.is_some() && plan.answers.is_some() == self.vies.is_some();
        if cx.reported() > before || !is_whole {
            return None;
        }
        Some(BoundStep::many(schema.ok()?, RowEffect::Keeps, move |frames, step| plan.lower(frames, step)))
    }
}

impl Vat {
    /// Inputs that would be given twice.
    fn conflicts(&self, cx: &BindCx) {
        let twice = |written: Option<&Text>, input: &str, option: &str| {
            let Some(written) = written else { return };
            let message = format!("`{input}` is given by `columns` and computed by `{option}`");
            cx.report(Diagnostic::error(Code::BadValue, written.place(), message).help("remove one of the two"));
        };
        if self.threshold.is_some() {
            twice(self.columns.over_10k.as_ref(), "over_10k", "threshold");
        }
        if self.vies.is_some() {
            twice(self.columns.vat_id_valid.as_ref(), "vat_id_valid", "vies");
            if self.columns.vat_id.is_none() {
                let problem = Diagnostic::error(Code::MissingKey, Place::NONE, "`vies` needs the number of each row");
                cx.report(problem.help("add `columns: { vat_id: <column or expression> }`"));
            }
        }
    }
}
