//! Files that are made to do harm, or are not what they say.

use super::Bench;

const COLUMNS: &str = r#"{"columns": {"a": "text"}}"#;
const XML: &str = r#"{"path": "a.xml", "format": {"xml": {"record": "r"}}}"#;

#[test]
fn documents_with_a_dtd_or_entities_are_refused() {
    let cases = [
        (
            "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\n<x><r><a>&e;</a></r></x>",
            "line 2",
            "DTD",
        ),
        ("<x>\n<r><a>&e;</a></r></x>", "line 2", "`&e;`"),
        ("<x><r><a>1</a>\n</x>", "line 2", "expected `</r>`"),
        ("<x><r><a>1</a></r>\n", "line 2", "before its elements are closed"),
    ];
    for (text, line, reason) in cases {
        let error = Bench::new().with("a.xml", text).scan(XML, COLUMNS).err().unwrap();
        assert!(error.message.contains(line) && error.message.contains(reason), "{}", error.message);
    }
}

#[test]
fn deep_documents_are_refused() {
    let deep = format!("{}{}", "<r>".repeat(500), "</r>".repeat(500));
    assert!(Bench::new().with("a.xml", deep).scan(XML, COLUMNS).err().unwrap().message.contains("128 levels"));
    let deep = format!("[{{\"a\": {}{}}}]", "[".repeat(500), "]".repeat(500));
    assert!(
        Bench::new()
            .with("a.json", deep)
            .scan(r#"{"path": "a.json"}"#, COLUMNS)
            .err()
            .unwrap()
            .message
            .contains("128 levels")
    );
    let deep = format!("{{\"b\": {}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(
        Bench::new().with("a.jsonl", deep).scan(r#"{"path": "a.jsonl"}"#, COLUMNS).unwrap().rejects[0].cause,
        "bad-json"
    );
}

#[test]
fn files_that_are_something_else_are_named() {
    let bench =
        Bench::new().with("a.xlsx", "no").with("a.csv.gz", "no").with("a.zip", "no").with("b.xlsx", b"PK\x03\x04no");
    for path in ["a.xlsx", "a.csv.gz", "b.xlsx"] {
        let found = bench.bind(&format!(r#"{{"path": "{path}"}}"#), COLUMNS).err().unwrap();
        assert!(found[0].starts_with(&format!("bad-format: `{path}` ")), "{found:?}");
    }
    assert!(
        bench.bind(r#"{"path": "a.zip", "format": {"csv": {}}}"#, "").err().unwrap()[0]
            .starts_with("bad-format: `a.zip`")
    );
}

#[test]
fn a_line_without_end_is_refused() {
    let bench = Bench::new().with("a.csv", "a\n".to_owned() + &"x".repeat((64 << 20) + 10));
    assert!(bench.scan(r#"{"path": "a.csv"}"#, COLUMNS).err().unwrap().message.contains("64 MiB"));
}
