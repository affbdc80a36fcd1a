//! Orders that cannot be documented: what is wrong with a line, with an order, and the lines that wait for it.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr, concat_str, lit};

use crate::domain::documents::decide::{self, is_one_of};
use crate::domain::documents::words::{
    self, ACCESSORY, AMOUNT as SUM_BACK, DEPOSIT, DISCOUNT, GIFT, ITEM, PAYMENT, RETURN,
};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, sum};
use crate::transforms::StepCx;
use crate::transforms::documents::causes::{self, Cause};
use crate::transforms::documents::lines::{amount, number};
use crate::transforms::documents::plan::{AMOUNT, BUYER, DAY, DOC, EVENT, FIRST, KIND, ORDER, Plan, ROW, UNIT};
use crate::transforms::names::{self, column};
use crate::transforms::reject::{Rule, reject};

const BAD: &str = "__d_bad";
const ANY_BAD: &str = "__d_any_bad";
const ANY_LOST: &str = "__d_any_lost";
const DAY_FIRST: &str = "__d_day_first";
const DAY_LAST: &str = "__d_day_last";
const BUYER_FIRST: &str = "__d_buyer_first";
const BUYER_LAST: &str = "__d_buyer_last";
const SUM: &str = "__d_sum";
const TOTAL_FIRST: &str = "__d_total_first";
const TOTAL_LAST: &str = "__d_total_last";
/// Whether the unit has goods that charges can follow.
pub(super) const GOODS: &str = "__d_goods";

/// Digits of a sum of amounts; with more, exact sums are worked out in halves.
pub(super) const SUM_DIGITS: u8 = 26;

impl Plan {
    /// Takes out the lines that are wrong, with the others of their order; adds what is known of each unit.
    pub(super) fn checked(&self, lines: LazyFrame, step: &StepCx, site: &Site) -> LazyFrame {
        let rules = self.line_rules(site);
        let bad = rules.iter().map(|rule| rule.when.clone().fill_null(lit(false))).reduce(Expr::or);
        let lines = lines.with_columns([bad.unwrap_or_else(|| lit(false)).alias(BAD), self.is_goods().alias(GOODS)]);
        let lines = lines.cache();
        let facts = lines.clone().group_by([column(UNIT)]).agg(self.facts(site));
        let left = lines.drop(names::selector(&[GOODS]));
        let joined = left.join(facts, [column(UNIT)], [column(UNIT)], in_order(true));
        let rules = rules.into_iter().chain(self.unit_rules(site)).collect();
        reject(joined, rules, &self.row_names(), step)
    }

    /// The columns that name a row to a person.
    pub(super) fn row_names(&self) -> Vec<String> {
        ["order", "line"].iter().filter_map(|name| self.columns.name(name)).map(str::to_owned).collect()
    }

    /// Goods and services of a sale with a treatment of their own, which charges follow. The hand-over of a voucher
    /// is no supply.
    fn is_goods(&self) -> Expr {
        let supply = self.vat_text("scheme").str().starts_with(lit("NO_SUPPLY")).fill_null(lit(false)).not();
        let sale = is_one_of(&column(EVENT), &[words::SALE]);
        column(KIND).eq(lit(ITEM)).fill_null(lit(false)).and(sale).and(self.is_classified()).and(supply)
    }

    fn is_classified(&self) -> Expr {
        self.vat_text("document").is_not_null()
    }

    /// Lines that mean nothing without goods: charges and discounts that say nothing of their own VAT, money.
    fn needs_goods(&self, site: &Site) -> Expr {
        let charge = is_one_of(&column(KIND), &ACCESSORY).or(is_one_of(&column(KIND), &[DISCOUNT, DEPOSIT]));
        let sale = column(EVENT).neq(lit(RETURN)).fill_null(lit(false));
        let lost = charge.and(self.is_classified().not().or(column(DOC).is_null()));
        let zero = Exact::literal(Decimal::ZERO, site);
        let apart =
            self.charges.iter().map(|(_, column_of)| number(column_of, 8, site).compare(&zero, Ordering::is_ne));
        let apart = apart.map(|charged| charged.fill_null(lit(false))).reduce(Expr::or).unwrap_or_else(|| lit(false));
        lost.or(is_one_of(&column(KIND), &PAYMENT)).or(apart).and(sale)
    }

