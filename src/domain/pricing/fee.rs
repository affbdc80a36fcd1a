//! What a marketplace keeps, and the price that leaves the wanted proceeds after it.
//!
//! Adding the fee's percentage on top is the classic error: 50.00 net at 22 % VAT and 15 % commission needs 74.66, while
//! 50.00 × 1.22 × 1.15 leaves less than 50.00. With a minimum, a cap or bands of price the fee is a line in pieces: each
//! piece is solved, and the one whose price falls inside it counts.

use std::cmp::Ordering;

use super::grid::Grid;
use super::ratio::Ratio;

/// What the percentage of a fee is taken on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeeBase {
    /// The price with VAT, as most marketplaces do.
    #[default]
    Gross,
    /// The price without VAT.
    Net,
}

/// A part of the prices, and the fee there. Money is in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Band {
    /// The highest price of the band, included, on the base of the fee; `None` for the last one.
    pub up_to: Option<i128>,
    /// Fraction of the price.
    pub rate: Ratio,
    /// What the fraction gives at least.
    pub least: Option<Ratio>,
    /// What the fraction gives at most.
    pub most: Option<Ratio>,
    /// Added to it.
    pub fixed: Ratio,
}

/// VAT on a fee that the seller cannot deduct (forfettari): 22 %, by reverse charge on the platform's invoice.
const UNRECOVERABLE: Ratio = Ratio::new(122, 100);

impl Band {
    /// A fee without bands.
    #[must_use]
    pub const fn plain(rate: Ratio, fixed: Ratio) -> Self {
        Self { up_to: None, rate, least: None, most: None, fixed }
    }

    /// The fee of a seller who cannot deduct the VAT on it: that VAT is a cost too.
    #[must_use]
    pub fn with_unrecoverable_vat(self) -> Option<Self> {
        let dear = |value: Ratio| value.times(UNRECOVERABLE);
        let dear_limit = |value: Option<Ratio>| value.map_or(Some(None), |value| dear(value).map(Some));
        Some(Self {
            up_to: self.up_to,
            rate: dear(self.rate)?,
            least: dear_limit(self.least)?,
            most: dear_limit(self.most)?,
            fixed: dear(self.fixed)?,
        })
    }

    /// The fee on a price given on its base.
    fn amount(&self, price: Ratio) -> Option<Ratio> {
        let share = self.rate.times(price)?;
        let share = self.least.filter(|least| share.compare(*least).is_lt()).unwrap_or(share);
        let share = self.most.filter(|most| share.compare(*most).is_gt()).unwrap_or(share);
        share.plus(self.fixed)
    }

    /// The gross price that leaves `wanted`, were this the only band; `Some(None)` when none does.
    fn solve(&self, wanted: Ratio, vat: Ratio, base: FeeBase) -> Option<Option<Ratio>> {
        let costs = wanted.plus(self.fixed)?.times(vat)?;
        let taken = if base == FeeBase::Gross { self.rate.times(vat)? } else { self.rate };
        let remaining = Ratio::ONE.minus(taken)?;
        let line = if remaining.is_positive() { Some(costs.over(remaining)?) } else { None };
        let flat = |share: Ratio| costs.plus(share.times(vat)?);
        let line = match (self.least, line) {
            (Some(least), Some(line)) => Some(higher(line, flat(least)?)),
            (_, line) => line,
        };
        match (self.most, line) {
            (Some(most), Some(line)) => Some(Some(lower(line, flat(most)?))),
            (Some(most), None) => Some(Some(flat(most)?)),
            (None, line) => Some(line),
        }
    }
}

/// The fee of a row: one band, or several from the lowest prices up.
#[derive(Clone, Copy, Debug)]
pub struct Fee<'a> {
    /// What the percentages and the limits of the bands are taken on.
    pub base: FeeBase,
    /// Never empty; the last one has no limit.
    pub bands: &'a [Band],
}

