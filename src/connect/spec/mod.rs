//! What a connector file says: structs with places, no behaviour.

pub mod auth;
pub mod fields;
pub mod paging;
pub mod read;
pub mod words;
pub mod write;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::connect::spec::auth::AuthSpec;
use crate::connect::spec::fields::FieldSpecs;
use crate::connect::spec::paging::PagingSpec;
use crate::connect::spec::read::{ReadSpec, RuleSpec};
use crate::connect::spec::words::Words;
use crate::connect::spec::write::WriteSpec;
use crate::diag::{Placed, Text};

/// A connector, `connectors/NAME.yaml`: how a platform is read and written.
///
/// ```yaml
/// connector: magazzino
/// settings: { url: {}, token: { secret: true } }
/// base_url: "{url}/api"
/// auth: { bearer: "{token}" }
/// resources:
///   articles:
///     read: { path: /articles, records: data, paging: { page: {} } }
///     fields: { sku: sku, price: money, stock: integer }
/// ```
///
/// `{name}` stands for the value of a setting, a column of the row that is written, or where reading goes on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Name of the connector: lower-case words joined by `_`. The file has the same name.
    pub connector: Text,
    /// Name of a connector that this one starts from. Mappings are put together key by key; what is written here wins.
    #[serde(default)]
    pub extends: Option<Text>,
    /// Name of the platform, for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What a user must know: where credentials are made, what the platform cannot do.
    #[serde(default)]
    pub description: Option<String>,
    /// Address of the platform's documentation.
    #[serde(default)]
    pub docs: Option<String>,
    /// File of the platform's contract and how sure it is: what requests are proven against.
    #[serde(default)]
    pub contract: Option<ContractSpec>,
    /// What a connection must or may say.
    #[serde(default)]
    pub settings: IndexMap<Text, SettingSpec>,
    /// Address before all paths. Always made of a setting, so that a sandbox can take its place.
    pub base_url: Words,
    /// How requests prove who sends them. Default: they do not.
    #[serde(default)]
    pub auth: Option<AuthSpec>,
    /// Headers of all requests. One whose value is missing is left out.
    #[serde(default)]
    pub headers: IndexMap<String, Words>,
    /// Query of all requests.
    #[serde(default)]
    pub query: IndexMap<String, Words>,
    /// How fast it may be asked.
    #[serde(default)]
    pub limits: LimitSpec,
    /// What answers mean, in order; the first rule that fits decides. After them: 408, 425, 429 and 5xx are tried again, 401
    /// renews the token once, other refusals are errors.
    #[serde(default)]
    pub errors: Vec<RuleSpec>,
    /// How lists are paged when a resource does not say it. Default: they are not.
    #[serde(default)]
    pub paging: Option<PagingSpec>,
    /// Zone of timestamps without one: `Europe/Rome`. Default: UTC.
    #[serde(default)]
    pub zone: Option<Text>,
    /// Texts that mean nothing, besides `null` and the empty one: `["0000-00-00", "false"]`. With `false` among them, truth
    /// values stay what they are.
    #[serde(default)]
    pub nulls: Vec<String>,
    /// What can be read and written, by name: `orders`, `products`.
    pub resources: IndexMap<Text, Resource>,
}

/// A contract of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractSpec {
    /// Name of the file.
    pub file: String,
    /// Who wrote it: `vendor`, `derived` by program from the vendor's, or `restated` from manuals.
    pub kind: ContractKind,
}

/// Who wrote a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// The platform.
    Vendor,
    /// A program, from what the platform publishes.
    Derived,
    /// People, from manuals.
    Restated,
}

impl ContractKind {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Derived => "derived",
            Self::Restated => "restated",
        }
    }
}

/// A setting of a connection.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SettingSpec {
    /// Whether it is a key or password: it is then given by `!secret` or `!env` and never shown.
    pub secret: bool,
    /// Its value when a connection does not say it.
    pub default: Option<Placed<String>>,
    /// Whether it may be absent without a default. What needs it is then left out.
    pub optional: bool,
    /// The only values allowed.
    pub one_of: Vec<String>,
    /// What it is and where it is found, for people.
    pub help: Option<String>,
}

/// How fast a platform may be asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSpec {
    /// Requests a second, evenly spread.
    pub per_second: Option<Placed<u32>>,
    /// Requests a minute, evenly spread.
    pub per_minute: Option<Placed<u32>>,
    /// Requests that are on their way at once. Default: 4.
    pub parallel: Option<Placed<u32>>,
    /// How often a request is sent at most. Default: 6.
    pub attempts: Option<Placed<u32>>,
    /// How long an answer may take: `30s`. Default: `60s`.
    pub timeout: Option<Text>,
}

/// Something that can be read, written, or both.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// What its rows are, for people.
    #[serde(default)]
    pub description: Option<String>,
    /// The fields that name a row. Records that come twice in one reading are taken once.
    #[serde(default)]
    pub key: Vec<Text>,
    /// The request that lists its records.
    #[serde(default)]
    pub read: Option<ReadSpec>,
    /// Columns of the table that is read: a name, and a type or a type with where it is found in the record.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, fields::FieldSpec>")]
    pub fields: FieldSpecs,
    /// The requests that change it.
    #[serde(default)]
    pub write: Option<WriteSpec>,
}
