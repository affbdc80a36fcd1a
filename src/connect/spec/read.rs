//! Requests that list records, and what answers mean.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::connect::spec::paging::PagingSpec;
use crate::connect::spec::words::Words;
use crate::connect::tree::Tree;
use crate::diag::{Placed, Text};
use crate::io::http::Method;

/// The request that lists the records of a resource.
///
/// In its path, query, headers and body: `{since}` is where an incremental extract begins and `{until}` where it ends, `{page}`,
/// `{offset}`, `{limit}` and `{cursor}` are where reading goes on, `{parent.id}` is a field of the record that this is listed for.
/// A parameter whose value is missing is left out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadSpec {
    /// Path after the base address, or a whole address.
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
    /// Where the answer has the records: `data.orders`. Default: the answer is the list, or one record.
    #[serde(default)]
    pub records: Option<Text>,
    /// Whether the records are the values of a mapping, by their names.
    #[serde(default)]
    pub keyed: bool,
    /// Where a record of a GraphQL connection is: `node`. The record is what is inside.
    #[serde(default)]
    pub inside: Option<Text>,
    /// A nested list of each record whose items are the rows: `line_items`. Fields of the record are `parent.NAME`.
    #[serde(default)]
    pub explode: Option<Text>,
    /// Lists the records once for each record of another resource; its fields are `{parent.NAME}`.
    #[serde(default)]
    pub for_each: Option<Text>,
    /// How the list is paged. Default: as the connector says.
    #[serde(default)]
    pub paging: Option<PagingSpec>,
    /// What makes incremental extracts possible.
    #[serde(default)]
    pub cursor: Option<CursorSpec>,
    /// Longest span of time that one request may ask for: `31d`. The time from `{since}` to `{until}` is then cut into such spans.
    #[serde(default)]
    pub window: Option<Text>,
    /// What answers mean, before the rules of the connector.
    #[serde(default)]
    pub errors: Vec<RuleSpec>,
    /// Name of the operation in the contract.
    #[serde(default)]
    pub operation: Option<String>,
}

/// What makes incremental extracts possible: the request asks for `{since}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CursorSpec {
    /// The column whose values `{since}` is compared with: a timestamp, a date or an integer.
    pub field: Text,
    /// How long rows are left alone before they are read, when the extract does not say it: `2m`.
    #[serde(default)]
    pub lag: Option<Text>,
    /// How far before the cursor reading begins again, when the extract does not say it.
    #[serde(default)]
    pub overlap: Option<Text>,
    /// Where the first run begins, when the extract does not say it: `2024-01-01`.
    #[serde(default)]
    pub start: Option<Text>,
}

/// Content of a request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodySpec {
    /// JSON. A text that is one name alone keeps the type of its value: `"{price}"` is a number, `"{price | text}"` a text.
    /// `"{notes?}"` is left out when there is no value; without `?` it is `null`.
    Json(Placed<Tree>),
    /// A form; what is nested has its names in brackets.
    Form(Placed<Tree>),
    /// XML, as a text in which values are escaped.
    Xml(Words),
    /// A text of any other type.
    Text(TextBody),
    /// GraphQL.
    Graphql(GraphqlBody),
}

/// A text as content.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    /// Its media type: `text/csv`.
    pub media: String,
    /// The text.
    pub content: Words,
}

/// A GraphQL request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphqlBody {
    /// The text of the query, as it is sent: nothing is put into it.
    pub query: Text,
    /// Its variables.
    #[serde(default)]
    pub variables: Option<Placed<Tree>>,
}

/// What an answer means. All conditions that are given must fit.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSpec {
    /// Status codes.
    pub status: Vec<u16>,
    /// A path of the answer that must have a value other than `null`, `false`, `[]`, `{}` and the empty text.
    pub path: Option<Text>,
    /// The only values of `path` that fit.
    pub one_of: Vec<String>,
    /// What follows. Default: `fail`.
    pub then: Verdict,
    /// Where the answer says why. Default: wherever services usually put it.
    pub message: Option<Text>,
    /// How long to wait before trying again when the answer does not say it: `5s`.
    pub after: Option<Text>,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is good, whatever its status.
    Ok,
    /// There are no records.
    Empty,
    /// The same request is sent again, later.
    Retry,
    /// The token is renewed, once, and the request sent again.
    Reauth,
    /// The row is rejected; a list cannot be read.
    #[default]
    Fail,
    /// The run fails: it concerns all rows.
    Stop,
}
