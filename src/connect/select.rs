//! Values of a JSON text by their path, without building the rest.

use jiter::{Jiter, JiterError, Peek};

/// The text of the value at a path of keys and numbers: `data.orders[0].id`, `data.0.id`; an empty path, or `$`, is the whole.
/// Nothing when it is not there or the text is not JSON.
#[must_use]
pub fn raw<'j>(json: &'j str, path: &str) -> Option<&'j str> {
    let mut value = json.trim();
    for part in parts(path) {
        value = step(value, &part).ok()??;
    }
    Some(value)
}

/// The value at a path as a text: that of a string, number or truth value. Nothing for null.
#[must_use]
pub fn text(json: &str, path: &str) -> Option<String> {
    let value = raw(json, path)?;
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok(),
        b'n' => None,
        _ => Some(value.to_owned()),
    }
}

/// The records at a path: the items of an array, the values of an object whose keys are names of records when `keyed`, else
/// the one value.
///
/// # Errors
/// The text is not well-formed JSON, or has nothing at the path: an answer of another form is no empty list.
pub fn records<'j>(json: &'j str, path: &str, keyed: bool) -> Result<Vec<&'j str>, String> {
    // The whole is gone through once, so that half an answer is never taken for a whole one.
    check(json)?;
    let Some(value) = raw(json, path) else { return Err(format!("there is nothing at `{path}`")) };
    let found = match value.as_bytes().first() {
        Some(b'[') => items(value),
        Some(b'{') if keyed => values(value),
        Some(b'{') => Ok(vec![value]),
        _ => Ok(Vec::new()),
    };
    found.map_err(|error| error.to_string())
}

fn check(json: &str) -> Result<(), String> {
    let mut whole = Jiter::new(json.as_bytes());
    let checked = whole.next_skip().and_then(|()| whole.finish());
    checked.map_err(|error| error.to_string())
}

/// Keys of a path.
fn parts(path: &str) -> Vec<String> {
    let path = path.strip_prefix('$').unwrap_or(path).replace('[', ".").replace(']', "");
    path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn step<'j>(json: &'j str, part: &str) -> Result<Option<&'j str>, JiterError> {
    let mut reader = Jiter::new(json.as_bytes());
    match reader.peek()? {
        Peek::Object => {
            let mut key = reader.known_object()?.map(str::to_owned);
            while let Some(name) = key {
                let value = skip(&mut reader)?;
                if name == part {
                    return Ok(slice(json, value));
                }
                key = reader.next_key()?.map(str::to_owned);
            }
            Ok(None)
        }
        Peek::Array => {
            let Ok(wanted) = part.parse::<usize>() else { return Ok(None) };
            Ok(items(json)?.get(wanted).copied())
        }
        _ => Ok(None),
    }
}

fn items(json: &str) -> Result<Vec<&str>, JiterError> {
    let mut reader = Jiter::new(json.as_bytes());
    let mut found = Vec::new();
    let mut next = reader.next_array()?;
    while next.is_some() {
        let value = skip(&mut reader)?;
        found.extend(slice(json, value));
        next = reader.array_step()?;
    }
    Ok(found)
}

fn values(json: &str) -> Result<Vec<&str>, JiterError> {
    let mut reader = Jiter::new(json.as_bytes());
    let mut found = Vec::new();
    let mut more = reader.next_object()?.is_some();
    while more {
        let value = skip(&mut reader)?;
        found.extend(slice(json, value));
        more = reader.next_key()?.is_some();
    }
    Ok(found)
}

/// Where the next value begins and ends.
fn skip(reader: &mut Jiter<'_>) -> Result<(usize, usize), JiterError> {
    let peek = reader.peek()?;
    let start = reader.current_index();
    reader.known_skip(peek)?;
    Ok((start, reader.current_index()))
}

fn slice(json: &str, (start, end): (usize, usize)) -> Option<&str> {
    json.get(start..end).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"data": {"orders": [{"id": 1.50, "n": "a\"b"}, {"id": 2}], "next": null}, "map": {"x": {"q": 1}, "y": {"q": 2}}}"#;

    #[test]
    fn values_are_found_with_their_digits() {
        for (path, expected) in [
            ("data.orders[0].id", Some("1.50")),
            ("data.orders.0.n", Some("a\"b")),
            ("data.next", None),
            ("data.nothing", None),
            ("data.orders[2].id", None),
            ("$.map.y.q", Some("2")),
        ] {
            assert_eq!(text(JSON, path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn records_are_those_of_an_array_a_map_or_one() {
        assert_eq!(records(JSON, "data.orders", false).unwrap(), [r#"{"id": 1.50, "n": "a\"b"}"#, r#"{"id": 2}"#]);
        assert_eq!(records(JSON, "map", true).unwrap(), [r#"{"q": 1}"#, r#"{"q": 2}"#]);
        assert_eq!(records(JSON, "map.x", false).unwrap(), [r#"{"q": 1}"#]);
        assert_eq!(records("[]", "", false).unwrap(), Vec::<&str>::new());
        assert_eq!(records(r#"{"data": null}"#, "data", false).unwrap(), Vec::<&str>::new());
        assert!(records(r#"{"data": [1, 2"#, "data", false).is_err());
        assert!(records(r#"{"error": "no"}"#, "data", false).unwrap_err().contains("`data`"));
    }
}
