//! Payment providers, marketplaces and couriers.

use super::*;

const STRIPE: &str = "\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,automatic_payout_id,payment_metadata[order_id]
txn_1,2026-11-20 22:59:30,2026-11-23 00:00:00,eur,100.00,1.75,98.25,charge,ch_1,\"Ordine, 1001\",ch_1,pi_1,po_1,1001
txn_2,2026-11-20 23:00:30,2026-11-23 00:00:00,eur,50.00,1.00,49.00,charge,ch_2,,ch_2,pi_2,po_1,1002
txn_3,2026-11-21 10:00:00,2026-11-23 00:00:00,eur,-20.00,0.00,-20.00,refund,re_1,,ch_1,pi_1,po_1,1001
txn_4,2026-11-23 00:10:00,2026-11-23 00:00:00,eur,-127.25,0.00,-127.25,payout,po_1,,,,,
txn_5,2026-11-23 09:00:00,2026-11-25 00:00:00,jpy,5000,180,4820,charge,ch_9,,ch_9,pi_9,,1009
";

#[test]
fn stripe_report_groups_by_payout_and_closes() {
    let read = plain(Layout::StripeReport, STRIPE);
    assert_eq!(read.statements.len(), 2);
    let paid = &read.statements[0];
    assert_eq!((paid.id.as_deref(), paid.total.unwrap().to_string()), (Some("po_1"), "127.25".to_owned()));
    assert_eq!(
        lines(paid),
        [
            "charge 1001 100.00 -1.75 98.25 EUR 2026-11-20",
            // Half past midnight in Rome.
            "charge 1002 50.00 -1.00 49.00 EUR 2026-11-21",
            "refund 1001 -20.00 0.00 -20.00 EUR 2026-11-21",
            "payout - -127.25 0.00 -127.25 EUR 2026-11-23",
        ]
    );
    assert_eq!(failed(paid), []);
    let pending = &read.statements[1];
    assert_eq!((pending.id.as_deref(), pending.total), (None, None));
    assert_eq!(lines(pending), ["charge 1009 5000.00 -180.00 4820.00 JPY 2026-11-23"]);
}

#[test]
fn stripe_report_with_a_page_missing_says_so() {
    let cut: String =
        STRIPE.lines().filter(|line| !line.starts_with("txn_2")).map(|line| format!("{line}\n")).collect();
    let read = plain(Layout::StripeReport, &cut);
    assert_eq!(failed(&read.statements[0]), [(ControlKind::Total, "127.25".to_owned(), "78.25".to_owned())]);
    assert!(controls(&read.statements[0])[0].message().contains("a page or a line is missing"));
}

#[test]
fn a_bad_amount_is_one_bad_line() {
    let read = plain(Layout::StripeReport, &STRIPE.replace("50.00,1.00,49.00", "50.00,1.00,quarantanove"));
    let bad = &read.bad_lines[0];
    assert_eq!((bad.line, bad.column.as_deref(), bad.value.as_deref()), (3, Some("net"), Some("quarantanove")));
    assert_eq!(read.statements[0].unread, 1);
    assert!(failed(&read.statements[0]).iter().any(|(kind, _, _)| *kind == ControlKind::Unread));
}

#[test]
fn a_renamed_column_is_named() {
    let error =
        super::read(Layout::StripeReport, STRIPE.replace(",net,", ",netto,").as_bytes(), &ListColumns::default())
            .unwrap_err();
    assert!(error.message.contains("`net` is missing") && error.message.contains("`netto`"), "{error}");
}

#[test]
fn stripe_api_rows_are_in_minor_units() {
    let page = r#"{"object":"list","data":[
      {"id":"txn_1","amount":10000,"fee":175,"net":9825,"currency":"eur","type":"charge","reporting_category":"charge",
       "created":1795215630,"available_on":1795392000,"source":{"id":"ch_1","payment_intent":"pi_1","metadata":{"order_id":"1001"}}},
      {"id":"txn_2","amount":5000,"fee":180,"net":4820,"currency":"jpy","type":"charge","created":1795215630,"source":"ch_2"},
      {"id":"txn_3","amount":12.5,"fee":0,"net":12,"currency":"eur","type":"charge","created":1795215630,"source":"ch_3"}]}"#;
    let read = plain(Layout::StripeApi, page);
    let all: Vec<String> = read.statements.iter().flat_map(lines).collect();
    assert_eq!(
        all,
        ["charge 1001 100.00 -1.75 98.25 EUR 2026-11-21", "charge - 5000.00 -180.00 4820.00 JPY 2026-11-21"]
    );
    assert_eq!(read.bad_lines[0].column.as_deref(), Some("amount"));
    let by_line =
        plain(Layout::StripeApi, "{\"id\":\"txn_1\",\"net\":1,\"type\":\"fee\"}\n{\"id\":\"txn_2\",\"net\":2}\n");
    assert_eq!(by_line.statements.iter().map(|statement| statement.entries.len()).sum::<usize>(), 2);
}

