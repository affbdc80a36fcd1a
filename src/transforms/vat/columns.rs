//! The inputs of the step: which column or expression gives each of them.

use indexmap::IndexMap;
use polars::prelude::{DataType, Expr, NULL, TimeZone, lit, when};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::calendar::BUSINESS_ZONE;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::types::{Schema, Type};
use crate::domain::vat::extra::FLAGS;
use crate::domain::vat::input::{IOSS_LIMIT, SAN_MARINO_THRESHOLD, STAMP_LIMIT, UNION_THRESHOLD};
use crate::expr::{self, Typed};
use crate::transforms::number::{bind_number, exact, is_exact};

/// Where each input is: an expression, or the column of that name when it is left out.
///
/// Words are understood in English and Italian; blanks around them and capitals do not matter. An input that is neither
/// given nor a column is as if every row left it empty.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Tax point: a date, or a timestamp of which the day in Italy counts. For a return its own day; the day of the sale
    /// comes with the flag `original_date`.
    #[serde(default)]
    pub supply_date: Option<Text>,
    /// Country where the seller is established; `seller.country` when left out.
    #[serde(default)]
    pub seller_country: Option<Text>,
    /// `RF01`, `RF19`, …; `seller.regime` when left out.
    #[serde(default)]
    pub seller_regime: Option<Text>,
    /// `sale` (when empty), `return`, `gift`, `voucher_sale`, `voucher_redeem`, `top_up`, `own_transfer`, `fee_purchase`,
    /// `service_purchase`, `goods_purchase` or `deposit`.
    #[serde(default)]
    pub event: Option<Text>,
    /// `goods` (when empty), `digital`, `service`, `book_print`, `electronics_rc`, `voucher_mpv`, `voucher_spv`,
    /// `used_goods`, `exempt`, `excluded`, `excise` or `marketplace_fee`.
    #[serde(default)]
    pub product_kind: Option<Text>,
    /// Class of the article's rate in the country that taxes it: `standard`, `reduced`, `super_reduced`, `parking`, `zero`,
    /// or a class of your own table of `rates`.
    #[serde(default)]
    pub rate_hint: Option<Text>,
    /// Italian rate of the article in percent, for who has no classes. It must be one that is in force. Only a standard
    /// rate says anything about other countries. Never taken by its name: `vat_rate` is also an output.
    #[serde(default)]
    pub vat_rate: Option<Text>,
    /// Country the goods start from; Italy when empty.
    #[serde(default)]
    pub dispatch_from: Option<Text>,
    /// `consumer`, `business`, `public_admin`, `non_taxable_legal` (a body without VAT number) or `self`.
    #[serde(default)]
    pub buyer_kind: Option<Text>,
    /// Country of the buyer; ISO code, or `EL` and `XI`.
    #[serde(default)]
    pub buyer_country: Option<Text>,
    /// Postcode of the buyer: without it, Livigno or the Canary Islands cannot be told from their country.
    #[serde(default)]
    pub buyer_postcode: Option<Text>,
    /// Province of the buyer.
    #[serde(default)]
    pub buyer_province: Option<Text>,
    /// Territory of the buyer, when it is known: `IT-LIVIGNO`, `ES-CN`, `GB-NIR`. It wins over the postcode.
    #[serde(default)]
    pub buyer_territory: Option<Text>,
    /// Country where the goods end, when it is not that of the buyer.
    #[serde(default)]
    pub ship_to_country: Option<Text>,
    /// Postcode there.
    #[serde(default)]
    pub ship_to_postcode: Option<Text>,
    /// The buyer's VAT number. One that is malformed is as one that VIES does not know.
    #[serde(default)]
    pub vat_id: Option<Text>,
    /// Answer of VIES on the buyer's number: a bool, or `yes`, `no`, `unavailable` (also when empty), `na`.
    #[serde(default)]
    pub vat_id_valid: Option<Text>,
    /// Whether an invoice was asked for: a bool, or `yes`, `no` (when empty), `late` (after the tax point).
    #[serde(default)]
    pub invoice_requested: Option<Text>,
    /// Whether the seller is in the Union one-stop shop; `seller.oss` when left out.
    #[serde(default)]
    pub oss_registered: Option<Text>,
    /// Whether the 10 000 euro are passed; `seller.over_10k` when left out. With `threshold:` it is computed.
    #[serde(default)]
    pub over_10k: Option<Text>,
    /// Whether the platform accounts for the consumer's VAT, by its own report.
    #[serde(default)]
    pub channel_deemed_supplier: Option<Text>,
    /// Further facts as text, `key=value;key=value`. See `flags`.
    #[serde(default)]
    pub extra: Option<Text>,
}

