//! The promotions of an article as columns of lists, and which of them hold for a row.
//!
//! A window is half-open: at its end the promotion is gone. One without channels holds on every channel.

use polars::prelude::PolarsResult;

use super::cells::{Batch, Instant, Lists, Numbers, Unit, Word, Words};
use super::offer::{Offer, OfferKind, Stacking};

/// Columns of lists, one element a promotion, and what a row brings to choose among them.
#[derive(Clone, Debug)]
pub struct OfferColumns {
    /// Kind, as its position in [`KINDS`]; `None` when all are of the default one.
    pub kind: Option<usize>,
    /// Percentage or amount, with its decimals.
    pub value: (usize, u8),
    /// First instant.
    pub from: Option<usize>,
    /// The instant at which it is gone.
    pub to: Option<usize>,
    /// The channel it is exclusive to.
    pub channel: Option<usize>,
    /// The country it is exclusive to.
    pub country: Option<usize>,
    /// The customer group it is exclusive to.
    pub group: Option<usize>,
    /// Stacking, as its position in [`STACKINGS`].
    pub stacking: Option<usize>,
    /// Its place in a sequence.
    pub order: Option<usize>,
    /// 1 when it may go below the floor.
    pub below_floor: Option<usize>,
    /// The start of the uninterrupted campaign it is a step of.
    pub campaign: Option<usize>,
    /// Name, for the trace.
    pub name: Option<usize>,
    /// How promotions that do not say it stand beside others.
    pub default_stacking: Stacking,
    /// Kind of promotions that do not say it.
    pub default_kind: OfferKind,
}

/// What a row is, for the scopes of promotions.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The instant the price is for.
    pub at: Instant,
    /// Its channel.
    pub channel: Word,
    /// Its country.
    pub country: Word,
    /// Its customer group.
    pub group: Word,
}

/// Kinds by their number in a column.
pub const KINDS: [OfferKind; 5] =
    [OfferKind::Percent, OfferKind::AmountGross, OfferKind::AmountNet, OfferKind::FixedGross, OfferKind::FixedNet];
/// Ways of stacking by their number in a column.
pub const STACKINGS: [Stacking; 3] = [Stacking::Best, Stacking::Sequence, Stacking::Exclusive];

/// What the rows of a batch are.
pub struct Scopes {
    at: Numbers,
    channel: Words,
    country: Words,
    group: Words,
}

/// The promotions of a batch.
pub struct Offers {
    lists: Lists,
    kind: Option<Numbers>,
    value: Numbers,
    fractions: Unit,
    amounts: Unit,
    from: Option<Numbers>,
    to: Option<Numbers>,
    channel: Option<Words>,
    country: Option<Words>,
    group: Option<Words>,
    stacking: Option<Numbers>,
    order: Option<Numbers>,
    below_floor: Option<Numbers>,
    campaign: Option<Numbers>,
    name: Option<Words>,
    default_stacking: Stacking,
    default_kind: OfferKind,
}

impl Scope {
    /// Reads a batch.
    ///
    /// # Errors
    /// The columns are not what they were said to be.
    pub fn read(&self, batch: &Batch) -> PolarsResult<Scopes> {
        Ok(Scopes {
            at: batch.instants(self.at)?,
            channel: batch.words(&self.channel)?,
            country: batch.words(&self.country)?,
            group: batch.words(&self.group)?,
        })
    }
}

impl Scopes {
    /// The instant of a row.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<i64> {
        self.at.integer(row)
    }

    /// The channel of a row.
    #[must_use]
    pub fn channel(&self, row: usize) -> Option<&str> {
        self.channel.get(row)
    }

    /// The customer group of a row.
    #[must_use]
    pub fn group(&self, row: usize) -> Option<&str> {
        self.group.get(row)
    }

    /// The country of a row.
    #[must_use]
    pub fn country(&self, row: usize) -> Option<&str> {
        self.country.get(row)
    }
}

