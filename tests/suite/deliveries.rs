//! Deliveries as a person sees them: modes, guards, plan and apply, increments, on destinations that can be looked into.

use std::fs;

use rusqlite::Connection;

use crate::faults::server::{Mischief, Server};
use crate::harness::{Answer, Scratch};

/// A table of articles into a database; `LOAD` is what the test says of the load.
fn shop(load: &str, rows: &str) -> Scratch {
    let pipeline = format!(
        "pipeline: negozio\nextract:\n  articoli:\n    file: {{ path: articoli.csv }}\n    columns: {{ sku: sku, nome: text, prezzo: money, qty: integer }}\nload:\n  banca:\n    from: articoli\n    sql: {{ database: out/banca.db, table: articoli }}\n    {load}\n"
    );
    Scratch::project().with("negozio.yaml", &pipeline).with("articoli.csv", &format!("sku,nome,prezzo,qty\n{rows}"))
}

/// Ten articles, `A01` to `A10`, from 1.00 to 10.00.
fn ten() -> String {
    (1..=10).map(|row| format!("A{row:02},Articolo {row},{row}.00,{row}\n")).collect()
}

fn articles(shop: &Scratch, rows: &str) {
    fs::write(shop.path().join("articoli.csv"), format!("sku,nome,prezzo,qty\n{rows}")).unwrap();
}

fn database(shop: &Scratch) -> Connection {
    Connection::open(shop.path().join("out/banca.db")).unwrap()
}

fn column(shop: &Scratch, sql: &str) -> Vec<String> {
    let database = database(shop);
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn skus(shop: &Scratch) -> String {
    column(shop, "SELECT sku FROM articoli ORDER BY sku").join(" ")
}

/// What a run says of the load: unchanged, created, updated, deleted, rejected.
fn counts(answer: &Answer) -> [u64; 5] {
    let load = &answer.json()["loads"][0];
    let of = |name: &str| load["receipt"][name].as_u64().unwrap_or(0);
    let [unchanged, created, updated, deleted] = ["unchanged", "created", "updated", "deleted"].map(of);
    [unchanged, created, updated, deleted, load["rejected"].as_u64().unwrap()]
}

fn runs(shop: &Scratch, more: &[&str]) -> [u64; 5] {
    let arguments: Vec<&str> = ["run", "negozio.yaml", "--json"].iter().chain(more).copied().collect();
    counts(&shop.raccordo(&arguments).answer().exits(0))
}

#[test]
fn merge_sends_only_what_changed_and_deletes_nothing() {
    let shop = shop("key: sku", &ten());
    assert_eq!(runs(&shop, &[]), [0, 10, 0, 0, 0]);
    assert_eq!(runs(&shop, &[]), [10, 0, 0, 0, 0]);
    articles(&shop, &ten().replace("3.00", "3.30").replace("A10,Articolo 10,10.00,10\n", ""));
    assert_eq!(runs(&shop, &[]), [8, 0, 1, 0, 0]);
    assert_eq!(
        column(&shop, "SELECT prezzo FROM articoli WHERE sku IN ('A03', 'A10') ORDER BY sku"),
        ["3.30", "10.00"]
    );
    // Exact to the last digit: decimals are text.
    assert_eq!(column(&shop, "SELECT DISTINCT typeof(prezzo) FROM articoli"), ["text"]);
}

#[test]
fn mirror_deletes_only_what_it_has_sent() {
    let shop = shop("key: sku\n    mode: mirror", &ten());
    assert_eq!(runs(&shop, &[]), [0, 10, 0, 0, 0]);
    database(&shop).execute("INSERT INTO articoli VALUES ('ALTRUI', 'x', '1.00', 1)", []).unwrap();
    articles(&shop, &ten().replace("A04,Articolo 4,4.00,4\n", ""));
    assert_eq!(runs(&shop, &[]), [9, 0, 0, 1, 0]);
    assert_eq!(skus(&shop), "A01 A02 A03 A05 A06 A07 A08 A09 A10 ALTRUI");
    articles(&shop, &ten());
    assert_eq!(runs(&shop, &[]), [9, 1, 0, 0, 0]);
}

#[test]
fn a_small_mirror_may_lose_one_row_and_no_more() {
    let shop = shop("key: sku\n    mode: mirror", "A01,x,1.00,1\nA02,x,1.00,1\nA03,x,1.00,1\n");
    let _ = runs(&shop, &[]);
    articles(&shop, "A01,x,1.00,1\nA02,x,1.00,0\n");
    assert_eq!(runs(&shop, &[]), [1, 0, 1, 1, 0]);
    articles(&shop, "");
    let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("guard-stopped");
    assert_eq!(skus(&shop), "A01 A02");
}

#[test]
fn append_adds_a_key_once_and_without_a_key_every_time() {
    let keyed = shop("key: sku\n    mode: append", "A01,x,1.00,1\n");
    assert_eq!(runs(&keyed, &[]), [0, 1, 0, 0, 0]);
    articles(&keyed, "A01,x,2.00,1\nA02,y,1.00,1\n");
    assert_eq!(runs(&keyed, &[]), [1, 1, 0, 0, 0]);
    assert_eq!(column(&keyed, "SELECT prezzo FROM articoli ORDER BY sku"), ["1.00", "1.00"]);
    let unkeyed = shop("mode: append", "A01,x,1.00,1\n");
    for _ in 0..2 {
        assert_eq!(runs(&unkeyed, &[]), [0, 1, 0, 0, 0]);
    }
    assert_eq!(skus(&unkeyed), "A01 A01");
}

#[test]
fn replace_puts_the_table_in_place_of_what_is_there() {
    for load in ["mode: replace", "mode: replace\n    key: sku"] {
        let shop = shop(load, &ten());
        let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(0).says("done");
        database(&shop).execute("INSERT INTO articoli VALUES ('ALTRUI', 'x', '1.00', 1)", []).unwrap();
        articles(&shop, "A01,x,1.00,1\nA02,x,1.00,1\n");
        let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(0).says("done");
        assert_eq!(skus(&shop), "A01 A02", "{load}");
    }
}

#[test]
fn two_rows_with_one_key_are_an_error_that_names_both() {
    let shop = shop("key: sku", "A01,x,1.00,1\nA02,x,1.00,1\nA01,y,2.00,1\n");
    let answer = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2);
    let _ = answer.says("key-repeated").says("rows 1 and 3 of the table have the same key sku=A01");
    assert!(!shop.path().join("out/banca.db").exists());
}