    fn facts(&self, site: &Site) -> Vec<Expr> {
        let taxable = is_one_of(&column(KIND), &PAYMENT).not();
        let zero = Exact::literal(Decimal::new(0, 2), site);
        let sum_of = sum(&amount(site).or_else(taxable, &zero), SUM_DIGITS);
        let mut facts = vec![
            column(BAD).any(true).alias(ANY_BAD),
            column(GOODS).any(true).alias(GOODS),
            column(ROW).min().alias(FIRST),
            column(DAY).min().alias(DAY_FIRST),
            column(DAY).max().alias(DAY_LAST),
            column(BUYER).min().alias(BUYER_FIRST),
            column(BUYER).max().alias(BUYER_LAST),
            sum_of.expr().alias(SUM),
            self.needs_goods(site).any(true).alias(ANY_LOST),
        ];
        for (first, last, name) in self.agreeing() {
            facts.extend([column(&name).min().alias(first), column(&name).max().alias(last)]);
        }
        facts
    }

    /// Columns of the whole order that stand on each of its lines: they must agree.
    fn agreeing(&self) -> Vec<(PlSmallStr, PlSmallStr, String)> {
        let total = self.columns.name("total").map(|name| (TOTAL_FIRST.into(), TOTAL_LAST.into(), name.to_owned()));
        let charges = self.charges.iter().enumerate().map(|(index, (_, (name, _)))| {
            (format!("__d_charge{index}_first").into(), format!("__d_charge{index}_last").into(), name.clone())
        });
        total.into_iter().chain(charges).collect()
    }

    fn line_rules(&self, site: &Site) -> Vec<Rule> {
        let sale = || column(EVENT).neq(lit(RETURN));
        let kind = |words: &[&str]| is_one_of(&column(KIND), words);
        let taxed = || kind(&[ITEM, GIFT]).and(sale());
        let rate = self.columns.vat("rate").map_or_else(|| lit(true), |(name, _)| column(name).is_null());
        let registers = is_one_of(&self.vat_text("register"), &["corrispettivi_art24", "oss_records", "ioss_records"])
            .or(is_one_of(&column(DOC), &decide::CREDITABLE));
        let deferred = || column(DOC).eq(lit(decide::DEFERRED)).fill_null(lit(false));
        let unrated = rate.and(self.vat_text("natura").is_null());
        let undelivered = match self.columns.get("ddt_number") {
            Some(_) => deferred().and(kind(&[ITEM])).and(self.code("ddt_number").is_null()),
            None => lit(false),
        };
        let mut rules: Vec<Rule> = [
            (column(ORDER).is_null(), causes::NO_ORDER),
            (column(DAY).is_null(), causes::NO_DATE),
            (column(AMOUNT).is_null(), causes::NO_AMOUNT),
            (column(KIND).is_null(), causes::UNKNOWN_KIND),
            (column(EVENT).is_null(), causes::UNKNOWN_EVENT),
            (kind(&[SUM_BACK]).and(sale()), causes::AMOUNT_IN_A_SALE),
            (taxed().and(self.is_classified().not()), causes::NOT_CLASSIFIED),
            (taxed().and(column(DOC).is_null()), causes::NOT_COVERED),
            (taxed().and(registers).and(unrated), causes::NO_RATE),
            (deferred().and(column(BUYER).is_null()), causes::NO_BUYER),
            (undelivered, causes::NO_DDT),
        ]
        .into_iter()
        .map(|(when, cause)| self.line_rule(when, &cause))
        .collect();
        for (kind, column_of) in &self.charges {
            let value = number(column_of, 8, site);
            let fraction = value.compare(&value.round(2), Ordering::is_ne);
            let message = format!("`{}` ({kind}) has fractions of a cent", column_of.0);
            let italian = format!("`{}` ({kind}) ha frazioni di centesimo", column_of.0);
            rules.push(Rule::new(fraction, "bad-amount", message).italian(italian).column(&column_of.0));
        }
        rules
    }

