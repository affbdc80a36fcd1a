//! Worked prices as tables, and the columns against a scalar oracle.

use polars::prelude::{Column, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, Series, col};
use proptest::prelude::*;

use super::*;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, decimal_dtype};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn frame(columns: &[(&str, u8, &[&str])]) -> LazyFrame {
    let columns: Vec<Column> = columns
        .iter()
        .map(|(name, scale, values)| {
            let series = Series::new((*name).into(), *values).cast(&DataType::String).unwrap();
            series.cast(&decimal_dtype(*scale)).unwrap().into()
        })
        .collect();
    DataFrame::new_infer_height(columns).unwrap().lazy()
}

fn inputs(cost: bool, site: &Site) -> Inputs {
    let column = |name, scale| Exact::new(col(name), scale, site);
    Inputs { base: column("base", 2), vat: column("vat", 1), cost: cost.then(|| column("cost", 2)) }
}

fn text_of(frame: &DataFrame, name: &str, row: usize) -> String {
    let texts = frame.column(name).unwrap().cast(&DataType::String).unwrap();
    texts.str().unwrap().get(row).unwrap_or_default().to_owned()
}

struct Case {
    id: &'static str,
    base: &'static str,
    anchor: Anchor,
    cost: &'static str,
    vat: &'static str,
    fee: Option<(&'static str, &'static str, FeeBase, bool)>,
    round: &'static str,
    floor: Option<Floor>,
    expected: [&'static str; 6],
    trace: &'static str,
}

const PLAIN: Case = Case {
    id: "",
    base: "",
    anchor: Anchor::Net,
    cost: "1",
    vat: "22",
    fee: None,
    round: "cent",
    floor: None,
    expected: [""; 6],
    trace: "base_net>round:cent",
};

const FIFTEEN: Option<(&str, &str, FeeBase, bool)> = Some(("0.15", "0", FeeBase::Gross, true));
const MARKUP: Option<Floor> = Some(Floor::Markup(Decimal::new(20, 2)));

fn grid(text: &str) -> Grid {
    let parts: Vec<&str> = text.split(':').collect();
    let direction = match parts.get(2) {
        Some(&"up") => Direction::Up,
        Some(&"down") => Direction::Down,
        _ => Direction::Nearest,
    };
    match parts[0] {
        "charm" => Grid::charm(number(parts[1]), direction).unwrap(),
        "step" => Grid::step(number(parts[1]), direction).unwrap(),
        _ => Grid::CENTS,
    }
}

fn calculation(case: &Case) -> Calculation {
    let fee = case.fee.map(|(rate, fixed, base, recoverable)| {
        let fee = Fee { rate: number(rate), fixed: number(fixed), base };
        if recoverable { fee } else { fee.with_unrecoverable_vat().unwrap() }
    });
    Calculation {
        anchor: case.anchor,
        fee,
        grid: grid(case.round),
        rounding: case.round.to_owned(),
        floor: case.floor,
        prefix: "price".to_owned(),
    }
}

/// Names of the steps without their values: `base_net>round:cent`.
fn steps(trace: &str) -> String {
    let names: Vec<&str> = trace.split(" > ").filter_map(|part| part.split(' ').next()).collect();
    names.join(">")
}

/// The numbers of a shop: net, VAT, gross, fee, proceeds, floor.
#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { id: "P01 list price net", base: "100.00", expected: ["100.00", "22.00", "122.00", "", "100.00", ""], ..PLAIN },
    Case { id: "P02 half up to the cent", base: "8.19", expected: ["8.19", "1.80", "9.99", "", "8.19", ""], ..PLAIN },
    Case { id: "P03 shelf price in Italy", base: "19.99", anchor: Anchor::Gross, trace: "base_gross>round:cent", expected: ["16.39", "3.60", "19.99", "", "16.39", ""], ..PLAIN },
    Case { id: "P04 same in Germany", base: "19.99", vat: "19", anchor: Anchor::Gross, trace: "base_gross>round:cent", expected: ["16.80", "3.19", "19.99", "", "16.80", ""], ..PLAIN },
    Case { id: "P05 same in Hungary", base: "19.99", vat: "27", anchor: Anchor::Gross, trace: "base_gross>round:cent", expected: ["15.74", "4.25", "19.99", "", "15.74", ""], ..PLAIN },
    Case { id: "P06 a rate with decimals", base: "40.00", vat: "25.5", expected: ["40.00", "10.20", "50.20", "", "40.00", ""], ..PLAIN },
    Case { id: "P07 reduced rate", base: "4.50", vat: "10", expected: ["4.50", "0.45", "4.95", "", "4.50", ""], ..PLAIN },
    Case { id: "P10 charm up", base: "39.99", round: "charm:0.99:up", trace: "base_net>round:charm:0.99:up", expected: ["40.16", "8.83", "48.99", "", "40.16", ""], ..PLAIN },
    Case { id: "P11 charm down", base: "39.99", round: "charm:0.99:down", trace: "base_net>round:charm:0.99:down", expected: ["39.34", "8.65", "47.99", "", "39.34", ""], ..PLAIN },
    Case { id: "P12 charm nearest", base: "39.99", round: "charm:0.99:nearest", trace: "base_net>round:charm:0.99:nearest", expected: ["40.16", "8.83", "48.99", "", "40.16", ""], ..PLAIN },
    Case { id: "P13 charm already there", base: "19.99", anchor: Anchor::Gross, round: "charm:0.99:up", trace: "base_gross>round:charm:0.99:up", expected: ["16.39", "3.60", "19.99", "", "16.39", ""], ..PLAIN },
    Case { id: "P14 step of five cents", base: "7.33", round: "step:0.05:nearest", trace: "base_net>round:step:0.05:nearest", expected: ["7.34", "1.61", "8.95", "", "7.34", ""], ..PLAIN },
    Case { id: "P15 fee on gross", base: "50.00", fee: FIFTEEN, trace: "base_net>fee_grossup>round:cent", expected: ["61.20", "13.46", "74.66", "11.20", "50.00", ""], ..PLAIN },
    Case { id: "P16 fee on net", base: "50.00", fee: Some(("0.15", "0", FeeBase::Net, true)), trace: "base_net>fee_grossup>round:cent", expected: ["58.82", "12.94", "71.76", "8.82", "50.00", ""], ..PLAIN },
    Case { id: "P17 percent and fixed", base: "20.00", fee: Some(("0.08", "0.35", FeeBase::Gross, true)), trace: "base_net>fee_grossup>round:cent", expected: ["22.55", "4.96", "27.51", "2.55", "20.00", ""], ..PLAIN },
    Case { id: "P18 VAT on the fee is a cost", base: "50.00", vat: "0", fee: Some(("0.15", "0", FeeBase::Gross, false)), trace: "base_net>fee_grossup>round:cent", expected: ["61.20", "0.00", "61.20", "11.20", "50.00", ""], ..PLAIN },
    Case { id: "P22 margin on price", base: "35.00", cost: "30.00", floor: Some(Floor::Margin(Decimal::new(25, 2))), trace: "base_net>round:cent>floor", expected: ["40.00", "8.80", "48.80", "", "40.00", "48.80"], ..PLAIN },
    Case { id: "P23 floor after the fee", base: "32.00", cost: "30.00", fee: FIFTEEN, floor: MARKUP, trace: "base_net>fee_grossup>round:cent>floor", expected: ["44.07", "9.69", "53.76", "8.06", "36.01", "53.76"], ..PLAIN },
    Case { id: "P24 rounding must not break the floor", base: "36.02", cost: "30.00", round: "charm:0.99:down", floor: MARKUP, trace: "base_net>round:charm:0.99:down>floor", expected: ["36.06", "7.93", "43.99", "", "36.06", "43.92"], ..PLAIN },
    Case { id: "floor without effect", base: "60.00", cost: "30.00", floor: MARKUP, expected: ["60.00", "13.20", "73.20", "", "60.00", "43.92"], ..PLAIN },
    Case { id: "charm down has no lower ending", base: "0.10", round: "charm:0.99:down", trace: "base_net>round:charm:0.99:down", expected: ["0.81", "0.18", "0.99", "", "0.81", ""], ..PLAIN },
    Case { id: "never zero", base: "0.00", vat: "0", expected: ["0.01", "0.00", "0.01", "", "0.01", ""], ..PLAIN },
    Case { id: "gross price with a fee", base: "61.00", anchor: Anchor::Gross, fee: FIFTEEN, trace: "base_gross>fee_grossup>round:cent", expected: ["61.20", "13.46", "74.66", "11.20", "50.00", ""], ..PLAIN },
];

