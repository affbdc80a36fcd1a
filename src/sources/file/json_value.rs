//! JSON values inside a record: lists and objects into columns with parts, and the walk along a path.

use jiter::{Jiter, JiterError, Peek};

use crate::contract::nested::push_text;
use crate::contract::{CellFormat, Checked, ColumnBuilder, Flaw};
use crate::domain::types::Type;
use crate::sources::file::json_path::Segment;

/// Passes over a value and answers its text.
///
/// # Errors
/// The value is not well-formed.
pub fn skip<'j>(json: &mut Jiter<'j>, peek: Peek) -> Result<&'j str, JiterError> {
    let start = json.current_index();
    json.known_skip(peek)?;
    Ok(std::str::from_utf8(json.slice_to_current(start)).unwrap_or_default())
}

/// The kind of a value, for messages.
#[must_use]
pub fn kind(peek: Peek) -> &'static str {
    match peek {
        Peek::Null => "null",
        Peek::True | Peek::False => "a truth value",
        Peek::String => "a text",
        Peek::Array => "an array",
        Peek::Object => "an object",
        _ => "a number",
    }
}

/// Adds a value to a builder of that type: exactly one, whatever happens. The inner result is the first flaw in it.
///
/// # Errors
/// The value is not well-formed.
pub fn push_value(
    builder: &mut ColumnBuilder,
    ty: &Type,
    json: &mut Jiter<'_>,
    peek: Peek,
    format: &CellFormat,
) -> Result<Checked<()>, JiterError> {
    match (ty, peek) {
        (_, Peek::Null) => {
            builder.push_null();
            json.known_null().map(Ok)
        }
        (Type::List(item), Peek::Array) => push_list(builder, item, json, format),
        (Type::Struct(fields), Peek::Object) => push_struct(builder, fields, json, format),
        (Type::Text, Peek::Array | Peek::Object) => {
            let raw = skip(json, peek)?;
            Ok(push_text(builder, ty, raw, format))
        }
        (Type::List(_) | Type::Struct(_), _) | (_, Peek::Array | Peek::Object) => {
            builder.push_null();
            json.known_skip(peek)?;
            Ok(Err(Flaw::wrong_shape(ty, kind(peek))))
        }
        (_, Peek::String) => Ok(push_text(builder, ty, json.known_str()?, format)),
        (_, Peek::True | Peek::False) => {
            let text = if json.known_bool(peek)? { "true" } else { "false" };
            Ok(push_text(builder, ty, text, format))
        }
        (_, number) => {
            let digits = std::str::from_utf8(json.known_number_bytes(number)?).unwrap_or_default();
            Ok(push_text(builder, ty, digits, format))
        }
    }
}

fn push_list(
    builder: &mut ColumnBuilder,
    item: &Type,
    json: &mut Jiter<'_>,
    format: &CellFormat,
) -> Result<Checked<()>, JiterError> {
    let pushed = push_items(builder, item, json, format);
    builder.end_list();
    pushed
}

fn push_items(
    builder: &mut ColumnBuilder,
    item: &Type,
    json: &mut Jiter<'_>,
    format: &CellFormat,
) -> Result<Checked<()>, JiterError> {
    let Some(items) = builder.items() else { return Ok(Ok(())) };
    let mut first = Ok(());
    let mut next = json.known_array()?;
    while let Some(peek) = next {
        let pushed = push_value(items, item, json, peek, format)?;
        first = first.and(pushed);
        next = json.array_step()?;
    }
    Ok(first)
}

fn push_struct(
    builder: &mut ColumnBuilder,
    fields: &[(String, Type)],
    json: &mut Jiter<'_>,
    format: &CellFormat,
) -> Result<Checked<()>, JiterError> {
    let pushed = push_fields(builder, fields, json, format);
    builder.end_struct();
    pushed
}

fn push_fields(
    builder: &mut ColumnBuilder,
    fields: &[(String, Type)],
    json: &mut Jiter<'_>,
    format: &CellFormat,
) -> Result<Checked<()>, JiterError> {
    let position = |key: &str| fields.iter().position(|(name, _)| name == key);
    let rows = builder.len();
    let mut first = Ok(());
    let mut key = json.known_object()?.map(position);
    while let Some(index) = key {
        let peek = json.peek()?;
        let field = index.and_then(|index| Some((index, builder.field(index)?)));
        match field {
            Some((index, field)) if field.len() == rows => {
                let pushed = push_value(field, &fields[index].1, json, peek, format)?;
                first = first.and(pushed);
            }
            Some(_) => {
                json.known_skip(peek)?;
                first = first.and(Err(Flaw::repeated()));
            }
            None => json.known_skip(peek)?,
        }
        key = json.next_key()?.map(position);
    }
    Ok(first)
}

/// Walks a path from the text of a value and hands the text of each value found to `found`; `null` where a key is absent.
///
/// # Errors
/// The value is not well-formed.
pub fn visit<'t>(
    raw: &'t str,
    path: &[Segment],
    found: &mut dyn FnMut(&'t str) -> Result<(), JiterError>,
) -> Result<(), JiterError> {
    let Some((first, rest)) = path.split_first() else { return found(raw) };
    match first {
        Segment::Key(key) => match field(raw, key)? {
            Some(value) => visit(value, rest, found),
            None => found("null"),
        },
        Segment::All => items(raw, &mut |item| visit(item, rest, found).map(|()| true)),
        Segment::Index(wanted) => {
            let mut index = 0;
            items(raw, &mut |item| {
                index += 1;
                if index == wanted + 1 { visit(item, rest, found).map(|()| false) } else { Ok(true) }
            })
        }
        Segment::Where(key, value) => items(raw, &mut |item| {
            let is_it = field(item, key)?.is_some_and(|text| text.trim_matches('"') == value);
            if is_it { visit(item, rest, found).map(|()| false) } else { Ok(true) }
        }),
    }
}

/// The text of a key's value; `None` when the value is no object or lacks the key.
fn field<'t>(raw: &'t str, key: &str) -> Result<Option<&'t str>, JiterError> {
    let mut json = Jiter::new(raw.as_bytes());
    if json.peek()? != Peek::Object {
        return Ok(None);
    }
    let mut is_it = json.known_object()?.map(|name| name == key);
    while let Some(wanted) = is_it {
        let peek = json.peek()?;
        let value = skip(&mut json, peek)?;
        if wanted {
            return Ok(Some(value));
        }
        is_it = json.next_key()?.map(|name| name == key);
    }
    Ok(None)
}

/// Hands the text of each item of an array over until it answers `false`; a value that is no array has none.
fn items<'t>(raw: &'t str, each: &mut dyn FnMut(&'t str) -> Result<bool, JiterError>) -> Result<(), JiterError> {
    let mut json = Jiter::new(raw.as_bytes());
    if json.peek()? != Peek::Array {
        return Ok(());
    }
    let mut next = json.known_array()?;
    while let Some(peek) = next {
        let item = skip(&mut json, peek)?;
        if !each(item)? {
            return Ok(());
        }
        next = json.array_step()?;
    }
    Ok(())
}
