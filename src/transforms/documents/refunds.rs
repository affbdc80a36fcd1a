//! Lines of refunds: found by their original, they take its treatment and become what corrects it.

use std::cmp::Ordering;

use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, NULL, SortMultipleOptions, UnionArgs,
    concat, concat_str, lit, when,
};

use crate::context::NodeError;
use crate::domain::documents::decide::{self, Refund, is_one_of, no_text, original_of};
use crate::domain::documents::period;
use crate::domain::documents::words::{ACCESSORY, DEPOSIT, GIFT, ITEM, PAYMENT, RETURN};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, sum};
use crate::transforms::StepCx;
use crate::transforms::documents::lines::amount;
use crate::transforms::documents::plan::{
    AMOUNT, DAY, DOC, EVENT, KEY, KIND, LINE, ORDER, ORIGINAL, ORIGINAL_DAY, ORIGINAL_KEY, ORIGINAL_KIND,
    ORIGINAL_LINE, ORIGINAL_NUMBER, PIECE, Plan, UNIT,
};
use crate::transforms::documents::rules::{SUM_DIGITS, in_order};
use crate::transforms::documents::sales::{ALL, PARTS, WEIGHT, not_negative, paid, share_all};
use crate::transforms::names::{self, column};
use crate::transforms::reject::{Rule, reject};

/// What a refund refers to: a line, the charges, or all of an order.
const LOOK: &str = "__d_look";
const LOOK_ALL: &str = "__d_look_all";
const AVAILABLE: &str = "__d_available";
const AVAILABLE_ALL: &str = "__d_available_all";
const PARTS_ALL: &str = "__d_parts_all";
const BACK: &str = "__d_back";
const BACK_ALL: &str = "__d_back_all";
const OWN_WORDS: &str = "__d_own_words";
const BAD: &str = "__d_refund_bad";
const ANY_BAD: &str = "__d_refund_any_bad";
const IS_REFUND: &str = "__d_is_refund";
const SEQUENCE: &str = "__d_sequence";
const LEVEL: &str = "__d_level";
const LEFT: &str = "__d_left";
const ALL_ALL: &str = "__d_all_all";

/// Between the parts of a key; no code has it.
const SEPARATOR: &str = "\u{1f}";

impl Plan {
    /// The lines of refunds. `lines` are checked; `sales` are what they may refer to, besides `earlier` lines.
    pub(super) fn refunds(
        &self,
        lines: &LazyFrame,
        sales: &LazyFrame,
        earlier: Option<LazyFrame>,
        step: &StepCx,
        site: &Site,
    ) -> Result<LazyFrame, NodeError> {
        let refunds = self.looking(lines, site)?.cache();
        let originals = self.originals(sales, earlier, &refunds)?;
        let groups = self.treatments(levels(originals), site).cache();
        let refunds = self.matched(refunds, &groups, site)?;
        let refunds = self.accepted(refunds, step, site);
        let all = self.treated(refunds, groups, site)?;
        Ok(paid(corrected(all), site).select(self.refund_columns()))
    }

    fn refund_columns(&self) -> Vec<Expr> {
        let originals =
            [ORIGINAL, ORIGINAL_LINE, ORIGINAL_KIND, ORIGINAL_KEY, ORIGINAL_DAY, ORIGINAL_NUMBER].map(column);
        self.carried().into_iter().chain(originals).collect()
    }

