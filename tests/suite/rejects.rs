//! Rejected rows as a person deals with them: listed, exported, corrected, replayed.

use std::fs;

use rusqlite::Connection;

use crate::harness::{Answer, Scratch, csv};

/// Ten kinds of mistakes: nine that the contract finds, one that a check finds. Each with the column and its right value.
const MISTAKES: [(&str, &str, &str, &str); 10] = [
    ("missing-value", "sku", "", "N01"),
    ("bad-gtin", "ean", "4006381333930", "4006381333931"),
    ("not-a-number", "prezzo", "a richiesta", "1.234,50"),
    ("too-many-decimals", "qty", "1,5", "2"),
    ("bad-date", "dal", "31/02/2026", "28/02/2026"),
    ("bad-email", "email", "mario.rossi", "mario.rossi@esempio.it"),
    ("bad-bool", "attivo", "forse", "sì"),
    ("bad-country", "paese", "Atlantide", "IT"),
    ("not-in-list", "taglia", "XXS", "S"),
    ("giacenza-negativa", "scorta", "-4", "4"),
];

const COLUMNS: [&str; 9] = ["sku", "ean", "prezzo", "qty", "dal", "email", "attivo", "paese", "taglia"];

/// Rows that are right, but for the one mistake of each of the last ten.
fn rows(mistakes: bool) -> String {
    let mut out = format!("{};scorta\n", COLUMNS.join(";"));
    for number in 0_usize..30 {
        let mut row = [
            format!("A{number:02}"),
            "4006381333931".to_owned(),
            "12,50".to_owned(),
            "3".to_owned(),
            "01/03/2026".to_owned(),
            format!("cliente{number}@esempio.it"),
            "sì".to_owned(),
            "IT".to_owned(),
            "M".to_owned(),
            "5".to_owned(),
        ];
        if let Some((_, column, wrong, _)) = MISTAKES.get(number.wrapping_sub(20)).filter(|_| mistakes) {
            let place = COLUMNS.iter().position(|name| name == column).unwrap_or(9);
            (*wrong).clone_into(&mut row[place]);
        }
        out.push_str(&row.join(";"));
        out.push('\n');
    }
    out
}

const PIPELINE: &str = r#"pipeline: listino
extract:
  articoli:
    file: { path: articoli.csv, format: { csv: { delimiter: ";", decimal: ",", thousands: ".", date: "%d/%m/%Y" } } }
    columns:
      sku: { type: sku, required: true }
      ean: gtin
      prezzo: money
      qty: integer
      dal: date
      email: email
      attivo: bool
      paese: country
      taglia: { type: text, one_of: [S, M, L] }
      scorta: integer
  sconti:
    inline: { rows: [ { paese: IT, sconto: "10" } ] }
    columns: { paese: text, sconto: integer }
transform:
  buoni:
    from: articoli
    steps:
      - check:
          - { name: giacenza-negativa, expr: "scorta >= 0", key: sku, message_it: la giacenza è negativa }
      - lookup: { from: sconti, on: paese, take: [sconto] }
load:
  banca: { from: buoni, sql: { database: out/banca.db, table: articoli }, key: sku }
"#;

fn shop() -> Scratch {
    Scratch::project().with("listino.yaml", PIPELINE).with("articoli.csv", &rows(true))
}

