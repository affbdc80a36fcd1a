//! What both formats ask of a document's date, number and kind.

use chrono::{Datelike as _, NaiveDate};

use crate::domain::fatturapa::schema::Id;
use crate::domain::fatturapa::tree::Node;
use crate::domain::money::Decimal;

use super::report::Report;

/// A document's own data.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// `TipoDocumento`.
    pub kind: &'a str,
    /// `Data`.
    pub date: Option<NaiveDate>,
    /// `Numero`.
    pub number: Option<Node<'a>>,
}

/// Reads kind, date and number, and judges them.
pub fn head<'a>(
    block: Node<'a>,
    [kind, date, number]: [Id; 3],
    received: Option<NaiveDate>,
    report: &mut Report,
) -> Head<'a> {
    let date_node = block.child(date);
    let date = date_node.and_then(|node| day(node.value()));
    if let (Some(received), Some(date), Some(node)) = (received, date, date_node)
        && date > received
    {
        report.at("00403", node);
    }
    let number = block.child(number);
    if let Some(number) = number.filter(|number| !number.value().bytes().any(|byte| byte.is_ascii_digit())) {
        report.at("00425", number);
    }
    Head { kind: block.text(kind).unwrap_or_default(), date, number }
}

/// 00409: the same number twice in one batch and year; a credit note may carry the number of an invoice once, and
/// `Art73` allows the same number several times in a year.
pub fn duplicates(heads: &[(Head<'_>, bool)], report: &mut Report) {
    let key = |head: &Head<'_>| {
        let credit = matches!(head.kind, "TD04" | "TD08");
        head.date.zip(head.number).map(|(date, number)| (date.year(), number.value().trim_ascii().to_owned(), credit))
    };
    let mut seen = std::collections::HashSet::new();
    for (head, has_art73) in heads {
        let Some(key) = key(head) else { continue };
        if !seen.insert(key)
            && !has_art73
            && let Some(number) = head.number
        {
            report.at("00409", number);
        }
    }
}

/// A date of the format, which may carry a time zone.
pub fn day(value: &str) -> Option<NaiveDate> {
    let text = value.trim_ascii().get(..10)?;
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(number(0..4)?).ok()?, number(5..7)?, number(8..10)?)
}

/// 00424: a rate between zero and one is a fraction written for a percentage.
pub fn percentage(block: Node<'_>, id: Id, rate: Decimal, report: &mut Report) {
    if rate > Decimal::ZERO
        && rate < Decimal::ONE
        && let Some(node) = block.child(id)
    {
        report.at("00424", node);
    }
}

/// 00445: umbrella codes are refused for documents of 2021 and later.
pub fn umbrella(natura: Option<Node<'_>>, date: Option<NaiveDate>, report: &mut Report) {
    let is_umbrella = |node: &Node<'_>| matches!(node.value().trim_ascii(), "N2" | "N3" | "N6");
    if let Some(natura) = natura.filter(is_umbrella)
        && date.is_none_or(|date| date.year() >= 2021)
    {
        report.at("00445", natura);
    }
}