    /// Refund lines with what they refer to. A line of goods under the number of its order that does not say which line it
    /// gives back has the number of that one; under a number of its own it counts its own lines.
    fn looking(&self, lines: &LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let goods = is_one_of(&column(KIND), &[ITEM, GIFT, DEPOSIT]);
        let under_its_order = column(ORIGINAL).is_null().or(column(ORIGINAL).eq(column(ORDER))).fill_null(lit(true));
        let same = when(goods.clone().and(under_its_order)).then(column(LINE)).otherwise(no_text());
        let frame = lines.clone().filter(column(EVENT).eq(lit(RETURN))).with_columns([
            when(column(ORIGINAL).is_null()).then(column(ORDER)).otherwise(column(ORIGINAL)).alias(ORIGINAL),
            when(column(ORIGINAL_LINE).is_null()).then(same).otherwise(column(ORIGINAL_LINE)).alias(ORIGINAL_LINE),
            self.code("original_number").alias(ORIGINAL_NUMBER),
            self.day("original_date")?.alias(ORIGINAL_DAY),
            amount(site).negate().or_else(is_one_of(&column(KIND), &PAYMENT).not(), &nothing(site)).expr().alias(BACK),
        ]);
        let look = when(column(ORIGINAL_LINE).is_not_null())
            .then(key("L", &[column(ORIGINAL), column(ORIGINAL_LINE)]))
            .when(is_one_of(&column(KIND), &ACCESSORY))
            .then(key("S", &[column(ORIGINAL)]))
            .when(goods)
            .then(no_text())
            .otherwise(key("A", &[column(ORIGINAL)]));
        Ok(frame.with_columns([look.alias(LOOK), key("A", &[column(ORIGINAL)]).alias(LOOK_ALL)]))
    }

    /// The lines that refunds may refer to, with earlier refunds of them, for the orders concerned.
    fn originals(
        &self,
        sales: &LazyFrame,
        earlier: Option<LazyFrame>,
        refunds: &LazyFrame,
    ) -> Result<LazyFrame, NodeError> {
        let invoice_day =
            when(column(DOC).eq(lit(decide::DEFERRED))).then(period::month_end(column(DAY))).otherwise(column(DAY));
        let mut own = vec![
            column(ORDER).alias(ORIGINAL),
            column(LINE).alias(ORIGINAL_LINE),
            column(KIND).alias(KIND),
            column(DOC).alias(ORIGINAL_KIND),
            column(KEY).alias(ORIGINAL_KEY),
            invoice_day.alias(ORIGINAL_DAY),
            no_text().alias(ORIGINAL_NUMBER),
            column(AMOUNT),
            lit(false).alias(IS_REFUND),
            (column(PIECE) + lit(1_i64 << 50)).alias(SEQUENCE),
        ];
        own.extend(self.columns.treatment.iter().map(|(name, _)| column(name)));
        let own = sales.clone().filter(column(DOC).neq(lit(decide::PAYMENT_KIND))).select(own);
        let all = match earlier {
            Some(earlier) => {
                concat([self.earlier(earlier), own], UnionArgs { maintain_order: true, ..UnionArgs::default() })?
            }
            None => own,
        };
        let concerned = refunds.clone().select([column(ORIGINAL)]);
        let on = [column(ORIGINAL)];
        Ok(all.join(concerned, on.clone(), on, JoinArgs::new(JoinType::Semi)))
    }

    /// Lines of earlier runs in the same form.
    fn earlier(&self, table: LazyFrame) -> LazyFrame {
        let of = |word: &str| column(&self.named(word));
        let has_number = self.originals.as_ref().is_some_and(|originals| originals.number);
        let or = |condition: Expr, then: Expr, otherwise: Expr| when(condition).then(then).otherwise(otherwise);
        let mut columns = vec![
            or(of("refund"), of("original_order"), of("order")).alias(ORIGINAL),
            or(of("refund"), of("original_line"), of("line")).alias(ORIGINAL_LINE),
            of("line_kind").alias(KIND),
            of("kind").alias(ORIGINAL_KIND),
            of("key").alias(ORIGINAL_KEY),
            or(of("date").is_not_null(), of("date"), of("day")).alias(ORIGINAL_DAY),
            if has_number { of("number") } else { no_text() }.alias(ORIGINAL_NUMBER),
            column(&self.named(self.amount_word())).alias(AMOUNT),
            of("refund").alias(IS_REFUND),
            column(SEQUENCE).cast(DataType::Int64).alias(SEQUENCE),
        ];
        columns.extend(self.columns.treatment.iter().map(|(name, _)| column(name)));
        let table = table.with_row_index(SEQUENCE, None);
        table.filter(of("kind").neq(lit(decide::PAYMENT_KIND))).select(columns)
    }

