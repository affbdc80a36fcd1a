//! Tests of the reader: notation, places, budgets, includes.

use std::fmt::Write as _;

use crate::diag::{Code, Diagnostics, Place, SourceMap};
use crate::spec::yaml::node::{Node, Tag, Value};
use crate::spec::yaml::read::read;

fn no_include(_: &str, _: &str) -> Result<(String, String), String> {
    Err("no file".to_owned())
}

fn read_one(text: &str) -> (Result<Node, Diagnostics>, SourceMap) {
    let mut sources = SourceMap::new();
    let node = read("a.yaml", text, &mut sources, &no_include);
    (node, sources)
}

fn good(text: &str) -> (Node, SourceMap) {
    let (node, sources) = read_one(text);
    (node.unwrap(), sources)
}

/// Code, line and column of everything wrong.
fn wrong(text: &str) -> Vec<(Code, usize, usize)> {
    let (node, sources) = read_one(text);
    places(&node.unwrap_err(), &sources)
}

fn places(found: &Diagnostics, sources: &SourceMap) -> Vec<(Code, usize, usize)> {
    found
        .iter()
        .map(|diagnostic| {
            let (line, column) = sources.line_column(diagnostic.place);
            (diagnostic.code, line, column)
        })
        .collect()
}

fn slice(sources: &SourceMap, place: Place) -> String {
    sources.text(place.file)[sources.range(place).unwrap()].to_owned()
}

#[test]
fn lexemes_are_kept() {
    let (node, _) = good("[0.10, 001, 1e3, ~, \"~\", no, 1_000, 0x1F, 12%, !!str 7]");
    let texts: Vec<Option<(&str, bool)>> = node
        .as_sequence()
        .unwrap()
        .iter()
        .map(|item| match &item.value {
            Value::Scalar { text, quoted } => Some((text.as_str(), *quoted)),
            _ => None,
        })
        .collect();
    let expected = [
        Some(("0.10", false)),
        Some(("001", false)),
        Some(("1e3", false)),
        None,
        Some(("~", true)),
        Some(("no", false)),
        Some(("1_000", false)),
        Some(("0x1F", false)),
        Some(("12%", false)),
        Some(("7", true)),
    ];
    assert_eq!(texts, expected);
}

#[test]
fn every_node_has_its_place() {
    let text = "\
a:
  - x: 'it''s' # c
    y: !env FOO
b: { c: d,
     e: [1, 2] }
f:
g: |
  one
  two

h: x
";
    let (node, sources) = good(text);
    let item = &node.get("a").unwrap().as_sequence().unwrap()[0];
    let b = node.get("b").unwrap();
    let cases = [
        (node.place, "a:"),
        (node.get("a").unwrap().place, "- x: 'it''s'"),
        (item.place, "x: 'it''s'"),
        (item.get("x").unwrap().place, "'it''s'"),
        (item.get("y").unwrap().place, "!env FOO"),
        (b.place, "{ c: d,"),
        (b.get("e").unwrap().place, "[1, 2]"),
        (node.get("f").unwrap().place, "f"),
        (node.get("g").unwrap().place, "one\n  two"),
    ];
    for (place, expected) in cases {
        let found = slice(&sources, place);
        assert!(found == expected || (expected == "a:" && found == "a"), "{found:?} is not {expected:?}");
    }
    assert_eq!(item.get("y").unwrap().tag, Some(Tag::Env));
    assert_eq!(item.get("y").unwrap().scalar(), None);
    assert_eq!(item.get("x").unwrap().scalar().unwrap(), "it's");
}

#[test]
fn texts_point_into_every_notation() {
    let text = "plain: a + bad\r\nsingle: 'it''s bad'\r\ndouble: \"a\\tbad\"\r\nliteral: |\r\n  a +\r\n  bad\r\nfolded: >-\r\n  a +\r\n    bad\r\n";
    let (node, sources) = good(text);
    for (key, line) in [("plain", 1), ("single", 2), ("double", 3), ("literal", 6), ("folded", 9)] {
        let text = node.get(key).unwrap().scalar().unwrap();
        let place = text.inside(text.find("bad").unwrap(), 3);
        assert_eq!(slice(&sources, place), "bad", "{key}");
        assert_eq!(sources.line_column(place).0, line, "{key}");
    }
}

#[test]
fn windows_files_read_like_others() {
    let (node, sources) = good("\u{feff}a: 1\r\nb:\r\n  - c\r\n");
    let item = &node.get("b").unwrap().as_sequence().unwrap()[0];
    assert_eq!(sources.line_column(item.place), (3, 5));
    assert_eq!(sources.line_column(node.place), (1, 1));
    assert_eq!(node.get("a").unwrap().scalar().unwrap(), "1");
}

#[test]
fn other_shapes_are_read_as_they_are() {
    assert!(good("").0.is_null());
    assert!(good("# only a comment\n").0.is_null());
    assert_eq!(good("- a\n- b\n").0.as_sequence().unwrap().len(), 2);
    assert_eq!(good("a: b").0.entries().count(), 1);
    assert_eq!(good("word").0.entries().count(), 0);
}

#[test]
fn broken_notation_is_shown_where_it_breaks() {
    let cases = [
        ("a:\n\tb: 1\n", (2, 2)),
        ("a: *.csv\n", (1, 4)),
        ("a: \"x\nb: c\n", (1, 4)),
        ("a: b: c\n", (1, 5)),
        ("a: [1, 2\nb: 3\n", (2, 2)),
        ("a: {b: c\n", (1, 4)),
        ("a: @x\n", (1, 4)),
        ("a:\n  - b\n c: d\n", (3, 2)),
        ("a: 'x' y\n", (1, 8)),
        ("a: 1\n---\nb: 2\n", (2, 1)),
        ("? [a]\n: b\n", (1, 3)),
    ];
    for (text, (line, column)) in cases {
        assert_eq!(wrong(text), [(Code::YamlSyntax, line, column)], "{text:?}");
    }
}