const PAYPAL: &str = "\
\"RH\",2026/11/23 02:44:19 -0800,\"A\",\"ACCT\",011,
\"FH\",01
\"SH\",2026/11/22 00:00:00 -0800,2026/11/22 23:59:59 -0800,\"ACCT\",\"\"
\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Custom Field\",\"New Column\"
\"SB\",\"T1\",\"1001\",\"\",\"\",\"T0006\",2026/11/22 09:00:00 -0800,2026/11/22 09:00:01 -0800,\"CR\",10000,\"EUR\",\"DR\",375,\"EUR\",\"\",\"x\"
\"SB\",\"T2\",\"1001\",\"T1\",\"TXN\",\"T1107\",2026/11/22 18:00:00 -0800,2026/11/22 18:00:01 -0800,\"DR\",2000,\"EUR\",\"CR\",40,\"EUR\",\"reso\",\"\"
\"SB\",\"T3\",\"\",\"\",\"\",\"T0400\",2026/11/22 19:00:00 -0800,2026/11/22 19:00:01 -0800,\"DR\",5000,\"EUR\",\"\",,\"\",\"\",\"\"
\"SF\",\"EUR\",10000,7000,40,375,1000,3665
\"SC\",3
\"RF\",\"EUR\",10000,7000,40,375
\"RC\",3
\"FF\",3
";

#[test]
fn paypal_amounts_take_their_sign_from_a_column() {
    let read = plain(Layout::PaypalSettlement, PAYPAL);
    let statement = &read.statements[0];
    assert_eq!(
        lines(statement),
        [
            "charge 1001 100.00 -3.75 96.25 EUR 2026-11-22",
            // 02:00 of the 23rd in UTC, 03:00 in Rome.
            "refund 1001 -20.00 0.40 -19.60 EUR 2026-11-23",
            "payout - -50.00 - -50.00 EUR 2026-11-23",
        ]
    );
    assert_eq!(statement.opening.unwrap().to_string(), "10.00");
    assert_eq!(failed(statement), []);
}

#[test]
fn paypal_counts_and_totals_are_held() {
    let cut: String = PAYPAL.lines().filter(|line| !line.contains("\"T2\"")).map(|line| format!("{line}\n")).collect();
    let found = failed(&plain(Layout::PaypalSettlement, &cut).statements[0]);
    let kinds: Vec<ControlKind> = found.iter().map(|(kind, _, _)| *kind).collect();
    assert_eq!(kinds, [ControlKind::Balance, ControlKind::Turnover, ControlKind::Count]);
    assert_eq!(found[2], (ControlKind::Count, "3".to_owned(), "2".to_owned()));
    let bad = plain(Layout::PaypalSettlement, &PAYPAL.replacen("\"CR\",10000", "\"XX\",10000", 1));
    assert_eq!(bad.bad_lines[0].line, 5);
    assert!(
        read(Layout::PaypalSettlement, b"a,b\n1,2\n", &ListColumns::default()).unwrap_err().message.contains("`CH`")
    );
}

const AMAZON: &str = "\
settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmerchant-order-id\tshipment-id\tamount-type\tamount-description\tamount\tposted-date\tposted-date-time\torder-item-code\tsku
777\t09.11.2026 10:00:00 UTC\t23.11.2026 10:00:00 UTC\t25.11.2026 10:00:00 UTC\t1.012,30\tEUR\t\t\t\t\t\t\t\t\t\t\t
777\t\t\t\t\t\tOrder\t404-1\t\tS1\tItemPrice\tPrincipal\t1.000,00\t20.11.2026\t20.11.2026 23:30:00 UTC\t11\t001
777\t\t\t\t\t\tOrder\t404-1\t\tS1\tItemPrice\tTax\t220,00\t20.11.2026\t20.11.2026 23:30:00 UTC\t11\t001
777\t\t\t\t\t\tOrder\t404-1\t\tS1\tItemFees\tCommission\t-183,00\t20.11.2026\t20.11.2026 23:30:00 UTC\t11\t001
777\t\t\t\t\t\tRefund\t404-2\t\t\tItemPrice\tPrincipal\t-24,70\t21.11.2026\t21.11.2026 08:00:00 UTC\t12\t002
777\t\t\t\t\t\tother-transaction\t\t\t\tother-transaction\tCurrent Reserve Amount\t-100,00\t23.11.2026\t\t\t
777\t\t\t\t\t\tother-transaction\t\t\t\tother-transaction\tPrevious Reserve Amount Balance\t100,00\t23.11.2026\t\t\t
";