#[test]
fn prices_are_those_worked_by_hand() {
    let site = Site::from("listino#1");
    for case in CASES {
        let calculation = calculation(case);
        let frame = frame(&[("base", 2, &[case.base]), ("vat", 1, &[case.vat]), ("cost", 2, &[case.cost])]);
        let priced = calculation.apply(frame, inputs(true, &site), &site).collect().unwrap();
        let names = ["price_net", "price_vat", "price_gross", "price_fee", "price_proceeds", "price_floor"];
        let found = names.map(|name| text_of(&priced, name, 0));
        assert_eq!(found, case.expected.map(str::to_owned), "{}", case.id);
        assert_eq!(steps(&text_of(&priced, "price_trace", 0)), case.trace, "{}", case.id);
        let declared: Vec<String> = calculation.columns().map(|(name, _)| name).collect();
        let given: Vec<String> = priced.get_column_names().iter().skip(3).map(ToString::to_string).collect();
        assert_eq!(given, declared);
    }
}

#[test]
fn the_trace_answers_why() {
    let site = Site::from("listino#1");
    let case = Case { base: "50.00", fee: FIFTEEN, round: "charm:0.99:up", floor: MARKUP, ..PLAIN };
    let frame = frame(&[("base", 2, &["50.00"]), ("vat", 1, &["22"]), ("cost", 2, &["90"])]);
    let priced = calculation(&case).apply(frame, inputs(true, &site), &site).collect().unwrap();
    let expected = "base_net 50.00 > fee_grossup 74.6634.. > round:charm:0.99:up 74.99 > floor 161.99";
    assert_eq!(text_of(&priced, "price_trace", 0), expected);
}

