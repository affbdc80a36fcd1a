//! Funds and withholdings, worked out and given.

use super::super::build::build;
use super::super::codes::{FundKind, LineKind, Natura, WithholdingKind};
use super::super::model::Invoice;
use super::super::request::{BuildSettings, Extra, GrossLine, InvoiceRequest, LineDetails};
use super::super::test_support::{business, decimal, errors, line, request, seller};
use super::*;

fn fund(kind: FundKind, rate: &str) -> FundRequest {
    FundRequest {
        kind,
        rate: decimal(rate),
        amount: None,
        base: None,
        vat_rate: decimal("22"),
        natura: None,
        riferimento_normativo: None,
        withheld: false,
    }
}

fn withholding(kind: WithholdingKind, rate: &str, reason: &str) -> WithholdingRequest {
    WithholdingRequest { kind, rate: decimal(rate), amount: None, reason: reason.to_owned() }
}

fn fee(extra: Extra) -> InvoiceRequest {
    let net = |price: &str| GrossLine { net: true, ..line("1", price, "22") };
    let expenses = GrossLine { kind: Some(LineKind::Ancillary), ..net("50.00") };
    InvoiceRequest { extra, ..request(business(), vec![net("1000.00"), expenses]) }
}

fn built(request: &InvoiceRequest) -> Invoice {
    let invoice = build(request, &seller(), &BuildSettings::default()).unwrap().invoice;
    assert_eq!(errors(&invoice, Some(request.date)), []);
    invoice
}

#[test]
fn a_fee_with_fund_and_withholding() {
    let extra = Extra {
        funds: vec![fund(FundKind::Tc04, "4")],
        withholdings: vec![withholding(WithholdingKind::Rt01, "20", "A")],
        ..Extra::default()
    };
    let invoice = built(&fee(extra));
    let (tax, contribution) = (&invoice.document.ritenute[0], &invoice.document.casse[0]);
    // 4 % of 1050.00; 22 % of 1092.00; tax is withheld on the fee alone.
    assert_eq!(
        (contribution.imponibile_cassa, contribution.importo_contributo_cassa),
        (Some(decimal("1050.00")), decimal("42.00"))
    );
    assert_eq!(
        (invoice.summaries[0].imponibile_importo, invoice.summaries[0].imposta),
        (decimal("1092.00"), decimal("240.24"))
    );
    assert_eq!(tax.importo_ritenuta, decimal("200.00"));
    assert_eq!(invoice.document.importo_totale_documento, Some(decimal("1332.24")));
    assert_eq!(invoice.payments[0].dettagli[0].importo_pagamento, decimal("1132.24"));
    assert_eq!(invoice.lines.iter().map(|line| line.ritenuta).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn lines_and_funds_may_say_otherwise() {
    let extra = Extra {
        funds: vec![FundRequest { withheld: true, amount: Some(decimal("10.00")), ..fund(FundKind::Tc22, "4") }],
        withholdings: vec![
            withholding(WithholdingKind::Rt02, "20", "A"),
            withholding(WithholdingKind::Rt04, "8.5", "R"),
        ],
        ..Extra::default()
    };
    let mut request = fee(extra);
    request.lines[1].details = LineDetails { withheld: Some(true), ..LineDetails::default() };
    let invoice = built(&request);
    let amounts: Vec<String> =
        invoice.document.ritenute.iter().map(|ritenuta| ritenuta.importo_ritenuta.to_string()).collect();
    assert_eq!(amounts, ["212.00", "90.10"], "on 1050.00 and the fund's 10.00");
}

#[test]
fn a_fund_without_vat_is_a_summary_of_its_own() {
    let free = FundRequest { vat_rate: decimal("0"), natura: Some(Natura::N22), ..fund(FundKind::Tc01, "4") };
    let request = fee(Extra { funds: vec![free], ..Extra::default() });
    let invoice = built(&request);
    let rates: Vec<String> = invoice.summaries.iter().map(|summary| summary.aliquota_iva.to_string()).collect();
    assert_eq!(rates, ["0.00", "22.00"]);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let with = |fund: Option<FundRequest>, tax: Option<WithholdingRequest>| {
        fee(Extra { funds: fund.into_iter().collect(), withholdings: tax.into_iter().collect(), ..Extra::default() })
    };
    let good = || withholding(WithholdingKind::Rt01, "20", "A");
    let cases = [
        (with(Some(fund(FundKind::Tc04, "104")), None), Reason::BadFund),
        (
            with(Some(FundRequest { amount: Some(decimal("0.001")), ..fund(FundKind::Tc04, "4") }), None),
            Reason::BadFund,
        ),
        (with(Some(FundRequest { vat_rate: decimal("0"), ..fund(FundKind::Tc04, "4") }), None), Reason::MissingNatura),
        (
            with(Some(FundRequest { natura: Some(Natura::N4), ..fund(FundKind::Tc04, "4") }), None),
            Reason::UnexpectedNatura,
        ),
        (with(None, Some(withholding(WithholdingKind::Rt01, "20", "Z"))), Reason::BadWithholding),
        (with(None, Some(withholding(WithholdingKind::Rt01, "-1", "A"))), Reason::BadWithholding),
        (with(None, Some(WithholdingRequest { amount: Some(decimal("1.005")), ..good() })), Reason::BadWithholding),
    ];
    for (request, expected) in cases {
        let problems = build(&request, &seller(), &BuildSettings::default()).unwrap_err();
        assert_eq!(problems[0].reason, expected, "{request:?}");
    }
}
