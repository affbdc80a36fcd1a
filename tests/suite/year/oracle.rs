//! What must come of the orders, worked out line by line on whole cents.

use std::collections::BTreeMap;

use super::calendar::{Day, day_in_italy, quarter, text};
use super::orders::{Of, Order, Taxed, euro, total};

/// The files that the pipeline must write, line by line, in no certain order.
pub(super) struct Books {
    pub(super) summary: Vec<String>,
    pub(super) corrispettivi: Vec<String>,
    pub(super) oss: Vec<String>,
}

/// A piece of an amount with its treatment.
struct Piece {
    taxed: &'static Taxed,
    gross: i128,
}

/// Shares out cents by weights: whole cents first, then one each to those with the largest remainder.
fn shares(total: i128, weights: &[i128]) -> Vec<i128> {
    let all: i128 = weights.iter().sum();
    let mut parts: Vec<(usize, i128, i128)> = weights
        .iter()
        .enumerate()
        .map(|(index, weight)| (index, total.abs() * weight / all, total.abs() * weight % all))
        .collect();
    let mut left = total.abs() - parts.iter().map(|(_, part, _)| part).sum::<i128>();
    parts.sort_by(|one, other| other.2.cmp(&one.2).then(one.0.cmp(&other.0)));
    for part in &mut parts {
        if left > 0 {
            part.1 += 1;
            left -= 1;
        }
    }
    parts.sort_by_key(|part| part.0);
    parts.into_iter().map(|(_, part, _)| part * total.signum()).collect()
}

/// Half away from zero.
fn rounded(dividend: i128, divisor: i128) -> i128 {
    let size = (dividend.abs() * 2 + divisor) / (divisor * 2);
    size * dividend.signum()
}

/// Cents without the VAT in them.
fn net_of(gross: i128, rate: i128) -> i128 {
    rounded(gross * 10_000, 10_000 + rate)
}