    /// What was sold under each key, by treatment; earlier refunds taken off.
    fn treatments(&self, originals: LazyFrame, site: &Site) -> LazyFrame {
        let mut keys = vec![column(LOOK)];
        keys.extend(self.decisive().iter().map(|name| column(name).alias(taken(name))));
        let mut values: Vec<Expr> =
            self.accompanying().iter().map(|name| column(name).min().alias(taken(name))).collect();
        let first = |name: &str| {
            let sold = |name: &str| column(name).filter(column(IS_REFUND).not());
            let order = [sold(ORIGINAL_DAY), sold(SEQUENCE)];
            sold(name).sort_by(order, SortMultipleOptions::default()).first().alias(taken(name))
        };
        values.extend([ORIGINAL_KIND, ORIGINAL_KEY, ORIGINAL_DAY, ORIGINAL_NUMBER].map(first));
        values.extend([sum(&amount(site), SUM_DIGITS).expr().alias(LEFT), column(SEQUENCE).min().alias(PIECE)]);
        originals.group_by(keys).agg(values).with_column(not_negative(LEFT, site).alias(WEIGHT))
    }

    /// Refund lines with what is left of their originals, and what all refunds of it take.
    fn matched(&self, refunds: LazyFrame, groups: &LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let zero = Exact::literal(Decimal::ZERO, site);
        let weighs = Exact::column(WEIGHT, 2, site).compare(&zero, Ordering::is_gt);
        let known = groups.clone().group_by([column(LOOK)]).agg([
            sum(&Exact::column(LEFT, 2, site), SUM_DIGITS).expr().alias(AVAILABLE),
            sum(&Exact::column(WEIGHT, 2, site), SUM_DIGITS).expr().alias(ALL),
            weighs.cast(DataType::Int64).sum().alias(PARTS),
        ]);
        let known = known.cache();
        let of_all = known.clone().select([
            column(LOOK).alias(LOOK_ALL),
            column(AVAILABLE).alias(AVAILABLE_ALL),
            column(ALL).alias(ALL_ALL),
            column(PARTS).alias(PARTS_ALL),
        ]);
        let refunds = refunds.join(of_all, [column(LOOK_ALL)], [column(LOOK_ALL)], in_order(true));
        let refunds = refunds.join(known, [column(LOOK)], [column(LOOK)], in_order(true));
        // Goods of an order with one treatment need not say which line they were.
        let found = column(AVAILABLE).is_not_null();
        let plain = is_one_of(&column(KIND), &[ITEM, GIFT, DEPOSIT])
            .and(column(PARTS_ALL).eq(lit(1_i64)).fill_null(lit(false)));
        let or = |one: &str, other: Expr| {
            when(found.clone()).then(column(one)).when(plain.clone()).then(other).otherwise(lit(NULL)).alias(one)
        };
        let told = original_of(&self.vat_text("document")).is_not_null().and(column(ORIGINAL_DAY).is_not_null());
        let refunds = refunds.with_columns([
            or(LOOK, column(LOOK_ALL)),
            or(AVAILABLE, column(AVAILABLE_ALL)),
            or(ALL, column(ALL_ALL)),
            or(PARTS, column(PARTS_ALL)),
            or(ORIGINAL_LINE, no_text()),
            told.and(column(AVAILABLE_ALL).is_null()).alias(OWN_WORDS),
        ]);
        Ok(refunds.with_columns([
            column(BACK).sum().over([column(LOOK)])?.alias(BACK),
            column(BACK).sum().over([column(LOOK_ALL)])?.alias(BACK_ALL),
        ]))
    }

