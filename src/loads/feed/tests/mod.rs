//! Feeds end to end: a small table in, the file and the rejects out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use polars::prelude::{Column, DataFrame, Engine, Int128Chunked, IntoColumn, IntoLazy, NewChunkedArray, df};

use super::*;
use crate::context::{NodeError, Params, Project, Rejects, RunCx};
use crate::diag::Code;
use crate::domain::types::Type;
use crate::loads::{LoadCx, Staged};

mod channels;
mod delta;
mod limits;

const SETTINGS: &str =
    r#""settings":{"title":"Bottega & C.","link":"https://bottega.example.com","description":"Ceramiche"}"#;

fn schema() -> Schema {
    let text = ["sku", "title", "description", "link", "image_link", "gtin", "brand"];
    let mut schema: Schema = text.into_iter().map(|name| (name, Type::Text)).collect();
    schema.insert("qty", Type::Integer);
    schema.insert("price_gross", Type::Decimal { precision: 18, scale: 3 });
    schema
}

fn table(rows: &[[&str; 7]], qty: &[i64], prices: &[i128]) -> DataFrame {
    let column = |index: usize| rows.iter().map(|row| Some(row[index]).filter(|text| *text != "-")).collect::<Vec<_>>();
    let mut frame = df!(
        "sku" => column(0), "title" => column(1), "description" => column(2), "link" => column(3),
        "image_link" => column(4), "gtin" => column(5), "brand" => column(6), "qty" => qty,
    );
    let prices = Int128Chunked::from_slice("price_gross".into(), prices).into_decimal_unchecked(38, 3);
    frame.as_mut().unwrap().with_column(prices.into_column()).unwrap();
    frame.unwrap()
}

fn good() -> [&'static str; 7] {
    [
        "001",
        "Tazza <blu>",
        "Una tazza",
        "https://b.example.com/caffè",
        "https://b.example.com/1.jpg",
        "4006381333931",
        "Rossi",
    ]
}

fn bind(json: &str, project: &Project) -> Result<BoundLoad, Vec<(Code, String)>> {
    let load: FeedLoad = serde_json::from_str(json).unwrap();
    let (params, tables) = (Params::default(), BTreeMap::new());
    let cx = BindCx::new(project, &params, "load:f", &tables);
    let bound = load.bind(&schema(), &cx);
    bound.ok_or_else(|| cx.into_diagnostics().iter().map(|found| (found.code, found.message.clone())).collect())
}

fn stage(json: &str, frame: DataFrame, root: &Path) -> (Result<Staged, NodeError>, RunCx) {
    let (rejects, stop) = (Arc::new(Rejects::new(None)), Arc::new(AtomicBool::new(false)));
    let run =
        RunCx::new(Project::at(root), Params::default(), root.join("r1"), chrono::DateTime::UNIX_EPOCH, rejects, stop);
    let bound = bind(json, &run.project).map_err(|problems| format!("{problems:?}")).ok().unwrap();
    let staging = (bound.stage)(frame.lazy(), &LoadCx { run: &run, name: "f", tables: BTreeMap::new() }).unwrap();
    staging.plan.collect_with_engine(Engine::Streaming).unwrap();
    ((staging.finish)(), run)
}

fn run(json: &str, frame: DataFrame, root: &Path) -> (String, RunCx) {
    let (staged, run) = stage(json, frame, root);
    let staged = staged.map_err(|error| error.to_string()).unwrap();
    assert_eq!(staged.rows, run.counters.value("load:f"));
    (staged.commit)().unwrap();
    (std::fs::read_to_string(root.join("out/f")).unwrap(), run)
}