impl OfferColumns {
    /// Reads a batch, with amounts in minor units of `decimals`.
    ///
    /// # Errors
    /// The columns are not what they were said to be.
    pub fn read(&self, batch: &Batch, decimals: u8) -> PolarsResult<Offers> {
        let lists = batch.lists(self.value.0)?;
        let numbers = |slot: Option<usize>| slot.map(|slot| batch.lists(slot)?.numbers(0)).transpose();
        let words = |slot: Option<usize>| slot.map(|slot| batch.lists(slot)?.words()).transpose();
        let value = lists.numbers(self.value.1)?;
        Ok(Offers {
            kind: numbers(self.kind)?,
            fractions: value.fractions(),
            amounts: value.amounts(decimals),
            value,
            from: numbers(self.from)?,
            to: numbers(self.to)?,
            channel: words(self.channel)?,
            country: words(self.country)?,
            group: words(self.group)?,
            stacking: numbers(self.stacking)?,
            order: numbers(self.order)?,
            below_floor: numbers(self.below_floor)?,
            campaign: numbers(self.campaign)?,
            name: words(self.name)?,
            default_stacking: self.default_stacking,
            default_kind: self.default_kind,
            lists,
        })
    }
}

impl Offers {
    /// Puts the promotions that hold for a row into `found`, in their order. `None` beyond 128 bits.
    #[inline]
    pub fn holding(&self, row: usize, scopes: &Scopes, found: &mut Vec<Offer>) -> Option<()> {
        found.clear();
        let range = self.lists.range(row);
        let start = range.start;
        for at in range {
            if self.holds(at, row, scopes) {
                found.push(self.offer(at, at - start)?);
            }
        }
        Some(())
    }

    /// Whether there are promotions of the article at all.
    #[must_use]
    pub fn any(&self, row: usize) -> bool {
        !self.lists.range(row).is_empty()
    }

    /// When the campaign of a promotion began: before that instant its prior price is looked for.
    #[must_use]
    pub fn start(&self, row: usize, index: usize) -> Option<i64> {
        let at = self.lists.range(row).start + index;
        let of = |numbers: &Option<Numbers>| numbers.as_ref().and_then(|numbers| numbers.integer(at));
        of(&self.campaign).or_else(|| of(&self.from))
    }

    /// The name of a promotion.
    #[must_use]
    pub fn name(&self, row: usize, index: usize) -> Option<&str> {
        self.name.as_ref()?.get(self.lists.range(row).start + index)
    }

    fn holds(&self, at: usize, row: usize, scopes: &Scopes) -> bool {
        let edge = |numbers: &Option<Numbers>| numbers.as_ref().and_then(|numbers| numbers.integer(at));
        let (from, to) = (edge(&self.from), edge(&self.to));
        if from.is_some() || to.is_some() {
            let Some(now) = scopes.at(row) else { return false };
            if from.is_some_and(|from| now < from) || to.is_some_and(|to| now >= to) {
                return false;
            }
        }
        let fits = |scope: &Option<Words>, own: &Words| match scope.as_ref().and_then(|scope| scope.get(at)) {
            Some(wanted) => own.get(row) == Some(wanted),
            None => true,
        };
        fits(&self.channel, &scopes.channel) && fits(&self.country, &scopes.country) && fits(&self.group, &scopes.group)
    }

    fn offer(&self, at: usize, index: usize) -> Option<Offer> {
        let of = |numbers: &Option<Numbers>| numbers.as_ref().and_then(|numbers| numbers.integer(at));
        let kind = match &self.kind {
            Some(kinds) => *KINDS.get(usize::try_from(kinds.integer(at)?).ok()?)?,
            None => self.default_kind,
        };
        let unit = if kind == OfferKind::Percent { self.fractions } else { self.amounts };
        let stacking = of(&self.stacking).and_then(|number| STACKINGS.get(usize::try_from(number).ok()?).copied());
        Some(Offer {
            kind,
            value: unit.ratio(self.value.get(at)?)?,
            stacking: stacking.unwrap_or(self.default_stacking),
            order: of(&self.order).unwrap_or(0),
            below_floor: of(&self.below_floor) == Some(1),
            index,
        })
    }
}
