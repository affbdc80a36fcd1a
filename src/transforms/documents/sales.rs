//! Lines of sales: what follows the goods takes their treatment, split where they have several.

use std::cmp::Ordering;

use polars::prelude::{
    DataType, Expr, LazyFrame, PolarsResult, SortMultipleOptions, UnionArgs, concat, concat_str, lit, when,
};

use crate::domain::documents::decide::{self, is_one_of, no_text};
use crate::domain::documents::spread::{Share, settled};
use crate::domain::documents::words::{ACCESSORY, DEPOSIT, DISCOUNT, GIFT, ITEM, PAYMENT, PURCHASE, RETURN};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, sum};
use crate::transforms::documents::Accessories;
use crate::transforms::documents::columns::DECISIVE;
use crate::transforms::documents::lines::{RECEIVED, amount, number};
use crate::transforms::documents::plan::{
    AMOUNT, DOC, EVENT, FIRST, KEY, KIND, LID, LINE, PAID, PHYSICAL, PIECE, Plan, ROW, SHARED, UNIT,
};
use crate::transforms::documents::rules::{GOODS, SUM_DIGITS, in_order};
use crate::transforms::names::{self, column};

pub(super) const WEIGHT: &str = "__d_weight";
pub(super) const ALL: &str = "__d_all";
pub(super) const PARTS: &str = "__d_parts";
const ALL_PHYSICAL: &str = "__d_all_physical";
const PHYSICAL_PARTS: &str = "__d_physical_parts";
const CHOSEN: &str = "__d_chosen";
const GROUP: &str = "__d_group";
const FLOOR: &str = "__d_floor";
const REST: &str = "__d_rest";
const FLOORS: &str = "__d_floors";
const RANK: &str = "__d_rank";

impl Plan {
    /// The lines of sales, each with one treatment. `lines` are checked.
    pub(super) fn sales(&self, lines: &LazyFrame, site: &Site) -> PolarsResult<LazyFrame> {
        let sales = lines.clone().filter(column(EVENT).neq(lit(RETURN)));
        let own = sales.clone().filter(self.keeps_its_own());
        let mut following = vec![sales.clone().filter(self.keeps_its_own().not())];
        following.extend((0..self.charges.len()).map(|index| self.charge_lines(&sales, index, site)));
        let following = concat(following, in_sequence())?;
        let pieces = self.pieces(following, self.groups(&own, site)?, site)?;
        concat([own.select(self.carried()), pieces.select(self.carried())], in_sequence())
    }

    /// Lines with a treatment of their own: goods, purchases, deposits, and charges that have nothing to follow.
    fn keeps_its_own(&self) -> Expr {
        let classified = self.vat_text("document").is_not_null();
        let deposit = is_one_of(&column(KIND), &[DEPOSIT]).and(classified);
        let alone = column(GOODS).not().and(is_one_of(&column(KIND), &PAYMENT).not());
        let apart = is_one_of(&column(EVENT), &[RECEIVED, PURCHASE]);
        is_one_of(&column(KIND), &[ITEM, GIFT]).or(deposit).or(alone).or(apart)
    }

    /// A charge on the whole order, as a line: from the first line of each unit.
    fn charge_lines(&self, sales: &LazyFrame, index: usize, site: &Site) -> LazyFrame {
        let (kind, column_of) = &self.charges[index];
        let zero = Exact::literal(Decimal::ZERO, site);
        let value = number(column_of, 8, site).rescale(2, Rounding::HalfUp);
        let signed = match *kind {
            DISCOUNT => value.absolute().negate(),
            word if PAYMENT.contains(&word) => value.absolute(),
            _ => value.clone(),
        };
        let offset = i64::try_from(index + 1).unwrap_or(i64::MAX) << 40;
        let first = column(ROW).eq(column(FIRST)).and(value.compare(&zero, Ordering::is_ne));
        sales.clone().filter(first).with_columns([
            signed.expr().alias(AMOUNT),
            lit(*kind).alias(KIND),
            lit(*kind).alias(LINE),
            (column(LID) + lit(offset)).alias(LID),
        ])
    }

