//! The calculation of a price, in its one order: base, fee gross-up, VAT, rounding of the displayed price, floor.
//!
//! Each stage becomes a column of its own, so that nothing is worked out twice; the helper columns are dropped at the
//! end. The order and the formulas are those of the trade: no rounding before the displayed price, net from gross.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, LazyFrame, PlSmallStr, by_name, col, concat_str, lit, when};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::types::Type;

use super::floor::Floor;
use super::grid::{CENT, Grid};
use super::{Fee, Ratio};

/// Decimals that a base price or a cost keeps: money has two to four, a quotient made before is cut here.
pub const BASE_DECIMALS: u8 = 10;
/// Decimals of a VAT percentage.
pub const VAT_DECIMALS: u8 = 4;
/// Decimals of the price before rounding, as the trace shows it.
const TRACE_DECIMALS: u8 = 4;

/// Whether the base price contains VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Without VAT: the shown price differs with the rate.
    Net,
    /// With VAT: the shown price stays, the net floats.
    Gross,
}

/// The rules of one channel's prices.
#[derive(Clone, Debug)]
pub struct Calculation {
    /// What the base price is.
    pub anchor: Anchor,
    /// What the channel keeps.
    pub fee: Option<Fee>,
    /// The prices that may be shown.
    pub grid: Grid,
    /// The rounding as the user wrote it, for the trace: `charm:0.99:up`.
    pub rounding: String,
    /// The lowest price.
    pub floor: Option<Floor>,
    /// What the output columns begin with.
    pub prefix: String,
}

/// Numbers of a row; rows where one is missing or impossible were rejected before.
pub struct Inputs {
    /// Base price, positive, of at most [`BASE_DECIMALS`].
    pub base: Exact,
    /// VAT percentage, of at most [`VAT_DECIMALS`].
    pub vat: Exact,
    /// Net cost, needed for a floor.
    pub cost: Option<Exact>,
}

const OUTPUTS: &[(&str, Type)] = &[
    ("net", Type::MONEY),
    ("vat", Type::MONEY),
    ("gross", Type::MONEY),
    ("fee", Type::MONEY),
    ("proceeds", Type::MONEY),
    ("floor", Type::MONEY),
    ("trace", Type::Text),
];

impl Calculation {
    /// The columns that are added, in order.
    pub fn columns(&self) -> impl Iterator<Item = (String, Type)> {
        OUTPUTS.iter().map(|(name, ty)| (self.named(name), ty.clone()))
    }

    /// Rows whose fee takes the whole price or more, so that no price leaves any proceeds.
    pub fn fee_too_high(&self, vat: &Exact, site: &Site) -> Option<Expr> {
        let fee = self.fee.as_ref()?;
        let remaining = fee.remaining(&vat_factor(vat, site), site);
        Some(remaining.compare(&Exact::literal(Decimal::ZERO, site), Ordering::is_le))
    }

    /// Adds the columns of [`Calculation::columns`].
    pub fn apply(&self, frame: LazyFrame, inputs: Inputs, site: &Site) -> LazyFrame {
        let fee = self.fee.unwrap_or(Fee::NONE);
        let mut stage = Stages::new(frame, site);
        let vat = vat_factor(&inputs.vat, site);
        let [base, vat] = stage.add([("base", inputs.base), ("factor", vat)]);
        let [remaining] = stage.add([("remaining", fee.remaining(&vat, site))]);
        let one = Exact::literal(Decimal::ONE, site);
        let wanted = match self.anchor {
            Anchor::Net => Ratio { numerator: base.clone(), denominator: one },
            Anchor::Gross => Ratio { numerator: base.clone(), denominator: vat.clone() },
        };
        let exact = stage.ratio("exact", fee.gross_up(&wanted, &vat, &remaining, site));
        let shown = stage.on_grid("shown", self.grid, &exact);
        let floor = self.floor.zip(inputs.cost).map(|(floor, cost)| {
            let lowest = stage.ratio("lowest", fee.gross_up(&floor.wanted(&cost, site), &vat, &remaining, site));
            stage.on_grid("floor", Grid::CENTS.upwards(), &lowest)
        });
        let gross = match &floor {
            Some(floor) => self.raise(&mut stage, &shown, floor),
            None => shown.clone(),
        };
        let [net] = stage.add([("net", Ratio { numerator: gross.clone(), denominator: vat }.rounded(CENT))]);
        let fees = self.fee.map(|fee| fee.amount(&net, &gross, site));
        let trace = self.trace(&mut stage, &base, &exact, &shown, &gross);
        let money = |value: Option<Exact>| value.map_or_else(no_money, Exact::expr);
        let frame = stage.frame.with_columns([
            net.clone().expr().alias(self.named("net")),
            gross.clone().minus(&net).expr().alias(self.named("vat")),
            gross.expr().alias(self.named("gross")),
            money(fees.clone()).alias(self.named("fee")),
            fees.map_or(net.clone(), |fees| net.minus(&fees)).expr().alias(self.named("proceeds")),
            money(floor).alias(self.named("floor")),
            trace.alias(self.named("trace")),
        ]);
        frame.drop(by_name(stage.names.clone(), true, false))
    }

