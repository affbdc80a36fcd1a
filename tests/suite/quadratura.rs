//! The nightly reconciliation: `pipelines/quadratura-notte.yaml` finds what `fixtures/quadratura/make.py` has planted and nothing
//! else, and remembers what people decide about it.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::{Answer, Scratch, columns};

const PIPELINE: &str = "pipelines/quadratura-notte.yaml";
const FOUND: &str = "out/quadratura/eccezioni.csv";

fn run(shop: &Scratch, arguments: &[&str]) -> Answer {
    let mut call = vec!["run", PIPELINE];
    call.extend(arguments);
    shop.raccordo(&call).answer()
}

/// Chain, code and key of the rows of a file.
fn identities(shop: &Scratch, file: &str) -> BTreeSet<Vec<String>> {
    columns(&shop.read(file), &["chain", "code", "key"]).into_iter().collect()
}

/// The exceptions with a code, as the command tells them.
fn listed(shop: &Scratch, arguments: &[&str]) -> Vec<serde_json::Value> {
    let mut call = vec!["exceptions", "list", "--json"];
    call.extend(arguments);
    let answer = shop.raccordo(&call).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn number(one: &serde_json::Value) -> String {
    one["id"].to_string()
}

#[test]
fn every_planted_exception_is_found_and_none_is_invented() {
    let shop = Scratch::shop();
    let answer = run(&shop, &[]);
    assert_eq!(answer.code, Some(3), "{answer}");
    let (truth, found) = (identities(&shop, "fixtures/quadratura/verita.csv"), identities(&shop, FOUND));
    let missing: Vec<_> = truth.difference(&found).collect();
    let invented: Vec<_> = found.difference(&truth).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing: {missing:?}\ninvented: {invented:?}");
    let catalogue = include_str!("../../src/domain/reconcile/catalogue.tsv");
    let codes: BTreeSet<&str> = catalogue.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    let planted: BTreeSet<&str> = truth.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(planted, codes, "every code of the catalogue is planted");

    let first = (shop.read(FOUND), shop.read("out/quadratura/abbinamenti.csv"));
    assert_eq!(run(&shop, &[]).code, Some(3));
    assert_eq!((shop.read(FOUND), shop.read("out/quadratura/abbinamenti.csv")), first, "the same day gives the same");
}

#[test]
fn a_decision_survives_and_a_late_payout_closes_its_exception() {
    let shop = Scratch::shop();
    assert_eq!(run(&shop, &[]).code, Some(3));
    let fees = listed(&shop, &["--code", "FEE_DRIFT"]);
    let lost = listed(&shop, &["--code", "PAYOUT_NOT_IN_BANK"]);
    let id = number(&fees[0]);
    let explained = ["exceptions", "explain", id.as_str(), "--reason", "accordo", "--until", "2999-12-31"];
    let answer = shop.raccordo(&explained).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    arrive(&shop, lost[0]["key"].as_str().unwrap(), &lost[0]["amount"].as_str().unwrap().replace('-', ""));
    assert_eq!(run(&shop, &["--param", "giorno=2026-11-25"]).code, Some(3));
    let rows = columns(&shop.read(FOUND), &["code", "status", "reason"]);
    let status = |code: &str| rows.iter().find(|row| row[0] == code).map(|row| (row[1].clone(), row[2].clone()));
    assert_eq!(status("FEE_DRIFT"), Some(("explained".to_owned(), "accordo".to_owned())));
    assert_eq!(status("PAYOUT_NOT_IN_BANK").map(|row| row.0), Some("resolved".to_owned()));
    assert_eq!(status("PAY_ORPHAN").map(|row| row.0), Some("open".to_owned()));

    // A day of the past changes nothing that was seen since.
    assert_eq!(run(&shop, &[]).code, Some(3));
    assert_eq!(listed(&shop, &["--code", "PAYOUT_NOT_IN_BANK", "--all"])[0]["status"], "resolved");
    let reopened = shop.raccordo(&["exceptions", "reopen", &id]).answer();
    assert_eq!(reopened.code, Some(0), "{reopened}");
    assert_eq!(listed(&shop, &["--code", "FEE_DRIFT"])[0]["status"], "open");
}

/// Adds a credit to the statement of the bank.
fn arrive(shop: &Scratch, payout: &str, amount: &str) {
    let path = shop.path().join("fixtures/quadratura/banca/2026-11-23.xml");
    let text = fs::read_to_string(&path).unwrap();
    let closing = text.split("CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">").nth(1).unwrap().split('<').next().unwrap();
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let sum = cents(closing) + cents(amount);
    let entry = format!(
        "<Ntry><NtryRef>{payout}</NtryRef><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-24</Dt></BookgDt><ValDt><Dt>2026-11-24</Dt></ValDt><NtryDtls><TxDtls><Refs><EndToEndId>{payout}\
         </EndToEndId></Refs><RmtInf><Ustrd>STRIPE ACCREDITO {payout}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt>"
    );
    let text = text.replace(closing, &format!("{}.{:02}", sum / 100, sum % 100)).replace("</Stmt>", &entry);
    fs::write(path, text).unwrap();
}

#[test]
fn a_file_of_decisions_is_taken_over_whole_or_not_at_all() {
    let shop = Scratch::shop();
    assert_eq!(run(&shop, &[]).code, Some(3));
    for file in ["decisioni.csv", "decisioni.xlsx"] {
        let answer = shop.raccordo(&["exceptions", "export", file]).answer();
        assert_eq!(answer.code, Some(0), "{answer}");
        let answer = shop.raccordo(&["exceptions", "import", file]).answer();
        assert!(answer.code == Some(0) && answer.stderr.contains("nothing is decided"), "{answer}");
    }
    let text = shop.read("decisioni.csv");
    let lines: Vec<&str> = text.lines().collect();
    let with = |changes: &[(usize, &str)]| {
        let line = |(at, line): (usize, &&str)| {
            let change = changes.iter().find(|(row, _)| *row == at);
            change.map_or_else(
                || (*line).to_owned(),
                |(_, cells)| {
                    let rest: Vec<&str> = line.split(';').skip(5).collect();
                    format!("{};{cells};{}", line.split(';').next().unwrap(), rest.join(";"))
                },
            )
        };
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    let import = |text: &str| {
        fs::write(shop.path().join("decisioni.csv"), text).unwrap();
        shop.raccordo(&["exceptions", "import", "decisioni.csv"]).answer()
    };
    let wrong = [
        (1, "spiegata;;;"),
        (2, "explained;;;"),
        (3, "ignored;;;"),
        (4, "explained;perché;ieri;"),
        (5, "explained;perché;2020-01-01;"),
        (6, "new;perché;;"),
    ];
    let answer = import(&with(&wrong));
    assert_eq!(answer.code, Some(1), "{answer}");
    for told in [
        "row 2, column `status`",
        "row 3, column `reason`",
        "row 4, column `owner`",
        "row 5, column `expires`",
        "row 6, column `expires`: `2020-01-01` is past",
        "row 7, column `reason`",
    ] {
        assert!(answer.stderr.contains(told), "{told}: {answer}");
    }
    assert!(listed(&shop, &["--status", "explained", "--status", "ignored"]).is_empty(), "nothing was changed");
    let answer = import(&with(&[(1, "explained;perché;;anna"), (2, "ignored;;31/12/2999;bruno")]));
    assert!(answer.code == Some(0) && answer.stderr.contains("2 exceptions decided"), "{answer}");
    assert_eq!(listed(&shop, &["--status", "ignored"])[0]["expires_on"], "2999-12-31");
    let answer = import(&with(&[(1, "open;;;"), (2, "ignored;;31/12/2999;bruno")]));
    assert!(answer.code == Some(0) && answer.stderr.contains("1 exception decided"), "{answer}");
    assert!(listed(&shop, &["--status", "explained"]).is_empty());
}

#[test]
fn commands_say_what_they_need() {
    let shop = Scratch::shop();
    let cases: [(&[&str], Option<i32>, &str); 5] = [
        (&["list"], Some(0), "no exceptions"),
        (&["show", "7"], Some(1), "there is no exception 7"),
        (&["explain", "--reason", "x"], Some(1), "nothing says which exceptions are meant"),
        (&["ignore", "7", "--owner", " "], Some(1), "somebody must answer"),
        (&["explain", "7", "--reason", "x", "--until", "2020-01-01"], Some(1), "past"),
    ];
    for (arguments, code, told) in cases {
        let mut call = vec!["exceptions"];
        call.extend(arguments);
        let answer = shop.raccordo(&call).answer();
        assert!(answer.code == code && answer.stderr.contains(told), "{answer}");
    }
}