#[test]
fn a_tab_is_explained() {
    let (node, _) = read_one("a:\n\tb: 1\n");
    let found = node.unwrap_err();
    assert!(found[0].message.contains("tab"), "{}", found[0].message);
    assert!(found[0].help[0].contains("blanks"), "{:?}", found[0].help);
}

#[test]
fn several_mistakes_are_shown_at_once() {
    let text = "a: 1\na: 2\nb: !envv X\nc: !env\nd: !param { x: 1 }\ne: { <<: 1 }\n";
    let expected = [
        (Code::DuplicateKey, 2, 1),
        (Code::UnknownTag, 3, 4),
        (Code::UnknownTag, 4, 4),
        (Code::UnknownTag, 5, 4),
        (Code::Unsupported, 6, 6),
    ];
    assert_eq!(wrong(text), expected);
    let (node, sources) = read_one(text);
    let found = node.unwrap_err();
    assert_eq!(sources.line_column(found[0].related[0].0), (1, 1));
    assert_eq!(found[1].help[0], "did you mean `!env`?");
}

#[test]
fn a_hundred_mistakes_are_enough() {
    assert_eq!(wrong(&"a: 1\n".repeat(5000)).len(), 100);
}

#[test]
fn aliases_repeat_their_node() {
    let (node, sources) = good("a: &x { p: 1 }\nb: *x\n");
    let b = node.get("b").unwrap();
    assert_eq!(slice(&sources, b.place), "*x");
    assert_eq!(slice(&sources, b.get("p").unwrap().place), "1");
}

#[test]
fn bombs_are_refused() {
    let mut laughs = String::from("l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..10 {
        let before = format!("*l{}, ", level - 1).repeat(9);
        let before = before.trim_end_matches(", ");
        writeln!(laughs, "l{level}: &l{level} [{before}]").unwrap();
    }
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    let deep_block: String = (0..70).fold(String::new(), |mut text, level| {
        writeln!(text, "{}a:", " ".repeat(level)).unwrap();
        text
    });
    let deep_alias = format!("a: &a {}1{}\nb: {}*a{}", "[".repeat(40), "]".repeat(40), "[".repeat(40), "]".repeat(40));
    let large = format!("a: {}", "x".repeat(1 << 20));
    for text in [laughs.as_str(), &deep, &deep_block, &deep_alias, &large, "a: &a [*a]"] {
        let found = wrong(text);
        let start = &text[..20.min(text.len())];
        assert_eq!(found.len(), 1, "{start}");
        assert_eq!(found[0].0, Code::YamlBudget, "{start}");
    }
}

#[test]
fn includes_keep_their_own_places() {
    let files = |written: &str, from: &str| match written {
        "b.yaml" => {
            assert_eq!(from, "a.yaml");
            Ok(("dir/b.yaml".to_owned(), "x: 1\ny: !include c.yaml\n".to_owned()))
        }
        "c.yaml" => {
            assert_eq!(from, "dir/b.yaml");
            Ok(("dir/c.yaml".to_owned(), "\n- z\n".to_owned()))
        }
        _ => Err("no such file".to_owned()),
    };
    let mut sources = SourceMap::new();
    let node = read("a.yaml", "b: !include b.yaml\n", &mut sources, &files).unwrap();
    let list = node.get("b").and_then(|b| b.get("y")).unwrap();
    let item = &list.as_sequence().unwrap()[0];
    assert_eq!(sources.path(item.place.file), "dir/c.yaml");
    assert_eq!(sources.line_column(item.place), (2, 3));
}

#[test]
fn failing_includes_are_shown_where_they_are_written() {
    let cases: [(&str, &str, (usize, usize)); 4] = [
        ("missing", "b: 1\n", (1, 4)),
        ("self.yaml", "b: 1\nc: !include self.yaml", (2, 4)),
        ("a.yaml", "b: 1\n", (1, 4)),
        ("broken.yaml", "x: 1\ny: [", (2, 4)),
    ];
    for (written, included, (line, column)) in cases {
        let files = |written: &str, _: &str| match written {
            "missing" => Err("no such file".to_owned()),
            _ => Ok((written.to_owned(), included.to_owned())),
        };
        let mut sources = SourceMap::new();
        let text = format!("b: !include {written}\n");
        let found = read("a.yaml", &text, &mut sources, &files).unwrap_err();
        let code = if written == "broken.yaml" { Code::YamlSyntax } else { Code::IncludeFailed };
        assert_eq!(places(&found, &sources), [(code, line, column)], "{written}");
    }
}

#[test]
fn chains_of_includes_end() {
    let next = |written: &str, _: &str| {
        let number: usize = written.parse().unwrap();
        let text = format!("!include {}", number + 1);
        Ok((written.to_owned(), text))
    };
    let mut sources = SourceMap::new();
    let found = read("0", "!include 1", &mut sources, &next).unwrap_err();
    assert_eq!(found[0].code, Code::IncludeFailed);
    assert!(found[0].message.contains("8 includes"), "{}", found[0].message);

    let again = "b: [!include x, !include x, !include x, !include x, !include x]";
    let count = std::cell::Cell::new(0_usize);
    let wide = |_: &str, from: &str| {
        count.set(count.get() + 1);
        Ok((format!("{from}/{}", count.get()), again.to_owned()))
    };
    let found = read("0", again, &mut SourceMap::new(), &wide).unwrap_err();
    assert!(found.iter().any(|found| found.code == Code::YamlBudget));
    assert!(count.get() < 5000, "{}", count.get());
}