fn column(shop: &Scratch, sql: &str) -> Vec<String> {
    let database = Connection::open(shop.path().join("out/banca.db")).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Created, updated, unchanged.
fn counts(answer: &Answer) -> [u64; 3] {
    let receipt = &answer.json()["loads"][0]["receipt"];
    ["created", "updated", "unchanged"].map(|name| receipt[name].as_u64().unwrap())
}

/// Writes the right values into an exported file.
fn correct(shop: &Scratch, file: &str) {
    let text = shop.read(file);
    let table = csv(text.trim_start_matches('\u{feff}'), ';');
    let place = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let mut out = table[0].join(";");
    for row in &table[1..] {
        let mut row = row.clone();
        let (_, column, _, right) = MISTAKES.iter().find(|(cause, ..)| *cause == row[place("_cause")]).unwrap();
        (*right).clone_into(&mut row[place(column)]);
        let raw = place("_row");
        row[raw].clear();
        out.push('\n');
        out.push_str(&row.join(";"));
    }
    fs::write(shop.path().join(file), out).unwrap();
}

#[test]
fn ten_bad_rows_are_corrected_replayed_and_only_those_are_loaded() {
    let shop = shop();
    let answer = shop.raccordo(&["run", "listino.yaml", "--json"]).answer().exits(0);
    assert_eq!(counts(&answer), [20, 0, 0]);
    let listed = shop.raccordo(&["rejects", "list", "--json"]).answer().exits(0).json();
    let mut causes: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["cause"].as_str().unwrap()).collect();
    causes.sort_unstable();
    let mut expected = MISTAKES.map(|(cause, ..)| cause);
    expected.sort_unstable();
    assert_eq!(causes, expected);
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv"]).answer().exits(0).says("10 rows written");
    correct(&shop, "scarti.csv");
    let replayed = shop.raccordo(&["rejects", "replay", "scarti.csv", "--json"]).answer().exits(0);
    let replayed = replayed.says("10 rows replayed, 0 rejected again");
    assert_eq!(counts(&replayed), [10, 0, 0]);
    let skus = column(&shop, "SELECT sku FROM articoli ORDER BY sku");
    assert_eq!((skus.len(), skus.last().map(String::as_str)), (30, Some("N01")));
    assert_eq!(column(&shop, "SELECT prezzo FROM articoli WHERE sku = 'A22'"), ["1234.50"]);
    assert_eq!(column(&shop, "SELECT paese FROM articoli WHERE sku = 'A27'"), ["IT"]);
    let _ = shop.raccordo(&["rejects", "list"]).answer().exits(0).says("no rejected rows");
    // Once more: nothing is left to replay.
    let again = shop.raccordo(&["rejects", "replay", "scarti.csv"]).answer().exits(0);
    let _ = again.says("10 rows left out").says("no rejected rows to replay");
    // The source still has its mistakes: they are counted, but nobody has to deal with them again.
    let answer = shop.raccordo(&["run", "listino.yaml", "--json"]).answer().exits(0);
    assert_eq!(counts(&answer), [0, 0, 20]);
    let _ = shop.raccordo(&["rejects", "list"]).answer().exits(0).says("no rejected rows");
    assert_eq!(column(&shop, "SELECT sku FROM articoli").len(), 30);
}

#[test]
fn rows_that_are_wrong_again_stay() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let again = shop.raccordo(&["rejects", "replay", "--pipeline", "listino"]).answer().exits(3);
    let _ = again.says("10 rows replayed, 10 rejected again");
    let listed = shop.raccordo(&["rejects", "list", "--json"]).answer().exits(0).json();
    let rows: u64 = listed.as_array().unwrap().iter().map(|row| row["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 10);
    assert_eq!(column(&shop, "SELECT sku FROM articoli").len(), 20);
}

#[test]
fn rows_that_the_source_has_right_are_no_rejects_any_more() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    fs::write(shop.path().join("articoli.csv"), rows(false)).unwrap();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let _ = shop.raccordo(&["rejects", "list"]).answer().exits(0).says("no rejected rows");
    let all = shop.raccordo(&["rejects", "list", "--all", "--json"]).answer().exits(0).json();
    assert_eq!(all.as_array().unwrap().len(), 10);
}

#[test]
fn personal_data_is_masked_in_listings_and_whole_in_exports() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    for arguments in
        [&["rejects", "list"][..], &["rejects", "show"], &["rejects", "show", "--json"], &["rejects", "list", "--json"]]
    {
        let answer = shop.raccordo(arguments).answer().exits(0);
        assert!(!answer.stdout.contains("mario.rossi") && !answer.stdout.contains("@esempio.it"), "{answer}");
    }
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv"]).answer().exits(0).says("personal data in full");
    assert!(shop.read("scarti.csv").contains("mario.rossi"));
}

#[test]
fn a_file_load_writes_replayed_rows_beside_its_file() {
    let pipeline = PIPELINE
        .replace("sql: { database: out/banca.db, table: articoli }, key: sku", "file: { path: out/articoli.csv }");
    let shop = Scratch::project().with("listino.yaml", &pipeline).with("articoli.csv", &rows(true));
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let before = shop.read("out/articoli.csv");
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv"]).answer().exits(0);
    correct(&shop, "scarti.csv");
    let _ = shop.raccordo(&["rejects", "replay", "scarti.csv"]).answer().exits(0);
    assert_eq!(shop.read("out/articoli.csv"), before);
    let files = shop.files();
    let beside: Vec<_> = files.iter().filter(|file| file.starts_with("out/articoli.replay-")).collect();
    assert_eq!(beside.len(), 1, "{files:?}");
    assert_eq!(shop.read(beside[0]).lines().count(), 11);
}

