//! The JSON Schema that editors use accepts what the program accepts, judged by an ordinary validator.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::examples::shipped;
use crate::harness::{Call, none_failed, repository};

fn checked_in() -> Value {
    let text = fs::read_to_string(repository().join("schemas/pipeline.schema.json")).expect("the schema is checked in");
    serde_json::from_str(&text).expect("the schema is JSON")
}

fn validator() -> Validator {
    jsonschema::validator_for(&checked_in()).expect("the schema is a JSON Schema")
}

/// A YAML file as JSON. Tags stand on leaves: `!include` is replaced by the file, the others by the name they refer to.
fn as_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let include = Regex::new(r#"!include\s+"?([^\s"},]+)"?"#).unwrap();
    let included =
        include.replace_all(&text, |found: &Captures<'_>| as_json(&path.parent().unwrap().join(&found[1])).to_string());
    let tag = Regex::new(r"!(?:env|secret|param)\s+").unwrap();
    let plain = tag.replace_all(&included, "");
    serde_yaml::from_str(&plain).unwrap_or_else(|error| panic!("{} is not YAML: {error}", path.display()))
}

#[test]
fn every_shipped_pipeline_is_valid() {
    let validator = validator();
    let failures: Vec<String> = shipped()
        .iter()
        .flat_map(|path| {
            let document = as_json(&repository().join(path));
            let errors = validator.iter_errors(&document);
            errors.map(|error| format!("{path} at `{}`: {error}", error.instance_path())).collect::<Vec<_>>()
        })
        .collect();
    none_failed("values", &failures);
}

#[test]
fn wrong_pipelines_are_not_valid() {
    let validator = validator();
    for case in ["unknown-key", "list-at-the-top", "unknown-step", "unknown-format"] {
        let document = as_json(&repository().join("tests/cases/check").join(case).join("pipeline.yaml"));
        assert!(!validator.is_valid(&document), "{case} is valid by the schema");
    }
}

#[test]
fn the_schema_is_the_one_that_the_program_prints() {
    let answer = Call::new(repository(), &["schema"]).answer().exits(0);
    assert!(answer.json() == checked_in(), "schemas/pipeline.schema.json is stale: `raccordo generate --write`");
    assert_eq!(checked_in()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn generated_files_are_fresh() {
    let _ = Call::new(repository(), &["generate", "--check"]).answer().exits(0);
}
