//! Requests made of what a connector says and the values of the moment.

use indexmap::IndexMap;

use crate::connect::connection::Connection;
use crate::connect::datum::{Datum, Layered, Scope, escape_xml, percent_encode};
use crate::connect::spec::read::BodySpec;
use crate::connect::spec::words::Words;
use crate::io::http::{Method, Request, is_address};

/// What a request is made of.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The method, when it is said.
    pub method: Option<Method>,
    /// Path after the base, or a whole address.
    pub path: &'a Words,
    /// Parameters.
    pub query: &'a IndexMap<String, Words>,
    /// Headers.
    pub headers: &'a IndexMap<String, Words>,
    /// Content.
    pub body: Option<&'a BodySpec>,
}

/// The request; without what proves who sends it.
#[must_use]
pub fn request(connection: &Connection, parts: Parts<'_>, scope: &dyn Scope, name: String) -> Request {
    let scope = Layered(scope, connection);
    let whole = parts.path.fill(&scope);
    let mut url = if may_be_whole(&parts.path.text) && is_address(&whole) {
        whole
    } else {
        address(connection, &parts.path.filled(&scope, |text| percent_encode(&text)))
    };
    for (name, value) in connection.connector.query.iter().chain(parts.query) {
        if let Some(value) = parameter(value, &scope) {
            add_parameter(&mut url, name, &value);
        }
    }
    let headers = connection.connector.headers.iter().chain(parts.headers);
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), parameter(value, &scope)?)));
    let body = parts.body.map(|body| content(body, &scope));
    let method = parts.method.unwrap_or(if body.is_some() { Method::Post } else { Method::Get });
    Request { method, url, headers: headers.collect(), secrets: Vec::new(), body, name }
}

/// Whether a path can be a whole address: it is written with a scheme, or begins with a value.
fn may_be_whole(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://") || path.starts_with('{')
}

/// A whole address of a path.
#[must_use]
pub fn address(connection: &Connection, path: &str) -> String {
    match path {
        "" => connection.base(),
        path if path.starts_with('/') => connection.base() + path,
        path => format!("{}/{path}", connection.base()),
    }
}

/// The value of a parameter or header; nothing when a name in it has none.
fn parameter(words: &Words, scope: &dyn Scope) -> Option<String> {
    words.template.as_ref().ok()?.text(scope)
}

/// Adds a parameter to an address.
pub fn add_parameter(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    // Brackets are usual in names and understood as they are.
    let name = percent_encode(name).replace("%5B", "[").replace("%5D", "]");
    url.push_str(&name);
    url.push('=');
    url.push_str(&percent_encode(value));
}

/// Content and its type.
#[must_use]
pub fn content(body: &BodySpec, scope: &dyn Scope) -> (Vec<u8>, &'static str) {
    match body {
        BodySpec::Json(tree) => {
            let value = tree.value.render(scope).unwrap_or(Datum::Null);
            (value.to_json().into_bytes(), "application/json")
        }
        BodySpec::Form(tree) => {
            let value = tree.value.render(scope).unwrap_or(Datum::Null);
            (form(&value).into_bytes(), "application/x-www-form-urlencoded")
        }
        BodySpec::Xml(words) => (words.filled(scope, |text| escape_xml(&text)).into_bytes(), "application/xml"),
        BodySpec::Text(text) => (text.content.fill(scope).into_bytes(), media(&text.media)),
        BodySpec::Graphql(graphql) => {
            let mut entries = vec![("query".to_owned(), Datum::text(graphql.query.as_str()))];
            let variables = graphql.variables.as_ref().and_then(|variables| variables.value.render(scope));
            entries.extend(variables.map(|variables| ("variables".to_owned(), variables)));
            (Datum::Map(entries).to_json().into_bytes(), "application/json")
        }
    }
}

/// Media types that a text can have.
pub const MEDIA: [&str; 5] =
    ["text/plain", "text/csv", "text/tab-separated-values", "text/xml", "application/octet-stream"];

fn media(written: &str) -> &'static str {
    MEDIA.into_iter().find(|known| *known == written).unwrap_or(MEDIA[0])
}

/// A form.
#[must_use]
pub fn form(value: &Datum) -> String {
    let mut pairs = Vec::new();
    value.write_pairs("", &mut pairs);
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}
