//! SQL text to a syntax tree, and places inside the text.

use sqlparser::ast;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token};

use crate::diag::{Code, Diagnostic, Place, Text};

/// How deep an expression may nest.
const MAX_DEPTH: usize = 100;

/// Parses one expression that fills the whole text.
///
/// # Errors
/// A syntax error, with its place inside the text.
pub fn expression(text: &Text) -> Result<ast::Expr, Diagnostic> {
    let mut parser = parser(text)?;
    let parsed = parser.parse_expr().map_err(|error| syntax(text, &error))?;
    expect_end(text, &mut parser)?;
    Ok(parsed)
}

/// Parses one expression with an optional `AS name`.
///
/// # Errors
/// A syntax error, with its place inside the text.
pub fn aliased(text: &Text) -> Result<(ast::Expr, Option<ast::Ident>), Diagnostic> {
    let mut parser = parser(text)?;
    let item = parser.parse_select_item().map_err(|error| syntax(text, &error))?;
    expect_end(text, &mut parser)?;
    match item {
        ast::SelectItem::UnnamedExpr(parsed) => Ok((parsed, None)),
        ast::SelectItem::ExprWithAlias { expr, alias } => Ok((expr, Some(alias))),
        _ => Err(Diagnostic::error(Code::ExprSyntax, text.place(), "expected an expression, or `expression AS name`")),
    }
}

/// Parses a whole query.
///
/// # Errors
/// A syntax error, with its place inside the text.
pub fn query(text: &Text) -> Result<ast::Query, Diagnostic> {
    let mut parser = parser(text)?;
    let parsed = parser.parse_query().map_err(|error| syntax(text, &error))?;
    let _ = parser.consume_token(&Token::SemiColon);
    expect_end(text, &mut parser)?;
    Ok(*parsed)
}

fn parser(text: &Text) -> Result<Parser<'static>, Diagnostic> {
    let parser = Parser::new(&GenericDialect {}).with_recursion_limit(MAX_DEPTH);
    parser.try_with_sql(text.as_str()).map_err(|error| syntax(text, &error))
}

fn expect_end(text: &Text, parser: &mut Parser) -> Result<(), Diagnostic> {
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(());
    }
    let message = format!("unexpected `{}` after the end of the expression", next.token);
    Err(Diagnostic::error(Code::ExprSyntax, place(text, next.span), message))
}

fn syntax(text: &Text, error: &ParserError) -> Diagnostic {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => format!("nested more than {MAX_DEPTH} levels deep"),
    };
    let (message, location) = split_location(&message);
    let at = location.map_or_else(|| text.place(), |location| place(text, Span::new(location, location)));
    Diagnostic::error(Code::ExprSyntax, at, format!("not a valid SQL expression: {}", lowercase_first(&message)))
        .help("texts stand in single quotes, column names with blanks in double quotes")
}

fn lowercase_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The parser says where in words: `… at Line: 1, Column: 7`.
fn split_location(message: &str) -> (String, Option<Location>) {
    let Some((before, after)) = message.rsplit_once(" at Line: ") else { return (message.to_owned(), None) };
    let numbers: Vec<u64> = after.split(", Column: ").filter_map(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [line, column] => (before.to_owned(), Some(Location { line, column })),
        _ => (message.to_owned(), None),
    }
}

/// The place of a span of the syntax tree.
#[must_use]
pub fn place(text: &Text, span: Span) -> Place {
    let Some(start) = offset(text.as_str(), span.start) else { return text.place() };
    let end = offset(text.as_str(), span.end).unwrap_or(start).max(start);
    let end = if end == start { next_boundary(text.as_str(), start) } else { end };
    text.inside(start, end - start)
}

fn next_boundary(text: &str, start: usize) -> usize {
    text[start..].chars().next().map_or(start, |first| start + first.len_utf8())
}

fn offset(text: &str, location: Location) -> Option<usize> {
    let line_index = usize::try_from(location.line.checked_sub(1)?).ok()?;
    let column = usize::try_from(location.column.checked_sub(1)?).ok()?;
    let mut start = 0;
    for _ in 0..line_index {
        start += text[start..].find('\n')? + 1;
    }
    let rest = &text[start..];
    Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(index, _)| index))
}
