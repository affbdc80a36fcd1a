//! A year of orders of a shop, always the same.

use std::fmt::Write;

use super::calendar::{civil, seconds, text};

/// A line of goods: amount in cents and how it is taxed.
#[derive(Clone)]
pub(super) struct Goods {
    pub(super) gross: i128,
    pub(super) taxed: &'static Taxed,
}

/// VAT of goods: what `vat` would say. The rate is in hundredths of a percent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taxed {
    pub(super) country: &'static str,
    pub(super) rate: Option<i128>,
    pub(super) natura: &'static str,
    pub(super) document: &'static str,
    pub(super) tipo: &'static str,
    pub(super) register: &'static str,
}

const fn taxed(
    country: &'static str,
    rate: Option<i128>,
    natura: &'static str,
    document: &'static str,
    tipo: &'static str,
    register: &'static str,
) -> Taxed {
    Taxed { country, rate, natura, document, tipo, register }
}

const CORRISPETTIVI: &str = "corrispettivi_art24";
const INVOICES: &str = "fatture_emesse_art23";
const OSS: &str = "oss_records";

/// The kinds of orders: how often in a thousand, and the treatments their goods may have.
static KINDS: &[(u64, &[Taxed])] = &[
    (
        450,
        &[
            taxed("IT", Some(2200), "", "none", "none", CORRISPETTIVI),
            taxed("IT", Some(1000), "", "none", "none", CORRISPETTIVI),
            taxed("IT", Some(400), "", "none", "none", CORRISPETTIVI),
        ],
    ),
    (
        200,
        &[
            taxed("IT", Some(2200), "", "invoice_mandatory", "TD01", INVOICES),
            taxed("IT", Some(1000), "", "invoice_mandatory", "TD01", INVOICES),
        ],
    ),
    (60, &[taxed("IT", Some(2200), "", "invoice_mandatory", "TD24", INVOICES)]),
    (90, &[taxed("FR", Some(2000), "", "none", "none", OSS), taxed("FR", Some(550), "", "none", "none", OSS)]),
    (80, &[taxed("DE", Some(1900), "", "none", "none", OSS)]),
    (40, &[taxed("FI", Some(2550), "", "none", "none", OSS)]),
    (50, &[taxed("", None, "N3.1", "invoice_mandatory", "TD01", INVOICES)]),
    (20, &[taxed("", None, "", "hold", "none", "none")]),
    (10, &[taxed("IT", None, "N2.2", "none", "none", "none")]),
];

/// A refund of an order.
pub(super) struct Refund {
    pub(super) at: i64,
    pub(super) of: Of,
    pub(super) amount: i128,
}

/// What is given back.
pub(super) enum Of {
    Line(usize),
    Shipping,
    Sum,
}

/// An order; amounts in cents, instants in seconds since the first of January 2026.
pub(super) struct Order {
    pub(super) number: usize,
    pub(super) at: i64,
    pub(super) goods: Vec<Goods>,
    pub(super) shipping: i128,
    pub(super) fee: i128,
    pub(super) discount: i128,
    pub(super) voucher: i128,
    pub(super) refund: Option<Refund>,
}

/// Numbers that look random and never change (a linear congruence of 64 bits, its upper half).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn cents(&mut self, from: u64, to: u64) -> i128 {
        i128::from(from + self.below(to - from + 1))
    }

    fn happens(&mut self, in_a_hundred: u64) -> bool {
        self.below(100) < in_a_hundred
    }
}

/// Instants at which days are counted wrongly by those who count in UTC, or in days of 24 hours.
fn awkward() -> Vec<i64> {
    [
        ((2026, 3, 28), 23, 0),
        ((2026, 3, 29), 0, 59),
        ((2026, 3, 29), 22, 0),
        ((2026, 10, 24), 22, 0),
        ((2026, 10, 25), 0, 30),
        ((2026, 10, 25), 22, 59),
        ((2026, 10, 25), 23, 0),
        ((2026, 12, 31), 22, 59),
        ((2026, 12, 31), 23, 0),
        ((2026, 6, 30), 21, 59),
        ((2026, 6, 30), 22, 0),
    ]
    .map(|(day, hour, minute)| seconds(day, hour, minute, 59))
    .to_vec()
}

/// The orders.
pub(super) fn year(count: usize) -> Vec<Order> {
    let mut dice = Dice(20_261_124);
    let awkward = awkward();
    (1..=count)
        .map(|number| {
            let at =
                awkward.get(number % 500).copied().unwrap_or_else(|| i64::try_from(dice.below(365 * 86_400)).unwrap());
            order(number, at, &mut dice)
        })
        .collect()
}

