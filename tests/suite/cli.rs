//! The command line as a person or a script meets it: exit codes, what goes where, what remains after a failure.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Scratch, files_below};

const GOOD: &str = r#"pipeline: listino
description: Il listino del negozio
extract:
  articoli:
    inline: { rows: [ { sku: "001", prezzo: "10.50" }, { sku: "002", prezzo: "0.99" }, { sku: "003", prezzo: gratis } ] }
    columns: { sku: sku, prezzo: money }
transform:
  ivati:
    from: articoli
    steps:
      - derive: { ivato: "ROUND(prezzo * 1.22, 2)" }
load:
  listino: { from: ivati, file: { path: out/listino.csv } }
  grezzi: { from: articoli, file: { path: out/grezzi.csv } }
tests:
  - name: il prezzo con IVA
    given: { articoli: [ { sku: "001", prezzo: "10.50" } ] }
    expect: { ivati: [ { sku: "001", ivato: "12.81" } ] }
"#;

fn good() -> Scratch {
    Scratch::project().with("listino.yaml", GOOD)
}

fn wrong() -> Scratch {
    Scratch::project().with("listino.yaml", &GOOD.replace("prezzo * 1.22", "prezo * 1.22"))
}

#[test]
fn exit_codes_say_who_must_act() {
    let cases: &[(&str, Scratch, &[&str], i32)] = &[
        ("a good pipeline checks", good(), &["check", "listino.yaml"], 0),
        ("a good pipeline runs", good(), &["run", "listino.yaml"], 0),
        ("a wrong pipeline does not check", wrong(), &["check", "listino.yaml"], 1),
        ("a wrong pipeline does not run", wrong(), &["run", "listino.yaml"], 1),
        ("a missing pipeline", good(), &["run", "listini.yaml"], 1),
        ("an unknown command", good(), &["runn", "listino.yaml"], 1),
        ("a parameter without its value", good(), &["run", "listino.yaml", "--param", "giorno"], 1),
        ("a parameter that the pipeline lacks", good(), &["run", "listino.yaml", "--param", "giorno=2026-11-23"], 1),
        ("an unknown load", good(), &["run", "listino.yaml", "--only", "listini"], 1),
        ("an unknown table to look at", good(), &["preview", "listino.yaml", "ivato"], 1),
        ("help", good(), &["--help"], 0),
    ];
    for (what, folder, arguments, code) in cases {
        let answer = folder.raccordo(arguments).answer();
        assert_eq!(answer.code, Some(*code), "{what}: {answer}");
        let untouched = *code == 0 || folder.files() == ["listino.yaml", "raccordo.yaml"];
        assert!(untouched, "{what} left {:?}", folder.files());
    }
}

#[test]
fn what_is_wrong_with_the_line_is_said() {
    let _ = good().raccordo(&["run", "listini.yaml"]).answer().exits(1).says("listini.yaml");
    let _ = good().raccordo(&["run", "listino.yaml", "--param", "giorno"]).answer().exits(1).says("name=value");
    let unknown = good().raccordo(&["run", "listino.yaml", "--param", "giorno=2026-11-23"]).answer();
    let _ = unknown.exits(1).says("error[param-unknown]").says("`giorno`");
    let _ = good().raccordo(&["preview", "listino.yaml", "ivato"]).answer().exits(1).says("did you mean `ivati`?");
}

#[test]
fn the_version_is_data_and_comes_at_once() {
    let start = Instant::now();
    let answer = Scratch::empty().raccordo(&["--version"]).answer().exits(0);
    assert_eq!(answer.stdout, format!("raccordo {}\n", env!("CARGO_PKG_VERSION")));
    assert!(start.elapsed() < Duration::from_secs(2), "it took {:?}", start.elapsed());
}

#[test]
fn a_check_writes_nothing_at_all() {
    let folder = good();
    let _ = folder.raccordo(&["check", "listino.yaml"]).answer().exits(0);
    assert_eq!(files_below(folder.path()), ["listino.yaml", "raccordo.yaml"]);
}

#[test]
fn a_check_in_json_is_one_object_per_file() {
    let answer = wrong().raccordo(&["check", "--json", "listino.yaml"]).answer().exits(1);
    assert_eq!(answer.stderr, "", "{answer}");
    let answer = answer.json();
    assert_eq!(answer[0]["file"], "listino.yaml");
    assert_eq!(answer[0]["ok"], false);
    let problem = &answer[0]["diagnostics"][0];
    let places: Vec<Option<u64>> =
        ["line", "column", "end_line", "end_column"].iter().map(|key| problem[*key].as_u64()).collect();
    assert_eq!(places, [Some(11), Some(33), Some(11), Some(38)], "{problem:#}");
    assert_eq!(problem["code"], "unknown-column");
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["file"], "listino.yaml");
    assert_eq!(problem["help"][0], "did you mean `prezzo`?");
    assert!(problem["message"].is_string() && problem["related"].is_array(), "{problem:#}");
}