    /// Takes out the refunds that cannot be, with the other lines of the same refund.
    fn accepted(&self, refunds: LazyFrame, step: &StepCx, site: &Site) -> LazyFrame {
        let rules = refund_rules(site);
        let bad = rules.iter().map(|rule| rule.when.clone().fill_null(lit(false))).reduce(Expr::or);
        let refunds = refunds.with_column(bad.unwrap_or_else(|| lit(false)).alias(BAD));
        let any = column(BAD).any(true).over([column(UNIT)]).unwrap_or_else(|_| column(BAD));
        let held = Rule::new(
            column(ANY_BAD),
            "order-held",
            "another line of the refund is wrong: it is documented whole or not at all",
        );
        let held = held.italian("un'altra riga del reso è sbagliata: il reso si documenta per intero o per niente");
        let rules = rules.into_iter().chain([held]).collect();
        reject(refunds.with_column(any.alias(ANY_BAD)), rules, &self.row_names(), step)
    }

    /// Refunds with the treatment of their originals, split where there are several. A refund whose original is not here,
    /// but which `vat` and the row itself tell all of, keeps its own.
    fn treated(&self, refunds: LazyFrame, groups: LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let zero = Exact::literal(Decimal::ZERO, site);
        let groups = groups.filter(Exact::column(WEIGHT, 2, site).compare(&zero, Ordering::is_gt));
        let refunds = refunds.drop(names::selector(&[PIECE]));
        let joined = refunds.join(groups, [column(LOOK)], [column(LOOK)], in_order(true));
        let own = || column(OWN_WORDS);
        let chosen =
            |name: &str, own_value: Expr| when(own()).then(own_value).otherwise(column(&taken(name))).alias(name);
        let either = |one: Expr, other: Expr| when(one.clone().is_not_null()).then(one).otherwise(other);
        let mut columns: Vec<Expr> =
            self.columns.treatment.iter().map(|(name, _)| chosen(name, column(name))).collect();
        columns.extend([
            chosen(ORIGINAL_KIND, original_of(&self.vat_text("document"))),
            chosen(ORIGINAL_KEY, column(ORIGINAL)),
            chosen(ORIGINAL_DAY, column(ORIGINAL_DAY)),
            either(column(ORIGINAL_NUMBER), column(&taken(ORIGINAL_NUMBER))).alias(ORIGINAL_NUMBER),
            either(column(PARTS), lit(1_i64)).alias(PARTS),
            either(column(ALL), Exact::literal(Decimal::new(100, 2), site).expr()).alias(ALL),
            either(column(WEIGHT), Exact::literal(Decimal::new(100, 2), site).expr()).alias(WEIGHT),
            either(column(PIECE), lit(0_i64)).alias(PIECE),
        ]);
        Ok(share_all(joined.with_columns(columns), "what was paid", site)?)
    }
}

/// What cannot be given back.
fn refund_rules(site: &Site) -> Vec<Rule> {
    let unknown = column(AVAILABLE_ALL).is_null();
    let more = |back: &str, available: &str| {
        Exact::column(back, 2, site).compare(&Exact::column(available, 2, site), Ordering::is_gt)
    };
    let too_large = more(BACK, AVAILABLE).fill_null(lit(false)).or(more(BACK_ALL, AVAILABLE_ALL).fill_null(lit(false)));
    let showing = |rule: Rule, column_of: Expr| Rule { value: Some(column_of), ..rule };
    vec![
        showing(
            Rule::new(
                unknown.clone().and(column(OWN_WORDS).not()),
                "refund-without-original",
                "the order that is refunded is not known: name it in `original`, or give earlier lines in `originals`",
            )
            .italian("l'ordine rimborsato non si trova: indicarlo in `original`, o dare le righe precedenti in `originals`"),
            column(ORIGINAL),
        ),
        showing(
            Rule::new(
                unknown.clone().not().and(column(LOOK).is_null()),
                "refund-unclear",
                "the refunded order has no such line and more than one VAT treatment: say which line in `original_line`",
            )
            .italian("l'ordine rimborsato non ha questa riga e ha più trattamenti IVA: indicare la riga in `original_line`"),
            column(ORIGINAL),
        ),
        refund_too_large(unknown.not().and(too_large), &more(BACK, AVAILABLE)),
    ]
}