#[test]
fn a_row_without_a_key_is_rejected() {
    let shop = shop("key: nome", "A01,x,1.00,1\nA02,,1.00,1\n");
    let answer = shop.raccordo(&["run", "negozio.yaml", "--json"]).answer().exits(0);
    assert_eq!(counts(&answer), [0, 1, 0, 0, 1]);
    assert_eq!(answer.json()["rejects"][0]["cause"], "no-key");
}

#[test]
fn guards_stop_a_load_before_anything_is_sent_and_pass_once() {
    let half: String = ten().lines().take(5).map(|line| format!("{line}\n")).collect();
    let cases = [
        ("deletes", "guard: { shrink: none }", half.clone(), "5 of 10 rows would be deleted: 50%"),
        ("shrink", "guard: { deletes: none }", half, "the table has 5 rows and had 10 the last time"),
        ("empty", "guard: { deletes: none, shrink: none }", String::new(), "the table is empty"),
        (
            "to_zero",
            "guard: { to_zero: 2 }",
            ten().replace(",1\n", ",0\n").replace(",2\n", ",0\n").replace(",3\n", ",0\n"),
            "`qty` would go to zero in 3 of 10 rows",
        ),
        ("price_change", "guard: { price_change: 30% }", ten().replace("2.00", "200"), "sku=A02: 2.00 → 200.00"),
    ];
    for (guard, spec, rows, said) in cases {
        let shop = shop(&format!("key: sku\n    mode: mirror\n    {spec}"), &ten());
        let _ = runs(&shop, &[]);
        let before = column(&shop, "SELECT sku || prezzo || qty FROM articoli ORDER BY sku");
        articles(&shop, &rows);
        let stopped = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("guard-stopped");
        let _ = stopped.says(said).says(&format!("--accept {guard}"));
        assert_eq!(column(&shop, "SELECT sku || prezzo || qty FROM articoli ORDER BY sku"), before, "{guard}");
        let accepted = shop.raccordo(&["run", "negozio.yaml", "--accept", guard]).answer().exits(0);
        let _ = accepted.says(&format!("guard `{guard}` was let pass"));
        assert_ne!(column(&shop, "SELECT sku || prezzo || qty FROM articoli ORDER BY sku"), before, "{guard}");
    }
}

