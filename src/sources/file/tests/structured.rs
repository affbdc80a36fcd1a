//! Documents and workbooks: JSON, XML, XLSX.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::{Bench, causes};

const PRODUCTS: &str = r#"<?xml version="1.0" encoding="windows-1252"?>
<EasyfattProducts AppVersion="2" xmlns:x="urn:x">
  <Company><Name>Prova &amp; figli</Name></Company>
  <Products>
    <Product>
      <Code>0001</Code><x:Description>T&#232; "verde" &amp; nero &lt;1&gt;<![CDATA[ <b>]]></x:Description>
      <Vat Perc="22" Class="Imponibile" Description="Aliq. 22%">22</Vat>
      <NetPrice1>10,50</NetPrice1>
      <Images><Image>a.jpg</Image><Image/><Image>b.jpg</Image></Images>
      <Rows><Row><Size>S</Size><Qty u="pz">3</Qty></Row><Row><Size>M</Size></Row></Rows>
      <Other><Code>9</Code><Deep><Product><Code>8</Code></Product></Deep></Other>
    </Product>
    <Product><Code>0002</Code><Vat Perc="x"/></Product>
    <Product/>
    <Product><Code>0003</Code><Code>0004</Code></Product>
    <Product><NetPrice1></NetPrice1><Code>0005</Code></Product>
  </Products>
</EasyfattProducts>
"#;

const COLUMNS: &str = r#"{"columns": {
    "code": {"type": "sku", "from": "Code", "required": true},
    "name": {"type": "text", "from": "Description"},
    "vat": {"type": "percent", "from": "Vat/@Perc"},
    "price": {"type": "money", "from": "NetPrice1"},
    "images": {"type": "list<text>", "from": "Images/Image"},
    "sizes": {"type": "list<struct{Size: text, Qty: integer, \"Qty/@u\": text}>", "from": "Rows/Row"}}, "key": ["code"]}"#;