/// How a value reaches the decision.
#[derive(Clone)]
pub enum Field {
    /// An input by its name.
    Input(&'static str, Typed),
    /// A flag by its name.
    Flag(String, Typed),
}

impl Columns {
    /// All inputs but the date, by name.
    fn given(&self) -> [(&'static str, &Option<Text>); 20] {
        [
            ("seller_country", &self.seller_country),
            ("seller_regime", &self.seller_regime),
            ("event", &self.event),
            ("product_kind", &self.product_kind),
            ("rate_hint", &self.rate_hint),
            ("dispatch_from", &self.dispatch_from),
            ("buyer_kind", &self.buyer_kind),
            ("buyer_country", &self.buyer_country),
            ("buyer_postcode", &self.buyer_postcode),
            ("buyer_province", &self.buyer_province),
            ("buyer_territory", &self.buyer_territory),
            ("ship_to_country", &self.ship_to_country),
            ("ship_to_postcode", &self.ship_to_postcode),
            ("vat_id", &self.vat_id),
            ("vat_id_valid", &self.vat_id_valid),
            ("invoice_requested", &self.invoice_requested),
            ("oss_registered", &self.oss_registered),
            ("over_10k", &self.over_10k),
            ("channel_deemed_supplier", &self.channel_deemed_supplier),
            ("extra", &self.extra),
        ]
    }

    /// The fields that a table has, typed; those that are needed and missing are reported.
    pub fn bind(&self, input: &Schema, cx: &BindCx) -> Vec<Field> {
        let mut fields = Vec::new();
        for (name, given) in self.given() {
            let needed = ["buyer_kind", "buyer_country"].contains(&name);
            if let Some(typed) = bind_field(given.as_ref(), name, needed, input, cx) {
                match typed.ty() {
                    Type::Bool | Type::Text => fields.push(Field::Input(name, typed)),
                    other => mismatch(name, given.as_ref(), other, "`text` or `bool`", cx),
                }
            }
        }
        if let Some(typed) = self.vat_rate.as_ref().and_then(|rate| bind_number(rate, input, cx)) {
            fields.push(Field::Input("vat_rate", typed));
        }
        fields
    }

    /// The tax point.
    pub fn bind_date(&self, input: &Schema, cx: &BindCx) -> Option<Typed> {
        let given = self.supply_date.as_ref();
        let typed = bind_field(given, "supply_date", true, input, cx)?;
        if [Type::Date, Type::Timestamp].contains(typed.ty()) {
            return Some(typed);
        }
        mismatch("supply_date", given, typed.ty(), "`date` or `timestamp`", cx);
        None
    }
}

/// The flags that a step takes from columns.
pub fn bind_flags(flags: &IndexMap<Text, Text>, input: &Schema, cx: &BindCx) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, expression) in flags {
        if !FLAGS.iter().any(|flag| *name == flag.0) {
            let known = || FLAGS.iter().map(|flag| flag.0);
            let problem = Diagnostic::error(Code::UnknownKey, name.place(), format!("unknown flag `{name}`"));
            let problem = problem.helps(did_you_mean(name.as_str(), known()));
            cx.report(problem.help(format!("possible flags: {}", known().collect::<Vec<_>>().join(", "))));
            continue;
        }
        let Some(typed) = expr::bind(expression, input, cx) else { continue };
        match typed.ty() {
            Type::Bool | Type::Text | Type::Date => fields.push(Field::Flag(name.to_string(), typed)),
            ty if is_exact(ty) => fields.push(Field::Flag(name.to_string(), typed)),
            other => mismatch(name.as_str(), Some(expression), other, "`text`, `bool`, `date` or an exact number", cx),
        }
    }
    fields
}