#[test]
fn a_run_in_json_puts_the_report_on_stdout_and_keeps_a_copy() {
    let folder = good();
    let report = folder.raccordo(&["run", "--json", "listino.yaml"]).answer().exits(0).json();
    assert_eq!(report["pipeline"], "listino");
    assert_eq!(report["status"], "done");
    assert_eq!(report["balanced"], true);
    assert_eq!(report["tables"][0]["rows_in"], 3);
    assert_eq!(report["tables"][0]["rejected"], 1);
    let run = report["run"].as_str().expect("the name of the run");
    let kept: Value = serde_json::from_str(&folder.read(&format!(".raccordo/runs/{run}/report.json"))).unwrap();
    assert_eq!(kept, report);
    assert!(folder.read(&format!(".raccordo/runs/{run}/rejects.jsonl")).contains("gratis"));
    assert!(!folder.path().join(format!(".raccordo/runs/{run}/staging")).exists());
}

#[test]
fn a_run_tells_its_report_and_leaves_stdout_to_data() {
    let answer = good().raccordo(&["run", "listino.yaml"]).answer().exits(0);
    assert_eq!(answer.stdout, "");
    let answer = answer.says("not-a-number").says("out/listino.csv").says("done: every row is accounted for");
    assert!(!answer.stderr.contains('\u{1b}'), "colours on a pipe: {answer}");
    let quiet = good().raccordo(&["run", "--quiet", "listino.yaml"]).answer().exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn only_runs_one_load() {
    let folder = good();
    let _ = folder.raccordo(&["run", "listino.yaml", "--only", "grezzi"]).answer().exits(0);
    assert_eq!(folder.read("out/grezzi.csv"), "sku,prezzo\n001,10.50\n002,0.99\n");
    assert!(!folder.path().join("out/listino.csv").exists());
}

#[test]
fn a_preview_shows_whole_values_and_loads_nothing() {
    let folder = good();
    let answer = folder.raccordo(&["preview", "listino.yaml", "ivati", "--rows", "1"]).answer().exits(0);
    let answer = answer.prints("ivato").prints("001").prints("12.81");
    assert!(!answer.stdout.contains("002"), "{answer}");
    assert_eq!(folder.files(), ["listino.yaml", "raccordo.yaml"]);
}

#[test]
fn explain_shows_columns_and_types() {
    let answer = good().raccordo(&["explain", "listino.yaml"]).answer().exits(0);
    let answer = answer.prints("articoli").prints("ivati").prints("derive").prints("grezzi");
    let line = answer.stdout.lines().find(|line| line.contains("ivato") && line.contains("decimal("));
    assert!(line.is_some(), "{answer}");
    let plan = good().raccordo(&["explain", "listino.yaml", "ivati", "--plan"]).answer().exits(0);
    let _ = plan.prints("ivato");
}

#[test]
fn a_test_that_fails_shows_the_difference() {
    let _ = good().raccordo(&["test", "listino.yaml"]).answer().exits(0).says("1 passed, 0 failed");
    let folder = Scratch::project().with("listino.yaml", &GOOD.replace("12.81", "12.82"));
    let answer = folder.raccordo(&["test", "listino.yaml"]).answer().exits(3);
    let _ = answer.says("il prezzo con IVA").says("listino.yaml:16:").says("12.82").says("12.81");
    assert_eq!(folder.files(), ["listino.yaml", "raccordo.yaml"]);
}

#[test]
fn a_new_project_runs() {
    let folder = Scratch::empty();
    let _ = folder.raccordo(&["init", "negozio"]).answer().exits(0);
    let inside = Scratch::copy_of(&folder.path().join("negozio"));
    for command in ["check", "test", "run"] {
        let _ = inside.raccordo(&[command, "pipelines/primo.yaml"]).answer().exits(0);
    }
    assert!(inside.read("out/listino.csv").lines().count() > 1);
    let before = folder.files();
    let _ = folder.raccordo(&["init", "negozio"]).answer().exits(1).says("negozio");
    assert_eq!(folder.files(), before);
}

#[test]
fn a_drawing_has_every_table_and_every_load() {
    let shop = Scratch::shop();
    let pipeline = "pipelines/canali-notte.yaml";
    let _ = shop.raccordo(&["graph", pipeline, "-o", "out/graph.svg"]).answer().exits(0);
    let _ = shop.raccordo(&["graph", pipeline, "-o", "out/graph.mmd"]).answer().exits(0);
    let (svg, mermaid) = (shop.read("out/graph.svg"), shop.read("out/graph.mmd"));
    let names = names_of(&shop.read(pipeline));
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(svg.contains(&format!(">{name}<")), "{name} is not in the SVG");
        assert!(
            mermaid.contains(&format!("\"{name}<br/>")) || mermaid.contains(&format!("\"{name}\"")),
            "{name} is not in the Mermaid text"
        );
    }
    for part in ["<svg", "<title", "<desc", "</svg>"] {
        assert!(svg.contains(part), "no {part} in the SVG");
    }
    let printed = shop.raccordo(&["graph", pipeline]).answer().exits(0);
    assert_eq!(printed.stdout, svg);
}

