//! Tests of the deserializer: values, places, several mistakes at once.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::diag::{Code, Diagnostics, Place, Placed, SourceMap, Text};
use crate::io::secret::Secret;
use crate::spec::yaml::{NoValues, Node, Value, Values, from_node, read};

struct Known;

impl Values for Known {
    fn env(&self, name: &str) -> Option<String> {
        (name == "PORT").then(|| "8080".to_owned())
    }

    fn secret(&self, name: &str) -> Option<String> {
        (name == "woo").then(|| "ck_123".to_owned())
    }

    fn param(&self, name: &str) -> Option<String> {
        (name == "giorno").then(|| "2026-11-23".to_owned())
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Document {
    pipeline: Text,
    #[serde(default)]
    extract: IndexMap<Text, Extract>,
    #[serde(default)]
    transform: IndexMap<Text, Transform>,
    limit: Option<u8>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Extract {
    from: Placed<String>,
    #[serde(default)]
    header: bool,
    key: Option<Secret>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Transform {
    from: Text,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Step {
    Filter(Text),
    Join(Join),
    Sort { by: Vec<Text> },
    Count,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Join {
    with: Text,
    on: Text,
    #[serde(default)]
    how: How,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    Inner,
    Left,
}

type Found = (Code, usize, usize);

fn typed<T: DeserializeOwned>(text: &str, values: &dyn Values) -> (Option<T>, Diagnostics, SourceMap) {
    let mut sources = SourceMap::new();
    let no_include = |_: &str, _: &str| Err(String::new());
    let node = read("a.yaml", text, &mut sources, &no_include).unwrap();
    let (value, found) = from_node(&node, values);
    (value, found, sources)
}

fn places(found: &Diagnostics, sources: &SourceMap) -> Vec<Found> {
    found
        .iter()
        .map(|diagnostic| {
            let (line, column) = sources.line_column(diagnostic.place);
            (diagnostic.code, line, column)
        })
        .collect()
}

fn wrong<T: DeserializeOwned>(text: &str) -> Vec<Found> {
    let (value, found, sources) = typed::<T>(text, &Known);
    assert!(!found.is_empty(), "{text}");
    drop(value);
    places(&found, &sources)
}

fn good<T: DeserializeOwned>(text: &str) -> T {
    let (value, found, _) = typed(text, &Known);
    assert_eq!(found, Diagnostics::new(), "{text}");
    value.unwrap()
}

#[test]
fn a_good_document_becomes_values_with_places() {
    let text = "\
pipeline: canali
extract:
  z_prima: { from: negozio.orders, header: true, key: !secret woo }
  articoli: { from: a }
transform:
  t:
    from: articoli
    steps:
      - filter: \"qty > 0\"
      - join: { with: z_prima, on: sku, how: left }
      - sort: { by: [a, b] }
      - count
      - count:
";
    let (value, found, sources) = typed::<Document>(text, &Known);
    assert_eq!(found, Diagnostics::new());
    let pipeline = value.unwrap();
    let tables: Vec<&str> = pipeline.extract.keys().map(Text::as_str).collect();
    assert_eq!(tables, ["z_prima", "articoli"]);
    let first = &pipeline.extract["z_prima"];
    assert_eq!(sources.line_column(first.from.place), (3, 20));
    assert_eq!(first.key.as_ref().unwrap().reveal(), "ck_123");
    let (key, transform) = pipeline.transform.first().unwrap();
    assert_eq!(sources.line_column(key.place()), (6, 3));
    assert_eq!(transform.steps.len(), 5);
    let Step::Filter(filter) = &transform.steps[0] else {
        panic!("not a filter");
    };
    assert_eq!(sources.line_column(filter.inside(6, 1)), (9, 24));
    assert_eq!(transform.steps[3], transform.steps[4]);
}

/// Twenty-five lines with every kind of mistake.
const WRONG: &str = "\
pipelin: canali
pipeline: canali
extract:
  ordini: { form: negozio.orders }
  clienti:
    header: yes
  articoli:
    from: [a, b]
    header: \"true\"
    colour: red
  chiavi: { from: a, key: ck_123456 }
transform:
  uno:
    from: ordini
    steps:
      - where: \"qty > 0\"
      - join: { whit: clienti, on: sku, how: lfet }
      - filter: a
        sort: { by: b }
      - sort: { by: b }
      - join
      - {}
      - filter: [x]
  due: elenco
limit: 300
";

#[test]
fn all_mistakes_are_found_at_once() {
    let expected = [
        (Code::UnknownKey, 1, 1),
        (Code::UnknownKey, 4, 13),
        (Code::WrongType, 6, 13),
        (Code::WrongType, 8, 11),
        (Code::WrongType, 9, 13),
        (Code::UnknownKey, 10, 5),
        (Code::SecretInClear, 11, 27),
        (Code::UnknownKind, 16, 9),
        (Code::UnknownKey, 17, 17),
        (Code::BadValue, 17, 46),
        (Code::ManyKinds, 18, 9),
        (Code::WrongType, 20, 21),
        (Code::WrongType, 21, 9),
        (Code::NoKind, 22, 9),
        (Code::WrongType, 23, 17),
        (Code::WrongType, 24, 8),
        (Code::BadValue, 25, 8),
    ];
    let (value, found, sources) = typed::<Document>(WRONG, &Known);
    assert_eq!(value, None);
    let mut all = places(&found, &sources);
    // `clienti` has no `from`: its place is the first line of its mapping.
    let missing = (Code::MissingKey, 6, 5);
    assert!(all.contains(&missing), "{all:?}");
    all.retain(|found| *found != missing);
    assert_eq!(all, expected);
    let rendered = crate::diag::render::human(&found, &sources, false);
    assert!(!rendered.contains("ck_123456"), "{rendered}");
}

#[test]
fn help_says_what_was_possible() {
    let (_, found, _) = typed::<Document>(WRONG, &Known);
    let help_of = |line_text: &str| {
        let diagnostic = found.iter().find(|found| found.message.contains(line_text));
        diagnostic.unwrap_or_else(|| panic!("{line_text}")).help.join(" / ")
    };
    let cases = [
        ("`form`", "did you mean `from`? / known keys: `from`, `header`, `key`"),
        ("`yes`", "write `true`"),
        ("`where`", "did you mean `filter`? / known kinds: `filter`, `join`, `sort`, `count`"),
        ("`lfet`", "did you mean `left`? / known values: `inner`, `left`"),
        ("`filter`, `sort`", "write each as an item of its own"),
        ("`join` needs", "write `join: ...`"),
        (
            "written in clear",
            "write `!secret name` or `!env NAME` instead / if this file has left your machine, replace the secret at the platform",
        ),
    ];
    for (message, help) in cases {
        assert_eq!(help_of(message), help, "{message}");
    }
    let limit = found.iter().find(|found| found.message.contains("300"));
    assert_eq!(limit.unwrap().message, "expected a whole number from 0 to 255, found the number `300`");
}

#[test]
fn unknown_keys_alone_leave_a_value() {
    let (value, found, _) = typed::<Document>("pipeline: a\ncolour: red\n", &NoValues);
    assert_eq!(value.unwrap().pipeline, "a");
    assert_eq!(found.len(), 1);
}

#[test]
fn a_misspelt_key_is_not_also_missing() {
    assert_eq!(wrong::<Extract>("form: a\n"), [(Code::UnknownKey, 1, 1)]);
    let both = [(Code::MissingKey, 1, 1), (Code::UnknownKey, 1, 1)];
    let mut found = wrong::<Extract>("zzz: a\n");
    found.sort();
    assert_eq!(found.len(), 2);
    assert!(both.iter().all(|one| found.contains(one)), "{found:?}");
}

#[test]
fn indentation_of_a_kind_is_explained() {
    let (_, found, _) = typed::<Vec<Step>>("- join:\n  with: a\n  on: b\n", &NoValues);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::ManyKinds);
    assert!(found[0].help[0].contains("below `join:`"), "{:?}", found[0].help);
}

#[test]
fn scalars_become_what_is_asked_for() {
    assert!(good::<bool>("true"));
    assert_eq!(good::<i8>("-12"), -12);
    assert_eq!(good::<u128>("340282366920938463463374607431768211455"), u128::MAX);
    assert_eq!(good::<f64>("1e3").to_bits(), 1000_f64.to_bits());
    assert_eq!(good::<String>("001"), "001");
    assert_eq!(good::<String>("0.10"), "0.10");
    assert_eq!(good::<String>("no"), "no");
    assert_eq!(good::<Option<String>>("~"), None);
    assert_eq!(good::<Option<String>>("'~'"), Some("~".to_owned()));
    assert_eq!(good::<(u8, String)>("[1, a]"), (1, "a".to_owned()));
    assert_eq!(good::<char>("';'"), ';');
    assert_eq!(good::<IndexMap<u8, u8>>("{ 10: 1 }")[&10], 1);
    let whole: IndexMap<Placed<String>, Option<Placed<u8>>> = good("{ a: 1, b: }");
    assert_eq!(whole.len(), 2);
}

#[test]
fn scalars_of_another_type_are_refused() {
    assert_eq!(wrong::<bool>("True"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<bool>("'true'"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<u8>("'5'"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<u8>("1.5"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<u8>("256"), [(Code::BadValue, 1, 1)]);
    assert_eq!(wrong::<f64>("inf"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<String>("~"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<String>("[a]"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<Vec<u8>>("1"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<(u8, u8)>("[1]"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<char>("ab"), [(Code::BadValue, 1, 1)]);
    assert_eq!(wrong::<Document>("- a"), [(Code::WrongType, 1, 1)]);
    assert_eq!(wrong::<IndexMap<u8, u8>>("{ x: 1 }"), [(Code::WrongType, 1, 3)]);
}

#[test]
fn tags_are_resolved_or_missed_at_their_place() {
    assert_eq!(good::<u16>("!env PORT"), 8080);
    assert_eq!(good::<Text>("!param giorno"), "2026-11-23");
    assert_eq!(good::<Secret>("!env PORT").reveal(), "8080");
    let cases = [
        ("[!env NO]", Code::EnvMissing),
        ("[!secret no]", Code::BadValue),
        ("[!secret woo]", Code::BadValue),
        ("[!param no]", Code::ParamUnknown),
    ];
    for (text, code) in cases {
        assert_eq!(wrong::<Vec<Text>>(text), [(code, 1, 2)], "{text}");
    }
    assert_eq!(wrong::<Vec<Secret>>("[!secret no]"), [(Code::SecretMissing, 1, 2)]);
    assert_eq!(wrong::<Vec<Secret>>("[ck_1]"), [(Code::SecretInClear, 1, 2)]);
    assert_eq!(wrong::<Vec<Secret>>("[!param giorno]"), [(Code::SecretInClear, 1, 2)]);
    assert_eq!(wrong::<Vec<Secret>>("[[a]]"), [(Code::SecretInClear, 1, 2)]);
}

#[test]
fn resolved_values_never_show_in_messages() {
    let (_, found, _) = typed::<Vec<bool>>("[!env PORT]", &Known);
    assert!(!found[0].message.contains("8080"), "{}", found[0].message);
}

#[test]
fn nodes_are_values_too() {
    let text = "- { sku: 001, price: 0.10, day: !param giorno, tags: [a, { b: 'c' }], no: }";
    let rows: Vec<IndexMap<Text, Node>> = good(text);
    let row = &rows[0];
    assert_eq!(row["price"].scalar().unwrap(), "0.10");
    assert_eq!(row["day"].scalar().unwrap(), "2026-11-23");
    assert!(row["no"].is_null());
    let tags = row["tags"].as_sequence().unwrap();
    let inner = tags[1].get("b").unwrap();
    assert!(matches!(&inner.value, Value::Scalar { quoted: true, .. }));
    assert_eq!(inner.place.start as usize, text.find("'c'").unwrap());
    assert_ne!(inner.scalar().unwrap().place(), Place::NONE);
}

#[test]
fn free_values_keep_codes_as_text() {
    let value: serde_json::Value = good("{ a: 1, b: 001, c: true, d: ~, e: [1.5, '2'], f: -3 }");
    let expected = serde_json::json!({ "a": 1, "b": "001", "c": true, "d": null, "e": [1.5, "2"], "f": -3 });
    assert_eq!(value, expected);
}

#[test]
fn many_mistakes_end() {
    let text = format!("[{}]", "x, ".repeat(500));
    let (value, found, _) = typed::<Vec<u8>>(&text, &NoValues);
    assert_eq!(value, None);
    assert_eq!(found.len(), 100);
    let keys: Vec<String> = (0..5000).map(|key| format!("k{key}: 1")).collect();
    let (_, found, _) = typed::<Join>(&keys.join("\n"), &NoValues);
    assert_eq!(found.len(), 100);
}

#[test]
fn errors_of_own_types_are_placed() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Even;

    impl TryFrom<String> for Even {
        type Error = String;

        fn try_from(text: String) -> Result<Self, String> {
            let even = text.len().is_multiple_of(2);
            even.then_some(Self).ok_or_else(|| format!("`{text}` is odd"))
        }
    }

    let (_, found, sources) = typed::<Vec<Even>>("- ab\n- abc\n- a\n", &NoValues);
    let expected = [(Code::BadValue, 2, 3), (Code::BadValue, 3, 3)];
    assert_eq!(places(&found, &sources), expected);
    assert_eq!(found[0].message, "`abc` is odd");
}
