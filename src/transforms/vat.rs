//! The `vat` step: scheme, rate, document and register of each sale.
//!
//! Here live the configuration and its checks; the plan is `vat_plan`, the decision table and the rates are `domain::vat`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::{Schema, Type};
use crate::domain::vat::Seller;
use crate::expr::Typed;
use crate::transforms::number::bind_number;
use crate::transforms::vat_plan::VatPlan;
use crate::transforms::{BoundStep, Step};

/// Decides the VAT of each row, a sale of an Italian seller.
///
/// ```yaml
/// - vat:
///     product_kind: "CASE WHEN digitale THEN 'digital' ELSE 'goods' END"
///     buyer_kind: tipo_cliente
///     country: paese
///     postcode: cap
///     vat_id_valid: vies
///     invoice_requested: fattura
///     supply_date: data_ordine
///     vat_rate: iva
///     seller: { country: IT, regime: RF01, oss: true, over_10k: true }
/// ```
///
/// Adds `vat_scheme`, `vat_country`, `vat_rate_category`, `vat_rate`, `vat_natura`, `vat_document`,
/// `vat_tipo_documento`, `vat_register`, `vat_codice_destinatario`, `vat_intrastat`, `vat_legal_ref`, `vat_confidence`
/// and `vat_trace`. Rates are those of the day in Italy. Each field is an expression; when it is left out, the column of
/// that name is taken, and where the table has none: goods, dispatched from Italy, no postcode, no answer of VIES, no
/// invoice asked for, standard rate. A business of another Member State without an answer of VIES is `HOLD_VIES`, never
/// free of VAT. Without postcodes, places such as Livigno or the Canary Islands cannot be told from their country.
///
/// Rows that the table does not cover are rejected as `vat-not-covered`: goods that do not start in Italy, vouchers,
/// returns, margin scheme, domestic reverse charge, sales for which a marketplace is the deemed supplier. Not
/// guaranteed: this is a decision table with a confidence, not tax advice; rows of low confidence want a person's eye.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vat {
    /// `goods`, `digital` or `book_print`.
    #[serde(default)]
    pub product_kind: Option<Text>,
    /// Country the goods start from.
    #[serde(default)]
    pub dispatch_from: Option<Text>,
    /// `consumer`, `business`, `public_admin` or `non_taxable_legal` (a body without VAT number).
    #[serde(default)]
    pub buyer_kind: Option<Text>,
    /// Country where the goods end, or of the buyer of a digital service; ISO code, or `EL` and `XI`.
    #[serde(default)]
    pub country: Option<Text>,
    /// Postcode there.
    #[serde(default)]
    pub postcode: Option<Text>,
    /// Answer of VIES on the buyer's number: a bool, or `yes`, `no`, `unavailable`; `na` when no number was given.
    #[serde(default)]
    pub vat_id_valid: Option<Text>,
    /// Whether an invoice was asked for: a bool, or `yes`, `no`, `late` (after the tax point).
    #[serde(default)]
    pub invoice_requested: Option<Text>,
    /// Tax point: a date, or a timestamp of which the day in Italy counts.
    #[serde(default)]
    pub supply_date: Option<Text>,
    /// Which rate the article has: `standard`, `reduced`, `super_reduced`, in the country that taxes it.
    #[serde(default)]
    pub rate_hint: Option<Text>,
    /// Italian rate of the article in percent. It must be one that is in force; a destination's rate follows
    /// `rate_hint`, or is the standard one. Never taken by name.
    #[serde(default)]
    pub vat_rate: Option<Text>,
    /// What the seller is.
    #[serde(default)]
    pub seller: SellerConfig,
    /// What the output columns begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
    /// Column that names a rejected row to a person.
    #[serde(default)]
    pub key: Option<Text>,
}

/// The seller's position.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerConfig {
    /// Country of establishment; only `IT`.
    #[serde(default)]
    pub country: Option<Text>,
    /// `RF01` (ordinary) or `RF19` (forfettario).
    #[serde(default)]
    pub regime: Option<Text>,
    /// Registered for the Union one-stop shop.
    #[serde(default)]
    pub oss: bool,
    /// More than 10 000 euro of distance sales and digital services to EU consumers, this year or last year.
    #[serde(default)]
    pub over_10k: bool,
}

