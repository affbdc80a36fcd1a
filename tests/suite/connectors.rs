//! Platforms that a YAML file describes, against a platform that nobody has heard of: what is read, what is written, what
//! happens when it fails.

use serde_json::json;

use crate::faults::platform::{Fault, Platform, World};
use crate::harness::{Answer, Scratch, repository};

const CONNECTOR: &str = r##"
connector: magazzino
settings: { url: {}, client: {}, password: { secret: true } }
base_url: "{url}/api"
auth: { token: { url: "{url}/token", json: { name: "{client}", password: "{password}" } } }
resources:
  articles:
    key: [sku]
    read:
      path: /articles
      query: { since: "{since | unix}" }
      records: data
      paging: { page: { size: 2 } }
      cursor: { field: changed, overlap: 0s }
    fields:
      sku: sku
      title: { type: text, from: names.it }
      price: { type: money, from: price, unit: cents }
      changed: { type: timestamp, unit: unix }
    write:
      lookup: { path: /articles, query: { sku: "{sku}" }, id: "data[0].id" }
      create: { path: /articles, body: { json: &article { sku: "{sku}", price: "{price | minor}", title: "{title?}" } }, id: id }
      update: { path: "/articles/{remote_id}", body: { json: *article } }
  stock:
    write:
      lookup: { path: /articles, query: { sku: "{sku}" }, id: "data[0].id" }
      update:
        path: "/articles/{remote_id}"
        body: { json: { id: "{remote_id | number}", stock: "{stock}" } }
        batch: { path: /articles/batch, max: 10, body: { json: { update: "{items}" } }, results: update, error: error.message }
  tickets:
    write:
      lookup: { path: /articles, query: { sku: "{sku}" }, id: "data[0].id" }
      create: { path: /articles, body: { json: *article }, id: id }
  lines:
    key: [sku, line]
    read: { path: /articles, records: data, explode: lines, paging: { page: { size: 2 } } }
    fields: { sku: { type: sku, from: parent.sku }, line: { type: integer, from: "#" }, qty: integer }
"##;

fn project(platform: &Platform, body: &str) -> Scratch {
    let connection =
        format!("{{ magazzino: {{ url: \"{}\", client: noi, password: !secret magazzino }} }}", platform.url);
    let pipeline = format!("pipeline: prova\nconnections:\n  deposito: {connection}\n{body}");
    Scratch::project().with("connectors/magazzino.yaml", CONNECTOR).with("prova.yaml", &pipeline)
}

fn run(project: &Scratch, more: &[&str]) -> Answer {
    let arguments: Vec<&str> = ["run", "prova.yaml", "--json"].iter().chain(more).copied().collect();
    project.raccordo(&arguments).env("MAGAZZINO", "segreto-4711").answer()
}

const READ: &str = "extract:\n  articoli: { from: deposito.articles, since: { field: changed } }\nload:\n  elenco: { from: articoli, file: { path: out/a.csv } }\n";

fn articles() -> World {
    let article = |id: i64| {
        json!({ "id": id, "sku": format!("A{id:02}"), "names": { "it": format!("Articolo {id}") }, "price": id * 100 + 5,
                "changed": 1_790_000_000 + id, "lines": [{ "qty": id }, { "qty": 1 }] })
    };
    World { records: (1..=5).map(article).collect(), page: 2, ..World::default() }
}

#[test]
fn pages_are_read_to_the_end_with_exact_amounts_and_only_what_is_new_afterwards() {
    let platform = Platform::start(articles());
    let project = project(&platform, READ);
    let _ = run(&project, &[]).exits(0);
    let text = project.read("out/a.csv");
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(text.contains("A03,Articolo 3,3.05,2026-09-21T"), "{text}");
    assert_eq!(platform.asked("GET /api/articles"), 3);
    platform.world.lock().unwrap().requests.clear();
    let _ = run(&project, &[]).exits(0);
    assert_eq!(platform.asked("GET /api/articles?since=1790000005&page=1"), 1);
    assert_eq!(project.read("out/a.csv").lines().count(), 2);
}