#[test]
fn steps_that_need_all_rows_refuse_a_replay() {
    let pipeline = PIPELINE.replace(
        "      - lookup: { from: sconti, on: paese, take: [sconto] }\n",
        "      - aggregate: { by: [sku], values: { qty: \"SUM(qty)\" } }\n",
    );
    let shop = Scratch::project().with("listino.yaml", &pipeline).with("articoli.csv", &rows(true));
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let refused = shop.raccordo(&["rejects", "replay", "--pipeline", "listino"]).answer().exits(1);
    let _ = refused.says("looks at all rows together");
}

#[test]
fn dropped_rows_are_out_of_the_way() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let _ = shop.raccordo(&["rejects", "drop"]).answer().exits(1).says("nothing says which");
    let _ = shop.raccordo(&["rejects", "drop", "--cause", "bad-email"]).answer().exits(0).says("1 reject dropped");
    let listed = shop.raccordo(&["rejects", "list", "--json"]).answer().exits(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 9);
}

#[test]
fn runs_are_remembered_with_their_rows() {
    let shop = shop();
    let _ = shop.raccordo(&["runs"]).answer().exits(0).says("nothing has run yet");
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let runs = shop.raccordo(&["runs", "--json"]).answer().exits(0).json();
    assert_eq!((runs[0]["outcome"].as_str(), runs[0]["exit"].as_u64()), (Some("done"), Some(0)));
    let run = runs[0]["run"].as_str().unwrap().to_owned();
    let one = shop.raccordo(&["runs", &run]).answer().exits(0);
    let _ = one.prints("banca").prints("giacenza-negativa").prints("out/banca.db");
    let _ = shop.raccordo(&["runs", "x"]).answer().exits(1).says("there is no run `x`");
}

/// Secrets from the environment, a file and a command, and everything that a run leaves behind.
#[cfg(unix)]
#[test]
fn secrets_are_nowhere() {
    use std::os::unix::fs::PermissionsExt as _;

    const SECRETS: [&str; 3] = ["sk-ambiente-91f3", "sk-file-77aa", "sk-comando-c0de"];
    let server = crate::faults::server::Server::start();
    let load = |name: &str, tag: &str| {
        format!(
            "  {name}: {{ from: articoli, key: sku, http: {{ url: \"{}\", auth: {{ bearer: {tag} }} }} }}\n",
            server.url
        )
    };
    let loads =
        [load("uno", "!env CHIAVE_AMBIENTE"), load("due", "!secret chiave-file"), load("tre", "!secret chiave-cmd")];
    let pipeline = format!(
        "pipeline: segreti\nextract:\n  articoli:\n    inline: {{ rows: [ {{ sku: A1 }}, {{ sku: \"\" }} ] }}\n    \
         columns: {{ sku: {{ type: sku, required: true }} }}\nload:\n{}",
        loads.concat()
    );
    let shop = Scratch::empty()
        .with("raccordo.yaml", "secrets: { file: .segreti, command: [./chiave, \"{name}\"] }\n")
        .with(".segreti", &format!("CHIAVE_FILE={}\n", SECRETS[1]))
        .with("chiave", &format!("#!/bin/sh\n[ \"$1\" = chiave-cmd ] && echo {}\n", SECRETS[2]))
        .with("segreti.yaml", &pipeline);
    let rights = |file: &str, mode: u32| {
        fs::set_permissions(shop.path().join(file), fs::Permissions::from_mode(mode)).unwrap();
    };
    rights("chiave", 0o700);
    rights(".segreti", 0o644);
    let call = |arguments: &[&str]| shop.raccordo(arguments).env("CHIAVE_AMBIENTE", SECRETS[0]).answer();
    let refused = call(&["run", "segreti.yaml"]).exits(1).says("others can read the secrets");
    let ill = call(&["doctor"]).exits(2).prints("chmod 600");
    rights(".segreti", 0o600);
    let commands: [&[&str]; 16] = [
        &["check", "segreti.yaml"],
        &["explain", "segreti.yaml"],
        &["plan", "segreti.yaml", "--output", "plan.json"],
        &["plan", "segreti.yaml", "--json"],
        &["run", "segreti.yaml", "--json"],
        &["run", "segreti.yaml"],
        &["rejects", "list"],
        &["rejects", "show"],
        &["rejects", "export", "scarti.csv"],
        &["runs", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["runs"],
        &["rejects", "show", "--json"],
        &["plan", "segreti.yaml", "--full", "--output", "plan.json"],
        &["apply", "plan.json"],
    ];
    let mut answers = vec![refused, ill];
    answers.extend(commands.iter().map(|arguments| call(arguments)));
    let _ = answers[6].json()["loads"][2]["receipt"]["created"].as_u64().expect("the third load was sent");
    for secret in SECRETS {
        for answer in &answers {
            assert!(!answer.stdout.contains(secret) && !answer.stderr.contains(secret), "{secret} in {answer}");
        }
        for file in crate::harness::files_below(shop.path()) {
            if file == ".segreti" || file == "chiave" {
                continue;
            }
            let bytes = fs::read(shop.path().join(&file)).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {file}");
        }
    }
}

#[test]
fn names_that_no_reject_has_are_refused_with_the_nearest() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    for (arguments, expected) in [
        (&["rejects", "show", "--cause", "bad-emial"][..], "did you mean `bad-email`?"),
        (&["rejects", "export", "x.csv", "--node", "articol"], "did you mean `articoli`?"),
        (&["rejects", "replay", "--pipeline", "listini"], "did you mean `listino`?"),
        (&["rejects", "drop", "--cause", "bad-emial"], "no reject was ever of that name"),
        (&["rejects", "list", "listini"], "did you mean `listino`?"),
        (&["rejects", "show", "--run", "ieri"], "there is no run `ieri`"),
        (&["run", "listino.yaml", "--accept", "banco.deletes"], "did you mean `banca`?"),
        (&["plan", "listino.yaml", "--accept", "banco.deletes"], "loads with guards: `banca`"),
        (&["run", "listino.yaml", "--accept", "delete"], "did you mean `deletes`?"),
    ] {
        let _ = shop.raccordo(arguments).answer();
        let answer = shop.raccordo(arguments).answer();
        assert!(matches!(answer.code, Some(1 | 2)) && answer.stderr.contains(expected), "{answer}");
    }
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv"]).answer().exits(0);
    let renamed = shop.read("scarti.csv").replacen(";prezzo;", ";prezo;", 1);
    fs::write(shop.path().join("scarti.csv"), renamed).unwrap();
    let answer = shop.raccordo(&["rejects", "replay", "scarti.csv"]).answer().exits(1);
    let _ = answer.says("a column `prezo` that none of its rows had").says("did you mean `prezzo`?");
}

