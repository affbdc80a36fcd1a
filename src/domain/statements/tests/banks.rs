//! Bank statements, and statements that are missing.

use super::*;

const CAMT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<d:Document xmlns:d="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><d:BkToCstmrStmt><d:GrpHdr><d:MsgId>M</d:MsgId></d:GrpHdr>
<d:Stmt><d:Id>S-327</d:Id><d:ElctrncSeqNb>327</d:ElctrncSeqNb><d:FrToDt><d:FrDtTm>2026-11-23T00:00:00</d:FrDtTm><d:ToDtTm>2026-11-23T23:59:59</d:ToDtTm></d:FrToDt>
<d:Acct><d:Id><d:IBAN>IT60X0542811101000000123456</d:IBAN></d:Id><d:Ccy>EUR</d:Ccy></d:Acct>
<d:Bal><d:Tp><d:CdOrPrtry><d:Cd>OPBD</d:Cd></d:CdOrPrtry></d:Tp><d:Amt Ccy="EUR">1000.00</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Dt><d:Dt>2026-11-22</d:Dt></d:Dt></d:Bal>
<d:Bal><d:Tp><d:CdOrPrtry><d:Cd>CLBD</d:Cd></d:CdOrPrtry></d:Tp><d:Amt Ccy="EUR">1148.65</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Dt><d:Dt>2026-11-23</d:Dt></d:Dt></d:Bal>
<d:TxsSummry><d:TtlCdtNtries><d:Sum>157.25</d:Sum></d:TtlCdtNtries><d:TtlDbtNtries><d:Sum>8.60</d:Sum></d:TtlDbtNtries></d:TxsSummry>
<d:Ntry><d:Amt Ccy="EUR">127.25</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Sts>BOOK</d:Sts><d:BookgDt><d:Dt>2026-11-23</d:Dt></d:BookgDt><d:ValDt><d:Dt>2026-11-24</d:Dt></d:ValDt><d:AcctSvcrRef>B1</d:AcctSvcrRef>
 <d:NtryDtls><d:TxDtls><d:Refs><d:EndToEndId>NOTPROVIDED</d:EndToEndId></d:Refs><d:RltdPties><d:Dbtr><d:Nm>Stripe &amp; Co</d:Nm></d:Dbtr></d:RltdPties><d:RmtInf><d:Ustrd>STRIPE po_1</d:Ustrd></d:RmtInf></d:TxDtls></d:NtryDtls></d:Ntry>
<d:Ntry><d:Amt Ccy="EUR">30.00</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Sts><d:Cd>BOOK</d:Cd></d:Sts><d:BookgDt><d:Dt>2026-11-23</d:Dt></d:BookgDt><d:ValDt><d:Dt>2026-11-23</d:Dt></d:ValDt>
 <d:NtryDtls><d:TxDtls><d:Refs><d:EndToEndId>E1</d:EndToEndId></d:Refs><d:Amt Ccy="EUR">10.00</d:Amt></d:TxDtls><d:TxDtls><d:Refs><d:EndToEndId>E2</d:EndToEndId></d:Refs><d:Amt Ccy="EUR">20.00</d:Amt></d:TxDtls></d:NtryDtls></d:Ntry>
<d:Ntry><d:Amt Ccy="EUR">8.60</d:Amt><d:CdtDbtInd>DBIT</d:CdtDbtInd><d:Sts>BOOK</d:Sts><d:BookgDt><d:Dt>2026-11-23</d:Dt></d:BookgDt><d:ValDt><d:Dt>2026-11-23</d:Dt></d:ValDt><d:AddtlNtryInf>Canone</d:AddtlNtryInf></d:Ntry>
<d:Ntry><d:Amt Ccy="EUR">99.00</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Sts>PDNG</d:Sts></d:Ntry>
</d:Stmt></d:BkToCstmrStmt></d:Document>"#;

#[test]
fn camt_entries_close_the_balance() {
    let statement = &plain(Layout::Camt053, CAMT).statements[0];
    assert_eq!(failed(statement), []);
    assert_eq!(statement.account.as_deref(), Some("IT60X0542811101000000123456"));
    assert_eq!(
        lines(statement),
        [
            "movement - 127.25 - 127.25 EUR 2026-11-23",
            "movement - 10.00 - 10.00 EUR 2026-11-23",
            "movement - 20.00 - 20.00 EUR 2026-11-23",
            "movement - -8.60 - -8.60 EUR 2026-11-23",
        ]
    );
    let first = &statement.entries[0];
    assert_eq!(first.counterparty.as_deref(), Some("Stripe & Co"));
    assert_eq!((first.text.as_deref(), first.reference.as_deref()), (Some("STRIPE po_1"), None));
    assert_eq!(statement.entries[2].reference.as_deref(), Some("E2"));
    assert_eq!(statement.entries[3].text.as_deref(), Some("Canone"));
}

#[test]
fn camt_that_is_cut_or_hostile_is_an_error_with_its_line() {
    let cut = &CAMT[..CAMT.len() - 40];
    let error = read(Layout::Camt053, cut.as_bytes(), &ListColumns::default()).unwrap_err();
    assert!(error.message.contains("the file ends in the middle"), "{error}");
    let dtd = CAMT.replacen("<d:Document", "<!DOCTYPE x [<!ENTITY a 'b'>]><d:Document", 1);
    let error = read(Layout::Camt053, dtd.as_bytes(), &ListColumns::default()).unwrap_err();
    assert!(error.message.contains("DTD"), "{error}");
    let bad = plain(Layout::Camt053, &CAMT.replacen(">127.25<", ">molti<", 1));
    assert_eq!((bad.bad_lines[0].line, bad.statements[0].unread), (8, 1));
    let deep = "<a>".repeat(200);
    assert!(read(Layout::Camt053, deep.as_bytes(), &ListColumns::default()).is_err());
}