fn order(number: usize, at: i64, dice: &mut Dice) -> Order {
    let mut chance = dice.below(1000);
    let kind = KINDS.iter().find(|(share, _)| {
        let found = chance < *share;
        chance = chance.saturating_sub(*share);
        found
    });
    let kind = kind.map_or(KINDS[0].1, |(_, kind)| kind);
    let goods: Vec<Goods> = (0..=dice.below(4))
        .map(|_| Goods {
            gross: dice.cents(1, 30_000),
            taxed: &kind[usize::try_from(dice.below(kind.len() as u64)).unwrap()],
        })
        .collect();
    let value: i128 = goods.iter().map(|goods| goods.gross).sum();
    let mut order = Order { number, at, goods, shipping: 0, fee: 0, discount: 0, voucher: 0, refund: None };
    if dice.happens(70) {
        order.shipping = dice.cents(290, 1290);
    }
    if dice.happens(10) {
        order.fee = dice.cents(200, 500);
    }
    if dice.happens(25) {
        order.discount = dice.cents(1, u64::try_from(value).unwrap());
    }
    if dice.happens(5) {
        order.voucher = dice.cents(1, 5_000).min(value - order.discount);
    }
    if dice.happens(8) {
        order.refund = refund(&order, dice);
    }
    order
}

/// A part of a line, of the shipping or of the whole, never more than was paid for the whole.
fn refund(order: &Order, dice: &mut Dice) -> Option<Refund> {
    let paid = total(order);
    let at = order.at + i64::try_from(dice.below(120 * 86_400)).unwrap();
    let (of, most) = match dice.below(4) {
        0 if order.shipping > 0 => (Of::Shipping, order.shipping),
        1 => (Of::Sum, paid),
        _ => {
            let line = usize::try_from(dice.below(order.goods.len() as u64)).unwrap();
            (Of::Line(line), order.goods[line].gross)
        }
    };
    let most = most.min(paid);
    let amount = if dice.happens(30) { most } else { most / 2 };
    (amount > 0).then_some(Refund { at, of, amount })
}

/// What the buyer pays for goods and charges.
pub(super) fn total(order: &Order) -> i128 {
    order.goods.iter().map(|goods| goods.gross).sum::<i128>() + order.shipping + order.fee - order.discount
}

/// Cents as an amount.
pub(super) fn euro(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn instant(at: i64) -> String {
    let (day, time) = civil(at);
    format!("{}T{:02}:{:02}:{:02}Z", text(day), time / 3600, time / 60 % 60, time % 60)
}

/// The lines as a file. Charges say nothing of their VAT: they follow the goods.
pub(super) fn lines_csv(orders: &[Order]) -> String {
    let mut out = String::from(
        "ordine,riga,istante,evento,tipo,lordo,cliente,ddt,vat_country,vat_rate,vat_natura,vat_document,vat_tipo_documento,vat_register\n",
    );
    for order in orders {
        let (number, at, buyer) = (order.number, instant(order.at), order.number % 997);
        for (index, goods) in order.goods.iter().enumerate() {
            let Taxed { country, rate, natura, document, tipo, register } = goods.taxed;
            let rate = rate.map(euro).unwrap_or_default();
            let ddt = if *tipo == "TD24" { format!("B{number}") } else { String::new() };
            writeln!(out, "{number},{index},{at},vendita,articolo,{},C{buyer},{ddt},{country},{rate},{natura},{document},{tipo},{register}", euro(goods.gross)).unwrap();
        }
        for (line, kind, amount) in [
            ("s", "spedizione", order.shipping),
            ("k", "contrassegno", order.fee),
            ("d", "sconto", order.discount),
            ("v", "buono", order.voucher),
        ] {
            if amount != 0 {
                writeln!(out, "{number},{line},{at},vendita,{kind},{},C{buyer},,,,,,,", euro(amount)).unwrap();
            }
        }
        if let Some(refund) = &order.refund {
            let (line, kind) = match refund.of {
                Of::Line(line) => (line.to_string(), "articolo"),
                Of::Shipping => ("s".to_owned(), "spedizione"),
                Of::Sum => ("x".to_owned(), "importo"),
            };
            writeln!(out, "{number},{line},{},reso,{kind},{},C{buyer},,,,,,,", instant(refund.at), euro(refund.amount))
                .unwrap();
        }
    }
    out
}

/// What was paid and not given back, per order.
pub(super) fn totals_csv(orders: &[Order]) -> String {
    let mut out = String::from("numero,totale\n");
    for order in orders {
        let back = order.refund.as_ref().map_or(0, |refund| refund.amount);
        writeln!(out, "{},{}", order.number, euro(total(order) - back)).unwrap();
    }
    out
}