/// Both amounts are told: of the line where that one is too large, else of the whole order.
fn refund_too_large(is_it: Expr, of_line: &Expr) -> Rule {
    let text = |line: &str, all: &str| {
        let amount = when(of_line.clone().fill_null(lit(false))).then(column(line)).otherwise(column(all));
        amount.cast(DataType::String)
    };
    let (back, left) = (|| text(BACK, BACK_ALL), || text(AVAILABLE, AVAILABLE_ALL));
    let joined = |parts: Vec<Expr>| concat_str(parts, "", true);
    let mut rule = Rule::new(is_it, "refund-too-large", "");
    rule.value = Some(joined(vec![column(ORIGINAL), lit(": "), back(), lit(" / "), left()]));
    rule.message = joined(vec![
        back(),
        lit(" is given back of order `"),
        column(ORIGINAL),
        lit("`, where "),
        left(),
        lit(" is left of what was paid, earlier refunds taken off: correct the amount, or the order in `original`"),
    ]);
    rule.message_it = Some(joined(vec![
        lit("si rimborsano "),
        back(),
        lit(" dell'ordine `"),
        column(ORIGINAL),
        lit("`, di cui restano "),
        left(),
        lit(" di quanto pagato, tolti i rimborsi precedenti: correggere l'importo, o l'ordine in `original`"),
    ]));
    rule
}

/// What each refund becomes.
fn corrected(refunds: LazyFrame) -> LazyFrame {
    let refund = Refund {
        original: column(ORIGINAL_KIND),
        original_period: period::quarter(column(ORIGINAL_DAY)),
        period: period::quarter(column(DAY)),
        line: column(KIND),
    };
    let same = column(ORIGINAL_KEY).eq(column(ORIGINAL)).fill_null(lit(true));
    let apart = concat_str([column(UNIT), lit("/"), column(ORIGINAL_KEY)], "", true);
    let key = when(same).then(column(UNIT)).otherwise(apart);
    let refunds = refunds.with_column(refund.kind().alias(DOC));
    refunds.with_column(when(column(DOC).eq(lit(decide::CREDIT_NOTE))).then(key).otherwise(lit(NULL)).alias(KEY))
}

/// Each original under the keys that refunds may look for it: its line, the charges, the whole order.
fn levels(originals: LazyFrame) -> LazyFrame {
    let three = DataFrame::new(3, vec![Column::new(LEVEL.into(), ["L", "S", "A"])]).unwrap_or_default();
    let level = |word: &str| column(LEVEL).eq(lit(word));
    let look = when(level("L"))
        .then(key("L", &[column(ORIGINAL), column(ORIGINAL_LINE)]))
        .when(level("S").and(is_one_of(&column(KIND), &ACCESSORY)))
        .then(key("S", &[column(ORIGINAL)]))
        .when(level("A"))
        .then(key("A", &[column(ORIGINAL)]))
        .otherwise(no_text());
    let under = originals.cross_join(three.lazy(), None).with_column(look.alias(LOOK));
    under.filter(column(LOOK).is_not_null())
}

/// A column of the original, beside that of the refund.
fn taken(name: &str) -> String {
    format!("__d_taken_{name}")
}

fn key(level: &str, parts: &[Expr]) -> Expr {
    let parts: Vec<Expr> = std::iter::once(lit(level)).chain(parts.iter().cloned()).collect();
    concat_str(parts, SEPARATOR, false)
}

fn nothing(site: &Site) -> Exact {
    Exact::literal(Decimal::new(0, 2), site)
}
