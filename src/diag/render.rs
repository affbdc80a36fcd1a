//! Diagnostics for people and for programs.
//!
//! Lives here: the human form, in the manner of cargo, and the JSON form. Must not live here:
//! writing to a terminal, and deciding whether it has colours.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str, renderer::DecorStyle,
};
use serde_json::{Value, json};

use crate::diag::{Code, Diagnostic, FileId, Place, Severity, SourceMap};

/// The problems as a person reads them, one after the other with an empty line between.
///
/// Secrets written in clear are masked in the quoted lines.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let texts = masked_texts(diagnostics, sources);
    let mut output = String::new();
    for diagnostic in diagnostics {
        if !output.is_empty() {
            output.push('\n');
        }
        let group = group_of(diagnostic, sources, &texts);
        output.push_str(&renderer.render(&[group]));
        output.push('\n');
    }
    output
}

/// The problems as an array of objects, for programs.
///
/// Lines and columns count from 1, columns in characters; they and `file` are null without place.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let related: Value = diagnostic
                .related
                .iter()
                .map(|(place, text)| placed_json(*place, sources, json!({ "message": text })))
                .collect();
            let head = json!({
                "code": diagnostic.code.as_str(),
                "severity": diagnostic.severity.as_str(),
                "message": diagnostic.message,
            });
            let mut object = placed_json(diagnostic.place, sources, head);
            object["help"] = json!(diagnostic.help);
            object["related"] = related;
            object
        })
        .collect()
}

fn placed_json(place: Place, sources: &SourceMap, mut object: Value) -> Value {
    let (file, start, end) = if place.is_none() {
        (Value::Null, Value::Null, Value::Null)
    } else {
        let (line, column) = sources.line_column(place);
        let (end_line, end_column) = sources.end_line_column(place);
        (json!(sources.path(place.file)), json!([line, column]), json!([end_line, end_column]))
    };
    object["file"] = file;
    object["line"] = start[0].clone();
    object["column"] = start[1].clone();
    object["end_line"] = end[0].clone();
    object["end_column"] = end[1].clone();
    object
}

/// The texts that are quoted, with every secret in clear blotted out byte by byte so that the
/// places stay right.
fn masked_texts(diagnostics: &[Diagnostic], sources: &SourceMap) -> BTreeMap<FileId, String> {
    let mut texts = BTreeMap::new();
    let places = diagnostics.iter().flat_map(|diagnostic| {
        let related = diagnostic.related.iter().map(|(place, _)| *place);
        std::iter::once(diagnostic.place).chain(related)
    });
    for place in places.filter(|place| !place.is_none()) {
        texts.entry(place.file).or_insert_with(|| sources.text(place.file).to_string());
    }
    for diagnostic in diagnostics {
        let range = sources.range(diagnostic.place);
        if let (Code::SecretInClear, Some(range)) = (diagnostic.code, range)
            && let Some(text) = texts.get_mut(&diagnostic.place.file)
        {
            let stars = "*".repeat(range.len());
            text.replace_range(range, &stars);
        }
    }
    texts
}

fn group_of<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap, texts: &'a BTreeMap<FileId, String>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    for snippet in snippets_of(diagnostic, sources, texts) {
        group = group.element(snippet);
    }
    for (place, text) in &diagnostic.related {
        if place.is_none() {
            group = group.element(Level::NOTE.message(normalize_untrusted_str(text)));
        }
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    group
}

/// One snippet per file, that of the diagnostic itself first.
fn snippets_of<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a SourceMap,
    texts: &'a BTreeMap<FileId, String>,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let mut marks = vec![(diagnostic.place, AnnotationKind::Primary, "")];
    for (place, text) in &diagnostic.related {
        marks.push((*place, AnnotationKind::Context, text.as_str()));
    }
    let mut files: Vec<FileId> = Vec::new();
    for (place, _, _) in &marks {
        if !place.is_none() && !files.contains(&place.file) {
            files.push(place.file);
        }
    }
    files
        .into_iter()
        .filter_map(|file| {
            let text = texts.get(&file)?;
            let mut snippet = Snippet::source(text.as_str()).path(sources.path(file));
            for (place, kind, label) in marks.iter().filter(|(place, _, _)| place.file == file) {
                let range = visible(text, sources.range(*place)?);
                let label = (!label.is_empty()).then(|| normalize_untrusted_str(label));
                snippet = snippet.annotation(kind.span(range).label(label));
            }
            Some(snippet)
        })
        .collect()
}

