//! CSV: forms, quoting, guard, encodings, wrong options.

use std::collections::BTreeMap;

use super::*;
use crate::context::{Params, Project};
use crate::loads::format::testing::{render, sample};

fn bind(json: &str) -> Result<CsvFormat, Vec<String>> {
    let options: CsvOptions = serde_json::from_str(json).unwrap();
    let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
    let cx = BindCx::new(&project, &params, "x", &tables);
    let bound = options.bind(&sample().1, false, &cx);
    let messages: Vec<String> = cx.into_diagnostics().iter().map(|found| found.message.clone()).collect();
    bound.ok_or(messages)
}

#[test]
fn rows_in_the_forms_that_italian_software_reads() {
    let (batch, types) = sample();
    let italian =
        bind(r#"{"delimiter":";","decimal":",","date":"%d/%m/%Y","line_end":"crlf","bom":true,"formula_guard":true}"#);
    assert_eq!(
        render(&italian.unwrap(), &batch, &types),
        "\u{feff}sku;prezzo;qty;attivo;dal;tag\r\n001;12,50;3;true;24/11/2026;\"[\"\"a\"\",\"\"b\\\"\"\"\"]\"\r\n\"'=1;x\";-0,05;;false;;\r\n"
    );
    let plain = render(&bind("{}").unwrap(), &batch.select(["sku", "prezzo"]).unwrap(), &types[..2]);
    assert_eq!(plain, "sku,prezzo,qty,attivo,dal,tag\n001,12.50\n=1;x,-0.05\n");
    let always = render(&bind(r#"{"quote":"always","header":false}"#).unwrap(), &batch.slice(1, 1), &types);
    assert_eq!(always, "\"=1;x\",\"-0.05\",\"\",\"false\",\"\",\"\"\n");
}

#[test]
fn text_is_quoted_and_guarded_only_where_needed() {
    let format = CsvFormat { formula_guard: true, ..CsvFormat::plain(b',', Vec::new()) };
    let cases = [
        ("a", "a"),
        ("a;b", "a;b"),
        ("a,b", "\"a,b\""),
        ("a\"b", "\"a\"\"b\""),
        ("a\nb", "\"a\nb\""),
        (" a", "\" a\""),
        ("=A1", "'=A1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "\"'\tx\""),
        ("\r", "\"'\r\""),
        ("a=1", "a=1"),
        ("", ""),
    ];
    for (text, expected) in cases {
        let mut out = Vec::new();
        format.text(text, true, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn what_cannot_be_written_is_not_changed_silently() {
    let windows = CsvFormat { encoding: TextEncoding::Windows1252, ..CsvFormat::plain(b';', Vec::new()) };
    let mut out = Vec::new();
    windows.text("però €", false, &mut out).unwrap();
    assert_eq!(out, b"per\xf2 \x80");
    assert_eq!(windows.text("Ж", false, &mut out), Err(Unwritable::Character('Ж')));
    let never = CsvFormat { quote: Quote::Never, ..CsvFormat::plain(b';', Vec::new()) };
    assert_eq!(never.text("a;b", false, &mut out), Err(Unwritable::NeedsQuotes));
    assert_eq!(never.text("a,b", false, &mut out), Ok(()));
}

#[test]
fn every_wrong_option_is_reported() {
    let problems = bind(r#"{"delimiter":"::","decimal":";","date":"%d/%B","timestamp":"%s"}"#).unwrap_err();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert_eq!(bind(r#"{"decimal":","}"#).unwrap_err(), ["the delimiter and the decimal mark are the same character"]);
    assert!(bind(r#"{"delimiter":"\t"}"#).is_ok());
}