fn default_prefix() -> Text {
    Text::from("vat")
}

impl Step for Vat {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let field =
            |given: &Option<Text>, name, needed, types| bind_field(given.as_ref(), name, needed, types, input, cx);
        let word: &[Type] = &[Type::Text];
        let answer: &[Type] = &[Type::Text, Type::Bool];
        let plan = VatPlan {
            product_kind: field(&self.product_kind, "product_kind", false, word),
            dispatch_from: field(&self.dispatch_from, "dispatch_from", false, word),
            buyer_kind: field(&self.buyer_kind, "buyer_kind", true, word),
            country: field(&self.country, "country", true, word),
            postcode: field(&self.postcode, "postcode", false, word),
            vat_id_valid: field(&self.vat_id_valid, "vat_id_valid", false, answer),
            invoice_requested: field(&self.invoice_requested, "invoice_requested", false, answer),
            supply_date: field(&self.supply_date, "supply_date", true, &[Type::Date, Type::Timestamp]),
            rate_hint: field(&self.rate_hint, "rate_hint", false, word),
            vat_rate: self.vat_rate.as_ref().and_then(|rate| bind_number(rate, input, cx)),
            seller: self.seller.bind(cx),
            prefix: self.prefix.as_str().to_owned(),
            input: input.names().map(str::to_owned).collect(),
            key: self
                .key
                .iter()
                .filter(|key| cx.require_column(input, key))
                .map(|key| key.as_str().to_owned())
                .collect(),
        };
        let schema = plan.schema(input).map_err(|taken| {
            let message = format!("the table already has `{}`", taken.join("`, `"));
            let problem = Diagnostic::error(Code::DuplicateColumn, self.prefix.place(), message);
            cx.report(problem.help("give this step another `prefix`, or drop the columns before"));
        });
        if cx.reported() > before {
            return None;
        }
        Some(BoundStep::keeps(schema.ok()?, move |frame, step| plan.lower(frame, step)))
    }
}

/// The expression of a field: as given, or the column of its name. `None` when there is neither, which is reported when
/// the field is needed.
fn bind_field(
    given: Option<&Text>,
    name: &str,
    needed: bool,
    types: &[Type],
    input: &Schema,
    cx: &BindCx,
) -> Option<Typed> {
    let canonical = Text::from(name);
    let Some(written) = given.or_else(|| input.contains(name).then_some(&canonical)) else {
        if needed {
            let message = format!("`vat` needs `{name}`, and the table has no column of that name");
            cx.report(
                Diagnostic::error(Code::MissingKey, Place::NONE, message)
                    .help(format!("add `{name}: <column or expression>`")),
            );
        }
        return None;
    };
    let typed = crate::expr::bind(written, input, cx)?;
    if types.contains(typed.ty()) {
        return Some(typed);
    }
    let wanted: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
    cx.error(Code::TypeMismatch, written, format!("`{name}` is {}: expected {}", typed.ty(), wanted.join(" or ")));
    None
}

impl SellerConfig {
    fn bind(&self, cx: &BindCx) -> Seller {
        if let Some(country) = self.country.as_ref().filter(|country| country.as_str() != "IT") {
            cx.error(
                Code::Unsupported,
                country,
                format!("sellers established in `{country}` are not covered: only `IT`"),
            );
        }
        let regime = self.regime.as_ref().map_or("RF01", Text::as_str);
        if let Some(written) = self.regime.as_ref().filter(|regime| !["RF01", "RF19"].contains(&regime.as_str())) {
            cx.error(Code::Unsupported, written, format!("regime `{written}` is not covered: only `RF01` and `RF19`"));
        }
        Seller { forfettario: regime == "RF19", oss: self.oss, over_10k: self.over_10k }
    }
}

#[cfg(test)]
#[path = "vat_tests.rs"]
mod tests;