/// The range without the line break that it may end with, so that the caret stays on its line.
fn visible(text: &str, range: Range<usize>) -> Range<usize> {
    let trimmed = text[range.clone()].trim_end_matches(['\n', '\r']);
    range.start..range.start + trimmed.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "extract:\r\n  a: { form: b }\r\n  c: { key: ck_123 }\r\n";

    fn place_of(file: FileId, needle: &str) -> Place {
        let start = TEXT.find(needle).unwrap();
        Place::between(file, start, start + needle.len())
    }

    #[test]
    fn human_form_is_that_of_cargo() {
        let mut sources = SourceMap::new();
        let file = sources.add("pipelines/a.yaml", TEXT);
        let diagnostic = Diagnostic::error(Code::UnknownKey, place_of(file, "form"), "unknown key `form`")
            .help("did you mean `from`?")
            .related(place_of(file, "a"), "in this table");
        let text = human(&[diagnostic], &sources, false);
        let expected = "\
error[unknown-key]: unknown key `form`
 --> pipelines/a.yaml:2:8
  |
2 |   a: { form: b }
  |        ^^^^
  |
  = help: did you mean `from`?
";
        assert!(text.starts_with("error[unknown-key]: unknown key `form`\n"), "{text}");
        assert!(text.contains(" --> pipelines/a.yaml:2:8\n"), "{text}");
        assert!(text.contains("in this table"), "{text}");
        assert!(text.ends_with("  = help: did you mean `from`?\n"), "{text}");
        let alone = Diagnostic::error(Code::UnknownKey, place_of(file, "form"), "unknown key `form`")
            .help("did you mean `from`?");
        assert_eq!(human(&[alone], &sources, false), expected);
    }

    #[test]
    fn no_place_renders_without_a_snippet() {
        let diagnostic =
            Diagnostic::warning(Code::LockHeld, Place::NONE, "another run is going on").help("wait for it");
        let text = human(&[diagnostic], &SourceMap::new(), false);
        let expected = "warning[lock-held]: another run is going on\n |\n = help: wait for it\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn secrets_in_clear_are_not_quoted() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", TEXT);
        let place = place_of(file, "ck_123");
        let diagnostic = Diagnostic::error(Code::SecretInClear, place, "a secret in clear");
        let text = human(&[diagnostic], &sources, false);
        assert!(!text.contains("ck_123"), "{text}");
        assert!(text.contains("key: ****** }"), "{text}");
    }

    #[test]
    fn colour_adds_escapes_and_only_then() {
        let diagnostic = Diagnostic::error(Code::Internal, Place::NONE, "x");
        let sources = SourceMap::new();
        let plain = human(std::slice::from_ref(&diagnostic), &sources, false);
        assert!(!plain.contains('\u{1b}'));
        assert!(human(&[diagnostic], &sources, true).contains('\u{1b}'));
    }

    #[test]
    fn json_has_places_from_one() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", TEXT);
        let place = place_of(file, "form");
        let found = [
            Diagnostic::error(Code::UnknownKey, place, "x").related(place, "here"),
            Diagnostic::error(Code::Internal, Place::NONE, "y"),
        ];
        let value = json(&found, &sources);
        assert_eq!(
            value[0],
            json!({
                "code": "unknown-key", "severity": "error", "message": "x", "file": "a.yaml",
                "line": 2, "column": 8, "end_line": 2, "end_column": 12, "help": [],
                "related": [{ "message": "here", "file": "a.yaml", "line": 2, "column": 8, "end_line": 2, "end_column": 12 }],
            })
        );
        assert_eq!(value[1]["line"], Value::Null);
        assert_eq!(value[1]["file"], Value::Null);
    }
}