    /// The treatments of the goods of each unit, with their value.
    fn groups(&self, own: &LazyFrame, site: &Site) -> PolarsResult<LazyFrame> {
        let goods = own.clone().filter(is_one_of(&column(KIND), &[ITEM]).and(column(GOODS)).and(self.is_supply()));
        let mut keys: Vec<Expr> = [UNIT, DOC, KEY, PHYSICAL].map(column).to_vec();
        keys.extend(self.decisive().iter().map(|name| column(name)));
        let mut values: Vec<Expr> = self.accompanying().iter().map(|name| column(name).min()).collect();
        values.extend([
            sum(&amount(site), SUM_DIGITS).expr().alias(WEIGHT),
            column(ROW).min().cast(DataType::Int64).alias(GROUP),
        ]);
        let groups = goods.group_by(keys).agg(values).with_column(not_negative(WEIGHT, site).alias(WEIGHT));
        self.chosen(groups, site)
    }

    fn is_supply(&self) -> Expr {
        self.vat_text("scheme").str().starts_with(lit("NO_SUPPLY")).fill_null(lit(false)).not()
    }

    /// Adds the sums over the unit, and which groups charges follow.
    fn chosen(&self, groups: LazyFrame, site: &Site) -> PolarsResult<LazyFrame> {
        let weight = Exact::column(WEIGHT, 2, site);
        let physical = weight.or_else(column(PHYSICAL), &Exact::literal(Decimal::new(0, 2), site));
        let of_unit = |value: Expr| value.sum().over([column(UNIT)]);
        // Weights are sums of amounts and have as few digits: adding up those of one order cannot overflow.
        let groups = groups.with_columns([
            of_unit(column(WEIGHT))?.alias(ALL),
            of_unit(physical.expr())?.alias(ALL_PHYSICAL),
            of_unit(column(UNIT).is_not_null().cast(DataType::Int64))?.alias(PARTS),
            of_unit(column(PHYSICAL).cast(DataType::Int64))?.alias(PHYSICAL_PARTS),
        ]);
        let follows = column(PHYSICAL).or(column(PHYSICAL_PARTS).eq(lit(0_i64)));
        let groups = groups.with_column(follows.alias(CHOSEN));
        let first = match self.accessories {
            Accessories::ProRata => return Ok(groups),
            Accessories::Prevailing => WEIGHT.to_owned(),
            Accessories::Highest => self.columns.vat_name("rate"),
        };
        let order = [UNIT, CHOSEN, first.as_str(), GROUP];
        let falling = SortMultipleOptions::default()
            .with_order_descending_multi([false, true, true, false])
            .with_nulls_last(true);
        let number = column(UNIT).cum_count(false).over([column(UNIT)])?;
        Ok(groups.sort(order, falling).with_column(number.eq(lit(1_u32)).alias(CHOSEN)))
    }

    /// Each following line once for each group that it follows.
    fn pieces(&self, following: LazyFrame, groups: LazyFrame, site: &Site) -> PolarsResult<LazyFrame> {
        let mut dropped: Vec<String> = self.columns.treatment.iter().map(|(name, _)| name.clone()).collect();
        dropped.extend([DOC, KEY, PHYSICAL].map(str::to_owned));
        let joined =
            following.drop(names::selector(&dropped)).join(groups, [column(UNIT)], [column(UNIT)], in_order(false));
        let accessory = is_one_of(&column(KIND), &ACCESSORY);
        let joined = joined.filter(accessory.clone().not().or(column(CHOSEN)));
        let one = lit(self.accessories != Accessories::ProRata);
        let among_physical = accessory.clone().and(column(PHYSICAL_PARTS).gt(lit(0_i64)));
        let parts = when(accessory.and(one))
            .then(lit(1_i64).cast(DataType::Int64))
            .when(among_physical.clone())
            .then(column(PHYSICAL_PARTS))
            .otherwise(column(PARTS));
        let all = when(among_physical).then(column(ALL_PHYSICAL)).otherwise(column(ALL));
        let joined = joined.with_columns([parts.alias(PARTS), all.alias(ALL), column(GROUP).alias(PIECE)]);
        let shared = share_out(joined, "the value of the goods", site)?;
        Ok(paid(shared, site))
    }

    /// VAT columns that tell treatments apart.
    pub(super) fn decisive(&self) -> Vec<String> {
        DECISIVE.iter().filter_map(|word| self.columns.vat(word)).map(|(name, _)| name.clone()).collect()
    }

