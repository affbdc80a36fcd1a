//! Requests that change records.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::connect::spec::read::{BodySpec, RuleSpec};
use crate::connect::spec::words::Words;
use crate::diag::{Placed, Text};
use crate::io::http::Method;

/// The requests that change a resource, by kind of change.
///
/// In them `{column}` is a column of the row, `{key}` its key, and `{remote_id}` the name that the platform gave to it, learnt from
/// the answer to its `create` or found by `lookup`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteSpec {
    /// For rows that are new.
    #[serde(default)]
    pub create: Option<OperationSpec>,
    /// For rows that changed.
    #[serde(default)]
    pub update: Option<OperationSpec>,
    /// For rows that are new or changed, when the platform makes no difference.
    #[serde(default)]
    pub upsert: Option<OperationSpec>,
    /// For rows that go away (`mode: mirror`).
    #[serde(default)]
    pub delete: Option<OperationSpec>,
    /// Asks the platform for the row before it is created, by its key: what is found is updated instead. Without it, a `create`
    /// whose answer was lost may create twice on a platform that knows no idempotency keys.
    #[serde(default)]
    pub lookup: Option<LookupSpec>,
    /// Header with a key that is the same when a request is sent again: `Idempotency-Key`.
    #[serde(default)]
    pub idempotency: Option<Text>,
}

/// A request for one kind of change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationSpec {
    /// Path after the base address, or a whole address.
    pub path: Words,
    /// Method. Default: `POST`, for `update` `PUT`, for `delete` `DELETE`.
    #[serde(default)]
    pub method: Option<Method>,
    /// Parameters of the query.
    #[serde(default)]
    pub query: IndexMap<String, Words>,
    /// Headers.
    #[serde(default)]
    pub headers: IndexMap<String, Words>,
    /// Content. Default: all columns as a JSON object; none for `DELETE`.
    #[serde(default)]
    pub body: Option<BodySpec>,
    /// Where the answer has the name that the platform gave to the row: `data.id`.
    #[serde(default)]
    pub id: Option<Text>,
    /// Many rows in one request.
    #[serde(default)]
    pub batch: Option<BatchSpec>,
    /// What answers mean, before the rules of the connector.
    #[serde(default)]
    pub errors: Vec<RuleSpec>,
    /// Name of the operation in the contract.
    #[serde(default)]
    pub operation: Option<String>,
}

/// Many rows in one request: `{items}` in its body is the list of what `body` says of each row.
///
/// ```yaml
/// batch: { path: /products/batch, max: 100, body: { json: { create: "{items}" } }, results: create, error: error.message }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    /// Path. Default: that of the single row.
    #[serde(default)]
    pub path: Option<Words>,
    /// Method. Default: `POST`.
    #[serde(default)]
    pub method: Option<Method>,
    /// Most rows of a request.
    pub max: Placed<u32>,
    /// Whether a single row goes so too: the platform has no request for one.
    #[serde(default)]
    pub always: bool,
    /// Content. Default: the list alone, as JSON.
    #[serde(default)]
    pub body: Option<BodySpec>,
    /// Where the answer has one result for each row. Default: none; the answer is for all rows.
    #[serde(default)]
    pub results: Option<Text>,
    /// How a result finds its row: by its position, or by a value of the result that is the same as a column of the row. Default:
    /// by position.
    #[serde(default, rename = "match")]
    pub matching: Option<MatchSpec>,
    /// Where a result says why its row was refused; a row without it is taken.
    #[serde(default)]
    pub error: Option<Text>,
    /// Where a result has the name that the platform gave to the row. Default: as `id` of the operation.
    #[serde(default)]
    pub id: Option<Text>,
}

/// How a result finds its row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchSpec {
    /// Where the result has the value.
    pub path: Text,
    /// The column of the row with the same value.
    pub column: Text,
}

/// A request that finds a row by its key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupSpec {
    /// Path after the base address.
    pub path: Words,
    /// Method. Default: `GET`, and `POST` with a body.
    #[serde(default)]
    pub method: Option<Method>,
    /// Parameters of the query.
    #[serde(default)]
    pub query: IndexMap<String, Words>,
    /// Headers.
    #[serde(default)]
    pub headers: IndexMap<String, Words>,
    /// Content.
    #[serde(default)]
    pub body: Option<BodySpec>,
    /// Where the answer has the name of the row: `0.id`. A row without one, or an answer 404, is new.
    pub id: Text,
    /// What answers mean, before the rules of the connector.
    #[serde(default)]
    pub errors: Vec<RuleSpec>,
}
