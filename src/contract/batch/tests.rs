//! Batches of rows: what is broken goes to the rejects, the rest comes out.

use super::*;
use crate::context::{Params, Project};

fn cx() -> RunCx {
    let rejects = Arc::new(Rejects::new(None));
    RunCx::new(Project::at("."), Params::default(), "run", chrono::DateTime::UNIX_EPOCH, rejects, Arc::default())
}

fn rule(name: &str, ty: &str) -> ColumnRule {
    ColumnRule::plain(name, ty.parse().unwrap())
}

fn columns() -> Columns {
    let rules = vec![
        ColumnRule { required: true, unique: true, ..rule("sku", "sku") },
        rule("qty", "quantity"),
        ColumnRule { default: Some(Value::Text("MI".into())), ..rule("wh", "text") },
    ];
    Columns::new(rules, vec!["sku".to_owned()])
}

#[test]
fn broken_rows_are_rejected_and_the_others_kept() {
    let (cx, columns) = (cx(), columns());
    let decoder = Decoder::new(&columns, CellFormat::canonical());
    let sink = RejectSink::new("giacenze", Some("MI.csv".to_owned()), &cx);
    let mut seen = Seen::default();
    let mut batch = Batch::new(&decoder, &sink, 4).with_seen(&mut seen);
    for (line, (quantity, sku)) in [("1", "A"), ("x", "B"), ("2", "A"), ("3", ""), ("4", "B")].into_iter().enumerate() {
        batch.cell(1, quantity);
        batch.cell(0, sku);
        batch.end_row(|| RowPlace {
            line: Some(line as u64 + 2),
            path: None,
            row: format!("{quantity};{sku}"),
            cells: Vec::new(),
        });
    }
    let frame = batch.flush().unwrap();
    assert_eq!(frame.height(), 2);
    assert_eq!(frame.schema().as_ref(), decoder.schema().as_ref());
    let warehouses: Vec<Option<&str>> = frame.column("wh").unwrap().str().unwrap().iter().collect();
    assert_eq!(warehouses, [Some("MI"), Some("MI")]);
    let found: Vec<(String, Option<u64>, Option<String>)> =
        cx.rejects.examples().into_iter().map(|reject| (reject.cause, reject.origin.line, reject.key)).collect();
    let expected =
        [("not-a-number", 3, Some("sku=B")), ("duplicate-value", 4, Some("sku=A")), ("missing-value", 5, None)];
    let expected: Vec<_> =
        expected.map(|(cause, line, key)| (cause.to_owned(), Some(line), key.map(str::to_owned))).into();
    assert_eq!(found, expected);
    assert_eq!(cx.counters.value("giacenze:read"), 5);
}

#[test]
fn a_cell_given_twice_breaks_its_row() {
    let (cx, columns) = (cx(), columns());
    let decoder = Decoder::new(&columns, CellFormat::canonical());
    let sink = RejectSink::new("giacenze", None, &cx);
    let mut batch = Batch::new(&decoder, &sink, 1);
    batch.cell(0, "A");
    batch.cell(0, "B");
    batch.end_row(RowPlace::default);
    assert_eq!(batch.flush().unwrap().height(), 0);
    assert_eq!(cx.rejects.causes(), [("giacenze".to_owned(), "repeated-value".to_owned(), 1)]);
}