    /// VAT columns that go with them.
    pub(super) fn accompanying(&self) -> Vec<String> {
        let decisive = self.decisive();
        self.columns.treatment.iter().map(|(name, _)| name.clone()).filter(|name| !decisive.contains(name)).collect()
    }
}

/// Splits the amounts of rows that have several parts (`PARTS`), by `WEIGHT` of `ALL`; the rows of one line share `LID`,
/// and `PIECE` orders them. Rows with one part are left as they are.
pub(super) fn share_out(rows: LazyFrame, by: &str, site: &Site) -> PolarsResult<LazyFrame> {
    let rows = rows.cache();
    let one = rows.clone().filter(column(PARTS).eq(lit(1_i64)));
    let many = rows.filter(column(PARTS).gt(lit(1_i64)));
    concat([one, share_all(many, by, site)?], in_sequence())
}

/// As [`share_out`], for few rows: all of them are sorted.
pub(super) fn share_all(rows: LazyFrame, by: &str, site: &Site) -> PolarsResult<LazyFrame> {
    let (weight, all) = (Exact::column(WEIGHT, 2, site), Exact::column(ALL, 2, site));
    // Goods of no value share equally.
    let worthless = all.compare(&Exact::literal(Decimal::ZERO, site), Ordering::is_eq);
    let parts = Exact::from_integer(column(PARTS), site).rescale(2, Rounding::HalfUp);
    let rows = rows.with_columns([
        Exact::literal(Decimal::new(100, 2), site).or_else(worthless.clone(), &weight).expr().alias(WEIGHT),
        parts.or_else(worthless, &all).expr().alias(ALL),
    ]);
    let share = Share::new(&amount(site), &weight, &all, site);
    let rows = rows.with_columns([share.floor.expr().alias(FLOOR), share.rest.expr().alias(REST)]);
    let order = SortMultipleOptions::default().with_order_descending_multi([false, true, false]);
    let rows = rows.sort([LID, REST, PIECE], order).with_columns([
        column(FLOOR).sum().over([column(LID)])?.alias(FLOORS),
        column(LID).cum_count(false).over([column(LID)])?.cast(DataType::Int64).alias(RANK),
    ]);
    let (floor, floors) = (Exact::column(FLOOR, 2, site), Exact::column(FLOORS, 2, site));
    let several = column(PARTS).gt(lit(1_i64));
    let told = [
        lit("share of "),
        text_of(&amount(site)),
        lit(format!(" by {by} ")),
        text_of(&weight),
        lit(" of "),
        text_of(&all),
    ];
    let told = when(several).then(concat_str(told, "", true)).otherwise(column(SHARED));
    let settled = settled(&amount(site), &floor, &floors, column(RANK), site);
    let rows = rows.with_columns([settled.expr().alias(AMOUNT), told.alias(SHARED)]);
    Ok(rows.drop(names::selector(&[FLOOR, REST, FLOORS, RANK])))
}

/// Means of payment: no part of the taxable amount, kept apart.
pub(super) fn paid(rows: LazyFrame, site: &Site) -> LazyFrame {
    let money = is_one_of(&column(KIND), &PAYMENT);
    let nothing = Exact::literal(Decimal::new(0, 2), site);
    rows.with_columns([
        amount(site).or_else(money.clone(), &nothing).expr().alias(PAID),
        nothing.or_else(money.clone(), &amount(site)).expr().alias(AMOUNT),
        when(money.clone()).then(lit(decide::PAYMENT_KIND)).otherwise(column(DOC)).alias(DOC),
        when(money).then(no_text()).otherwise(column(KEY)).alias(KEY),
    ])
}

/// A weight that is at least nothing.
pub(super) fn not_negative(name: &str, site: &Site) -> Expr {
    let (value, zero) = (Exact::column(name, 2, site), Exact::literal(Decimal::new(0, 2), site));
    zero.or_else(value.compare(&zero, Ordering::is_lt), &value).expr()
}

fn text_of(value: &Exact) -> Expr {
    value.clone().expr().cast(DataType::String)
}

/// Rows of one frame after those of the other.
pub(super) fn in_sequence() -> UnionArgs {
    UnionArgs { maintain_order: true, ..UnionArgs::default() }
}