#[test]
fn a_stopped_load_does_not_stop_the_others() {
    let shop = shop("key: sku\n    mode: mirror\n  elenco: { from: articoli, file: { path: out/elenco.csv } }", &ten());
    let _ = runs(&shop, &[]);
    articles(&shop, "A01,x,1.00,1\n");
    let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("guard-stopped");
    assert_eq!(shop.read("out/elenco.csv").lines().count(), 2);
}

#[test]
fn deletes_are_held_back_when_rows_were_rejected_above() {
    let shop = shop("key: sku\n    mode: mirror", &ten());
    let _ = runs(&shop, &[]);
    articles(&shop, &ten().replace("7.00", "sette"));
    assert_eq!(runs(&shop, &[]), [9, 0, 0, 0, 0]);
    assert_eq!(skus(&shop).split(' ').count(), 10);
    articles(&shop, &ten().replace("7.00", "7.70"));
    assert_eq!(runs(&shop, &[]), [9, 0, 1, 0, 0]);
}

#[test]
fn another_mapping_sends_everything_again() {
    let shop = shop("key: sku", &ten());
    let _ = runs(&shop, &[]);
    let pipeline = shop.read("negozio.yaml").replace("table: articoli }", "table: listino }");
    fs::write(shop.path().join("negozio.yaml"), pipeline).unwrap();
    let answer = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(0);
    let _ = answer.says("all rows are sent again");
    assert_eq!(column(&shop, "SELECT count(*) || '' FROM listino"), ["10"]);
    assert_eq!(runs(&shop, &[]), [10, 0, 0, 0, 0]);
    assert_eq!(runs(&shop, &["--full"]), [0, 0, 10, 0, 0]);
}

#[test]
fn many_deliveries_keep_the_ledger_right() {
    let shop = shop("key: sku\n    mode: mirror", &ten());
    let _ = runs(&shop, &[]);
    // More files than are kept, so that they are merged on the way.
    for round in 1..14 {
        let rows: String = ten().replace("5.00", &format!("5.{round:02}"));
        articles(&shop, &rows);
        assert_eq!(runs(&shop, &[]), [9, 0, 1, 0, 0], "round {round}");
        assert_eq!(runs(&shop, &[]), [10, 0, 0, 0, 0], "round {round}");
    }
    let kept = fs::read_dir(shop.path().join(".raccordo/ledger/negozio")).unwrap().count();
    assert!(kept <= 9, "{kept} files");
}

#[test]
fn a_plan_shows_what_changes_and_apply_does_exactly_that() {
    let shop = shop("key: sku\n    mode: mirror", &ten());
    let _ = runs(&shop, &[]);
    articles(&shop, &ten().replace("3.00", "3.30").replace("A04,Articolo 4,4.00,4\n", "").replace("A10,", "B10,"));
    let planned = shop.raccordo(&["plan", "negozio.yaml", "-o", "piano.json", "--accept", "deletes"]).answer().exits(0);
    let planned = planned.prints("1 created, 1 updated, 2 deleted, 7 unchanged").prints("prezzo: 3.00 → 3.30");
    let _ = planned.prints("~ sku=A03").prints("- sku=A04").prints("+ sku=B10");
    assert_eq!(skus(&shop).split(' ').count(), 10, "a plan sends nothing");
    let _ = shop.raccordo(&["apply", "piano.json"]).answer().exits(0);
    assert_eq!(skus(&shop), "A01 A02 A03 A05 A06 A07 A08 A09 B10");
    let _ = shop.raccordo(&["apply", "piano.json"]).answer().exits(2).says("plan-moved").says("was delivered since");
    articles(&shop, &ten());
    let _ = shop.raccordo(&["plan", "negozio.yaml", "-o", "piano.json"]).answer();
    articles(&shop, &ten().replace("9.00", "9.99"));
    let refused = shop.raccordo(&["apply", "piano.json"]).answer().exits(2);
    let _ = refused.says("plan-moved").says("`articoli.csv` is not what it was");
}

