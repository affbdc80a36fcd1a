//! A report as one HTML file: nothing to load, nothing that runs but our own script, which it does without.
//!
//! Every text goes through `escape`. The page forbids, by its own policy, any script but the one whose hash it names.

mod escape;
mod foot;
mod sections;
mod svg;
mod table;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::loads::report::model::Document;
use crate::loads::report::page::escape::escaped;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page of a report.
#[must_use]
pub fn html(document: &Document) -> String {
    let mut page = Page { document, out: String::new() };
    page.head();
    page.top();
    page.contents();
    page.push("<main id=\"contents\">\n");
    for (at, block) in document.blocks.iter().enumerate() {
        page.section(at + 1, block);
    }
    page.push("</main>\n");
    page.foot();
    page.push("<script>");
    page.push(SCRIPT);
    page.push("</script>\n</body>\n</html>\n");
    page.out
}

struct Page<'a> {
    document: &'a Document,
    out: String,
}

impl Page<'_> {
    fn push(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// A word of the language of the report.
    fn say(&self, italian: &'static str, english: &'static str) -> &'static str {
        self.document.lang.of(italian, english)
    }

    fn head(&mut self) {
        let digest = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        let (lang, title) = (self.document.lang.code(), escaped(&self.document.title));
        let _ = write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             img-src data:; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        );
    }

    fn top(&mut self) {
        let document = self.document;
        let at = document.style().instant(document.origin.at, true);
        let _ = write!(
            self.out,
            "<a class=\"skip\" href=\"#contents\">{}</a>\n<header>\n<p class=\"eyebrow\">{}</p>\n<h1>{}</h1>\n",
            self.say("Vai al contenuto", "Skip to contents"),
            escaped(&document.origin.pipeline),
            escaped(&document.title),
        );
        if let Some(subtitle) = &document.subtitle {
            let _ = writeln!(self.out, "<p class=\"lead\">{}</p>", escaped(subtitle));
        }
        let rome = self.say("ora di Roma", "Rome time");
        let _ = write!(self.out, "<p class=\"meta\"><span>{} ({rome})</span>", escaped(&at));
        for (format, name) in &document.origin.files {
            let _ = write!(self.out, "<a href=\"{}\">{format}</a>", escaped(&link(name)));
        }
        self.push("</p>\n</header>\n");
    }

    /// Links to the sections that have a heading, when there are several.
    fn contents(&mut self) {
        let titles = self.document.blocks.iter().enumerate();
        let titles: Vec<(usize, &String)> =
            titles.filter_map(|(at, block)| Some((at + 1, block.title.as_ref()?))).collect();
        if titles.len() < 3 {
            return;
        }
        let _ = write!(self.out, "<nav aria-label=\"{}\"><ul>", self.say("Sezioni", "Sections"));
        for (at, title) in titles {
            let _ = write!(self.out, "<li><a href=\"#s{at}\">{}</a></li>", escaped(title));
        }
        self.push("</ul></nav>\n");
    }
}

/// A name of a file as a link to it.
fn link(name: &str) -> String {
    let mut out = String::from("./");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
