//! What proves who sends a request: headers made of settings, and tokens that a call gives.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::connect::connection::Connection;
use crate::connect::datum::{Datum, Layered, Scope};
use crate::connect::render::{add_parameter, form};
use crate::connect::select;
use crate::connect::spec::auth::{AuthSpec, BasicSpec, TokenSpec};
use crate::io::Secret;
use crate::io::http::{Answer, Method, Request};

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(30);

/// A token and how long it is good.
#[derive(Clone)]
pub struct Token {
    value: Secret,
    until: Option<Instant>,
    /// What the next one is asked with, when the platform changes it each time.
    refresh: Option<Secret>,
}

impl Token {
    /// Whether it is still good.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() + EARLY < until)
    }

    /// It is good no more; what the next one is asked with is kept.
    pub fn spoil(&mut self) {
        self.until = Some(Instant::now());
    }

    /// The token of an answer.
    ///
    /// # Errors
    /// The answer has none.
    pub fn of(spec: &TokenSpec, answer: &Answer, before: Option<&Self>) -> Result<Self, String> {
        let text = std::str::from_utf8(&answer.body).unwrap_or_default();
        let path = spec.path.as_ref().map_or("access_token", |path| path.as_str());
        let value = select::text(text, path).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("the answer has no token at `{path}`: {}", answer.message()))?;
        let expires = spec.expires.as_ref().map_or("expires_in", |path| path.as_str());
        let seconds = select::text(text, expires).and_then(|seconds| seconds.split('.').next()?.parse().ok());
        let refresh = spec.refresh.as_ref().and_then(|path| select::text(text, path)).map(Secret::new);
        Ok(Self {
            value: Secret::new(value),
            until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            refresh: refresh.or_else(|| before.and_then(|token| token.refresh.clone())),
        })
    }
}

/// The token for templates: bodies of a platform may need it.
pub struct TokenScope<'a>(pub Option<&'a Token>);

impl Scope for TokenScope<'_> {
    fn get(&self, name: &str) -> Option<Datum> {
        let token = self.0?;
        match name {
            "token" => Some(Datum::text(token.value.reveal())),
            "refresh_token" => token.refresh.as_ref().map(|refresh| Datum::text(refresh.reveal())),
            _ => None,
        }
    }
}

/// Name and password as a header.
fn basic(spec: &BasicSpec, scope: &dyn Scope) -> (String, Secret) {
    let password = spec.password.as_ref().map(|password| password.fill(scope)).unwrap_or_default();
    let pair = STANDARD.encode(format!("{}:{password}", spec.user.fill(scope)));
    ("Authorization".to_owned(), Secret::new(format!("Basic {pair}")))
}

/// The call that gives a token.
#[must_use]
pub fn token_request(connection: &Connection, spec: &TokenSpec, before: Option<&Token>) -> Request {
    let known = TokenScope(before);
    let scope = Layered(&known, connection);
    let body = match (&spec.form, &spec.json) {
        (Some(tree), _) => {
            let value = tree.value.render(&scope).unwrap_or(Datum::Null);
            Some((form(&value).into_bytes(), "application/x-www-form-urlencoded"))
        }
        (None, Some(tree)) => {
            let value = tree.value.render(&scope).unwrap_or(Datum::Null);
            Some((value.to_json().into_bytes(), "application/json"))
        }
        (None, None) => None,
    };
    let headers = spec.headers.iter().map(|(name, value)| (name.clone(), value.fill(&scope)));
    let method = spec.method.unwrap_or(Method::Post);
    let secrets = spec.basic.iter().map(|spec| basic(spec, &scope)).collect();
    Request { method, url: spec.url.fill(&scope), headers: headers.collect(), secrets, body, name: "token".to_owned() }
}

/// Adds to a request what proves who sends it.
pub fn sign(connection: &Connection, token: Option<&Token>, request: &mut Request) {
    match &connection.connector.auth {
        None | Some(AuthSpec::None) => {}
        Some(AuthSpec::Basic(spec)) => request.secrets.push(basic(spec, connection)),
        Some(AuthSpec::Bearer(words)) => {
            let value = Secret::new(format!("Bearer {}", words.fill(connection)));
            request.secrets.push(("Authorization".to_owned(), value));
        }
        Some(AuthSpec::Header(headers)) => {
            let headers = headers.iter().map(|(name, words)| (name.clone(), Secret::new(words.fill(connection))));
            request.secrets.extend(headers);
        }
        Some(AuthSpec::Query(query)) => {
            for (name, words) in query {
                add_parameter(&mut request.url, name, &words.fill(connection));
            }
        }
        Some(AuthSpec::Token(spec)) => {
            let Some(token) = token else { return };
            let known = TokenScope(Some(token));
            let scope = Layered(&known, connection);
            match &spec.send {
                None => {
                    let value = Secret::new(format!("Bearer {}", token.value.reveal()));
                    request.secrets.push(("Authorization".to_owned(), value));
                }
                Some(headers) => {
                    let headers = headers.iter().map(|(name, words)| (name.clone(), Secret::new(words.fill(&scope))));
                    request.secrets.extend(headers);
                }
            }
        }
    }
}