#[test]
fn a_reading_survives_limits_errors_pages_for_people_and_a_token_that_ends() {
    let mut world = articles();
    world.token = "needed".to_owned();
    world.faults = vec![(2, Fault::Busy), (3, Fault::Broken), (5, Fault::Page), (6, Fault::Expired)];
    let platform = Platform::start(world);
    let project = project(&platform, READ);
    let _ = run(&project, &[]).exits(0);
    assert_eq!(project.read("out/a.csv").lines().count(), 6);
    assert_eq!(platform.asked("POST /token"), 2);
}

#[test]
fn a_list_that_goes_in_circles_is_an_error_and_moves_no_cursor() {
    let mut world = articles();
    world.is_deaf = true;
    let platform = Platform::start(world);
    let project = project(&platform, READ);
    let _ = run(&project, &[]).exits(2).prints("goes in circles");
    platform.world.lock().unwrap().is_deaf = false;
    let _ = run(&project, &[]).exits(0);
    assert_eq!(project.read("out/a.csv").lines().count(), 6);
}

#[test]
fn nested_lists_are_tables_with_fields_of_their_parents() {
    let platform = Platform::start(articles());
    let body =
        "extract:\n  righe: { from: deposito.lines }\nload:\n  elenco: { from: righe, file: { path: out/r.csv } }\n";
    let project = project(&platform, body);
    let _ = run(&project, &[]).exits(0);
    let text = project.read("out/r.csv");
    assert_eq!(text.lines().count(), 11, "{text}");
    assert!(text.contains("A04,1,4\n") && text.contains("A04,2,1\n"), "{text}");
}

fn writing(rows: &str, to: &str) -> String {
    format!(
        "extract:\n  righe: {{ inline: {{ rows: [ {rows} ] }}, columns: {{ sku: sku, price: money, title: text, stock: integer }} }}\nload:\n  carico: {{ from: righe, to: deposito.{to}, key: sku }}\n"
    )
}

#[test]
fn rows_are_created_or_updated_once_whatever_is_lost() {
    let mut world = articles();
    // What is asked and what is written has its effect, and the answer is lost.
    world.faults = vec![(3, Fault::Lost), (10, Fault::Lost), (12, Fault::Lost), (13, Fault::Lost)];
    let platform = Platform::start(world);
    let rows: Vec<String> =
        (4..=9).map(|id| format!("{{ sku: A{id:02}, price: \"1{id}.50\", title: Nuovo, stock: 1 }}")).collect();
    let project = project(&platform, &writing(&rows.join(", "), "articles"));
    for _ in 0..4 {
        let _ = run(&project, &[]);
    }
    let _ = run(&project, &[]).exits(0);
    let world = platform.world.lock().unwrap();
    let mut skus: Vec<&str> = world.records.iter().map(|record| record["sku"].as_str().unwrap()).collect();
    skus.sort_unstable();
    assert_eq!(skus, ["A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09"]);
    let changed = world.records.iter().find(|record| record["sku"] == "A05").unwrap();
    assert_eq!((changed["price"].as_i64(), changed["title"].as_str()), (Some(1550), Some("Nuovo")));
    let requests = world.requests.len();
    drop(world);
    let _ = run(&project, &[]).exits(0);
    // Nothing has changed, nothing is sent.
    assert_eq!(platform.world.lock().unwrap().requests.len(), requests);
}

#[test]
fn a_batch_gives_each_row_its_own_result() {
    let platform = Platform::start(articles());
    let rows = "{ sku: A01, stock: 7 }, { sku: A02, stock: -1 }, { sku: A03, stock: 0 }, { sku: A99, stock: 1 }";
    let project = project(&platform, &writing(rows, "stock"));
    let answer = run(&project, &[]);
    let load = &answer.json()["loads"][0];
    assert_eq!(load["rejected"], json!(2), "{load}");
    assert_eq!(platform.asked("POST /api/articles/batch"), 1);
    let world = platform.world.lock().unwrap();
    assert_eq!((world.records[0]["stock"].as_i64(), world.records[2]["stock"].as_i64()), (Some(7), Some(0)));
    assert!(world.records[1].get("stock").is_none());
}