    fn line_rule(&self, when: Expr, cause: &Cause) -> Rule {
        let rule = Rule::new(when, cause.name, cause.english).italian(cause.italian);
        match self.columns.name(cause.column) {
            Some(name) => rule.column(name),
            None => rule,
        }
    }

    fn unit_rules(&self, site: &Site) -> Vec<Rule> {
        let differ = |first: &str, last: &str| column(first).neq(column(last)).fill_null(lit(false));
        let unit = |rule: Rule| Rule { value: Some(column(UNIT)), ..rule };
        let of_unit = |when: Expr, cause: &Cause| unit(self.line_rule(when, cause));
        let mut rules = vec![
            of_unit(differ(DAY_FIRST, DAY_LAST), &causes::DAYS_DIFFER),
            of_unit(differ(BUYER_FIRST, BUYER_LAST), &causes::BUYERS_DIFFER),
        ];
        for (first, last, name) in self.agreeing() {
            let message =
                format!("the lines of the order have different `{name}`, which is one amount for the whole order");
            let italian =
                format!("le righe dell'ordine hanno `{name}` diversi, mentre l'importo è uno per tutto l'ordine");
            rules.push(unit(Rule::new(differ(&first, &last), "order-disagrees", message).italian(italian)));
        }
        rules.extend(self.total_rule(site).map(unit));
        let zero = Exact::literal(Decimal::ZERO, site);
        let negative =
            self.unit_sum(site).compare(&zero, Ordering::is_lt).and(is_one_of(&column(EVENT), &[words::SALE]));
        rules.push(of_unit(negative, &causes::BELOW_ZERO));
        rules.push(of_unit(column(GOODS).not().and(column(ANY_LOST)), &causes::NOTHING_TO_FOLLOW));
        rules.push(of_unit(column(ANY_BAD), &causes::HELD));
        rules
    }

    /// The sum of the lines of the unit, with the charges that stand in columns.
    fn unit_sum(&self, site: &Site) -> Exact {
        let zero = Exact::literal(Decimal::ZERO, site);
        let lines = Exact::column(SUM, 2, site);
        self.charges.iter().enumerate().filter(|(_, (kind, _))| !PAYMENT.contains(kind)).fold(
            lines,
            |total, (index, (kind, (_, ty)))| {
                let charge = number(&(format!("__d_charge{index}_first"), ty.clone()), 2, site);
                let charge = charge.or_else(charge.clone().expr().is_not_null(), &zero);
                if *kind == DISCOUNT { total.minus(&charge.absolute()) } else { total.plus(&charge) }
            },
        )
    }

    fn total_rule(&self, site: &Site) -> Option<Rule> {
        let (_, ty) = self.columns.get("total")?;
        let total = number(&(TOTAL_FIRST.to_owned(), ty.clone()), 8, site);
        let lines = self.unit_sum(site);
        let wrong = total.compare(&lines, Ordering::is_ne).and(is_one_of(&column(EVENT), &[words::SALE]));
        let text = |value: Exact| value.expr().cast(DataType::String);
        let mut rule = Rule::new(wrong, "total-differs", "");
        rule.message = concat_str(
            [
                lit("the order's total is "),
                text(total.clone()),
                lit(" and its lines add up to "),
                text(lines.clone()),
                lit(": a line is missing or wrong"),
            ],
            "",
            true,
        );
        rule.message_it = Some(concat_str(
            [
                lit("il totale dell'ordine è "),
                text(total),
                lit(" e le righe sommano "),
                text(lines),
                lit(": una riga manca o è sbagliata"),
            ],
            "",
            true,
        ));
        Some(rule)
    }
}

/// A join that finds rows for those on the left, which stay in order.
pub(super) fn in_order(keep_unmatched: bool) -> JoinArgs {
    let how = if keep_unmatched { JoinType::Left } else { JoinType::Inner };
    JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(how) }
}
