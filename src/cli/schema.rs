//! `raccordo schema`: the JSON Schema of pipelines, contracts and channels.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::cli::args::{SchemaArgs, SchemaOf};
use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;
use crate::connect::Connector;
use crate::contract::ContractFile;
use crate::domain::feeds::Channel;
use crate::spec::Pipeline;

/// Runs the command.
///
/// # Errors
/// The schema cannot be printed.
pub fn command(args: SchemaArgs) -> Result<Exit, Failure> {
    talk::json(&schema(args.of))?;
    Ok(Exit::Done)
}

/// The JSON Schema (2020-12) of a kind of file; always the same for the same program.
#[must_use]
pub fn schema(of: SchemaOf) -> Value {
    match of {
        SchemaOf::Pipeline => root::<Pipeline>("raccordo pipeline"),
        SchemaOf::Contract => root::<ContractFile>("raccordo data contract"),
        SchemaOf::Channel => root::<Channel>("raccordo sales channel"),
        SchemaOf::Connector => root::<Connector>("raccordo connector"),
    }
}

fn root<T: JsonSchema>(title: &str) -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    schema["title"] = title.into();
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.sort_keys();
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_are_of_the_right_draft_and_complete() {
        for of in [SchemaOf::Pipeline, SchemaOf::Contract, SchemaOf::Channel, SchemaOf::Connector] {
            let schema = schema(of);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(jsonschema::validator_for(&schema).is_ok());
            assert_eq!(schema, super::schema(of));
        }
    }

    #[test]
    fn the_channel_schema_accepts_every_channel_of_the_program() {
        let validator = jsonschema::validator_for(&schema(SchemaOf::Channel)).unwrap();
        for (name, text) in crate::loads::feed::builtin::CHANNELS {
            let channel: Value = serde_yaml::from_str(text).unwrap();
            let wrong: Vec<String> = validator.iter_errors(&channel).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
        }
    }

    #[test]
    fn the_pipeline_schema_accepts_a_pipeline_and_refuses_an_unknown_key() {
        let validator = jsonschema::validator_for(&schema(SchemaOf::Pipeline)).unwrap();
        let mut pipeline = serde_json::json!({
            "pipeline": "a",
            "extract": { "x": { "inline": { "rows": [ { "sku": "1" } ] } } },
            "transform": { "y": { "from": "x", "steps": [ { "filter": "sku = '1'" } ] } },
            "load": { "z": { "from": "y", "file": { "path": "out/z.csv" } } },
        });
        assert!(validator.is_valid(&pipeline));
        pipeline["extract"]["x"]["inlin"] = true.into();
        assert!(!validator.is_valid(&pipeline));
    }
}