#[test]
fn an_increment_reads_what_is_new_and_moves_only_when_all_has_arrived() {
    let pipeline = "pipeline: novita\nextract:\n  ordini:\n    file: { path: ordini.csv }\n    columns: { numero: integer, totale: money }\n    since: { field: numero }\nload:\n  banca: { from: ordini, key: numero, mode: append, sql: { database: out/banca.db, table: articoli } }\n  elenco: { from: ordini, file: { path: out/elenco.csv } }\n";
    let shop = Scratch::project().with("novita.yaml", pipeline).with("ordini.csv", "numero,totale\n1,1.00\n2,2.00\n");
    let rows = |more: &[&str]| {
        let arguments: Vec<&str> = ["run", "novita.yaml", "--json"].iter().chain(more).copied().collect();
        let report = shop.raccordo(&arguments).answer().exits(0).json();
        report["tables"][0]["rows_out"].as_u64().unwrap()
    };
    // One load of two: the cursor stays.
    assert_eq!(rows(&["--only", "banca"]), 2);
    assert_eq!(rows(&[]), 2);
    fs::write(shop.path().join("ordini.csv"), "numero,totale\n1,1.00\n2,2.00\n3,3.00\n").unwrap();
    // The value of the cursor itself is read again: others may have it too.
    assert_eq!(rows(&[]), 2);
    assert_eq!(rows(&["--full"]), 3);
    assert_eq!(column(&shop, "SELECT count(*) || '' FROM articoli"), ["3"]);
}

#[test]
fn files_are_read_once_and_put_away() {
    let pipeline = "pipeline: arrivi\nextract:\n  righe:\n    file: { path: \"arrivi/*.csv\", archive: letti }\n    columns: { n: integer }\nload:\n  banca: { from: righe, key: n, sql: { database: out/banca.db, table: articoli } }\n";
    let shop =
        Scratch::project().with("arrivi.yaml", pipeline).with("arrivi/a.csv", "n\n1\n").with("arrivi/b.csv", "n\n2\n");
    let run =
        || shop.raccordo(&["run", "arrivi.yaml", "--json"]).answer().exits(0).json()["tables"][0]["rows_out"].clone();
    assert_eq!(run(), 2);
    assert_eq!(shop.read("letti/a.csv"), "n\n1\n");
    assert!(!shop.path().join("arrivi/a.csv").exists());
    assert_eq!(run(), 0);
    fs::write(shop.path().join("arrivi/a.csv"), "n\n3\n").unwrap();
    assert_eq!(run(), 1);
    assert_eq!(column(&shop, "SELECT n || '' FROM articoli ORDER BY n"), ["1", "2", "3"]);
    assert_eq!(fs::read_dir(shop.path().join("letti")).unwrap().count(), 3);
}

