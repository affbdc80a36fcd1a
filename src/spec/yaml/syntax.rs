//! What a person should read when the parser stops.
//!
//! The parser speaks of productions of the grammar; here its commonest complaints are said in
//! the words of someone who wrote a value without quotes.

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use crate::diag::{Code, Diagnostic, FileId, Place};

/// The diagnostic of a parse error in `text`.
pub(super) fn diagnostic(error: &ScanError, file: FileId, text: &str) -> Diagnostic {
    let place = place_of(error, file, text);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return Diagnostic::error(Code::YamlBudget, place, "the file is nested too deeply");
    }
    let (message, help) = explain(error.kind());
    let message = message.map_or_else(|| error.kind().to_string(), str::to_owned);
    let diagnostic = Diagnostic::error(Code::YamlSyntax, place, message);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The character at which the parser stopped, or the last one when the text has ended.
fn place_of(error: &ScanError, file: FileId, text: &str) -> Place {
    let reached = error.marker().byte_offset().unwrap_or(0);
    let last = text.trim_end().len().saturating_sub(1);
    let start = text.floor_char_boundary(if reached > last { last } else { reached });
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Place::between(file, start, start + length)
}

/// Message and help; without a message that of the parser is good enough.
fn explain(kind: &ErrorKind) -> (Option<&'static str>, Option<&'static str>) {
    use ErrorKind as K;
    const QUOTE: &str = "put the value in quotes: `\"...\"`";
    const INDENT: &str = "keys of one mapping stand exactly below each other; check the indentation";
    match kind {
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => {
            (Some("a tab is used for indentation"), Some("YAML is indented with blanks; replace the tab by blanks"))
        }
        K::UnknownAnchor => (
            Some("an alias `*name` without its anchor `&name`"),
            Some("a value that begins with `*`, like `*.csv`, must be in quotes"),
        ),
        K::UnclosedQuotedScalar => (
            Some("a quote is opened here and never closed"),
            Some("close it on the same line; a quote inside `'...'` is written twice"),
        ),
        K::UnclosedFlowCollection { .. } => {
            (Some("a bracket is opened here and never closed"), Some("close every `{` with `}` and every `[` with `]`"))
        }
        K::InvalidColonPlacement | K::ExpectedFlowSequenceSeparator => {
            (Some("a list in `[...]` goes on here without `,` or `]`"), Some("is the `]` of a list above missing?"))
        }
        K::ExpectedFlowMappingSeparator => {
            (Some("a mapping in `{...}` goes on here without `,` or `}`"), Some("is a `,` or the `}` missing?"))
        }
        K::MappingValueNotAllowed => (
            Some("a `:` where no key can be"),
            Some(
                "a value that contains `: ` must be in quotes; \
                 keys of one mapping stand exactly below each other",
            ),
        ),
        K::SimpleKeyExpected => (
            Some("a line that is neither `key: value` nor `- item`"),
            Some("is the `:` after the key missing, or the blank after it?"),
        ),
        K::UnexpectedCharacter { .. } => (Some("a value cannot begin with this character"), Some(QUOTE)),
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
            (Some("text follows the closing quote"), Some("put the whole value inside the quotes"))
        }
        K::UnknownQuotedScalarEscape => {
            (Some("an unknown escape within `\"...\"`"), Some("write a backslash twice, or use single quotes"))
        }
        K::ExpectedBlockMappingKey
        | K::ExpectedBlockSequenceEntry
        | K::InvalidIndentation
        | K::InvalidFlowScalarIndent
        | K::InvalidQuotedScalarIndent
        | K::InvalidBlockScalarIndent => (Some("the indentation fits no line above"), Some(INDENT)),
        K::BlockSequenceEntryNotAllowed => (Some("a `- item` where no list can be"), Some(INDENT)),
        _ => (None, None),
    }
}