fn google() -> String {
    format!(r#"{{"channel":"google_merchant","path":"out/f",{SETTINGS},"columns":{{"availability":"qty"}}}}"#)
}

#[test]
fn google_rows_are_written_as_the_channel_asks() {
    let root = tempfile::tempdir().unwrap();
    let no_gtin = ["002", "Tazza", "Una tazza", "https://b.example.com/2", "https://b.example.com/2.jpg", "-", "Rossi"];
    let (text, run) = run(&google(), table(&[good(), no_gtin], &[3, 0], &[12_340, 5000]), root.path());
    assert_eq!(run.rejects.total(), 0);
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n\
        <title>Bottega &amp; C.</title>\n<link>https://bottega.example.com</link>\n<description>Ceramiche</description>\n";
    let first = "<item><g:id>001</g:id><g:title>Tazza &lt;blu&gt;</g:title><g:description>Una tazza</g:description>\
        <g:link>https://b.example.com/caff%C3%A8</g:link><g:image_link>https://b.example.com/1.jpg</g:image_link>\
        <g:availability>in_stock</g:availability><g:price>12.34 EUR</g:price><g:brand>Rossi</g:brand>\
        <g:gtin>4006381333931</g:gtin></item>\n";
    let second = "<item><g:id>002</g:id><g:title>Tazza</g:title><g:description>Una tazza</g:description>\
        <g:link>https://b.example.com/2</g:link><g:image_link>https://b.example.com/2.jpg</g:image_link>\
        <g:availability>out_of_stock</g:availability><g:price>5.00 EUR</g:price><g:brand>Rossi</g:brand>\
        <g:identifier_exists>no</g:identifier_exists></item>\n";
    assert_eq!(text, format!("{head}{first}{second}</channel>\n</rss>\n"));
}

#[test]
fn rows_that_break_a_rule_are_rejected_with_field_rule_and_value() {
    let cases: [(usize, &str, i128, &str, &str); 11] = [
        (0, "-", 1000, "missing-value", "sku"),
        (1, "  ", 1000, "missing-value", "title"),
        (3, "/p/1", 1000, "bad-url", "link"),
        (3, "http://b.example.com/1", 1000, "bad-url", "link"),
        (4, "http://b.example.com/1.jpg", 1000, "bad-url", "image_link"),
        (4, "https://b.example.com/a.pdf", 1000, "bad-image", "image_link"),
        (5, "4006381333932", 1000, "bad-gtin", "gtin"),
        (5, "2012345678900", 1000, "bad-gtin", "gtin"),
        (0, &"9".repeat(51), 1000, "too-long", "sku"),
        (2, "x", 0, "price-not-positive", "price_gross"),
        (2, "x", 12_345, "too-many-decimals", "price_gross"),
    ];
    for (column, value, price, cause, field) in cases {
        let root = tempfile::tempdir().unwrap();
        let mut row = good();
        row[column] = value;
        let (text, run) = run(&google(), table(&[row], &[1], &[price]), root.path());
        assert!(!text.contains("<item>"), "{value}");
        let reject = run.rejects.examples().swap_remove(0);
        assert_eq!(
            (reject.cause.as_str(), reject.column.as_deref(), reject.node.as_str()),
            (cause, Some(field), "load:f"),
            "{value}"
        );
        assert!(reject.message.starts_with("google_merchant `"), "{}", reject.message);
        assert!(reject.message_it.is_some_and(|message| message.starts_with("google_merchant `")));
    }
}

#[test]
fn one_reject_tells_every_problem_of_a_row() {
    let root = tempfile::tempdir().unwrap();
    let mut row = good();
    (row[3], row[5]) = ("x", "1");
    let (_, run) = run(&google(), table(&[row, row], &[1, 1], &[0, 0]), root.path());
    assert_eq!(run.rejects.total(), 2, "equal rows are rejected one by one");
    let reject = &run.rejects.examples()[0];
    assert_eq!((reject.key.as_deref(), reject.value.as_deref()), (Some("sku=001"), Some("x")));
    for field in ["`link`: ", "`price`: ", "`gtin`: "] {
        assert!(reject.message.contains(field), "{}", reject.message);
    }
}

#[test]
fn the_second_row_of_an_id_is_rejected_and_long_titles_are_cut() {
    let root = tempfile::tempdir().unwrap();
    let long = format!("{} fine", "parola ".repeat(25));
    let (mut first, second) = (good(), good());
    first[1] = &long;
    let (text, run) = run(&google(), table(&[first, second], &[1, 1], &[1000, 1000]), root.path());
    assert_eq!(run.rejects.causes(), [("load:f".into(), "duplicate-value".into(), 1)]);
    assert_eq!(run.counters.value("load:f:cut:title"), 1);
    assert!(text.contains(&format!("<g:title>{}</g:title>", "parola ".repeat(21).trim())), "{text}");
}

#[test]
fn ebay_is_a_csv_of_prices_and_quantities() {
    let root = tempfile::tempdir().unwrap();
    let json = r#"{"channel":"ebay","path":"out/f","columns":{"quantity":"qty"}}"#;
    let (mut second, mut third) = (good(), good());
    (second[0], third[0]) = ("A,1", "neg");
    let (text, run) = run(json, table(&[good(), second, third], &[3, 0, -1], &[12_340, 5000, 5000]), root.path());
    assert_eq!(
        text,
        "Action,Custom label (SKU),Start price,Available quantity\nRevise,001,12.34,3\nRevise,\"A,1\",5.00,0\n"
    );
    assert_eq!(run.rejects.causes(), [("load:f".into(), "not-a-quantity".into(), 1)]);
}

#[test]
fn wrong_feeds_are_explained_all_at_once() {
    let json = r#"{"channel":"google_merchant","path":"out/","settings":{"title":"x","link":"bottega","currency":"EURO"},
        "columns":{"titel":"title","price":"sku","brand":"brandd"}}"#;
    let problems = bind(json, &Project::at(".")).err().unwrap();
    let expected = [
        Code::BadValue,
        Code::BadValue,
        Code::MissingKey,
        Code::BadPath,
        Code::UnknownKey,
        Code::MissingKey,
        Code::TypeMismatch,
        Code::UnknownColumn,
    ];
    assert_eq!(problems.iter().map(|(code, _)| *code).collect::<Vec<_>>(), expected, "{problems:?}");
    let per_value = bind(&google().replace("out/f", "out/{sku}.xml"), &Project::at(".")).err().unwrap();
    assert_eq!(per_value[0].0, Code::Unsupported, "{per_value:?}");
}