#[test]
fn amazon_lines_add_up_to_the_total_of_the_first_line() {
    let statement = &plain(Layout::AmazonSettlement, AMAZON).statements[0];
    assert_eq!(failed(statement), []);
    assert_eq!(statement.paid_on.unwrap().to_string(), "2026-11-25");
    assert_eq!(
        lines(statement)[..3],
        [
            "charge 404-1 1000.00 - 1000.00 EUR 2026-11-21",
            "charge 404-1 220.00 - 220.00 EUR 2026-11-21",
            "fee 404-1 - -183.00 -183.00 EUR 2026-11-21",
        ]
    );
    assert_eq!(statement.entries[4].kind, EntryKind::Reserve);
    let english = AMAZON.replace("1.012,30", "1012.30").replace("1.000,00", "1,000.00");
    let english: String = english.replace("220,00", "220.00").replace("183,00", "183.00").replace("24,70", "24.70");
    let english = english.replace("100,00", "100.00");
    assert_eq!(failed(&plain(Layout::AmazonSettlement, &english).statements[0]), []);
    let cut: String =
        AMAZON.lines().filter(|line| !line.contains("Commission")).map(|line| format!("{line}\n")).collect();
    assert_eq!(failed(&plain(Layout::AmazonSettlement, &cut).statements[0])[0].0, ControlKind::Total);
}

#[test]
fn klarna_types_give_the_sign() {
    let report = "\
type,order_id,capture_id,merchant_reference1,amount,currency,payment_reference,capture_date,payout_date
SALE,k1,c1,1001,10000,EUR,PR9,2026-11-20T10:00:00Z,2026-11-24
FEE,k1,c1,1001,299,EUR,PR9,2026-11-20T10:00:00Z,2026-11-24
RETURN,k2,c2,1002,1500,EUR,PR9,2026-11-21T10:00:00Z,2026-11-24
SETTLEMENT,,,,8201,EUR,PR9,2026-11-24T10:00:00Z,2026-11-24
";
    let statement = &plain(Layout::KlarnaSettlement, report).statements[0];
    assert_eq!(failed(statement), []);
    assert_eq!(statement.bank_reference.as_deref(), Some("PR9"));
    let nets: Vec<String> = statement.entries.iter().map(|entry| entry.net.to_string()).collect();
    assert_eq!(nets, ["100.00", "-2.99", "-15.00", "-82.01"]);
}

#[test]
fn a_remittance_list_needs_only_the_names_of_its_columns() {
    let columns = ListColumns {
        amount: Some("Importo incassato".into()),
        payment: Some("Lettera di vettura".into()),
        payout: Some("Distinta".into()),
        date: Some("Data".into()),
        total: Some("Totale distinta".into()),
        kind: EntryKind::Cod,
        ..ListColumns::default()
    };
    let list = "\u{feff}Lettera di vettura;Data;Importo Incassato;Distinta;Totale distinta\r\n\
                0012;23/11/2026;1.149,90;D1;1.200,00\r\n0013;23/11/2026;50,10;D1;\r\n0014;24/11/2026;19,9x;D2;\r\n";
    let read = super::read(Layout::List, list.as_bytes(), &columns).unwrap();
    assert_eq!(failed(&read.statements[0]), []);
    assert_eq!(read.statements[0].entries[0].payment.as_deref(), Some("0012"));
    assert_eq!(read.bad_lines.len(), 1);
    assert_eq!(read.bad_lines[0].line, 4);
    let other = ListColumns { amount: Some("Importo".into()), ..ListColumns::default() };
    let error = super::read(Layout::List, list.as_bytes(), &other).unwrap_err();
    assert!(error.message_it.contains("manca la colonna `Importo`"), "{}", error.message_it);
}