/// Names two blanks from the margin under `extract`, `transform` and `load`.
fn names_of(pipeline: &str) -> Vec<String> {
    let mut section = "";
    let mut names = Vec::new();
    for line in pipeline.lines() {
        if let Some((key, _)) = line.split_once(':').filter(|_| !line.starts_with([' ', '#'])) {
            section = key;
        }
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#', '-']));
        if let Some((name, _)) = name.and_then(|rest| rest.split_once(':'))
            && ["extract", "transform", "load"].contains(&section)
        {
            names.push(name.to_owned());
        }
    }
    names
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let _ = Scratch::empty().raccordo(&["completions", shell]).answer().exits(0).prints("preview");
    }
}

/// A file stands where the folder should be: nobody can write there, not even root.
#[test]
fn an_output_that_cannot_be_written_stops_all_loads() {
    let folder = good().with("out", "un file");
    let answer = folder.raccordo(&["run", "listino.yaml"]).answer().exits(2);
    let _ = answer.says("error[write-failed]").says("`out`");
    let mixed = GOOD.replace("path: out/grezzi.csv", "path: altrove/grezzi.csv");
    let folder = Scratch::project().with("listino.yaml", &mixed).with("out", "un file");
    let _ = folder.raccordo(&["run", "listino.yaml"]).answer().exits(2);
    let remains = folder.files();
    assert_eq!(remains, ["listino.yaml", "out", "raccordo.yaml"], "a load was written although another could not be");
}

/// Every row with every other: a long run from two small files.
const LONG: &str = r"pipeline: lunga
extract:
  a: { file: { path: a.csv }, columns: { a: integer } }
  b: { file: { path: b.csv }, columns: { b: integer } }
transform:
  coppie:
    from: a
    steps:
      - join: { with: b, how: cross }
load:
  coppie: { from: coppie, file: { path: out/coppie.csv } }
";

fn numbers(name: &str) -> String {
    let lines: Vec<String> = (0..6000).map(|number: u32| number.to_string()).collect();
    format!("{name}\n{}\n", lines.join("\n"))
}

#[cfg(unix)]
#[test]
fn an_interruption_leaves_nothing_half_written() {
    let folder = Scratch::project().with("lunga.yaml", LONG).with("a.csv", &numbers("a")).with("b.csv", &numbers("b"));
    let folder = folder.with("out/coppie.csv", "di ieri\n");
    let mut child = folder.raccordo(&["run", "lunga.yaml"]).start();
    let patience = Instant::now();
    while folder.files().len() < 6 && patience.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(folder.files().len() >= 6, "the run did not begin to write: {:?}", folder.files());
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.is_ok_and(|status| status.success()), "no signal was sent");
    let code = wait(&mut child, Duration::from_mins(1));
    assert_eq!(code, Some(2), "the run goes on, or ends as if nothing had happened");
    assert_eq!(folder.files(), ["a.csv", "b.csv", "lunga.yaml", "out/coppie.csv", "raccordo.yaml"]);
    assert_eq!(folder.read("out/coppie.csv"), "di ieri\n");
    let staged: Vec<String> =
        files_below(folder.path()).into_iter().filter(|file| file.contains("/staging/")).collect();
    assert!(staged.is_empty(), "{staged:?}");
}

/// Waits for the end, and ends it when patience does.
#[cfg(unix)]
fn wait(child: &mut std::process::Child, patience: Duration) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}