/// A column that is not in the file that came back keeps what it had.
#[test]
fn a_column_that_was_removed_keeps_its_value() {
    let shop = shop();
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv", "--cause", "bad-gtin"]).answer().exits(0);
    let text = shop.read("scarti.csv");
    let table = csv(text.trim_start_matches('\u{feff}'), ';');
    let keep = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let (id, sku) = (keep("_id"), keep("sku"));
    let short = format!("_id;sku;ean\n{};{};4006381333931\n", table[1][id], table[1][sku]);
    fs::write(shop.path().join("scarti.csv"), short).unwrap();
    let _ = shop.raccordo(&["rejects", "replay", "scarti.csv"]).answer().exits(0).says("1 row replayed, 0 rejected");
    assert_eq!(column(&shop, "SELECT prezzo || paese FROM articoli WHERE sku = 'A21'"), ["12.50IT"]);
}

/// Rows that a service refused: seen, exported, corrected, sent again, and only they.
#[test]
fn refused_rows_are_corrected_and_sent_again() {
    let server = crate::faults::server::Server::start();
    let pipeline = format!(
        "pipeline: servizio\nextract:\n  articoli:\n    file: {{ path: articoli.csv }}\n    columns: {{ sku: sku, prezzo: money }}\n\
         load:\n  sportello: {{ from: articoli, key: sku, http: {{ url: \"{}\" }} }}\n",
        server.url
    );
    let rows: String = (1..=9).map(|row| format!("A{row},{row}.00\n")).collect();
    let shop = Scratch::project().with("servizio.yaml", &pipeline).with("articoli.csv", &format!("sku,prezzo\n{rows}"));
    let call = |arguments: &[&str]| shop.raccordo(arguments).env("NO_PROXY", "127.0.0.1").answer();
    server.misbehave(crate::faults::server::Mischief::Refuses);
    let _ = call(&["run", "servizio.yaml"]).exits(0);
    let listed = call(&["rejects", "list", "--json"]).exits(0).json();
    assert_eq!((listed[0]["cause"].as_str(), listed[0]["rows"].as_u64()), (Some("refused"), Some(3)));
    assert_eq!(listed[0]["node"], "load:sportello");
    let _ = call(&["rejects", "show"]).exits(0).prints("no multiples of three").prints("ha rifiutato la riga");
    let _ = call(&["rejects", "export", "scarti.csv", "--node", "load:sportello"]).exits(0).says("3 rows written");
    let corrected = shop.read("scarti.csv").replace(";A3;", ";B3;").replace(";A6;", ";B6;").replace(";A9;", ";B9;");
    let corrected = corrected.replace(";B3;3.00", ";A10;3.30");
    fs::write(shop.path().join("scarti.csv"), corrected).unwrap();
    server.misbehave(crate::faults::server::Mischief::None);
    let before = server.seen.lock().unwrap().times.len();
    let _ = call(&["rejects", "replay", "scarti.csv"]).exits(0).says("3 rows replayed, 0 rejected again");
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.times.len() - before, 3);
    assert_eq!(seen.content.len(), 9);
    assert_eq!(seen.content["A10"], r#"{"sku":"A10","prezzo":3.3}"#);
    drop(seen);
    let _ = call(&["rejects", "list"]).exits(0).says("no rejected rows");
    let _ = call(&["doctor"]).exits(0).prints("load `sportello`").prints("can be reached");
    drop(server);
}

