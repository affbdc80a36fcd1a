//! Files of lines and of columns: CSV, JSON Lines, Parquet, IPC, packed or not.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use polars::prelude::{IpcWriter, ParquetWriter, SerWriter, df};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Bench, causes};

const STOCK: &str = r#"{"columns": {"sku": {"type": "sku", "from": "Codice", "required": true},
    "qty": {"type": "quantity", "from": "Giacenza"}, "day": {"type": "date", "from": "Data"},
    "text": {"type": "text", "from": "Descrizione"}}, "key": ["sku"]}"#;
const ITALIAN: &str = r#"{"path": "*.csv", "format": {"csv": {"delimiter": ";", "encoding": "windows-1252", "decimal": ",",
    "thousands": ".", "date": "%d/%m/%Y", "null": ["", "n.d."]}}}"#;

#[test]
fn an_italian_stock_file_is_read_and_its_bad_rows_kept() {
    let text = "Codice;Giacenza;Descrizione;Data\r\n001;1.250,00;Caff\u{e8} 10\u{20ac};23/11/2026\r\n\r\n002;dieci;x;23/11/2026\r\n\
        003;-2,5;n.d.;31/02/2026\r\n004;1;a;b;23/11/2026\r\n;1;a;23/11/2026\r\n005;;\"a;b\";1/2/2026";
    let bytes = encoding_rs::WINDOWS_1252.encode(text).0;
    let read = Bench::new().with("MI.csv", &bytes).scan(ITALIAN, STOCK).unwrap();
    assert_eq!(read.texts("sku"), ["001", "005"]);
    assert_eq!(read.texts("qty"), ["1250.000", "null"]);
    assert_eq!(read.texts("text"), ["Caffè 10€", "a;b"]);
    assert_eq!(read.texts("day"), ["2026-11-23", "2026-02-01"]);
    let expected =
        [(4, "qty", "not-a-number"), (5, "day", "bad-date"), (6, "", "wrong-field-count"), (7, "sku", "missing-value")];
    assert_eq!(read.causes(), causes(&expected));
    let first = &read.rejects[0];
    assert_eq!(
        (first.key.as_deref(), first.row.as_str(), first.value.as_deref()),
        (Some("sku=002"), "002;dieci;x;23/11/2026", Some("dieci"))
    );
    assert_eq!(read.read, 6);
}

#[test]
fn several_files_keep_their_order_and_names() {
    let file = |sku: &str| format!("Codice;Giacenza;Descrizione;Data\n{sku};1;;\n{sku};x;;\n");
    let bench = Bench::new().with("b.csv", file("B")).with("a.csv", file("A")).with("c.txt", "no");
    let read = bench.scan(ITALIAN, STOCK).unwrap();
    assert_eq!(read.texts("sku"), ["A", "B"]);
    let files: Vec<_> = read.rejects.iter().map(|reject| reject.origin.file.clone().unwrap()).collect();
    assert_eq!(files, ["a.csv", "b.csv"]);
}

