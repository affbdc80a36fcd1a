//! The arithmetic of one line with awkward cents, and its refusals.

use super::super::test_support::{decimal, line};
use super::*;

/// Unit price, discount and total of a line as they are written.
fn priced(source: &GrossLine, due: Option<&str>) -> (String, String, String) {
    let appraised = appraise(source, 0, DocumentType::Td01).unwrap();
    let line = finish(&appraised, due.map_or(appraised.paid, decimal), 0, &mut Texts::default()).unwrap();
    let discount = line.sconti.first().map(|adjustment| match adjustment.amount {
        AdjustmentAmount::Percentuale(percent) => format!("{} {percent}%", adjustment.tipo),
        AdjustmentAmount::Importo(amount) => format!("{} {amount}", adjustment.tipo),
    });
    (line.prezzo_unitario.to_string(), discount.unwrap_or_default(), line.prezzo_totale.to_string())
}

#[test]
fn awkward_cents() {
    let with = |quantity, price, rate, discount, total: Option<&str>| GrossLine {
        discount,
        total: total.map(decimal),
        ..line(quantity, price, rate)
    };
    let cases = [
        (with("1", "19.99", "22", Discount::None, None), None, ("16.3852459", "", "16.3852459")),
        (with("3", "0.10", "22", Discount::None, None), None, ("0.08196721", "", "0.24590163")),
        (with("2.5", "4.00", "10", Discount::None, None), None, ("3.63636364", "", "9.0909091")),
        (with("1", "10.00", "0", Discount::None, None), None, ("10.00", "", "10.00")),
        (with("2", "12.20", "22", Discount::Percent(decimal("10")), None), None, ("10.00", "SC 10.00%", "18.00")),
        (
            with("1", "12.20", "22", Discount::Percent(decimal("33.333")), None),
            None,
            ("10.00", "SC 3.33606557", "6.66393443"),
        ),
        (with("2", "12.20", "22", Discount::PerUnit(decimal("1.22")), None), None, ("10.00", "SC 1.00", "18.00")),
        (with("2", "12.20", "22", Discount::Line(decimal("2.44")), None), None, ("10.00", "SC 1.00", "18.00")),
        // Three for ten euro: the price shown is rounded, the total is what was paid.
        (with("3", "3.33", "22", Discount::None, Some("10.00")), None, ("2.73224044", "", "8.19672132")),
        // A share of the order's discount comes on top.
        (with("2", "12.20", "22", Discount::None, None), Some("21.96"), ("10.00", "SC 1.00", "18.00")),
        (
            with("2", "12.20", "22", Discount::Percent(decimal("10")), None),
            Some("20.74"),
            ("10.00", "SC 1.50", "17.00"),
        ),
        // A negative quantity is a negative price.
        (with("-2", "12.20", "22", Discount::None, None), None, ("-10.00", "", "-20.00")),
    ];
    for (source, due, (unit, discount, total)) in cases {
        let found = priced(&source, due);
        assert_eq!(found, (unit.to_owned(), discount.to_owned(), total.to_owned()), "{source:?}");
    }
}

#[test]
fn wrong_lines_are_refused_with_their_reason() {
    let good = || line("1", "12.20", "22");
    let cases = [
        (GrossLine { quantity: decimal("0"), ..good() }, Reason::BadQuantity),
        (GrossLine { quantity: decimal("0.000000001"), ..good() }, Reason::BadQuantity),
        (GrossLine { rate: decimal("0.22"), ..good() }, Reason::BadRate),
        (GrossLine { rate: decimal("101"), ..good() }, Reason::BadRate),
        (GrossLine { rate: decimal("0"), ..good() }, Reason::MissingNatura),
        (GrossLine { natura: Some(Natura::N4), ..good() }, Reason::UnexpectedNatura),
        (GrossLine { discount: Discount::Percent(decimal("100.5")), ..good() }, Reason::BadDiscount),
        (GrossLine { total: Some(decimal("12.205")), ..good() }, Reason::FractionOfCent),
        (GrossLine { total: Some(decimal("11.00")), ..good() }, Reason::LineTotalMismatch),
        (GrossLine { unit_price: decimal("100000000000"), ..good() }, Reason::AmountTooLarge),
    ];
    for (source, reason) in cases {
        let found: Vec<Reason> =
            appraise(&source, 4, DocumentType::Td01).unwrap_err().iter().map(|error| error.reason).collect();
        assert_eq!(found, [reason], "{source:?}");
    }
    assert_eq!(
        appraise(&GrossLine { quantity: decimal("0"), ..good() }, 4, DocumentType::Td01).unwrap_err()[0].field,
        "lines[4].quantity"
    );
    let silent = GrossLine { description: "漢字".to_owned(), ..good() };
    let problem =
        finish(&appraise(&silent, 0, DocumentType::Td01).unwrap(), decimal("12.20"), 0, &mut Texts::default())
            .unwrap_err();
    assert_eq!(problem.reason, Reason::MissingDescription);
}

#[test]
fn all_problems_of_a_line_are_reported_together() {
    let source = GrossLine { total: Some(decimal("1")), ..line("0", "12.20", "0.22") };
    assert_eq!(appraise(&source, 0, DocumentType::Td01).unwrap_err().len(), 3);
}
