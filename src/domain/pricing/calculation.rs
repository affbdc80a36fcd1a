//! The calculation of a price, in its one order: base, currency, fee gross-up, promotion, VAT, rounding of the displayed
//! price, floor, claim of reduction.
//!
//! One row at a time and pure: `columns` runs it over whole columns, `trace` tells it to a person. The order and the
//! formulas are those of the trade: nothing is rounded before the displayed price, net is worked back from it, the fee
//! is not grossed up again after a promotion.

use super::fee::Fee;
use super::floor::Floor;
use super::grid::Grid;
use super::offer::{Offer, Offered, offered};
use super::ratio::Ratio;

/// The price a calculation starts from, in minor units of its own currency.
#[derive(Clone, Copy, Debug)]
pub enum Base {
    /// Without VAT: the shown price differs with the rate.
    Net(Ratio),
    /// With VAT: the shown price stays, the net floats.
    Gross(Ratio),
    /// With the VAT of another country, as `1 + v`: the net is worked out first.
    Foreign(Ratio, Ratio),
}

/// Everything that makes the price of a row. Money is in minor units.
pub struct Terms<'a> {
    /// Where it starts.
    pub base: Base,
    /// Rate from the currency of base and cost to that of the price.
    pub exchange: Option<Ratio>,
    /// `1 + v`.
    pub vat: Ratio,
    /// What the channel keeps.
    pub fee: Option<Fee<'a>>,
    /// Promotions that hold, of which [`offered`] chooses.
    pub offers: &'a mut [Offer],
    /// The prices that may be shown.
    pub grid: Grid,
    /// The least that must be earned, and the cost it is taken from.
    pub floor: Option<(Floor, Ratio)>,
    /// The lowest price with VAT that a contract or the marketplace allows (MAP).
    pub least: Option<i128>,
}

/// A price, and how it came about. Money is in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Priced {
    /// Base in the currency of the price: without VAT, or with it for a shelf price.
    pub start: Ratio,
    /// With VAT and fee, before promotion and rounding.
    pub list: Ratio,
    /// The promotion that counts.
    pub offered: Option<Offered>,
    /// After rounding, before the floor.
    pub shown: i128,
    /// The lowest price with VAT.
    pub floor: Option<i128>,
    /// The price without promotion.
    pub regular: i128,
    /// With VAT: what the buyer pays.
    pub gross: i128,
    /// Without VAT.
    pub net: i128,
    /// What the channel keeps of it.
    pub fee: Option<i128>,
}

/// Why a row gets no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The fee takes the whole price.
    FeeTooHigh,
    /// A margin of 100 % or more.
    NoFloor,
    /// Promotions leave nothing of the price, and no floor holds it up.
    Promotion,
    /// A number leaves 128 bits.
    Digits,
}