#[test]
fn a_service_gets_changes_refuses_rows_and_never_sees_them_twice() {
    let server = Server::start();
    let pipeline = format!(
        "pipeline: servizio\nextract:\n  articoli:\n    file: {{ path: articoli.csv }}\n    columns: {{ sku: sku, prezzo: money }}\nload:\n  sportello:\n    from: articoli\n    key: sku\n    mode: mirror\n    guard: {{ deletes: none, shrink: none }}\n    http:\n      url: {0}\n      update: {{ method: PUT, url: \"{0}/{{sku}}\" }}\n      auth: {{ bearer: !secret gettone }}\n      id: id\n",
        server.url
    );
    let shop = Scratch::project()
        .with("servizio.yaml", &pipeline)
        .with("articoli.csv", "sku,prezzo\nA1,1.00\nA2,2.00\nA3,3.00\n");
    let run = |code: i32| {
        let call = shop
            .raccordo(&["run", "servizio.yaml", "--json"])
            .env("GETTONE", "segretissimo-123")
            .env("NO_PROXY", "127.0.0.1");
        call.answer().exits(code)
    };
    server.misbehave(Mischief::Refuses);
    let refused = run(0);
    assert_eq!(counts(&refused), [0, 2, 0, 0, 1]);
    let example = refused.json()["rejects"][0]["example"].as_str().unwrap().to_owned();
    assert!(example.contains("sku=A3") && example.contains("no multiples of three"), "{example}");
    server.misbehave(Mischief::None);
    assert_eq!(counts(&run(0)), [2, 1, 0, 0, 0]);
    fs::write(shop.path().join("articoli.csv"), "sku,prezzo\nA1,1.50\nA3,3.00\n").unwrap();
    assert_eq!(counts(&run(0)), [1, 0, 1, 1, 0]);
    {
        let seen = server.seen.lock().unwrap();
        assert_eq!(seen.content.keys().collect::<Vec<_>>(), ["A1", "A3"]);
        assert_eq!(seen.content["A1"], r#"{"sku":"A1","prezzo":1.5}"#);
        assert!(seen.keys.values().all(|times| *times == 1), "{:?}", seen.keys);
    }
    let state = Connection::open(shop.path().join(".raccordo/state.db")).unwrap();
    let id: String = state.query_row("SELECT remote_id FROM ids WHERE key = 'sku=A1'", [], |row| row.get(0)).unwrap();
    assert_eq!(id, "7");
    // The secret is nowhere: not in the state, the reports, the rejects or the ledger.
    for file in shop.files() {
        let bytes = fs::read(shop.path().join(&file)).unwrap();
        let found = bytes.windows(16).any(|window| window == b"segretissimo-123");
        assert!(!found, "the secret is in {file}");
    }
}

#[test]
fn a_change_of_one_price_is_all_that_the_plan_of_the_story_shows() {
    let shop = Scratch::shop();
    let _ = shop.raccordo(&["run", "pipelines/canali-notte.yaml", "--quiet"]).answer().exits(0);
    let path = shop.path().join("fixtures/easyfatt/prodotti.xml");
    let text = fs::read_to_string(&path).unwrap();
    let start = text.find("<NetPrice1>").unwrap() + "<NetPrice1>".len();
    let end = start + text[start..].find('<').unwrap();
    fs::write(&path, format!("{}91.2345{}", &text[..start], &text[end..])).unwrap();
    let plan = shop.raccordo(&["plan", "pipelines/canali-notte.yaml", "--json"]).answer().exits(0).json();
    let mut changed = Vec::new();
    for load in plan["loads"].as_array().unwrap() {
        let shown = load["shown"].as_array().unwrap();
        changed.extend(shown.iter().map(|change| {
            assert_eq!(change["change"], "update", "{load}");
            let columns = change["columns"].as_array().unwrap();
            assert!(columns.iter().all(|column| column["before"] != column["after"]), "{change}");
            (load["load"].as_str().unwrap().to_owned(), change["key"].as_str().unwrap().to_owned())
        }));
    }
    let loads: Vec<&str> = changed.iter().map(|(load, _)| load.as_str()).collect();
    assert_eq!(loads, ["google", "ebay", "shop"], "{changed:?}");
    let codes: std::collections::BTreeSet<&str> = changed.iter().filter_map(|(_, key)| key.split('=').nth(1)).collect();
    assert_eq!(codes.len(), 1, "one product: {changed:?}");
}

#[test]
fn guards_of_a_feed_pass_once_like_all_others_and_stop_nothing_else() {
    let half: String = ten().lines().take(5).map(|line| format!("{line}\n")).collect();
    let dear: String = (1..=10).map(|row| format!("A{row:02},Articolo {row},{row}.50,{row}\n")).collect();
    for (guard, rows, said) in [
        ("shrink", half, "6 rows after 10"),
        ("empty", String::new(), "the feed would be empty"),
        ("prices", dear, "10 of 10 prices would change"),
    ] {
        let shop = shop(
            "key: sku\n  ebay: { from: articoli, feed: { channel: ebay, path: out/ebay.csv, columns: { price: prezzo, quantity: qty } } }",
            &ten(),
        );
        let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(0);
        let feed = || fs::read_to_string(shop.path().join("out/ebay.csv")).unwrap();
        let before = feed();
        let new = if guard == "empty" { "" } else { "N01,Nuovo,1.00,1\n" };
        articles(&shop, &format!("{rows}{new}"));
        let _ = shop.raccordo(&["plan", "negozio.yaml"]).answer().prints(said);
        let stopped = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("guard-stopped").says(said);
        let _ = stopped.says(&format!("--accept {guard}"));
        assert_eq!(feed(), before, "{guard}: the last feed stays");
        if guard != "empty" {
            assert!(skus(&shop).ends_with("N01"), "{guard}: the other load goes on");
        }
        let _ = shop.raccordo(&["run", "negozio.yaml", "--accept", "banca.shrink"]).answer().exits(2);
        let of_feed = format!("ebay.{guard}");
        let accepted = shop.raccordo(&["run", "negozio.yaml", "--accept", &of_feed]).answer().exits(0);
        let _ = accepted.says(&format!("guard `{guard}` was let pass"));
        assert_ne!(feed(), before, "{guard}");
        let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(0);
    }
}

/// A file of nothing is a mistake of whoever wrote it; a header without rows is a table without rows.
#[test]
fn an_empty_source_is_told_from_one_without_rows() {
    for mode in ["merge", "mirror"] {
        let shop = shop(&format!("key: sku\n    mode: {mode}"), &ten());
        let _ = runs(&shop, &[]);
        fs::write(shop.path().join("articoli.csv"), "").unwrap();
        let empty = shop.raccordo(&["run", "negozio.yaml"]).answer();
        assert!(matches!(empty.code, Some(1 | 2)), "{empty}");
        let _ = empty.says("`articoli.csv` is empty: expected a line with the names of the columns");
        assert_eq!(skus(&shop).split(' ').count(), 10);
        articles(&shop, "");
        if mode == "merge" {
            assert_eq!(runs(&shop, &[]), [0, 0, 0, 0, 0]);
        } else {
            let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("the table is empty");
        }
        assert_eq!(skus(&shop).split(' ').count(), 10);
    }
}

/// Plan and state that are not what they were, tampered with, of another version, not to be written.
#[test]
fn a_plan_is_applied_only_to_the_state_it_was_made_for() {
    let shop = shop("key: sku\n    mode: mirror", &ten());
    let _ = runs(&shop, &[]);
    articles(&shop, &ten().replace("3.00", "3.30"));
    let plan = || shop.raccordo(&["plan", "negozio.yaml", "-o", "piano.json"]).answer().exits(0);
    let apply = |code: i32| shop.raccordo(&["apply", "piano.json"]).answer().exits(code);
    let _ = plan();
    let kept = shop.read("piano.json");
    for (what, edited) in [
        ("no plan", kept.replace("\"expected\"", "\"atteso\"")),
        ("is no plan", kept[..kept.len() / 2].to_owned()),
        ("another version", kept.replace("\"form\": 1", "\"form\": 9")),
    ] {
        fs::write(shop.path().join("piano.json"), edited).unwrap();
        let _ = apply(1).says(what);
    }
    let digest =
        serde_json::from_str::<serde_json::Value>(&kept).unwrap()["expected"]["loads"]["banca"]["digest"].clone();
    fs::write(shop.path().join("piano.json"), kept.replace(digest.as_str().unwrap(), "0123")).unwrap();
    let _ = apply(2).says("plan-moved").says("would now do something else");
    fs::write(shop.path().join("piano.json"), &kept).unwrap();
    // The whole state is moved away: the destination has rows that nobody knows of.
    fs::rename(shop.path().join(".raccordo"), shop.path().join("via")).unwrap();
    let _ = apply(2).says("plan-moved");
    let _ = fs::remove_dir_all(shop.path().join(".raccordo"));
    fs::rename(shop.path().join("via"), shop.path().join(".raccordo")).unwrap();
    let _ = apply(0);
    assert_eq!(column(&shop, "SELECT prezzo FROM articoli WHERE sku = 'A03'"), ["3.30"]);
    let state = Connection::open(shop.path().join(".raccordo/state.db")).unwrap();
    state.pragma_update(None, "user_version", 999).unwrap();
    drop(state);
    let _ =
        shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("has schema 999").says("use the later version");
}

/// The destination was changed by others: the message names the table and what it lacks; nothing is lost.
#[test]
fn a_destination_that_has_changed_is_named() {
    let shop = shop("key: sku", &ten());
    let _ = runs(&shop, &[]);
    database(&shop).execute("ALTER TABLE articoli RENAME COLUMN prezzo TO price", []).unwrap();
    articles(&shop, &ten().replace("3.00", "3.30"));
    let answer = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2);
    let _ = answer.says("table `articoli` of `out/banca.db`").says("prezzo").says("none of 1 changes has arrived");
    database(&shop).execute("ALTER TABLE articoli RENAME COLUMN price TO prezzo", []).unwrap();
    assert_eq!(runs(&shop, &[]), [9, 0, 1, 0, 0]);
    database(&shop).execute("CREATE TRIGGER t BEFORE UPDATE ON articoli WHEN length(new.nome) > 12 BEGIN SELECT RAISE(ABORT, 'nome is too long'); END", []).unwrap();
    articles(&shop, &ten().replace("Articolo 5", "Un nome molto lungo"));
    let _ = shop.raccordo(&["run", "negozio.yaml"]).answer().exits(2).says("nome is too long").says("sku=A05");
}
