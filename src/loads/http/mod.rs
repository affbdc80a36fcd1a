//! Load kind `http`: one request for each row that changes, or one for many of them.

pub mod clear;
pub mod judge;
pub mod send;
pub mod template;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Placed, Text};
use crate::domain::calendar::duration;
use crate::domain::types::Schema;
use crate::io::Secret;
use crate::io::http::{Method, Policy, is_header};
use crate::loads::delivery::{Destination, Mode};
use crate::loads::http::send::{HttpTarget, Shape};
use crate::loads::http::template::UrlTemplate;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load};

/// Sends changes to a web service as JSON: one request for each row, or one for many.
///
/// ```yaml
/// load:
///   ordini:
///     from: ordini
///     key: numero
///     mode: merge
///     http:
///       url: https://gestionale.example/api/ordini
///       update: { method: PUT, url: "https://gestionale.example/api/ordini/{numero}" }
///       auth: { bearer: !secret gestionale_token }
/// ```
///
/// A row arrives at least once: when the answer is lost, or the run is killed before it came, the same request is sent
/// again with the same idempotency key, and the service must know it by that key, or by an address that holds the key of
/// the row (`PUT …/{numero}`). A service that looks at neither may do a thing twice; raccordo cannot know. Answers 408, 425,
/// 429 and 5xx and lost connections are tried again after growing pauses, or after what `Retry-After` says. Other refusals
/// (4xx) reject their row with the words of the service, and the row is tried again by the next run. What concerns all rows
/// stops the load at once and leaves the rest for the next run: 401, 402, 403, 405, 406, 407, 415, redirections, 404 at an
/// address without columns (or twenty times in a row), no connection, three requests in a row without an answer, and a page
/// for a browser where JSON should be. After a 429 or a `Retry-After` no load sends anything to that service until the pause
/// is over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpLoad {
    /// Address for new rows. `{column}` stands for the value of a column, with all that an address cannot hold escaped.
    pub url: Text,
    /// Method for new rows. Default: `POST`.
    #[serde(default)]
    pub method: Option<Method>,
    /// Request for rows that changed. Default: as for new ones.
    #[serde(default)]
    pub update: Option<RequestSpec>,
    /// Request for rows that go away (`mode: mirror`). Default: `DELETE` at the address of `update`.
    #[serde(default)]
    pub delete: Option<RequestSpec>,
    /// Fields of the JSON object and the columns they take: `{ number: numero, total: totale }`. Default: all columns.
    #[serde(default)]
    pub body: Option<IndexMap<String, Text>>,
    /// Rows in one request, as a JSON array. Default: one row, as an object. Addresses then hold no column. When the service
    /// refuses a batch, its rows are sent one by one.
    #[serde(default)]
    pub batch: Option<Placed<u32>>,
    /// Field that holds the array of a batch: `items` gives `{"items": […]}`. Default: the array alone.
    #[serde(default)]
    pub wrap: Option<Text>,
    /// Headers of all requests.
    #[serde(default)]
    pub headers: IndexMap<String, Text>,
    /// How requests prove who sends them.
    #[serde(default)]
    pub auth: Option<AuthSpec>,
    /// Header with the idempotency key of each request. Default: `Idempotency-Key`.
    #[serde(default)]
    pub idempotency_header: Option<Text>,
    /// Where the answer has the name that the service gave to the row: `data.id`. It is kept in the map of ids.
    #[serde(default)]
    pub id: Option<Text>,
    /// How long an answer may take: `30s`. Default: `30s`.
    #[serde(default)]
    pub timeout: Option<Text>,
    /// How often a request is sent at most, 1 to 100. Default: 6.
    #[serde(default)]
    pub attempts: Option<Placed<u32>>,
    /// How many requests are on their way at once, 1 to 64. Default: 4.
    #[serde(default)]
    pub parallel: Option<Placed<u32>>,
}

/// A request for one kind of change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// The method.
    #[serde(default)]
    pub method: Option<Method>,
    /// The address. Default: that of new rows.
    #[serde(default)]
    pub url: Option<Text>,
}

/// How requests prove who sends them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthSpec {
    /// A token, as `Authorization: Bearer …`.
    #[serde(default)]
    pub bearer: Option<Secret>,
    /// Name and password, as `Authorization: Basic …`.
    #[serde(default)]
    pub basic: Option<BasicSpec>,
    /// Headers with secrets: `{ X-Api-Key: !secret key }`.
    #[serde(default)]
    pub headers: IndexMap<String, Secret>,
}

/// Name and password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicSpec {
    /// Name.
    pub user: Text,
    /// Password.
    pub password: Secret,
}

impl AuthSpec {
    fn headers(&self) -> Vec<(String, Secret)> {
        use base64::Engine as _;
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {}", token.reveal()));
        let basic = self.basic.as_ref().map(|basic| {
            let pair = format!("{}:{}", basic.user, basic.password.reveal());
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        });
        let authorization =
            bearer.into_iter().chain(basic).map(|value| ("Authorization".to_owned(), Secret::new(value)));
        authorization.chain(self.headers.iter().map(|(name, secret)| (name.clone(), secret.clone()))).collect()
    }
}