fn xml(record: &str) -> String {
    format!(r#"{{"path": "a.xml", "format": {{"xml": {{"record": "{record}", "decimal": ","}}}}}}"#)
}

#[test]
fn xml_records_become_rows() {
    let text = encoding_rs::WINDOWS_1252.encode(PRODUCTS).0;
    for record in ["Products/Product", "EasyfattProducts/Products/Product", "/EasyfattProducts/Products/Product"] {
        let read = Bench::new().with("a.xml", &text).scan(&xml(record), COLUMNS).unwrap();
        assert_eq!(read.texts("code"), ["0001", "0005"]);
        assert_eq!(read.texts("name"), ["Tè verde & nero <1> <b>", "null"]);
        assert_eq!(
            (read.texts("vat"), read.texts("price")),
            (vec!["22.0000".into(), "null".into()], vec!["10.50".into(), "null".into()])
        );
        let images = read.frame.column("images").unwrap().list().unwrap().get_as_series(0).unwrap();
        assert_eq!(images.str().unwrap().iter().collect::<Vec<_>>(), [Some("a.jpg"), None, Some("b.jpg")]);
        let sizes = read.frame.column("sizes").unwrap().list().unwrap().get_as_series(0).unwrap();
        let quantities = sizes.struct_().unwrap().field_by_name("Qty").unwrap();
        assert_eq!(quantities.i64().unwrap().iter().collect::<Vec<_>>(), [Some(3), None]);
        let units = sizes.struct_().unwrap().field_by_name("Qty/@u").unwrap();
        assert_eq!(units.str().unwrap().iter().collect::<Vec<_>>(), [Some("pz"), None]);
        let expected = [(13, "vat", "not-a-number"), (14, "code", "missing-value"), (15, "code", "repeated-value")];
        assert_eq!(read.causes(), causes(&expected));
        assert_eq!(read.rejects[0].origin.path.as_deref(), Some(format!("{record}[2]").as_str()));
        assert!(read.rejects[0].row.contains(r#""vat":"x""#), "{}", read.rejects[0].row);
    }
}

#[test]
fn a_record_path_that_leads_nowhere_is_explained() {
    let bench = Bench::new().with("a.xml", "<a><b><c/></b></a>");
    let error = bench.scan(&xml("x/y"), r#"{"columns": {"c": "text"}}"#).err().unwrap();
    assert_eq!(error.message, "`a.xml` has no element `x/y`");
    assert_eq!(error.help, ["elements found on the way: `b`"]);
    let empty = Bench::new().with("a.xml", "<a><b/></a>");
    assert_eq!(empty.scan(&xml("b/c"), r#"{"columns": {"c": "text"}}"#).unwrap().frame.height(), 0);
    assert!(
        bench.bind(&xml("b"), r#"{"columns": {"c": {"type": "text", "from": "c[1]"}}}"#).err().unwrap()[0]
            .starts_with("bad-path")
    );
}

#[test]
fn json_documents_are_split() {
    let source = r#"{"path": "a.json", "format": {"json": {"records": "$.data.items"}}}"#;
    let columns = r#"{"columns": {"n": "integer"}}"#;
    let bench = Bench::new()
        .with("a.json", "\u{feff}{\"data\": {\"x\": [1],\n\"items\": [{\"n\": 1},\n {\"n\": \"x\"}, 3,\n{\"n\": 2}]}}");
    let read = bench.scan(source, columns).unwrap();
    assert_eq!(read.texts("n"), ["1", "2"]);
    assert_eq!(read.causes(), causes(&[(3, "n", "not-a-number"), (3, "", "wrong-type")]));
    assert_eq!(read.rejects[0].origin.path.as_deref(), Some("$.data.items[1]"));
    let wrong = r#"{"path": "a.json", "format": {"json": {"records": "data.item"}}}"#;
    let error = bench.scan(wrong, columns).err().unwrap();
    assert!(error.message.contains("has no `item`") && error.help[0].contains("`items`"), "{error:?}");
    let cut =
        Bench::new().with("a.json", "[{\"n\": 1},\n{\"n\": ").scan(r#"{"path": "a.json"}"#, columns).err().unwrap();
    assert_eq!(cut.message, "`a.json`, line 2: the document ends inside a record");
}

#[test]
fn workbooks_keep_codes_and_dates() {
    let bench = Bench::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Listino").unwrap();
    sheet.write(0, 0, "Listino fornitore").unwrap();
    for (column, name) in ["Codice", "EAN", "Costo\nnetto", "Aggiornato"].iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), *name).unwrap();
    }
    let date = ExcelDateTime::from_ymd(2026, 11, 23).unwrap();
    let rows: [(&str, Result<f64, &str>, Result<f64, &str>); 4] = [
        ("0001", Ok(4_006_381_333_931.0), Ok(12.3456)),
        ("0002", Ok(4_006_380_000_000.0), Ok(1.0)),
        ("0003", Err("4006381333931"), Err("a richiesta")),
        ("0004", Err("4.00638E+12"), Err("1.234,50")),
    ];
    for (index, (code, ean, cost)) in rows.iter().enumerate() {
        let row = [3, 5, 6, 7][index];
        sheet.write(row, 0, *code).unwrap();
        match ean {
            Ok(number) => sheet.write(row, 1, *number).unwrap(),
            Err(text) => sheet.write(row, 1, *text).unwrap(),
        };
        match cost {
            Ok(number) => sheet.write(row, 2, *number).unwrap(),
            Err(text) => sheet.write(row, 2, *text).unwrap(),
        };
        sheet.write_with_format(row, 3, &date, &Format::new().set_num_format("dd/mm/yyyy")).unwrap();
    }
    workbook.save(bench.path().join("a.xlsx")).unwrap();
    let source = r#"{"path": "a.xlsx", "format": {"xlsx": {"header_row": 3, "decimal": ",", "thousands": "."}}}"#;
    let columns = r#"{"columns": {"code": {"type": "sku", "from": "Codice"}, "ean": {"type": "gtin", "from": "EAN"},
        "cost": {"type": "decimal(18,4)", "from": "Costo netto"}, "day": {"type": "date", "from": "Aggiornato"}}, "key": ["code"]}"#;
    let read = bench.scan(source, columns).unwrap();
    assert_eq!((read.texts("code"), read.texts("ean")), (vec!["0001".to_owned()], vec!["4006381333931".to_owned()]));
    assert_eq!((read.texts("cost"), read.texts("day")), (vec!["12.3456".to_owned()], vec!["2026-11-23".to_owned()]));
    assert_eq!(read.causes(), causes(&[(6, "ean", "bad-gtin"), (7, "cost", "not-a-number"), (8, "ean", "bad-gtin")]));
    assert!(read.rejects[0].message.contains("spreadsheet"), "{}", read.rejects[0].message);
    assert_eq!(
        (read.rejects[1].key.as_deref(), read.rejects[1].origin.path.as_deref()),
        (Some("code=0003"), Some("Listino"))
    );
    let part = r#"{"path": "a.xlsx", "format": {"xlsx": {"range": "A3:B4"}}}"#;
    assert_eq!(bench.scan(part, "").unwrap().texts("EAN"), ["4006381333931"]);
    let other = r#"{"path": "a.xlsx", "format": {"xlsx": {"sheet": "listini"}}}"#;
    let found = bench.bind(other, "").err().unwrap();
    assert!(found[0].contains("no sheet `listini`") && found[0].contains("`Listino`"), "{found:?}");
}
