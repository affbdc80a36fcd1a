//! A request: what is sent, and how it is shown without its secrets.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::io::Secret;
use crate::io::http::answer::{Answer, Failure};

/// The most of an answer that is read.
const LONGEST_ANSWER: usize = 8 << 20;

/// What is asked of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    Get,
    /// Create.
    Post,
    /// Put in place.
    Put,
    /// Change a part.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn to_reqwest(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// A request.
#[derive(Clone)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// The address.
    pub url: String,
    /// Headers that may be shown.
    pub headers: Vec<(String, String)>,
    /// Headers that may not.
    pub secrets: Vec<(String, Secret)>,
    /// The content and its type.
    pub body: Option<(Vec<u8>, &'static str)>,
    /// What names the request, for the spreading of pauses.
    pub name: String,
}

/// Without secrets and content.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.url)
    }
}

impl Request {
    /// Sends it once.
    pub(super) async fn send(&self, client: &reqwest::Client) -> Result<Answer, Failure> {
        let mut builder = client.request(self.method.to_reqwest(), &self.url);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        for (name, secret) in &self.secrets {
            let mut value = reqwest::header::HeaderValue::from_str(secret.reveal())
                .map_err(|_| Failure::new(format!("the secret of the header `{name}` holds characters it may not")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        if let Some((body, content_type)) = &self.body {
            builder = builder.header("content-type", *content_type).body(body.clone());
        }
        let failed = |error: reqwest::Error| Failure::of(self, &error);
        let mut response = builder.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (retry_after, date, location) = (header("retry-after"), header("date"), header("location"));
        let content_type = header("content-type");
        let headers = response.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let headers = headers.collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body, retry_after, date, location, content_type, headers })
    }

    /// A number that is different for most requests.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    /// A text in which the secrets of the request are masked.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let parts = self.secrets.iter().flat_map(|(_, secret)| secret.reveal().split_whitespace());
        // A short word would mask half of the text, and is no secret.
        parts.filter(|part| part.len() >= 6).fold(text.to_owned(), |text, part| text.replace(part, "***"))
    }
}