    /// The floor holds after rounding too: the next allowed price at or above it.
    fn raise(&self, stage: &mut Stages, shown: &Exact, floor: &Exact) -> Exact {
        let site = stage.site.clone();
        let [raised] = stage.add([("raised", self.grid.at_or_above(floor, &site))]);
        let [gross] = stage.add([("gross", raised.or_else(shown.compare(floor, Ordering::is_lt), shown))]);
        gross
    }

    fn trace(&self, stage: &mut Stages, base: &Exact, exact: &Ratio, shown: &Exact, gross: &Exact) -> Expr {
        let kind = if self.anchor == Anchor::Net { "base_net " } else { "base_gross " };
        let mut parts = vec![lit(kind), text(base)];
        if self.fee.is_some() {
            let cut = stage.cut(exact);
            let dots = when(exact.compare_candidate(&cut, Ordering::is_eq)).then(lit("")).otherwise(lit(".."));
            parts.extend([lit(" > fee_grossup "), text(&cut), dots]);
        }
        parts.extend([lit(format!(" > round:{} ", self.rounding)), text(shown)]);
        if self.floor.is_some() {
            let raised = concat_str([lit(" > floor "), text(gross)], "", false);
            parts.push(when(shown.compare(gross, Ordering::is_ne)).then(raised).otherwise(lit("")));
        }
        concat_str(parts, "", false)
    }

    fn named(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

/// `1 + v` of a percentage, exact.
fn vat_factor(percent: &Exact, site: &Site) -> Exact {
    percent.times(&Exact::literal(Decimal::new(1, 2), site)).plus(&Exact::literal(Decimal::ONE, site))
}

fn no_money() -> Expr {
    lit(polars::prelude::NULL).cast(crate::domain::money::exact::decimal_dtype(CENT))
}

fn text(value: &Exact) -> Expr {
    value.clone().expr().cast(DataType::String)
}

/// A frame that grows by helper columns.
struct Stages<'a> {
    frame: LazyFrame,
    names: Vec<PlSmallStr>,
    site: &'a Site,
}

impl<'a> Stages<'a> {
    fn new(frame: LazyFrame, site: &'a Site) -> Self {
        Self { frame, names: Vec::new(), site }
    }

    fn add<const N: usize>(&mut self, values: [(&str, Exact); N]) -> [Exact; N] {
        let named = values.map(|(name, value)| (PlSmallStr::from_string(format!("__price_{name}")), value));
        let exprs: Vec<Expr> = named.iter().map(|(name, value)| value.clone().expr().alias(name.clone())).collect();
        self.frame = self.frame.clone().with_columns(exprs);
        self.names.extend(named.iter().map(|(name, _)| name.clone()));
        named.map(|(name, value)| Exact::new(col(name), value.scale(), self.site))
    }

    fn ratio(&mut self, name: &str, ratio: Ratio) -> Ratio {
        let (above, below) = (format!("{name}_above"), format!("{name}_below"));
        let [numerator, denominator] = self.add([(&above, ratio.numerator), (&below, ratio.denominator)]);
        Ratio { numerator, denominator }
    }

    fn on_grid(&mut self, name: &str, grid: Grid, value: &Ratio) -> Exact {
        let units = self.ratio(&format!("{name}_units"), grid.in_units(value, self.site));
        let near = format!("{name}_near");
        let [nearest] = self.add([(&near, units.nearest())]);
        let [price] = self.add([(name, grid.price(&units, &nearest, self.site))]);
        price
    }

    /// The value cut to the decimals of the trace.
    fn cut(&mut self, value: &Ratio) -> Exact {
        let unit = Decimal::new(1, TRACE_DECIMALS);
        let units = self.ratio("cut_units", value.in_units(Decimal::ZERO, unit, self.site));
        let [nearest] = self.add([("cut_near", units.nearest())]);
        let whole = units.floor(&nearest, self.site);
        let cut = whole.times(&Exact::literal(unit, self.site)).rescale(TRACE_DECIMALS, Rounding::HalfUp);
        let [cut] = self.add([("cut", cut)]);
        cut
    }
}