/// Lists and structures go out as JSON and come back.
#[test]
fn rows_with_parts_are_replayed() {
    let pipeline = "pipeline: ordini\nextract:\n  ordini:\n    file: { path: ordini.json }\n    columns:\n      numero: text\n      \
                    totale: money\n      righe: \"list<struct{sku: text, qta: integer}>\"\n      etichette: \"list<text>\"\n\
                    transform:\n  buoni:\n    from: ordini\n    steps:\n      - check: [ { name: positivo, expr: \"totale > 0\", key: numero } ]\n\
                    load:\n  banca: { from: buoni, key: numero, sql: { database: out/banca.db, table: articoli } }\n";
    let orders = r#"[{"numero":"1","totale":"1.00","righe":[],"etichette":[]},
        {"numero":"2","totale":"-5.00","righe":[{"sku":"007","qta":2},{"sku":"B;\"","qta":null}],"etichette":["a","b"]},
        {"numero":"3","totale":"x","righe":[{"sku":"C","qta":1}],"etichette":null}]"#;
    let shop = Scratch::project().with("ordini.yaml", pipeline).with("ordini.json", orders);
    let _ = shop.raccordo(&["run", "ordini.yaml"]).answer().exits(0);
    let _ = shop.raccordo(&["rejects", "export", "scarti.csv"]).answer().exits(0).says("2 rows written");
    let corrected = shop.read("scarti.csv").replace(";-5.00;", ";5.00;").replace(";x;", ";3.00;");
    fs::write(shop.path().join("scarti.csv"), &corrected).unwrap();
    let _ = shop.raccordo(&["rejects", "replay", "scarti.csv"]).answer().exits(0).says("2 rows replayed, 0 rejected");
    assert_eq!(
        column(&shop, "SELECT righe FROM articoli ORDER BY numero"),
        ["[]", r#"[{"sku":"007","qta":2},{"sku":"B;\"","qta":null}]"#, r#"[{"sku":"C","qta":1}]"#]
    );
    assert_eq!(column(&shop, "SELECT etichette FROM articoli WHERE numero = '2'"), [r#"["a","b"]"#]);
}

#[test]
fn doctor_says_what_is_ill_and_what_to_do() {
    let shop = shop();
    let doctor = |code: i32| shop.raccordo(&["doctor"]).answer().exits(code);
    let _ = doctor(0).prints("the first run makes it").prints("can be written").prints("are free");
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    let well = shop.raccordo(&["doctor", "--json"]).answer().exits(0).json();
    let checks: Vec<_> = well.as_array().unwrap().iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    for check in ["state", "clock", "locks", "rights", "disk", "secrets"] {
        assert!(checks.contains(&check), "{checks:?}");
    }
    // A run that was killed in the middle of its delivery.
    fs::write(shop.path().join("articoli.csv"), rows(false)).unwrap();
    let steps = (1..60).find(|point| {
        let _ = shop.raccordo(&["run", "listino.yaml", "--full", "--die-at", &point.to_string()]).answer();
        shop.raccordo(&["doctor"]).answer().stdout.contains("is not confirmed")
    });
    assert!(steps.is_some());
    let _ = doctor(0).prints("were killed").prints("its next run ends it first").prints("is dead");
    let _ = shop.raccordo(&["run", "listino.yaml"]).answer().exits(0);
    // The clock went back: a run has ended in the future.
    let state = Connection::open(shop.path().join(".raccordo/state.db")).unwrap();
    state.execute("UPDATE runs SET ended_at = '2999-01-01T00:00:00Z'", []).unwrap();
    drop(state);
    let _ = doctor(2).prints("the clock went back");
    fs::write(shop.path().join(".raccordo/state.db"), b"not a database, and longer than its header").unwrap();
    let _ = doctor(2).prints("ERROR").prints("state.db");
}