/// The treatments of the goods of an order, in the order in which they first occur, with their value.
fn treatments(order: &Order) -> Vec<(&'static Taxed, i128)> {
    let mut found: Vec<(&'static Taxed, i128)> = Vec::new();
    for goods in &order.goods {
        match found.iter_mut().find(|(taxed, _)| *taxed == goods.taxed) {
            Some((_, value)) => *value += goods.gross,
            None => found.push((goods.taxed, goods.gross)),
        }
    }
    found
}

fn follow(amount: i128, treatments: &[(&'static Taxed, i128)]) -> Vec<Piece> {
    let weights: Vec<i128> = treatments.iter().map(|(_, value)| *value).collect();
    let parts = shares(amount, &weights);
    treatments.iter().zip(parts).map(|((taxed, _), gross)| Piece { taxed, gross }).collect()
}

#[derive(Default)]
struct Sums {
    summary: BTreeMap<(Day, &'static str, Option<i128>, &'static str), [i128; 4]>,
    corrispettivi: BTreeMap<(Day, i128, bool), BTreeMap<&'static str, i128>>,
    oss: BTreeMap<(String, &'static str, i128, Option<String>), (i128, i128)>,
}

impl Sums {
    fn add(&mut self, piece: &Piece, day: Day, refund_of: Option<Day>) {
        let taxed = piece.taxed;
        let column = match (taxed.document, taxed.register) {
            ("invoice_mandatory", _) => 0,
            ("none", "corrispettivi_art24") => 1,
            ("none", "oss_records") => 2,
            _ => 3,
        };
        self.summary.entry((day, taxed.country, taxed.rate, taxed.natura)).or_default()[column] += piece.gross;
        if column == 1 {
            self.paid(taxed, day, refund_of.is_some(), "", piece.gross);
        }
    }

    fn paid(&mut self, taxed: &Taxed, day: Day, refund: bool, by: &'static str, amount: i128) {
        let rate = taxed.rate.unwrap_or(0);
        *self.corrispettivi.entry((day, rate, refund)).or_default().entry(by).or_default() += amount;
    }

    /// OSS amounts of one order or refund: the net of each rate is taken out of the whole, once.
    fn declare(&mut self, pieces: &[Piece], day: Day, refund_of: Option<Day>) {
        let mut rates: BTreeMap<(&'static str, i128), i128> = BTreeMap::new();
        for piece in pieces.iter().filter(|piece| piece.taxed.register == "oss_records") {
            *rates.entry((piece.taxed.country, piece.taxed.rate.unwrap_or(0))).or_default() += piece.gross;
        }
        for ((country, rate), gross) in rates {
            let original = refund_of.map(quarter).filter(|original| *original != quarter(day));
            let shown = if original.is_some() { 0 } else { rate };
            let sums = self.oss.entry((quarter(day), country, shown, original)).or_default();
            sums.0 += net_of(gross, rate);
            sums.1 += gross;
        }
    }
}

/// The books of the year.
pub(super) fn books(orders: &[Order]) -> Books {
    let mut sums = Sums::default();
    for order in orders {
        sale(order, &mut sums);
    }
    let by_day = |((day, country, rate, natura), amounts): (&(Day, &str, Option<i128>, &str), &[i128; 4])| {
        let parts = amounts.map(euro).join(",");
        let rate = rate.map(euro).unwrap_or_default();
        format!("{},{country},{rate},{natura},{parts},{}", text(*day), euro(amounts.iter().sum()))
    };
    Books {
        summary: sums.summary.iter().map(by_day).collect(),
        corrispettivi: corrispettivi(&sums),
        oss: sums.oss.iter().map(oss_line).collect(),
    }
}

fn sale(order: &Order, sums: &mut Sums) {
    let (day, goods) = (day_in_italy(order.at), treatments(order));
    let mut pieces: Vec<Piece> =
        order.goods.iter().map(|goods| Piece { taxed: goods.taxed, gross: goods.gross }).collect();
    for amount in [order.shipping, order.fee, -order.discount] {
        pieces.extend(follow(amount, &goods));
    }
    assert_eq!(pieces.iter().map(|piece| piece.gross).sum::<i128>(), total(order));
    for piece in &pieces {
        sums.add(piece, day, None);
    }
    sums.declare(&pieces, day, None);
    for piece in follow(order.voucher, &goods).iter().filter(|piece| piece.taxed.register == "corrispettivi_art24") {
        if piece.gross != 0 {
            sums.paid(piece.taxed, day, false, "", -piece.gross);
            sums.paid(piece.taxed, day, false, "voucher", piece.gross);
        }
    }
    refund(order, &pieces, &goods, sums);
}

fn refund(order: &Order, pieces: &[Piece], goods: &[(&'static Taxed, i128)], sums: &mut Sums) {
    let Some(refund) = &order.refund else { return };
    let of_all = |taxed: &Taxed| pieces.iter().filter(|piece| piece.taxed == taxed).map(|piece| piece.gross).sum();
    let back = match refund.of {
        Of::Line(line) => vec![Piece { taxed: order.goods[line].taxed, gross: -refund.amount }],
        // In proportion to the shipping that each treatment had, fees included.
        Of::Shipping => {
            let charged = |index: usize| {
                let part = |amount: i128| follow(amount, goods)[index].gross;
                part(order.shipping) + part(order.fee)
            };
            let weights: Vec<_> =
                goods.iter().enumerate().map(|(index, (taxed, _))| (*taxed, charged(index))).collect();
            follow(-refund.amount, &positive(weights))
        }
        Of::Sum => {
            let weights: Vec<_> = goods.iter().map(|(taxed, _)| (*taxed, of_all(taxed))).collect();
            follow(-refund.amount, &positive(weights))
        }
    };
    let (day, sold) = (day_in_italy(refund.at), day_in_italy(order.at));
    for piece in &back {
        sums.add(piece, day, Some(sold));
    }
    sums.declare(&back, day, Some(sold));
}

fn positive(weights: Vec<(&'static Taxed, i128)>) -> Vec<(&'static Taxed, i128)> {
    weights.into_iter().filter(|(_, weight)| *weight > 0).collect()
}

/// Cells of a day and rate: their nets add up to that of the whole; who lost most by rounding gets the cents.
fn corrispettivi(sums: &Sums) -> Vec<String> {
    let mut lines = Vec::new();
    for ((day, rate, refund), cells) in &sums.corrispettivi {
        let whole: i128 = cells.values().sum();
        let mut nets: Vec<(&str, i128, i128)> =
            cells.iter().map(|(by, gross)| (*by, *gross, net_of(*gross, *rate))).collect();
        let missing = net_of(whole, *rate) - nets.iter().map(|(_, _, net)| net).sum::<i128>();
        let lost = |(_, gross, net): &(&str, i128, i128)| (gross * 10_000 - net * (10_000 + rate)) * missing.signum();
        nets.sort_by(|one, other| lost(other).cmp(&lost(one)).then(one.0.cmp(other.0)));
        for (index, (by, gross, net)) in nets.into_iter().enumerate() {
            let more = if i128::try_from(index).unwrap() < missing.abs() { missing.signum() } else { 0 };
            let net = net + more;
            let kind = if *refund { "refund" } else { "sale" };
            lines.push(format!(
                "{},{},{kind},{by},{},{},{}",
                text(*day),
                euro(*rate),
                euro(gross),
                euro(net),
                euro(gross - net)
            ));
        }
    }
    lines
}

fn oss_line(
    ((quarter, country, rate, original), (net, gross)): (&(String, &str, i128, Option<String>), &(i128, i128)),
) -> String {
    let (kind, shown) = if original.is_some() { ("correction", String::new()) } else { ("supply", euro(*rate)) };
    let original = original.clone().unwrap_or_default();
    format!("{quarter},{kind},{country},{shown},{original},{},{},{}", euro(*net), euro(gross - net), euro(*gross))
}
