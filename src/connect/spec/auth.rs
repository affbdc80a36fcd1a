//! How requests prove who sends them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::connect::spec::words::Words;
use crate::connect::tree::Tree;
use crate::diag::{Placed, Text};
use crate::io::http::Method;

/// How requests prove who sends them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthSpec {
    /// They do not.
    None,
    /// Name and password: `{ user: "{key}", password: "{secret}" }`.
    Basic(BasicSpec),
    /// A token, as `Authorization: Bearer …`: `"{token}"`.
    Bearer(Words),
    /// Headers: `{ X-Api-Key: "{key}" }`.
    Header(IndexMap<String, Words>),
    /// Parameters of the query: `{ api_key: "{key}" }`.
    Query(IndexMap<String, Words>),
    /// A token that a call gives for some time: OAuth 2 of any grant, or a login.
    Token(Box<TokenSpec>),
}

/// Name and password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicSpec {
    /// Name.
    pub user: Words,
    /// Password. Default: empty.
    #[serde(default)]
    pub password: Option<Words>,
}

/// A call that gives a token. It is made when the first token is needed, before one ends, and once when an answer is 401.
///
/// ```yaml
/// auth:
///   token:
///     url: "{base}/oauth/token"
///     form: { grant_type: client_credentials, client_id: "{client_id}", client_secret: "{client_secret}" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenSpec {
    /// Address of the call, whole.
    pub url: Words,
    /// Method. Default: `POST`.
    #[serde(default)]
    pub method: Option<Method>,
    /// Content as a form.
    #[serde(default)]
    pub form: Option<Placed<Tree>>,
    /// Content as JSON.
    #[serde(default)]
    pub json: Option<Placed<Tree>>,
    /// Name and password of the call.
    #[serde(default)]
    pub basic: Option<BasicSpec>,
    /// Headers of the call.
    #[serde(default)]
    pub headers: IndexMap<String, Words>,
    /// Where the answer has the token. Default: `access_token`.
    #[serde(default)]
    pub path: Option<Text>,
    /// Where the answer has how many seconds the token is good. Default: `expires_in`; without it: until an answer is 401.
    #[serde(default)]
    pub expires: Option<Text>,
    /// Where the answer has a new refresh token, which takes the place of the setting `refresh_token` from then on. It is kept
    /// for the time of the run only.
    #[serde(default)]
    pub refresh: Option<Text>,
    /// Headers of all other requests, in which `{token}` is the token. Default: `Authorization: Bearer {token}`. Write `{}` when
    /// the token goes into bodies alone.
    #[serde(default)]
    pub send: Option<IndexMap<String, Words>>,
}