/// The expression of an input: as given, or the column of its name. `None` when there is neither, which is reported when
/// the input is needed.
fn bind_field(given: Option<&Text>, name: &str, needed: bool, input: &Schema, cx: &BindCx) -> Option<Typed> {
    let canonical = Text::from(name);
    let Some(written) = given.or_else(|| input.contains(name).then_some(&canonical)) else {
        if needed {
            let message = format!("`vat` needs `{name}`, and the table has no column of that name");
            let problem = Diagnostic::error(Code::MissingKey, Place::NONE, message);
            cx.report(problem.help(format!("add `columns: {{ {name}: <column or expression> }}`")));
        }
        return None;
    };
    expr::bind(written, input, cx)
}

fn mismatch(name: &str, given: Option<&Text>, found: &Type, expected: &str, cx: &BindCx) {
    let place = given.map_or(Place::NONE, Text::place);
    let message = format!("`{name}` is {found}: expected {expected}");
    cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
}

impl Field {
    /// The value as text; null stays null. Amounts that only matter against a limit become one of two amounts, so that rows that
    /// are decided alike also look alike.
    #[must_use]
    pub fn text(&self, site: &Site) -> Expr {
        let (name, typed) = match self {
            Self::Input(name, typed) => (*name, typed),
            Self::Flag(name, typed) => (name.as_str(), typed),
        };
        let value = typed.lower(site);
        match typed.ty() {
            Type::Bool => when(value.clone()).then(lit("yes")).when(value.not()).then(lit("no")).otherwise(lit(NULL)),
            Type::Date => value.dt().to_string("%Y-%m-%d"),
            Type::Text => value,
            _ => match limit(name) {
                Some(limit) => against(typed, limit, site),
                None => exact(typed, 4, site).rescale(4, Rounding::HalfUp).expr().cast(DataType::String),
            },
        }
    }
}

fn limit(flag: &str) -> Option<Decimal> {
    match flag {
        "amount" => Some(STAMP_LIMIT),
        "intrinsic_value" => Some(IOSS_LIMIT),
        "sm_distance_sales_prev_year" => Some(SAN_MARINO_THRESHOLD),
        "previous_year" => Some(UNION_THRESHOLD),
        _ => None,
    }
}

fn against(typed: &Typed, limit: Decimal, site: &Site) -> Expr {
    let value = exact(typed, 4, site);
    let above = value.compare(&Exact::literal(limit, site), std::cmp::Ordering::is_gt);
    let more = limit.add(Decimal::new(1, 2)).unwrap_or(limit);
    when(value.expr().is_null())
        .then(lit(NULL))
        .when(above)
        .then(lit(more.to_string()))
        .otherwise(lit(limit.to_string()))
        .cast(DataType::String)
}

/// A tax point as a day in Italy, in days since 1970-01-01.
///
/// # Errors
/// The engine does not know the time zone of Italy.
pub fn day(date: &Typed, site: &Site) -> Result<Expr, NodeError> {
    let value = date.lower(site);
    if *date.ty() != Type::Timestamp {
        return Ok(value.cast(DataType::Int32));
    }
    let zone = TimeZone::opt_try_new(Some(BUSINESS_ZONE.name()))?;
    let local = zone.map_or(value.clone(), |zone| value.dt().convert_time_zone(zone));
    Ok(local.dt().date().cast(DataType::Int32))
}