impl Fee<'_> {
    /// The lowest gross price that leaves `wanted` net of VAT and fee; `Some(None)` when none does. `vat` is `1 + v`.
    ///
    /// Between two bands there can be a gap, where the price of the lower one lies beyond its end and that of the upper
    /// one before its start: then the first price of the upper band is the answer, and leaves a little more.
    #[inline]
    pub fn gross_up(&self, wanted: Ratio, vat: Ratio) -> Option<Option<Ratio>> {
        if let [only] = self.bands {
            return only.solve(wanted, vat, self.base);
        }
        let mut start = 0;
        for band in self.bands {
            let (first, last) = (start, self.end(band, vat)?);
            start = last.map_or(start, |last| last + 1);
            let Some(price) = band.solve(wanted, vat, self.base)? else { continue };
            let price = higher(price, Ratio::whole(first));
            if last.is_none_or(|last| price.compare(Ratio::whole(last)).is_le()) {
                return Some(Some(price));
            }
        }
        Some(None)
    }

    /// The lowest price of the grid, not below `least`, that leaves `wanted`; `Some(None)` when none does.
    pub fn lowest(&self, wanted: Ratio, vat: Ratio, grid: &Grid, least: i128) -> Option<Option<i128>> {
        let mut start = 0;
        for band in self.bands {
            let (first, last) = (start, self.end(band, vat)?);
            start = last.map_or(start, |last| last + 1);
            let Some(price) = band.solve(wanted, vat, self.base)? else { continue };
            let price = grid.at_or_above(price.ceil().max(first).max(least))?;
            if last.is_none_or(|last| price <= last) {
                return Some(Some(price));
            }
        }
        Some(None)
    }

    /// Whether a gross price leaves at least `wanted`, before anything is rounded.
    pub fn leaves(&self, gross: i128, wanted: Ratio, vat: Ratio) -> Option<bool> {
        let gross = Ratio::whole(gross);
        let fee = self.exact(gross, gross.over(vat)?)?;
        Some(gross.over(vat)?.minus(fee)?.compare(wanted).is_ge())
    }

    /// The fee on a displayed price, in minor units.
    #[inline]
    pub fn amount(&self, net: i128, gross: i128) -> Option<i128> {
        self.exact(Ratio::whole(gross), Ratio::whole(net)).map(Ratio::half_up)
    }

    fn exact(&self, gross: Ratio, net: Ratio) -> Option<Ratio> {
        let price = if self.base == FeeBase::Gross { gross } else { net };
        let inside = |band: &&Band| band.up_to.is_none_or(|limit| price.compare(Ratio::whole(limit)).is_le());
        self.bands.iter().find(inside).or(self.bands.last())?.amount(price)
    }

    /// The last gross price of a band, in minor units.
    fn end(&self, band: &Band, vat: Ratio) -> Option<Option<i128>> {
        match (band.up_to, self.base) {
            (None, _) => Some(None),
            (Some(limit), FeeBase::Gross) => Some(Some(limit)),
            (Some(limit), FeeBase::Net) => Some(Some(Ratio::whole(limit).times(vat)?.floor())),
        }
    }
}

fn higher(left: Ratio, right: Ratio) -> Ratio {
    if left.compare(right) == Ordering::Less { right } else { left }
}

fn lower(left: Ratio, right: Ratio) -> Ratio {
    if left.compare(right) == Ordering::Greater { right } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAT: Ratio = Ratio::new(122, 100);

    fn percent(value: i128) -> Ratio {
        Ratio::new(value, 100)
    }

    fn price(fee: &Fee, wanted: i128) -> i128 {
        fee.gross_up(Ratio::whole(wanted), VAT).unwrap().unwrap().half_up()
    }

    #[test]
    fn a_minimum_and_a_cap_are_pieces_of_the_line() {
        let band = Band {
            least: Some(Ratio::whole(30)),
            most: Some(Ratio::whole(1500)),
            ..Band::plain(percent(15), Ratio::ZERO)
        };
        let fee = Fee { base: FeeBase::Gross, bands: &[band] };
        // 1.00 net: (1 + 0.30) x 1.22; 50.00: the line; 100.00: (100 + 15) x 1.22.
        assert_eq!([price(&fee, 100), price(&fee, 5000), price(&fee, 10_000)], [159, 7466, 14_030]);
        assert_eq!(
            [fee.amount(130, 159), fee.amount(6120, 7466), fee.amount(11_500, 14_030)],
            [Some(30), Some(1120), Some(1500)]
        );
    }

    #[test]
    fn a_cap_saves_a_fee_that_would_take_everything() {
        let dear = Band::plain(percent(85), Ratio::ZERO);
        let fee = |band: &Band| {
            Fee { base: FeeBase::Gross, bands: std::slice::from_ref(band) }.gross_up(Ratio::whole(100), VAT)
        };
        assert!(fee(&dear).unwrap().is_none());
        let capped = Band { most: Some(Ratio::whole(200)), ..dear };
        assert_eq!(fee(&capped).unwrap().unwrap().half_up(), 366);
    }

    #[test]
    fn the_band_whose_price_falls_inside_counts() {
        let bands =
            [Band { up_to: Some(1000), ..Band::plain(percent(8), Ratio::ZERO) }, Band::plain(percent(15), Ratio::ZERO)];
        let fee = Fee { base: FeeBase::Gross, bands: &bands };
        // 7.39 net at 8 % needs 9.99; 7.40 needs 10.0044: beyond the band, so 15 % and 11.05.
        assert_eq!([price(&fee, 739), price(&fee, 740)], [999, 1105]);
        assert_eq!(fee.amount(820, 1000), Some(80));
        assert_eq!(fee.amount(821, 1001), Some(150));
        // A price lifted by a charm ending out of its band no longer leaves what was wanted.
        assert_eq!(fee.leaves(1099, Ratio::whole(739), VAT), Some(false));
        assert_eq!(fee.lowest(Ratio::whole(739), VAT, &Grid::read("charm:0.49:up", 2).unwrap(), 1), Some(Some(1149)));
    }

    #[test]
    fn between_two_bands_the_upper_one_starts() {
        let bands =
            [Band { up_to: Some(1000), ..Band::plain(percent(15), Ratio::ZERO) }, Band::plain(percent(8), Ratio::ZERO)];
        let gross = Fee { base: FeeBase::Gross, bands: &bands };
        // 7.00 net: 10.45 at 15 %, beyond; 9.46 at 8 %, before its start.
        assert_eq!(price(&gross, 700), 1001);
        let net = Fee { base: FeeBase::Net, bands: &bands };
        // The limit is 10.00 net, that is 12.20: 9.00 needs 12.92 or 11.93.
        assert_eq!(price(&net, 900), 1221);
    }
}
