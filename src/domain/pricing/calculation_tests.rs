//! Properties of every price, and the rules in whole numbers written a second time.

use proptest::prelude::*;

use super::*;
use crate::domain::pricing::grid::From;
use crate::domain::pricing::offer::{Offer, OfferKind, Stacking};

const DIRECTIONS: [Direction; 3] = [Direction::Up, Direction::Down, Direction::Nearest];

/// A row in whole numbers: base and cost in hundredths of a cent, percentages in hundredths, amounts in cents.
#[derive(Clone, Debug)]
struct Sample {
    base: i128,
    gross: bool,
    cost: i128,
    vat: i128,
    fee: Option<(i128, i128, bool)>,
    limits: Option<(i128, i128)>,
    bands: Option<(i128, i128)>,
    floor: Option<(i128, bool)>,
    least: Option<i128>,
    off: Option<i128>,
    grid: usize,
}

fn grid(choice: usize) -> Grid {
    let direction = DIRECTIONS[choice % 3];
    let amount = |text: &str| text.parse().unwrap();
    let grid = match choice / 3 % 4 {
        0 => Grid::CENTS,
        1 => Grid::step(amount("0.05"), direction, 2).unwrap(),
        2 => Grid::charm(amount("0.99"), direction, 2).unwrap(),
        _ => Grid::charm(amount("0.9"), direction, 2).unwrap(),
    };
    if choice >= 12 { grid.from(From::Cent) } else { grid }
}

fn sample() -> impl Strategy<Value = Sample> {
    let vat = prop_oneof![Just(0i128), Just(400), Just(1000), Just(2200), Just(2550)];
    let fee = proptest::option::of((0i128..5000, 0i128..200, any::<bool>()));
    let limits = proptest::option::of((0i128..100, 100i128..3000));
    let bands = proptest::option::of((500i128..5000, 0i128..3000));
    let floor = proptest::option::of((0i128..6000, any::<bool>()));
    let prices = (1i128..3_000_000, any::<bool>(), 0i128..2_000_000, vat);
    let rules = (proptest::option::of(1i128..20_000), proptest::option::of(0i128..9000), 0usize..24);
    (prices, fee, limits, bands, floor, rules).prop_map(|(prices, fee, limits, bands, floor, rules)| Sample {
        base: prices.0,
        gross: prices.1,
        cost: prices.2,
        vat: prices.3,
        fee,
        limits,
        bands,
        floor,
        least: rules.0,
        off: rules.1,
        grid: rules.2,
    })
}

fn priced(sample: &Sample) -> Result<Priced, Refusal> {
    let share = |hundredths: i128| Ratio::new(hundredths, 10_000);
    let mut bands = Vec::new();
    if let Some((rate, fixed, _)) = sample.fee {
        let last = Band {
            least: sample.limits.map(|limits| Ratio::whole(limits.0)),
            most: sample.limits.map(|limits| Ratio::whole(limits.1)),
            ..Band::plain(share(rate), Ratio::whole(fixed))
        };
        bands.extend(sample.bands.map(|(up_to, rate)| Band { up_to: Some(up_to), rate: share(rate), ..last }));
        bands.push(last);
    }
    let base = Ratio::new(sample.base, 100);
    let mut offers: Vec<Offer> = sample
        .off
        .iter()
        .map(|off| Offer {
            kind: OfferKind::Percent,
            value: share(*off),
            stacking: Stacking::Best,
            order: 0,
            below_floor: false,
            index: 0,
        })
        .collect();
    let floor =
        sample.floor.map(|(rate, margin)| if margin { Floor::Margin(share(rate)) } else { Floor::Markup(share(rate)) });
    let fee_base = if sample.fee.is_some_and(|fee| fee.2) { FeeBase::Net } else { FeeBase::Gross };
    Terms {
        base: if sample.gross { Base::Gross(base) } else { Base::Net(base) },
        exchange: None,
        vat: Ratio::new(10_000 + sample.vat, 10_000),
        fee: (!bands.is_empty()).then_some(Fee { base: fee_base, bands: &bands }),
        offers: &mut offers,
        grid: grid(sample.grid),
        floor: floor.map(|floor| (floor, Ratio::new(sample.cost, 100))),
        least: sample.least,
    }
    .price()
}

/// The simple rules with whole numbers, sharing nothing with the code: net base, one fee on the gross price, mark-up
/// floor, charm up.
fn oracle(base: i128, cost: i128, vat: i128, rate: i128, markup: i128) -> (i128, i128, i128) {
    let factor = 10_000 + vat;
    let left = 100_000_000 - rate * factor;
    let ceiling = |above: i128, below: i128| -(-above).div_euclid(below);
    let charm = |above: i128, below: i128| ceiling(above - 99 * below, 100 * below).max(0) * 100 + 99;
    let shown = charm(base * factor * 10_000, left);
    let floor = ceiling(cost * (10_000 + markup) * factor, 100 * left);
    let gross = if shown < floor { charm(floor, 1) } else { shown };
    ((gross * 20_000 + factor) / (2 * factor), gross, floor)
}