#[test]
fn the_ten_thousand_and_first_line_is_named() {
    let mut text = "a,b\n".to_owned();
    for line in 2..=20_000 {
        text.push_str(if line == 10_001 { "1,2,3\n" } else { "1,2\n" });
    }
    let read = Bench::new()
        .with("a.csv", text)
        .scan(r#"{"path": "a.csv"}"#, r#"{"columns": {"a": "integer", "b": "integer"}}"#)
        .unwrap();
    assert_eq!((read.frame.height(), read.causes()), (19_998, causes(&[(10_001, "", "wrong-field-count")])));
}

#[test]
fn quoted_line_breaks_are_one_record() {
    let text = "\u{feff}a,b\n1,\"x\ny\"\n2,\"z\"\n3,\"never closed\n4,w\n";
    let read = Bench::new().with("a.csv", text).scan(r#"{"path": "a.csv"}"#, "").unwrap();
    assert_eq!(read.texts("b"), ["x\ny", "z", "w"]);
    assert_eq!(read.causes(), causes(&[(5, "", "unclosed-quote")]));
}

#[test]
fn malformed_utf8_rejects_only_its_line() {
    let read =
        Bench::new().with("a.csv", b"a,b\n1,x\n2,caff\xe8\n3,\xc3\xa8\n").scan(r#"{"path": "a.csv"}"#, "").unwrap();
    assert_eq!(
        (read.texts("b"), read.causes()),
        (vec!["x".to_owned(), "è".to_owned()], causes(&[(3, "", "bad-encoding")]))
    );
}

#[test]
fn unique_values_are_judged_in_order() {
    let columns = r#"{"columns": {"a": {"type": "text", "unique": true}, "b": "integer"}}"#;
    let bench = Bench::new().with("1.csv", "a,b\nx,1\ny,z\nx,2\n").with("2.csv", "a,b\ny,3\nx,4\n");
    let read = bench.scan(r#"{"path": "*.csv"}"#, columns).unwrap();
    assert_eq!(read.texts("b"), ["1", "3"]);
    assert_eq!(
        read.causes(),
        causes(&[(3, "b", "not-a-number"), (4, "a", "duplicate-value"), (3, "a", "duplicate-value")])
    );
}

#[test]
fn files_without_header_count_positions() {
    let source = r#"{"path": "a.csv", "format": {"csv": {"header": false, "delimiter": "tab", "skip": 1}}}"#;
    let columns = r#"{"columns": {"a": "text", "c": {"type": "integer", "from": "3"}}}"#;
    let read = Bench::new().with("a.csv", "titolo\nx\ty\t1\nz\tw\t2").scan(source, columns).unwrap();
    assert_eq!((read.texts("a"), read.texts("c")), (vec!["x".into(), "z".into()], vec!["1".into(), "2".into()]));
}

#[test]
fn a_renamed_column_is_found_when_the_pipeline_is_checked() {
    let bench = Bench::new().with("a.csv", "Codice;Giacenze;Descrizione;Data\n");
    let found = bench.bind(ITALIAN, STOCK).err().unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("column-missing: `a.csv` has no column `Giacenza`"), "{found:?}");
    assert!(found[0].contains("renamed by the supplier?"), "{found:?}");
}

#[test]
fn missing_files_and_unknown_formats_are_explained() {
    let bench = Bench::new();
    let found = bench.bind(r#"{"path": "x/*.csv"}"#, "").err().unwrap();
    assert!(found[0].starts_with("file-not-found: no file matches `x/*.csv`"), "{found:?}");
    assert!(bench.bind(r#"{"path": "x/*.csv"}"#, STOCK).is_ok());
    let error = bench.scan(r#"{"path": "x/*.csv"}"#, STOCK).err().unwrap();
    assert_eq!(error.code, super::Code::FileNotFound);
    assert!(bench.bind(r#"{"path": "x.xml"}"#, STOCK).err().unwrap()[0].contains("record: Products/Product"));
    assert!(bench.bind(r#"{"path": "x.jsonl"}"#, "").err().unwrap()[0].starts_with("schema-unknown"));
    let wrong = r#"{"path": "x.csv", "format": {"csv": {"delimiter": ";;", "encoding": "utf8-x", "date": "%y", "timezone": "Roma", "decimal": ";"}}}"#;
    assert_eq!(bench.bind(wrong, STOCK).err().unwrap().len(), 5);
}

#[test]
fn json_lines_reach_into_objects_and_arrays() {
    let columns = r#"{"columns": {
        "id": {"type": "integer", "required": true},
        "total": "decimal(18,4)",
        "email": {"type": "email", "from": "billing.email"},
        "skus": {"type": "list<text>", "from": "lines[].sku"},
        "lines": "list<struct{sku: text, qty: integer}>",
        "cf": {"type": "text", "from": "meta[key=_cf].value"},
        "first": {"type": "text", "from": "lines[0].sku"},
        "meta": "text"}}"#;
    let text = r#"{"id": 1, "total": 12.3400, "billing": {"email": "a@b.it", "x": [1, {"y": "}"}]}, "lines": [{"sku": "001", "qty": 2, "z": null}, {"qty": 1}], "meta": [{"key": "_x", "value": 1}, {"key": "_cf", "value": "ABC"}]}
{"id": 2, "total": "9.99", "billing": [], "lines": [], "meta": null}

{"id": 3, "total": 1e400}
{"id": "x"}
{"id": 5, "billing": "no"}
{"id": 6, "lines": [{"qty": "x"}]}
{"id": 7
[8]
{"id": 9, "id": 9}
"#;
    let read = Bench::new().with("a.jsonl", text).scan(r#"{"path": "a.jsonl"}"#, columns).unwrap();
    assert_eq!(read.texts("id"), ["1", "2"]);
    assert_eq!(read.texts("total"), ["12.3400", "9.9900"]);
    assert_eq!(read.texts("email"), ["a@b.it", "null"]);
    assert_eq!(read.texts("cf"), ["ABC", "null"]);
    assert_eq!(read.texts("first"), ["001", "null"]);
    let lines = read.frame.column("lines").unwrap().list().unwrap().get_as_series(0).unwrap();
    assert_eq!(
        lines.struct_().unwrap().field_by_name("qty").unwrap().i64().unwrap().iter().collect::<Vec<_>>(),
        [Some(2), Some(1)]
    );
    let codes = read.frame.column("skus").unwrap().list().unwrap().get_as_series(0).unwrap();
    assert_eq!(codes.str().unwrap().iter().collect::<Vec<_>>(), [Some("001"), None]);
    let expected = [
        (4, "total", "too-many-digits"),
        (5, "id", "not-a-number"),
        (6, "email", "wrong-type"),
        (7, "lines", "not-a-number"),
        (8, "", "bad-json"),
        (9, "", "wrong-type"),
        (10, "id", "repeated-value"),
    ];
    assert_eq!(read.causes(), causes(&expected));
}

#[test]
fn packed_files_are_unpacked() {
    let bench = Bench::new();
    let mut gzip =
        GzEncoder::new(std::fs::File::create(bench.path().join("a.csv.gz")).unwrap(), Compression::default());
    gzip.write_all(b"a,b\n1,x\n").unwrap();
    gzip.finish().unwrap();
    assert_eq!(bench.scan(r#"{"path": "a.csv.gz"}"#, "").unwrap().texts("b"), ["x"]);
    let mut zip = ZipWriter::new(std::fs::File::create(bench.path().join("a.zip")).unwrap());
    for (name, content) in [("2.csv", "a,b\n2,y\n3\n"), ("1.csv", "a,b\n1,x\n")] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let read = bench.scan(r#"{"path": "a.zip"}"#, "").unwrap();
    assert_eq!(read.texts("a"), ["1", "2"]);
    assert_eq!(read.rejects[0].origin.file.as_deref(), Some("a.zip!2.csv"));
}

#[test]
fn files_of_columns_bring_their_schema() {
    let bench = Bench::new();
    let mut frame = df!("sku" => ["001", "002"], "n" => [1i32, 2], "ean" => ["4006381333931", "123"]).unwrap();
    ParquetWriter::new(std::fs::File::create(bench.path().join("a.parquet")).unwrap()).finish(&mut frame).unwrap();
    IpcWriter::new(std::fs::File::create(bench.path().join("a.arrow")).unwrap()).finish(&mut frame).unwrap();
    for path in [r#"{"path": "a.parquet"}"#, r#"{"path": "a.arrow", "format": "ipc"}"#] {
        let read = bench.scan(path, "").unwrap();
        assert_eq!(
            (read.texts("sku"), read.texts("n"), read.read),
            (vec!["001".into(), "002".into()], vec!["1".into(), "2".into()], 2)
        );
        let columns = r#"{"columns": {"code": {"type": "gtin", "from": "ean"}, "n": "money", "gone": {"type": "date", "required": false}}}"#;
        let read = bench.scan(path, columns).unwrap();
        assert_eq!((read.texts("code"), read.texts("n")), (vec!["4006381333931".to_owned()], vec!["1.00".to_owned()]));
        assert_eq!(
            (read.rejects[0].cause.as_str(), read.rejects[0].origin.path.as_deref()),
            ("bad-gtin", Some("row 2"))
        );
    }
    let bench = bench.with("b.parquet", "no");
    assert!(
        bench.bind(r#"{"path": "b.parquet"}"#, "").err().unwrap()[0]
            .starts_with("bad-format: `b.parquet` is not a Parquet file")
    );
}

#[test]
fn empty_files_have_no_rows() {
    let bench = Bench::new().with("a.jsonl", "").with("b.csv", "").with("c.csv", "a,b\n");
    assert_eq!(bench.scan(r#"{"path": "a.jsonl"}"#, r#"{"columns": {"a": "text"}}"#).unwrap().frame.height(), 0);
    assert_eq!(bench.scan(r#"{"path": "c.csv"}"#, "").unwrap().frame.height(), 0);
    assert!(bench.bind(r#"{"path": "b.csv"}"#, "").err().unwrap()[0].contains("`b.csv` is empty"));
}
