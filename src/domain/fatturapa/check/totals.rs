//! Controls on lines and summaries: rates, natures and the arithmetic of section 6.

use crate::domain::{
    fatturapa::{
        amount::{CENT, EURO, less_percent, tax_on, total, within},
        codes::{AdjustmentKind, DocumentType, Natura, VatDue},
        model::{Adjustment, AdjustmentAmount, Invoice, Line, Summary},
    },
    money::Decimal,
};

use super::{
    document::percentage,
    report::{At, LINE, Report, SUMMARY},
};

/// Decimals kept between two percentages; far beyond what the tolerance of a cent can see.
const WORKING_SCALE: u8 = 12;

/// Runs these controls.
pub fn check(invoice: &Invoice, report: &mut Report) {
    for (index, item) in invoice.lines.iter().enumerate() {
        line(invoice, item, index, report);
    }
    for (index, item) in invoice.summaries.iter().enumerate() {
        summary(invoice, item, index, report);
    }
    rates(invoice, report);
    natures(invoice, report);
}

/// TD16 may have a rate and a natura at once.
fn may_have_both(invoice: &Invoice) -> bool {
    invoice.document.tipo_documento == DocumentType::Td16
}

fn line(invoice: &Invoice, line: &Line, index: usize, report: &mut Report) {
    let at = At::nth(LINE, index, "Natura");
    match line.natura {
        None if line.aliquota_iva.is_zero() => report.rule("00400", at, &""),
        Some(natura) if !line.aliquota_iva.is_zero() && !may_have_both(invoice) => report.rule("00401", at, &natura),
        _ => {}
    }
    umbrella(invoice, line.natura, at, report);
    percentage(line.aliquota_iva, at.leaf("AliquotaIVA"), report);
    if invoice.document.tipo_documento == DocumentType::Td21 && line.aliquota_iva.is_zero() {
        report.rule("00474", at.leaf("AliquotaIVA"), &line.aliquota_iva);
    }
    let expected = line_total(line);
    if !expected.is_some_and(|expected| within(expected, line.prezzo_totale, CENT)) {
        report.expected(
            "00423",
            at.leaf("PrezzoTotale"),
            &line.prezzo_totale,
            expected.map(|expected| expected.round(8)),
        );
    }
}

fn umbrella(invoice: &Invoice, natura: Option<Natura>, at: At, report: &mut Report) {
    let is_late = chrono::Datelike::year(&invoice.document.data) >= 2021;
    if let Some(natura) = natura.filter(|natura| is_late && natura.is_umbrella()) {
        report.rule("00445", at, &natura);
    }
}

/// Unit price with its discounts, one after the other, times quantity; none when it leaves 38 digits, which no admitted
/// amount does.
fn line_total(line: &Line) -> Option<Decimal> {
    let price = line.sconti.iter().try_fold(line.prezzo_unitario, adjusted)?;
    line.quantita.map_or(Some(price), |quantity| price.mul(quantity))
}

fn adjusted(price: Decimal, adjustment: &Adjustment) -> Option<Decimal> {
    let is_discount = adjustment.tipo == AdjustmentKind::Discount;
    let adjusted = match adjustment.amount {
        AdjustmentAmount::Importo(amount) if is_discount => price.sub(amount),
        AdjustmentAmount::Importo(amount) => price.add(amount),
        AdjustmentAmount::Percentuale(percent) => less_percent(price, if is_discount { percent } else { -percent }),
    };
    adjusted.map(|price| price.round(WORKING_SCALE))
}

fn summary(invoice: &Invoice, summary: &Summary, index: usize, report: &mut Report) {
    let at = At::nth(SUMMARY, index, "Natura");
    match summary.natura {
        None if summary.aliquota_iva.is_zero() => report.rule("00429", at, &""),
        Some(natura) if !summary.aliquota_iva.is_zero() && !may_have_both(invoice) => report.rule("00430", at, &natura),
        _ => {}
    }
    if let Some(natura) =
        summary.natura.filter(|natura| natura.is_reverse_charge() && summary.esigibilita_iva == Some(VatDue::Split))
    {
        report.rule("00420", at, &natura);
    }
    umbrella(invoice, summary.natura, at, report);
    percentage(summary.aliquota_iva, at.leaf("AliquotaIVA"), report);
    let expected = tax_on(summary.imponibile_importo, summary.aliquota_iva);
    if !expected.is_some_and(|expected| within(expected, summary.imposta, CENT)) {
        report.expected("00421", at.leaf("Imposta"), &summary.imposta, expected);
    }
}

/// 00419, 00443 and, for each rate of the summaries or of the lines, 00422.
fn rates(invoice: &Invoice, report: &mut Report) {
    let of_funds = invoice.document.casse.iter().map(|fund| fund.aliquota_iva);
    let sold = distinct(invoice.lines.iter().map(|line| line.aliquota_iva).chain(of_funds));
    let summed = distinct(invoice.summaries.iter().map(|summary| summary.aliquota_iva));
    let at = At::new("FatturaElettronicaBody[1]/DatiBeniServizi", "DatiRiepilogo");
    if invoice.summaries.len() < sold.len() {
        report.rule("00419", at, &invoice.summaries.len());
    }
    let missing = sold.iter().find(|rate| !summed.contains(rate));
    if let Some(rate) = missing.or_else(|| summed.iter().find(|rate| !sold.contains(rate))) {
        report.rule("00443", at, &rate);
    }
    for rate in distinct(summed.iter().chain(&sold).copied()) {
        base(invoice, rate, report);
    }
}

fn base(invoice: &Invoice, rate: Decimal, report: &mut Report) {
    let summaries = || invoice.summaries.iter().filter(|summary| summary.aliquota_iva == rate);
    let lines = invoice.lines.iter().filter(|line| line.aliquota_iva == rate).map(|line| line.prezzo_totale);
    let funds = invoice
        .document
        .casse
        .iter()
        .filter(|fund| fund.aliquota_iva == rate)
        .map(|fund| fund.importo_contributo_cassa);
    let roundings = summaries().filter_map(|summary| summary.arrotondamento);
    let expected = total(lines.chain(funds).chain(roundings));
    let stated = total(summaries().map(|summary| summary.imponibile_importo));
    if !expected.zip(stated).is_some_and(|(expected, stated)| within(expected, stated, EURO)) {
        let index = invoice.summaries.iter().position(|summary| summary.aliquota_iva == rate);
        let at =
            index.map_or(At::new(SUMMARY, "ImponibileImporto"), |index| At::nth(SUMMARY, index, "ImponibileImporto"));
        report.expected(
            "00422",
            at,
            &stated.map(|stated| stated.to_string()).unwrap_or_default(),
            expected.map(|expected| expected.round(8)),
        );
    }
}

/// 00444.
fn natures(invoice: &Invoice, report: &mut Report) {
    let of_funds = invoice.document.casse.iter().filter_map(|fund| fund.natura);
    let sold = distinct(invoice.lines.iter().filter_map(|line| line.natura).chain(of_funds));
    let summed = distinct(invoice.summaries.iter().filter_map(|summary| summary.natura));
    let missing = sold.iter().find(|natura| !summed.contains(natura));
    if let Some(natura) = missing.or_else(|| summed.iter().find(|natura| !sold.contains(natura))) {
        report.rule("00444", At::new("FatturaElettronicaBody[1]/DatiBeniServizi", "DatiRiepilogo"), &natura);
    }
}

/// The few different values of an invoice, in order of appearance.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}
