//! Promotions: what each makes of a price, and which of several counts.

use super::ratio::Ratio;

/// What a promotion does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferKind {
    /// Off by a fraction.
    Percent,
    /// Off by an amount with VAT.
    AmountGross,
    /// Off by an amount without VAT.
    AmountNet,
    /// This price with VAT.
    FixedGross,
    /// This price without VAT.
    FixedNet,
}

/// How a promotion stands beside others on the same article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stacking {
    /// The lowest price wins.
    #[default]
    Best,
    /// Applied one after the other with those like it, in their order.
    Sequence,
    /// While it runs, no other counts.
    Exclusive,
}

/// A promotion that holds for a row.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// What it does.
    pub kind: OfferKind,
    /// The fraction, or the amount in minor units.
    pub value: Ratio,
    /// Beside others.
    pub stacking: Stacking,
    /// Its place in a sequence; among exclusive ones the lowest counts.
    pub order: i64,
    /// It may go below the floor.
    pub below_floor: bool,
    /// Its position among the promotions of the article.
    pub index: usize,
}

/// What promotions made of a price.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// The price with VAT, not rounded.
    pub price: Ratio,
    /// The promotion that made it; the first of a sequence.
    pub index: usize,
    /// It may go below the floor.
    pub below_floor: bool,
}

impl Offered {
    fn capped(self, price: Ratio) -> Self {
        if self.price.compare(price).is_gt() { Self { price, ..self } } else { self }
    }
}

impl OfferKind {
    /// The word of the pipeline language, or one of the short forms `pct`, `amt_gross`, `amt_net`.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Some(match word {
            "percent" | "pct" => Self::Percent,
            "amount_gross" | "amt_gross" | "amount" => Self::AmountGross,
            "amount_net" | "amt_net" => Self::AmountNet,
            "fixed_gross" | "fixed" => Self::FixedGross,
            "fixed_net" => Self::FixedNet,
            _ => return None,
        })
    }

    /// The word of a trace.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::AmountGross => "amount_gross",
            Self::AmountNet => "amount_net",
            Self::FixedGross => "fixed_gross",
            Self::FixedNet => "fixed_net",
        }
    }
}

impl Stacking {
    /// The word of the pipeline language.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Some(match word {
            "best" => Self::Best,
            "sequence" => Self::Sequence,
            "exclusive" => Self::Exclusive,
            _ => return None,
        })
    }
}

impl Offer {
    /// The price with VAT after it; `vat` is `1 + v`.
    #[inline]
    #[must_use]
    pub fn apply(&self, price: Ratio, vat: Ratio) -> Option<Ratio> {
        match self.kind {
            OfferKind::Percent => price.times(Ratio::ONE.minus(self.value)?),
            OfferKind::AmountGross => price.minus(self.value),
            OfferKind::AmountNet => price.minus(self.value.times(vat)?),
            OfferKind::FixedGross => Some(self.value),
            OfferKind::FixedNet => self.value.times(vat),
        }
    }
}

/// The price after the promotions of a row; `Some(None)` when there are none. `None` beyond 128 bits.
///
/// Exclusive ones go before all others; then the best of the single ones and of the whole sequence counts. When two are
/// as good, the first in the given order does. A promotion that would make the price higher leaves it as it is.
pub fn offered(price: Ratio, vat: Ratio, offers: &mut [Offer]) -> Option<Option<Offered>> {
    let exclusive = offers.iter().filter(|offer| offer.stacking == Stacking::Exclusive).map(|offer| offer.order).min();
    let mut best: Option<Offered> = None;
    let mut take = |found: Ratio, offer: &Offer| {
        if best.as_ref().is_none_or(|best| best.price.compare(found).is_gt()) {
            best = Some(Offered { price: found, index: offer.index, below_floor: offer.below_floor });
        }
    };
    if let Some(order) = exclusive {
        for offer in offers.iter().filter(|offer| offer.stacking == Stacking::Exclusive && offer.order == order) {
            take(offer.apply(price, vat)?, offer);
        }
        return Some(best.map(|best| best.capped(price)));
    }
    for offer in offers.iter().filter(|offer| offer.stacking == Stacking::Best) {
        take(offer.apply(price, vat)?, offer);
    }
    offers.sort_by_key(|offer| offer.order);
    let (mut reduced, mut first, mut below_floor) = (price, None, true);
    for offer in offers.iter().filter(|offer| offer.stacking == Stacking::Sequence) {
        reduced = offer.apply(reduced, vat)?;
        below_floor &= offer.below_floor;
        first.get_or_insert(*offer);
    }
    if let Some(first) = first {
        take(reduced, &Offer { below_floor, ..first });
    }
    Some(best.map(|best| best.capped(price)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAT: Ratio = Ratio::new(122, 100);

    fn offer(index: usize, kind: OfferKind, value: i128, stacking: Stacking, order: i64) -> Offer {
        let below = if kind == OfferKind::Percent { 100 } else { 1 };
        Offer { kind, value: Ratio::new(value, below), stacking, order, below_floor: false, index }
    }

    fn outcome(offers: &[Offer]) -> Option<(i128, usize)> {
        offered(Ratio::whole(10_000), VAT, &mut offers.to_vec())
            .unwrap()
            .map(|found| (found.price.half_up(), found.index))
    }

    #[test]
    fn each_kind_by_itself() {
        use OfferKind as K;
        for (kind, value, expected) in [
            (K::Percent, 20, Some((8000, 0))),
            (K::AmountGross, 1000, Some((9000, 0))),
            (K::AmountNet, 1000, Some((8780, 0))),
            (K::FixedGross, 7990, Some((7990, 0))),
            (K::FixedNet, 5000, Some((6100, 0))),
            // A promotion never makes a price higher.
            (K::FixedGross, 12_000, Some((10_000, 0))),
            (K::Percent, 0, Some((10_000, 0))),
        ] {
            assert_eq!(outcome(&[offer(0, kind, value, Stacking::Best, 0)]), expected, "{kind:?}");
        }
    }

    #[test]
    fn several_stand_beside_each_other() {
        use OfferKind as K;
        use Stacking as S;
        let ten = offer(0, K::Percent, 10, S::Best, 0);
        let fixed = offer(1, K::FixedGross, 8900, S::Best, 0);
        assert_eq!(outcome(&[ten, fixed]), Some((8900, 1)));
        assert_eq!(outcome(&[ten, offer(1, K::AmountGross, 1000, S::Best, 0)]), Some((9000, 0)), "a tie: the first");
        let [first, second] = [offer(2, K::Percent, 10, S::Sequence, 1), offer(3, K::AmountGross, 500, S::Sequence, 2)];
        assert_eq!(outcome(&[second, first]), Some((8500, 2)), "100 x 0.9 - 5");
        assert_eq!(outcome(&[ten, fixed, first, second]), Some((8500, 2)));
        let alone = offer(4, K::Percent, 5, S::Exclusive, 2);
        assert_eq!(outcome(&[ten, fixed, first, second, alone]), Some((9500, 4)));
        let earlier = offer(5, K::Percent, 3, S::Exclusive, 1);
        assert_eq!(outcome(&[alone, earlier]), Some((9700, 5)));
        assert_eq!(outcome(&[]), None);
    }
}