#[test]
fn what_can_only_be_made_is_made_once() {
    let platform = Platform::start(articles());
    let rows = |price: &str| writing(&format!("{{ sku: A01 }}, {{ sku: A50, price: \"{price}\" }}"), "tickets");
    let project = project(&platform, &rows("1.00"));
    let _ = run(&project, &[]).exits(0);
    assert_eq!(platform.asked("POST /api/articles"), 1, "A01 was there");
    let changed = project.read("prova.yaml").replace("\"1.00\"", "\"2.00\"");
    let project = project.with("prova.yaml", &changed);
    let load = run(&project, &[]).json()["loads"][0].clone();
    assert_eq!(load["rejected"], json!(1), "{load}");
    assert_eq!(platform.asked("POST /api/articles"), 1, "a refund is not paid again because its row has changed");
}

#[test]
fn ids_of_one_pipeline_are_not_those_of_another() {
    let (first, second) = (Platform::start(articles()), Platform::start(World { page: 2, ..World::default() }));
    let body = writing("{ sku: A03, price: \"9.00\", title: Nuovo }", "articles");
    let here = project(&first, &body);
    let _ = run(&here, &[]).exits(0);
    let other = project(&second, &body).read("prova.yaml").replace("pipeline: prova", "pipeline: altra");
    let here = here.with("prova.yaml", &other);
    let _ = run(&here, &[]).exits(0);
    assert_eq!(second.world.lock().unwrap().records.len(), 1, "the row is new there");
}

#[test]
fn what_is_wrong_in_a_connector_and_a_connection_is_told_with_its_place() {
    let wrong = CONNECTOR.replace("since | unix", "sinse | unix").replace("records: data\n", "recrds: data\n");
    let project = Scratch::project().with("connectors/magazzino.yaml", &wrong);
    let _ = project
        .raccordo(&["check", "connectors/magazzino.yaml"])
        .answer()
        .exits(1)
        .says("unknown key `recrds`")
        .says("did you mean `records`");
    let wrong = CONNECTOR.replace("since | unix", "sinse | unix");
    let project = Scratch::project().with("connectors/magazzino.yaml", &wrong);
    let _ = project
        .raccordo(&["check", "connectors/magazzino.yaml"])
        .answer()
        .exits(1)
        .says("unknown name `sinse`")
        .says("did you mean `since`");
    let pipeline = "pipeline: p\nconnections: { deposito: { magazzino: { url: x, password: chiaro } } }\nextract: { a: { from: deposito.articels } }\n";
    let project = Scratch::project().with("connectors/magazzino.yaml", CONNECTOR).with("p.yaml", pipeline);
    let _ = project
        .raccordo(&["check", "p.yaml"])
        .answer()
        .exits(1)
        .says("a secret is written in clear")
        .says("needs the setting `client`");
    let pipeline = pipeline.replace("password: chiaro", "client: c, password: !secret magazzino");
    let project = Scratch::project().with("connectors/magazzino.yaml", CONNECTOR).with("p.yaml", &pipeline);
    let _ = project
        .raccordo(&["check", "p.yaml"])
        .answer()
        .exits(1)
        .says("has no resource `articels`")
        .says("did you mean `articles`");
}

#[test]
fn the_connectors_of_the_program_and_the_guide_are_right() {
    let guide = std::fs::read_to_string(repository().join("docs/guides/write-a-connector.md")).unwrap();
    let example = guide.split("```yaml\n").find(|block| block.starts_with("connector:")).unwrap();
    let example = example.split("```").next().unwrap();
    assert!(example.lines().count() <= 15);
    let mut project = Scratch::project().with("connectors/magazzino.yaml", example);
    let mut files = vec!["connectors/magazzino.yaml".to_owned()];
    for file in crate::harness::files_below(&repository().join("connectors")) {
        let text = std::fs::read_to_string(repository().join("connectors").join(&file)).unwrap();
        project = project.with(&format!("connectors/{file}"), &text);
        files.push(format!("connectors/{file}"));
    }
    let arguments: Vec<&str> = std::iter::once("check").chain(files.iter().map(String::as_str)).collect();
    let _ = project.raccordo(&arguments).answer().exits(0);
}
