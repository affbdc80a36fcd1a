//! How a price came about, for a person: the trace, one step behind the other, and the notes about what looks wrong.
//!
//! `base_net 50.00 > fee_grossup 74.6618.. > round:cent 74.66`: each step has its name and the price after it. Two points
//! say that digits follow. Nothing here is computed unless the column is asked for.

use std::fmt::Write as _;

use polars::prelude::{Column, IntoColumn, NewChunkedArray, PolarsResult, StringChunked};

use crate::domain::money::{Decimal, pow10};

use super::calculation::{Base, Priced};
use super::columns::Inputs;
use super::ratio::Ratio;
use super::reader::{Reader, Row};

/// What may look wrong about a price, with the bit it has in the field of notes. A note changes no price.
pub const NOTES: [(i32, &str); 6] = [
    (1, "promotion_not_lower"),
    (2, "promotion_on_floor"),
    (4, "rounding_moved"),
    (8, "above_msrp"),
    (16, "no_reduction_claim"),
    (32, "tier_price_rises"),
];

/// Decimals of a price before rounding, beyond those of its currency.
const MORE: u8 = 2;

impl Reader<'_> {
    /// The notes of a row.
    pub(super) fn notes(&self, row: usize, found: &Row) -> i32 {
        let priced = &found.priced;
        let promoted = priced.offered.is_some();
        let lifted = promoted && priced.gross > priced.shown;
        let moved = self.moved(priced);
        let msrp = self.minor(&self.msrp, row).is_some_and(|msrp| Ratio::whole(priced.gross).compare(msrp).is_gt());
        let no_claim = found.claim && found.prior.is_none_or(|(prior, _)| priced.gross >= prior);
        i32::from(promoted && priced.gross >= priced.regular)
            | i32::from(lifted) << 1
            | i32::from(moved) << 2
            | i32::from(msrp) << 3
            | i32::from(no_claim) << 4
            | i32::from(self.tiers_rise(row)) << 5
    }

    fn moved(&self, priced: &Priced) -> bool {
        let Some(limit) = self.inputs().moved else { return false };
        let exact = priced.offered.map_or(priced.list, |offered| offered.price);
        let shown = Ratio::whole(priced.shown);
        let change = if shown.compare(exact).is_lt() { exact.minus(shown) } else { shown.minus(exact) };
        change.zip(exact.times(limit)).is_some_and(|(change, allowed)| change.compare(allowed).is_gt())
    }

    fn story(&self, row: usize, found: &Row, text: &mut String) -> Option<()> {
        let (priced, decimals) = (&found.priced, self.inputs().decimals);
        let start = self.start(row, self.vat_of(row)?).ok()?;
        let base = if let Some((cost, markup)) = start.cost_plus {
            let percent = markup.times(Ratio::whole(100))?;
            format!("cost_plus {} +{}% ", exact(cost, decimals), exact(percent, 0))
        } else if matches!(start.base, Base::Net(_)) {
            String::from("base_net ")
        } else {
            String::from("base_gross ")
        };
        let value = match start.base {
            Base::Net(value) | Base::Gross(value) | Base::Foreign(value, _) => value,
        };
        if let Some(list) = self.list.get(row) {
            write!(text, "list {list} level {} > ", self.level.integer(row).unwrap_or(0)).ok()?;
        }
        text.push_str(&base);
        if let Some(tier) = start.tier {
            write!(text, "> tier {}+ ", exact(tier, 0)).ok()?;
        }
        text.push_str(&exact(value, decimals));
        if let Some(rate) = start.exchange.filter(|rate| rate.compare(Ratio::ONE).is_ne()) {
            write!(text, " > fx x{} {}", rate_text(rate), exact(priced.start, decimals)).ok()?;
        }
        if priced.fee.is_some() {
            write!(text, " > fee_grossup {}", exact(priced.list, decimals)).ok()?;
        }
        self.offer_story(row, priced, text)?;
        let rule = self.rule_text(row).unwrap_or(self.rounding());
        write!(text, " > round:{rule} {}", whole(priced.shown, decimals)).ok()?;
        if priced.gross != priced.shown {
            write!(text, " > floor {}", whole(priced.gross, decimals)).ok()?;
        }
        if found.claim {
            match found.prior {
                Some((prior, _)) if priced.gross < prior => {
                    let percent = super::calculation::discount(priced.gross, prior);
                    write!(text, " > omnibus {} -{percent}%", whole(prior, decimals)).ok()?;
                }
                Some((prior, _)) => write!(text, " > omnibus {} no_claim", whole(prior, decimals)).ok()?,
                None => text.push_str(" > omnibus no_claim"),
            }
        }
        Some(())
    }

    fn offer_story(&self, row: usize, priced: &Priced, text: &mut String) -> Option<()> {
        let Some(offers) = &self.offers else { return Some(()) };
        match &priced.offered {
            Some(offered) => {
                text.push_str(" > promo ");
                if let Some(name) = offers.name(row, offered.index) {
                    write!(text, "{name} ").ok()?;
                }
                text.push_str(&exact(offered.price, self.inputs().decimals));
            }
            None if offers.any(row) => text.push_str(" > promo_skipped"),
            None => {}
        }
        Some(())
    }
}

impl Inputs {
    /// The traces of all rows; null where there is no price.
    ///
    /// # Errors
    /// A column is not what it was said to be.
    pub fn traces(&self, columns: &[Column]) -> PolarsResult<Column> {
        let reader = self.read(columns)?;
        let mut scratch = Vec::new();
        let mut texts = Vec::with_capacity(reader.height);
        for row in 0..reader.height {
            let found = reader.row(row, &mut scratch).ok();
            texts.push(found.and_then(|found| {
                let mut text = String::with_capacity(96);
                reader.story(row, &found, &mut text)?;
                Some(text)
            }));
        }
        Ok(StringChunked::from_slice_options(columns[0].name().clone(), &texts).into_column())
    }
}

/// A value of minor units in its currency, cut after some digits.
fn exact(value: Ratio, decimals: u8) -> String {
    let Some(shift) = value.times(Ratio::whole(pow10(MORE).unwrap_or(1))) else { return String::from("?") };
    let text = Decimal::new(shift.floor(), decimals + MORE);
    let shortest = text.trimmed();
    let text = if shortest.scale < decimals { text.rescale(decimals).unwrap_or(text) } else { shortest };
    let dots = if shift.is_whole() { "" } else { ".." };
    format!("{text}{dots}")
}

fn rate_text(rate: Ratio) -> String {
    const DIGITS: u8 = 10;
    rate.times(Ratio::whole(pow10(DIGITS).unwrap_or(1)))
        .map_or_else(|| String::from("?"), |rate| Decimal::new(rate.half_up(), DIGITS).to_string_trimmed())
}

fn whole(value: i128, decimals: u8) -> String {
    Decimal::new(value, decimals).to_string()
}