#[test]
fn an_empty_table_has_the_columns() {
    let site = Site::from("listino#1");
    let case = Case { fee: Some(("0.15", "0.35", FeeBase::Net, true)), round: "charm:0.99:up", floor: MARKUP, ..PLAIN };
    let frame = frame(&[("base", 2, &[]), ("vat", 1, &[]), ("cost", 2, &[])]);
    let priced = calculation(&case).apply(frame, inputs(true, &site), &site).collect().unwrap();
    assert_eq!((priced.height(), priced.width()), (0, 10));
}

#[test]
fn a_fee_that_takes_everything_is_found() {
    let site = Site::from("listino#1");
    let frame = frame(&[("base", 2, &["1", "1"]), ("vat", 1, &["22", "19"])]);
    let case = Case { fee: Some(("0.82", "0", FeeBase::Gross, true)), ..PLAIN };
    let condition = calculation(&case).fee_too_high(&Exact::new(col("vat"), 1, &site), &site).unwrap();
    let found = frame.select([condition.alias("bad")]).collect().unwrap();
    let found: Vec<Option<bool>> = found.column("bad").unwrap().bool().unwrap().iter().collect();
    assert_eq!(found, [Some(true), Some(false)]);
}

/// The same rules with whole numbers of 128 bits, written independently of the columns: the fee is on the gross price.
/// `base` and `cost` in cents, `vat` in tenths of a percent, `rate` in percent, `ending` in cents.
fn oracle(base: i128, cost: i128, vat: i128, rate: i128, ending: i128) -> (i128, i128, i128) {
    let factor = 1000 + vat;
    let remaining = 100_000 - rate * factor;
    let ceiling = |above: i128, below: i128| -(-above).div_euclid(below);
    // Gross in cents = base * factor / 1000 / (remaining / 100000).
    let charm = |above: i128, below: i128| ceiling(above - ending * below, 100 * below).max(0) * 100 + ending;
    let shown = charm(base * factor * 100, remaining);
    let floor = ceiling(cost * factor * 10_000, 88 * remaining);
    let gross = if shown < floor { charm(floor, 1) } else { shown };
    let net = (gross * 2000 + factor) / (2 * factor);
    (net, gross, floor)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn columns_agree_with_whole_numbers(
        rows in proptest::collection::vec((1i128..2_000_000, 1i128..2_000_000, prop_oneof![Just(220i128), Just(100), Just(40), Just(255)]), 1..20),
        rate in 1i128..60,
        ending in prop_oneof![Just(99i128), Just(90), Just(50)],
    ) {
        let site = Site::from("listino#1");
        let texts = |column: fn(&(i128, i128, i128)) -> Decimal| rows.iter().map(|row| column(row).to_string()).collect::<Vec<_>>();
        let (base, cost, vat) = (texts(|row| Decimal::new(row.0, 2)), texts(|row| Decimal::new(row.1, 2)), texts(|row| Decimal::new(row.2, 1)));
        let borrowed = |texts: &'static [String]| texts.iter().map(String::as_str).collect::<Vec<_>>();
        let leak = |texts: Vec<String>| borrowed(Vec::leak(texts));
        let (base, cost, vat) = (leak(base), leak(cost), leak(vat));
        let calculation = Calculation {
            anchor: Anchor::Net,
            fee: Some(Fee { rate: Decimal::new(rate, 2), fixed: Decimal::ZERO, base: FeeBase::Gross }),
            grid: Grid::charm(Decimal::new(ending, 2), Direction::Up).unwrap(),
            rounding: String::from("charm"),
            floor: Some(Floor::Margin(Decimal::new(12, 2))),
            prefix: String::from("price"),
        };
        let frame = frame(&[("base", 2, &base), ("vat", 1, &vat), ("cost", 2, &cost)]);
        let priced = calculation.apply(frame, inputs(true, &site), &site).collect().unwrap();
        for (index, (base, cost, vat)) in rows.iter().enumerate() {
            let (net, gross, floor) = oracle(*base, *cost, *vat, rate, ending);
            let expected = [net, gross, floor].map(|cents| Decimal::new(cents, 2).to_string());
            let found = ["price_net", "price_gross", "price_floor"].map(|name| text_of(&priced, name, index));
            prop_assert_eq!(found, expected);
        }
    }
}
