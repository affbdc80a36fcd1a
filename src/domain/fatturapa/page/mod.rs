//! An invoice or a message of the exchange system for a person to read: a page in HTML, a text for the terminal.
//!
//! Here: data taken from the elements (`view`, with `document`, `party`, `part`; `notice` for messages), words and numbers
//! in Italian (`words`, `italian`), the templates and the text. Every value of the file is shown; attachments by name and
//! size. A page has no scripts, loads nothing, and every value in it is escaped. Not here: what is wrong with a document
//! (`check`), files.

mod document;
mod italian;
mod notice;
mod part;
mod party;
mod text;
mod view;
mod words;

use minijinja::value::Serde;
use minijinja::{Environment, HtmlEscape, Value, context};

use super::finding::Finding;
use super::sdi;
use super::tree::Tree;

const STYLE: &str = include_str!("style.css");

/// A file as a page, findings first.
#[must_use]
pub fn html(tree: &Tree, findings: &[Finding]) -> String {
    let page = Value::from(Serde(view::page(tree, findings)));
    render("invoice.html.j2", include_str!("invoice.html.j2"), context! { page, style => style() })
}

/// A message as a page.
#[must_use]
pub fn message_html(message: &sdi::Message) -> String {
    let notice = Value::from(Serde(notice::notice(message)));
    render("message.html.j2", include_str!("message.html.j2"), context! { notice, style => style() })
}

/// A file as a text, findings first.
#[must_use]
pub fn text(tree: &Tree, findings: &[Finding]) -> String {
    text::page(&view::page(tree, findings))
}

/// A message as a text.
#[must_use]
pub fn message_text(message: &sdi::Message) -> String {
    text::notice(&notice::notice(message))
}

/// The one value that is not escaped: it is our own.
fn style() -> Value {
    Value::from_safe_string(STYLE.to_owned())
}

/// The name ends in `.html.j2`: that is what turns escaping on. Our own templates do not fail; if one did, the page says so.
fn render(name: &'static str, template: &str, values: Value) -> String {
    let page = Environment::new().render_named_str(name, template, values);
    page.unwrap_or_else(|error| {
        format!(
            "<!DOCTYPE html>\n<html lang=\"it\"><title>{name}</title><p>{}</p></html>\n",
            HtmlEscape(&error.to_string())
        )
    })
}

#[cfg(test)]
#[path = "../tests/page.rs"]
mod tests;