impl Load for HttpLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::AtLeastOnce, ordered: false }
    }

    fn bind(&self, _input: &Schema, _cx: &BindCx) -> Option<BoundLoad> {
        None
    }

    fn takes_rows(&self) -> bool {
        true
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Append, Mode::Merge, Mode::Mirror]
    }

    /// Fields of the body by the names of their columns, and the columns of addresses.
    fn sent(&self, input: &Schema, _cx: &BindCx) -> Vec<(String, String)> {
        let body = self.fields(input).into_iter().map(|(_, column)| column);
        let urls = self.urls().into_iter().flat_map(UrlTemplate::columns_of);
        let mut sent: Vec<(String, String)> = Vec::new();
        for column in body.chain(urls) {
            if input.contains(&column) && !sent.iter().any(|(name, _)| *name == column) {
                sent.push((column.clone(), column));
            }
        }
        sent
    }

    fn bind_rows(&self, input: &Schema, mode: Mode, key: &[String], cx: &BindCx) -> Option<Box<dyn Destination>> {
        let before = cx.reported();
        if key.is_empty() {
            let message =
                "an `http` load needs a key: without one, a row whose answer is lost cannot be told from a new one";
            let problem = Diagnostic::error(Code::MissingKey, self.url.place(), message);
            cx.report(problem.help("name the column that tells rows apart: `key: numero`"));
        }
        self.check(input, cx);
        let policy = self.policy(cx);
        let create = self.shape(None, Method::Post, input, cx);
        let update = match (&self.update, &create) {
            (None, create) => create.clone(),
            (Some(update), create) => {
                let usual = create.as_ref().map_or(Method::Post, |create| create.method);
                self.shape(Some(update), usual, input, cx)
            }
        };
        let delete = match &self.delete {
            Some(delete) => self.shape(Some(delete), Method::Delete, input, cx),
            None => update.clone().map(|update| Shape { method: Method::Delete, ..update }),
        };
        self.check_delete(mode, delete.as_ref(), cx);
        if cx.reported() > before {
            return None;
        }
        Some(Box::new(HttpTarget {
            create: create?,
            update: update?,
            delete: delete?,
            fields: self.fields(input),
            batch: self.batch.map_or(1, |batch| batch.value as usize),
            batched: self.batch.is_some(),
            wrap: self.wrap.as_ref().map(ToString::to_string),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
            secrets: self.auth.as_ref().map(AuthSpec::headers).unwrap_or_default(),
            idempotency: self.idempotency_header.as_ref().map_or("Idempotency-Key".to_owned(), ToString::to_string),
            id: self.id.as_ref().map(ToString::to_string),
            policy: policy?,
        }))
    }
}

impl HttpLoad {
    fn fields(&self, input: &Schema) -> Vec<(String, String)> {
        match &self.body {
            None => input.names().map(|name| (name.to_owned(), name.to_owned())).collect(),
            Some(body) => body.iter().map(|(field, column)| (field.clone(), column.to_string())).collect(),
        }
    }

    fn urls(&self) -> Vec<&Text> {
        let others = [&self.update, &self.delete].into_iter().flatten().filter_map(|request| request.url.as_ref());
        std::iter::once(&self.url).chain(others).collect()
    }

    fn check(&self, input: &Schema, cx: &BindCx) {
        for column in self.body.iter().flat_map(IndexMap::values) {
            cx.require_column(input, column);
        }
        for url in self.urls() {
            clear::check_address(url, cx);
        }
        for (name, value) in &self.headers {
            clear::check_header(name, value, cx);
            if !is_header(name) {
                let message = format!("`{name}` is not a name for a header");
                cx.report(Diagnostic::error(Code::BadValue, value.place(), message).help("as in `X-Channel: shop`"));
            }
        }
        for (name, value, most) in
            [("batch", self.batch, 10_000), ("attempts", self.attempts, 100), ("parallel", self.parallel, 64)]
        {
            let Some(value) = value.filter(|value| !(1..=most).contains(&value.value)) else { continue };
            let message = format!("`{name}: {}` is not possible", value.value);
            cx.report(Diagnostic::error(Code::BadValue, value.place, message).help(format!("use 1 to {most}")));
        }
        if self.wrap.is_some() && self.batch.is_none() {
            let place = self.wrap.as_ref().map_or(Place::NONE, Text::place);
            cx.report(Diagnostic::error(Code::BadValue, place, "`wrap` needs `batch`: one row is sent as an object"));
        }
    }

    /// A delete must say which row it means.
    fn check_delete(&self, mode: Mode, delete: Option<&Shape>, cx: &BindCx) {
        let says = delete.is_none_or(|delete| delete.method != Method::Delete || delete.url.has_columns());
        if mode == Mode::Mirror && !says && self.batch.is_none() {
            let message = "the address of deletes names no row";
            let help = "add it: `delete: { url: \"https://…/{numero}\" }`";
            cx.report(Diagnostic::error(Code::MissingKey, self.url.place(), message).help(help));
        }
    }

    fn shape(&self, spec: Option<&RequestSpec>, usual: Method, input: &Schema, cx: &BindCx) -> Option<Shape> {
        let (method, url) = match spec {
            None => (self.method.unwrap_or(usual), &self.url),
            Some(spec) => (spec.method.unwrap_or(usual), spec.url.as_ref().unwrap_or(&self.url)),
        };
        let url_template = UrlTemplate::parse(url, input, cx)?;
        if self.batch.is_some() && url_template.has_columns() {
            let message = "the address of a batch cannot hold a column: it has many rows";
            cx.report(Diagnostic::error(Code::Unsupported, url.place(), message).help("drop `batch`, or the column"));
        }
        Some(Shape { method, url: url_template })
    }

    fn policy(&self, cx: &BindCx) -> Option<Policy> {
        let timeout = match &self.timeout {
            None => std::time::Duration::from_secs(30),
            Some(text) => match duration::parse_duration(text) {
                Some(timeout) if !timeout.is_zero() => timeout,
                _ => {
                    let message = format!("`{text}` is not a length of time");
                    cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help(duration::EXPECTED));
                    return None;
                }
            },
        };
        let attempts = self.attempts.map_or(6, |attempts| attempts.value);
        let parallel = self.parallel.map_or(4, |parallel| parallel.value as usize);
        Some(Policy { timeout, attempts, parallel })
    }
}
