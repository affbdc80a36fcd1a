//! Controls on the document's own data: date, number, references, withholdings, funds.

use chrono::NaiveDate;

use crate::domain::{
    fatturapa::{amount::HUNDRED, model::Invoice},
    money::Decimal,
};

use super::report::{At, DOCUMENT, FUND, LINE, LINKED, Report};

/// Runs these controls.
pub fn check(invoice: &Invoice, received: Option<NaiveDate>, report: &mut Report) {
    let document = &invoice.document;
    if received.is_some_and(|received| document.data > received) {
        report.rule("00403", At::new(DOCUMENT, "Data"), &document.data);
    }
    if !document.numero.bytes().any(|byte| byte.is_ascii_digit()) {
        report.rule("00425", At::new(DOCUMENT, "Numero"), &document.numero);
    }
    for (index, linked) in invoice.linked_invoices.iter().enumerate() {
        if let Some(date) = linked.data.filter(|date| *date > document.data) {
            report.rule("00418", At::nth(LINKED, index, "Data"), &date);
        }
    }
    withholdings(invoice, report);
    funds(invoice, report);
}

fn withholdings(invoice: &Invoice, report: &mut Report) {
    if !invoice.document.ritenute.is_empty() {
        return;
    }
    if let Some(index) = invoice.lines.iter().position(|line| line.ritenuta) {
        report.rule("00411", At::nth(LINE, index, "Ritenuta"), &"SI");
    }
    if let Some(index) = invoice.document.casse.iter().position(|fund| fund.ritenuta) {
        report.rule("00415", At::nth(FUND, index, "Ritenuta"), &"SI");
    }
}

fn funds(invoice: &Invoice, report: &mut Report) {
    for (index, fund) in invoice.document.casse.iter().enumerate() {
        let at = At::nth(FUND, index, "Natura");
        match fund.natura {
            None if fund.aliquota_iva.is_zero() => report.rule("00413", at, &""),
            Some(natura) if !fund.aliquota_iva.is_zero() => report.rule("00414", at, &natura),
            _ => {}
        }
        percentage(fund.aliquota_iva, at.leaf("AliquotaIVA"), report);
    }
}

/// 00424: a rate between zero and one is a fraction written for a percentage.
pub fn percentage(rate: Decimal, at: At, report: &mut Report) {
    if rate > Decimal::ZERO && rate < Decimal::ONE {
        report.expected("00424", at, &rate, rate.mul(HUNDRED).map(Decimal::trimmed));
    }
}
