//! Answers and failures, in words for a person.

use std::time::Duration;

use chrono::DateTime;
use serde_json::Value;

use crate::io::http::request::Request;

/// The most of a message that is shown.
const LONGEST_MESSAGE: usize = 300;

/// An answer of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Content.
    pub body: Vec<u8>,
    /// Header `Retry-After`.
    pub retry_after: Option<String>,
    /// Header `Date`.
    pub date: Option<String>,
    /// Header `Location`.
    pub location: Option<String>,
    /// Header `Content-Type`.
    pub content_type: Option<String>,
    /// All headers, with small names.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// Whether the service did what was asked.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the content is a page for a browser: what a login, a wrong address or a proxy answers, never an interface.
    #[must_use]
    pub fn is_page(&self) -> bool {
        let start: Vec<u8> = self.body.iter().copied().skip_while(|byte| !byte.is_ascii_graphic()).take(15).collect();
        let start = start.to_ascii_lowercase();
        let says = self.content_type.as_deref().is_some_and(|text| text.trim_start().starts_with("text/html"));
        start.starts_with(b"<!doctype html") || start.starts_with(b"<html") || (says && start.starts_with(b"<"))
    }

    /// Whether the content is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok()
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// How long the service asks to wait: seconds, or a date that is compared with the one of the answer, so that the clock
    /// of this machine does not matter.
    #[must_use]
    pub fn asks_to_wait(&self) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let now = DateTime::parse_from_rfc2822(self.date.as_deref()?).ok()?;
        (until - now).to_std().ok()
    }

    /// What the service says of a refusal: the message in its JSON, the title of a page, else the beginning of the text.
    #[must_use]
    pub fn message(&self) -> String {
        if self.is_page() {
            return page(&String::from_utf8_lossy(&self.body));
        }
        let text = String::from_utf8_lossy(&self.body);
        let found = serde_json::from_slice::<Value>(&self.body).ok().and_then(|value| said(&value));
        let text = found.unwrap_or_else(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
        match text.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None if text.is_empty() => format!("status {}", self.status),
            None => text,
        }
    }

    /// A value of the answer, by a path of keys and numbers: `data.id`, `items.0.id`.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<String> {
        let mut value = &serde_json::from_slice::<Value>(&self.body).ok()?;
        for part in path.split('.') {
            value = match value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                other => other.get(part)?,
            };
        }
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// A page by its title.
fn page(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + 7).and_then(|from| Some(from..from + lower[from..].find('<')?));
    let title: String = title.map(|range| text[range].trim()).unwrap_or_default().chars().take(80).collect();
    if title.is_empty() { "an HTML page".to_owned() } else { format!("an HTML page (`{title}`)") }
}

/// The words of an error, wherever services put them.
fn said(value: &Value) -> Option<String> {
    const NAMES: [&str; 7] = ["message", "error_description", "detail", "error", "errors", "title", "description"];
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Array(items) => {
            let all: Vec<String> = items.iter().filter_map(said).take(5).collect();
            (!all.is_empty()).then(|| all.join("; "))
        }
        Value::Object(fields) => NAMES.iter().find_map(|name| fields.get(*name).and_then(said)),
        _ => None,
    }
}

/// A request without a final answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub(super) message: String,
    /// Whether nothing can have reached the service.
    pub unsent: bool,
}

impl Failure {
    pub(super) fn new(message: String) -> Self {
        Self { message, unsent: true }
    }

    /// A failure in other words; `unsent` when nothing can have reached the service.
    #[must_use]
    pub fn said(message: String, unsent: bool) -> Self {
        Self { message, unsent }
    }

    pub(super) fn interrupted(unsent: bool) -> Self {
        Self { message: "interrupted".to_owned(), unsent }
    }

    pub(super) fn of(request: &Request, error: &reqwest::Error) -> Self {
        let reason = if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            format!("no connection: {}", innermost(error))
        } else {
            innermost(error)
        };
        Self {
            message: request.masked(&format!("{request:?}: {reason}")),
            unsent: error.is_connect() || error.is_builder(),
        }
    }

    pub(super) fn answered(request: &Request, answer: &Answer) -> Self {
        let message = format!("{request:?}: status {}: {}", answer.status, answer.message());
        Self { message: request.masked(&message), unsent: false }
    }

    pub(super) fn after(mut self, attempts: u32) -> Self {
        if attempts > 1 {
            self.message = format!("{} (tried {attempts} times)", self.message);
        }
        self
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { status: 422, body: body.as_bytes().to_vec(), ..Answer::default() }
    }

    #[test]
    fn the_words_of_a_refusal_are_found_wherever_they_are() {
        for (body, expected) in [
            (r#"{"message": "EAN non valido"}"#, "EAN non valido"),
            (r#"{"error": {"code": 7, "message": "prezzo troppo basso"}}"#, "prezzo troppo basso"),
            (r#"{"errors": [{"detail": "a"}, {"detail": "b"}]}"#, "a; b"),
            ("<html>  no\n such </html>", "an HTML page"),
            ("<html><TITLE> Accesso </TITLE>", "an HTML page (`Accesso`)"),
            ("no\n such", "no such"),
            ("", "status 422"),
            (r#"{"code": 3}"#, r#"{"code": 3}"#),
        ] {
            assert_eq!(answer(body).message(), expected);
        }
    }

    #[test]
    fn pages_are_told_from_data() {
        for (content_type, body, expected) in [
            (None, "\u{feff}\n<!DOCTYPE HTML><title>Login</title>", true),
            (Some("application/json"), "<html><body>", true),
            (Some("text/html; charset=utf-8"), "<div>no</div>", true),
            (Some("text/html"), r#"{"id": 7}"#, false),
            (Some("application/xml"), "<ok/>", false),
            (None, "", false),
        ] {
            let answer = Answer { content_type: content_type.map(str::to_owned), ..answer(body) };
            assert_eq!(answer.is_page(), expected, "{body}");
        }
        assert!(answer(r#"{"id": 7}"#).is_json() && !answer("ok").is_json());
    }

    #[test]
    fn values_are_found_by_their_path() {
        let answer = answer(r#"{"data": {"id": 12}, "items": [{"id": "a"}]}"#);
        assert_eq!(answer.value("data.id").as_deref(), Some("12"));
        assert_eq!(answer.value("items.0.id").as_deref(), Some("a"));
        assert_eq!(answer.value("data"), None);
        assert_eq!(answer.value("items.1.id"), None);
    }

    #[test]
    fn a_pause_is_in_seconds_or_until_a_date_by_the_clock_of_the_service() {
        let mut asked = answer("");
        asked.retry_after = Some("7".to_owned());
        assert_eq!(asked.asks_to_wait(), Some(Duration::from_secs(7)));
        asked.retry_after = Some("Tue, 24 Nov 2026 10:00:30 GMT".to_owned());
        assert_eq!(asked.asks_to_wait(), None);
        asked.date = Some("Tue, 24 Nov 2026 10:00:00 GMT".to_owned());
        assert_eq!(asked.asks_to_wait(), Some(Duration::from_secs(30)));
    }
}
