//! Bank statement CAMT.053 (ISO 20022): statements, booked entries, and the single transactions of collective entries.
//!
//! `CdtDbtInd` gives the sign, also of reversals: an entry that reverses a debit is a credit. Entries that are only pending are
//! left out; the balances do not hold them.

use super::amount::{amount, day, given};
use super::delimited::text;
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};
use super::xml::{Node, each};
use crate::domain::money::Decimal;

/// Reads all statements of a file.
///
/// # Errors
/// The file is not well-formed, or has no `Stmt`.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let mut read = Read::default();
    let mut open = Statement::default();
    each(&text(bytes), &["Ntry", "Stmt"], |_, node| {
        if node.name == "Ntry" {
            match entries(&node) {
                Ok(entries) => open.entries.extend(entries),
                Err(bad) => {
                    open.unread += 1;
                    read.bad_lines.push(bad);
                }
            }
        } else {
            read.statements.push(statement(&node, std::mem::take(&mut open)));
        }
    })?;
    if read.statements.is_empty() {
        return Err(StatementError::new(
            "no `Stmt` element: this is no CAMT.053 statement",
            "manca l'elemento `Stmt`: non è un estratto conto CAMT.053",
        ));
    }
    Ok(read)
}

/// What stands beside the entries: account, balances, totals.
fn statement(node: &Node, open: Statement) -> Statement {
    let balance = |codes: &[&str]| {
        node.all("Bal")
            .find(|balance| balance.text_at("Tp/CdOrPrtry/Cd").is_some_and(|code| codes.contains(&code)))
            .and_then(|balance| signed(balance, b'.'))
    };
    let text = |path: &str| node.text_at(path).map(str::to_owned);
    let total = |path: &str| node.text_at(path).and_then(|figure| amount(figure, Some(b'.')));
    let mut entries = open.entries;
    let currency = text("Acct/Ccy").or_else(|| node.at("Bal/Amt").and_then(|amount| amount.currency.clone()));
    for entry in &mut entries {
        entry.currency = entry.currency.take().or_else(|| currency.clone());
    }
    let count = text("TxsSummry/TtlNtries/NbOfNtries").and_then(|count| count.parse::<u64>().ok());
    let collective = entries.iter().any(|entry| entry.raw_kind.as_deref().is_some_and(|kind| kind.ends_with('*')));
    Statement {
        id: text("Id"),
        account: text("Acct/Id/IBAN").or_else(|| text("Acct/Id/Othr/Id")),
        currency,
        from: text("FrToDt/FrDtTm").and_then(|moment| day(&moment)),
        to: text("FrToDt/ToDtTm").and_then(|moment| day(&moment)),
        opening: balance(&["OPBD", "PRCD"]),
        closing: balance(&["CLBD"]),
        turnover: total("TxsSummry/TtlCdtNtries/Sum").zip(total("TxsSummry/TtlDbtNtries/Sum")),
        count: count.filter(|_| !collective),
        number: text("LglSeqNb").or_else(|| text("ElctrncSeqNb")).and_then(|number| number.parse().ok()),
        entries,
        ..open
    }
}

fn signed(node: &Node, decimal: u8) -> Option<Decimal> {
    let figure = amount(node.text_at("Amt")?, Some(decimal))?;
    Some(if node.text_at("CdtDbtInd") == Some("DBIT") { -figure } else { figure })
}

/// The lines of an entry: one, or one for each transaction of a collective entry when their amounts add up to it.
fn entries(node: &Node) -> Result<Vec<Entry>, BadLine> {
    let status = node.text_at("Sts/Cd").or_else(|| node.text_at("Sts"));
    if status.is_some_and(|status| status != "BOOK") {
        return Ok(Vec::new());
    }
    let net = signed(node, b'.').ok_or_else(|| BadLine {
        line: node.line,
        column: Some("Ntry/Amt".to_owned()),
        value: node.text_at("Amt").map(str::to_owned),
        message: "expected an amount such as `123.45` in `Amt` of the entry".to_owned(),
        message_it: "atteso un importo come `123.45` nell'elemento `Amt` del movimento".to_owned(),
    })?;
    let transactions: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let whole = entry(node, transactions.first().copied(), net);
    if transactions.len() < 2 {
        return Ok(vec![whole]);
    }
    let parts: Vec<Entry> = transactions.iter().filter_map(|part| transaction(node, part, net)).collect();
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.add(part.net));
    if parts.len() == transactions.len() && sum == Some(net) {
        return Ok(parts);
    }
    Ok(vec![whole])
}

/// A transaction of a collective entry; nothing when it does not say its amount.
fn transaction(node: &Node, part: &Node, entry_net: Decimal) -> Option<Entry> {
    let figure = part.text_at("Amt").or_else(|| part.text_at("AmtDtls/TxAmt/Amt"))?;
    let figure = amount(figure, Some(b'.'))?;
    let negative = part.text_at("CdtDbtInd").map_or(entry_net.is_negative(), |mark| mark == "DBIT");
    let own = entry(node, Some(part), if negative { -figure } else { figure });
    Some(Entry { raw_kind: Some(format!("{}*", own.raw_kind.as_deref().unwrap_or_default())), ..own })
}

fn entry(node: &Node, part: Option<&Node>, net: Decimal) -> Entry {
    let inside = |path: &str| part.and_then(|part| part.text_at(path)).and_then(given);
    let own = |path: &str| node.text_at(path).and_then(given);
    let date =
        |path: &str| own(&format!("{path}/Dt")).or_else(|| own(&format!("{path}/DtTm"))).and_then(|text| day(&text));
    // Money that comes in was sent by the debtor.
    let side = if net.is_negative() { ("Cdtr", "CdtrAcct") } else { ("Dbtr", "DbtrAcct") };
    let name = inside(&format!("RltdPties/{}/Nm", side.0)).or_else(|| inside(&format!("RltdPties/{}/Pty/Nm", side.0)));
    let mut texts: Vec<String> = Vec::new();
    if let Some(remittance) = part.and_then(|part| part.at("RmtInf")) {
        texts.extend(remittance.all("Ustrd").filter_map(|text| given(&text.text)));
        texts.extend(remittance.all("Strd").filter_map(|text| text.text_at("CdtrRefInf/Ref").and_then(given)));
    }
    if texts.is_empty() {
        texts.extend(inside("AddtlTxInf").or_else(|| own("AddtlNtryInf")));
    }
    let end_to_end = inside("Refs/EndToEndId").filter(|reference| reference != "NOTPROVIDED");
    Entry {
        line: part.map_or(node.line, |part| part.line),
        id: inside("Refs/AcctSvcrRef").or_else(|| own("AcctSvcrRef")).or_else(|| own("NtryRef")),
        kind: EntryKind::Movement,
        raw_kind: own("BkTxCd/Prtry/Cd").or_else(|| own("BkTxCd/Domn/Fmly/SubFmlyCd")),
        counterparty: name,
        counterparty_account: inside(&format!("RltdPties/{}/Id/IBAN", side.1)),
        text: given(&texts.join(" ")),
        reference: end_to_end.or_else(|| inside("Refs/TxId")),
        booked_on: date("BookgDt"),
        value_on: date("ValDt"),
        currency: node.at("Amt").and_then(|amount| amount.currency.clone()),
        gross: Some(net),
        net,
        ..Entry::default()
    }
}