const MT940: &str = "{1:F01BANKITMMXXXX}{4:\r
:20:ESTRATTO\r
:25:IT60X0542811101000000123456\r
:28C:00327/001\r
:60F:C261122EUR1000,00\r
:61:2611241123C127,25NTRFNONREF//B1\r
:86:/EREF/PO1-E2E/REMI/STRIPE po_1\r
 seconda riga\r
:61:2601021231D8,6NCHGCANONE\r
:62F:C261123EUR1118,65\r
-}\r
";

#[test]
fn mt940_signs_days_and_texts() {
    let statement = &plain(Layout::Mt940, MT940).statements[0];
    assert_eq!(failed(statement), []);
    assert_eq!(statement.number, Some(327));
    let first = &statement.entries[0];
    assert_eq!((first.reference.as_deref(), first.id.as_deref()), (Some("PO1-E2E"), Some("B1")));
    assert_eq!(first.text.as_deref(), Some("/EREF/PO1-E2E/REMI/STRIPE po_1 seconda riga"));
    // Booked on the last day of the year before the value date.
    assert_eq!(statement.entries[1].booked_on.unwrap().to_string(), "2025-12-31");
    let bad = plain(Layout::Mt940, &MT940.replacen("C127,25", "Z127,25", 1));
    assert_eq!((bad.bad_lines[0].line, bad.statements[0].unread), (6, 1));
    assert!(read(Layout::Mt940, b"ciao", &ListColumns::default()).is_err());
}

fn record(kind: &str, parts: &[(usize, &str)]) -> String {
    let mut cells: Vec<char> = format!(" {kind}{}", " ".repeat(117)).chars().collect();
    for (from, text) in parts {
        for (offset, letter) in text.chars().enumerate() {
            cells[from - 1 + offset] = letter;
        }
    }
    cells.into_iter().collect::<String>() + "\r\n"
}

#[test]
fn cbi_records_by_position() {
    let file = [
        record("RH", &[]),
        record("61", &[(14, "X0542811101000000123456"), (36, "221126"), (42, "C"), (43, "000000001000,00")]),
        record(
            "62",
            &[
                (4, "0000001"),
                (11, "001"),
                (14, "241126"),
                (20, "231126"),
                (26, "C"),
                (27, "000000000127,25"),
                (42, "48"),
                (62, "B1"),
                (87, "BONIFICO STRIPE"),
            ],
        ),
        record("63", &[(14, "po_1 payout")]),
        record(
            "62",
            &[
                (4, "0000001"),
                (11, "002"),
                (14, "231126"),
                (20, "231126"),
                (26, "D"),
                (27, "000000000000860"),
                (42, "16"),
            ],
        ),
        record("64", &[(36, "231126"), (42, "C"), (43, "000000001118,65")]),
        record("EF", &[]),
    ];
    let statement = &plain(Layout::Cbi, &file.concat()).statements[0];
    assert_eq!(failed(statement), []);
    assert_eq!(statement.entries[0].text.as_deref(), Some("BONIFICO STRIPE po_1 payout"));
    let without: String = [&file[..4], &file[5..]].concat().concat();
    assert_eq!(failed(&plain(Layout::Cbi, &without).statements[0])[0].0, ControlKind::Balance);
    assert!(read(Layout::Cbi, b"nulla", &ListColumns::default()).is_err());
}

#[test]
fn a_bank_export_may_have_two_columns_for_the_amount() {
    let columns = ListColumns {
        credit: Some("Avere".into()),
        debit: Some("Dare".into()),
        date: Some("Data contabile".into()),
        text: Some("Descrizione".into()),
        kind: EntryKind::Movement,
        ..ListColumns::default()
    };
    let list = "Data contabile;Descrizione;Dare;Avere\n23/11/2026;Incasso;;127,25\n23/11/2026;Canone;-8,60;\n";
    let read = super::read(Layout::List, list.as_bytes(), &columns).unwrap();
    let nets: Vec<String> = read.statements[0].entries.iter().map(|entry| entry.net.to_string()).collect();
    assert_eq!(nets, ["127.25", "-8.60"]);
}

#[test]
fn a_missing_statement_is_a_gap() {
    let day = |number: u64, opening: &str, closing: &str| Statement {
        account: Some("A".into()),
        number: Some(number),
        from: chrono::NaiveDate::from_ymd_opt(2026, 11, u32::try_from(number).unwrap()),
        opening: Some(opening.parse().unwrap()),
        closing: Some(closing.parse().unwrap()),
        ..Statement::default()
    };
    let (first, second, fourth) = (day(1, "10", "20"), day(2, "20", "15"), day(4, "18", "30"));
    let found = gaps(&[&fourth, &first, &second, &first]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.difference.unwrap().to_string()), (0, "3".to_owned()));
    let numbered = |number| Statement { opening: None, closing: None, ..day(number, "0", "0") };
    let (first, third) = (numbered(1), numbered(3));
    assert_eq!(gaps(&[&first, &third])[0].1.expected, "2");
}