impl Terms<'_> {
    /// The price.
    ///
    /// # Errors
    /// No price satisfies the terms.
    pub fn price(&mut self) -> Result<Priced, Refusal> {
        let (start, list) = self.list_price()?;
        let regular_shown = self.grid.price(list).ok_or(Refusal::Digits)?;
        let offered =
            if self.offers.is_empty() { None } else { offered(list, self.vat, self.offers).ok_or(Refusal::Digits)? };
        let shown = match &offered {
            Some(offered) => self.grid.price(offered.price).ok_or(Refusal::Digits)?,
            None => regular_shown,
        };
        let wanted = self.floor_wanted()?;
        let floor = self.floor_price(wanted)?;
        if offered.is_some_and(|offered| is_nothing(&offered, floor)) {
            return Err(Refusal::Promotion);
        }
        let regular = self.lift(regular_shown, wanted, floor)?;
        let gross = match &offered {
            None => regular,
            Some(offered) if offered.below_floor => shown,
            Some(_) => self.lift(shown, wanted, floor)?,
        };
        let net = Ratio::whole(gross).over(self.vat).ok_or(Refusal::Digits)?.half_up();
        let fee = match &self.fee {
            Some(fee) => Some(fee.amount(net, gross).ok_or(Refusal::Digits)?),
            None => None,
        };
        Ok(Priced { start, list, offered, shown, floor, regular, gross, net, fee })
    }

    /// The base in the currency of the price, and the price with VAT and fee.
    fn list_price(&self) -> Result<(Ratio, Ratio), Refusal> {
        let converted = |value: Ratio| match self.exchange {
            Some(rate) => value.times(rate).ok_or(Refusal::Digits),
            None => Ok(value),
        };
        let (start, net) = match self.base {
            Base::Net(net) => {
                let net = converted(net)?;
                (net, net)
            }
            Base::Foreign(gross, vat) => {
                let net = converted(gross.over(vat).ok_or(Refusal::Digits)?)?;
                (net, net)
            }
            Base::Gross(gross) => {
                let gross = converted(gross)?;
                if self.fee.is_none() {
                    return Ok((gross, gross));
                }
                (gross, gross.over(self.vat).ok_or(Refusal::Digits)?)
            }
        };
        Ok((start, self.with_fee(net)?))
    }

    fn with_fee(&self, net: Ratio) -> Result<Ratio, Refusal> {
        match &self.fee {
            Some(fee) => fee.gross_up(net, self.vat).ok_or(Refusal::Digits)?.ok_or(Refusal::FeeTooHigh),
            None => net.times(self.vat).ok_or(Refusal::Digits),
        }
    }

    fn floor_wanted(&self) -> Result<Option<Ratio>, Refusal> {
        let Some((floor, cost)) = self.floor else { return Ok(None) };
        let wanted = floor.wanted(cost).ok_or(Refusal::NoFloor)?;
        match self.exchange {
            Some(rate) => wanted.times(rate).map(Some).ok_or(Refusal::Digits),
            None => Ok(Some(wanted)),
        }
    }

    /// The lowest price with VAT: earned at least what is wanted, rounded up, and what a contract allows.
    fn floor_price(&self, wanted: Option<Ratio>) -> Result<Option<i128>, Refusal> {
        let earned = wanted.map(|wanted| self.with_fee(wanted)).transpose()?.map(Ratio::ceil);
        Ok(earned.max(self.least))
    }

    /// The floor holds after rounding too: the next allowed price at or above it.
    fn lift(&self, shown: i128, wanted: Option<Ratio>, floor: Option<i128>) -> Result<i128, Refusal> {
        let Some(floor) = floor else { return Ok(shown) };
        let least = shown.max(floor);
        // With bands, a higher price can leave less: rounding may have carried it over the end of a band.
        if let (Some(fee), Some(wanted)) = (&self.fee, wanted)
            && fee.bands.len() > 1
            && !(shown >= floor && fee.leaves(shown, wanted, self.vat).ok_or(Refusal::Digits)?)
        {
            return fee.lowest(wanted, self.vat, &self.grid, least).ok_or(Refusal::Digits)?.ok_or(Refusal::FeeTooHigh);
        }
        if shown >= floor { Ok(shown) } else { self.grid.at_or_above(floor).ok_or(Refusal::Digits) }
    }
}

/// Whether promotions leave nothing to be paid: a price of zero or below that no floor lifts is never shown as a cent.
fn is_nothing(offered: &Offered, floor: Option<i128>) -> bool {
    let is_lifted = !offered.below_floor && floor.is_some_and(|floor| floor > 0);
    !offered.price.is_positive() && !is_lifted
}

/// What a reduction may be announced against: the lowest price of the days before it, and by how much it is lower.
///
/// Whole percent, rounded down so that it never overstates; 0 where the price is no lower, and then nothing may be
/// struck through (Directive 98/6/EC art. 6a, art. 17-bis of the Codice del consumo, CJEU C-330/23).
#[must_use]
pub fn discount(gross: i128, prior: i128) -> i128 {
    if gross < prior { (prior - gross) * 100 / prior } else { 0 }
}
