//! What the seller is: what holds for every row unless a column says otherwise.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Text};
use crate::domain::vat::place::Place;
use crate::domain::vat::words;

/// The seller's position.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerConfig {
    /// Country of establishment, `IT` when left out. The rules are those of Italian sellers: with another country every sale
    /// has low confidence, except where a platform is the deemed supplier.
    #[serde(default)]
    pub country: Option<Text>,
    /// `RF01` (ordinary, also `RF16`, `RF17`, `RF18`), `RF14` (margin scheme), `RF19` (forfettario, also `RF02`), `RF20`
    /// (franchise of another Member State).
    #[serde(default)]
    pub regime: Option<Text>,
    /// Registered for the Union one-stop shop.
    #[serde(default)]
    pub oss: bool,
    /// Registered for imports up to 150 euro (IOSS).
    #[serde(default)]
    pub ioss: bool,
    /// More than 10 000 euro of distance sales and digital services to EU consumers, this year or last year. See `threshold`.
    #[serde(default)]
    pub over_10k: bool,
    /// Natura on an optional invoice for goods under OSS: `N3.2`, as the tax agency answered (interpello 802/2021), or `N7`.
    #[serde(default)]
    pub oss_goods_natura: Option<Text>,
}

impl SellerConfig {
    /// The inputs and flags that follow, by name.
    pub fn bind(&self, cx: &BindCx) -> Vec<(&'static str, String)> {
        let country = self.country.as_ref().map_or("IT", Text::as_str);
        if let Some(written) = self.country.as_ref().filter(|_| Place::of(country, "", "", "").is_err()) {
            cx.error(
                Code::BadValue,
                written,
                format!("`{written}` is no country: expected an ISO code of two letters"),
            );
        }
        let regime = self.regime.as_ref().map_or("RF01", Text::as_str);
        if let Some(written) = self.regime.as_ref().filter(|_| words::regime(regime).is_none()) {
            let known = words::written("seller_regime").join("`, `").to_uppercase();
            let message =
                format!("regime `{written}` is not covered: expected `{known}`, `RF16`, `RF17`, `RF18` or `RF02`");
            cx.error(Code::Unsupported, written, message);
        }
        let flag = |value: bool| if value { "yes" } else { "no" }.to_owned();
        let mut seller = vec![
            ("seller_country", country.to_owned()),
            ("seller_regime", regime.to_owned()),
            ("oss_registered", flag(self.oss)),
            ("over_10k", flag(self.over_10k)),
        ];
        if self.ioss {
            seller.push(("ioss_number", flag(true)));
        }
        seller
    }

    /// Natura of an optional invoice for goods under OSS.
    pub fn natura(&self, cx: &BindCx) -> String {
        let natura = self.oss_goods_natura.as_ref().map_or("N3.2", Text::as_str);
        if let Some(written) = self.oss_goods_natura.as_ref().filter(|_| !["N3.2", "N7"].contains(&natura)) {
            cx.error(
                Code::BadValue,
                written,
                format!("`{written}` is no natura of such an invoice: expected `N3.2` or `N7`"),
            );
        }
        natura.to_owned()
    }
}