#[test]
fn a_promotion_that_leaves_nothing_is_no_price_of_a_cent() {
    use OfferKind as K;
    // Kind, value in cents or hundredths, floor (mark-up in hundredths on a cost in cents), below the floor; the price.
    let cases: [(K, i128, Option<(i128, i128)>, bool, Result<i128, Refusal>); 11] = [
        (K::AmountGross, 1000, None, false, Ok(220)),
        (K::AmountGross, 1219, None, false, Ok(1)),
        (K::AmountGross, 1220, None, false, Err(Refusal::Promotion)),
        (K::AmountGross, 5000, None, false, Err(Refusal::Promotion)),
        (K::AmountNet, 1000, None, false, Err(Refusal::Promotion)),
        (K::FixedGross, 0, None, false, Err(Refusal::Promotion)),
        (K::Percent, 10_000, None, false, Err(Refusal::Promotion)),
        // A promotion never beats the floor: what is left is the floor, unless it may go below.
        (K::AmountGross, 5000, Some((0, 500)), false, Ok(610)),
        (K::AmountGross, 5000, Some((0, 500)), true, Err(Refusal::Promotion)),
        (K::AmountGross, 5000, Some((0, 0)), false, Err(Refusal::Promotion)),
        (K::Percent, 9999, None, true, Ok(1)),
    ];
    for (kind, value, floor, below_floor, expected) in cases {
        let value = if kind == K::Percent { Ratio::new(value, 10_000) } else { Ratio::whole(value) };
        let found = Terms {
            base: Base::Net(Ratio::whole(1000)),
            exchange: None,
            vat: Ratio::new(122, 100),
            fee: None,
            offers: &mut [Offer { kind, value, stacking: Stacking::Best, order: 0, below_floor, index: 0 }],
            grid: Grid::CENTS,
            floor: floor.map(|(markup, cost)| (Floor::Markup(Ratio::new(markup, 10_000)), Ratio::whole(cost))),
            least: None,
        }
        .price();
        assert_eq!(found.map(|priced| priced.gross), expected, "{kind:?} {below_floor}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn every_price_keeps_its_promises(sample in sample()) {
        let Ok(found) = priced(&sample) else {
            // Only a fee or a margin can make a price impossible.
            prop_assert!(sample.fee.is_some() || sample.floor.is_some());
            return Ok(());
        };
        prop_assert!(found.gross > 0);
        if let Some(floor) = found.floor {
            prop_assert!(found.gross >= floor && found.regular >= floor);
        }
        // Net and VAT make the price; net is the nearest one.
        let factor = 10_000 + sample.vat;
        prop_assert!((found.net * factor - found.gross * 10_000).abs() * 2 <= factor);
        // What is shown is allowed, and stays when it is rounded again.
        prop_assert_eq!(grid(sample.grid).price(Ratio::whole(found.gross)), Some(found.gross));
        prop_assert!(found.gross <= found.regular);
        // The fee is that of the shown price.
        if let (Some((rate, fixed, net)), Some(fee), None, None) = (sample.fee, found.fee, sample.limits, sample.bands) {
            let on = if net { found.net } else { found.gross };
            prop_assert!((fee * 10_000 - on * rate - fixed * 10_000).abs() * 2 <= 10_000);
        }
        // Without promotion and without rounding down the wanted proceeds remain, to the cent of each rounding.
        let up = sample.grid / 3 % 4 == 0 || sample.grid % 3 == 0;
        if let (false, None, true, Some(fee), None) = (sample.gross, sample.off, up && sample.grid < 12, found.fee, sample.bands) {
            prop_assert!((found.net - fee) * 100 >= sample.base - 200, "{found:?}");
        }
    }

    #[test]
    fn the_rules_agree_with_whole_numbers(
        base in 1i128..2_000_000,
        cost in 1i128..2_000_000,
        vat in prop_oneof![Just(2200i128), Just(1000), Just(400), Just(2550)],
        rate in 1i128..6000,
        markup in 0i128..5000,
    ) {
        let sample = Sample {
            base: base * 100,
            gross: false,
            cost,
            vat,
            fee: Some((rate, 0, false)),
            limits: None,
            bands: None,
            floor: Some((markup, false)),
            least: None,
            off: None,
            grid: 6,
        };
        let found = priced(&sample).unwrap();
        let (net, gross, floor) = oracle(base, cost, vat, rate, markup);
        prop_assert_eq!((found.net, found.gross, found.floor), (net, gross, Some(floor)));
    }
}
